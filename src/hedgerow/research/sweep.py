"""Sweeps: one policy with many values of its numbers, over one stretch of history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.core.lanes.spread import MOST_LANES, Spread, grid, place
from hedgerow.core.market import Floats
from hedgerow.core.measure import STANDARD
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.errors import PolicyError, RangeError
from hedgerow.research.performance import YEAR

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.overfit.study import Overfitting
    from hedgerow.research.overfit.trials import Count
    from hedgerow.research.scaling.keeping import Kept
    from hedgerow.research.scaling.running import Crew

CARRIAGES = ("compiled", "numpy")

MEMORY = 4_000_000_000
"""Bytes that the columns of a sweep may take, parameters and measures together."""


@dataclass(frozen=True, repr=False)
class Sweep:
    """What came of every lane.

    Parameters
    ----------
    spread
        The policy and the numbers that were varied.
    results
        Measures by name, each of **shape** (lanes,).
    tape, carriage
        What it was run on, and how.
    cash
        Return of bills over each bar, **shape** (T,); none by default.
    count, remark
        Trials on the same data by the register, this sweep's lanes included, and what is wrong
        with that number; None where no register counted them.
    """

    spread: Spread
    results: Mapping[str, Any]
    tape: Tape | None = None
    carriage: str = "compiled"
    cash: Floats | None = None
    count: Count | None = None
    remark: str = ""

    def __len__(self) -> int:
        return len(self.spread)

    def __repr__(self) -> str:
        axes = ", ".join(self.spread.values)
        return f"<Sweep of {self.spread.policy.name}: {len(self):,} lanes over {axes}>"

    @property
    def base(self) -> Policy:
        """The policy that was varied."""
        return self.spread.policy

    @property
    def axes(self) -> Mapping[str, Floats]:
        """``"step.field"`` to the values it took, rising."""
        return {name: np.unique(column) for name, column in self.spread.values.items()}

    def numbers(self, lane: int) -> dict[str, float]:
        """Return what was varied, as a lane has it."""
        return {name: float(column[lane]) for name, column in self.spread.values.items()}

    def table(self) -> pd.DataFrame:
        """Return one row per lane: the varied numbers, then the measures and the Sharpe.

        ``sharpe_realised`` is that of the returns as they are, not of those over bills.
        """
        import pandas as pd

        frame = pd.DataFrame({**self.spread.values, **self.results})
        if "sum_return" in frame:
            n = frame["bars"]
            mean = frame["sum_return"] / n
            variance = (frame["sum_return_squared"] - n * mean**2) / (n - 1)
            frame["sharpe_realised"] = mean / np.sqrt(variance.where(variance > 0)) * np.sqrt(YEAR)
        return frame

    def policy(self, lane: int) -> Policy:
        """Return the policy of one lane, to be run in the backtest."""
        return self.spread.lane(lane)

    def overfit(
        self, blocks: int = 16, progress: Callable[[int], None] | None = None
    ) -> Overfitting:
        """Return how much of the best lane is the choice of the best (spec D7).

        The lanes are played once more, to sums of returns over bills by block of bars.

        Parameters
        ----------
        blocks
            Of the cross-validation: even, 4 … 20.
        progress
            Called with the number of lanes just done; each is passed thrice: played, chosen
            from, judged.

        Raises
        ------
        RangeError
            If there is one lane only, the run is too short for so many blocks, or the sweep was
            put together without its tape.
        """
        from hedgerow.research.overfit.study import study

        if self.tape is None:
            raise RangeError(
                "this sweep does not know what it was run on",
                where="overfit",
                mend="take the sweep that hr.sweep(...) returns",
            )
        return study(
            self.spread,
            self.tape,
            cash=np.zeros(len(self.tape)) if self.cash is None else self.cash,
            blocks=blocks,
            count=self.count,
            remark=self.remark,
            carriage=self.carriage,
            progress=progress,
        )


def sweep(
    policy: Policy,
    tape: Tape,
    axes: Mapping[str, Sequence[float] | range | Any],
    *,
    measures: Sequence[Any] = STANDARD,
    carriage: str = "compiled",
    crew: Crew | None = None,
    kept: Kept | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Run every combination of the axes.

    Parameters
    ----------
    policy, tape
        What decides, and on what.
    axes
        ``"step.field"`` to the values it takes.
    measures
        What is kept of each lane; memory grows with lanes, never with bars.
    carriage
        ``"compiled"`` or ``"numpy"``; they agree to the last bit.
    crew, kept
        Who plays the lanes and where they are kept meanwhile, as for
        :func:`hedgerow.research.scaling.running.run`; the results are the same.
    progress
        Called with the number of lanes just done.

    Raises
    ------
    PolicyError
        If an axis names no number of the policy, or a value is out of range.
    RangeError
        If the carriage is unknown, or there are more lanes than memory is meant to hold.
    """
    if not isinstance(axes, Mapping) or not axes:
        raise PolicyError(
            "no axes are given", where="sweep", mend='write {"linear.low": range(10, 16)}'
        )
    for key in axes:
        place(policy, key)
    check_carriage(carriage)
    spread = Spread(policy, grid(axes, _most(len(axes), measures)))
    if crew is not None or kept is not None:
        from hedgerow.research.scaling.lanes import Lanes, arrays, joined
        from hedgerow.research.scaling.running import run

        job = Lanes(policy, arrays(axes), tape, tuple(measures), carriage)
        results = joined(run(job, crew, kept=kept, progress=progress))
        return Sweep(spread, results, tape, carriage)
    if carriage == "compiled":
        from hedgerow.core.lanes import compiled

        results = compiled.play(spread, tape, measures, progress)
        return Sweep(spread, results, tape, carriage)
    from hedgerow.core.lanes import columns

    return Sweep(spread, columns.play(spread, tape, measures, progress), tape, carriage)


def _most(axes: int, measures: Sequence[Any]) -> int:
    """Return how many lanes fit: each axis is held thrice while it is laid out."""
    columns = 3 * axes + sum(max(len(measure.Memory._fields), 1) for measure in measures)
    return min(MOST_LANES, MEMORY // (8 * columns))


def check_carriage(carriage: str) -> None:
    """Refuse a carriage that there is not.

    Raises
    ------
    RangeError
        With those that there are.
    """
    if carriage not in CARRIAGES:
        raise RangeError(
            f"'{carriage}' is not a carriage",
            where="sweep.carriage",
            mend=f"use one of: {', '.join(CARRIAGES)}",
        )


def sharpes(results: Mapping[str, Any], bills: float, lanes: int) -> Floats:
    """Return each lane's Sharpe ratio per session over bills, **shape** (lanes,).

    NaN where it was not measured or NAV was lost.

    Parameters
    ----------
    results
        Measures by name.
    bills
        Mean return of bills over a bar.
    lanes
        How many there are.
    """
    from hedgerow.research.overfit.blocks import Sums

    if "sum_return" not in results:
        return np.full(lanes, np.nan)
    names = ("bars", "sum_return", "sum_return_squared")
    sums = Sums(*(results[name][None, :] for name in names))
    each = sums.over(np.array([bills])).sharpe()[0]
    falls = results.get("max_drawdown", np.zeros(lanes))
    return np.where(falls > -1.0, each, np.nan)
