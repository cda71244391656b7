"""The bars of New York sessions: where each ends, and how far into its session that is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.calendar import sessions
from hedgerow.errors import RangeError

Days = NDArray[np.datetime64]
Stamps = NDArray[np.datetime64]
Minutes = NDArray[np.int64]

OPEN, CLOSE = 9 * 60 + 30, 16 * 60
"""Minutes after midnight in New York at which a regular session begins and ends."""

ZONE = "America/New_York"
DAILY = CLOSE - OPEN

_LENGTH = re.compile(r"([1-9][0-9]{0,2})(m|h|d)")
_UNITS = {"m": 1, "h": 60, "d": DAILY}


def bar_length(text: str) -> int:
    """Read the length of a bar in minutes: ``5m``, ``30m``, ``1h``, ``1d``.

    Parameters
    ----------
    text
        A number of minutes that divides the hour or the session of 390, or ``1d`` for the session.

    Raises
    ------
    RangeError
        If it is written otherwise, or bars of that length do not fill a session.

    Examples
    --------
    >>> bar_length("1h"), bar_length("65m"), bar_length("1d")
    (60, 65, 390)
    """
    found = _LENGTH.fullmatch(str(text).strip().lower())
    minutes = int(found[1]) * _UNITS[found[2]] if found else 0
    if not minutes or (60 % minutes and DAILY % minutes):
        raise RangeError(
            f"'{text}' is not a length of bars",
            where="bars",
            mend="give minutes that divide an hour or a session of 390, such as 1m, 5m, 30m, 1h, "
            "or 1d",
        )
    return minutes


@dataclass(frozen=True)
class Grid:
    """All bars of some sessions, in order; **shape** (T,) each.

    Parameters
    ----------
    ends
        Ends of the bars, ``datetime64[ns]`` in UTC.
    dates
        Session dates in New York, ``datetime64[D]``.
    opened, left, length
        Minutes from the session's open to the bar's end, from there to its close, and of the bar.
    """

    ends: Stamps
    dates: Days
    opened: Minutes
    left: Minutes
    length: Minutes

    def __len__(self) -> int:
        return len(self.ends)


def session_grid(start: np.datetime64, end: np.datetime64, minutes: int) -> Grid:
    """Return the bars of all sessions from ``start`` to ``end``, both included.

    Bars that divide an hour end on the clock, as vendors have them: the first hourly bar of a
    session holds 09:30 to 10:00.  Others are counted from the open.  The last ends at the close,
    which is 13:00 where it is early.

    Parameters
    ----------
    start, end
        Dates, ``datetime64[D]``.
    minutes
        Length of a bar, as `bar_length` returns it.

    Examples
    --------
    >>> eve = np.datetime64("2018-12-24")
    >>> grid = session_grid(eve, eve, 60)
    >>> grid.ends.astype("datetime64[m]").astype(str).tolist()[::3], grid.left.tolist()
    (['2018-12-24T15:00', '2018-12-24T18:00'], [180, 120, 60, 0])
    """
    known = sessions(str(start), str(end))
    ends, dates, lengths, closes = [], [], [], []
    for session in known:
        close = session.close.hour * 60 + session.close.minute
        marks = _marks(close, minutes)
        ends.append(marks)
        lengths.append(np.diff(marks, prepend=OPEN))
        closes.append(np.full(len(marks), close))
        dates.append(np.full(len(marks), np.datetime64(session.date, "D")))
    if not known:
        none = np.empty(0, dtype=np.int64)
        empty = none.astype("datetime64[D]")
        return Grid(empty.astype("datetime64[ns]"), empty, none, none, none)
    clock, day = np.concatenate(ends), np.concatenate(dates)
    return Grid(
        to_utc(day + clock.astype("timedelta64[m]"), ZONE),
        day,
        clock - OPEN,
        np.concatenate(closes) - clock,
        np.concatenate(lengths),
    )


def _marks(close: int, minutes: int) -> Minutes:
    """Return the ends of a session's bars, minutes after midnight."""
    first = OPEN // minutes * minutes if 60 % minutes == 0 else OPEN
    inner = np.arange(first + minutes, close, minutes, dtype=np.int64)
    return np.append(inner, close)


def to_utc(local: Stamps, zone: str) -> Stamps:
    """Return local times as UTC, ``datetime64[ns]``, same shape; daylight saving is the zone's.

    Parameters
    ----------
    local
        Clock times without a zone; one that a change of clocks skips or repeats becomes NaT.
    zone
        Its name, such as ``America/New_York``.

    Examples
    --------
    >>> noon = np.array(["2020-03-06T12:00", "2020-03-09T12:00"], dtype="datetime64[m]")
    >>> to_utc(noon, "America/New_York").astype("datetime64[h]").astype(str).tolist()
    ['2020-03-06T17', '2020-03-09T16']
    """
    import pandas as pd

    there = pd.DatetimeIndex(local.astype("datetime64[ns]")).tz_localize(
        zone, ambiguous="NaT", nonexistent="NaT"
    )
    return np.asarray(there.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")


def clock_of(utc: Stamps, zone: str = ZONE) -> Minutes:
    """Return minutes after midnight on the clocks of a zone, same shape.

    Examples
    --------
    >>> clock_of(np.array(["2018-02-05T21:00"], dtype="datetime64[ns]")).tolist()
    [960]
    """
    import pandas as pd

    there = pd.DatetimeIndex(utc, tz="UTC").tz_convert(zone)
    return np.asarray(there.hour * 60 + there.minute, dtype=np.int64)
