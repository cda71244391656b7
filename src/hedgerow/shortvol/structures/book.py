"""A book of positions as a broker exports it: CSV or TOML, to contracts and quantities."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.errors import DataError, HedgerowError, nearest
from hedgerow.instruments.structure import Shares
from hedgerow.shortvol.structures.symbols import Contract, option, read_symbol

NAMES: dict[str, str] = {
    **dict.fromkeys(("symbol", "instrument", "financialinstrument", "contract"), "symbol"),
    **dict.fromkeys(("description", "localsymbol", "optionsymbol", "occsymbol", "osi"), "symbol"),
    **dict.fromkeys(("root", "tradingclass", "optionroot", "rootsymbol"), "root"),
    **dict.fromkeys(("underlying", "underlyingsymbol", "underlyer"), "root"),
    **dict.fromkeys(("expiry", "expiration", "expirationdate", "expdate", "exp"), "expiry"),
    **dict.fromkeys(("maturity", "lasttradingday", "expires", "expiresat"), "expiry"),
    **dict.fromkeys(("strike", "strikeprice"), "strike"),
    **dict.fromkeys(("right", "putcall", "callput", "optiontype", "cp", "pc"), "right"),
    **dict.fromkeys(("type", "assetclass", "sectype", "instrumenttype", "securitytype"), "kind"),
    **dict.fromkeys(("quantity", "qty", "position", "contracts", "pos", "qtyquantity"), "quantity"),
    **dict.fromkeys(("side", "longshort", "buysell", "direction", "quantitydirection"), "side"),
    "multiplier": "multiplier",
    **dict.fromkeys(("price", "averageprice", "avgprice", "tradeprice", "entry"), "price"),
    **dict.fromkeys(("costbasisprice", "averageopenprice", "avgcost", "costprice"), "price"),
}
"""Header cells, lower case without signs, and what they mean; all others are left alone."""

_PREFERENCE = ("symbol", "instrument", "financialinstrument", "occsymbol", "root", "tradingclass")
_SIDES = {
    **dict.fromkeys(("long", "buy", "bought", "bot", "b", "l", "bto", "buy to open", "+"), 1.0),
    **dict.fromkeys(("short", "sell", "sold", "sld", "s", "sto", "sell to open", "-"), -1.0),
}
_RIGHTS = {"c": True, "call": True, "p": False, "put": False}
_TOTALS = re.compile(r"(account |positions? |sub|grand )*total.*|cash\b.*", re.IGNORECASE)
_DATES = (
    (re.compile(r"(\d{4})[-/]?(\d\d)[-/]?(\d\d)"), (0, 1, 2)),
    (re.compile(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)"), (2, 0, 1)),
)
_MOST_BYTES = 5_000_000
_HEADER_LINES = 12


class Holding(NamedTuple):
    """A row of a book.

    Parameters
    ----------
    quantity
        Contracts or shares, negative when sold.
    contract
        What is held.
    price
        Average price in points, None where the file has none.
    """

    quantity: float
    contract: Contract
    price: float | None = None

    @property
    def symbol(self) -> str:
        """Symbol of the contract, without blanks."""
        one = self.contract
        return one.compact if isinstance(one, OptionContract) else one.symbol


@dataclass(frozen=True)
class Book:
    """What an account holds.

    Parameters
    ----------
    name
        Of the file, or what it is called.
    holdings
        At least one.
    notes
        What was left out, and why.

    Raises
    ------
    DataError
        If nothing is held.
    """

    name: str
    holdings: tuple[Holding, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.holdings:
            raise DataError(
                "no position is left" if self.notes else "it has no positions",
                where=self.name,
                mend="give a book with contracts that live",
            )

    @property
    def options(self) -> tuple[OptionContract, ...]:
        """The options among the contracts, in order."""
        return tuple(h.contract for h in self.holdings if isinstance(h.contract, OptionContract))

    def on(self, day: dt.date) -> Book:
        """Return the book of a day: what has expired by then is left out, with a note.

        Raises
        ------
        DataError
            If nothing is left.
        """
        gone = [h for h in self.holdings if not isinstance(h.contract, Shares)
                and h.contract.expiry <= day]  # fmt: skip
        if not gone:
            return self
        said = (f"{h.symbol} expires on {h.contract.expiry}, not after {day}: left out."
                for h in gone if not isinstance(h.contract, Shares))  # fmt: skip
        kept = tuple(h for h in self.holdings if h not in gone)
        if not kept:
            last = max(h.contract.expiry for h in gone if not isinstance(h.contract, Shares))
            raise DataError(
                f"on {day} every contract has expired, the last on {last}",
                where=self.name,
                mend=f"choose a day before {last} (--date, date=), or give today's book",
            )
        return replace(self, holdings=kept, notes=(*self.notes, *said))


def read_book(path: str | Path, day: dt.date | None = None) -> Book:
    """Read a book from a broker's CSV, or from TOML with ``[[positions]]``.

    Parameters
    ----------
    path
        The file; the columns that are understood are those of `NAMES`.
    day
        On which the positions were held, for futures whose year has one digit.

    Raises
    ------
    DataError
        If it cannot be read; names file, row and column.
    """
    file = Path(path)
    text = _text(file)
    rows, notes = _of_toml(text, file) if file.suffix.lower() == ".toml" else _of_csv(text, file)
    holdings: list[Holding] = []
    for where, row in rows:
        symbol = row.get("symbol") or row.get("root") or ""
        if _TOTALS.fullmatch(symbol.strip()):
            notes.append(f"{where}: '{symbol.strip()}' is no position: left out.")
            continue
        quantity = _quantity(row, where)
        if quantity == 0.0:
            notes.append(f"{where}: a quantity of 0: left out.")
            continue
        contract = _contract(row, where, day)
        _check_multiplier(row, contract, where)
        price = _number(row, "price", where)
        if price is not None:
            price = abs(price) if not isinstance(contract, FutureContract) else price
        holdings.append(Holding(quantity, contract, price))
    return Book(file.name, tuple(holdings), tuple(notes))


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()[: _MOST_BYTES + 1]
    except OSError as error:
        said = "there is no such file" if not file.exists() else error.strerror or "unreadable"
        raise DataError(f"the book cannot be read ({said})", where=str(file),
                        mend="give a CSV or TOML file of positions") from None  # fmt: skip
    if len(data) > _MOST_BYTES:
        raise DataError("it is too large for a book", where=str(file), mend="export positions only")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("it is no text in UTF-8", where=str(file), mend="save it as CSV") from None


Row = tuple[str, dict[str, str]]


def _of_toml(text: str, file: Path) -> tuple[Iterator[Row], list[str]]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"it is no TOML ({error})", where=file.name, mend="mend the line") from None
    rows = table.get("positions")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(
            "there are no [[positions]]", where=file.name, mend="write one table for each position"
        )
    return _toml_rows(rows, file), []


def _toml_rows(rows: list[dict[str, Any]], file: Path) -> Iterator[Row]:
    for i, given in enumerate(rows):
        where = f"{file.name}, positions[{i}]"
        row: dict[str, str] = {}
        for key, value in given.items():
            meant = NAMES.get(_plain(key))
            if meant is None:
                raise DataError(f"unknown key '{key}'", where=where, mend=nearest(key, NAMES))
            row[meant] = str(value)
        yield where, row


def _of_csv(text: str, file: Path) -> tuple[Iterator[Row], list[str]]:
    lines = text.splitlines()
    head, delimiter = next(
        ((i, sign) for i, line in enumerate(lines[:_HEADER_LINES]) for sign in ",;\t"
         if _is_header(_cells(line, sign))),
        (-1, ","),
    )  # fmt: skip
    if head < 0:
        raise DataError(
            "no line names the columns of positions",
            where=file.name,
            mend="write a header: symbol, quantity; or root, expiry, strike, right, quantity",
        )
    columns: dict[str, list[int]] = {}
    cells = [_plain(cell) for cell in _cells(lines[head], delimiter)]
    for i in sorted(range(len(cells)), key=lambda i: cells[i] not in _PREFERENCE):
        meant = NAMES.get(cells[i])
        if meant is not None:
            columns.setdefault(meant, []).append(i)
    return _csv_rows("\n".join(lines[head + 1 :]), head + 2, delimiter, columns, file), []


def _csv_rows(
    text: str, first: int, delimiter: str, columns: Mapping[str, list[int]], file: Path
) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    while True:
        at = first + reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            where = f"{file.name}, row {at}"
            raise DataError(f"it is no CSV ({error})", where=where, mend="mend it") from None
        if cells is None:
            return
        row = {}
        for meant, places in columns.items():
            said = [cells[i].strip() for i in places if i < len(cells)]
            row[meant] = next((cell for cell in said if cell not in ("", "-", "--", "N/A")), "")
        if any(row.values()):
            yield f"{file.name}, row {at}", row


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _is_header(cells: list[str]) -> bool:
    found = {NAMES.get(_plain(cell)) for cell in cells}
    return "quantity" in found and bool(found & {"symbol", "root"})


def _number(row: Mapping[str, str], column: str, where: str) -> float | None:
    said = row.get(column, "")
    plain = said.replace("−", "-").replace("$", "").replace(" ", "")
    if not plain:
        return None
    if re.fullmatch(r"\(.+\)", plain):
        plain = f"-{plain[1:-1]}"
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    try:
        value = float(plain)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DataError(
            f"'{said}' is not a number", where=f"{where}, column {column}", mend="write 10 or -2.5"
        )
    return value


def _quantity(row: Mapping[str, str], where: str) -> float:
    value = _number(row, "quantity", where)
    if value is None:
        raise DataError("there is no quantity", where=f"{where}, column quantity",
                        mend="write contracts, negative when sold")  # fmt: skip
    side = row.get("side", "").strip().lower()
    if not side:
        return value
    if side not in _SIDES:
        raise DataError(f"'{row['side']}' is no side", where=f"{where}, column side",
                        mend="write long or short")  # fmt: skip
    if value < 0.0 < _SIDES[side]:
        raise DataError(f"{value:g} contracts are called {side}", where=f"{where}, column side",
                        mend="mend the sign or the side")  # fmt: skip
    return _SIDES[side] * abs(value)


def _contract(row: Mapping[str, str], where: str, day: dt.date | None) -> Contract:
    right = row.get("right", "").lower() or row.get("kind", "").lower()
    symbol, root = row.get("symbol", ""), row.get("root", "")
    told = row.get("strike") and row.get("expiry") and right in _RIGHTS
    first: HedgerowError | None = None
    if symbol:
        try:
            found = read_symbol(symbol, day)
        except HedgerowError as error:
            first = error
        else:
            struck = _number(row, "strike", where) or row.get("right")  # shares may say 0
            if not isinstance(found, Shares) or not struck:
                return _agreed(found, row, where)
            root = root or symbol
    if told and (root or first is None):
        strike = _number(row, "strike", where)
        try:
            return option(
                root.upper().lstrip("$^."), _expiry(row["expiry"], where), strike or 0.0,
                call=_RIGHTS[right],
            )  # fmt: skip
        except HedgerowError as error:
            column = {"root": "root", "strike": "strike"}.get(error.where, error.where)
            raise _placed(error, where, "" if "," in column else column or "root") from None
    if first is not None:
        raise _placed(first, where, "symbol") from None
    lacking = [name for name in ("expiry", "strike", "right") if not row.get(name)]
    if root and len(lacking) == len(("expiry", "strike", "right")):
        try:
            return read_symbol(root, day)
        except HedgerowError as error:
            raise _placed(error, where, "root") from None
    missing = lacking[0] if lacking else "right"
    raise DataError(
        f"'{row.get(missing, '')}' is no {missing}" if row.get(missing) else f"no {missing}",
        where=f"{where}, column {missing}",
        mend="give a symbol, or root, expiry, strike and right (C or P)",
    )


def _agreed(found: Contract, row: Mapping[str, str], where: str) -> Contract:
    """Return a symbol's contract, unless the columns beside it name another."""
    if isinstance(found, OptionContract):
        said: dict[str, object] = {
            "expiry": _expiry(row["expiry"], where) if row.get("expiry") else found.expiry,
            "strike": _number(row, "strike", where) or found.strike,
            "right": _RIGHTS.get(row.get("right", "").lower(), found.call),
        }
        for column, meant in zip(said, (found.expiry, found.strike, found.call), strict=True):
            if said[column] != meant:
                raise DataError(
                    f"'{row[column]}', where the symbol is {found.compact}",
                    where=f"{where}, column {column}",
                    mend="mend the one or the other",
                )
    return found


def _placed(error: HedgerowError, where: str, column: str) -> DataError:
    at = error.where if error.where.startswith(where) else f"{where}, column {column}"
    return DataError(error.what, where=at, mend=error.mend)


def _expiry(said: str, where: str) -> dt.date:
    for pattern, (y, m, d) in _DATES:
        match = pattern.match(said.strip())
        if match is not None:
            parts = [int(part) for part in match.groups()]
            try:
                return dt.date(parts[y] + (2000 if parts[y] < 100 else 0), parts[m], parts[d])
            except ValueError:
                break
    raise DataError(
        f"'{said}' is not a date", where=f"{where}, column expiry", mend="write 2026-03-20"
    )


def _check_multiplier(row: Mapping[str, str], contract: Contract, where: str) -> None:
    given = _number(row, "multiplier", where)
    held = 1.0 if isinstance(contract, Shares) else contract.product.multiplier
    if given is not None and given != held:
        raise DataError(
            f"a multiplier of {given:g}, where {contract.symbol.split()[0]} has {held:g}",
            where=f"{where}, column multiplier",
            mend="mend it, or leave the column out",
        )
