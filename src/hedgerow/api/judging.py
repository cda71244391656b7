"""The honesty gate for results: what the run claims, and whether it may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedgerow.research.comparison import Comparison
    from hedgerow.research.gate.evidence import Overfit
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.thresholds import Thresholds


class Judged:
    """A backtest that can be judged."""

    def __init__(self, found: Comparison) -> None:
        self.found = found
        self._judged: Judgement | None = None

    def judge(
        self,
        *,
        overfit: Overfit | None = None,
        thresholds: Thresholds | None = None,
        resamples: int = 1_000,
    ) -> Judgement:
        """Ask the honesty gate whether what the run claims may be believed.

        Parameters
        ----------
        overfit
            Of the sweep that the policy was chosen from: ``hr.sweep(…).overfit()``.
        thresholds
            What is asked; the usual by default.
        resamples
            Of the bootstrap; 0 leaves out the four items that need it.

        Notes
        -----
        What was asked last is the :attr:`verdict` that text, report and JSON show.  Trials are
        counted anew: what was tried since the run is on record too.
        """
        from hedgerow.api.counting import count_runs
        from hedgerow.research.gate.judgement import judge

        found = self.found
        if found.luck is not None and found.luck.counted:
            (again,) = count_runs([found])  # on record already: nothing is added
            found = again if again.luck is not None and again.luck.counted else found
        self._judged = judge(found, overfit=overfit, thresholds=thresholds, resamples=resamples)
        return self._judged

    @property
    def verdict(self) -> Judgement:
        """What the honesty gate says of it, asked in the usual way unless it was asked before."""
        return self._judged or self.judge()
