"""H14: beta and its errors against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.shortvol.beta import betas, lags_of, ols, rolling_beta


def drawn(seed: int, bars: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Returns that remember and have unequal variances, and the market's."""
    rng = np.random.default_rng(seed)
    market = rng.standard_t(4, bars) * 0.008
    noise = rng.normal(0.0, 0.004, bars) * (1.0 + 50.0 * np.abs(market))
    noise[1:] += 0.4 * noise[:-1]
    return 0.0002 + 0.3 * market + 0.2 * np.minimum(market, 0.0) + noise, market


@pytest.mark.parametrize("lags", [0, 1, 8])
@pytest.mark.parametrize("seed", [1, 2])
def test_h14_coefficients_and_newey_west_errors_are_those_of_statsmodels(seed, lags) -> None:
    y, m = drawn(seed)
    x = np.column_stack([np.ones(len(m)), np.maximum(m, 0.0), np.minimum(m, 0.0)])
    values, covariance = ols(y, x, lags)
    theirs = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
    np.testing.assert_allclose(values, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(covariance, theirs.cov_params(), rtol=1e-8)


def test_h14_intervals_are_those_of_statsmodels() -> None:
    y, m = drawn(3)
    found = betas(y, m)
    theirs = sm.OLS(y, sm.add_constant(m)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags_of(600), "use_correction": False}
    )
    low, high = theirs.conf_int()[1]
    assert found.beta == pytest.approx((theirs.params[1], low, high), rel=1e-8)
    assert found.alpha.value == pytest.approx(252.0 * theirs.params[0], rel=1e-8)
    assert found.down.value > found.up.value


def test_h14_newey_wests_rule_for_lags() -> None:
    # Newey and West (1994): 4 (T/100)^(2/9)
    assert [lags_of(bars) for bars in (100, 250, 1000, 2500)] == [4, 4, 6, 8]


def test_h14_the_rolling_beta_is_that_of_its_window_by_numpy() -> None:
    y, m = drawn(4, 300)
    rolled = rolling_beta(y, m, 60)
    assert np.isnan(rolled[:59]).all()
    for t in (59, 150, 299):
        window = slice(t - 59, t + 1)
        cov = np.cov(y[window], m[window])
        assert rolled[t] == pytest.approx(cov[0, 1] / cov[1, 1], rel=1e-10)


def test_h14_the_rolling_beta_knows_no_later_session() -> None:
    y, m = drawn(5, 200)
    np.testing.assert_array_equal(rolling_beta(y[:120], m[:120], 50), rolling_beta(y, m, 50)[:120])


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(-3.0, 3.0))
def test_h14_beta_of_a_hedge_adds_to_that_of_the_book(seed, part) -> None:
    y, m = drawn(seed, 80)
    both = betas(y + part * m, m).beta.value
    assert both == pytest.approx(betas(y, m).beta.value + part, abs=1e-9)


@pytest.mark.parametrize("market", [np.zeros(100), np.full(100, 0.01), np.full(10, 0.01)])
def test_h14_what_says_nothing_is_refused(market) -> None:
    with pytest.raises(RangeError) as error:
        betas(np.linspace(0.0, 1.0, len(market)), market)
    assert error.value.where == "beta"
