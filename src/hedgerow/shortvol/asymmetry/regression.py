"""Slopes to both sides of 0, with errors that allow for unequal and overlapping changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST = 30
"""Fewest changes to either side of which slopes are estimated; fewer are said to be too few."""


@dataclass(frozen=True)
class Slope:
    """An OLS slope with its standard error and band.

    Parameters
    ----------
    value, error
        Points per unit of the regressor.
    low, high
        Ends of the band, Student's.
    """

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Fit:
    r"""A regression of changes on falls and rises apart.

    .. math:: y_t = a + b^-\min(x_t, 0) + b^+\max(x_t, 0) + ε_t

    with a kink at ±knee where one was asked for, past which the slopes are ``fall_far`` and
    ``rise_far``.

    Parameters
    ----------
    constant
        a: the change when the regressor stands still.
    fall, rise
        b⁻ and b⁺: points per unit that the regressor *changes*; both are below 0 where y falls as x
        rises.
    fall_far, rise_far
        Past the knee; None without one.
    equal
        p-value of the Wald test that both sides have one slope.
    r2
        Share of the variance that is explained.
    falls, rises
        Changes below and above 0.
    n
        Changes used: those of 0 count too.
    lags
        Lags of the Newey–West errors.
    """

    constant: Slope
    fall: Slope
    rise: Slope
    fall_far: Slope | None
    rise_far: Slope | None
    equal: float
    r2: float
    falls: int
    rises: int
    n: int
    lags: int


def enough(x: ArrayLike) -> bool:
    """Say whether there are `LEAST` changes to either side, finite ones only.

    Examples
    --------
    >>> enough([-1.0, 1.0])
    False
    """
    values = np.asarray(x, dtype=np.float64)
    return min(int((values < 0.0).sum()), int((values > 0.0).sum())) >= LEAST


def regress(
    y: ArrayLike,
    x: ArrayLike,
    *,
    horizon: int = 1,
    knee: float | None = None,
    level: float = 0.95,
) -> Fit:
    """Regress changes on the falls and rises of another, with Newey–West errors.

    Parameters
    ----------
    y, x
        Changes in order of time, **shape** (n,); pairs with a NaN are left out.
    horizon
        Sessions that a change spans: overlapping ones need at least twice as many lags.
    knee
        Size of x past which slopes may be others.
    level
        Level of the bands.

    Returns
    -------
    Fit

    Notes
    -----
    Newey and West (1987), "A simple, positive semi-definite, heteroskedasticity and
    autocorrelation consistent covariance matrix", with 4 (n / 100)^(2/9) lags (1994), and
    the small-sample correction and Student's t of statsmodels.

    Examples
    --------
    >>> x = np.sin(np.arange(200.0))
    >>> fit = regress(np.where(x < 0.0, -2.0, -1.0) * x, x)
    >>> round(fit.fall.value, 6), round(fit.rise.value, 6), fit.equal < 0.001
    (-2.0, -1.0, True)
    """
    left, right = _pairs(y, x)
    edge = np.inf if knee is None else knee
    design = [np.ones(len(right)), np.clip(right, -edge, 0.0), np.clip(right, 0.0, edge)]
    if knee is not None:
        design += [np.minimum(right + knee, 0.0), np.maximum(right - knee, 0.0)]
    fitted, slopes, lags = _fitted(left, np.column_stack(design), horizon, level)
    contrast = np.zeros((1, len(slopes)))
    contrast[0, 1:3] = 1.0, -1.0
    constant, fall, rise, *far = slopes
    return Fit(
        constant,
        fall,
        rise,
        far[0] if far else None,
        far[1] if far else None,
        equal=float(fitted.wald_test(contrast, scalar=True).pvalue),
        r2=float(fitted.rsquared),
        falls=int((right < 0.0).sum()),
        rises=int((right > 0.0).sum()),
        n=len(right),
        lags=lags,
    )


def slope(y: ArrayLike, x: ArrayLike, *, level: float = 0.95) -> Slope:
    """Return the one slope of changes on another's to both sides: a beta (spec H4).

    Parameters
    ----------
    y, x, level
        As in :func:`regress`.

    Examples
    --------
    >>> x = np.sin(np.arange(100.0))
    >>> round(slope(0.5 * x, x).value, 6)
    0.5
    """
    left, right = _pairs(y, x)
    _, slopes, _ = _fitted(left, np.column_stack([np.ones(len(right)), right]), 1, level)
    return slopes[1]


def _pairs(y: ArrayLike, x: ArrayLike) -> tuple[Floats, Floats]:
    left, right = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    known = np.isfinite(left) & np.isfinite(right)
    return left[known], right[known]


def _fitted(y: Floats, design: Floats, horizon: int, level: float) -> tuple[Any, list[Slope], int]:
    from statsmodels.regression.linear_model import OLS

    lags = max(int(4.0 * (len(y) / 100.0) ** (2.0 / 9.0)), 2 * (horizon - 1))
    fitted = OLS(y, design).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    ends = fitted.conf_int(alpha=1.0 - level)
    slopes = [
        Slope(float(value), float(error), float(low), float(high))
        for value, error, (low, high) in zip(fitted.params, fitted.bse, ends, strict=True)
    ]
    return fitted, slopes, lags
