"""How much of a run's Sharpe ratio the number of trials on the same data explains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hedgerow.research.overfit import sharpe as ratios
from hedgerow.research.overfit.sharpe import Record
from hedgerow.research.overfit.trials import Count
from hedgerow.research.performance import YEAR

ROOT = math.sqrt(YEAR)


@dataclass(frozen=True)
class Luck:
    """A Sharpe ratio and the trials that it is the outcome of.

    Parameters
    ----------
    record
        Of the run's returns over bills, per session, over the whole run.
    count
        Trials on the same data, this run included.
    counted
        Whether they come from the register; if not, only this run's own are known.
    remark
        Why not, or what is wrong with the register; empty if nothing.
    """

    record: Record
    count: Count
    counted: bool
    remark: str = ""

    @property
    def best(self) -> float:
        """Sharpe ratio a year that the best of as many worthless trials is expected to show."""
        return ratios.expected_best(self.count.trials, self.count.variance) * ROOT

    @property
    def deflated(self) -> float:
        """Deflated Sharpe ratio: the probability that the true one is above nothing."""
        return ratios.deflated_sharpe(self.record, self.count.trials, self.count.variance)

    @property
    def probabilistic(self) -> float:
        """The same if nothing else had been tried."""
        return ratios.probabilistic_sharpe(self.record)

    @property
    def years_needed(self) -> float:
        """Years of record below which as many independent trials show a Sharpe of 1 by luck."""
        return ratios.minimum_backtest_length(self.count.trials)

    @property
    def track_record(self) -> float:
        """Years that this Sharpe ratio needs to be above nothing with 95 % confidence."""
        return ratios.minimum_track_record(self.record) / YEAR

    def __str__(self) -> str:
        """Return it in one sentence or two."""
        many = self.count.trials
        ours = self.record.sharpe * ROOT
        if many == 1:
            only = "the only run on these data" if self.counted else "a run alone"
            said = f"Luck (D7): {only}"
        else:
            said = (
                f"Luck (D7): the Sharpe of the best of {many:,} runs on these data would by luck "
                f"alone be {self.best:.2f}; this one's is {ours:.2f} over the whole run"
            )
        if math.isnan(self.deflated):
            said += ", which has no deflated Sharpe"
        else:
            whose = "of the whole portfolio, equity included"
            said += f", deflated Sharpe {self.deflated:.0%} ({whose})"
        return f"{said} ({self.remark})" if self.remark else said

    def to_dict(self) -> dict[str, Any]:
        """Return every number, ratios a year."""
        return {
            "trials": self.count.trials,
            "runs": self.count.runs,
            "of_the_same_steps": self.count.alike,
            "from_register": self.counted,
            "remark": self.remark,
            "sharpe_excess": self.record.sharpe * ROOT,
            "sharpe_of_trials": {
                "mean": self.count.mean * ROOT,
                "standard_deviation": math.sqrt(max(self.count.variance, 0.0)) * ROOT,
            },
            "best_by_luck": self.best,
            "deflated_sharpe": self.deflated,
            "probabilistic_sharpe": self.probabilistic,
            "minimum_backtest_years": self.years_needed,
            "minimum_track_record_years": self.track_record,
            "sentence": str(self),
        }
