"""On which dates listed contracts expire: monthlies, weeklies, month-ends, VIX Wednesdays.

The rules are those of the exchanges, on the scheduled holidays of :mod:`hedgerow.core.expiry`:
an unscheduled closure moves an expiry that they do not know of.  What is listed far ahead is
less than what the rules allow: weeklies come some weeks before they expire.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Literal, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.expiry import (
    holidays_around,
    sessions_ahead,
    third_friday,
    vix_settlement,
    weekday,
)
from hedgerow.core.products import product
from hedgerow.errors import RangeError

Dates = NDArray[np.datetime64]

_MON, _TUE, _WED, _THU, _FRI = range(5)
_DAY = np.timedelta64(1, "D")
_NEVER = "9999-12-31"


class _Weeklies(NamedTuple):
    # Weekdays with the date of their first expiry, what else expires, and since when.
    weekdays: tuple[tuple[int, str], ...]
    ends: str = _NEVER
    end_months: int = 1
    """Every month's last session, or every third month's."""
    thirds: str = "1983-01-01"


_WEEKLIES = {
    # Cboe: weeklys 28 Oct 2005, Wednesdays 23 Feb 2016 (first to expire 2 Mar), Mondays
    # 15 Aug 2016 (22 Aug), Tuesdays 18 Apr 2022, Thursdays 11 May 2022; month-ends July
    # 2014; the third Friday's PM contracts were SPXPM until 1 May 2017
    "SPXW": _Weeklies(
        (
            (_FRI, "2005-11-04"),
            (_WED, "2016-03-02"),
            (_MON, "2016-08-22"),
            (_TUE, "2022-04-19"),
            (_THU, "2022-05-12"),
        ),
        ends="2014-07-31",
        thirds="2017-05-01",
    ),
    # shares' weeklys 2010; SPY Wednesdays 30 Aug 2016, Mondays 16 Feb 2018, Tuesdays and
    # Thursdays 14 Nov 2022; quarter-ends 2006
    "SPY": _Weeklies(
        (
            (_FRI, "2010-06-04"),
            (_WED, "2016-08-31"),
            (_MON, "2018-02-20"),
            (_TUE, "2022-11-15"),
            (_THU, "2022-11-17"),
        ),
        ends="2006-07-01",
        end_months=3,
    ),
}
_MONTHLIES = frozenset({"SPX", "NDX", "RUT", "DJX", "OEX", "XEO", "SPXPM"})
_QUARTERLIES = frozenset({"ES", "MES"})
_VOLATILITY_SINCE = {"VX": "2015-07-23", "VXM": "2020-08-10", "VIXW": "2015-10-08"}
"""When weekly expiries of VIX contracts began to trade."""


@cache
def vx_settlement(year: int, month: int) -> dt.date:
    """Return the final settlement date of the monthly VIX future of a month.

    It is the Wednesday thirty days before the third Friday of the following month.
    When that Friday is a holiday the thirty days are counted from the session before
    it, and when the day so found is a holiday itself the session before it is taken.

    Parameters
    ----------
    year, month
        The contract month, for instance 2024 and 6.

    Raises
    ------
    RangeError
        If ``month`` is not 1 … 12 or the year lies before VIX futures began (2004).

    Examples
    --------
    >>> [vx_settlement(2024, month).isoformat() for month in (5, 6)]
    ['2024-05-22', '2024-06-18']
    """
    if not 1 <= month <= 12 or year < 2004:
        raise RangeError(
            f"there is no VIX future of {year}-{month:02d}",
            where="contract",
            mend="use months from 2004-05 on",
        )
    return cast("dt.date", vix_settlement(f"{year}-{month:02d}").item())


def vix_wednesdays(start: ArrayLike, end: ArrayLike) -> tuple[Dates, Dates]:
    """Return the Wednesdays of a span and the dates on which VIX contracts of them settle.

    When the Wednesday, or the Friday thirty days after it, is a holiday, the contract
    settles on the session before the Wednesday.

    Parameters
    ----------
    start, end
        First and last Wednesday at most, ``datetime64[D]`` or what converts.

    Returns
    -------
    tuple
        Wednesdays and settlement dates, both ``datetime64[D]``, **shape** (N,).

    Notes
    -----
    Source: Cboe, contract specifications of VX futures and VIX options.

    Examples
    --------
    >>> days, settled = vix_wednesdays("2020-11-18", "2020-11-25")
    >>> [str(day) for day in settled]  # thirty days after the 25th is Christmas
    ['2020-11-18', '2020-11-24']
    """
    days = _weekdays(start, end, _WED)
    closed = holidays_around(days)
    moved = np.isin(days, closed) | np.isin(days + 30, closed)
    back = np.busday_offset(days - 1, 0, roll="backward", holidays=closed)
    return days, np.where(moved, back, days)


def expiries(root: str, start: ArrayLike, end: ArrayLike) -> Dates:
    """Return the dates from ``start`` to ``end`` on which contracts of a root may expire.

    Parameters
    ----------
    root
        ``SPX``, ``SPXW``, ``SPY``, ``VIX``, ``VIXW``, ``VX``, ``VXM``, ``ES``, … .
    start, end
        ``datetime64[D]`` or what converts, both included.

    Returns
    -------
    array
        ``datetime64[D]``, sorted, **shape** (N,).

    Raises
    ------
    DataError
        If the root is unknown.
    RangeError
        If the end lies before the start, or no rule is kept for the root.

    Examples
    --------
    >>> [str(day) for day in expiries("SPX", "2026-05-01", "2026-07-31")]
    ['2026-05-15', '2026-06-18', '2026-07-17']
    >>> [str(day)[5:] for day in expiries("SPXW", "2024-07-01", "2024-07-05")]
    ['07-01', '07-02', '07-03', '07-05']
    """
    product(root)
    low, high = _day(start), _day(end)
    if high < low:
        raise RangeError(f"the end {high} lies before the start {low}", where="expiries")
    months = np.arange(low.astype("datetime64[M]") - 1, high.astype("datetime64[M]") + 2)
    if root in _MONTHLIES:
        found = third_friday(months)
    elif root in _QUARTERLIES:
        found = third_friday(months[months.astype(np.int64) % 3 == 2])
    elif root in _WEEKLIES:
        found = _weekly(_WEEKLIES[root], low, high, months)
    elif root in ("VIX", *_VOLATILITY_SINCE):
        found = _volatility(root, low, high, months)
    else:
        known = sorted([*_MONTHLIES, *_QUARTERLIES, *_WEEKLIES, "VIX", *_VOLATILITY_SINCE])
        raise RangeError(
            f"no expiry rule is kept for {root}", where="root", mend=f"use {', '.join(known)}"
        )
    found = np.unique(found)
    return np.asarray(found[(found >= low) & (found <= high)])


def last_trading_day(root: str, expiry: ArrayLike) -> Dates:
    """Return the last day on which a contract trades: for AM options the session before.

    Futures trade until the morning of their settlement.

    Parameters
    ----------
    root
        Root of the contract.
    expiry
        Expiry dates, any **shape**.

    Examples
    --------
    >>> str(last_trading_day("SPX", "2026-06-18")), str(last_trading_day("SPXW", "2026-06-18"))
    ('2026-06-17', '2026-06-18')
    """
    item, days = product(root), np.asarray(expiry, dtype="datetime64[D]")
    morning = item.kind == "option" and item.settlement == "AM"
    return sessions_ahead(days - 1, 0) if morning else days


def _day(day: ArrayLike) -> np.datetime64:
    return np.datetime64(np.asarray(day, dtype="datetime64[D]").item(), "D")


def _weekdays(start: ArrayLike, end: ArrayLike, wanted: int) -> Dates:
    days = np.arange(_day(start), _day(end) + _DAY)
    return np.asarray(days[weekday(days) == wanted])


def _weekly(rule: _Weeklies, low: np.datetime64, high: np.datetime64, months: Dates) -> Dates:
    thirds = third_friday(months)
    parts = [thirds[thirds >= np.datetime64(rule.thirds, "D")]]
    ends = sessions_ahead((months + 1).astype("datetime64[D]") - 1, 0)
    ends = ends[(months.astype(np.int64) + 1) % rule.end_months == 0]
    parts.append(ends[ends >= np.datetime64(rule.ends, "D")])
    for each, first in rule.weekdays:
        days = _weekdays(low - 7, high + 7, each)
        # a Monday moves on to the session after, the others back to the one before
        roll: Literal["forward", "backward"] = "forward" if each == _MON else "backward"
        moved = np.busday_offset(days, 0, roll=roll, holidays=holidays_around(days))
        moved = moved[moved >= np.datetime64(first, "D")]
        early = (moved < np.datetime64(rule.thirds, "D")) & np.isin(moved, thirds)
        parts.append(moved[~early])
    return np.concatenate(parts)


def _volatility(root: str, low: np.datetime64, high: np.datetime64, months: Dates) -> Dates:
    monthly = vix_settlement(months[months >= np.datetime64("2004-05")])
    if root == "VIX":
        return monthly
    since = np.datetime64(_VOLATILITY_SINCE[root], "D")
    _, settled = vix_wednesdays(low - 7, high + 7)
    weekly = settled[settled > since]
    if root == "VIXW":
        return np.asarray(weekly[~np.isin(weekly, monthly)])
    began = since if root == "VXM" else np.datetime64("2004-05-01")
    return np.concatenate([monthly[monthly >= began], weekly])
