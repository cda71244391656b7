"""The hedging rows of the validation sheet, and what the rules promise."""

import numpy as np
import pandas as pd
import pytest

from hedgerow.errors import RangeError
from hedgerow.pricing.bands import MinimumVariance, band_width, leland_vol, within_band
from hedgerow.pricing.black import bsm


def test_validation_hedging_whalley_wilmott():
    spot = np.exp([-0.05, -0.01, 0.0, 0.01, 0.05])
    greeks = bsm(spot, 1.0, 0.1, 0.2, call=True)
    width = band_width(greeks.gamma, spot, cost=1e-5, aversion=1.0)
    hedge = within_band(0.5, greeks.delta, width)
    np.testing.assert_allclose(hedge, [0.2946, 0.5, 0.5, 0.5, 0.7284], atol=5e-5)


def test_validation_hedging_leland():
    assert leland_vol(0.2, 0.01, 1 / 52) == pytest.approx(0.226952, abs=5e-7)


def test_leland_of_the_owner_is_lower_and_ends_where_costs_take_all():
    assert leland_vol(0.2, 0.01, 1 / 52, long=True) < 0.2 < leland_vol(0.2, 0.01, 1 / 52)
    squares = [leland_vol(0.2, 0.01, 1 / 52, long=side) ** 2 for side in (True, False)]
    assert np.mean(squares) == pytest.approx(0.04)
    assert np.isnan(leland_vol(0.2, 0.05, 1 / 252, long=True))


def _days(n=400, seed=2):
    rng = np.random.default_rng(seed)
    spot, time = rng.uniform(900, 1100, n), rng.uniform(0.05, 1.0, n)
    greeks = bsm(spot, 1000.0, time, 0.2, call=True)
    return spot, time, greeks, rng.normal(0.0, 10.0, n), rng


def test_validation_hedging_minimum_variance_recovers_known_coefficients():
    spot, time, greeks, move, _ = _days()
    true = MinimumVariance(a=-0.25, b=0.35, c=-0.45)
    state = {"vega": greeks.vega, "spot": spot, "time": time}
    change = true.delta(greeks.delta, **state) * move
    found = MinimumVariance.fit(change, move, delta=greeks.delta, **state)
    np.testing.assert_allclose([found.a, found.b, found.c], [-0.25, 0.35, -0.45], rtol=1e-9)


def test_minimum_variance_leaves_less_variance_than_black_scholes():
    spot, time, greeks, move, rng = _days()
    state = {"vega": greeks.vega, "spot": spot, "time": time}
    shift = -0.8 * move / spot + rng.normal(0.0, 0.002, len(spot))  # volatility moves against
    change = bsm(spot + move, 1000.0, time, 0.2 + shift, call=True).price - greeks.price
    change[0] = np.nan  # a missing quote is left out
    rule = MinimumVariance.fit(change, move, delta=greeks.delta, **state)
    rest = change - rule.delta(greeks.delta, **state) * move
    assert np.nanvar(rest) < 0.5 * np.nanvar(change - greeks.delta * move)


def test_days_that_are_all_alike_are_refused():
    with pytest.raises(RangeError, match="1 of 3 coefficients"):
        MinimumVariance.fit([1.0] * 5, [1.0] * 5, delta=0.5, vega=20.0, spot=100.0, time=0.5)


def test_series_come_back_as_series():
    delta = pd.Series([0.4, 0.5], index=["a", "b"])
    rule = MinimumVariance(-0.2, 0.0, 0.0)
    for got in (
        rule.delta(delta, vega=20.0, spot=100.0, time=0.5),
        within_band(delta, 0.5, 0.01),
        leland_vol(delta, 0.01, 0.02),
        band_width(delta, 100.0, 0.001, 1.0),
    ):
        assert got.index.equals(delta.index)
