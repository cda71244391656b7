"""A watched folder of vendors' files: a session is there when the files have it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data import load
from hedgerow.data.folder import files_in
from hedgerow.errors import DataError
from hedgerow.live.sources.reading import Reading, row_of

QUIET = 3.0
"""Seconds that a file must have lain unchanged: half-written ones are not read."""

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
        DataError
            If the files lack it, are refused, or are still being written.
        """
        return row_of(self._market(), session, self.name)

    def _market(self) -> Market:
        try:
            before = self._seen()
            if self._read is not None and self._read[0] == before:
                return self._read[1]
            market = load(self.place).market
            after = self._seen()
        except OSError as error:
            raise DataError(
                f"it cannot be read ({error.strerror or 'a file went away'})",
                where=self.name,
                mend="it is asked again; check the folder if this goes on",
            ) from None
        if before != after:
            raise _unfinished(self.name, "a file changed while it was read")
        self._read = before, market
        return market

    def _seen(self) -> Seen:
        """Return names, sizes and times of the files; none may be fresh."""
        if not self.place.exists():
            raise DataError("it does not exist", where=self.name, mend="give an existing folder")
        found = []
        for path, name in files_in(self.place):
            stat = path.stat()
            if abs(self._now() - stat.st_mtime) < QUIET:
                raise _unfinished(self.name, f"{name} was changed less than {QUIET:g} s ago")
            found.append((name, stat.st_size, stat.st_mtime_ns))
        return tuple(found)


def _unfinished(name: str, what: str) -> DataError:
    return DataError(f"{what}: it may be half written", where=name, mend="it is asked again")
