"""The engine's own ledger, done again: every decision to the bit, whatever else the program has."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.console import as_json, bad
from engine.programs import ACTED_ON, programs
from engine.trading import RUN, flat, moving, scheduled
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.chain import GENESIS, forge
from hedgerow.engine.ledger.events import Closed, Decided
from hedgerow.engine.ledger.lines import lines
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import LedgerError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.actions import Monetise, Restrike
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from synthetic import market

DATA = scheduled(market(90))
REMEMBERING = Policy(
    [Linear(), Bounds(), Smooth(days=3), Persist(), Budget(per_year=0.01), Trigger()],
    signals=[Level("vix")],
)
SEVERAL = Program(
    [
        Line("acting", ACTED_ON, REMEMBERING, actions=(Monetise(1.2, 0.1, 2), Restrike(0.03))),
        Line("futures", VixFuture(), moving()),
        Line("hedge", Underlying(), flat(1.0), offsets="acting"),
    ],
    name=RUN,
    budget=0.01,
)


@pytest.fixture(scope="module")
def told() -> list[Event]:
    ledger = MemoryLedger(RUN)
    trade(SEVERAL, DATA, ledger=ledger)
    return [record.event for record in ledger.read()]


def written(events: list[Event], place) -> Any:
    """The events with a chain of their own, as one who can write the file would leave them."""
    place.write_bytes(lines(forge(GENESIS, events)))
    return place


@pytest.mark.parametrize("examples", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_every_line_decides_again_and_a_run_continued_is_the_unbroken_one(examples) -> None:
    @settings(max_examples=examples)
    @given(program=programs(), cut=st.integers(30, len(DATA) - 2))
    def run(program: Program, cut: int) -> None:
        whole, broken = MemoryLedger(RUN), MemoryLedger(RUN)
        outcome = trade(program, DATA, ledger=whole)
        trade(program, DATA.until(cut), ledger=broken)
        trade(program, DATA, ledger=broken)
        assert broken.head == whole.head
        done = replay(broken)
        assert done.left_out == {}
        assert done.decisions == len(outcome) * len(program.lines)
        assert done.standing.bars == len(outcome)

    run()


def test_the_command_line_replays_a_run_of_the_engine(told, tmp_path) -> None:
    place = tmp_path / "run.db"
    with open_ledger(place, RUN, writing=True) as ledger:
        trade(SEVERAL, DATA, ledger=ledger)
        head = ledger.head
    bars = sum(isinstance(event, Closed) for event in told)
    found = as_json("ledger", "replay", place)
    assert (found["decisions"], found["left_out"]) == (3 * bars, {})
    assert found["hash"] == head.hash


def fields(event: Decided) -> list[tuple[str, ...]]:
    """Where the floats of a decision are that it has to make again."""
    return [
        ("x",), ("act",), *(("trace", kind) for kind in event.trace),
        *(("memory", kind, name) for kind, table in event.memory.items() for name in table),
    ]  # fmt: skip


def moved(value: Any, path: tuple[str, ...]) -> Any:
    """The float at the end of a path a bit greater; what is no number becomes one."""
    if not path:
        return 1.0 if math.isnan(value) else math.nextafter(value, math.inf)
    return {**value, path[0]: moved(value[path[0]], path[1:])}


@pytest.mark.parametrize("name", ["x", "act", "trace", "memory"])
def test_one_bit_of_any_decision_changed_is_found(told, name) -> None:
    spots = [
        (i, path)
        for i, event in enumerate(told)
        if isinstance(event, Decided)
        for path in fields(event)
        if path[0] == name
    ]

    @settings(max_examples=4)
    @given(st.sampled_from(spots))
    def run(spot: tuple[int, tuple[str, ...]]) -> None:
        i, (_, *rest) = spot
        event = told[i]
        changed = replace(event, **{name: moved(getattr(event, name), tuple(rest))})
        assert changed != event
        ledger = MemoryLedger(RUN)
        ledger.append([*told[:i], changed, *told[i + 1 :]])
        with pytest.raises(LedgerError, match=rf"record {i + 1}, line {event.line}: the decision"):
            replay(ledger)

    run()


def test_on_the_command_line_too(told, tmp_path) -> None:
    i = max(i for i, event in enumerate(told) if isinstance(event, Decided))
    changed = replace(told[i], trace=moved(told[i].trace, ("constant",)))
    place = written([*told[:i], changed, *told[i + 1 :]], tmp_path / "other.jsonl")
    said = bad("ledger", "replay", place)
    assert f"record {i + 1}, line hedge: the decision comes out differently" in said
