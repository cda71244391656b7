"""H17, H13, H11: insurance rate, carry and liquidity of a program that has a book."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError
from hedgerow.instruments.future_paths import MULTIPLIER
from hedgerow.instruments.quotes import Quotes
from hedgerow.pricing.carry import basis_carry
from hedgerow.shortvol.rates import insurance_rate, rates_of

TEXT = """
name = "condors"
whole = true

[portfolio]
equity_share = 0.0

[policies.hold]
raw = true
steps = [{ kind = "constant", level = 1.0 }, { kind = "at_roll" }]

[policies.cover]
raw = true
steps = [{ kind = "constant", level = 0.6 }]

[[lines]]
name = "condors"
role = "book"
policy = "hold"
sleeve = { kind = "condor", strike_step = 5, size = { contracts = 20 } }

[[lines]]
name = "vx"
policy = "cover"
sized_by = "book_vega"
sleeve = { kind = "vix_future", months = 1, roll_before = 5 }

[[lines]]
name = "calls"
policy = "hold"
sleeve = { kind = "vix_call", strike_step = 0.5, size = { contracts = 10 } }
"""
START, END = "2017-01-03", "2018-03-29"


@functools.cache
def played(end: str = END) -> tuple[Outcome, hr.Market]:
    market = hr.load("builtin")
    return trade(read(TEXT), market, start=START, end=end), market


def test_h17_by_hand_cost_over_credit_and_negative_where_the_hedge_earned() -> None:
    cost = np.array([100.0, 50.0, 0.0, -900.0, 20.0])
    credit = np.array([1000.0, 0.0, 500.0, 0.0, 0.0])
    nan = float("nan")
    np.testing.assert_allclose(insurance_rate(cost, credit, 2), [nan, 0.15, 0.1, -1.8, nan])


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1.0, 1e6)), min_size=5, max_size=40))
def test_h17_a_rate_has_no_unit_and_knows_no_later_session(rows) -> None:
    cost, credit = np.array(rows).T
    rate = insurance_rate(cost, credit, 3)
    np.testing.assert_allclose(insurance_rate(7.0 * cost, 7.0 * credit, 3), rate, rtol=1e-9)
    np.testing.assert_array_equal(insurance_rate(cost[:-1], credit[:-1], 3), rate[:-1])


def test_h17_credit_is_what_the_condors_sold_for_at_the_middle() -> None:
    outcome, market = played()
    found, line = rates_of(outcome, market), outcome.lines["condors"]
    program = outcome.program
    strip = program.line("condors").sleeve.strip(market.between(None, END), costs=program.costs)
    first = len(market.between(None, END)) - len(outcome)
    opened = np.flatnonzero(found.credit)
    assert 14 <= len(opened) <= 17  # once a month for fifteen months
    for bar in opened:
        sold = -line["held"][bar] * strip.open[first + bar] * 100.0
        assert found.credit[bar] == pytest.approx(sold, rel=1e-9)


def test_h17_premium_is_of_what_is_opened_alone_and_never_of_index_units() -> None:
    market = hr.load("builtin").between(None, "2017-06-30")
    always = hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)
    size = hr.Contracts(3)
    sleeves = {
        "covered": hr.Call(1.02, side="short", tenor="monthly", roll="expiry", covered=True),
        "bought": hr.Put(0.95, tenor="monthly", roll="10d", drift=None, size=size),
    }
    program = hr.Program([hr.Line(name, each, always) for name, each in sleeves.items()])
    outcome = trade(program, market, start="2017-01-03")
    covered, bought = (outcome.lines[name] for name in sleeves)
    index = market["spx"][-len(outcome) :]
    opened = covered["premium"] != 0.0
    assert 5 <= opened.sum() <= 7
    per_call = covered["premium"][opened] / (100.0 * covered["held"][opened])
    assert (np.abs(per_call) < 0.02 * index[opened]).all()
    # bought puts are paid for at each roll; selling the old one brings no premium
    paid = bought["premium"][bought["premium"] != 0.0]
    assert len(paid) > 5
    assert (paid < 0.0).all()


def test_h17_cost_is_the_hedges_loss_and_the_whole_runs_rate_is_their_ratio() -> None:
    outcome, market = played()
    found = rates_of(outcome, market)
    hedges = [outcome.lines[name] for name in ("vx", "calls")]
    lost = -sum(line["pnl"].sum() for line in hedges)
    assert found.cost.sum() == pytest.approx(lost)
    assert found.insurance[0][-1] == pytest.approx(lost / found.credit.sum())
    carried = sum((line["carried"] + line["cost"]).sum() for line in hedges)
    assert found.gross[0][-1] == pytest.approx(carried / found.credit.sum())


def test_h14_returns_add_up_to_the_change_of_nav() -> None:
    outcome, market = played()
    found = rates_of(outcome, market)
    days = np.diff(outcome.dates.astype(float))
    first = len(market.between(None, END)) - len(outcome)
    bills = market["rate"][first : first + len(days)] * days / 365.0
    change = outcome.nav[1:] / outcome.nav[:-1] - 1.0
    np.testing.assert_allclose(found.hedged[1:] + bills, change, atol=1e-12)
    hedge = found.hedged - found.book_alone
    gained = outcome.lines["vx"]["pnl"] + outcome.lines["calls"]["pnl"]
    np.testing.assert_allclose(hedge[1:] * outcome.nav[:-1], gained[1:], atol=1e-6)


def test_h13_the_carry_of_futures_is_the_strips_and_the_budgets() -> None:
    outcome, market = played()
    carry, line = rates_of(outcome, market).carry["vx"], outcome.lines["vx"]
    program = outcome.program
    known = market.between(None, END)
    strip = program.line("vx").sleeve.strip(known, costs=program.costs)
    before = strip.carry[len(known) - len(outcome) :][:-1]  # known at the close before
    held = line["held"][:-1] != 0.0
    assert held.sum() > 200
    np.testing.assert_allclose(carry.each[1:][held], before[held], rtol=1e-9)
    np.testing.assert_allclose(carry.total * carry.days, line["carried"], rtol=1e-9, atol=1e-9)


def test_h13_of_calls_time_roll_down_and_interest_are_told_apart() -> None:
    outcome, market = played()
    carry, line = rates_of(outcome, market).carry["calls"], outcome.lines["calls"]
    parts = line["theta"] + line["carry"] + line["financing"]
    np.testing.assert_allclose(carry.total * carry.days, -parts, atol=1e-6)
    assert carry.decay.sum() > 0.0
    assert carry.financing.sum() > 0.0
    assert not carry.margin.any()  # a call that is bought asks for none


def test_h13_the_margin_of_a_future_costs_the_bill_rate_beside() -> None:
    outcome, market = played()
    carry = rates_of(outcome, market).carry["vx"]
    first = len(market.between(None, END)) - len(outcome)
    bar = int(np.argmax(np.abs(carry.units)))
    bond = 0.45 * market["vix"][first + bar - 1] * 1000.0
    expected = abs(carry.units[bar]) * bond * market["rate"][first + bar - 1] / 365.0
    assert carry.margin[bar] == pytest.approx(expected, rel=1e-9)


@pytest.mark.realdata
def test_h13_h18_a_real_futures_carry_is_the_basis_of_its_own_curve(real_data) -> None:
    market = hr.load(str(real_data)).between("2017-01-03", "2017-12-29")
    quotes = Quotes.of(market)
    strip = hr.VixFuture(months=2, roll_before=5).strip(market)
    days = market.dates.astype(float)
    seen = 0
    for t in range(20, len(market), 10):
        order = np.argsort(quotes.expiry[t] + 1e9 * ~np.isfinite(quotes.price[t]))
        live = [
            i for i in order if np.isfinite(quotes.price[t, i]) and quotes.expiry[t, i] > days[t]
        ]
        at = next((n for n, i in enumerate(live) if quotes.expiry[t, i] == strip.expiry[t]), 0)
        if not at:
            continue
        far, near = live[at], live[at - 1]
        span = quotes.expiry[t, far] - quotes.expiry[t, near]
        slope = basis_carry(quotes.price[t, far], quotes.price[t, near], span)
        assert strip.carry[t] == pytest.approx(float(slope) * MULTIPLIER, rel=1e-9)
        seen += 1
    assert seen > 15


def test_h11_the_ratio_of_every_order_is_told() -> None:
    outcome, market = played()
    ratio = rates_of(outcome, market).liquidity["condors"]
    asked = np.isfinite(ratio)
    assert 14 <= asked.sum() <= 18
    vix = market.between(START, END)["vix"]
    depth = 2000.0 * np.minimum(1.0, 20.0 / vix)
    new = np.diff(outcome.lines["condors"]["held"], prepend=0.0) != 0.0
    fresh = np.flatnonzero(asked[:-1] & new[1:])
    np.testing.assert_allclose(ratio[fresh], depth[fresh] / 20.0)


def test_rates_know_no_later_session() -> None:
    outcome, market = played()
    found, early = rates_of(outcome, market), rates_of(*played("2017-12-29"))
    count = len(early.dates)
    for name in ("credit", "cost", "spend", "book_alone", "hedged", "beta_hedged"):
        np.testing.assert_array_equal(getattr(found, name)[:count], getattr(early, name))
    for days, column in early.insurance.items():
        np.testing.assert_array_equal(found.insurance[days][:count], column)


def test_a_program_without_a_book_has_no_rate() -> None:
    market = hr.load("builtin")
    program = read(TEXT.replace('role = "book"\n', "").replace('sized_by = "book_vega"\n', ""))
    with pytest.raises(RangeError) as error:
        rates_of(trade(program, market, start=START, end="2017-02-28"), market)
    assert error.value.where == "lines.role"


def test_another_market_is_refused() -> None:
    outcome, market = played()
    with pytest.raises(RangeError, match="other sessions"):
        rates_of(outcome, market.between("2018-01-02", None))
