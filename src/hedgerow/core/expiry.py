"""Expiry calendar: listed S&P 500 option monthlies, VIX settlements, the next session.

The holidays are those of the New York exchanges by rule, known years ahead, so using them
looks at no future data.  Unscheduled closures (September 2001, October 2012) are not in
them; the roll schedule copes with those separately.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Dates = NDArray[np.datetime64]

_MONDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 3, 4, 5, 6
_JUNETEENTH_FROM = 2022
_MLK_FROM = 1998

# In 2004 the contract still settled on the Wednesday before the third Friday of its own
# month; the two contracts of that year for which this is another day are listed by hand.
_EARLY_SETTLEMENTS = {"2004-07": "2004-07-14", "2004-10": "2004-10-13"}


def easter(year: int) -> dt.date:
    """Return Easter Sunday of a year (the anonymous Gregorian computus).

    Examples
    --------
    >>> str(easter(2025))
    '2025-04-20'
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    last = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * last) // 433
    month = (h + last - 7 * m + 90) // 25
    return dt.date(year, month, (h + last - 7 * m + 33 * month + 19) % 32)


@lru_cache(maxsize=512)
def _holidays_of(year: int) -> tuple[dt.date, ...]:
    def nth(month: int, weekday: int, n: int) -> dt.date:
        first = dt.date(year, month, 1)
        return first + dt.timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))

    def observed(month: int, day: int) -> dt.date:
        date = dt.date(year, month, day)
        shift = {_SATURDAY: -1, _SUNDAY: 1}.get(date.weekday(), 0)
        return date + dt.timedelta(shift)

    last_of_may = dt.date(year, 5, 31)
    days = [
        nth(2, _MONDAY, 3),
        easter(year) - dt.timedelta(2),
        last_of_may - dt.timedelta(last_of_may.weekday()),
        observed(7, 4),
        nth(9, _MONDAY, 1),
        nth(11, _THURSDAY, 4),
        observed(12, 25),
    ]
    # A New Year's Day on a Saturday is not made up for.
    if dt.date(year, 1, 1).weekday() != _SATURDAY:
        days.append(observed(1, 1))
    if year >= _MLK_FROM:
        days.append(nth(1, _MONDAY, 3))
    if year >= _JUNETEENTH_FROM:
        days.append(observed(6, 19))
    return tuple(sorted(days))


@lru_cache(maxsize=64)
def holidays(first_year: int, last_year: int) -> Dates:
    """Return the scheduled full-day closures of both years and all between, sorted.

    Examples
    --------
    >>> np.datetime64("2026-06-19") in holidays(2026, 2026)
    True
    """
    days = [day for year in range(first_year, last_year + 1) for day in _holidays_of(year)]
    return np.array(days, dtype="datetime64[D]")


def holidays_around(days: Dates) -> Dates:
    """Return the scheduled closures of the years of all days and of a year either side.

    Examples
    --------
    >>> len(holidays_around(np.array(["2024-07-01"], dtype="datetime64[D]")))
    30
    """
    if days.size == 0:
        return days.ravel()
    low, high = (int(str(edge)[:4]) for edge in (days.min(), days.max()))
    return holidays(low - 1, high + 1)


def sessions_ahead(dates: ArrayLike, count: int) -> Dates:
    """Return the scheduled session ``count`` sessions after each date, same shape.

    Examples
    --------
    >>> str(sessions_ahead(np.datetime64("2019-04-18"), 1))  # over Good Friday
    '2019-04-22'
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    return np.asarray(
        np.busday_offset(days, count, roll="backward", holidays=holidays_around(days))
    )


def sessions_between(start: ArrayLike, end: ArrayLike) -> NDArray[np.int64]:
    """Count the scheduled sessions from ``start``, included, to ``end``, not; shapes broadcast.

    Examples
    --------
    >>> int(sessions_between("2024-04-17", "2024-05-22"))
    25
    """
    first, last = (np.asarray(edge, dtype="datetime64[D]") for edge in (start, end))
    if first.size == 0 or last.size == 0:
        return np.zeros(np.broadcast_shapes(first.shape, last.shape), dtype=np.int64)
    low, high = int(str(first.min())[:4]), int(str(last.max())[:4])
    return np.asarray(np.busday_count(first, last, holidays=holidays(low, high)), dtype=np.int64)


def third_friday(month: ArrayLike) -> Dates:
    """Return the expiry of the monthly S&P 500 options of a month, same shape.

    The third Friday, or the session before it when that Friday is a holiday.

    Parameters
    ----------
    month
        ``datetime64[M]`` or anything that converts.

    Examples
    --------
    >>> [str(day) for day in third_friday(["2019-04", "2024-07"])]
    ['2019-04-18', '2024-07-19']
    """
    months = np.asarray(month, dtype="datetime64[M]")
    first = months.astype("datetime64[D]")
    return sessions_ahead(first + (_FRIDAY - weekday(first)) % 7 + 14, 0)


def weekly_expiries(first: ArrayLike, last: ArrayLike) -> Dates:
    """Return the weekly expiries from a day to another, both included, sorted, **shape** (n,).

    Every Friday, or the session before it when that Friday is a holiday.

    Examples
    --------
    >>> [str(day) for day in weekly_expiries("2019-04-15", "2019-04-30")]  # over Good Friday
    ['2019-04-18', '2019-04-26']
    """
    low, high = np.asarray([first, last], dtype="datetime64[D]")
    fridays = np.arange(low, high + 7)
    found = sessions_ahead(fridays[weekday(fridays) == _FRIDAY], 0)
    return np.asarray(found[(found >= low) & (found <= high)])


def vix_settlement(month: ArrayLike) -> Dates:
    """Return the settlement day of the monthly VIX future of a month, same shape.

    Thirty days before the monthly S&P 500 option expiry of the next month, or the session
    before when that day is a holiday; two contracts of 2004 settled earlier.

    Examples
    --------
    >>> [str(day) for day in vix_settlement(["2019-03", "2024-06", "2024-07"])]
    ['2019-03-19', '2024-06-18', '2024-07-17']
    """
    months = np.asarray(month, dtype="datetime64[M]")
    found = sessions_ahead(third_friday(months + 1) - 30, 0)
    for early, day in _EARLY_SETTLEMENTS.items():
        found = np.where(months == np.datetime64(early), np.datetime64(day), found)
    return found


def weekday(days: ArrayLike) -> NDArray[np.int64]:
    """Return the weekday of each day, Monday 0 to Sunday 6, same shape.

    Examples
    --------
    >>> weekday(["2024-07-01", "2024-07-07"]).tolist()
    [0, 6]
    """
    # 1970-01-01 was a Thursday
    return np.asarray((np.asarray(days, dtype="datetime64[D]").astype(np.int64) + 3) % 7)
