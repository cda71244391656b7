"""Overlays against hand-written paths (B1-B5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.book import Bar, View, opening
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth, under_floor
from hedgerow.policies.rules import Linear

NO_BAR = Bar(*[0.0] * len(Bar._fields))


def path(step, xs, view=None):
    memory, out = step.start(), []
    for x in xs:
        y, memory = step.kernel(x, view or View((), opening(1e7), NO_BAR), memory, step.params())
        out.append(y)
    return out


@given(st.floats(-10, 10), st.floats(0, 1), st.floats(1, 3))
def test_b1_b2_never_outside_the_bounds(x: float, floor: float, cap: float) -> None:
    assert floor <= path(Bounds(floor, cap), [x])[0] <= cap


def test_b4_smooth_is_the_exponential_average() -> None:
    import pandas as pd

    xs = [0.2, 1.0, 2.0, 0.5, 0.5]
    expected = pd.Series(xs).ewm(span=5, adjust=False).mean().tolist()
    assert path(Smooth(days=5), xs) == pytest.approx(expected, rel=1e-15)
    assert path(Smooth(days=1), xs) == pytest.approx(xs, rel=1e-15)


def test_b5_a_tier_touched_for_one_day_changes_nothing() -> None:
    assert path(Persist(days=2), [0, 1, 0, 1, 0]) == [0, 0, 0, 0, 0]


def test_b5_a_level_that_holds_two_days_counts_on_the_second() -> None:
    assert path(Persist(days=2), [0, 1, 1, 1, 0, 0]) == [0, 0, 1, 1, 1, 0]


def test_b4_b5_the_two_readings_of_two_to_three_days() -> None:
    assert {name: Persist(**values).days for name, values in Persist.presets.items()} == {
        "two": 2,
        "three": 3,
    }
    assert Persist() == Persist(**Persist.presets["two"])


def test_b5_three_days() -> None:
    assert path(Persist(days=3), [0, 1, 1, 1, 1]) == [0, 0, 0, 1, 1]


def test_b5_a_rising_intensity_moves_to_what_has_held() -> None:
    # 0.6 and 0.7 are both above 0.5: 0.6 has held for two days.  Then 0.8, 0.9: 0.8 has.
    assert path(Persist(days=2), [0.5, 0.6, 0.7, 0.8, 0.9]) == [0.5, 0.5, 0.6, 0.6, 0.8]


def test_b5_crossing_to_the_other_side_starts_again() -> None:
    assert path(Persist(days=2), [1, 2, 0, 2, 0]) == [1, 1, 1, 1, 1]


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_b5_one_day_is_the_identity(xs: list[float]) -> None:
    assert path(Persist(days=1), xs) == xs


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.integers(1, 5))
def test_b5_never_leaves_the_range_seen_so_far(xs: list[float], days: int) -> None:
    for t, y in enumerate(path(Persist(days=days), xs)):
        assert min(xs[: t + 1]) <= y <= max(xs[: t + 1])


def budget_view(spent: float, base: float = 10e6, days_left: float = 100.0) -> View:
    book = opening(base)._replace(spent=spent)
    bar = NO_BAR._replace(size=10.0, carry=100.0, days_left=days_left)  # x = 1 costs $1,000 a day
    return View((), book, bar)


def test_b3_within_budget_nothing_changes() -> None:
    # 2 % of $10M is $200,000; spent 50,000 + 1.0 × 1,000 × 100 = 150,000
    assert path(Budget(0.02), [1.0], budget_view(50_000.0)) == [1.0]


def test_b3_scales_to_what_is_left() -> None:
    # 200,000 - 150,000 = 50,000 over 100 days at 1,000 a day: half a hedge
    assert path(Budget(0.02), [1.0], budget_view(150_000.0)) == [0.5]


def test_b3_what_is_held_until_the_fill_is_counted() -> None:
    # ten contracts over a weekend at 100 a day are 3,000 of the 50,000 left
    view = budget_view(150_000.0)
    view = view._replace(book=view.book._replace(held=10.0), bar=view.bar._replace(days_ahead=3.0))
    assert path(Budget(0.02), [1.0], view) == [pytest.approx(0.47, rel=1e-12)]


def test_b3_nothing_left_means_nothing_and_may_go_under_the_floor() -> None:
    assert path(Budget(0.02), [0.2], budget_view(250_000.0)) == [0.0]
    steps = (Linear(), Bounds(), Budget(0.02))
    assert under_floor((0.0, 0.2, 0.0), steps)
    assert not under_floor((0.0, 0.2, 0.2), steps)


def test_b3_a_hedge_that_earns_carry_is_never_cut() -> None:
    view = budget_view(150_000.0)
    view = view._replace(bar=view.bar._replace(carry=-100.0))
    assert path(Budget(0.02), [1.5], view) == [1.5]


def test_b3_once_the_money_is_spent_a_hedge_that_earns_carry_may_not_be_bought_with_hope() -> None:
    # spent 250,000 of 200,000: a carry of -100 a day over 10 days earns back 1,500 of the 50,000
    view = budget_view(250_000.0, days_left=10.0)
    view = view._replace(bar=view.bar._replace(carry=-100.0))
    assert path(Budget(0.02), [1.5], view) == [0.0]


def test_b3_on_the_last_session_of_the_year_next_years_budget_counts() -> None:
    # the order is filled in January: nothing of 2 % of today's NAV is spent, 364 days are left
    view = budget_view(250_000.0, base=10e6, days_left=364.0)
    view = view._replace(bar=view.bar._replace(year_ends=1.0), book=view.book._replace(nav=9.1e6))
    assert path(Budget(0.02), [2.0], view) == [pytest.approx(0.02 * 9.1e6 / (1_000.0 * 364.0))]


@given(st.floats(0, 2), st.floats(0, 4e5), st.floats(0, 365))
def test_b3_projected_spending_never_passes_the_budget(
    x: float, spent: float, days_left: float
) -> None:
    y = path(Budget(0.02), [x], budget_view(spent, days_left=days_left))[0]
    assert 0.0 <= y <= x
    assert y * 1_000.0 * days_left <= max(200_000.0 - spent, 0.0) + 1e-6
