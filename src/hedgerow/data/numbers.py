"""Text to dates and numbers, with nothing guessed: what is not clear is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.quality import Findings
from hedgerow.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]

MISSING = frozenset({"", ".", "-", "na", "n/a", "#n/a", "nan", "null", "none"})
"""What vendors write for "no value", in lower case."""

_BOTH = re.compile(r"[-+]?\d{1,3}(,\d{3})+\.\d+")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_CONTINENTAL = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d+")

_FORMATS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?"), ("%Y-%m-%d",)),
    (re.compile(r"\d{8}"), ("%Y%m%d",)),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), ("%m/%d/%Y", "%d/%m/%Y")),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{2}"), ("%m/%d/%y",)),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), ("%d.%m.%Y",)),
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2}"), ("%Y/%m/%d",)),
    (re.compile(r"\d{1,2}-[A-Za-z]{3}-\d{4}"), ("%d-%b-%Y",)),
    (re.compile(r"[A-Za-z]{3} [A-Za-z]{3} \d{1,2} \d{4}"), ("%a %b %d %Y",)),
)


class Place(NamedTuple):
    """Where a text column stands, for error sentences."""

    file: str
    column: str
    first_row: int
    """Line of the first value in the file, counted from 1."""

    def row(self, index: int) -> int:
        """Return the line of the value at ``index``."""
        return self.first_row + int(index)

    def where(self, index: int) -> str:
        """Return ``file, row 7, column close``."""
        return f"{self.file}, row {self.row(index)}, column {self.column}"


def blank(text: pd.Series[str]) -> NDArray[np.bool_]:
    """Say which cells hold nothing or a vendor's word for nothing, **shape** (N,)."""
    empty = text.isna() | text.str.strip().str.lower().isin(MISSING)
    return np.asarray(empty, dtype=bool)


def to_days(text: pd.Series[str], place: Place) -> Days:
    """Read a column of dates, one layout for all its rows, NaT where blank.

    Layouts: ``2024-01-31``, ``20240131``, ``01/31/2024`` (month first, as Cboe writes;
    day first only when no row can be month first), ``1/31/24``, ``31.01.2024``,
    ``2024/01/31``, ``31-Jan-2024``, ``Wed Jan 31 2024``.

    Raises
    ------
    DataError
        Naming file, row and column of the first cell that is not such a date.
    """
    import pandas as pd

    empty = blank(text)
    if empty.all():
        return np.full(len(text), np.datetime64("NaT"), dtype="datetime64[D]")
    stripped = text.str.strip()
    sample = str(stripped[~empty].iloc[0])
    formats = next((f for pattern, f in _FORMATS if pattern.fullmatch(sample)), ())
    if formats == ("%Y-%m-%d",) and stripped.str.len().max() > 10:
        stripped = stripped.str.slice(0, 10)
    bad = ~empty
    for layout in formats:
        parsed = pd.to_datetime(stripped, format=layout, errors="coerce")
        bad = np.asarray(parsed.isna(), dtype=bool) & ~empty
        if not bad.any():
            return np.asarray(parsed, dtype="datetime64[D]")
    index = int(np.flatnonzero(bad)[0])
    raise DataError(
        f"'{text.iloc[index]}' is not a date"
        + (f" like the others ('{sample}')" if formats and index else ""),
        where=place.where(index),
        mend="write every date of the column as YYYY-MM-DD",
    )


def to_floats(text: pd.Series[str], place: Place, findings: Findings) -> Floats:
    """Read a column of numbers, **shape** (N,), NaN where blank or the vendor says none.

    Raises
    ------
    DataError
        Naming file, row and column of the first cell that is no number, or whose comma
        could be a decimal comma or a thousands separator.
    """
    import pandas as pd

    values = np.array(pd.to_numeric(text, errors="coerce"), dtype=np.float64)
    doubtful = np.flatnonzero(~np.isfinite(values))
    if not len(doubtful):
        return values
    cells = text.iloc[doubtful]
    doubtful = doubtful[~blank(cells)]
    values[np.isinf(values)] = np.nan
    if len(doubtful):
        _mend(
            values, [str(cell).strip() for cell in text.iloc[doubtful]], doubtful, place, findings
        )
    return values


def _mend(
    values: Floats, cells: list[str], rows: NDArray[np.intp], place: Place, findings: Findings
) -> None:
    for cell, row in zip(cells, rows, strict=True):
        shapes = (_BOTH, _THOUSANDS, _DECIMAL_COMMA, _CONTINENTAL)
        if not any(shape.fullmatch(cell) for shape in shapes):
            raise DataError(
                f"'{cell}' is not a number (rule text-in-number)",
                where=place.where(int(row)),
                mend="write a number with a decimal point, or leave the cell empty",
            )
    thousands = any(_BOTH.fullmatch(cell) for cell in cells)
    decimal = any(
        _CONTINENTAL.fullmatch(cell)
        or (_DECIMAL_COMMA.fullmatch(cell) and not _THOUSANDS.fullmatch(cell))
        for cell in cells
    )
    if thousands == decimal:
        raise DataError(
            f"the comma in '{cells[0]}' may part decimals or thousands",
            where=place.where(int(rows[0])),
            mend="write numbers with a decimal point and without thousands separators",
        )
    for cell, row in zip(cells, rows, strict=True):
        plain = cell.replace(".", "").replace(",", ".") if decimal else cell.replace(",", "")
        values[row] = float(plain)
    findings.add(
        "decimal-comma" if decimal else "thousands-comma",
        f"'{cells[0]}' was read as {values[rows[0]]:g}, and {len(rows) - 1} more cells like it",
        action="repaired",
        file=place.file,
        column=place.column,
        count=len(rows),
        first=[f"row {place.row(int(row))}" for row in rows],
    )
