r"""Implied volatility: from a price back to σ, to the last digits the price holds.

With the forward F, :math:`x = |\ln(F/K)|`, :math:`s = σ\sqrt{T}` and b the undiscounted price
of the option *out of the money* (by parity, if the other one is quoted) over
:math:`\sqrt{FK}`, we have with M(a) = Φ(−a)/φ(a), h = x/s, t = s/2

.. math:: b(s) = \frac{e^{-(h^2+t^2)/2}}{\sqrt{2π}}\,[M(h−t) − M(h+t)],\qquad
          \frac{b}{b'} = M(h−t) − M(h+t).

So ln b and its derivatives need two tails and one logarithm, and lose nothing in the wings.
A guess through Bachelier's formula (off by 1 % for s < 1) and two Householder steps of fourth
order reach rounding.  What is exceptional (s under 0.005 or over 6, prices near a bound) goes
to the same steps in NumPy, kept in a bracket.

Source: the objective ln b and the order of the steps follow Jäckel, "Let's be rational"
(2015); the guess is our own.
"""

from __future__ import annotations

from enum import IntEnum
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx

from hedgerow.pricing.columns import like
from hedgerow.pricing.formula import LARGE, flat
from hedgerow.pricing.threads import share

Floats = NDArray[np.float64]

_GUESS = (
    -4.320207409890647,
    7.298908448184116,
    -4.41783009666935,
    1.9636476142539336,
    0.7981973917422234,
)
_ROUNDING = 1e-15
_STEPS = 80


class Reason(IntEnum):
    """Why a price has no implied volatility.

    Examples
    --------
    >>> Reason(3).name
    'BELOW_INTRINSIC'
    """

    OK = 0
    BAD_INPUT = 1
    """NaN or infinite, or spot or strike not positive."""
    EXPIRED = 2
    """Time is 0 or negative."""
    BELOW_INTRINSIC = 3
    """The price is under the discounted intrinsic value of the forward: arbitrage, or stale."""
    NO_TIME_VALUE = 4
    """The price is 0 or, to rounding, the intrinsic value: any small volatility gives it."""
    ABOVE_BOUND = 5
    """A call at or above the discounted forward, or a put at or above the discounted strike."""

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self.value]


_SENTENCES = (
    "it has one",
    "a number is missing, or spot or strike is not positive",
    "the option has expired",
    "it lies under the option's intrinsic value on the forward",
    "it is the intrinsic value to the last digit: any small volatility gives it",
    "it lies at or above the most that such an option can be worth",
)


class Implied(NamedTuple):
    """Implied volatility (decimal a year, NaN without one) and its :class:`Reason` (int8)."""

    vol: Floats
    reason: NDArray[np.int8]


def implied_vol(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    *,
    call: ArrayLike = False,
    threads: int | None = None,
) -> Floats:
    """Return the Black–Scholes–Merton volatility of a price; NaN where there is none.

    Parameters
    ----------
    price
        Of the option, points.
    spot, strike, time, rate, dividend, call
        As in :func:`hedgerow.pricing.black.bsm`; all **shapes** broadcast.  With ``dividend``
        equal to ``rate`` the spot is a forward: Black-76.
    threads
        All processors by default.  Results do not depend on it.

    Returns
    -------
    array
        Decimal a year, of the broadcast shape: a number for numbers, a Series for Series.

    Notes
    -----
    :func:`implied` says why a volatility is NaN.  An option deep in the money holds only the
    digits of its time value.

    Examples
    --------
    >>> round(float(implied_vol(2.1334, 60, 65, 0.25, 0.08, call=True)), 4)
    0.3
    """
    answer: Floats = implied(
        price, spot, strike, time, rate, dividend, call=call, threads=threads
    ).vol
    return answer


def implied(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    *,
    call: ArrayLike = False,
    threads: int | None = None,
) -> Implied:
    """Return the implied volatility and, where it is NaN, the reason.

    Parameters
    ----------
    price, spot, strike, time, rate, dividend, call, threads
        As in :func:`implied_vol`.

    Examples
    --------
    >>> vol, reason = implied([2.0, 0.0, 70.0, 4.0], 60, [65, 65, 65, 55], 0.25, call=True)
    >>> [Reason(code).name for code in reason]
    ['OK', 'NO_TIME_VALUE', 'ABOVE_BOUND', 'BELOW_INTRINSIC']
    >>> np.isnan(vol).tolist()
    [False, True, True, True]
    """
    inputs = (price, spot, strike, time, rate, dividend)
    back = like(*inputs, call)
    numbers = [np.asarray(x, dtype=np.float64) for x in inputs]
    calls = np.asarray(call, dtype=bool)
    shape = np.broadcast_shapes(calls.shape, *(x.shape for x in numbers))
    size = prod(shape)
    columns = [flat(x, shape) for x in numbers]
    sides = flat(calls, shape)
    vol, reason = np.empty((1, size)), np.zeros(size, dtype=np.int8)
    odd = np.arange(size)
    if size >= LARGE:
        from hedgerow.pricing import kernels

        p, s, *rest = columns

        def work(low: int, high: int, buffer: Floats) -> float:
            return float(kernels.implied(p, s, *rest, sides, low, high, buffer, vol))

        odds = share(work, size, kernels.CELLS, threads)
        odd = np.flatnonzero(np.isnan(vol[0])) if odds else odd[:0]
    if len(odd):
        part = [np.broadcast_to(x, (size,))[odd] for x in columns]
        side = np.where(np.broadcast_to(sides, (size,))[odd], 1.0, -1.0)
        vol[0, odd], reason[odd] = _exact(side, *part)
    return Implied(back(vol[0].reshape(shape)), back(reason.reshape(shape)))


def _exact(
    sign: Floats, p: Floats, s: Floats, k: Floats, t: Floats, r: Floats, q: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    with np.errstate(all="ignore"):
        growth = np.exp(r * t)
        forward = s * growth * np.exp(-q * t)
        inside = np.maximum(sign * (forward - k), 0.0)
        otm = p * growth - inside
        least, most = np.minimum(forward, k), np.maximum(forward, k)
        rounding = np.where(inside > 0.0, _ROUNDING * most, 0.0)
        good = np.isfinite(otm + least + most + t + r + q) & (s > 0.0) & (k > 0.0)
        reason = np.select(
            [~good, t <= 0.0, otm < -rounding, otm <= rounding, otm >= least],
            [
                Reason.BAD_INPUT,
                Reason.EXPIRED,
                Reason.BELOW_INTRINSIC,
                Reason.NO_TIME_VALUE,
                Reason.ABOVE_BOUND,
            ],
            Reason.OK,
        ).astype(np.int8)
        vol: Floats = np.full(len(p), np.nan)
        live = np.flatnonzero(reason == Reason.OK)
        f, k, otm = forward[live], k[live], otm[live]
        root = np.sqrt(f) * np.sqrt(k)
        deviation = _solve(np.abs(np.log(f / k)), otm / root, np.abs(f - k) / root)
        vol[live] = deviation / np.sqrt(t[live])
    return vol, reason


def _solve(x: Floats, b: Floats, m: Floats) -> Floats:
    """Return s with b(x, s) = b, **shape** (n,); steps that leave the bracket halve it."""
    logarithm = np.log(b)
    m, far = m + 1e-6 * b, x + 1e-6 * b
    v = np.logaddexp(0.0, np.log(0.5 * m) - logarithm)
    root = np.sqrt(v)
    s: Floats = far * (1.0 + root) / (np.polyval(_GUESS, root / (root + 2.0)) * v)
    s = s * (1.0 + s * s * (1.0 / 24.0 + s * s / 400.0))
    low, high = np.zeros_like(s), np.full_like(s, np.inf)
    for _ in range(_STEPS):
        f, step = _step(s, x, logarithm)
        low, high = np.where(f < 0.0, s, low), np.where(f > 0.0, s, high)
        new = s + step
        middle = np.where(low == 0.0, 0.5 * s, np.sqrt(low * high))
        middle = np.where(np.isinf(high), 2.0 * s, middle)
        inside = ((new > low) & (new < high)) | (np.abs(step) < 1e-9 * s)
        new = np.where(inside, new, middle)
        moved, s = np.abs(new - s) > 1e-5 * s, new
        if not moved.any():  # fourth order: what is left is far below rounding
            break
    return s


def _step(s: Floats, x: Floats, logarithm: Floats) -> tuple[Floats, Floats]:
    """Return ln b(s) − ln b and Householder's step, as ``kernels`` does, small s included."""
    h, t = x / s, 0.5 * s
    y = _mills(h)
    # M(h−t) − M(h+t) by its series where the difference would cancel
    y1 = 1.0 - h * y
    y2 = y - h * y1
    y3 = 2.0 * y1 - h * y2
    y5 = 4.0 * y3 - h * (3.0 * y2 - h * y3)
    series = 2.0 * t * (y1 + t * t / 6.0 * (y3 + t * t / 20.0 * y5))
    ratio = np.where(t < 0.01, series, _mills(h - t) - _mills(h + t))
    f = np.log(ratio) - 0.5 * (h * h + t * t) - 0.5 * np.log(2.0 * np.pi) - logarithm
    slope = 1.0 / ratio
    c2 = (h * h - t * t) / s
    c3 = c2 * c2 - (3.0 * h * h + t * t) / (s * s)
    q2, q3 = c2 - slope, c3 - slope * (3.0 * c2 - 2.0 * slope)
    newton = -f * ratio
    return f, newton * (1.0 + 0.5 * newton * q2) / (1.0 + newton * (q2 + newton * q3 / 6.0))


def _mills(a: Floats) -> Floats:
    tail: Floats = np.sqrt(0.5 * np.pi) * erfcx(a / np.sqrt(2.0))
    return tail
