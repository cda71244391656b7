"""A ledger in a file of JSON lines: readable by eye, appended and synced batch by batch.

A line is a record: its number, how many of its batch follow, the size of its event in bytes, its
hash, and the event.  A crash can leave a part of the last batch.  It is known by its missing line
end, or by records that should follow and do not; opening for writing cuts it off, keeps the bytes
in a file beside, and says so.  Anything else that is wrong is damage, and is never mended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import cast

from hedgerow.engine.ledger.chain import BEGIN_ONE, FROM_A_COPY, Head, Record, checked
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.ledger.locks import lock
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import LedgerError
from hedgerow.files import write_whole

_LINE = re.compile(
    rb'\{"record":([1-9]\d{0,17}|0),"more":([1-9]\d{0,17}|0),"size":([1-9]\d{0,17}),'
    rb'"hash":"([0-9a-f]{64})","event":(\{.*\})\}\n'
)
_BEGINNING = b'{"record":1,"more":'


def line(record: Record) -> bytes:
    """Return a record as a line.

    Examples
    --------
    >>> line(Record(1, 0, "{}", "0" * 64))[:42]
    b'{"record":1,"more":0,"size":2,"hash":"0000'
    """
    text = record.text.encode("ascii")
    head = f'{{"record":{record.number},"more":{record.more},"size":{len(text)}'
    return f'{head},"hash":"{record.hash}","event":'.encode() + text + b"}\n"


def lines(records: Iterable[Record]) -> bytes:
    """Return records as lines: what :class:`LinesLedger` reads."""
    return b"".join(map(line, records))


class LinesLedger(Ledger):
    """A ledger in a file; one writer, any number of readers.

    Parameters
    ----------
    path
        The file; for writing it is made where it lacks.
    name
        Name of the run; None takes the one in the file.
    writing
        Lock the file, cut a torn end, and take events.

    Raises
    ------
    LedgerError
        If there is no such ledger, it is damaged, of another run, of a newer Hedgerow, or has
        another writer.
    """

    def __init__(self, path: Path, name: str | None = None, *, writing: bool = False) -> None:
        super().__init__(name or "")
        self._path, self._writable, self._size = path, writing, 0
        self._stream: FileIO | None = None
        try:
            if writing:
                self._stream = lock(path)
            self._find_end(name)
        except BaseException:
            self.close()
            raise

    def read(self, after: int = 0) -> Iterator[Record]:
        """Return the records after number ``after``; a torn end is left out."""
        for batch, _ in self._batches():
            yield from (record for record in batch if record.number > after)

    def close(self) -> None:
        """Close the file, which unlocks it."""
        super().close()
        if self._stream is not None:
            self._stream.close()

    def _find_end(self, name: str | None) -> None:
        """Walk the chain to its end; for writing, cut what is torn."""
        first = None
        for record in checked(self._placed()):
            first = first or record
            self.head = Head(record.number, record.hash)
        if first is not None:
            opened = first.event
            found = opened.run if isinstance(opened, Opened) else ""
            if name not in (None, found):
                raise LedgerError(
                    f"it holds the run '{found}', not '{name}'",
                    where=str(self._path),
                    mend="name that run, or another file",
                )
            self.name = found
        elif name is None:
            raise LedgerError(
                "no run is in it", where=str(self._path), mend="name the run that begins in it"
            )
        try:
            over = self._path.stat().st_size - self._size
            if over > 0 and self._stream is not None:
                self._cut(self._stream, over)
        except OSError as error:
            raise self._trouble("mended", error) from None
        if over > 0:
            done = "were cut" if self._writable else "are left out"
            self.torn = f"{over} bytes of a torn batch after record {self.head.count} {done}"

    def _placed(self) -> Iterator[Record]:
        for batch, end in self._batches():
            yield from batch
            self._size = end

    def _cut(self, stream: FileIO, over: int) -> None:
        stream.seek(self._size)
        torn = stream.read(over)
        if not self._size and not torn.startswith(_BEGINNING[: len(torn)]):
            raise LedgerError("this is no ledger", where=str(self._path), mend="name another file")
        write_whole(self._path.with_name(f"{self._path.name}.torn-{self._size}"), torn)
        stream.truncate(self._size)
        os.fsync(stream.fileno())

    def _store(self, records: list[Record]) -> None:
        stream, batch = cast("FileIO", self._stream), lines(records)
        try:
            stream.seek(self._size)
            written = 0
            while written < len(batch):
                written += stream.write(batch[written:])
            os.fsync(stream.fileno())
        except OSError as error:
            # After a failed sync nobody knows what is on the disk: only reading again tells.
            self._gone = "an append failed before"
            with suppress(OSError):
                stream.truncate(self._size)
                os.fsync(stream.fileno())
            raise self._trouble("written", error) from None
        self._size += len(batch)

    def _batches(self) -> Iterator[tuple[list[Record], int]]:
        """Return whole batches, each with the place where it ends."""
        place, waiting = 0, list[Record]()
        try:
            with self._path.open("rb") as stream:
                for row in stream:
                    if not row.endswith(b"\n"):
                        return
                    waiting.append(self._record(row, place))
                    place += len(row)
                    if not waiting[-1].more:
                        yield waiting, place
                        waiting = []
        except OSError as error:
            raise self._trouble("read", error) from None

    def _record(self, row: bytes, place: int) -> Record:
        found = _LINE.fullmatch(row)
        if found is None or int(found[3]) != len(found[5]) or not found[5].isascii():
            raise LedgerError(
                f"the line at byte {place} is no record",
                where=str(self._path),
                mend=f"if this is a ledger, {FROM_A_COPY}",
            )
        text = found[5].decode("ascii")
        return Record(int(found[1]), int(found[2]), text, found[4].decode("ascii"))

    def _trouble(self, done: str, error: OSError) -> LedgerError:
        if isinstance(error, FileNotFoundError):
            return LedgerError("there is no such ledger", where=str(self._path), mend=BEGIN_ONE)
        return LedgerError(
            f"the ledger cannot be {done} ({error.strerror or error})",
            where=str(self._path),
            mend="make room or mend the disk, then open it again and continue the run",
        )
