"""Hedgerow: hedges that scale with the market's state instead of staying fixed.

Everything that a user writes is a name of this package (``import hedgerow as hr``); a name
is imported when it is first used, so that ``import hedgerow`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgerow import errors
    from hedgerow.api import backtest, load, load_policy
    from hedgerow.api.alvh import alvh_explain, alvh_state
    from hedgerow.api.asymmetry import asymmetry
    from hedgerow.api.choosing import compare
    from hedgerow.api.claims import claims
    from hedgerow.api.condor import condor
    from hedgerow.api.control import control
    from hedgerow.api.falling import falls
    from hedgerow.api.hedging import hedge_condors
    from hedgerow.api.lookahead import lookahead
    from hedgerow.api.monitoring import monitor
    from hedgerow.api.replaying import replay_hedge
    from hedgerow.api.scalping import scalp
    from hedgerow.api.searching import search, surface
    from hedgerow.api.signalling import signals
    from hedgerow.api.simulating import draw
    from hedgerow.api.source import example, readings
    from hedgerow.api.stressing import stress, stress_book
    from hedgerow.api.structures import compare_hedges, plan_hedge
    from hedgerow.api.sweeping import shortlist, sweep
    from hedgerow.api.trading import load_program, trade
    from hedgerow.api.walking import walk
    from hedgerow.core.contract import FutureContract, OptionContract
    from hedgerow.core.market import Market
    from hedgerow.core.policy import Policy
    from hedgerow.engine.broker import Execution
    from hedgerow.engine.liquidity import Liquidity
    from hedgerow.engine.margining import MarginRule
    from hedgerow.engine.portfolio import Equity
    from hedgerow.engine.program import Line, Program
    from hedgerow.engine.rulebook import rulebook
    from hedgerow.errors import (
        DataError,
        HedgerowError,
        LedgerError,
        PolicyError,
        RangeError,
        SleeveError,
    )
    from hedgerow.instruments import structures
    from hedgerow.instruments.analysis import analyse
    from hedgerow.instruments.costs import Costs
    from hedgerow.instruments.future import VixFuture
    from hedgerow.instruments.future_constant import VixFutureConstant
    from hedgerow.instruments.margin import margin
    from hedgerow.instruments.options import (
        Call,
        CallSpread,
        Collar,
        Condor,
        Put,
        PutSpread,
        Straddle,
        Strangle,
    )
    from hedgerow.instruments.sizes import (
        Contracts,
        MaxLoss,
        Notional,
        Premium,
        Vega,
        VegaShare,
    )
    from hedgerow.instruments.state import State
    from hedgerow.instruments.structure import Position, Shares, Structure
    from hedgerow.instruments.underlying import Underlying
    from hedgerow.instruments.variance import VarianceSwap
    from hedgerow.instruments.vix_options import VixCall, VixCallSpread, VixPut
    from hedgerow.policies.actions import Monetise, Restrike, RollOut, RollUp, StagedExit
    from hedgerow.policies.control import BandTable, OnChange, WithinEdges
    from hedgerow.policies.correlation import Correlation, CorrelationRatio, ImpliedCorrelation
    from hedgerow.policies.crash import CrashHazard, CrashIntensity, Hawkes
    from hedgerow.policies.divergence import Divergence
    from hedgerow.policies.drawdown import Drawdown
    from hedgerow.policies.fitting.control import ControlEdge
    from hedgerow.policies.greeks import DeltaNeutral, Greeks
    from hedgerow.policies.hedging import DeltaBand, WhalleyWilmott
    from hedgerow.policies.hurdle import Hurdle
    from hedgerow.policies.iv_beta import IvBeta
    from hedgerow.policies.layered import Layered
    from hedgerow.policies.layered_beside import LayeredTrade, SecondEngine, VegaBeta
    from hedgerow.policies.managing import LeaveBefore, RollTested, StopLoss, TakeProfit
    from hedgerow.policies.momentum import Macd, Rsi
    from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
    from hedgerow.policies.percentiles import AdaptiveBands, AdaptiveLinear, AdaptiveTiers, Quantile
    from hedgerow.policies.regimes import Regime, RegimeCount, RegimeProbability
    from hedgerow.policies.rules import (
        Bands,
        Constant,
        Linear,
        Sigmoid,
        Tiers,
        VolRatio,
    )
    from hedgerow.policies.scope import CorrelationScope, Scope
    from hedgerow.policies.signals import Average, Future, Level, RealisedVol, Trend
    from hedgerow.policies.standing import Change, Over, ZScore
    from hedgerow.policies.stop import Stop
    from hedgerow.policies.tables import Ladder, Table
    from hedgerow.policies.term_structure import CurveRatio, TermSplit
    from hedgerow.policies.timing import Events, ExecutionWindow
    from hedgerow.policies.trigger import AtRoll, Trigger
    from hedgerow.research.gate.thresholds import Thresholds
    from hedgerow.shortvol.asymmetry.response import Response
    from hedgerow.shortvol.condor import CondorRules
    from hedgerow.shortvol.intraday.book import CondorBook
    from hedgerow.shortvol.intraday.fund import FundCosts
    from hedgerow.shortvol.layered.rules import LayeredRules
    from hedgerow.simulate.bates import Bates
    from hedgerow.simulate.bootstrap import BlockBootstrap
    from hedgerow.simulate.falls import BlackMonday, FlashCrash, Grind
    from hedgerow.simulate.paths import Start
    from hedgerow.simulate.regime import RegimeModel
    from hedgerow.simulate.replay import Replay
    from hedgerow.simulate.sanity import sane

__version__ = "0.1.0"

__all__ = [
    "AdaptiveBands",
    "AdaptiveLinear",
    "AdaptiveTiers",
    "AtRoll",
    "Average",
    "BandTable",
    "Bands",
    "Bates",
    "BlackMonday",
    "BlockBootstrap",
    "Bounds",
    "Budget",
    "Call",
    "CallSpread",
    "Change",
    "Collar",
    "Condor",
    "CondorBook",
    "CondorRules",
    "Constant",
    "Contracts",
    "ControlEdge",
    "Correlation",
    "CorrelationRatio",
    "CorrelationScope",
    "Costs",
    "CrashHazard",
    "CrashIntensity",
    "CurveRatio",
    "DataError",
    "DeltaBand",
    "DeltaNeutral",
    "Divergence",
    "Drawdown",
    "Equity",
    "Events",
    "Execution",
    "ExecutionWindow",
    "FlashCrash",
    "FundCosts",
    "Future",
    "FutureContract",
    "Greeks",
    "Grind",
    "Hawkes",
    "HedgerowError",
    "Hurdle",
    "ImpliedCorrelation",
    "IvBeta",
    "Ladder",
    "Layered",
    "LayeredRules",
    "LayeredTrade",
    "LeaveBefore",
    "LedgerError",
    "Level",
    "Line",
    "Linear",
    "Liquidity",
    "Macd",
    "MarginRule",
    "Market",
    "MaxLoss",
    "Monetise",
    "Notional",
    "OnChange",
    "OptionContract",
    "Over",
    "Persist",
    "Policy",
    "PolicyError",
    "Position",
    "Premium",
    "Program",
    "Put",
    "PutSpread",
    "Quantile",
    "RangeError",
    "RealisedVol",
    "Regime",
    "RegimeCount",
    "RegimeModel",
    "RegimeProbability",
    "Replay",
    "Response",
    "Restrike",
    "RollOut",
    "RollTested",
    "RollUp",
    "Rsi",
    "Scope",
    "SecondEngine",
    "Shares",
    "Sigmoid",
    "SleeveError",
    "Smooth",
    "StagedExit",
    "Start",
    "State",
    "Stop",
    "StopLoss",
    "Straddle",
    "Strangle",
    "Structure",
    "Table",
    "TakeProfit",
    "TermSplit",
    "Thresholds",
    "Tiers",
    "Trend",
    "Trigger",
    "Underlying",
    "VarianceSwap",
    "Vega",
    "VegaBeta",
    "VegaShare",
    "VixCall",
    "VixCallSpread",
    "VixFuture",
    "VixFutureConstant",
    "VixPut",
    "VolRatio",
    "WhalleyWilmott",
    "WithinEdges",
    "ZScore",
    "__version__",
    "alvh_explain",
    "alvh_state",
    "analyse",
    "asymmetry",
    "backtest",
    "claims",
    "compare",
    "compare_hedges",
    "condor",
    "control",
    "draw",
    "errors",
    "example",
    "falls",
    "hedge_condors",
    "load",
    "load_policy",
    "load_program",
    "lookahead",
    "margin",
    "monitor",
    "plan_hedge",
    "readings",
    "replay_hedge",
    "rulebook",
    "sane",
    "scalp",
    "search",
    "shortlist",
    "signals",
    "stress",
    "stress_book",
    "structures",
    "surface",
    "sweep",
    "trade",
    "walk",
]

_HOMES = {
    "api": ("backtest", "load", "load_policy"),
    "core.contract": ("FutureContract", "OptionContract"),
    "core.market": ("Market",),
    "core.policy": ("Policy",),
    "api.alvh": ("alvh_explain", "alvh_state"),
    "api.choosing": ("compare",),
    "api.scalping": ("scalp",),
    "api.asymmetry": ("asymmetry",),
    "api.falling": ("falls",),
    "api.signalling": ("signals",),
    "api.replaying": ("replay_hedge",),
    "api.simulating": ("draw",),
    "api.source": ("example", "readings"),
    "api.condor": ("condor",),
    "api.control": ("control",),
    "api.structures": ("compare_hedges", "plan_hedge"),
    "api.hedging": ("hedge_condors",),
    "api.lookahead": ("lookahead",),
    "api.claims": ("claims",),
    "api.sweeping": ("shortlist", "sweep"),
    "api.stressing": ("stress", "stress_book"),
    "api.monitoring": ("monitor",),
    "api.trading": ("load_program", "trade"),
    "api.searching": ("search", "surface"),
    "api.walking": ("walk",),
    "engine.broker": ("Execution",),
    "engine.liquidity": ("Liquidity",),
    "engine.margining": ("MarginRule",),
    "engine.portfolio": ("Equity",),
    "engine.program": ("Line", "Program"),
    "engine.rulebook": ("rulebook",),
    "errors": (
        "DataError",
        "HedgerowError",
        "LedgerError",
        "PolicyError",
        "RangeError",
        "SleeveError",
    ),
    "instruments.analysis": ("analyse",),
    "instruments.costs": ("Costs",),
    "instruments.margin": ("margin",),
    "instruments.options": (
        "Call",
        "CallSpread",
        "Collar",
        "Condor",
        "Put",
        "PutSpread",
        "Straddle",
        "Strangle",
    ),
    "instruments.sizes": ("Contracts", "MaxLoss", "Notional", "Premium", "Vega", "VegaShare"),
    "instruments.underlying": ("Underlying",),
    "instruments.state": ("State",),
    "instruments.structure": ("Position", "Shares", "Structure"),
    "instruments.variance": ("VarianceSwap",),
    "instruments.future": ("VixFuture",),
    "instruments.vix_options": (
        "VixCall",
        "VixCallSpread",
        "VixPut",
    ),
    "instruments.future_constant": ("VixFutureConstant",),
    "research.gate.thresholds": ("Thresholds",),
    "policies": (
        *("Average", "Future", "Level", "RealisedVol", "Trend"),
        *("CrashHazard", "CrashIntensity", "Hawkes"),
        *("Regime", "RegimeCount", "RegimeProbability"),
        *("Bands", "Constant", "Ladder", "Linear", "Sigmoid", "Table", "Tiers", "VolRatio"),
        *("BandTable", "ControlEdge", "OnChange", "WithinEdges"),
        *("AtRoll", "Bounds", "Budget", "Persist", "Smooth", "Stop", "Trigger"),
        *("DeltaBand", "Hurdle", "WhalleyWilmott"),
        *("Layered", "LayeredTrade", "SecondEngine", "VegaBeta"),
        *("AdaptiveBands", "AdaptiveLinear", "AdaptiveTiers", "Quantile"),
        *("Correlation", "CorrelationRatio", "CorrelationScope", "ImpliedCorrelation", "Scope"),
        *("Events", "ExecutionWindow", "Macd", "Rsi"),
        *("CurveRatio", "DeltaNeutral", "Drawdown", "Greeks", "IvBeta", "TermSplit"),
        *("Change", "Divergence", "Over", "ZScore"),
        *("Monetise", "Restrike", "RollOut", "RollUp", "StagedExit"),
        *("LeaveBefore", "RollTested", "StopLoss", "TakeProfit"),
    ),
    "shortvol.asymmetry.response": ("Response",),
    "shortvol.intraday.book": ("CondorBook",),
    "shortvol.intraday.fund": ("FundCosts",),
    "shortvol.condor": ("CondorRules",),
    "shortvol.layered.rules": ("LayeredRules",),
    "simulate.bates": ("Bates",),
    "simulate.bootstrap": ("BlockBootstrap",),
    "simulate.falls": ("BlackMonday", "FlashCrash", "Grind"),
    "simulate.paths": ("Start",),
    "simulate.regime": ("RegimeModel",),
    "simulate.replay": ("Replay",),
    "simulate.sanity": ("sane",),
}
_MODULES = {"errors": "hedgerow.errors", "structures": "hedgerow.instruments.structures"}
_HOME = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Policy":
        # A policy file names steps by kind: the catalogue must be filled before it is read.
        import_module("hedgerow.policies")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
