"""Parts of a gain: sums that are exact, and the share that stays unexplained."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.engine.attribution import Parts, in_micros, unexplained
from hedgerow.engine.ledger.money import MOST
from hedgerow.errors import RangeError

FINITE = st.floats(-1e6, 1e6)


@given(
    st.dictionaries(st.sampled_from(Parts._fields), st.floats(-1e9, 1e9)),
    st.integers(-(10**15), 10**15),
    st.sampled_from(["residual", "other"]),
)
def test_whole_numbers_add_up_exactly(amounts, total, rest) -> None:
    made = in_micros(amounts, total, rest)
    assert sum(made.values()) == total
    assert 0 not in made.values()
    for name, amount in amounts.items():
        if name != rest:
            assert abs(made.get(name, 0) - Fraction(amount) * 10**6) <= Fraction(1, 2)


@given(FINITE, FINITE, FINITE)
def test_what_rounding_leaves_is_at_most_half_a_micro_a_part(delta, theta, residual) -> None:
    parts = Parts(delta=delta, theta=theta, residual=residual)
    exact = Fraction(delta) + Fraction(theta) + Fraction(residual)
    made = in_micros(parts._asdict(), round(exact * 10**6))
    assert abs(made.get("residual", 0) - Fraction(residual) * 10**6) <= Fraction(3, 2)


@pytest.mark.parametrize("amount", [math.nan, math.inf, 1e13])
def test_what_is_no_amount_is_refused(amount) -> None:
    with pytest.raises(RangeError):
        in_micros({"delta": amount}, MOST)


def test_the_study_of_rests_by_hand() -> None:
    found = unexplained(np.array([1.0, -4.0, 0.0]), np.array([0.5, -1.0, 0.0]))
    assert found == pytest.approx((1.5 / 5.0, (0.5 + 4.0) / 17.0, 1))
    nothing = unexplained(np.zeros(0), np.zeros(0))
    assert math.isnan(nothing.share)
