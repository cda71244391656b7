"""Signals, rules, overlays and the trigger; importing this package fills the catalogue."""

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
    "Persist",
    "RealisedVol",
    "Sigmoid",
    "Smooth",
    "Tiers",
    "Trigger",
    "VolRatio",
]
