"""D7: SPA and StepM against the fixed hedge and less equity; intervals of saving and HER."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import SPA

import synthetic
from hedgerow import api
from hedgerow.api.choosing import compare
from hedgerow.core.policy import Policy
from hedgerow.errors import RangeError
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Notional, Vega
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.policies.rules import Constant, Linear, Tiers
from hedgerow.policies.signals import Level
from hedgerow.research.overfit.superior import against, superior

VIX = [Level("vix")]


@pytest.fixture(scope="module")
def result():
    return api.backtest(
        Policy([Linear()], VIX, name="linear"), synthetic.market(), Put(size=Notional(1.0))
    )


def noise(seed: int, names: str = "abcdef", periods: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.0, 0.01, periods) for name in names}


def test_d7_spa_believes_noise_as_seldom_as_it_says() -> None:
    found = [superior(noise(seed), "cash", resamples=200) for seed in range(40)]
    assert sum(one.consistent < 0.05 for one in found) <= 6  # 2 expected
    assert sum(bool(one.better) for one in found) <= 6
    assert all(one.lower <= one.consistent <= one.upper for one in found)


def test_d7_spa_and_stepm_find_the_planted_edge_and_it_alone() -> None:
    gains = noise(5)
    gains["d"] = gains["d"] + 0.003
    found = superior(gains, "cash", resamples=500)
    assert found.best == "d"
    assert found.consistent < 0.01
    assert found.better == ("d",)
    assert "better by StepM at 5%: d" in str(found)


def test_d7_spa_is_that_of_arch() -> None:
    gains = noise(9)
    found = superior(gains, "cash", resamples=300, seed=4)
    losses = -np.column_stack(list(gains.values()))
    spa = SPA(np.zeros(400), losses, found.block, 300, seed=np.random.default_rng(4))
    spa.compute()
    assert found.consistent == spa.pvalues["consistent"]
    assert found == superior(gains, "cash", resamples=300, seed=4)


def test_d7_what_never_differs_is_not_better() -> None:
    found = superior({"same": np.zeros(100)}, "static")
    assert (found.consistent, found.better) == (1.0, ())


def test_d7_against_static_compares_log_growth_of_nav(result) -> None:
    found = against({"linear": result.found}, "static", resamples=100)
    test, tracks = result.found.split.test, result.found.tracks
    ours, fixed = (np.log(tracks[name]["nav"][test]) for name in ("dynamic", "static"))
    expected = ((ours[-1] - ours[0]) - (fixed[-1] - fixed[0])) / (len(ours) - 1) * 252
    assert found.gains["linear"] == pytest.approx(expected, rel=1e-9)
    assert found.sessions == len(ours) - 1


def test_d7_against_less_equity_both_fall_as_deep(result) -> None:
    kept = result.found.divest["dynamic"]["at_equal_drawdown"]
    found = result.superior("divest", resamples=100)
    expected = kept["return_gain"]  # a year, compounded: near the difference of log returns
    assert found.gains["linear"] == pytest.approx(expected, abs=0.002)
    assert found.benchmark == "divest"


def test_d7_policies_of_a_comparison_are_tested_together() -> None:
    policies = [Policy([Linear()], VIX, name="linear"), Policy([Tiers()], VIX, name="tiers")]
    found = compare(policies, synthetic.market(), Put()).superior("static", resamples=100)
    assert list(found.gains) == ["linear", "tiers"]


def test_d7_the_benchmark_and_the_sample_are_checked(result) -> None:
    with pytest.raises(RangeError, match="did you mean 'static'"):
        result.superior("statik")
    with pytest.raises(RangeError, match="too few"):
        superior({"a": np.zeros(10)}, "cash")
    with pytest.raises(RangeError, match="no error rate"):
        superior(noise(1), "cash", size=5.0)


def test_d7_a_lost_portfolio_is_no_benchmark_and_has_no_sharpe() -> None:
    small = Policy([Constant(0.001)], [], name="small", raw=True)
    found = api.backtest(small, synthetic.market(), VarianceSwap(size=Vega(4e6)))
    test = found.found.split.test
    tracks = found.found.tracks
    assert tracks["dynamic"]["nav"][test].min() > 0.0 >= tracks["static"]["nav"][test].min()
    with pytest.raises(RangeError, match="lost all NAV"):
        found.superior("static", resamples=50)
    assert np.isfinite(found.superior("unhedged", resamples=50).consistent)
    made = found.intervals(resamples=50)
    assert made["sharpe_excess"] is not None
    assert made["sharpe_excess_static"] is None


def test_d7_intervals_hold_the_numbers_of_the_result(result) -> None:
    found, made = result.found, result.intervals(resamples=200, seed=3)
    assert made["saving"].value == pytest.approx(found.saving["test"]["saving"], rel=1e-9)
    for name in ("dynamic_her", "static_her"):
        assert made[name].value == pytest.approx(found.her[name], rel=1e-9)
    assert made["sharpe_excess"].value == pytest.approx(
        found.strategies["test"]["dynamic"]["sharpe_excess"], rel=2e-3
    )
    assert made["saving"].low < made["saving"].value < made["saving"].high
    assert made["saving"] == result.intervals(resamples=200, seed=3)["saving"]
