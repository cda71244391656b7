"""Whether paths are sane: VIX is that of the options priced from them, and nothing is free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR, undiscounted
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import KNOT_DAYS, Surface
from hedgerow.simulate.paths import Paths

STRIKES = np.linspace(0.50, 1.30, 81)
"""Strikes looked at, parts of the forward: a per cent apart, as quotes are 40 points at 4,000."""

EXPIRIES = (9.0, 30.0, 61.0, 93.0, 184.0, 365.0)
"""Calendar days to the expiries looked at."""

POINTS, REPLICATED, TICK = 1e-6, 0.05, 1e-5
"""What is allowed: VIX points of the family and at settlement, VIX points of the replication, and
parts of the forward that a spread may be worth less than nothing (a tick is 1.25e-5 at 4,000)."""

FORWARD = 0.3
"""Least forward volatility, over the one before it; 0.37 on 5 February 2018 is history's."""

_FAMILY = dict(zip(("vix9d", "vix", "vix3m", "vix6m"), KNOT_DAYS, strict=True))
_MONTH = 30.0 / DAYS_PER_YEAR
_REACH, _DENSITY = 60.0, 400


@dataclass(frozen=True)
class Sanity:
    """The worst of what was looked at, on every bar.

    Parameters
    ----------
    paths, bars
        How many.
    least
        Lowest value of any column: prices and volatilities are positive.
    family
        VIX9D, VIX, VIX3M, VIX6M of the surface less the path's columns, points: the total variance
        of the four never falls.
    replicated
        VIX replicated from the 30-day smile less the path's VIX, points.
    butterfly, vertical, calendar
        Cheapest butterfly, call spread and calendar spread at `STRIKES` and `EXPIRIES`, parts of
        the forward.
    forward
        Least forward volatility between 9, 30, 93 and 184 days, over that to the earlier of two:
        VIX futures are worth something.
    settlement
        A VIX future on the day that it settles less VIX, points.
    """

    paths: int
    bars: int
    least: float
    family: float
    replicated: float
    butterfly: float
    vertical: float
    calendar: float
    forward: float
    settlement: float

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of what is not as it should be."""
        return tuple(
            name
            for name, sound in (
                ("least", self.least > 0.0),
                ("family", self.family <= POINTS),
                ("replicated", self.replicated <= REPLICATED),
                ("butterfly", self.butterfly >= -TICK),
                ("vertical", self.vertical >= -TICK),
                ("calendar", self.calendar >= -TICK),
                ("forward", self.forward >= FORWARD),
                ("settlement", self.settlement <= POINTS),
            )
            if not sound
        )

    def __str__(self) -> str:
        verdict = f"not sane: {', '.join(self.faults)}" if self.faults else "sane"
        return (
            f"{self.paths} paths, {self.bars:,} bars: {verdict}\n"
            f"  VIX family from the surface within {self.family:.1e} points, VIX replicated from "
            f"the smile within {self.replicated:.3f}, VIX futures at settlement within "
            f"{self.settlement:.1e}\n"
            f"  cheapest butterfly {self.butterfly:.1e}, call spread {self.vertical:.1e}, calendar "
            f"spread {self.calendar:.1e} of the forward; least forward volatility "
            f"{self.forward:.2f} of the one before; lowest value {self.least:.3g}"
        )


def sane(paths: Paths, *, most: int = 16) -> Sanity:
    """Look for arbitrage on every bar of simulated paths, in what sleeves price from them.

    Parameters
    ----------
    paths
        Any model's.
    most
        Paths looked at, the first ones.

    Returns
    -------
    Sanity
        Its ``faults`` are empty where all is well.

    Raises
    ------
    RangeError
        If ``most`` is not positive.

    Examples
    --------
    >>> from hedgerow.simulate.falls import FlashCrash
    >>> found = sane(FlashCrash().paths(1, 40, seed=0))
    >>> found.faults, round(found.replicated, 2) <= 0.05
    ((), True)
    """
    if most < 1:
        raise RangeError(f"{most} paths", where="sane.most", mend="look at 1 or more")
    columns = [paths.market(i).columns for i in range(min(most, len(paths)))]
    least, family, replicated, butterfly, vertical, calendar, forward, settlement = np.array(
        [_looked_at(each) for each in columns]
    ).T
    return Sanity(
        paths=len(columns),
        bars=len(columns) * len(paths.dates),
        least=float(least.min()),
        family=float(family.max()),
        replicated=float(replicated.max()),
        butterfly=float(butterfly.min()),
        vertical=float(vertical.min()),
        calendar=float(calendar.min()),
        forward=float(forward.min()),
        settlement=float(settlement.max()),
    )


def _looked_at(columns: Mapping[str, Floats]) -> list[float]:
    """Return the numbers of a `Sanity` after ``bars``, for one path."""
    surface = Surface.of(columns)
    least = min(float(np.nanmin(columns[name])) for name in ("spx", *_FAMILY) if name in columns)
    family = max(
        float(np.nanmax(np.abs(100.0 * surface.fair_vol(days / DAYS_PER_YEAR) - columns[name])))
        for name, days in _FAMILY.items()
        if name in columns
    )
    vix = columns["vix"]
    replicated = float(np.abs(_replicated(surface) - vix).max())
    settled = FuturesCurve().price(vix, surface, 0.0)
    calls = [_calls(surface, days / DAYS_PER_YEAR) for days in EXPIRIES]
    spreads = [-np.diff(price, axis=1) for price in calls]
    # a call spread is worth something and no more than its width
    vertical = min(min(float(s.min()), float((_STEP - s).min())) for s in spreads)
    butterfly = min(float(-np.diff(s, axis=1).max()) for s in spreads)
    calendar = min(float((late - soon).min()) for soon, late in pairwise(calls))
    variance = np.diff(surface.knots, axis=1) / np.diff(KNOT_DAYS)
    forward = float(np.sqrt((variance / (surface.knots / KNOT_DAYS)[:, :-1]).min()))
    at_settlement = float(np.abs(settled - vix).max())
    return [least, family, replicated, butterfly, vertical, calendar, forward, at_settlement]


_STEP = float(STRIKES[1] - STRIKES[0])


def _calls(surface: Surface, years: float) -> Floats:
    """Return calls in parts of the forward, **shape** (T, strikes)."""
    k = np.broadcast_to(np.log(STRIKES), (len(surface), len(STRIKES)))
    deviation = surface.vol(k, years) * np.sqrt(years)
    return np.asarray(undiscounted(1.0, STRIKES, deviation, call=True))


def _replicated(surface: Surface) -> Floats:
    """Return VIX of a continuum of options on the 30-day smile, points: Carr and Madan (1998)."""
    # strikes dense at the money and wide enough for the wings
    side = np.sinh(np.linspace(0.0, 5.0, _DENSITY + 1)) / np.sinh(5.0) * _REACH
    unit = np.concatenate([-side[:0:-1], side])
    k = unit * (surface.vol(0.0, _MONTH) * np.sqrt(_MONTH))[:, None]
    deviation = surface.vol(k, _MONTH) * np.sqrt(_MONTH)
    half, strike = _DENSITY, np.exp(k)
    price = np.concatenate(
        [
            undiscounted(1.0, strike[:, :half], deviation[:, :half], call=False),
            undiscounted(1.0, strike[:, half:], deviation[:, half:], call=True),
        ],
        axis=1,
    )
    fair = 2.0 * np.trapezoid(price * np.exp(-k), k, axis=1) / _MONTH
    return np.asarray(100.0 * np.sqrt(fair))
