"""A policy stressed: its distribution over simulated paths beside other ways to take less risk.

No hedge, the fixed hedge and the policy meet the same paths.  Then come, on the same paths once
more, a fixed hedge that costs as much as the policy did, and a portfolio with as much less equity
as gives the policy's expected shortfall: neither was known before the paths were played.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.run import prepare
from hedgerow.errors import DataError, RangeError
from hedgerow.research.comparison import MOST, Comparison, compared, life_of
from hedgerow.research.scaling.job import Job
from hedgerow.research.scaling.running import Crew, run
from hedgerow.research.split import Split, split
from hedgerow.research.stress import figures
from hedgerow.research.stress.figures import TAILS, Estimate
from hedgerow.research.stress.job import (
    BLOCK,
    GRID,
    Alone,
    Fixed,
    Kept,
    Strategy,
    StressJob,
    Terms,
)
from hedgerow.simulate.draws import STREAM
from hedgerow.simulate.falls import Fall
from hedgerow.simulate.replay import Replay
from hedgerow.simulate.report import FitReport, compare

DYNAMIC, STATIC, UNHEDGED, MATCHED, DIVESTED = (
    "dynamic", "static", "unhedged", "matched", "divested",
)  # fmt: skip

SPREAD = (
    "return", "hedge_cost", "hedge_pnl", "her", "max_drawdown", "worst_month", "margin", "trades",
)  # fmt: skip
"""Figures whose distribution is told."""

COMPARED = ("return", "hedge_cost", "max_drawdown", "worst_month")
"""Figures whose mean is compared path by path."""

TAILED = ("return", "worst_month")
"""Figures whose expected shortfall is told."""

USUAL = 630
"""Rows of history and path up to which `BLOCK` paths are played together."""

CORRECTION = -0.10
"""A fall of the index by this much counts as a crisis."""

ORDERS = ("nav", "against static", "drawdown")
"""What paths are worst by."""


class Worst(NamedTuple):
    """One of the worst paths."""

    path: int
    by: str
    """One of `ORDERS`."""
    index_fall: float
    vix_peak: float
    unhedged: float
    """Return over the path, as the next two."""
    static: float
    dynamic: float
    max_drawdown: float
    """Of the dynamic one, ≤ 0."""


@dataclass(frozen=True, repr=False)
class Stress:
    """What a policy did on simulated paths.

    Parameters
    ----------
    policy, terms
        What was played, on what, with what, for whom.
    columns
        ``strategy.figure`` of :func:`hedgerow.research.stress.measuring.measures`, and
        ``index_fall``, ``index_return``, ``vix_peak``, each of **shape** (paths,).
    level
        Size of the fixed hedge that costs as much as the policy, None where there is none.
    kept, equal
        Part of the equity that gives the policy's expected shortfall (5 % of end values), and
        whether one does: if none, the nearest.
    fit
        The model's moments beside history's; None where it is not fitted to any.
    fitted_to
        First and last date of the data that were given.
    facts
        What else the record should carry.
    """

    policy: Policy
    terms: Terms
    columns: Mapping[str, Floats]
    level: float | None
    kept: float
    equal: bool
    fit: FitReport | None
    fitted_to: tuple[str, str]
    facts: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<Stress of {self.policy.name} on {len(self):,} paths>"

    def __len__(self) -> int:
        return len(self.columns["index_fall"])

    @property
    def job(self) -> StressJob:
        """What plays the three strategies, and any path of theirs again."""
        return main_job(self.policy, self.terms)

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of what was played, in the order of tables."""
        names = (UNHEDGED, STATIC, DYNAMIC, MATCHED, DIVESTED)
        return tuple(name for name in names if f"{name}.return" in self.columns)

    def of(self, strategy: str, figure: str) -> Floats:
        """Return a figure of a strategy, **shape** (paths,)."""
        return self.columns[f"{strategy}.{figure}"]

    def tail(self, strategy: str, figure: str, part: float) -> Estimate:
        """Return the expected shortfall of a figure."""
        return figures.tail(self.of(strategy, figure), part)

    def her(self, strategy: str) -> Estimate:
        """Return the hedge effectiveness over the worst falls of all paths (C4), pooled."""
        return figures.pooled(self.of(strategy, "gain"), self.of(strategy, "loss"))[0]

    def against(self, other: str) -> dict[str, Estimate]:
        """Return by how much the policy differs from another strategy, path by path.

        Parameters
        ----------
        other
            Name of the strategy.

        Returns
        -------
        dict
            Means of `COMPARED`; expected shortfalls (``return_es_5``, …); ``her``, pooled; and
            ``probability`` that the policy's end value is higher, a tie counting half.
        """
        made = {
            name: figures.difference(self.of(DYNAMIC, name), self.of(other, name))
            for name in COMPARED
        }
        for name in TAILED:
            for part in TAILS:
                made[tail_name(name, part)] = figures.tail(
                    self.of(DYNAMIC, name), part, self.of(other, name)
                )
        pools = [
            figures.pooled(self.of(each, "gain"), self.of(each, "loss"))
            for each in (DYNAMIC, other)
        ]
        (ours, moved), (theirs, moved_too) = pools
        gap = ours.value - theirs.value
        made["her"] = Estimate(gap, figures.standard_error(moved - moved_too))
        ends = self.of(DYNAMIC, "return"), self.of(other, "return")
        made["probability"] = figures.better(*ends)
        return made

    @property
    def crises(self) -> int:
        """How many paths have a fall of the index by 10 % or more."""
        return int(np.sum(self.columns["index_fall"] <= CORRECTION))

    def worst(self, count: int = 5) -> list[Worst]:
        """Return the worst paths: by NAV, by dynamic less static, by drawdown.

        Parameters
        ----------
        count
            Of each.
        """
        ours = self.of(DYNAMIC, "return")
        keys = (ours, ours - self.of(STATIC, "return"), self.of(DYNAMIC, "max_drawdown"))
        made = []
        for by, key in zip(ORDERS, keys, strict=True):
            for i in np.argsort(key, kind="stable")[:count].tolist():
                cells = [self.columns["index_fall"], self.columns["vix_peak"]]
                cells += [self.of(name, "return") for name in (UNHEDGED, STATIC, DYNAMIC)]
                cells.append(self.of(DYNAMIC, "max_drawdown"))
                made.append(Worst(i, by, *(float(cell[i]) for cell in cells)))
        return made


def backtested(found: Stress, market: Market) -> Comparison:
    """Return the policy's own backtest on data; of few, all is the test part.

    Parameters
    ----------
    found
        What was stressed.
    market
        The data that the model was given.
    """
    policy, terms = found.policy, found.terms
    ground = prepare(
        market, terms.sleeve, terms.portfolio, costs=terms.costs, lookback=policy.lookback
    )
    dates = ground.market.dates[ground.first :]
    try:
        parted = split("50/50", dates, purge=policy.reach + life_of(ground))
    except RangeError:
        parted = Split(slice(0, 0), slice(0, len(dates)), 0)
    return compared(policy, ground, terms.sleeve, terms.costs, parted)


def tail_name(figure: str, part: float) -> str:
    """Return the name of an expected shortfall.

    Examples
    --------
    >>> tail_name("return", 0.05)
    'return_es_5'
    """
    return f"{figure}_es_{100 * part:.0f}"


def main_job(policy: Policy, terms: Terms) -> StressJob:
    """Return the job of the three strategies."""
    made: dict[str, Strategy] = {UNHEDGED: Alone(), STATIC: Fixed(1.0), DYNAMIC: policy}
    return StressJob(terms, made, grid=True, size=size_of(terms))


def size_of(terms: Terms) -> int:
    """Return how many paths are played together: the fewer, the longer the history before them."""
    rows = len(terms.scenario.history) + terms.scenario.paths.sessions
    return max(BLOCK * USUAL // max(rows, USUAL) // STREAM, 1) * STREAM


def stress(
    policy: Policy,
    terms: Terms,
    *,
    fitted_to: tuple[str, str],
    fit: FitReport | None = None,
    facts: Mapping[str, Any] | None = None,
    crew: Crew | None = None,
    progress: Callable[[int], None] | None = None,
) -> Stress:
    """Play a policy over the paths of a scenario and put the alternatives beside it.

    Parameters
    ----------
    policy, terms
        What decides, on what, with what, for whom.
    fitted_to, fit, facts
        As for `Stress`.
    crew
        Who plays the blocks of paths; this process by default.  No number depends on it.
    progress
        Called with the number of paths just done; all are played twice.

    Raises
    ------
    HedgerowError
        If policy, sleeve and paths do not fit together.
    """
    columns = _all(main_job(policy, terms), crew, progress)
    cost, fixed = (figures.mean(columns[f"{name}.hedge_cost"]).value for name in (DYNAMIC, STATIC))
    level = cost / fixed if cost > 0.0 and fixed > 0.0 and cost / fixed <= MOST else None
    kept, equal = _equal_part(columns.pop("kept"), columns[f"{DYNAMIC}.return"])
    more: dict[str, Strategy] = (
        {DIVESTED: Kept(kept)} if level is None else {MATCHED: Fixed(level), DIVESTED: Kept(kept)}
    )
    columns |= {
        name: column
        for name, column in _all(
            StressJob(terms, more, size=size_of(terms)), crew, progress
        ).items()
        if "." in name
    }
    return Stress(policy, terms, columns, level, kept, equal, fit, fitted_to, dict(facts or {}))


def _all(job: Job, crew: Crew | None, progress: Callable[[int], None] | None) -> dict[str, Floats]:
    parts = run(job, crew, progress=progress)
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def _equal_part(returns: Floats, ours: Floats) -> tuple[float, bool]:
    """Return the part of the equity whose shortfall is the policy's, and whether there is one.

    Parameters
    ----------
    returns
        With each part of `GRID`, **shape** (parts, paths).
    ours
        The policy's, **shape** (paths,).

    Notes
    -----
    Of several parts the largest, which earns most where shares do: the stronger benchmark.
    """
    wanted = figures.shortfall(ours, TAILS[0])
    gaps = np.array([figures.shortfall(each, TAILS[0]) for each in returns]) - wanted
    turns = np.flatnonzero(gaps[:-1] * gaps[1:] <= 0.0)
    if not len(turns):
        return float(GRID[np.argmin(np.abs(gaps))]), False
    i = int(turns[-1])
    step = gaps[i] - gaps[i + 1]
    return float(GRID[i] + (GRID[i + 1] - GRID[i]) * (gaps[i] / step if step else 1.0)), True


def fit_of(
    terms: Terms, market: Any, *, n_paths: int = 32, resamples: int = 100
) -> FitReport | None:
    """Return the moments of a fitted model beside those of its history; None where there are none.

    A replay and a made fall claim no moments; a history that is too short tells none.
    """
    model = terms.scenario.paths.model
    if isinstance(model, Replay | Fall):
        return None
    try:
        return compare(model, market, n_paths=n_paths, resamples=resamples)
    except DataError:
        return None
