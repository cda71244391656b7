"""Columns that a user's own tables bring: breadth, weights, fundamentals, macro values, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hedgerow.core.market import Origin
from hedgerow.data.events import event_columns, read_calendars
from hedgerow.data.fundamentals import read_fundamentals, read_vols
from hedgerow.data.layouts import Layout
from hedgerow.data.quality import Findings
from hedgerow.data.rows import read_rows, sensible
from hedgerow.data.screen import clean_index
from hedgerow.data.series import Column, Days, Series, known_before, measured, on
from hedgerow.data.tables import Sheet
from hedgerow.data.weights import from_holdings, from_tables

QUARTER = 100
"""Days for which a fundamental or macro value holds, unless a new one comes."""
LATER = "each value from the day after its date"

Sheets = Mapping[Layout, list[Sheet]]


def columns_beside(
    sessions: Days,
    vix: Column,
    sheets: Sheets,
    merged: Mapping[str, Series],
    findings: Findings,
) -> dict[str, Column]:
    """Return the columns of these tables on the sessions.

    Parameters
    ----------
    sessions
        **Shape** (T,).
    vix
        On the sessions: the index's volatility of an implied correlation.
    sheets
        Recognised tables, by layout.
    merged
        Plain dated columns, by name.
    findings
        Where every finding is written.

    Raises
    ------
    DataError
        If a cell cannot be read, a row stands twice or a holding's sector is unknown.
    """
    columns = _breadth(sessions, sheets, merged, findings)
    slow = [clean_index(merged[name], findings) for name in ("reer", "wacc") if name in merged]
    if fundamentals := sheets.get("fundamentals"):
        slow += read_fundamentals(fundamentals, findings)
    for part in slow:
        values = known_before(sessions, part, QUARTER)
        columns[part.column] = measured(values, f"{part.file}, {LATER}")
    if (shift := _shift(sheets, findings)) is not None:
        values = known_before(sessions, shift)
        columns["sector_shift"] = measured(values, f"{shift.file}, weekly shift, {LATER}")
    if vols := sheets.get("vols"):
        part = read_vols(vols, Series("vix", sessions, vix.values, ""), findings)
        values = on(sessions, part.dates, part.values)
        found = measured(values, f"{part.file}, implied correlation of these members and VIX")
        told = np.isfinite(values) & (vix.origin == Origin.MODELLED)
        codes = np.where(told, Origin.MODELLED, found.origin).astype(np.int8)
        columns["cor_members"] = replace(found, origin=codes)
    for kind, calendar in read_calendars(sheets.get("events", []), findings).items():
        columns |= event_columns(sessions, kind, calendar)
    return columns


def _breadth(
    sessions: Days, sheets: Sheets, merged: Mapping[str, Series], findings: Findings
) -> dict[str, Column]:
    if "breadth" in merged:
        part = merged["breadth"]
        return {
            "breadth": measured(on(sessions, part.dates, part.values), f"{part.file}, as given")
        }
    if not (counted := sheets.get("advances")):
        return {}
    rows = read_rows(counted, ["advances", "declines"], findings, word=None)
    up, down = (
        sensible(rows, name, 0.0, 1e5, "these are numbers of shares", findings)
        for name in ("advances", "declines")
    )
    known = np.isfinite(up - down)
    line = on(sessions, rows.date[known], np.cumsum((up - down)[known]))
    return {"breadth": measured(line, f"{rows.source}, advances less declines, summed up")}


def _shift(sheets: Sheets, findings: Findings) -> Series | None:
    tables, held = sheets.get("sector_weights", []), sheets.get("holdings", [])
    if tables:
        return from_tables(tables, findings)
    sectors = sheets.get("sectors", [])
    if held and sectors:
        return from_holdings(held, sectors[0], findings)
    if held:
        findings.add(
            "sectors-unknown",
            f"{len(held)} files of holdings say nothing of sectors without a table symbol,sector",
            action="noted",
            file=held[0].name,
            column="sector_shift",
            count=len(held),
            first=[sheet.name for sheet in held[:5]],
        )
    return None
