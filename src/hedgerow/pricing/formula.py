"""Black–Scholes–Merton with NumPy: every limit in its place, for arrays of any size.

The compiled form (:mod:`hedgerow.pricing.kernels`) is held to this one, and gives it the
options that it does not price itself.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hedgerow.errors import RangeError
from hedgerow.pricing.threads import share

Floats = NDArray[np.float64]

LARGE = 32_768
"""Options from which on the compiled loops are worth loading numba for."""

FIELDS = ("price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga", "charm")
"""Rows of the answer; the first five are the short form."""

_ROOT_TWO_PI = 2.5066282746310002


def price_rows(
    inputs: tuple[Any, ...],
    call: Any,
    count: int = len(FIELDS),
    *,
    out: Floats | None = None,
    threads: int | None = None,
) -> Floats:
    """Return the first ``count`` fields, **shape** (count, *inputs).

    Parameters
    ----------
    inputs
        Spot, strike, time, vol, rate, dividend: arrays or numbers that broadcast; units as in
        :func:`hedgerow.pricing.black.bsm`.
    call
        True for calls; broadcasts too.
    count
        5 or 9.
    out
        Where to write, float64, C-contiguous, **shape** (count, *inputs).
    threads
        Of the compiled form; all processors by default.

    Raises
    ------
    RangeError
        If ``out`` does not fit.

    Examples
    --------
    >>> price_rows((60, 65, 0.25, 0.3, 0.08, 0.0), True).round(4)[:2].tolist()
    [2.1334, 0.3725]
    """
    numbers = [np.asarray(x, dtype=np.float64) for x in inputs]
    calls = np.asarray(call, dtype=bool)
    shape = np.broadcast_shapes(calls.shape, *(x.shape for x in numbers))
    size = prod(shape)
    if out is None:
        out = np.empty((count, *shape))
    elif out.shape != (count, *shape) or out.dtype != np.float64 or not out.flags.c_contiguous:
        raise RangeError(
            f"out is {out.dtype} of shape {out.shape}",
            where="out",
            mend=f"give C-contiguous float64 of shape {(count, *shape)}",
        )
    rows = out.reshape(count, size)
    if size < LARGE:
        wide = np.broadcast_arrays(calls, *numbers)
        exact(*(x.reshape(size) for x in wide), out=rows)
    else:
        _compiled([flat(x, shape) for x in numbers], flat(calls, shape), rows, threads)
    return out


def exact(
    call: NDArray[np.bool_],
    spot: Floats,
    strike: Floats,
    time: Floats,
    vol: Floats,
    rate: Floats,
    dividend: Floats,
    *,
    out: Floats,
) -> None:
    """Write the first ``len(out)`` fields with NumPy, every limit in its place.

    Parameters
    ----------
    call, spot, strike, time, vol, rate, dividend
        **Shape** (n,) each; units as in :func:`hedgerow.pricing.black.bsm`.
    out
        **Shape** (5, n) or (9, n).
    """
    good = (spot >= 0.0) & (strike >= 0.0) & (time >= 0.0) & (vol >= 0.0) & np.isfinite(time)
    s = np.where(good, spot, np.nan)
    k, t, v, r, q = strike, time, vol, rate, dividend
    sign = np.where(call, 1.0, -1.0)
    with np.errstate(all="ignore"):
        grow, discount = np.exp(-q * t), np.exp(-r * t)
        asset, bond = s * grow, k * discount
        drift, root = (r - q) * t, np.sqrt(t)
        sd = v * root
        price, n1, n2, d1, d2, bell = black(s, k, drift, sd, asset, bond, sign)
        live = ~((sd == 0.0) | (bell == 0.0))
        own1, own2 = times(asset, n1), times(bond, n2)
        out[0] = price
        out[1] = sign * grow * n1
        out[2] = np.where(live, grow * bell / (s * sd), 0.0)
        out[3] = np.where(live, asset * bell * root, 0.0)
        decay = np.where(live, asset * bell * v / (2.0 * root), 0.0)
        out[4] = np.where(t == 0.0, 0.0 * n1, sign * (q * own1 - r * own2) - decay)
        if len(out) == 5:
            return
        out[5] = sign * t * own2
        slope = grow * bell
        out[6] = np.where(live, -slope * d2 / v, 0.0)
        out[7] = np.where(live, asset * bell * root * d1 * d2 / v, 0.0)
        bend = np.where(live, slope * (drift / sd - 0.5 * d2) / t, 0.0)
        out[8] = np.where(t == 0.0, 0.0 * n1, q * sign * grow * n1 - bend)


def black(
    s: Floats,
    k: Floats,
    drift: Floats,
    sd: Floats,
    asset: Floats,
    bond: Floats,
    sign: Floats | float,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """Return price, N(±d1), N(±d2), d1, d2 and n(d1).

    Parameters
    ----------
    s, k, drift
        Spot, strike, and the logarithm of forward over spot.
    sd
        Total standard deviation σ√T.
    asset, bond
        Spot less dividends and discounted strike, points.
    sign
        +1 for calls, −1 for puts.
    """
    x = np.log(s / k) + drift
    ratio = np.where(x == 0.0, 0.0, x / sd)
    d1, d2 = ratio + 0.5 * sd, ratio - 0.5 * sd
    n1, n2 = ndtr(sign * d1), ndtr(sign * d2)
    bell = np.exp(-0.5 * d1 * d1) / _ROOT_TWO_PI
    price = np.maximum(sign * (times(asset, n1) - times(bond, n2)), 0.0)
    return price, n1, n2, d1, d2, bell


def times(amount: Floats, probability: Floats) -> Floats:
    """Return the product; an infinite amount with probability 0 is worth 0, not NaN."""
    return np.where(probability == 0.0, 0.0, amount * probability)


def _compiled(
    numbers: list[Floats], call: NDArray[np.bool_], rows: Floats, threads: int | None
) -> None:
    from hedgerow.pricing import kernels

    loop = kernels.risk if len(rows) == 5 else kernels.greeks

    def work(low: int, high: int, buffer: Floats) -> float:
        return float(loop(*numbers, call, low, high, buffer, rows))

    size = rows.shape[1]
    if share(work, size, kernels.CELLS, threads):
        odd = np.flatnonzero(np.isnan(rows[0]))
        part = [np.broadcast_to(x, (size,))[odd] for x in numbers]
        answer = np.empty((len(rows), len(odd)))
        exact(np.broadcast_to(call, (size,))[odd], *part, out=answer)
        rows[:, odd] = answer


def flat(x: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return one value, or all of them in one dimension, contiguous.

    Examples
    --------
    >>> flat(np.ones(2), (3, 2)).shape, flat(np.ones(()), (3, 2)).shape
    ((6,), (1,))
    """
    if x.size == 1:
        return x.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(x, shape)).reshape(-1)
