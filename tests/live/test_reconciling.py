"""A run's positions beside the broker's: what differs halts the desk."""

from __future__ import annotations

import pytest

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Ended, Reconciled
from hedgerow.engine.ledger.events import Alarm, Cancelled, Filled, Leg, Opened, Ordered
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.money import nanos
from hedgerow.live.orders import desk as orders
from hedgerow.live.reconciling import WHO, Reconciler
from live.desk_of_ibkr import LOWER, NOW, PUT, RUN, Desk, gateway, proposed, settled, spread

KEY = f"{RUN}:a-1"


@pytest.fixture
def desk(tws, tmp_path):
    with gateway(tws) as broker:
        made = Desk(tmp_path / "book.db", broker)
        made.journal.clock = lambda: NOW
        yield made


def ledger(*fills: tuple[str, float]) -> MemoryLedger:
    made = MemoryLedger(RUN)
    made.append([Opened(0, RUN, "", {}, "", "", {})])
    for i, (symbol, count) in enumerate(fills):
        order, quantity = f"old-{i}", nanos(count)
        legs = (Leg(symbol, quantity),)
        made.append([Ordered(0, order, legs, "market", None, "day", "tail")])
        made.append([Filled(1, order, f"x{i}", symbol, quantity, 15.0, 0)])
    return made


def said(desk: Desk, kind: type) -> list:
    return [each.event for each in desk.journal.records() if isinstance(each.event, kind)]


def test_positions_that_agree_are_written_down_once_at_the_start_and_after_a_fill(
    tws, desk
) -> None:
    tws.positions["DU1", 201] = 2.0
    book, look = ledger(("VXK24", 2)), Reconciler(desk.journal, desk.broker)
    assert look.agrees(book)
    assert look.agrees(book)
    assert [each.differences for each in said(desk, Reconciled)] == [()]
    desk.send(proposed())
    tws.fill(KEY, 2, 15.0)
    desk.ends("filled")
    assert look.agrees(book)
    assert look.agrees(book)
    assert [each.differences for each in said(desk, Reconciled)] == [(), ()]
    settled(desk, tws)


def test_a_mismatch_at_the_start_stops_the_desk_until_a_person_has_mended_it(tws, desk) -> None:
    tws.positions["DU1", 201] = 3.0
    tws.positions["DU2", 201] = -1.0
    book, look = ledger(("VXK24", 2)), Reconciler(desk.journal, desk.broker)
    assert not look.agrees(book)
    halted = desk.journal.blotter().halted
    assert halted is not None
    assert (halted.who, halted.why) == (WHO, "VXK24: the run has 2, the broker 3")
    (alarm,) = said(desk, Alarm)
    assert alarm.rule == "positions"
    assert alarm.sentence.startswith("VXK24: the run has 2, the broker 3. Mend: find out why; ")
    assert "sell 1 VXK24 at the broker by hand" in alarm.sentence
    desk.send(proposed())
    assert not tws.orders
    assert not look.agrees(book)
    orders.resume(desk.journal, "ann", "it may stay")
    assert not look.agrees(book), "at once, with no fill and no bar in between"
    assert desk.journal.blotter().halted is not None
    tws.positions["DU1", 201] = 2.0
    orders.resume(desk.journal, "ann", "sold one by hand")
    assert look.agrees(book)
    desk.send(proposed())
    assert tws.order(KEY).quantity == 2.0
    settled(desk, tws)


def test_a_position_that_nobody_reported_is_a_mismatch_and_none_of_another_contract(
    tws, desk
) -> None:
    tws.positions["DU1", 301] = 500.0
    book = ledger(("VXK24", 1), ("VXK24", -1), (PUT, -4))
    look = Reconciler(desk.journal, desk.broker)
    tws.positions["DU1", 101] = -4.0
    assert look.agrees(book)
    assert look.findings == ("SPY: 500",)
    tws.positions["DU1", 201] = 1.0
    assert not Reconciler(desk.journal, desk.broker).agrees(book)
    assert said(desk, Reconciled)[-1].differences == ("VXK24: the run has 0, the broker 1",)


def test_a_contract_that_expires_today_is_left_out(tws, desk) -> None:
    desk.journal.clock = lambda: NOW + 16 * 86_400 * 10**9
    book = ledger((PUT, -4), ("VXK24", 1))
    tws.positions["DU1", 201] = 1.0
    assert Reconciler(desk.journal, desk.broker).agrees(book)


def test_a_fill_on_its_way_is_waited_for_and_nothing_is_sent_meanwhile(tws, desk) -> None:
    book, look = ledger(), Reconciler(desk.journal, desk.broker)
    assert look.agrees(book)
    desk.send(proposed())
    tws.fill(KEY, 1, 15.0)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 1)
    tws.positions["DU1", 201] = 0.0  # it is late
    assert not look.agrees(book)
    assert desk.journal.blotter().halted is None
    tws.positions["DU1", 201] = 1.0
    assert look.agrees(book)
    tws.fill(KEY, 1, 15.0)
    desk.ends("filled")
    tws.positions["DU1", 201] = 5.0
    assert not look.agrees(book)
    desk.journal.clock = lambda: NOW + 20 * 10**9
    assert not look.agrees(book)
    assert desk.journal.blotter().halted is not None
    settled(desk, tws)


def test_legs_that_the_ledger_has_in_part_are_counted_once(tws, desk) -> None:
    desk.send(spread("a-1", 12.3, 2.0, {PUT: 1.0, LOWER: -2.0}))
    tws.fill(KEY, 2, 20.0, times=2)
    tws.fill(KEY, 2, 4.0, leg=1, times=0)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 2)
    book = ledger()
    legs = (Leg(PUT, nanos(2)), Leg(LOWER, nanos(-4)))
    book.append([Ordered(0, "a-1", legs, "limit", 12.3, "day", "tail")])
    book.append(
        [
            Filled(1, "a-1", "y1", PUT, nanos(1), 20.0, 0),
            Filled(1, "a-1", "y2", LOWER, nanos(-2), 4.0, 0),
        ]
    )
    assert Reconciler(desk.journal, desk.broker).agrees(book)
    assert verify(desk.journal.records()).count


def test_a_leg_alone_whose_order_the_run_has_ended_stops_the_desk(tws, desk) -> None:
    desk.send(spread("a-1", 12.3, 1.0, {PUT: 1.0, LOWER: -2.0}))
    tws.fill(KEY, 1, 20.0, times=0)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 1)
    book, look = ledger(), Reconciler(desk.journal, desk.broker)
    legs = (Leg(PUT, nanos(1)), Leg(LOWER, nanos(-2)))
    book.append([Ordered(0, "a-1", legs, "limit", 12.3, "day", "tail")])
    assert look.agrees(book), "the next bar may count it"
    book.append([Cancelled(1, "a-1", "the session is over")])
    assert not look.agrees(book), "no bar will"
    desk.journal.clock = lambda: NOW + 20 * 10**9
    assert not look.agrees(book)
    halted = desk.journal.blotter().halted
    assert halted is not None
    assert "the run has 0, the broker 1" in halted.why
    told = said(desk, Alarm)[-1].sentence
    assert "after the run had ended it: a-1 (buy 1 SPXW 2024-01-19 4500 put)" in told
    tws.positions["DU1", 101] = 0.0
    orders.resume(desk.journal, "ann", "sold by hand")
    assert look.agrees(book)


def test_what_the_gateway_notices_is_an_alarm(tws, desk) -> None:
    desk.send(proposed())
    execution = tws.fill(KEY, 1, 15.0)
    tws.fill(KEY, 1, 14.9, id=execution[:-2] + "02", again=True)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 1)
    look = Reconciler(desk.journal, desk.broker)
    desk.until(lambda _: look.agrees(ledger()) and len(said(desk, Alarm)) > 0)
    assert "the broker corrects a fill" in said(desk, Alarm)[0].sentence
    assert not said(desk, Ended)
