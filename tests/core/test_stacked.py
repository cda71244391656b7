"""Lanes that are paths: floats ≡ NumPy lanes ≡ compiled lanes, each lane on a tape of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from drawing import STEPS_DRAWN, SWITCHES, kinds, policies, tapes
from hedgerow.core.lanes import columns, compiled, floats
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import CALENDAR, StackedTape, stack
from hedgerow.core.measure import STANDARD, Moments
from hedgerow.core.step import STEPS, Stage
from hedgerow.core.tape import Tape
from hedgerow.errors import PolicyError, RangeError

MEASURES = (*STANDARD, Moments())
ENDS = (Stage.RULE, Stage.TRIGGER)


def chains() -> list[tuple[str, ...]]:
    """Every registered kind once: rules alone, overlays behind a rule, all with a trigger."""
    made = [(kind, "bounds", "trigger") for kind in kinds(Stage.RULE)]
    overlays = [kind for kind in sorted(STEPS_DRAWN) if STEPS[kind].stage not in ENDS]
    return made + [("linear", kind, "trigger") for kind in overlays if kind != "bounds"]


def one_calendar(many: list[Tape]) -> list[Tape]:
    """Give all the first one's sessions and NAV, as paths of one model have them."""
    first = many[0]
    calendar = {name: getattr(first.bars, name) for name in CALENDAR}
    return [replace(tape, bars=tape.bars._replace(**calendar), nav=first.nav) for tape in many]


stacks = st.lists(tapes(bars=40), min_size=1, max_size=4).map(one_calendar)


@pytest.mark.parametrize("chain", chains(), ids="-".join)
def test_numpy_paths_give_what_each_gives_alone(chain: tuple[str, ...]) -> None:
    exact = not any("exp" in STEPS[kind].kernel.__code__.co_names for kind in chain)

    @settings(max_examples=8)
    @given(stacks, policies(chain, SWITCHES[0]))
    def check(many, policy) -> None:
        together = columns.play(Spread(policy, {}), stack(many), MEASURES)
        for k, tape in enumerate(many):
            for name, value in floats.play(policy, tape, MEASURES)[1].items():
                if exact:
                    np.testing.assert_array_equal(together[name][k], value, name)
                else:
                    np.testing.assert_allclose(together[name][k], value, rtol=1e-12, atol=1e-9)

    check()


@given(stacks)
@settings(max_examples=10)
def test_a_lane_taken_out_is_the_tape_that_was_put_in(many) -> None:
    whole = stack(many)
    for k, tape in enumerate(many):
        lane = whole.lane(k)
        for name in tape.bars._fields:
            np.testing.assert_array_equal(getattr(lane.bars, name), getattr(tape.bars, name))
        for one, other in zip(lane.signals, tape.signals, strict=True):
            np.testing.assert_array_equal(one, other)
    assert all(getattr(whole.bars, name).ndim == 1 for name in CALENDAR)


COMPILED = [
    ("linear", "bounds", "trigger"),
    pytest.param(("linear", "smooth", "budget", "trigger"), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("chain", COMPILED, ids=str)
def test_compiled_paths_give_what_numpy_paths_give(chain: tuple[str, ...]) -> None:
    policy = find(policies(chain, SWITCHES[3]), lambda policy: True)
    rng = np.random.default_rng(5)
    one = find(tapes(bars=41), lambda tape: True)
    many = []
    for _ in range(300):  # two blocks and a part of one
        noise = 1.0 + 0.2 * rng.random(len(one))
        bars = one.bars._replace(
            gain=rng.normal(0.0, 0.1, len(noise)),
            portfolio=rng.normal(0.0, 0.01, len(noise)),
            size=one.bars.size * noise,
            size_nav=one.bars.size_nav * noise,
            carried=one.bars.carried * noise,
        )
        signals = (one.signals[0] * noise, *one.signals[1:])
        many.append(replace(one, bars=bars, signals=signals))
    tape, spread = stack(many), Spread(policy, {})
    assert tape.bars.gain.ndim == 2
    assert tape.bars.roll.ndim == 1
    stops = np.array([7, 41])
    by_numpy = columns.play(spread, tape, MEASURES, stops=stops)
    for threads in (1, 3):
        by_numba = compiled.play(spread, tape, MEASURES, threads=threads, stops=stops)
        for name in by_numpy:
            np.testing.assert_array_equal(by_numba[name], by_numpy[name], name)


def some() -> list[Tape]:
    return find(stacks, lambda many: len(many) > 1)


def test_what_does_not_fit_is_refused() -> None:
    many = some()
    with pytest.raises(RangeError, match="no tapes"):
        stack([])
    with pytest.raises(RangeError, match="not those of the first"):
        stack([many[0], replace(many[1], nav=1.0)])
    whole = stack(many)
    bars = whole.bars._replace(days=np.zeros((len(whole), whole.lanes)))
    with pytest.raises(RangeError, match=r"tape\.days"):
        StackedTape(whole.times, bars, (), 1.0, whole.lanes)
    policy = find(policies(("linear", "bounds", "trigger")), lambda policy: True)
    with pytest.raises(PolicyError, match="parameter sets or paths"):
        columns.play(Spread(policy, {"linear.low": np.array([1.0, 2.0])}), whole)
