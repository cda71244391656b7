"""CAPM beta before and after a hedge, with errors that allow for what lasts (spec H14)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.policies.iv_beta import rolling_slope

LEAST = 30
"""Returns that a beta needs."""

_Z = 1.959963984540054  # 97.5 % of a normal


class Figure(NamedTuple):
    """An estimate with its interval of 95 %."""

    value: float
    low: float
    high: float


class Betas(NamedTuple):
    """Of a return to the market's, excess over bills."""

    beta: Figure
    alpha: Figure
    """Decimal a year of 252 sessions."""
    up: Figure
    """Slope over the days on which the market earned more than bills."""
    down: Figure
    lags: int
    """Of the errors, sessions."""
    bars: int


def ols(y: Floats, x: Floats, lags: int) -> tuple[Floats, Floats]:
    r"""Return least-squares coefficients and their covariance by Newey and West.

    .. math:: (X'X)^{-1} \Big( Ω_0 + \sum_{l=1}^{L} (1 − \tfrac{l}{L+1})(Ω_l + Ω_l') \Big)
       (X'X)^{-1}, \quad Ω_l = \sum_t u_t u_{t-l} x_t x_{t-l}'

    Parameters
    ----------
    y
        **Shape** (T,).
    x
        **Shape** (T, k).
    lags
        L; 0 allows for unequal variances alone.

    Returns
    -------
    coefficients, covariance
        **Shapes** (k,) and (k, k).

    Raises
    ------
    RangeError
        If the columns of ``x`` do not tell the coefficients apart.

    Notes
    -----
    Source: Newey and West (1987), without a correction for small samples.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), np.arange(4.0)])
    >>> ols(1.0 + 2.0 * x[:, 1], x, 1)[0].round(12).tolist()
    [1.0, 2.0]
    """
    gram = x.T @ x
    if np.linalg.matrix_rank(gram) < len(gram):
        raise RangeError(
            "the market did not move, or only one way",
            where="beta",
            mend="take more sessions",
        )
    bread = np.linalg.inv(gram)
    coefficients = bread @ (x.T @ y)
    scores = x * (y - x @ coefficients)[:, None]
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        part = scores[lag:].T @ scores[:-lag]
        meat += (1.0 - lag / (lags + 1.0)) * (part + part.T)
    return coefficients, bread @ meat @ bread


def lags_of(bars: int) -> int:
    """Return how many lags Newey and West's rule takes: ⌊4 (T/100)^(2/9)⌋.

    Examples
    --------
    >>> lags_of(100), lags_of(2520)
    (4, 8)
    """
    return int(4.0 * (bars / 100.0) ** (2.0 / 9.0))


def betas(returns: Floats, market: Floats) -> Betas:
    r"""Return alpha, beta, and the slopes of rising and falling days.

    Up and down come from :math:`r = a + β_{up} m^+ + β_{down} m^- + u`.

    Parameters
    ----------
    returns, market
        Excess returns, decimals a session, **shape** (T,).

    Raises
    ------
    RangeError
        If there are fewer than `LEAST`, or the market never rose or never fell.

    Notes
    -----
    Source: Henriksson and Merton (1981) for up and down.

    Examples
    --------
    >>> market = np.random.default_rng(0).normal(0.0, 0.01, 400)
    >>> found = betas(0.5 * market, market)
    >>> round(found.beta.value, 12), round(found.down.value, 12)
    (0.5, 0.5)
    """
    bars = len(market)
    if bars < LEAST:
        raise RangeError(f"{bars} returns", where="beta", mend=f"take {LEAST} sessions or more")
    lags, ones = lags_of(bars), np.ones(bars)
    whole = _figures(*ols(returns, np.column_stack([ones, market]), lags))
    rise, fall = np.maximum(market, 0.0), np.minimum(market, 0.0)
    sides = _figures(*ols(returns, np.column_stack([ones, rise, fall]), lags))
    alpha = Figure(*(252.0 * part for part in whole[0]))
    return Betas(whole[1], alpha, sides[1], sides[2], lags, bars)


def _figures(values: Floats, covariance: Floats) -> list[Figure]:
    errors = _Z * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    rows = np.column_stack([values, values - errors, values + errors])
    return [Figure(*row) for row in rows.tolist()]


def rolling_beta(returns: Floats, market: Floats, days: int = 252) -> Floats:
    """Return the beta of the trailing sessions, each from its own and earlier ones, **shape** (T,).

    Parameters
    ----------
    returns, market
        Excess returns, decimals a session, **shape** (T,).
    days
        Sessions of the window; before there are so many the beta is NaN.

    Examples
    --------
    >>> rolling_beta(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]), 2).tolist()
    [nan, 2.0, 2.0]
    """
    out = np.full(len(market), np.nan)
    if len(market) >= days:
        out[days - 1 :] = rolling_slope(returns, market, days)[0]
    return out
