"""What is asked otherwise of runs that are no plain backtest: walks, searches, stresses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hedgerow.research.gate.evidence import overfitted
from hedgerow.research.gate.item import Item, Outcome
from hedgerow.research.gate.thresholds import Thresholds

if TYPE_CHECKING:
    from hedgerow.research.stress.figures import Estimate
    from hedgerow.research.stress.study import Stress
    from hedgerow.research.tuning.searching import Search
    from hedgerow.research.tuning.walking import Walk

AIMS = {"sharpe": "Sharpe ratio", "saving": "saving", "her": "HER", "cost": "saving"}
"""What a walk's lead over the fixed hedge is measured in."""


def walked(found: Walk, asked: Thresholds) -> list[Item]:
    """Ask of a walk whether the lead of training came, and whether choosing chose.

    All of its bars are out of sample, so that a choice no better than by lot makes the walk idle
    and not untrue: the probability of overfitting only warns.
    """
    promised, came = found.promised, found.came
    key, name = "degradation", "Training against test"
    told = (
        f"Lead over the fixed hedge in {AIMS[found.objective.name]}: {promised:+.3f} in the "
        f"training windows, {came:+.3f} in the windows after them"
    )
    if not (math.isfinite(promised) and math.isfinite(came)):
        said = "In training or after it the lead over the fixed hedge cannot be measured"
        first = Item(key, name, Outcome.UNKNOWN, said, None, asked.kept)
    elif promised <= 0.0:
        first = Item(key, name, Outcome.NOT_ASKED, f"{told}: no lead in training to lose")
    else:
        kept = came / promised
        outcome = Outcome.PASS if kept >= asked.kept else Outcome.UNKNOWN
        if came <= 0.0:
            outcome = Outcome.FAIL
        first = Item(key, name, outcome, f"{told}: {kept:.0%} kept", kept, asked.kept)
    worse, folds = found.pbo, len(found.choices)
    said = (
        f"The lane chosen was among the worse half of {len(found.spread):,} in {worse:.0%} of "
        f"{folds} windows after; by lot about 50%. It decides nothing: the track is out of sample"
    )
    if math.isnan(worse):
        said = "With one lane, or none that can be ranked, nothing was chosen"
    second = overfitted(worse, said, asked)._replace(decides=False)
    return [first, second]


def searched(found: Search, asked: Thresholds) -> list[Item]:
    """Say of a search that its trials are no lanes that could be cross-validated."""
    many = len(found.history)
    said = (
        f"The best of {many:,} trials of a search, which went where the best was: they cannot be "
        "cross-validated. hedgerow sweep over the same numbers can, hedgerow walk needs it not"
    )
    name = "Probability of overfitting (D7)"
    return [Item("pbo", name, Outcome.UNKNOWN, said, None, asked.pbo)]


def stressed(found: Stress, asked: Thresholds) -> list[Item]:
    """Say whether the policy did worse on simulated paths: a warning, and no evidence for it."""
    static, less = found.against("static"), found.against("divested")
    gaps = {
        "the fixed hedge": (static["return"], static["return_es_5"]),
        "less equity of equal expected shortfall": (less["return"], less["max_drawdown"]),
    }
    each = {name: _word(*pair) for name, pair in gaps.items()}
    words = {"better": "better than", "worse": "worse than", "": "neither better nor worse than"}
    told = " and ".join(f"{words[word]} {name}" for name, word in each.items())
    said = f"On {len(found):,} simulated paths {told}, beyond two standard errors"
    outcome = Outcome.FAIL if "worse" in each.values() else Outcome.NOT_ASKED
    said += "; what a model makes says nothing of history"
    number = static["return"].value
    return [Item("stress", "Simulated paths", outcome, said, number, None, decides=False)]


def _word(earned: Estimate, spared: Estimate) -> str:
    """Return whether more was earned or spared, and nothing of the other lost."""
    gained, lost = (
        any(gap.told and sign * gap.value > 0.0 for gap in (earned, spared)) for sign in (1, -1)
    )
    if gained == lost:
        return ""
    return "better" if gained else "worse"
