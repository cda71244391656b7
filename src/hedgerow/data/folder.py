"""A folder of vendors' files to a market: find, recognise, merge, align."""

from __future__ import annotations

import datetime as dt
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np

from hedgerow.core.market import Market, Origin
from hedgerow.data import builtin, series
from hedgerow.data.beside import columns_beside
from hedgerow.data.contracts import read_archive, read_contracts, read_panel
from hedgerow.data.futures import Quotes, ranked, single
from hedgerow.data.layouts import Layout
from hedgerow.data.quality import Findings
from hedgerow.data.screen import (
    clean_index,
    clean_opening,
    clean_other,
    clean_prices,
    clean_vol,
    note_missing,
)
from hedgerow.data.series import Column, Days, Floats, Series
from hedgerow.data.tables import FUNDS, OPENINGS, Sheet, read_columns, read_parquet, recognise
from hedgerow.errors import DataError

DEPTH = 4
"""How many folders deep the files may lie."""
OPTIONAL = ("vix9d", "vix3m", "vix6m", "vvix", "skew", "cor1m")
"""Index columns taken as published on their own dates, empty elsewhere."""
MORNINGS = {"open": "first prints of the day", "soq": "special opening quotations"}
"""What is known of an index's mornings, and its words: ``spx_open``, ``ndx_soq``, …"""
OTHERS = {"ndx": clean_other, "rut": clean_other, "vxn": clean_vol, "rvx": clean_vol}
"""Indices beside the S&P 500 that sleeves may be written on, and their own VIX: their screens."""

SIMULATED = "simulated"
"""How names of files begin whose numbers a model made: nothing in them counts as measured."""

_SAME = 2e-4
_PER_CENT = frozenset({"dff", "dgs3mo", "hy_spread"})


@dataclass
class _Found:
    """What lies in the folder, by kind."""

    columns: dict[str, list[Series]] = field(default_factory=lambda: defaultdict(list))
    contracts: list[Sheet] = field(default_factory=list)
    panels: list[Sheet] = field(default_factory=list)
    symbols: list[Sheet] = field(default_factory=list)
    archives: list[Sheet] = field(default_factory=list)
    beside: dict[Layout, list[Sheet]] = field(default_factory=lambda: defaultdict(list))


def read_folder(path: Path, findings: Findings) -> Market:
    """Read a folder, or one file, into a market of all sessions with an index and a VIX.

    Parameters
    ----------
    path
        Folder or file.
    findings
        Where every finding is written.

    Raises
    ------
    DataError
        If the path does not exist, holds no S&P 500, or a quality rule refuses a file.
    """
    if not path.exists():
        raise DataError(
            f"'{path}' does not exist",
            where="data",
            mend="give an existing folder, or 'builtin', or run `hedgerow data fetch`",
        )
    found = _find(path, findings)
    _one_path(found, path)
    merged = {name: _merge(name, parts, findings) for name, parts in found.columns.items()}
    if "spx" not in merged:
        raise DataError(
            "no S&P 500 closes were recognised among the files"
            + (f" (found: {', '.join(sorted(merged))})" if merged else ""),
            where=str(path),
            mend="add a CSV named like spx.csv or ^GSPC.csv with Date and Close",
        )
    spx = clean_prices(merged["spx"], findings)
    columns = {"spx": series.measured(spx.values, f"{spx.file}, published closes")}
    columns["vix"] = _vix(spx, merged.get("vix"), findings)
    keep = np.isfinite(columns["vix"].values)
    if "vix" in merged:
        keep = _within(spx.dates, keep, findings)
    columns |= _indices(spx.dates, merged, findings)
    columns |= _mornings(spx.dates, columns, merged, findings)
    columns |= _futures(spx.dates, found, findings)
    columns |= _rates(spx, merged)
    columns |= columns_beside(spx.dates, columns["vix"], found.beside, merged, findings)
    columns = {name: _as_made(column) for name, column in columns.items()}
    market = Market(
        spx.dates[keep],
        {name: column.values[keep] for name, column in columns.items()},
        {name: column.origin[keep] for name, column in columns.items()},
        {name: column.source for name, column in columns.items()},
    )
    note_missing(market.dates.astype("datetime64[D]"), spx.file, findings)
    for name in ("vix", "vxn", "rvx"):
        _note_gaps(market, merged.get(name), findings)
    return market


def _made(file: str) -> bool:
    return Path(file).name.startswith(SIMULATED)


def _one_path(found: _Found, path: Path) -> None:
    """Refuse several simulated paths: merged, they would be none of them."""
    made = sorted({part.file for part in found.columns.get("spx", ()) if _made(part.file)})
    if len(made) > 1:
        raise DataError(
            f"the folder holds {len(made)} simulated paths",
            where=str(path),
            mend=f"name one of them: {path / made[0]}",
        )


def _as_made(column: Column) -> Column:
    """Return a column of a simulated file as modelled: it says so wherever it is shown."""
    file, _, words = column.source.partition(", ")
    if not _made(file):
        return column
    told = np.isin(column.origin, [Origin.MEASURED, Origin.REPAIRED])
    origin = np.where(told, Origin.MODELLED, column.origin).astype(np.int8)
    words = words.replace("published", "simulated")
    return Column(column.values, origin, f"{file}, {words}")


def _find(path: Path, findings: Findings) -> _Found:
    found = _Found()
    unused: list[str] = []
    by_kind: dict[str, list[Sheet]] = {
        "contract": found.contracts,
        "panel": found.panels,
        "symbols": found.symbols,
        "archive": found.archives,
        **{layout: found.beside[layout] for layout in get_args(Layout)},
    }
    for file, name in files_in(path):
        suffix = file.suffix.lower()
        parts: list[Series] = []
        if suffix == ".parquet":
            parts = read_parquet(file, name, findings)
        elif suffix == ".csv":
            sheet = recognise(file, name)
            if sheet is not None and sheet.kind in by_kind:
                by_kind[sheet.kind].append(sheet)
                continue
            parts = list(read_columns(sheet, findings)) if sheet else []
        if not parts:
            unused.append(name)
        for part in parts:
            found.columns[part.column].append(part)
    if unused:
        findings.add(
            "not-used",
            f"{len(unused)} files are not used by this loader",
            action="noted",
            file=path.name,
            column="",
            count=len(unused),
            first=unused[:5],
        )
    return found


def files_in(path: Path) -> Iterator[tuple[Path, str]]:
    """Return the data files of a folder, or the one file, with their names in it, sorted."""
    if path.is_file():
        yield path, path.name
        return
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        depth = len(here.relative_to(path).parts)
        folders[:] = sorted(f for f in folders if not f.startswith(".")) if depth < DEPTH else []
        for name in sorted(files):
            if not name.startswith(".") and not name.endswith((".part", ".json", ".toml", ".md")):
                yield here / name, (here / name).relative_to(path).as_posix()


def _merge(column: str, parts: list[Series], findings: Findings) -> Series:
    """Join files of one column: the one that reaches furthest wins, then the longest."""
    ordered = sorted(parts, key=lambda s: (-int(s.dates[-1].astype(int)), -len(s.dates), s.file))
    best = ordered[0]
    dates, values = best.dates, best.values
    files = [best.file]
    for other in ordered[1:]:
        theirs = series.on(dates, other.dates, other.values)
        slack = _SAME * np.maximum(np.abs(values), 1.0)
        differ = np.flatnonzero(np.abs(theirs - values) > slack)
        if len(differ):
            findings.add(
                "source-conflict",
                f"{len(differ)} values differ from {best.file}, which is used",
                action="noted",
                file=other.file,
                column=column,
                count=len(differ),
                first=[f"{dates[i]}: {values[i]:g} used, {theirs[i]:g} not" for i in differ[:5]],
            )
        union = np.union1d(dates, other.dates)
        ours = series.on(union, dates, values)
        more = np.isnan(ours) & np.isfinite(series.on(union, other.dates, other.values))
        if more.any():
            files.append(other.file)
        values = np.where(more, series.on(union, other.dates, other.values), ours)
        dates = union
    if column in _PER_CENT:
        values = values / 100.0
    return Series(column, dates, values, ", ".join(files))


def _vix(spx: Series, published: Series | None, findings: Findings) -> Column:
    if published is not None:
        return clean_vol(spx.dates, published, findings)
    model = builtin.fitted()
    findings.add(
        "vix-modelled",
        "the folder has no VIX; it is modelled from the index on every session",
        action="noted",
        file="data",
        column="vix",
        count=len(spx.dates),
    )
    codes = np.full(len(spx.dates), Origin.MODELLED, dtype=np.int8)
    source = (
        "no published VIX in the folder: modelled from the index by non-negative least squares "
        f"fitted on {model.first} … {model.last} alone"
    )
    return Column(model(spx.values), codes, source)


def _within(dates: Days, known: np.ndarray, findings: Findings) -> np.ndarray:
    """Keep the sessions from the first to the last known VIX."""
    rows = np.flatnonzero(known)
    keep = np.zeros(len(known), dtype=bool)
    keep[rows[0] : rows[-1] + 1] = True
    for count, edge in (
        (int(rows[0]), f"before {dates[rows[0]]}"),
        (len(known) - 1 - int(rows[-1]), f"after {dates[rows[-1]]}"),
    ):
        if count:
            findings.add(
                "edge-trimmed",
                f"{count} sessions {edge} have an index but no VIX and are left out",
                action="noted",
                file="data",
                column="vix",
                count=count,
            )
    return keep


def _note_gaps(market: Market, published: Series | None, findings: Findings) -> None:
    """Name each stretch without a VIX, VXN or RVX between two days that have one."""
    if published is None:
        return
    name = published.column
    known = np.flatnonzero(np.isfinite(market[name]))
    gap = np.setdiff1d(np.arange(known[0], known[-1]), known) if len(known) else known
    if not len(gap):
        return
    then = "no run may cross it" if name == "vix" else "there its model is used"
    for run in np.split(gap, np.flatnonzero(np.diff(gap) > 1) + 1):
        findings.add(
            "nan-run",
            f"no usable {name.upper()} from {market.dates[run[0]]} to {market.dates[run[-1]]}, "
            f"more than 3 sessions running; it stays unknown and {then}",
            action="noted",
            file=published.file,
            column=name,
            count=len(run),
        )


def _indices(sessions: Days, merged: Mapping[str, Series], findings: Findings) -> dict[str, Column]:
    columns = {}
    for name in OPTIONAL:
        if name in merged:
            part = clean_index(merged[name], findings)
            values = series.on(sessions, part.dates, part.values)
            columns[name] = series.measured(values, f"{part.file}, published closes")
    for name, screen in OTHERS.items():
        if name in merged:
            columns[name] = screen(sessions, merged[name], findings)
    for name in sorted(FUNDS.intersection(merged)):
        column = clean_other(sessions, merged[name], findings)
        source = f"{merged[name].file}, closes of a fund, adjusted where the file adjusts them"
        columns[name] = replace(column, source=source)
    return columns


def _mornings(
    sessions: Days,
    closes: Mapping[str, Column],
    merged: Mapping[str, Series],
    findings: Findings,
) -> dict[str, Column]:
    columns = {}
    for index in OPENINGS:
        for what, words in MORNINGS.items():
            name = f"{index}_{what}"
            if name in merged and index in closes:
                part = merged[name]
                values = series.on(sessions, part.dates, part.values)
                known = Series(name, sessions, values, part.file)
                kept = clean_opening(known, closes[index].values, findings).values
                columns[name] = series.measured(kept, f"{part.file}, {words}")
    return columns


def read_futures(path: Path, findings: Findings) -> Quotes | None:
    """Read every VIX future of a folder, monthly and weekly, one row per contract and date.

    Parameters
    ----------
    path
        Folder or file.
    findings
        Where every finding is written.
    """
    found = _find(path, findings)
    quotes = _quotes(found, findings, weeklies=True)
    return None if quotes is None else single(quotes, findings)


def _quotes(found: _Found, findings: Findings, *, weeklies: bool) -> Quotes | None:
    parts = [read_contracts(found.contracts, findings, weeklies=weeklies)]
    for panel in found.panels:
        beside = [s for s in found.symbols if s.path.parent == panel.path.parent]
        parts.append(read_panel(panel, beside[0] if beside else None, findings))
    known = [part for part in parts if part is not None and len(part.date)]
    return Quotes.join(known) if known else None


def _futures(sessions: Days, found: _Found, findings: Findings) -> dict[str, Column]:
    quotes = _quotes(found, findings, weeklies=False)
    if quotes is None:
        return {}
    archive: dict[dt.date, float] = {}
    for sheet in found.archives:
        archive |= read_archive(sheet, findings)
    return ranked(sessions, quotes, archive, findings)


def _rates(spx: Series, merged: Mapping[str, Series]) -> dict[str, Column]:
    sessions = spx.dates
    daily = [merged[name] for name in ("dgs3mo", "dff") if name in merged]
    columns = {"rate": series.bill_rate(sessions, daily, *builtin.bill_rates())}
    total: Floats | None = None
    if "spx_tr" in merged:
        part = merged["spx_tr"]
        total = series.on(sessions, part.dates, part.values)
        columns["spx_tr"] = series.measured(total, f"{part.file}, published closes")
    columns["dividend_yield"] = series.dividend_yield(spx.values, total)
    if "hy_spread" in merged:
        spread = series.known_before(sessions, merged["hy_spread"])
        source = f"{merged['hy_spread'].file}, each value from the day after its date"
        columns["hy_spread"] = series.measured(spread, source)
    return columns
