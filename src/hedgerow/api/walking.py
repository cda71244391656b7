"""What users call to choose numbers again and again: walk-forward, and the object that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow import __version__
from hedgerow.api import check, day
from hedgerow.api.tuned import Chosen
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.comparison import Comparison
    from hedgerow.research.gate.item import Item
    from hedgerow.research.gate.thresholds import Thresholds
    from hedgerow.research.tuning.objective import Name
    from hedgerow.research.tuning.walking import Walk


class WalkResult(Chosen):
    """A policy whose numbers were chosen again and again, judged on what came after.

    ``print(result)`` shows the answer; :attr:`policy` is the one to go on with, :meth:`frame` has
    one row per fold, :meth:`track` the days, :meth:`report` writes a page, :meth:`to_dict` gives
    everything as plain values, :meth:`judge` asks whether the walked track may be believed.
    """

    found: Walk

    def _words(self) -> ModuleType:
        from hedgerow.report import walking

        return walking

    @cached_property
    def _walked(self) -> Comparison:
        from hedgerow.research.comparison import compared
        from hedgerow.research.split import Split

        found, judged, turns = self.found, self.found.judged, self.found.turns
        bars = len(judged.tracks["walked"])
        made = compared(
            turns[0], judged.ground, judged.sleeve, judged.costs,
            Split(slice(0, 0), slice(0, bars), found.purge), facts=found.facts, turns=turns,
        )  # fmt: skip
        return replace(made, luck=found.luck)

    def _backtest(self) -> Comparison:
        return self._walked

    def _own(self, asked: Thresholds) -> list[Item]:
        from hedgerow.research.gate.kinds import walked

        return walked(self.found, asked)

    @property
    def efficiency(self) -> float:
        """The objective out of sample over its mean in training; NaN where that is not above 0."""
        return self.found.efficiency

    @property
    def policy(self) -> Policy:
        """The policy to go on with: its numbers are chosen on the latest window, and not judged."""
        from hedgerow.core.lanes.spread import Spread

        found = self.found
        lane = {key: np.array([value]) for key, value in found.latest.items()}
        return Spread(found.judged.policy, lane).lane(0)

    def frame(self) -> pd.DataFrame:
        """Return one row per fold.

        Returns
        -------
        DataFrame
            ``train_from``, ``train_to``, ``test_from``, ``test_to``, the numbers chosen,
            ``inside`` and ``outside`` (the objective in training and test), the same of the fixed
            hedge, and ``rank`` (part of the other lanes beaten in the test window).
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "train_from": each.train[0],
                    "train_to": each.train[1],
                    "test_from": each.test[0],
                    "test_to": each.test[1],
                    **each.numbers,
                    "inside": each.inside,
                    "outside": each.outside,
                    "fixed_inside": each.fixed_inside,
                    "fixed_outside": each.fixed_outside,
                    "rank": each.rank,
                }
                for each in self.found.choices
            ]
        )

    def track(self) -> pd.DataFrame:
        """Return the test windows day by day: NAV of every track, USD, and ``x`` of the walked."""
        import pandas as pd

        tracks = self.found.judged.tracks
        walked = tracks["walked"]
        columns = {name: track["nav"] for name, track in tracks.items()}
        return pd.DataFrame(
            {**columns, "x": walked["x"]}, index=pd.DatetimeIndex(walked.times, name="date")
        )


def walk(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    axes: Mapping[str, Sequence[float] | range | Any] | None = None,
    *,
    train: str | int = "5y",
    test: str | int = "1y",
    anchored: bool = False,
    embargo: int = 0,
    objective: Name = "sharpe",
    protect: float = 1.0,
    groups: int = 8,
    held_out: int = 2,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    carriage: str = "compiled",
    source: str = "",
    progress: Callable[[str], None] | None = None,
) -> WalkResult:
    """Choose a policy's numbers in each training window and play them in the window after it.

    Parameters
    ----------
    policy, market, hedge, portfolio, costs, start, end, source
        As for :func:`hedgerow.backtest`.
    axes
        ``"step.field"`` to values, such as ``{"linear.low": range(10, 16)}``; without any, the
        policy's main numbers and theirs 15 and 30 % around.
    train, test
        Length of the windows: ``"5y"``, ``"18m"`` or sessions; a year has 252 of them.
    anchored
        Train from the first bar on each time, on more and more, instead of on a rolling window.
    embargo
        Sessions left out between training and test, beyond the purge (reach of the signals and life
        of a contract, which are left out anyway).
    objective
        ``"sharpe"`` over bills; ``"saving"`` of cost against the fixed hedge (C3); ``"her"``, the
        part of the losses in falls given back (C4); ``"cost"``, the saving among lanes that protect
        enough.
    protect
        Of ``"cost"``: the part of what the fixed hedge takes off the window's deepest fall.
    groups, held_out
        Of the combinatorial cross-validation; fewer groups where the run is too short for these,
        none for 0.
    carriage
        ``"compiled"`` (fast) or ``"numpy"``.
    progress
        Told in words what is being done.

    Raises
    ------
    HedgerowError
        If the run is too short for its windows, or something does not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = hr.walk(
    ...     hr.Policy([hr.Linear("vix"), hr.Bounds()], [hr.Level("vix")], name="linear"),
    ...     hr.load("builtin", start="2017-01-03", end="2020-12-31"),
    ...     hr.Put(),
    ...     {"linear.low": [10, 14]},
    ...     train="2y",
    ...     carriage="numpy",
    ... )
    >>> len(found.frame()), set(found.frame()["linear.low"]) <= {10.0, 14.0}
    (2, True)
    """
    from hedgerow.api.counting import count_walk
    from hedgerow.engine.run import prepare
    from hedgerow.research.tuning.lanes import check_carriage, lanes_of
    from hedgerow.research.tuning.objective import Objective
    from hedgerow.research.tuning.walking import walk as go
    from hedgerow.research.tuning.windows import sessions

    check(policy, market, hedge, portfolio, costs)
    check_carriage(carriage)
    spread = lanes_of(policy, axes)
    ground = prepare(
        market,
        hedge,
        portfolio or Equity(),
        costs=costs,
        lookback=policy.lookback,
        start=day(start, "start"),
        end=day(end, "end"),
    )
    found = go(
        policy,
        ground,
        hedge,
        spread,
        costs=costs or Costs(),
        train=sessions(train, "train"),
        test=sessions(test, "test"),
        anchored=anchored,
        embargo=embargo,
        objective=Objective(objective, protect),
        groups=groups,
        held_out=held_out,
        carriage=carriage,
        facts={"version": __version__, "source": source},
        progress=progress,
    )
    return WalkResult(count_walk(found))
