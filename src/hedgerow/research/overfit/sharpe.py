"""Sharpe ratios after luck: probabilistic, deflated, and how long a record must be.

All ratios are per period, not a year, unless said otherwise.

Bailey, López de Prado: The Sharpe ratio efficient frontier, Journal of Risk 15 (2012); The
deflated Sharpe ratio, Journal of Portfolio Management 40 (2014).  Bailey, Borwein, López de Prado,
Zhu: Pseudo-mathematics and financial charlatanism, Notices of the AMS 61 (2014).
``skfolio.measures`` has the first two for a series of returns; a sweep knows only moments.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError

FLAT = 1e-15
"""A standard deviation of returns below this is none."""


class Record(NamedTuple):
    """What a Sharpe ratio's error depends on."""

    sharpe: float
    """Per period; NaN where returns never vary."""
    periods: int
    skew: float = 0.0
    kurtosis: float = 3.0
    """Not in excess: 3 if normal."""


def record_of(excess: Floats) -> Record:
    """Return the Sharpe ratio of returns in excess of bills, with what its error depends on.

    Parameters
    ----------
    excess
        Returns per period, **shape** (T,).

    Examples
    --------
    >>> record_of(np.array([0.02, -0.01, 0.02, -0.01])).sharpe.__round__(4)
    0.2887
    """
    count = len(excess)
    spread = float(np.std(excess)) if count > 1 else 0.0
    if not spread > FLAT:
        return Record(float("nan"), count)
    z = (excess - excess.mean()) / spread
    sample = spread * math.sqrt(count / (count - 1))
    return Record(float(excess.mean()) / sample, count, float(np.mean(z**3)), float(np.mean(z**4)))


def probabilistic_sharpe(record: Record, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark.

    Bailey, López de Prado (2012).  NaN where the ratio or its error is none.

    Examples
    --------
    >>> round(probabilistic_sharpe(Record(0.1, 250)), 4)
    0.9423
    """
    variance = _variance(record)
    if record.periods < 2 or not variance > 0.0:
        return float("nan")
    score = (record.sharpe - benchmark) * math.sqrt(record.periods - 1) / math.sqrt(variance)
    return float(ndtr(score))


def expected_maximum(trials: float) -> float:
    """Return the expected maximum of as many independent standard normal draws.

    ``(1 − γ)Φ⁻¹(1 − 1/N) + γΦ⁻¹(1 − 1/(N·e))``, γ = 0.5772…; 0 for one draw.

    Raises
    ------
    RangeError
        If there is less than one.

    Examples
    --------
    >>> round(expected_maximum(45), 3), expected_maximum(1)
    (2.236, 0.0)
    """
    if not trials >= 1.0:
        raise RangeError(
            f"{trials:g} trials are less than one", where="trials", mend="count this run, too"
        )
    if trials == 1.0:
        return 0.0
    first, second = ndtri(1.0 - 1.0 / trials), ndtri(1.0 - 1.0 / (trials * math.e))
    made = (1.0 - np.euler_gamma) * first + np.euler_gamma * second
    return max(float(made), 0.0)


def expected_best(trials: float, variance: float) -> float:
    """Return SR₀, the Sharpe ratio that the best of many worthless trials is expected to show.

    Parameters
    ----------
    trials
        How many.
    variance
        Of their Sharpe ratios, per period.

    Examples
    --------
    >>> round(expected_best(100, 0.5 / 250), 5)
    0.11317
    """
    return math.sqrt(max(variance, 0.0)) * expected_maximum(trials)


def deflated_sharpe(record: Record, trials: float, variance: float) -> float:
    """Return the probability that the true Sharpe ratio is above nothing, after that many trials.

    Bailey, López de Prado (2014): `probabilistic_sharpe` against `expected_best`.

    Examples
    --------
    >>> best = Record(2.5 / math.sqrt(250), 1250, skew=-3.0, kurtosis=10.0)
    >>> round(deflated_sharpe(best, 100, 0.5 / 250), 4)
    0.9004
    """
    return probabilistic_sharpe(record, expected_best(trials, variance))


def mean_correlation(returns: Floats) -> float:
    """Return the mean correlation of all pairs of columns that vary; NaN of fewer than two.

    Parameters
    ----------
    returns
        **shape** (T, N).  It takes T·N steps, not T·N².

    Examples
    --------
    >>> x = np.array([1.0, -1.0, 2.0, -2.0])
    >>> round(mean_correlation(np.column_stack([x, x, -x])), 12)
    -0.333333333333
    """
    spread = returns.std(axis=0)
    kept = spread > FLAT
    many = int(np.count_nonzero(kept))
    if many < 2:
        return float("nan")
    z = (returns[:, kept] - returns[:, kept].mean(axis=0)) / spread[kept]
    together = float(np.mean(z.sum(axis=1) ** 2))  # = N + N(N-1)·mean correlation
    return (together - many) / (many * (many - 1))


def effective_trials(trials: float, correlation: float) -> float:
    """Return how many independent trials so many correlated ones stand for.

    ``ρ̄ + (1 − ρ̄)N``, between 1 and N: Bailey, López de Prado (2014), appendix A.3.

    Examples
    --------
    >>> effective_trials(100, 0.0), effective_trials(100, 1.0), effective_trials(101, 0.5)
    (100.0, 1.0, 51.0)
    """
    rho = min(max(correlation, 0.0), 1.0)
    return rho + (1.0 - rho) * trials


def minimum_backtest_length(trials: float, sharpe: float = 1.0) -> float:
    """Return the years below which the best of many worthless trials is expected to show a Sharpe.

    ``(E[max_N] / sharpe)²``: Bailey, Borwein, López de Prado, Zhu (2014), theorem 2.

    Parameters
    ----------
    trials
        Independent ones.
    sharpe
        A year.

    Raises
    ------
    RangeError
        If the Sharpe ratio is not above nothing.

    Examples
    --------
    >>> round(minimum_backtest_length(45), 3)
    4.998
    """
    if not sharpe > 0.0:
        raise RangeError(
            f"a Sharpe ratio of {sharpe:g} needs no luck", where="sharpe", mend="give one above 0"
        )
    return (expected_maximum(trials) / sharpe) ** 2


def minimum_track_record(record: Record, benchmark: float = 0.0, level: float = 0.95) -> float:
    """Return how many periods make a Sharpe ratio credibly higher than a benchmark.

    Bailey, López de Prado (2012); infinite where it is not higher at all, NaN where there is none.

    Parameters
    ----------
    record
        What was seen; its ``periods`` do not matter.
    benchmark
        Sharpe ratio to beat, per period.
    level
        Of confidence, between a half and one.

    Examples
    --------
    >>> round(minimum_track_record(Record(0.1, 250)), 1)
    272.9
    """
    if math.isnan(record.sharpe):
        return float("nan")
    if record.sharpe <= benchmark:
        return float("inf")
    ahead = float(ndtri(level)) / (record.sharpe - benchmark)
    return 1.0 + _variance(record) * ahead**2


def _variance(record: Record) -> float:
    """Return T−1 times the variance of the estimated ratio."""
    sharpe = record.sharpe
    return 1.0 - record.skew * sharpe + (record.kurtosis - 1.0) / 4.0 * sharpe**2
