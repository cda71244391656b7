"""Which duties fall on which session of the exchange."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from hedgerow.data.calendar import holidays

Kind: TypeAlias = Literal["daily", "weekly", "monthly"]

KINDS: tuple[Kind, ...] = ("daily", "weekly", "monthly")


class Due(NamedTuple):
    """A duty of a session."""

    kind: Kind
    session: str


def falling(session: str) -> tuple[Kind, ...]:
    """Return the duties that fall on a session.

    Weekly ones fall on the last session of an exchange week, monthly ones on the last of a month,
    by the calendar of the New York exchanges.  Where that session was left out, the one before it
    has them, once the next one is closed: see `due`.

    Examples
    --------
    >>> falling("2020-04-09")  # Thursday, before Good Friday
    ('daily', 'weekly')
    >>> falling("2020-04-30")  # a Thursday
    ('daily', 'monthly')
    """
    day = np.datetime64(session, "D")
    return _between(session, str(np.busday_offset(day, 1, roll="backward", holidays=holidays())))


def _between(session: str, after: str) -> tuple[Kind, ...]:
    """Return the duties of a session before another one."""
    kinds: list[Kind] = ["daily"]
    if week(after) != week(session):
        kinds.append("weekly")
    if after[:7] != session[:7]:
        kinds.append("monthly")
    return tuple(kinds)


def due(
    sessions: Iterable[str], done: Collection[tuple[str, str]], kinds: Collection[str] = KINDS
) -> list[Due]:
    """Return the duties of some sessions that are not done, the oldest first.

    Parameters
    ----------
    sessions
        Dates of closed sessions, in order: what was missed is due until it is done.
    done
        Kind and session of what is done: :attr:`~hedgerow.live.blotter.Blotter.done`.
    kinds
        Those that are wanted at all.

    Examples
    --------
    >>> [each.kind for each in due(["2020-04-08", "2020-04-09"], {("daily", "2020-04-08")})]
    ['daily', 'weekly']
    """
    days = list(sessions)
    ahead = [_between(day, after) for day, after in pairwise(days)]
    ahead += [falling(day) for day in days[-1:]]
    return [
        Due(kind, session)
        for session, fall in zip(days, ahead, strict=True)
        for kind in fall
        if kind in kinds and (kind, session) not in done
    ]


def week(day: str) -> int:
    """Return the number of a day's week; weeks begin on Monday, as 1970-01-05 was.

    Examples
    --------
    >>> week("2020-03-02") - week("2020-02-28")
    1
    """
    return int((np.datetime64(day, "D").astype(np.int64) - 4) // 7)
