"""Sweeping numbers: names, ranges, grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.lanes import spread as spreading
from hedgerow.core.lanes.spread import Spread, grid
from hedgerow.core.policy import Policy
from hedgerow.errors import PolicyError
from hedgerow.policies.overlays import Bounds, Persist
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger

POLICY = Policy([Linear(), Bounds(), Persist(), Trigger()], signals=[Level("vix")])


def test_a_lane_is_an_ordinary_policy() -> None:
    spread = Spread(POLICY, grid({"linear.low": [10, 11], "persist.days": [1, 2, 3]}))
    assert len(spread) == 6
    lane = spread.lane(4)
    assert lane.steps[0] == Linear(low=11.0)
    assert lane.steps[2] == Persist(days=2)
    assert lane.signals == POLICY.signals


def test_params_of_a_block_are_those_of_its_lanes() -> None:
    spread = Spread(POLICY, grid({"linear.low": np.linspace(5, 15, 7)}))
    for k in range(7):
        whole = spread.params()[0]
        assert whole.width[k] == spread.lane(k).steps[0].params().width


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"liner.low": [1.0]}, "no step 'liner'"),
        ({"linear.lo": [1.0]}, "no number called 'lo'"),
        ({"linear.signal": [1.0]}, "no number called 'signal'"),
        ({"linear.low": [30.0]}, "greater than low"),
        ({"bounds.floor": [-1.0]}, "floor=-1"),
        ({"persist.days": [1.5]}, "days=1.5"),
        ({"linear.low": []}, "empty"),
    ],
)
def test_what_cannot_be_swept_is_said(axes, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        Spread(POLICY, grid(axes))


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(PolicyError, match="differ in length"):
        Spread(POLICY, {"linear.low": np.zeros(2), "linear.high": np.full(3, 30.0)})


def test_a_bad_corner_of_a_huge_grid_is_found() -> None:
    axes = {"linear.low": np.linspace(1, 30, 100), "linear.high": np.linspace(20, 60, 100)}
    with pytest.raises(PolicyError, match="greater than low"):
        Spread(POLICY, grid(axes))


@given(st.integers(0, 1_000), st.integers(0, 400), st.sampled_from([3, 10, 1_000]))
def test_rows_that_are_checked_are_all_that_differ(seed: int, count: int, most: int) -> None:
    rows = np.random.default_rng(seed).integers(0, 4, (count, 2)).astype(float)
    every = np.unique(rows, axis=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spreading, "CHECKED", most)
        found = spreading._distinct(rows)
    if len(every) <= most:
        assert np.array_equal(found, every)
    else:
        assert len(found) > most


def test_a_fraction_of_a_counted_number_is_found_among_thousands() -> None:
    days = np.linspace(1.0, 59.0, 5_801)
    with pytest.raises(PolicyError, match=r"days=1\.01: 1\.01 is not a whole number"):
        Spread(POLICY, {"persist.days": days})
