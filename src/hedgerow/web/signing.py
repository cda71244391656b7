"""Signing in and out, and the colours that somebody likes."""

from __future__ import annotations

import logging
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from hedgerow.engine.ledger.desk_events import Acted
from hedgerow.errors import AccessError
from hedgerow.live.keeping.users import TooOftenError
from hedgerow.web.doors import Doors
from hedgerow.web.people import Person, Somebody
from hedgerow.web.push import Herald
from hedgerow.web.rendering import THEMES, back, page, view_of

router = APIRouter(include_in_schema=False)

_log = logging.getLogger("hedgerow.web")


@router.get("/login")
def door(request: Request) -> Response:
    """Show the form to sign in."""
    if request.scope.get("person") is not None:
        return RedirectResponse("/", status_code=303)
    return _form(request)


@router.post("/login")
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=1024)],
) -> Response:
    """Sign in."""
    doors = _doors(request)
    try:
        ticket = doors.enter(request, name, password)
    except AccessError as error:
        _log.warning("a sign-in was refused: %s", error.what)
        if not isinstance(error, TooOftenError):  # of those there may be any number
            _write(request, doors.known(name), "sign-in refused")
        return _form(request, error, status=403)
    _write(request, doors.known(name), "signed in")
    answer = RedirectResponse("/", status_code=303)
    _keep(answer, doors, doors.cookie, ticket.token)
    answer.delete_cookie("entry")
    return answer


@router.post("/logout")
def sign_out(request: Request, person: Person = Somebody) -> Response:
    """Sign out."""
    doors = _doors(request)
    if doors.guarded():
        doors.leave(request)
        herald: Herald = request.app.state.herald
        herald.dismiss(person)
        _write(request, person.name, "signed out")
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(doors.cookie, secure=doors.secure, httponly=True, samesite="strict")
    return answer


@router.post("/theme")
def choose(request: Request, theme: Annotated[str, Form(max_length=8)]) -> Response:
    """Keep the colours that a reader likes in a cookie, and go back to the page."""
    answer = RedirectResponse(back(request), status_code=303)
    kept = theme if theme in THEMES else "auto"
    _keep(answer, _doors(request), "theme", kept, max_age=31_536_000)
    return answer


def _form(request: Request, error: AccessError | None = None, status: int = 200) -> Response:
    doors, token = _doors(request), secrets.token_urlsafe(32)
    answer = page(request, "login.html", {"entry": token, "error": error}, status)
    _keep(answer, doors, "entry", token)
    return answer


def _keep(
    answer: Response, doors: Doors, name: str, value: str, max_age: int | None = None
) -> None:
    answer.set_cookie(
        name, value, max_age=max_age, httponly=True, samesite="strict", secure=doors.secure
    )


def _write(request: Request, who: str, action: str) -> None:
    address = request.client.host if request.client else ""
    facts: dict[str, Any] = {"address": address}
    journal = view_of(request).book.journal
    journal.write(lambda _: [Acted(journal.clock(), who, action, facts)])


def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors
