"""The honesty gate for results: what the run claims, and whether it may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgerow.research.comparison import Comparison
    from hedgerow.research.gate.evidence import Overfit
    from hedgerow.research.gate.item import Item
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.thresholds import Thresholds


class Judged:
    """A result that can be judged: a backtest, or what has one at its end."""

    _judged: Judgement | None = None

    def __init__(self, found: Any) -> None:
        self.found = found

    def _backtest(self) -> Comparison:
        """Return what is judged."""
        made: Comparison = self.found
        return made

    def _overfit(self) -> Overfit | None:
        """Return what is known of the choice that stands behind it."""
        return None

    def _own(self, asked: Thresholds) -> list[Item]:
        """Return the items that are other ones than a backtest's."""
        return []

    def _asked(
        self, overfit: Overfit | None, thresholds: Thresholds | None, resamples: int
    ) -> Judgement:
        from hedgerow.research.gate.judgement import judge

        return judge(
            self._backtest(),
            overfit=self._overfit() if overfit is None else overfit,
            thresholds=thresholds,
            resamples=resamples,
            own=self._own,
        )

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
        What was asked last is the :attr:`verdict` that text, report and JSON show.  The
        trials of a backtest are counted anew: what was tried since is on record too.
        """
        self._judged = self._asked(overfit, thresholds, resamples)
        return self._judged

    @property
    def verdict(self) -> Judgement:
        """What the honesty gate says of it, asked in the usual way unless it was asked before."""
        return self._judged or self.judge()

    def _told(self) -> Judgement:
        """Return what a text tells: what was asked last, or what costs next to nothing."""
        return self._judged or self._asked(None, None, 0)

    def _with_verdict(self, table: dict[str, Any]) -> dict[str, Any]:
        """Return a table of plain values with the verdict."""
        from hedgerow.api import plain

        return {**table, "verdict": plain(self.verdict.to_dict())}
