"""One dated column on its way into a market, and how it meets the sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Origin

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

DIVIDEND_YIELD = 0.018
"""Assumed dividend yield of the S&P 500, decimal a year, where none can be derived."""
BILL_RATE = 0.03
"""Assumed short rate, decimal a year, where no rate was ever known before."""

_STALE_DAYS = 10
_YEAR = 252


@dataclass(frozen=True)
class Series:
    """Dates and values of one column from one place.

    Parameters
    ----------
    column
        Market column.
    dates
        ``datetime64[D]``, strictly increasing, **shape** (N,).
    values
        **Shape** (N,), NaN where unknown.
    file
        The file, relative to the data folder.
    """

    column: str
    dates: Days
    values: Floats
    file: str


@dataclass(frozen=True)
class Column:
    """A finished market column: values and origins, **shape** (T,), and its source."""

    values: Floats
    origin: Codes
    source: str


def on(sessions: Days, dates: Days, values: Floats) -> Floats:
    """Return ``values`` on exactly these sessions, NaN elsewhere, **shape** (T,)."""
    if not len(dates):
        return np.full(len(sessions), np.nan)
    place = np.minimum(np.searchsorted(dates, sessions), len(dates) - 1)
    return np.where(dates[place] == sessions, values[place], np.nan)


def measured(values: Floats, source: str) -> Column:
    """Return a column that is measured where finite and missing elsewhere."""
    codes = np.where(np.isfinite(values), Origin.MEASURED, Origin.MISSING).astype(np.int8)
    return Column(values, codes, source)


def known_before(sessions: Days, series: Series, stale_days: int = _STALE_DAYS) -> Floats:
    """Return the last value dated *before* each session, NaN when older than ``stale_days``.

    Rates and spreads are published the morning after their date, so a session may only
    use those of earlier dates.
    """
    good = np.isfinite(series.values)
    dates, values = series.dates[good], series.values[good]
    place = np.searchsorted(dates, sessions, side="left") - 1
    safe = np.maximum(place, 0)
    if not len(dates):
        return np.full(len(sessions), np.nan)
    age = (sessions - dates[safe]).astype(np.int64)
    return np.where((place >= 0) & (age <= stale_days), values[safe], np.nan)


def bill_rate(sessions: Days, daily: list[Series], months: Days, monthly: Floats) -> Column:
    """Return the short rate known at each session, decimal a year.

    Parameters
    ----------
    sessions
        **Shape** (T,).
    daily
        Daily rates, decimal a year, the preferred one first; each fills the ones before.
    months, monthly
        First days of months and rates, decimal a year, **shape** (M,); a month's rate is
        used in the month after it.
    """
    values = np.full(len(sessions), np.nan)
    names: list[str] = []
    for series in daily:
        known = known_before(sessions, series)
        if bool(np.any(np.isnan(values) & np.isfinite(known))):
            names.append(f"{series.file}, each value from the day after its date")
        values = np.where(np.isnan(values), known, values)
    month = sessions.astype("datetime64[M]")
    last_month = (month - np.timedelta64(1, "M")).astype("datetime64[D]")
    past = on(last_month, months, monthly)
    if bool(np.any(np.isnan(values) & np.isfinite(past))):
        names.append("one-month bills from Ken French's data library, a month late")
    values = np.where(np.isnan(values), past, values)
    codes = np.where(np.isfinite(values), Origin.MEASURED, Origin.ASSUMED).astype(np.int8)
    values = _carried(values, BILL_RATE)
    share = float(np.mean(codes == Origin.ASSUMED)) if len(codes) else 0.0
    if share > 0:
        names.append(
            f"on the other {share:.1%} of sessions the last known rate, or {BILL_RATE:.1%} "
            "before any, is assumed"
        )
    return Column(values, codes, "; then ".join(names))


def _carried(values: Floats, before: float) -> Floats:
    row = np.where(np.isfinite(values), np.arange(len(values)), -1)
    last = np.maximum.accumulate(row) if len(row) else row
    return np.where(last >= 0, values[np.maximum(last, 0)], before)


def dividend_yield(price: Floats, total_return: Floats | None) -> Column:
    """Return the dividend yield, decimal a year, **shape** (T,).

    Where a total-return index reaches back a year it is the growth that index had over
    the price index in the last 252 sessions; elsewhere the constant
    :data:`DIVIDEND_YIELD`, labelled as assumed.
    """
    values = np.full(len(price), DIVIDEND_YIELD)
    codes = np.full(len(price), Origin.ASSUMED, dtype=np.int8)
    source = f"assumed constant {DIVIDEND_YIELD:.1%} a year"
    if total_return is not None and len(price) > _YEAR:
        gap = np.log(total_return) - np.log(price)
        trailing = np.full(len(price), np.nan)
        trailing[_YEAR:] = gap[_YEAR:] - gap[:-_YEAR]
        known = np.isfinite(trailing) & (trailing > -0.01) & (trailing < 0.15)
        values = np.where(known, trailing, values)
        codes = np.where(known, Origin.MEASURED, codes).astype(np.int8)
        if known.any():
            source = (
                "growth of the total-return index over the price index in the last "
                f"{_YEAR} sessions; elsewhere {source}"
            )
    return Column(values, codes, source)
