"""An analysis is the sum of its parts, each held to something outside."""

from __future__ import annotations

import datetime as dt
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.contract import FutureContract
from hedgerow.errors import RangeError
from hedgerow.instruments import structures as named
from hedgerow.instruments.analysis import analyse
from hedgerow.instruments.profile import Extreme
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure
from hedgerow.pricing.american import american
from hedgerow.report.analysis import facts, outcome, told_as_text
from hedgerow.report.payoff import payoff

DAY, EXPIRY = "2026-02-18", dt.date(2026, 3, 20)
NOW = State(DAY, spot=5000.0, vol=0.2, rate=0.04, dividend=0.01)
ES = FutureContract("ES", 2026, 3)


@given(st.lists(st.integers(80, 130), min_size=4, max_size=4, unique=True).map(sorted))
def test_legs_add_up_and_gains_lie_between_worst_and_best(strikes) -> None:
    condor = named.iron_condor("SPXW", EXPIRY, *(50.0 * k for k in strikes))
    found = analyse(condor, NOW)
    total = sum(leg.position.size * leg.points for leg in found.legs)
    assert found.price == found.paid == pytest.approx(total, abs=1e-6)
    gains = condor.payoff(np.linspace(0.0, 10_000.0, 301)) - found.paid
    assert found.worst.amount - 1e-6 <= gains.min()
    assert gains.max() <= found.best.amount + 1e-6
    for point in found.break_evens.points:
        assert float(condor.payoff(point)) == pytest.approx(found.paid, abs=1e-6)


def test_a_future_needs_its_margin_and_shows_its_price() -> None:
    hedged = named.hedged_short_future("SPXW", EXPIRY, 5200.0, ES, entry=5000.0)
    bare = analyse(hedged, NOW)
    assert bare.margin is None
    assert "not known without that of one future" in told_as_text(bare)
    known = analyse(hedged, NOW, futures={"ES": 20_000.0})
    assert known.margin is not None
    assert known.margin.requirement == 40_000.0  # two ES against one SPX call, paid in full
    future = known.legs[0]
    assert (future.symbol, future.vol) == ("ESH26", None)
    assert future.points == pytest.approx(5000.0 * math.exp(0.03 * 30 / 365))


def test_american_legs_hold_quantlibs_price_and_margin_sees_it() -> None:
    state = State(DAY, spot=500.0, vol=0.2, rate=0.05)
    put = named.put("SPY", EXPIRY, 600.0, -1.0)
    found = analyse(put, state)
    price = float(american(500.0, 600.0, 30 / 365, 0.2, 0.05))
    assert found.early is True
    assert found.price == pytest.approx(-100.0 * price)
    assert found.legs[0].points == pytest.approx(price)
    assert found.margin is not None
    # Regulation T: premium and 15 % of an ETF on a broad index
    assert found.margin.requirement == pytest.approx(100.0 * (price + 75.0))
    assert float(found.value.price) > found.price  # European: less owed


@pytest.mark.parametrize("structure", ["put", "calendar"])
def test_without_quantlib_american_options_are_priced_as_european(structure, monkeypatch) -> None:
    made = named.put("SPY", EXPIRY, 600.0, -1.0)
    if structure == "calendar":
        made += named.put("SPY", dt.date(2026, 6, 18), 600.0)
    state = State(DAY, spot=500.0, vol=0.2, rate=0.05)
    monkeypatch.setitem(sys.modules, "QuantLib", None)
    found = analyse(made, state)
    assert found.early is False
    assert found.price == found.value.price
    assert sum(leg.position.size * leg.points for leg in found.legs) == pytest.approx(found.price)
    assert found.margin is not None
    assert found.margin.premium == pytest.approx(found.price)
    assert "early exercise needs QuantLib" in told_as_text(found)


def test_shares_alone_have_no_expiry() -> None:
    found = analyse(Structure("shares", (Position(100, Shares("SPY")),)), State(DAY, spot=500.0))
    assert facts(found)["expiry"] is None
    assert "None" not in told_as_text(found)
    assert "After $50,000 paid:" in told_as_text(found)
    assert "None" not in payoff(found)


def test_an_outcome_that_rounds_to_one_point_is_at_it() -> None:
    near = Extreme(100.0, 4999.999999, 5000.0, 0.0)
    assert outcome(near, "SPX") == "$100 with SPX at 5,000.00"
    assert outcome(near._replace(until=5000.01), "SPX").endswith("from 5,000.00 to 5,000.01")


def test_arrays_are_refused() -> None:
    with pytest.raises(RangeError, match="array"):
        analyse(named.put("SPXW", EXPIRY, 5000.0), State(DAY, spot=[1.0, 2.0], vol=0.2))


def test_several_forwards_carry_a_calendar_to_its_first_expiry() -> None:
    """The far forward keeps its ratio: as on a spot whose carry makes both forwards."""
    june = dt.date(2026, 6, 18)
    calendar = named.call("SPXW", EXPIRY, 5000.0, -1.0) + named.call("SPXW", june, 5000.0)
    forwards = {day: float(NOW.forward_to(day)) for day in (EXPIRY, june)}
    by_forwards = analyse(calendar, State(DAY, forward=forwards, vol=0.2, rate=0.04))
    by_spot = analyse(calendar, NOW)
    assert by_forwards.price == pytest.approx(by_spot.price)
    assert by_forwards.break_evens.points == pytest.approx(by_spot.break_evens.points, rel=1e-6)
    assert by_forwards.best.amount == pytest.approx(by_spot.best.amount, rel=1e-6)
    assert by_forwards.worst.amount == pytest.approx(by_spot.worst.amount, rel=1e-6)


def test_the_same_calendar_on_vix_is_refused() -> None:
    march, april = dt.date(2026, 3, 18), dt.date(2026, 4, 15)
    calendar = named.call("VIX", march, 20.0, -1.0) + named.call("VIX", april, 20.0)
    state = State(DAY, forward={march: 19.0, april: 21.0}, vol=0.9)
    with pytest.raises(RangeError, match="lives longer"):
        analyse(calendar, state)


def test_text_and_facts_say_the_same() -> None:
    condor = named.iron_condor("SPXW", EXPIRY, 4700.0, 4800.0, 5200.0, 5300.0, quantity=0.5)
    found = analyse(condor, NOW, paid=-1500.0)
    text, plain = told_as_text(found), facts(found)
    assert plain["worst"]["amount"] == -3500.0
    assert "worst       −$3,500 with SPX at 4,700.00 or below" in text
    assert "best        $1,500 with SPX from 4,800.00 to 5,200.00" in text
    assert "after $1,500 received" in text
    assert "−0.50" in text
    assert plain["spot"] == 5000.0
    assert plain["forwards"]["2026-03-20"] == pytest.approx(5000.0 * math.exp(0.03 * 30 / 365))
    short = told_as_text(analyse(named.call("SPXW", EXPIRY, 5200.0, -1.0), NOW))
    assert "worst       no limit: −$100 for every point that SPX rises" in short
