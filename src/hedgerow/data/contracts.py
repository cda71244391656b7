"""Contract files, panels and archives of VIX futures, read row by row."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.contract import MONTH_CODES
from hedgerow.core.settlement import vx_settlement
from hedgerow.data.futures import RANKS, TENFOLD_UNTIL, Quotes
from hedgerow.data.numbers import Days, Floats, Place, to_days, to_floats
from hedgerow.data.quality import Action, Findings
from hedgerow.data.tables import Sheet, read_text
from hedgerow.errors import DataError

_TENFOLD_ABOVE = 80.0
_PLACEHOLDER_MOVE = 0.4
_SYMBOL = re.compile(r"([FGHJKMNQUVXZ])\s*\(\s*[A-Za-z]{3,}\s+(\d{2}|\d{4})\s*\)")
_NAMED_DATE = re.compile(r"(?:^|[^0-9])(\d{4})-(\d{2})-(\d{2})$")
_NAMED_MONTH = re.compile(r"^cfe_([fghjkmnquvxz])(\d{2})_vx$", re.IGNORECASE)


@dataclass(frozen=True)
class Contract:
    """A contract file and the month it belongs to."""

    sheet: Sheet
    settlement: dt.date


def symbol_settlement(symbol: str) -> dt.date | None:
    """Return the settlement date of ``F (Jan 2013)`` or ``F (Jan 13)``, None if neither.

    Examples
    --------
    >>> symbol_settlement("M (Jun 2024)").isoformat()
    '2024-06-18'
    """
    match = _SYMBOL.fullmatch(symbol.strip())
    if match is None:
        return None
    year = int(match[2])
    return vx_settlement(year + 2000 if year < 100 else year, MONTH_CODES[match[1]])


def _contracts(
    sheets: Sequence[Sheet], findings: Findings, weeklies: bool
) -> list[tuple[Contract, bytes]]:
    """Tell monthly from weekly contract files by the expiry rule."""
    wanted, weekly, unknown = [], [], []
    for sheet in sheets:
        content = sheet.path.read_bytes()
        start = 0
        for _ in range(sheet.header_line + 1):
            start = content.find(b"\n", start) + 1 or len(content)
        body = content[start:].rstrip(b"\r\n") + b"\n"
        settlement = _settlement(sheet, body)
        if settlement is None:
            unknown.append(sheet.name)
        elif not (weeklies or settlement == vx_settlement(settlement.year, settlement.month)):
            weekly.append(sheet.name)
        elif body.strip():
            wanted.append((Contract(sheet, settlement), body))
    for rule, names, sentence in (
        ("contract-weekly", weekly, "weekly contract files are not ranked"),
        ("contract-unknown", unknown, "files do not tell their contract and are not used"),
    ):
        if names:
            findings.add(
                rule,
                f"{len(names)} {sentence}",
                action="noted",
                file=_folder(names),
                column="vx",
                count=len(names),
                first=names[:5],
            )
    return wanted


def _settlement(sheet: Sheet, body: bytes) -> dt.date | None:
    dated = _NAMED_DATE.search(sheet.path.stem)
    if dated:
        return dt.date(*(int(part) for part in dated.groups()))
    named = _NAMED_MONTH.match(sheet.path.stem)
    if named:
        return vx_settlement(2000 + int(named[2]), MONTH_CODES[named[1].upper()])
    last = body.decode(errors="replace").splitlines()[-1:]
    if not last:
        return None
    cells = last[0].split(sheet.delimiter)
    meant = symbol_settlement(cells[sheet.header.index("futures")])
    day = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", cells[0]) or re.fullmatch(
        r"(\d{4})-(\d{2})-(\d{2})", cells[0]
    )
    if meant is None or day is None:
        return None
    iso = cells[0] if "-" in cells[0] else f"{day[3]}-{day[1]}-{day[2]}"
    return meant if iso == meant.isoformat() else None


def read_contracts(
    sheets: Sequence[Sheet], findings: Findings, *, weeklies: bool = False
) -> Quotes | None:
    """Read all monthly contract files, a folder at a time.

    Parameters
    ----------
    sheets
        Files recognised as contracts.
    findings
        Where the quality rules write.
    weeklies
        Read the weekly contracts too, by the same rules, instead of naming them.

    Raises
    ------
    DataError
        Naming file, row and column of a cell that is no date or no number.
    """
    groups: dict[tuple[str, tuple[str, ...], str], list[tuple[Contract, bytes]]] = defaultdict(list)
    for contract, body in _contracts(sheets, findings, weeklies):
        sheet = contract.sheet
        folder = str(sheet.path.parent)
        groups[folder, sheet.header, sheet.delimiter].append((contract, body))
    parts = [_read_group(group, findings) for group in groups.values()]
    return Quotes.join(parts) if parts else None


_CELLS = ("trade date", "close", "settle", "total volume")


def _read_group(group: list[tuple[Contract, bytes]], findings: Findings) -> Quotes:
    """Read files of one folder and layout in one go, which is ten times faster."""
    try:
        return _read_joined(group, findings, b"".join(body for _, body in group))
    except (DataError, ValueError):
        # One file is bad: read them one by one, so that the error can name file and row.
        parts = [_read_joined([(c, body)], findings, body) for c, body in group]
        return Quotes.join(parts)


def _read_joined(group: list[tuple[Contract, bytes]], findings: Findings, body: bytes) -> Quotes:
    sheet = group[0][0].sheet
    frame = read_text(sheet, list(_CELLS), body)
    name = sheet.name if len(group) == 1 else _folder([c.sheet.name for c, _ in group])
    scratch = Findings()
    places = [Place(name, cell, sheet.first_row) for cell in _CELLS]
    dates = to_days(frame[_CELLS[0]], places[0])
    close, settle, volume = (to_floats(frame[place.column], place, scratch) for place in places[1:])
    lines = np.array([part.count(b"\n") for _, part in group])
    which = np.repeat(np.arange(len(group)), lines)
    if len(which) != len(dates):
        raise DataError(
            "a quoted field holds a line break", where=name, mend="write one row per line"
        )
    starts = np.cumsum(lines) - lines
    first = np.array([c.sheet.first_row for c, _ in group])
    rows = np.arange(len(dates)) - starts[which] + first[which]

    def shown(index: NDArray[np.intp]) -> list[str]:
        names = [group[which[i]][0].sheet.path.name for i in index[:5]]
        return [f"{n} {dates[i]} (row {rows[i]})" for n, i in zip(names, index, strict=False)]

    expiry = np.array([c.settlement for c, _ in group], dtype="datetime64[D]")[which]
    clean = _Clean(dates, expiry, settle, close, volume)
    findings.rows.extend(scratch.rows)
    for rule, index, action, sentence in clean.reports():
        findings.add(
            rule,
            f"{len(index)} {sentence}",
            action=action,
            file=name,
            column="vx",
            count=len(index),
            first=shown(index),
        )
    return clean.quotes()


class _Clean:
    """The quality rules of contract rows, vectorised over one folder."""

    def __init__(
        self, dates: Days, expiry: Days, settle: Floats, close: Floats, volume: Floats
    ) -> None:
        self.dates, self.expiry = dates, expiry
        settle, close = np.nan_to_num(settle), np.nan_to_num(close)
        self.from_close = (settle <= 0) & (close > 0)
        self.empty = (settle <= 0) & (close <= 0)
        price = np.where(self.from_close, close, settle)
        self.tenfold = (dates < TENFOLD_UNTIL) & (price > _TENFOLD_ABOVE)
        price = np.where(self.tenfold, price / 10.0, price)
        price[self.empty] = np.nan
        self.placeholder = self._placeholders(price, volume)
        price[self.placeholder] = np.nan
        self.price = price

    def _placeholders(self, price: Floats, volume: Floats) -> NDArray[np.bool_]:
        """Rows without trades whose price no neighbour of the same contract supports."""
        rows = np.flatnonzero(np.isfinite(price))
        out = np.zeros(len(price), dtype=bool)
        if len(rows) < 2:
            return out
        value, owner = price[rows], self.expiry[rows]
        far = np.abs(value[1:] / value[:-1] - 1.0) > _PLACEHOLDER_MOVE
        linked = owner[1:] == owner[:-1]
        after = np.append(far | ~linked, True)
        before = np.insert(far | ~linked, 0, True)
        lonely = after & before & (np.append(linked, False) | np.insert(linked, 0, False))
        # The settlement date's own row may well jump: it is the settlement value.
        lonely &= ~(np.nan_to_num(volume[rows]) > 0) & (self.dates[rows] != owner)
        out[rows[lonely]] = True
        return out

    def reports(
        self,
    ) -> list[tuple[str, NDArray[np.intp], Action, str]]:
        found: tuple[tuple[str, NDArray[np.bool_], Action, str], ...] = (
            ("price-x10", self.tenfold, "repaired", "settles quoted times ten were divided by ten"),
            (
                "settle-zero",
                self.from_close & ~self.placeholder,
                "repaired",
                "settles of zero took the close of the same row",
            ),
            (
                "settle-zero",
                self.empty,
                "dropped",
                "rows have neither settle nor close and were dropped",
            ),
            (
                "settle-placeholder",
                self.placeholder,
                "dropped",
                "settles without trades lie more than 40 % off their neighbours",
            ),
        )
        return [(r, np.flatnonzero(m), a, s) for r, m, a, s in found if m.any()]

    def quotes(self) -> Quotes:
        good = np.isfinite(self.price) & ~np.isnat(self.dates)
        trust = np.where(self.from_close, 2, 0).astype(np.int8)
        repaired = self.from_close | self.tenfold
        return Quotes(
            self.expiry[good], self.dates[good], self.price[good], trust[good], repaired[good]
        )


def read_panel(panel: Sheet, symbols: Sheet | None, findings: Findings) -> Quotes | None:
    """Read an M1 … M8 panel; which contract a cell belongs to, the symbols file tells.

    Without a symbols file the panel is not used: its own expiries are nominal.
    """
    if symbols is None:
        findings.add(
            "contract-unknown",
            "a panel without its symbols file does not tell its contracts and is not used",
            action="noted",
            file=panel.name,
            column="vx",
        )
        return None
    cells = [f"m{rank}" for rank in range(1, RANKS + 1) if f"m{rank}" in panel.header]
    cells = [cell for cell in cells if cell in symbols.header]
    values = read_text(panel, ["date", *cells])
    names = read_text(symbols, ["date", *cells])
    days = to_days(values["date"], Place(panel.name, "date", panel.first_row))
    named = to_days(names["date"], Place(symbols.name, "date", symbols.first_row))
    shared, here, there = np.intersect1d(days, named, return_indices=True)
    known: dict[str, dt.date | None] = {}
    parts, zeros = [], 0
    for cell in cells:
        settle = to_floats(values[cell], Place(panel.name, cell, panel.first_row), findings)[here]
        texts = names[cell].to_numpy()[there]
        for text in set(texts):
            if text not in known:
                known[text] = symbol_settlement(str(text))
        expiry = np.array([known[text] for text in texts], dtype="datetime64[D]")
        zeros += int(np.sum(settle <= 0))
        good = np.isfinite(settle) & (settle > 0) & ~np.isnat(expiry) & ~np.isnat(shared)
        count = int(good.sum())
        trust, repaired = np.ones(count, dtype=np.int8), np.zeros(count, dtype=bool)
        parts.append(Quotes(expiry[good], shared[good], settle[good], trust, repaired))
    if zeros:
        findings.add(
            "settle-zero",
            f"{zeros} settles of zero were dropped",
            action="dropped",
            file=panel.name,
            column="vx",
            count=zeros,
        )
    return Quotes.join(parts) if parts else None


def read_archive(sheet: Sheet, findings: Findings) -> dict[dt.date, float]:
    """Return final settlement values of monthly VIX futures by settlement date, points.

    Raises
    ------
    DataError
        If a month, year or price of a VX row is no number.
    """
    cells = ["symbol", "settlementmonth", "settlementyear", "settlementprice"]
    frame = read_text(sheet, cells)
    ours = np.flatnonzero(np.asarray(frame["symbol"] == "VX", dtype=bool))
    month, year, price = (
        to_floats(frame[cell], Place(sheet.name, cell, sheet.first_row), findings)[ours]
        for cell in cells[1:]
    )
    found: dict[dt.date, float] = {}
    tenfold = 0
    for at in np.flatnonzero(np.isfinite(month + year + price) & (price > 0)):
        day, value = vx_settlement(int(year[at]), int(month[at])), float(price[at])
        if np.datetime64(day, "D") < TENFOLD_UNTIL and value > _TENFOLD_ABOVE:
            value, tenfold = value / 10.0, tenfold + 1
        found[day] = value
    if tenfold:
        findings.add(
            "price-x10",
            f"{tenfold} final settlements quoted times ten were divided by ten",
            action="repaired",
            file=sheet.name,
            column="vx_final",
            count=tenfold,
        )
    return found


def _folder(names: Sequence[str]) -> str:
    folders = {name.rpartition("/")[0] or "." for name in names}
    return sorted(folders)[0] if len(folders) == 1 else f"{len(folders)} folders"
