"""The monthly VIX futures of a market: settles and settlement days by rank."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats, Market

COLUMNS = tuple(f"vx{rank}" for rank in range(1, 9))
"""Settles of the monthly contracts by rank, points; ``vx1_expiry`` … beside them."""


class Monthlies(NamedTuple):
    """Monthly contracts by bar and rank, the nearest settlement first."""

    price: Floats
    """Points, **shape** (T, n); NaN where not quoted."""
    expiry: Floats
    """Days since 1970-01-01, **shape** (T, n); NaN where unknown."""
    days: Floats
    """Calendar days to settlement, **shape** (T, n)."""


def monthlies(market: Market) -> Monthlies:
    """Return the ``vx*`` columns of a market as tables; without any, n is 0.

    Weekly futures must not be in these columns.

    Examples
    --------
    >>> day = np.array(["2024-07-01"], dtype="datetime64[ns]")
    >>> found = monthlies(Market(day, {"vx1": [13.0], "vx1_expiry": [19921.0]}))
    >>> found.price.tolist(), found.days.tolist()
    ([[13.0]], [[16.0]])
    """
    names = [name for name in COLUMNS if name in market and f"{name}_expiry" in market]
    shape = (len(market), 0)
    price = np.stack([market[name] for name in names], 1) if names else np.empty(shape)
    expiry = np.stack([market[f"{name}_expiry"] for name in names], 1) if names else price
    known = np.isfinite(expiry) & np.isfinite(price) & (price > 0.0)
    days = expiry - market.dates.astype(np.float64)[:, None]
    return Monthlies(np.where(known, price, np.nan), expiry, days)
