"""Regimes with jumps: closed forms, the leverage effect, a fit that finds what made the data."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
import pytest
import tomlkit

from hedgerow.core.market import Market
from hedgerow.errors import DataError, RangeError
from hedgerow.policies.fitting.switching import Switching, filtered
from hedgerow.simulate.moments import MOMENTS, days
from hedgerow.simulate.paths import Start
from hedgerow.simulate.regime import (
    FLOOR,
    HALF_LIFE,
    VIX_MOST,
    JumpLaw,
    RegimeModel,
    depth,
    scale,
)
from hedgerow.simulate.regime_fit import _smoothed
from hedgerow.simulate.term import HALF_LIFE as SLOW
from hedgerow.simulate.term import TermStructure, slow_mean
from simulate.models import CALM, REGIMES, WILD, history

PLAIN = replace(REGIMES, term=TermStructure())


def test_the_chain_spends_its_long_run_shares_and_moves_by_its_matrix() -> None:
    state = PLAIN.paths(400, 1_000, seed=1)["regime"]
    assert REGIMES.stationary == pytest.approx([2 / 3, 1 / 3], abs=1e-12)  # .03 to .015
    assert state[:, 300:].mean() == pytest.approx(1 / 3, abs=0.02)
    left, wild = state[:, :-1], state[:, 1:]
    assert wild[left == 0.0].mean() == pytest.approx(0.015, abs=0.001)
    assert 1.0 - wild[left == 1.0].mean() == pytest.approx(0.03, abs=0.002)


def test_a_high_vix_begins_in_the_wild_regime() -> None:
    low, high = (REGIMES.begins(vix) for vix in (11.0, 45.0))
    assert low.sum() == pytest.approx(1.0)
    assert low[0] > 0.9
    assert high[0] < 0.1
    state = PLAIN.paths(2_000, 1, seed=1, start=Start(vix=20.0))["regime"]
    assert state[:, 0].mean() == pytest.approx(REGIMES.begins(20.0)[1], abs=0.045)


def test_returns_in_their_scale_have_the_moments_of_the_mixture() -> None:
    block = PLAIN.paths(300, 600, seed=6).block(0, 300).columns
    z = np.diff(np.log(block["spx"])) / scale(block["vix"][:, :-1], PLAIN.power)
    for s, law in enumerate(PLAIN.regimes):
        drawn = z[block["regime"][:, 1:] == s]
        jump, p = PLAIN.jump, law.jumps
        mean = (1 - p) * law.drift + p * jump.mean
        second = (1 - p) * (law.deviation**2 + law.drift**2) + p * (
            jump.deviation**2 + jump.mean**2
        )
        error = np.sqrt(second / drawn.size)
        assert drawn.mean() == pytest.approx(mean, abs=4 * error)
        assert (drawn**2).mean() == pytest.approx(second, rel=0.04)


def test_one_regime_without_answers_is_an_autoregression_in_closed_form() -> None:
    # x' = u + (1 − κ)x + η·ζ: mean u/κ, variance η²/(κ(2 − κ)), lag-k correlation (1 − κ)^k
    law = replace(CALM, pull=0.25, speed=0.1, recent=0.0, up=0.0, down=0.0, jumps=0.0)
    model = RegimeModel((law,), ((1.0,),))
    vix = model.paths(500, 1_000, seed=2)["vix"][:, 200:]
    x = depth(vix)
    assert x.mean() == pytest.approx(2.5, abs=0.003)
    assert x.var() == pytest.approx(0.04**2 / (0.1 * 1.9), rel=0.02)
    away = x - 2.5
    assert (away[:, 5:] * away[:, :-5]).mean() / (away**2).mean() == pytest.approx(0.9**5, abs=0.01)


def test_vix_rises_more_on_falls_than_it_falls_on_rises() -> None:
    block = PLAIN.paths(200, 500, seed=3).block(0, 200).columns
    found = days(block)
    falls, rises = (MOMENTS[f"VIX beta, {side}"](found) for side in ("falls", "rises"))
    assert falls.mean() < 1.2 * rises.mean() < 0.0
    # without the asymmetry there is none
    even = tuple(replace(law, down=0.08, up=0.08, drift=0.0) for law in PLAIN.regimes)
    plain = replace(PLAIN, regimes=even, jump=JumpLaw(0.0, 2.5, 0.0, 0.12))
    block = plain.paths(200, 500, seed=3).block(0, 200).columns
    move, answer = np.diff(np.log(block["spx"])), np.diff(depth(block["vix"]))
    first, other = (answer[chosen].mean() for chosen in (move < -0.01, move > 0.01))
    assert first == pytest.approx(-other, rel=0.15)


def test_vix_stays_between_its_bounds_in_the_wildest_of_models() -> None:
    wild = tuple(replace(law, noise=1.5) for law in PLAIN.regimes)
    vix = replace(PLAIN, regimes=wild).paths(100, 300, seed=1)["vix"]
    assert FLOOR < vix.min() < 5.0
    assert vix.max() == pytest.approx(VIX_MOST)


@pytest.mark.slow
def test_the_fit_finds_the_parameters_that_made_the_data() -> None:
    wild = replace(WILD, jumps=0.04)
    made = replace(PLAIN, regimes=(CALM, wild))
    market = made.paths(1, 20_000, seed=12).market(0)
    found = RegimeModel.fit(market)
    assert found.power == pytest.approx(made.power, abs=0.08)
    for law, true in zip(found.regimes, made.regimes, strict=True):
        assert law.deviation == pytest.approx(true.deviation, rel=0.08)
        assert law.noise == pytest.approx(true.noise, rel=0.06)
        assert (law.down, law.up) == pytest.approx((true.down, true.up), abs=0.008)
        assert law.speed + law.recent == pytest.approx(true.speed + true.recent, abs=0.015)
        assert law.jumps == pytest.approx(true.jumps, abs=0.012)
    assert found.transition[0][1] == pytest.approx(0.015, abs=0.005)
    assert found.transition[1][0] == pytest.approx(0.03, abs=0.01)
    assert found.jump.mean == pytest.approx(-1.0, abs=0.4)
    assert found.jump.deviation == pytest.approx(2.5, rel=0.15)
    assert found.jump.vix_deviation == pytest.approx(0.12, rel=0.2)


def test_smoothing_agrees_with_statsmodels() -> None:
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    rng = np.random.default_rng(3)
    y = np.r_[rng.normal(0, 0.5, 150), rng.normal(0, 2.0, 100), rng.normal(0, 0.5, 100)]
    model = MarkovRegression(y, k_regimes=2, switching_variance=True)
    theirs = model.smooth(np.array([0.98, 0.04, 0.0, 0.0, 0.25, 4.0]))
    chances = np.array([[0.98, 0.02], [0.04, 0.96]])
    density = np.column_stack(
        [np.exp(-0.5 * (y / sd) ** 2) / sd / np.sqrt(2 * np.pi) for sd in (0.5, 2.0)]
    )
    # ours begins from equal chances, theirs from the long-run ones
    density[0] *= 2.0 * np.array([2 / 3, 1 / 3])
    weight, pairs, likelihood = _smoothed(chances, density)
    np.testing.assert_allclose(weight, theirs.smoothed_marginal_probabilities, atol=1e-8)
    assert likelihood == pytest.approx(theirs.llf, abs=1e-6)
    assert pairs.sum() == pytest.approx(len(y) - 1)
    ahead = filtered(y, Switching(0.0, 0.0, 0.5, 2.0, 0.02, 0.04))
    assert weight[-1, 1] == pytest.approx(ahead[-1], abs=1e-9)


def test_relations_are_found_again_and_keep_their_persistence() -> None:
    market = history(6_000, seed=3)
    found = {line.name: line for line in TermStructure.fit(market).relations}
    for line in REGIMES.term.relations:
        mine = found[line.name]
        # SKEW's noise is ten times the others'
        wide = 8.0 if line.name == "skew" else 1.0
        assert mine.spot == pytest.approx(line.spot, abs=0.02 * wide)
        assert mine.recent == pytest.approx(line.recent, abs=0.03 * wide)
        assert mine.slow == pytest.approx(line.slow, abs=0.05 * wide)
        assert mine.stays == pytest.approx(line.stays, abs=0.02)
        # what lasts and what is gone the next day are told apart
        surprise = np.hypot.reduce(line.noise)
        assert np.hypot.reduce(mine.noise) == pytest.approx(surprise, rel=0.2)
        assert mine.reading * np.hypot.reduce(mine.noise) == pytest.approx(
            line.reading * surprise, rel=0.1
        )


def test_longer_maturities_follow_vix_less() -> None:
    block = REGIMES.paths(100, 300, seed=1).block(0, 100).columns
    spreads = [np.log(block[name]).std() for name in ("vix9d", "vix", "vix3m", "vix6m")]
    assert spreads == sorted(spreads, reverse=True)
    stressed = block["vix"] > 40.0
    assert (block["vix3m"] < block["vix"])[stressed].mean() > 0.8


def test_a_history_without_relatives_makes_paths_without_them() -> None:
    market = history(1_500)
    bare = Market(market.times, {name: market[name] for name in ("spx", "vix")})
    model = RegimeModel.fit(bare)
    assert set(model.paths(1, 5, seed=1).market(0).columns) == {
        "spx", "vix", "rate", "dividend_yield",
    }  # fmt: skip


def test_one_regime_without_jumps_is_found_by_a_fit_that_looks_for_them() -> None:
    model = RegimeModel((replace(CALM, jumps=0.0),), ((1.0,),))
    found = RegimeModel.fit(model.paths(1, 4_000, seed=1).market(0), regimes=1)
    (law,) = found.regimes
    assert law.jumps < 0.02
    assert law.deviation == pytest.approx(CALM.deviation, rel=0.06)
    assert found.jump.vix_deviation >= law.noise
    with pytest.raises(RangeError, match="ask for 1 to 5"):
        RegimeModel.fit(history(1_500), regimes=0)


def test_a_slow_mean_is_the_one_of_the_simulation() -> None:
    x = np.r_[3.0, np.full(200, 2.0)]
    for half_life in (HALF_LIFE, SLOW):
        made = slow_mean(x, half_life)
        assert made[half_life] == pytest.approx(2.5, abs=1e-12)


def test_a_model_survives_toml() -> None:
    text = tomlkit.dumps(REGIMES.to_dict())
    assert RegimeModel.from_dict(tomllib.loads(text)) == REGIMES


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"transition": ((0.9, 0.2), (0.1, 0.9))}, "rows must sum to 1"),
        ({"transition": ((1.0,),)}, "2 regimes need 2 rows of 2"),
        ({"power": 0.0}, r"regime_model\.power"),
        ({"regimes": (CALM, replace(WILD, noise=0.0))}, r"regimes\[1\]\.noise"),
        ({"regimes": (replace(CALM, jumps=1.0), WILD)}, r"regimes\[0\]\.jumps"),
    ],
)
def test_parameters_out_of_range_are_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(RangeError, match=says):
        replace(REGIMES, **change)


def test_a_malformed_table_and_a_short_history_are_errors() -> None:
    with pytest.raises(RangeError, match="unknown key 'jumpp'"):
        RegimeModel.from_dict({**REGIMES.to_dict(), "jumpp": 1})
    with pytest.raises(RangeError, match="malformed"):
        RegimeModel.from_dict({"model": "regime"})
    with pytest.raises(DataError, match="a fit needs 1,260"):
        RegimeModel.fit(history(600))
    with pytest.raises(RangeError, match="VIX 2 is not above 3"):
        PLAIN.paths(1, 5, seed=0, start=Start(vix=2.0)).market(0)
