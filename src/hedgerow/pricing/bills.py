"""What a treasury bill earns between two days, from its rate on a discount basis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.columns import like

Floats = NDArray[np.float64]

TERM = 91.0
"""Days to maturity of the bill whose rate is quoted."""

BASIS = 360.0
"""Days of a year on a discount basis."""


def bill_return(rate: ArrayLike, days: ArrayLike) -> Floats:
    r"""Return what a 91-day treasury bill earns in some days, a decimal.

    .. math:: TBR = \left(\frac{1}{1 − \frac{91}{360}\,TBAR}\right)^{Δ/91} − 1

    Parameters
    ----------
    rate
        TBAR, the rate on a discount basis (high rate of the weekly auction), a decimal a year.
    days
        Δ, calendar days.  Shapes broadcast.

    Raises
    ------
    RangeError
        If a rate is 360/91 or more, at which the bill would be free.

    Notes
    -----
    Source: S&P Dow Jones Indices, "S&P VIX Futures Indices: Methodology", total return.

    Examples
    --------
    >>> round(float(bill_return(0.05, 1)), 9)
    0.000139784
    """
    back = like(rate, days)
    discount = np.asarray(rate, dtype=np.float64) * (TERM / BASIS)
    if bool(np.any(discount >= 1.0)):
        raise RangeError(
            "a bill at that rate would be free",
            where="rate",
            mend="give a decimal a year: 5 % is 0.05",
        )
    earned = np.expm1(np.asarray(days, dtype=np.float64) * (-np.log1p(-discount) / TERM))
    answer: Floats = back(np.asarray(earned))
    return answer
