"""What binds a program at work: margin of what orders would make, a budget that cuts, ruin."""

from __future__ import annotations

import numpy as np
import pytest

from engine.trading import RUN, flat, scheduled
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.events import Planned
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.margining import MarginRule, asks_margin, requirement
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Put, PutSpread
from hedgerow.instruments.sizes import Contracts, Notional
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.actions import Monetise, StagedExit
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import AtRoll, Trigger
from synthetic import market

DATA = scheduled(market(150))
SOLD = Put(1.0, side="short", strike_step=5, size=Contracts(20))


def run(*lines: Line, data: Market = DATA, **terms) -> tuple[Outcome, list[Planned]]:
    ledger = MemoryLedger(RUN)
    outcome = trade(Program(lines, name=RUN, **terms), data, ledger=ledger)
    planned = [record.event for record in ledger.read() if isinstance(record.event, Planned)]
    return outcome, planned


def calls(outcome: Outcome) -> int:
    return sum(rule == "margin" for _, rule, _ in outcome.alarms)


@pytest.mark.parametrize("limit", [0.01, 0.02])
@pytest.mark.parametrize("policy", [flat(1.0), Policy([Constant(1.0), AtRoll()], raw=True)])
def test_a_line_that_does_not_fit_is_never_opened_and_closed_by_turns(
    policy: Policy, limit: float
) -> None:
    # twenty puts at the money ask for about 20 × 100 × 0.2 × 2,000 = 0.8 m, 8 % of NAV
    shut, _ = run(Line("puts", SOLD, policy), margin=MarginRule(limit, "close"))
    assert not shut.lines["puts"]["held"].any()
    assert shut.lines["puts"]["cost"].sum() == 0.0
    assert calls(shut) == 0
    cut, planned = run(Line("puts", SOLD, policy), margin=MarginRule(limit, "reduce"))
    held = cut.lines["puts"]["held"]
    assert held.max() < 0.5 * 20
    assert held[1:].min() > 0.0
    factors = [event.why["margin.factor"] for event in planned if "margin.factor" in event.why]
    assert factors
    assert all(0.0 < factor < 1.0 for factor in factors)
    # what is held asks for more than the limit only by what a day's move adds to it
    assert (cut.margin <= 1.5 * limit * cut.nav).all()
    alone, _ = run(Line("puts", SOLD, policy), margin=MarginRule(limit, "record"))
    assert alone.lines["puts"]["held"].max() == 20.0
    over = alone.margin > limit * alone.nav
    assert calls(alone) == np.count_nonzero(over & ~np.r_[False, over[:-1]]) > 0  # once a time


def test_a_call_after_a_fall_is_said_and_answered() -> None:
    line = Line("puts", SOLD, Policy([Constant(1.0), AtRoll()], raw=True))
    free, _ = run(line)
    used = free.margin / free.nav
    opened = int(np.flatnonzero(used)[0])
    limit = 1.05 * float(used[opened])  # fits when it is opened
    later = int(np.flatnonzero(used > limit)[0])
    for response, share in (("reduce", 1.0), ("close", 0.0)):
        outcome, _ = run(line, margin=MarginRule(limit, response))
        held = outcome.lines["puts"]["held"]
        assert held[opened] == 20.0
        assert outcome.alarms[0][:2] == (str(outcome.dates[later]), "margin")
        assert (held[opened : later + 1] == 20.0).all()
        assert held[later + 1] <= 20.0 * share
        assert held[later + 1] < 20.0


def test_index_units_that_ask_for_margin_are_cut_as_well() -> None:
    line = Line("index", Underlying(size=Notional(0.9)), flat(1.0))
    outcome, _ = run(line, margin=MarginRule(0.3, "reduce"))
    assert (outcome.margin <= 0.31 * outcome.nav).all()  # half of 0.9 would be 0.45
    assert outcome.margin[2:].min() > 0.28 * outcome.nav[2:].min()
    futures = Line("futures", VixFuture(size=Contracts(40)), flat(1.0))
    both, _ = run(line, futures, margin=MarginRule(0.3, "reduce"))
    assert (both.margin <= 0.36 * both.nav).all()
    assert both.lines["index"]["held"][5] < outcome.lines["index"]["held"][5]


def test_a_delta_hedge_may_use_what_the_others_leave() -> None:
    lines = [
        Line("puts", Put(1.0, strike_step=5, size=Contracts(50)), flat(1.0)),
        Line("hedge", Underlying(), flat(1.0), offsets="puts"),
    ]
    free, _ = run(*lines)
    # some 2,500 units of 2,000 ask for half of it, a quarter of NAV
    assert free.margin[2:].min() > 0.11 * free.nav[2:].max()
    outcome, planned = run(*lines, margin=MarginRule(0.10, "reduce"))
    np.testing.assert_array_equal(outcome.lines["puts"]["held"], free.lines["puts"]["held"])
    assert (outcome.margin <= 0.11 * outcome.nav).all()
    assert outcome.margin[2:].min() > 0.09 * outcome.nav[2:].min()
    assert any(event.line == "hedge" and "margin.factor" in event.why for event in planned)
    shut, _ = run(*lines, margin=MarginRule(0.10, "close"))
    assert not shut.lines["hedge"]["held"].any()


def test_what_asks_for_margin_is_what_is_said_to_ask() -> None:
    books = (
        {"SPX": 10.0}, {"SPX": -10.0}, {"VXK24": 1.0}, {"SPXW  240119P04500000": 3.0},
        {"SPXW  240119P04500000": -3.0}, {"SPX 2023-10-20 2024-01-19 VAR": 2.0},
    )  # fmt: skip
    for book in books:
        asked = requirement(
            book, dict.fromkeys(book, 10.0), {"SPX": 4500.0, "VIX": 20.0}, bonds={"VX": 9e3}
        )
        assert (asked > 0.0) == asks_margin(book), book


def test_a_cut_does_not_count_what_actions_have_sold_twice() -> None:
    # at kept 0.5 the line wants ten of twenty; margin for eight leaves eight, not four
    line = Line("puts", Put(1.0, strike_step=5, size=Contracts(-20)), flat(1.0))
    free, _ = run(line)
    at = 40
    limit = 0.4 * float(free.margin[at] / free.nav[at])
    cut, _ = run(line, margin=MarginRule(limit, "reduce"))
    assert cut.lines["puts"]["held"][at + 1] == pytest.approx(-8.0, abs=1.0)


def test_b3_the_budget_cuts_a_line_that_its_policy_leaves_alone() -> None:
    data = scheduled(market(260, start="2017-01-03"))
    year = Put(tenor="365d", roll="180d", size=Contracts(20))
    still = Policy([Constant(1.0), AtRoll()], raw=True)
    lines = [Line("still", year, still), Line("daily", year, flat(1.0))]
    free, _ = run(*lines, data=data, execution=Execution.ideal(), costs=Costs.none())
    spent = (free.lines["still"]["spent"] + free.lines["daily"]["spent"]).max()
    budget = 0.5 * spent / 1e7
    outcome, _ = run(
        *lines, data=data, execution=Execution.ideal(), costs=Costs.none(), budget=budget
    )
    a, b = outcome.lines["still"], outcome.lines["daily"]
    assert a["scale"].min() < 0.9
    # it is cut down with the other, and not raised again before it rolls
    assert (a["held"][2:] <= 1.12 * b["held"][2:] + 0.1).all()
    assert np.count_nonzero(a["traded"]) < 0.2 * np.count_nonzero(b["traded"])
    paid = (a["spent"] + b["spent"]).max()
    assert paid < 1.1 * budget * 1e7
    said = [sentence for _, rule, sentence in outcome.alarms if rule == "budget"]
    assert said
    assert said[0].startswith("the common budget scales what the lines want to 0.")


def test_no_side_is_changed_when_nav_is_gone() -> None:
    days = DATA.times[:60]
    index = np.where(np.arange(60) < 20, 2000.0, 1400.0)
    vix = np.where(np.arange(60) < 20, 15.0, 60.0)
    fallen = Market(days, {"spx": index, "vix": vix, "rate": np.zeros(60)})
    puts = Put(1.0, side="short", tenor="30d", roll="expiry", size=Notional(6.0))
    outcome, _ = run(Line("puts", puts, flat(1.0)), data=fallen)
    held = outcome.lines["puts"]["held"]
    assert outcome.nav[-1] < 0.0
    assert held[1] > 0.0
    assert (held >= 0.0).all()
    assert held[-1] == 0.0
    assert [rule for _, rule, _ in outcome.alarms].count("ruin") == 1


def test_a_hedge_of_puts_that_are_never_bought_is_none() -> None:
    lines = [
        Line("puts", Put(size=Contracts(50)), flat(1.0)),
        Line("hedge", Underlying(), flat(1.0), offsets="puts"),
    ]
    late = Execution(order="limit", limit_offset=-3.0, ticks=False)
    outcome, _ = run(*lines, execution=late)
    puts, hedge = (outcome.lines[name]["held"] for name in ("puts", "hedge"))
    assert not puts[:5].any()
    assert not hedge[1:][puts[:-1] == 0.0].any()
    assert hedge.any()
    thin = Execution(option_depth=5.0, thinning=0.0)
    some, _ = run(*lines, execution=thin)
    assert some.lines["puts"]["held"][:4].tolist() == [0.0, 5.0, 10.0, 15.0]
    whole, _ = run(*lines)
    part = some.lines["hedge"]["held"][1:4] / whole.lines["hedge"]["held"][1:4]
    np.testing.assert_allclose(part, [0.1, 0.2, 0.3], atol=0.01)


def test_a_harvest_that_was_not_filled_is_asked_again() -> None:
    spot = np.r_[np.full(10, 2000.0), np.full(50, 1700.0)]
    vix = np.r_[np.full(10, 15.0), np.full(50, 35.0)]
    fallen = Market(DATA.times[:60], {"spx": spot, "vix": vix, "rate": np.zeros(60)})
    sleeve = Put(0.95, tenor="180d", roll="90d", strike_step=5, size=Contracts(60))
    rule = Policy([Constant(1.0), Trigger(move=None, relative=None, every=None, drawdown=None)],
                  signals=[Level("vix")], raw=True)  # fmt: skip
    line = Line("puts", sleeve, rule, actions=(Monetise(multiple=2.0, part=1.0),))
    thin = Execution(option_depth=25.0, thinning=0.0)
    outcome, _ = run(line, data=fallen, execution=thin)
    held = outcome.lines["puts"]["held"]
    assert held[9] == 60.0
    assert held[10:15].tolist() == [60.0, 35.0, 10.0, 0.0, 0.0]


def test_what_is_sold_by_a_negative_size_is_no_winner_when_it_doubles() -> None:
    spot = np.r_[np.full(10, 2000.0), np.full(50, 1700.0)]
    vix = np.r_[np.full(10, 15.0), np.full(50, 35.0)]
    fallen = Market(DATA.times[:60], {"spx": spot, "vix": vix, "rate": np.zeros(60)})
    sleeve = Put(0.95, tenor="180d", roll="90d", strike_step=5, size=Contracts(-60))
    line = Line("puts", sleeve, flat(1.0), actions=(Monetise(multiple=2.0, part=1.0),))
    outcome, _ = run(line, data=fallen)
    assert (outcome.lines["puts"]["held"][1:] == -60.0).all()


def test_a_line_that_is_left_alone_is_not_worn_down_by_one_that_trades_daily() -> None:
    still = Policy([Constant(1.0), AtRoll()], raw=True)
    month = Put(1.0, side="short", tenor="120d", roll="dte:20", size=Contracts(20))
    lines = [Line("daily", month, flat(1.0)), Line("still", month, still)]
    free, _ = run(*lines, execution=Execution.ideal())
    limit = 0.6 * float(free.margin[2] / free.nav[2])
    outcome, _ = run(*lines, execution=Execution.ideal(), margin=MarginRule(limit, "reduce"))
    a, b = outcome.lines["daily"]["held"][2:60], outcome.lines["still"]["held"][2:60]
    np.testing.assert_allclose(a[0], 12.0, atol=1.0)
    assert (b <= a * (1.0 + 1e-9)).all()
    least = np.minimum.accumulate(a)
    np.testing.assert_allclose(b[3:], least[3:], rtol=1e-9)  # cut as far as ever, no further


def test_what_an_action_has_left_is_not_halved_again_by_a_margin_cut() -> None:
    spot = np.r_[np.full(25, 2000.0), np.full(10, 1900.0), np.full(25, 1950.0)]
    vix = np.r_[np.full(25, 15.0), np.full(10, 40.0), np.full(25, 22.0)]
    world = Market(DATA.times[:60], {"spx": spot, "vix": vix, "rate": np.zeros(60)})
    sleeve = Put(0.95, side="short", tenor="180d", roll="90d", strike_step=5, size=Contracts(20))
    still = Policy([Constant(1.0), AtRoll()], raw=True)
    line = Line("puts", sleeve, still, actions=(StagedExit(spike=10.0, retraced=(0.5, 1.0)),))
    free, _ = run(line, data=world)
    held = free.lines["puts"]["held"]
    assert held[-1] == 10.0
    each = float(free.margin[-1] / free.nav[-1]) / 10.0
    # eleven fit, at the peak six; the exit wants half of twenty, which is more than is left
    cut, _ = run(line, data=world, margin=MarginRule(9.0 * each, "reduce"))
    found = cut.lines["puts"]["held"]
    assert (found[20], found[34], found[-1]) == (11.0, 6.0, 6.0)
    # with room for all but the peak, half of twenty is what the exit leaves
    cut, _ = run(line, data=world, margin=MarginRule(25.0 * each, "reduce"))
    found = cut.lines["puts"]["held"]
    assert (found[20], found[-1]) == (20.0, 10.0)
    assert 10.0 < found[34] < 20.0


def test_a_budget_cut_that_is_not_filled_at_once_is_asked_again() -> None:
    vix = np.r_[np.full(10, 15.0), np.full(50, 60.0)]
    spot = np.r_[np.full(10, 2000.0), np.full(50, 1800.0)]
    world = Market(DATA.times[:60], {"spx": spot, "vix": vix, "rate": np.zeros(60)})
    year = Put(tenor="365d", roll="180d", strike_step=5, size=Contracts(60))
    still = Policy([Constant(1.0), AtRoll()], raw=True)
    thin = Execution(option_depth=3.0, thinning=0.0)
    outcome, _ = run(Line("puts", year, still), data=world, execution=thin, budget=0.016)
    held, wanted = outcome.lines["puts"]["held"], outcome.lines["puts"]["wanted"]
    fall = int(np.flatnonzero(np.diff(wanted) < -5.0)[0]) + 1
    steps = -np.diff(held[fall : fall + 4])
    assert steps.tolist() == [3.0, 3.0, 3.0]
    assert held[fall + 5] == pytest.approx(wanted[fall + 5], abs=1.0)


def test_what_fits_in_fractions_and_not_in_whole_contracts_is_cut() -> None:
    sold = Put(1.0, side="short", strike_step=5, size=Contracts(2.6))
    one, _ = run(Line("puts", Put(1.0, side="short", strike_step=5, size=Contracts(1)), flat(1.0)))
    limit = 2.8 * float(one.margin[1:].max() / 1e7)
    outcome, _ = run(Line("puts", sold, flat(1.0)), margin=MarginRule(limit, "reduce"))
    held = outcome.lines["puts"]["held"][1:]
    assert set(held) <= {2.0, 3.0}
    assert held[int(np.argmax(one.margin[1:]))] == 2.0


def test_lines_closed_near_the_limit_wait_until_there_is_room() -> None:
    line = Line("puts", SOLD, flat(1.0))
    free, _ = run(line)
    limit = float(np.median(free.margin[1:] / free.nav[1:]))
    outcome, _ = run(line, margin=MarginRule(limit, "close"))
    held = outcome.lines["puts"]["held"]
    opened = np.flatnonzero((held[1:] > 0.0) & (held[:-1] == 0.0))
    used = free.margin / free.nav / limit
    again = opened[opened > 2]
    assert len(again) >= 1
    # at the fill it has as much room as a day's move leaves of a tenth
    assert (used[again + 1] < 1.0).all()
    crossings = np.count_nonzero((used[1:] <= 1.0) & (used[:-1] > 1.0))
    assert len(opened) < crossings


def test_a_mix_under_limits_keeps_its_size() -> None:
    execution = Execution(order="limit")
    mix = VixFutureConstant(size=Contracts(50))
    once = Policy([Constant(1.0), AtRoll()], raw=True)
    held = run(Line("mix", mix, once), execution=execution)[0].lines["mix"]["held"]
    begun = int(np.flatnonzero(held)[0])
    assert held[begun:].min() > 30.0
    assert held[begun:].max() <= 50.0


@pytest.mark.parametrize(
    "execution",
    [
        Execution(order="limit", limit_offset=0.4),
        Execution(option_depth=7.0, thinning=0.0),
    ],
)
def test_a_roll_of_spreads_that_share_a_leg_neither_doubles_nor_loses_them(execution) -> None:
    spread = PutSpread(strike_step=50, roll="5d", size=Contracts(30))
    held = run(Line("spread", spread, flat(1.0)), execution=execution)[0].lines["spread"]["held"]
    full = int(np.flatnonzero(held == 30.0)[0])
    assert (held[full:] == 30.0).all()


def test_b3_the_budget_cuts_a_mix_that_its_policy_leaves_alone() -> None:
    # the roll costs more under a VIX of 13 than under one of 30, more than the budget has
    vix = np.r_[np.full(20, 30.0), np.full(80, 13.0)]
    world = Market(
        DATA.times[:100], {"spx": np.full(100, 2000.0), "vix": vix, "rate": np.zeros(100)}
    )
    still = Policy([Constant(1.0), AtRoll()], raw=True)
    line = Line("mix", VixFutureConstant(size=Contracts(50)), still)
    ideal = {"execution": Execution.ideal(), "costs": Costs.none()}
    outcome, _ = run(line, data=world, budget=0.015, **ideal)
    held, scale = outcome.lines["mix"]["held"], outcome.lines["mix"]["scale"]
    assert scale[:15].min() == 1.0
    assert (held[1:15] == 50.0).all()
    assert (held[2:] <= 50.0 * np.minimum.accumulate(scale)[1:-1] / 0.94).all()
    assert held[-1] < 40.0
