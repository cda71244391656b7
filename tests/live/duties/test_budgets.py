"""B3: a line's own budget is a limit too, and is shown as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

import hedgerow as hr
from hedgerow.engine.ledger.events import Decided
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.live.duties.wording import spent
from hedgerow.live.standing import Watch
from hedgerow.web.today import tiles
from live.desks import Desk, leave_all, records


def policy(per_year: float) -> hr.Policy:
    steps = [hr.Linear("vix", low=12, high=22), hr.Bounds(), hr.Budget(per_year), hr.Trigger("vix")]
    return hr.Policy(signals=[hr.Level("vix")], steps=steps)


@pytest.fixture
def snapshot(tmp_path):
    def made(*lines: hr.Line):
        program, place = hr.Program(list(lines)), tmp_path / "book.db"
        desk = Desk.at(place, program, start="2020-02-24", end="2020-03-03")
        desk.run()
        desk.cycle.close()
        with open_ledger(place, "live") as ledger:
            return Watch(desk.cycle.store, ledger, desk.cycle.journal, "live").snapshot(), place

    yield made
    leave_all()


def test_a_lone_line_is_held_to_the_budget_of_its_policy(snapshot) -> None:
    found, place = snapshot(hr.Line("puts", hr.Put(strike_step=5), policy(0.02)))
    last = [r.event for r in records(place) if isinstance(r.event, Decided)][-1]
    budget = found.budget
    assert budget.spent == last.book["spent"] > 0.0
    assert budget.limit == 0.02
    assert budget.used == pytest.approx(last.book["spent"] / (0.02 * 10_000_000))
    assert budget.scale == pytest.approx(last.trace["budget"] / last.trace["bounds"])
    assert budget.scale < 1.0
    assert "of 2.0% of NAV" in spent(budget)
    assert "cuts the lines" in spent(budget)
    assert not any("no limit" in cell for tile in tiles(found) for cell in tile)


def test_lines_with_budgets_of_their_own_are_told_one_by_one(snapshot) -> None:
    found, place = snapshot(
        hr.Line("near", hr.Put(strike_step=5), policy(0.02), share=0.5),
        hr.Line("far", hr.Put(strike_step=5, tenor="6m"), policy(0.01), share=0.5),
    )
    last = {r.event.line: r.event for r in records(place) if isinstance(r.event, Decided)}
    budget = found.budget
    assert budget.limit is budget.used is None, "none of them limits both"
    for line, most in (("near", 0.02), ("far", 0.01)):
        own = last[line].book["spent"] / (most * 10_000_000)
        assert budget.own[line]["used"] == pytest.approx(own)
    assert "no limit" not in spent(budget)
    assert "far " in spent(budget)
    assert "of its" in {name: told for name, _, told in tiles(found)}["Budget spent"]
    assert "no limit" in spent(replace(budget, own={}))
