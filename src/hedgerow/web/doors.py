"""Who is behind a request: the person at the machine, or once there are users who signed in."""

from __future__ import annotations

import secrets
import time

from fastapi import Request

from hedgerow.live.keeping.users import Gatekeeper, Sessions, Ticket, Users
from hedgerow.web.book import Book
from hedgerow.web.people import Person

_FRESH = 1.0
"""Seconds for which it is remembered whether there are users."""


def _present(request: Request) -> bool:
    """Say whether a person has asked: not a page that nobody looks at any more, by itself."""
    alone = "hx-request" in request.headers and "hx-boosted" not in request.headers
    return request.method != "GET" or not (alone or request.scope["path"] == "/events")


class Doors:
    """The ways into a dashboard.

    Parameters
    ----------
    book
        Whose users may come in.
    secure
        Whether cookies are for TLS alone.
    """

    def __init__(self, book: Book, *, secure: bool) -> None:
        self.users = Users(book.store, book.clock)
        self.gate, self.sessions = Gatekeeper(self.users), Sessions(self.users)
        self.secure = secure
        self.cookie = "__Host-hedgerow" if secure else "hedgerow"
        self._local = Person("local", "admin", secrets.token_urlsafe(32))
        self._looked, self._guarded = -_FRESH, False

    def guarded(self) -> bool:
        """Say whether there are users, so that one must sign in."""
        now = time.monotonic()
        if not self._guarded and now - self._looked >= _FRESH:
            self._guarded, self._looked = bool(self.users.list()), now
        return self._guarded

    def who(self, request: Request) -> Person | None:
        """Return who sent a request, None where nobody is signed in."""
        if not self.guarded():
            return self._local
        token = request.cookies.get(self.cookie, "")
        found = self.sessions.find(token, present=_present(request)) if token else None
        return None if found is None else Person(found.user.name, found.user.role, found.csrf)

    def standing(self) -> set[str]:
        """Return the forms' tokens of all who may look now: of whoever is here, or is signed in."""
        return self.sessions.standing() if self.guarded() else {self._local.csrf}

    def enter(self, request: Request, name: str, password: str) -> Ticket:
        """Sign somebody in under a fresh token; one that the browser had before is over.

        Raises
        ------
        AccessError
            If name and password do not belong together, or it was tried too often.
        """
        address = request.client.host if request.client else ""
        user = self.gate.enter(name, password, address)
        self.leave(request)
        return self.sessions.begin(user)

    def known(self, name: str) -> str:
        """Return the user of a name; what is none may be a password, typed into the wrong field."""
        names = (user.name for user in self.users.list())
        return name.lower() if name.lower() in names else "somebody"

    def leave(self, request: Request) -> None:
        """Sign out."""
        token = request.cookies.get(self.cookie, "")
        if token:
            self.sessions.end(token)
