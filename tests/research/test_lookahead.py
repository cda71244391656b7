"""Nothing sees the future (D8), and whatever does is caught."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from hedgerow import api
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import SIGNALS
from hedgerow.core.strip import Strip
from hedgerow.errors import DataError
from hedgerow.instruments import catalog
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.policies.correlation import Correlation, ImpliedCorrelation
from hedgerow.policies.crash import CrashHazard, Hawkes
from hedgerow.policies.divergence import Divergence
from hedgerow.policies.fitting.control import ControlEdge
from hedgerow.policies.iv_beta import IvBeta
from hedgerow.policies.momentum import Macd, Rsi
from hedgerow.policies.percentiles import Quantile
from hedgerow.policies.regimes import RegimeCount, RegimeProbability
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Average, Future, Level, RealisedVol, Trend
from hedgerow.policies.standing import Change, Over, ZScore
from hedgerow.policies.term_structure import CurveRatio
from hedgerow.policies.timing import Events, ExecutionWindow
from hedgerow.policies.trigger import Trigger
from hedgerow.research import lookahead
from sleeves import EVERY, label
from synthetic import informed, market

DRAWN = {
    "level": [Level("vix")],
    "realised_vol": [RealisedVol(), RealisedVol("spx", days=60)],
    "average": [Average(), Average("spx", days=50)],
    "trend": [Trend(), Trend("spx", short=2, long=9, days=3)],
    "control_edge": [
        ControlEdge(least=300, every="quarter"),
        ControlEdge("upper", by="rv20", split=0.12, least=250, every="half"),
    ],
    "future": [Future(), Future(2, lag=0), Future(8)],
    "crash_hazard": [
        CrashHazard(least=250),
        CrashHazard(0.01, 5, event="day", every="quarter", window=400, least=300),
        CrashHazard(least=300, every="never"),
    ],
    "hawkes": [Hawkes(0.01, least=250), Hawkes(0.015, every="never", window=400, least=400)],
    "regime_probability": [
        RegimeProbability(least=250, window=500),
        RegimeProbability("vix", least=300, every="half"),
        RegimeProbability(least=300, every="never"),
    ],
    "regime_count": [
        RegimeCount(least=250),
        RegimeCount("vix", level=15.0, every="month", least=60),
    ],
    "curve_ratio": [CurveRatio(), CurveRatio(short=10, long=180)],
    "iv_beta": [IvBeta(), IvBeta(20, 60, "low"), IvBeta(120, 100, "high", 0.9)],
    "correlation": [Correlation(("spx", "spx_open"), 20), Correlation(("spx", "vix", "spx_open"))],
    "implied_correlation": [
        ImpliedCorrelation("vix"),
        ImpliedCorrelation("vix", ("spx", "spx_open"), (0.6, 0.4)),
    ],
    "rsi": [Rsi(), Rsi("vx30", days=5), Rsi("spx", days=60)],
    "macd": [
        Macd(),
        Macd("vx30", part="line"),
        Macd("spx", fast=3, slow=10, smooth=16, part="signal"),
    ],
    "divergence": [
        Divergence(),
        Divergence(days=10, mean=5),
        Divergence("sectors", days=5, mean=30, rise=1.0),
    ],
    "zscore": [ZScore(), ZScore("vx30", days=20)],
    "change": [Change("breadth", days=5), Change("spx")],
    "over": [Over(), Over("vix", level=20.0)],
    "events": [Events(), Events(("fomc", "cpi"), ahead=3)],
    "execution_window": [ExecutionWindow(), ExecutionWindow(30, 30)],
    "quantile": [Quantile(), Quantile("spx", 35, days=300, least=5), Quantile(days=252)],
}


def test_every_registered_signal_is_tested_here() -> None:
    for kind in SIGNALS:
        assert kind in DRAWN, f"add an entry for '{kind}' to tests/research/test_lookahead.py:DRAWN"
    for kind, many in DRAWN.items():
        assert kind in SIGNALS, f"remove '{kind}' from tests/research/test_lookahead.py:DRAWN"
        assert {signal.kind for signal in many} == {kind}


@pytest.mark.parametrize("signal", [s for many in DRAWN.values() for s in many], ids=str)
def test_signals_do_not_look_ahead(signal) -> None:
    assert lookahead.signal_agrees(signal, informed(), count=60).passed


@pytest.mark.parametrize("signal", [s for many in DRAWN.values() for s in many], ids=str)
def test_signals_are_nan_until_they_are_warm_and_never_after(signal) -> None:
    column = signal(informed())
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


@pytest.mark.parametrize("sleeve", EVERY, ids=label)
@pytest.mark.parametrize("lag", [0, 1])
def test_sleeves_do_not_look_ahead(sleeve, lag: int) -> None:
    def lay(part: Market):
        return sleeve.strip(part, lag=lag)

    assert lookahead.sleeve_agrees(sleeve.name, lay, market(), count=25).passed


def test_a_sleeve_on_skew_with_gaps_does_not_look_ahead() -> None:
    whole = market()
    skew = 118.0 + 3.0 * np.sqrt(whole["vix"])
    skew[100:105] = skew[300:340] = np.nan
    data = whole.with_columns({"skew": skew})
    assert lookahead.sleeve_agrees("put", lambda part: Put().strip(part, lag=1), data).passed
    assert not np.array_equal(Put().strip(data).mark, Put().strip(whole).mark)


@dataclass(frozen=True)
class Clairvoyant(Put):
    """Cheats: strikes and prices of the next close."""

    kind: ClassVar[str] = "clairvoyant"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        ahead = np.r_[market["spx"][1:], market["spx"][-1]]
        return super().strip(market.with_columns({"spx": ahead}), lag=lag, costs=costs)


@dataclass(frozen=True)
class Sizer(Put):
    """Cheats where nobody looks: only the size is made from the next close."""

    kind: ClassVar[str] = "sizer"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        strip = super().strip(market, lag=lag, costs=costs)
        return replace(strip, next_notional=np.r_[strip.next_notional[1:], strip.next_notional[-1]])


@dataclass(frozen=True)
class Lenient(Put):
    """Cheats quietly: the spread knows the greatest VIX of the whole sample."""

    kind: ClassVar[str] = "lenient"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        strip = super().strip(market, lag=lag, costs=costs)
        spread = strip.half_spread_open * 20.0 / market["vix"].max()
        return replace(strip, half_spread_open=spread)


@pytest.mark.parametrize("cheat", [Clairvoyant, Sizer, Lenient])
def test_a_registered_sleeve_that_cheats_is_caught(cheat, monkeypatch) -> None:
    monkeypatch.setattr(catalog, "SLEEVES", {**catalog.SLEEVES, cheat.kind: cheat})
    sleeve = catalog.parse_sleeve(f"{cheat.kind}:size=notional:1")
    verdict = lookahead.sleeve_agrees(sleeve.name, sleeve.strip, market())
    assert not verdict.passed
    assert sleeve.name in verdict.detail or sleeve.name in verdict.name
    result = api.backtest(Policy([Linear(), Trigger()], signals=[Level("vix")]), market(), sleeve)
    assert any(not verdict.passed for verdict in result.found.lookahead)
    assert "LOOK-AHEAD" in str(result)


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


def test_a_signal_that_begins_with_the_run_is_cut_inside_it():
    """As a calendar of meetings that begins after the prices do."""

    def late(part: Market) -> dict[str, np.ndarray]:
        if len(part) <= 200:
            raise DataError("not known yet", where="late", mend="begin later")
        return {"late": np.where(np.arange(len(part)) >= 200, part["vix"], np.nan)}

    made = market(400)
    assert lookahead.columns_agree("late", made, late, first=201).passed
    with pytest.raises(DataError, match="not known yet"):
        lookahead.columns_agree("late", made, late)
