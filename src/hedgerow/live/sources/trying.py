"""Which sources there are, and what one says of a session before anything rests on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Market, Origin, session_date
from hedgerow.data.calendar import sessions
from hedgerow.errors import DataError
from hedgerow.live.clock import Clock, wall
from hedgerow.live.hours import close_of, day_of, in_new_york
from hedgerow.live.screening import Screened, screen
from hedgerow.live.settings import SourceTerms
from hedgerow.live.sources.named import check_of, source_of
from hedgerow.live.sources.replay import Replay


class Kind(NamedTuple):
    """A kind of source."""

    name: str
    what: str
    """What it gives, and when."""
    place: str
    """What `place` says of it."""
    package: str = ""
    """What must be installed for it; empty: nothing more."""

    @property
    def installed(self) -> bool:
        """Whether it can be used as things are."""
        return not self.package or find_spec(self.package) is not None


KINDS = (
    Kind(
        "cboe",
        "closes of indices from delayed quotes, settles of VIX futures; the last session and the "
        "one before",
        "another address than Cboe's",
    ),
    Kind(
        "files",
        "daily files of Cboe, CFE and FRED; every session, some hours after the close",
        "an address, or the folder to fetch into",
    ),
    Kind(
        "folder",
        "a watched folder of vendors' files; every session that they have",
        "the folder",
    ),
    Kind(
        "yahoo",
        "closes of indices and funds, no VIX futures; every session",
        "nothing",
        "yfinance",
    ),
    Kind(
        "ibkr",
        "daily bars of indices and VIX futures from TWS or IB Gateway; the last month",
        "host:port, or host:port/client",
        "ib_async",
    ),
    Kind(
        "replay",
        "the past, session by session",
        "a data source, or SOURCE@FROM:TO",
    ),
)
"""Every kind that the settings may name."""


class Tried(NamedTuple):
    """What a source says of a session, and what would be made of it."""

    source: str
    session: str
    screened: Screened
    before: Market
    """What was known before the session."""

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each column: value, origin, stamp, and the value of the last session."""
        read, market = self.screened.reading, self.before
        found = []
        for name in sorted(read.values):
            stamp = read.stamps.get(name)
            last = float(market[name][-1]) if name in market and len(market) else float("nan")
            found.append(
                {
                    "column": name,
                    "value": read.values[name],
                    "last": last,
                    "origin": Origin(read.origin.get(name, 0)).name.lower(),
                    "stamp": None if stamp is None else in_new_york(stamp),
                }
            )
        return found


def try_source(
    terms: SourceTerms,
    session: str | None = None,
    clock: Clock = wall,
    *,
    needs: Sequence[str] = (),
) -> Tried:
    """Ask a source for one session and screen what it says; nothing is kept.

    Parameters
    ----------
    terms
        Which source, and its place.
    session
        Date; by default the last session that has ended, of the past its last one.
    clock
        What time it is.
    needs
        Columns that a program reads (:func:`hedgerow.live.needs.needs_of`).

    Raises
    ------
    HedgerowError
        If the source is down, does not have the session, or has no history.

    Examples
    --------
    >>> terms = SourceTerms(kind="folder", place="none")
    >>> try_source(terms)
    Traceback (most recent call last):
        ...
    hedgerow.errors.DataError: the files in none: it does not exist. Mend: give an existing folder
    """
    source = source_of(terms, clock, needs)
    history = source.market if isinstance(source, Replay) else source.history()
    if session is not None:
        day = session_date(session, "session")
    elif isinstance(source, Replay):
        day = source.sessions[-1]
    else:
        day = _last_ended(clock())
    reading = source.read(day)
    second, check = check_of(terms, clock, needs), None
    words: tuple[str, ...] = ()
    if second is not None:
        try:
            check = second.read(day)
        except DataError as error:
            words = (str(error),)
    rows = int(np.searchsorted(history.dates, day))
    before = history.until(rows - 1) if rows else Market(history.times[:0], {})
    now = max(clock(), close_of(day)) if terms.kind == "replay" else clock()
    found = screen(reading, before, needs, terms, check, now)
    found = found._replace(findings=(*found.findings, *words))
    return Tried(source.name, str(day), found, before)


def _last_ended(now: int) -> np.datetime64:
    today = day_of(now)
    ended = [
        day
        for one in sessions(today - dt.timedelta(days=10), today)
        if close_of(day := np.datetime64(one.date, "D")) <= now
    ]
    return ended[-1]
