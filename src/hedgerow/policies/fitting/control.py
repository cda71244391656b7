"""A14: the edges of a hedge's no-trade band, fitted to the past and solved for on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from pydantic import field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats, Market
from hedgerow.core.step import Signal, signal
from hedgerow.policies.fitted import Scheduled
from hedgerow.policies.fitting.chain import Terms, count, programme, state_of
from hedgerow.policies.fitting.kept import kept
from hedgerow.policies.fitting.programme import solve
from hedgerow.policies.rules import Points
from hedgerow.policies.signals import STRICT, Column
from hedgerow.policies.tables import Edges, as_tuple

SPOT = "spx"
"""Column of the index whose falls are crashes."""


@signal
@dataclass(frozen=True, config=STRICT)
class ControlEdge(Terms, Scheduled):
    """A14: an edge of the no-trade band in today's state, fitted to the past and solved for.

    A state is a bucket of VIX and one of two regimes.  Transitions and crash losses are counted on
    the sessions up to the fit; a dynamic programme then finds how far the intensity may stray
    before a trade costs less than it saves.  `WithinEdges` holds the intensity between the two.

    Parameters
    ----------
    edge
        ``"lower"``: buy up to it; ``"upper"``: sell down to it.
    column
        Column of VIX, points.
    edges
        Where one bucket of VIX ends and the next begins, rising; one to five.
    by
        Name of the signal that tells the regime, such as ``vix_ma20``.
    split
        The regime is high where that signal is over this.
    carry
        Cost of intensity 1.0 at VIX 20, a share of NAV a year; in proportion to VIX elsewhere.
    cost
        Cost of changing the intensity by 1.0 at VIX 20, a share of NAV; in proportion to VIX.
    loss
        What a unit of crash loss counts in units of cost; None for the weight at which
        intensity 1.0 is best on average.
    protection
        Share of a crash loss that intensity 1.0 takes away.
    fall
        Only what the index falls beyond this share counts as crash loss.
    horizon
        Sessions over which it falls.
    floor
        Least intensity.
    cap
        Greatest intensity.
    every
        ``year``, ``half``, ``quarter`` or ``month``: the first session of each brings a new fit.
        ``never``: the first fit stays.
    window
        Sessions fitted to; None for all the past.
    least
        Sessions that the first fit needs.

    Examples
    --------
    >>> ControlEdge("lower").name, ControlEdge("upper", least=500).lookback
    ('control_lower', 519)
    """

    edge: Literal["lower", "upper"] = "lower"
    column: Column = "vix"
    edges: Edges = (13.0, 16.0, 20.0, 25.0, 32.0)
    by: Column = "vix_ma20"
    split: Points = 20.0
    kind: ClassVar[str] = "control_edge"

    @field_validator("edges", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return as_tuple(value)

    @model_validator(mode="after")
    def _fits(self) -> ControlEdge:
        if any(high <= low for low, high in pairwise(self.edges)):
            raise ValueError("edges must rise")
        return self

    @property
    def name(self) -> str:
        """``control_lower`` or ``control_upper``."""
        return f"control_{self.edge}"

    @property
    def warmth(self) -> int:
        """The sessions that the regime's signal needs before its first."""
        return _named(self.by).lookback - 1

    @property
    def reach(self) -> int:
        """``horizon`` sessions more than the inputs: crash losses are counted that far ahead."""
        return super().reach + self.horizon

    def seen(self, market: Market) -> Floats:
        """Return VIX, the regime's signal and the index, **shape** (T, 3)."""
        return np.column_stack([market[self.column], _named(self.by)(market), market[SPOT]])

    def estimate(self, rows: Floats) -> Mapping[str, float]:
        """Count the states and solve for both edges.

        Parameters are ``loss`` and, for each state, ``lower_i`` and ``upper_i``; state i is VIX
        bucket i in the low regime, and in the high one after those.
        """
        # both edges come from one solution, and a policy asks for each
        return _solved(replace(self, edge="lower"), rows)

    def predict(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        """Return the edge in the state of each row."""
        states = state_of(rows[:, 0], rows[:, 1], self.edges, self.split)
        levels = [parameters[f"{self.edge}_{i}"] for i in range(2 * len(self.edges) + 2)]
        return np.array(levels)[states]


def _named(name: str) -> Signal:
    from hedgerow.policies.catalog import signal_named  # the catalogue imports this module

    return signal_named(name)


@kept
def _solved(edge: ControlEdge, rows: Floats) -> Mapping[str, float]:
    vix, by, spot = rows.T
    solvable = programme(count(vix, by, spot, edge.edges, edge.split, edge), edge)
    band = solve(solvable)
    found = {"loss": solvable.weight}
    for i, (lower, upper) in enumerate(zip(band.lower, band.upper, strict=True)):
        found |= {f"lower_{i}": float(lower), f"upper_{i}": float(upper)}
    return found
