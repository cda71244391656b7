"""One browser for each file of tests, and one book that each of them may copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from web.chromium.scene import ARGUMENTS, Visitor, chromium, peopled, replayed, reviewed, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; Playwright's own is never asked for.

    It ends with its module: while Playwright runs, so does its event loop, and no other test of the
    process could run one.
    """
    found = chromium()
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync.sync_playwright() as play:
        made = play.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield made
        made.close()


@pytest.fixture(scope="session")
def replay(tmp_path_factory) -> Path:
    """The book; nobody changes it."""
    place = tmp_path_factory.mktemp("replay") / "book.db"
    replayed(place)
    return place


@pytest.fixture(scope="module")
def site(replay, tmp_path_factory) -> Iterator[str]:
    """A dashboard for those who only look."""
    place = tmp_path_factory.mktemp("site") / "book.db"
    shutil.copy(replay, place)
    reviewed(place)
    with served(place) as base:
        yield base


@pytest.fixture
def place(replay, tmp_path) -> Path:
    """A copy of the book, to be changed."""
    return Path(shutil.copy(replay, tmp_path / "book.db"))


@pytest.fixture
def desk_site(place) -> Iterator[str]:
    """A dashboard on which orders are approved; nobody has to sign in."""
    with served(place) as base:
        yield base


@pytest.fixture
def shut_site(place) -> Iterator[str]:
    """A dashboard behind a door, with a user of each role."""
    peopled(place)
    with served(place) as base:
        yield base


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visitor]]:
    """Begin a visit with cookies of its own; all are ended after the test."""
    with ExitStack() as stack:

        def begin(base: str, **terms: Any) -> Visitor:
            return Visitor(stack.enter_context(closing(browser.new_context(**terms))), base)

        yield begin
