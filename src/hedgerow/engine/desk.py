"""One line of a program as it runs: what it holds, remembers, and has asked for.

Everything here is floats, kept with the arithmetic of :mod:`hedgerow.core.book`, so that an ideal
broker makes the very numbers of the floats carriage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hedgerow.core.action import (
    NEEDS,
    NEW_EXPIRY,
    NEW_STRIKE,
    RESTRIKE,
    Position,
    resolve,
    start,
)
from hedgerow.core.book import Bar, Book, Order, View, no_order, opening, place
from hedgerow.core.policy import Decision
from hedgerow.core.tape import Tape
from hedgerow.engine.broker import Execution, Fill, Ticket
from hedgerow.engine.holdings import Entry, Held, Lots, Trade, marked, without
from hedgerow.engine.ledger.money import Nanos
from hedgerow.engine.prices import Prices
from hedgerow.engine.program import Line
from hedgerow.engine.ticketing import changes, ticket
from hedgerow.errors import RangeError
from hedgerow.instruments.roster import Basket, Roster

_NONE = -1
"""Number of no contract of a schedule."""

KEEP = {RESTRIKE: "", NEW_STRIKE: "expiry", NEW_EXPIRY: "strike"}
"""What a renewed contract keeps of the old one, by what is wished."""


class Marked(NamedTuple):
    """What a line earned over a bar before it traded, USD."""

    pnl: float
    carried: float
    """Cost of holding, had nothing moved."""
    legs: list[Held]


class Traded(NamedTuple):
    """A fill as the ledger counts it."""

    fill: Fill
    quantities: tuple[Nanos, ...]
    """Of each leg."""


class Desk(Prices):
    """A line at work.

    Parameters
    ----------
    line
        What it runs.
    tape, roster
        Its bars and signals from the run's first bar on, and its contracts.
    nav
        USD before the first bar.
    first
        Row of the market at which the run begins.
    execution
        Terms of its orders.

    Attributes
    ----------
    lots
        What is held.
    aim
        The contracts of a unit that the line wants.
    full, kept
        Units that the policy asks for, and the part that the actions leave of them.
    tickets, replaced
        Open ones, and those that unforeseen ones took the place of.
    """

    def __init__(
        self, line: Line, tape: Tape, roster: Roster, nav: float, first: int, execution: Execution
    ) -> None:
        super().__init__(roster)
        self.line, self.first, self.execution = line, first, execution
        self.mixes = bool(roster.strip.shift.any())
        if self.mixes and line.actions:
            raise RangeError(
                "a mix that moves every session has no contract to act on",
                where=f"line {line.name}, actions",
                mend="remove the actions, or use a sleeve that rolls",
            )
        for i, one in enumerate(line.actions):
            for lacks in sorted(one.needs - roster.offers):
                raise RangeError(
                    f"{one.kind} needs {NEEDS[lacks]}, which {line.sleeve.name} has not",
                    where=f"line {line.name}, actions[{i}]",
                    mend="leave the action out, or use options on an index",
                )
        self._params, self._memory = line.policy.params(), line.policy.start()
        self._actions = start(line.actions)
        self._left = 1.0  # of the target when the contract was last renewed by an action
        self._bars = [Bar(*row) for row in tape.bar_rows.tolist()]
        self._signals = [tuple(row) for row in tape.signal_rows.tolist()]
        self._pending, self._scheduled = roster.pending.tolist(), roster.held.tolist()
        self._number = self._scheduled[first]
        self._acted = self._rolling = self.acting = self._unfilled = False
        self._known: Basket | None = None  # what the actions have known last
        self._sent = 0
        self.book: Book = opening(nav)
        self.order: Order = no_order()
        self.lots = Lots()
        self.aim: Basket = roster.basket(self._number)
        self.full, self.kept = 0.0, 1.0
        self.tickets: list[Ticket] = []
        self.replaced: list[Ticket] = []
        self.entry: Entry | None = None

    @property
    def wanted(self) -> float:
        """Units that are to be held."""
        return self.full * self.kept

    # prices

    def shows(self, symbol: str, row: int) -> bool:
        """Say whether a contract is known here and has a price at a bar."""
        track = self._tracks.get(symbol)
        if track is None and symbol in self.aim.symbols:
            track = self.track(symbol)
        return track is not None and 0 <= row - track.first < len(track.price)

    def delta(self, row: int, due: int) -> float:
        """Return the delta of what is held once the open tickets are filled, USD a point.

        What expires by the day ``due``, since 1970-01-01, settles before they are.
        """
        lots = [*self.lots.items(), *((ticket.basket, ticket.units) for ticket in self.tickets)]
        live = [(without(basket, self._expires(due)), units) for basket, units in lots]
        return math.fsum(units * self.delta_of(basket, row) for basket, units in live if basket)

    # a bar, in its order

    def mark(self, row: int, rate: float, span: float) -> Marked:
        """Let what is held earn the bar.

        Parameters
        ----------
        row
            Of the market.
        rate, span
            Interest a year known at the bar before, and years since.
        """
        days = self._bars[row - self.first].days
        pnl = carried = 0.0
        legs = []
        for symbol, quantity in self.lots.quantities().items():
            leg = marked(symbol, quantity, self.track(symbol), row, rate * span)
            pnl += leg.pnl
            carried -= quantity * leg.track.multiplier * leg.track.theta[leg.at - 1] * days
            legs.append(leg)
        return Marked(pnl, carried, legs)

    def expired(self, row: int, day: int) -> list[tuple[str, float]]:
        """Take out what settles in cash at a bar: symbols and contracts.

        What expires does, and what is exercised or assigned, unless it is on its way out and sold.

        Parameters
        ----------
        row, day
            Of the market, and its date as days since 1970-01-01.
        """
        early = {
            symbol
            for symbol in self.lots.quantities()
            if symbol in self.aim.symbols and self._exercised(symbol, row)
        }
        if early:
            self._number = _NONE  # aim at the schedule's contract, whatever was held
        over = self._expires(day)
        return self.lots.expire(lambda symbol: symbol in early or over(symbol))

    def _exercised(self, symbol: str, row: int) -> bool:
        track = self.track(symbol)
        return track.exercised[row - track.first]

    def _expires(self, day: int) -> Callable[[str], bool]:
        """Return what says whether a contract expires by a day."""
        return lambda symbol: self.track(symbol).expiry <= day

    def fill(
        self, fills: Sequence[Fill], row: int, day: int, fees: float
    ) -> tuple[float, list[Traded]]:
        """Take a bar's fills; return their cost, USD, and what was traded.

        Parameters
        ----------
        fills
            Those of this line's tickets.
        row, day
            Of the market, and its date as days since 1970-01-01.
        fees
            USD paid for what was settled at this bar.
        """
        cost, traded = fees, 0.0
        done: list[Traded] = []
        left = {ticket.order: ticket for ticket in self.tickets}
        for fill in fills:
            ticket = left.pop(fill.order)
            rest, counts = ticket.units - fill.units, ticket.counts
            if abs(rest) > 1e-12 * abs(ticket.units):
                counts = self._part(ticket, fill.units)
                kept = tuple(all_ - part for all_, part in zip(ticket.counts, counts, strict=True))
                left[fill.order] = ticket._replace(units=rest, counts=kept)
            self._take(ticket.trade._replace(units=fill.units), row, day)
            self.lots.counted(ticket.basket.symbols, counts)
            done.append(Traded(fill, counts))
            both = ticket.old is not None and set(ticket.old.symbols) & {*ticket.basket.symbols}
            traded += abs(fill.units) * (2.0 if both else 1.0)
            for leg in fill.legs:
                track = self.track(leg.symbol)
                slip = (leg.price - track.price[row - track.first]) * leg.quantity
                cost += slip * track.multiplier + leg.fee
        self.tickets = list(left.values())
        filled = self._acted and not self.tickets
        if filled:
            self._acted = False
        self.book = self.book._replace(
            held=self.lots.units,
            filled=1.0 if filled else 0.0,
            cost=cost,
            traded=traded,
            pnl=self.book.pnl - cost,
            spent=self.book.spent + cost,
        )
        return cost, done

    def _part(self, ticket: Ticket, units: float) -> tuple[Nanos, ...]:
        """Return what a part of a ticket changes, no more than is left of it."""
        asked = self.lots.copy().count(ticket.trade._replace(units=units))
        return tuple(
            max(min(part, max(left, 0)), min(left, 0))
            for part, left in zip(asked, ticket.counts, strict=True)
        )

    def lapse(self) -> list[Ticket]:
        """Take out the tickets that were for the day only."""
        gone = [ticket for ticket in self.tickets if ticket.tif == "day"]
        self.tickets = [ticket for ticket in self.tickets if ticket.tif != "day"]
        self._unfilled = bool(gone) and self.acting  # an action's order is asked again
        if gone:
            self._acted = False
        return gone

    def decide(self, row: int) -> tuple[View, Decision]:
        """Let the policy decide, and remember what it remembers."""
        at = row - self.first
        view = View(self._signals[at], self.book, self._bars[at])
        decision = self.line.policy.decide(view, self._memory, self._params)
        self._memory = decision.memory
        return view, decision

    def bar(self, row: int) -> Bar:
        """Return the terms of a bar."""
        return self._bars[row - self.first]

    def place(self, x: float, act: float, row: int) -> Order:
        """Turn an intensity into units with what is known at a bar."""
        return place(x, act, self.book, self.bar(row))

    def wish(self, row: int, day: int, spot: float, vix: float) -> dict[str, float]:
        """Let the actions look at the position; return what each wished, by name."""
        unfilled, self.acting, self._unfilled = self._unfilled, False, False
        position = self._position(row, day, spot, vix)
        if position is None:
            return {}
        wish, self._actions, trace = resolve(
            position, self.line.actions, self._actions, kept=self._left
        )
        self.acting = unfilled or wish.keep != self.kept
        self.kept = float(wish.keep)
        if wish.renew > 0.0:
            keep = KEEP[float(wish.renew)]
            self.aim = self.roster.choose(row, like=self.aim, keep=keep)
            self._rolling, self._left = True, self.kept
        return {
            f"{i}.{one.kind}.{name}": float(value)
            for i, (one, wished) in enumerate(zip(self.line.actions, trace, strict=True))
            for name, value in wished._asdict().items()
        }

    def look(self, row: int, day: int, spot: float, vix: float) -> None:
        """Let the actions see a position on the bar on which it was bought, after the decisions.

        Where orders are filled at a later bar than they are decided, `wish` does so itself.
        """
        if self.entry is None or self.entry.day != day:
            return
        position = self._position(row, day, spot, vix)
        if position is not None:
            _, self._actions, _ = resolve(position, self.line.actions, self._actions)

    def _position(self, row: int, day: int, spot: float, vix: float) -> Position | None:
        """Return what the actions see, None where there is nothing to see."""
        held = self.lots.get(self.aim)
        if not self.line.actions or self.entry is None or not held:
            return None
        side = math.copysign(1.0, held)
        value = side * self.value(self.aim, row)
        self.entry = self.entry._replace(peak=max(self.entry.peak, value))
        standing = self.roster.standing
        options = Basket.of(
            *((s, side * w) for s, w in zip(*self.aim, strict=True) if s not in standing)
        )
        return self.position(options, abs(held), value, self.entry, row, day, spot=spot, vix=vix)

    def shrink(self, order: Order, factor: float) -> Order:
        """Return an order for no more than a part of what is held; a margin call asks for it."""
        most = self.lots.units * factor
        self.full = most / self.kept if self.kept else 0.0
        self.acting = True
        held = order.contracts * most > 0.0 and abs(order.contracts) < abs(most)
        return order if held else order._replace(contracts=most)

    def plan(
        self, row: int, order: Order, due: int, *, acting: bool = False
    ) -> tuple[list[Ticket], list[Ticket]]:
        """Turn an order into tickets.

        Parameters
        ----------
        row
            Of the market: the decision's.
        order
            What is wanted.
        due
            Day, since 1970-01-01, by which what expires settles before it could be sold.
        acting
            Trade to the units wanted though the policy leaves the book alone: an action or a
            margin call has its own reason.

        Returns
        -------
        made, replaced
            New tickets, and those that they take the place of.
        """
        self.order = order
        if order.act > 0.0:
            self._acted, self.full = True, order.contracts
        number = self._pending[row]
        if self.mixes:
            self._number, self.aim = number, self.roster.basket(number)
            if not order.act > 0.0 and not acting:
                self.full = self.lots.units
        elif number != self._number:
            self._aim(number)
        elif not (order.act > 0.0 or acting or self._rolling):
            return [], []
        return self._work(row, due)

    def retarget(self, row: int, day: int) -> list[Ticket]:
        """Aim at the contracts that the schedule holds at a bar, if that was not foreseen.

        An exchange that stays shut over an expiry leaves the line without its contract, and so does
        an exercise: the order that stands is then for the one that replaces it, at this bar.  A
        line that holds what an action chose goes on to its next order.  A mix has the weights of
        the day that trades, whichever the calendar said it would be.

        Parameters
        ----------
        row, day
            Of the market, and its date as days since 1970-01-01.
        """
        number = self._scheduled[row]
        elsewhere = not self.mixes and self.lots.get(self.aim)
        if number == self._number or elsewhere:
            self.replaced = []
            return []
        if self.mixes:
            self._number, self.aim = number, self.roster.basket(number)
        else:
            self._aim(number)
        made, self.replaced = self._work(row, day)
        return made

    def _aim(self, number: int) -> None:
        """Aim at a contract of the schedule, as large as the order says and, if new, whole."""
        before, self.aim = self.aim, self.roster.basket(number)
        self._number, self.full, self._rolling = number, self.order.contracts, True
        if self.aim != before:
            self.kept = self._left = 1.0

    def _work(self, row: int, due: int) -> tuple[list[Ticket], list[Ticket]]:
        resting = {ticket.basket: ticket for ticket in self.tickets if ticket.tif == "gtc"}
        replaced, self.tickets, made = self.tickets, [], []
        due_lots = self.lots.left(self._expires(due))
        asked = changes(
            due_lots,
            self.aim,
            self.wanted,
            mixes=self.mixes,
            whole=self.execution.whole,
            standing=self.roster.standing,
        )
        self._rolling = self._rolling and bool(asked)
        for trade in asked:
            live = without(trade.basket, self._expires(due))
            if live is None:
                continue
            same = resting.get(live)
            if same is None or abs(same.units - trade.units) > 1e-9 * abs(trade.units):
                same = self._ticket(trade._replace(basket=live), row, due_lots.copy())
                made.append(same)
            # else nothing else is wanted: it goes on working
            due_lots.trade(same.trade)
            due_lots.counted(live.symbols, same.counts)
            self.tickets.append(same)
        return made, [ticket for ticket in replaced if ticket not in self.tickets]

    def _ticket(self, trade: Trade, row: int, lots: Lots) -> Ticket:
        self._sent += 1
        name = f"{self.line.name}-{self._sent}"
        quotes = [self.quote(symbol, row) for symbol in trade.basket.symbols]
        new = ticket(name, self.line.name, trade, quotes, self.execution)
        return new._replace(counts=lots.count(trade))

    def _take(self, trade: Trade, row: int, day: int) -> None:
        """Take units into the lots, and keep how the position was come by."""
        basket = trade.basket if trade.new is None else trade.new
        before = self.lots.get(basket)
        after = self.lots.trade(trade)
        if basket != self.aim or not after:
            return
        value = math.copysign(1.0, after) * self.value(basket, row)
        if self.entry is None or not before or before * after < 0.0:
            self.entry = Entry(value, value, day)
            if basket != self._known:  # what comes back has been acted on already
                self._actions, self._known = start(self.line.actions), basket
        elif abs(after) > abs(before):
            part = before / after
            paid = part * self.entry.paid + (1.0 - part) * value
            self.entry = self.entry._replace(paid=paid)
