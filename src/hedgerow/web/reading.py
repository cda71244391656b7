"""What the pages read of a book, kept up to date and counted once for all who look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.live.blotter import Blotter
from hedgerow.live.standing import Snapshot, Watch
from hedgerow.web.book import Book

T = TypeVar("T")


class Heads(NamedTuple):
    """How many records the run's ledger and its journal have."""

    ledger: int
    journal: int


class View:
    """A book's events, read once each, and what pages make of them.

    Parameters
    ----------
    book
        What is looked at.

    Attributes
    ----------
    run
        Events of the run's ledger, in their order.
    desk
        Events of the journal, in their order.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.run: list[Event] = []
        self.desk: list[Event] = []
        self._turn = threading.RLock()
        self._made: dict[str, tuple[Any, Any]] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._watch: Watch | None = None
        self._ledger: Ledger | None = None
        self._closed = False

    @property
    def heads(self) -> Heads:
        """How far it has read."""
        return Heads(len(self.run), len(self.desk))

    @property
    def blotter(self) -> Blotter:
        """Orders and the kill switch, as the journal adds up now; do not change it."""
        return self.book.journal.blotter()

    def catch_up(self) -> Sequence[Event]:
        """Read what has been written since, by whoever wrote it, and return it.

        Raises
        ------
        LedgerError
            If the book cannot be read.
        """
        with self._turn:
            if self._closed:
                return []
            ledger = self._reading()
            fresh = [] if ledger is None else [r.event for r in ledger.read(len(self.run))]
            said = [record.event for record in self.book.journal.records(len(self.desk))]
            self.run += fresh
            self.desk += said
            return [*fresh, *said]

    def snapshot(self) -> Snapshot | None:
        """Return where the run stands, None before its first decision.

        Raises
        ------
        LedgerError
            If the book cannot be read.
        """
        with self._turn:
            watch = self.watch
            return None if watch is None else watch.snapshot()

    @property
    def watch(self) -> Watch | None:
        """What keeps the snapshot up to date; None before the first decision."""
        with self._turn:
            if self._watch is None and (ledger := self._reading()) is not None:
                book = self.book
                self._watch = Watch(book.store, ledger, book.journal, book.run)
            return self._watch

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from the ledger meanwhile: it has one connection; do not ask `cached` here.

        Examples
        --------
        ``with view.alone(): sessions = view.watch.chronicle.read().sessions``
        """
        with self._turn:
            yield

    def cached(self, key: str, make: Callable[[], T], *more: Any) -> T:
        """Return what a page is made of, made anew only when something has been written.

        Parameters
        ----------
        key
            Name of the thing, one for each.
        make
            Makes it from this view; must not change anything.
        more
            On what else it depends; compared with ``==``.

        Examples
        --------
        ``view.cached("standing", lambda: standing_of(view))``
        """
        with self._turn:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:  # the others go on meanwhile
            stamp = (self.heads, more)
            kept = self._made.get(key)
            if kept is None or kept[0] != stamp:
                kept = (stamp, make())
                self._made[key] = kept
            found: T = kept[1]
            return found

    def alarms(self, most: int = 20) -> list[Alarm]:
        """Return the latest alarms of ledger and journal, the last first."""
        found = [each for each in (*self.run, *self.desk) if isinstance(each, Alarm)]
        return sorted(found, key=lambda alarm: alarm.time, reverse=True)[:most]

    def close(self) -> None:
        """Let go of the ledger; nothing is read from now on."""
        with self._turn:
            self._closed = True
            if self._ledger is not None:
                self._ledger.close()

    def _reading(self) -> Ledger | None:
        if self._ledger is None:
            self._ledger = self.book.ledger()
        return self._ledger
