"""H14: the stressed rate of return, against scipy, mpmath and prices made by hand."""

from __future__ import annotations

import dataclasses

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

import hedgerow as hr
from hedgerow.core.market import Market, Origin
from hedgerow.engine.ledger.events import Decided
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError
from hedgerow.instruments.scene import Scene
from hedgerow.shortvol.gates import MIX, Scenario, Trade, irr, stressed, with_stressed_irr
from synthetic import market


class Answer:
    """A stand-in: points per 1 % of a fall, as much for every strike, fading with tenor."""

    def __init__(self, slope: float = 1.5) -> None:
        self.slope = slope

    def after(self, iv, move, *, tenor, moneyness=None):
        fall = np.maximum(-np.asarray(move, dtype=float), 0.0) * 100.0
        flat = np.ones_like(np.asarray(1.0 if moneyness is None else moneyness, dtype=float))
        fades = np.sqrt(30.0 / np.asarray(tenor, dtype=float))
        return iv + self.slope * fall / 100.0 * fades * flat


SMALL = market(120)


def test_h14_irr_of_a_textbook_project() -> None:
    # Brealey, Myers, Allen, Principles of Corporate Finance, ch. 5: −4,000, +2,000, +4,000: 28.08 %
    assert float(irr([-4000.0, 2000.0, 4000.0], [0.0, 1.0, 2.0])) == pytest.approx(0.2808, abs=5e-5)


@given(
    st.floats(1.0, 1e6),
    st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(0.01, 3.0)), min_size=1, max_size=6),
)
def test_h14_irr_by_scipy(paid, rest) -> None:
    flows = np.array([-paid, *(amount for amount, _ in rest)])
    years = np.cumsum([0.0, *(gap for _, gap in rest)])

    def worth(log_growth: float) -> float:
        return float(np.sum(flows * np.exp(-log_growth * years)))

    ours = float(irr(flows, years))
    if worth(np.log(1e-4)) <= 0.0:
        assert ours == -1.0
    elif worth(np.log(1e4)) < 0.0:
        assert np.log1p(ours) == pytest.approx(brentq(worth, np.log(1e-4), np.log(1e4)), abs=1e-9)


def test_h14_irr_of_an_odd_holding_time_by_mpmath() -> None:
    with mpmath.workdps(40):
        exact = (mpmath.mpf(10_250) / 10_000) ** (mpmath.mpf(365) / 24) - 1
    assert float(irr([-10_000.0, 10_250.0], [0.0, 24.0 / 365.0])) == pytest.approx(
        float(exact), rel=1e-10
    )


@given(st.floats(-0.5, 2.0), st.floats(-0.5, 2.0))
def test_h14_irr_rises_with_what_comes_back_and_has_no_unit(one, other) -> None:
    low, high = sorted((one, other))
    years = [0.0, 0.1]
    worse, better = (float(irr([-1.0, 1.0 + gain], years)) for gain in (low, high))
    assert worse <= better
    assert float(irr([-7e5, 7e5 * (1.0 + low)], years)) == pytest.approx(worse, rel=1e-9)


def test_h14_what_is_lost_or_unknown() -> None:
    found = irr([[-1.0, 0.0], [-1.0, np.nan], [1.0, 1.0]], [0.0, 1.0])
    assert found[0] == -1.0
    assert np.isnan(found[1:]).all()


def black(forward, strike, years, vol, rate, call):
    """Black-76 by scipy alone."""
    d1 = (np.log(forward / strike) + 0.5 * vol**2 * years) / (vol * np.sqrt(years))
    d2, sign = d1 - vol * np.sqrt(years), 1.0 if call else -1.0
    value = sign * (forward * norm.cdf(sign * d1) - strike * norm.cdf(sign * d2))
    return float(np.exp(-rate * years) * value)


def test_h14_one_trade_by_hand_without_costs() -> None:
    """Credit, margin, buy-back at −5 % and the future's gain, priced leg by leg."""
    plan = Trade(costs=hr.Costs.none(), scenarios=(Scenario(-0.05, 1.0),))
    found = stressed(SMALL, Answer(), plan)
    scene, t = Scene.of(SMALL), 77
    spot, rate, paid = scene.spot[t], scene.rate[t], scene.dividend[t]
    row = slice(t, t + 1)

    def vol(strike, days):
        forward = scene.forward(np.array([days / 365.0]), row)
        return float(scene.surface.vol(np.log(strike / forward), days / 365.0, row)[0])

    def delta(strike, call):
        years, sign = 45.0 / 365.0, 1.0 if call else -1.0
        forward, v = spot * np.exp((rate - paid) * years), vol(strike, 45.0)
        d1 = (np.log(forward / strike) + 0.5 * v**2 * years) / (v * np.sqrt(years))
        return np.exp(-paid * years) * norm.cdf(sign * d1)

    strikes = [
        brentq(lambda k, d=d, c=c: delta(k, c) - d, 0.5 * spot, 1.6 * spot)
        for c in (False, True)
        for d in (0.20, 0.05)
    ]

    def value(level, days, shift):
        years, total = days / 365.0, 0.0
        forward = level * np.exp((rate - paid) * years)
        for strike, call, sign in zip(
            strikes, (False, False, True, True), (-1.0, 1.0, -1.0, 1.0), strict=True
        ):
            total += (
                sign * 100.0 * black(forward, strike, years, vol(strike, days) + shift, rate, call)
            )
        return total

    credit = -value(spot, 45.0, 0.0)
    assert found.credit[t] == pytest.approx(credit, rel=1e-6)
    futures = found.futures[t]
    width = 100.0 * max(strikes[0] - strikes[1], strikes[3] - strikes[2])
    assert found.margin[t] == pytest.approx(width + futures * 450.0 * scene.vix[t], rel=1e-6)
    bump = 1e-5
    vega = (value(spot, 45.0, bump) - value(spot, 45.0, -bump)) / (200.0 * bump)
    assert futures == pytest.approx(0.60 * -vega / 1000.0, rel=1e-4)
    strip = hr.VixFuture().strip(SMALL, costs=hr.Costs.none())
    left = strip.expiry[t] - scene.days[t]
    points = 7.5 * np.sqrt(30.0 / (left + 30.0))  # 1.5 points per 1 % of the fall
    hedge = futures * (1000.0 * points - max(strip.carry[t], 0.0) * 24.0)
    assert found.hedge_gain[t, 0] == pytest.approx(hedge, rel=1e-6)
    after = value(0.95 * spot, 21.0, 0.075 * np.sqrt(30.0 / 21.0))
    gain = credit + after + hedge
    assert found.gain[t, 0] == pytest.approx(gain, rel=1e-6)
    first, last = credit - found.margin[t], found.margin[t] + after + hedge
    assert found.irr[t] == pytest.approx((last / -first) ** (365.0 / 24.0) - 1.0, rel=1e-6)


def test_h14_the_rate_is_of_the_mean_over_the_scenarios() -> None:
    found = stressed(SMALL, Answer())
    free = stressed(SMALL, Answer(), Trade(costs=hr.Costs.none()))
    mean = found.gain @ np.array([each.probability for each in MIX])
    assert np.array_equal(found.irr > 0.0, mean > 0.0)
    assert (found.irr < free.irr).all()
    assert (found.gain < free.gain).all()


def test_h14_a_likelier_crash_and_a_stronger_answer_lower_the_rate_of_an_unhedged_condor() -> None:
    calm = Trade(hedge=0.0, scenarios=(Scenario(0.0, 0.9), Scenario(-0.10, 0.1)))
    wild = dataclasses.replace(calm, scenarios=(Scenario(0.0, 0.7), Scenario(-0.10, 0.3)))
    base = stressed(SMALL, Answer(), calm)
    assert (stressed(SMALL, Answer(), wild).irr < base.irr).all()
    near = dataclasses.replace(calm, scenarios=(Scenario(-0.03, 1.0),))
    weak, strong = (stressed(SMALL, Answer(slope), near).irr for slope in (0.5, 2.5))
    assert (strong < weak).all()
    assert not base.futures.any()


def test_h14_the_column_knows_no_later_session_and_says_it_is_modelled() -> None:
    whole, part = (with_stressed_irr(each, Answer()) for each in (SMALL, SMALL.until(60)))
    np.testing.assert_array_equal(whole["stressed_irr"][:61], part["stressed_irr"])
    assert set(whole.origin["stressed_irr"]) == {Origin.MODELLED}
    assert whole.sources["stressed_irr"].startswith("modelled: internal rate of return")


def test_h14_what_the_gate_knows_too_early_is_told_with_the_rates() -> None:
    early = "the probabilities and volatility's answer measured up to 2026, which a backtest knows"
    plan = Trade(scenarios=(Scenario(-0.03, 1.0),))
    assert early in with_stressed_irr(SMALL).sources["stressed_irr"]
    assert "too early" not in with_stressed_irr(SMALL, Answer(), plan).sources["stressed_irr"]
    gate = hr.Hurdle(against="rate", spread=0.05)
    read = [hr.Level("stressed_irr"), hr.Level("rate")]
    policy = hr.Policy([hr.Constant(1.0), gate, hr.AtRoll()], signals=read)
    program = hr.Program([hr.Line("condors", hr.Condor(), policy, role="book")])
    result = hr.trade(program, hr.load("builtin"), start="2018-01-02", end="2018-03-29")
    assert early in str(result)
    assert early in result.to_dict()["rates"]["gate"]


def test_h14_the_measured_mix_adds_up() -> None:
    assert sum(each.probability for each in MIX) == pytest.approx(1.0)


@pytest.mark.realdata
def test_h14_the_mix_is_what_the_index_did_over_17_sessions(real_data) -> None:
    spx = hr.load(str(real_data))["spx"]
    spx = spx[np.isfinite(spx)]
    moves = spx[17:] / spx[:-17] - 1.0
    nearest = [
        *(moves > 0.04, (moves > 0.015) & (moves <= 0.04), np.abs(moves) <= 0.015),
        *((moves < -0.015) & (moves > -0.04), (moves <= -0.04) & (moves > -0.075)),
        moves <= -0.075,
    ]
    for scenario, hit in zip(MIX, nearest, strict=True):
        assert scenario.probability == pytest.approx(float(hit.mean()), abs=0.02)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hold", 45),
        ("days", 900),
        ("hedge", 1.2),
        ("wing_delta", 0.3),
        ("scenarios", (Scenario(0.0, 0.5),)),
        ("scenarios", (Scenario(-1.5, 1.0),)),
    ],
)
def test_h14_a_trade_that_cannot_be_is_refused_with_its_field(field, value) -> None:
    with pytest.raises(RangeError) as error:
        Trade(**{field: value})
    assert error.value.where == f"trade.{field}"


TEXT = """
[policies.gated]
raw = true
signals = [{ kind = "level", column = "stressed_irr" }, { kind = "level", column = "rate" }]
steps = [
    { kind = "constant", level = 1 },
    { kind = "hurdle", against = "rate", spread = 0.05, band = 0.02 },
    { kind = "at_roll" },
]
[[lines]]
name = "condors"
policy = "gated"
role = "book"
sleeve = { kind = "condor", size = { contracts = 10 } }
"""


def test_h14_the_trace_names_the_gate_and_a_replay_decides_alike() -> None:
    known: Market = with_stressed_irr(SMALL, Answer())
    ledger = MemoryLedger("run")
    outcome = trade(read(TEXT), known, ledger=ledger)
    assert replay(ledger).decisions == len(SMALL)
    gaps = known["stressed_irr"] - known["rate"] - 0.05
    decided = [r.event for r in ledger.read() if isinstance(r.event, Decided)]
    assert len(decided) == len(outcome)
    for event, gap in zip(decided, gaps, strict=True):
        assert event.memory["hurdle"]["gap"] == pytest.approx(gap)
        assert event.trace["hurdle"] == event.memory["hurdle"]["open"]
    assert {event.trace["hurdle"] for event in decided} == {0.0, 1.0}
