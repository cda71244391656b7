"""Combinatorial purged cross-validation: many out-of-sample paths instead of one (spec D1, D7).

López de Prado: Advances in Financial Machine Learning (2018), chapter 12.  The run is cut into N
groups; for each choice of k of them the best lane of the rest, purged and embargoed, is judged on
the k.  What the choices say of the groups makes ``C(N, k)·k/N`` paths of the whole run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.lanes.spread import Spread
from hedgerow.core.market import Floats
from hedgerow.engine.run import Ground
from hedgerow.errors import RangeError
from hedgerow.research.comparison import cash_returns, fixed_policy
from hedgerow.research.overfit.blocks import Sums, sharpe_of
from hedgerow.research.performance import YEAR
from hedgerow.research.tuning.lanes import CHUNK, Progress, falls_in, part_of, play
from hedgerow.research.tuning.objective import Objective, Tally
from hedgerow.research.tuning.windows import LEAST, tape_of

MOST_SPLITS = 5_000
"""Choices of groups beyond this are refused."""


class Splits(NamedTuple):
    """Which returns each choice is made on and judged on; return i ends at bar i+1."""

    train: list[NDArray[np.int64]]
    """Returns that a split's choice is made on."""
    test: list[list[NDArray[np.int64]]]
    """Returns of each group that a split is judged on."""
    path: NDArray[np.int64]
    """The path that each belongs to, **shape** (splits, k)."""


@dataclass(frozen=True)
class Paths:
    """What a choice by an objective was worth, path by path.

    Parameters
    ----------
    groups, held_out, purge, embargo
        N and k, and the sessions left out.
    lanes
        The lane that each split chose, **shape** (splits,).
    sharpe, saving
        Of each path: Sharpe ratio over bills a year, and saving of hedge cost against the fixed
        hedge (C3; NaN where that paid nothing), **shape** (paths,).
    fixed_sharpe
        Of the fixed hedge over the same bars.
    hindsight_sharpe
        Of the one lane that had the highest.
    """

    groups: int
    held_out: int
    purge: int
    embargo: int
    lanes: NDArray[np.int64]
    sharpe: Floats
    saving: Floats
    fixed_sharpe: float
    hindsight_sharpe: float

    @property
    def beat(self) -> float:
        """Part of the paths whose Sharpe ratio is above the fixed hedge's."""
        return float(np.mean(self.sharpe > self.fixed_sharpe))

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values."""
        return {
            "groups": self.groups,
            "held_out": self.held_out,
            "purge": self.purge,
            "embargo": self.embargo,
            "splits": len(self.lanes),
            "paths": len(self.sharpe),
            "sharpe": {"each": self.sharpe.tolist(), **spread_of(self.sharpe)},
            "saving": {"each": self.saving.tolist(), **spread_of(self.saving)},
            "fixed_sharpe": self.fixed_sharpe,
            "hindsight_sharpe": self.hindsight_sharpe,
            "beat_fixed": self.beat,
        }


def spread_of(values: Floats) -> dict[str, float]:
    """Return lowest, quartiles and highest of the values that are numbers; NaN of none.

    Examples
    --------
    >>> spread_of(np.array([1.0, 3.0, 2.0, np.nan]))["median"]
    2.0
    """
    known = values[np.isfinite(values)]
    names = ("lowest", "quarter", "median", "three_quarters", "highest")
    if not len(known):
        return dict.fromkeys(names, math.nan)
    return dict(zip(names, np.quantile(known, (0, 0.25, 0.5, 0.75, 1)).tolist(), strict=True))


def splits_of(count: int, groups: int, held_out: int, purge: int, embargo: int) -> Splits:
    """Cut returns into groups and list every choice of those held out, by skfolio's splitter.

    Parameters
    ----------
    count
        Returns of the run.
    groups, held_out
        N ≥ 3, and k: 2 … N-1.
    purge
        Returns left out of training on both sides of what is held out.
    embargo
        Returns left out besides after it.

    Raises
    ------
    RangeError
        If there are too many choices, or groups too short for what is left out.

    Examples
    --------
    >>> made = splits_of(90, 3, 2, purge=2, embargo=1)
    >>> made.train[1].tolist() == list(range(33, 58)), made.path.tolist()
    (True, [[0, 0], [1, 0], [1, 1]])
    """
    many = math.comb(groups, held_out) if 2 <= held_out < groups else 0
    if not 0 < many <= MOST_SPLITS:
        raise RangeError(
            f"{held_out} of {groups} groups cannot be held out in turn",
            where="groups",
            mend="take 3 groups or more and hold out two or more of them, such as 2 of 8",
        )
    if count // groups < 2 * purge + embargo + LEAST:
        raise RangeError(
            f"groups of {count // groups} sessions are too short where {purge} are cut out before "
            f"and {purge + embargo} after what is held out",
            where="groups",
            mend="take fewer groups or a longer run",
        )
    from skfolio.model_selection import CombinatorialPurgedCV

    cutter = CombinatorialPurgedCV(
        n_folds=groups, n_test_folds=held_out, purged_size=purge, embargo_size=embargo
    )
    pairs = list(cutter.split(np.empty((count, 1))))
    return Splits([a for a, _ in pairs], [b for _, b in pairs], cutter.get_path_ids())


@dataclass(frozen=True)
class _Pieces:
    """Sums of lanes over consecutive pieces of a run, each of **shape** (pieces, lanes)."""

    bars: Floats
    """**shape** (pieces,)."""
    columns: Sequence[Floats]
    """Those of `Tally` between its bars and its deepest fall."""

    def union(self, mask: NDArray[np.bool_]) -> Tally:
        total, squares, paid, gain, loss = (column[mask].sum(axis=0) for column in self.columns)
        unknown = np.full(len(total), np.nan)
        return Tally(float(self.bars[mask].sum()), total, squares, paid, gain, loss, unknown)


class _Cuts(NamedTuple):
    """Where the run is cut, and what lies between."""

    edges: NDArray[np.int64]
    """Returns at which pieces begin, and the end of the last, **shape** (pieces + 1,)."""
    fallen: NDArray[np.bool_]
    """Pieces inside a fall."""
    cash: Floats
    """Mean return of bills in each piece."""

    def mask(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return the pieces that some returns are made of."""
        return np.isin(self.edges[:-1], rows)


def combine(
    spread: Spread,
    ground: Ground,
    objective: Objective,
    *,
    groups: int = 8,
    held_out: int = 2,
    purge: int = 0,
    embargo: int = 0,
    carriage: str = "compiled",
    progress: Progress = None,
) -> Paths:
    """Cross-validate the choice of the best lane.

    Each lane is one run over all bars; a choice is made from its sums over the bars kept and judged
    on those held out.  What changing from lane to lane between groups costs is left out.

    Parameters
    ----------
    spread, ground, objective
        The lanes, what they are played on, and what they are chosen by; not ``cost``, whose deepest
        fall cannot be put together from pieces.
    groups, held_out, purge, embargo
        As for `splits_of`.
    carriage, progress
        As for :func:`hedgerow.research.tuning.lanes.tallies`.

    Raises
    ------
    RangeError
        As `splits_of`, or of the objective ``cost``.
    """
    if objective.name == "cost":
        raise RangeError(
            "deepest falls cannot be put together from pieces of a run",
            where="objective",
            mend="cross-validate by sharpe, saving or her",
        )
    bars = len(ground.market) - ground.first
    splits = splits_of(bars - 1, groups, held_out, purge, embargo)
    cuts = _cuts(ground, splits, bars)
    fixed = _pieces(Spread(fixed_policy(ground), {}), ground, cuts, "numpy")
    masks = [cuts.mask(rows) for rows in splits.train]
    everything = np.ones(len(cuts.cash), dtype=bool)
    best = _Best(len(masks))
    top = -math.inf
    for rows in spread.blocks(CHUNK):
        some = _pieces(part_of(spread, rows), ground, cuts, carriage, progress)
        for i, mask in enumerate(masks):
            best.see(i, objective.values(some.union(mask), fixed.union(mask), 0.0), rows.start)
        top = max(top, float(np.max(some.union(everything).sharpe())))
    lanes = best.lanes()
    kinds, which = np.unique(lanes, return_inverse=True)
    winners = _pieces(part_of(spread, kinds.tolist()), ground, cuts, carriage)
    sharpe, saving = _by_path(winners, fixed, cuts, splits, which)
    return Paths(
        groups, held_out, purge, embargo, lanes, sharpe, saving,
        float(fixed.union(everything).sharpe()[0]), top,
    )  # fmt: skip


class _Best:
    """The best lane of each split, seen chunk by chunk; of equal ones the first."""

    def __init__(self, many: int) -> None:
        self.value = np.full(many, -np.inf)
        self.lane = np.full(many, -1)

    def see(self, i: int, values: Floats, first: int) -> None:
        ranked = np.where(np.isfinite(values), values, -np.inf)
        k = int(np.argmax(ranked))
        if ranked[k] > self.value[i]:
            self.value[i], self.lane[i] = ranked[k], first + k

    def lanes(self) -> NDArray[np.int64]:
        if (self.lane < 0).any():
            raise RangeError(
                "no lane has a value in some of the splits",
                where="objective",
                mend="choose by sharpe, or take fewer groups",
            )
        return self.lane


def _cuts(ground: Ground, splits: Splits, bars: int) -> _Cuts:
    """Cut wherever a training or test part, or a fall, begins or ends."""
    marks = {0, bars - 1}
    for rows in (*splits.train, *(group for test in splits.test for group in test)):
        breaks = np.flatnonzero(np.diff(rows) > 1)
        marks |= {*rows[np.r_[0, breaks + 1]].tolist(), *(rows[np.r_[breaks, -1]] + 1).tolist()}
    falls = falls_in(ground, slice(0, bars))
    for fall in falls:
        marks |= {fall.start, fall.stop - 1}
    edges = np.array(sorted(marks), dtype="int64")
    inside = np.zeros(bars - 1, dtype=bool)
    for fall in falls:
        inside[fall.start : fall.stop - 1] = True
    bills = cash_returns(ground)[1:]
    return _Cuts(edges, inside[edges[:-1]], np.add.reduceat(bills, edges[:-1]) / np.diff(edges))


def _pieces(
    spread: Spread, ground: Ground, cuts: _Cuts, carriage: str, progress: Progress = None
) -> _Pieces:
    """Play lanes once over the whole run and return their sums by piece."""
    bars = len(ground.market) - ground.first
    tape = tape_of(ground, spread.policy, slice(0, bars))
    read = play(spread, tape, (cuts.edges + 1).tolist(), carriage, progress)

    def each(*names: str) -> Floats:
        return np.diff(sum(read[name] for name in names), axis=0)

    alive = np.where(read["max_drawdown"][-1] > -1.0, 0.0, np.nan)
    over = Sums(
        np.diff(cuts.edges).astype("float64")[:, None],
        each("sum_return") + alive,
        each("sum_return_squared"),
    ).over(cuts.cash)
    gained = each("hedge_pnl")
    lost = gained - each("final_nav")
    fallen = cuts.fallen[:, None]
    return _Pieces(
        over.periods[:, 0],
        (
            over.total,
            over.squares,
            each("costs", "carry_paid"),
            np.where(fallen, gained, 0.0),
            np.where(fallen, lost, 0.0),
        ),
    )


def _by_path(
    winners: _Pieces, fixed: _Pieces, cuts: _Cuts, splits: Splits, which: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return Sharpe ratio and saving of each path."""
    many = int(splits.path.max()) + 1
    sums: list[Any] = [np.zeros(many) for _ in range(5)]
    for split, tests in enumerate(splits.test):
        for k, rows in enumerate(tests):
            mask, path, lane = cuts.mask(rows), splits.path[split, k], which[split]
            one, plain = winners.union(mask), fixed.union(mask)
            for total, value in zip(
                sums,
                (one.bars, one.total[lane], one.squares[lane], one.paid[lane], plain.paid[0]),
                strict=True,
            ):
                total[path] += value
    bars, total, squares, paid, charged = sums
    ratios = sharpe_of(bars, total, squares) * np.sqrt(YEAR)
    saved = np.where(charged > 0.0, 1.0 - paid / np.where(charged > 0.0, charged, 1.0), np.nan)
    return ratios, saved
