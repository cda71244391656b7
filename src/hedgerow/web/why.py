"""Why: any past decision of the run, made again from its record."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hedgerow.errors import HedgerowError
from hedgerow.live.why import why as replayed
from hedgerow.web.rendering import page, view_of

router = APIRouter(include_in_schema=False)


@router.get("/why")
def why(request: Request, date: str = "", line: str = "") -> Response:
    """Show what a line saw at a session, each step of its policy, and what came of it."""
    view = view_of(request)
    watch = view.watch
    with view.alone():
        sessions = [] if watch is None else list(watch.chronicle.read().sessions)
    facts: dict[str, Any] = {"found": None, "error": None, "dates": (), "lines": ()}
    facts |= {"date": date[:10], "line": line, "before": "", "after": ""}
    if watch is None or not sessions:
        return page(request, "why.html", facts)
    dates = [session.date for session in sessions]
    lines = list(sessions[-1].decided)
    facts |= {"dates": (dates[0], dates[-1]), "lines": lines}
    facts |= {"date": date[:10] or dates[-1], "line": line or lines[0]}
    try:
        with view.alone():
            found = replayed(watch.chronicle, view.book.journal, facts["date"], facts["line"])
    except HedgerowError as error:
        return page(request, "why.html", {**facts, "error": error}, 422)
    at = dates.index(found.session)
    facts |= {"found": found, "date": found.session}
    facts |= {"before": dates[at - 1] if at else "", "after": (*dates, "")[at + 1]}
    return page(request, "why.html", facts)
