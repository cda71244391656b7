"""The logistic hazard, against statsmodels, scikit-learn and counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from hedgerow.errors import DataError
from hedgerow.policies.fitting.logistic import Logistic, hazard, logistic, outcomes


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20081015)
    inputs = rng.normal([2.9, -1.9, 0.0], [0.4, 0.5, 0.05], (2000, 3))
    odds = -9.0 + 2.0 * inputs[:, 0] - 0.5 * inputs[:, 1] - 4.0 * inputs[:, 2]
    return inputs, (rng.random(2000) < 1.0 / (1.0 + np.exp(-odds))).astype(float)


def test_a9_without_a_penalty_the_fit_is_that_of_statsmodels_logit(sample) -> None:
    inputs, happened = sample
    made = logistic(inputs, happened, ridge=0.0)
    theirs = sm.Logit(happened, sm.add_constant(inputs)).fit(disp=0, tol=1e-14, method="newton")
    np.testing.assert_allclose([made.intercept, *made.weights], theirs.params, rtol=1e-8)
    np.testing.assert_allclose(hazard(inputs, made), theirs.predict(), rtol=1e-8)


@pytest.mark.parametrize("ridge", [0.5, 10.0, 300.0])
def test_a9_with_a_penalty_it_is_that_of_scikit_learn(sample, ridge: float) -> None:
    inputs, happened = sample
    plain = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    theirs = LogisticRegression(C=1.0 / ridge, tol=1e-12, max_iter=10_000).fit(plain, happened)
    made = logistic(inputs, happened, ridge)
    np.testing.assert_allclose(made.weights * inputs.std(axis=0), theirs.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(hazard(inputs, made), theirs.predict_proba(plain)[:, 1], rtol=1e-5)


@pytest.mark.parametrize("ridge", [0.0, 1.0, 100.0])
def test_a9_the_mean_hazard_is_the_share_that_was_followed_by_a_drop(sample, ridge: float) -> None:
    inputs, happened = sample
    assert logistic(inputs, happened, ridge).mean == pytest.approx(happened.mean(), rel=1e-10)


def test_a9_inputs_that_separate_the_outcomes_keep_finite_weights() -> None:
    inputs = np.linspace(10.0, 40.0, 200)[:, None]
    happened = (inputs[:, 0] > 30.0).astype(float)
    made = logistic(inputs, happened)
    assert 0.0 < made.weights[0] < 10.0
    chance = hazard(inputs, made)
    assert 0.0 < chance.min() < 0.1
    assert 0.8 < chance.max() < 1.0


@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_a9_an_input_that_never_moves_gets_no_weight(sample, ridge: float) -> None:
    inputs, happened = sample
    still = inputs.copy()
    still[:, 2] = 0.0
    made = logistic(still, happened, ridge)
    assert made.weights[2] == 0.0
    two = logistic(inputs[:, :2], happened, ridge)
    np.testing.assert_allclose(made.weights[:2], two.weights, rtol=1e-9)


@pytest.mark.parametrize("count", [60, 200])
def test_a9_without_a_penalty_inputs_that_separate_the_outcomes_are_told(count: int) -> None:
    inputs = np.random.default_rng(count).normal(size=(count, 2))
    for happened in (inputs[:, 0] > 0.5, inputs[:, 0] == inputs[:, 0].max()):
        with pytest.raises(DataError, match="choose a ridge above 0"):
            logistic(inputs, happened.astype(float), ridge=0.0)


def test_a9_a_hazard_stays_inside_0_and_1_far_out() -> None:
    chance = hazard(np.array([[-1e6], [1e6]]), Logistic(0.0, (1.0,), 0.5))
    assert chance.tolist() == [0.0, 1.0]


SPOTS = st.lists(st.floats(50.0, 150.0) | st.just(float("nan")), min_size=2, max_size=30)


@settings(max_examples=200)
@given(SPOTS, st.floats(0.01, 0.3), st.integers(1, 12))
def test_a9_outcomes_are_what_one_sees_by_looking(spots, drop: float, days: int) -> None:
    spot = np.array(spots)
    for event in ("fall", "day"):
        found = outcomes(spot, drop, days, event)
        for t in range(len(spot)):
            ahead = range(t + 1, t + days + 1)
            if ahead[-1] >= len(spot):
                assert np.isnan(found[t])
                continue
            if np.isnan(spot[t : t + days + 1]).any():
                assert np.isnan(found[t])
                continue
            base = {i: spot[t] if event == "fall" else spot[i - 1] for i in ahead}
            assert found[t] == any(spot[i] <= (1.0 - drop) * base[i] for i in ahead)
