"""Black–Scholes and Black-76 against textbooks, QuantLib, differences and identities."""

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erfc

from hedgerow.pricing import formula
from hedgerow.pricing.black import Greeks, black76, bsm, undiscounted


def test_validation_pricing_bsm_call_haug():
    assert bsm(60, 65, 0.25, 0.30, 0.08, call=True).price == pytest.approx(2.1334, abs=1e-4)


def test_validation_pricing_bsm_put_haug():
    assert bsm(100, 95, 0.5, 0.20, 0.10, 0.05).price == pytest.approx(2.4648, abs=1e-4)


def test_validation_pricing_black76_haug():
    for call in (True, False):  # at the forward both are worth the same
        assert black76(19, 19, 0.75, 0.28, 0.10, call=call).price == pytest.approx(1.7011, abs=1e-4)


def test_validation_pricing_delta_haug():
    # options on a future: the cost of carry is nil
    call, put = (black76(105, 100, 0.5, 0.36, 0.10, call=side).delta for side in (True, False))
    assert call == pytest.approx(0.5946, abs=1e-4)
    assert put == pytest.approx(-0.3566, abs=1e-4)
    assert bsm(105, 100, 0.5, 0.36, 0.10, 0.10, call=True).delta == pytest.approx(0.5946, abs=1e-4)


def test_validation_pricing_gamma_vega_haug():
    greeks = bsm(55, 60, 0.75, 0.30, 0.10)
    assert greeks.gamma == pytest.approx(0.0278, abs=1e-4)
    assert greeks.vega == pytest.approx(18.9358, abs=1e-4)


def test_validation_pricing_theta_haug():
    theta = bsm(430, 405, 1 / 12, 0.20, 0.07, 0.05).theta
    assert theta == pytest.approx(-31.1924, abs=1e-4)
    assert theta / 365 == pytest.approx(-0.0855, abs=1e-4)


def test_validation_pricing_parity_short_future_plus_call_is_put():
    forward, strike, time, rate, vol = 5000.0, 5200.0, 30 / 365, 0.04, 0.20
    call = black76(forward, strike, time, vol, rate, call=True)
    put = black76(forward, strike, time, vol, rate)
    future = np.exp(-rate * time) * (strike - forward)
    assert call.price + future == pytest.approx(put.price, abs=1e-9)
    # validation.md gives 459.84 for both
    assert call.vega == pytest.approx(459.84, abs=5e-3)
    assert put.vega == pytest.approx(459.84, abs=5e-3)


def test_validation_pricing_seed_000_short_call_spot_falls():
    before = bsm(5000, 5200, 30 / 365, 0.18, 0.04, call=True).price
    same = bsm(4850, 5200, 30 / 365, 0.18, 0.04, call=True).price
    risen = bsm(4850, 5200, 30 / 365, 0.26, 0.04, call=True).price
    assert before - same == pytest.approx(25.64, abs=5e-3)
    assert before - risen == pytest.approx(-0.40, abs=5e-3)


CASES = 10_000


def _cases(seed=7):
    rng = np.random.default_rng(seed)
    spot = rng.uniform(800, 6500, CASES)
    wide = np.arange(CASES) % 10 == 0  # every tenth far out, short, calm or wild
    return {
        "spot": spot,
        "strike": spot * np.exp(rng.normal(-0.03, np.where(wide, 1.5, 0.3))),
        "time": np.where(wide, 10 ** rng.uniform(-5, 1.5, CASES), rng.uniform(1 / 365, 3, CASES)),
        "vol": np.clip(np.exp(rng.normal(np.log(0.2), np.where(wide, 1.5, 0.6))), 0.005, 5.0),
        "rate": rng.uniform(-0.01, 0.08, CASES),
        "dividend": rng.uniform(0, 0.03, CASES),
        "call": rng.random(CASES) < 0.5,
    }


@pytest.mark.parametrize("large", [1, 10**9], ids=["compiled", "numpy"])
def test_against_quantlib_with_extremes(monkeypatch, large):
    monkeypatch.setattr(formula, "LARGE", large)
    x = _cases()
    spot, time = x["spot"], x["time"]
    ours = bsm(**x)
    theirs = np.empty((CASES, 6))
    discount = np.exp(-x["rate"] * time)
    forward = spot * np.exp(-x["dividend"] * time) / discount
    for i in range(CASES):
        kind = ql.Option.Call if x["call"][i] else ql.Option.Put
        t, s = float(time[i]), float(spot[i])
        payoff = ql.PlainVanillaPayoff(kind, float(x["strike"][i]))
        deviation = float(x["vol"][i]) * t**0.5
        option = ql.BlackCalculator(payoff, float(forward[i]), deviation, float(discount[i]))
        theirs[i] = (
            option.value(),
            option.delta(s),
            option.gamma(s),
            option.vega(t),
            option.theta(s, t),
            option.rho(t),
        )
    # gamma and theta of a calm option near expiry are as large as 1/(σ√T) and σ/√T say
    sharp = np.maximum(1.0, 1.0 / (x["vol"] * np.sqrt(time)))
    steep = np.maximum(1.0, x["vol"] / np.sqrt(time))
    scale = np.stack([spot, np.ones(CASES), sharp / spot, spot, steep * spot, spot], axis=1)
    error = np.abs(np.stack(ours[:6], axis=1) - theirs) / scale
    assert error[:, 0].max() < 1e-10
    assert error[:, 1:].max() < 1e-8


@pytest.mark.parametrize("large", [1, 10**9], ids=["compiled", "numpy"])
def test_second_greeks_are_complex_steps_of_delta_and_vega(monkeypatch, large):
    monkeypatch.setattr(formula, "LARGE", large)
    x = _cases(11)
    side = np.where(x["call"], 1.0, -1.0)

    def delta_and_vega(vol, time):
        root = np.sqrt(time)
        drift = (x["rate"] - x["dividend"]) * time
        d1 = (np.log(x["spot"] / x["strike"]) + drift) / (vol * root) + 0.5 * vol * root
        grow = np.exp(-x["dividend"] * time)
        bell = np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
        return side * grow * 0.5 * erfc(-side * d1 / np.sqrt(2.0)), x["spot"] * grow * bell * root

    step = 1e-40
    by_vol = [f.imag / step for f in delta_and_vega(x["vol"] + 1j * step, x["time"] + 0j)]
    by_time = delta_and_vega(x["vol"] + 0j, x["time"] + 1j * step)[0].imag / step
    ours = bsm(**x)
    for got, wanted in ((ours.vanna, by_vol[0]), (ours.volga, by_vol[1]), (ours.charm, -by_time)):
        scale = np.maximum(x["spot"] if got is ours.volga else 1.0, np.abs(wanted))
        assert np.abs((got - wanted) / scale).max() < 1e-8


def _bumped(name, x, step):
    high, low = dict(x), dict(x)
    high[name] = high[name] + step
    low[name] = low[name] - step
    return bsm(**high), bsm(**low)


@pytest.mark.parametrize("call", [False, True])
def test_greeks_are_the_derivatives_of_the_price(call):
    x = {
        "spot": np.array([80.0, 100.0, 120.0]),
        "strike": 100.0,
        "time": 0.4,
        "vol": 0.25,
        "rate": 0.03,
        "dividend": 0.015,
        "call": call,
    }
    greeks = bsm(**x)
    for field, name, step, sign in (
        ("delta", "spot", 1e-3, 1),
        ("vega", "vol", 1e-5, 1),
        ("theta", "time", 1e-5, -1),
        ("rho", "rate", 1e-5, 1),
    ):
        high, low = _bumped(name, x, step)
        slope = sign * (high.price - low.price) / (2 * step)
        np.testing.assert_allclose(getattr(greeks, field), slope, rtol=1e-6, atol=1e-7)
    high, low = _bumped("spot", x, 1e-3)
    np.testing.assert_allclose(greeks.gamma, (high.delta - low.delta) / 2e-3, rtol=1e-6)


def test_black76_greeks_are_derivatives_with_the_forward_fixed():
    x = (100.0, 95.0, 0.5, 0.3, 0.04)
    greeks = black76(*x)
    for index, field, sign in ((0, "delta", 1), (2, "theta", -1), (3, "vega", 1), (4, "rho", 1)):
        high, low = list(x), list(x)
        high[index] += 1e-5
        low[index] -= 1e-5
        slope = sign * (black76(*high).price - black76(*low).price) / 2e-5
        assert getattr(greeks, field) == pytest.approx(slope, rel=1e-6)


positive = st.floats(1.0, 1e4)


@settings(max_examples=200, deadline=None)
@given(
    spot=positive,
    strike=positive,
    time=st.floats(0.0, 5.0),
    vol=st.floats(0.0, 3.0),
    rate=st.floats(-0.05, 0.2),
    dividend=st.floats(0.0, 0.1),
)
def test_put_call_parity_and_bounds(*, spot, strike, time, vol, rate, dividend):
    call = bsm(spot, strike, time, vol, rate, dividend, call=True)
    put = bsm(spot, strike, time, vol, rate, dividend)
    asset, bond = spot * np.exp(-dividend * time), strike * np.exp(-rate * time)
    scale = max(asset, bond)
    assert abs(call.price - put.price - (asset - bond)) <= 1e-12 * scale
    assert max(asset - bond, 0.0) - 1e-12 * scale <= call.price <= asset * (1 + 1e-12)
    assert 0.0 <= put.price <= bond * (1 + 1e-12)
    # apart from the moment of expiry, where no Greek is live
    if time > 0:
        assert abs(call.delta - put.delta - np.exp(-dividend * time)) <= 1e-12


@settings(max_examples=100, deadline=None)
@given(vol=st.floats(0.01, 2.0), more=st.floats(0.001, 1.0), strike=st.floats(50.0, 200.0))
def test_price_rises_with_vol_and_put_with_strike(vol, more, strike):
    low, high = (bsm(100, strike, 0.5, v, 0.02).price for v in (vol, vol + more))
    assert high >= low - 1e-12
    assert bsm(100, strike + 1, 0.5, vol, 0.02).price >= bsm(100, strike, 0.5, vol, 0.02).price


def test_at_expiry_the_price_is_intrinsic_and_only_delta_lives():
    put = bsm([90.0, 100.0, 110.0], 100.0, 0.0, 0.2, 0.05)
    assert put.price.tolist() == [10.0, 0.0, 0.0]
    assert put.delta.tolist() == [-1.0, -0.5, 0.0]
    for field in (put.gamma, put.vega, put.theta, put.rho, put.vanna, put.volga, put.charm):
        assert not field.any()


def test_no_volatility_gives_the_discounted_intrinsic_of_the_forward():
    forward = 100 * np.exp(0.02)
    put = bsm(100, 110, 1.0, 0.0, 0.03, 0.01)
    assert put.price == pytest.approx(np.exp(-0.03) * (110 - forward))
    assert put.gamma == put.vega == put.vanna == put.volga == 0.0


@pytest.mark.parametrize("index", range(6))
def test_nan_in_nan_out(index):
    x = [100.0, 100.0, 0.5, 0.2, 0.03, 0.01]
    x[index] = np.nan
    assert all(np.isnan(field) for field in bsm(*x))


@pytest.mark.parametrize(
    ("changed", "value"), [(0, -1.0), (1, -1.0), (2, -0.1), (3, -0.2), (2, np.inf)]
)
def test_impossible_inputs_give_nan(changed, value):
    x = [100.0, 100.0, 0.5, 0.2, 0.03, 0.01]
    x[changed] = value
    assert np.isnan(bsm(*x).price)


def test_infinite_spot_strike_and_vol_give_their_limits():
    inf = np.inf
    assert bsm(inf, 100, 1, 0.2).price == 0.0
    assert bsm(inf, 100, 1, 0.2, call=True).price == inf
    assert bsm(100, inf, 1, 0.2, call=True).price == 0.0
    assert bsm(100, 100, 1, inf, 0.05, call=True).price == 100.0
    assert bsm(100, 100, 1, inf, 0.05).price == pytest.approx(100 * np.exp(-0.05))
    assert bsm(0.0, 100, 1, 0.2, 0.05).price == pytest.approx(100 * np.exp(-0.05))
    assert bsm(100, 0.0, 1, 0.2, call=True).price == 100.0


def test_shapes_broadcast_and_scalars_stay_scalars():
    grid = bsm(np.array([[90.0], [100.0]]), np.array([80.0, 90.0, 100.0]), 0.5, 0.2)
    assert isinstance(grid, Greeks)
    assert all(field.shape == (2, 3) for field in grid)
    assert np.ndim(bsm(100, 90, 0.5, 0.2).price) == 0
    both = bsm(100.0, 100.0, 0.5, 0.2, call=np.array([True, False]))
    assert both.delta[0] > 0 > both.delta[1]


def test_undiscounted_is_black76_at_zero_rate():
    for call in (True, False):
        expected = black76(100.0, 90.0, 0.25, 0.4, call=call).price
        assert undiscounted(100.0, 90.0, 0.2, call=call) == pytest.approx(expected, rel=1e-14)
