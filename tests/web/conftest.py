"""A book that is made once, and copied for whoever changes it."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from hedgerow.engine.ledger.desk_events import Received
from hedgerow.live.keeping import passwords
from web.desks import NOW, begun, copied, peopled, proposed, written


@pytest.fixture(scope="session")
def traded(tmp_path_factory):
    """A book whose run has seen a month, with an order that waits."""
    place = tmp_path_factory.mktemp("traded") / "book.db"
    begun(place)
    word = Received(NOW, "2020-04-30", "a test", "accepted", "ab", ())
    written(place, word, proposed())
    return place


@pytest.fixture
def place(traded, tmp_path):
    """A copy of it."""
    return copied(traded, tmp_path)


@pytest.fixture
def guarded(place, monkeypatch):
    """A copy of it with a user of each role; hashing is fast, for it is not what is tested."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: quick)
    monkeypatch.setattr("hedgerow.live.keeping.users.hasher", lambda: quick)
    peopled(place)
    return place
