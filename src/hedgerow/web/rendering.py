"""Pages from templates: what all of them share, and how a refusal looks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from hedgerow import __version__
from hedgerow.core.over_the_counter import readable
from hedgerow.live.hours import moment
from hedgerow.report import formats
from hedgerow.web.people import Person
from hedgerow.web.reading import View

NAV = (
    ("/", "Today"),
    ("/orders", "Orders"),
    ("/book", "Book"),
    ("/performance", "Performance"),
    ("/why", "Why"),
    ("/lab", "Lab"),
    ("/data", "Data"),
)
"""Pages by address, in the order of the navigation; those that are not there are left out."""

THEMES = ("auto", "light", "dark")


def view_of(request: Request) -> View:
    """Return what the pages read the book through."""
    view: View = request.app.state.view
    return view


def page(
    request: Request, template: str, facts: Mapping[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """Return a page: a template that extends ``base.html``, with its facts.

    Parameters
    ----------
    request
        Who asks, and for what.
    template
        Name of a file in ``web/templates``.
    facts
        What it names besides ``person``, ``csrf``, ``run``, ``theme`` and ``halted``.
    status
        Of the answer.
    """
    person: Person | None = request.scope.get("person")
    shared = {
        "path": request.scope["path"],
        "here": here(request),
        "nav": [each for each in NAV if each[0] in request.app.state.pages],
        "person": person,
        "csrf": "" if person is None else person.csrf,
        "run": request.app.state.book.run,
        "seen": request.app.state.herald.mark,
        "theme": theme_of(request),
        "halted": None if person is None else view_of(request).blotter.halted,
        "signed": request.app.state.doors.guarded(),
        "demo": request.app.state.demo,
        "version": __version__,
        "not_advice": formats.NOT_ADVICE,
    }
    text = environment().get_template(template).render({**shared, **(facts or {})})
    return HTMLResponse(text, status_code=status)


def refusal(request: Request, status: int, what: str, mend: str = "") -> Response:
    """Return a refusal, as a page or as JSON, as who asks would have it; it tells no internals."""
    if request.scope["path"].startswith("/api/"):
        return JSONResponse({"error": what, "mend": mend}, status_code=status)
    facts = {"status": status, "what": what, "mend": mend}
    try:
        return page(request, "refused.html", facts, status)
    except Exception:  # the book itself may be what fails
        return Response(f"{what}\n", status_code=status, media_type="text/plain")


def theme_of(request: Request) -> str:
    """Return the colours that a reader chose: ``auto``, ``light`` or ``dark``."""
    asked = request.cookies.get("theme", "auto")
    return asked if asked in THEMES else "auto"


def here(request: Request) -> str:
    """Return the address of the page that is shown, with its query."""
    path, query = quote(request.scope["path"]), request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def back(request: Request) -> str:
    """Return the page that a form stood on, of this site alone."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    path = came.path if came.path.startswith("/") and not came.path.startswith("//") else "/"
    return f"{path}?{came.query}" if came.query else path


def when(time: int | None) -> str:
    """Return a time as people of the exchange read it; a midnight of UTC stands for a session.

    Parameters
    ----------
    time
        Nanoseconds since 1970, UTC; None gives a dash.

    Examples
    --------
    >>> when(1_583_787_600_000_000_000), when(1_583_712_000_000_000_000), when(None)
    ('2020-03-09 17:00 New York', '2020-03-09', '–')
    """
    return formats.DASH if time is None else moment(time)


def anchor(text: str) -> str:
    """Return a text as a part of an element's id that a selector can ask for as it stands.

    A line may be called "vix calls": HTMX looks for what it keeps by ``#`` and its id.

    Examples
    --------
    >>> anchor("vix calls-11"), anchor("puts-n1")
    ('vix_20_calls-11', 'puts-n1')
    """
    return re.sub(r"[^A-Za-z0-9-]", lambda found: f"_{ord(found[0]):x}_", text)


@cache
def environment() -> Environment:
    """Return what fills templates: everything is escaped, a name that is not there is an error."""
    made = Environment(
        loader=PackageLoader("hedgerow.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        usd=formats.usd,
        percent=formats.percent,
        number=formats.number,
        when=when,
        readable=readable,
        anchor=anchor,
    )
    made.globals["stamp"] = _stamp()
    return made


def _stamp() -> str:
    """Return what changes when a static file does, so that a browser asks for the new one."""
    import hashlib

    found = hashlib.sha256()
    for each in sorted(files("hedgerow.web").joinpath("static").iterdir(), key=lambda f: f.name):
        found.update(each.read_bytes())
    return found.hexdigest()[:12]
