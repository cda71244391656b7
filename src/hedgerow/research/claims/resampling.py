"""Intervals by the stationary bootstrap: blocks of days are drawn anew, with all their columns.

Every statistic here is a function of the means of daily columns, so a resample is the means of
the rows that were drawn, and the function is applied to all resamples at once.

Politis, Romano: The stationary bootstrap, JASA 89 (1994); block length by Politis, White (2004)
with the correction of Patton, Politis, White (2009), both by ``arch``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from arch.bootstrap import StationaryBootstrap, optimal_block_length

from hedgerow.core.market import Floats
from hedgerow.research.claims.claim import UnmeasuredError
from hedgerow.research.performance import YEAR

LEVEL = 0.9
"""Coverage of the intervals."""

FEWEST = 8
"""Rows of a sample below which no interval is made: its ends are NaN."""

Statistic = Callable[[Floats], Floats]
"""From means of columns, **shape** (…, k), to values, **shape** (…)."""


@dataclass(frozen=True)
class Estimate:
    """A statistic and its interval.

    Parameters
    ----------
    value, low, high
        Of the whole sample, and the ends of the 90 % percentile interval; NaN of a sample that is
        too small, or of which all resamples are alike: that nothing varied here says nothing.
    count
        Rows of the sample.
    block
        Mean block length in rows.
    """

    value: float
    low: float
    high: float
    count: int
    block: int


def estimate(columns: Floats, statistic: Statistic, *, resamples: int, seed: int) -> Estimate:
    """Estimate a statistic of daily columns with its 90 % interval.

    Parameters
    ----------
    columns
        **shape** (T, k); a row is a day, and stays together.
    statistic
        A function of the columns' means.
    resamples
        How many samples are drawn.
    seed
        Equal seeds give equal intervals.

    Raises
    ------
    UnmeasuredError
        If the statistic is not a number, of the sample or of most resamples.

    Examples
    --------
    >>> x = np.random.default_rng(4).normal(5.0, 1.0, 400)
    >>> found = estimate(x[:, None], mean, resamples=200, seed=7)
    >>> found.low < found.value < found.high, found.count
    (True, 400)
    """
    count = len(columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(columns.mean(axis=0)))
    if not np.isfinite(value):
        raise UnmeasuredError("there is nothing to divide by in these data")
    if count < FEWEST:
        return Estimate(value, float("nan"), float("nan"), count, 1)
    block = block_length(columns)
    drawn = StationaryBootstrap(block, columns, seed=np.random.default_rng(seed))
    means = drawn.apply(_means, resamples)
    with np.errstate(invalid="ignore", divide="ignore"):
        made = statistic(np.asarray(means))
    made = made[np.isfinite(made)]
    if len(made) < 0.9 * resamples:  # some resamples met nothing to divide by, and are left out
        raise UnmeasuredError("too few cases: most resamples hold none")
    if np.ptp(made) <= 1e-12 * abs(value):
        return Estimate(value, float("nan"), float("nan"), count, block)
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(made, [tail, 1.0 - tail])
    return Estimate(value, float(low), float(high), count, block)


def block_length(columns: Floats) -> int:
    """Return the mean block length: the longest that any column asks for, at most a third of all.

    Examples
    --------
    >>> block_length(np.ones((50, 1)))
    1
    """
    varied = columns[:, np.ptp(columns, axis=0) > 0.0]
    if not varied.shape[1]:
        return 1
    with np.errstate(divide="ignore", invalid="ignore"):  # of a dozen rows some ask for no length
        wanted = optimal_block_length(varied)["stationary"].to_numpy()
    longest = float(np.max(wanted[np.isfinite(wanted)], initial=1.0))
    return max(min(round(longest), len(columns) // 3), 1)


def _means(columns: Floats) -> Floats:
    return np.asarray(columns.mean(axis=0))


def mean(means: Floats) -> Floats:
    """Return the mean of the first column."""
    return means[..., 0]


def ratio(means: Floats) -> Floats:
    """Return the sum of the first column over that of the second."""
    return np.asarray(means[..., 0] / means[..., 1])


def saving(means: Floats) -> Floats:
    """Return 1 - first over second (C3)."""
    return 1.0 - ratio(means)


def apart(means: Floats) -> Floats:
    """Return first over second less third over fourth."""
    return ratio(means) - ratio(means[..., 2:])


def pairs(x: Floats, y: Floats) -> Floats:
    """Return the columns of a correlation, **shape** (T, 5)."""
    return np.column_stack([x, y, x * x, y * y, x * y])


def correlation(means: Floats) -> Floats:
    """Return the correlation of the columns of `pairs`.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> round(float(correlation(pairs(x, 3.0 - x).mean(axis=0))), 12)
    -1.0
    """
    x, y, xx, yy, xy = np.moveaxis(means, -1, 0)
    return np.asarray((xy - x * y) / np.sqrt((xx - x * x) * (yy - y * y)))


def squares(*returns: Floats) -> Floats:
    """Return each column and its square, **shape** (T, 2k), for `sharpe`."""
    return np.column_stack([part for r in returns for part in (r, r * r)])


def sharpe(means: Floats, at: int = 0) -> Floats:
    """Return the yearly Sharpe ratio of the ``at``-th column of `squares`."""
    first, second = means[..., 2 * at], means[..., 2 * at + 1]
    return np.asarray(first / np.sqrt(second - first**2) * np.sqrt(YEAR))
