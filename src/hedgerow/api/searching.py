"""What users call to find numbers, and to see what stands around them: search and surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import check, day, path_to
from hedgerow.api.tuned import Chosen, Tuned
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.files import save
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.comparison import Comparison
    from hedgerow.research.gate.item import Item
    from hedgerow.research.gate.thresholds import Thresholds
    from hedgerow.research.split import Split
    from hedgerow.research.tuning.objective import Name
    from hedgerow.research.tuning.searching import Search
    from hedgerow.research.tuning.sensitivity import Sensitivity


class SearchResult(Chosen):
    """What a search found.

    ``print(result)`` shows the answer; :attr:`policy` is the policy with the numbers found,
    :meth:`frame` has one row per trial, :meth:`report` writes a page, :meth:`to_dict` gives
    everything as plain values, :meth:`judge` asks whether the policy found may be believed.
    """

    found: Search

    @cached_property
    def _best(self) -> Comparison:
        from hedgerow.research.comparison import compared

        found, judged = self.found, self.found.judged
        made = compared(
            found.policy, found.ground, judged.sleeve, judged.costs, found.split, facts=found.facts
        )
        return replace(made, luck=found.luck)

    def _backtest(self) -> Comparison:
        return self._best

    def _own(self, asked: Thresholds) -> list[Item]:
        from hedgerow.research.gate.kinds import searched

        return searched(self.found, asked)

    def _words(self) -> ModuleType:
        from hedgerow.report import searching

        return searching

    @property
    def policy(self) -> Policy:
        """The policy with the best numbers."""
        return self.found.policy

    @property
    def best(self) -> dict[str, float]:
        """The best numbers, by ``"step.field"``."""
        return dict(self.found.best.numbers)

    def frame(self) -> pd.DataFrame:
        """Return one row per trial: its numbers, ``value`` in training, and ``refused``."""
        import pandas as pd

        rows = [
            {**each.numbers, "value": each.value, "refused": each.refused}
            for each in self.found.history
        ]
        return pd.DataFrame(rows)


class SurfaceResult(Tuned):
    """A policy and its neighbours.

    ``print(result)`` shows the answer; :meth:`frame` has one row per point of the surface,
    :meth:`picture` writes the heat map, :meth:`report` a page, :meth:`to_dict` gives everything as
    plain values.
    """

    found: Sensitivity

    def _words(self) -> ModuleType:
        from hedgerow.report import sensitivity

        return sensitivity

    @property
    def shape(self) -> str:
        """``plateau``, ``slope``, ``spike`` or ``no lead``."""
        return self.found.shape

    def survives(self, change: float = 0.1) -> float:
        """Return the part of the lead in training that the worst ±10 % (or ±20 %) leaves."""
        return self.found.survives(change)

    def frame(self) -> pd.DataFrame:
        """Return one row per point of the surface: the numbers, ``train`` and ``test``."""
        import pandas as pd

        from hedgerow.core.lanes.spread import grid

        found = self.found
        return pd.DataFrame(
            {**grid(found.axes), "train": found.train.ravel(), "test": found.test.ravel()}
        )

    def svg(self) -> str:
        """Return the picture as SVG text."""
        from hedgerow.report.sensitivity import picture

        return picture(self.found)

    def picture(self, path: str | Path) -> Path:
        """Write the picture, one SVG file, and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        return save(path_to(path, "surface.svg"), self.svg(), "the picture")


def search(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    space: Mapping[str, Sequence[Any]],
    *,
    trials: int = 100,
    objective: Name = "sharpe",
    protect: float = 1.0,
    seed: int = 0,
    seconds: float | None = None,
    split: str = "50/50",
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    carriage: str = "compiled",
    source: str = "",
    progress: Callable[[int], None] | None = None,
) -> SearchResult:
    """Search the training part for the best numbers and judge them on the test part.

    Parameters
    ----------
    policy, market, hedge, split, portfolio, costs, start, end, source
        As for :func:`hedgerow.backtest`.
    space
        ``"step.field"`` to (lowest, highest) or (lowest, highest, step).
    trials, seconds
        How many, and for how long at most.
    objective, protect
        As for :func:`hedgerow.walk`.
    seed
        Of the sampler, optuna's TPE.
    carriage
        ``"compiled"`` (fast) or ``"numpy"``.
    progress
        Called with the number of trials just made.

    Notes
    -----
    Every trial is counted as one on these data, numbers that are tried twice once.  Ctrl-C ends the
    search and keeps what is done.

    Raises
    ------
    HedgerowError
        If optuna is missing (``pip install 'hedgerow[search]'``), or something
        does not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = hr.search(
    ...     hr.Policy([hr.Linear("vix"), hr.Bounds()], [hr.Level("vix")], name="linear"),
    ...     hr.load("builtin", start="2018-01-03", end="2020-12-31"),
    ...     hr.Put(),
    ...     {"linear.low": (10, 18)},
    ...     trials=4,
    ...     carriage="numpy",
    ... )
    >>> len(found.frame()), 10 <= found.best["linear.low"] <= 18
    (4, True)
    """
    from hedgerow.api.counting import count_search
    from hedgerow.research.tuning.objective import Objective
    from hedgerow.research.tuning.searching import checked_space
    from hedgerow.research.tuning.searching import search as go

    check(policy, market, hedge, portfolio, costs)
    inside = checked_space(policy, space)
    ground, parts = _parts(policy, market, hedge, portfolio, costs, start, end, split, carriage)
    found = go(
        policy,
        ground,
        hedge,
        inside,
        parts,
        costs=costs or Costs(),
        objective=Objective(objective, protect),
        trials=trials,
        seed=seed,
        seconds=seconds,
        carriage=carriage,
        facts={"version": __version__, "source": source},
        progress=progress,
    )
    return SearchResult(count_search(found, policy, ground))


def surface(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    axes: Mapping[str, Sequence[float] | range | Any] | None = None,
    *,
    objective: Name = "sharpe",
    protect: float = 1.0,
    split: str = "50/50",
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    carriage: str = "compiled",
    source: str = "",
    progress: Callable[[int], None] | None = None,
) -> SurfaceResult:
    """Look at what becomes of a policy when its numbers are a little different (spec D4).

    Parameters
    ----------
    policy, market, hedge, split, portfolio, costs, start, end, source
        As for :func:`hedgerow.backtest`.
    axes
        One or two numbers, ``"step.field"`` to values; without any, the policy's main numbers
        ±30 %.  The policy's own values are added.
    objective, protect
        As for :func:`hedgerow.walk`.
    carriage
        ``"compiled"`` (fast) or ``"numpy"``.
    progress
        Called with the number of lanes just done, once for each part.

    Raises
    ------
    HedgerowError
        If there are more than two axes, or something does not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = hr.surface(
    ...     hr.Policy([hr.Linear("vix"), hr.Bounds()], [hr.Level("vix")], name="linear"),
    ...     hr.load("builtin", start="2018-01-03", end="2020-12-31"),
    ...     hr.Put(),
    ...     {"linear.low": [10, 14]},
    ...     carriage="numpy",
    ... )
    >>> list(found.frame()["linear.low"])
    [10.0, 12.0, 14.0]
    """
    from hedgerow.api.counting import count_surface
    from hedgerow.research.tuning.objective import Objective
    from hedgerow.research.tuning.sensitivity import sensitivity

    check(policy, market, hedge, portfolio, costs)
    ground, parts = _parts(policy, market, hedge, portfolio, costs, start, end, split, carriage)
    found = sensitivity(
        policy,
        ground,
        hedge,
        parts,
        axes,
        costs=costs or Costs(),
        objective=Objective(objective, protect),
        carriage=carriage,
        facts={"version": __version__, "source": source},
        progress=progress,
    )
    return SurfaceResult(count_surface(found))


def _parts(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    portfolio: Equity | None,
    costs: Costs | None,
    start: Day | None,
    end: Day | None,
    text: str,
    carriage: str,
) -> tuple[Ground, Split]:
    """Prepare the ground of a run and part it in training and test, purged."""
    from hedgerow.engine.run import prepare
    from hedgerow.research.comparison import life_of
    from hedgerow.research.split import split
    from hedgerow.research.tuning.lanes import check_carriage

    check_carriage(carriage)
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
    return ground, split(text, dates, purge=policy.reach + life_of(ground))
