"""Tables with several rows a date, one for each holding, sector or kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.numbers import Place, to_days, to_floats
from hedgerow.data.quality import Findings
from hedgerow.data.series import Days, Floats
from hedgerow.data.tables import Sheet, read_text
from hedgerow.errors import DataError

Words = NDArray[np.str_]


class Rows(NamedTuple):
    """Rows of one table or several alike, sorted by date and word."""

    file: Words
    """The file of each row, **shape** (N,)."""
    line: NDArray[np.int64]
    """Line in the file, counted from 1, **shape** (N,)."""
    date: Days
    word: Words
    """Symbol, in capitals; empty where the table has none, **shape** (N,)."""
    numbers: dict[str, Floats]
    """By header cell, each **shape** (N,), NaN where blank."""

    def where(self, index: int, column: str) -> str:
        """Return ``file, row 7, column weight``."""
        return f"{self.file[index]}, row {self.line[index]}, column {column}"

    @property
    def source(self) -> str:
        """The files, the first three of many."""
        files = np.unique(self.file)
        return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")

    def days(self) -> Iterator[tuple[np.datetime64, slice]]:
        """Each date and its rows."""
        dates, first = np.unique(self.date, return_index=True)
        ends = [*first[1:], len(self.date)]
        return ((day, slice(a, b)) for day, a, b in zip(dates, first, ends, strict=True))


def read_rows(
    sheets: Sequence[Sheet],
    always: Sequence[str],
    findings: Findings,
    *,
    perhaps: Sequence[str] = (),
    word: str | None = "symbol",
) -> Rows:
    """Read tables with several rows a date as one.

    Parameters
    ----------
    sheets
        The recognised files, one or more.
    always
        Cells of numbers that each must have.
    findings
        Where what was repaired is written.
    perhaps
        Cells of numbers that some may have.
    word
        Cell that names what a row is about; None where a date has one row.

    Raises
    ------
    DataError
        If a cell cannot be read, a row names nothing, or a date has the same name twice.
    """
    parts = []
    for sheet in sheets:
        cells = [*always, *(cell for cell in perhaps if cell in sheet.header)]
        parts.append(_read(sheet, cells, findings, word))
    date = np.concatenate([part.date for part in parts])
    words = np.concatenate([part.word for part in parts])
    order = np.lexsort((words, date))
    numbers = {
        cell: np.concatenate([p.numbers.get(cell, np.full(len(p.date), np.nan)) for p in parts])
        for cell in dict.fromkeys(cell for part in parts for cell in part.numbers)
    }
    rows = Rows(
        np.concatenate([part.file for part in parts])[order],
        np.concatenate([part.line for part in parts])[order],
        date[order],
        words[order],
        {cell: column[order] for cell, column in numbers.items()},
    )
    _refuse_double(rows, word)
    return rows


def _read(sheet: Sheet, cells: list[str], findings: Findings, word: str | None) -> Rows:
    frame = read_text(sheet, [sheet.date_cell, *([word] if word else []), *cells])
    dates = to_days(frame[sheet.date_cell], Place(sheet.name, sheet.date_cell, sheet.first_row))
    kept = np.flatnonzero(~np.isnat(dates))
    if not len(kept):
        raise DataError("the file has no rows with a date", where=sheet.name, mend="add its rows")
    words = np.full(len(dates), "", dtype="U1")
    if word:
        words = np.array([str(cell).strip().upper() for cell in frame[word]], dtype=np.str_)
    numbers = {
        cell: to_floats(frame[cell], Place(sheet.name, cell, sheet.first_row), findings)[kept]
        for cell in cells
    }
    files = np.full(len(kept), sheet.name)
    rows = Rows(files, kept + sheet.first_row, dates[kept], words[kept], numbers)
    if word and (rows.word == "").any():
        at = int(np.argmax(rows.word == ""))
        raise DataError(
            f"the row names no {word}", where=rows.where(at, word), mend=f"add its {word}"
        )
    return rows


def _refuse_double(rows: Rows, word: str | None) -> None:
    same = (rows.date[1:] == rows.date[:-1]) & (rows.word[1:] == rows.word[:-1])
    if same.any():
        at = int(np.flatnonzero(same)[0]) + 1
        what = f"{rows.word[at]} of {rows.date[at]}" if word else str(rows.date[at])
        first = f"row {rows.line[at - 1]} of {rows.file[at - 1]}"
        raise DataError(
            f"{what} stands twice (rule date-duplicate)",
            where=rows.where(at, word or "date"),
            mend=f"keep it, or {first}",
        )


def sensible(
    rows: Rows, column: str, low: float, high: float, unit: str, findings: Findings
) -> Floats:
    """Return a column without values that it cannot have, **shape** (N,).

    Parameters
    ----------
    rows
        The table.
    column
        Its header cell.
    low, high
        Least and most.
    unit
        How such a value is written, for the finding.
    findings
        Where what is dropped is written.
    """
    values = rows.numbers[column]
    wrong = (values < low) | (values > high)
    if wrong.any():
        at = np.flatnonzero(wrong)
        findings.add(
            "out-of-range",
            f"{len(at)} values outside {low:g} … {high:g} were dropped; {unit}",
            action="dropped",
            file=rows.source,
            column=column,
            count=len(at),
            first=[f"{rows.date[i]} {rows.word[i]}: {values[i]:g}".strip() for i in at[:5]],
        )
    return np.where(wrong, np.nan, values)
