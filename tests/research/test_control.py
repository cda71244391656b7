"""A14 against the best trigger rule: on held-out paths of the fitted chain, on later sessions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.lanes import floats
from hedgerow.core.lanes.spread import Spread, grid
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import prepare, static
from hedgerow.errors import RangeError
from hedgerow.policies.fitting.chain import Terms
from hedgerow.policies.fitting.programme import covered
from hedgerow.research.control import (
    AXES,
    band_policy,
    best_trigger,
    calibrate,
    refitted_policy,
    study,
    trigger_policy,
)
from hedgerow.research.trial import charge, charge_each, history, simulate

EDGES = (13.0, 16.0, 20.0, 25.0, 32.0)


@cache
def studied(cost: float, seed: int, paths: int = 60):
    return study(hr.load("builtin"), terms=Terms(cost=cost), paths=paths, sessions=1260, seed=seed)


@pytest.mark.parametrize(
    "seed", [14, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (15, 16))]
)
@pytest.mark.parametrize("cost", [5e-5, 5e-4])
def test_a14_is_no_dearer_than_the_best_a_b_trigger_on_held_out_paths(cost, seed) -> None:
    found = studied(cost, seed)
    ahead, error = found.lead
    assert ahead > -2.0 * error
    totals = [found.simulated[name].totals for name in ("best trigger", "band")]
    assert len(totals[0]) == 60
    assert ahead == pytest.approx((totals[0] - totals[1]).mean())
    assert error == pytest.approx((totals[0] - totals[1]).std(ddof=1) / np.sqrt(60))
    assert found.simulated["band"].total < found.simulated["3-point trigger"].total
    assert found.simulated["band"].total < found.simulated["static"].total


def test_a14_no_rule_of_the_grid_is_cheaper_even_chosen_on_the_paths_that_judge() -> None:
    found = studied(5e-4, 14)
    trial = simulate(found.chain, found.programme, "vix_ma20", 60, 1260, seed=98)
    spread = Spread(trigger_policy(found.terms), grid(AXES))
    best = min(charge_each(spread, trial), key=lambda bill: bill.total)
    ahead = best.totals - charge(found.policy, trial).totals
    assert ahead.mean() > 2.0 * ahead.std(ddof=1) / np.sqrt(60)


def test_a14_where_trading_is_dear_the_grid_has_a_rule_as_good_as_a_fixed_hedge() -> None:
    found = studied(2e-3, 14)
    training = simulate(found.chain, found.programme, "vix_ma20", 3, 1260, seed=14)
    assert charge(found.rule, training).total < charge(static(), training).total
    ahead, error = found.lead
    assert ahead > 2.0 * error


def test_a14_the_band_is_worth_more_the_more_trading_costs() -> None:
    cheap, dear = studied(5e-5, 14), studied(5e-4, 14)
    assert dear.lead[0] > 2.0 * cheap.lead[0] > 0.0
    assert dear.simulated["band"].trades < cheap.simulated["band"].trades


def test_a14_no_other_band_is_cheaper_on_held_out_paths() -> None:
    found = studied(5e-4, 14)
    trial = simulate(found.chain, found.programme, "vix_ma20", 60, 1260, seed=99)
    best = charge(found.policy, trial)
    middle = (found.band.lower + found.band.upper) / 2.0
    others = {
        "narrow": found.band._replace(lower=middle, upper=middle),
        "frictionless": found.band._replace(lower=found.band.free, upper=found.band.free),
        "wide": found.band._replace(
            lower=np.maximum(found.band.lower - 0.2, 0.2),
            upper=np.minimum(found.band.upper + 0.2, 2.0),
        ),
    }
    for name, band in others.items():
        policy = band_policy(band, found.by, EDGES, 20.0, found.terms)
        ahead = charge(policy, trial).totals - best.totals
        assert ahead.mean() > 2.0 * ahead.std(ddof=1) / np.sqrt(60), name


def past(builtin, terms: Terms, weight: float = 1.5):
    rows = slice(4000, 5000)
    mean = np.convolve(builtin["vix"], np.full(20, 0.05))[: len(builtin)]
    columns = {"vix": builtin["vix"][rows], "vix_ma20": mean[rows]}
    return history(columns, builtin["spx"][rows], terms, weight), columns, builtin["spx"][rows]


def test_a14_a_bill_is_carry_loss_and_trading_by_hand(builtin) -> None:
    terms = Terms(carry=0.02, cost=0.001)
    trial, columns, spot = past(builtin, terms)
    bill = charge(static(level=1.5), trial)
    vix, n = columns["vix"][:-20], 980
    loss = np.maximum(-(spot[20:] / spot[:-20] - 1.0) - 0.05, 0.0) / 20
    assert bill.carry == pytest.approx(1.5 * 0.02 * vix.mean() / 20.0)
    assert bill.loss == pytest.approx(1.5 * loss.mean() * 252 * (1.0 - float(covered(1.5))))
    assert bill.trading == pytest.approx(1.5 * 0.001 * vix[0] / 20.0 * 252 / n)
    assert (bill.trades, bill.intensity) == (pytest.approx(252 / n), pytest.approx(1.5))
    assert bill.totals.mean() == pytest.approx(bill.total)
    assert loss.sum() > 0.0


@pytest.mark.parametrize("name", ["band", "trigger"])
def test_a14_a_trial_holds_what_the_backtest_releases(builtin, name: str) -> None:
    found = studied(5e-4, 14)
    policy = found.policy if name == "band" else trigger_policy(found.terms)
    ground = prepare(
        builtin, hr.Put(), Equity(), lookback=policy.lookback, start="2007-01-03", end="2009-12-31"
    )
    journey, _ = floats.play(policy, ground.tape(policy))
    rows = slice(ground.first, None)
    columns = {s.name: s(ground.market)[rows] for s in policy.signals}
    trial = history(columns, ground.market["spx"][rows], found.terms, 1.0)
    bill = charge(policy, trial)
    x = journey.order.x[: len(trial.carry)]
    assert bill.intensity == pytest.approx(x.mean(), rel=1e-12)
    assert bill.trades == pytest.approx(252 * (np.diff(x, prepend=0.0) != 0.0).mean())
    assert len(set(x)) > 5


def test_a14_the_grid_finds_its_cheapest_rule_and_beats_the_three_point_trigger(builtin) -> None:
    terms = Terms(cost=0.001)
    trial, _, _ = past(builtin, terms)
    rule = best_trigger(trial, terms)
    best = charge(rule, trial).total
    assert best <= charge(trigger_policy(terms), trial).total
    near = replace(rule.steps[0], high=rule.steps[0].high + 2.0)
    changed = replace(rule, steps=[near, *rule.steps[1:]])
    assert charge(changed, trial).total != best


def test_a14_calibration_is_the_mean_over_vix_of_what_the_strip_says(builtin) -> None:
    carry, cost = calibrate(builtin, hr.Put())
    ground = prepare(builtin, hr.Put(), Equity())
    by_nav = ground.sizes[1] + ground.sizes[0] / 1e7
    relative = ground.market["vix"].mean() / 20.0
    assert carry == pytest.approx((by_nav * ground.strip.next_carry).mean() * 365 / relative)
    assert cost == pytest.approx((by_nav * ground.strip.next_cost).mean() / relative)
    assert 0.01 < carry < 0.03
    with pytest.raises(RangeError, match="earns carry"):
        calibrate(builtin, hr.Put(side="short"))


def test_a14_the_policy_that_refits_says_the_same_terms() -> None:
    terms = Terms(carry=0.03, cost=0.001, loss=2.0, fall=0.1, horizon=10, cap=1.5)
    policy = refitted_policy("rv20", EDGES, 0.15, terms)
    for edge, signal in zip(("lower", "upper"), policy.signals, strict=True):
        assert (signal.edge, signal.by, signal.split, signal.loss, signal.fall) == (
            edge,
            "rv20",
            0.15,
            2.0,
            0.1,
        )
        assert (signal.carry, signal.cost, signal.horizon, signal.cap) == (0.03, 0.001, 10, 1.5)
    assert hr.Policy.from_toml(policy.to_toml()) == policy


def test_a14_too_little_history_is_told(builtin) -> None:
    with pytest.raises(RangeError, match="give at least 2,520"):
        study(builtin.between("2015-01-01", "2020-01-01"))
