"""VIX options: replication of VVIX, Black-76 by QuantLib, arbitrage, and no spot VIX (H18)."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from hedgerow.errors import RangeError
from hedgerow.pricing.black import black76
from hedgerow.pricing.replication import variance_of_smile
from hedgerow.pricing.smile import Smile
from hedgerow.pricing.term import Curve
from hedgerow.pricing.vix_option import VIX_SMILE, VolOfVol, vvix_of

MODEL = VolOfVol()
MONTH = 30 / 365

FUTURE = st.floats(10.0, 80.0)
YEARS = st.floats(2 / 365, 0.75)
VVIX = st.floats(60.0, 200.0)
MONEY = st.floats(-0.7, 1.5)


@pytest.mark.parametrize("vvix", [60.0, 85.0, 110.0, 150.0, 207.59])
@pytest.mark.parametrize("days", [9, 30, 93, 184])
def test_replicating_the_smile_returns_vvix(vvix, days):
    years = days / 365
    fair = variance_of_smile(lambda k: MODEL.vol(k, vvix, years), years, width=60.0, points=40001)
    assert 100 * fair**0.5 == pytest.approx(100 * float(MODEL.fair_vol(vvix, years)), abs=0.15)
    if days == 30:
        assert 100 * fair**0.5 == pytest.approx(vvix, abs=0.15)


@given(decay=st.floats(0.1, 30.0), floor=st.floats(0.0, 1.0), years=st.floats(0.001, 2.0))
def test_total_variance_is_the_integral_of_the_samuelson_volatility(decay, floor, years):
    model = VolOfVol(decay=decay, floor=floor)

    def integral(end):
        return quad(lambda s: float(model.instantaneous(s)) ** 2, 0.0, end, epsabs=1e-13)[0]

    wanted = 0.9**2 * MONTH * integral(years) / integral(MONTH)
    assert float(model.fair_total(90.0, years)) == pytest.approx(wanted, rel=1e-8)


def test_a_future_is_calmer_the_longer_it_runs():
    years = np.linspace(0.0, 1.0, 50)
    assert (np.diff(MODEL.instantaneous(years)) < 0.0).all()
    assert (np.diff(MODEL.fair_total(90.0, years)) > 0.0).all()
    assert (np.diff(MODEL.fair_vol(90.0, years[1:])) < 0.0).all()
    assert MODEL.instantaneous(0.0) == 1.0
    assert MODEL.fair_total(90.0, [0.0, -0.1]).tolist() == [0.0, 0.0]


@given(FUTURE, MONEY, YEARS, VVIX, st.floats(-0.01, 0.08), st.booleans())
def test_quantlib_black76_at_the_same_volatility(future, money, years, vvix, rate, call):
    strike = future * np.exp(money)
    found = MODEL.price(future, strike, years, vvix, rate, call=call)
    vol = float(MODEL.vol(money, vvix, years))
    kind = ql.Option.Call if call else ql.Option.Put
    discount = float(np.exp(-rate * years))
    black = ql.BlackCalculator(
        ql.PlainVanillaPayoff(kind, strike), future, vol * years**0.5, discount
    )
    assert found.price == pytest.approx(black.value(), abs=1e-9 * future)
    assert found.delta == pytest.approx(black.deltaForward(), abs=1e-8)
    assert found.vega == pytest.approx(black.vega(years), abs=1e-7 * future)


@given(FUTURE, MONEY, YEARS, VVIX, st.floats(-0.01, 0.08))
def test_put_call_parity_holds_on_the_future(future, money, years, vvix, rate):
    strike = future * np.exp(money)
    put, call = (MODEL.price(future, strike, years, vvix, rate, call=c) for c in (False, True))
    worth = np.exp(-rate * years) * (future - strike)
    assert call.price - put.price == pytest.approx(worth, abs=1e-10 * (future + strike))


def test_h18_options_see_the_future_of_their_expiry_and_never_spot():
    words = inspect.signature(VolOfVol.price).parameters
    assert "forward" in words
    assert not {"spot", "vix"} & set(words)
    today = np.datetime64("2020-03-16")
    expiry = today + np.array([30, 65], dtype="timedelta64[D]")

    def option(spot, second):
        settle, month = np.array([59.15, second]), np.array([True, True])
        curve = Curve(today, spot, expiry, settle, month, ("measured",) * 2)
        return float(MODEL.price(curve.forward(expiry[1]), 50.0, 65 / 365, 150.0, call=True).price)

    assert option(82.69, 44.875) == option(12.0, 44.875)
    assert option(82.69, 45.875) > option(82.69, 44.875)


@pytest.mark.parametrize("days", [2, 9, 30, 93, 270])
@pytest.mark.parametrize("vvix", [60.0, 110.0, 207.59])
def test_no_butterfly_arbitrage(days, vvix):
    years = days / 365
    theta = VIX_SMILE.theta_of_fair(MODEL.fair_total(vvix, years), MODEL.steepness)
    k = np.linspace(-4.0, 6.0, 4001)
    assert (VIX_SMILE.density(k, theta, MODEL.steepness) >= 0.0).all()
    strike = np.linspace(2.0, 200.0, 1200)
    call = MODEL.price(20.0, strike, years, vvix, call=True).price
    assert (np.diff(call) <= 1e-12).all()
    assert (np.diff(call, 2) >= -1e-10).all()


def test_calls_are_dearer_than_puts_of_the_same_delta():
    level = float(MODEL.vol(0.0, 90.0, MONTH))
    high = MODEL.strike_of_delta(0.25, 18.0, MONTH, 90.0)
    low = MODEL.strike_of_delta(-0.25, 18.0, MONTH, 90.0, call=False)
    assert low < 18.0 < high
    up, down = (float(MODEL.vol(np.log(k / 18.0), 90.0, MONTH)) for k in (high, low))
    assert up > level > down
    # VVIX is the price of the whole smile, so the money lies below it
    assert level < 0.9


@given(
    delta=st.floats(0.02, 0.95), future=FUTURE, years=YEARS, vvix=VVIX, call=st.booleans(),
    rate=st.floats(0.0, 0.08),
)  # fmt: skip
def test_the_strike_of_a_delta_has_that_delta(delta, future, years, vvix, call, rate):
    wanted = delta * np.exp(-rate * years) * (1 if call else -1)
    strike = MODEL.strike_of_delta(wanted, future, years, vvix, rate, call=call)
    found = MODEL.price(future, strike, years, vvix, rate, call=call)
    assert found.delta == pytest.approx(wanted, abs=1e-9)


def test_scipy_finds_the_same_30_delta_call():
    def gap(strike):
        return float(MODEL.price(22.0, strike, MONTH, 95.0, 0.04, call=True).delta) - 0.30

    wanted = brentq(gap, 10.0, 90.0, xtol=1e-12)
    assert MODEL.strike_of_delta(0.30, 22.0, MONTH, 95.0, 0.04) == pytest.approx(wanted, rel=1e-10)


def test_a_delta_that_no_option_has_is_nan():
    found = MODEL.strike_of_delta([0.3, 1.01, -0.1, np.nan], 20.0, MONTH, 90.0)
    assert np.isfinite(found).tolist() == [True, False, False, False]


def test_on_a_flat_smile_the_delta_is_blacks_and_the_strike_his_inverse():
    flat = replace(MODEL, smile=Smile(rho=0.0), steepness=1e-6)
    found = flat.price(20.0, 25.0, MONTH, 90.0, call=True)
    assert found.delta == pytest.approx(black76(20.0, 25.0, MONTH, 0.9, call=True).delta, abs=1e-5)
    sd = 0.9 * MONTH**0.5
    wanted = 20.0 * np.exp(0.5244005127080407 * sd + 0.5 * sd * sd)  # N(-0.5244) = 0.3
    assert flat.strike_of_delta(0.30, 20.0, MONTH, 90.0) == pytest.approx(wanted, rel=1e-5)


def test_shapes_broadcast_and_expiry_is_the_payoff():
    found = MODEL.price(np.array([[20.0], [40.0]]), [15.0, 25.0, 35.0], MONTH, 90.0, call=True)
    assert found.price.shape == (2, 3)
    settled = MODEL.price(21.0, [15.0, 25.0], 0.0, 90.0, call=True)
    assert settled.price.tolist() == [6.0, 0.0]
    assert np.isnan(MODEL.price(20.0, 20.0, MONTH, np.nan).price)


def test_vvix_is_published_or_labelled_as_modelled():
    found = vvix_of([12.0, 20.0, 40.0], [88.0, np.nan, 0.0])
    assert found.modelled.tolist() == [False, True, True]
    assert found.points[0] == 88.0
    assert 60.0 < found.points[1] < found.points[2] < 130.0
    assert vvix_of([12.0]).modelled.all()
    with pytest.raises(RangeError, match="every session"):
        vvix_of([12.0, 20.0], [88.0])


def test_constants_that_cannot_be_are_refused():
    with pytest.raises(RangeError, match="decay"):
        VolOfVol(decay=0.0)
    with pytest.raises(RangeError, match="floor"):
        VolOfVol(floor=1.2)
