"""Signals, rules, overlays, the trigger and actions; importing this package fills the catalogue."""

from hedgerow.policies.actions import Monetise, Restrike, RollOut, RollUp, StagedExit
from hedgerow.policies.control import BandTable, OnChange, WithinEdges
from hedgerow.policies.fitting.control import ControlEdge
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
from hedgerow.policies.rules import Bands, Constant, Linear, Sigmoid, Tiers, VolRatio
from hedgerow.policies.signals import Average, Future, Level, RealisedVol, Trend
from hedgerow.policies.stop import Stop
from hedgerow.policies.tables import Ladder, Table
from hedgerow.policies.trigger import AtRoll, Trigger

__all__ = [
    "AtRoll",
    "Average",
    "BandTable",
    "Bands",
    "Bounds",
    "Budget",
    "Constant",
    "ControlEdge",
    "Future",
    "Ladder",
    "Level",
    "Linear",
    "Monetise",
    "OnChange",
    "Persist",
    "RealisedVol",
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
    "WithinEdges",
]
