"""H13: carry by hand, one sign for all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.pricing.carry import basis_carry, interest_carry


def test_h13_a_long_future_pays_in_contango_and_is_paid_in_backwardation() -> None:
    # VX 17.50 over VIX 14.00 with 28 days to go; 33.00 under 40.00 with 14
    assert basis_carry([17.5, 33.0], [14.0, 40.0], [28.0, 14.0]).tolist() == [0.125, -0.5]
    # the last day is a day
    assert float(basis_carry(15.0, 14.0, 0.0)) == 1.0


def test_h13_margin_that_earns_less_than_bills_costs_the_difference() -> None:
    # 9,000 USD at 5.25 % against 1.25 %: 360 USD a year
    assert float(interest_carry(9_000.0, 0.0525, 0.0125)) * 365.0 == pytest.approx(360.0)
    assert float(interest_carry(9_000.0, 0.01, 0.03)) < 0.0


@given(st.floats(5.0, 90.0), st.floats(5.0, 90.0), st.floats(1.0, 250.0))
def test_h13_days_times_carry_is_the_basis_and_the_short_side_gets_it(far, near, days) -> None:
    assert float(basis_carry(far, near, days)) * days == pytest.approx(far - near, abs=1e-9)
    assert float(basis_carry(near, far, days)) == -float(basis_carry(far, near, days))


def test_h13_a_series_keeps_its_index() -> None:
    price = pd.Series([16.0, 17.0], index=["a", "b"])
    found = basis_carry(price, 15.0, np.array([10.0, 20.0]))
    assert found.to_dict() == {"a": 0.1, "b": 0.1}
