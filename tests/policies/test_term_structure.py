"""A4: the slope of the VIX futures curve and the split between near and far hedges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.policies.term_structure import CurveRatio, TermSplit, between
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.research.lookahead import signal_agrees
from synthetic import market

NO_BAR = Bar(*[0.0] * len(Bar._fields))
PROGRAM = Path(__file__).parents[2] / "examples" / "programs" / "term_structure.toml"


def split(x: float, ratio: float, part: str) -> float:
    step = TermSplit(part=part)
    return step.kernel(x, View((ratio,), opening(1e7), NO_BAR), step.start(), step.params())[0]


@given(st.floats(0.0, 5.0), st.floats(0.05, 20.0))
def test_a4_the_weights_sum_to_one(x: float, ratio: float) -> None:
    near, far = split(x, ratio, "short"), split(x, ratio, "long")
    assert near + far == pytest.approx(x, rel=1e-14, abs=1e-300)
    assert near == pytest.approx(ratio * far, rel=1e-14, abs=1e-300)


def test_a4_weights_by_hand() -> None:
    assert [split(1.0, 1.0, part) for part in ("short", "long", "short-only")] == [0.5, 0.5, 1.0]
    # backwardation 30 over 20 points: 3 parts near, 2 parts far
    assert split(1.0, 1.5, "short") == pytest.approx(0.6, rel=1e-15)
    assert split(1.0, 1.5, "long") == pytest.approx(0.4, rel=1e-15)
    assert split(1.0, 0.8, "short-only") == 0.8


def quoted(prices: list[float], first: int = 20) -> Market:
    """One session, monthly futures 30 days apart, the nearest in ``first`` days."""
    day = np.array(["2024-07-01"], dtype="datetime64[ns]")
    today = day.astype("datetime64[D]").astype(int)[0]
    columns = {"vix": [14.0]}
    for i, price in enumerate(prices):
        columns |= {f"vx{i + 1}": [price], f"vx{i + 1}_expiry": [today + first + 30.0 * i]}
    return Market(day, columns)


@pytest.mark.parametrize("first", [3, 20, 29, 30, 33])
def test_a4_constant_maturities_are_numpys_interpolation(first: int) -> None:
    prices = [15.0, 16.5, 17.2, 17.9]
    data = quoted(prices, first)
    days = [0.0, *(first + 30.0 * np.arange(4))]
    near, far = np.interp([30.0, 91.0], days, [14.0, *prices])
    assert CurveRatio()(data)[0] == pytest.approx(near / far, rel=1e-14)
    assert CurveRatio().measured(data).all()


def test_a4_without_two_quotes_around_it_both_ends_are_the_models() -> None:
    data = quoted([15.0, 16.5])  # reaches 50 days of 91
    model = FuturesCurve().from_vix([14.0, 14.0], np.array([30.0, 91.0]) / 365.0)
    assert CurveRatio()(data)[0] == pytest.approx(model[0] / model[1], rel=1e-14)
    assert not CurveRatio().measured(data).any()


def test_a4_a_hole_in_the_ranks_is_bridged() -> None:
    data = quoted([15.0, np.nan, 17.0, 18.0])
    assert CurveRatio()(data)[0] == pytest.approx((15.0 + 2.0 / 6.0) / (17.0 + 11.0 / 30.0))


def test_a4_finite_wherever_vix_is_and_rises_with_it() -> None:
    data = market()
    ratio = CurveRatio()(data)
    assert np.isfinite(ratio).all()
    calm, panic = np.argmin(data["vix"]), np.argmax(data["vix"])
    assert ratio[calm] < 1.0 < ratio[panic]


def test_a4_does_not_look_ahead_where_futures_come_and_go() -> None:
    data = market(400)
    days = data.dates.astype(float)
    columns = {}
    for rank in range(1, 6):
        expiry = (np.floor(days / 30.0) + rank) * 30.0
        price = data["vix"] * (1.0 + 0.02 * rank)
        columns |= {f"vx{rank}": price, f"vx{rank}_expiry": expiry}
    columns["vx4"] = np.where(np.arange(400) % 7 < 3, np.nan, columns["vx4"])
    columns["vx5"] = np.where(np.arange(400) < 200, np.nan, columns["vx5"])
    columned = data.with_columns(columns)
    assert 0.1 < CurveRatio().measured(columned).mean() < 0.95
    assert signal_agrees(CurveRatio(), columned, count=40).passed


@given(
    st.lists(st.floats(5.0, 90.0), min_size=2, max_size=8),
    st.floats(0.0, 200.0),
    st.integers(1, 40),
)
def test_a4_between_agrees_with_numpy(prices: list[float], at: float, apart: int) -> None:
    days = apart * np.arange(len(prices), dtype=float)
    got = between(np.array([prices]), days[None, :], at)[0]
    if at > days[-1]:
        assert np.isnan(got)
    else:
        assert got == pytest.approx(np.interp(at, days, prices), rel=1e-12)


def test_a4_far_must_be_farther() -> None:
    with pytest.raises(hr.PolicyError, match="long must be greater"):
        CurveRatio(short=91, long=30)


def test_a4_the_two_lines_of_the_example_hold_what_the_rule_asks_for() -> None:
    data = market(120)
    program = replace(hr.load_program(PROGRAM), budget=None)
    lines = hr.trade(program, data).outcome.lines
    near, far = (lines[name] for name in ("near puts", "far variance"))
    fired = near["act"] > 0.0
    assert fired.sum() > 5
    assert np.array_equal(fired, far["act"] > 0.0), "both triggers watch VIX"
    asked = np.clip((data["vix"][fired] - 12.0) / 10.0, 0.2, 2.0)
    np.testing.assert_allclose((near["x"] + far["x"])[fired], asked, rtol=1e-12)
