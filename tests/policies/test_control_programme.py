"""A14, the dynamic programme: against a linear programme, closed forms, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from hedgerow.errors import PolicyError, RangeError
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.fitting.chain import (
    Terms,
    count,
    excess_loss,
    programme,
    state_of,
)
from hedgerow.policies.fitting.programme import (
    HALF,
    Programme,
    cost,
    covered,
    frictionless,
    solve,
)

EDGES = (13.0, 16.0, 20.0, 25.0, 32.0)


def drawn(seed: int, states: int = 3, trade: float = 2e-3, discount: float = 0.97) -> Programme:
    """A random programme whose best intensities lie about the middle of floor and cap."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.full(states, 0.4), states) * 0.3 + 0.7 * np.eye(states)
    carry = rng.uniform(0.5e-3, 1.5e-3, states)
    crash = carry * rng.uniform(0.5, 5.0, states)
    costs = trade * rng.uniform(0.5, 2.0, states)
    return Programme(transition, carry, crash, costs, weight=1.5, discount=discount)


def by_linear_programme(made: Programme, points: np.ndarray) -> np.ndarray:
    """The value of each (state, held), by the linear programme of discounted Markov decisions.

    Greatest sum of V under V(s, n) <= k(s)|m - n| + f(s, m) + beta E V(s', m) for all s, n, m
    (Puterman 1994, section 6.9).
    """
    states, levels = len(made.carry), len(points)
    now = cost(made, points)
    rows, bounds = [], []
    for s in range(states):
        for n in range(levels):
            for m in range(levels):
                row = np.zeros((states, levels))
                row[s, n] += 1.0
                row[:, m] -= made.discount * made.transition[s]
                rows.append(row.ravel())
                bounds.append(made.trade[s] * abs(points[m] - points[n]) + now[m, s])
    found = linprog(
        -np.ones(states * levels), A_ub=np.array(rows), b_ub=bounds, bounds=(None, None)
    )
    assert found.status == 0
    return found.x.reshape(states, levels)


@pytest.mark.parametrize("seed", range(6))
def test_a14_band_is_that_of_scipys_linear_programme(seed: int) -> None:
    made = drawn(seed)
    band = solve(made, step=0.2)
    points = np.linspace(made.floor, made.cap, 10)
    value = by_linear_programme(made, points)
    after = cost(made, points).T + made.discount * made.transition @ value  # (S, levels)
    for s in range(len(made.carry)):
        paid = made.trade[s] * np.abs(points[None, :] - points[:, None]) + after[s]
        kept = [
            int(np.argmin(abs(points - np.clip(n, band.lower[s], band.upper[s])))) for n in points
        ]
        np.testing.assert_allclose(paid[np.arange(10), kept], paid.min(axis=1), rtol=1e-9)
        np.testing.assert_allclose(paid.min(axis=1), value[s], rtol=1e-9)


@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([0.0, 1e-4, 2e-3, 3e-2]))
@settings(max_examples=40)
def test_a14_the_best_move_from_anywhere_is_to_the_band(
    seed: int, states: int, trade: float
) -> None:
    made = drawn(seed, states, trade)
    band = solve(made, step=0.1)
    assert (band.lower <= band.upper).all()
    points = np.linspace(made.floor, made.cap, 19)
    moves = np.abs(points[:, None] - points[None, :])  # held, next
    value = np.zeros((states, 19))
    for _ in range(900):  # value iteration, written without slopes: 0.97 ** 900 is 1e-12
        after = cost(made, points).T + made.discount * made.transition @ value
        value = (made.trade[:, None, None] * moves + after[:, None, :]).min(axis=2)
    after = cost(made, points).T + made.discount * made.transition @ value
    for s in range(states):
        to = np.clip(points, band.lower[s], band.upper[s])
        there = np.array([int(np.argmin(abs(points - m))) for m in to])
        paid = made.trade[s] * moves[np.arange(19), there] + after[s, there]
        np.testing.assert_allclose(paid, value[s], rtol=1e-9, atol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=40)
def test_a14_without_trading_costs_the_band_is_the_frictionless_optimum(
    seed: int, states: int
) -> None:
    made = drawn(seed, states, trade=0.0)
    band = solve(made, step=0.01)
    assert np.abs(band.lower - band.free).max() <= 0.01
    assert np.abs(band.upper - band.free).max() <= 0.01
    points = np.linspace(made.floor, made.cap, 18_001)
    best = points[cost(made, points).argmin(axis=0)]
    np.testing.assert_allclose(frictionless(made), best, atol=2e-4)


@pytest.mark.parametrize("trade", [1e-4, 1e-3, 5e-3])
def test_a14_one_state_has_the_band_of_its_closed_form(trade: float) -> None:
    # a change is paid once, the slope of f for ever: f'(ends) = ∓k(1 - beta)
    made = Programme(
        np.eye(1), np.array([1e-3]), np.array([4e-3]), np.array([trade]), 1.0, discount=0.98
    )
    worth = 4e-3 * made.protection / np.log(3.0)
    lower, upper = (worth / (1e-3 + side * trade * 0.02) - HALF for side in (1.0, -1.0))
    band = solve(made, step=0.001)
    assert band.lower[0] == pytest.approx(lower, abs=0.0011)
    assert band.upper[0] == pytest.approx(upper, abs=0.0011)


def test_a9_is_the_frictionless_optimum_where_carry_is_alike() -> None:
    crash = np.linspace(1e-3, 4e-3, 7)
    made = Programme(
        np.eye(7), np.full(7, 1e-3), crash, np.zeros(7), weight=1.4, floor=0.01, cap=9.0
    )
    best = frictionless(made)
    assert (np.diff(best) > 0.0).all()
    np.testing.assert_allclose(np.diff(best), np.diff(best)[0])  # linear in the crash intensity
    # x = intensity / mean intensity, but for the half unit that the first cover is worth more
    share = (best + HALF) / (best + HALF).mean()
    np.testing.assert_allclose(share, crash / crash.mean())
    band = solve(made._replace(trade=np.full(7, 1e-9)), step=0.001)
    np.testing.assert_allclose(band.lower, best, atol=0.002)


def test_a14_half_of_a_crash_is_covered_at_the_base_size_and_each_unit_adds_less() -> None:
    n = np.linspace(0.0, 3.0, 31)
    assert covered(0.0) == 0.0
    assert float(covered(1.0)) == pytest.approx(0.5)
    assert (np.diff(covered(n)) > 0.0).all()
    assert (np.diff(covered(n), 2) < 0.0).all()
    slope = np.diff(covered([0.0, 1e-6, HALF, HALF + 1e-6]))[[0, 2]]
    assert slope[1] == pytest.approx(slope[0] / 2.0, rel=1e-4)


def seen(market):
    by = signal_named("vix_ma20")(market)
    known = np.isfinite(by)
    return market["vix"][known], by[known], market["spx"][known]


def test_a14_the_band_narrows_as_costs_fall(builtin) -> None:
    vix, by, spx = seen(builtin)
    widths = []
    for trade in (1e-2, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 1e-5, 1e-6, 0.0):
        terms = Terms(cost=trade)
        chain = count(vix, by, spx, EDGES, 20.0, terms)
        band = solve(programme(chain, terms))
        widths.append(float(chain.sessions @ (band.upper - band.lower) / chain.sessions.sum()))
    assert (np.diff(widths) < 0.0).all()
    assert widths[0] > 1.0
    assert widths[-1] <= 0.01


def test_a14_a_chain_is_found_again_in_its_own_path() -> None:
    rng = np.random.default_rng(3)
    true = np.array([[0.95, 0.04, 0.01], [0.10, 0.80, 0.10], [0.02, 0.18, 0.80]])
    path = [0]
    for u in rng.random(20_000):
        path.append(int(np.searchsorted(np.cumsum(true[path[-1]]), u)))
    vix = np.array([12.0, 18.0, 30.0])[path]
    chain = count(vix, np.zeros(len(vix)), np.full(len(vix), 100.0), (15.0, 25.0), 0.5, Terms())
    np.testing.assert_allclose(chain.transition[:3, :3], true, atol=0.02)
    assert chain.vix[:3].tolist() == [12.0, 18.0, 30.0]
    assert chain.sessions[3:].tolist() == [0, 0, 0]
    np.testing.assert_allclose(chain.transition.sum(axis=1), 1.0)


def test_a14_crash_loss_is_the_fall_beyond_five_percent_by_hand() -> None:
    spot = np.array([100.0, 100.0, 92.0, 94.0, 99.0])
    np.testing.assert_allclose(excess_loss(spot, 0.05, 2), [0.03 / 2, 0.01 / 2, 0.0])


def test_a14_crash_loss_of_a_bucket_rises_with_vix_and_few_crashes_say_little(builtin) -> None:
    vix, by, spx = seen(builtin)
    chain = count(vix, np.zeros(len(vix)), spx, EDGES, 20.0, Terms())
    assert (np.diff(chain.crash[6:]) >= 0.0).all()  # never seen: the rising curve alone
    np.testing.assert_allclose(chain.crash[:6], chain.crash[6:], rtol=0.35)
    one = count(vix, by, spx, EDGES, 20.0, Terms())
    assert one.sessions[6] == 0
    assert one.crash[6] == pytest.approx(chain.crash[6])


def test_a14_an_edge_belongs_to_the_bucket_below_it_as_in_tables() -> None:
    states = state_of(
        np.array([13.0, 13.01, 32.0, 32.01]), np.array([20.0, 20.0, 20.01, 20.01]), EDGES, 20.0
    )
    assert states.tolist() == [0, 1, 10, 11]


def test_a14_the_weight_of_a_loss_makes_the_base_size_best_on_average(builtin) -> None:
    vix, by, spx = seen(builtin)
    chain = count(vix, by, spx, EDGES, 20.0, Terms())
    made = programme(chain, Terms())
    often = chain.sessions / chain.sessions.sum()
    points = np.linspace(0.2, 2.0, 1801)
    average = cost(made, points) @ often
    assert points[average.argmin()] == pytest.approx(1.0, abs=0.002)
    assert programme(chain, Terms(loss=3.0)).weight == 3.0


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ({"discount": 1.0}, "discount"),
        ({"carry": np.array([0.0])}, "carry"),
        ({"trade": np.array([-1e-3])}, "trade"),
        ({"crash": np.array([np.nan])}, "crash"),
        ({"floor": 2.0}, "floor"),
    ],
)
def test_programmes_that_make_no_sense_are_refused(part, word: str) -> None:
    one = Programme(np.eye(1), np.array([1e-3]), np.array([1e-3]), np.array([1e-3]), 1.0)
    with pytest.raises(RangeError, match=word):
        solve(one._replace(**part))


def test_terms_out_of_range_are_told_in_words() -> None:
    with pytest.raises(PolicyError, match=r"control.cost: -1"):
        Terms(cost=-1)
    with pytest.raises(PolicyError, match="cap must be greater than floor"):
        Terms(floor=1.0, cap=1.0)
