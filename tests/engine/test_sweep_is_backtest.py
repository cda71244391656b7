"""The sweep is the backtest: every lane of a sweep is the very run of its policy."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow import api
from hedgerow.api.sweeping import sweep
from hedgerow.core.measure import STANDARD, Moments
from hedgerow.core.policy import Policy
from hedgerow.instruments.options import Put
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from sleeves import EVERY, FIRST, label
from synthetic import market

POLICY = Policy(
    [Linear(), Bounds(), Smooth(days=3), Persist(), Budget(per_year=0.01), Trigger()],
    signals=[Level("vix")],
)
AXES = {"linear.low": [10.0, 12.0], "budget.per_year": [0.002, 0.02]}


@pytest.mark.parametrize(
    "sleeve",
    [pytest.param(s, marks=() if s in FIRST else pytest.mark.slow) for s in EVERY],
    ids=label,
)
def test_every_lane_is_the_backtest_of_its_policy(sleeve) -> None:
    data, measures = market(), (*STANDARD, Moments())
    swept = sweep(POLICY, data, sleeve, AXES, carriage="compiled", measures=measures)
    by_numpy = sweep(POLICY, data, sleeve, AXES, carriage="numpy", measures=measures).results
    for lane in range(len(swept)):
        track = api.backtest(swept.policy(lane), data, sleeve).found.tracks["dynamic"]
        falls = track["nav"] / np.maximum.accumulate(np.r_[1e7, track["nav"]])[1:] - 1.0
        assert np.abs(track["held"]).max() > 0.0
        for results in (swept.results, by_numpy):
            got = {name: column[lane] for name, column in results.items()}
            assert got["final_nav"] == track["nav"][-1]
            assert got["hedge_pnl"] == track["hedge"][-1]
            assert got["trades"] == np.count_nonzero(track["traded"])
            assert got["costs"] == pytest.approx(track["cost"].sum(), rel=1e-12)
            assert got["carry_paid"] == pytest.approx(track["carry"].sum(), rel=1e-12)
            assert got["max_drawdown"] == pytest.approx(falls.min(), rel=1e-12)


def test_the_table_of_a_sweep_has_a_sharpe_that_numpy_finds_too() -> None:
    data = market()
    swept = sweep(POLICY, data, Put(), AXES)
    nav = api.backtest(swept.policy(1), data, Put()).found.tracks["dynamic"]["nav"]
    earned = nav[1:] / nav[:-1] - 1.0
    expected = earned.mean() / earned.std(ddof=1) * np.sqrt(252)
    assert swept.table()["sharpe_realised"][1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("sleeve", FIRST, ids=label)
def test_on_the_builtin_history_too(builtin, sleeve) -> None:
    swept = sweep(POLICY, builtin, sleeve, {"linear.low": [10.0, 14.0]}, start="2005-01-03")
    for lane in range(2):
        result = api.backtest(swept.policy(lane), builtin, sleeve, start="2005-01-03")
        assert swept.results["final_nav"][lane] == result.found.tracks["dynamic"]["nav"][-1]


def test_memory_does_not_grow_with_bars_times_lanes() -> None:
    import tracemalloc

    data = market()
    lanes = np.linspace(1.0, 20.0, 20_000)
    sweep(POLICY, data, Put(), {"linear.low": lanes[:10]})  # compile first
    tracemalloc.start()
    sweep(POLICY, data, Put(), {"linear.low": lanes})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    everything = len(data) * len(lanes) * 8
    assert peak < everything / 5
