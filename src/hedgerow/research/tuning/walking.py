"""Walk-forward: numbers are chosen again and again, and judged on what came after (spec D5).

In each fold all lanes are backtested over the training window, each with a fresh book, and the best
by the objective decides over the next test window.  The test windows together are one run with one
book: when the numbers change, positions, budget, peak and what the steps remember are carried over,
as a desk does that edits its policy file.  The first decision by new numbers is that of the close
of the window's first session.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.lanes.spread import Spread
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research import performance
from hedgerow.research.comparison import life_of
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.tuning.combining import Paths, combine
from hedgerow.research.tuning.judging import Judged, judge
from hedgerow.research.tuning.lanes import alone_deepest, fixed_tallies, tallies
from hedgerow.research.tuning.objective import Objective
from hedgerow.research.tuning.windows import LEAST, Fold, begun, folds


@dataclass(frozen=True)
class Choice:
    """What one fold chose, and what came of it.

    Parameters
    ----------
    fold
        Rows of the run.
    train, test
        First and last date of each.
    lane, numbers
        What was chosen.
    inside, outside
        The objective of it in training, and of the walked track in the test window; NaN where the
        window has none.
    fixed_inside, fixed_outside
        Of the fixed hedge.
    rank
        Part of the other lanes that the chosen one beat in the test window, each with a fresh
        book; ½ is what a choice by lot gets.  Lanes that are out rank below all others; NaN where
        none can be ranked.
    """

    fold: Fold
    train: tuple[str, str]
    test: tuple[str, str]
    lane: int
    numbers: Mapping[str, float]
    inside: float
    outside: float
    fixed_inside: float
    fixed_outside: float
    rank: float


@dataclass(frozen=True, repr=False)
class Walk:
    """A policy whose numbers were chosen again and again, out of sample.

    Parameters
    ----------
    spread, objective
        The lanes, and what they were chosen by.
    anchored, purge, embargo
        How the run was cut; purge and embargo in sessions.
    choices
        One per fold.
    judged
        Over the test windows together: ``unhedged``, ``static``, ``given`` (the policy's own
        numbers), ``walked``, and ``hindsight``, the lane that was best there, which nobody could
        know.
    numbers, latest
        Of ``hindsight``, and what the training window that ends with the data chooses: the numbers
        to go on with, which nothing has judged.
    values
        The objective of every lane over the test windows together, **shape** (lanes,).
    ratios
        Its Sharpe ratio per session, for the register, **shape** (lanes,).
    whole
        The objective over the test windows together, by hedge.
    paths
        Combinatorial cross-validation; None where there is none, for the reason in ``remark``.
    facts
        Hashes and versions.
    luck
        The walked track against the number of trials (D7); None until counted.
    """

    spread: Spread
    objective: Objective
    anchored: bool
    purge: int
    embargo: int
    choices: tuple[Choice, ...]
    judged: Judged
    numbers: Mapping[str, float]
    latest: Mapping[str, float]
    values: Floats
    ratios: Floats
    whole: Mapping[str, float]
    paths: Paths | None
    remark: str
    facts: Mapping[str, Any]
    luck: Luck | None = None

    def __repr__(self) -> str:
        return (
            f"<Walk of {self.judged.policy.name} with {self.judged.sleeve.name}: "
            f"{len(self.choices)} folds, {len(self.spread):,} lanes>"
        )

    @property
    def inside(self) -> float:
        """Mean objective of the choices in training."""
        return _mean(choice.inside for choice in self.choices)

    @property
    def efficiency(self) -> float:
        """Objective out of sample over its mean in training; NaN where that is not above 0.

        Pardo: The Evaluation and Optimization of Trading Strategies (2008), chapter 11, takes the
        yearly profit; here it is the objective.
        """
        return _ratio(self.whole["walked"], self.inside)

    @property
    def promised(self) -> float:
        """Mean lead of the choices over the fixed hedge in training."""
        return self.inside - _mean(choice.fixed_inside for choice in self.choices)

    @property
    def came(self) -> float:
        """Lead of the walked track over the fixed hedge."""
        return self.whole["walked"] - self.whole["static"]

    @property
    def lead_efficiency(self) -> float:
        """The same of the lead over the fixed hedge: how much of what tuning promised came."""
        return _ratio(self.came, self.promised)

    @property
    def pbo(self) -> float:
        """Part of the folds whose choice was in the worse half of the lanes in the window after.

        ½ by lot; a place in the middle counts half.  NaN where none can be ranked.
        """
        return _mean((1.0 - np.sign(choice.rank - 0.5)) / 2.0 for choice in self.choices)

    @property
    def turns(self) -> dict[int, Policy]:
        """The policy that decides from each bar of the walked track on."""
        begin = self.choices[0].fold.test.start
        return {c.fold.test.start - begin: self.spread.lane(c.lane) for c in self.choices}

    @property
    def rank(self) -> float:
        """Mean rank of the choices among all lanes in the window after them; ½ by lot."""
        return _mean(choice.rank for choice in self.choices)


def _mean(values: Any) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else math.nan


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0.0 else math.nan


def walk(
    policy: Policy,
    ground: Ground,
    sleeve: Sleeve,
    spread: Spread,
    *,
    costs: Costs,
    train: int,
    test: int,
    anchored: bool = False,
    embargo: int = 0,
    objective: Objective | None = None,
    groups: int = 8,
    held_out: int = 2,
    carriage: str = "compiled",
    facts: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Walk:
    """Choose numbers in each training window and play them in the test window after it.

    Parameters
    ----------
    policy, ground, sleeve, costs
        What is tuned, and the ground of the whole run.
    spread
        The lanes to choose from.
    train, test
        Sessions of each window.
    anchored
        Whether training always begins at the run's first bar.
    embargo
        Sessions left out between training and test, beyond the purge: the reach of the signals and
        the life of a contract.
    objective
        What the best lane has most of.
    groups, held_out
        Of the combinatorial cross-validation; 0 groups for none.
    carriage
        ``"compiled"`` or ``"numpy"``.
    facts
        What else the answer should carry.
    progress
        Told in words what is being done.

    Raises
    ------
    RangeError
        If the run is too short for its windows, or no lane can be ranked.
    """
    aim, say = objective or Objective(), progress or _silent
    bars = len(ground.market) - ground.first
    if isinstance(embargo, bool) or not isinstance(embargo, int) or embargo < 0:
        raise RangeError(f"{embargo!r} sessions cannot be left out", where="embargo", mend="give 0")
    if isinstance(groups, bool) or not isinstance(groups, int) or (groups != 0 and groups < 3):
        raise RangeError(
            f"{groups!r} groups cannot be held out in turn",
            where="groups",
            mend="take 3 or more, or 0 for no cross-validation",
        )
    if isinstance(held_out, bool) or not isinstance(held_out, int) or held_out < 2:
        raise RangeError(
            f"{held_out!r} groups cannot be held out", where="held_out", mend="hold out 2 or more"
        )
    # known when the first choice is made: later contracts tell nothing about earlier folds
    purge = policy.reach + life_of(ground, ground.first + min(train, bars))
    cut = folds(bars, train, test, anchored=anchored, gap=purge + embargo)
    begin = cut[0].test.start
    # the last is what a walk that went on would choose on now
    windows = [*(fold.train for fold in cut), slice(0 if anchored else bars - train, bars)]
    say(f"Choosing among {len(spread):,} lanes in {len(cut)} training windows …")
    inside, fixed = tallies(spread, ground, windows, carriage), fixed_tallies(ground, windows)
    *lanes, latest = [
        aim.best(mine, plain, alone_deepest(ground, rows))
        for mine, plain, rows in zip(inside, fixed, windows, strict=True)
    ]
    say("Judging every lane on the test windows …")
    tests = [fold.test for fold in cut]
    outside, after = tallies(spread, ground, tests, carriage), fixed_tallies(ground, tests)
    rest = slice(begin, bars)
    (whole,), (plain,) = tallies(spread, ground, [rest], carriage), fixed_tallies(ground, [rest])
    values = aim.values(whole, plain, alone_deepest(ground, rest))
    best = aim.best(whole, plain, alone_deepest(ground, rest))
    say("Playing the walked policy …")
    later = begun(ground, begin)
    turns = {
        fold.test.start - begin: spread.lane(lane) for fold, lane in zip(cut, lanes, strict=True)
    }
    walked = run.play("walked", spread.lane(lanes[0]), later, turns=turns)
    hedges: dict[str, Policy | Track] = {
        "given": policy,
        "walked": walked,
        "hindsight": spread.lane(best),
    }
    judged = judge(policy, sleeve, costs, later, hedges)
    # a window's first return is earned from the close before it on
    stretches = [slice(max(f.test.start - begin - 1, 0), f.test.stop - begin) for f in cut]
    marks = [judged.measures(aim, rows) for rows in stretches]
    dates = ground.market.dates[ground.first :]
    choices = tuple(
        Choice(
            fold,
            _dates(dates, fold.train),
            _dates(dates, fold.test),
            lane,
            _numbers(spread, lane),
            float(aim.measure(mine, plain)[lane]),
            mark["walked"],
            float(aim.measure(plain, plain)[0]),
            mark["static"],
            _rank(aim.values(them, fixed_there, alone_deepest(ground, fold.test)), lane),
        )
        for fold, lane, mine, plain, mark, them, fixed_there in zip(
            cut, lanes, inside[:-1], fixed[:-1], marks, outside, after, strict=True
        )
    )
    say("Cross-validating …")
    paths, remark = _paths(spread, ground, aim, groups, held_out, purge, embargo, carriage)
    return Walk(
        spread, aim, anchored, purge, embargo, choices, judged,
        numbers=_numbers(spread, best),
        latest=_numbers(spread, latest),
        values=values,
        ratios=np.where(whole.deepest > -1.0, whole.sharpe() / math.sqrt(performance.YEAR), np.nan),
        whole=judged.measures(aim),
        paths=paths,
        remark=remark,
        facts={"data": ground.market.digest(), **(facts or {})},
    )  # fmt: skip


def _silent(sentence: str) -> None:
    """Say nothing."""


def _numbers(spread: Spread, lane: int) -> dict[str, float]:
    return {name: float(column[lane]) for name, column in spread.values.items()}


def _dates(dates: Any, rows: slice) -> tuple[str, str]:
    return str(dates[rows.start]), str(dates[rows.stop - 1])


def _rank(values: Floats, lane: int) -> float:
    """Return the part of the other lanes that one beat, equals counted half.

    Lanes that are out rank below all others: a choice that was lost is no missing value.

    Examples
    --------
    >>> _rank(np.array([0.3, np.nan, 0.1]), 1), _rank(np.array([0.3, np.nan, 0.1]), 2)
    (0.0, 0.5)
    """
    known = np.isfinite(values)
    if not known.any() or len(values) < 2:
        return math.nan
    ranked = np.where(known, values, -np.inf)
    others = np.delete(ranked, lane)
    return float(np.mean((others < ranked[lane]) + 0.5 * (others == ranked[lane])))


def _paths(
    spread: Spread,
    ground: Ground,
    aim: Objective,
    groups: int,
    held_out: int,
    purge: int,
    embargo: int,
    carriage: str,
) -> tuple[Paths | None, str]:
    """Cross-validate where the run is long enough and the objective allows it."""
    if not groups:
        return None, "it was switched off"
    bars = len(ground.market) - ground.first - 1
    if bars // groups < 2 * purge + embargo + LEAST:
        groups = bars // (2 * purge + embargo + LEAST)
    if groups < 3:
        return None, f"{bars:,} sessions are too few where {purge} are cut out at each edge"
    try:
        made = combine(
            spread, ground, aim, groups=groups, held_out=min(held_out, groups - 1), purge=purge,
            embargo=embargo, carriage=carriage,
        )  # fmt: skip
    except RangeError as error:  # the walk itself stands without it
        return None, error.what
    return made, ""
