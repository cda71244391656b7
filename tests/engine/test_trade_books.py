"""What a program's books hold: whole contracts, two books that agree, rules that bind lines."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from engine.trading import RUN, flat, moving, scheduled, small
from hedgerow.core.contract import OptionContract
from hedgerow.core.policy import Policy
from hedgerow.engine.attribution import Parts
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.events import Cancelled, Closed, Explained, Filled, Ordered, Settled
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Call, Put
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.vix_options import VixCall
from hedgerow.policies.actions import Monetise, RollOut
from hedgerow.policies.rules import Constant
from hedgerow.policies.trigger import AtRoll
from synthetic import market

DATA = scheduled(market(150))
NANO, MICRO = 1_000_000_000, 1_000_000


def events_of(program: Program, data=DATA) -> tuple[Outcome, list]:
    ledger = MemoryLedger(RUN)
    outcome = trade(program, data, ledger=ledger)
    return outcome, [record.event for record in ledger.read()]


def test_whole_contracts_on_listed_strikes_and_two_books_that_agree() -> None:
    outcome, events = events_of(small())
    fills = [event for event in events if isinstance(event, Filled)]
    assert len(fills) > 20
    assert all(fill.quantity % NANO == 0 for fill in fills)
    strikes = {OptionContract.parse(f.contract).strike for f in fills if len(f.contract) > 10}
    assert len(strikes) > 1
    assert all(strike % 5 == 0 for strike in strikes)
    for line in outcome.lines.values():
        assert (line["held"] == np.round(line["held"])).all()
    closed = [event.nav / MICRO for event in events if isinstance(event, Closed)]
    np.testing.assert_allclose(closed, outcome.nav, rtol=0.0, atol=0.01)


@pytest.mark.parametrize("word", ["am", "pm"])
def test_options_settle_at_the_morning_or_the_close_before_anything_trades(word: str) -> None:
    sleeve = Put(1.03, tenor="monthly", roll="expiry", strike_step=5, settlement=word)
    outcome, events = events_of(Program([Line("puts", sleeve, flat(1.0))]))
    settled = [event for event in events if isinstance(event, Settled)]
    assert len(settled) >= 5
    level = {"am": DATA["spx_open"], "pm": DATA["spx"]}[word]
    root = {"am": "SPX   ", "pm": "SPXW  "}[word]
    paid = 0
    for event in settled:
        put = OptionContract.parse(event.contract)
        row = np.searchsorted(DATA.times.astype("int64"), event.time)
        assert str(DATA.dates[row]) == str(put.expiry)
        assert event.contract.startswith(root)
        assert event.value == pytest.approx(max(put.strike - level[row], 0.0), abs=1e-9)
        paid += event.value > 0.0
        after = events[events.index(event) :]
        fills = [fill for fill in events if isinstance(fill, Filled) and fill.time == event.time]
        assert fills
        assert all(fill in after for fill in fills)
        assert all(fill.contract != event.contract for fill in fills)
    assert paid > 0
    # two books, kept apart, agree at every bar
    closed = [event.nav / MICRO for event in events if isinstance(event, Closed)]
    np.testing.assert_allclose(closed, outcome.nav, rtol=0.0, atol=0.01)


def test_the_index_of_a_covered_call_stays_over_rolls() -> None:
    sleeve = Call(
        tenor="monthly", roll="21d", side="short", covered=True, strike_step=5, size=Contracts(10)
    )
    line = Line("covered", sleeve, Policy([Constant(1.0), AtRoll()], raw=True))
    outcome, events = events_of(Program([line], name=RUN))
    fills = [event for event in events if isinstance(event, Filled)]
    assert [f.quantity for f in fills if f.contract == "SPX"] == [1_000 * NANO]
    calls = [f.quantity for f in fills if f.contract != "SPX"]
    assert len(calls) > 6
    assert set(calls) == {10 * NANO, -10 * NANO}
    assert set(outcome.lines["covered"]["traded"]) == {0.0, 10.0, 20.0}  # two sides at a roll


def test_the_parts_of_every_bar_add_up() -> None:
    outcome, events = events_of(small())
    by_time: dict[int, int] = defaultdict(int)
    navs = []
    for event in events:
        if isinstance(event, Explained):
            by_time[event.time] += sum(event.parts.values())
        elif isinstance(event, Closed):
            navs.append((event.time, event.nav))
    before = 10_000_000 * MICRO
    for time, nav in navs:
        assert by_time[time] == nav - before
        before = nav
    for line in outcome.lines.values():
        np.testing.assert_allclose(
            sum(line[part] for part in Parts._fields), line["pnl"], rtol=1e-9, atol=1e-6
        )


def test_share_and_max_share_cut_the_larger_line_b8() -> None:
    # 3.0 × 0.5 = 1.5 and 0.5 × 1.0 = 0.5: together 2.0, of which the first may be 60 % = 1.2
    program = Program(
        [
            Line("a", Put(size=Contracts(10)), flat(3.0), share=0.5, max_share=0.6),
            Line("b", VixFuture(size=Contracts(20)), flat(0.5)),
        ],
        execution=Execution.ideal(),
    )
    lines = trade(program, DATA).lines
    np.testing.assert_allclose(lines["a"]["x"], 1.2, rtol=1e-15)
    np.testing.assert_allclose(lines["b"]["x"], 0.5, rtol=1e-15)
    np.testing.assert_allclose(lines["a"]["held"][1:], 12.0, rtol=1e-12)
    np.testing.assert_allclose(lines["b"]["held"][1:], 10.0, rtol=1e-12)


def test_the_common_budget_scales_all_lines_alike_and_holds_b3() -> None:
    puts, far = Put(size=Contracts(20)), Put(moneyness=0.85, size=Contracts(20))
    program = Program(
        [Line("a", puts, flat(2.0)), Line("b", far, flat(1.0))],
        execution=Execution.ideal(), costs=Costs.none(), budget=0.002,
    )  # fmt: skip
    outcome = trade(program, DATA)
    a, b = outcome.lines["a"], outcome.lines["b"]
    assert a["scale"].min() < 0.9
    np.testing.assert_array_equal(a["scale"], b["scale"])
    np.testing.assert_allclose(a["x"], 2.0 * a["scale"], rtol=1e-15)
    np.testing.assert_allclose(b["x"], b["scale"], rtol=1e-15)
    spent = a["spent"] + b["spent"]
    allowed = 0.002 * program.portfolio.value
    slack = np.maximum.accumulate(np.abs(a["carried"]) + np.abs(b["carried"]))
    assert spent.max() > 0.5 * allowed
    assert (spent <= allowed + slack).all()


def test_a_line_that_offsets_takes_the_delta_out() -> None:
    def lines(*more: Line) -> Program:
        return Program(
            [Line("puts", Put(size=Contracts(50)), flat(1.0)), *more],
            execution=Execution.ideal(), costs=Costs.none(),
        )  # fmt: skip

    alone = trade(lines(), DATA)
    both = trade(lines(Line("hedge", Underlying(), flat(1.0), offsets="puts")), DATA)
    hedge = both.lines["hedge"]
    assert (hedge["held"][2:] > 0.0).all()  # index bought against long puts
    net = alone.lines["puts"]["delta"] + hedge["delta"]
    # what is left is the change of delta over the one session between decision and fill
    assert np.abs(net[3:]).mean() < 0.25 * np.abs(alone.lines["puts"]["delta"][3:]).mean()


def limited(tif: str) -> Program:
    execution = Execution(order="limit", limit_offset=0.0, tif=tif)
    return Program([Line("puts", Put(strike_step=5), moving())], execution=execution)


@pytest.mark.parametrize("tif", ["day", "gtc"])
def test_a_limit_at_the_mid_is_never_filled_worse(tif: str) -> None:
    _, events = events_of(limited(tif))
    orders = {event.order: event for event in events if isinstance(event, Ordered)}
    paid: dict[tuple[str, int], list[Filled]] = defaultdict(list)
    for event in events:
        if isinstance(event, Filled):
            paid[event.order, event.time].append(event)
    assert paid
    rolls = 0
    for (name, _), fills in paid.items():
        order = orders[name]
        roll = len(order.legs) == 2  # sells the old contract, listed first, and buys the new
        units = fills[0].quantity * (-1 if roll else 1)
        assert order.limit is not None
        net = sum(fill.quantity * fill.price for fill in fills)
        assert net <= order.limit * units + 1e-6 * abs(units)
        rolls += roll
    assert rolls


def test_a_roll_by_limit_never_doubles_the_position() -> None:
    execution = Execution(order="limit", limit_offset=0.5)
    sleeve = Put(side="short", strike_step=5, size=Contracts(50))
    program = Program([Line("puts", sleeve, flat(1.0))], execution=execution)
    held = trade(program, DATA).lines["puts"]["held"]
    begun = int(np.flatnonzero(held)[0])
    assert set(held[begun:]) == {50.0}
    thin = Execution(option_depth=20.0, thinning=0.0)
    parts = trade(Program([Line("puts", sleeve, flat(1.0))], execution=thin), DATA)
    assert parts.lines["puts"]["held"].max() == 50.0


def test_orders_for_the_day_lapse_and_are_recorded() -> None:
    _, events = events_of(limited("day"))
    times = {event.order: event.time for event in events if isinstance(event, Ordered)}
    bars = [event.time for event in events if isinstance(event, Closed)]
    lapsed = [e for e in events if isinstance(e, Cancelled) and e.why == "not filled that day"]
    assert lapsed
    for event in lapsed:
        assert bars.index(event.time) == bars.index(times[event.order]) + 1


def test_a_thin_market_fills_in_parts_that_add_up() -> None:
    program = Program(
        [Line("puts", Put(strike_step=5, size=Contracts(35)), flat(1.0))],
        execution=Execution(option_depth=10.0, thinning=0.0, tif="gtc"),
    )
    held = trade(program, DATA).lines["puts"]["held"]
    # decided at bar 0; ten a session from bar 1 on
    assert held[:6].tolist() == [0.0, 10.0, 20.0, 30.0, 35.0, 35.0]


def test_fills_at_the_close_come_at_the_deciding_bar() -> None:
    lines = [Line("puts", Put(strike_step=5, size=Contracts(7)), flat(1.0))]
    at_close, after = (trade(Program(lines, fills=f), DATA) for f in ("close", "next"))
    assert at_close.lines["puts"]["held"][:2].tolist() == [7.0, 7.0]
    assert after.lines["puts"]["held"][:2].tolist() == [0.0, 7.0]


@pytest.mark.parametrize("action", [Monetise(1.5, 0.1, 2), RollOut(35)], ids=lambda a: a.kind)
def test_what_comes_later_changes_nothing_before(action) -> None:
    put = Put(strike_step=5, roll="expiry" if action.kind == "roll_out" else "30d")
    program = Program([Line("puts", put, moving(), actions=(action,))])
    plain = trade(Program([Line("puts", put, moving())]), DATA)
    whole, cut = trade(program, DATA), trade(program, DATA.until(len(DATA) - 21))
    n = len(cut)
    assert n == len(whole) - 20
    assert not np.array_equal(plain.nav, whole.nav)  # the action does something
    np.testing.assert_array_equal(cut.nav, whole.nav[:n])
    for name, column in cut.lines["puts"].items():
        np.testing.assert_array_equal(column, whole.lines["puts"][name][:n], err_msg=name)


def test_actions_look_at_the_future_that_a_vix_option_is_written_on() -> None:
    sleeve = VixCall(months=2, roll_before=5, strike_step=0.5, size=Contracts(50))
    calls = Line("calls", sleeve, flat(1.0), actions=[Monetise(multiple=1.5)])
    _, events = events_of(Program([calls], name=RUN))
    _, plain = events_of(Program([Line("calls", sleeve, flat(1.0))], name=RUN))
    sold, kept = (
        sum(event.quantity < 0 for event in each if isinstance(event, Filled))
        for each in (events, plain)
    )
    assert sold > kept
