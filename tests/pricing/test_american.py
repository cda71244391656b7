"""American exercise: QuantLib asked directly, a tree, identities, and limits."""

import sys

import numpy as np
import pandas as pd
import pytest
import QuantLib as ql

from hedgerow.errors import HedgerowError
from hedgerow.pricing.american import american
from hedgerow.pricing.black import bsm


def _directly(spot, strike, days, vol, rate, dividend, call):
    """QuantLib's engine over the true number of days."""
    start, count = ql.Date(2, 1, 2150), ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(start, dividend, count)),
        ql.YieldTermStructureHandle(ql.FlatForward(start, rate, count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(start, ql.NullCalendar(), vol, count)),
    )
    kind = ql.Option.Call if call else ql.Option.Put
    exercise = ql.AmericanExercise(start, start + days)
    option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, strike), exercise)
    option.setPricingEngine(ql.QdFpAmericanEngine(process))
    return option.NPV()


def test_validation_pricing_american_is_quantlibs():
    rng = np.random.default_rng(4)
    for _ in range(200):
        spot, strike = 100.0, float(100.0 * np.exp(rng.normal(0.0, 0.2)))
        days, vol = int(rng.integers(1, 800)), float(rng.uniform(0.08, 0.8))
        rate, dividend = float(rng.uniform(0.0, 0.08)), float(rng.uniform(0.0, 0.05))
        call = bool(rng.random() < 0.5)
        ours = american(spot, strike, days / 365, vol, rate, dividend, call=call)
        theirs = _directly(spot, strike, days, vol, rate, dividend, call)
        assert abs(ours - theirs) < 1e-6


def _tree(spot, strike, time, vol, rate, dividend, steps=2000):
    """A put by Cox, Ross and Rubinstein."""
    dt = time / steps
    up = np.exp(vol * np.sqrt(dt))
    p = (np.exp((rate - dividend) * dt) - 1 / up) / (up - 1 / up)
    nodes = spot * up ** np.arange(steps, -steps - 1.0, -2.0)
    value = np.maximum(strike - nodes, 0.0)
    for step in range(steps, 0, -1):
        nodes = nodes[:step] / up
        hold = np.exp(-rate * dt) * (p * value[:step] + (1 - p) * value[1 : step + 1])
        value = np.maximum(hold, strike - nodes)
    return value[0]


def test_against_a_tree():
    for strike, dividend in ((90.0, 0.0), (100.0, 0.03), (120.0, 0.01)):
        ours = american(100.0, strike, 0.75, 0.25, 0.05, dividend)
        assert ours == pytest.approx(_tree(100.0, strike, 0.75, 0.25, 0.05, dividend), abs=5e-3)


def test_worth_no_less_than_european_and_than_exercise_now():
    strike = np.linspace(60.0, 160.0, 21)
    for call in (True, False):
        x = (100.0, strike, 0.5, 0.2, 0.04, 0.02)
        price = american(*x, call=call)
        assert (price >= bsm(*x, call=call).price - 1e-9).all()
        assert (price >= np.maximum((1 if call else -1) * (100.0 - strike), 0.0) - 1e-9).all()


def test_a_call_without_dividends_is_european():
    strike = np.linspace(60.0, 160.0, 11)
    european = bsm(100.0, strike, 0.7, 0.3, 0.05, call=True).price
    np.testing.assert_allclose(
        american(100.0, strike, 0.7, 0.3, 0.05, call=True), european, atol=1e-9
    )


def test_put_call_symmetry():
    # McDonald and Schroder: swap spot with strike and rate with dividend
    put = american(95.0, 105.0, 0.6, 0.3, 0.05, 0.02)
    call = american(105.0, 95.0, 0.6, 0.3, 0.02, 0.05, call=True)
    assert put == pytest.approx(call, abs=1e-8)


def test_limits_and_bad_input():
    assert american(90.0, 100.0, 0.0, 0.2) == 10.0
    assert american(90.0, 100.0, 0.5, 0.0, 0.05) == 10.0
    assert american(90.0, 100.0, 0.5, 0.0, 0.0, 0.05) == pytest.approx(100 - 90 * np.exp(-0.025))
    bad = [np.nan, np.inf, 0.0, -1.0]
    assert np.isnan(american(bad, 100.0, 0.5, 0.2)).all()
    assert np.isnan(american(100.0, 100.0, [-0.1, np.nan], 0.2)).all()
    assert np.isnan(american(100.0, 110.0, 0.5, 0.25, -0.01, -0.02))


def test_the_users_evaluation_date_is_left_alone():
    before = ql.Settings.instance().evaluationDate
    american(100.0, 100.0, 0.5, 0.2)
    assert ql.Settings.instance().evaluationDate == before


def test_shapes_and_series():
    assert np.ndim(american(100, 100, 0.5, 0.2)) == 0
    assert american(100.0, [[90.0], [110.0]], [0.1, 0.2, 0.3], 0.2).shape == (2, 3)
    strikes = pd.Series([90.0, 110.0], index=[3, 4])
    assert american(100.0, strikes, 0.5, 0.2).index.tolist() == [3, 4]


def test_without_quantlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "QuantLib", None)
    with pytest.raises(HedgerowError, match=r"pip install 'hedgerow\[american\]'"):
        american(100.0, 100.0, 0.5, 0.2)
