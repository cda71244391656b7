"""The best lanes of a sweep: chosen on the train part, shown on the test part as well (D1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError
from hedgerow.research import performance
from hedgerow.research.comparison import cash_returns, fixed_policy
from hedgerow.research.split import Split
from hedgerow.research.survey import Rank, Ranking, Survey
from hedgerow.research.sweep import Sweep

MEANINGS: Mapping[str, str] = {
    "sharpe": "highest Sharpe ratio over bills",
    "return": "highest NAV at the end",
    "cost": "lowest cost of the hedge, whatever it protects",
    "drawdown": "least deep fall of NAV",
}
"""What lanes are ranked by, in words."""


@dataclass(frozen=True)
class Pick:
    """One of the best lanes.

    Parameters
    ----------
    lane
        Its number in the sweep.
    numbers
        What was varied, as it has it.
    policy
        The lane as an ordinary policy.
    track
        Its run over the whole stretch.
    train, test
        Statistics of both parts, see :func:`hedgerow.research.performance.statistics`.
    """

    lane: int
    numbers: Mapping[str, float]
    policy: Policy
    track: Track
    train: Mapping[str, Any]
    test: Mapping[str, Any]


@dataclass(frozen=True)
class Shortlist:
    """The best lanes of a sweep of the train part, and what else could be held.

    Parameters
    ----------
    swept
        The sweep, or what was kept of it, over the train part alone.
    rank
        What the lanes were ranked by.
    picks
        The best ones, the very best first.
    beside
        ``static`` and ``unhedged``: statistics by part.
    periods
        First and last date and number of sessions of both parts.
    ground, split
        Of the whole stretch, and its parts.
    """

    swept: Sweep | Survey
    rank: Rank
    picks: tuple[Pick, ...]
    beside: Mapping[str, Mapping[str, Mapping[str, Any]]]
    periods: Mapping[str, Mapping[str, Any]]
    ground: Ground
    split: Split


def check_best(best: int) -> None:
    """Refuse what is no number of lanes.

    Raises
    ------
    RangeError
        Unless it is 1 or more.
    """
    if isinstance(best, bool) or not isinstance(best, int) or best < 1:
        raise RangeError(f"{best!r} is not a number of lanes", where="best", mend="give 1 or more")


def best_of(score: Floats, count: int) -> list[int]:
    """Return the lanes with the highest scores, the best first; of equal ones the first lane.

    Examples
    --------
    >>> best_of(np.array([0.1, np.nan, 0.3, 0.3]), 3)
    [2, 3, 0]
    """
    order = np.argsort(-score, kind="stable")  # NaN goes to the end
    return [int(lane) for lane in order[:count] if np.isfinite(score[lane])]


def shortlist(
    swept: Sweep | Survey,
    ground: Ground,
    parted: Split,
    *,
    best: int = 10,
    rank: Rank = "sharpe",
) -> Shortlist:
    """Choose the best lanes of a sweep and play them over the whole stretch.

    Parameters
    ----------
    swept
        Of the train part; a survey has the lanes that it has kept, by its own rank.
    ground
        Of the whole stretch.
    parted
        Its parts.
    best
        How many lanes.
    rank
        What they are ranked by.

    Raises
    ------
    RangeError
        If no lane kept any NAV, or a number is out of range.
    """
    check_best(best)
    if isinstance(swept, Survey):
        chosen = swept.best["item"].tolist()[:best]
    else:
        cash = np.zeros(2) if swept.cash is None else swept.cash
        chosen = best_of(Ranking(rank, float(cash[1:].mean()))(swept.results), best)
    if not chosen:
        raise RangeError(
            f"none of the {len(swept):,} lanes kept its NAV in the train part",
            where="sweep",
            mend="take a smaller hedge, or other values",
        )
    cash = cash_returns(ground)
    rows = {"train": parted.train, "test": parted.test}
    dates = ground.market.dates[ground.first :]

    def parts(track: Track) -> dict[str, dict[str, Any]]:
        return {name: performance.statistics(track, cash, part) for name, part in rows.items()}

    picks = []
    for lane in chosen:
        policy = swept.policy(lane)
        track = run.play("dynamic", policy, ground)
        picks.append(Pick(lane, swept.numbers(lane), policy, track, **parts(track)))
    return Shortlist(
        swept,
        rank,
        tuple(picks),
        {
            "static": parts(run.play("static", fixed_policy(ground), ground)),
            "unhedged": parts(run.unhedged(ground)),
        },
        {
            name: {
                "from": str(dates[part][0]),
                "to": str(dates[part][-1]),
                "sessions": len(dates[part]),
            }
            for name, part in rows.items()
        },
        ground,
        parted,
    )
