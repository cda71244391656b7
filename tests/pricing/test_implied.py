"""Implied volatility: round trips, the deep wings, and a reason where there is none."""

import mpmath
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.implied_volatility import implied_volatility as vollib_implied

from hedgerow.pricing import implied as module
from hedgerow.pricing.black import bsm
from hedgerow.pricing.formula import LARGE
from hedgerow.pricing.implied import Reason, implied, implied_vol

HAUG = {
    "call 60/65": ((60, 65, 0.25, 0.30, 0.08, 0.0), True),
    "put 100/95": ((100, 95, 0.5, 0.20, 0.10, 0.05), False),
    "future 19/19": ((19, 19, 0.75, 0.28, 0.10, 0.10), True),
    "future 105/100 call": ((105, 100, 0.5, 0.36, 0.10, 0.10), True),
    "future 105/100 put": ((105, 100, 0.5, 0.36, 0.10, 0.10), False),
    "put 55/60": ((55, 60, 0.75, 0.30, 0.10, 0.0), False),
    "put 430/405": ((430, 405, 1 / 12, 0.20, 0.07, 0.05), False),
    "parity call": ((5000, 5200, 30 / 365, 0.20, 0.04, 0.04), True),
    "parity put": ((5000, 5200, 30 / 365, 0.20, 0.04, 0.04), False),
}


@pytest.mark.parametrize(("x", "call"), HAUG.values(), ids=HAUG)
def test_validation_pricing_implied_vol_round_trip(x, call):
    spot, strike, time, vol, rate, dividend = x
    price = bsm(*x, call=call).price
    back = implied_vol(price, spot, strike, time, rate, dividend, call=call)
    assert back == pytest.approx(vol, rel=1e-12)
    again = bsm(spot, strike, time, back, rate, dividend, call=call).price
    assert again == pytest.approx(price, rel=1e-12)


def _exact_price_at(x, deviation):
    """Undiscounted call over √(FK), out of the money by x, to the digits at work."""
    s = mpmath.mpf(float(deviation))
    half = mpmath.exp(x / 2)
    return mpmath.ncdf(-x / s + s / 2) / half - half * mpmath.ncdf(-x / s - s / 2)


@pytest.mark.parametrize("compiled", [True, False])
def test_deep_wings_against_fifty_digits(compiled):
    rng = np.random.default_rng(5)
    n = 2_000
    deviation = np.exp(rng.uniform(np.log(1e-4), np.log(3.0), n))
    strike = np.exp(deviation * np.r_[rng.uniform(0, 6, n // 2), rng.uniform(6, 25, n - n // 2)])
    strike = np.minimum(strike, 1e4)
    # the logarithm of the strike as a double, so that both sides mean the same moneyness
    with mpmath.workdps(50):
        x = [mpmath.log(mpmath.mpf(float(k))) for k in strike]
        prices = np.array(
            [
                float(_exact_price_at(a, s) * mpmath.sqrt(mpmath.mpf(float(k))))
                for a, s, k in zip(x, deviation, strike, strict=True)
            ]
        )
    usable = prices > 1e-250
    repeat = 1 + LARGE // n if compiled else 1
    vol = implied_vol(np.tile(prices, repeat), 1.0, np.tile(strike, repeat), 1.0, call=True)[:n]
    error = np.abs(vol / deviation - 1.0)[usable]
    assert usable.sum() > 0.9 * n
    assert error.max() < 1e-12


def _quotes(n, seed=11):
    rng = np.random.default_rng(seed)
    spot, time = rng.uniform(800, 6500, n), rng.uniform(1 / 365, 2, n)
    vol = np.clip(np.exp(rng.normal(np.log(0.2), 0.45, n)), 0.05, 1.5)
    rate, dividend = rng.uniform(0, 0.06, n), rng.uniform(0, 0.025, n)
    forward = spot * np.exp((rate - dividend) * time)
    strike = forward * np.exp(rng.uniform(-6, 6, n) * vol * np.sqrt(time))
    call = strike > forward
    price = bsm(spot, strike, time, vol, rate, dividend, call=call).price
    return (price, spot, strike, time, rate, dividend), call, vol


def test_against_vollib_ten_thousand_times():
    (price, spot, strike, time, rate, dividend), call, vol = _quotes(10_000, seed=9)
    found = implied_vol(price, spot, strike, time, rate, dividend, call=call)
    for i in range(10_000):
        side = "c" if call[i] else "p"
        at = float(spot[i]), float(strike[i]), float(time[i]), float(rate[i])
        theirs = black_scholes_merton(side, *at, float(vol[i]), float(dividend[i]))
        assert abs(theirs - price[i]) < 1e-10 * spot[i]
        back = vollib_implied(float(price[i]), *at, float(dividend[i]), side)
        assert found[i] == pytest.approx(back, rel=1e-12)


@pytest.mark.parametrize("n", [10_000, 100_000])
def test_round_trip_of_quotes_within_six_deviations(n):
    inputs, call, vol = _quotes(n)
    found, reason = implied(*inputs, call=call)
    assert not reason.any()
    assert np.abs(found / vol - 1.0).max() < 1e-12


def test_compiled_agrees_with_numpy_and_threads_do_not_matter(monkeypatch):
    inputs, call, _ = _quotes(60_000)
    two, one = implied(*inputs, call=call, threads=2), implied(*inputs, call=call, threads=1)
    assert np.array_equal(two.vol, one.vol)
    monkeypatch.setattr(module, "LARGE", 10**9)
    slow = implied(*inputs, call=call)
    np.testing.assert_allclose(two.vol, slow.vol, rtol=2e-13)


@settings(max_examples=300, deadline=None)
@given(
    deviation=st.floats(1e-3, 5.0),
    moneyness=st.floats(-6.0, 6.0),
    time=st.floats(0.002, 5.0),
    rate=st.floats(-0.05, 0.15),
    dividend=st.floats(0.0, 0.1),
    call=st.booleans(),
)
def test_the_price_comes_back(*, deviation, moneyness, time, rate, dividend, call):
    vol = deviation / time**0.5
    forward = 100.0 * np.exp((rate - dividend) * time)
    strike = float(forward * np.exp(moneyness * deviation))
    price = bsm(100.0, strike, time, vol, rate, dividend, call=call).price
    found, reason = implied(price, 100.0, strike, time, rate, dividend, call=call)
    if reason == Reason.OK:
        again = bsm(100.0, strike, time, found, rate, dividend, call=call).price
        assert abs(again - price) <= 1e-12 * max(price, 1e-3 * max(100.0, strike))
    else:  # in the money the time value may drown in the digits of the price
        assert reason in {Reason.NO_TIME_VALUE, Reason.BELOW_INTRINSIC, Reason.ABOVE_BOUND}
        assert abs(moneyness) > 4 or deviation > 4 or deviation < 0.01


@pytest.mark.parametrize("large", [False, True])
def test_every_nan_has_its_reason(large):
    good = (5.0, 100.0, 105.0, 0.5, 0.02, 0.01)
    cases = [
        (good, True, Reason.OK),
        *(((*good[:i], np.nan, *good[i + 1 :]), True, Reason.BAD_INPUT) for i in range(6)),
        *(((*good[:i], np.inf, *good[i + 1 :]), True, Reason.BAD_INPUT) for i in range(6)),
        ((5.0, 0.0, 105.0, 0.5, 0.0, 0.0), True, Reason.BAD_INPUT),
        ((5.0, 100.0, 0.0, 0.5, 0.0, 0.0), True, Reason.BAD_INPUT),
        ((5.0, 100.0, -1.0, 0.5, 0.0, 0.0), True, Reason.BAD_INPUT),
        ((5.0, 100.0, 105.0, 0.0, 0.0, 0.0), False, Reason.EXPIRED),
        ((5.0, 100.0, 105.0, -0.1, 0.0, 0.0), False, Reason.EXPIRED),
        ((4.9, 100.0, 105.0, 0.5, 0.0, 0.0), False, Reason.BELOW_INTRINSIC),
        ((-1.0, 100.0, 105.0, 0.5, 0.0, 0.0), True, Reason.BELOW_INTRINSIC),
        ((5.0, 100.0, 105.0, 0.5, 0.0, 0.0), False, Reason.NO_TIME_VALUE),
        ((0.0, 100.0, 105.0, 0.5, 0.0, 0.0), True, Reason.NO_TIME_VALUE),
        ((100.0, 100.0, 105.0, 0.5, 0.0, 0.0), True, Reason.ABOVE_BOUND),
        ((106.0, 100.0, 105.0, 0.5, 0.0, 0.0), False, Reason.ABOVE_BOUND),
    ]
    repeat = 1 + LARGE // len(cases) if large else 1
    columns = np.tile(np.array([x for x, _, _ in cases]), (repeat, 1)).T
    call = np.tile([side for _, side, _ in cases], repeat)
    vol, reason = implied(*columns, call=call)
    wanted = [code for _, _, code in cases]
    assert reason[: len(cases)].tolist() == wanted
    assert reason[-len(cases) :].tolist() == wanted
    assert np.array_equal(np.isnan(vol), reason != Reason.OK)


def test_kinds_and_shapes_come_back():
    assert np.ndim(implied_vol(2.1334, 60, 65, 0.25, 0.08, call=True)) == 0
    strikes = np.array([90.0, 100.0, 110.0])
    price = bsm(100.0, strikes, np.array([[0.25], [1.0]]), 0.2).price
    assert implied_vol(price, 100.0, strikes, np.array([[0.25], [1.0]])).shape == (2, 3)
    quotes = pd.Series(price[0], index=["a", "b", "c"], name="mid")
    vol, reason = implied(quotes, 100.0, strikes, 0.25)
    assert isinstance(vol, pd.Series)
    assert vol.index.equals(quotes.index)
    assert reason.tolist() == [0, 0, 0]
    assert implied_vol(np.empty(0), 100.0, 100.0, 1.0).shape == (0,)


def test_extreme_prices_still_have_their_volatility():
    for vol in (1e-5, 5e-3, 4.0, 9.0, 12.0):
        price = bsm(100.0, 100.0, 1.0, vol, call=True).price
        found = implied_vol(price, 100.0, 100.0, 1.0, call=True)
        # near the bound a price holds few digits of the volatility
        assert found == pytest.approx(vol, rel=1e-12 if vol < 5 else 1e-5)
