"""A14: the edges of a hedge's no-trade band, fitted to the past and solved for on a schedule."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.fitting import Every, Fit, refits
from hedgerow.core.market import Floats, Market
from hedgerow.core.step import Signal, signal
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
class ControlEdge(Terms):
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
        Calendar period whose first session brings a new fit.
    least
        Sessions that a fit needs at least.

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
    every: Every = "year"
    least: Annotated[int, Field(ge=100, le=5040)] = 1260
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
    def lookback(self) -> int:
        """The sessions of the first fit, after those that the regime's signal needs."""
        return self.least + _named(self.by).lookback - 1

    def fits(self, market: Market) -> tuple[Fit, ...]:
        """Return every fit made on this market, oldest first.

        Parameters are ``loss`` and, for each state, ``lower_i`` and ``upper_i``; state i is VIX
        bucket i in the low regime, and in the high one after those.
        """
        seen = (market[self.column], _named(self.by)(market), market[SPOT])
        # both edges come from one solution, and a policy asks for each
        return _made(replace(self, edge="lower"), market.dates, np.column_stack(seen))

    def __call__(self, market: Market) -> Floats:
        """Return the edge, **shape** (T,), NaN before the first fit."""
        vix, by = market[self.column], _named(self.by)(market)
        states = state_of(vix, by, self.edges, self.split)
        out = np.full(len(market), np.nan)
        for fit in self.fits(market):
            levels = np.array(
                [fit.parameters[f"{self.edge}_{i}"] for i in range(2 * len(self.edges) + 2)]
            )
            out[fit.row :] = levels[states[fit.row :]]
        return np.where(np.isfinite(vix) & np.isfinite(by), out, np.nan)


def _named(name: str) -> Signal:
    from hedgerow.policies.catalog import signal_named  # the catalogue imports this module

    return signal_named(name)


@kept
def _made(edge: ControlEdge, days: NDArray[np.datetime64], columns: Floats) -> tuple[Fit, ...]:
    """Fit and solve on every date of the schedule; columns are VIX, the regime's signal, spot."""
    known = np.asarray(np.isfinite(columns).all(axis=1))
    first = int(np.argmax(known)) if known.any() else len(days)
    made = []
    for row in refits(days, edge.every, edge.least, first):
        used = np.flatnonzero(known[: row + 1])
        vix, by, spot = columns[used].T
        chain = count(vix, by, spot, edge.edges, edge.split, edge)
        solvable = programme(chain, edge)
        band = solve(solvable)
        found = {"loss": solvable.weight}
        for i, (lower, upper) in enumerate(zip(band.lower, band.upper, strict=True)):
            found |= {f"lower_{i}": float(lower), f"upper_{i}": float(upper)}
        dated = (str(days[row]), str(days[used[0]]), str(days[used[-1]]))
        made.append(Fit(int(row), *dated, len(used), found))
    return tuple(made)
