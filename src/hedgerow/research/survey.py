"""A sweep of more lanes than memory holds: the best of them, and how all are spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.core.measure import STANDARD
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.errors import RangeError, nearest
from hedgerow.research.overfit.trials import Count
from hedgerow.research.scaling.job import Part
from hedgerow.research.scaling.keeping import Kept
from hedgerow.research.scaling.lanes import Lanes, arrays
from hedgerow.research.scaling.reducing import Best, Histogram, Moments, Score, deviation, reduce
from hedgerow.research.scaling.running import Crew
from hedgerow.research.sweep import check_carriage, sharpes

Rank = Literal["sharpe", "return", "cost", "drawdown"]

EDGES = tuple(np.linspace(-0.2, 0.2, 81).round(4).tolist())
"""Of the histogram of Sharpe ratios per session: steps of 0.005, some 0.08 a year."""


@dataclass(frozen=True)
class Ranking:
    """What lanes are ranked by, the higher the better; NaN for a lane whose NAV was lost.

    Parameters
    ----------
    rank
        ``"sharpe"`` over bills, ``"return"``, ``"cost"`` of the hedge or ``"drawdown"``.
    bills
        Mean return of bills over a bar.

    Raises
    ------
    RangeError
        If lanes cannot be ranked by that.
    """

    rank: Rank
    bills: float = 0.0

    def __post_init__(self) -> None:
        known = get_args(Rank)
        if self.rank not in known:
            raise RangeError(
                f"lanes cannot be ranked by '{self.rank}'",
                where="rank",
                mend=nearest(str(self.rank), known),
            )

    def __call__(self, results: Mapping[str, Any]) -> Floats:
        """Return the value of each lane, **shape** (lanes,), of its `STANDARD` measures."""
        lanes = len(results["max_drawdown"])
        if self.rank == "sharpe":
            return sharpes(results, self.bills, lanes)
        made = {
            "return": lambda: results["final_nav"],
            "cost": lambda: -(results["costs"] + results["carry_paid"]),
            "drawdown": lambda: results["max_drawdown"],
        }[self.rank]()
        return np.where(results["max_drawdown"] > -1.0, made, np.nan)


@dataclass(frozen=True)
class Survey:
    """The best lanes of a sweep, and how the Sharpe ratios of all are spread.

    Parameters
    ----------
    job
        The lanes.
    best
        ``item`` (lane numbers, the best first), ``score`` and the measures, **shape** (best,).
    sharpe
        Moments of all lanes' Sharpe ratios per session over bills.
    histogram
        How many lie below, between and over `EDGES`, **shape** (edges + 1,).
    count, remark
        As for :class:`hedgerow.research.sweep.Sweep`.
    """

    job: Lanes
    best: Part
    sharpe: Part
    histogram: Part
    count: Count | None = None
    remark: str = ""

    def __len__(self) -> int:
        return len(self.job)

    @property
    def base(self) -> Policy:
        """The policy that was varied."""
        return self.job.policy

    @property
    def axes(self) -> Mapping[str, Floats]:
        """``"step.field"`` to the values it took."""
        return self.job.axes

    @property
    def variance(self) -> float:
        """Variance of the lanes' Sharpe ratios, with N-1; 0 of fewer than two."""
        return deviation(self.sharpe) ** 2 if self.sharpe["count"][0] > 1 else 0.0

    def numbers(self, lane: int) -> dict[str, float]:
        """Return what was varied, as a lane has it."""
        values = self.job.spread(np.array([lane])).values
        return {name: float(column[0]) for name, column in values.items()}

    def policy(self, lane: int) -> Policy:
        """Return the policy of one lane, to be run in the backtest."""
        return self.job.spread(np.array([lane])).lane(0)


def survey(
    policy: Policy,
    tape: Tape,
    axes: Mapping[str, Sequence[float] | range | Any],
    *,
    cash: Floats,
    best: int = 10,
    rank: Rank = "sharpe",
    carriage: str = "compiled",
    crew: Crew | None = None,
    kept: Kept | None = None,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Run every combination of the axes and keep the best lanes and the spread of all.

    Parameters
    ----------
    policy, tape, axes, carriage, crew, kept, progress
        As for :func:`hedgerow.research.sweep.sweep`; memory does not grow with the lanes.
    cash
        Return of bills over each bar, **shape** (T,).
    best
        How many lanes to keep.
    rank
        What they are ranked by.

    Raises
    ------
    HedgerowError
        As for :func:`hedgerow.research.sweep.sweep`.
    """
    check_carriage(carriage)
    bills = float(cash[1:].mean())
    job = Lanes(policy, arrays(axes), tape, STANDARD, carriage)
    made = reduce(
        job,
        {
            "best": Best("score", best),
            "sharpe": Moments("sharpe"),
            "histogram": Histogram("sharpe", EDGES),
        },
        crew,
        scores=(Score("score", Ranking(rank, bills)), Score("sharpe", Ranking("sharpe", bills))),
        kept=kept,
        progress=progress,
    )
    return Survey(job, made["best"], made["sharpe"], made["histogram"])
