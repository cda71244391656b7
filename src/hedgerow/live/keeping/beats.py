"""The heartbeat of a monitor: when it was last awake, and what it said."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hedgerow.live.store import Store
from hedgerow.live.tables import BEATS


class Beat(NamedTuple):
    """The last sign of life."""

    time: int
    """Nanoseconds since 1970, UTC."""
    said: str
    """What the monitor does or waits for, in words."""


def beat(store: Store, run: str, now: int, said: str = "") -> None:
    """Write down that a run's monitor is awake.

    Parameters
    ----------
    store, run
        Of the monitor.
    now
        Nanoseconds since 1970, UTC.
    said
        What it does or waits for, in words.

    Examples
    --------
    >>> import tempfile
    >>> store = Store(f"{tempfile.mkdtemp()}/book.db")
    >>> beat(store, "live", 5, "waits for the close")
    >>> last_beat(store, "live")
    Beat(time=5, said='waits for the close')
    """
    row = {"time": now, "said": said}
    with store.changing() as connection:
        done = connection.execute(sa.update(BEATS).where(BEATS.c.run == run).values(row))
        if not done.rowcount:
            connection.execute(sa.insert(BEATS).values({"run": run, **row}))


def last_beat(store: Store, run: str) -> Beat | None:
    """Return the last sign of life of a run's monitor, None where there was none."""
    query = sa.select(BEATS.c.time, BEATS.c.said).where(BEATS.c.run == run)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Beat(row.time, row.said)
