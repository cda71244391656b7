"""The modelled VIX futures curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator
from scipy.stats import lognorm

from hedgerow.pricing.curve import FuturesCurve, smooth_total
from hedgerow.pricing.surface import KNOT_DAYS, Surface

CURVE = FuturesCurve()


@given(vix=st.floats(8.0, 90.0), more=st.floats(0.01, 20.0), years=st.floats(0.0, 1.0))
def test_it_starts_at_vix_and_rises_with_it(vix, more, years):
    assert CURVE.from_vix(vix, 0.0) == pytest.approx(vix, rel=1e-12)
    assert CURVE.from_vix(vix + more, years) > CURVE.from_vix(vix, years)


def test_contango_in_calm_and_backwardation_in_panic():
    years = np.array([0.0, 0.1, 0.3, 0.6])
    assert (np.diff(CURVE.from_vix(12.0, years)) > 0).all()
    assert (np.diff(CURVE.from_vix(80.0, years)) < 0).all()


def test_a_measured_term_structure_is_used_where_there_is_one():
    vix = np.array([20.0, 20.0])
    surface = Surface.from_indices(vix, None, [30.0, np.nan], [33.0, np.nan])
    # row 1 bridges the gap by the last ratio, so both rows are measured
    price = CURVE.price(vix, surface, 0.25)
    np.testing.assert_allclose(price, CURVE.from_surface(surface, 0.25), rtol=1e-14)
    plain = Surface.from_indices(vix)
    np.testing.assert_allclose(CURVE.price(vix, plain, 0.25), CURVE.from_vix(vix, 0.25))
    assert price[0] > CURVE.from_vix(20.0, 0.25)
    # both forms converge to VIX at settlement
    np.testing.assert_allclose(CURVE.price(vix, surface, 0.0), vix, rtol=1e-12)


points = st.floats(9.0, 90.0)


@given(vix=points, near=points, three=points, six=points)
def test_total_variance_between_knots_is_scipys_pchip(vix, near, three, six):
    surface = Surface.from_indices([vix], [near], [three], [six])
    years = np.array([0.0, 1, 5, 9, 20, 30, 45, 62, 93, 120, 184, 250, 364]) / 365
    at = np.array([0.0, *KNOT_DAYS, 365.0]) / 365
    total = np.concatenate([[0.0], surface.knots[0], surface.fair_total(1.0)])
    one = np.zeros(len(years), dtype=int)
    found = smooth_total(surface, years, one)
    np.testing.assert_allclose(found, PchipInterpolator(at, total)(years), rtol=1e-10, atol=1e-15)
    # past a year the surface's own, without a step
    np.testing.assert_allclose(smooth_total(surface, 1.5), surface.fair_total(1.5))
    np.testing.assert_allclose(smooth_total(surface, 1.0), surface.fair_total(1.0))


@given(vix=points, near=points, three=points, six=points)
def test_no_forward_variance_is_negative_and_no_future_lies_above_it(vix, near, three, six):
    surface = Surface.from_indices([vix], [near], [three], [six])
    days = np.arange(0.0, 300.0, 3.0)
    one = np.zeros(len(days), dtype=int)
    total = smooth_total(surface, np.arange(0.0, 400.0) / 365, np.zeros(400, dtype=int))
    assert (np.diff(total) >= -1e-15).all()
    ahead = smooth_total(surface, (days + 30.0) / 365, one) - smooth_total(surface, days / 365, one)
    forward = 100.0 * np.sqrt(np.maximum(ahead, 0.0) * 365 / 30)
    price = CURVE.from_surface(surface, days / 365, one)
    assert (price <= forward * (1 + 1e-12) + 1e-12).all()
    assert price[0] == pytest.approx(vix, rel=1e-12)


@pytest.mark.parametrize("days", [10, 45, 93, 184])
def test_a_future_is_the_mean_of_the_lognormal_vix_whose_mean_square_is_forward_variance(days):
    surface = Surface.from_indices([16.0], None, [18.0], [20.0])
    future = float(CURVE.from_surface(surface, days / 365)[0])
    spread = float(np.sqrt(CURVE.motion.fair_total(CURVE.vvix, days / 365)))
    vix = lognorm(spread, scale=future * np.exp(-(spread**2) / 2))
    variance = np.diff(smooth_total(surface, np.array([days, days + 30]) / 365, np.zeros(2, int)))
    assert vix.mean() == pytest.approx(future, rel=1e-12)
    assert vix.moment(2) == pytest.approx(1e4 * variance[0] * 365 / 30, rel=1e-9)


def test_published_vvix_sets_the_discount_and_its_absence_the_level_of_2007_to_2012():
    columns = {"vix": [16.0] * 3, "vix3m": [18.0] * 3, "vvix": [np.nan, CURVE.vvix, 120.0]}
    price = CURVE.from_surface(Surface.of(columns), 0.25)
    assert price[0] == price[1]
    discount = np.log(price[2] / price[1])
    variance = CURVE.motion.fair_total([CURVE.vvix, 120.0], 0.25)
    assert discount == pytest.approx(-0.5 * float(np.diff(variance)[0]), rel=1e-12)


def test_no_stretch_of_a_rising_curve_is_without_roll_down():
    surface = Surface.from_indices([15.0], None, [18.0], [20.0])
    days = np.arange(1.0, 180.0)
    price = CURVE.from_surface(surface, days / 365, np.zeros(len(days), dtype=int))
    assert (np.diff(price) > 0.0).all()


def test_an_unknown_vix_leaves_its_own_row_unknown():
    surface = Surface.from_indices([15.0, np.nan], None, [18.0, 18.0])
    assert np.isfinite(CURVE.from_surface(surface, 0.1)).tolist() == [True, False]
