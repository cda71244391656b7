"""Whether all is well with a running book, a sentence for each part."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from hedgerow.data.calendar import sessions
from hedgerow.engine.ledger.coding import clock as shown
from hedgerow.errors import HedgerowError
from hedgerow.live.chronicle import Chronicle
from hedgerow.live.clock import Clock
from hedgerow.live.hours import day_of, hours_from
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.beats import last_beat, silent
from hedgerow.live.settings import Settings, parse
from hedgerow.live.store import Store

State: TypeAlias = Literal["ok", "halted", "late", "stopped"]
"""All is well; a person has halted it; something is overdue; it goes on when a person has looked.

A person who halts knows of it, so that nobody has to be called: it is less than what is late.
"""
STATES: tuple[State, ...] = ("ok", "halted", "late", "stopped")

_RULES = "rule: "
"""How the name of a rule that halts begins; that of a person does not."""
_ROOM = 500 * 2**20
_BACK = 14
"""Days in which there is a session for certain."""


class Finding(NamedTuple):
    """What is said of one part."""

    part: str
    state: State
    text: str


class Health(NamedTuple):
    """How a book is."""

    state: State
    """The worst of the findings."""
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nobody has to be called."""
        return self.state in ("ok", "halted")


def health(
    store: Store,
    journal: Journal,
    clock: Clock,
    chronicle: Callable[[], Chronicle | None] | None = None,
) -> Health:
    """Look whether all is well with a running book.

    Parameters
    ----------
    store, journal
        The book, and the desk of the run.
    clock
        What time it is.
    chronicle
        Reads the run's ledger on, and returns it, None before the first decision; None: whoever
        asks keeps no ledger open, and it is not looked at.
    """
    now = clock()
    parts: dict[str, Callable[[], Finding]] = {
        "monitor": lambda: _monitor(store, journal.run, now),
        "session": lambda: _session(store, journal.run, now),
        "sources": lambda: _sources(journal),
        "switch": lambda: _switch(journal),
        "broker": lambda: _broker(journal),
        "disk": lambda: _disk(store),
        "database": lambda: _database(store),
    }
    if chronicle is not None:
        parts["ledger"] = lambda: _ledger(chronicle())
    findings = []
    for part, look in parts.items():
        try:
            findings.append(look())
        except HedgerowError as error:
            findings.append(Finding(part, "stopped", f"It cannot be looked at: {error}."))
    worst = max((finding.state for finding in findings), key=STATES.index)
    return Health(worst, tuple(findings))


def due_session(now: int, settings: Settings) -> str:
    """Return the date of the last session that should have been decided.

    Parameters
    ----------
    now
        Nanoseconds since 1970, UTC.
    settings
        A session is due when the patience with its source is over.

    Examples
    --------
    >>> monday_noon = 1_583_770_000 * 10**9  # 2020-03-09, 12:06 in New York
    >>> due_session(monday_noon, Settings())
    '2020-03-06'
    """
    today = day_of(now)
    due = ""
    for session in sessions(today - dt.timedelta(days=_BACK), today):
        if hours_from(session.date).close + settings.source.wait <= now:
            due = str(session.date)
    return due


def _monitor(store: Store, run: str, now: int) -> Finding:
    beat = last_beat(store, run)
    if beat is None:
        return Finding("monitor", "stopped", "No monitor has ever run.")
    said = f" It said: {beat.said}." if beat.said else ""
    if silent(beat, now):
        return Finding("monitor", "stopped", f"It was awake last at {_utc(beat.time)}.{said}")
    if beat.until:
        text = f"It has done what was due and ended, at {_utc(beat.time)}; the next run is missed "
        return Finding("monitor", "ok", f"{text}after {_utc(beat.until)}.{said}")
    return Finding("monitor", "ok", f"It is awake.{said}")


def _session(store: Store, run: str, now: int) -> Finding:
    kept, seen = store.kept(run), store.sessions(run)
    last = seen[-1] if seen else store.last(run)
    due = due_session(now, parse(kept.settings, store.where) if kept else Settings())
    told = f"{last} was decided last" if seen else f"The history ends on {last}"
    if last < due:
        return Finding("session", "late", f"{told}, and {due} is due.")
    return Finding("session", "ok", f"{told}; nothing is due.")


def _sources(journal: Journal) -> Finding:
    received = journal.blotter().received
    if not received:
        return Finding("sources", "ok", "None has been asked yet.")
    last = received[max(received)]
    if last.state == "refused":
        why = "; ".join(last.findings) or "no reason is given"
        return Finding("sources", "late", f"{last.source} was refused for {last.session}: {why}.")
    return Finding("sources", "ok", f"{last.source} was accepted for {last.session}.")


def _switch(journal: Journal) -> Finding:
    halted = journal.blotter().halted
    if halted is None:
        return Finding("switch", "ok", "Nothing is halted.")
    state: State = "stopped" if halted.who.startswith(_RULES) else "halted"
    return Finding("switch", state, f"Halted by {halted.who}: {halted.why}.")


def _broker(journal: Journal) -> Finding:
    last = journal.blotter().reconciled
    if last is None:
        return Finding("broker", "ok", "It has no positions of its own to compare.")
    if last.differences:
        text = f"Positions differ at {last.broker}: {'; '.join(last.differences)}."
        return Finding("broker", "stopped", text)
    return Finding("broker", "ok", f"Positions at {last.broker} agree.")


def _ledger(chronicle: Chronicle | None) -> Finding:
    if chronicle is None:
        return Finding("ledger", "ok", "The run has decided nothing yet.")
    return Finding("ledger", "ok", f"Its chain holds, {chronicle.head.count:,} records long.")


def _disk(store: Store) -> Finding:
    if not isinstance(store.place, Path):
        return Finding("disk", "ok", "It is the server's.")
    folder = store.place.resolve().parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("disk", "stopped", f"It cannot be asked ({error.strerror or error}).")
    text = f"{free / 2**20:,.0f} MiB are free."
    return Finding("disk", "ok" if free >= _ROOM else "late", text)


def _database(store: Store) -> Finding:
    if isinstance(store.place, Path) and not os.access(store.place, os.W_OK):
        return Finding("database", "stopped", "It may not be written.")
    with store.changing():  # takes the writer's lock, and gives it back
        return Finding("database", "ok", "It can be written.")


def _utc(time: int) -> str:
    return f"{shown(time)[:16]} UTC"
