"""What the winner of a sweep is worth: cross-validation and luck together (spec D7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.lanes.spread import Spread
from hedgerow.core.market import Floats
from hedgerow.core.tape import Tape
from hedgerow.errors import RangeError
from hedgerow.research.overfit import blocks as reduced
from hedgerow.research.overfit import sharpe as ratios
from hedgerow.research.overfit.cscv import CrossValidation, cross_validate
from hedgerow.research.overfit.luck import ROOT, Luck
from hedgerow.research.overfit.trials import Count

SAMPLE = 200
"""Lanes, evenly spaced, whose daily returns tell how alike all are."""


@dataclass(frozen=True, repr=False)
class Overfitting:
    """How much of a sweep's best lane is the choice of the best.

    ``print()`` tells it; :meth:`to_dict` has every number.

    Parameters
    ----------
    name
        Of the policy.
    cross
        Cross-validation of the lanes.
    winner
        The lane with the highest Sharpe ratio over bills.
    numbers
        What was varied, as the winner has it.
    luck
        The winner against the number of trials.
    correlation
        Mean correlation of the lanes' daily returns, of a sample; NaN of fewer than two.
    """

    name: str
    cross: CrossValidation
    winner: int
    numbers: Mapping[str, float]
    luck: Luck
    correlation: float

    def __repr__(self) -> str:
        return (
            f"<Overfitting of {self.name}: PBO {self.pbo:.1%}, deflated Sharpe "
            f"{self.luck.deflated:.1%} after {self.luck.count.trials:,} trials; print() for more>"
        )

    @property
    def pbo(self) -> float:
        """Probability of backtest overfitting, 0 … 1."""
        return self.cross.pbo

    @property
    def effective(self) -> float:
        """Independent trials that as many, as alike as these lanes, stand for."""
        alike = 0.0 if math.isnan(self.correlation) else self.correlation
        return ratios.effective_trials(self.luck.count.trials, alike)

    @property
    def deflated_if_effective(self) -> float:
        """Deflated Sharpe ratio of the winner if only the effective trials are counted.

        The lenient reading: trials that are alike differ less already, so that counting fewer
        of them forgives the same thing twice.
        """
        return ratios.deflated_sharpe(self.luck.record, self.effective, self.luck.count.variance)

    def __str__(self) -> str:
        cross = self.cross
        lane = ", ".join(f"{name} {value:g}" for name, value in self.numbers.items())
        return "\n".join(
            [
                f"Overfitting of {self.name}: {cross.trials:,} lanes, {cross.blocks} blocks, "
                f"{len(cross.logits):,} choices of half of them",
                f"  PBO {cross.pbo:.1%}: how often the best lane of one half was in the worse half "
                "of the lanes elsewhere",
                f"  Best in one half: Sharpe {cross.chosen.mean() * ROOT:.2f} there, "
                f"{cross.judged.mean() * ROOT:.2f} elsewhere (slope {cross.slope:.2f}); "
                f"a loss elsewhere in {cross.loss:.1%}",
                f"  Best of all {cross.blocks} blocks: lane {self.winner} ({lane}), "
                f"Sharpe over bills {self.luck.record.sharpe * ROOT:.2f}",
                f"  {self.luck}",
                f"  Lanes correlate at {self.correlation:.3f}: like {self.effective:,.1f} "
                f"independent trials, deflated Sharpe then {self.deflated_if_effective:.0%}",
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; Sharpe ratios a year."""
        cross = self.cross
        return {
            "policy": self.name,
            "lanes": cross.trials,
            "blocks": cross.blocks,
            "splits": len(cross.logits),
            "pbo": cross.pbo,
            "logit_quantiles": {
                f"{q:g}": float(np.quantile(cross.logits, q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95)
            },
            "probability_of_loss": cross.loss,
            "degradation": {"slope": cross.slope, "intercept": cross.intercept * ROOT},
            "sharpe_where_chosen": float(cross.chosen.mean()) * ROOT,
            "sharpe_elsewhere": float(cross.judged.mean()) * ROOT,
            "winner": {"lane": self.winner, **self.numbers},
            "mean_correlation": self.correlation,
            "effective_trials": self.effective,
            "deflated_sharpe_if_effective": self.deflated_if_effective,
            "luck": self.luck.to_dict(),
        }


def study(
    spread: Spread,
    tape: Tape,
    *,
    cash: Floats,
    blocks: int = 16,
    count: Count | None = None,
    remark: str = "",
    carriage: str = "compiled",
    progress: Callable[[int], None] | None = None,
) -> Overfitting:
    """Play the lanes of a sweep once more and find how much of the best is the choice.

    Parameters
    ----------
    spread, tape
        The lanes, and what they were played on.
    cash
        Return of bills over each bar, **shape** (T,).
    blocks
        S of the cross-validation, even.
    count, remark
        Trials on the same data by the register, and what is wrong with that; None counts the
        lanes alone.
    carriage
        As for :func:`hedgerow.research.sweep.sweep`.
    progress
        Called with the number of lanes just done; each is passed thrice: played, chosen from,
        judged.

    Raises
    ------
    RangeError
        If fewer than two lanes kept any NAV, or the run is too short for so many blocks.
    """
    sums = reduced.play_blocks(
        spread, tape, blocks, cash=cash, carriage=carriage, progress=progress
    )
    each = sums.all().sharpe()[0]
    alive = each[np.isfinite(each)]
    if len(alive) < 2:
        raise RangeError(
            f"of {len(each):,} lanes {len(alive)} kept some NAV: nothing to choose among",
            where="overfit",
            mend="sweep more values, or a smaller hedge",
        )
    cross = cross_validate(sums, progress)
    own = Count(len(each), 1, float(alive.mean()), float(alive.var(ddof=1)))
    known = own if count is None else count
    if not known.variance > 0.0:
        known = known._replace(variance=own.variance)
    winner = int(np.argmax(each))
    alone = reduced.lane_returns(spread, tape, np.array([winner]))[:, 0]
    some = np.flatnonzero(np.isfinite(each))
    some = some[np.linspace(0, len(some) - 1, min(len(some), SAMPLE)).astype("int64")]
    return Overfitting(
        spread.policy.name,
        cross,
        winner,
        {name: float(column[winner]) for name, column in spread.values.items()},
        Luck(ratios.record_of(alone - cash[1:]), known, count is not None, remark),
        ratios.mean_correlation(reduced.lane_returns(spread, tape, some)),
    )
