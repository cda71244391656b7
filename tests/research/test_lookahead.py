"""Nothing sees the future (D8), and whatever does is caught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from hedgerow import api
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import SIGNALS
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Put, PutSpread
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Average, Level, RealisedVol
from hedgerow.policies.trigger import Trigger
from hedgerow.research import lookahead
from synthetic import market

DRAWN = {
    "level": [Level("vix")],
    "realised_vol": [RealisedVol(), RealisedVol("spx", days=60)],
    "average": [Average(), Average("spx", days=50)],
}


def test_every_registered_signal_is_tested_here() -> None:
    assert set(DRAWN) == set(SIGNALS)


@pytest.mark.parametrize("signal", [s for many in DRAWN.values() for s in many], ids=str)
def test_signals_do_not_look_ahead(signal) -> None:
    assert lookahead.signal_agrees(signal, market(), count=60).passed


@pytest.mark.parametrize("signal", [s for many in DRAWN.values() for s in many], ids=str)
def test_signals_are_nan_until_they_are_warm_and_never_after(signal) -> None:
    column = signal(market())
    assert np.isnan(column[: signal.lookback - 1]).all()
    assert np.isfinite(column[signal.lookback - 1 :]).all()


@dataclass(frozen=True)
class Tomorrow:
    """Cheats: tomorrow's VIX."""

    kind: ClassVar[str] = "tomorrow"
    name: ClassVar[str] = "tomorrow"
    lookback: ClassVar[int] = 1

    def __call__(self, market: Market) -> np.ndarray:
        return np.r_[market["vix"][1:], market["vix"][-1]]


@dataclass(frozen=True)
class Scaled:
    """Cheats quietly: scaled by the extremes of the whole sample."""

    kind: ClassVar[str] = "scaled"
    name: ClassVar[str] = "scaled"
    lookback: ClassVar[int] = 1

    def __call__(self, market: Market) -> np.ndarray:
        vix = market["vix"]
        return 10 + 20 * (vix - vix.min()) / (vix.max() - vix.min() + 1e-9)


@dataclass(frozen=True)
class Filled:
    """Cheats with a centred window."""

    kind: ClassVar[str] = "centred"
    name: ClassVar[str] = "centred"
    lookback: ClassVar[int] = 1

    def __call__(self, market: Market) -> np.ndarray:
        return np.convolve(market["vix"], np.ones(5) / 5, mode="same")


@pytest.mark.parametrize("signal", [Tomorrow(), Scaled(), Filled()], ids=lambda s: s.name)
def test_a_cheating_signal_is_caught(signal) -> None:
    verdict = lookahead.signal_agrees(signal, market())
    assert not verdict.passed
    assert signal.name in verdict.detail


@pytest.mark.parametrize("signal", [Tomorrow(), Scaled(), Filled()], ids=lambda s: s.name)
def test_a_backtest_with_a_cheating_signal_says_so(signal) -> None:
    policy = Policy([Linear(signal.name), Trigger(signal.name)], signals=[signal], name="cheat")
    # the comparison still needs VIX for the static hedge and the sleeve
    result = api.backtest(policy, market(), Put())
    assert any(not verdict.passed for verdict in result.found.lookahead)
    assert "LOOK-AHEAD" in str(result)


@pytest.mark.parametrize(
    "sleeve",
    [Put(), Put(drift=0.05), PutSpread(), VixFuture(), VarianceSwap(), Underlying()],
    ids=lambda s: s.name,
)
@pytest.mark.parametrize("lag", [0, 1])
def test_sleeves_do_not_look_ahead(sleeve, lag: int) -> None:
    def lay(part: Market):
        return sleeve.strip(part, lag=lag)

    assert lookahead.sleeve_agrees(sleeve.name, lay, market(), count=25).passed


def test_whole_policies_do_not_look_ahead() -> None:
    from hedgerow.engine import run
    from hedgerow.engine.portfolio import Equity
    from hedgerow.instruments.costs import Costs
    from hedgerow.policies.overlays import Budget, Persist, Smooth
    from hedgerow.research.comparison import policy_agrees

    data = market()
    policy = Policy(
        [Linear("vix_ma10"), Smooth(), Persist(), Budget(), Trigger()],
        signals=[Level("vix"), Average("vix", days=10)],
    )
    for same_bar in (False, True):
        ground = run.prepare(data, Put(), Equity(1e7), lookback=policy.lookback, same_bar=same_bar)
        whole = run.play("whole", policy, ground)
        for cut in (60, 200, 500, 800):
            assert policy_agrees(whole, policy, Put(), ground, Costs(), cut).passed


def test_the_builtin_data_do_not_look_ahead(builtin) -> None:
    policy = Policy([Linear(), Trigger()], signals=[Level("vix"), RealisedVol()])
    result = api.backtest(policy, builtin, Put())
    assert all(verdict.passed for verdict in result.found.lookahead)
