"""What holding a position overnight costs if nothing moves (spec H13).

One sign everywhere: **positive is what a long holder pays**, per calendar day.  A short holder
gets it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.columns import like

Floats = NDArray[np.float64]


def basis_carry(future: ArrayLike, near: ArrayLike, days: ArrayLike) -> Floats:
    r"""Return points a day that a future loses while the curve stands still.

    .. math:: \frac{F − F_{near}}{\max(Δ, 1)}

    Parameters
    ----------
    future
        Its price, points.
    near
        What the curve says is worth what it will be: for the front future spot VIX, to which it
        converges at settlement; for another the future that settles before it, points.
    days
        Calendar days from ``near`` to ``future`` on the curve.  Shapes broadcast.

    Returns
    -------
    array
        Points a day: positive in contango, negative in backwardation.

    Notes
    -----
    Source: the basis of a VIX future, Cboe; roll-down as in Koijen, Moskowitz, Pedersen and Vrugt
    (2018), "Carry".

    Examples
    --------
    >>> basis_carry([17.0, 30.0], [15.0, 36.0], 20.0).tolist()
    [0.1, -0.3]
    """
    back = like(future, near, days)
    gap = np.asarray(future, dtype=np.float64) - np.asarray(near, dtype=np.float64)
    answer: Floats = back(np.asarray(gap / np.maximum(np.asarray(days, dtype=np.float64), 1.0)))
    return answer


def interest_carry(tied_up: ArrayLike, rate: ArrayLike, earned: ArrayLike = 0.0) -> Floats:
    r"""Return USD a day that money tied up earns less than bills: the interest-rate differential.

    .. math:: M\,(r − r_{earned}) / 365

    Parameters
    ----------
    tied_up
        USD: the premium of an option, or the margin of a future.
    rate, earned
        Decimal a year: of bills, and of what is tied up; 0.0 for a premium, and for margin in cash
        that pays nothing.  Shapes broadcast.

    Examples
    --------
    >>> float(interest_carry(7_300.0, 0.05))
    1.0
    """
    back = like(tied_up, rate, earned)
    spread = np.asarray(rate, dtype=np.float64) - np.asarray(earned, dtype=np.float64)
    lost = np.asarray(tied_up, dtype=np.float64) * spread / DAYS_PER_YEAR
    answer: Floats = back(np.asarray(lost))
    return answer
