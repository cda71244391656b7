"""Implied correlation: how much of its members' volatility an index keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError

Floats = NDArray[np.float64]


def implied_correlation(index_vol: ArrayLike, weight: ArrayLike, vol: ArrayLike) -> Floats:
    r"""Return the average correlation that index and member volatilities imply.

    .. math:: ρ = \frac{σ_I^2 − \sum_i w_i^2σ_i^2}{(\sum_i w_iσ_i)^2 − \sum_i w_i^2σ_i^2}

    Parameters
    ----------
    index_vol
        Index volatility a year, decimal, scalar or **shape** (...).
    weight
        Weights of the members, **shape** (..., N); scaled to sum to 1.
    vol
        Volatilities of the members, decimal, **shape** (..., N), at the index's maturity.

    Returns
    -------
    array
        Correlation, **shape** (...): 1 where all members move as one.  NaN in gives NaN.

    Raises
    ------
    RangeError
        If there are fewer than two members, a negative weight or volatility, or weights
        that sum to nothing.

    Notes
    -----
    The number may leave [−1, 1]: then quotes of index and members do not fit together.

    Source: Cboe, *S&P 500 Implied Correlation Index* white paper (2009).

    Examples
    --------
    >>> round(float(implied_correlation(0.20, [1.0] * 50, [0.30] * 50)), 7)
    0.4331066
    """
    whole = np.asarray(index_vol, dtype=np.float64)
    share, each = np.broadcast_arrays(
        np.atleast_1d(np.asarray(weight, dtype=np.float64)),
        np.atleast_1d(np.asarray(vol, dtype=np.float64)),
    )
    if share.shape[-1] < 2:
        raise RangeError("one member has no correlation", where="weight", mend="give two or more")
    for name, column in (("weight", share), ("vol", each), ("index_vol", whole)):
        if bool((column < 0.0).any()):
            raise RangeError("a negative number", where=name, mend="give decimals from 0 on")
    total = share.sum(axis=-1, keepdims=True)
    if bool((total == 0.0).any()):
        raise RangeError("the weights sum to 0", where="weight", mend="give positive weights")
    scaled = share / total * each
    alone = (scaled**2).sum(axis=-1)
    together = scaled.sum(axis=-1) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((whole**2 - alone) / (together - alone))[()]
