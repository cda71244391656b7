"""Two regimes of ln VIX: known generators, laws in closed form, paths that stand alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hedgerow.errors import RangeError
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import Start
from hedgerow.simulate.two_regimes import _GOLDEN, LogVix, TwoRegimes, _mixed, streams
from hedgerow.simulate.two_regimes_loop import _circle, _next, _unit

ALIKE = LogVix(0.05, 20.0, 6.0, 1.1)
PLAIN = TwoRegimes(ALIKE, ALIKE)


def test_the_scrambler_is_splitmix64_of_the_reference_c_code_for_seed_1234567() -> None:
    words = np.uint64(1234567) + np.arange(1, 4, dtype=np.uint64) * _GOLDEN
    assert _mixed(words).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_the_generator_is_xoshiro256plus_of_the_reference_c_code_for_1_2_3_4() -> None:
    state = (1, 2, 3, 4)
    drawn = []
    for _ in range(8):
        word, *state = _next(*state)
        drawn.append(word % 2**64)
    assert drawn == [
        5,
        211106232532999,
        211106635186183,
        9223759065350669058,
        9250833439874351877,
        13862484359527728515,
        2346507365006083650,
        1168864526675804870,
    ]


def test_units_and_angles_of_words() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(-(2**63), 2**63 - 1, 2_000).tolist()
    units = np.array([_unit(word) for word in words])
    assert ((units >= 1.0) & (units < 2.0)).all()
    assert stats.kstest(units - 1.0, "uniform").pvalue > 1e-3
    pairs = np.array([_circle(word) for word in words])
    np.testing.assert_allclose((pairs**2).sum(axis=1), 1.0, atol=1e-15)
    assert stats.kstest(np.arctan2(*pairs.T) / (2 * np.pi) + 0.5, "uniform").pvalue > 1e-3


def test_no_stream_is_a_shift_of_another() -> None:
    states = streams(3, 0, 20_000).view(np.uint64)
    assert len(np.unique(states)) == states.size


def increments(seed: int = 11, paths: int = 4_096, sessions: int = 60) -> np.ndarray:
    """Both normals of every step, out of paths whose two regimes are alike, (2, sessions, n)."""
    made = PLAIN.simulate(Draws(seed, 0, paths // 64, sessions), Start())
    step, root = 1.0 / 252.0, np.sqrt(1.0 / 252.0)
    spot, x = np.log(made["spx"]), np.log(made["vix"])
    sigma = 0.85 * made["vix"][:-1] / 100.0
    first = (np.diff(spot, axis=0) - (ALIKE.drift - sigma**2 / 2.0) * step) / (sigma * root)
    pull = ALIKE.speed * (np.log(ALIKE.level) - x[:-1]) * step
    both = (np.diff(x, axis=0) - pull) / (ALIKE.noise * root)
    rho = PLAIN.correlation
    return np.array([first, (both - rho * first) / np.sqrt(1.0 - rho**2)])


def test_shocks_are_independent_standard_normals() -> None:
    shocks = increments()
    count = shocks[0].size
    for one in shocks:
        assert stats.kstest(one.ravel(), "norm").pvalue > 1e-3
        assert abs((one**4).mean() - 3.0) < 4.0 * np.sqrt(96.0 / count)
        assert stats.kstest(one.ravel()[np.abs(one.ravel()) > 2.5], tail).pvalue > 1e-3
    limit = 4.5 / np.sqrt(count)
    for a, b in (
        (shocks[0], shocks[1]),
        (shocks[0][:, 1:], shocks[0][:, :-1]),  # neighbours
        (shocks[0][1:], shocks[0][:-1]),  # sessions
        (shocks[0][1:, 1:], shocks[1][:-1, :-1]),
        (shocks[0] ** 2 - 1.0, shocks[1] ** 2 - 1.0),
    ):
        assert abs((a * b).mean()) < limit * 2.0


def tail(x: np.ndarray) -> np.ndarray:
    """Distribution of a standard normal outside ±2.5."""
    outside = 2.0 * stats.norm.sf(2.5)
    below = stats.norm.cdf(np.minimum(x, -2.5))
    above = np.maximum(stats.norm.cdf(x) - stats.norm.cdf(2.5), 0.0)
    return (below + above) / outside


def test_regimes_last_as_a_markov_chain_says() -> None:
    # nothing but regimes moves VIX here: it goes to 10 in one session, to 40 in the other
    calm, wild = LogVix(0.0, 10.0, 251.999, 1e-9), LogVix(0.0, 40.0, 251.999, 1e-9)
    made = TwoRegimes(calm, wild).simulate(Draws(5, 0, 64, 200), Start())["vix"][1:]
    high = made > 20.0
    count = high.size
    # of a chain with memory 0.95 the effective number is (1 − 0.95)/(1 + 0.95) of the whole
    deviation = np.sqrt(0.2 * 0.8 / (count * 0.05 / 1.95))
    assert abs(high.mean() - 0.2) < 4.0 * deviation
    for state, chance in ((False, 0.01), (True, 0.04)):
        begun = high[:-1] == state
        left = (high[1:] != state)[begun].mean()
        assert abs(left - chance) < 4.0 * np.sqrt(chance * (1.0 - chance) / begun.sum())


def test_log_vix_has_the_mean_and_variance_of_its_autoregression() -> None:
    made = np.log(PLAIN.simulate(Draws(2, 0, 256, 252), Start(vix=12.0))["vix"][-1])
    keep = 1.0 - ALIKE.speed / 252.0
    mean = np.log(20.0) + keep**252 * np.log(12.0 / 20.0)
    variance = ALIKE.noise**2 / 252.0 * (1.0 - keep**504) / (1.0 - keep**2)
    assert abs(made.mean() - mean) < 4.0 * np.sqrt(variance / made.size)
    assert abs(made.var() - variance) < 4.0 * variance * np.sqrt(2.0 / made.size)


def test_a_path_is_the_same_alone_and_among_many_and_begins_a_longer_one() -> None:
    model = TwoRegimes()
    whole = model.paths(300, 40, seed=9)["vix"]
    np.testing.assert_array_equal(
        model.paths(300, 40, seed=9).block(190, 201).columns["vix"], whole[190:201]
    )
    np.testing.assert_array_equal(model.paths(300, 25, seed=9)["vix"], whole[:, :26])
    assert not np.isin(model.paths(300, 40, seed=10)["vix"][:, -1], whole[:, -1]).any()


def test_numbers_out_of_range_are_named() -> None:
    with pytest.raises(RangeError, match=r"two_regimes\.correlation"):
        TwoRegimes(correlation=1.0)
    with pytest.raises(RangeError, match=r"two_regimes\.wild\.noise"):
        TwoRegimes(wild=replace(ALIKE, noise=0.0))
