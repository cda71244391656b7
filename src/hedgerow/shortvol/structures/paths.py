"""A book and its hedges on historical paths: today's strikes, that day's surfaces (G3).

Every window begins as though its first close were today: spot is today's, and moves as the index
moved; volatilities and rates are those of the window's days, modelled from the VIX family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.market import Market
from hedgerow.core.products import MarginClass
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.structure import Position, Shares, Structure
from hedgerow.pricing.black import DAYS_PER_YEAR, bsm
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.shortvol.structures.ground import SHARE, VOLATILITY, Floats, Ground

WINDOWS = (
    ("Sep 2008", "2008-09-12"),
    ("rally of 2017", "2017-09-01"),
    ("Feb 2018", "2018-01-26"),
    ("Mar 2020", "2020-02-19"),
    ("Nov 2020 rally", "2020-10-30"),
    ("Aug 2024", "2024-07-16"),
    ("Apr 2025", "2025-03-25"),
)
"""Name and first close of the windows that tables show, where the data cover them."""

TAIL = 0.05
"""Part of the windows that a shortfall is the mean of."""

LONGEST = 365
_FEW = 60


class Walk(NamedTuple):
    """What positions did over every window.

    Parameters
    ----------
    first
        Row of the market on which each window begins, **shape** (N,).
    days
        Dates of those rows, **shape** (N,).
    move
        Of the index over the window, decimal, **shape** (N,).
    gain
        USD from the first close to the window's end, half-spreads of opening paid, **shape** (N,).
    lowest
        The least that it had gained at any close, USD, **shape** (N,).
    """

    first: NDArray[np.intp]
    days: NDArray[np.datetime64]
    move: Floats
    gain: Floats
    lowest: Floats


def horizon(held: Mapping[str, Structure], at: Ground) -> int:
    """Return calendar days to the first expiry of a book, 30 where it has none."""
    ends = [end for structure in held.values() for end in structure.expiries]
    return min((min(ends) - at.day).days if ends else 30, LONGEST)


def walks(
    each: Sequence[Mapping[str, Structure]], at: Ground, costs: Costs, days: int
) -> tuple[Walk, ...]:
    """Return what positions did over all windows of the history.

    Parameters
    ----------
    each
        Positions by underlying, opened at the first close, held to the end of the window.
    at
        Today, with its history.
    costs
        Paid on opening; at the window's end the rest is marked, not sold.
    days
        Calendar days of a window.

    Returns
    -------
    tuple of Walk
        One for each; the same windows.

    Raises
    ------
    RangeError
        If there is no history, it is too short, or there are options on VIX among the positions.
    """
    market = at.market
    if market is None:
        raise RangeError("there is no history", where="market", mend="give data instead of a state")
    track = _Track.of(market, at, days)
    return tuple(track.walk(one, costs) for one in each)


class Past(NamedTuple):
    """What positions did over all windows, and over some by name; USD."""

    name: str
    mean: float
    fifth: float
    """The 5 % quantile."""
    shortfall: float
    """Mean of the worst 5 %."""
    worst: float
    worst_day: str
    """First close of the worst window."""
    windows: dict[str, float]
    """P&L of the windows of `WINDOWS` that the history covers."""


class History(NamedTuple):
    """Book alone, then book and structure, over every window of the history."""

    days: int
    """Calendar days of a window."""
    windows: int
    first: str
    last: str
    moves: dict[str, float]
    """Of the index over the windows by name, decimal."""
    rows: tuple[Past, ...]


def history(
    names: Sequence[str], each: Sequence[Mapping[str, Structure]], at: Ground, costs: Costs
) -> History:
    """Return what a book did over history, alone and with each structure.

    Parameters
    ----------
    names
        Of the rows.
    each
        The book, then what is added to it, by underlying.
    at, costs
        As for `walks`.

    Raises
    ------
    RangeError
        As for `walks`.
    """
    days = horizon(each[0], at)
    walked = walks(each, at, costs, days)
    alone = walked[0]
    named = {name: i for name, start in WINDOWS if (i := at_window(alone, start)) is not None}
    rows = []
    for k, (name, walk) in enumerate(zip(names, walked, strict=True)):
        gain = alone.gain if k == 0 else alone.gain + walk.gain
        low = int(np.argmin(gain))
        rows.append(
            Past(
                name,
                float(gain.mean()),
                float(np.quantile(gain, TAIL)),
                shortfall(gain),
                float(gain[low]),
                str(alone.days[low]),
                {which: float(gain[i]) for which, i in named.items()},
            )
        )
    moves = {which: float(alone.move[i]) for which, i in named.items()}
    first, last = (str(alone.days[i]) for i in (0, -1))
    return History(days, len(alone.gain), first, last, moves, tuple(rows))


def shortfall(gain: Floats) -> float:
    """Return the mean of the worst 5 % of windows, USD.

    Examples
    --------
    >>> shortfall(np.arange(40.0))
    0.5
    """
    return float(np.sort(gain)[: max(int(TAIL * len(gain)), 1)].mean())


class _Track(NamedTuple):
    # Windows laid side by side: row i, close j of each.
    scene: Scene
    at: Ground
    rows: NDArray[np.intp]
    """**Shape** (N, J)."""
    elapsed: Floats
    """Calendar days since the first close, **shape** (N, J)."""
    days: int
    """Calendar days of a window."""

    @classmethod
    def of(cls, market: Market, at: Ground, days: int) -> _Track:
        scene = Scene.of(_known(market))
        dates = scene.days
        last = np.searchsorted(dates, dates + days, side="right") - 1
        complete = dates + days <= dates[-1]
        first = np.flatnonzero(complete)
        if len(first) < _FEW:
            raise RangeError(f"{len(first)} windows of {days} days are too few", where="market",
                             mend="give a longer history")  # fmt: skip
        most = int((last[first] - first).max())
        rows = np.minimum(first[:, None] + np.arange(most + 1), last[first][:, None])
        elapsed = (dates[rows] - dates[first][:, None]).astype(np.float64)
        return cls(scene, at, rows, elapsed, days)

    def walk(self, held: Mapping[str, Structure], costs: Costs) -> Walk:
        total = np.zeros(self.rows.shape)
        spent = np.zeros(len(self.rows))
        for name, structure in held.items():
            for position in structure.positions:
                worth, half, fee = self._worth(name, position, costs)
                total += position.size * worth
                spent += abs(position.size) * half + abs(position.quantity) * fee
        gain = total - total[:, :1] - spent[:, None]
        start = self.rows[:, 0]
        spot = self.scene.spot
        return Walk(
            start,
            self.scene.days[start].astype("datetime64[D]"),
            spot[self.rows[:, -1]] / spot[start] - 1.0,
            gain[:, -1],
            gain.min(axis=1),
        )

    def _worth(self, name: str, position: Position, costs: Costs) -> tuple[Floats, Floats, float]:
        """Return worth at every close and half-spread of one contract, points, and its fee."""
        scene, rows, contract = self.scene, self.rows, position.contract
        vix = scene.vix[rows[:, 0]]
        if name == VOLATILITY:
            return (*self._volatility(position, costs, vix),)
        index = scene.spot[rows] / scene.spot[rows[:, :1]]
        spot = self.at.level * SHARE[name] * index
        if isinstance(contract, Shares):
            return spot, costs.of_underlying(spot[:, 0]), 0.0
        left = self._left(contract)
        rate, dividend = scene.rate[rows], scene.dividend[rows]
        forward = spot * np.exp((rate - dividend) * left)
        if isinstance(contract, FutureContract):
            return forward, costs.of_underlying(spot[:, 0]), costs.future_fee
        return self._option(contract, spot, forward, left, costs, vix)

    def _left(self, contract: OptionContract | FutureContract) -> Floats:
        """Return years to the end, 0 from the last close on or before it."""
        whole = (contract.expiry - self.at.day).days
        left = np.maximum(whole - self.elapsed, 0.0)
        if whole <= self.days:
            last = np.where(self.elapsed <= whole, self.elapsed, -1.0).max(axis=1)
            left = np.where(self.elapsed >= last[:, None], 0.0, left)
        return np.asarray(left / DAYS_PER_YEAR)

    def _option(
        self,
        contract: OptionContract,
        spot: Floats,
        forward: Floats,
        left: Floats,
        costs: Costs,
        vix: Floats,
    ) -> tuple[Floats, Floats, float]:
        flat, shape = self.rows.ravel(), self.rows.shape
        k = np.log(contract.strike / forward)
        vol = self.scene.surface.vol(k.ravel(), left.ravel(), flat).reshape(shape)
        rate, dividend = self.scene.rate[self.rows], self.scene.dividend[self.rows]
        price = bsm(spot, contract.strike, left, vol, rate, dividend, call=contract.call)
        worth = np.asarray(price.price)
        # what has expired keeps what it paid on the last close before its end
        done = left <= 0.0
        if bool(done.any()):
            stop = np.where(done.any(axis=1), np.argmax(done, axis=1), shape[1] - 1)
            paid = np.take_along_axis(worth, stop[:, None], axis=1)
            worth = np.where(done, paid, worth)
        half = costs.of_option(worth[:, 0], np.asarray(price.vega)[:, 0] / 100.0, vix)
        return worth, half, costs.option_fee

    def _volatility(
        self, position: Position, costs: Costs, vix: Floats
    ) -> tuple[Floats, Floats, float]:
        contract = position.contract
        if not isinstance(contract, FutureContract) or (
            contract.product.margin is not MarginClass.FUTURE
        ):
            raise RangeError("options on VIX have no history here", where="book",
                             mend="leave the paths out")  # fmt: skip
        left = self._left(contract)
        made = FuturesCurve().price(
            self.scene.vix, self.scene.surface, left.ravel(), self.rows.ravel()
        )
        return made.reshape(self.rows.shape), costs.of_future(vix), costs.future_fee


def _known(market: Market) -> Market:
    """Return the market from the first day on which index and VIX are known."""
    both = np.isfinite(market["spx"]) & np.isfinite(market["vix"])
    return market.between(str(market.dates[int(np.argmax(both))]), None)


def at_window(walk: Walk, start: str) -> int | None:
    """Return which window begins on a date, or on the last close before it; None if none does."""
    day = np.datetime64(start, "D")
    i = int(np.searchsorted(walk.days, day, side="right")) - 1
    near = i >= 0 and (day - walk.days[i]).astype(int) < 7  # a week's holidays
    return i if near else None
