"""Today's book under shocks: index, VIX and time moved, everything priced again.

The hedge is what the policy held at the close; its contracts are priced by the sleeve that bought
them, on a market whose last session is moved, so by the same surface and curve as in every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.lanes import floats
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.roster import Basket
from hedgerow.instruments.scene import INDEXES
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.simulate.paths import FAMILY, Paths

SPOTS = (-0.40, -0.30, -0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.20)
"""Moves of the index."""

POINTS = (-5.0, 0.0, 5.0, 10.0, 20.0, 40.0)
"""Parallel moves of VIX and its relatives, points."""

DAYS = (0, 5, 21, 63)
"""Calendar days forward."""

FLOOR = 9.0
"""No VIX falls below it, points; its lowest close is 9.14."""

BEFORE, BEHIND = 252, 300
"""Sessions that the policy is played up to the date, and those kept before a contract's first."""

FAR = 1_000_000
"""Days since 1970-01-01 beyond all expiries: the year 4707."""

SAMPLE = 256
"""Paths that the answer of VIX is measured on."""


class Answer(NamedTuple):
    """How VIX moves with the index on a model's paths, least squares over their sessions."""

    falls: float
    """Points of VIX for a fall of 1 %."""
    rises: float
    """Points that it loses for a rise of 1 %."""
    relatives: tuple[tuple[str, float], ...]
    """Points of each relative for one of VIX, by name."""

    def vix(self, level: float, move: float) -> float:
        """Return VIX after a move of the index, points.

        Examples
        --------
        >>> Answer(2.0, 1.0, ()).vix(15.0, -0.10), Answer(2.0, 1.0, ()).vix(15.0, 0.20)
        (35.0, 9.0)
        """
        change = 100.0 * (self.falls * max(-move, 0.0) - self.rises * max(move, 0.0))
        return max(level + change, min(level, FLOOR))


def answer_of(paths: Paths) -> Answer:
    """Measure how VIX answers the index on a model's paths."""
    block = paths.block(0, min(SAMPLE, len(paths)))
    move = np.diff(block.columns["spx"]) / block.columns["spx"][:, :-1]
    others = {name: np.diff(block.columns[name]) for name in FAMILY if name in block.columns}
    return fitted(move, np.diff(block.columns["vix"]), others)


def fitted(move: Floats, change: Floats, others: Mapping[str, Floats]) -> Answer:
    """Return how VIX and its relatives answer the index, least squares over sessions.

    Parameters
    ----------
    move
        Of the index, decimal, any **shape** that all share.
    change
        Of VIX over the same sessions, points.
    others
        Of its relatives by name, NaN where unknown; one that is never known is left out.

    Examples
    --------
    >>> move = np.array([-0.02, -0.01, 0.01, 0.02])
    >>> found = fitted(move, np.array([4.0, 2.0, -1.0, -2.0]), {})
    >>> round(found.falls, 9), round(found.rises, 9)
    (2.0, 1.0)
    """
    percent = 100.0 * move
    x = np.column_stack([np.maximum(-percent, 0.0).ravel(), -np.maximum(percent, 0.0).ravel()])
    x = np.column_stack([x, np.ones(len(x))])
    found = np.linalg.lstsq(x, change.ravel(), rcond=None)[0]
    relatives = []
    for name, other in others.items():
        known = np.isfinite(other)  # models of days know no relatives at the start
        square = float((change[known] ** 2).sum())
        if square:
            relatives.append((name, float((other * change)[known].sum()) / square))
    return Answer(float(found[0]), float(found[1]), tuple(relatives))


class Shock(NamedTuple):
    """A move of volatility."""

    name: str
    points: float | None
    """Of VIX and its relatives alike; None where VIX answers the index."""


SHOCKS = (
    Shock("with the index", None),
    *(Shock(f"{points:+g}" if points else "unchanged", points) for points in POINTS),
)


class Held(NamedTuple):
    """A book at a close."""

    market: Market
    """Up to that close."""
    nav: float
    """USD, the portfolio with its hedge."""
    x: float
    """Intensity in force."""
    contracts: float
    """Units of the sleeve."""
    basket: Basket
    """The contracts of one unit."""
    greeks: dict[str, float]
    """Of the hedge: ``delta`` (USD per index point), ``gamma``, ``vega`` (USD per vol point) and
    ``theta`` (USD a day)."""


@dataclass(frozen=True)
class BookGrid:
    """P&L of a book over moves of index, VIX and time.

    Parameters
    ----------
    held
        The book.
    answer
        How VIX moves with the index where it does.
    spots, shocks, days
        The axes.
    vix
        VIX of each cell, points, **shape** (shocks, spots).
    portfolio, hedge
        USD, **shape** (days, shocks, spots).
    """

    held: Held
    answer: Answer
    spots: tuple[float, ...]
    shocks: tuple[Shock, ...]
    days: tuple[int, ...]
    vix: Floats
    portfolio: Floats
    hedge: Floats

    @property
    def both(self) -> Floats:
        """P&L of portfolio and hedge, USD, **shape** (days, shocks, spots)."""
        return self.portfolio + self.hedge

    @property
    def worst(self) -> tuple[int, int, int]:
        """Indices of the cell with the lowest P&L of both."""
        i, j, k = np.unravel_index(int(np.argmin(self.both)), self.both.shape)
        return int(i), int(j), int(k)


def book_at(
    policy: Policy,
    market: Market,
    sleeve: Sleeve,
    portfolio: Equity,
    costs: Costs,
    *,
    date: str | None = None,
) -> Held:
    """Return what a policy holds at a close, the portfolio being worth its value there.

    Parameters
    ----------
    policy, sleeve, portfolio, costs
        What decides, with what, for whom, at what price.
    market
        History; the policy is played over its last `BEFORE` sessions, or as many as there are.
    date
        A session, or the one before it is taken; the last one by default.

    Raises
    ------
    HedgerowError
        If policy, sleeve and data do not fit together.
    """
    known = market.until(market.index_of(date)) if date else market
    start = str(known.dates[max(len(known) - BEFORE, 0)])
    ground = run.prepare(
        known, sleeve, portfolio, costs=costs, lookback=policy.lookback, start=start
    )
    journey, _ = floats.play(policy, ground.tape(policy))
    nav = float(journey.book.nav[-1])
    # sizes that follow NAV are those of the value that was asked for
    scale = portfolio.value / nav if bool(ground.sizes[1].any()) and nav > 0.0 else 1.0
    roster = sleeve.roster(ground.market, costs=costs)
    contracts, strip = scale * float(journey.book.held[-1]), ground.strip
    greeks = {
        name: contracts * float(getattr(strip, name)[-1])
        for name in ("delta", "gamma", "vega", "theta")
    }
    rolled = ground.strip.roll[ground.first :]
    sized = np.flatnonzero((journey.book.filled[1:] > 0.0) | rolled[1:])  # rolls renew the size
    return Held(
        ground.market,
        portfolio.value,
        float(journey.order.x[sized[-1]]) if len(sized) else 0.0,
        contracts,
        roster.basket(int(roster.held[-1])),
        greeks,
    )


def grid(
    held: Held,
    sleeve: Sleeve,
    portfolio: Equity,
    costs: Costs,
    answer: Answer,
    *,
    spots: tuple[float, ...] = SPOTS,
    shocks: tuple[Shock, ...] = SHOCKS,
    days: tuple[int, ...] = DAYS,
) -> BookGrid:
    """Price a book anew in every cell of index, volatility and time.

    Parameters
    ----------
    held
        What `book_at` found.
    sleeve, portfolio, costs
        As there.
    answer
        How VIX moves with the index.
    spots, shocks, days
        The axes: moves of the index, decimal; of volatility; calendar days forward.

    Returns
    -------
    BookGrid
        A contract that expires on the way is settled at the moved index.  What the premium ties up
        is financed at the bill rate, as in every run; trading costs are left out.

    Raises
    ------
    RangeError
        If an axis is empty, the index would be gone, or time runs backwards.
    """
    if not (spots and shocks and days) or min(spots) <= -1.0 or min(days) < 0:
        raise RangeError(
            "no grid of these axes",
            where="grid",
            mend="give moves of the index above -1, and days from 0 up",
        )
    near = _near(held, sleeve, costs)
    level = float(near["vix"][-1])
    vix = np.array([[_moved(shock, level, move, answer) for move in spots] for shock in shocks])
    legs = _legs(near, held, sleeve, costs)
    expiries = sorted({leg.expiry for leg in legs})
    still = Shock("", 0.0)
    base = _prices(_shocked(near, 0.0, 0.0, [near.dates[-1]], still, answer), legs, sleeve, costs)
    shape = (len(days), len(shocks), len(spots))
    ours, theirs = np.empty(shape), np.empty(shape)
    for i, ahead in enumerate(days):
        end = near.dates[-1] + np.timedelta64(ahead, "D")
        # what expires on the way settles on its day
        on = [day for day in expiries if near.dates[-1] < day < end]
        tied = np.array([leg.financed * ahead for leg in legs]) / DAYS_PER_YEAR
        paid = base * float(near["rate"][-1]) * tied
        for k, move in enumerate(spots):
            ours[i, :, k] = _earned(near, portfolio, move, ahead)
            for j, shock in enumerate(shocks):
                points = float(vix[j, k]) - level
                moved = _shocked(near, move, points, [*on, end], shock, answer)
                gain = _prices(moved, legs, sleeve, costs) - base - paid
                theirs[i, j, k] = sum(leg.size * g for leg, g in zip(legs, gain, strict=True))
    return BookGrid(held, answer, spots, shocks, days, vix, ours, theirs)


def _moved(shock: Shock, level: float, move: float, answer: Answer) -> float:
    if shock.points is None:
        return answer.vix(level, move)
    return max(level + shock.points, min(level, FLOOR))


def _near(held: Held, sleeve: Sleeve, costs: Costs) -> Market:
    """Return the end of the history that the held contracts' prices depend on."""
    roster = sleeve.roster(held.market, costs=costs)
    first = min((roster.path(symbol).first for symbol in held.basket.symbols), default=0)
    start = max(min(first, len(held.market) - 2) - BEHIND, 0)
    return held.market.between(str(held.market.dates[start]), None)


class _Leg(NamedTuple):
    # A contract of the book.
    symbol: str
    size: float  # USD per point of all that is held
    expiry: np.datetime64
    financed: bool


def _legs(near: Market, held: Held, sleeve: Sleeve, costs: Costs) -> list[_Leg]:
    roster = sleeve.roster(near, costs=costs)
    made = []
    for symbol, weight in zip(*held.basket, strict=True):
        path = roster.path(symbol)
        day = np.datetime64(min(path.expiry, FAR), "D")
        size = held.contracts * weight * path.multiplier
        made.append(_Leg(symbol, size, day, path.financed))
    return made


def _prices(market: Market, legs: list[_Leg], sleeve: Sleeve, costs: Costs) -> Floats:
    """Return what contracts are worth on the last session, or were at expiry, points."""
    roster = sleeve.roster(market, costs=costs)
    return np.array([float(roster.path(leg.symbol).price[-1]) for leg in legs])


def _earned(near: Market, portfolio: Equity, move: float, ahead: int) -> float:
    """Return what the portfolio earns when the index moves so many days from now, USD."""
    today = near.until(len(near) - 1).between(str(near.dates[-1]), None)
    columns = {name: np.repeat(column, 2) for name, column in today.columns.items()}
    columns["spx"] = columns["spx"] * np.array([1.0, 1.0 + move])
    # two rows of one day where no time passes
    later = today.times[0] + np.timedelta64(ahead, "D") + np.timedelta64(1, "ns")
    values = portfolio.values(Market(np.array([today.times[0], later]), columns))
    return float(values[-1] - values[0])


def _shocked(
    near: Market,
    move: float,
    points: float,
    days: Sequence[np.datetime64],
    shock: Shock,
    answer: Answer,
) -> Market:
    """Return the market with index and volatilities moved on days: its last one, or later ones."""
    slopes = dict(answer.relatives) if shock.points is None else {}
    vols = {index.vol for index in INDEXES.values()} | set(FAMILY)
    row = dict.fromkeys(near.columns, np.nan)
    for name, column in near.columns.items():
        last = float(column[-1])
        if name in INDEXES:
            row[name] = last * (1.0 + move)
        elif name in vols:
            row[name] = max(last + points * slopes.get(name, 1.0), min(last, FLOOR))
        elif name in {"rate", "skew"} or name.endswith("dividend_yield"):
            row[name] = last
    kept = near.until(len(near) - 2) if days[-1] == near.dates[-1] else near
    times = np.concatenate([kept.times, np.array(days, dtype="datetime64[ns]")])
    return Market(
        times,
        {name: np.concatenate([kept[name], np.full(len(days), row[name])]) for name in row},
    )
