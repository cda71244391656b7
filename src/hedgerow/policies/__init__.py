"""Signals, rules, overlays, the trigger and actions; importing this package fills the catalogue."""

from hedgerow.policies.actions import Monetise, Restrike, RollOut, RollUp, StagedExit
from hedgerow.policies.crash import CrashHazard, CrashIntensity, Hawkes
from hedgerow.policies.hedging import DeltaBand, WhalleyWilmott
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
from hedgerow.policies.regimes import Regime, RegimeCount, RegimeProbability
from hedgerow.policies.rules import Bands, Constant, Linear, Sigmoid, Tiers, VolRatio
from hedgerow.policies.signals import Average, Future, Level, RealisedVol, Trend
from hedgerow.policies.stop import Stop
from hedgerow.policies.tables import Ladder, Table
from hedgerow.policies.trigger import AtRoll, Trigger

__all__ = [
    "AtRoll",
    "Average",
    "Bands",
    "Bounds",
    "Budget",
    "Constant",
    "CrashHazard",
    "CrashIntensity",
    "DeltaBand",
    "Future",
    "Hawkes",
    "Ladder",
    "Level",
    "Linear",
    "Monetise",
    "Persist",
    "RealisedVol",
    "Regime",
    "RegimeCount",
    "RegimeProbability",
    "Restrike",
    "RollOut",
    "RollUp",
    "Sigmoid",
    "Smooth",
    "StagedExit",
    "Stop",
    "Table",
    "Tiers",
    "Trend",
    "Trigger",
    "VolRatio",
    "WhalleyWilmott",
]
