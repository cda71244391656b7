"""The portfolio that is hedged: an equity book with a beta, and cash for the rest."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR


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

    Raises
    ------
    RangeError
        If a number is out of range.

    Examples
    --------
    >>> Equity(10_000_000).value
    10000000
    """

    value: float = 10_000_000.0
    beta: float = 1.0
    equity_share: float = 1.0

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

    def values(self, market: Market, first: int = 0) -> Floats:
        """Return the value at each close, **shape** (T,), USD; ``value`` up to bar ``first``.

        The return of a bar is ``bills + equity_share · beta · (index - bills)``, the index with
        its dividends.  Bills and dividends are those known at the bar before.
        """
        spot = market["spx"]
        days = np.diff(market.dates.astype("int64")) / DAYS_PER_YEAR
        bills = _known(market, "rate")[:-1] * days
        index = spot[1:] / spot[:-1] - 1.0 + _known(market, "dividend_yield")[:-1] * days
        earned = bills + self.equity_share * self.beta * (index - bills)
        growth = np.ones(len(market))
        growth[first + 1 :] = 1.0 + earned[first:]
        return np.asarray(self.value * np.cumprod(growth))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, for records."""
        return asdict(self)


def _known(market: Market, name: str) -> Floats:
    """Return a yearly rate, zero where nothing is known."""
    if name not in market:
        return np.zeros(len(market))
    column = market[name]
    return np.where(np.isfinite(column), column, 0.0)
