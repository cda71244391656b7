"""Calendars of known events: which sessions have one, and how many it is to the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hedgerow.core.expiry import holidays_around, sessions_between
from hedgerow.data.layouts import calendar_kind
from hedgerow.data.numbers import Place, to_days
from hedgerow.data.quality import Findings
from hedgerow.data.series import Column, Days, Floats, measured
from hedgerow.data.tables import Sheet, read_text
from hedgerow.errors import DataError

UNSCHEDULED = {
    "fomc": (
        *("2001-01-03", "2001-04-18", "2001-09-17", "2007-08-17", "2008-01-22", "2008-10-08"),
        *("2020-03-03", "2020-03-15"),
    )
}
"""Decisions of the FOMC between meetings since 2000 (federalreserve.gov, calendars of the years):
nobody knew of them the day before."""


class Calendar(NamedTuple):
    """Dates of one kind of event."""

    file: str
    date: Days
    """Sorted, **shape** (N,)."""
    known: Days
    """From when each is known; NaT for one that was always scheduled."""


def read_calendars(sheets: list[Sheet], findings: Findings) -> dict[str, Calendar]:
    """Read event calendars, by kind: ``fomc_dates.csv`` with ``date``, or ``date,kind``.

    A cell ``announced`` says from when a date was known.

    Raises
    ------
    DataError
        If a date cannot be read, or a row has no kind.
    """
    found: dict[str, list[tuple[np.datetime64, np.datetime64]]] = {}
    files: dict[str, list[str]] = {}
    for sheet in sheets:
        cells = [cell for cell in ("date", "kind", "announced") if cell in sheet.header]
        frame = read_text(sheet, list[str](cells))
        dates, known = (
            to_days(frame[cell], Place(sheet.name, cell, sheet.first_row))
            if cell in cells
            else np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[D]")
            for cell in ("date", "announced")
        )
        named = calendar_kind(sheet.path.stem)
        for row in np.flatnonzero(~np.isnat(dates)):
            kind = str(frame["kind"].iloc[row]).strip().lower() if "kind" in cells else named
            if not kind:
                raise DataError(
                    "the event has no kind",
                    where=f"{sheet.name}, row {sheet.first_row + row}, column kind",
                    mend="write fomc, cpi or ppi",
                )
            found.setdefault(kind, []).append((dates[row], known[row]))
            if sheet.name not in files.setdefault(kind, []):
                files[kind].append(sheet.name)
    return {
        kind: _calendar(kind, sorted(set(pairs), key=lambda pair: pair[0]), files[kind], findings)
        for kind, pairs in found.items()
    }


def _calendar(
    kind: str,
    pairs: list[tuple[np.datetime64, np.datetime64]],
    files: list[str],
    findings: Findings,
) -> Calendar:
    dates, known = (np.array(side, dtype="datetime64[D]") for side in zip(*pairs, strict=True))
    sudden = np.isin(dates, np.array(UNSCHEDULED.get(kind, ()), dtype="datetime64[D]"))
    sudden &= np.isnat(known)
    if sudden.any():
        findings.add(
            "event-unscheduled",
            f"{int(sudden.sum())} events were called at short notice and are known from their day",
            action="noted",
            file=files[0],
            column=f"event_{kind}",
            count=int(sudden.sum()),
            first=[str(day) for day in dates[sudden]],
        )
    return Calendar(", ".join(files), dates, np.where(sudden, dates, known))


def event_columns(sessions: Days, kind: str, calendar: Calendar) -> dict[str, Column]:
    """Return ``event_fomc``, 1 on the day, and ``event_fomc_in``, sessions to the next.

    An event on a day without a session counts on the session after.  Both are NaN before the
    calendar's first date, and once its last one has passed: what comes then is not known.

    Parameters
    ----------
    sessions
        **Shape** (T,).
    kind
        Such as ``fomc``.
    calendar
        Its dates.
    """
    happens = _session_of(calendar.date)
    always = np.isnat(calendar.known)
    away = _to_next(sessions, happens[always])
    for day, known in zip(happens[~always], calendar.known[~always], strict=True):
        told = (sessions >= known) & (sessions <= day)
        until = sessions_between(sessions[told], day).astype(np.float64)
        away[told] = np.fmin(away[told], until)
    away[sessions < calendar.date[0]] = np.nan
    on_day = np.where(np.isfinite(away), away == 0.0, np.nan)
    return {
        f"event_{kind}": measured(on_day, f"{calendar.file}, days of the events"),
        f"event_{kind}_in": measured(away, f"{calendar.file}, sessions to the next date"),
    }


def _session_of(dates: Days) -> Days:
    free = holidays_around(dates)
    return np.asarray(np.busday_offset(dates, 0, roll="forward", holidays=free))


def _to_next(sessions: Days, happens: Days) -> Floats:
    if not len(happens):
        return np.full(len(sessions), np.nan)
    place = np.searchsorted(happens, sessions)
    following = happens[np.minimum(place, len(happens) - 1)]
    away = sessions_between(sessions, np.maximum(following, sessions)).astype(np.float64)
    return np.where(place < len(happens), away, np.nan)
