"""Hours of the exchanges: when sessions open and close, dates as New York has them, and units.

Times of day are New York's, so the hours in UTC move with its clocks.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data.calendar import holidays, sessions
from hedgerow.errors import DataError

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Nanoseconds: of a second and what is made of it; all times are counted in them."""

ZONE = ZoneInfo("America/New_York")
OPENING = dt.time(9, 30)
"""Of every session in New York, early closes too."""

_AHEAD = dt.timedelta(days=12)
"""More than any closure that the calendar plans."""


class Hours(NamedTuple):
    """A session and its ends, nanoseconds since 1970, UTC."""

    session: dt.date
    opening: int
    close: int


def hours_from(day: dt.date | str) -> Hours:
    """Return the hours of the first session on a day or after it.

    Examples
    --------
    >>> hours = hours_from("2024-11-29")  # the day after Thanksgiving
    >>> (hours.close - hours.opening) / 3_600e9
    3.5
    """
    return _hours(dt.date.fromisoformat(str(day)))


def next_close(day: dt.date | str) -> int:
    """Return when the session after a day closes, nanoseconds since 1970, UTC."""
    return hours_from(dt.date.fromisoformat(str(day)) + dt.timedelta(days=1)).close


def close_of(session: np.datetime64) -> int:
    """Return when the shares of a session stop trading, nanoseconds since 1970, UTC.

    Raises
    ------
    DataError
        If the exchanges do not trade on that day.

    Examples
    --------
    >>> close_of(np.datetime64("2024-12-24")) - close_of(np.datetime64("2024-12-23"))
    75600000000000
    """
    day = str(session.astype("datetime64[D]"))
    hours = hours_from(day)
    if str(hours.session) != day:
        raise DataError("the exchanges do not trade on that day", where=f"session {day}")
    return hours.close


def refuse_open(session: np.datetime64, now: int, name: str) -> None:
    """Refuse to ask for a session that has not ended.

    Raises
    ------
    DataError
        If its close is still to come, or it is no session.
    """
    close = close_of(session)
    if now < close:
        raise DataError(
            f"the session of {session} has not ended: it is {in_new_york(now)}",
            where=name,
            mend=f"ask after {in_new_york(close)}",
        )


def closed(history: Market, now: int) -> Market:
    """Return a history without the session that is going on: vendors' files may have it already.

    Examples
    --------
    >>> import hedgerow as hr
    >>> history = hr.load("builtin", start="2020-03-02", end="2020-03-09")
    >>> close = close_of(history.dates[-1])
    >>> len(closed(history, close)), len(closed(history, close - 1))
    (6, 5)
    """
    going = len(history) > 0 and str(day_of(now)) == str(history.dates[-1])
    if going and hours_from(day_of(now)).close > now:
        return history.until(len(history) - 2)
    return history


def sessions_since(last: np.datetime64, session: np.datetime64) -> int:
    """Return how many sessions lie after one day up to another one, that one included.

    Examples
    --------
    >>> sessions_since(np.datetime64("2024-07-03"), np.datetime64("2024-07-05"))
    1
    """
    days = (last + np.timedelta64(1, "D"), session + np.timedelta64(1, "D"))
    return int(np.busday_count(*days, holidays=holidays()))


def day_of(now: int) -> dt.date:
    """Return the date in New York."""
    return dt.datetime.fromtimestamp(now // SECOND, ZONE).date()


def in_new_york(time: int) -> str:
    """Return a time in nanoseconds since 1970, UTC, as New York's clocks show it.

    Examples
    --------
    >>> in_new_york(close_of(np.datetime64("2024-12-24")))
    '2024-12-24 13:00 New York'
    """
    return f"{dt.datetime.fromtimestamp(time // SECOND, ZONE):%Y-%m-%d %H:%M} New York"


def moment(time: int) -> str:
    """Return a time as people of the exchange read it; a midnight of UTC stands for a session.

    Examples
    --------
    >>> moment(1_583_787_600_000_000_000), moment(1_583_712_000_000_000_000)
    ('2020-03-09 17:00 New York', '2020-03-09')
    """
    if time % DAY:
        return in_new_york(time)
    return str(np.datetime64(time // DAY, "D"))


def ns(when: dt.datetime) -> int:
    """Return a time that knows its zone as nanoseconds since 1970, UTC."""
    return int(when.timestamp()) * SECOND + when.microsecond * 1000


@lru_cache(maxsize=256)
def _hours(day: dt.date) -> Hours:
    first = sessions(day, day + _AHEAD)[0]
    opening, close = (
        ns(dt.datetime.combine(first.date, time, ZONE)) for time in (OPENING, first.close)
    )
    return Hours(first.date, opening, close)
