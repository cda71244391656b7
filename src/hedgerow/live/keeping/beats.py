"""The heartbeat of a monitor: when it was last awake, what it said, and whether it is missed."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hedgerow.live.hours import MINUTE
from hedgerow.live.store import Store
from hedgerow.live.tables import BEATS

SILENT = 5 * MINUTE
"""Without a sign of life for longer, a monitor that should be awake is silent: for all who ask."""


class Beat(NamedTuple):
    """The last sign of life."""

    time: int
    """Nanoseconds since 1970, UTC."""
    said: str
    """What the monitor does or waits for, in words."""
    until: int = 0
    """Until when nobody misses a monitor that has ended, as under cron; 0: it stays awake."""


def beat(store: Store, run: str, now: int, said: str = "", until: int = 0) -> None:
    """Write down that a run's monitor is awake.

    Parameters
    ----------
    store, run
        Of the monitor.
    now
        Nanoseconds since 1970, UTC.
    said
        What it does or waits for, in words.
    until
        Until when nobody misses it; 0 where it stays awake.

    Examples
    --------
    >>> import tempfile
    >>> store = Store(f"{tempfile.mkdtemp()}/book.db")
    >>> beat(store, "live", 5, "waits for the close")
    >>> last_beat(store, "live")
    Beat(time=5, said='waits for the close', until=0)
    """
    row = {"time": now, "said": said, "until": until}
    with store.changing() as connection:
        done = connection.execute(sa.update(BEATS).where(BEATS.c.run == run).values(row))
        if not done.rowcount:
            connection.execute(sa.insert(BEATS).values({"run": run, **row}))


def last_beat(store: Store, run: str) -> Beat | None:
    """Return the last sign of life of a run's monitor, None where there was none."""
    query = sa.select(BEATS.c.time, BEATS.c.said, BEATS.c.until).where(BEATS.c.run == run)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Beat(row.time, row.said, row.until)


def silent(last: Beat | None, now: int) -> bool:
    """Say whether a monitor should be awake and is not.

    Examples
    --------
    >>> silent(Beat(0, ""), SILENT), silent(Beat(0, ""), SILENT + 1)
    (False, True)
    >>> silent(Beat(0, "", until=60 * MINUTE), SILENT + 1)  # under cron
    False
    """
    return last is None or now > max(last.time + SILENT, last.until)
