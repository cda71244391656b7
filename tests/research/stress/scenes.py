"""A small model, a history and policies for the tests of stresses."""

from __future__ import annotations

from typing import Any

import numpy as np

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.research.stress.job import Alone, Fixed, StressJob, Terms
from hedgerow.research.stress.scenario import Scenario
from hedgerow.simulate.regime import RegimeLaw, RegimeModel

CALM = RegimeLaw(0.06, 0.7, 0.13, 0.06, 0.05, 0.06, 0.04, 0.04, 0.01, 2.4, 0.3)
WILD = RegimeLaw(0.0, 0.8, 0.18, 0.06, 0.04, 0.06, 0.05, 0.06, 0.03, 3.2, 0.3)
MODEL = RegimeModel((CALM, WILD), ((0.99, 0.01), (0.02, 0.98)))

VIX = [hr.Level("vix")]
POLICY = hr.Policy([hr.Linear("vix", low=12, high=22), hr.Trigger("vix", move=2.0)], VIX)
AVERAGED = hr.Policy([hr.Linear("vix_ma10", low=12, high=22)], [hr.Average("vix", days=10)])


def history(sessions: int = 90) -> Market:
    rng = np.random.default_rng(3)
    days = np.busday_offset("2019-09-02", np.arange(sessions), roll="forward")
    made = {
        "spx": 3000.0 * np.exp(np.cumsum(rng.normal(0, 0.01, sessions))),
        "vix": 15.0 * np.exp(np.cumsum(rng.normal(0, 0.04, sessions))),
        "rate": np.full(sessions, 0.02),
        "dividend_yield": np.full(sessions, 0.018),
    }
    return Market(days.astype("datetime64[ns]"), made)


def job(
    policy: hr.Policy = POLICY, *, paths: int = 70, sessions: int = 60, size: int = 64, **given: Any
) -> StressJob:
    model = given.pop("model", MODEL)
    seed = given.pop("seed", 5)
    scene = Scenario.of(model, history(), paths, sessions, seed=seed, lookback=policy.lookback)
    terms = Terms(scene, given.pop("sleeve", hr.Put()), hr.Equity(), hr.Costs())
    strategies = {"unhedged": Alone(), "static": Fixed(1.0), "dynamic": policy}
    return StressJob(terms, strategies, size=size, **given)
