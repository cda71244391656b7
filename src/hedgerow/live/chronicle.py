"""A run session by session, read from its ledger as it grows."""

from __future__ import annotations

import bisect
import threading
from dataclasses import dataclass, field

from hedgerow.core.market import session_date
from hedgerow.engine.ledger.account import Account, take
from hedgerow.engine.ledger.chain import GENESIS, Head, Record, checked
from hedgerow.engine.ledger.events import (
    Alarm,
    Cancelled,
    Closed,
    Decided,
    Filled,
    Opened,
    Ordered,
    Planned,
    Settled,
    Slice,
)
from hedgerow.engine.ledger.money import Micros, Nanos
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import RangeError
from hedgerow.research.ledger_bars import LedgerBar


@dataclass
class Session:
    """What a run did at one session, and what it held after it.

    Attributes
    ----------
    bar
        Gains by line and part, micro-USD.
    decided, planned
        By line.
    ordered, filled, cancelled, alarms
        In the order of the ledger.
    marks
        Points, by contract.
    held
        Nano-contracts by line and contract, after the session's fills.
    basis
        Micro-USD to which the margin of a future has been paid, by contract.
    first
        Number of its first record.
    """

    bar: LedgerBar = field(default_factory=LedgerBar)
    decided: dict[str, Decided] = field(default_factory=dict)
    planned: dict[str, Planned] = field(default_factory=dict)
    ordered: list[Ordered] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    cancelled: list[Cancelled] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)
    held: dict[str, dict[str, Nanos]] = field(default_factory=dict)
    basis: dict[str, Micros] = field(default_factory=dict)
    first: int = 0

    @property
    def date(self) -> str:
        """``2020-03-09``."""
        return str(self.bar.day)

    def take(self, event: Event) -> None:
        """Take one event more."""
        self.bar.take(event)
        match event:
            case Slice():
                self.marks.update(event.marks)
            case Decided():
                self.decided[event.line] = event
            case Planned():
                self.planned[event.line] = event
            case Ordered():
                self.ordered.append(event)
            case Filled():
                self.filled.append(event)
            case Cancelled():
                self.cancelled.append(event)
            case Alarm():
                self.alarms.append(event)


class Chronicle:
    """The sessions of a run.

    Parameters
    ----------
    ledger
        Of the run; it may be written while it is read.

    Attributes
    ----------
    opened
        What made the run; None where it has not begun.
    sessions
        Those that are closed, oldest first.

    Examples
    --------
    >>> from hedgerow.engine.ledger.memory import MemoryLedger
    >>> Chronicle(MemoryLedger("demo")).read().sessions
    []
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._turn = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self.opened: Opened | None = None
        self.sessions: list[Session] = []
        self.head: Head = GENESIS
        self._account = Account()
        self._line: dict[str, str] = {}
        self._held: dict[str, dict[str, Nanos]] = {}
        self._session = Session(first=1)

    def read(self) -> Chronicle:
        """Take what has been written since; the chain and the book are checked on the way.

        Raises
        ------
        LedgerError
            At the first record that is broken or cannot have happened.
        """
        with self._turn:
            try:
                for record in checked(self.ledger.read(self.head.count), self.head):
                    self._take(record)
            except BaseException:
                self._forget()
                raise
        return self

    def at(self, date: str) -> int:
        """Return the place of a session, or of the last one before a date.

        Raises
        ------
        RangeError
            If the date is unreadable, or the run knows no session by then or ends before it.
        """
        day = str(session_date(date, "date"))
        dates = [session.date for session in self.sessions]
        if not dates or not dates[0] <= day <= dates[-1]:
            raise RangeError(
                f"{day} lies outside the run",
                where="date",
                mend=f"choose a date inside {dates[0]} … {dates[-1]}"
                if dates
                else "no session is closed yet: wait for the first",
            )
        return bisect.bisect_right(dates, day) - 1

    def _take(self, record: Record) -> None:
        event = take(self._account, record)
        self.head = Head(record.number, record.hash)
        match event:
            case Opened():
                self.opened = event
            case Ordered():
                self._line[event.order] = event.line
            case Filled():
                mine = self._held.setdefault(self._line[event.order], {})
                mine[event.contract] = mine.get(event.contract, 0) + event.quantity
                if not mine[event.contract]:
                    del mine[event.contract]
            case Settled():
                self._settle(event)
        self._session.take(event)
        if isinstance(event, Closed):
            done = self._session
            done.held = {line: dict(held) for line, held in self._held.items()}
            held = self._account.holdings
            done.basis = {name: held[name].basis for name in held}
            done.marks = {name: self._account.marks[name] for name in held}
            self.sessions.append(done)
            self._session = Session(LedgerBar(before=event.nav), first=record.number + 1)

    def _settle(self, event: Settled) -> None:
        """Take what has ended from the lines that held it, as far as each did."""
        over, left = event.contract not in self._account.holdings, event.quantity
        for held in self._held.values():
            mine = held.get(event.contract, 0)
            gone = min(mine, left) if left > 0 else max(mine, left)
            if over or gone == mine:
                held.pop(event.contract, None)
            elif mine * left > 0:
                held[event.contract], left = mine - gone, left - gone
