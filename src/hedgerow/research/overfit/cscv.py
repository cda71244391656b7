"""Probability of backtest overfitting by combinatorially symmetric cross-validation.

The record is cut into S blocks.  Each choice of half of them is a sample to choose the best trial
on, the other half is where it is judged.  Bailey, Borwein, López de Prado, Zhu: The probability of
backtest overfitting, Journal of Computational Finance 20 (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.research.overfit.blocks import Sums, sharpe_of, sums_of

CELLS = 200_000
"""Sharpe ratios that are worked out at a time."""


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


def cross_validate(sums: Sums) -> CrossValidation:
    """Find the probability of backtest overfitting from sums by block.

    Parameters
    ----------
    sums
        Of an even number of blocks and two trials or more.

    Raises
    ------
    RangeError
        If there is one trial only.

    Notes
    -----
    Trials of equal Sharpe ratio share the mean of their ranks.  C(S, S/2)·N Sharpe ratios are
    worked out, each half serving once to choose and once to judge.
    """
    blocks, trials = sums.total.shape
    if trials < 2:
        raise RangeError(
            "one trial cannot be the best of several",
            where="overfit",
            mend="sweep an axis of two values or more",
        )
    halves = [(0, *rest) for rest in combinations(range(1, blocks), blocks // 2 - 1)]
    first = np.zeros((len(halves), blocks))
    first[np.arange(len(halves))[:, None], np.array(halves)] = 1.0
    step = max(1, CELLS // trials)
    found = []
    for low in range(0, len(halves), step):
        half = first[low : low + step]
        one, other = _sharpe(half, sums), _sharpe(1.0 - half, sums)
        found += [_judge(one, other), _judge(other, one)]
    logits, chosen, judged = (np.concatenate(each) for each in zip(*found, strict=True))
    return CrossValidation(blocks, trials, logits, chosen, judged)


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


def _sharpe(half: Floats, sums: Sums) -> Floats:
    return sharpe_of(half @ sums.periods, half @ sums.total, half @ sums.squares)


def _judge(chosen: Floats, judged: Floats) -> tuple[Floats, Floats, Floats]:
    """Return logit and both ratios of the best trial of each row."""
    rows, best = np.arange(len(chosen)), np.argmax(chosen, axis=1)
    there = judged[rows, best]
    below = np.count_nonzero(judged < there[:, None], axis=1)
    same = np.count_nonzero(judged == there[:, None], axis=1)
    rank = below + (same + 1.0) / 2.0
    relative = rank / (judged.shape[1] + 1.0)
    return np.log(relative / (1.0 - relative)), chosen[rows, best], there
