"""The dashboard as an application: pages, push and API behind one guard."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope

from hedgerow import __version__
from hedgerow.errors import HedgerowError
from hedgerow.live.demo import Demo
from hedgerow.web import (
    api,
    book_page,
    data,
    demo,
    health,
    lab,
    orders,
    performance,
    push,
    signing,
    today,
    why,
)
from hedgerow.web.book import Book
from hedgerow.web.doors import Doors
from hedgerow.web.guarding import LOOPBACK, Door, Guard, dress
from hedgerow.web.people import RequestError
from hedgerow.web.push import Herald
from hedgerow.web.reading import View
from hedgerow.web.rendering import NAV, refusal

ROUTERS: tuple[APIRouter, ...] = (
    today.router,
    orders.router,
    book_page.router,
    performance.router,
    why.router,
    lab.router,
    data.router,
    api.router,
    signing.router,
    push.router,
    health.router,
)
"""Of every page; a new page is one more."""

_log = logging.getLogger("hedgerow.web")


def make_app(
    book: Book,
    *,
    hosts: Sequence[str] | None = LOOPBACK,
    behind_proxy: bool = False,
    pause: float = 1.0,
    policies: Path | None = None,
    shown: Demo | None = None,
) -> FastAPI:
    """Return the dashboard of a book.

    Parameters
    ----------
    book
        What it shows; closed when the application ends.
    hosts
        Names under which it may be asked for; None: any, for books with users alone.
    behind_proxy
        Whether TLS ends in a proxy before it: cookies are then for TLS alone.
    pause
        Seconds between two looks at the book.
    policies
        Folder in which the Lab saves policy files; None: they are downloaded alone.
    shown
        The demonstration that plays in the book; None for a run of one's own.

    Examples
    --------
    ``uvicorn.run(make_app(Book.open("book.db")), host="127.0.0.1", port=8765)``
    """
    view = View(book)
    doors = Doors(book, secure=behind_proxy)
    herald = Herald(view, pause, doors.standing)

    @contextlib.asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(herald.watch())
        try:
            yield
        finally:
            herald.end()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            view.close()
            book.close()

    app = FastAPI(
        title="Hedgerow", version=__version__, lifespan=living, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )  # fmt: skip
    app.state.book, app.state.view, app.state.herald = book, view, herald
    app.state.doors, app.state.demo = doors, shown
    app.state.meter = health.Meter(book)
    app.state.behind_proxy, app.state.policies = behind_proxy, policies
    for router in (*ROUTERS, demo.router) if shown else ROUTERS:
        app.include_router(router)
    paths = {getattr(route, "path", "") for router in ROUTERS for route in router.routes}
    app.state.pages = {path for path, _ in NAV if path in paths}
    app.mount("/static", _Static(directory=Path(str(files("hedgerow.web").joinpath("static")))))
    app.add_middleware(Guard, door=Door(doors.who, doors.guarded, hosts, behind_proxy))
    app.add_middleware(health.Counting, meter=app.state.meter)
    _answer_errors(app)
    return app


class _Static(StaticFiles):
    """Static files: kept by browsers, and asked for under a new name when one changes."""

    def file_response(
        self, full_path: object, stat_result: object, scope: Scope, status_code: int = 200
    ) -> Response:
        found = super().file_response(full_path, stat_result, scope, status_code)  # type: ignore[arg-type]  # as Starlette types it
        found.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return found


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(HedgerowError)
    async def mistaken(request: Request, error: HedgerowError) -> Response:
        status = error.status if isinstance(error, RequestError) else 409
        what = f"{error.where}: {error.what}" if error.where else error.what
        return refusal(request, status, what, error.mend)

    @app.exception_handler(HTTPException)
    async def missing(request: Request, error: HTTPException) -> Response:
        said = "there is no such page" if error.status_code == 404 else str(error.detail)
        return refusal(request, error.status_code, said, "go back to Today")

    @app.exception_handler(RequestValidationError)
    async def misshapen(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return refusal(request, 422, f"{field}: {first['msg']}", "mend the field, then send again")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        number = hashlib.sha256(secrets.token_bytes(8)).hexdigest()[:8]
        _log.error("request %s failed: %s", number, type(error).__name__, exc_info=error)
        answer = refusal(request, 500, "something failed here", f"look for {number} in the log")
        dress(answer.headers, tls=request.app.state.behind_proxy)  # it leaves beside the guard
        return answer
