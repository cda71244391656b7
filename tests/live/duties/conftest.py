"""A book that has traded from February to April 2020, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.crash_book import Desk, begun, copied


@pytest.fixture(scope="session")
def crash(tmp_path_factory) -> Path:
    """The file of a book: 3 February to 30 April 2020, nothing on its desk."""
    place = tmp_path_factory.mktemp("books") / "crash.db"
    begun(place).ledger.close()
    return place


@pytest.fixture
def desk(crash, tmp_path) -> Desk:
    """A copy of that book, open."""
    return copied(crash, tmp_path)
