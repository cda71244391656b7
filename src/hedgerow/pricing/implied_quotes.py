"""Implied volatility of quotes: bisection, sped up by Newton; small, safe, replaceable.

The smile fits call `implied` and nothing else of this file, so a faster solver of the same
signature can take its place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

_ROUNDS = 60
_WIDEST = 20.0
"""Total standard deviation σ√T beyond which no price is looked for."""


def implied(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    *,
    call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Floats:
    """Return Black-76 implied volatilities; shapes broadcast.

    Parameters
    ----------
    price
        Points today.
    forward, strike
        Points, positive.
    time
        Years to expiry, positive.
    call
        True for calls, False for puts; may be an array.
    discount
        Price today of 1 at expiry.

    Returns
    -------
    array
        Volatility a year, decimal; 0 at intrinsic value, NaN outside the no-arbitrage
        bounds or for NaN.

    Examples
    --------
    >>> round(float(implied(1.7011, 19, 19, 0.75, call=True, discount=np.exp(-0.075))), 3)
    0.28
    """
    p, f, k, t, d = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (price, forward, strike, time, discount))
    )
    right = np.broadcast_to(np.asarray(call, dtype=bool), p.shape)
    with np.errstate(all="ignore"):
        # everything in units of √(FK), on the out-of-the-money side
        x = np.log(k / f)
        intrinsic = np.maximum(np.where(right, f - k, k - f), 0.0)
        goal = (p / d - intrinsic) / np.sqrt(f * k)
        ceiling = np.exp(-0.5 * np.abs(x))
        fine = (goal >= 0.0) & (goal < ceiling) & (t > 0.0) & (f > 0.0) & (k > 0.0)
        low, high = np.zeros(p.shape), np.full(p.shape, _WIDEST)
        sd = np.sqrt(2.0 * np.abs(x)) + 1e-3
        for _ in range(_ROUNDS):
            d1 = -np.abs(x) / sd + 0.5 * sd
            value = ndtr(d1) / np.exp(0.5 * np.abs(x)) - ndtr(d1 - sd) * np.exp(0.5 * np.abs(x))
            over = value > goal
            low, high = np.where(over, low, sd), np.where(over, sd, high)
            slope = np.exp(-0.5 * d1 * d1 - 0.5 * np.abs(x)) / np.sqrt(2.0 * np.pi)
            # Newton on the logarithm of the price, which is nearly straight in the wings
            step = sd - np.log(value / goal) * value / slope
            inside = np.isfinite(step) & (step > low) & (step < high)
            fresh = np.where(inside, step, 0.5 * (low + high))
            if bool(np.all(np.abs(fresh - sd)[fine] <= 1e-15 * sd[fine])):
                break
            sd = fresh
        vol = np.where(goal == 0.0, 0.0, sd) / np.sqrt(t)
    return np.asarray(np.where(fine, vol, np.nan))[()]
