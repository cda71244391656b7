"""Legs of several expiries: payoffs, worst, best and break-evens against grids by hand."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from hedgerow.core.contract import OptionContract
from hedgerow.instruments import structures as named
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Structure
from hedgerow.pricing.american import american

TODAY, EXPIRY = dt.date(2026, 2, 18), dt.date(2026, 3, 20)
FAR = dt.date(2026, 6, 18)
RATE, VOL = 0.04, 0.18
MIXED = State(TODAY, spot=5000.0, vol=VOL, rate=RATE)
WIDE = np.unique(np.r_[0.0, np.geomspace(1.0, 5e5, 12_001), np.linspace(2000.0, 9000.0, 7001)])


def by_hand(structure: Structure, spots: np.ndarray) -> np.ndarray:
    """Worth at the first expiry by Black and Scholes's formula with SciPy's normal."""
    total, first = np.zeros(len(spots)), min(option.expiry for option in structure.options)
    for position in structure.positions:
        option = position.contract
        years = (option.expiry - first).days / 365
        sign = 1.0 if option.call else -1.0
        if years:
            with np.errstate(divide="ignore"):
                d1 = (np.log(spots / option.strike) + (RATE + VOL**2 / 2) * years) / (
                    VOL * math.sqrt(years)
                )
            lent = option.strike * math.exp(-RATE * years)
            d2 = d1 - VOL * math.sqrt(years)
            worth = sign * (spots * norm.cdf(sign * d1) - lent * norm.cdf(sign * d2))
        else:
            worth = np.maximum(sign * (spots - option.strike), 0.0)
        total += 100.0 * position.quantity * worth
    return total


def check_by_hand(structure: Structure, paid: float) -> None:
    gains = by_hand(structure, WIDE) - paid
    rises = sum(p.size for p in structure.positions if p.contract.call)
    worst, best = structure.worst(paid, MIXED), structure.best(paid, MIXED)
    near = 1e-5 * np.abs(gains[WIDE < 1e4]).max() + 0.5  # between points of the grid
    for end, sign, low in ((worst, 1.0, gains.min()), (best, -1.0, gains.max())):
        if sign * rises < 0.0:
            assert end.amount == -sign * math.inf
        else:
            assert end.amount == pytest.approx(low, abs=near)
            assert sign * (end.amount - low) < 1e-3 + 1e-6 * abs(low)
    points = structure.break_evens(paid, MIXED).points
    assert all(point < 1e6 for point in points)
    if points:
        assert np.abs(by_hand(structure, np.array(points)) - paid).max() < 0.1
    clear = np.abs(gains) > 1.0
    signs, spots = np.sign(gains[clear]), WIDE[clear]
    turns = np.flatnonzero(signs[1:] != signs[:-1])
    for i in turns:
        assert any(spots[i] <= point <= spots[i + 1] for point in points)


@pytest.mark.parametrize(
    "legs",
    [
        ((1, FAR, 5000.0), (-1, EXPIRY, 5000.0)),
        ((-1, FAR, 5000.0), (1, EXPIRY, 5000.0)),
        ((1, FAR, 5000.0), (1, EXPIRY, 4800.0)),
        ((1, FAR, 4700.0), (-1, EXPIRY, 5000.0)),
        ((2, FAR, 4500.0), (-1, EXPIRY, 5000.0)),
    ],
    ids=["calendar", "short calendar", "two long", "diagonal for a credit", "backspread"],
)
def test_puts_of_two_expiries_are_flat_far_above(legs) -> None:
    puts = [named.put("SPXW", day, strike, n) for n, day, strike in legs]
    structure = puts[0] + puts[1]
    paid = float(structure.value(MIXED).price)
    assert structure.worst(paid, MIXED).slope == 0.0
    assert structure.payoff(1e7, MIXED) == pytest.approx(0.0, abs=1e-9)
    check_by_hand(structure, paid)


def test_two_long_puts_lose_at_worst_what_they_cost() -> None:
    both = named.put("SPXW", FAR, 5000.0) + named.put("SPXW", EXPIRY, 4800.0)
    worst = both.worst(20_000.0, MIXED)
    assert worst.amount == pytest.approx(-20_000.0)
    assert worst.until == math.inf
    assert 5000.0 < worst.spot < 20_000.0
    sold = both.reverse().best(-20_000.0, MIXED)
    assert (sold.amount, sold.until) == (pytest.approx(20_000.0), math.inf)


def test_an_american_leg_that_lives_on_is_worth_its_exercise_at_least() -> None:
    """By hand: long a 450 SPY put, short one of ten months more; at 300 both pay 150."""
    later = dt.date(2027, 1, 15)
    long, short = named.put("SPY", EXPIRY, 450.0), named.put("SPY", later, 450.0, -1)
    state, calendar = State(TODAY, spot=450.0, vol=0.15, rate=0.05), long + short
    assert np.allclose(calendar.payoff([0.0, 1.0, 300.0], state), 0.0)
    assert calendar.best(-1000.0, state).amount == pytest.approx(1000.0)
    assert calendar.break_evens(-1000.0, state).gains[0][0] == 0.0
    spots = np.linspace(1.0, 900.0, 300)
    left = (long.payoff(spots) - calendar.payoff(spots, state)) / 100.0
    exercised = np.maximum(450.0 - spots, 0.0)
    quantlibs = american(spots, 450.0, (later - EXPIRY).days / 365, 0.15, 0.05)
    assert np.all(exercised <= left + 1e-9)
    assert np.all(left <= quantlibs + 1e-6)


LEGS_MIXED = st.lists(
    st.tuples(
        st.sampled_from([-2, -1, 1, 2]),
        st.integers(84, 116).map(lambda k: 50.0 * k),
        st.booleans(),
        st.sampled_from([dt.date(2026, 4, 17), FAR, dt.date(2026, 12, 18)]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60)
@given(LEGS_MIXED, st.integers(84, 116), st.sampled_from([-1, 1]), st.floats(-20_000, 20_000))
def test_mixed_expiries_against_a_grid_by_hand(legs, strike, side, paid) -> None:
    near = named.put("SPXW", EXPIRY, 50.0 * strike, side).positions
    later = tuple(Position(n, OptionContract("SPXW", day, k, call)) for n, k, call, day in legs)
    check_by_hand(Structure("mixed", near + later), paid)
