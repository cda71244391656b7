"""``--axis`` and ``--range``: every form that is read, and every mistake told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.research.tuning.axes import axes, bounds


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("10:13", [10, 11, 12, 13]),
        ("10:13:2", [10, 12]),
        ("13:10:-1", [13, 12, 11, 10]),
        ("0.1:0.3:0.1", [0.1, 0.2, 0.3]),
        ("18,22,26", [18, 22, 26]),
        ("7", [7]),
        ("lin:10:28:4", [10, 16, 22, 28]),
        ("lin:5:9:1", [5]),
        ("4:4", [4]),
    ],
)
def test_every_form_gives_its_values(text: str, values: list[float]) -> None:
    assert axes([f"linear.low = {text}"]) == {"linear.low": values}


@given(st.integers(-50, 50), st.integers(0, 60), st.sampled_from([0.05, 0.1, 0.25, 0.5, 1.0]))
def test_steps_reach_the_end_that_they_divide(low: int, count: int, step: float) -> None:
    made = axes([f"a.b={low}:{low + count * step:.10g}:{step}"])["a.b"]
    assert len(made) == count + 1
    assert made == pytest.approx([low + k * step for k in range(count + 1)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("linear.low", "values"),
        ("=10:12", "values"),
        ("linear.low=", "values"),
        ("linear.low=ten", "'ten' is not a number"),
        ("linear.low=1,,2", "'' is not a number"),
        ("linear.low=nan", "not a number"),
        ("linear.low=12:10", "no step of 1"),
        ("linear.low=10:12:0", "no step of 0"),
        ("linear.low=1:2:3:4", "no list of values"),
        ("linear.low=lin:1:2", "no list of values"),
        ("linear.low=lin:1:2:2.5", "no list of values"),
        ("linear.low=0:1:1e-9", "1,000,000,001 values are more"),
        ("linear.low=0:1e308:1e-300", "values are more"),
        ("linear.low=-1e308:1e308", "values are more"),
        ("linear.low=lin:0:1:1e300", "values are more"),
    ],
)
def test_a_mistaken_axis_is_told(text: str, said: str) -> None:
    with pytest.raises(RangeError, match=said):
        axes([text])


def test_a_key_is_given_once() -> None:
    with pytest.raises(RangeError, match="given twice"):
        axes(["a.b=1", "a.b=2"])


def test_bounds_have_an_order() -> None:
    assert bounds(["a.b=8:18", "a.c=1:2:0.5"]) == {"a.b": (8, 18, None), "a.c": (1, 2, 0.5)}
    for text in ("a.b=8", "a.b=18:8", "a.b=8:8", "a.b=8:18:0", "a.b=8:18:1:1"):
        with pytest.raises(RangeError, match="is no range"):
            bounds([text])
