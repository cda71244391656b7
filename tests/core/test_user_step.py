"""A step of the user's own runs in all carriages, with helpers and notebook re-definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import find

from drawing import tapes
from hedgerow.core.lanes import columns, compiled
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.measure import STANDARD
from hedgerow.core.numeric import select
from hedgerow.core.policy import Policy
from hedgerow.core.step import STEPS, Nothing, Stage, step
from hedgerow.errors import PolicyError
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level


def halved(x, by):
    return x / by


class Params(NamedTuple):
    """One number."""

    limit: float


@dataclass(frozen=True)
class HalveWhenUnderWater:
    """Halve the hedge while NAV is below its peak by more than ``limit``."""

    limit: float = 0.1
    kind: ClassVar[str] = "halve"
    stage: ClassVar[Stage] = Stage.SCOPE
    inputs: ClassVar[tuple[str, ...]] = ()

    def params(self) -> Params:
        return Params(self.limit)

    def start(self) -> Nothing:
        return Nothing()

    @staticmethod
    def kernel(x, view, memory, p):
        deep = view.book.nav < view.book.peak * (1.0 - p.limit)
        return select(deep, halved(x, 2.0), x), memory


def test_a_step_of_the_users_own_agrees_in_all_carriages() -> None:
    tape = find(tapes(), lambda tape: True)
    policy = Policy([Linear(), HalveWhenUnderWater()], signals=[Level("vix")], raw=True)
    spread = Spread(policy, {"halve.limit": np.linspace(0.0, 0.3, 20)})
    a, b = columns.play(spread, tape, STANDARD), compiled.play(spread, tape, STANDARD)
    for name in a:
        assert np.array_equal(a[name], b[name]), name
    assert len(np.unique(a["hedge_pnl"])) > 1


def test_a_class_that_is_no_step_is_refused() -> None:
    class Half:
        kind = "half"

    with pytest.raises(PolicyError, match="lacks"):
        step(Half)
    assert "half" not in STEPS
