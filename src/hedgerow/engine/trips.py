"""Round trips of the lines that are the book: each position from its first fill to its end.

A trip is the life of one basket of contracts in one line.  What the line earns and pays is shared
out among its trips leg by leg, so that the trips of a line add up to its gain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.broker import LegFill, Traded
from hedgerow.engine.desk import Desk
from hedgerow.engine.feed import Bars
from hedgerow.engine.holdings import Marked
from hedgerow.engine.limits import Limits
from hedgerow.instruments.roster import Basket

EXPIRY, ROLL, POLICY, OPEN = "expiry", "roll", "policy", "open"
"""How a trip ends where no action ends it; `OPEN`: it has not."""

MEASURES = ("value", "delta", "gamma", "vega", "theta")
"""Columns of a line of the book, and what is known of a trip at its entry, USD."""


@dataclass
class Trip:
    """One position of a line of the book, from its first fill to its end.

    Parameters
    ----------
    line, basket
        Whose, and the contracts of a unit.
    opened, closed
        Bars of the run; ``closed`` is -1 while it is held.
    units
        The most that were held.
    credit
        USD taken in when it was opened, spreads paid and fees not; negative where it was paid.
    pnl, cost
        After costs, and what trading it cost (spreads and fees), USD.
    margin
        That it alone asked for at its entry, USD.
    entry
        `MEASURES` of all units at the fill, USD: per index point, per point squared, per vol
        point and per calendar day.
    why
        Kinds of the actions that ended it, or `EXPIRY`, `ROLL`, `POLICY`; `OPEN` while it is held.
    """

    line: str
    basket: Basket
    opened: int
    closed: int = -1
    units: float = 0.0
    credit: float = 0.0
    pnl: float = 0.0
    cost: float = 0.0
    margin: float = 0.0
    entry: Mapping[str, float] = field(default_factory=dict)
    why: tuple[str, ...] = (OPEN,)

    def pay(self, usd: float) -> None:
        """Take down a cost, USD."""
        self.cost += usd
        self.pnl -= usd


@dataclass(frozen=True)
class Booked:
    """The book of a finished run.

    Parameters
    ----------
    trips
        In the order in which they were opened.
    lines
        By line of the book: `MEASURES` of what it holds after the bar's fills, **shape** (T,).
    margin
        That the book alone asks for after the bar's fills, USD, **shape** (T,); 0.0 where orders
        are filled at the close.
    """

    trips: tuple[Trip, ...]
    lines: Mapping[str, Mapping[str, Floats]]
    margin: Floats


class Trips:
    """Follows the lines of the book bar by bar.

    Parameters
    ----------
    desks
        Those of the book.
    limits
        Know what positions ask for.
    margins
        Whether there is any margin.
    """

    def __init__(self, desks: Sequence[Desk], limits: Limits, *, margins: bool) -> None:
        self.desks, self._limits, self._margins = desks, limits, margins
        self.all: list[Trip] = []
        self._bar = -1
        self._live: dict[str, dict[Basket, Trip]] = {desk.line.name: {} for desk in desks}
        self._why: dict[str, tuple[str, ...]] = {}
        self._rows: dict[str, list[list[float]]] = {desk.line.name: [] for desk in desks}
        self._margin: list[float] = []

    def earned(self, desk: Desk, mark: Marked) -> None:
        """Share out what the legs of a line earned over the bar, before anything settles."""
        live = self._live[desk.line.name]
        for leg in mark.legs:
            for basket, units in desk.lots.items():
                if leg.symbol in basket.symbols:
                    part = units * basket.weights[basket.symbols.index(leg.symbol)] / leg.quantity
                    live[basket].pnl += part * leg.pnl

    def settled(self, desk: Desk, over: Sequence[tuple[str, float]]) -> None:
        """End the trips whose contracts have settled, with the fees of that."""
        live, left = self._live[desk.line.name], dict(desk.lots.items())
        gone = [basket for basket in live if basket not in left]
        for symbol, quantity in over:
            whose = next(basket for basket in gone if symbol in basket.symbols)
            live[whose].pay(abs(quantity) * desk.prices.track(symbol).fee)
        for basket in gone:
            self._end(desk, basket, (EXPIRY,))

    def acted(self, desk: Desk) -> None:
        """Remember which actions asked for the end of what a line holds."""
        if desk.acts.did:
            self._why.setdefault(desk.line.name, desk.acts.did)

    def filled(self, desk: Desk, done: Sequence[Traded], bars: Bars) -> None:
        """Take down a bar's fills of a line."""
        name, held = desk.line.name, dict(desk.lots.items())
        live = self._live[name]
        fills = {leg.symbol: leg for traded in done for leg in traded.fill.legs}
        fresh = [basket for basket in held if basket not in live]
        for basket in fresh:
            live[basket] = Trip(name, basket, self._bar)
            self.all.append(live[basket])
        for traded in done:
            for leg in traded.fill.legs:
                whose = next(basket for basket in live if leg.symbol in basket.symbols)
                live[whose].pay(_cost(desk, leg, bars.row))
        for basket, units in held.items():
            self._grown(desk, live[basket], units, fills, bars)
        for basket in [basket for basket in live if basket not in held]:
            word = ROLL if fresh else POLICY
            self._end(desk, basket, self._why.get(name, (word,)))

    def close(self, bars: Bars, nav: float) -> None:
        """Take down what the lines hold at the end of a bar."""
        books = []
        for desk in self.desks:
            book = desk.lots.quantities()
            books.append(book)
            self._rows[desk.line.name].append(_measured(desk, book, bars.row))
        self._margin.append(self._asked(self.desks, books, bars, nav))
        for live in self._live.values():
            for trip in live.values():
                if trip.opened == self._bar:
                    desk = next(desk for desk in self.desks if desk.line.name == trip.line)
                    book = {s: trip.units * w for s, w in zip(*trip.basket, strict=True)}
                    trip.margin = self._asked([desk], [book], bars, nav)
                    numbers = _measured(desk, book, bars.row)
                    trip.entry = dict(zip(MEASURES, numbers, strict=True))

    def begin(self) -> None:
        """Begin a bar."""
        self._bar += 1

    def booked(self) -> Booked:
        """Return the finished book."""
        lines = {
            name: dict(zip(MEASURES, np.array(rows, dtype=np.float64).T, strict=True))
            for name, rows in self._rows.items()
        }
        return Booked(tuple(self.all), lines, np.array(self._margin))

    def _asked(
        self, desks: Sequence[Desk], books: Sequence[Mapping[str, float]], bars: Bars, nav: float
    ) -> float:
        return self._limits.asked(bars, desks, books, nav) if self._margins else 0.0

    def _grown(
        self, desk: Desk, trip: Trip, units: float, fills: Mapping[str, LegFill], bars: Bars
    ) -> None:
        """Count what more units than ever took in: at the fill, or the mid of a leg not traded."""
        more = abs(units) - trip.units
        if more <= 0.0:
            return
        trip.units = abs(units)
        for symbol, weight in zip(*trip.basket, strict=True):
            track = desk.prices.track(symbol)
            leg = fills.get(symbol)
            price = track.price[bars.row - track.first] if leg is None else leg.price
            trip.credit -= math.copysign(more, units) * weight * price * track.multiplier

    def _end(self, desk: Desk, basket: Basket, why: tuple[str, ...]) -> None:
        name = desk.line.name
        trip = self._live[name].pop(basket)
        trip.closed, trip.why = self._bar, why
        self._why.pop(name, None)


def _cost(desk: Desk, leg: LegFill, row: int) -> float:
    track = desk.prices.track(leg.symbol)
    return (leg.price - track.price[row - track.first]) * leg.quantity * track.multiplier + leg.fee


def _measured(desk: Desk, book: Mapping[str, float], row: int) -> list[float]:
    """Return `MEASURES` of positions, USD; 0.0 of what has settled."""
    totals = [0.0] * len(MEASURES)
    for symbol, quantity in book.items():
        track = desk.prices.track(symbol)
        at, usd = row - track.first, quantity * track.multiplier
        columns = (track.price, track.delta, track.gamma, track.vega, track.theta)
        for i, column in enumerate(columns):
            totals[i] += usd * column[at]
    return totals
