"""One session's cycle: read, screen, keep, collect, play a bar, propose.

Every stage first looks whether it has been done, in the tape, the journal or the ledger; so a
cycle that was killed anywhere goes on where it stopped, and one that is done twice is done once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.over_the_counter import readable
from hedgerow.engine.feed import Bars, History
from hedgerow.engine.ledger.chain import GENESIS
from hedgerow.engine.ledger.desk_events import Collected, Proposed, Received
from hedgerow.engine.ledger.events import Alarm, Closed, Decided, Opened, Planned
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.program import Program
from hedgerow.engine.recording import Recorder
from hedgerow.engine.trade import Engine
from hedgerow.errors import BrokerError, LedgerError
from hedgerow.live.blotter import Blotter
from hedgerow.live.brokers.gateway import Gateway
from hedgerow.live.brokers.paper import PAPER, Paper
from hedgerow.live.clock import Clock, wall
from hedgerow.live.fills import ANEW, JournalBroker, countable
from hedgerow.live.hours import hours_from
from hedgerow.live.journal import Journal
from hedgerow.live.listing import as_listed, unlisted
from hedgerow.live.needs import needs_of
from hedgerow.live.orders import desk
from hedgerow.live.orders.proposing import Around, urgent_lines
from hedgerow.live.reconciling import Reconciler
from hedgerow.live.screening import screen
from hedgerow.live.settings import Settings, from_table, parse
from hedgerow.live.sources.reading import Reading, RefusedError, Source
from hedgerow.live.store import Store, digest_of
from hedgerow.shortvol.gates import gated


@dataclass(frozen=True)
class Stepped:
    """What became of a session.

    Parameters
    ----------
    session
        Date.
    state
        ``decided``; ``refused``: no decision rests on the reading; ``waiting``: the source has
        none; ``known``: done before.
    findings
        Why it was refused, or what was odd; a sentence each.
    vix, nav
        Points at the close, and USD after the bar; NaN where nothing was decided.
    lines
        By line: ``trace`` (intensity after each step), ``x`` (after share, maximum and budget)
        and ``wanted`` (units).
    orders
        What was laid before a person.
    """

    session: str
    state: Literal["decided", "refused", "waiting", "known"]
    findings: tuple[str, ...] = ()
    vix: float = float("nan")
    nav: float = float("nan")
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    orders: tuple[Proposed, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


class Cycle:
    """What is done with each session of a run.

    Parameters
    ----------
    store, journal
        Of the book and run.
    place
        Where the ledger is: the book's path or URL.
    program
        What trades, as the book has it.
    settings
        Of the desk.
    source
        Whom a session's numbers are asked of.
    gateway
        Who trades.
    clock
        What time it is.
    check
        A second source that must agree; None for none.
    version
        Of this Hedgerow, for the first record of a new ledger.

    Raises
    ------
    LedgerError
        If the ledger cannot be opened: another monitor may be at work.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        place: str | Path,
        program: Program,
        settings: Settings,
        source: Source,
        gateway: Gateway,
        clock: Clock = wall,
        *,
        check: Source | None = None,
        version: str = "",
    ) -> None:
        self.store, self.journal, self.run = store, journal, journal.run
        self.program, self.settings = program, settings
        self.source, self.check, self.gateway, self.clock = source, check, gateway, clock
        self.needs, self.version = needs_of(program), version
        self._place, self._turn = place, threading.RLock()
        self._reconciler = Reconciler(journal, gateway)
        self._taken = ""  # text of the settings that were read last
        self._whole = False  # whether the last session accepted is known to be done
        self._ledger: Ledger | None = None
        self._tail: list[Event] = []
        self._read = 0
        self._open()

    def step(self, session: np.datetime64) -> Stepped:
        """Do a session, or what is left to do of it.

        Parameters
        ----------
        session
            Its date; sessions are done in their order.

        Raises
        ------
        DataError
            If the source is down or does not have it (yet).
        LedgerError
            If something cannot be stored: then that stage has not happened, and is done again by
            the next call.
        """
        day = str(session.astype("datetime64[D]"))
        with self._turn:
            accepted = self.store.sessions(self.run)
            if accepted and not self._whole:
                stepped = self._finish(accepted[-1])
                if day == accepted[-1]:
                    return stepped
            if accepted and day <= accepted[-1]:
                return Stepped(day, "known")
            try:
                reading = self.source.read(session)
                check = None if self.check is None else self.check.read(session)
            except RefusedError as error:
                self.refuse(Reading(day, self.source.name, {}), (str(error),))
                return Stepped(day, "refused", (str(error),))
            market, terms = self.store.market(self.run), self.settings.source
            found = screen(reading, market, self.needs, terms, check, self.clock())
            if found.refusals:
                self.refuse(reading, found.refusals)
                return Stepped(day, "refused", found.refusals)
            self._whole = False
            self.store.accept(self.run, found.reading, self.clock())
            return self._finish(day, found.findings)

    def resume(self) -> Stepped | None:
        """Do what a stop has left undone of the last session; None before the first."""
        with self._turn:
            accepted = self.store.sessions(self.run)
            return self._finish(accepted[-1]) if accepted and not self._whole else None

    def refuse(self, reading: Reading, why: Sequence[str], rule: str = "data") -> bool:
        """Write down that no decision rests on a reading, with an alarm; say whether it is new.

        Parameters
        ----------
        reading
            What was read; without values where nothing was.
        why
            A sentence for each reason.
        rule
            Whose alarm it is: ``data``, or ``source`` where there was no reading.
        """
        now, seen = self.clock(), digest_of(reading.values)
        received = Received(now, reading.session, reading.source, "refused", seen, tuple(why))

        def make(blotter: Blotter) -> Sequence[Event]:
            was = blotter.received.get(reading.session)
            # without numbers only the reason can be new: another one has to be mended, too
            known = reading.values or rule == "source" or (was and was.findings == tuple(why))
            if was is not None and was.digest == seen and known:
                return ()
            return (received, Alarm(now, rule, f"{reading.session}: {'; '.join(why)}"))

        return bool(self.journal.write(make))

    def tend(self) -> list[str]:
        """Look after the orders: withdraw, send, take reports in; return what went wrong.

        Raises
        ------
        LedgerError
            If something cannot be stored: it is done by the next call.
        """
        with self._turn:
            desk.expire(self.journal)
            desk.approve_by_rule(self.journal, self.settings)
            said: list[str] = []
            try:
                desk.receive(self.journal, self.gateway)
                agrees = self._reconciler.agrees(self._open())
                if agrees or self.journal.blotter().halted:
                    now = self.clock()
                    # where a halt is lifted only now, positions are looked at before it sends
                    said += desk.dispatch(
                        self.journal, self.gateway, self.settings, now, send=agrees
                    )
                    desk.receive(self.journal, self.gateway)
            except BrokerError as error:
                said.append(str(error))
            return said

    def take_settings(self) -> None:
        """Take up settings that the book was given; source and broker stay until the next start.

        Raises
        ------
        PolicyError
            If they do not fit: those in force stay.
        LedgerError
            If the book cannot be read.
        """
        kept = self.store.kept(self.run)
        if kept is None or kept.settings == self._taken:
            return
        self._taken = kept.settings
        asked, now = parse(kept.settings, self.store.where), self.settings
        tables = asked.model_dump() | {
            "source": now.source.model_dump(), "broker": now.broker.model_dump()
        }  # fmt: skip
        self.settings = from_table(tables, self.store.where)

    def close(self) -> None:
        """Let go of the ledger."""
        with self._turn, suppress(Exception):
            if self._ledger is not None:
                self._ledger.close()
            self._ledger = None

    # the stages of a session that was accepted

    def _finish(self, day: str, findings: Sequence[str] = ()) -> Stepped:
        market = self.store.market(self.run)
        if day == self.store.sessions(self.run)[0]:
            findings = (*findings, *self._strange(market.until(market.index_of(day))))
        self._receive(day, market.until(market.index_of(day)), findings)
        self._collect(day)
        ledger = self._open()
        before = ledger.head
        engine, bars = self._play(ledger, gated(self.program, market))
        self._follow(ledger)
        orders = self._propose(engine, bars)
        self._whole = True
        fresh = ledger.head != before or bool(orders)
        state: Literal["decided", "known"] = "decided" if fresh else "known"
        return Stepped(day, state, tuple(findings), bars.vix, engine.nav, self._lines(), orders)

    def _receive(self, day: str, market: Market, findings: Sequence[str]) -> None:
        values = {name: float(column[-1]) for name, column in market.columns.items()}
        made = Received(
            self.clock(), day, self.source.name, "accepted", digest_of(values), tuple(findings)
        )

        def make(blotter: Blotter) -> Sequence[Event]:
            was = blotter.received.get(day)
            return () if was is not None and was.state == "accepted" else (made,)

        self.journal.write(make)

    def _strange(self, market: Market) -> list[str]:
        """Say at the begin of a run what it trades that no broker could."""
        sleeves = {line.name: line.sleeve for line in self.program.lines}
        return [
            f"line '{line}' trades {readable(symbol)}, which no exchange lists: on paper it is "
            "filled at modelled prices, a broker would refuse it (mended by another run with "
            f"{as_listed(sleeves[line], symbol)})"
            for line, symbol in unlisted(self.program, market).items()
        ]

    def _collect(self, day: str) -> None:
        """Write down which orders and reports the bar may count, before it is played."""
        if day in self.journal.blotter().collected:
            return
        desk.receive(self.journal, self.gateway)
        hours, now = hours_from(day), self.clock()

        def make(blotter: Blotter) -> Sequence[Event]:
            if day in blotter.collected:
                return ()
            used = {name for was in blotter.collected.values() for name in was.executions}
            orders, executions = [], []
            stopped = blotter.halted is not None and blotter.halted.time <= hours.close
            for order, slip in blotter.orders.items():
                sent = slip.sent
                if sent is None or sent.time > hours.close:
                    continue
                # the day of an order is the session in which it was sent, with numbers or without
                if sent.broker == PAPER and (stopped or sent.time < hours.opening):
                    continue
                real, whole = sent.broker != PAPER, self.program.execution.whole
                fresh = countable(slip, used, whole=whole) if real else []
                if fresh or slip.stage in ("sent", "working"):
                    orders.append(order)
                    executions += fresh
            free = not self.settings.approval.required and self.gateway.name == PAPER
            if free and blotter.halted is None:
                orders.append(ANEW)
            return (Collected(now, day, tuple(orders), tuple(executions)),)

        self.journal.write(make)

    def _play(self, ledger: Ledger, market: Market) -> tuple[Engine, Bars]:
        """Play the run from its first bar: what the ledger has must come again, then it goes on."""
        start = self.store.sessions(self.run)[0]
        feed = History.of(self.program, market, start, None, least=1)
        began = _version(ledger, self.version)
        broker = JournalBroker(self.program.execution, self.journal.blotter())
        engine = Engine(self.program, feed, Recorder(ledger, began), broker)
        try:
            for bars in feed:
                standing = {ticket.order for each in engine.desks for ticket in each.tickets}
                broker.begin(str(np.datetime64(bars.day, "D")), standing)
                engine.bar(bars)
        except LedgerError as error:
            self.close()  # it may take no more until it is opened again
            if began != self.version and ", record " in error.where:
                raise LedgerError(
                    f"Hedgerow {self.version} decides otherwise than Hedgerow {began}, which "
                    f"began the run: {error.what}",
                    where=error.where,
                    mend=f"go on with Hedgerow {began}, or begin another run (--run NAME)",
                ) from None
            raise
        return engine, bars

    def _follow(self, ledger: Ledger) -> None:
        """Let the desk know what the ledger has made of its orders."""
        for record in ledger.read(self._read):
            self._tail.append(record.event)
            self._read = record.number
        ends = [i for i, event in enumerate(self._tail) if isinstance(event, Closed)]
        if len(ends) > 2:
            self._tail = self._tail[ends[-3] :]
        if isinstance(self.gateway, Paper):
            self.gateway.fill(self._tail)
            desk.receive(self.journal, self.gateway)
        desk.expire(self.journal)
        desk.follow(self.journal, self._tail)
        book = [line.name for line in self.program.lines if line.role == "book"]
        desk.watch(self.journal, self._tail, self.settings, book)

    def _propose(self, engine: Engine, bars: Bars) -> tuple[Proposed, ...]:
        recorder = engine.recorder
        fresh = [] if recorder is None else list(recorder.account.orders.values())
        quotes, quoted, tickets = {}, set(), {}
        for each in engine.desks:
            for ticket in each.tickets:
                tickets[ticket.order] = ticket
                for symbol in ticket.basket.symbols:
                    quotes[symbol] = each.prices.quote(symbol, bars.row)
                    if not each.roster.strip.modelled[bars.row]:
                        quoted.add(symbol)
        urgent = urgent_lines(self._bar())
        made = desk.propose(
            self.journal, fresh, Around(quotes, quoted, tickets, urgent), self.settings
        )
        desk.approve_by_rule(self.journal, self.settings)
        return tuple(event for event in made if isinstance(event, Proposed))

    # what the ledger says

    def _bar(self) -> list[Event]:
        """Return the events of the last bar."""
        ends = [i for i, event in enumerate(self._tail) if isinstance(event, Closed)]
        return self._tail[ends[-2] + 1 :] if len(ends) > 1 else self._tail

    def _lines(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        policies = {line.name: line.policy for line in self.program.lines}
        for event in self._bar():
            if isinstance(event, Decided):  # a record has its keys by the alphabet
                kinds = [step.kind for step in policies[event.line].steps]
                found[event.line] = {"trace": {kind: event.trace[kind] for kind in kinds}}
            elif isinstance(event, Planned):
                found[event.line] |= {"x": event.x, "wanted": event.wanted}
        return found

    def _open(self) -> Ledger:
        if self._ledger is None:
            self._ledger = open_ledger(self._place, self.run, writing=True)
            self._tail, self._read = [], 0
        return self._ledger


def _version(ledger: Ledger, new: str) -> str:
    """Return the version of Hedgerow that began a run; it goes on as that one's."""
    if ledger.head == GENESIS:
        return new
    first = next(iter(ledger.read())).event
    return first.version if isinstance(first, Opened) else new
