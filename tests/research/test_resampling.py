"""The bootstrap covers what it should, and its statistics are those of other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from hedgerow.errors import DataError
from hedgerow.research import performance
from hedgerow.research.claims import resampling as rs


def ar1(rng: np.random.Generator, phi: float, count: int) -> np.ndarray:
    noise = rng.normal(size=count + 200)
    return lfilter([1.0], [1.0, -phi], noise)[200:]


@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_the_interval_covers_the_mean_of_an_ar1_nine_times_in_ten(phi) -> None:
    """150 series of 1000 draws, true mean 0; plain sampling would cover some 66 % at phi 0.5.

    The stationary bootstrap is known to cover a little less than it says where days hang together.
    """
    rng = np.random.default_rng(33)
    hits = 0
    for i in range(150):
        found = rs.estimate(ar1(rng, phi, 1000)[:, None], rs.mean, resamples=200, seed=i)
        hits += found.low <= 0.0 <= found.high
    assert 0.8 <= hits / 150 <= 0.96


def test_the_interval_covers_the_autocorrelation_of_an_ar1() -> None:
    rng = np.random.default_rng(21)
    hits = 0
    for i in range(150):
        x = ar1(rng, 0.5, 400)
        found = rs.estimate(rs.pairs(x[1:], x[:-1]), rs.correlation, resamples=200, seed=i)
        hits += found.low <= 0.5 <= found.high
    assert 0.8 <= hits / 150 <= 0.97


def test_for_independent_draws_the_interval_is_that_of_the_textbook() -> None:
    """±1.645 standard errors of the mean."""
    x = np.random.default_rng(3).normal(2.0, 3.0, 4000)
    found = rs.estimate(x[:, None], rs.mean, resamples=2000, seed=5)
    half = stats.norm.ppf(0.95) * x.std(ddof=1) / math.sqrt(len(x))
    assert found.value == pytest.approx(x.mean())
    assert found.low == pytest.approx(x.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(x.mean() + half, abs=0.1 * half)


def test_persistence_widens_the_interval_as_theory_says() -> None:
    """The variance of the mean of an AR(1) is (1 + φ)/(1 - φ) times that of independent draws."""
    x = ar1(np.random.default_rng(8), 0.6, 20_000)
    found = rs.estimate(x[:, None], rs.mean, resamples=600, seed=1)
    half = 1.645 * x.std() / math.sqrt(len(x)) * math.sqrt(1.6 / 0.4)
    assert (found.high - found.low) / 2.0 == pytest.approx(half, rel=0.15)


def test_correlation_is_that_of_numpy() -> None:
    x = ar1(np.random.default_rng(1), 0.9, 300)
    found = float(rs.correlation(rs.pairs(x[1:], x[:-1]).mean(axis=0)))
    assert found == pytest.approx(np.corrcoef(x[1:], x[:-1])[0, 1])


def test_sharpe_is_that_of_the_reports() -> None:
    r = np.random.default_rng(2).normal(4e-4, 0.01, 1000)
    found = float(rs.sharpe(rs.squares(r, 2.0 * r).mean(axis=0), 1))
    assert found == pytest.approx(performance.sharpe(2.0 * r) * math.sqrt(1000 / 999))


def test_equal_seeds_give_equal_intervals() -> None:
    x = np.random.default_rng(0).normal(size=(200, 2)) + 3.0
    one, two, other = (rs.estimate(x, rs.ratio, resamples=100, seed=s) for s in (9, 9, 10))
    assert one == two
    assert other.value == one.value
    assert other.low != one.low


def test_few_rows_give_no_interval_and_nothing_to_divide_by_is_told() -> None:
    found = rs.estimate(np.arange(5.0)[:, None], rs.mean, resamples=100, seed=1)
    assert found.value == 2.0
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    with pytest.raises(DataError, match="nothing to divide by"):
        rs.estimate(np.column_stack([np.ones(50), np.zeros(50)]), rs.ratio, resamples=100, seed=1)
    rare = np.zeros(400)
    rare[7] = 1.0
    with pytest.raises(DataError, match="most resamples hold none"):
        rs.estimate(np.column_stack([rare, rare]), rs.ratio, resamples=200, seed=1)
