"""The gateway to Interactive Brokers, over TCP, against a TWS on loopback."""

from __future__ import annotations

import socket
import sys
import time
from dataclasses import replace

import pytest

from hedgerow.engine.ledger.money import nanos
from hedgerow.errors import BrokerError, MissingExtraError
from hedgerow.live.brokers.ibkr import IbkrGateway
from live.desk_of_ibkr import (
    LOWER,
    MORNING,
    PUT,
    RUN,
    Desk,
    gateway,
    proposed,
    settled,
    spread,
    terms,
)
from live.fake_tws import FakeTws

KEY = f"{RUN}:a-1"


@pytest.fixture
def desk(tws, tmp_path):
    with gateway(tws) as broker:
        yield Desk(tmp_path / "book.db", broker)


def test_an_order_is_placed_and_filled_in_parts(tws, desk) -> None:
    assert desk.broker.known() == []
    assert desk.broker.name == "Interactive Brokers, paper account DU1"
    desk.send(proposed())
    order = tws.order(KEY)
    assert (order.action, order.quantity, order.type, order.limit) == ("BUY", 2.0, "LMT", "15.0")
    assert (order.tif, order.account) == ("DAY", "DU1")
    assert desk.receive().orders["a-1"].id == str(order.perm)
    tws.fill(KEY, 1, 15.0)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 1)
    tws.fill(KEY, 1, 14.95)
    slip = desk.ends("filled").orders["a-1"]
    assert [(fill.contract, fill.quantity, fill.price, fill.fee) for fill in slip.executions] == [
        ("VXK24", nanos(1), 15.0, 1_250_000),
        ("VXK24", nanos(1), 14.95, 1_250_000),
    ]
    assert desk.broker.positions() == {"VXK24": nanos(2)}
    assert not desk.broker.findings()
    settled(desk, tws)


def test_an_order_that_is_filled_at_once_and_one_at_the_market(tws, desk) -> None:
    tws.mode = "fill"
    desk.send(proposed(limit=None, tif="gtc", **{MORNING: -3}))
    desk.ends("filled")
    order = tws.order(KEY)
    assert (order.action, order.type, order.tif, order.contract[3]) == (
        "SELL", "MKT", "GTC", "20240118",
    )  # fmt: skip
    assert desk.broker.positions() == {MORNING: nanos(-3)}
    settled(desk, tws)


@pytest.mark.parametrize("mode", ["reject", "inactive"])
def test_what_the_broker_rejects_is_over_with_its_words(tws, desk, mode) -> None:
    tws.mode = mode
    desk.send(proposed())
    slip = desk.ends("rejected").orders["a-1"]
    assert slip.ended is not None
    assert slip.ended.why.startswith("201: Order rejected")
    settled(desk, tws)


def test_a_warning_ends_nothing(tws, desk) -> None:
    tws.mode = "warn"
    desk.send(proposed())
    for _ in range(3):
        assert desk.receive().orders["a-1"].stage in ("sent", "working")
    tws.fill(KEY, 2, 15.0)
    desk.ends("filled")
    settled(desk, tws)


def test_what_is_left_is_cancelled_and_a_late_cancel_ends_nothing(tws, desk) -> None:
    desk.send(proposed())
    tws.fill(KEY, 1, 15.0)
    desk.broker.cancel(KEY)
    slip = desk.ends("cancelled").orders["a-1"]
    assert len(slip.executions) == 1
    assert slip.ended is not None
    assert slip.ended.why == "202: Order Canceled - reason:"
    desk.broker.cancel(KEY)
    desk.send(proposed("a-2"))
    tws.error(tws.order(f"{RUN}:a-2").number, 10148, "it cannot be cancelled now")
    for _ in range(3):
        assert desk.receive().orders["a-2"].stage in ("sent", "working")
    settled(desk, tws)


@pytest.mark.parametrize("mode", ["silent", "cut"])
def test_an_order_whose_answer_is_lost_is_not_sent_again(tws, desk, mode) -> None:
    tws.mode = mode
    desk.broker.known()
    desk.broker._link.terms = terms(tws, timeout=0.3)
    (told,) = desk.send(proposed())
    assert "not known whether it has arrived" in told
    assert desk.send(proposed()) == []
    assert tws.heard.count("place") == 1
    tws.fill(KEY, 2, 15.0)
    desk.ends("filled")
    settled(desk, tws)


def test_an_order_that_never_arrived_is_sent_again_under_its_key(tws, desk) -> None:
    tws.mode = "lost"
    (told,) = desk.send(proposed())
    assert "the connection broke while order a-1 was asked for" in told
    assert not tws.orders
    assert desk.broker.known() == []
    desk.send(proposed())
    desk.send(proposed())
    tws.fill(KEY, 2, 15.0)
    desk.ends("filled")
    settled(desk, tws)


def test_fills_while_the_line_is_down_are_told_after_it(tws, desk) -> None:
    desk.send(proposed())
    tws.fill(KEY, 1, 15.0)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 1)
    tws.down()

    def listen() -> None:
        for _ in range(500):  # until the line is known to be down
            desk.receive()
            time.sleep(0.01)

    with pytest.raises(BrokerError, match="nothing answers there"):
        listen()
    tws.fill(KEY, 1, 14.9)
    tws.up()
    desk.ends("filled")
    settled(desk, tws)


def test_a_fill_is_told_though_the_line_broke_while_another_order_was_looked_up(
    tws, desk, monkeypatch
) -> None:
    desk.send(proposed())
    desk.send(proposed("a-2"))
    desk.receive()
    tws.fill(KEY, 2, 15.0)
    tws.error(tws.order(f"{RUN}:a-2").number, 399, "a word on it")

    async def broken(ib):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(desk.broker, "_look", broken)
        for _ in range(100):
            with pytest.raises(BrokerError, match="the connection broke"):
                desk.receive()
            if desk.broker._link._ib.fills():
                break
            time.sleep(0.01)
        with pytest.raises(BrokerError):
            desk.receive()
    desk.ends("filled")
    settled(desk, tws)


def test_another_process_goes_on_where_one_died(tws, tmp_path) -> None:
    with gateway(tws) as broker:
        Desk(tmp_path / "book.db", broker).send(proposed())
    tws.fill(KEY, 2, 15.0)
    with gateway(tws) as broker:
        desk = Desk(tmp_path / "book.db", broker)
        assert [(one.key, one.done) for one in broker.known()] == [(KEY, True)]
        desk.send(proposed())
        desk.ends("filled")
        assert broker.reports() == []
        settled(desk, tws)


def test_a_fill_that_is_told_twice_counts_once_and_a_correction_is_a_finding(tws, desk) -> None:
    desk.send(proposed())
    execution = tws.fill(KEY, 1, 15.0)
    tws.fill(KEY, 1, 15.0, id=execution, again=True)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 1)
    assert not desk.broker.findings()
    corrected = execution[:-2] + "02"
    tws.fill(KEY, 1, 14.9, id=corrected, again=True)
    tws.fill(KEY, 1, 15.0)
    desk.ends("filled")
    (finding,) = desk.broker.findings()
    assert "the broker corrects a fill" in finding
    assert corrected in finding
    assert desk.broker.reports() == []
    settled(desk, tws)


def test_a_commission_that_is_late_is_estimated_and_said(tws, tmp_path) -> None:
    tws.commissions = False
    with gateway(tws) as broker:
        desk = Desk(tmp_path / "book.db", broker)
        desk.send(proposed())
        broker._terms = terms(tws, timeout=0.3)
        execution = tws.fill(KEY, 2, 15.0)
        assert not desk.receive().orders["a-1"].executions
        slip = desk.ends("filled").orders["a-1"]
        assert slip.executions[0].fee == 4_000_000
        assert "no commission of" in broker.findings()[0]
        tws.pay(execution, 2.46)
        found: list[str] = []
        desk.until(lambda _: bool(found.extend(broker.findings()) or found))
        assert "is 2.46, booked were 4 USD" in found[0]
        settled(desk, tws)


def test_a_spread_is_one_combo_and_its_legs_are_filled_apart(tws, desk) -> None:
    desk.send(spread("a-1", 12.33, 10.0, {PUT: 1.0, LOWER: -2.0}))
    order = tws.order(KEY)
    assert (order.contract[2], order.action, order.quantity) == ("BAG", "BUY", 10.0)
    assert [leg[:4] for leg in order.legs] == [
        ["101", "1", "BUY", "SMART"],
        ["102", "2", "SELL", "SMART"],
    ]
    assert order.limit == "12.3", "on the nickel, and never above the limit approved"
    tws.fill(KEY, 4, 20.0, times=4)
    tws.fill(KEY, 6, 20.1, times=6)
    desk.until(lambda blotter: len(blotter.orders["a-1"].executions) == 2)
    assert desk.receive().orders["a-1"].stage == "working", "a leg is to come"
    tws.fill(KEY, 20, 4.0, leg=1, times=0)
    slip = desk.ends("filled").orders["a-1"]
    assert not any(slip.left.values())
    assert desk.broker.positions() == {PUT: nanos(10), LOWER: nanos(-20)}
    settled(desk, tws)


def test_a_roll_that_is_sold_is_bought_with_its_signs_turned(tws, desk) -> None:
    desk.send(spread("a-1", 0.42, -3.0, {"VXK24": 1.0, "VXM24": -1.0}))
    order = tws.order(KEY)
    assert [leg[:3] for leg in order.legs] == [["201", "1", "SELL"], ["202", "1", "BUY"]]
    assert (order.action, order.quantity, order.limit) == ("BUY", 3.0, "-0.45")
    assert order.contract[7] == "CFE"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (proposed(**{"SPX 2024-01-19 P 4512.5": 1}), "traded over the counter"),
        (proposed(**{"SPX 2023-10-20 2024-01-19 VAR": 1}), "traded over the counter"),
        (proposed(**{"SPXW  240119P00100000": 1}), "does not list it"),
        (proposed(SPX=1), "an index has no shares"),
        (proposed(VX21K24=1), "weekly futures"),
        (proposed(VXK24=1.5), "parts of contracts"),
        (proposed(tif="opg"), "'opg' is no time in force here"),
        (proposed(limit=0.03, **{PUT: 1}), "below the least price"),
        (proposed(**{PUT: 1, "VXK24": 1}), "trade in different places"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_over(tws, desk, order, said) -> None:
    (told,) = desk.send(order)
    assert said in told
    slip = desk.receive().orders["a-1"]
    assert slip.stage == "rejected"
    assert slip.ended is not None
    assert said in slip.ended.why
    assert not tws.orders


def test_a_symbol_with_other_terms_is_refused(tws, desk, monkeypatch) -> None:
    from live import fake_tws

    other = [replace(one, multiplier="100") if one.id == 201 else one for one in fake_tws.LISTED]
    monkeypatch.setattr(fake_tws, "LISTED", other)
    (told,) = desk.send(proposed())
    assert "another contract under this symbol" in told


@pytest.mark.parametrize(
    ("accounts", "account", "said"),
    [
        ("DU1", "U7", "it does not manage the account U7"),
        ("DU1,DU2", "", "it manages 2 accounts, and none is chosen"),
    ],
)
def test_the_wrong_account_is_not_traded_in(tws, accounts, account, said) -> None:
    tws.accounts = accounts
    with gateway(tws, account=account) as broker:
        with pytest.raises(BrokerError, match=said):
            broker.send(proposed(), KEY)
        assert not tws.orders


def test_orders_and_fills_of_others_are_left_alone(tws, tmp_path) -> None:
    with gateway(tws) as broker:
        broker.send(proposed(), KEY)
    tws.order(KEY).ref = "another:a-1"
    tws.fill("another:a-1", 2, 15.0)
    with gateway(tws) as broker:
        assert (broker.known(), broker.reports()) == ([], [])
        with pytest.raises(BrokerError, match="no key of this run"):
            broker.send(proposed(), "another:a-1")


def test_where_no_tws_is_a_sentence_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        gateway(FakeTws(port=port)) as broker,
        pytest.raises(BrokerError, match=r"nothing answers there. Mend: start TWS"),
    ):
        broker.known()


def test_a_tws_that_says_nothing_is_given_up_in_time(tws) -> None:
    tws.mute = True
    with (
        gateway(tws, timeout=0.2) as broker,
        pytest.raises(BrokerError, match=r"no answer within 0.2 s"),
    ):
        broker.positions()


def test_a_client_id_in_use_is_said(tws) -> None:
    with gateway(tws) as one, gateway(tws) as other:
        one.known()
        with pytest.raises(BrokerError, match="326: Unable to connect as the client id"):
            other.known()


def test_without_ib_async_the_extra_is_named(tws, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ib_async", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hedgerow\[ibkr\]'"):
        IbkrGateway(terms(tws), RUN)
