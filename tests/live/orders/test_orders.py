"""An order's way over the desk: proposed, let go or not, sent once in its window, reported."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Executed
from hedgerow.engine.ledger.events import Alarm, Cancelled, Filled
from hedgerow.engine.ledger.money import nanos
from hedgerow.errors import BrokerError, LedgerError
from hedgerow.live import settings as terms
from hedgerow.live.blotter import Slip
from hedgerow.live.brokers.gateway import RefusedError
from hedgerow.live.journal import Journal
from hedgerow.live.orders import desk
from hedgerow.live.settings import Settings
from live.orders.scripted import AROUND, FUTURE, PUT, new_york, ordered

MORNING = new_york(3, 10)
"""In the first window of the session after the decision."""


def slip(journal: Journal, order: str = "a-1") -> Slip:
    return journal.blotter().orders[order]


def proposed(journal: Journal, *orders: str, text: str = "", tif: str = "day") -> None:
    fresh = [ordered(name, tif=tif) for name in orders or ("a-1",)]
    desk.propose(journal, fresh, AROUND, terms.parse(text))


def sent(journal: Journal, broker, clock, tif: str = "day") -> list[str]:
    proposed(journal, tif=tif)
    desk.approve(journal, "a-1", "ann")
    clock.now = MORNING
    return desk.dispatch(journal, broker, Settings(), clock())


def fill(many: float = 12, execution: str = "x1", order: str = "a-1", leg: str = PUT) -> Executed:
    return Executed(MORNING, order, execution, leg, nanos(many), 30.5, 0)


def alarms(journal: Journal) -> list[str]:
    return [alarm.sentence for alarm in journal.blotter().alarms]


# the whole way


def test_an_order_goes_all_the_way(journal, broker, clock) -> None:
    assert sent(journal, broker, clock) == []
    assert list(broker.placed) == ["live:a-1"]
    broker.acknowledge("a-1")
    broker.said += [fill(5), fill(7, "x2")]
    desk.receive(journal, broker)
    kinds = [record.event.kind for record in journal.records()]
    want = "opened proposed approved sent acknowledged executed executed ended"
    assert kinds == want.split()
    assert slip(journal).stage == "filled"
    assert verify(journal.records()).count == 8


def test_what_is_proposed_is_not_proposed_again(journal) -> None:
    proposed(journal, "a-1")
    proposed(journal, "a-1", "a-2")
    assert list(journal.blotter().orders) == ["a-1", "a-2"]


# a person's word


def test_a_person_declines_with_a_reason(journal) -> None:
    proposed(journal)
    with pytest.raises(LedgerError, match="there is no reason"):
        desk.decline(journal, "a-1", "ann", "  ")
    desk.decline(journal, "a-1", "ann", "elections tomorrow")
    assert (slip(journal).stage, slip(journal).declined.why) == ("declined", "elections tomorrow")
    with pytest.raises(LedgerError, match=r"ann declined it at 2024-04-02 16:20 New York"):
        desk.approve(journal, "a-1", "bob")


def test_the_second_person_is_told_who_was_first(journal, clock) -> None:
    proposed(journal)
    desk.approve(journal, "a-1", "ann")
    clock.now = new_york(2, 17)
    with pytest.raises(LedgerError, match=r"order a-1: ann approved it at 2024-04-02 16:20"):
        desk.approve(journal, "a-1", "bob")
    with pytest.raises(LedgerError, match="ann approved it"):
        desk.decline(journal, "a-1", "bob", "no")


def test_a_set_is_approved_whole_or_not_at_all(journal) -> None:
    proposed(journal, "a-1", "a-2", "a-3")
    desk.decline(journal, "a-3", "ann", "too late")
    with pytest.raises(LedgerError, match="order a-3: ann declined it"):
        desk.approve(journal, ["a-1", "a-2", "a-3"], "bob")
    assert slip(journal, "a-1").stage == "proposed"
    desk.approve(journal, ["a-1", "a-2", "a-1"], "bob", "as planned")
    assert [slip(journal, name).stage for name in ("a-1", "a-2")] == ["approved"] * 2


def test_what_cannot_be_approved_is_told(journal) -> None:
    with pytest.raises(LedgerError, match=r"never proposed. Mend: there is nothing to approve"):
        desk.approve(journal, "a-1", "ann")
    proposed(journal)
    with pytest.raises(LedgerError, match=r"never proposed. Mend: did you mean 'a-1'"):
        desk.approve(journal, "a-11", "ann")
    with pytest.raises(LedgerError, match="nobody is named"):
        desk.approve(journal, "a-1", " ")


def test_a_proposal_expires_after_its_hours_or_at_the_next_close(journal, clock) -> None:
    proposed(journal, "a-1", text="approval.hours = 3")
    proposed(journal, "a-2", text="approval.hours = 48")
    assert slip(journal, "a-1").proposed.expires == new_york(2, 19, 20)
    assert slip(journal, "a-2").proposed.expires == new_york(3, 16)
    clock.now = new_york(2, 19, 20)
    with pytest.raises(LedgerError, match="it expired at 2024-04-02 19:20 New York"):
        desk.approve(journal, "a-1", "ann")  # though nobody has written it down yet
    assert [event.order for event in desk.expire(journal)] == ["a-1"]
    assert desk.expire(journal) == ()
    with pytest.raises(LedgerError, match="it is expired: nobody approved it by 2024-04-02 19:20"):
        desk.approve(journal, "a-1", "ann")


def test_on_paper_a_rule_may_stand_for_the_person(journal) -> None:
    free = terms.parse("approval.required = false\nlimits.contracts = 20")
    fresh = [ordered("a-1"), ordered("a-2", {PUT: 21})]
    desk.propose(journal, fresh, AROUND, free)
    desk.approve_by_rule(journal, Settings())
    assert slip(journal).stage == "proposed", "by default a person has to"
    desk.approve_by_rule(journal, free)
    assert slip(journal).approved.who == "rule: paper"
    assert slip(journal, "a-2").stage == "proposed", "not past a limit"
    real = free.model_copy(update={"broker": terms.BrokerTerms(kind="ibkr")})
    desk.propose(journal, [ordered("a-3")], AROUND, free)
    assert desk.approve_by_rule(journal, real) == ()


def test_of_two_processes_exactly_one_approves(journal, tmp_path, clock) -> None:
    proposed(journal, *(f"a-{i}" for i in range(6)))
    children = []
    for who in ("ann", "bob", "cy"):
        child = os.fork()
        if not child:
            mine, won = Journal(tmp_path / "book.db", "live", clock), 0
            for i in range(6):
                try:
                    desk.approve(mine, f"a-{i}", who)
                    won += 1
                except LedgerError as error:
                    if f"order a-{i}: " not in str(error) or " approved it at " not in str(error):
                        os._exit(99)
            os._exit(won)
        children.append(child)
    won = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sum(won) == 6, won
    assert {each.stage for each in journal.blotter().orders.values()} == {"approved"}
    assert verify(journal.records()).count == 1 + 6 + 6


# sending


def test_nothing_is_sent_before_it_is_approved_or_outside_its_window(journal, broker, clock):
    proposed(journal)
    clock.now = MORNING
    desk.dispatch(journal, broker, Settings(), clock())
    desk.approve(journal, "a-1", "ann")
    for hour, minute in ((9, 29), (11, 0), (14, 59), (16, 0)):
        desk.dispatch(journal, broker, Settings(), new_york(3, hour, minute))
        assert not broker.asked
    desk.dispatch(journal, broker, Settings(), new_york(3, 15))
    assert broker.asked == ["live:a-1"]


def test_what_is_not_sent_in_its_session_is_over(journal, broker, clock) -> None:
    proposed(journal, "a-1")
    proposed(journal, "a-2", tif="gtc")
    desk.approve(journal, ["a-1", "a-2"], "ann")
    clock.now = new_york(4, 10)
    assert desk.dispatch(journal, broker, Settings(), clock()) == []
    assert broker.asked == ["live:a-2"], "good till cancelled"
    desk.expire(journal)
    assert slip(journal).ended.why == "its session closed before it was sent"


def test_a_lost_answer_is_looked_up_and_not_sent_again(journal, broker, clock) -> None:
    def lose(key: str) -> None:
        raise BrokerError("no answer in 15 s")

    broker.after = lose
    assert "not known whether it has arrived" in sent(journal, broker, clock)[0]
    assert slip(journal).stage == "sent"
    assert "a-1: it is not known" in alarms(journal)[0]
    assert desk.dispatch(journal, broker, Settings(), clock()) == []
    assert (slip(journal).stage, slip(journal).id) == ("working", "id live:a-1")
    assert broker.asked == ["live:a-1"]


def test_what_has_not_arrived_is_sent_again_under_its_key(journal, broker, clock) -> None:
    def lose(key: str) -> None:
        raise BrokerError("the line is dead")

    broker.before = lose
    sent(journal, broker, clock)
    broker.down = BrokerError("it cannot be reached")
    assert desk.dispatch(journal, broker, Settings(), clock()) == ["it cannot be reached"]
    broker.before, broker.down = (lambda key: None), None
    assert desk.dispatch(journal, broker, Settings(), new_york(3, 12)) == []
    assert broker.asked == [], "not outside its window"
    desk.dispatch(journal, broker, Settings(), new_york(3, 15, 1))
    assert list(broker.placed) == ["live:a-1"]
    assert len(alarms(journal)) == 1


def test_what_never_arrived_is_over_with_its_session(journal, broker, clock) -> None:
    def lose(key: str) -> None:
        raise BrokerError("the line is dead")

    broker.before = lose
    sent(journal, broker, clock)
    desk.dispatch(journal, broker, Settings(), new_york(3, 16, 1))
    assert (slip(journal).stage, broker.asked) == ("expired", [])


def test_a_refusal_ends_an_order_and_is_told(journal, broker, clock) -> None:
    def refuse(key: str) -> None:
        raise RefusedError("margin is short by 12,000 USD")

    broker.before = refuse
    assert sent(journal, broker, clock) == ["margin is short by 12,000 USD"]
    assert (slip(journal).stage, slip(journal).ended.why) == (
        "rejected",
        "margin is short by 12,000 USD",
    )
    assert "rejected" in alarms(journal)[0]
    broker.before = lambda key: None
    desk.dispatch(journal, broker, Settings(), clock())
    assert broker.placed == {}


# halting


def test_nothing_is_sent_or_approved_while_halted(journal, broker, clock) -> None:
    proposed(journal, "a-1", "a-2")
    desk.approve(journal, "a-1", "ann")
    with pytest.raises(LedgerError, match="there is no reason"):
        desk.halt(journal, "bob", "")
    desk.halt(journal, "bob", "quotes look odd")
    with pytest.raises(LedgerError, match="halted already, by bob at 2024-04-02 16:20 New York"):
        desk.halt(journal, "ann", "me too")
    with pytest.raises(LedgerError, match=r"the desk was halted by bob \(quotes look odd\)"):
        desk.approve(journal, "a-2", "ann")
    desk.decline(journal, "a-2", "ann", "not today")
    desk.dispatch(journal, broker, Settings(), MORNING)
    assert not broker.asked
    desk.resume(journal, "bob", "they were right")
    desk.dispatch(journal, broker, Settings(), MORNING)
    assert broker.asked == ["live:a-1"]
    with pytest.raises(LedgerError, match="the desk is not halted"):
        desk.resume(journal, "bob", "again")


def test_halting_cancels_what_works(journal, broker, clock) -> None:
    sent(journal, broker, clock)
    broker.acknowledge("a-1")
    desk.receive(journal, broker)
    desk.halt(journal, "ann", "enough")
    desk.dispatch(journal, broker, Settings(), clock())
    desk.dispatch(journal, broker, Settings(), clock())
    assert broker.cancelled == ["live:a-1"]
    desk.receive(journal, broker)
    assert slip(journal).stage == "cancelled"


def test_a_halt_between_the_record_and_the_sending_holds(journal, broker, clock) -> None:
    proposed(journal)
    desk.approve(journal, "a-1", "ann")
    write = journal.write

    def halted_right_after(make):
        events = write(make)
        if events and events[0].kind == "sent":
            write(lambda blotter: [desk.halting.Halted(clock(), "bob", "stop")])
        return events

    journal.write = halted_right_after
    desk.dispatch(journal, broker, Settings(), MORNING)
    assert slip(journal).stage == "sent"
    assert not broker.asked


# what the run does meanwhile


def test_the_ledger_ends_orders_on_the_desk(journal, clock) -> None:
    proposed(journal, "a-1", "a-2", "a-3")
    desk.approve(journal, "a-2", "ann")
    at = new_york(3, 16)
    tail = [
        Cancelled(at, "a-1", "replaced"),
        Filled(at, "a-2", "x1", PUT, nanos(12), 30.5, 0),
        Filled(at, "a-3", "x2", PUT, nanos(11), 30.5, 0),
        Cancelled(at, "old-7", "replaced"),
    ]
    desk.follow(journal, tail)
    assert desk.follow(journal, tail) == ()
    stages = [each.stage for each in journal.blotter().orders.values()]
    assert stages == ["cancelled", "filled", "proposed"]
    with pytest.raises(LedgerError, match="a-1: it is cancelled: replaced"):
        desk.approve(journal, "a-1", "ann")


def test_what_the_ledger_has_replaced_is_cancelled_at_the_broker(journal, broker, clock) -> None:
    sent(journal, broker, clock, tif="gtc")
    broker.acknowledge("a-1")
    desk.receive(journal, broker)
    desk.follow(journal, [Cancelled(new_york(3, 16), "a-1", "replaced")])
    desk.dispatch(journal, broker, Settings(), new_york(3, 16, 20))
    assert broker.cancelled == ["live:a-1"]


def test_what_is_left_at_the_close_of_its_session_is_cancelled_at_the_broker(
    journal, broker, clock
) -> None:
    sent(journal, broker, clock)
    broker.acknowledge("a-1")
    broker.said += [fill(5)]
    desk.receive(journal, broker)
    desk.dispatch(journal, broker, Settings(), new_york(3, 15, 59))
    assert broker.cancelled == []
    desk.dispatch(journal, broker, Settings(), new_york(3, 16))
    assert broker.cancelled == ["live:a-1"]
    desk.receive(journal, broker)
    assert (slip(journal).stage, len(slip(journal).executions)) == ("cancelled", 1)


# what a broker says


def test_a_fill_that_crosses_a_cancellation_is_taken(journal, broker, clock) -> None:
    sent(journal, broker, clock)
    broker.said += [Ended(0, "a-1", "cancelled", "asked for"), fill(3)]
    desk.receive(journal, broker)
    assert [done.execution for done in slip(journal).executions] == ["x1"]
    assert slip(journal).stage == "cancelled"
    assert "filled though cancelled" in alarms(journal)[0]


def test_reports_are_written_down_once(journal, broker, clock) -> None:
    sent(journal, broker, clock)
    for _ in range(2):
        broker.acknowledge("a-1")
        broker.said += [fill(), Ended(0, "a-1", "filled", "")]
        desk.receive(journal, broker)
    kinds = [record.event.kind for record in journal.records()]
    assert [kinds.count(kind) for kind in ("acknowledged", "executed", "ended")] == [1, 1, 1]


def test_a_broker_that_says_filled_before_the_fills_is_waited_for(journal, broker, clock) -> None:
    sent(journal, broker, clock)
    broker.said = [Ended(0, "a-1", "filled", "by status")]
    desk.receive(journal, broker)
    assert slip(journal).open
    broker.said = [fill()]
    desk.receive(journal, broker)
    assert slip(journal).stage == "filled"


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (fill(order="z-9"), "nobody here knows it"),
        (Acknowledged(0, "z-9", "5"), "nobody here knows it"),
        (Ended(0, "z-9", "cancelled", "?"), "nobody here knows it"),
        (fill(13), "filled beyond what was asked for"),
        (fill(-1), "filled beyond what was asked for"),
        (fill(1, leg=FUTURE), "none of its legs"),
        (fill(1, order="a-2"), "it is proposed, so it cannot be executed"),
        (Acknowledged(0, "a-2", "5"), "it is proposed, so it cannot be acknowledged"),
    ],
)
def test_what_cannot_have_happened_is_an_alarm_once(journal, broker, clock, report, said) -> None:
    proposed(journal, "a-2")
    sent(journal, broker, clock)
    for _ in range(2):
        broker.said = [report]
        desk.receive(journal, broker)
    assert len(alarms(journal)) == 1
    assert said in alarms(journal)[0]
    assert not slip(journal).executions


def test_a_fill_that_is_told_again_with_another_price_is_an_alarm_once(
    journal, broker, clock
) -> None:
    sent(journal, broker, clock)
    for price in (30.5, 30.5, 29.5, 29.5):
        broker.said = [replace(fill(5), price=price)]
        desk.receive(journal, broker)
    assert [done.price for done in slip(journal).executions] == [30.5]
    (told,) = alarms(journal)
    assert "the broker corrects a fill" in told
    assert "at 29.5" in told


def test_a_rejection_is_an_alarm(journal, broker, clock) -> None:
    sent(journal, broker, clock)
    broker.said = [Ended(0, "a-1", "rejected", "no such contract")]
    made = desk.receive(journal, broker)
    assert [type(event) for event in made] == [Ended, Alarm]


def test_what_could_not_be_written_down_is_not_lost(journal, broker, clock, monkeypatch) -> None:
    sent(journal, broker, clock)
    broker.said = [fill(5), fill(7, "x2")]
    with monkeypatch.context() as broken:
        broken.setattr(journal.ledger, "act", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.receive(journal, broker)
    desk.receive(journal, broker)
    assert slip(journal).stage == "filled"
