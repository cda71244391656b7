"""Tracks side by side over bars that no choice has seen: the half of a study that counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research import crises, performance
from hedgerow.research.comparison import (
    cash_returns,
    divesting,
    fixed_policy,
)
from hedgerow.research.reservations import modelled_signals, origins_of
from hedgerow.research.tuning.lanes import falls_in
from hedgerow.research.tuning.objective import Objective, tally_of


@dataclass(frozen=True, repr=False)
class Judged:
    """Tracks that begin together with fresh books, and what each did.

    Parameters
    ----------
    policy, sleeve, costs, ground
        What was run on what.
    tracks
        ``unhedged``, ``static``, and hedges by name.
    strategies
        Statistics of each.
    saving, her
        Of each hedge: C1-C3 against ``static``, and HER over the crises of these bars.
    divest
        Each hedge beside holding less equity (D9).
    provenance, remarks
        Where the data came from, and what of the signals is a model's.
    """

    policy: Policy
    sleeve: Sleeve
    costs: Costs
    ground: Ground
    tracks: Mapping[str, Track]
    strategies: Mapping[str, Mapping[str, Any]]
    saving: Mapping[str, Mapping[str, Any]]
    her: Mapping[str, float | None]
    divest: Mapping[str, Mapping[str, Any] | None]
    provenance: Mapping[str, Mapping[str, Any]]
    remarks: tuple[str, ...]

    @property
    def period(self) -> dict[str, Any]:
        """First and last date and number of sessions."""
        days = self.tracks["static"].dates
        return {"from": str(days[0]), "to": str(days[-1]), "sessions": len(days)}

    def lead(self, name: str, over: str) -> Lead:
        """Return the lead of one track's Sharpe ratio over bills above another's."""
        bills = cash_returns(self.ground)[1:]
        ours, theirs = (performance.returns(self.tracks[n]["nav"]) - bills for n in (name, over))
        return sharpe_lead(ours, theirs)

    def measures(self, aim: Objective, rows: slice | None = None) -> dict[str, float]:
        """Return what an objective measures over some of the bars, by hedge.

        Parameters
        ----------
        aim
            The objective.
        rows
            The first only sets the starting NAV; all by default.
        """
        part = rows or slice(0, len(self.tracks["static"]))
        bills, falls = cash_returns(self.ground), falls_in(self.ground, part)
        tallies = {name: tally_of(self.tracks[name], bills, part, falls) for name in self.saving}
        return {
            name: float(aim.measure(tally, tallies["static"])[0]) for name, tally in tallies.items()
        }


class Lead(NamedTuple):
    """A Sharpe ratio above another's, a year."""

    value: float
    error: float
    """Its standard error."""


def sharpe_lead(ours: Floats, theirs: Floats) -> Lead:
    """Return the lead of one Sharpe ratio over another of the same days, with its standard error.

    Memmel: Performance hypothesis testing with the Sharpe ratio, Finance Letters 1 (2003), whose
    variance, for normal returns of correlation ρ, is
    ``[2 − 2ρ + ½(a² + b² − 2abρ²)] / T``, a and b the ratios per session.

    Parameters
    ----------
    ours, theirs
        Daily returns over bills, **shape** (T,).

    Examples
    --------
    >>> x = np.array([0.01, -0.005, 0.01, -0.005])
    >>> sharpe_lead(x, x)
    Lead(value=0.0, error=0.0)
    """
    a, b = (performance.sharpe(each) / math.sqrt(performance.YEAR) for each in (ours, theirs))
    rho = float(np.corrcoef(ours, theirs)[0, 1])
    variance = 2.0 - 2.0 * rho + 0.5 * (a * a + b * b - 2.0 * a * b * rho * rho)
    year = math.sqrt(performance.YEAR)
    return Lead((a - b) * year, math.sqrt(max(variance, 0.0) / len(ours)) * year)


def judge(
    policy: Policy,
    sleeve: Sleeve,
    costs: Costs,
    ground: Ground,
    hedges: Mapping[str, Policy | Track],
) -> Judged:
    """Play hedges beside no hedge and a fixed one, and say what each did.

    Parameters
    ----------
    policy, sleeve, costs, ground
        What is judged, and the ground that begins with the first bar judged.
    hedges
        Policies to be played, or tracks of the same bars, by name.
    """
    tracks = {
        "unhedged": run.unhedged(ground),
        "static": run.play("static", fixed_policy(ground), ground),
        **{
            name: hedge if isinstance(hedge, Track) else run.play(name, hedge, ground)
            for name, hedge in hedges.items()
        },
    }
    cash = cash_returns(ground)
    made = {name: performance.statistics(track, cash) for name, track in tracks.items()}
    hedged = {name: each for name, each in made.items() if name != "unhedged"}
    ruined = performance.lost(made["static"])
    stretches = crises.crises_in(tracks["static"])

    def her(name: str) -> float | None:
        rows = [crises.effectiveness(tracks[name], stretch.rows) for stretch in stretches]
        return crises.pooled((row["hedge_gain"], row["portfolio_loss"]) for row in rows)

    beside = divesting(ground, tracks["unhedged"], costs, slice(0, len(cash)))
    return Judged(
        policy, sleeve, costs, ground, tracks,
        strategies=made,
        saving={
            name: performance.saving(each, made["static"], ruined=ruined)
            for name, each in hedged.items()
        },
        her={name: her(name) for name in hedged},
        divest=beside.beside_each(hedged),
        provenance=origins_of(ground),
        remarks=tuple(modelled_signals(ground, policy)),
    )  # fmt: skip
