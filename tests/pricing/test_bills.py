"""The treasury bill return against the numbers of the index methodology."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.errors import RangeError
from hedgerow.pricing.bills import bill_return


def test_j_tbr_of_the_methodology_at_5_percent_for_1_and_3_days() -> None:
    assert bill_return(0.05, [1.0, 3.0]) == pytest.approx([1.39784e-4, 4.19410e-4], abs=5e-10)


def test_j_tbr_is_the_formula() -> None:
    rate, days = np.array([0.0, 0.01, 0.0533, 0.15]), np.array([1.0, 3.0, 4.0, 91.0])
    expected = (1.0 / (1.0 - 91.0 / 360.0 * rate)) ** (days / 91.0) - 1.0
    assert bill_return(rate, days) == pytest.approx(expected, rel=1e-10, abs=1e-15)


def test_a_bill_held_to_maturity_pays_its_face() -> None:
    price = 1.0 - 0.05 * 91.0 / 360.0
    assert price * (1.0 + bill_return(0.05, 91.0)) == pytest.approx(1.0, rel=1e-15)


def test_a_rate_in_percent_is_refused() -> None:
    with pytest.raises(RangeError, match=r"rate: .* 5 % is 0.05"):
        bill_return(5.0, 1.0)
