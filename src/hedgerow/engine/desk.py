"""One line of a program as it runs: what it holds, remembers, and has asked for.

Everything here is floats, kept with the arithmetic of :mod:`hedgerow.core.book`, so that an ideal
broker makes the very numbers of the floats carriage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from hedgerow.core.book import Bar, Book, Order, View, no_order, opening, place
from hedgerow.core.policy import Decision
from hedgerow.core.tape import Tape
from hedgerow.engine.acting import KEEP, Acting
from hedgerow.engine.broker import Execution, Fill, Ticket, Traded
from hedgerow.engine.holdings import Lots, Marked, Trade, marked, without
from hedgerow.engine.ledger.money import Nanos
from hedgerow.engine.liquidity import Sending
from hedgerow.engine.margining import asks_margin
from hedgerow.engine.prices import Prices
from hedgerow.engine.program import Line
from hedgerow.engine.ticketing import changes, rounded, ticket
from hedgerow.instruments.roster import Basket, Roster

_NONE = -1
"""Number of no contract of a schedule."""


class Desk:
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
    full
        Units that the policy asks for.
    prices, acts
        Of its contracts, and its actions.
    tickets, replaced, sending
        Open ones, those that unforeseen ones took the place of, and how much of them is sent.
    """

    def __init__(
        self, line: Line, tape: Tape, roster: Roster, nav: float, first: int, execution: Execution
    ) -> None:
        self.line, self.roster, self.first, self.execution = line, roster, first, execution
        self.prices = Prices(roster)
        self.acts = Acting(line, self.prices)
        self.mixes = bool(roster.strip.shift.any())
        self._params, self._memory = line.policy.params(), line.policy.start()
        self._bars = [Bar(*row) for row in tape.bar_rows.tolist()]
        self._signals = [tuple(row) for row in tape.signal_rows.tolist()]
        self._pending, self._scheduled = roster.pending.tolist(), roster.held.tolist()
        self._number = self._scheduled[first]
        self._acted = self._rolling = self.acting = self._stale = False
        self._uncut: float | None = None  # what was wanted before margin cut it
        self._sent = 0
        self.book: Book = opening(nav)
        self.order: Order = no_order()
        self.lots = Lots()
        self.aim: Basket = roster.basket(self._number)
        self.full = 0.0
        self.tickets: list[Ticket] = []
        self.replaced: list[Ticket] = []
        self.sending = Sending(execution)

    @property
    def kept(self) -> float:
        """Part of the policy's units that the actions leave."""
        return self.acts.kept

    @property
    def wanted(self) -> float:
        """Units that are to be held."""
        return self.full * self.kept

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
            leg = marked(symbol, quantity, self.prices.track(symbol), row, rate * span)
            pnl += leg.pnl
            carried -= quantity * leg.track.multiplier * leg.track.theta[leg.at - 1] * days
            legs.append(leg)
        return Marked(pnl, carried, legs)

    def exercised(self, row: int) -> set[str]:
        """Return what is exercised or assigned at a bar, unless it is on its way out and sold."""
        found = set()
        for symbol in self.lots.quantities():
            track = self.prices.track(symbol)
            if symbol in self.aim.symbols and track.exercised[row - track.first]:
                found.add(symbol)
        return found

    def expired(self, day: int, early: set[str]) -> list[tuple[str, float]]:
        """Take out what settles in cash at a bar: symbols and contracts.

        Parameters
        ----------
        day
            Days since 1970-01-01: what expires by it settles.
        early
            What is exercised or assigned in any line.
        """
        if early.intersection(self.lots.quantities()):
            self._number = _NONE  # aim at the schedule's contract, whatever was held
            self._stale = any(early.intersection(sent.basket.symbols) for sent in self.tickets)
        over = self._expires(day)
        return self.lots.expire(lambda symbol: symbol in early or over(symbol))

    def _expires(self, day: int) -> Callable[[str], bool]:
        """Return what says whether a contract expires by a day."""
        return lambda symbol: self.prices.track(symbol).expiry <= day

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
                track = self.prices.track(leg.symbol)
                slip = (leg.price - track.price[row - track.first]) * leg.quantity
                cost += slip * track.multiplier + leg.fee
        self.tickets = list(left.values())
        filled = self._acted and not self.tickets and not self.sending.waiting
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
        self.acts.unfilled = bool(gone) and self.acting
        if gone:
            self._acted = False
        return gone

    def decide(self, row: int, terms: Mapping[str, float] | None = None) -> tuple[View, Decision]:
        """Let the policy decide, and remember what it remembers.

        Parameters
        ----------
        row
            Of the market.
        terms
            Facts of the bar that the tape does not know: see `Offset`.
        """
        at = row - self.first
        bar = self._bars[at]._replace(**terms) if terms else self._bars[at]
        view = View(self._signals[at], self.book, bar)
        decision = self.line.policy.decide(view, self._memory, self._params)
        self._memory = decision.memory
        self.sending.urgent = float(getattr(decision.memory[-1], "urgent", 0.0)) > 0.0
        return view, decision

    def bar(self, row: int) -> Bar:
        """Return the terms of a bar."""
        return self._bars[row - self.first]

    def size(self, row: int, units: float) -> None:
        """Let so many units be an intensity of 1.0 at a bar: the book says it, not the sleeve."""
        at = row - self.first
        self._bars[at] = self._bars[at]._replace(size=units, size_nav=0.0)

    def place(self, x: float, act: float, row: int) -> Order:
        """Turn an intensity into units with what is known at a bar."""
        return place(x, act, self.book, self.bar(row))

    def wish(self, row: int, day: int, spot: float, vix: float) -> dict[str, float]:
        """Let the actions look at the position; return what each wished, by name."""
        self.acting, kept = False, self.kept
        made = self.acts.wish(self.aim, self.lots.get(self.aim), row, day, spot, vix)
        if made is None:
            self.acting, self.acts.unfilled = self.acts.unfilled, False
            return {}
        wish, trace = made
        self.acting = self.acts.unfilled or self.kept != kept
        self.acts.unfilled = False
        if wish.renew > 0.0:
            self.aim = self.roster.choose(row, like=self.aim, keep=KEEP[float(wish.renew)])
            self._rolling = True
        return trace

    def look(self, row: int, day: int, spot: float, vix: float) -> None:
        """Let the actions see a position on the bar on which it was bought, after the decisions.

        Where orders are filled at a later bar than they are decided, `wish` does so itself.
        """
        self.acts.look(self.aim, self.lots.get(self.aim), row, day, spot, vix)

    @property
    def trimmed(self) -> bool:
        """Whether margin has cut what the line wanted."""
        return self._uncut is not None

    def whole_again(self) -> None:
        """Forget what margin cut: the line has an order that fits."""
        self._uncut = None

    def renews(self, row: int) -> bool:
        """Say whether an order of a bar is for another contract; a mix moves, and does not."""
        return not self.mixes and bool(self._pending[row] != self._number)

    def asked(self, row: int) -> Basket:
        """Return the contracts of a unit that an order of a bar is for."""
        new = self.mixes or self.renews(row)
        return self.roster.basket(self._pending[row]) if new else self.aim

    def _after(self, row: int, order: Order) -> tuple[Basket, float, float] | None:
        """Return contracts, units and the part kept after an order, None where nothing is done."""
        aim = self.asked(row)
        if self.renews(row):
            return aim, order.contracts, self.kept if aim == self.aim else 1.0
        if order.act > 0.0:
            return aim, order.contracts, self.kept
        if self.acting or self._rolling or self.sending.waiting:
            return self.aim, self.full if self._uncut is None else self._uncut, self.kept
        return None if self._uncut is None else (self.aim, self._uncut, self.kept)

    def coming(self, due: int) -> dict[str, float]:
        """Return the contracts that will be held once the open tickets are filled, by symbol."""
        lots = self.lots.left(self._expires(due))
        for sent in self.tickets:
            lots.trade(sent.trade)
        return lots.quantities()

    def after(self, row: int, order: Order, due: int) -> dict[str, float]:
        """Return the contracts that will be held once an order of a bar is filled, by symbol."""
        found = self._after(row, order)
        if found is None:
            return self.coming(due)
        aim, full, kept = found
        units = rounded(full * kept) if self.execution.whole else full * kept
        return {symbol: units * weight for symbol, weight in zip(*aim, strict=True)}

    def marginal(self, row: int, order: Order, due: int) -> bool:
        """Say whether what an order leads to asks for margin."""
        return asks_margin(self.after(row, order, due))

    def shrink(self, row: int, order: Order, factor: float) -> Order:
        """Return an order for a part of what it would lead to; margin asks for it.

        What was cut before is counted as it was wanted: a line that its policy leaves alone is
        cut to that part of it, or stays as it is where it holds no more.
        """
        kept = self.kept
        if found := self._after(row, order):
            _, full, kept = found
        else:
            full = self.lots.units / kept if kept else 0.0
        most = full * kept * factor
        if self.execution.whole:
            most = rounded(full * kept) * factor
            most = float(math.trunc(most + math.copysign(1e-9, most)))
        # what a policy leaves alone is cut further, or stays as it was cut
        still = not (order.act > 0.0 or self.renews(row))
        self._uncut, self.sending.urgent = full, True
        if not still or abs(most) < abs(self.lots.units):
            self.full, self.acting = most / kept if kept else 0.0, True
        elif self.acting and kept:
            self.full = self.lots.units / kept
        return order._replace(contracts=most / kept if kept else 0.0)

    def cut(self, order: Order) -> Order:
        """Trade down to an order though the policy leaves the line alone; a budget asks for it."""
        if abs(order.contracts * self.kept) < abs(self.lots.units):
            self.full, self.acting = order.contracts, True
        return order

    def plan(self, row: int, order: Order, due: int) -> tuple[list[Ticket], list[Ticket]]:
        """Turn an order into tickets; an action or a limit has its own reason to trade.

        Parameters
        ----------
        row
            Of the market: the decision's.
        order
            What is wanted.
        due
            Day, since 1970-01-01, by which what expires settles before it could be sold.

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
        elif number != self._number:
            self._aim(number)
        elif not (order.act > 0.0 or self.acting or self._rolling or self.sending.again):
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
        number, stale = self._scheduled[row], self._stale
        self._stale = False
        elsewhere = not self.mixes and self.lots.get(self.aim)
        if (number == self._number or elsewhere) and not stale:
            self.replaced = []
            return []
        if elsewhere:
            pass  # what was on its way out has been exercised: the rest of the order is made anew
        elif self.mixes:
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
            self.acts.renew()

    def _work(self, row: int, due: int) -> tuple[list[Ticket], list[Ticket]]:
        resting = {ticket.basket: ticket for ticket in self.tickets if ticket.tif == "gtc"}
        replaced, self.tickets, made = self.tickets, [], []
        self.sending.begin()
        due_lots = self.lots.left(self._expires(due))
        asked = changes(
            due_lots,
            self.aim,
            self.wanted,
            mixes=self.mixes,
            whole=self.execution.whole,
        )
        self._rolling = self._rolling and bool(asked)
        for trade in asked:
            live = without(trade.basket, self._expires(due))
            sent = None if live is None else self.sending.let(trade._replace(basket=live))
            if live is None or sent is None:
                continue
            same = resting.get(live)
            if same is None or abs(same.units - sent.units) > 1e-9 * abs(sent.units):
                same = self._ticket(sent, row, due_lots.copy())
                made.append(same)
            # else nothing else is wanted: it goes on working
            due_lots.trade(same.trade)
            due_lots.counted(live.symbols, same.counts)
            self.tickets.append(same)
        return made, [ticket for ticket in replaced if ticket not in self.tickets]

    def _ticket(self, trade: Trade, row: int, lots: Lots) -> Ticket:
        self._sent += 1
        name = f"{self.line.name}-{self._sent}"
        quotes = [self.prices.quote(symbol, row) for symbol in trade.basket.symbols]
        urgent = self.sending.urgent
        new = ticket(name, self.line.name, trade, quotes, self.execution, urgent=urgent)
        return new._replace(counts=lots.count(trade))

    def _take(self, trade: Trade, row: int, day: int) -> None:
        """Take units into the lots, and keep how the position was come by."""
        basket = trade.basket if trade.new is None else trade.new
        before = self.lots.get(basket)
        after = self.lots.trade(trade)
        if basket != self.aim or not after:
            return
        self.acts.bought(basket, before, after, row, day)
