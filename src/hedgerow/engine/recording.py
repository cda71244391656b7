"""Turns what happens in a run into events of the ledger, and keeps its account.

A run that is continued is played again from its first bar: what it makes must be, letter by letter,
what the ledger holds, until the ledger ends and the run goes on.  Nothing but data, program
and version decide what happens, so a restart is a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hedgerow.core.book import Order, View
from hedgerow.core.policy import Decision, Policy
from hedgerow.engine.attribution import Parts, in_micros
from hedgerow.engine.broker import Ticket, Traded
from hedgerow.engine.ledger import deciding
from hedgerow.engine.ledger.account import Account, instrument
from hedgerow.engine.ledger.chain import Record, checked
from hedgerow.engine.ledger.coding import encode
from hedgerow.engine.ledger.events import (
    Alarm,
    Cancelled,
    Cash,
    Explained,
    Filled,
    Leg,
    Opened,
    Ordered,
    Planned,
    Reason,
    Settled,
    Slice,
)
from hedgerow.engine.ledger.money import micros, usd, worth
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.opening import differences
from hedgerow.errors import LedgerError


class Recorder:
    """Writes one run into its ledger.

    Parameters
    ----------
    ledger
        Empty, or holding the beginning of the very run.
    version
        Of Hedgerow, for the record.

    Attributes
    ----------
    account
        Cash, positions and open orders, in whole numbers.
    """

    def __init__(self, ledger: Ledger, version: str = "") -> None:
        self.ledger, self.version, self.account = ledger, version, Account()
        self._known: Iterator[Record] | None = checked(ledger.read())
        self._batch: list[Event] = []
        self._time = 0
        self._nav = self._paid_in = 0
        self._executions = 0

    def begin(self, time: int) -> None:
        """Begin a bar."""
        self._time = time

    def happen(self, event: Event) -> None:
        """Take an event into the account and the batch of the bar."""
        self.account.take(event)
        self._batch.append(event)

    def store(self) -> None:
        """Store the bar, or find it in the ledger.

        Raises
        ------
        LedgerError
            If the ledger holds something else, or cannot store it.
        """
        batch, self._batch = self._batch, []
        if self._known is not None:
            batch = batch[self._found(batch) :]
        if batch:
            self.ledger.append(batch)

    def beyond(self) -> str:
        """Return the date at which the ledger ends, if that is beyond the bars stored so far."""
        last = None
        for record in self._known or ():
            last = record
        if last is None:
            return ""
        return str(np.datetime64(last.event.time, "ns").astype("datetime64[D]"))

    def _found(self, batch: Sequence[Event]) -> int:
        """Return how many events the ledger holds already."""
        assert self._known is not None
        for i, event in enumerate(batch):
            record = next(self._known, None)
            if record is None:
                self._known = None
                if i:
                    raise LedgerError(
                        "it ends within a bar",
                        where=f"run {self.ledger.name}",
                        mend="use a ledger that this engine wrote",
                    )
                return 0
            if encode(event) != record.text:
                was, told = record.event, ""
                if isinstance(was, Opened) and isinstance(event, Opened):
                    told = f": {differences(was, event)}"
                raise LedgerError(
                    f"the run that would be continued has another '{was.kind}' there{told}",
                    where=f"run {self.ledger.name}, record {record.number}",
                    mend="continue it with the data, program and version of Hedgerow that began "
                    "it, or keep the new run by another name (--run NAME) or in another file",
                )
        return len(batch)

    # the events of a bar

    def slice(self, digest: str, marks: Mapping[str, float]) -> None:
        """Record what the market showed."""
        self.happen(Slice(self._time, digest, dict(sorted(marks.items()))))

    def shows(self, symbols: Iterable[str]) -> bool:
        """Say whether the last slice has a mark for each of the symbols."""
        return all(symbol in self.account.marks for symbol in symbols)

    def cash(self, amount: float, reason: Reason, contract: str = "") -> None:
        """Record cash that is no trade: USD received, negative when paid."""
        if reason == "deposit":
            self._paid_in += micros(amount)
        if micros(amount):
            self.happen(Cash(self._time, micros(amount), reason, contract))

    def variation(self) -> None:
        """Pay the variation margin of every future at the marks of the slice."""
        for symbol in sorted(self.account.holdings):
            if instrument(symbol).kind == "future":
                due = self.account.due(symbol, self.account.marks[symbol])
                if due:
                    self.happen(Cash(self._time, due, "variation", symbol))

    def settle(self, symbols: Iterable[str]) -> None:
        """End what has expired, at the marks of the slice."""
        for symbol in sorted(set(symbols)):
            held = self.account.holdings.get(symbol)
            if held is None:
                continue
            item, value = instrument(symbol), self.account.marks[symbol]
            paid = worth(held.quantity, value, item.multiplier)
            future = item.kind == "future"
            self.happen(
                Settled(
                    self._time,
                    symbol,
                    held.quantity,
                    value,
                    paid - held.basis if future else paid,
                )
            )

    def decided(
        self,
        line: str,
        policy: Policy,
        view: View,
        decision: Decision,
        fits: Mapping[str, Any],
    ) -> None:
        """Record a line's decision, and the fits of its signals that were in force."""
        self.happen(deciding.recorded(self._time, line, policy, view, decision, fits))

    def planned(
        self,
        line: str,
        order: Order,
        share: float,
        cap: float,
        scale: float,
        wanted: float,
        why: Mapping[str, float],
    ) -> None:
        """Record what became of a decision at the level of the program."""
        self.happen(
            Planned(
                self._time,
                line,
                float(order.x),
                float(share),
                float(cap),
                float(scale),
                float(wanted),
                dict(why),
            )
        )

    def ordered(self, ticket: Ticket) -> None:
        """Record an order, unless it is less than the ledger counts."""
        legs = tuple(
            Leg(symbol, quantity)
            for symbol, quantity in zip(ticket.basket.symbols, ticket.counts, strict=True)
            if quantity
        )
        if legs:
            self.happen(
                Ordered(
                    self._time,
                    ticket.order,
                    legs,
                    ticket.type,
                    ticket.limit,
                    ticket.tif,
                    ticket.line,
                )
            )

    def filled(self, done: Traded) -> None:
        """Record a fill of a ticket, leg by leg."""
        for leg, quantity in zip(done.fill.legs, done.quantities, strict=True):
            if quantity:
                self._executions += 1
                self.happen(
                    Filled(
                        self._time,
                        done.fill.order,
                        f"x{self._executions}",
                        leg.symbol,
                        quantity,
                        leg.price,
                        micros(leg.fee),
                    )
                )

    def cancelled(self, tickets: Iterable[Ticket], why: str) -> None:
        """Record that what is left of some orders will not be filled."""
        for ticket in tickets:
            if ticket.order in self.account.orders:
                self.happen(Cancelled(self._time, ticket.order, why))

    def alarm(self, rule: str, sentence: str) -> None:
        """Record that a rule raised its voice."""
        self.happen(Alarm(self._time, rule, sentence))

    def explained(self, portfolio: float, lines: Mapping[str, Parts]) -> None:
        """Record where the bar's change of NAV came from; it adds up to the micro-USD.

        Parameters
        ----------
        portfolio
            What the hedged portfolio gained, USD.
        lines
            Parts by line, USD.
        """
        total = self.account.nav() - self._nav - self._paid_in
        parts = {name: micros(float(made.total)) for name, made in lines.items()}
        rest = total - micros(portfolio) - sum(parts.values())
        self.happen(Explained(self._time, "", {"portfolio": micros(portfolio)}))
        for i, (name, made) in enumerate(lines.items()):
            # what rounding leaves, some micro-USD, goes to the first line's residual
            self.happen(
                Explained(
                    self._time,
                    name,
                    in_micros(made._asdict(), parts[name] + (0 if i else rest)),
                )
            )

    def close(self, nav: float, tolerance: float) -> None:
        """Close the bar; the account's NAV must be the engine's.

        Parameters
        ----------
        nav
            As the engine's own books have it, USD.
        tolerance
            USD that rounding may have made.

        Raises
        ------
        LedgerError
            If it is not.
        """
        closed = self.account.closed(self._time)
        if abs(float(usd(closed.nav)) - nav) > tolerance:
            raise LedgerError(
                f"the two books of the run disagree: the ledger's NAV is {usd(closed.nav)} USD, "
                f"the engine's {nav:.6f} USD",
                where=f"run {self.ledger.name}",
                mend="do not continue the run, and report this: it is a fault of Hedgerow",
            )
        self.happen(closed)
        self._nav, self._paid_in = closed.nav, 0
