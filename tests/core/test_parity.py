"""The law: floats ≡ NumPy lanes ≡ compiled lanes, for every step, bit by bit.

Chains with ``exp`` may differ by 1e-12 relative, all others not at all.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawing import LAYERED, STEPS_DRAWN, SWITCHES, kinds, policies, tapes
from hedgerow.core.lanes import columns, compiled, floats
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.measure import STANDARD, Moments
from hedgerow.core.policy import Policy
from hedgerow.core.step import STEPS, Stage

MEASURES = (*STANDARD, Moments())
ENDS = (Stage.RULE, Stage.TRIGGER)
SHORT = 3
"""Steps of a short chain; short ones show every text of every step."""


def long_chains() -> list[tuple[str, ...]]:
    """Overlays of every stage at once, so many chains that each kind stands in one of them."""
    stages = [kinds(stage) for stage in Stage if stage not in ENDS]
    stages = [many for many in stages if many]
    return [tuple(many[i % len(many)] for many in stages) for i in range(max(map(len, stages)))]


def uses_exp(kind: str) -> bool:
    return "exp" in STEPS[kind].kernel.__code__.co_names


def short_chains() -> list[tuple[str, str]]:
    """Each rule and each overlay once, two at a time; what uses ``exp`` only with what need not."""
    rules, overlays = kinds(Stage.RULE), [k for k in sorted(STEPS) if STEPS[k].stage not in ENDS]
    inexact = [(rule, "bounds") for rule in rules if uses_exp(rule)]
    inexact += [("linear", overlay) for overlay in overlays if uses_exp(overlay)]
    rules, overlays = ([k for k in many if not uses_exp(k)] for many in (rules, overlays))
    count = max(len(rules), len(overlays))
    return [(rules[i % len(rules)], overlays[i % len(overlays)]) for i in range(count)] + inexact


def chains() -> list[tuple[str, ...]]:
    """Every registered kind in a short chain, and all stages together; nothing is listed here.

    Triggers take turns: rules and overlays meet them through the order to trade alone.
    """
    triggers = kinds(Stage.TRIGGER)
    made = [(*pair, triggers[i % len(triggers)]) for i, pair in enumerate(short_chains())]
    made += [("linear", "bounds", trigger) for trigger in triggers]
    for i, many in enumerate(long_chains()):
        made.append(("linear", *many, "trigger"))
        if not i:  # whether other ends meet a long chain as they meet a short one
            made += [("tiers", *many), ("sigmoid", *many, "trigger")]
    return list(dict.fromkeys(made))


CHAINS = chains()
QUICK = {("linear", "bounds", "trigger"), *(("linear", *many, "trigger") for many in long_chains())}
"""Chains that `make check` plays too: every overlay and one rule."""


def marked(chain: tuple[str, ...]) -> Any:
    return pytest.param(chain, marks=() if chain in QUICK else pytest.mark.slow)


def spread_of(lanes: list[Policy]) -> Spread:
    """Put policies of one shape side by side, every number of theirs a column."""
    values = {}
    for i, step in enumerate(lanes[0].steps):
        for f in fields(step):
            cells = [getattr(policy.steps[i], f.name) for policy in lanes]
            if all(isinstance(c, int | float) and not isinstance(c, bool) for c in cells):
                values[f"{step.kind}.{f.name}"] = np.array(cells, dtype=float)
    return Spread(lanes[0], values)


def agree(a: np.ndarray, b: np.ndarray, exact: bool) -> bool:
    if exact:
        return bool(np.array_equal(a, b, equal_nan=True))
    return bool(np.allclose(a, b, rtol=1e-12, atol=1e-9, equal_nan=True))


def test_every_registered_step_is_drawn_here() -> None:
    for kind in STEPS:
        assert kind in STEPS_DRAWN, f"add an entry for '{kind}' to tests/drawing.py:STEPS_DRAWN"
    for kind in STEPS_DRAWN:
        assert kind in STEPS, f"remove '{kind}' from tests/drawing.py:STEPS_DRAWN"


def test_every_registered_step_is_compiled_here() -> None:
    assert {kind for chain in CHAINS for kind in chain} == set(STEPS)
    assert uses_exp("sigmoid")
    assert not uses_exp("linear")


@pytest.mark.parametrize("chain", [marked(chain) for chain in CHAINS], ids="-".join)
def test_floats_numpy_and_compiled_agree(chain: tuple[str, ...]) -> None:
    _check(chain, SWITCHES[0])


@pytest.mark.slow
@pytest.mark.parametrize("switches", SWITCHES[1:], ids=str)
def test_every_setting_of_the_trigger_agrees(switches) -> None:
    _check(("linear", "bounds", "trigger"), switches)


@pytest.mark.slow
@pytest.mark.parametrize("drawn", LAYERED, ids=["calls", "bare"])
def test_every_switch_of_the_layered_hedge_agrees(drawn, monkeypatch) -> None:
    monkeypatch.setitem(STEPS_DRAWN, "layered", drawn)
    _check(("layered", "layered_trade"), SWITCHES[0])


def _check(chain: tuple[str, ...], switches) -> None:
    exact = not any(map(uses_exp, chain))
    models: list[Policy] = []

    @settings(max_examples=15)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        tape = data.draw(tapes())
        every = data.draw(st.integers(1, 30))
        lanes = data.draw(st.lists(policies(chain, switches), min_size=1, max_size=4))
        if len(chain) <= SHORT or not models:
            models[:] = lanes[:1]  # a long chain keeps its first texts: each is a loop to compile
        lanes = [_alike(models[0], _same_clock(policy, every)) for policy in lanes]
        spread = spread_of(lanes)
        with np.errstate(all="raise", under="ignore"):
            by_numpy = columns.play(spread, tape, MEASURES)
        by_numba = compiled.play(spread, tape, MEASURES, threads=1)
        assert by_numpy.keys() == by_numba.keys()
        for name in by_numpy:
            assert agree(by_numpy[name], by_numba[name], exact), name
        for k, policy in enumerate(lanes):
            _, by_floats = floats.play(policy, tape, MEASURES)
            for name, value in by_floats.items():
                assert agree(np.array(value), by_numpy[name][k], exact), name

    check()


def _alike(first: Policy, policy: Policy) -> Policy:
    """Lists and texts, such as the levels of a table, cannot differ between lanes."""
    steps = [
        replace(step, **{name: value for name, value in vars(model).items() if _fixed(value)})
        for step, model in zip(policy.steps, first.steps, strict=True)
    ]
    return replace(policy, steps=steps)


def _fixed(value: Any) -> bool:
    return isinstance(value, tuple | str)


def _same_clock(policy: Policy, every: int) -> Policy:
    """The clock of a trigger is text and cannot differ between lanes."""
    last = policy.steps[-1]
    if last.kind == "trigger" and last.every is not None:
        last = replace(last, every=f"{every}{last.every[-1]}")
        return replace(policy, steps=(*policy.steps[:-1], last))
    return policy


@given(st.data())
@settings(max_examples=25)
def test_lanes_do_not_see_each_other(data: st.DataObject) -> None:
    chain = ("linear", "bounds", "persist", "trigger")
    tape = data.draw(tapes())
    lanes = data.draw(st.lists(policies(chain, SWITCHES[4]), min_size=2, max_size=6))
    together = columns.play(spread_of(lanes), tape, MEASURES)
    for k, policy in enumerate(lanes):
        alone = columns.play(spread_of([policy]), tape, MEASURES)
        for name in together:
            assert np.array_equal(together[name][k : k + 1], alone[name], equal_nan=True)


@pytest.mark.parametrize(
    "lanes", [129, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 127, 128, 300))]
)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_block_edges_and_threads_change_nothing(lanes: int, threads: int) -> None:
    from hypothesis import find

    tape = find(tapes(), lambda tape: True)
    policy = find(policies(("linear", "bounds", "trigger"), SWITCHES[3]), lambda policy: True)
    values = {"linear.low": np.linspace(1.0, 5.0, lanes)}
    policy = Policy(
        steps=[type(policy.steps[0])("vix", low=5.0, high=20.0), *policy.steps[1:]],
        signals=policy.signals,
        raw=True,
    )
    spread = Spread(policy, values)
    by_numba = compiled.play(spread, tape, MEASURES, threads=threads)
    by_numpy = columns.play(spread, tape, MEASURES)
    for name in by_numpy:
        assert by_numba[name].shape == (lanes,)
        assert np.array_equal(by_numpy[name], by_numba[name], equal_nan=True)
