"""Value rules: zeros, gaps, spikes and runs that no market makes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import holidays_around
from hedgerow.core.market import Origin
from hedgerow.data.quality import Findings
from hedgerow.data.series import Column, Days, Floats, Series, on
from hedgerow.errors import DataError

CARRY = 3
"""Sessions without a VIX that carry the last one; a longer gap is refused."""
SPIKE = 0.25
"""A day's move of the index beyond which its reversal makes it an error of the file."""
STALE = 6
"""Equal values running that are noted."""
THIN = 20
"""Rows from which on they are asked whether they are daily."""
HOLE = 100
"""Times the usual step from row to row from which on a gap is a hole, not the rows' own pace."""
UNSCHEDULED = np.array(
    [
        "1994-04-27",
        "2001-09-11",
        "2001-09-12",
        "2001-09-13",
        "2001-09-14",
        "2004-06-11",
        "2007-01-02",
        "2012-10-29",
        "2012-10-30",
        "2018-12-05",
        "2025-01-09",
    ],
    dtype="datetime64[D]",
)
"""Days since 1990 on which the exchange was shut that no calendar had."""

LIMITS: dict[str, tuple[float, float]] = {
    "vix": (3.0, 250.0),
    "vix9d": (3.0, 350.0),
    "vix3m": (3.0, 200.0),
    "vix6m": (3.0, 200.0),
    "vvix": (40.0, 400.0),
    "skew": (80.0, 250.0),
    "cor1m": (0.0, 100.0),
    "vxn": (3.0, 250.0),
    "rvx": (3.0, 250.0),
    "reer": (10.0, 1000.0),
    "wacc": (0.001, 0.5),
}
"""What each index can be, in points, and WACC as a decimal; values outside are dropped."""

Mask = NDArray[np.bool_]


def _dropped(part: Series, wrong: Mask, rule: str, sentence: str, findings: Findings) -> Series:
    if not wrong.any():
        return part
    at = np.flatnonzero(wrong)
    findings.add(
        rule,
        f"{len(at)} {sentence}",
        action="dropped",
        file=part.file,
        column=part.column,
        count=len(at),
        first=[f"{part.dates[i]}: {part.values[i]:g}" for i in at[:5]],
    )
    return Series(part.column, part.dates, np.where(wrong, np.nan, part.values), part.file)


def _stale(part: Series, findings: Findings) -> None:
    same = np.flatnonzero(np.diff(part.values) != 0)
    ends = np.append(same, len(part.values) - 1)
    starts = np.insert(same + 1, 0, 0)
    runs = np.flatnonzero(ends - starts + 1 >= STALE)
    runs = runs[np.isfinite(part.values[starts[runs]])]
    if len(runs):
        findings.add(
            "stale",
            f"{len(runs)} runs of {STALE} or more equal values",
            action="noted",
            file=part.file,
            column=part.column,
            count=len(runs),
            first=[f"{part.dates[starts[i]]} … {part.dates[ends[i]]}" for i in runs[:5]],
        )


def _lonely(values: Floats, factor: float) -> Mask:
    """Say which values differ from both neighbours by more than ``factor``, the same way."""
    out = np.zeros(len(values), dtype=bool)
    if len(values) > 2:
        log = np.log(values)
        jump, back = log[1:-1] - log[:-2], log[1:-1] - log[2:]
        far = np.log(factor)
        out[1:-1] = ((jump > far) & (back > far)) | ((jump < -far) & (back < -far))
    return out


def clean_prices(part: Series, findings: Findings) -> Series:
    """Return the index closes that can be believed; each of them is a session.

    Raises
    ------
    DataError
        If more than three rows running have no close between rows that have one.
    """
    part = _dropped(
        part,
        np.nan_to_num(part.values, nan=1.0) <= 0,
        "out-of-range",
        "closes of zero or less were dropped",
        findings,
    )
    known = np.isfinite(part.values)
    if not known.any():
        raise DataError(
            "the column holds no numbers",
            where=f"{part.file}, column {part.column}",
            mend="supply the closes",
        )
    _refuse_run(part, known)
    part = Series(part.column, part.dates[known], part.values[known], part.file)
    lonely = _lonely(part.values, 1.0 + SPIKE)
    part = _dropped(
        part,
        lonely,
        "spike",
        f"closes moved more than {SPIKE:.0%} and came back the next session; they were dropped",
        findings,
    )
    _stale(part, findings)
    good = ~lonely
    return Series(part.column, part.dates[good], part.values[good], part.file)


def _refuse_run(part: Series, known: Mask) -> None:
    rows = np.flatnonzero(known)
    gaps = np.diff(rows) - 1
    if len(gaps) and gaps.max() > CARRY:
        at = int(np.argmax(gaps))
        first, last = part.dates[rows[at] + 1], part.dates[rows[at + 1] - 1]
        raise DataError(
            f"no close on {gaps[at]} rows running, {first} … {last} (rule nan-run)",
            where=f"{part.file}, column {part.column}",
            mend="fill those rows, or remove them if they are no sessions",
        )


def clean_opening(part: Series, close: Floats, findings: Findings) -> Series:
    """Return first prints, or special quotations, of an index that its close allows.

    Parameters
    ----------
    part
        On the sessions, points, **shape** (T,).
    close
        Of the same sessions, points, **shape** (T,).
    findings
        Where what is dropped is written.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        far = ~(np.abs(np.log(part.values / close)) <= np.log(1.0 + SPIKE))
    return _dropped(
        part,
        np.isfinite(part.values) & far,
        "out-of-range",
        f"values of zero, or more than {SPIKE:.0%} from the close, were dropped",
        findings,
    )


def note_missing(sessions: Days, file: str, findings: Findings) -> None:
    """Name the scheduled sessions that have no row, and refuse rows too thin to be daily.

    Parameters
    ----------
    sessions
        Dates with an S&P 500 close, sorted, **shape** (T,).
    file
        Where they come from.
    findings
        Where gaps are written.

    Raises
    ------
    DataError
        If most sessions are missing, as in weekly closes: every yearly number would be wrong.
    """
    if len(sessions) < THIN:
        return
    shut = holidays_around(sessions)
    steps = np.busday_count(sessions[:-1], sessions[1:], holidays=shut)
    steps = steps[steps <= HOLE * np.median(steps)]
    expected = int(steps.sum())
    if expected > 2 * len(steps):
        raise DataError(
            f"{expected - len(steps):,} of {expected:,} sessions between {sessions[0]} and "
            f"{sessions[-1]} have no close: these are no daily closes (rule session-missing)",
            where=f"{file}, column spx",
            mend="supply daily closes",
        )
    days = np.arange(sessions[0], sessions[-1], dtype="datetime64[D]")
    open_days = days[np.is_busday(days, holidays=shut)]
    missing = np.setdiff1d(open_days, np.union1d(sessions, UNSCHEDULED))
    missing = missing[missing >= np.datetime64("1990-01-01")]
    if len(missing):
        findings.add(
            "session-missing",
            f"{len(missing)} sessions of the exchange have no row: one move stands for several",
            action="noted",
            file=file,
            column="spx",
            count=len(missing),
            first=[str(day) for day in missing[:5]],
        )


def clean_index(part: Series, findings: Findings) -> Series:
    """Return a volatility index without values that it cannot have.

    Raises
    ------
    DataError
        If all values are decimals where points are meant.
    """
    low, high = LIMITS[part.column]
    top = float(np.nan_to_num(part.values).max(initial=0.0))
    if low > 1.0 and 0.0 < top < low:
        raise DataError(
            f"no value is over {top:g}, and a {part.column.upper()} is at least {low:g} points",
            where=f"{part.file}, column {part.column}",
            mend="write points, 18.5 and not 0.185: times 100",
        )
    outside = (part.values < low) | (part.values > high)
    zero = part.values <= 0
    rule = "vix-zero" if part.column == "vix" else "out-of-range"
    part = _dropped(part, zero, rule, "values of zero or less were dropped", findings)
    return _dropped(
        part,
        outside & ~zero,
        "out-of-range",
        f"values outside {low:g} … {high:g} were dropped",
        findings,
    )


def clean_vol(sessions: Days, part: Series, findings: Findings) -> Column:
    """Return VIX, VXN or RVX on the S&P 500's sessions, short gaps carried and labelled.

    Parameters
    ----------
    sessions
        Dates with an S&P 500 close, **shape** (T,).
    part
        The published index.
    findings
        Where zeros, spikes and gaps are written.

    Raises
    ------
    DataError
        If no session has one.
    """
    part = clean_index(part, findings)
    known = np.isfinite(part.values)
    part = Series(part.column, part.dates[known], part.values[known], part.file)
    part = _dropped(
        part,
        _lonely(part.values, 3.0),
        "spike",
        "values are more than three times, or less than a third of, both neighbours",
        findings,
    )
    _stale(part, findings)
    column, _ = _aligned(sessions, part, findings)
    return column


def clean_other(sessions: Days, part: Series, findings: Findings) -> Column:
    """Return the closes of NDX or RUT on the S&P 500's sessions, short gaps carried and labelled.

    Parameters
    ----------
    sessions
        Dates with an S&P 500 close, **shape** (T,).
    part
        The published closes.
    findings
        Where spikes and gaps are written.

    Raises
    ------
    DataError
        If no session has one, or more than three running lack one between two that have.
    """
    column, gaps = _aligned(sessions, clean_prices(part, findings), findings)
    if gaps.any():
        at = np.flatnonzero(gaps)
        raise DataError(
            f"no close on {len(at)} sessions, more than {CARRY} of them running, "
            f"{sessions[at[0]]} … {sessions[at[-1]]} (rule nan-run)",
            where=f"{part.file}, column {part.column}",
            mend="supply those closes, or remove the rows before them",
        )
    return column


def _aligned(sessions: Days, part: Series, findings: Findings) -> tuple[Column, Mask]:
    """Put a screened index on the sessions; also say where it lacks more than may be carried."""
    name = part.column
    strangers = np.isfinite(part.values) & ~np.isin(part.dates, sessions)
    strangers &= (part.dates >= sessions[0]) & (part.dates <= sessions[-1])
    if strangers.any():
        at = np.flatnonzero(strangers)
        findings.add(
            "session-unknown",
            f"{len(at)} values stand on days without an S&P 500 close and are left out",
            action="noted",
            file=part.file,
            column=name,
            count=len(at),
            first=[str(part.dates[i]) for i in at[:5]],
        )
    values = on(sessions, part.dates, part.values)
    good = np.isfinite(values)
    if not good.any():
        raise DataError(
            f"the {name.upper()} has no value on any session of the S&P 500",
            where=f"{part.file}, column {name}",
            mend=f"supply {name.upper()} and S&P 500 closes of the same dates",
        )
    row = np.arange(len(values))
    last = np.maximum.accumulate(np.where(good, row, -1))
    after = np.flatnonzero(good)[-1]
    inside = ~good & (last >= 0) & (row < after)
    carried = inside & _short(good)
    codes = np.where(good, Origin.MEASURED, Origin.MISSING).astype(np.int8)
    if carried.any():
        at = np.flatnonzero(carried)
        findings.add(
            "vix-gap" if name == "vix" else "index-gap",
            f"{len(at)} sessions without a {name.upper()} carry the one before",
            action="repaired",
            file=part.file,
            column=name,
            count=len(at),
            first=[str(sessions[i]) for i in at[:5]],
        )
        values = np.where(carried, values[np.maximum(last, 0)], values)
        codes[carried] = Origin.REPAIRED
    return Column(values, codes, f"{part.file}, published closes"), inside & ~carried


def _short(good: Mask) -> Mask:
    """Say which missing rows lie in a gap of at most :data:`CARRY`."""
    known = np.flatnonzero(good)
    place = np.searchsorted(known, np.arange(len(good)))
    before = np.where(place > 0, known[np.maximum(place - 1, 0)], -1)
    after = np.where(place < len(known), known[np.minimum(place, len(known) - 1)], len(good))
    short: Mask = (after - before - 1) <= CARRY
    return short
