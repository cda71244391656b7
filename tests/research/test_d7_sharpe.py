"""D7: Sharpe ratios after luck, against the papers' numbers, skfolio and plain simulation."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from skfolio import measures

from hedgerow.errors import RangeError
from hedgerow.research import performance
from hedgerow.research.overfit.sharpe import (
    Record,
    deflated_sharpe,
    effective_trials,
    expected_best,
    expected_maximum,
    mean_correlation,
    minimum_backtest_length,
    minimum_track_record,
    probabilistic_sharpe,
    record_of,
)

PAPER = Record(2.5 / math.sqrt(250), 1250, skew=-3.0, kurtosis=10.0)


def fat(seed: int, count: int = 600) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(4, count) * 0.01 + 0.0006


def test_d7_deflated_sharpe_of_bailey_and_lopez_de_prado_2014() -> None:
    assert expected_best(100, 0.5 / 250) == pytest.approx(0.11317, abs=5e-6)
    assert deflated_sharpe(PAPER, 100, 0.5 / 250) == pytest.approx(0.9004, abs=5e-5)


def test_d7_fewer_trials_of_the_same_paper_pass_at_95_percent() -> None:
    """The paper: with N = 46 the same ratio is credible at 95 %, with skew and kurtosis as here."""
    assert deflated_sharpe(PAPER, 46, 0.5 / 250) == pytest.approx(0.9505, abs=2e-3)


def test_d7_minimum_backtest_length_of_bailey_borwein_lopez_de_prado_zhu_2014() -> None:
    assert minimum_backtest_length(45) == pytest.approx(4.998, abs=5e-4)
    assert minimum_backtest_length(45, 2.0) == pytest.approx(4.998 / 4.0, abs=5e-4)
    # the paper's bound: 2 ln N / E[max]²
    assert all(minimum_backtest_length(n) < 2.0 * math.log(n) for n in (5, 45, 1000))


@pytest.mark.parametrize("seed", range(4))
def test_d7_ratios_are_those_of_skfolio(seed: int) -> None:
    returns = fat(seed)
    record = record_of(returns)
    trials = np.random.default_rng(seed + 50).normal(0.02, 0.03, 37)
    assert record.sharpe == pytest.approx(performance.sharpe(returns) / math.sqrt(252), rel=1e-12)
    assert record.skew == pytest.approx(stats.skew(returns), rel=1e-9)
    assert record.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False), rel=1e-9)
    assert probabilistic_sharpe(record, 0.01) == pytest.approx(
        measures.probabilistic_sharpe_ratio(returns, 0.01), rel=1e-9
    )
    assert deflated_sharpe(record, 37, trials.var(ddof=1)) == pytest.approx(
        measures.deflated_sharpe_ratio(returns, trials), rel=1e-9
    )
    assert expected_best(37, 0.03**2) == pytest.approx(
        measures.expected_max_sharpe_ratio(n_trials=37, trial_sharpe_ratio_std=0.03), rel=1e-12
    )


@pytest.mark.parametrize("many", [5, 45, 1000])
def test_d7_the_expected_maximum_is_near_the_integral(many: int) -> None:
    """∫ x d(Φ(x)^N) by mpmath; the formula is an approximation."""
    exact = mpmath.quad(
        lambda x: x * many * mpmath.npdf(x) * mpmath.ncdf(x) ** (many - 1), [-8, 0, 2, 4, 8]
    )
    assert expected_maximum(many) == pytest.approx(float(exact), rel=0.04)


@given(st.floats(1.0, 1e7), st.floats(1.0, 1e7))
def test_d7_more_trials_never_help(a: float, b: float) -> None:
    few, more = sorted([a, b])
    assert expected_maximum(few) <= expected_maximum(more)
    assert deflated_sharpe(PAPER, few, 0.002) >= deflated_sharpe(PAPER, more, 0.002)


def test_d7_the_best_of_many_worthless_rules_is_seen_through() -> None:
    """100 rounds of the best of 100 noises: the plain test believes most, the deflated few."""
    rng = np.random.default_rng(11)
    believed = {"plain": 0, "deflated": 0}
    for _ in range(100):
        returns = rng.normal(0.0, 0.01, (300, 100))
        ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
        best = record_of(returns[:, ratios.argmax()])
        believed["plain"] += probabilistic_sharpe(best) > 0.95
        believed["deflated"] += deflated_sharpe(best, 100, ratios.var(ddof=1)) > 0.95
    assert believed["plain"] > 90
    assert believed["deflated"] < 10


def test_d7_the_minimum_track_record_is_where_the_probability_is_reached() -> None:
    needed = minimum_track_record(PAPER, 0.05, 0.95)
    assert probabilistic_sharpe(PAPER._replace(periods=math.ceil(needed)), 0.05) >= 0.95
    assert probabilistic_sharpe(PAPER._replace(periods=math.floor(needed)), 0.05) < 0.95
    assert minimum_track_record(PAPER, 0.5) == math.inf
    assert math.isnan(minimum_track_record(Record(math.nan, 10)))


def test_d7_mean_correlation_is_that_of_numpy() -> None:
    rng = np.random.default_rng(2)
    returns = rng.normal(size=(200, 1)) + rng.normal(size=(200, 12))
    table = np.corrcoef(returns.T)
    expected = table[np.triu_indices(12, 1)].mean()
    assert mean_correlation(returns) == pytest.approx(expected, rel=1e-10)
    flat = np.column_stack([returns, np.zeros(200)])  # one that never varies is left out
    assert mean_correlation(flat) == pytest.approx(expected, rel=1e-10)
    assert math.isnan(mean_correlation(returns[:, :1]))


@given(st.floats(1.0, 1e6), st.floats(-1.0, 1.0))
def test_d7_effective_trials_lie_between_one_and_all(trials: float, correlation: float) -> None:
    assert 1.0 - 1e-9 <= effective_trials(trials, correlation) <= trials * (1.0 + 1e-9)


def test_d7_what_has_no_ratio_has_no_probability() -> None:
    assert math.isnan(record_of(np.zeros(10)).sharpe)
    assert math.isnan(record_of(np.array([0.1])).sharpe)
    assert math.isnan(probabilistic_sharpe(record_of(np.zeros(10))))
    with pytest.raises(RangeError, match="less than one"):
        expected_maximum(0)
    with pytest.raises(RangeError, match="needs no luck"):
        minimum_backtest_length(10, 0.0)
