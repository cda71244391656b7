"""Signals, rules, overlays, the trigger and actions; importing this package fills the catalogue."""

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
from hedgerow.policies.rules import Bands, Constant, Linear, Sigmoid, Tiers, VolRatio
from hedgerow.policies.scope import CorrelationScope, Scope
from hedgerow.policies.signals import Average, Future, Level, RealisedVol, Trend
from hedgerow.policies.standing import Change, Over, ZScore
from hedgerow.policies.stop import Stop
from hedgerow.policies.tables import Ladder, Table
from hedgerow.policies.term_structure import CurveRatio, TermSplit
from hedgerow.policies.timing import Events, ExecutionWindow
from hedgerow.policies.trigger import AtRoll, Trigger

__all__ = [
    "AdaptiveBands",
    "AdaptiveLinear",
    "AdaptiveTiers",
    "AtRoll",
    "Average",
    "BandTable",
    "Bands",
    "Bounds",
    "Budget",
    "Change",
    "Constant",
    "ControlEdge",
    "Correlation",
    "CorrelationRatio",
    "CorrelationScope",
    "CrashHazard",
    "CrashIntensity",
    "CurveRatio",
    "DeltaBand",
    "DeltaNeutral",
    "Divergence",
    "Drawdown",
    "Events",
    "ExecutionWindow",
    "Future",
    "Greeks",
    "Hawkes",
    "Hurdle",
    "ImpliedCorrelation",
    "IvBeta",
    "Ladder",
    "Layered",
    "LayeredTrade",
    "LeaveBefore",
    "Level",
    "Linear",
    "Macd",
    "Monetise",
    "OnChange",
    "Over",
    "Persist",
    "Quantile",
    "RealisedVol",
    "Regime",
    "RegimeCount",
    "RegimeProbability",
    "Restrike",
    "RollOut",
    "RollTested",
    "RollUp",
    "Rsi",
    "Scope",
    "SecondEngine",
    "Sigmoid",
    "Smooth",
    "StagedExit",
    "Stop",
    "StopLoss",
    "Table",
    "TakeProfit",
    "TermSplit",
    "Tiers",
    "Trend",
    "Trigger",
    "VegaBeta",
    "VolRatio",
    "WhalleyWilmott",
    "WithinEdges",
    "ZScore",
]
