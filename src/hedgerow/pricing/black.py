"""Black–Scholes–Merton and Black-76: price and Greeks in one vectorised pass.

Units are those of the textbooks, so that numbers can be laid beside them: *vega* and *rho*
per 1.00 of volatility and rate (divide by 100 for a point), *theta* per year (divide by 365
for a calendar day).  Sleeves convert to USD per vol point and per calendar day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.0
"""ACT/365: a time in years is calendar days over this."""

_ROOT_TWO_PI = 2.5066282746310002


class Greeks(NamedTuple):
    """Price and first-order sensitivities, each of the broadcast **shape** of the inputs.

    ``price`` in points; ``delta`` per point of the underlying; ``gamma`` per point squared;
    ``vega`` per 1.00 of volatility; ``theta`` per year (negative when time costs); ``rho``
    per 1.00 of rate.
    """

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats


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
    s, k, t, v, r, q, sign = _inputs(spot, strike, time, vol, rate, dividend, call)
    with np.errstate(all="ignore"):
        grow, discount = np.exp(-q * t), np.exp(-r * t)
        asset, bond = s * grow, k * discount
        drift = (r - q) * t
        price, n1, n2, bell, live = _kernel(s, k, drift, v * np.sqrt(t), asset, bond, sign)
        delta = sign * grow * n1
        gamma = np.where(live, grow * bell / (s * v * np.sqrt(t)), 0.0)
        vega = np.where(live, asset * bell * np.sqrt(t), 0.0)
        decay = np.where(live, asset * bell * v / (2.0 * np.sqrt(t)), 0.0)
        own = sign * (q * _times(asset, n1) - r * _times(bond, n2))
        theta = np.where(t == 0.0, 0.0 * n1, own - decay)
        rho = sign * t * _times(bond, n2)
    return _answer(price, delta, gamma, vega, theta, rho)


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
        ``delta`` and ``gamma`` with respect to the forward (discounted); ``theta`` and
        ``rho`` with the forward held fixed.  Limits as in :func:`bsm`.

    Examples
    --------
    >>> round(float(black76(19, 19, 0.75, 0.28, 0.10, call=True).price), 4)
    1.7011
    """
    f, k, t, v, r, _, sign = _inputs(forward, strike, time, vol, rate, 0.0, call)
    with np.errstate(all="ignore"):
        discount = np.exp(-r * t)
        asset, bond = f * discount, k * discount
        price, n1, _, bell, live = _kernel(f, k, 0.0 * t, v * np.sqrt(t), asset, bond, sign)
        delta = sign * discount * n1
        gamma = np.where(live, discount * bell / (f * v * np.sqrt(t)), 0.0)
        vega = np.where(live, asset * bell * np.sqrt(t), 0.0)
        decay = np.where(live, asset * bell * v / (2.0 * np.sqrt(t)), 0.0)
        theta = np.where(t == 0.0, 0.0 * n1, r * price - decay)
        rho = -t * price
    return _answer(price, delta, gamma, vega, theta, rho)


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
        price, *_ = _kernel(f, k, np.zeros(()), sd, f, k, sign)
    return price


def _inputs(*values: ArrayLike) -> list[Floats]:
    *numbers, call = values
    spot, strike, time, vol, rate, dividend = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in numbers)
    )
    good = (spot >= 0.0) & (strike >= 0.0) & (time >= 0.0) & (vol >= 0.0) & np.isfinite(time)
    sign = np.where(np.asarray(call, dtype=bool), 1.0, -1.0)
    return [np.where(good, spot, np.nan), strike, time, vol, rate, dividend, sign]


def _kernel(
    s: Floats,
    k: Floats,
    drift: Floats,
    sd: Floats,
    asset: Floats,
    bond: Floats,
    sign: Floats | float,
) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
    # N(±d1), N(±d2), n(d1); `live` where volatility still matters.
    x = np.log(s / k) + drift
    ratio = np.where(x == 0.0, 0.0, x / sd)
    d1, d2 = ratio + 0.5 * sd, ratio - 0.5 * sd
    n1, n2 = ndtr(sign * d1), ndtr(sign * d2)
    bell = np.exp(-0.5 * d1 * d1) / _ROOT_TWO_PI
    price = np.maximum(sign * (_times(asset, n1) - _times(bond, n2)), 0.0)
    live = ~((sd == 0.0) | (bell == 0.0))
    return price, n1, n2, bell, live


def _times(amount: Floats, probability: Floats) -> Floats:
    # An infinite amount with probability 0 is worth 0, not NaN.
    return np.where(probability == 0.0, 0.0, amount * probability)


def _answer(*fields: Floats) -> Greeks:
    return Greeks(*(np.asarray(field, dtype=np.float64)[()] for field in fields))
