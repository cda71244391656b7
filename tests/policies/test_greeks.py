"""A6 and A7: more after losses, and as many contracts as take the portfolio's delta out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.policies.drawdown import Drawdown
from hedgerow.policies.greeks import DeltaNeutral, Greeks
from hedgerow.policies.rules import Linear
from synthetic import market

NO_BAR = Bar(*[0.0] * len(Bar._fields))
POLICY = hr.Policy([DeltaNeutral()], raw=True)
AT_MONEY = hr.Put(moneyness=1.0, size=hr.Contracts(7))


def x_of(step, x: float = 0.0, nav: float = 1e7, peak: float = 1e7, **terms: float) -> float:
    book = opening(nav)._replace(peak=peak)
    view = View((), book, NO_BAR._replace(**terms))
    return step.kernel(x, view, step.start(), step.params())[0]


# ---- A6 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "fall", "x"),
    [
        ("corrected", 0.10, 1.025), ("corrected", 0.05, 1.0), ("corrected", 0.0, 1.0),
        ("corrected", 0.25, 1.10), ("printed", 0.10, 1.075), ("printed", 0.0, 1.025),
    ],
)  # fmt: skip
def test_a6_alpha_one_half_by_hand(preset: str, fall: float, x: float) -> None:
    rule = Drawdown(**Drawdown.presets[preset])
    assert x_of(rule, nav=1e7 * (1.0 - fall)) == pytest.approx(x, rel=1e-12)
    assert Drawdown() == Drawdown(**Drawdown.presets["corrected"])


@given(st.floats(0.0, 0.99), st.floats(0.0, 0.99), st.floats(0.0, 10.0))
def test_a6_never_less_after_a_deeper_fall(one: float, other: float, alpha: float) -> None:
    rule, (less, more) = Drawdown(alpha=alpha), sorted((one, other))
    assert 1.0 <= x_of(rule, nav=1e7 * (1.0 - less)) <= x_of(rule, nav=1e7 * (1.0 - more))


def test_a6_in_a_backtest_follows_the_books_own_drawdown() -> None:
    track = hr.backtest(
        hr.Policy([Drawdown(alpha=2.0)], raw=True), market(300), hr.Put()
    ).found.tracks["dynamic"]
    fall = 1.0 - track["nav"] / np.maximum.accumulate(np.maximum(track["nav"], 1e7))
    np.testing.assert_allclose(track["x"], 1.0 + 2.0 * np.maximum(fall - 0.05, 0.0), rtol=1e-12)
    assert track["x"].max() > 1.0


# ---- A7 -----------------------------------------------------------------------------------


def test_a7_puts_by_the_formula() -> None:
    # $10M of the index at 5000 is 2000 a point; one put of delta -0.20 is -20: 100 puts
    neutral = -(1.0 / 5000.0) / (-0.20 * 100.0)
    assert 1e7 * neutral == pytest.approx(100.0, rel=1e-15)
    assert x_of(DeltaNeutral(), neutral=neutral, size=50.0) == pytest.approx(2.0, rel=1e-14)
    assert x_of(DeltaNeutral(0.5), neutral=neutral, size_nav=5e-6) == pytest.approx(1.0, rel=1e-14)


def test_a7_as_the_index_falls_fewer_puts_are_needed() -> None:
    deep = -(1.0 / 4000.0) / (-0.60 * 100.0)
    assert 8e6 * deep == pytest.approx(100.0 / 3.0, rel=1e-14)


def test_a7_what_adds_to_the_delta_hedges_nothing() -> None:
    assert x_of(DeltaNeutral(), neutral=-1e-5, size=50.0) == 0.0
    assert x_of(DeltaNeutral(), neutral=0.0, size=50.0) == 0.0
    assert x_of(DeltaNeutral(), nav=-1.0, neutral=1e-5, size=50.0) == 0.0
    # a size below nothing sells what has a positive delta
    assert x_of(DeltaNeutral(), neutral=-1e-5, size=-50.0) == pytest.approx(2.0)


@given(st.floats(0.0, 5.0), st.floats(0.0, 1.0))
def test_a7_a_cap_never_raises_and_a_blend_lies_between(x: float, weight: float) -> None:
    terms = {"neutral": 1e-5, "size": 50.0}  # neutral at 2.0
    assert x_of(Greeks(), x, **terms) == pytest.approx(min(x, 2.0), rel=1e-14)
    blended = x_of(Greeks(mode="blend", weight=weight), x, **terms)
    assert blended == pytest.approx((1.0 - weight) * x + weight * 2.0, rel=1e-12, abs=1e-12)


def test_a7_held_puts_take_the_portfolios_delta_out() -> None:
    data = market(300)
    portfolio = hr.Equity(1e7, beta=0.8, equity_share=0.6)
    found = hr.backtest(POLICY, data, AT_MONEY, portfolio=portfolio).found
    track, strip = found.tracks["dynamic"], found.ground.strip
    of_portfolio = track["nav"] * 0.48 / data["spx"]
    # the order of a bar is for the next contract; where none rolls, that is the one held
    of_order = track["wanted"] * strip.next_delta
    np.testing.assert_allclose(of_order, -of_portfolio, rtol=1e-12)
    assert (track["wanted"] > 0.0).all()


@pytest.mark.parametrize("carriage", ["numpy", "compiled"])
def test_a7_the_sweep_is_the_backtest(carriage: str) -> None:
    data, policy = market(300), hr.Policy([DeltaNeutral(), hr.Trigger()], signals=[hr.Level("vix")])
    swept = hr.sweep(policy, data, AT_MONEY, {"delta_neutral.part": [0.2, 1.0]}, carriage=carriage)
    for lane in range(2):
        track = hr.backtest(swept.policy(lane), data, AT_MONEY).found.tracks["dynamic"]
        assert swept.results["final_nav"][lane] == track["nav"][-1]
    assert swept.results["final_nav"][0] != swept.results["final_nav"][1]


@pytest.mark.parametrize("index", ["spx", "ndx"])
def test_a7_on_another_index_its_moves_count_as_the_s_and_ps(index: str) -> None:
    data = market(300)
    data = data.with_columns({"ndx": 3.0 * data["spx"], "vxn": data["vix"]})
    sleeve = hr.Put(moneyness=1.0, size=hr.Contracts(7), index=index)
    found = hr.backtest(POLICY, data, sleeve).found
    track = found.tracks["dynamic"]
    share = track["wanted"] * found.ground.strip.next_delta * data[index] / track["nav"]
    np.testing.assert_allclose(share, -1.0, rtol=1e-12)


def test_a7_same_bar_fills_know_the_bar_of_the_fill() -> None:
    data = market(200)
    found = hr.backtest(POLICY, data, AT_MONEY, same_bar=True).found
    track = found.tracks["dynamic"]  # dated by the fill; NAV is that of the close before
    expected = -track["nav"][:-1] / data["spx"][1:] / found.ground.strip.next_delta[1:]
    np.testing.assert_allclose(track["wanted"][1:], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("sleeve", "said"),
    [
        (hr.VixFuture(), "vix_future-1 has none on the index"),
        (hr.VixFutureConstant(), "has none on the index"),
        (hr.VixCall(), "has none on the index"),
        (hr.VarianceSwap(), "has none on the index"),
        (hr.Put(side="short"), "short adds to it"),
        (hr.Call(), "adds to it"),
        (hr.Underlying(), "adds to it"),
    ],
)
@pytest.mark.parametrize("step", [DeltaNeutral(), Greeks()])
def test_a7_sleeves_that_cannot_are_refused_before_the_run(sleeve, said: str, step) -> None:
    steps = [step] if step.kind == "delta_neutral" else [Linear(), step]
    policy = hr.Policy(steps, signals=[hr.Level("vix")])
    with pytest.raises(hr.PolicyError, match=said) as error:
        hr.backtest(policy, market(300), sleeve)
    assert error.value.where == f"steps[{len(steps) - 1}]"
    with pytest.raises(hr.PolicyError, match="line 'it', steps"):
        hr.trade(hr.Program([hr.Line("it", sleeve, policy)]), market(300))
    # without such a step every sleeve runs as before
    hr.backtest(hr.Policy([Linear()], signals=[hr.Level("vix")]), market(300), sleeve)


def test_a7_a_sold_index_takes_the_delta_out_one_for_one() -> None:
    data = market(100)
    sleeve = hr.Underlying(size=hr.Notional(-1.0))
    track = hr.backtest(POLICY, data, sleeve).found.tracks["dynamic"]
    np.testing.assert_allclose(track["x"], 1.0, rtol=1e-12)


def test_a7_without_equity_there_is_nothing_to_take_out() -> None:
    track = hr.backtest(POLICY, market(100), AT_MONEY, portfolio=hr.Equity(1e7, equity_share=0.0))
    assert not track.found.tracks["dynamic"]["wanted"].any()


@pytest.mark.parametrize(
    ("steps", "kind", "said"),
    [
        ([Drawdown()], "drawdown", "drawdown -"),
        ([DeltaNeutral()], "delta_neutral", "the portfolio's delta by delta_neutral(part=1)"),
        ([Linear(), Greeks()], "greeks", "(mode=cap, weight=0.5, part=1), the portfolio's delta"),
        ([Linear(), hr.TermSplit()], "term_split", "(part=short), curve30_91 "),
        ([Linear(), hr.CorrelationScope("vix")], "correlation_scope", "(share=1), vix "),
        ([hr.AdaptiveTiers("vix", "vix", "vix")], "adaptive_tiers", "vix "),
    ],
)
def test_an_explanation_says_what_a_step_looked_at(steps, kind: str, said: str) -> None:
    policy = hr.Policy(steps, signals=[hr.Level("vix"), hr.CurveRatio()])
    data = market(200)
    told = hr.backtest(policy, data, AT_MONEY).explain(str(data.dates[150]))
    (one,) = [step for step in told.steps if step["kind"] == kind]
    assert said in one["said"]


def test_a_backtest_says_how_much_of_the_curve_is_a_models() -> None:
    signals = [hr.Level("vix"), hr.CurveRatio(), hr.IvBeta(days=20)]
    policy = hr.Policy([Linear(), hr.TermSplit()], signals=signals)
    said = hr.backtest(policy, market(200), AT_MONEY).found.assumptions
    for name in ("curve30_91", "iv_beta45_20"):
        assert any(f"{name} comes from a model of VIX futures on 100%" in line for line in said)
