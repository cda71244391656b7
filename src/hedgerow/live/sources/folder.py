"""A watched folder of vendors' files: a session is there when the files have it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data import load
from hedgerow.data.folder import files_in
from hedgerow.errors import DataError
from hedgerow.live.sources.reading import Reading, RefusedError, row_of

QUIET = 3.0
"""Seconds that a file must have lain unchanged: half-written ones are not read."""
OPEN = 60.0
"""The same of a table whose last line has no end: the last number may be torn."""
TABLES = (".csv", ".parquet")
"""Endings of the files that are read; nothing else of a folder is waited for."""
_TAIL = 4096
"""Bytes at the end of a file in which another line ends."""

Seen = tuple[tuple[str, int, int], ...]


class Folder:
    """Files of vendors in a folder, as ``docs/data.md`` says.

    Parameters
    ----------
    place
        Folder, or one file.
    history
        Data source for what was before the run; empty for the folder itself.
    now
        Seconds since 1970 by the clock that stamps files; tests put in their own.

    Examples
    --------
    >>> Folder("vendor").name
    'the files in vendor'
    """

    def __init__(
        self, place: str | Path, history: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self.place = Path(place).expanduser()
        self.name = f"the files in {self.place.name or self.place}"
        self._history, self._now = history, now
        self._read: tuple[Seen, Market] | None = None

    def history(self) -> Market:
        """Return all that the folder has, or that the source of the history has.

        Raises
        ------
        HedgerowError
            If there is none, or a file is refused or still being written.
        """
        return load(self._history).market if self._history else self._market()

    def read(self, session: np.datetime64) -> Reading:
        """Return a session's row of the folder.

        Raises
        ------
        RefusedError
            If the files are refused, or their row of the session is.
        DataError
            If the files lack it, or are still being written.
        """
        return row_of(self._market(), session, self.name)

    def _market(self) -> Market:
        refused: DataError | None = None
        try:
            before = self._seen()
            if self._read is not None and self._read[0] == before:
                return self._read[1]
            try:
                market = load(self.place).market
            except DataError as error:
                refused = error
            after = self._seen()
        except OSError as error:
            raise DataError(
                f"it cannot be read ({error.strerror or 'a file went away'})",
                where=self.name,
                mend="it is asked again; check the folder if this goes on",
            ) from None
        if before != after:
            raise _unfinished(self.name, "a file changed while it was read")
        if refused is not None:
            raise RefusedError(refused.what, where=refused.where, mend=refused.mend) from None
        self._read = before, market
        return market

    def _seen(self) -> Seen:
        """Return names, sizes and times of the files; none may be fresh."""
        if not self.place.exists():
            raise DataError("it does not exist", where=self.name, mend="give an existing folder")
        found = []
        for path, name in files_in(self.place):
            if path.suffix.lower() not in TABLES:
                continue  # a book beside them is written every few seconds
            stat = path.stat()
            age = abs(self._now() - stat.st_mtime)
            if age < QUIET:
                raise _unfinished(self.name, f"{name} was changed less than {QUIET:g} s ago")
            if age < OPEN and _open_ended(path):
                what = f"the last line of {name} has no end, {age:.0f} s after its last change"
                raise _unfinished(self.name, what)
            found.append((name, stat.st_size, stat.st_mtime_ns))
        return tuple(found)


def _open_ended(path: Path) -> bool:
    """Say whether the last line of a table lacks the end that the lines before it have."""
    if path.suffix.lower() != ".csv":
        return False
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
        tail = stream.read()
    return b"\n" in tail and not tail.endswith(b"\n")


def _unfinished(name: str, what: str) -> DataError:
    return DataError(f"{what}: it may be half written", where=name, mend="it is asked again")
