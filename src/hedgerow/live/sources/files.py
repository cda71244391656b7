"""The daily files of Cboe, CFE and FRED over HTTP: what ``hedgerow data fetch`` knows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data import load, user_data_dir
from hedgerow.data.download import Patience
from hedgerow.data.fetch import BASE_URLS, Fetched, Progress, fetch
from hedgerow.errors import DataError
from hedgerow.live.clock import Clock
from hedgerow.live.hours import day_of, refuse_open
from hedgerow.live.sources.reading import Reading, RefusedError, row_of
from hedgerow.live.sources.web import BRIEF, public

LARGEST, LONGEST = 64 * 2**20, 900.0
"""Bytes of one file, and seconds of one visit, beyond which it is broken off."""


class Files:
    """Daily files fetched into a folder, only what is new; then read as a folder is.

    Parameters
    ----------
    clock
        What time it is.
    place
        Address under which all files lie, ``http://host/path``; or the folder to fetch into,
        with the usual addresses (``docs/data.md``), which must be there; empty for your own data
        folder.
    history
        Data source for what was before the run; empty for the fetched files.
    patience
        Attempts, pauses and timeout of a file.
    elapsed
        Seconds of a stopwatch; tests put in their own.

    Examples
    --------
    >>> Files(lambda: 0).name
    'the daily files of Cboe'
    """

    def __init__(
        self,
        clock: Clock,
        place: str = "",
        history: str = "",
        patience: Patience = BRIEF,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = "the daily files of Cboe"
        self._clock, self._history, self._patience = clock, history, patience
        self._elapsed = elapsed
        web = place.lower().startswith(("http://", "https://"))
        self.folder = Path(place).expanduser() if place and not web else user_data_dir()
        self._urls = _under(place.rstrip("/")) if web else None
        self._named = bool(place) and not web

    def history(self) -> Market:
        """Return all that the files have, or that the source of the history has.

        Raises
        ------
        HedgerowError
            If there is none, a file is refused, or the folder that is named is not there.
        """
        if self._history:
            return load(self._history).market
        self._fetch()
        return load(self.folder).market

    def read(self, session: np.datetime64) -> Reading:
        """Fetch what is new and return a session's row.

        Raises
        ------
        RefusedError
            If the files are refused, or their row of the session is.
        DataError
            If the files lack it, the server is down, or the folder that is named is not there.
        """
        refuse_open(session, self._clock(), self.name)
        failed = self._fetch()
        try:
            market = load(self.folder).market
        except DataError as error:
            if failed:
                raise  # what could not be fetched may be what is lacking
            raise RefusedError(error.what, where=error.where, mend=error.mend) from None
        found = row_of(market, session, self.name)
        lost = tuple(
            f"{file.name} could not be fetched"
            + ("; the file of before is used" if file.size else "")
            for file in failed
        )
        return replace(found, findings=lost)

    def _fetch(self) -> tuple[Fetched, ...]:
        if self._named and not self.folder.exists():
            raise DataError(
                "the folder to fetch into does not exist",
                where=str(self.folder),
                mend="check its name, or make it",
            )
        began = self._elapsed()

        def bounded(progress: Progress) -> None:
            large = max(progress.done, progress.total or 0) > LARGEST
            if large or self._elapsed() - began > LONGEST:
                limit = f"{LARGEST >> 20} MiB" if large else f"{LONGEST:g} seconds"
                raise DataError(
                    f"{progress.name} is longer than {limit}", where=self.name, mend="check its URL"
                )

        report = fetch(
            self.folder,
            base_urls=self._urls,
            progress=bounded,
            today=day_of(self._clock()),
            patience=self._patience,
        )
        if report.count("failed") and not report.count("unchanged") + report.count("fetched"):
            told = report.files[0].message.partition(". Mend: ")[0]
            raise DataError(
                f"it is down: {public(told)}",
                where=self.name,
                mend="it is asked again; check network and addresses if this goes on",
            )
        return tuple(file for file in report.files if file.status == "failed")


def _under(base: str) -> dict[str, str]:
    names = {key: Path(url).name for key, url in BASE_URLS.items() if key.startswith("c")}
    return {key: f"{base}/{names.get(key, '{name}.csv')}" for key in BASE_URLS}
