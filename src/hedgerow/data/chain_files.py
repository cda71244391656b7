"""Reads option chains: says what a file is by its content, and refuses what is not clear."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.data.chain_cells import Raw, assemble
from hedgerow.data.chain_layouts import LONG_NAMES, read_json, read_long, read_wide
from hedgerow.data.chains import Chain
from hedgerow.data.tables import Sheet
from hedgerow.errors import DataError

if TYPE_CHECKING:
    import datetime as dt

_HEADER_LINES = 12
_SNIFFED_BYTES = 8192


def read_chains(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    time: str | None = None,
    spot: float | None = None,
    symbol: str | None = None,
) -> tuple[Chain, ...]:
    """Read every chain of a file: one per underlying and quote time, in order of time.

    Parameters
    ----------
    path
        A Cboe download (CSV) or delayed-quote file (JSON), a Yahoo-style CSV, a panel of
        daily contract quotes, or any CSV with a contract and a quote per row.
    columns
        Our column names to the file's header cells, for files whose names are not known:
        ``{"bid": "Best Bid", "expiry": "Exp"}``.
    time
        When the quotes were taken, New York time, where the file does not say.
    spot
        Last of the underlying, where the file does not say.
    symbol
        The underlying, where the file does not say.

    Raises
    ------
    DataError
        Naming file, row and column of what cannot be read.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError("there is no such file", where=str(path), mend="check the path")
    raw = _read(file, dict(columns or {}))
    return assemble(raw, time=time, spot=spot, symbol=symbol)


def read_chain(
    path: str | Path,
    *,
    date: dt.date | str | None = None,
    columns: Mapping[str, str] | None = None,
    time: str | None = None,
    spot: float | None = None,
    symbol: str | None = None,
) -> Chain:
    """Read the one chain of a file, or the one of a date from a file of many.

    Parameters
    ----------
    date
        Session of the quotes; needed where the file holds more than one.
    path, columns, time, spot, symbol
        As in :func:`read_chains`.

    Raises
    ------
    DataError
        If the file holds several chains and no date was given, or none of that date.
    """
    found = read_chains(path, columns=columns, time=time, spot=spot, symbol=symbol)
    if date is not None:
        found = tuple(chain for chain in found if str(chain.date) == str(date))
        if not found:
            raise DataError(f"no quotes of {date}", where=str(path), mend="choose another date")
    if len(found) > 1:
        raise DataError(
            f"{len(found)} chains, from {found[0].date} to {found[-1].date}",
            where=str(path),
            mend="give a date, and a symbol where there are several",
        )
    return found[0]


def _read(file: Path, columns: dict[str, str]) -> Raw:
    with file.open("rb") as stream:
        text = stream.read(_SNIFFED_BYTES).decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise DataError("the file is empty", where=file.name, mend="download it again")
    if text.lstrip()[0] in "{[":
        return read_json(file)
    for number, line in enumerate(text.splitlines()[:_HEADER_LINES]):
        delimiter = max(",;\t|", key=line.count)
        cells = [cell.strip().strip('"').strip() for cell in line.split(delimiter)]
        plain = {_plain(cell) for cell in cells}
        if {"calls", "puts", "strike"} <= plain:
            header = _sided(cells, f"{file.name}, row {number + 1}")
            sheet = Sheet(file, file.name, "columns", header, number, delimiter)
            return read_wide(sheet, text.splitlines()[:number])
        named = {_plain(cell) for cell in columns.values()}
        if named and not named <= plain:
            continue
        strikes = {name for name, means in LONG_NAMES.items() if means in ("strike", "contract")}
        if plain & (strikes | named) and len(cells) > 3:
            header = _single([_plain(cell) for cell in cells])
            sheet = Sheet(file, file.name, "columns", header, number, delimiter)
            return read_long(sheet, {name: _plain(cell) for name, cell in columns.items()})
    first = text.strip().splitlines()[0][:60]
    raise DataError(
        f"no header of an option chain in the first {_HEADER_LINES} lines ('{first}')",
        where=file.name,
        mend="name the columns: columns={'strike': …, 'expiry': …, 'kind': …, 'bid': …, 'ask': …}, "
        "on the console --column strike=HEADER and so on",
    )


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _single(cells: list[str]) -> tuple[str, ...]:
    """Return the cells, those that stand more than once numbered: ``bid``, ``bid.1``."""
    seen: dict[str, int] = {}
    made = []
    for cell in cells:
        count = seen[cell] = seen.get(cell, -1) + 1
        made.append(f"{cell}.{count}" if count else cell)
    return tuple(made)


def _sided(cells: list[str], where: str) -> tuple[str, ...]:
    """Return Cboe's header cells with those of the puts numbered: ``bid``, ``bid.1``.

    A table program may have numbered them before (``Bid.1``); then their order says nothing.
    Else a cell belongs to the side, *Calls* or *Puts*, that was named last before it.
    """
    if any(cell.endswith(".1") for cell in cells):
        return tuple(f"{_plain(c[:-2])}.1" if c.endswith(".1") else _plain(c) for c in cells)
    plain = [_plain(cell) for cell in cells]
    made, side = [], ""
    for cell in plain:
        side = cell if cell in ("calls", "puts") else side
        double = plain.count(cell) > 1
        made.append(f"{cell}.1" if double and side == "puts" else cell)
        if (double and not side) or made.count(made[-1]) > 1:
            raise DataError(
                f"'{cell}' is given twice, and it is not clear which is of the calls",
                where=where,
                mend="keep the columns of the calls after Calls and of the puts after Puts, "
                "or number those of the puts (Bid.1)",
            )
    return tuple(made)


def sample() -> Chain:
    """Return a chain of four made-up quotes, for examples.

    Examples
    --------
    >>> str(sample().expiries[0]), len(sample())
    ('2023-10-20 AM', 4)
    """
    nothing = np.full(4, np.nan)
    return Chain(
        symbol="SPX",
        time=np.datetime64("2023-09-14T16:31:00", "s"),
        spot=4505.1,
        root=np.array(["SPX"] * 4),
        expiry=np.array(["2023-10-20"] * 4, dtype="datetime64[D]"),
        strike=np.array([4400.0, 4400.0, 4500.0, 4500.0]),
        call=np.array([True, False, True, False]),
        bid=np.array([120.1, 37.4, 50.2, 65.5]),
        ask=np.array([121.0, 37.9, 50.9, 66.1]),
        last=nothing,
        volume=nothing,
        open_interest=nothing,
        iv=nothing,
        delta=nothing,
        gamma=nothing,
        theta=nothing,
        vega=nothing,
        traded=np.full(4, np.datetime64("NaT"), dtype="datetime64[s]"),
        row=np.arange(1, 5),
        file="sample",
        layout="made up",
    )
