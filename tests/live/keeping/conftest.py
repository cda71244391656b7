"""Small parameters of the hash: how long a guess takes is Argon2's business."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from hedgerow.live.keeping import passwords


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    small = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: small)
    monkeypatch.setattr("hedgerow.live.keeping.users.hasher", lambda: small)
