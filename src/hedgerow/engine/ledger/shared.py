"""A chain in a database that several processes write to, each batch in its own transaction.

Who writes holds the database's lock, looks at what the others have written since, decides and
appends: nobody acts on what is out of date, and the chain has no fork.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa

from hedgerow.engine.ledger.chain import Head, Record, forge
from hedgerow.engine.ledger.sql import SqlLedger, key_of
from hedgerow.engine.ledger.vocabulary import Event


class SharedLedger(SqlLedger):
    """A chain with many writers.

    Parameters
    ----------
    place
        Path of an SQLite file, or a URL ``postgresql://…``.
    name
        Of the chain.

    Raises
    ------
    LedgerError
        As for :class:`~hedgerow.engine.ledger.sql.SqlLedger`, less its single writer.
    """

    alone = False

    def __init__(self, place: Path | str, name: str) -> None:
        super().__init__(place, name, writing=True)

    def act(self, make: Callable[[Sequence[Record]], Sequence[Event]], after: int = 0) -> Head:
        """Append what follows from all that has been written, in one transaction.

        Parameters
        ----------
        make
            Gets the records after number ``after`` and returns events; none: nothing is stored.
            What it raises stores nothing.
        after
            Number of the last record that the caller has seen.

        Raises
        ------
        LedgerError
            If the events cannot be stored: none of them is.
        """
        with self._turn, self._changing() as connection:
            if connection.dialect.name == "postgresql":
                lock = sa.func.pg_advisory_xact_lock(key_of(f"{self.name} shared"))
                connection.execute(sa.select(lock))
            self.head = self._last()
            events = make(self._after(after, connection))
            if events:
                records = forge(self.head, events)
                self._insert(connection, records)
        if events:
            self.head = Head(records[-1].number, records[-1].hash)
        return self.head

    def append(self, events: Sequence[Event]) -> Head:
        """Store events whatever others have written."""
        return self.act(lambda _: events, self.head.count)

    def since(self, after: int) -> list[Record]:
        """Return the records after a number, whole batches only."""
        return list(self.read(after))
