"""Sessions and early closes of the New York exchanges."""

from __future__ import annotations

import datetime as dt
import warnings
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from hedgerow.errors import RangeError

_EARLY_CLOSE = dt.time(13, 0)
_REGULAR_CLOSE = dt.time(16, 0)


class Session(NamedTuple):
    """One trading day of the New York exchanges and when its shares stop trading."""

    date: dt.date
    close: dt.time
    """Local time in New York: 16:00, or 13:00 on early closes."""

    @property
    def early(self) -> bool:
        """Whether the session ends early."""
        return self.close < _REGULAR_CLOSE


@cache
def holidays() -> NDArray[np.datetime64]:
    """Return the weekdays without a New York session, ``datetime64[D]``, sorted."""
    from pandas_market_calendars import get_calendar

    days = np.asarray(get_calendar("NYSE").holidays().holidays, dtype="datetime64[D]")
    return cast("NDArray[np.datetime64]", np.unique(days))


def is_session(day: dt.date) -> bool:
    """Say whether the New York exchanges trade on ``day``.

    Examples
    --------
    >>> is_session(dt.date(2024, 6, 19)), is_session(dt.date(2024, 6, 18))
    (False, True)
    """
    return bool(np.is_busday(np.datetime64(day, "D"), holidays=holidays()))


def sessions(start: dt.date | str, end: dt.date | str) -> tuple[Session, ...]:
    """Return the New York sessions from ``start`` to ``end``, both included.

    Early closes come from pandas-market-calendars, with one overlay: 24 December is an
    early close whenever it is a session, on the futures and options side too, where
    that library's Cboe calendars miss it.

    Raises
    ------
    RangeError
        If the end lies before the start.

    Examples
    --------
    >>> [(str(s.date), s.early) for s in sessions("2024-12-23", "2024-12-26")]
    [('2024-12-23', False), ('2024-12-24', True), ('2024-12-26', False)]
    """
    low, high = (dt.date.fromisoformat(str(day)) for day in (start, end))
    if high < low:
        raise RangeError(f"the end {high} lies before the start {low}", where="sessions")
    found = _sessions(low.year, high.year)
    first = bisect_left(found, low, key=lambda session: session.date)
    last = bisect_right(found, high, key=lambda session: session.date)
    return found[first:last]


@lru_cache(maxsize=64)
def _sessions(low: int, high: int) -> tuple[Session, ...]:
    """Return the sessions of whole years: the library takes long whatever it is asked for."""
    from pandas_market_calendars import get_calendar

    with warnings.catch_warnings():
        # The library uses names that pandas is about to retire; none of it is our doing.
        warnings.simplefilter("ignore")
        nyse = get_calendar("NYSE")
        schedule = nyse.schedule(start_date=f"{low}-01-01", end_date=f"{high}-12-31")
    if schedule.empty:
        return ()
    closes = schedule["market_close"].dt.tz_convert("America/New_York").dt.time
    return tuple(
        Session(
            label.date(),
            _EARLY_CLOSE if (label.month, label.day) == (12, 24) else time,
        )
        for label, time in zip(schedule.index, closes, strict=True)
    )
