"""Markov switching: the fit and the forward filter against statsmodels and known regimes."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from hedgerow.errors import DataError
from hedgerow.policies.fitting.switching import Switching, filtered, simulated, switching

CALM_AND_WILD = Switching(0.0006, -0.001, 0.006, 0.022, 0.01, 0.04)
LEVELS = Switching(2.6, 3.2, 0.15, 0.25, 0.02, 0.05)


def theirs(series: np.ndarray, made: Switching) -> MarkovRegression:
    """statsmodels' model, and what it says with our parameters: state 1 is high."""
    model = MarkovRegression(series, k_regimes=2, switching_variance=True)
    at = [
        1.0 - made.p_lh, made.p_hl, made.mean_low, made.mean_high,
        made.sd_low**2, made.sd_high**2,
    ]  # fmt: skip
    return model, np.array(at)


@pytest.mark.parametrize("made", [CALM_AND_WILD, LEVELS], ids=["returns", "levels"])
def test_a12_the_filter_is_that_of_statsmodels(made: Switching) -> None:
    series, _ = simulated(made, 3000, np.random.default_rng(1989))
    model, at = theirs(series, made)
    want = model.filter(at).filtered_marginal_probabilities[:, 1]
    np.testing.assert_allclose(filtered(series, made), want, rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("made", [CALM_AND_WILD, LEVELS], ids=["returns", "levels"])
def test_a12_the_filter_knows_nothing_of_what_comes_after(made: Switching) -> None:
    series, _ = simulated(made, 400, np.random.default_rng(4))
    whole = filtered(series, made)
    for cut in (1, 2, 57, 200, 399):
        np.testing.assert_array_equal(filtered(series[:cut], made), whole[:cut])
    model, at = theirs(series, made)
    smoothed = model.smooth(at).smoothed_marginal_probabilities[:, 1]
    assert np.abs(smoothed - whole).max() > 0.2  # which is what must not be traded on


@pytest.mark.parametrize(
    ("true", "order"), [(CALM_AND_WILD, "sd"), (LEVELS, "mean")], ids=["returns", "levels"]
)
def test_a12_states_are_told_right_on_at_least_nine_days_of_ten(true: Switching, order) -> None:
    rng = np.random.default_rng(2008)
    for _ in range(3):
        past, _ = simulated(true, 2520, rng)
        series, high = simulated(true, 2520, rng)
        made = switching(past, order)  # fitted to one stretch, judged on another
        told = filtered(series, made) > 0.5
        assert np.mean(told == (high > 0.5)) >= 0.90


@pytest.mark.parametrize(
    ("true", "order"), [(CALM_AND_WILD, "sd"), (LEVELS, "mean")], ids=["returns", "levels"]
)
def test_a12_the_fit_finds_the_parameters(true: Switching, order) -> None:
    series, _ = simulated(true, 4000, np.random.default_rng(7))
    made = switching(series, order)
    np.testing.assert_allclose(made[2:4], true[2:4], rtol=0.08)
    np.testing.assert_allclose(made[:2], true[:2], atol=0.05 * true.sd_high)
    np.testing.assert_allclose(made[4:], true[4:], rtol=0.5)


def test_a12_the_fit_is_as_likely_as_that_of_statsmodels_left_to_itself() -> None:
    series, _ = simulated(CALM_AND_WILD, 2520, np.random.default_rng(3))
    scaled = series / series.std()
    model = MarkovRegression(scaled, k_regimes=2, switching_variance=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = model.fit(search_reps=10, disp=0).llf
    model, at = theirs(scaled, switching(scaled))
    assert model.loglike(at) >= best - 1e-3


@pytest.mark.parametrize("order", ["sd", "mean"])
def test_a12_high_is_the_greater_of_the_two(order) -> None:
    rng = np.random.default_rng(11)
    for flip in (1.0, -1.0):
        series, _ = simulated(LEVELS, 1500, rng)
        made = switching(flip * series, order)
        assert getattr(made, f"{order}_high") > getattr(made, f"{order}_low")
        if flip < 0.0:  # the state of the greater mean is now that of the smaller deviation
            assert (made.sd_high > made.sd_low) == (order == "sd")


def test_a12_the_unit_of_the_series_does_not_matter() -> None:
    series, _ = simulated(CALM_AND_WILD, 1500, np.random.default_rng(5))
    one, other = switching(series), switching(100.0 * series + 3.0)
    np.testing.assert_allclose(filtered(100.0 * series + 3.0, other), filtered(series, one),
                               atol=1e-4)  # fmt: skip


def test_a12_a_session_that_is_unknown_leaves_the_state_to_the_chain() -> None:
    found = filtered(np.array([0.05, np.nan, np.nan]), CALM_AND_WILD)
    for before, after in pairwise(found):
        assert after == pytest.approx(before * 0.96 + (1.0 - before) * 0.01, rel=1e-12)


def test_a12_a_crash_beyond_all_measure_is_the_high_state() -> None:
    assert filtered(np.array([0.0, -5.0]), CALM_AND_WILD)[-1] == pytest.approx(1.0)


def test_a12_a_series_without_states_is_refused() -> None:
    with pytest.raises(DataError, match="no two states were found in 300 sessions"):
        switching(np.full(300, 0.01))
