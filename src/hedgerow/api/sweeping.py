"""Sweeps: every combination of some of a policy's numbers, counted as trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, check, day, plain, shown
from hedgerow.api.judging import Judged
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.comparison import Comparison
    from hedgerow.research.overfit.study import Overfitting
    from hedgerow.research.scaling.keeping import Kept
    from hedgerow.research.shortlist import Shortlist
    from hedgerow.research.survey import Rank, Survey
    from hedgerow.research.sweep import Sweep


class ShortlistResult(Judged, Answer):
    """The best lanes of a sweep of the train part, beside what they did in the test part.

    ``print(result)`` shows the table, :meth:`frame` gives it, :meth:`policy` the best lane's
    policy; :attr:`swept` is the whole sweep, :meth:`overfit` tells how much of the best is the
    choice, :meth:`to_dict` gives everything as plain values.  :meth:`judge` judges the best lane as
    the backtest that it is, with what :meth:`overfit` found if it was asked.
    """

    found: Shortlist

    def __init__(self, found: Shortlist, hedge: Sleeve, costs: Costs) -> None:
        super().__init__(found)
        self.sleeve, self._hedge, self._costs = hedge.name, hedge, costs
        self._overfitting: Overfitting | None = None

    @cached_property
    def _best(self) -> Comparison:
        from hedgerow.api.counting import count_runs
        from hedgerow.research.comparison import compared

        found = self.found
        made = compared(
            found.picks[0].policy, found.ground, self._hedge, self._costs, found.split,
            facts={"version": __version__},
        )  # fmt: skip
        return count_runs([made], "sweep")[0]  # the very trial that the best lane is already

    def _backtest(self) -> Comparison:
        return self._best

    def _overfit(self) -> Overfitting | None:
        return self._overfitting

    def __str__(self) -> str:
        from hedgerow.report.shortlist import summarise

        return summarise(self.found, self.sleeve, self._overfitting, self._told())

    def __repr__(self) -> str:
        picks, swept = self.found.picks, self.found.swept
        return f"<Shortlist of {len(picks)} out of {len(swept):,} lanes; print() for more>"

    @property
    def swept(self) -> Sweep | Survey:
        """Every lane over the train part, or what was kept of them."""
        return self.found.swept

    def policy(self, place: int = 0) -> Policy:
        """Return the policy of one of the best, the very best by default."""
        return self.found.picks[place].policy

    def overfit(
        self, blocks: int = 16, progress: Callable[[int], None] | None = None
    ) -> Overfitting:
        """Return how much of the best lane of the train part is the choice of the best (D7).

        From then on ``print()`` and :meth:`to_dict` tell it, too.

        Raises
        ------
        RangeError
            If only the best lanes were kept, or as for the `overfit` of a sweep.
        """
        self._overfitting = self.every_lane("overfit").overfit(blocks, progress)
        return self._overfitting

    def every_lane(self, where: str = "shortlist") -> Sweep:
        """Return the sweep of the train part.

        Raises
        ------
        RangeError
            If only the best lanes were kept.
        """
        from hedgerow.research.sweep import Sweep

        if not isinstance(self.swept, Sweep):
            raise RangeError(
                "only the best lanes were kept", where=where, mend="sweep fewer lanes, all kept"
            )
        return self.swept

    def frame(self) -> pd.DataFrame:
        """Return one row per lane: its numbers, then ``train_…`` and ``test_…`` statistics."""
        import pandas as pd

        from hedgerow.report.shortlist import FIGURES

        rows = [
            {
                **pick.numbers,
                **{f"train_{name}": pick.train[name] for name in FIGURES},
                **{f"test_{name}": pick.test[name] for name in FIGURES},
            }
            for pick in self.found.picks
        ]
        lanes = pd.Index([pick.lane for pick in self.found.picks], name="lane")
        return pd.DataFrame(rows, index=lanes)

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; NaN becomes None."""
        from hedgerow.report.shortlist import to_dict

        clean = plain(to_dict(self.found, self.sleeve, self._overfitting))
        return self._with_verdict(clean)


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
    keep: str | Path | Kept | None = None,
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
        Or a `Kept`.
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


def shortlist(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    axes: Mapping[str, Sequence[float] | range | Any],
    *,
    best: int = 10,
    rank: Rank = "sharpe",
    only_best: bool = False,
    split: str = "50/50",
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    carriage: str = "compiled",
    workers: int | None = None,
    cluster: str | None = None,
    keep: str | Path | Kept | None = None,
    progress: Callable[[int], None] | None = None,
) -> ShortlistResult:
    """Sweep the train part, choose the best lanes there, and show what they did in the test part.

    Parameters
    ----------
    best
        How many lanes to choose.
    rank
        What they are ranked by: ``"sharpe"`` over bills, ``"return"``, ``"cost"`` of the hedge (the
        lowest, whatever it protects) or ``"drawdown"``.
    only_best
        Keep only these and the spread of all Sharpe ratios: for more lanes than memory holds.
        `overfit` then has nothing to judge.
    split
        ``"50/50"`` or the first date tested.

    Notes
    -----
    The other parameters are those of :func:`sweep`.  No lane is chosen by the test part; but who
    then chooses among the best by it has used it up (``hedgerow walk`` goes on from there).  Every
    lane is a trial on these data, and the best ones are trials over the whole stretch as well.

    Raises
    ------
    HedgerowError
        As :func:`sweep`, or if the split leaves too little, or no lane kept its NAV.
    """
    from hedgerow.api.counting import count_picks, count_survey
    from hedgerow.engine.run import prepare
    from hedgerow.research import shortlist as study
    from hedgerow.research.comparison import cash_returns, life_of
    from hedgerow.research.scaling.crews import crew_of, kept_in
    from hedgerow.research.split import split as parted
    from hedgerow.research.survey import Ranking, survey

    check(policy, market, hedge, portfolio, costs)
    study.check_best(best)
    Ranking(rank)  # refuses what it cannot be
    if not isinstance(split, str):
        raise RangeError(
            f"{shown(split)} is not a split",
            where="split",
            mend='write "50/50" or the first date tested, "YYYY-MM-DD"',
        )
    ground = prepare(
        market,
        hedge,
        portfolio or Equity(),
        costs=costs,
        lookback=policy.lookback,
        start=day(start, "start"),
        end=day(end, "end"),
    )
    dates = ground.market.dates[ground.first :]
    parts = parted(split, dates, purge=policy.reach + life_of(ground))
    first, last = str(dates[0]), str(dates[parts.train][-1])
    swept: Sweep | Survey
    if only_best:
        train = prepare(
            market, hedge, portfolio or Equity(), costs=costs, lookback=policy.lookback,
            start=first, end=last,
        )  # fmt: skip
        made = survey(
            policy, train.tape(policy), axes, cash=cash_returns(train), best=best, rank=rank,
            carriage=carriage, crew=crew_of(workers, cluster), kept=kept_in(keep),
            progress=progress,
        )  # fmt: skip
        swept = count_survey(made, train, hedge, costs)
    else:
        swept = sweep(
            policy, market, hedge, axes, portfolio=portfolio, costs=costs, start=first, end=last,
            carriage=carriage, workers=workers, cluster=cluster, keep=keep, progress=progress,
        )  # fmt: skip
    found = study.shortlist(swept, ground, parts, best=best, rank=rank)
    count_picks(found, ground, hedge, costs)
    return ShortlistResult(found, hedge, costs or Costs())
