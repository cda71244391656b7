"""Books with a desk, and browsers without a browser, for tests of the dashboard."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hedgerow.engine.ledger.desk_events import Proposed
from hedgerow.engine.ledger.events import Leg
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.users import Users
from hedgerow.live.store import Store
from hedgerow.web.app import make_app
from hedgerow.web.book import Book
from live import crash_book

with warnings.catch_warnings():  # Starlette would have its client use another library
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NOW = 1_588_300_000_000_000_000
HOUR = 3_600 * 10**9
BASE = "http://127.0.0.1:8765"
SAME = {"origin": BASE}
HERE = ("127.0.0.1", 50_000)
PASSWORD = "four words go together"
PEOPLE = {"vic": "view", "ann": "approve", "ada": "admin"}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


def proposed(
    order: str = "puts-n1", count: float = 3.0, breaches: tuple[str, ...] = ()
) -> Proposed:
    """An order that waits for a word."""
    legs = (Leg("SPXW  200717P02470000", round(count * 1e9)),)
    quotes = {legs[0].contract: {"mid": 87.9, "half_spread": 0.5, "origin": "modelled"}}
    facts = {"quotes": quotes, "urgent": False, "notional": 26_370.0, "breaches": list(breaches)}
    return Proposed(
        NOW, order, "2020-04-30", "puts", legs, "limit", 88.4, "day", NOW + 18 * HOUR, facts
    )


def begun(place: Path) -> None:
    """Make a book whose run has gone through April 2020 on the builtin data."""
    made = crash_book.begun(place, start="2020-03-30")
    made.ledger.close()
    made.journal.close()


def copied(source: Path, folder: Path) -> Path:
    """A copy of a book, to be changed."""
    place = folder / "book.db"
    shutil.copy(source, place)
    return place


def peopled(place: Path) -> None:
    """Add a user of each role."""
    users = Users(Store(place), lambda: NOW)
    for name, role in PEOPLE.items():
        users.add(name, PASSWORD, role, "a test")


def written(place: Path, *events: object) -> None:
    """Write into the journal as another process does."""
    journal = Journal(place, "live", lambda: NOW)
    journal.write(lambda _: list(events))  # type: ignore[arg-type]  # whatever the test gives
    journal.close()


@contextmanager
def browsing(place: Path, clock: Clock | None = None, **terms: object) -> Iterator[TestClient]:
    """A client of a running dashboard that follows no redirect."""
    book = Book.open(place, clock=clock or Clock())
    app = make_app(book, pause=0.02, **terms)  # type: ignore[arg-type]  # the terms of make_app
    with TestClient(app, base_url=BASE, client=HERE, follow_redirects=False) as client:
        yield client


def token(client: TestClient, path: str = "/orders") -> str:
    """The token that stands in a page's forms."""
    return re.search(r'name="csrf" value="([^"]+)"', client.get(path).text).group(1)


def sign_in(client: TestClient, name: str, password: str = PASSWORD) -> int:
    """Sign in as a browser does, and return the status."""
    form = {"name": name, "password": password, "csrf": token(client, "/login")}
    return client.post("/login", data=form, headers=SAME).status_code
