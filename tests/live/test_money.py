"""What a desk must not lose, fill or forget, whatever the hour at which something stops."""

from __future__ import annotations

import pytest

from hedgerow.engine.ledger.desk_events import Received
from hedgerow.engine.ledger.events import Filled
from hedgerow.errors import BrokerError
from hedgerow.live.duties.calendar import due
from hedgerow.live.hours import hours_from
from hedgerow.live.monitor import Monitor
from hedgerow.live.orders import desk as orders
from live.desks import MINUTE, Desk, records

START, END = "2020-02-03", "2020-02-07"
HOUR = 60 * MINUTE


@pytest.fixture
def made(tmp_path) -> Desk:
    return Desk.at(tmp_path / "book.db", start=START, end=END)


def filled(place) -> list[Filled]:
    return [each.event for each in records(place) if isinstance(each.event, Filled)]


class Killed(BaseException):
    """The machine went off."""


def test_paper_has_what_was_sent_to_it_though_it_was_killed_before_it_said_so(
    tmp_path, made, monkeypatch
) -> None:
    first, second = made.source.sessions[:2]
    made.close(first)

    def off(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(made.cycle.gateway, "send", off)
        with pytest.raises(Killed):
            made.open(first)
    made.leave()
    again = Desk.at(tmp_path / "book.db", start=START, end=END)
    again.clock.now = hours_from(str(second)).close + MINUTE
    again.cycle.tend()  # the orders are looked after before the session is decided
    again.close(second)
    assert filled(tmp_path / "book.db"), "the unbroken run fills it"


def test_a_kill_switch_pulled_before_the_close_leaves_paper_unfilled(tmp_path, made) -> None:
    first, second = made.source.sessions[:2]
    made.close(first)
    made.open(first)
    made.clock.now = hours_from(str(second)).opening + HOUR
    orders.halt(made.cycle.journal, "ann", "a test")
    made.close(second)  # nobody has looked after the orders since, as from cron
    assert not filled(tmp_path / "book.db")
    open_still = made.cycle.journal.blotter().open_orders()
    assert all(slip.stage == "proposed" for slip in open_still)


def test_a_kill_switch_pulled_after_the_close_comes_too_late_for_it(tmp_path, made) -> None:
    first, second = made.source.sessions[:2]
    made.close(first)
    made.open(first)
    made.clock.now = hours_from(str(second)).close + MINUTE
    orders.halt(made.cycle.journal, "ann", "a test")
    made.close(second)
    assert filled(tmp_path / "book.db")


def test_an_order_for_a_day_that_was_left_out_is_not_filled_on_another(tmp_path, made) -> None:
    first, _, third = made.source.sessions[:3]
    made.close(first)
    made.open(first)  # sent for the second session, of which there never are numbers
    made.close(third)
    assert not filled(tmp_path / "book.db")
    assert made.cycle.journal.blotter().orders["puts-1"].stage == "cancelled"


def test_a_week_or_month_whose_last_session_was_missed_has_its_duties_all_the_same() -> None:
    without_friday = ["2020-02-26", "2020-02-27", "2020-03-02"]  # 28 February was left out
    assert [(each.kind, each.session) for each in due(without_friday, ())] == [
        ("daily", "2020-02-26"),
        ("daily", "2020-02-27"),
        ("weekly", "2020-02-27"),
        ("monthly", "2020-02-27"),
        ("daily", "2020-03-02"),
    ]


def test_a_broker_that_is_down_makes_no_session_one_without_numbers(made, monkeypatch) -> None:
    first, second = made.source.sessions[:2]
    made.close(first)
    made.open(first)

    def down():
        raise BrokerError("nothing answers there")

    monkeypatch.setattr(made.cycle.gateway, "reports", down)
    made.clock.now = hours_from(str(second)).close + 13 * HOUR  # beyond source.patience
    monitor = Monitor(made.cycle)
    assert [each.state for each in monitor.look(patient=False).left] == ["waiting"]
    with pytest.raises(BrokerError):
        monitor.look(patient=False)
    states = [r.event.state for r in made.cycle.journal.records() if isinstance(r.event, Received)]
    assert states == ["accepted", "accepted"]
    assert not [each for each in made.cycle.journal.blotter().alarms if each.rule == "source"]
