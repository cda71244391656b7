"""Signals, rules, overlays, the trigger and actions; importing this package fills the catalogue."""

from hedgerow.policies.actions import Monetise, Restrike, RollOut, RollUp, StagedExit
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
from hedgerow.policies.rules import Bands, Constant, Linear, Sigmoid, Tiers, VolRatio
from hedgerow.policies.signals import Average, Level, RealisedVol
from hedgerow.policies.trigger import Trigger

__all__ = [
    "Average",
    "Bands",
    "Bounds",
    "Budget",
    "Constant",
    "Level",
    "Linear",
    "Monetise",
    "Persist",
    "RealisedVol",
    "Restrike",
    "RollOut",
    "RollUp",
    "Sigmoid",
    "Smooth",
    "StagedExit",
    "Tiers",
    "Trigger",
    "VolRatio",
]
