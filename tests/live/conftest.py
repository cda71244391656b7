"""What tests of a running hedge share: books are let go of, and TWS is a fake on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from live.desks import leave_all
from live.fake_tws import FakeTws


@pytest.fixture(autouse=True)
def left() -> Iterator[None]:
    """Close every book that a test opened through `live.desks`."""
    yield
    leave_all()


@pytest.fixture
def tws() -> Iterator[FakeTws]:
    with FakeTws() as fake:
        yield fake
