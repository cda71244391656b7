"""Gamma scalping: a long option whose delta is taken out again and again (spec A13, C5).

An option whose delta is hedged earns half its gamma times the square of what the index moves, and
pays theta for it.  How often the hedge is traded changes neither on the mean, only how far results
scatter and what trading costs.  All ways to hedge are lanes of one study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num, select
from hedgerow.engine.run import spots_of, stretch
from hedgerow.errors import RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import OptionSleeve
from hedgerow.instruments.roster import Roster
from hedgerow.instruments.scene import index_of
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.hedging import best_width, left_over
from hedgerow.policies.signals import RealisedVol
from hedgerow.pricing.bands import band_width
from hedgerow.pricing.black import DAYS_PER_YEAR

Mask = NDArray[np.bool_]

WINDOW = 21
"""Sessions over which realised volatility is measured."""

PARTS = (
    *("delta", "gamma", "theta", "vega", "residual"),
    *("hedge_costs", "option_costs", "financing"),
)
"""What a bar's gain is made of, USD; what was paid is negative."""


class Rule(NamedTuple):
    """When the delta is taken out, and how much of it.

    Examples
    --------
    >>> Rule(every=5).name, Rule(width=0.1).name, Rule(aversion=0.5, edge=True).name
    ('every 5', 'band 0.1', 'aversion 0.5')
    """

    every: int = 1
    """Sessions between two looks; at a roll of the option it is looked at once more."""
    width: float = 0.0
    """Delta per contract, 0 to 1 for one option, that is left alone."""
    aversion: float = np.inf
    """Risk aversion per point of wealth, of Whalley's and Wilmott's band; infinite: no band."""
    edge: bool = False
    """Whether a delta beyond the band is brought back to its edge, not to nothing."""

    @property
    def name(self) -> str:
        """Short name."""
        if np.isfinite(self.aversion):
            return f"aversion {self.aversion:g}"
        if self.width:
            return f"band {self.width:g}{' to edge' if self.edge else ''}"
        return f"every {self.every}"


def rehedge(held: Num, delta: Num, width: Num, edge: Num, due: Num) -> tuple[Num, Num]:
    """Return the hedge to hold, and whether it is traded.

    Parameters
    ----------
    held, delta
        Hedge held and delta to be hedged, per contract; one value or **shape** (lanes,), as all.
    width, edge
        As for `left_over`.
    due
        Whether it is looked at.

    Examples
    --------
    >>> rehedge(-0.5, 0.625, 0.1, False, True), rehedge(-0.5, 0.55, 0.1, False, True)
    ((-0.625, True), (-0.5, False))
    """
    drift = delta + held
    fires = due & (abs(drift) > width)
    return select(fires, left_over(drift, width, edge) - delta, held), fires


@dataclass(frozen=True)
class Exposure:
    """Options held from roll to roll, before any hedge; columns of **shape** (T,), USD.

    Parameters
    ----------
    times, spot
        Session labels; level of the index, points.
    scale
        USD per index point of a delta of 1: contracts times multiplier, as known when a hedge is
        decided at a bar.
    delta, band
        Per contract, as known at a bar of the options that will be held when an order of that bar
        is filled; half-width of Whalley's and Wilmott's band at an aversion of 1.
    rolls
        Whether an order of the bar is for other options than are held.
    parts
        Gains over the bar that ends at each, by `PARTS`; ``delta`` before the hedge.
    expected
        Gamma gain to be expected over the bar at the volatility known at its beginning: that
        ``implied`` by each option, and that ``realised`` by the index over the last 21 sessions.
    unit_gain, unit_cost
        Of one unit of the index: interest and dividends over the bar; cost of trading it.
    lag
        Sessions from decision to fill.
    """

    times: NDArray[np.datetime64]
    spot: Floats
    scale: Floats
    delta: Floats
    band: Floats
    rolls: Mask
    parts: dict[str, Floats]
    expected: dict[str, Floats]
    unit_gain: Floats
    unit_cost: Floats
    lag: int

    def __len__(self) -> int:
        return len(self.times)


def expose(
    sleeve: Sleeve,
    market: Market,
    *,
    value: float = 10e6,
    costs: Costs | None = None,
    start: str | None = None,
    end: str | None = None,
    same_bar: bool = False,
) -> Exposure:
    """Hold a sleeve's options from roll to roll, each time as many as its size says.

    Parameters
    ----------
    sleeve
        Options on an index, not covered.
    market
        What happened; rows before ``start`` warm volatility up.
    value
        USD that sizes as a part of NAV refer to; it does not grow.
    costs
        Half-spreads and fees; ``Costs()`` by default.
    start, end
        Dates, both included.
    same_bar
        Fill at the close that decides, as textbooks do and nobody can.

    Raises
    ------
    HedgerowError
        If dates, data and sleeve do not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> held = expose(hr.Straddle(tenor="30d"), hr.load("builtin"), start="2019-01-02")
    >>> sorted(held.expected), bool(held.rolls.any())
    (['implied', 'realised'], True)
    """
    if not isinstance(sleeve, OptionSleeve) or sleeve.covered:
        raise SleeveError(
            "its delta is not that of options on an index alone",
            where="sleeve",
            mend="use straddle, put, call or another sleeve of index options, not covered",
        )
    trade, lag = costs or Costs(), 0 if same_bar else 1
    whole, first = stretch(market, WINDOW + 1, start, end, spots=spots_of(sleeve))
    roster, index = sleeve.roster(whole, lag=lag, costs=trade), index_of(sleeve)
    unit = Underlying(dividends=True, index=index).strip(whole, costs=trade)
    strip, spot = roster.strip, whole[index]
    fixed, per_nav = sleeve.size.columns(strip)
    wanted, held = fixed + per_nav * value, roster.held
    changed = np.r_[False, held[1:] != held[:-1]]
    bought = changed.copy()
    bought[: first + 1], bought[first + lag] = False, True
    # carried out of a bar: as many as was decided for the last roll; none before the first fill
    since = np.maximum.accumulate(np.where(bought, np.arange(len(held)), 0))
    count = np.where(np.arange(len(held)) < first + lag, 0.0, wanted[np.maximum(since - lag, 0)])
    rolls = roster.pending != held if lag else changed
    rolls[first] = True
    scale = np.where(rolls, wanted, count) * strip.multiplier
    before = np.r_[0.0, count[:-1]]
    made, expected = _gains(roster, spot, RealisedVol(index, WINDOW)(whole))
    made = {name: before * column for name, column in made.items()}
    gross = before * (strip.gain + strip.financing)
    made["residual"] = gross - sum(made.values())
    paid = before * strip.close_cost + count * strip.open_cost
    made["option_costs"] = -np.where(bought, paid, 0.0)
    made["financing"] = -before * strip.financing
    delta, gamma = _sensitivity(roster)
    bps = unit.open_cost / spot
    rows = slice(first, None)
    return Exposure(
        whole.times[rows],
        spot[rows],
        scale[rows],
        delta[rows],
        band_width(gamma, spot, bps, 1.0)[rows],
        rolls[rows],
        {name: column[rows] for name, column in made.items()},
        {name: np.where(before, before * column, 0.0)[rows] for name, column in expected.items()},
        -unit.financing[rows],
        unit.open_cost[rows],
        lag,
    )


def _sensitivity(roster: Roster) -> tuple[Floats, Floats]:
    """Return delta and gamma of a unit that an order of each bar is for, **shape** (T,)."""
    delta, gamma = np.zeros(len(roster.pending)), np.zeros(len(roster.pending))
    for number in np.unique(roster.pending):
        rows = np.flatnonzero(roster.pending == number)
        for symbol, weight in zip(*roster.basket(int(number)), strict=True):
            path = roster.path(symbol)
            delta[rows] += weight * path.delta[rows - path.first]
            gamma[rows] += weight * path.gamma[rows - path.first]
    return delta, gamma


def _gains(
    roster: Roster, spot: Floats, realised: Floats
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the parts of a unit's gain over each bar, and the gamma gain that was expected, USD.

    Parameters
    ----------
    roster
        The unit carried out of each bar.
    spot, realised
        Index in points, and its volatility, a decimal, both **shape** (T,).
    """
    days = roster.strip.times.astype("datetime64[D]").astype(np.int64)
    made = {name: np.zeros(len(days)) for name in ("delta", "gamma", "theta", "vega")}
    expected = {name: np.zeros(len(days)) for name in ("implied", "realised")}
    for number in np.unique(roster.held[:-1]):
        rows = np.flatnonzero(roster.held[:-1] == number) + 1
        years = (days[rows] - days[rows - 1]) / DAYS_PER_YEAR
        for symbol, weight in zip(*roster.basket(int(number)), strict=True):
            path, usd = roster.path(symbol), weight * roster.strip.multiplier
            at = rows - path.first
            for name, column in made.items():
                column[rows] += usd * getattr(path.gains, name)[at]
            # over the bar at whose end it expires there is no gamma: see `option_slopes`
            alive = path.expiry > days[rows]
            half = 0.5 * usd * np.where(alive, path.gamma[at - 1], 0.0) * spot[rows - 1] ** 2
            expected["implied"][rows] += half * (path.level[at - 1] / 100.0) ** 2 * years
            expected["realised"][rows] += half * realised[rows - 1] ** 2 * years
    return made, expected


@dataclass(frozen=True)
class Scalping:
    """A study: one exposure under many rules.

    Parameters
    ----------
    exposure, rules
        What is hedged, and how: L lanes.
    units
        Of the index held out of each bar, **shape** (T, L).
    """

    exposure: Exposure
    rules: tuple[Rule, ...]
    units: Floats

    def split(self, lane: int) -> dict[str, Floats]:
        """Return the parts of a lane's gain by bar, USD, each of **shape** (T,).

        They are those of `PARTS`, in their order; ``delta`` is what was left unhedged.
        """
        held, units = self.exposure, self.units[:, lane]
        before = np.r_[0.0, units[:-1]]
        made = {name: held.parts.get(name, np.zeros(len(held))) for name in PARTS}
        made["delta"] = made["delta"] + before * np.diff(held.spot, prepend=held.spot[0])
        made["hedge_costs"] = -np.abs(units - before) * held.unit_cost
        made["financing"] = made["financing"] + before * held.unit_gain
        return made

    def pnl(self, lane: int) -> Floats:
        """Return a lane's gain by bar, USD, **shape** (T,)."""
        return np.asarray(sum(self.split(lane).values()))


def scalp(exposure: Exposure, rules: Sequence[Rule]) -> Scalping:
    """Hedge an exposure by every rule.

    Parameters
    ----------
    exposure
        From `expose`.
    rules
        One or more.

    Raises
    ------
    RangeError
        If there is no rule, or one has a number out of range.

    Examples
    --------
    >>> import hedgerow as hr
    >>> held = expose(hr.Straddle(tenor="30d"), hr.load("builtin"), start="2019-01-02")
    >>> study = scalp(held, [Rule(), Rule(every=5), Rule(width=0.1)])
    >>> trades = (np.diff(study.units, axis=0) != 0.0).sum(axis=0)
    >>> bool(trades[0] > trades[1]), bool(trades[0] > trades[2])
    (True, True)
    """
    if not rules:
        raise RangeError("there is nothing to compare", where="rules", mend="give one or more")
    for rule in rules:
        _check(rule)
    every, width, aversion, edge = (np.array(column) for column in zip(*rules, strict=True))
    lag, reach = exposure.lag, best_width(aversion)
    units = np.zeros((len(exposure) + lag, len(rules)))
    held, since = np.zeros(len(rules)), every.copy()
    for t, scale in enumerate(exposure.scale.tolist()):
        due = (since >= every) | exposure.rolls[t]
        since = np.where(due, 1, since + 1)
        if scale:
            band = width + reach * exposure.band[t]
            wanted, fires = rehedge(held / scale, exposure.delta[t], band, edge, due)
            held = np.where(fires, wanted * scale, held)
        else:
            held = np.zeros(len(rules))
        units[t + lag] = held
    return Scalping(exposure, tuple(rules), units[: len(exposure)])


def _check(rule: Rule) -> None:
    whole = isinstance(rule.every, int) and not isinstance(rule.every, bool)
    for value, good, where, mend in (
        (rule.every, whole and 1 <= rule.every <= 10_000, "every", "give whole sessions from 1 up"),
        (rule.width, 0.0 <= rule.width < np.inf, "band", "give a delta such as 0.1"),
        (rule.aversion, rule.aversion > 0.0, "aversion", "give a positive number such as 0.1"),
    ):
        if not good:
            raise RangeError(f"{value} is out of range", where=where, mend=mend)
