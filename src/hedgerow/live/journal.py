"""The journal of a desk: a chain beside the run's, which monitor, dashboard and console write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.ledger.opening import address_of
from hedgerow.engine.ledger.shared import SharedLedger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.live.blotter import Blotter
from hedgerow.live.brokers.gateway import Report
from hedgerow.live.clock import Clock, wall

SHOWN = 8
"""Letters of a run's name that its orders bear at a broker; the book's mark tells it apart."""


class Journal:
    """What happened on the desk of a run.

    Parameters
    ----------
    place
        Path of an SQLite file, or a URL ``postgresql://…``.
    run
        Name of the run; its chain is ``RUN.desk``.
    clock
        What time it is.
    version
        Of Hedgerow, for the chain's first record.
    mark
        Of the book, where its orders go to a broker (:meth:`hedgerow.live.store.Store.mark`).

    Attributes
    ----------
    prefix
        Of the keys by which a broker knows the run's orders.
    inbox
        What a broker has said and is not written down yet.

    Raises
    ------
    LedgerError
        If the database cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> from hedgerow.engine.ledger.desk_events import Halted
    >>> journal = Journal(Path(tempfile.mkdtemp()) / "book.db", "live")
    >>> _ = journal.write(lambda blotter: [Halted(journal.clock(), "ann", "a test")])
    >>> journal.blotter().halted.why
    'a test'
    """

    def __init__(
        self,
        place: str | Path,
        run: str,
        clock: Clock = wall,
        version: str = "",
        mark: str = "",
    ) -> None:
        self.run, self.clock, self.version = run, clock, version
        self.prefix = f"{run[:SHOWN]}.{mark}:" if mark else f"{run}:"
        self.ledger = SharedLedger(address_of(place), f"{run}.desk")
        self.inbox: list[Report] = []
        self._turn = threading.RLock()
        self._blotter, self._seen = Blotter(), 0

    def blotter(self) -> Blotter:
        """Return what has happened up to now, by whoever wrote it."""
        with self._turn:
            self._catch_up(self.ledger.since(self._seen))
            return self._blotter

    @property
    def seen(self) -> int:
        """Number of the last record that the blotter has."""
        return self._seen

    def write(self, make: Callable[[Blotter], Sequence[Event]]) -> Sequence[Event]:
        """Let something happen, on the ground of all that has happened.

        Parameters
        ----------
        make
            Gets the blotter as it is while nobody else can write, and returns what happens now.

        Raises
        ------
        LedgerError
            If it cannot happen, or cannot be stored: then nothing is.
        """
        events: Sequence[Event] = ()

        def act(records: Sequence[Record]) -> Sequence[Event]:
            nonlocal events
            self._catch_up(records)
            events = make(self._blotter)
            for event in events:
                self._blotter.take(event)
            if events and not self.ledger.head.count:
                name = self.ledger.name
                return [Opened(self.clock(), name, self.version, {}, "", "", {}), *events]
            return events

        with self._turn:
            try:
                head = self.ledger.act(act, self._seen)
            except BaseException:
                self._blotter, self._seen = Blotter(), 0  # it may have taken what was not stored
                raise
            if events:
                self._seen = head.count
            return events

    def records(self, after: int = 0) -> list[Record]:
        """Return what has been written after a record."""
        return self.ledger.since(after)

    def close(self) -> None:
        """Let go of the database."""
        with suppress(Exception):
            self.ledger.close()

    def _catch_up(self, records: Sequence[Record]) -> None:
        for record in records:
            self._blotter.take(record.event)
            self._seen = record.number
