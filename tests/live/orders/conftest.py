"""A desk of its own for every test."""

from __future__ import annotations

import pytest

from hedgerow.live.journal import Journal
from hedgerow.live.settings import Settings
from live.orders.scripted import Clock, ScriptedBroker, new_york


@pytest.fixture
def clock() -> Clock:
    """Twenty minutes after the close of the session that decides."""
    return Clock(new_york(2, 16, 20))


@pytest.fixture
def journal(tmp_path, clock) -> Journal:
    return Journal(tmp_path / "book.db", "live", clock)


@pytest.fixture
def broker() -> ScriptedBroker:
    return ScriptedBroker()


@pytest.fixture
def settings() -> Settings:
    return Settings()
