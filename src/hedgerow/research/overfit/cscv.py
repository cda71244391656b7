"""Probability of backtest overfitting by combinatorially symmetric cross-validation.

The record is cut into S blocks.  Each choice of half of them is a sample to choose the best trial
on, the other half is where it is judged.  Bailey, Borwein, López de Prado, Zhu: The probability of
backtest overfitting, Journal of Computational Finance 20 (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.research.overfit.blocks import Sums, sharpe_of, sums_of

CELLS = 200_000
"""Ranking keys that NumPy works out at a time."""

COMPILED = 4_000_000
"""Choices times trials from which the compiled loop is worth its loading."""


@dataclass(frozen=True, repr=False)
class CrossValidation:
    """What became of the best trial of each half in the other half.

    Parameters
    ----------
    blocks, trials
        S and N.
    logits
        ``ln(ω/(1 − ω))`` of the best trial's relative rank ω in the other half, one per choice of
        half the blocks, **shape** (C,).
    chosen, judged
        Sharpe ratio per period of the best trial where it was chosen and in the other half,
        **shape** (C,).
    """

    blocks: int
    trials: int
    logits: Floats
    chosen: Floats
    judged: Floats

    def __repr__(self) -> str:
        return f"<CrossValidation of {self.trials:,} trials: PBO {self.pbo:.1%}>"

    @property
    def pbo(self) -> float:
        """Part of all choices whose best trial was in the worse half elsewhere (λ ≤ 0)."""
        return float(np.mean(self.logits <= 0.0))

    @property
    def loss(self) -> float:
        """Part of all choices whose best trial had a Sharpe ratio below nothing elsewhere."""
        return float(np.mean(self.judged < 0.0))

    @property
    def slope(self) -> float:
        """Sharpe ratio elsewhere per Sharpe ratio where it was chosen; NaN if that never varies."""
        around = self.chosen - self.chosen.mean()
        scale = float(np.mean(around**2))
        if not scale > 1e-24:
            return float("nan")
        return float(np.mean(around * self.judged)) / scale

    @property
    def intercept(self) -> float:
        """Of the line whose slope is `slope`, per period."""
        return float(self.judged.mean() - self.slope * self.chosen.mean())


def cross_validate(sums: Sums, progress: Callable[[int], None] | None = None) -> CrossValidation:
    """Find the probability of backtest overfitting from sums by block.

    Parameters
    ----------
    sums
        Of an even number of blocks and two trials or more.
    progress
        Called with the number of trials just done; each is passed twice, to choose and to judge.

    Raises
    ------
    RangeError
        If there is one trial only.

    Notes
    -----
    Trials of equal Sharpe ratio share the mean of their ranks.  C(S, S/2)·N Sharpe ratios are
    compared, each half serving once to choose and once to judge.  They rank as T·|T|/Q does (T
    the sum of returns, Q of their squares), which needs no root.  Many are compared by a compiled
    loop, few by NumPy; both find the same.
    """
    blocks, trials = sums.total.shape
    if trials < 2:
        raise RangeError(
            "one trial cannot be the best of several",
            where="overfit",
            mend="sweep an axis of two values or more",
        )
    halves = [(0, *rest) for rest in combinations(range(1, blocks), blocks // 2 - 1)]
    first = np.zeros((len(halves), blocks), dtype=bool)
    first[np.arange(len(halves))[:, None], np.array(halves)] = True
    bits = 1 << np.arange(blocks // 2)
    masks = np.stack([part @ bits for part in np.split(first, 2, axis=1)])
    sides = np.stack([first, ~first])
    periods = sides @ sums.periods[:, 0]
    lost = np.isnan(sums.total)
    if lost.any():  # ranks below all others
        total, squares = np.where(lost, -np.inf, sums.total), np.where(lost, 1.0, sums.squares)
    else:
        total, squares = np.ascontiguousarray(sums.total), np.ascontiguousarray(sums.squares)
    if len(halves) * trials < COMPILED:
        best, below, level = _rank(total, squares, masks, 1.0 / periods)
        if progress is not None:
            progress(2 * trials)
    else:
        from hedgerow.research.overfit.halves import rank

        best, below, level = rank(total, squares, masks, 1.0 / periods, progress)
    relative = (below + (level + 1.0) / 2.0) / (trials + 1.0)
    chosen, judged = (_sharpe(half, best, sums) for half in (sides, sides[::-1]))
    return CrossValidation(
        blocks, trials, np.log(relative / (1.0 - relative)).ravel(), chosen, judged
    )


def probability_of_overfitting(returns: Floats, blocks: int = 16) -> CrossValidation:
    """Find the probability of backtest overfitting of trials given by their returns.

    Parameters
    ----------
    returns
        Per period, **shape** (T, N): one row per period, one column per trial.
    blocks
        S, even.

    Raises
    ------
    RangeError
        If blocks or returns cannot be used, or there is one trial only.

    Examples
    --------
    >>> noise = np.random.default_rng(5).normal(0.0, 0.01, (1_000, 40))
    >>> edge = noise + np.r_[0.003, np.zeros(39)]
    >>> probability_of_overfitting(edge, 8).pbo
    0.0
    >>> 0.2 < probability_of_overfitting(noise, 8).pbo < 0.9
    True
    """
    return cross_validate(sums_of(returns, blocks))


def _sharpe(sides: NDArray[np.bool_], best: NDArray[np.int64], sums: Sums) -> Floats:
    """Return the Sharpe ratio of one lane for each choice of blocks, of both sides in turn."""
    sides, best = sides.reshape(-1, sides.shape[2]).T, best.ravel()
    made = (np.where(sides, column[:, best], 0.0).sum(axis=0) for column in sums[1:])
    return sharpe_of(sides.T @ sums.periods[:, 0], *made)


def _rank(
    total: Floats, squares: Floats, masks: NDArray[np.int64], inverse: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Do with NumPy what :func:`hedgerow.research.overfit.halves.rank` does."""
    trials = total.shape[1]
    tables = [_sums_of_sets(part) for each in (total, squares) for part in np.split(each, 2)]
    every = len(tables[0]) - 1
    step = max(1, CELLS // trials)
    best, below, level = (np.empty(inverse.shape, dtype="int64") for _ in range(3))
    for low in range(0, masks.shape[1], step):
        some = slice(low, low + step)
        early, late = masks[:, some]
        keys = [
            _key(*_halves(tables, early ^ flip, late ^ flip), inverse[side, some, None])
            for side, flip in enumerate((0, every))
        ]
        for side in range(2):
            best[side, some] = np.argmax(keys[side], axis=1)
            other = keys[1 - side]
            there = np.take_along_axis(other, best[side, some, None], axis=1)
            below[side, some] = np.count_nonzero(other < there, axis=1)
            level[side, some] = np.count_nonzero(other == there, axis=1)
    return best, below, level


def _sums_of_sets(rows: Floats) -> Floats:
    """Return the sum of every set of rows, the set's bits its number, **shape** (2^rows, N)."""
    table = np.zeros((1 << len(rows), rows.shape[1]))
    for bit, row in enumerate(rows):
        table[1 << bit : 2 << bit] = table[: 1 << bit] + row
    return table


def _halves(
    tables: Sequence[Floats], early: NDArray[np.int64], late: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    return tables[0][early] + tables[1][late], tables[2][early] + tables[3][late]


def _key(total: Floats, squares: Floats, inverse: Floats) -> Floats:
    """Return what ranks as the Sharpe ratio does; 0 of what does not vary."""
    flat = np.abs(squares - total * total * inverse) <= 1e-12 * squares
    return np.where(flat, 0.0, total * np.abs(total) / np.where(flat, 1.0, squares))
