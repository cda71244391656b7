"""A run that stopped, at any bar, continues to the very ledger of an unbroken one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.trading import RUN, moving, scheduled, small
from hedgerow.core.market import Market
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.events import Closed
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import LedgerError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.policies.actions import Monetise
from synthetic import market

DATA = scheduled(market(80))


@pytest.fixture(scope="module")
def unbroken() -> MemoryLedger:
    ledger = MemoryLedger(RUN)
    trade(small(), DATA, ledger=ledger)
    return ledger


def day(row: int) -> str:
    return str(DATA.dates[row])


class Failing(MemoryLedger):
    """Breaks down instead of storing the bar after so many."""

    def __init__(self, name: str, bars: int) -> None:
        super().__init__(name)
        self.left = bars

    def _store(self, records):
        if not self.left:
            raise OSError("the disk is gone")
        self.left -= 1
        super()._store(records)


@pytest.mark.parametrize("seed", range(4))
def test_a_run_stopped_at_any_bar_and_continued_is_the_unbroken_one(
    tmp_path: Path, unbroken: MemoryLedger, seed: int
) -> None:
    dice = random.Random(seed)
    stops = sorted(dice.sample(range(2, len(DATA) - 1), 2))
    for row in [*stops, len(DATA) - 1]:
        with open_ledger(tmp_path / "run.db", RUN, writing=True) as ledger:
            trade(small(), DATA, end=day(row), ledger=ledger)
            bars = sum(isinstance(record.event, Closed) for record in ledger.read())
            assert bars == row + 1
            head = ledger.head
    assert head == unbroken.head


@pytest.mark.parametrize("bars", [1, 7, 40])
def test_a_run_whose_ledger_broke_down_is_continued(bars: int, unbroken: MemoryLedger) -> None:
    ledger = Failing(RUN, bars)
    with pytest.raises(OSError, match="disk is gone"):
        trade(small(), DATA, ledger=ledger)
    assert 0 < ledger.head.count < unbroken.head.count
    ledger.left = -1
    trade(small(), DATA, ledger=ledger)
    assert ledger.head == unbroken.head


def test_a_run_that_progress_breaks_off_is_continued(tmp_path, unbroken: MemoryLedger) -> None:
    def stop(bars: int) -> None:
        raise KeyboardInterrupt

    with open_ledger(tmp_path / "run.db", RUN, writing=True) as ledger:
        with pytest.raises(KeyboardInterrupt):
            trade(small(), DATA, ledger=ledger, progress=stop)
        assert sum(isinstance(record.event, Closed) for record in ledger.read()) == 50
    with open_ledger(tmp_path / "run.db", RUN, writing=True) as ledger:
        outcome = trade(small(), DATA, ledger=ledger)
        assert ledger.head == unbroken.head
    assert len(outcome) == len(DATA)


def test_a_finished_run_played_again_adds_nothing(unbroken: MemoryLedger) -> None:
    ledger = MemoryLedger(RUN)
    first = trade(small(), DATA, ledger=ledger)
    head = ledger.head
    again = trade(small(), DATA, ledger=ledger)
    assert ledger.head == head == unbroken.head
    assert (again.nav == first.nav).all()


def test_longer_data_continue_a_run(unbroken: MemoryLedger) -> None:
    ledger = MemoryLedger(RUN)
    trade(small(), DATA.until(50), ledger=ledger)
    trade(small(), DATA, ledger=ledger)
    assert ledger.head == unbroken.head


def changed(row: int) -> Market:
    spx = DATA["spx"].copy()
    spx[row] *= 1.0 + 1e-9
    return Market(DATA.times, {**DATA.columns, "spx": spx})


def test_other_data_do_not_continue_a_run() -> None:
    ledger = MemoryLedger(RUN)
    trade(small(), DATA, end=day(40), ledger=ledger)
    head = ledger.head
    with pytest.raises(LedgerError, match="continue it with the data, program and version"):
        trade(small(), changed(20), ledger=ledger)
    assert ledger.head == head


def test_another_program_does_not_continue_a_run() -> None:
    ledger = MemoryLedger(RUN)
    trade(small(), DATA, end=day(40), ledger=ledger)
    head = ledger.head
    with pytest.raises(LedgerError, match="has another 'opened' there"):
        trade(small(low=12.5), DATA, ledger=ledger)
    assert ledger.head == head


def with_action(multiple: float, **more) -> Program:
    lines = [Line("puts", Put(strike_step=5), moving(), actions=[Monetise(multiple)])]
    return Program(lines, name=RUN, **more)


@pytest.mark.parametrize(
    ("program", "data", "start", "said"),
    [
        (with_action(3.0), DATA, 30, "lines[0].actions[0].multiple was 2.0, is 3.0"),
        (
            with_action(2.0, budget=0.02, execution=Execution(option_depth=None)), DATA, 30,
            "execution.option_depth was 2000.0, is none; budget.per_year was none, is 0.02",
        ),
        (with_action(2.0), DATA, 31, f'start was "{DATA.dates[30]}", is "{DATA.dates[31]}"'),
        (with_action(2.0), "changed", 30, "the market up to the start is another"),
        (
            Program([Line("puts", Put(strike_step=25), moving(13.0), actions=[Monetise(2.0)])],
                    name=RUN, fills="close", costs=Costs(option_fee=2.0)),
            DATA, 30,
            'costs.option_fee was 1.0, is 2.0; fills was "next", is "close"; '
            "lines[0].sleeve.strike_step was 5, is 25; and 1 more",
        ),
        (
            Program([Line("puts", Put(strike_step=5), moving(12.5), actions=[Monetise(2.0)])],
                    name=RUN), DATA, 30,
            "policies.puts.steps[0].low was 12.0, is 12.5",
        ),
    ],
)  # fmt: skip
def test_what_is_another_is_told(program: Program, data, start: int, said: str) -> None:
    ledger = MemoryLedger(RUN)
    trade(with_action(2.0), DATA, start=day(30), end=day(35), ledger=ledger)
    with pytest.raises(LedgerError) as caught:
        trade(program, changed(20) if data == "changed" else data, start=day(start), ledger=ledger)
    assert caught.value.what.endswith(f"has another 'opened' there: {said}")
    assert caught.value.where == f"run {RUN}, record 1"
    assert "--run NAME" in caught.value.mend
    assert "another file" in caught.value.mend
