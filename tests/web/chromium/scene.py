"""A book in the crisis of 2020, the dashboard on loopback, and somebody who looks at it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from hedgerow.engine.ledger.desk_events import Done
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.live.clock import Hand
from hedgerow.live.hours import hours_from
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.users import Users
from hedgerow.live.orders import desk
from hedgerow.live.store import Store
from hedgerow.report.review import summarise
from hedgerow.research.review import review
from hedgerow.web.app import make_app
from hedgerow.web.book import Book
from hedgerow.web.serving import listen
from live.desks import ASKED, END, MINUTE, START, Desk, two_lines

LAST = "2020-04-08"
"""The last session that the book has seen; three orders of it wait for a word."""
NOW = hours_from(LAST).close + 30 * MINUTE
PATIENCE = 30_000
"""Milliseconds that a page may take on a machine that does other things too."""
PAGES = ("/", "/orders", "/book", "/performance", "/why", "/lab", "/data")
PASSWORD = "four words go together"
PEOPLE = {"vic": "view", "ann": "approve", "ada": "admin"}
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
"""Nothing but loopback can be reached, and nothing else is tried by the browser itself."""


def chromium() -> str:
    """Where Chromium is; the test is skipped where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("no Chromium on this machine: install one, or set CHROMIUM to its path")
    return found


def replayed(place: Path) -> None:
    """Make a book whose orders were approved session for session, but for the last's."""
    made = Desk.at(place, two_lines(), ASKED, start=START, end=END)
    for day in made.source.sessions:
        orders = [order.order for order in made.close(day).orders]
        if str(day) == LAST:
            break
        if orders:
            desk.approve(made.cycle.journal, orders, "ann", "fits the plan")
        made.open(day)
    made.leave()


def reviewed(place: Path) -> None:
    """Write the review of March into the journal, as the desk does after the month's last bar."""
    with open_ledger(place, "live") as ledger:
        text = summarise(review(ledger.read(), "2020-03"))
    journal = Journal(place, "live", lambda: NOW)
    journal.write(lambda _: [Done(NOW, "monthly", "2020-03-31", text, {})])
    journal.close()


def peopled(place: Path) -> None:
    """Add a user of each role."""
    users = Users(Store(place), lambda: NOW)
    for name, role in PEOPLE.items():
        users.add(name, PASSWORD, role, "a test")


@contextmanager
def served(place: Path, **terms: Any) -> Iterator[str]:
    """Serve a book's dashboard on loopback, as `hedgerow serve` does, and give its address."""
    clock = Hand()
    clock.now = NOW
    app = make_app(Book.open(place, clock=clock), pause=0.05, **terms)
    socket = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


@dataclass
class Visitor:
    """A browser's window of its own cookies, and all that it complained about or asked for."""

    context: Any
    base: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Any:
        """Open a page in a tab of its own."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(self.base + path)
        return page

    def sign_in(self, name: str, password: str = PASSWORD) -> Any:
        """Open the door with a name and a password."""
        page = self.open("/login")
        enter(page, name, password)
        return page

    @property
    def strayed(self) -> list[str]:
        """Requests that went anywhere else than to the dashboard."""
        return [url for url in self.asked if not url.startswith(self.base + "/")]

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def enter(page: Any, name: str, password: str) -> None:
    """Fill in the form at the door."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
