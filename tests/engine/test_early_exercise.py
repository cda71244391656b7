"""American options in the engine: exercised or assigned for cash, renewed, told by the ledger."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from engine.trading import scheduled
from hedgerow.core.market import Market
from hedgerow.core.over_the_counter import parse_option
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.account import fold
from hedgerow.engine.ledger.events import Cancelled, Closed, Filled, Ordered, Settled
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Contracts
from hedgerow.policies.actions import Restrike
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import AtRoll
from hedgerow.report.ledger import sentence
from synthetic import market

NANO, MICRO = 1_000_000_000, 1_000_000


def falling() -> Market:
    """An index that falls by two fifths at a rate of 8 %."""
    made = scheduled(market(120))
    count = len(made)
    return made.with_columns(
        {
            "spx": 2000.0 * np.linspace(1.0, 0.6, count),
            "vix": np.full(count, 16.0),
            "rate": np.full(count, 0.08),
            "dividend_yield": np.zeros(count),
        }
    )


FALLING = falling()


def american(side: str = "long", count: float = 10.0) -> Put:
    return Put(
        0.95,
        tenor="6m",
        roll="expiry",
        exercise="american",
        side=side,
        strike_step=5.0,
        size=Contracts(count),
    )


def events_of(program: Program, data: Market = FALLING) -> tuple[Outcome, list[Event]]:
    ledger = MemoryLedger("early")
    outcome = trade(program, data, ledger=ledger)
    records = list(ledger.read())
    fold(records)  # every record can happen after those before it
    events = [record.event for record in records]
    closed = [event.nav / MICRO for event in events if isinstance(event, Closed)]
    np.testing.assert_allclose(closed, outcome.nav, rtol=0.0, atol=0.01)
    return outcome, events


def still(level: float = 1.0) -> Policy:
    return Policy([Constant(level)], signals=[Level("vix")], raw=True)


def day(time: int) -> dt.date:
    return np.datetime64(time, "ns").astype("datetime64[D]").item()


@pytest.mark.parametrize("fills", ["next", "close"])
@pytest.mark.parametrize(("side", "word"), [("long", "exercised"), ("short", "assigned")])
def test_at_the_close_it_is_paid_in_cash_and_the_next_is_traded(
    side: str, word: str, fills: str
) -> None:
    program = Program([Line("puts", american(side), still())], fills=fills)
    outcome, events = events_of(program)
    settled = [event for event in events if isinstance(event, Settled)]
    assert len(settled) >= 2
    notes = american(side).roster(FALLING, lag=program.lag).strip.notes
    assert [str(day(event.time)) for event in settled] == notes["early_exercises"]
    for event in settled:
        put = parse_option(event.contract)
        spot = FALLING["spx"][np.searchsorted(FALLING.times.astype("int64"), event.time)]
        assert day(event.time) < put.expiry
        assert event.quantity == (10 if side == "long" else -10) * NANO
        assert event.value == pytest.approx(put.strike - spot, abs=1e-9)
        assert event.cash == pytest.approx(event.quantity / NANO * event.value * 100 * MICRO, abs=1)
        assert event.delivered == 0
        assert sentence(event).endswith(f", {word} early")
        bought = [e for e in events if isinstance(e, Filled) and e.time == event.time]
        assert [fill.quantity for fill in bought] == [event.quantity]
        assert bought[0].contract != event.contract
    assert (outcome.lines["puts"]["held"][1:] == 10.0).all()


def test_it_ends_before_it_expires_and_the_european_one_does_not() -> None:
    sleeve = Put(0.95, tenor="6m", roll="expiry", strike_step=5, size=Contracts(10))
    _, events = events_of(Program([Line("puts", sleeve, still())]))
    settled = [event for event in events if isinstance(event, Settled)]
    assert all(day(event.time) >= parse_option(event.contract).expiry for event in settled)
    assert not any("early" in sentence(event) for event in settled)


def test_a_contract_that_an_action_chose_is_exercised_too() -> None:
    count = len(FALLING)
    up = np.interp(np.arange(count), [0, 30, count - 1], [2000.0, 2600.0, 1700.0])
    data = FALLING.with_columns({"spx": up})
    line = Line("puts", american(), still(), actions=[Restrike(side="rally", drift=0.1)])
    _, events = events_of(Program([line]), data)
    plan = american().roster(data)
    own = {symbol for n in set(plan.held.tolist()) for symbol in plan.basket(n).symbols}
    first = next(event for event in events if isinstance(event, Settled))
    assert first.contract not in own  # a higher strike than the schedule's
    put = parse_option(first.contract)
    row = int(np.searchsorted(data.times.astype("int64"), first.time))
    assert first.value == pytest.approx(put.strike - data["spx"][row], abs=1e-9)
    # the line goes back to the contract of its schedule, at that close
    (bought,) = [e for e in events if isinstance(e, Filled) and e.time == first.time]
    assert bought.contract in plan.basket(int(plan.held[row])).symbols


def test_a_line_that_holds_another_contract_does_not_trade_when_the_schedules_is_exercised() -> (
    None
):
    action = Restrike(side="fall", drift=0.01, wait=45)
    line = Line("puts", american(), still(), actions=[action])
    _, events = events_of(Program([line]))
    plan = american().roster(FALLING)
    early = plan.strip.notes["early_exercises"]
    settled = {str(day(event.time)) for event in events if isinstance(event, Settled)}
    passed = [date for date in early if date not in settled]
    assert passed
    fills = {str(day(event.time)) for event in events if isinstance(event, Filled)}
    # the order of that evening is filled at the next session
    assert not fills & set(passed)
    later = [str(FALLING.dates[FALLING.index_of(date) + 1]) for date in passed]
    assert set(later) <= fills


def test_an_order_for_an_exercised_contract_is_taken_back() -> None:
    """What was asked of the old contract is not filled in it, nor left open."""
    # too thin a market to get what is wanted in time
    program = Program(
        [Line("puts", american(count=100.0), still())],
        execution=Execution(whole=False, ticks=False, option_depth=3.0, tif="gtc"),
    )
    _, events = events_of(program)
    settled = {event.contract: event.time for event in events if isinstance(event, Settled)}
    assert settled
    for event in events:
        if isinstance(event, Filled) and event.contract in settled:
            assert event.time < settled[event.contract]
    asked = {e.order: e for e in events if isinstance(e, Ordered)}
    taken = {e.order for e in events if isinstance(e, Cancelled)}
    assert any(asked[order].legs[0].contract in settled for order in taken)


def test_two_lines_with_one_contract_are_exercised_together() -> None:
    # one line would sell the contract at the very bar at which the other exercises it
    times = scheduled(market(260, start="2017-01-03")).times[:100]
    still = Policy([Constant(1.0), AtRoll()], raw=True)
    for fall in (20, 21, 23):
        spot = np.where(np.arange(100) < fall, 2000.0, 1500.0)
        columns = {"spx": spot, "vix": np.full(100, 15.0), "rate": np.full(100, 0.06)}
        lines = [
            Line(name, Put(1.0, tenor="180d", roll=roll, strike_step=5, exercise="american",
                           size=Contracts(count)), still)
            for name, roll, count in (("stays", "150d", 10), ("goes", f"{fall - 1}b", 7))
        ]  # fmt: skip
        ledger = MemoryLedger("run")
        outcome = trade(Program(lines, name="run"), Market(times, columns), ledger=ledger)
        settled = [r.event for r in ledger.read() if isinstance(r.event, Settled)]
        assert settled[0].quantity == 17 * 10**9
        assert outcome.lines["stays"]["held"][-1] == 10.0
        assert outcome.lines["goes"]["held"][-1] == 7.0
