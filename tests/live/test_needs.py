"""What a program reads is asked for at the start, and what is made of it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.errors import DataError
from hedgerow.live.needs import needs_of
from live.desks import FREE, Desk, backtest, leave_all, market, records

CONDORS = Path(__file__).parents[2] / "examples" / "programs" / "hedged_condors.toml"


def test_a_column_that_the_source_has_never_had_is_told_at_the_start(tmp_path) -> None:
    policy = hr.Policy(signals=[hr.Level("cor1m")], steps=[hr.Linear("cor1m", low=10, high=60)])
    with pytest.raises(DataError, match="the history has no column cor1m, which the program reads"):
        hr.monitor(policy, tmp_path / "book.db", market=market(), start="2020-02-24")
    assert not list(tmp_path.iterdir()), "a start that is refused leaves no book behind"


def test_condors_behind_a_hurdle_run_live_as_in_the_backtest(tmp_path) -> None:
    program = hr.load_program(CONDORS)
    assert sorted(needs_of(program)) == ["rate", "spx", "vix"]
    made = Desk.at(tmp_path / "book.db", program, FREE, start="2020-02-26", end="2020-03-03")
    assert {each.state for each in made.run()} == {"decided"}
    program = made.cycle.program
    leave_all()
    wanted = backtest(tmp_path, program, "2020-02-26", "2020-03-03")
    assert [r.text for r in records(tmp_path / "book.db")] == [r.text for r in wanted]
