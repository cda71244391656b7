"""B7: only the equity part is hedged, correlation-weighted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.policies.overlays import Bounds, Budget, floor_left, under_floor
from hedgerow.policies.rules import Linear
from hedgerow.policies.scope import CorrelationScope, Scope
from hedgerow.policies.term_structure import TermSplit
from synthetic import market

NO_BAR = Bar(*[0.0] * len(Bar._fields))
SHARES = st.floats(0.0, 1.0)


def x_of(step, x: float, *signals: float) -> float:
    return step.kernel(x, View(signals, opening(1e7), NO_BAR), step.start(), step.params())[0]


def test_b7_half_in_bonds_is_half_the_hedge() -> None:
    assert x_of(Scope(share=0.5), 1.2) == 0.6
    assert x_of(Scope(), 1.2) == 1.2


@given(st.floats(0.0, 5.0), SHARES, SHARES)
def test_b7_share_times_weight(x: float, share: float, weight: float) -> None:
    assert x_of(Scope(share, weight), x) == pytest.approx(x * share * weight, rel=1e-14)
    moving = CorrelationScope(share=share)
    assert x_of(moving, x, weight) == pytest.approx(x * share * weight, rel=1e-14)


@pytest.mark.parametrize(("correlation", "weight"), [(-0.3, 0.0), (0.8, 0.8), (1.2, 1.0)])
def test_b7_a_correlation_is_held_to_zero_and_one(correlation: float, weight: float) -> None:
    assert x_of(CorrelationScope(share=0.5), 1.0, correlation) == 0.5 * weight


def test_b7_in_a_backtest_half_the_contracts_are_held() -> None:
    signals = [hr.Level("vix")]
    whole = hr.Policy([Linear(), Bounds()], signals=signals)
    half = hr.Policy([Linear(), Bounds(), Scope(0.5)], signals=signals)
    sleeve = hr.Put(size=hr.Contracts(10))
    tracks = [hr.backtest(p, market(200), sleeve).found.tracks["dynamic"] for p in (whole, half)]
    assert tracks[1]["held"].tolist() == pytest.approx((0.5 * tracks[0]["held"]).tolist())


STEPS = (Linear(), Bounds(floor=0.2), Scope(0.5), TermSplit(part="long"), Budget())


def test_b3_what_a_scope_or_a_split_takes_is_not_the_budgets_push() -> None:
    # 0.4 wanted, half of it in scope, half of that in the far hedge: 0.1, and the budget is content
    assert not under_floor((0.4, 0.4, 0.2, 0.1, 0.1), STEPS)
    # the floor is 0.05 by then: a cut to 0.06 stays above, one to 0.04 does not
    assert floor_left((0.4, 0.4, 0.2, 0.1, 0.06), STEPS) == pytest.approx(0.05)
    assert not under_floor((0.4, 0.4, 0.2, 0.1, 0.06), STEPS)
    assert under_floor((0.4, 0.4, 0.2, 0.1, 0.04), STEPS)
    assert not under_floor((0.4, 0.4, 0.2, 0.1), STEPS[:-1]), "no budget, no push"


def test_b3_a_correlation_of_nothing_leaves_no_floor() -> None:
    steps = (Linear(), Bounds(floor=0.2), CorrelationScope(), Budget())
    assert not under_floor((1.0, 1.0, 0.0, 0.0), steps)


def test_b3_an_explanation_does_not_blame_the_budget_for_a_scope() -> None:
    policy = hr.Policy(
        [Linear(), Bounds(), Scope(0.05), Budget(per_year=1.0)], signals=[hr.Level("vix")]
    )
    data = market(200)
    said = hr.backtest(policy, data, hr.Put()).explain(str(data.dates[100]))
    assert not [note for note in said.notes if "budget" in note]
    assert "scope" in str(said)
