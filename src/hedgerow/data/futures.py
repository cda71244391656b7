"""VIX futures: contract files and panels to ranked monthly columns."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Origin
from hedgerow.data.calendar import vx_settlement
from hedgerow.data.numbers import Days, Floats, Place, to_days, to_floats
from hedgerow.data.quality import Action, Findings
from hedgerow.data.series import Column
from hedgerow.data.tables import Sheet, read_text
from hedgerow.errors import DataError

RANKS = 8
"""Monthly contracts kept: ``vx1`` … ``vx8``."""

MONTH_CODES = {code: month for month, code in enumerate("FGHJKMNQUVXZ", start=1)}
TENFOLD_UNTIL = np.datetime64("2007-03-26")
"""Before this date VIX futures were quoted at ten times the index."""

_TENFOLD_ABOVE = 80.0
_PLACEHOLDER_MOVE = 0.4
_CONFLICT = 0.5
_LISTED_MONTHLY = dt.date(2005, 11, 1)
_SYMBOL = re.compile(r"([FGHJKMNQUVXZ])\s*\(\s*[A-Za-z]{3,}\s+(\d{2}|\d{4})\s*\)")
_NAMED_DATE = re.compile(r"(?:^|[^0-9])(\d{4})-(\d{2})-(\d{2})$")
_NAMED_MONTH = re.compile(r"^cfe_([fghjkmnquvxz])(\d{2})_vx$", re.IGNORECASE)

Rank = NDArray[np.int8]


class Quotes(NamedTuple):
    """Settles of monthly contracts, one row per contract and trade date, **shape** (N,)."""

    contract: Days
    """Final settlement date of the contract."""
    date: Days
    settle: Floats
    trust: Rank
    """0 a contract file's settle, 1 a panel's settle, 2 a close for want of a settle."""
    repaired: NDArray[np.bool_]

    @classmethod
    def join(cls, parts: Sequence[Quotes]) -> Quotes:
        """Return all rows of all parts."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def pick(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Quotes:
        """Return these rows of every column."""
        return Quotes(
            self.contract[rows],
            self.date[rows],
            self.settle[rows],
            self.trust[rows],
            self.repaired[rows],
        )


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


def _contracts(sheets: Sequence[Sheet], findings: Findings) -> list[tuple[Contract, bytes]]:
    """Tell monthly from weekly contract files by the expiry rule."""
    monthly, weekly, unknown = [], [], []
    for sheet in sheets:
        content = sheet.path.read_bytes()
        start = 0
        for _ in range(sheet.header_line + 1):
            start = content.find(b"\n", start) + 1 or len(content)
        body = content[start:].rstrip(b"\r\n") + b"\n"
        settlement = _settlement(sheet, body)
        if settlement is None:
            unknown.append(sheet.name)
        elif settlement != vx_settlement(settlement.year, settlement.month):
            weekly.append(sheet.name)
        elif body.strip():
            monthly.append((Contract(sheet, settlement), body))
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
    return monthly


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


def read_contracts(sheets: Sequence[Sheet], findings: Findings) -> Quotes | None:
    """Read all monthly contract files, a folder at a time.

    Raises
    ------
    DataError
        Naming file, row and column of a cell that is no date or no number.
    """
    groups: dict[tuple[str, tuple[str, ...], str], list[tuple[Contract, bytes]]] = defaultdict(list)
    for contract, body in _contracts(sheets, findings):
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


def ranked(
    sessions: Days, quotes: Quotes, archive: dict[dt.date, float], findings: Findings
) -> dict[str, Column]:
    """Return ``vx1`` … ``vx8``, their expiries and ``vx_final``, each **shape** (T,).

    Rank 1 is the nearest monthly expiry after the session: a contract settles at the
    open of its settlement date and has left the ranks by that day's close.  Ranks go by
    the calendar, so a contract without prices leaves its rank empty.

    Parameters
    ----------
    sessions
        **Shape** (T,), at least one on or after the first quote.
    quotes
        Rows of any order; where a contract and date stand several times the most trusted
        wins and a difference of more than half a point is a finding.
    archive
        Final settlement values by settlement date, points.
    findings
        Where conflicts and missing contracts are written.
    """
    quotes = _single(quotes, findings)
    expiries = _expiries(quotes)
    _name_missing(expiries, quotes, findings)
    slot = np.searchsorted(sessions, quotes.date)
    on_session = slot < len(sessions)
    on_session &= sessions[np.minimum(slot, len(sessions) - 1)] == quotes.date
    rank = (
        np.searchsorted(expiries, quotes.contract)
        - np.searchsorted(expiries, quotes.date, side="right")
        + 1
    )
    era = (sessions >= quotes.date.min()) & (sessions <= quotes.date.max())
    nearest = np.searchsorted(expiries, sessions, side="right")
    columns: dict[str, Column] = {}
    source = "monthly Cboe VIX futures settles from contract files, then panel; ranked by expiry"
    for number in range(1, RANKS + 1):
        rows = on_session & (rank == number) & (quotes.date < quotes.contract)
        values = np.full(len(sessions), np.nan)
        codes = np.full(len(sessions), Origin.MISSING, dtype=np.int8)
        values[slot[rows]] = quotes.settle[rows]
        codes[slot[rows]] = np.where(quotes.repaired[rows], Origin.REPAIRED, Origin.MEASURED)
        columns[f"vx{number}"] = Column(values, codes, source)
        ahead = np.minimum(nearest + number - 1, len(expiries) - 1)
        days = np.where(era, expiries[ahead].astype(np.float64), np.nan)
        codes = np.where(era, Origin.MEASURED, Origin.MISSING).astype(np.int8)
        rule = "final settlement dates by the exchange's rule, days since 1970-01-01"
        columns[f"vx{number}_expiry"] = Column(days, codes, rule)
    columns["vx_final"] = _finals(sessions, quotes, slot, archive, findings)
    return columns


def _finals(
    sessions: Days,
    quotes: Quotes,
    slot: NDArray[np.intp],
    archive: dict[dt.date, float],
    findings: Findings,
) -> Column:
    values = np.full(len(sessions), np.nan)
    codes = np.full(len(sessions), Origin.MISSING, dtype=np.int8)
    rows = (slot < len(sessions)) & (quotes.date == quotes.contract) & (quotes.trust == 0)
    rows[rows] = sessions[slot[rows]] == quotes.date[rows]
    values[slot[rows]] = quotes.settle[rows]
    codes[slot[rows]] = np.where(quotes.repaired[rows], Origin.REPAIRED, Origin.MEASURED)
    differ = []
    for day, value in archive.items():
        date = np.datetime64(day, "D")
        at = int(np.searchsorted(sessions, date))
        if at < len(sessions) and sessions[at] == date:
            if abs(values[at] - value) > _CONFLICT:
                differ.append(f"{day}: {values[at]:g} in the contract file, {value:g} here")
            values[at] = value
            codes[at] = Origin.REPAIRED if date < TENFOLD_UNTIL else Origin.MEASURED
    if differ:
        findings.add(
            "source-conflict",
            f"{len(differ)} final settlements differ by more than {_CONFLICT} from the contract "
            "files; the exchange's archive is used",
            action="noted",
            file="final settlement archive",
            column="vx_final",
            count=len(differ),
            first=differ[:5],
        )
    source = "final settlement values of monthly VIX futures on their settlement dates"
    return Column(values, codes, source)


def _single(quotes: Quotes, findings: Findings) -> Quotes:
    order = np.lexsort((quotes.trust, quotes.date, quotes.contract))
    rows = quotes.pick(order)
    repeat = np.zeros(len(order), dtype=bool)
    repeat[1:] = (rows.contract[1:] == rows.contract[:-1]) & (rows.date[1:] == rows.date[:-1])
    winner = np.maximum.accumulate(np.where(repeat, 0, np.arange(len(order))))
    differ = np.flatnonzero(
        repeat & (np.abs(rows.settle - rows.settle[winner]) > _CONFLICT) & (rows.trust < 2)
    )
    if len(differ):
        findings.add(
            "source-conflict",
            f"{len(differ)} settles differ by more than {_CONFLICT} point between sources; "
            "contract files win over panels",
            action="noted",
            file="VIX futures",
            column="vx",
            count=len(differ),
            first=[
                f"{rows.contract[i]} on {rows.date[i]}: {rows.settle[winner[i]]:g} used, "
                f"{rows.settle[i]:g} not"
                for i in differ[:5]
            ],
        )
    return rows.pick(~repeat)


def _expiries(quotes: Quotes) -> Days:
    """All monthly expiries from the first quote on to eight months past the last."""
    first = quotes.date.min().astype("datetime64[M]")
    last = max(quotes.contract.max(), quotes.date.max()).astype("datetime64[M]")
    months = np.arange(max(first, np.datetime64("2004-01")), last + np.timedelta64(RANKS + 2, "M"))
    days = [vx_settlement(int(str(m)[:4]), int(str(m)[5:])) for m in months]
    return np.array(days, dtype="datetime64[D]")


def _name_missing(expiries: Days, quotes: Quotes, findings: Findings) -> None:
    before = quotes.date < quotes.contract
    have = np.unique(quotes.contract[before])
    span = expiries[(expiries >= have[0]) & (expiries <= have[-1])]
    lacking = [str(day) for day in span[~np.isin(span, have)]]
    unlisted = [day for day in lacking if day < str(_LISTED_MONTHLY)]
    lost = [day for day in lacking if day >= str(_LISTED_MONTHLY)]
    for days, why in (
        (lost, "have no prices in these files, and their ranks stay empty"),
        (unlisted, "of 2004 and 2005, when not every month was listed, have no prices"),
    ):
        if days:
            findings.add(
                "contract-missing",
                f"the monthly contracts {', '.join(day[:7] for day in days)} {why}",
                action="noted",
                file="VIX futures",
                column="vx",
                count=len(days),
                first=days,
            )
