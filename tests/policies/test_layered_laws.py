"""What holds of the layered hedge on any path: the target, the book's vega, the windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from drawing import READ, STEPS_DRAWN, tapes
from hedgerow.core.lanes import floats
from hedgerow.core.policy import Policy
from hedgerow.policies.layered_states import State, reason


def journey(step: Any, tape: Any) -> tuple[floats.Journey, dict[str, np.ndarray]]:
    trade = hr.LayeredTrade("swing", least=0.0, day_loss=step.day_loss, drawdown=step.drawdown)
    policy = Policy(steps=[step, trade], signals=READ, raw=True)
    made, _ = floats.play(policy, tape)
    names = [*step.start()._fields, *(f"trade_{name}" for name in trade.start()._fields)]
    return made, dict(zip(names, made.memory.T, strict=True))


@settings(max_examples=80, deadline=None)
@given(STEPS_DRAWN["layered"], tapes())
def test_every_transition_on_random_paths_is_in_the_table(step: Any, tape: Any) -> None:
    _, memory = journey(step, tape)
    before = 0.0
    for state, code in zip(memory["state"], memory["reason"], strict=True):
        made = reason(code)
        if made is None:
            assert state == before
        else:
            assert State(int(before)) in made.sources
            assert state == made.target
        before = state


@settings(max_examples=80, deadline=None)
@given(STEPS_DRAWN["layered"], tapes())
def test_never_more_than_the_target_and_never_a_slice_too_many(step: Any, tape: Any) -> None:
    _, memory = journey(step, tape)
    held = memory["fraction"]
    assert held.min() >= 0.0
    assert held.max() <= 1.0
    grown = np.diff(held, prepend=0.0)
    most = max(step.first, (1.0 - step.first) / step.slices)
    limit = memory["reason"] == 15.0
    assert (grown[~limit] <= most + 1e-9).all()
    grows = np.isin(memory["reason"], [4.0, 5.0, 6.0, 7.0, 8.0, 15.0])
    assert (grown[~grows] <= 0.0).all()


@settings(max_examples=80, deadline=None)
@given(STEPS_DRAWN["layered"], tapes(), st.integers(0, 2**32 - 1))
def test_h16_a_steward_never_adds_vega_beyond_the_books(step: Any, tape: Any, seed: int) -> None:
    # a book that is long vega now and then: the engine then sizes a line at nothing
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(len(tape)) < 0.3, 0.0, rng.uniform(50.0, 200.0, len(tape)))
    bars = tape.bars._replace(size=size, size_nav=0.0 * size, roll=0.0 * size)
    tape = type(tape)(tape.times, bars, tape.signals, tape.nav)
    step = replace(step, mode="steward", directional=1.0)
    made, memory = journey(step, tape)
    sent = memory["trade_fired"] > 0.0
    adds = sent & (made.order.contracts > made.book.held)
    assert (size[adds] > 0.0).all()
    left_before = np.abs(size - made.book.held)[adds]
    left_after = np.abs(size - made.order.contracts)[adds]
    assert (left_after <= left_before).all()
    assert (made.order.contracts <= step.h_high * size + 1e-9)[sent].all()


@settings(max_examples=80, deadline=None)
@given(STEPS_DRAWN["layered"], tapes())
def test_h10_no_order_outside_the_windows_but_by_the_hard_limit(step: Any, tape: Any) -> None:
    _, memory = journey(step, tape)
    window = np.asarray(tape.signals[3]) > 0.5
    sent = memory["trade_fired"] > 0.0
    assert ((memory["trade_urgent"] > 0.0) | window)[sent].all()
    hit = (memory["day_over"] > 0.0) | (memory["fall_over"] > 0.0)
    urgent = memory["trade_urgent"] > 0.0
    # an order of the limit waits for its fill at most: the limit was hit at this bar or before
    assert (np.maximum.accumulate(hit))[urgent].all()
