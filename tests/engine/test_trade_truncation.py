"""What comes later changes nothing before: a run on the first bars begins the whole one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.programs import POLICIES, programs
from engine.trading import RUN, moving, scheduled, unforeseen
from hedgerow.core.market import Market
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.instruments.options import Straddle
from sleeves import EVERY, label
from synthetic import market

DATA, UNFORESEEN = scheduled(market(130)), unforeseen(market(130))


def holds(program: Program, data: Market, cut: int, seen: Counter[str]) -> None:
    """Compare records letter by letter, and all columns bit by bit."""
    ledgers = MemoryLedger(RUN), MemoryLedger(RUN)
    whole = trade(program, data, ledger=ledgers[0])
    part = trade(program, data.until(cut), ledger=ledgers[1])
    count = len(part)
    assert count < len(whole)
    np.testing.assert_array_equal(part.nav, whole.nav[:count])
    for name, columns in part.lines.items():
        for column, values in columns.items():
            expected = whole.lines[name][column][:count]
            np.testing.assert_array_equal(values, expected, err_msg=f"{name}, {column}")
    records = list(ledgers[1].read())
    assert records == list(ledgers[0].read())[: len(records)]
    seen.update({record.event.kind for record in records})
    seen["budget"] += any((line["scale"] < 1.0).any() for line in part.lines.values())
    seen["margin"] += any(alarm[1] == "margin" for alarm in part.alarms)
    seen["actions"] += any(line.actions for line in program.lines)
    seen["offsets"] += any(line.offsets for line in program.lines)


@settings(max_examples=1)
@pytest.mark.slow
@pytest.mark.parametrize("sleeve", EVERY, ids=label)
@given(policy=POLICIES, cut=st.integers(8, len(DATA) - 2))  # the signals need five sessions
def test_of_every_sleeve(sleeve, policy, cut) -> None:
    holds(Program([Line("hedge", sleeve, policy)], name=RUN), DATA, cut, Counter())


@pytest.mark.parametrize("examples", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_of_programs_of_several_lines(examples) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=examples)
    @given(
        program=programs(), data=st.sampled_from([DATA, UNFORESEEN]),
        cut=st.integers(30, len(UNFORESEEN) - 2),
    )  # fmt: skip
    def run(program: Program, data: Market, cut: int) -> None:
        holds(program, data, cut, seen)

    run()
    if examples > 5:
        rare = ("budget", "actions", "offsets", "settled", "cancelled", "alarm")
        assert min(seen[kind] for kind in rare) >= 1, seen


@pytest.mark.parametrize("response", ["reduce", "close"])
def test_of_a_program_that_margin_calls(response) -> None:
    sold = Line("sold", Straddle(tenor="30d", strike_step=5, side="short"), moving())
    rule = MarginRule(limit=0.02, response=response)
    seen: Counter[str] = Counter()
    for cut in (40, 75, 110):
        holds(Program([sold], name=RUN, margin=rule), DATA, cut, seen)
    assert seen["margin"] >= 2
