"""A run that the tests of ledgers share."""

from __future__ import annotations

import pytest

from hedgerow.engine.ledger.memory import MemoryLedger

pytest.register_assert_rewrite("engine.ledger.contract")


@pytest.fixture(scope="session")
def played() -> MemoryLedger:
    """A run of the toy engine of sixty bars, unbroken, in memory."""
    from engine.ledger import toy

    ledger = MemoryLedger(toy.RUN)
    toy.play(ledger, 60)
    return ledger
