"""The banner of a demonstration, and its three buttons."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from hedgerow.engine.ledger.desk_events import Acted
from hedgerow.live.demo import Demo
from hedgerow.web.people import Person, Somebody
from hedgerow.web.rendering import back, page, view_of

router = APIRouter(prefix="/demo", include_in_schema=False)
"""Included where there is a demonstration alone."""


@router.get("")
def banner(request: Request) -> Response:
    """Show how far it is."""
    return page(request, "demo.html")


@router.post("")
def turn(
    request: Request,
    what: Annotated[Literal["pause", "go", "next"], Form()],
    person: Person = Somebody,
) -> Response:
    """Pause it, let it go on, or play one session more; written down like every act."""
    demo: Demo = request.app.state.demo
    pace, journal = demo.pace, view_of(request).book.journal
    journal.write(lambda _: [Acted(journal.clock(), person.name, f"demo: {what}", {})])
    pace.paused = what != "go"
    pace.hurried = what == "next"
    return RedirectResponse(back(request), status_code=303)
