"""Variance swaps replicated by options: from a quoted strip, and from any smile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.black import undiscounted

Floats = NDArray[np.float64]

_FEWEST = 2


def variance_of_strip(
    forward: float,
    time: float,
    rate: float,
    puts: tuple[ArrayLike, ArrayLike],
    calls: tuple[ArrayLike, ArrayLike],
) -> float:
    """Return the fair variance a year that a strip of options replicates.

    Parameters
    ----------
    forward
        Forward of the index, points.
    time
        Years to expiry, positive.
    rate
        Continuously compounded, decimal a year.
    puts, calls
        Strikes and prices, points, each **shape** (n,), n ≥ 2.  The highest put strike must
        be the lowest call strike: the boundary S*.

    Returns
    -------
    float
        Variance a year, decimal: 0.04189 is a volatility of 20.467 %.

    Raises
    ------
    RangeError
        If time is not positive, there are too few strikes, or the two sides do not meet.

    Notes
    -----
    The log payoff is approximated from above by straight lines between strikes.  Source:
    Demeterfi, Derman, Kamal and Zou, "More than you ever wanted to know about volatility
    swaps" (1999), equations 28 and A1–A7.

    Examples
    --------
    >>> from hedgerow.pricing.black import black76
    >>> low, high = np.arange(20.0, 101.0), np.arange(100.0, 301.0)
    >>> variance = variance_of_strip(
    ...     100.0, 0.5, 0.0,
    ...     (low, black76(100.0, low, 0.5, 0.2).price),
    ...     (high, black76(100.0, high, 0.5, 0.2, call=True).price),
    ... )
    >>> round(float(variance**0.5), 4)
    0.2001
    """
    if not time > 0.0:
        raise RangeError(f"{time} years to expiry", where="time", mend="give a positive time")
    put_strikes, put_prices = _side(puts, "puts")
    call_strikes, call_prices = _side(calls, "calls")
    centre = float(call_strikes[0])
    if float(put_strikes[-1]) != centre:
        raise RangeError(
            "the highest put strike is not the lowest call strike",
            where="puts, calls",
            mend="give both a price at the boundary strike",
        )

    def cost(strikes: Floats, prices: Floats) -> float:
        # strikes run outwards from the boundary
        payoff = 2.0 / time * ((strikes - centre) / centre - np.log(strikes / centre))
        slope = np.abs(np.diff(payoff) / np.diff(strikes))
        weight = np.diff(slope, prepend=0.0)
        return float(np.sum(weight * prices[:-1]))

    portfolio = cost(call_strikes, call_prices) + cost(put_strikes[::-1], put_prices[::-1])
    ratio = forward / centre
    return float(2.0 / time * (np.log(ratio) - (ratio - 1.0)) + np.exp(rate * time) * portfolio)


def variance_of_smile(
    vol: Callable[[Floats], ArrayLike],
    time: float,
    *,
    width: float = 40.0,
    points: int = 8001,
) -> float:
    r"""Return the fair variance a year of a continuum of options on a smile.

    Parameters
    ----------
    vol
        Implied volatility, decimal, at log-moneyness k = ln(K/F), **shape** (n,) to (n,).
    time
        Years to expiry, positive.
    width
        Half-width of the grid in at-the-money standard deviations.
    points
        Strikes on the grid.

    Notes
    -----
    :math:`\tfrac{2}{T}\int Q(K)/K^2\,dK` over undiscounted out-of-the-money prices Q with the
    forward at 1.  Source: Carr and Madan (1998).

    Examples
    --------
    >>> round(variance_of_smile(lambda k: 0.2 + 0.0 * k, 0.25), 6)
    0.04
    """
    if not time > 0.0:
        raise RangeError(f"{time} years to expiry", where="time", mend="give a positive time")
    middle = float(np.asarray(vol(np.zeros(1)), dtype=np.float64)[0])
    reach = width * middle * np.sqrt(time)
    total = 0.0
    for side, call in ((-1.0, False), (1.0, True)):
        k = np.linspace(0.0, side * reach, points)
        strikes = np.exp(k)
        deviation = np.asarray(vol(k), dtype=np.float64) * np.sqrt(time)
        price = undiscounted(1.0, strikes, deviation, call=call)
        total += abs(float(np.trapezoid(price / strikes, k)))
    return float(2.0 * total / time)


def _side(quotes: tuple[ArrayLike, ArrayLike], where: str) -> tuple[Floats, Floats]:
    strikes, prices = (np.asarray(part, dtype=np.float64) for part in quotes)
    if strikes.ndim != 1 or strikes.shape != prices.shape or len(strikes) < _FEWEST:
        raise RangeError(
            "needs two or more strikes and as many prices", where=where, mend="add strikes"
        )
    order = np.argsort(strikes)
    return strikes[order], prices[order]
