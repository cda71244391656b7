"""A book of condors: what each exit is called and when, sums to the cent, no look-ahead."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.engine.margining import requirement
from hedgerow.engine.trade import trade
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.policies.managing import LeaveBefore, RollTested, StopLoss, TakeProfit
from hedgerow.shortvol.condor import CondorRules, book_of, figures, journal, program
from shortvol.flat_market import flat_market

ONE = CondorRules(weeks=12, rungs=1, management=(), costs=hr.Costs.none())
"""Decided on Wednesday 2 January 2019, the 2556th since 1970 and so a twelfth one, filled the day
after; 45 days on is a Saturday, so it expires on Friday 22 February."""


def first(rules: CondorRules, **moves):
    outcome = trade(program(rules), flat_market(**moves))
    return journal(outcome)[0]


def test_entry_on_a_wednesday_filled_the_day_after_of_the_first_friday_after_45_days():
    one = first(ONE)
    assert (one.entry, one.expiry) == (dt.date(2019, 1, 3), dt.date(2019, 2, 22))
    assert one.put_wing < one.put < 3000.0 < one.call < one.call_wing


@pytest.mark.parametrize(
    ("reason", "ended", "management", "weeks", "moves"),
    [
        ("expiry", "2019-02-22", (), 12, {}),
        ("roll", "2019-01-31", (), 4, {}),
        # 21 days before 22 February is Friday 1 February
        ("days", "2019-02-04", (LeaveBefore(21),), 12, {}),
        ("profit", "2019-01-16", (TakeProfit(0.5),), 12, {"vix": {"2019-01-15": 10.0}}),
        ("stop", "2019-01-16", (StopLoss(2.0),), 12, {"spx": {"2019-01-15": 2650.0}}),
        ("tested", "2019-01-16", (RollTested(None),), 12, {"spx": {"2019-01-15": 2650.0}}),
        ("tested", "2019-01-16", (RollTested(0.3),), 12, {"spx": {"2019-01-15": 3250.0}}),
    ],
)
def test_each_exit_has_its_reason_and_is_filled_the_session_after(
    reason, ended, management, weeks, moves
):
    one = first(replace(ONE, management=management, weeks=weeks), **moves)
    assert (one.reason, str(one.exit)) == (reason, ended)


def test_a_condor_that_is_held_at_the_end_is_open():
    moved = flat_market(end="2019-02-01")
    (one,) = journal(trade(program(ONE), moved))
    assert (one.reason, one.exit) == ("open", None)


def test_after_expiry_nothing_is_held_until_the_next_entry():
    outcome = trade(program(ONE), flat_market())
    held = outcome.lines["condor-1"]["held"]
    between = (outcome.dates >= np.datetime64("2019-02-22")) & (
        outcome.dates < np.datetime64("2019-03-28")
    )
    assert not held[between].any()
    assert held[outcome.dates == np.datetime64("2019-03-28")] > 0.0
    book = book_of(outcome)
    assert not book.vega[between].any()
    assert not book.margin[between].any()
    # cash alone earns there: bills at 2 % a year
    assert not outcome.lines["condor-1"]["pnl"][between][1:].any()


def test_what_expires_worthless_keeps_its_credit_and_the_interest_on_it():
    one = first(ONE)
    # what was taken in earns the bill rate, on a value that falls to nothing
    assert one.credit < one.pnl < one.credit * (1.0 + 0.02 * 50.0 / 365.0)


def test_a_condor_tested_is_sold_anew_at_once_of_a_new_expiry_or_the_same():
    for expiry, expected in (("new", dt.date(2019, 3, 1)), ("same", dt.date(2019, 2, 22))):
        rules = replace(ONE, management=(RollTested(None, expiry=expiry),))
        outcome = trade(program(rules), flat_market(spx={"2019-01-15": 2650.0}))
        old, new, *_ = journal(outcome)
        assert (old.exit, new.entry) == (dt.date(2019, 1, 16),) * 2
        assert new.expiry == expected
        assert new.put < 2650.0 < new.call


def test_the_loss_of_a_stop_is_that_many_credits_at_mid_prices():
    # falling by 1.8 % a day: the exit is decided at the first close at which 2 credits are lost
    fall = {f"2019-01-{day:02d}": 3000.0 * 0.982 ** (day - 6) for day in (7, 8, 9, 10, 11)}
    fall |= {f"2019-01-{day:02d}": 3000.0 * 0.982 ** (day - 8) for day in range(14, 19)}
    held = trade(program(ONE), flat_market(spx=fall))
    stopped = trade(program(replace(ONE, management=(StopLoss(2.0),))), flat_market(spx=fall))
    one = journal(stopped)[0]
    loss = (one.value - book_of(held).value) / abs(one.value)
    decided = np.flatnonzero((loss >= 2.0) & (held.dates > np.datetime64(one.entry)))[0]
    assert str(held.dates[decided + 1]) == str(one.exit)
    assert one.reason == "stop"


@pytest.mark.parametrize("costs", [hr.Costs(), hr.Costs.none()])
def test_the_journal_adds_up_to_the_lines_and_to_nav_to_the_cent(costs):
    rules = CondorRules(costs=costs)
    outcome = hr.trade(
        program(rules), hr.load("builtin"), start="2008-01-02", end="2009-12-31"
    ).outcome
    trades = journal(outcome)
    assert len(trades) > 80
    for name in outcome.lines:
        mine = [one for one in trades if one.line == name]
        assert sum(one.pnl for one in mine) == pytest.approx(
            outcome.lines[name]["pnl"].sum(), abs=0.005
        )
        assert sum(one.cost for one in mine) == pytest.approx(
            outcome.lines[name]["cost"].sum(), abs=0.005
        )
    book = book_of(outcome)
    gained = outcome.nav[-1] - rules.portfolio.value - outcome.earned.sum()
    assert sum(one.pnl for one in trades) == pytest.approx(gained, abs=0.005)
    assert sum(one.credit for one in trades) == pytest.approx(book.credit.sum(), abs=0.005)
    found = figures(outcome)
    assert found.trades + found.exits.get("open", 0) == len(trades)
    assert found.kept == pytest.approx(gained, abs=0.005)


def test_break_evens_are_where_the_payoff_at_expiry_is_nothing():
    one = first(ONE)
    strikes = np.array([one.put_wing, one.put, one.call, one.call_wing])
    for level in (one.low, one.high):
        put_wing, put = np.maximum(strikes[:2] - level, 0.0)
        call, call_wing = np.maximum(level - strikes[2:], 0.0)
        paid = 100.0 * one.contracts * (put - put_wing + call - call_wing)
        assert paid == pytest.approx(one.credit, abs=1e-6)


@pytest.mark.parametrize(
    ("strikes", "expected"),
    [
        ((7090, 7185, 7510, 7605), 19_000.0),
        ((7135, 7185, 7500, 7660), 32_000.0),
        ((7090, 7235, 7510, 7605), 29_000.0),
    ],
)
def test_validation_iron_condor_margin_of_two(strikes, expected):
    rights = zip("PPCC", (1, -1, -1, 1), strikes, strict=True)
    held = {f"SPXW  260320{cp}{strike * 1000:08d}": 2 * sign for cp, sign, strike in rights}
    prices = dict.fromkeys(held, 60.0)
    assert requirement(held, prices, {"SPX": 7350.0}) == expected


def test_margin_at_entry_is_the_wider_wing():
    one = first(ONE)
    wider = max(one.put - one.put_wing, one.call_wing - one.call)
    assert one.margin == pytest.approx(100.0 * one.contracts * wider)


def test_wings_of_a_width_lie_so_many_points_off():
    one = first(replace(ONE, wing_width=50.0))
    assert one.put - one.put_wing == one.call_wing - one.call == 50.0


@settings(max_examples=8)
@given(cut=st.integers(15, 90), weeks=st.sampled_from([1, 2, 4, 12]))
def test_what_comes_later_changes_no_condor_that_ended(cut, weeks):
    rules = CondorRules(weeks=weeks, rungs=1, management=(TakeProfit(), StopLoss()))
    data = flat_market(spx={"2019-01-15": 2900.0, "2019-02-12": 3050.0}, vix={"2019-01-09": 14.0})
    whole = journal(trade(program(rules), data))
    part = journal(trade(program(rules), data.until(cut)))
    ended = [one for one in part if one.exit is not None]
    assert set(ended) <= set(whole)


@settings(max_examples=12)
@given(
    short=st.sampled_from([0.10, 0.16, 0.25]),
    width=st.sampled_from([None, 25.0, 100.0]),
    dte=st.integers(14, 90),
    loss=st.floats(0.02, 0.5),
    fall=st.floats(0.85, 1.12),
)
def test_no_condor_loses_more_than_its_margin_less_its_credit(short, width, dte, loss, fall):
    rules = CondorRules(
        short, 0.05, width, dte=dte, weeks=12, rungs=1, management=(), max_loss=loss,
        costs=hr.Costs.none(),
    )  # fmt: skip
    one = first(rules, spx={"2019-01-22": 3000.0 * fall})
    worst = 100.0 * one.contracts * max(one.put - one.put_wing, one.call_wing - one.call)
    # of the interest on what buying it back would cost, no more than 2 % a year
    assert one.pnl >= one.credit - worst * (1.0 + 0.02 * (dte + 7) / 365.0)
    assert one.contracts * 100.0 > 0.0
    assert worst - one.credit <= 1.1 * loss * rules.portfolio.value + 100.0 * worst / one.contracts


def test_a_program_without_a_book_has_no_journal():
    line = hr.Line("puts", hr.Put(), hr.Policy([hr.Constant(1.0)], raw=True))
    outcome = trade(hr.Program([line]), flat_market())
    with pytest.raises(RangeError, match="the program has no book"):
        book_of(outcome)


def test_a_book_of_puts_has_no_journal_of_condors():
    line = hr.Line("puts", hr.Put(), hr.Policy([hr.Constant(1.0)], raw=True), role="book")
    outcome = trade(hr.Program([line]), flat_market())
    with pytest.raises(RangeError, match="line puts"):
        journal(outcome)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[entry]\nshort_delta = 2", "entry.short_delta"),
        ("[entry]\nshort_delta = 0.04", "entry.wing_delta"),
        ("[entry]\nwing_width = -5", "entry.wing_width"),
        ('[entry]\nweekday = "sat"', "entry.weekday"),
        ("[entry]\nweeks = 5\nrungs = 2", "entry.rungs"),
        ("[entry]\ndte = 3", "entry.dte"),
        ("[entry]\ndelta = 0.1", "entry.delta"),
        ("[management]\nprofit = 0.5", "management.profit"),
        ("[management]\ntake_profit = 2.0", "management.take_profit.part"),
        ('[management]\nstop_loss = "never"', "management.stop_loss.multiple"),
        ("[size]\nmax_loss = 20", "size.max_loss"),
        ("[portfolio]\nvalue = -1", "portfolio.value"),
        ("[costs]\nfee = 1", "costs.fee"),
        ("[margin]\nlimit = 0", "margin.limit"),
        ("wings = 2", "wings"),
    ],
)
def test_a_mistake_in_the_file_names_its_field(text, where):
    with pytest.raises(HedgerowError) as error:
        CondorRules.from_toml(text)
    assert error.value.where == where


def test_the_files_of_rules_say_what_python_says():
    text = """
    name = "mine"
    costs = false
    [entry]
    short_delta = 0.2
    wing_width = 50
    dte = 30
    weekday = "fri"
    weeks = 4
    rungs = 2
    strike_step = 25
    [management]
    take_profit = "off"
    stop_loss = 1.5
    leave_before = 7
    roll_tested = { delta = "off", expiry = "same" }
    [size]
    max_loss = 0.2
    [portfolio]
    value = 1e6
    [margin]
    limit = 0.5
    """
    made = (StopLoss(1.5), LeaveBefore(7), RollTested(None, expiry="same"))
    assert CondorRules.from_toml(text) == CondorRules(
        short_delta=0.2,
        wing_width=50,
        dte=30,
        weekday="fri",
        weeks=4,
        rungs=2,
        strike_step=25,
        management=made,
        max_loss=0.2,
        portfolio=hr.Equity(1e6, equity_share=0.0),
        costs=hr.Costs.none(),
        margin=hr.MarginRule(limit=0.5),
        name="mine",
    )


def test_weekly_options_trade_on_the_ticks_of_spxw_05_below_3_points_and_10_from_there():
    outcome = trade(program(replace(ONE, costs=hr.Costs())), flat_market())
    (trip,) = [trip for trip in outcome.book.trips if str(outcome.dates[trip.opened]) < "2019-02"]
    assert {symbol[:12] for symbol in trip.basket.symbols} == {"SPXW  190222"}
    nickels = trip.credit / trip.units / 100.0 / 0.05  # four prices, each on a tick
    assert nickels == pytest.approx(round(nickels), abs=1e-9)
