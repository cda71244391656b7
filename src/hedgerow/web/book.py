"""A book as the dashboard has it open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hedgerow.engine.ledger.opening import address_of, open_ledger, runs_in
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import LedgerError, nearest
from hedgerow.live.clock import Clock, wall
from hedgerow.live.journal import Journal
from hedgerow.live.store import Store


@dataclass(frozen=True)
class Book:
    """A book, open for the dashboard.

    Parameters
    ----------
    place
        Path of an SQLite file, or the address of a PostgreSQL database.
    run
        Name of the run that is shown.
    store
        What is run and what it has seen.
    journal
        What sources, persons and brokers did.
    clock
        What time it is.
    """

    place: Path | str
    run: str
    store: Store
    journal: Journal
    clock: Clock = wall

    @classmethod
    def open(cls, place: str | Path, run: str | None = None, clock: Clock = wall) -> Self:
        """Open a book that is there.

        Parameters
        ----------
        place
            Path of an SQLite file, or a URL ``postgresql://…``.
        run
            Name of the run; may be left out where there is one only.

        Raises
        ------
        LedgerError
            If there is no such book or run, or it cannot be read.
        """
        address = address_of(place)
        if isinstance(address, Path) and not address.is_file():
            raise LedgerError(
                "there is no such book",
                where=str(address),
                mend="start one with 'hedgerow monitor POLICY --book BOOK', or check the name",
            )
        store = Store(address, new=False)
        runs = store.books()
        if not runs:
            raise LedgerError(
                "no run is in it", where=store.where, mend="start one: 'hedgerow monitor'"
            )
        if run is None and len(runs) > 1:
            raise LedgerError(
                f"it has {len(runs)} runs: {', '.join(sorted(runs))}",
                where=store.where,
                mend="name one with --run",
            )
        name = run or runs[0]
        if name not in runs:
            raise LedgerError(
                f"it has no run '{name}'", where=store.where, mend=nearest(name, runs)
            )
        return cls(address, name, store, Journal(address, name, clock), clock)

    def ledger(self) -> Ledger | None:
        """Open the run's ledger for reading; None before its first decision.

        Raises
        ------
        LedgerError
            If it cannot be read.
        """
        return open_ledger(self.place, self.run) if self.run in runs_in(self.place) else None

    def close(self) -> None:
        """Let go of the database."""
        self.journal.close()
