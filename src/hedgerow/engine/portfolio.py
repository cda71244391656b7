"""The portfolio that is hedged: an equity book with a beta, and cash for the rest."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError, nearest
from hedgerow.pricing.bills import bill_return
from hedgerow.pricing.black import DAYS_PER_YEAR

Interest = Literal["simple", "discount", "none"]


@dataclass(frozen=True)
class Equity:
    """A portfolio of shares and bills, rebalanced daily to its shares.

    Parameters
    ----------
    value
        USD before the first bar.
    beta
        Sensitivity of the equity part to the index, in excess of bills.
    equity_share
        Part of the portfolio in equity, 0 … 1; the rest earns the bill rate.
    interest
        How bills earn their rate: ``simple``, by the day of 365; ``discount``, as a 91-day bill
        whose rate is quoted on a discount basis (`bill_return`), as in total-return indices of
        futures; ``none``, not at all, as in their excess-return indices.

    Raises
    ------
    RangeError
        If a number is out of range, or the interest is none of the three.

    Examples
    --------
    >>> Equity(10_000_000).value
    10000000
    >>> Equity(100.0, equity_share=0.0, interest="discount").interest
    'discount'
    """

    value: float = 10_000_000.0
    beta: float = 1.0
    equity_share: float = 1.0
    interest: Interest = "simple"

    def __post_init__(self) -> None:
        for name, low, high in (
            ("value", 1.0, 1e15),
            ("beta", -5.0, 5.0),
            ("equity_share", 0.0, 1.0),
        ):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int | float | np.number):
                raise RangeError(
                    f"{number!r} is not a number",
                    where=f"portfolio.{name}",
                    mend=f"give a number in {low:g} … {high:g}, without quotes",
                )
            if not math.isfinite(number) or not low <= number <= high:
                raise RangeError(
                    f"{number} is out of range",
                    where=f"portfolio.{name}",
                    mend=f"give a number in {low:g} … {high:g}",
                )
        known = get_args(Interest)
        if self.interest not in known:
            raise RangeError(
                f"{self.interest!r} is no way to earn interest",
                where="portfolio.interest",
                mend=nearest(str(self.interest), known),
            )

    @property
    def delta(self) -> float:
        """Relative change for one of the index: of one USD, 0.5 at half in equity of beta 1.

        An index other than the S&P 500 is taken to move by as many per cent as it.
        """
        return self.equity_share * self.beta

    def values(self, market: Market | Ensemble, first: int = 0) -> Floats:
        """Return the value at each close, USD; ``value`` up to bar ``first``.

        **Shape** (T,), of an ensemble (T, paths).

        The return of a bar is ``bills + equity_share · beta · (index - bills)``, the index with
        its dividends.  Bills and dividends are those known at the bar before.
        """
        spot = market["spx"]
        days = np.diff(market.dates.astype("int64")).reshape(-1, *(1 for _ in spot.shape[1:]))
        years = days / DAYS_PER_YEAR
        bills = self._earned(_known(market, "rate")[:-1], days)
        index = spot[1:] / spot[:-1] - 1.0 + _known(market, "dividend_yield")[:-1] * years
        earned = bills + self.equity_share * self.beta * (index - bills)
        growth = np.ones_like(spot)
        growth[first + 1 :] = 1.0 + earned[first:]
        return np.asarray(self.value * np.cumprod(growth, axis=0))

    def _earned(self, rate: Floats, days: Floats) -> Floats:
        if self.interest == "discount":
            return bill_return(rate, days)
        return rate * (days / DAYS_PER_YEAR) * (self.interest == "simple")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, for records."""
        return asdict(self)


def _known(market: Market | Ensemble, name: str) -> Floats:
    """Return a yearly rate, zero where nothing is known."""
    if name not in market:
        return np.zeros_like(market["spx"])
    column = market[name]
    return np.where(np.isfinite(column), column, 0.0)
