"""A replay through the desk makes the very ledger that the backtest of the period makes."""

from __future__ import annotations

import pytest

from hedgerow.api.monitoring import monitor
from hedgerow.engine.ledger.chain import verify
from hedgerow.live.beginning import resumed
from hedgerow.live.orders import desk
from hedgerow.live.store import Store
from live.desks import (
    ASKED,
    END,
    FREE,
    START,
    Desk,
    backtest,
    market,
    option_a,
    records,
    two_lines,
)

SPAN = "2020-02-20", "2020-03-13"


@pytest.mark.slow
@pytest.mark.parametrize("program", [option_a(), two_lines()], ids=["option-a", "two-lines"])
def test_february_to_april_2020_is_the_backtest_record_for_record(tmp_path, program) -> None:
    book = tmp_path / "book.db"
    made = monitor(program, book, settings=FREE, market=market(), start=START, end=END)
    assert len(made.done) == 62
    assert {each.state for each in made.done} == {"decided"}
    wanted = backtest(tmp_path, resumed(Store(book), "live", None))
    found = records(book)
    assert [record.text for record in found] == [record.text for record in wanted]
    assert found[-1].hash == wanted[-1].hash
    assert sum(record.event.kind == "filled" for record in found) > 5
    verify(found)
    verify(records(book, "live.desk"))


def test_what_a_person_approves_in_time_is_the_backtest(tmp_path) -> None:
    made = Desk.at(tmp_path / "book.db", settings=ASKED, start=SPAN[0], end=SPAN[1])
    approved = 0
    for day in made.source.sessions:
        orders = [order.order for order in made.close(day).orders]
        if orders:
            desk.approve(made.cycle.journal, orders, "ann", "fits")
            approved += len(orders)
        made.open(day)
    made.leave()
    wanted = backtest(tmp_path, made.cycle.program, *SPAN)
    assert approved > 3
    assert [r.text for r in records(tmp_path / "book.db")] == [r.text for r in wanted]


def test_what_is_declined_is_never_filled(tmp_path) -> None:
    made = Desk.at(tmp_path / "book.db", settings=ASKED, start=SPAN[0], end=SPAN[1])
    declined = 0
    for day in made.source.sessions:
        for order in made.close(day).orders:
            desk.decline(made.cycle.journal, order.order, "ann", "not today")
            declined += 1
        made.open(day)
    made.leave()
    kinds = [record.event.kind for record in records(tmp_path / "book.db")]
    assert declined > 3
    assert "filled" not in kinds
    assert kinds.count("cancelled") >= declined - 1, "the last waits for its session"


def test_what_nobody_answers_is_never_filled_and_asked_for_anew(tmp_path) -> None:
    made = Desk.at(tmp_path / "book.db", settings=ASKED, start=SPAN[0], end=SPAN[1])
    stepped = made.run()
    made.leave()
    assert "filled" not in {r.event.kind for r in records(tmp_path / "book.db")}
    orders = [order.order for each in stepped for order in each.orders]
    assert len(orders) == len(set(orders)) > 3
    journal = [r.event for r in records(tmp_path / "book.db", "live.desk")]
    ended = [event for event in journal if event.kind == "ended"]
    assert {event.state for event in ended} == {"expired"}
