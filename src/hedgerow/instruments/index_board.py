"""Options on an index, chosen and priced on the surface of each bar."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.over_the_counter import AnyOption
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.expansion import Gains, along, option_slopes
from hedgerow.instruments.legs import MULTIPLIER, Leg, on_grid, set_apart
from hedgerow.instruments.option_roster import Board
from hedgerow.instruments.roster import Measures, Path, foreign, life
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.settling import Settling
from hedgerow.instruments.underlying import unit_path
from hedgerow.pricing.black import DAYS_PER_YEAR, Greeks, bsm, risk
from hedgerow.pricing.surface import Rows

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

REACH, HALVINGS = 12.0, 56
"""Fair standard deviations searched on both sides for a delta, and steps of the search."""
_SURE = 1.0 - 1e-9


@dataclass(frozen=True)
class IndexBoard(Board):
    """Options on the index of a scene.

    Parameters
    ----------
    scene
        Of one market.
    trade
        Costs.
    legs, step
        The options of one contract, and the grid of their strikes.
    expiry_after
        Expiry chosen on a day, both days since 1970-01-01, never falling.
    settling
        Levels at which they settle.
    covered
        Whether units of the index stand with each contract.
    """

    scene: Scene
    trade: Costs
    legs: tuple[Leg, ...]
    step: float | None
    expiry_after: Callable[[int], int]
    settling: Settling
    covered: bool = False

    @property
    def morning(self) -> bool:
        """See `Board.morning`."""
        return self.settling.source is not None

    @property
    def days(self) -> Days:
        """See `Board.days`."""
        return self.scene.days

    @property
    def underlying(self) -> str:
        """See `Board.underlying`."""
        return self.scene.index.symbol

    @property
    def cover(self) -> tuple[tuple[str, float], ...]:
        """See `Board.cover`."""
        return ((self.underlying, MULTIPLIER),) if self.covered else ()

    def expiry_at(self, row: int) -> int:
        """See `Board.expiry_at`."""
        return int(self.expiry_after(int(self.scene.days[row])))

    def strikes(self, rows: Index, expiry: Days) -> Floats:
        """See `Board.strikes`."""
        moneyness = np.array([leg.moneyness for leg in self.legs])
        strikes: Floats = self.scene.spot[rows][:, None] * moneyness
        asked = [
            (i, leg.delta, leg.call) for i, leg in enumerate(self.legs) if leg.delta is not None
        ]
        if asked:
            at, delta, call = map(list, zip(*asked, strict=True))
            strikes[:, at] = strikes_of_delta(self.scene, rows, expiry, delta, call)
        return set_apart(on_grid(strikes, self.legs, self.step), self.legs)

    def measures(self, strike: ArrayLike, expiry: ArrayLike, rows: Rows, *, call: bool) -> Measures:
        """Price options at bars, one each; ``strike`` and ``expiry`` may be one for all.

        Time is counted in whole days to the date of expiry, of the morning's options too.

        Parameters
        ----------
        strike
            Points, **shape** (n,).
        expiry
            Days since 1970-01-01, **shape** (n,).
        rows
            n bars.
        call
            True for calls.
        """
        scene = self.scene
        left = np.asarray(expiry) - scene.days[rows]
        years = np.maximum(left, 0) / DAYS_PER_YEAR
        moneyness = np.log(np.asarray(strike) / scene.forward(years, rows))
        vol = scene.surface.vol(moneyness, years, rows)
        found = risk(
            np.where(left > 0, scene.spot[rows], self.settling.level[rows]),
            strike,
            years,
            vol,
            scene.rate[rows],
            scene.dividend[rows],
            call=call,
        )
        vega = found.vega / 100.0
        half = self.trade.of_option(found.price, vega, scene.vix[rows])
        return Measures(
            found.price,
            # settled in cash: nothing to cross at expiry
            np.where(left > 0, half, 0.0),
            found.delta,
            found.gamma,
            vega,
            found.theta / DAYS_PER_YEAR,
            100.0 * vol,
        )

    def may_exercise(
        self, strike: ArrayLike, expiry: ArrayLike, rows: Rows, *, call: bool
    ) -> Mask | None:
        """Say at which bars an option is exercised early, None for never; see `measures`."""
        return None

    def exercised(self, chosen: int, expiry: int, rows: range) -> int | None:
        """Return the first bar of a range at which the contract chosen at a bar is exercised."""
        return None

    def notes(self, exercises: NDArray[np.datetime64]) -> dict[str, Any]:
        """Return what a report should say of exercise, given the dates of early ones."""
        return {}

    def unit(self) -> Path:
        """See `Board.unit`."""
        if not self.covered:
            raise foreign(self.underlying)
        return unit_path(self.scene, self.trade, dividends=True)

    def path(self, terms: AnyOption) -> Path:
        """See `Board.path`; from the first bar at which no earlier expiry is chosen."""
        days = self.scene.days
        expiry = int(np.datetime64(terms.expiry, "D").astype(np.int64))
        first = bisect_left(range(len(days)), expiry, key=self.expiry_at)
        rows, expired = life(days, first, expiry)
        if rows.start >= rows.stop or expiry < days[0]:
            raise foreign(terms.symbol)
        measures = self.measures(terms.strike, expiry, rows, call=terms.call)
        return Path.of(
            first,
            measures,
            True,
            self._gains(terms, measures, rows, expired=expired),
            multiplier=MULTIPLIER,
            fee=self.trade.option_fee,
            expired=expired,
            expiry=expiry,
            exercised=self.may_exercise(terms.strike, expiry, rows, call=terms.call),
        )

    def _gains(self, terms: AnyOption, measures: Measures, rows: slice, *, expired: bool) -> Gains:
        scene, level = self.scene, measures.level
        days, rate, dividend = scene.days[rows], scene.rate[rows], scene.dividend[rows]
        left = int(np.datetime64(terms.expiry, "D").astype(np.int64)) - days
        spot = np.where(left > 0, scene.spot[rows], self.settling.level[rows])

        def value(years: Floats) -> Greeks:
            vol = level / 100.0
            return bsm(spot, terms.strike, years, vol, rate, dividend, call=terms.call)

        slopes = option_slopes(value, left, expired=expired)
        if self.american:  # the right to exercise early shows in what is of first order, and gamma
            alive = slice(-2 if expired else None)
            for name in ("delta", "gamma", "vega", "theta"):
                getattr(slopes, name)[alive] = getattr(measures, name)[alive]
        return along(slopes, spot, level, days, expired=expired)


def strikes_of_delta(
    scene: Scene, rows: Index, expiry: NDArray[np.int64], delta: ArrayLike, call: ArrayLike
) -> Floats:
    """Return the strikes whose options have these deltas on the surface of their bar.

    Parameters
    ----------
    scene
        The market.
    rows
        Bars, **shape** (M,).
    expiry
        After the bar, days since 1970-01-01, **shape** (M,).
    delta
        Without sign, with respect to the index, 0.01 … 0.99, **shape** (n,).
    call
        True for calls, **shape** (n,).

    Returns
    -------
    array
        Points, **shape** (M, n); a fixed number of halvings over k = ln(K/F).

    Notes
    -----
    The delta gives d1, and :math:`k + d_1 s(k) - s(k)^2/2 = 0` with s = σ√T the strike.  On a
    smile without butterfly arbitrage d1 falls as the strike rises (Fukasawa, "The
    normalizing transformation of the implied volatility smile", 2012), so there is one.
    """
    from scipy.special import ndtri  # slow to import, and only strikes by delta need it

    years = (expiry - scene.days[rows]) / DAYS_PER_YEAR
    chance = np.asarray(delta) * np.exp(scene.dividend[rows] * years)[:, None]
    d1 = np.where(call, 1.0, -1.0) * ndtri(np.minimum(chance, _SURE))
    root = np.sqrt(years)[:, None]
    high = np.broadcast_to(REACH * scene.surface.fair_vol(years, rows)[:, None] * root, d1.shape)
    low = -high
    for _ in range(HALVINGS):
        k = 0.5 * (low + high)
        spread = scene.surface.vol(k, years, rows) * root
        below = k + d1 * spread - 0.5 * spread**2 < 0.0
        low, high = np.where(below, k, low), np.where(below, high, k)
    forward = scene.forward(years, rows)[:, None]
    return np.asarray(forward * np.exp(0.5 * (low + high)))
