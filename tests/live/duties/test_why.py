"""Any decision of a book is told, made again to the last bit, and followed through the desk."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.over_the_counter import readable
from hedgerow.engine.ledger.desk_events import (
    Acknowledged,
    Approved,
    Declined,
    Ended,
    Executed,
    Proposed,
    Sent,
)
from hedgerow.engine.ledger.events import Decided, Ordered
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.errors import RangeError
from hedgerow.live.chronicle import Chronicle
from hedgerow.live.why import why

LATE = 21 * 3_600 * 10**9  # from midnight in London to four in the afternoon of New York


@pytest.fixture
def chronicle(desk) -> Chronicle:
    return Chronicle(desk.ledger).read()


def test_every_decision_is_made_again_to_the_last_bit(desk, chronicle) -> None:
    for session in chronicle.sessions:
        for line in ("puts", "futures"):
            found = why(chronicle, None, session.date, line)
            assert found.same, found.again


@pytest.mark.parametrize("field", ["x", "signals", "memory"])
def test_a_decision_that_was_not_made_so_is_told(desk, field) -> None:
    """The chain holds, for it is forged anew; the policy says something else."""
    forged = MemoryLedger("live")
    batch, changed = [], 0
    for record in desk.ledger.read():
        event = record.event
        at = str(np.datetime64(event.time, "ns"))[:10]
        if isinstance(event, Decided) and at == "2020-03-16" and event.line == "puts":
            new = {
                "x": 1.99,
                "signals": {"vix": 21.5},
                "memory": {**event.memory, "trigger": {**event.memory["trigger"], "days": 3.5}},
            }
            event, changed = replace(event, **{field: new[field]}), changed + 1
        batch.append(event)
        if not record.more:
            forged.append(batch)
            batch = []
    assert changed == 1
    chronicle = Chronicle(forged)
    found = why(chronicle, None, "2020-03-16", "puts")
    assert not found.same
    assert "comes out differently" in found.again
    assert why(chronicle, None, "2020-03-13", "puts").same


def test_the_words_are_those_of_the_backtest(desk) -> None:
    """One line, all of the intensity, no common budget: `hr.backtest` explains the same."""
    policy = hr.Policy(
        [hr.Linear("vix", low=12, high=22), hr.Bounds(), hr.Trigger()], [hr.Level("vix")]
    )
    put = hr.Put(moneyness=0.9, tenor="90d")
    start, end = "2019-06-03", "2020-03-20"
    tested = hr.backtest(policy, desk.market, put, start=start, end=end)
    ledger = MemoryLedger("ideal")
    program = hr.Program(
        [hr.Line("puts", put, policy)], name="ideal", execution=hr.Execution.ideal()
    )
    hr.trade(program, desk.market, start=start, end=end, ledger=ledger)
    for day in ("2020-02-03", "2020-02-24", "2020-03-09", "2020-03-19"):
        ours, theirs = why(Chronicle(ledger), None, day).told, tested.explain(day)
        assert [step["said"] for step in ours.steps] == [step["said"] for step in theirs.steps]
        assert ours.target == pytest.approx(theirs.target, rel=1e-12)
        assert ours.acted == theirs.acted
        assert ours.held == pytest.approx(theirs.held, rel=1e-9)
        assert ours.wanted == pytest.approx(theirs.wanted, rel=1e-9)
        assert ours.fill["change"] == pytest.approx(theirs.fill["change"], abs=1e-9)


def test_an_order_is_followed_from_proposal_to_fill(desk, chronicle) -> None:
    ordered = [o for s in chronicle.sessions for o in s.ordered if o.line == "puts"][:2]
    made = [
        Proposed(o.time, o.order, "", o.line, o.legs, "limit", 13.0, "day", o.time + LATE, {})
        for o in ordered
    ]
    first, second = ordered
    leg, at = first.legs[0], first.time + LATE - 60 * 10**9
    desk.journal.write(lambda _: made)
    desk.journal.write(
        lambda _: [
            Approved(at, first.order, "ann", "fits the plan"),
            Sent(at + 1, first.order, "paper", f"live:{first.order}"),
            Acknowledged(at + 2, first.order, "77"),
            Executed(at + 3, first.order, "x", leg.contract, leg.quantity, 12.95, 2_000_000),
            Ended(at + 4, first.order, "filled", "all of it"),
            Declined(second.time + 1, second.order, "bob", "too dear"),
        ]
    )
    (fate,) = why(chronicle, desk.journal, "2020-02-03", "puts").orders
    assert fate.stage == "filled"
    told = [(who, what.split(":")[0].split(",")[0]) for _, who, what in fate.steps]
    assert told[:5] == [
        ("desk", "proposed"),
        ("ann", "approved"),
        ("paper", "sent as live"),
        ("broker", f"+{leg.quantity // 10**9} {readable(leg.contract)} at 12.95"),
        ("desk", "filled"),
    ]
    assert told[-1][0] == "run"  # the fill that the run counted
    found = why(chronicle, desk.journal, "2020-02-03", "puts")
    assert "desk: proposed, until 2020-02-03 16:00 New York" in str(found)
    assert "2020-02-03 15:59 New York  ann: approved: fits the plan" in str(found)
    assert ["2020-02-03T20:59:00.000000000Z", "ann"] in [
        step[:2] for step in found.to_dict()["orders"][0]["steps"]
    ]
    day = next(s.date for s in chronicle.sessions if second in s.ordered)
    found = {f.order: f for f in why(chronicle, desk.journal, day, "puts").orders}
    assert found[second.order].stage == "declined"
    assert "too dear" in str(why(chronicle, desk.journal, day, "puts"))


def test_the_plan_is_told(chronicle) -> None:
    found = why(chronicle, None, "2020-02-28", "puts")
    assert found.plan["share"] == 0.7
    assert found.plan["scale"] < 1.0
    cut = f"cut to {found.plan['scale']:.1%} by the common budget"
    assert cut in str(found)
    whole = found.told.target * 0.7 * found.plan["scale"]
    assert found.plan["x"] == pytest.approx(whole, rel=1e-12)
    assert json.loads(json.dumps(found.to_dict()))["same"] is True


def test_a_day_between_sessions_is_the_one_before(chronicle) -> None:
    found = why(chronicle, None, "2020-04-12", "puts")  # Easter Sunday
    assert found.session == "2020-04-09"


@pytest.mark.parametrize(
    ("date", "line", "said"),
    [
        ("2020-01-31", "puts", "lies outside the run"),
        ("2020-05-01", "puts", "lies outside the run"),
        ("9 March", "puts", "date"),
        ("2020-03-09", "putz", "there is no line 'putz'.*'puts'"),
        ("2020-03-09", None, "several lines.*puts, futures"),
    ],
)
def test_mistakes_are_told(chronicle, date, line, said) -> None:
    with pytest.raises(RangeError, match=said):
        why(chronicle, None, date, line)


def test_orders_of_the_ledger_are_known(chronicle) -> None:
    assert sum(isinstance(o, Ordered) for s in chronicle.sessions for o in s.ordered) > 20
