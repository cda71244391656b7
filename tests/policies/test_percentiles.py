"""A11: thresholds that are trailing percentiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.policies.percentiles import AdaptiveBands, AdaptiveLinear, AdaptiveTiers, Quantile
from hedgerow.policies.rules import Bands, Linear, Tiers
from synthetic import market

NO_BAR = Bar(*[0.0] * len(Bar._fields))
VIX = st.floats(8.0, 90.0)


def x_of(rule, *signals: float) -> float:
    return rule.kernel(0.0, View(signals, opening(1e7), NO_BAR), rule.start(), rule.params())[0]


@settings(max_examples=40)
@given(
    st.lists(st.floats(9.0, 80.0) | st.just(12.5) | st.just(float("nan")), min_size=1, max_size=80),
    st.integers(0, 100),
    st.integers(2, 30),
    st.integers(0, 28),
)
def test_a11_is_pandas_rolling_quantile(values, percent: int, days: int, less: int) -> None:
    least = max(days - less, 2)
    when = np.datetime64("2020-01-01", "ns") + np.arange(len(values)) * np.timedelta64(1, "D")
    got = Quantile("vix", percent, days, least)(Market(when, {"vix": values}))
    rolling = pd.Series(values).rolling(days, min_periods=least)
    np.testing.assert_allclose(got, rolling.quantile(percent / 100.0).to_numpy(), rtol=1e-12)


def test_a11_of_a_whole_window_is_numpys_percentile() -> None:
    data = market()
    got = Quantile("vix", 80, days=252)(data)
    assert np.isnan(got[:251]).all()
    for row in (251, 400, len(data) - 1):
        window = data["vix"][row - 251 : row + 1]
        assert got[row] == pytest.approx(np.percentile(window, 80), rel=1e-14)


def test_a11_five_years_by_default_from_one_year_on() -> None:
    signal = Quantile()
    assert (signal.days, signal.least, signal.lookback, signal.name) == (
        1260, 252, 252, "vix_p80_1260",
    )  # fmt: skip
    assert Quantile(least=20).name == "vix_p80_1260_20"
    with pytest.raises(hr.PolicyError, match="least must not be more than days"):
        Quantile(days=100)


@given(VIX, VIX, st.floats(0.1, 30.0))
def test_a11_with_given_thresholds_they_are_a1_a3_and_a10(
    vix: float, low: float, up: float
) -> None:
    high = low + up
    fixed, moving = Linear(low=low, high=high), AdaptiveLinear()
    assert x_of(moving, vix, low, high) == x_of(fixed, vix)
    assert x_of(AdaptiveTiers(), vix, low, high) == x_of(Tiers(first=low, second=high), vix)
    bands = Bands(calm_below=low, stress_above=high)
    assert x_of(AdaptiveBands(), vix, low, high) == x_of(bands, vix)


@given(VIX, VIX)
def test_a11_equal_percentiles_make_a_step(vix: float, edge: float) -> None:
    assert x_of(AdaptiveLinear(), vix, edge, edge) == (1.0 if vix > edge else 0.0)
    assert x_of(AdaptiveLinear(top=0.5), vix, edge, edge) == (0.5 if vix > edge else 0.0)
    assert x_of(AdaptiveTiers(), vix, edge, edge) == (2.0 if vix > edge else 0.0)
    middle = 1.25 if vix > edge else 0.25
    assert x_of(AdaptiveBands(), vix, edge, edge) == (0.6 if vix == edge else middle)


def test_a11_a_new_regime_moves_the_thresholds() -> None:
    # ten points up for good: the fixed rule hedges more for ever, the adaptive one for two years
    data = market()
    shifted = data.with_columns({"vix": data["vix"] + np.where(np.arange(900) >= 300, 10.0, 0.0)})
    low, high = (Quantile("vix", p, days=252)(shifted) for p in (35, 80))
    adaptive = np.array(
        [x_of(AdaptiveTiers(), *row) for row in zip(shifted["vix"], low, high, strict=True)]
    )
    fixed = np.array([x_of(Tiers(), vix) for vix in shifted["vix"]])
    assert fixed[600:].min() >= 1.0
    assert adaptive[300:330].mean() > 1.5
    assert adaptive[600:].mean() < 1.2
