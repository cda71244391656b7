"""Strategy-based margins against published examples, and the laws they keep."""

from __future__ import annotations

import datetime as dt
import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.errors import RangeError
from hedgerow.instruments import structures as named
from hedgerow.instruments.margin import margin
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure

TODAY = dt.date(2026, 2, 18)
EXPIRY, LATER = dt.date(2026, 3, 20), dt.date(2026, 4, 17)


def options(root, *legs, expiry=EXPIRY):
    """Return a structure of (quantity, strike, C or P, price[, expiry]) and its prices."""
    positions = tuple(
        Position(
            leg[0], OptionContract(root, leg[4] if len(leg) > 4 else expiry, leg[1], leg[2] == "C")
        )
        for leg in legs
    )
    return Structure("example", positions), [leg[3] for leg in legs]


@pytest.mark.parametrize(
    ("strikes", "dollars"),
    [
        ((7090, 7185, 7510, 7605), 19_000),
        ((7135, 7185, 7500, 7660), 32_000),
        ((7090, 7235, 7510, 7605), 29_000),
    ],
)
def test_validation_iron_condor_margin_of_two(strikes, dollars) -> None:
    condor = named.iron_condor("SPXW", EXPIRY, *strikes, quantity=2)
    held = margin(condor, State(TODAY, spot=7350.0, vol=0.15, rate=0.04))
    assert held.requirement == dollars
    assert held.cash == pytest.approx(dollars + held.premium)
    assert held.premium < 0.0


@pytest.mark.parametrize(
    ("shares", "stock", "legs", "requirement", "cash"),
    [
        # half of 50,000, and half of the 400 a share above the strike; lent is half of 10,000
        (100, 500.0, [(-1, 100, "C", 400.33)], 45_000.0, 4_967.0),
        (100, 500.0, [(-1, 510, "C", 8.0)], 25_000.0, 24_200.0),
        (200, 500.0, [(-1, 490, "C", 20.0)], 50_500.0, 48_500.0),  # 100 of them cover
        (100, 500.0, [(1, 480, "P", 6.0), (-1, 490, "C", 20.0)], 25_500.0, 24_100.0),  # collar
        (100, 500.0, [(1, 450, "P", 1.0), (-1, 450, "C", 54.0)], 27_500.0, 22_200.0),  # conversion
        # shares sold short: half of their value, and what the put has lost
        (-100, 100.0, [(-1, 500, "P", 400.0)], 45_000.0, 5_000.0),
        (-100, 500.0, [(-1, 490, "P", 7.0)], 25_000.0, 24_300.0),
        (-100, 500.0, [(-1, 550, "P", 54.0), (1, 550, "C", 2.0)], 30_000.0, 24_800.0),  # reversal
    ],
)
def test_regulation_t_220_4_b_4_shares_cover_at_the_strike(
    shares, stock, legs, requirement, cash
) -> None:
    """12 CFR 220.4(b)(4), stock used as cover; by hand."""
    structure, prices = options("SPY", *legs)
    held = Structure("shares", (Position(shares, Shares("SPY")),))
    found = margin(structure + held, State(TODAY, spot=stock), prices=[*prices, stock])
    assert found.requirement == pytest.approx(requirement)
    assert found.cash == pytest.approx(cash)


@given(st.floats(50.0, 800.0), st.integers(100, 600))
def test_a_covered_call_lends_half_of_the_lesser_of_price_and_strike(spot, strike) -> None:
    state = State(TODAY, spot=spot, vol=0.2)
    call = named.call("SPXW", EXPIRY, float(strike), -1.0)
    covered = call + Structure("shares", (Position(100, Shares("SPX")),))
    worth = float(covered.value(state).price)
    lent = worth - margin(covered, state).cash
    assert lent == pytest.approx(50.0 * min(spot, strike), abs=1e-4)


def test_half_a_condor_is_held_at_half() -> None:
    condor = named.iron_condor("SPXW", EXPIRY, 7090, 7185, 7510, 7605, quantity=0.5)
    found = margin(condor, State(TODAY, spot=7350.0, vol=0.15))
    assert found.requirement == pytest.approx(4750.0)


CBOE = 1451.19
"""The S&P 500 of Cboe's "Margin Requirement Examples for Sample Options-based Positions"."""


@pytest.mark.parametrize(
    ("legs", "shares", "dollars"),
    [
        ([(-100, 1460, "C", 21.66)], 0, 2_088_685),
        ([(-100, 1460, "P", 22.55)], 0, 2_176_785),
        ([(-100, 1460, "C", 21.66)], 10_000, 7_048_400),
        ([(100, 1450, "P", 18.72)], 10_000, 7_452_200),
        ([(100, 1460, "C", 21.66), (-100, 1460, "P", 22.55)], 0, 2_393_385),
        ([(100, 1450, "P", 18.72), (-100, 1500, "C", 5.96)], 0, 1_875_885),
        ([(100, 1450, "P", 18.72), (-100, 1500, "C", 5.96)], 10_000, 7_392_600),
        ([(100, 1450, "C", 27.57), (-100, 1500, "C", 5.96)], 0, 216_100),
    ],
)
def test_cboe_examples_on_the_s_and_p_500(legs, shares, dollars) -> None:
    structure, prices = options("SPX", *legs)
    if shares:
        held = Structure("shares", (Position(shares, Shares("SPX")),))
        structure, prices = structure + held, [*prices, 1453.0]
    found = margin(structure, State(TODAY, spot=CBOE), prices=prices)
    assert found.cash == pytest.approx(dollars, abs=1.0)


@pytest.mark.parametrize(
    ("root", "level", "legs", "requirement"),
    [
        # Cboe Margin Manual, short straddle, 20 % class: 29.226 a unit
        ("VIX", 92.63, [(-1, 90, "C", 7.0), (-1, 90, "P", 3.7)], 2922.60),
        # tastyware/margin-estimator, which follows the manual; it rounds to cents a unit
        ("SPX", 445.35, [(-1, 410, "P", 0.1)], 4110.0),
        ("SPX", 433.35, [(-1, 430, "P", 7.8)], 6945.25),
        ("SPX", 433.35, [(-1, 430, "C", 8.7)], 7370.25),
        ("SPY", 378.5, [(-1, 370, "C", 12.85)], 6962.5),
        ("SPX", 43.34, [(-1, 45, "C", 1.35)], 619.1),
        ("SPX", 433.35, [(-1, 435, "C", 5.5), (-1, 435, "P", 7.2)], 7770.25),
        ("SPX", 43.34, [(-1, 45, "C", 1.35), (-1, 45, "P", 2.85)], 1070.1),
    ],
)
def test_manual_uncovered_options(root, level, legs, requirement) -> None:
    structure, prices = options(root, *legs)
    state = State(TODAY, forward=level) if root == "VIX" else State(TODAY, spot=level)
    assert margin(structure, state, prices=prices).requirement == pytest.approx(requirement)


@pytest.mark.parametrize(
    ("level", "legs", "cash"),
    [
        (255, [(1, 250, "P", 3.0), (-1, 240, "P", 0.95)], 205),
        (433.35, [(1, 425, "P", 6.4), (-1, 430, "P", 7.8)], 360),
        (128.5, [(1, 125, "C", 3.8), (-1, 120, "C", 8.4)], 40),
        (550, [(1, 540, "P", 5.6), (-2, 550, "P", 7.2), (1, 555, "P", 9.8)], 600),
        (550, [(1, 545, "C", 12.4), (-2, 550, "C", 8.8), (1, 565, "C", 2.0)], 680),
        (
            1160,
            [
                (1, 1050, "P", 47.1),
                (-1, 1075, "P", 55.7),
                (-1, 1100, "P", 66.3),
                (1, 1125, "P", 85.4),
            ],
            1050,
        ),
        (26.75, [(1, 16, "P", 0.1), (-1, 20, "P", 0.2), (-1, 20, "C", 7.0), (1, 24, "C", 4.0)], 90),
        (
            1060,
            [
                (1, 1000, "P", 32.0),
                (-1, 1025, "P", 35.1),
                (-1, 1150, "C", 9.4),
                (1, 1175, "C", 6.3),
            ],
            1880,
        ),
        # a long call that expires first covers nothing
        (433.35, [(1, 425, "C", 13.1), (-1, 430, "C", 12.2, LATER)], 9030 - 1220),
    ],
)
def test_manual_spreads(level, legs, cash) -> None:
    """Examples of tastyware/margin-estimator, which follows the Cboe Margin Manual."""
    structure, prices = options("SPXW", *legs)
    found = margin(structure, State(TODAY, spot=level), prices=prices)
    assert found.cash == pytest.approx(cash, abs=1.0)


def test_a_published_iron_condor_net_of_its_credit() -> None:
    """Cboe: 100 iron condors 115/125/130/140 at 2.83, 6.33, 6.65, 3.38 take $32,300."""
    legs = [
        (100, 115, "P", 2.83),
        (-100, 125, "P", 6.33),
        (-100, 130, "C", 6.65),
        (100, 140, "C", 3.38),
    ]
    structure, prices = options("SPXW", *legs)
    found = margin(structure, State(TODAY, spot=128.0), prices=prices)
    assert found.cash == pytest.approx(32_300.0)


def test_a_ratio_is_a_spread_and_an_uncovered_option() -> None:
    state = State(TODAY, spot=5000.0)
    ratio, prices = options("SPXW", (1, 4900, "P", 60.0), (-2, 4700, "P", 25.0))
    naked, price = options("SPXW", (-1, 4700, "P", 25.0))
    alone = margin(naked, state, prices=price)
    assert margin(ratio, state, prices=prices).requirement == pytest.approx(alone.requirement)


def test_a_pm_option_is_not_covered_by_an_am_option_of_its_date() -> None:
    state = State(TODAY, spot=5000.0, vol=0.2)
    morning = Position(1, OptionContract("SPX", EXPIRY, 4900.0, call=False))
    evening = Position(1, OptionContract("SPXW", EXPIRY, 4900.0, call=False))
    sold = {
        root: Position(-1, OptionContract(root, EXPIRY, 5000.0, call=False))
        for root in ("SPX", "SPXW")
    }
    covered = Structure("covered", (evening, sold["SPX"]))
    bare = Structure("bare", (morning, sold["SPXW"]))
    assert margin(covered, state).requirement == 10_000.0
    assert margin(bare, state).requirement > 60_000.0


def test_futures_ask_for_what_is_told() -> None:
    vx = FutureContract("VX", 2026, 3)
    hedged = named.hedged_short_future("VIX", vx.expiry, 25.0, vx, 19.0, quantity=2)
    state = State(TODAY, forward=19.0, vol=0.9)
    found = margin(hedged, state, futures={"VX": 9000.0})
    assert found.requirement == 18_000.0
    assert found.premium == pytest.approx(float(hedged.value(state).price))
    with pytest.raises(RangeError, match="no margin for VX"):
        margin(hedged, state)
    with pytest.raises(RangeError, match="no margin for VX"):
        margin(hedged, state, futures={"VX": float("nan")})


def test_prices_that_are_none_are_refused() -> None:
    put = named.put("SPXW", EXPIRY, 5000.0)
    state = State(TODAY, spot=5000.0, vol=0.2)
    for prices in ([], [1.0, 2.0]):
        with pytest.raises(RangeError, match="for 1 positions"):
            margin(put, state, prices=prices)
    with pytest.raises(RangeError, match="is no price"):
        margin(put, state, prices=[float("nan")])
    with pytest.raises(RangeError, match="is an array"):
        margin(put, State(TODAY, spot=[5000.0, 5100.0], vol=0.2))


LEGS = st.lists(
    st.tuples(
        st.integers(-3, 3).filter(bool),
        st.integers(90, 110).map(lambda k: 50.0 * k),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def drawn(legs) -> Structure:
    return Structure(
        "drawn",
        tuple(
            Position(n, OptionContract("SPXW", EXPIRY, strike, call)) for n, strike, call in legs
        ),
    )


UNITS = st.lists(
    st.tuples(
        st.sampled_from([-1, -1, 1]), st.integers(90, 110).map(lambda k: 50.0 * k), st.booleans()
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60)
@given(UNITS)
def test_no_split_of_the_short_options_is_cheaper(legs) -> None:
    """Against all splits into uncovered, paired and covered options, one by one."""
    state = State(TODAY, spot=5000.0, vol=0.2, rate=0.04)
    spots = np.array([0.0, *sorted({strike for _, strike, _ in legs}), 9000.0, 9001.0])

    @cache
    def alone(leg):
        return margin(drawn([leg]), state)

    def uncovered(some):
        calls = [leg for leg in some if leg[2]]
        puts = [leg for leg in some if not leg[2]]
        if not calls or not puts:
            return sum(alone(leg).requirement for leg in some)
        first, rest = calls[0], calls[1:]
        ways = [alone(first).requirement + uncovered(rest + puts)]
        for i, put in enumerate(puts):
            one, two = alone(first), alone(put)
            dearer, other = (one, two) if one.requirement >= two.requirement else (two, one)
            pair = dearer.requirement - other.premium
            ways.append(pair + uncovered(rest + puts[:i] + puts[i + 1 :]))
        return min(ways)

    def covered(some):
        held = [leg for leg in legs if leg[0] > 0] + some
        gains = drawn(held).payoff(spots) if held else np.zeros(len(spots))
        return np.inf if gains[-1] < gains[-2] - 1e-9 else max(0.0, -gains.min())

    shorts = [leg for leg in legs if leg[0] < 0]
    ways = []
    for mask in itertools.product([True, False], repeat=len(shorts)):
        bare = [leg for leg, naked in zip(shorts, mask, strict=True) if naked]
        rest = [leg for leg, naked in zip(shorts, mask, strict=True) if not naked]
        ways.append(uncovered(bare) + covered(rest))
    assert margin(drawn(legs), state).requirement == pytest.approx(min(ways), abs=1e-4)


@settings(max_examples=60)
@given(LEGS, LEGS)
def test_together_never_costs_more_than_apart(one, two) -> None:
    state = State(TODAY, spot=5000.0, vol=0.2, rate=0.04)
    both = margin(drawn(one + two), state).requirement
    assert both <= sum(margin(drawn(legs), state).requirement for legs in (one, two)) + 1e-5


@settings(max_examples=60)
@given(st.integers(80, 120), st.integers(1, 7), st.integers(0, 20), st.integers(1, 7))
def test_limited_risk_is_held_in_full(lowest, left, gap, right) -> None:
    """Wings of less than a tenth of the strike cost less than uncovered options do."""
    strikes = np.cumsum([lowest, left, gap, right]) * 50.0
    a, b, c, d = strikes.tolist()
    state = State(TODAY, spot=5000.0, vol=0.2, rate=0.04)
    for structure in (
        named.put_spread("SPXW", EXPIRY, b, a, quantity=-1),
        named.call_spread("SPXW", EXPIRY, c, d, quantity=-3),
        named.iron_condor("SPXW", EXPIRY, a, b, c, d, quantity=2),
        named.put_spread("SPXW", EXPIRY, b, a),
    ):
        held = margin(structure, state)
        assert held.cash >= -structure.worst(price=held.premium).amount - 1e-6
