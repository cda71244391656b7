"""Black–Scholes–Merton and Black-76: price and all Greeks in one pass.

Numbers, arrays and pandas Series come back as what they were.  Large inputs go through
compiled loops on all processors (:mod:`hedgerow.pricing.kernels`), small ones through NumPy
(:mod:`hedgerow.pricing.formula`); the two agree within 1e-13 of spot.

Units are those of the textbooks, so that numbers can be laid beside them: *vega* and *rho*
per 1.00 of volatility and rate (divide by 100 for a point), *theta* per year (divide by 365
for a calendar day).  Sleeves convert to USD per vol point and per calendar day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.pricing.columns import like
from hedgerow.pricing.formula import FIELDS, black, price_rows

Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.0
"""ACT/365: a time in years is calendar days over this."""


class Greeks(NamedTuple):
    """Price and sensitivities, each of the broadcast **shape** of the inputs.

    ``price`` in points; ``delta`` per point of the underlying; ``gamma`` per point squared;
    ``vega`` per 1.00 of volatility; ``theta`` per year (negative when time costs); ``rho``
    per 1.00 of rate.  ``vanna`` is the change of delta and ``volga`` that of vega per 1.00 of
    volatility; ``charm`` the change of delta per year that passes.
    """

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats
    vanna: Floats
    volga: Floats
    charm: Floats


class Risk(NamedTuple):
    """The short form of :class:`Greeks`, in the same units: what a hedge is watched by."""

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


def bsm(
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    *,
    call: ArrayLike = False,
) -> Greeks:
    """Price European options by Black–Scholes–Merton, with their Greeks.

    Parameters
    ----------
    spot, strike
        Points, any shapes that broadcast.
    time
        Years to expiry (calendar days / 365).  0 gives the intrinsic value.
    vol
        Volatility a year, decimal.  0 gives the discounted intrinsic value of the forward.
    rate, dividend
        Continuously compounded, decimal a year.
    call
        True for a call, False (default) for a put; may be an array.

    Returns
    -------
    Greeks
        Each field of the broadcast shape; scalars for scalar input.

    Notes
    -----
    NaN in gives NaN out, and so do a negative spot, strike, time or volatility and an
    infinite time.  Infinite spot, strike and volatility give their limits.  At expiry all
    Greeks but delta are 0, and delta is ±½ exactly at the strike.

    Source: Merton (1973); formulas and numbers as in Haug, *The Complete Guide to Option
    Pricing Formulas*, 2nd ed., chapters 1 and 2.

    Examples
    --------
    >>> round(float(bsm(60, 65, 0.25, 0.30, 0.08, call=True).price), 4)
    2.1334
    """
    back = like(spot, strike, time, vol, rate, dividend, call)
    return Greeks(*map(back, price_rows((spot, strike, time, vol, rate, dividend), call)))


def risk(
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    *,
    call: ArrayLike = False,
    out: Floats | None = None,
    threads: int | None = None,
) -> Risk:
    """Price as :func:`bsm` does, with delta, gamma, vega and theta alone: cheaper.

    Parameters
    ----------
    spot, strike, time, vol, rate, dividend, call
        As in :func:`bsm`.  With ``dividend`` equal to ``rate`` the spot is a forward: Black-76.
    out
        Where the fields are written, float64, C-contiguous, **shape** (5, *inputs).  Memory
        used again saves the time of getting it: half of the whole for a million options.
    threads
        All processors by default.  Results do not depend on it.

    Examples
    --------
    >>> room = np.empty((5, 2))
    >>> risk(100.0, [90.0, 100.0], 0.5, 0.2, out=room).gamma.round(4).tolist()
    [0.0202, 0.0281]
    """
    back = like(spot, strike, time, vol, rate, dividend, call)
    inputs = (spot, strike, time, vol, rate, dividend)
    return Risk(*map(back, price_rows(inputs, call, 5, out=out, threads=threads)))


def black76(
    forward: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    *,
    call: ArrayLike = False,
) -> Greeks:
    """Price European options on a forward or future by Black (1976), with their Greeks.

    Parameters
    ----------
    forward, strike
        Points, any shapes that broadcast.
    time
        Years to expiry.
    vol
        Volatility of the forward a year, decimal.
    rate
        Continuously compounded discount rate, decimal a year.
    call
        True for a call, False (default) for a put; may be an array.

    Returns
    -------
    Greeks
        ``delta`` and ``gamma`` with respect to the forward (discounted); ``theta``, ``rho`` and
        ``charm`` with the forward held fixed.  Limits as in :func:`bsm`.

    Examples
    --------
    >>> round(float(black76(19, 19, 0.75, 0.28, 0.10, call=True).price), 4)
    1.7011
    """
    back = like(forward, strike, time, vol, rate, call)
    rows = price_rows((forward, strike, time, vol, rate, rate), call)
    # With the carry at nil only rho differs: the forward does not move with the rate.
    with np.errstate(invalid="ignore"):
        rows[FIELDS.index("rho")] = -np.asarray(time, dtype=np.float64) * rows[0]
    return Greeks(*map(back, rows))


def undiscounted(
    forward: ArrayLike, strike: ArrayLike, deviation: ArrayLike, *, call: bool
) -> Floats:
    """Return only the undiscounted Black price, for replication integrals.

    Parameters
    ----------
    forward, strike
        Points, positive, any shapes that broadcast.
    deviation
        Total standard deviation σ√T, decimal.
    call
        True for calls, False for puts.

    Examples
    --------
    >>> round(float(undiscounted(100.0, 100.0, 0.2, call=True)), 4)
    7.9656
    """
    f, k, sd = (np.asarray(x, dtype=np.float64) for x in (forward, strike, deviation))
    sign = 1.0 if call else -1.0
    with np.errstate(all="ignore"):
        price, *_ = black(f, k, np.zeros(()), sd, f, k, sign)
    return price
