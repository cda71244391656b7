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


class ByPosition(HalveWhenUnderWater):
    """Reads the book by position and unpacks it."""

    @staticmethod
    def kernel(x, view, memory, p):
        held, nav = view.book[0], view.book[1]
        return select(nav < view.book[2] * (1.0 - p.limit), x * 0.5 + held * 0.0, x), memory


class Counted(NamedTuple):
    """How often, and the largest intensity."""

    often: float
    largest: float


class Unpacks(HalveWhenUnderWater):
    """Unpacks its memory, as people do."""

    def start(self) -> Counted:
        return Counted(3.0, 0.5)

    @staticmethod
    def kernel(x, view, memory, p):
        often, largest = memory
        return x + often * 1e-3 + largest * 1e-2, Counted(
            often + 1.0, select(x > largest, x, largest)
        )


def depth(book):
    return book.nav / book.peak


class HandsOver(HalveWhenUnderWater):
    """Hands the whole book to a function of its own."""

    @staticmethod
    def kernel(x, view, memory, p):
        book = view.book
        return select(depth(book) < 1.0 - p.limit, x * 0.5, x), memory


class Rests(HalveWhenUnderWater):
    """Has a memory that its parameters leave at a start value other than zero."""

    idle: ClassVar[frozenset[str]] = frozenset({"often"})

    def start(self) -> Counted:
        return Counted(7.0, 0.0)

    @staticmethod
    def kernel(x, view, memory, p):
        return x * memory.often / 7.0 + memory.largest, Counted(memory.often, memory.largest + 1e-4)


@pytest.mark.parametrize("own", [ByPosition, Unpacks, HandsOver, Rests], ids=lambda c: c.__name__)
def test_whatever_a_kernel_reads_however_it_reaches_the_lanes(own) -> None:
    tape = find(tapes(), lambda tape: True)
    policy = Policy([Linear(), own()], signals=[Level("vix")], raw=True)
    spread = Spread(policy, {"halve.limit": np.linspace(0.0, 0.3, 20)})
    a, b = columns.play(spread, tape, STANDARD), compiled.play(spread, tape, STANDARD)
    for name in a:
        assert np.array_equal(a[name], b[name]), name


class Started(NamedTuple):
    """NAV before the first bar."""

    nav: float


class TotalReturn:
    """A measure whose kernel leaves its memory alone and whose result reads it."""

    kind = "total_return"
    Memory = Started

    def params(self):
        from hedgerow.core.measure import NoParams

        return NoParams()

    def start(self, nav: float) -> Started:
        return Started(nav)

    @staticmethod
    def kernel(book, order, bar, memory, p):
        return memory

    @staticmethod
    def result(memory, book):
        return {"total_return": book.nav / memory.nav - 1.0}


def test_a_measure_that_only_remembers_its_start_agrees() -> None:
    tape = find(tapes(), lambda tape: True)
    spread = Spread(
        Policy([Linear()], signals=[Level("vix")]), {"linear.low": np.linspace(1.0, 9.0, 9)}
    )
    a = columns.play(spread, tape, (TotalReturn(),))["total_return"]
    b = compiled.play(spread, tape, (TotalReturn(),))["total_return"]
    assert np.array_equal(a, b)
    assert np.isfinite(b).all()


def test_a_kernel_that_cannot_be_compiled_is_told_in_one_sentence() -> None:
    class Closes(HalveWhenUnderWater):
        @staticmethod
        def kernel(x, view, memory, p):
            return sorted([x, p.limit], key=str)[0], memory

    policy = Policy([Linear(), Closes()], signals=[Level("vix")], raw=True)
    spread = Spread(policy, {"halve.limit": np.linspace(0.0, 0.3, 20)})
    with pytest.raises(PolicyError, match="cannot be compiled"):
        compiled.play(spread, find(tapes(), lambda tape: True), STANDARD)


def test_signals_that_no_step_reads_do_not_mix_up_loops() -> None:
    tape = find(tapes(), lambda tape: True)
    two = Policy([Linear()], signals=[Level("vix"), Level("spx")])
    one = Policy([Linear()], signals=[Level("vix")])
    values = {"linear.low": np.linspace(1.0, 9.0, 9)}
    both = tape.__class__(tape.times, tape.bars, (*tape.signals, tape.signals[0]), tape.nav)
    compiled.play(Spread(two, values), both, STANDARD)
    a = compiled.play(Spread(one, values), tape, STANDARD)
    b = columns.play(Spread(one, values), tape, STANDARD)
    assert all(np.array_equal(a[name], b[name]) for name in a)
