"""What every ledger is: an append-only chain of records, wherever it is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from hedgerow.engine.ledger.chain import GENESIS, Head, Record, forge
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import LedgerError


class Ledger(ABC):
    """The ledger of one run.

    Attributes
    ----------
    name
        Name of the run.
    head
        Number and hash of the last record.
    torn
        What was found torn at the end, in one sentence: a batch of which a crash left a part.
        It was never stored whole, so it never happened.  Empty where all is whole.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.head: Head = GENESIS
        self.torn = ""
        self._writable, self._gone = True, ""

    def append(self, events: Sequence[Event]) -> Head:
        """Store events, all of them or none, and return the new head.

        When it returns, they are where a loss of power does not reach them (but see the store).

        Raises
        ------
        LedgerError
            If they cannot be stored: nothing of them is, unless the sentence says that this
            is not known; then the ledger takes no more until it is opened again.
        """
        if self._gone or not self._writable:
            raise LedgerError(
                self._gone or "it was opened for reading",
                where=f"run {self.name}",
                mend="open the ledger again for writing and continue the run",
            )
        records = forge(self.head, events)
        first = events[0]
        if isinstance(first, Opened) and first.run != self.name:
            raise LedgerError(
                f"the event opens the run '{first.run}'",
                where=f"run {self.name}",
                mend="give both the same name",
            )
        self._store(records)
        self.head = Head(records[-1].number, records[-1].hash)
        return self.head

    @abstractmethod
    def read(self, after: int = 0) -> Iterator[Record]:
        """Return the records after number ``after``, whole batches only, in their order.

        The chain is not checked: see :func:`~hedgerow.engine.ledger.chain.checked`.
        """

    def close(self) -> None:
        """Let go of file, lock or connection; the ledger takes no more."""
        self._writable = False

    @abstractmethod
    def _store(self, records: list[Record]) -> None:
        """Store a batch whole, or raise LedgerError."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
