"""The guard at the door: every request passes it before anything else sees it.

It checks the host that was asked for, the size, who it is, and of all that may change something the
origin and the token; and it puts the headers on every answer.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anyio import to_thread
from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hedgerow.web.people import Person, RequestError
from hedgerow.web.rendering import refusal

LARGEST = 2 * 1024 * 1024
"""Bytes of a request, at most."""

UNSIGNED = 16 * 1024
"""Bytes of a request of somebody who has not signed in, at most."""

PATIENCE = 20.0
"""Seconds in which a request must have come."""

SAFE = ("GET", "HEAD", "OPTIONS")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_HOST = re.compile(r"([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.I)
"""Nothing but a name and a port: some libraries make the path of a URL of what follows."""

_CHARSET = re.compile(r"charset\s*=(?!\s*\"?utf-8\"?\s*(?:;|$))", re.I)

PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies add."""

_OPEN = ("/login", "/health", "/metrics")
"""What may be asked for without signing in, besides static files; they look at who asks."""

_OWN = ("/login", "/logout", "/theme")
"""What may be changed with the right to view alone: it is one's own."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""On every answer."""


@dataclass(frozen=True)
class Door:
    """On what terms requests are let in.

    Parameters
    ----------
    who
        Says who sent a request; None: nobody who is signed in.  Called off the event loop.
    guarded
        Whether there are users, so that one must sign in.
    hosts
        Names under which the dashboard may be asked for; None: any, which only signing in allows.
    behind_proxy
        Whether TLS ends before it.
    """

    who: Callable[[Request], Person | None]
    guarded: Callable[[], bool]
    hosts: Sequence[str] | None = LOOPBACK
    behind_proxy: bool = False


class Guard:
    """Middleware that lets a request in, or answers it with a refusal."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks anything else
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        leave = self._dressed(send)
        try:
            scope["person"] = None
            self._check_host(request)
            if self._is_static(request):
                await self.app(scope, receive, leave)
                return
            scope["person"] = person = await to_thread.run_sync(self.door.who, request)
            body = await _body(request, UNSIGNED if person is None else LARGEST)
            answer = await self._look(Request(scope, _replay(body, receive)), person)
        except RequestError as error:
            answer = refusal(Request(scope, receive), error.status, error.what, error.mend)
        if answer is None:
            await self.app(scope, _replay(body, receive), leave)
        else:
            await answer(scope, receive, leave)

    def _is_static(self, request: Request) -> bool:
        path: str = request.scope["path"]
        return path.startswith("/static/") and request.method in SAFE

    async def _look(self, request: Request, person: Person | None) -> Response | None:
        """Return an answer instead of the page's, None to let the request in."""
        path = request.scope["path"]  # not its URL's: the Host that was sent is a part of that
        if request.method not in SAFE:
            _check_origin(request, tls=self.door.behind_proxy)
            await _check_token(request, person)
            if person is not None and path not in _OWN and not person.may("approve"):
                raise RequestError(
                    403, f"{person.name} may look, and change nothing", "ask an admin for the role"
                )
        if person is None and path not in _OPEN:
            return _to_login(request)
        return None

    def _check_host(self, request: Request) -> None:
        said = _HOST.fullmatch(", ".join(request.headers.getlist("host")))
        name = said[1].strip("[]").lower() if said else ""
        if not name or (self.door.hosts is not None and name not in self.door.hosts):
            raise RequestError(400, "it is not known here under that name", "use its own address")
        if self.door.guarded():
            return
        peer = request.client.host if request.client else ""
        if not is_loopback(peer):
            raise RequestError(403, "without users it answers this machine alone", "add users")
        if any(each in request.headers for each in PASSED_ON):
            raise RequestError(
                403, "without users it answers nobody whom a proxy passes on", "add users"
            )

    def _dressed(self, send: Send) -> Send:
        async def leave(message: Message) -> None:
            if message["type"] == "http.response.start":
                dress(MutableHeaders(scope=message), tls=self.door.behind_proxy)
            await send(message)

        return leave


def dress(headers: MutableHeaders, *, tls: bool) -> None:
    """Put on an answer what every answer carries; ``tls`` says whether it goes out by TLS.

    Examples
    --------
    >>> headers = MutableHeaders()
    >>> dress(headers, tls=False)
    >>> headers["cache-control"]
    'no-store'
    """
    for name, value in HEADERS.items():
        headers[name] = value
    if tls:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers.setdefault("Cache-Control", "no-store")


def is_loopback(peer: str) -> bool:
    """Say whether an address is this machine's alone.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return peer == "localhost"


def from_here(request: Request) -> bool:
    """Say whether a request comes from this machine, asked for by its name, past no proxy."""
    peer = request.client.host if request.client else ""
    said = _HOST.fullmatch(request.headers.get("host", ""))
    named = said is not None and said[1].strip("[]").lower() in LOOPBACK
    return named and is_loopback(peer) and not any(each in request.headers for each in PASSED_ON)


async def _body(request: Request, most: int) -> bytes:
    told = request.headers.get("content-length", "0")
    large = RequestError(413, "the request is too large", f"send at most {most:,} bytes")
    if not told.isdecimal() or len(told) > 19 or int(told) > most:
        raise large
    if request.method in SAFE:
        return b""
    parts, size = [], 0
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise large
                parts.append(part)
    except TimeoutError:
        raise RequestError(408, "the request came too slowly", "send it again") from None
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body once, and then what the client does."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _check_origin(request: Request, *, tls: bool) -> None:
    """Refuse what another site has sent; every browser says where a form comes from."""
    said = request.headers.get("origin") or request.headers.get("referer", "")
    theirs = "/".join(said.split("/", 3)[:3]).lower()
    ours = request.headers["host"].lower()
    if theirs != f"https://{ours}" and (tls or theirs != f"http://{ours}"):
        raise RequestError(403, "the request comes from another site", "use the dashboard's pages")


async def _check_token(request: Request, person: Person | None) -> None:
    expected = request.cookies.get("entry", "") if person is None else person.csrf
    given = request.headers.get("x-csrf-token", "")
    kind, _, more = request.headers.get("content-type", "").partition(";")
    if _CHARSET.search(more):  # whose decoder may be slow, or no decoder of texts at all
        raise RequestError(400, "the form is in no character set that is read here", "send UTF-8")
    if not given and kind.strip() in ("application/x-www-form-urlencoded", "multipart/form-data"):
        try:
            async with request.form() as form:
                given = str(form.get("csrf", ""))
        except HTTPException as error:
            raise RequestError(error.status_code, error.detail, "load the page again") from None
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise RequestError(403, "the page is out of date", "load it again, then do it again")


def _to_login(request: Request) -> Response:
    wanted = request.scope["path"]
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if request.method not in SAFE or wanted.startswith(("/api/", "/events", "/metrics")):
        raise RequestError(401, "nobody is signed in", "sign in")
    return RedirectResponse("/login", status_code=303)
