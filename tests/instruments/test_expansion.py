"""Expansions of prices: what they leave of QuantLib's prices falls with the third power."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import QuantLib as ql

from hedgerow.instruments.expansion import Gains, Slopes, along, expand, option_slopes
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Call, Put
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.instruments.vix_options import VixCall
from hedgerow.pricing.black import Greeks, black76, bsm
from instruments.synthetic_markets import make_market

RATE, YIELD = 0.03, 0.012
HALVES = [0.02 / 2**i for i in range(4)]


def priced(call: bool, strike: float, forward: float, vol: float, years: float) -> float:
    """An option on a forward by QuantLib."""
    kind = ql.Option.Call if call else ql.Option.Put
    payoff = ql.PlainVanillaPayoff(kind, strike)
    found = ql.BlackCalculator(payoff, forward, vol * math.sqrt(years), math.exp(-RATE * years))
    return found.value()


def on_index(call: bool, strike: float, spot: float, vol: float, years: float) -> float:
    return priced(call, strike, spot * math.exp((RATE - YIELD) * years), vol, years)


def slopes_of(value: Callable[[np.ndarray], Greeks], years: float) -> Slopes:
    """An option's slopes at one moment."""
    found = option_slopes(value, np.array([365.0 * years]), expired=False)
    return Slopes(*(float(part[0]) for part in found))


def orders(rests: list[float]) -> list[float]:
    """By which power of the move the rest falls, from each move to its half."""
    return [math.log2(abs(a / b)) for a, b in itertools.pairwise(rests)]


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize(("moneyness", "years"), [(0.9, 0.25), (1.0, 0.25), (0.8, 1.0)])
def test_the_rest_of_quantlibs_options_falls_with_the_third_power(call, moneyness, years) -> None:
    # index, volatility and time all move by the order of h
    spot, vol = 4_000.0, 0.2
    strike = moneyness * spot
    slopes = slopes_of(lambda t: bsm(spot, strike, t, vol, RATE, YIELD, call=call), years)
    rests = []
    for h in HALVES:
        parts = expand(slopes, -0.5 * h * spot, 100.0 * h, 365.0 * 0.5 * h)
        after = on_index(call, strike, spot * (1.0 - 0.5 * h), vol + h, years - 0.5 * h)
        rests.append(after - on_index(call, strike, spot, vol, years) - sum(parts))
    assert orders(rests)[-1] == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize(("strike", "years"), [(18.0, 0.1), (24.0, 0.1), (20.0, 0.3)])
def test_the_rest_of_quantlibs_calls_on_a_future_that_rolls_down_falls_with_the_third_power(
    strike, years
) -> None:
    future, vol, fall = 18.0, 0.9, 0.04
    slopes = slopes_of(lambda t: black76(future, strike, t, vol, RATE, call=True), years)
    rests = []
    for h in HALVES:
        days = 365.0 * 0.5 * h
        move = future * h - fall * days
        parts = expand(slopes, move, 100.0 * h, days).rolled(slopes.delta * fall * days).on_vix()
        assert parts.delta == 0.0
        assert parts.carry == pytest.approx(-slopes.delta * fall * days)
        after = priced(True, strike, future + move, vol + h, years - days / 365.0)
        rests.append(after - priced(True, strike, future, vol, years) - sum(parts))
    assert orders(rests)[-1] == pytest.approx(3.0, abs=0.25)


def test_each_part_of_a_put_by_itself_is_what_quantlib_says_of_its_own_move() -> None:
    spot, strike, vol, years = 4_000.0, 3_600.0, 0.22, 90.0 / 365.0
    slopes = slopes_of(lambda t: bsm(spot, strike, t, vol, RATE, YIELD), years)
    base = on_index(False, strike, spot, vol, years)
    index = expand(slopes, -20.0, 0.0, 0.0)
    assert index.theta == index.vega == 0.0
    gain = on_index(False, strike, spot - 20.0, vol, years) - base
    assert index.delta + index.gamma == pytest.approx(gain, rel=1e-3)
    level = expand(slopes, 0.0, 0.5, 0.0)
    assert level.delta == level.gamma == level.theta == 0.0
    gain = on_index(False, strike, spot, vol + 0.005, years) - base
    assert level.vega == pytest.approx(gain, rel=1e-3)
    time = expand(slopes, 0.0, 0.0, 3.0)
    gain = on_index(False, strike, spot, vol, years - 3.0 / 365.0) - base
    assert time.theta == pytest.approx(gain, rel=1e-3)
    assert time.delta == time.gamma == time.vega == 0.0


def test_a_future_has_carry_and_level_and_no_rest() -> None:
    # by hand: a VX future at 18.20 loses 0.03 a day in 3 days, and settles at 17.50
    prices, none = np.array([18.20, 17.50]), np.zeros(2)
    parts = along(
        Slopes(delta=1.0), prices, none, np.array([0, 3]), roll=np.array([0.03, 9.0])
    ).on_vix()
    assert parts.carry.tolist() == pytest.approx([0.0, -0.09])
    assert parts.vega.tolist() == pytest.approx([0.0, -0.70 + 0.09])
    assert not any(part.any() for part in (parts.delta, parts.gamma, parts.theta))


def test_an_option_that_expires_keeps_the_level_of_the_bar_before() -> None:
    slopes = Slopes(vega=np.ones(3), vanna=np.ones(3))
    days, spot, level = np.array([0, 1, 2]), np.array([1.0, 2.0, 4.0]), np.array([20.0, 21.0, 99.0])
    assert along(slopes, spot, level, days, expired=True).vega.tolist() == [0.0, 2.0, 0.0]
    assert along(slopes, spot, level, days).vega.tolist() == [0.0, 2.0, 78.0 * 3.0]


def test_at_expiry_time_takes_what_is_not_in_the_money() -> None:
    # by hand, without rates: calls struck at 100, index 95 or 104, then 96 or 101
    for eve, end, delta in ((95.0, 96.0, 0.0), (104.0, 101.0, -3.0)):
        spot = np.array([eve, end])

        def value(years: np.ndarray, spot: np.ndarray = spot) -> Greeks:
            return bsm(spot, 100.0, years, 0.3, call=True)

        price = float(value(np.array([3.0, 0.0]) / 365.0).price[0])
        slopes = option_slopes(value, np.array([3, 0]), expired=True)
        parts = along(slopes, spot, np.array([30.0, 30.0]), np.array([0, 3]), expired=True)
        assert parts.theta[1] == pytest.approx(max(eve - 100.0, 0.0) - price)
        assert parts.delta[1] == delta
        assert parts.gamma[1] == parts.vega[1] == 0.0


@pytest.mark.parametrize(
    ("sleeve", "most"),
    [
        (Underlying(), 1e-12),
        (VixFuture(), 1e-12),
        (VarianceSwap(), 2e-3),
        (VarianceSwap(index="ndx"), 2e-3),
        (Put(), 0.02),
        (Call(tenor="6m", index="ndx"), 0.02),
        (VixCall(months=2, roll_before=10), 0.03),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_is_left_of_the_gains_of_what_is_held_is_small(sleeve, most) -> None:
    market = make_market(500, futures=True, term=True)
    rng = np.random.default_rng(5)
    other = 1500.0 * np.exp(np.cumsum(rng.normal(0.0, 0.015, len(market))))
    roster = sleeve.roster(market.with_columns({"ndx": other, "vxn": market["vix"] * 1.3}))
    left = gained = 0.0
    for t, number in enumerate(roster.held[:-1].tolist(), start=1):
        for symbol in roster.basket(number).symbols:
            path = roster.path(symbol)
            at = t - path.first
            gain = path.price[at] - path.price[at - 1]
            left += abs(gain - sum(part[at] for part in path.gains))
            gained += abs(gain)
    assert left < most * gained


def test_the_gamma_of_a_variance_swap_is_the_variance_that_was_realised() -> None:
    # by hand: 10^4/(2 K span) USD a unit of variance, discounted from expiry
    market = make_market(300)
    roster = VarianceSwap().roster(market)
    days, spot, rate = market.dates.astype(int), market["spx"], market["rate"]
    held = np.flatnonzero(roster.held == roster.held[100])
    begun, (symbol,) = held[0], roster.basket(int(roster.held[100])).symbols
    path = roster.path(symbol)
    span = (path.expiry - days[begun]) / 365.0
    strike = roster.strip.next_notional[begun]  # twice the most that it can lose
    rows = held[1:]
    left = (path.expiry - days[rows - 1]) / 365.0
    realised = np.log(spot[rows] / spot[rows - 1]) ** 2
    wanted = np.exp(-rate[rows - 1] * left) * 1e4 * realised / (2.0 * strike * span)
    np.testing.assert_allclose(path.gains.gamma[rows - path.first], wanted, rtol=1e-9)


def test_the_parts_of_an_option_on_another_index_are_of_that_index() -> None:
    market = make_market(200)
    moved = market.with_columns({"ndx": 2.0 * market["spx"][::-1], "vxn": market["vix"]})
    roster = Put(index="ndx").roster(moved)
    path = roster.path(roster.basket(int(roster.held[0])).symbols[0])
    rows = slice(path.first, path.first + len(path.price))
    wanted = (path.delta[:-1] * np.diff(moved["ndx"][rows]))[:-1]  # the last bar is expiry's
    np.testing.assert_allclose(path.gains.delta[1:-1], wanted, rtol=1e-9)


def test_floats_are_expanded_like_columns() -> None:
    rng = np.random.default_rng(1)
    slopes, moves = rng.normal(size=(9, 6)), rng.normal(size=(3, 6))
    together = np.array(expand(Slopes(*slopes), *moves)[:4])
    alone = [expand(Slopes(*slopes[:, i].tolist()), *moves[:, i].tolist())[:4] for i in range(6)]
    assert together.T.tolist() == [list(parts) for parts in alone]
    assert isinstance(expand(Slopes(), 1.0, 1.0, 1.0), Gains)
