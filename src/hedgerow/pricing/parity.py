"""Forward and discount factor of an expiry from put-call parity.

European calls less puts of one strike are worth :math:`D(F − K)`: a straight line in the
strike whose slope is the discount factor and whose zero is the forward.  Every pair is
weighted by its quoted spread, and pairs far off the line lose their weight, so a stale or
mistyped quote does not move the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.board import Board, Floats

_ROUNDS = 30
_BISQUARE = 4.685
"""Tukey's tuning constant: 95 % efficient on normal errors."""
_LEAST_SPREAD = 1e-4
"""Share of the strike: spreads are counted as at least so wide."""


@dataclass(frozen=True)
class Parity:
    """What put-call parity says about one expiry.

    Parameters
    ----------
    forward
        Points.
    discount
        Price today of 1 at settlement.
    rate
        Continuously compounded, decimal a year.
    forward_error, rate_error
        One standard error, in points and decimal a year; ``rate_error`` is 0 for a given rate.
    residual
        Call less put less :math:`D(F − K)` in points, **shape** (K,), NaN without two quotes.
    allowed
        Half of both spreads in points, **shape** (K,): a residual beyond it cannot be
        explained by where the middle lies.
    used
        Pairs that kept some weight, **shape** (K,).
    """

    forward: float
    discount: float
    rate: float
    forward_error: float
    rate_error: float
    residual: Floats
    allowed: Floats
    used: NDArray[np.bool_]


def parity(board: Board, *, rate: float | None = None, near: float | None = None) -> Parity:
    r"""Fit forward and discount factor to the pairs of calls and puts of one expiry.

    Parameters
    ----------
    board
        Quotes of one expiry.
    rate
        Known rate, continuously compounded, decimal a year; left out it is fitted, which
        takes two pairs or more.
    near
        Use only strikes within this share of the forward, such as 0.05.  For American
        options (SPY), whose deep in-the-money prices carry an early exercise premium.

    Returns
    -------
    Parity
        Forward, discount factor, their standard errors and the residuals.

    Raises
    ------
    RangeError
        If there are too few pairs, or their line does not slope down.

    Notes
    -----
    Weighted least squares of :math:`C − P = D F − D K` with weights one over the squared
    spread, reweighted by Tukey's bisquare of the residual in spreads.

    Source: Stoll (1969) for parity; Beaton and Tukey (1974) for the weights.

    Examples
    --------
    >>> quotes = [[12.1, 5.2, 1.4], [12.3, 5.4, 1.6], [1.0, 4.0, 10.1], [1.2, 4.2, 10.3]]
    >>> found = parity(Board.of(0.5, [90.0, 100.0, 110.0], *quotes), rate=0.04)
    >>> round(found.forward, 2), round(found.discount, 4)
    (101.22, 0.9802)
    """
    gap = board.call_mid - board.put_mid
    allowed = 0.5 * (board.call_ask - board.call_bid + board.put_ask - board.put_bid)
    good = board.call_live & board.put_live
    if near is not None and good.any():
        centre = board.strike[good][np.argmin(np.abs(gap[good]))]
        good &= np.abs(board.strike / centre - 1.0) <= near
    wanted = 2 if rate is None else 1
    if int(good.sum()) < wanted:
        raise RangeError(
            f"{int(good.sum())} strikes have a call and a put with a bid, {wanted} are needed",
            where="parity",
            mend="give a rate, or more strikes" if rate is None else "give more strikes",
        )
    strike, value = board.strike[good], gap[good]
    scale = np.maximum(allowed[good], _LEAST_SPREAD * strike)
    fixed = None if rate is None else float(np.exp(-rate * board.time))
    base = scale**-2.0
    weight = base
    for _ in range(_ROUNDS):
        forward, discount = _line(strike, value, weight, fixed)
        off = np.abs(value - discount * (forward - strike)) / scale
        limit = _BISQUARE * max(float(np.median(off)) / 0.6745, 0.05)
        fresh = base * np.maximum(1.0 - (off / limit) ** 2, 0.0) ** 2
        if np.allclose(fresh, weight, rtol=1e-10, atol=0.0):
            break
        weight = fresh
    forward, discount = _line(strike, value, weight, fixed)
    residual = np.where(good, gap - discount * (forward - board.strike), np.nan)
    used = np.zeros(len(board), dtype=bool)
    used[good] = weight > 0.0
    errors = _errors(strike, residual[good], weight, discount, forward, fixed is None)
    return Parity(
        forward=forward,
        discount=discount,
        rate=float(rate) if rate is not None else float(-np.log(discount) / board.time),
        forward_error=errors[0],
        rate_error=errors[1] / (discount * board.time),
        residual=residual,
        allowed=np.where(good, allowed, np.nan),
        used=used,
    )


def _line(
    strike: Floats, value: Floats, weight: Floats, fixed: float | None
) -> tuple[float, float]:
    share = weight / weight.sum()
    middle, height = float(share @ strike), float(share @ value)
    if fixed is not None:
        return middle + height / fixed, fixed
    spread = float(share @ (strike - middle) ** 2)
    slope = float(share @ ((strike - middle) * (value - height)))
    if not (spread > 0.0 and slope < 0.0):
        raise RangeError(
            "calls less puts do not fall with the strike",
            where="parity",
            mend="check that calls and puts are not exchanged, or give a rate",
        )
    discount = -slope / spread
    return middle + height / discount, discount


def _errors(
    strike: Floats, residual: Floats, weight: Floats, discount: float, forward: float, free: bool
) -> tuple[float, float]:
    # standard errors of forward and discount of a weighted line, scaled by what is left over
    count = int((weight > 0.0).sum())
    left = max(count - (2 if free else 1), 1)
    total = float(weight.sum())
    noise = float(weight @ residual**2) / left
    middle = float(weight @ strike) / total
    height = noise / total / discount**2
    if not free:
        return float(np.sqrt(height)), 0.0
    slope = noise / float(weight @ (strike - middle) ** 2)
    return float(np.sqrt(height + slope * ((forward - middle) / discount) ** 2)), float(
        np.sqrt(slope)
    )
