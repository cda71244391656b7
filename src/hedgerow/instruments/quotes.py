"""VIX futures as the data quote them, found again at every bar by contract month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import vix_settlement
from hedgerow.core.futures import monthlies
from hedgerow.core.market import Market

Floats = NDArray[np.float64]
Months = NDArray[np.int64]


@dataclass(frozen=True)
class Quotes:
    """Settles and expiries by bar and rank, each **shape** (T, n).

    Parameters
    ----------
    price
        Points; NaN where not quoted.
    expiry
        Days since 1970-01-01; 0 where unknown.
    month
        Months since 1970-01 of the expiry, the identity of a contract; -1 where unknown.
    final
        Final settlement value published on that day, points, **shape** (T,); else NaN.

    Notes
    -----
    A contract is found by the month it settles in, so a vendor's rank or a nominal expiry
    that is off by days does not lose it.  Weekly futures must not be in these columns.
    """

    price: Floats
    expiry: NDArray[np.int64]
    month: Months
    final: Floats

    @classmethod
    def of(cls, market: Market) -> Quotes:
        """Read the ``vx*`` columns of a market; none is fine."""
        final = market["vx_final"] if "vx_final" in market else np.full(len(market), np.nan)
        price, expiry, _ = monthlies(market)
        listed = np.isfinite(expiry)
        days = np.where(listed, expiry, 0.0).astype(np.int64)
        month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return cls(price, days, np.where(listed, month, -1), final)

    def of_month(self, month: int | Months, rows: slice) -> Floats:
        """Return the settles of a contract month over ``rows``, NaN where not quoted.

        ``month`` may be one per row.
        """
        wanted = np.broadcast_to(np.asarray(month), self.month[rows].shape[:1])
        hit = self.month[rows] == wanted[:, None]
        if hit.shape[1] == 0:
            return np.full(len(hit), np.nan)
        rank = np.argmax(hit, axis=1)
        index = np.arange(len(hit))
        return np.asarray(np.where(hit[index, rank], self.price[rows][index, rank], np.nan))

    def settlement(self, month: int, bar: int) -> int:
        """Return the settlement day of a contract month as known at ``bar``.

        The one given at that bar, else the exchange's rule; days since 1970-01-01.
        """
        hit = np.flatnonzero(self.month[bar] == month)
        if len(hit):
            return int(self.expiry[bar, hit[0]])
        return _by_rule(month)


@lru_cache(maxsize=4096)
def _by_rule(month: int) -> int:
    """Return the day of a month's settlement: a run over years asks thousands of times."""
    return int(vix_settlement(np.datetime64(month, "M")).astype(np.int64))
