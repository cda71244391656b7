"""Whether all is well, and figures: for uptime checks and Prometheus."""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hedgerow.live.chronicle import Chronicle
from hedgerow.live.keeping.health import health as look
from hedgerow.live.keeping.metrics import registry
from hedgerow.web.book import Book
from hedgerow.web.guarding import from_here
from hedgerow.web.people import RequestError
from hedgerow.web.reading import View
from hedgerow.web.rendering import view_of

router = APIRouter(include_in_schema=False)


class Meter:
    """What Prometheus is told of a dashboard: the book's figures and the pages served.

    Parameters
    ----------
    book
        Which is shown.
    """

    def __init__(self, book: Book) -> None:
        from prometheus_client import Counter

        self._turn = threading.Lock()
        self._registry = registry(book.store, book.journal, book.clock)
        self._pages = Counter(
            "hedgerow_pages", "Answers of the dashboard.", ["status"], registry=self._registry
        )

    def served(self, status: int) -> None:
        """Count an answer by the kind of its status."""
        self._pages.labels(f"{status // 100}xx").inc()

    def text(self) -> bytes:
        """Return the figures as Prometheus reads them."""
        from prometheus_client import generate_latest

        with self._turn:
            return generate_latest(self._registry)


class Counting:
    """Middleware that counts answers."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self.app, self.meter = app, meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""

        async def leave(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.meter.served(message["status"])
            await send(message)

        await self.app(scope, receive, leave)


@router.get("/health")
def health(request: Request) -> Response:
    """Say whether all is well: 200, or 503 where a person has to look.

    Those who are signed in hear of every part; others do not learn that a person has halted it.
    """
    view = view_of(request)
    book = view.book
    found = look(book.store, book.journal, book.clock, lambda: _chronicle(view))
    status = 200 if found.well else 503
    if request.scope.get("person") is None:
        return JSONResponse({"status": "ok" if found.well else "unwell"}, status)
    parts = {one.part: {"status": one.state, "said": one.text} for one in found.findings}
    viewers = len(request.app.state.herald.viewers)
    told = {"status": found.state, "run": book.run, "viewers": viewers, "parts": parts}
    return JSONResponse(told, status)


def _chronicle(view: View) -> Chronicle | None:
    """Read the run on, which checks the records that are new."""
    with view.alone():
        watch = view.watch
        return None if watch is None else watch.chronicle.read()


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Return figures for Prometheus, to this machine or whoever is signed in."""
    here = from_here(request) and not request.app.state.doors.secure
    if request.scope.get("person") is None and not here:
        raise RequestError(401, "nobody is signed in", "ask from this machine, or sign in")
    meter: Meter = request.app.state.meter
    return Response(meter.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
