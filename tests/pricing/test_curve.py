"""The modelled VIX futures curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface

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
