"""A run's positions held against the broker's: at the start, after a fill, a bar and a halt.

Where they differ somebody has traded by hand, a report was lost, or a contract was exercised; what
the run would do next rests on a book that is not there.  So the kill switch is pulled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hedgerow.core.over_the_counter import parse_future, parse_option
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.desk_events import Halted, Reconciled
from hedgerow.engine.ledger.events import Alarm, Filled, Leg, Ordered
from hedgerow.engine.ledger.money import Nanos, contracts
from hedgerow.engine.ledger.replay import Standing
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.live.blotter import Blotter
from hedgerow.live.brokers.gateway import Gateway, Noting
from hedgerow.live.fills import unbooked
from hedgerow.live.hours import SECOND, day_of
from hedgerow.live.journal import Journal
from hedgerow.live.orders.wording import in_words

WHO = "rule: positions"
"""Who halts the desk where positions differ."""
_PATIENCE = 20 * SECOND
"""Nanoseconds that a broker may take to show a fill in its positions, or to report it."""


class Compared(NamedTuple):
    """What came of holding a run's positions against a broker's."""

    differences: tuple[str, ...]
    """In contracts that the run has traded, a sentence each."""
    others: tuple[str, ...]
    """Positions of the account in what the run has never traded."""
    trades: tuple[Leg, ...] = ()
    """What, traded at the broker by hand, lets it hold what the run holds."""


def compare(own: Mapping[str, Nanos], theirs: Mapping[str, Nanos], today: dt.date) -> Compared:
    """Hold positions against a broker's.

    Parameters
    ----------
    own
        Of every contract that the run has ever traded, nano-contracts; 0 where it is flat.
    theirs
        The account's, nano-contracts.
    today
        Contracts that expire on this day or before are left out: run and broker take them off
        their books at different times.

    Examples
    --------
    >>> day = dt.date(2024, 5, 1)
    >>> found = compare({"VXK24": 2 * 10**9}, {"VXK24": 10**9, "SPY": 10**9}, day)
    >>> found.differences, found.others, found.trades[0].quantity
    (('VXK24: the run has 2, the broker 1',), ('SPY: 1',), 1000000000)
    >>> compare({"VXK24": 2 * 10**9}, {}, dt.date(2024, 5, 22)).differences
    ()
    """
    trades = tuple(
        Leg(symbol, mine - theirs.get(symbol, 0))
        for symbol, mine in sorted(own.items())
        if mine != theirs.get(symbol, 0) and not _over(symbol, today)
    )
    differences = tuple(
        f"{symbol}: the run has {_count(own[symbol])}, the broker {_count(theirs.get(symbol, 0))}"
        for symbol in (trade.contract for trade in trades)
    )
    others = tuple(
        f"{symbol}: {_count(held)}"
        for symbol, held in sorted(theirs.items())
        if symbol not in own and held
    )
    return Compared(differences, others, trades)


class Reconciler:
    """Says whether the broker's positions are those of the run.

    Parameters
    ----------
    journal
        Of the desk; what is found is written there.
    gateway
        The broker.
    """

    def __init__(self, journal: Journal, gateway: Gateway) -> None:
        self._journal, self._gateway = journal, gateway
        self._standing, self._filled = Standing(), dict[str, dict[str, Nanos]]()
        self._ordered: set[str] = set()
        self._looked: tuple[int, int, int] | None = None
        self._doubted: int | None = None
        self._others: tuple[str, ...] = ()
        self._late: tuple[str, ...] = ()
        self.findings: tuple[str, ...] = ()

    def agrees(self, ledger: Ledger) -> bool:
        """Look if it is time to, and say whether orders may be sent as far as positions go.

        At the start, after every fill and every bar, and when a halt was lifted, positions are
        compared, and the outcome is written down.  A difference while the broker has orders of the
        run, or just after a fill, is looked at again before it counts: a report may be on its way;
        nothing may be sent meanwhile.  One that stays is an alarm and halts the desk.  Call it
        after the broker's reports have been taken in.

        Parameters
        ----------
        ledger
            The run's.

        Raises
        ------
        BrokerError
            If the broker cannot be reached.
        LedgerError
            If the run's ledger is broken.
        """
        blotter = self._journal.blotter()
        self._note()
        fills = sum(len(slip.executions) for slip in blotter.orders.values())
        seen = fills, ledger.head.count, blotter.resumed
        if self._looked == seen:
            return blotter.halted is None
        theirs = self._gateway.positions()
        if theirs is None:
            self._looked = seen
            return blotter.halted is None
        now = self._journal.clock()
        today = day_of(now)
        found = compare(self._held(ledger, blotter), theirs, today)
        moved = self._looked is not None and self._looked[:2] != seen[:2]
        moving = moved or bool(blotter.open_orders("sent", "working"))
        if found.differences and moving:
            self._doubted = self._doubted if self._doubted is not None else now
            if now - self._doubted < _PATIENCE:
                return False
        self._looked, self._doubted = seen, None
        self._write(found, now)
        return not found.differences and blotter.halted is None

    def _held(self, ledger: Ledger, blotter: Blotter) -> dict[str, Nanos]:
        """Return what the run has of all that it ever traded, with fills that no bar counts yet.

        Fills of an order that the run has ended will be counted by no bar: they are not the run's.
        """
        standing, filled = self._standing, self._filled
        for record in ledger.read(standing.head.count):
            event = standing.take(record)
            if isinstance(event, Ordered):
                self._ordered.add(event.order)
            if isinstance(event, Filled):
                legs = filled.setdefault(event.order, {})
                legs[event.contract] = legs.get(event.contract, 0) + event.quantity
        held = dict.fromkeys((contract for legs in filled.values() for contract in legs), 0)
        for symbol, holding in standing.account.holdings.items():
            held[symbol] = holding.quantity
        late: list[str] = []
        for order, slip in blotter.orders.items():
            ended = order in self._ordered and order not in standing.account.orders
            more = unbooked(slip, filled.get(order, {}))
            for leg in more:
                held[leg.contract] = held.get(leg.contract, 0) + (0 if ended else leg.quantity)
            if more and ended:
                late.append(f"{order} ({in_words(more)})")
        self._late = tuple(late)
        return held

    def _write(self, found: Compared, now: int) -> None:
        self.findings = found.others
        events: list[Event] = [Reconciled(now, self._gateway.name, found.differences)]
        if found.differences:
            said = "; ".join(found.differences)
            late = f". Filled after the run had ended it: {', '.join(self._late)}"
            mend = (
                f". Mend: find out why; then {in_words(found.trades)} at the broker by hand, so "
                "that it holds what the run holds, and resume"
            )
            events += [
                Alarm(now, "positions", said + late * bool(self._late) + mend),
                Halted(now, WHO, said),
            ]
        if found.others and found.others != self._others:
            self._others = found.others
            told = f"positions that are not the run's: {'; '.join(found.others)}"
            events.append(Alarm(now, "other positions", told))
        self._journal.write(lambda _: events)

    def _note(self) -> None:
        """Write down what the broker's gateway thinks a person should look at."""
        said: Sequence[str] = ()
        if isinstance(self._gateway, Noting):
            said = self._gateway.findings()
        if said:
            now = self._journal.clock()
            self._journal.write(lambda _: [Alarm(now, "broker", what) for what in said])


def _over(symbol: str, today: dt.date) -> bool:
    match instrument(symbol).kind:
        case "option":
            return parse_option(symbol).expiry <= today
        case "future":
            return parse_future(symbol).expiry <= today
        case _:
            return False


def _count(quantity: Nanos) -> str:
    return f"{contracts(quantity).normalize():f}"
