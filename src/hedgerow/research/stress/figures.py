"""Figures of a distribution over paths, each with its standard error.

Two strategies on the same paths are compared path by path: what both have in common, which is most
of it, falls out of the difference and of its standard error (common random numbers; Glasserman,
*Monte Carlo Methods in Financial Engineering*, 2004, section 4.2).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Floats

LEVELS = (0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99)
"""Quantiles of every figure."""

TAILS = (0.05, 0.01)
"""Parts of the paths whose mean is an expected shortfall."""

TAIL_PATHS = 5
"""Paths that a tail must hold for its error to be told: of one path it would be nought."""

SURE = 1.96
"""Standard errors from zero beyond which a difference is told from it, 95 % of the time."""


class Estimate(NamedTuple):
    """A number from paths, and its standard error; NaN for both where no path has one."""

    value: float
    error: float

    @property
    def told(self) -> bool:
        """Whether it can be told from zero."""
        return abs(self.value) > SURE * self.error if self.error == self.error else False

    def needed(self, paths: int) -> float:
        """Return how many paths would tell it from zero if it is as large as it looks.

        Parameters
        ----------
        paths
            Of the estimate.

        Examples
        --------
        >>> round(Estimate(0.5, 0.5).needed(100))
        384
        """
        if not (self.value and math.isfinite(self.error)):
            return math.inf
        return paths * (SURE * self.error / self.value) ** 2


def mean(values: Floats) -> Estimate:
    """Return the mean of what is known and its standard error, from **shape** (paths,).

    Examples
    --------
    >>> mean(np.array([1.0, 3.0, np.nan]))
    Estimate(value=2.0, error=1.0)
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return Estimate(math.nan, math.nan)
    return Estimate(float(known.mean()), standard_error(known))


def quantiles(values: Floats) -> list[float]:
    """Return the quantiles `LEVELS` of what is known, NaN where nothing is."""
    known = values[np.isfinite(values)]
    return np.quantile(known, LEVELS).tolist() if len(known) else [math.nan] * len(LEVELS)


def shortfall(values: Floats, part: float) -> float:
    """Return the expected shortfall: the mean of the worst part of the paths.

    Parameters
    ----------
    values
        What is better when larger, **shape** (paths,).
    part
        0.05 for the worst twentieth; a path that lies on the border counts in part (Acerbi and
        Tasche, *On the coherence of expected shortfall*, 2002).

    Examples
    --------
    >>> shortfall(np.array([-4.0, -2.0, 0.0, 2.0]), 0.375)
    -3.3333333333333335
    """
    ordered = np.sort(values)
    worst = part * len(values)
    whole = min(int(worst), len(values) - 1)
    return float((ordered[:whole].sum() + (worst - whole) * ordered[whole]) / worst)


def influences(values: Floats, part: float) -> Floats:
    """Return how each path moves the expected shortfall, **shape** (paths,); their mean is it.

    With q the quantile: q − max(q − x, 0) / part.  The standard error of their mean is that of
    the shortfall, and of their difference that of a difference of shortfalls.
    """
    border = np.sort(values)[min(int(part * len(values)), len(values) - 1)]
    return np.asarray(border - np.maximum(border - values, 0.0) / part)


def tail(values: Floats, part: float, other: Floats | None = None) -> Estimate:
    """Return an expected shortfall, or by how much it is better than another on the same paths.

    Its error is NaN where fewer than `TAIL_PATHS` paths lie in the tail.

    Parameters
    ----------
    values, other
        **shape** (paths,).
    part
        As for `shortfall`.

    Returns
    -------
    Estimate
        Its error is NaN where the worst part is fewer than `TAIL_PATHS` paths.
    """
    value, moved = shortfall(values, part), influences(values, part)
    if other is not None:
        value, moved = value - shortfall(other, part), moved - influences(other, part)
    known = part * len(values) >= TAIL_PATHS
    return Estimate(value, standard_error(moved) if known else math.nan)


def pooled(gain: Floats, loss: Floats) -> tuple[Estimate, Floats]:
    """Return Σ gain ÷ Σ loss over the paths that lost (C4), and how each path moves it.

    Parameters
    ----------
    gain, loss
        Of hedge and portfolio over the fall of each path, USD, **shape** (paths,).

    Returns
    -------
    Estimate
        NaN where no path lost.
    array
        (gain − ratio · loss) ÷ mean loss, 0 where a path did not lose, **shape** (paths,).
    """
    gains, losses = np.where(loss > 0.0, gain, 0.0), np.maximum(loss, 0.0)
    lost = float(losses.mean())
    if not lost > 0.0:
        return Estimate(math.nan, math.nan), np.full(len(gain), np.nan)
    ratio = float(gains.mean()) / lost
    moved = np.asarray((gains - ratio * losses) / lost)
    return Estimate(ratio, standard_error(moved)), moved


def difference(first: Floats, second: Floats) -> Estimate:
    """Return the mean of the differences path by path, and its standard error."""
    return mean(first - second)


def better(first: Floats, second: Floats) -> Estimate:
    """Return the part of the paths on which the first is larger, a tie counting half."""
    wins = (first > second) + 0.5 * (first == second)
    return Estimate(float(wins.mean()), standard_error(wins))


def summary(values: Floats) -> dict[str, Any]:
    """Return mean, standard error and quantiles as plain values."""
    found = mean(values)
    names = [f"q{100 * level:02.0f}" for level in LEVELS]
    return {
        "mean": found.value,
        "error": found.error,
        **dict(zip(names, quantiles(values), strict=True)),
    }


def standard_error(values: Floats) -> float:
    """Return the standard error of a mean, NaN of a single path, from **shape** (paths,)."""
    if len(values) < 2:
        return math.nan
    return float(values.std(ddof=1) / math.sqrt(len(values)))
