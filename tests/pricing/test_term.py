"""The term structure of VIX futures, against numpy's interpolation and what a day does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.pricing.term import (
    Curve,
    constant_maturity,
    contango,
    forward_vol,
    roll_down,
    roll_yield,
)

TODAY = np.datetime64("2020-03-16")


def curve(days, settle, monthly=None, spot=20.0):
    count = len(days)
    kinds = np.ones(count, dtype=bool) if monthly is None else np.array(monthly)
    expiry = TODAY + np.array(days, dtype="timedelta64[D]")
    return Curve(TODAY, spot, expiry, np.array(settle, dtype=float), kinds, ("measured",) * count)


@st.composite
def curves(draw):
    count = draw(st.integers(1, 8))
    gaps = draw(st.lists(st.integers(1, 40), min_size=count, max_size=count))
    price = draw(st.lists(st.floats(8.0, 90.0), min_size=count, max_size=count))
    return np.cumsum(gaps).astype(float), np.array(price), draw(st.floats(8.0, 90.0))


@given(curves(), st.floats(0.0, 300.0))
def test_constant_maturity_is_numpy_interp_inside_and_nan_outside(made, target):
    days, price, spot = made
    inside = days[0] <= target <= days[-1]
    found = constant_maturity(price, days, target)
    wanted = np.interp(target, days, price) if inside else np.nan
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    anchored = constant_maturity(price, days, target, spot=spot)
    wanted = np.interp(target, np.r_[0, days], np.r_[spot, price]) if target <= days[-1] else np.nan
    np.testing.assert_allclose(anchored, wanted, rtol=1e-12)


def test_sp_vix_futures_index_weights_one_contract_replaced_day_by_day():
    # S&P 500 VIX Short-Term Futures: w1 = dr/dt, w2 = (dt - dr)/dt; 60/40 of 15 and 16.5
    roll, left = 25.0, 15.0
    price = constant_maturity([15.0, 16.5], [30.0 - (roll - left), 30.0 + left], 30.0)
    assert price == pytest.approx(0.6 * 15.0 + 0.4 * 16.5, abs=1e-12)


def test_a_missing_price_is_not_bridged():
    days, price = np.array([10.0, 38.0, 73.0]), np.array([15.0, np.nan, 18.0])
    assert np.isnan(constant_maturity(price, days, 30.0))
    assert np.isnan(constant_maturity(price, days, 60.0))
    assert constant_maturity(price, days, 10.0) == 15.0
    np.testing.assert_array_equal(np.isfinite(roll_down(price, days, 14.0)), [True, False, False])


@given(curves())
def test_the_roll_down_is_what_a_day_does_to_an_unmoved_curve(made):
    days, price, spot = made
    found = roll_down(price, days, spot)
    for i in range(len(days)):
        tomorrow = constant_maturity(price, days, days[i] - 1.0, spot=spot)
        assert tomorrow - price[i] == pytest.approx(found[i], abs=1e-9)
    np.testing.assert_allclose(roll_yield(price, days, spot), 365.0 * found / price, rtol=1e-12)


@given(curves())
def test_a_long_position_loses_by_rolling_in_contango_and_gains_in_backwardation(made):
    days, price, spot = made
    rising = np.sort(np.r_[spot, price])
    assert (roll_down(rising[1:], days, rising[0]) <= 0.0).all()
    assert (roll_yield(rising[:-1][::-1], days, rising[-1]) >= 0.0).all()
    if len(price) > 1:
        assert contango(rising[1:]) >= 0.0 >= contango(rising[1:][::-1])


def test_columns_are_the_same_as_curves_one_by_one():
    rng = np.random.default_rng(7)
    days = np.cumsum(rng.integers(20, 40, (30, 6)), axis=1).astype(float)
    price, spot = rng.uniform(10, 40, (30, 6)), rng.uniform(10, 40, 30)
    price[3, 2] = np.nan
    whole = [
        constant_maturity(price, days, 45.0),
        constant_maturity(price, days, 20.0, spot=spot),
        roll_down(price, days, spot),
        roll_yield(price, days, spot),
        contango(price),
    ]
    for t in range(30):
        one = curve(days[t], price[t], spot=float(spot[t]))
        parts = [
            one.at(45.0),
            one.at(20.0, from_spot=True),
            one.roll_down,
            one.roll_yield,
            one.contango,
        ]
        for column, part in zip(whole, parts, strict=True):
            np.testing.assert_allclose(column[t], part, rtol=1e-12)


def test_unknown_days_and_markets_without_futures_give_nan():
    assert np.isnan(constant_maturity([[15.0, 16.0]], [[np.nan, np.nan]], 30.0)).all()
    assert np.isnan(constant_maturity(np.empty((4, 0)), np.empty((4, 0)), 30.0)).all()


def test_weeklies_stand_beside_the_curve_and_do_not_bend_it():
    plain = curve([16, 44], [15.0, 17.0])
    mixed = curve([9, 16, 23, 44], [99.0, 15.0, 15.5, 17.0], [False, True, False, True])
    for days in (16, 30, 44):
        assert mixed.at(days) == plain.at(days)
    np.testing.assert_allclose(mixed.roll_down[[1, 3]], plain.roll_down, rtol=1e-14)
    # a weekly rolls to the monthly before it, the first of all to VIX
    np.testing.assert_allclose(mixed.roll_down[[0, 2]], [-(99 - 20) / 9, -(15.5 - 15) / 7])
    assert mixed.contango == plain.contango == pytest.approx(17 / 15 - 1)
    np.testing.assert_allclose(mixed.basis, [79.0, -5.0, -4.5, -3.0])


@given(v=st.floats(8, 90), w=st.floats(8, 90), d=st.floats(1, 100), gap=st.floats(1, 200))
def test_variances_add_up_across_the_implied_forward(v, w, d, gap):
    between = forward_vol(v, d, w, d + gap)
    if np.isfinite(between):
        total = np.sqrt((v**2 * d + between**2 * gap) / (d + gap))
        assert total == pytest.approx(w, rel=1e-9)
    else:
        assert w**2 * (d + gap) < v**2 * d


def test_curves_that_cannot_be_are_refused():
    with pytest.raises(RangeError, match="rise and lie after"):
        curve([16, 9], [15.0, 16.0])
    with pytest.raises(RangeError, match="rise and lie after"):
        curve([0], [15.0])
    with pytest.raises(RangeError, match="differ in length"):
        Curve(TODAY, 20.0, np.array([TODAY + 5]), np.array([1.0, 2.0]), np.array([True]), ("x",))
    with pytest.raises(RangeError, match="origin"):
        Curve(TODAY, 20.0, np.array([TODAY + 5]), np.array([1.0]), np.array([True]), ("guess",))
    with pytest.raises(RangeError, match="maturity for every price"):
        constant_maturity([1.0, 2.0], [1.0], 1.0)


def test_h18_an_option_is_priced_on_the_contract_of_its_own_date_or_on_none():
    mixed = curve([16, 23, 44], [15.0, 15.5, np.nan], [True, False, True])
    assert mixed.forward(TODAY + 16) == 15.0
    assert mixed.forward(str(TODAY + 23)) == 15.5
    assert np.isnan(mixed.forward(TODAY + 44))
    assert np.isnan(mixed.forward(TODAY + 17))
    assert np.isnan(mixed.forward(TODAY))


def test_a_curve_of_one_contract_has_no_slope():
    assert np.isnan(curve([16], [15.0]).contango)
    assert curve([16], [15.0]).at(16) == 15.0
