"""Weights of the sectors through time, and how far they shift in a week."""

from __future__ import annotations

import numpy as np

from hedgerow.data.layouts import SECTORS
from hedgerow.data.quality import Findings
from hedgerow.data.rows import Rows, read_rows
from hedgerow.data.series import Days, Floats, Series
from hedgerow.data.tables import Sheet, read_text
from hedgerow.errors import DataError

WEEK = 7
"""Calendar days over which a shift is measured, at least."""
OLD = 14
"""Calendar days beyond which weights are too old to be those of a week ago."""
WHOLE = (98.0, 102.0)
"""Per cent that all weights of a date may sum to; some funds leave cash out."""


def shift(dates: Days, weights: Floats) -> Floats:
    """Return the largest change of a weight over a week, percentage points, **shape** (D,).

    Against the last weights that are a week old or more, and not over two.

    Parameters
    ----------
    dates
        Strictly increasing, **shape** (D,).
    weights
        Per cent, **shape** (D, S); NaN for a sector that did not exist.

    Examples
    --------
    >>> days = np.array(["2024-07-01", "2024-07-05", "2024-07-08"], dtype="datetime64[D]")
    >>> shift(days, np.array([[60.0, 40.0], [61.0, 39.0], [57.5, 42.5]])).tolist()
    [nan, nan, 2.5]
    """
    before = np.searchsorted(dates, dates - WEEK, side="right") - 1
    known = (before >= 0) & ((dates - dates[before]).astype(np.int64) <= OLD)
    apart = np.abs(weights - weights[before])
    known &= np.isfinite(apart).any(axis=1)
    return np.where(known, np.where(np.isfinite(apart), apart, 0.0).max(axis=1), np.nan)


def from_tables(sheets: list[Sheet], findings: Findings) -> Series:
    """Return the weekly shift from tables ``date,XLB,XLC,…`` of per cent."""
    rows = read_rows(sheets, (), findings, perhaps=SECTORS, word=None)
    weights = np.stack(list(rows.numbers.values()), axis=1)
    return _shifted(rows.date, weights, rows.source, findings)


def from_holdings(sheets: list[Sheet], sectors: Sheet, findings: Findings) -> Series:
    """Return the weekly shift from files of a fund's holdings and a table ``symbol,sector``.

    Raises
    ------
    DataError
        If a holding's sector is not known.
    """
    known = sectors_by_symbol(sectors)
    names = sorted(set(known.values()))
    rows = read_rows(sheets, ["weight"], findings)
    place = np.array([names.index(_sector(known, rows, i, sectors)) for i in range(len(rows.word))])
    share = 100.0 * np.nan_to_num(rows.numbers["weight"])
    days = list(rows.days())
    sums = [np.bincount(place[part], share[part], len(names)) for _, part in days]
    weights = np.array(sums, dtype=np.float64)
    dates = np.array([day for day, _ in days], dtype="datetime64[D]")
    return _shifted(dates, weights, rows.source, findings)


def sectors_by_symbol(sheet: Sheet) -> dict[str, str]:
    """Return the sector of each symbol of a table ``symbol,sector``."""
    frame = read_text(sheet, ["symbol", "sector"])
    cells = ((str(a).strip().upper(), str(b).strip()) for a, b in frame.itertuples(index=False))
    return {symbol: sector for symbol, sector in cells if symbol and sector}


def _sector(known: dict[str, str], rows: Rows, index: int, sheet: Sheet) -> str:
    try:
        return known[str(rows.word[index])]
    except KeyError:
        raise DataError(
            f"the sector of '{rows.word[index]}' is not known",
            where=rows.where(index, "symbol"),
            mend=f"add its row to {sheet.name}",
        ) from None


def _shifted(dates: Days, weights: Floats, file: str, findings: Findings) -> Series:
    total = np.nansum(weights, axis=1)
    whole = (total >= WHOLE[0]) & (total <= WHOLE[1])
    if not whole.any():
        raise DataError(
            f"the weights of {dates[0]} sum to {total[0]:g}, and no date's to 100 "
            "(rule weights-sum)",
            where=f"{file}, column weight",
            mend="give the weights of all sectors, per cent in a table of sectors",
        )
    if not whole.all():
        at = np.flatnonzero(~whole)
        findings.add(
            "weights-sum",
            f"the weights of {len(at)} dates do not sum to 100 % and were dropped",
            action="dropped",
            file=file,
            column="sector_shift",
            count=len(at),
            first=[f"{dates[i]}: {total[i]:g}" for i in at[:5]],
        )
    dates, weights = dates[whole], weights[whole]
    return Series("sector_shift", dates, shift(dates, weights), file)
