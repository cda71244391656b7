"""Sweeps: every combination of some of a policy's numbers, counted as trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.api import check, day
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve

if TYPE_CHECKING:
    from hedgerow.research.sweep import Sweep


def sweep(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    axes: Mapping[str, Sequence[float] | range | Any],
    *,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    same_bar: bool = False,
    measures: Sequence[Any] | None = None,
    carriage: str = "compiled",
    workers: int | None = None,
    cluster: str | None = None,
    keep: str | Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Run every combination of some of the policy's numbers over the same stretch.

    Parameters
    ----------
    axes
        ``"step.field"`` to values, such as ``{"linear.low": range(10, 16)}``.
    measures
        What is kept of each lane; see :mod:`hedgerow.core.measure`.
    carriage
        ``"compiled"`` (fast) or ``"numpy"``; both give the backtest's numbers to the last bit.
    workers
        Processes of this machine that share the lanes; this one alone by default.
    cluster
        Address of a running Dask cluster to play them on, such as ``tcp://10.0.0.5:8786``.
    keep
        Folder to keep blocks of lanes in as they are done: the same sweep goes on from there.
    progress
        Called with the number of lanes just done.

    Notes
    -----
    The other parameters are those of :func:`hedgerow.api.backtest`.  Each lane is the very run that
    ``backtest(result.policy(lane), …)`` makes.  A sweep looks at the whole stretch: whatever
    is chosen from it must be judged on data that it has not seen.  Every lane is a trial on these
    data and is counted so; ``result.overfit()`` tells how much of the best one is the choice.
    Numbers are the same to the last bit wherever lanes are played (docs/scaling.md).

    Raises
    ------
    HedgerowError
        If an axis names no number of the policy, a value is out of range, the cluster cannot be
        had, or the folder keeps another sweep.
    """
    from hedgerow.api.counting import count_sweep
    from hedgerow.core.measure import STANDARD
    from hedgerow.engine.run import prepare
    from hedgerow.research.scaling.crews import crew_of, kept_in
    from hedgerow.research.sweep import sweep as run

    check(policy, market, hedge, portfolio, costs)
    ground = prepare(
        market,
        hedge,
        portfolio or Equity(),
        costs=costs,
        lookback=policy.lookback,
        start=day(start, "start"),
        end=day(end, "end"),
        same_bar=same_bar,
    )
    wanted = STANDARD if measures is None else measures
    made = run(
        policy,
        ground.tape(policy),
        axes,
        measures=wanted,
        carriage=carriage,
        crew=crew_of(workers, cluster),
        kept=kept_in(keep),
        progress=progress,
    )
    return count_sweep(made, ground, hedge, costs)
