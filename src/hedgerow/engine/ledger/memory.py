"""A ledger in memory, for backtests."""

from __future__ import annotations

from collections.abc import Iterator

from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.store import Ledger


class MemoryLedger(Ledger):
    """A ledger that ends with the process.

    Examples
    --------
    >>> from hedgerow.engine.ledger.events import Opened
    >>> ledger = MemoryLedger("demo")
    >>> ledger.append([Opened(0, "demo", "0.1.0", {}, "", "", {})]).count
    1
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._records: list[Record] = []

    def read(self, after: int = 0) -> Iterator[Record]:
        """Return the records after number ``after``."""
        yield from self._records[after:]

    def _store(self, records: list[Record]) -> None:
        self._records.extend(records)
