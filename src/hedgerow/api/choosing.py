"""What users call to choose: many policies side by side, and the one object that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, check, day, path_to, plain, shown
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import PolicyError, SleeveError
from hedgerow.files import save
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.candidates import Protection
    from hedgerow.research.choosing import Choice
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.thresholds import Thresholds
    from hedgerow.research.overfit.superior import Benchmark, Superiority


class ChoiceResult(Answer):
    """Policies side by side.

    ``print(result)`` shows the table; :meth:`frame` gives it with every number, :meth:`report`
    writes a page with the picture, :meth:`picture` the picture alone (:meth:`svg` is its text),
    :meth:`to_dict` everything as plain values.
    """

    def __init__(self, found: Choice) -> None:
        self.found = found
        self._judged: dict[str, Judgement] | None = None

    def __str__(self) -> str:
        from hedgerow.report.choosing import summarise

        return summarise(self.found, self._judged)

    def __repr__(self) -> str:
        return f"{self.found!r}; print() for more"

    def frame(self) -> pd.DataFrame:
        """Return one row per candidate.

        Returns
        -------
        DataFrame
            The measures of :func:`hedgerow.research.candidates.measures_of` with
            ``return_given_up`` and ``protection``, then ``efficient``, ``dominated_by`` and
            ``divest`` (the verdict against holding less equity); indexed by name.
        """
        import pandas as pd

        each = self.found.candidates
        rows = [
            {
                **one.measures,
                "efficient": one.efficient,
                "dominated_by": one.dominated_by,
                "divest": one.divest["verdict"] if one.divest else "",
            }
            for one in each
        ]
        return pd.DataFrame(rows, index=pd.Index([one.name for one in each], name="candidate"))

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        from hedgerow.report.choosing import write

        return write(self.found, path_to(path, "choice.html"), self.verdicts)

    def svg(self) -> str:
        """Return the picture as SVG text: return given up against protection."""
        from hedgerow.report.tradeoff import picture

        return picture(self.found)

    def superior(
        self, benchmark: Benchmark = "divest", *, resamples: int = 1_000, seed: int = 0
    ) -> Superiority:
        """Test all policies together against ``divest``, ``static`` or ``unhedged`` (spec D7)."""
        from hedgerow.research.overfit.superior import against

        return against(self.found.comparisons, benchmark, resamples=resamples, seed=seed)

    def judge(
        self, *, thresholds: Thresholds | None = None, resamples: int = 1_000
    ) -> dict[str, Judgement]:
        """Ask the honesty gate of each policy whether what it claims may be believed.

        Parameters
        ----------
        thresholds, resamples
            As for :func:`hedgerow.research.gate.judgement.judge`.

        Notes
        -----
        What was asked last are the :attr:`verdicts` that text, report and JSON show.
        """
        from hedgerow.report.choosing import judge_each

        self._judged = judge_each(self.found, thresholds=thresholds, resamples=resamples)
        return self._judged

    @property
    def verdicts(self) -> dict[str, Judgement]:
        """What the honesty gate says of each policy, by the name of its candidate."""
        return self._judged or self.judge()

    def picture(self, path: str | Path) -> Path:
        """Write the picture, one SVG file, and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        return save(path_to(path, "choice.svg"), self.svg(), "the picture")

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; NaN becomes None."""
        made = {name: one.to_dict() for name, one in self.verdicts.items()}
        return {**self._plain, "verdicts": plain(made)}

    @cached_property
    def _plain(self) -> dict[str, Any]:
        from hedgerow.report.choosing import to_dict

        found = self.found.first
        clean: dict[str, Any] = plain(
            {
                "version": __version__,
                "data": {"digest": found.facts["data"], "source": found.facts.get("source", "")},
                **to_dict(self.found),
                "luck": {
                    name: one.luck.to_dict()
                    for name, one in self.found.comparisons.items()
                    if one.luck
                },
            }
        )
        return clean


def compare(
    policies: Sequence[Policy],
    market: Market,
    hedge: Sleeve | Sequence[Sleeve],
    *,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    split: str = "50/50",
    protection: Protection = "drawdown",
    source: str = "",
    progress: Callable[[str], None] | None = None,
) -> ChoiceResult:
    """Run many policies over the same bars and put them side by side.

    Parameters
    ----------
    policies
        The candidates; with several sleeves, each policy with each of them.
    market, portfolio, costs, start, end, split, source
        As for :func:`hedgerow.backtest`.
    hedge
        A sleeve, or several.
    protection
        ``"drawdown"`` (points taken off the deepest fall), ``"her"`` (part of crisis losses given
        back) or ``"tail"`` (points taken off the mean of the worst 5 % of months).
    progress
        Called with the name of each candidate before its run.

    Raises
    ------
    HedgerowError
        If something is of the wrong kind or given twice, or a candidate cannot be run.

    Examples
    --------
    >>> import hedgerow as hr
    >>> vix = [hr.Level("vix")]
    >>> found = hr.compare(
    ...     [
    ...         hr.Policy([hr.Linear("vix", low=12, high=22)], vix, name="linear"),
    ...         hr.Policy([hr.Tiers("vix")], vix, name="tiers"),
    ...     ],
    ...     hr.load("builtin", start="2017-01-03", end="2020-12-31"),
    ...     hr.Put(),
    ... )
    >>> [candidate["name"] for candidate in found.to_dict()["candidates"]]
    ['linear', 'tiers', 'fixed 1×', 'no hedge']
    """
    from hedgerow.api.counting import count_runs
    from hedgerow.research.choosing import choose

    if isinstance(policies, Policy | str) or not isinstance(policies, Sequence):
        raise PolicyError(
            f"{shown(policies)} is not a list of policies",
            where="policies",
            mend="write [first, second]",
        )
    sleeves: list[Any] = list(hedge) if isinstance(hedge, list | tuple) else [hedge]
    if not sleeves:
        raise SleeveError("there is nothing to hedge with", where="hedge", mend="write hr.Put()")
    for policy in policies:
        for sleeve in sleeves:
            check(policy, market, sleeve, portfolio, costs)
    found = choose(
        policies,
        market,
        sleeves,
        portfolio or Equity(),
        costs=costs,
        start=day(start, "start"),
        end=day(end, "end"),
        parts=split,
        protection=protection,
        facts={"version": __version__, "source": source},
        progress=progress,
    )
    counted = count_runs(list(found.comparisons.values()), "compare")
    return ChoiceResult(
        replace(found, comparisons=dict(zip(found.comparisons, counted, strict=True)))
    )
