"""Today: what a manager must know this morning."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from hedgerow.live.keeping.beats import last_beat, silent
from hedgerow.live.standing import LineSnapshot, Snapshot
from hedgerow.report.charts import SHOWN
from hedgerow.report.formats import number, percent, usd, usd_short
from hedgerow.web.pictures import Mark, gauge, lines, stairs
from hedgerow.web.reading import View
from hedgerow.web.rendering import page, view_of
from hedgerow.web.slips import latest

router = APIRouter(include_in_schema=False)


@router.get("/")
def today(request: Request) -> Response:
    """Show the state, the target, what is held and what is proposed."""
    view = view_of(request)
    snapshot = view.snapshot()
    waiting = latest(view.blotter.open_orders("proposed"))
    beat = last_beat(view.book.store, view.book.run)
    facts = {
        "snapshot": snapshot,
        "tiles": tiles,
        "lead": lead(snapshot, len(waiting)),
        "waiting": waiting,
        "charts": view.cached("today charts", lambda: charts(snapshot)) if snapshot else [],
        "lines": view.cached("today lines", lambda: told(snapshot)) if snapshot else [],
        "alarms": view.alarms(8),
        "received": latest_word(view),
        "beat": beat,
        "silent": silent(beat, view.book.clock()),
    }
    return page(request, "today.html", facts)


class LineShown(NamedTuple):
    """A line of the program with its pictures."""

    line: LineSnapshot
    gauges: list[Markup]
    stairs: Markup


def lead(snapshot: Snapshot | None, waiting: int) -> str:
    """Say the state in a sentence.

    Examples
    --------
    >>> lead(None, 0)
    'The run has decided nothing yet. No order waits for you.'
    """
    tail = {0: "No order waits for you.", 1: "One order waits for your word."}.get(
        waiting, f"{waiting} orders wait for your word."
    )
    if snapshot is None or not snapshot.session:
        return f"The run has decided nothing yet. {tail}"
    vix = "VIX is not known"
    if isfinite(snapshot.vix):
        modelled = " (modelled)" if snapshot.vix_modelled else ""
        vix = f"VIX stands at {number(snapshot.vix, 1)}{modelled}"
    acted = [line.line for line in snapshot.lines if line.acted]
    due = f"a rebalance of {_listed(acted)}" if acted else "no rebalance"
    return f"At the close of {snapshot.session} {vix}, and {due} was due. {tail}"


def told(snapshot: Snapshot) -> list[LineShown]:
    """Return every line with its pictures."""
    return [LineShown(line, gauges(line), stairs(marks(line))) for line in snapshot.lines]


def marks(line: LineSnapshot) -> list[Mark]:
    """Return the intensity of a line after each step."""
    return [Mark(str(step["kind"]), _number(step["after"])) for step in line.steps]


def gauges(line: LineSnapshot) -> list[Markup]:
    """Return where each signal of a line stands among its thresholds."""
    found = []
    for signal in dict.fromkeys(each.signal for each in line.thresholds):
        levels = [
            Mark(f"{each.step} {each.field}", each.level)
            for each in line.thresholds
            if each.signal == signal
        ]
        name = "VIX" if signal == "vix" else signal
        found.append(gauge(name, line.signals.get(signal, float("nan")), levels))
    return found


def charts(snapshot: Snapshot) -> list[tuple[str, Markup]]:
    """Return the last sessions as small charts, each with its heading."""
    series = snapshot.series
    dates: Sequence[str] = series["dates"]
    if not dates:
        return []
    return [
        ("VIX, points", lines("VIX", dates, {"VIX": series["vix"]}, SHOWN["points"])),
        ("Intensity by line", lines("Intensity", dates, series["x"], SHOWN["times"], [0.0])),
        ("NAV with the hedge, USD", lines("NAV", dates, {"NAV": series["nav"]}, usd_short)),
        (
            "Gain of the hedge by session, USD",
            lines("Gain of the hedge", dates, {"hedge": series["hedge"]}, usd_short, [0.0]),
        ),
    ]


def tiles(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """Return the figures at the head of the page: name, value and a word on it."""
    move = snapshot.nav / snapshot.before - 1.0 if snapshot.before else float("nan")
    budget = snapshot.budget
    used = "no limit"
    if budget.used is not None:
        used = f"of the year's budget; {percent(budget.passed, 0)} of the year has passed"
    elif budget.own:
        line, most = max(budget.own.items(), key=lambda each: each[1]["used"])
        used = f"{line} {percent(most['used'], 0)} of its {percent(most['limit'])} of NAV"
    used += f"; {budget.note}" * bool(budget.note)
    share = usd(budget.spent) if budget.used is None else percent(budget.used, 0)
    rv = snapshot.rv20 * 100.0
    return [
        ("VIX", number(snapshot.vix, 1), "modelled" if snapshot.vix_modelled else "as published"),
        (
            "Realised, 20 sessions",
            number(rv, 1),
            f"VIX less that: {number(snapshot.vix - rv, 1, sign=True)}",
        ),
        ("NAV", usd(snapshot.nav), f"{percent(move, 2)} in the session"),
        ("Hedge, this session", usd(snapshot.hedge), f"portfolio {usd(snapshot.portfolio)}"),
        ("Budget spent", share, used),
    ]


class Word(NamedTuple):
    """What a source said last of a session."""

    session: str
    source: str
    state: str
    time: int
    findings: tuple[str, ...]


def latest_word(view: View) -> Word | None:
    """Return the last word of a source, None where none was asked."""
    every = view.blotter.received.values()
    last = max(every, key=lambda each: (each.session, each.time), default=None)
    if last is None:
        return None
    return Word(last.session, last.source, last.state, last.time, last.findings)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"
