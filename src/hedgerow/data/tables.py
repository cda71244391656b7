"""Files to dated columns: what a file is, told by its header and its name."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.layouts import HOLDINGS, SECTORS, Layout, is_holdings, layout_of
from hedgerow.data.numbers import Days, Floats, Place, to_days, to_floats
from hedgerow.data.quality import Findings
from hedgerow.data.series import Series
from hedgerow.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["columns", "contract", "panel", "symbols", "archive"] | Layout

ALIASES: dict[str, str] = {
    **dict.fromkeys(("spx", "gspc", "sp500", "inx", "sandp500"), "spx"),
    **dict.fromkeys(("spxtr", "sp500tr"), "spx_tr"),
    **dict.fromkeys(("vix", "vixcls"), "vix"),
    **dict.fromkeys(("vix9d", "vxst"), "vix9d"),
    **dict.fromkeys(("vix3m", "vxv", "vxvcls"), "vix3m"),
    **dict.fromkeys(("vix6m", "vxmt"), "vix6m"),
    "vvix": "vvix",
    "skew": "skew",
    "cor1m": "cor1m",
    **dict.fromkeys(("ndx", "nasdaq100"), "ndx"),
    **dict.fromkeys(("vxn", "vxncls"), "vxn"),
    **dict.fromkeys(("rut", "russell2000"), "rut"),
    **dict.fromkeys(("rvx", "rvxcls"), "rvx"),
    **{f"{index}open": f"{index}_open" for index in ("spx", "ndx", "rut")},
    **{f"{index}soq": f"{index}_soq" for index in ("spx", "ndx", "rut")},
    "dff": "dff",
    "dgs3mo": "dgs3mo",
    "bamlh0a0hym2": "hy_spread",
    **{name: name for name in ("breadth", "reer", "wacc")},
}
"""Names of files and header cells, lower case without signs, and the column they mean."""

FUNDS = frozenset({*SECTORS, "spy", "qqq", "iwm", "tlt", "lqd", "hyg"})
"""Funds of sectors, indices and bonds, for correlations; a file is named by the ticker alone."""

_BARS = frozenset(
    {
        *("open", "high", "low", "close", "adj close", "adjusted close", "volume"),
        *("dividends", "stock splits", "capital gains"),
    }
)

OPENINGS = {index: f"{index}_open" for index in ("spx", "ndx", "rut")}
"""Columns whose files give a first print beside the close, and the column that it makes."""

_DATE_NAMES = frozenset({"date", "trade date", "observation_date", "datetime", "time"})
_HEADER_LINES = 6
_SNIFFED_BYTES = 4096


def alias(name: str) -> str | None:
    """Return the market column that a file stem or header cell means, or None.

    Examples
    --------
    >>> [alias(name) for name in ("VIX_History", "^GSPC", "spxtr_1988_2010", "XLF", "XLF_x")]
    ['vix', 'spx', 'spx_tr', 'xlf', None]
    """
    if name.lower() in FUNDS:
        return name.lower()
    tokens = [token for token in re.split(r"[^a-z0-9]+", name.lower()) if token]
    for joined in ("".join(tokens[:2]), *tokens):
        if joined in ALIASES:
            return ALIASES[joined]
    return None


@dataclass(frozen=True)
class Sheet:
    """A recognised file: what it is and where its header stands.

    Parameters
    ----------
    path, name
        The file, and its name relative to the data folder.
    kind
        ``columns`` (dates and one or more known columns), ``contract`` (a CFE futures
        file), ``panel`` and ``symbols`` (M1 … M8), ``archive`` (final settlements), or a
        `Layout`.
    header
        Header cells, lower case.
    header_line
        Line of the header, counted from 0.
    delimiter
        Comma, semicolon or tab.
    wanted
        Market column to header cell, for ``columns``.
    """

    path: Path
    name: str
    kind: Kind
    header: tuple[str, ...]
    header_line: int
    delimiter: str
    wanted: tuple[tuple[str, str], ...] = ()

    @property
    def first_row(self) -> int:
        """Line of the first row of values, counted from 1."""
        return self.header_line + 2

    @property
    def date_cell(self) -> str:
        """The header cell of the dates."""
        return next(cell for cell in self.header if cell in _DATE_NAMES)


def recognise(path: Path, name: str) -> Sheet | None:
    """Say what a CSV file is, or None when this loader has no use for it.

    Raises
    ------
    DataError
        If a file is named like a known column but is empty or has no such column.
    """
    with path.open("rb") as stream:
        text = stream.read(_SNIFFED_BYTES).decode("utf-8-sig", errors="replace")
    meant = alias(path.stem)
    if not text.strip():
        if meant:
            raise DataError("the file is empty", where=name, mend="download it again or remove it")
        return None
    if is_holdings(text):
        return Sheet(path, name, "holdings", HOLDINGS, -1, ",")
    lines = text.splitlines()[:_HEADER_LINES]
    for row, line in enumerate(lines):
        number = row
        delimiter = max(",;\t", key=line.count)
        cells = tuple(cell.strip().strip('"').lower() for cell in line.split(delimiter))
        if below := _yfinance(lines, number, cells):
            cells, number = ("date", *cells[1:]), below
        if "settlementprice" in cells and "settlementyear" in cells:
            return Sheet(path, name, "archive", cells, number, delimiter)
        if layout := layout_of(path.stem, cells):
            return Sheet(path, name, layout, cells, number, delimiter)
        if not _DATE_NAMES.intersection(cells):
            continue
        if {"trade date", "futures", "settle"} <= set(cells):
            return Sheet(path, name, "contract", cells, number, delimiter)
        if {"m1", "m2", "m3"} <= set(cells):
            kind: Kind = "symbols" if "symbol" in path.stem.lower() else "panel"
            return Sheet(path, name, kind, cells, number, delimiter)
        if meant in FUNDS and not _BARS.union(_DATE_NAMES, [meant]).issuperset(cells):
            return None  # options on the fund, its holdings: anything but its closes
        wanted = _wanted(cells, meant)
        if wanted:
            return Sheet(path, name, "columns", cells, number, delimiter, wanted)
    if meant and meant not in FUNDS and "strike" not in text[:_SNIFFED_BYTES].lower():
        raise DataError(
            f"no column for '{meant}' was recognised in the header '{text.splitlines()[0][:60]}'",
            where=name,
            mend="give the file a header with Date and Close",
        )
    return None


def _yfinance(lines: list[str], number: int, cells: tuple[str, ...]) -> int:
    """Return the last line of a header of three, Price, Ticker and Date; 0 for any other."""
    starts = [line.partition(",")[0].lower() for line in lines[number + 1 : number + 3]]
    return number + 2 if cells[0] == "price" and starts == ["ticker", "date"] else 0


def _wanted(cells: tuple[str, ...], meant: str | None) -> tuple[tuple[str, str], ...]:
    values = [cell for cell in cells if cell and cell not in _DATE_NAMES]
    if meant in FUNDS:
        adjusted = [cell for cell in values if cell.startswith("adj")]
        if adjusted:
            return ((meant, adjusted[0]),)
    if meant and "close" in values:
        # a file of bars that is called spx_open.csv tells the close as well
        meant = next((close for close, opening in OPENINGS.items() if opening == meant), meant)
        opening = OPENINGS.get(meant)
        first = ((opening, "open"),) if opening and "open" in values else ()
        return ((meant, "close"), *first)
    named = {}
    for cell in values:
        column = alias(cell)
        if column and column not in named:
            named[column] = cell
    if not named and meant and len(values) == 1:
        named = {meant: values[0]}
    return tuple(named.items())


def read_text(sheet: Sheet, columns: list[str], body: bytes | None = None) -> pd.DataFrame:
    """Return the wanted cells as text, one row per line below the header.

    Raises
    ------
    DataError
        If a row has more fields than the header: an unquoted decimal comma, mostly.
    """
    import pandas as pd

    lacking = [column for column in columns if column not in sheet.header]
    if lacking:
        raise DataError(
            f"the header has no column '{lacking[0]}'",
            where=f"{sheet.name}, row {sheet.header_line + 1}",
            mend="download the file again, or restore the vendor's header",
        )
    for column in columns:
        if sheet.header.count(column) > 1:
            raise DataError(
                f"the header has the column '{column}' twice (rule header-duplicate)",
                where=f"{sheet.name}, row {sheet.header_line + 1}",
                mend="remove one of them, or download the file again",
            )
    places = [sheet.header.index(column) for column in columns]
    content = sheet.path.read_bytes() if body is None else body
    first = sheet.header_line + 1 if body is None else 0
    if _widest(content, sheet.delimiter) > len(sheet.header):
        # pandas would drop the surplus fields without a word.
        _refuse_ragged(sheet, content, first)
    try:
        frame = pd.read_csv(
            BytesIO(content),
            sep=sheet.delimiter,
            header=None,
            names=list(range(len(sheet.header))),
            index_col=False,
            usecols=places,
            skiprows=first,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame({column: pd.Series([], dtype=str) for column in columns})
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(
            f"the file cannot be read as a table: {error}", where=sheet.name, mend="save it as CSV"
        ) from None
    frame = frame[places]
    frame.columns = pd.Index(columns)
    return frame


def _widest(content: bytes, delimiter: str) -> int:
    """Return the fields of the widest line, quoted delimiters counted too."""
    letters = np.frombuffer(content, dtype=np.uint8)
    ends = np.append(np.flatnonzero(letters == ord("\n")), len(letters) - 1)
    counts = np.cumsum(letters == ord(delimiter), dtype=np.int64)[ends]
    return int(np.diff(counts, prepend=0).max()) + 1


def _refuse_ragged(sheet: Sheet, content: bytes, first: int) -> None:
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    start = sheet.first_row
    for number, cells in enumerate(csv.reader(lines[first:], delimiter=sheet.delimiter)):
        if any(cells[len(sheet.header) :]):
            raise DataError(
                f"the row has {len(cells)} fields where the header has {len(sheet.header)} "
                "(rule row-ragged)",
                where=f"{sheet.name}, row {start + number}",
                mend="write decimals with a point, or quote the field",
            )


def read_columns(sheet: Sheet, findings: Findings) -> Iterator[Series]:
    """Read every known column of a ``columns`` sheet, dates sorted and single.

    Raises
    ------
    DataError
        As the quality rules say; the sentence names file, row and column.
    """
    bars = [cell for cell in ("open", "high", "low") if cell in sheet.header]
    cells = [cell for _, cell in sheet.wanted]
    more = [cell for cell in bars if cell not in cells] if "close" in cells else []
    frame = read_text(sheet, [sheet.date_cell, *cells, *more])
    dates = to_days(frame[sheet.date_cell], Place(sheet.name, sheet.date_cell, sheet.first_row))
    kept = ~np.isnat(dates)
    if not kept.any():
        raise DataError(
            "the file has a header but no rows",
            where=sheet.name,
            mend="download it again or remove it",
        )
    rows = np.flatnonzero(kept) + sheet.first_row
    numbers = {
        cell: to_floats(frame[cell], Place(sheet.name, cell, sheet.first_row), findings)[kept]
        for cell in frame.columns[1:]
    }
    if len(bars) == 3 and "close" in numbers:
        _check_bars(numbers, dates[kept], rows, sheet, findings)
    for column, cell in sheet.wanted:
        yield settled(Series(column, dates[kept], numbers[cell], sheet.name), rows, findings)


def _check_bars(
    numbers: dict[str, Floats],
    dates: Days,
    rows: NDArray[np.intp],
    sheet: Sheet,
    findings: Findings,
) -> None:
    close = numbers["close"]
    slack = 1e-6 * np.abs(close)
    bar = np.stack([numbers[cell] for cell in ("open", "high", "low", "close")])
    above = bar.max(axis=0) > numbers["high"] + slack
    wrong = np.flatnonzero(above | (bar.min(axis=0) < numbers["low"] - slack))
    if len(wrong):
        findings.add(
            "ohlc-inconsistent",
            f"{len(wrong)} bars have an open or close outside their high and low; closes are used",
            action="noted",
            file=sheet.name,
            column="close",
            count=len(wrong),
            first=[f"{dates[i]} (row {rows[i]})" for i in wrong[:5]],
        )


def settled(part: Series, rows: NDArray[np.intp], findings: Findings) -> Series:
    """Sort a column by date and drop doubled rows.

    Parameters
    ----------
    part
        Dates in any order, **shape** (N,), none of them NaT.
    rows
        Line of each value in the file, **shape** (N,).
    findings
        Where repairs are written.

    Raises
    ------
    DataError
        If a date stands twice with different values.
    """
    column, dates, values, file = part.column, part.dates, part.values, part.file
    order = np.arange(len(dates))
    backwards = int(np.sum(dates[1:] < dates[:-1]))
    if backwards:
        order = np.argsort(dates, kind="stable")
        findings.add(
            "date-unordered",
            f"dates run backwards {backwards} times; the rows were sorted",
            action="repaired",
            file=file,
            column=column,
            count=backwards,
            first=[f"row {row}" for row in rows[1:][dates[1:] < dates[:-1]][:5]],
        )
    days, numbers, lines = dates[order], values[order], rows[order]
    twice = np.flatnonzero(days[1:] == days[:-1]) + 1
    if len(twice):
        same = (numbers[twice] == numbers[twice - 1]) | (
            np.isnan(numbers[twice]) & np.isnan(numbers[twice - 1])
        )
        if not same.all():
            at = twice[~same][0]
            raise DataError(
                f"{days[at]} stands twice with different values, {numbers[at - 1]:g} in row "
                f"{lines[at - 1]} and {numbers[at]:g} in row {lines[at]} (rule date-duplicate)",
                where=f"{file}, row {lines[at]}, column {column}",
                mend="keep the right row and remove the other",
            )
        findings.add(
            "date-duplicate",
            f"{len(twice)} dates stand twice with the same value; the second rows were dropped",
            action="dropped",
            file=file,
            column=column,
            count=len(twice),
            first=[f"{days[i]} (row {lines[i]})" for i in twice[:5]],
        )
        keep = np.ones(len(days), dtype=bool)
        keep[twice] = False
        days, numbers = days[keep], numbers[keep]
    return Series(column, days, numbers, file)


def read_parquet(path: Path, name: str, findings: Findings) -> list[Series]:
    """Read the known columns of a Parquet file with a date column or a date index.

    Raises
    ------
    DataError
        If the file is damaged or a known column does not hold numbers.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except Exception as error:
        raise DataError(
            f"the Parquet file cannot be read: {error}", where=name, mend="write it again"
        ) from error
    if frame.columns.nlevels == 2:  # Price and Ticker, as yfinance downloads them
        frame.columns = frame.columns.get_level_values(0)
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.reset_index(names="date")
    frame.columns = pd.Index([str(cell).strip().lower() for cell in frame.columns])
    cells = tuple(frame.columns)
    date = next((cell for cell in cells if cell in _DATE_NAMES), None)
    wanted = _wanted(cells, alias(path.stem))
    if date is None or not wanted:
        return []
    try:
        dates = np.asarray(pd.to_datetime(frame[date]).dt.tz_localize(None), dtype="datetime64[D]")
    except (ValueError, TypeError) as error:
        raise DataError(
            f"the column '{date}' does not hold dates: {error}",
            where=f"{name}, column {date}",
            mend="store it as dates",
        ) from error
    found = []
    for column, cell in wanted:
        place = Place(name, cell, 1)
        values = to_floats(frame[cell].astype(str), place, findings)
        rows = np.arange(len(dates)) + 1
        found.append(settled(Series(column, dates, values, name), rows, findings))
    return found
