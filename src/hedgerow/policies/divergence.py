"""A calm index over a market that parts: the "False Binary" of the source (spec H2)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats, Market
from hedgerow.core.step import signal
from hedgerow.errors import DataError
from hedgerow.policies.correlation import SECTORS
from hedgerow.policies.signals import STRICT, Average, Column, trailing
from hedgerow.policies.standing import change

FEWEST = 3
"""Sectors that a dispersion needs."""


def dispersion(prices: Floats, days: int) -> Floats:
    """Return how far returns of columns over ``days`` sessions differ: their standard deviation.

    Across the columns that have both prices, three at least; a decimal.

    Parameters
    ----------
    prices
        **Shape** (N, T).
    days
        Sessions of the returns.

    Returns
    -------
    array
        **Shape** (T,), NaN for the first ``days`` rows.

    Examples
    --------
    >>> prices = np.array([[100.0, 110.0], [100.0, 100.0], [100.0, 90.0]])
    >>> dispersion(prices, 1).round(12).tolist()
    [nan, 0.1]
    """
    out = np.full(prices.shape[1], np.nan)
    if prices.shape[1] > days:
        returns = prices[:, days:] / prices[:, :-days] - 1.0
        known = np.isfinite(returns)
        count = np.where((many := known.sum(axis=0)) >= FEWEST, many, np.nan)
        mean = np.where(known, returns, 0.0).sum(axis=0) / count
        squares = np.where(known, returns - mean, 0.0) ** 2
        out[days:] = np.sqrt(squares.sum(axis=0) / (count - 1.0))
    return out


@signal
@dataclass(frozen=True, config=STRICT)
class Divergence:
    """1 where the index is calm while the market under it diverges, else 0 (spec H2).

    Calm: it moved by no more than ``calm`` over ``days``, or stands over its mean.  Diverging: the
    advance-decline line fell over ``days`` and stands under its mean; or, by sectors, their returns
    over ``days`` differ by more than ``rise`` times what they did on average.  Means are of
    ``mean`` sessions.

    Parameters
    ----------
    by
        ``"breadth"`` needs the column ``breadth``; ``"sectors"`` three funds of sectors, ``xlb``
        and the like.
    column
        The index.
    days
        Sessions of all moves.
    calm
        Largest move of a calm index, a decimal.
    mean
        Sessions of the means.
    rise
        Dispersion of the sectors that diverge, in multiples of its mean.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(1, "D")
    >>> columns = {"spx": [100.0, 100.0, 101.0, 101.0], "breadth": [0.0, 500.0, 400.0, 100.0]}
    >>> Divergence(days=2, mean=2)(Market(days, columns)).tolist()
    [nan, nan, 0.0, 1.0]
    """

    by: Literal["breadth", "sectors"] = "breadth"
    column: Column = "spx"
    days: Annotated[int, Field(ge=2, le=252)] = 20
    calm: Annotated[float, Field(gt=0.0, le=0.5)] = 0.02
    mean: Annotated[int, Field(ge=2, le=504)] = 50
    rise: Annotated[float, Field(ge=1.0, le=5.0)] = 1.25
    kind: ClassVar[str] = "divergence"

    @property
    def name(self) -> str:
        """``divergence``, or ``divergence_sectors``."""
        return "divergence" + ("" if self.by == "breadth" else f"_{self.by}")

    @property
    def lookback(self) -> int:
        """Sessions of the move and one more, or of the mean; by sectors, of both."""
        if self.by == "sectors":
            return self.days + self.mean
        return max(self.days + 1, self.mean)

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN where index, breadth or sectors are unknown.

        Raises
        ------
        DataError
            If the data have no breadth, or fewer than three funds of sectors.
        """
        index = market[self.column]
        move = np.abs(np.expm1(change(np.log(index), self.days)))
        middle = Average(self.column, days=self.mean)(market)
        calm = (move <= self.calm) | (index > middle)
        diverges = self._breadth(market) if self.by == "breadth" else self._sectors(market)
        known = np.isfinite(move + middle + diverges)
        return np.where(known, calm & (diverges > 0.0), np.nan)

    def _breadth(self, market: Market) -> Floats:
        if "breadth" not in market:
            raise DataError(
                "the data have no advance-decline line",
                where="market.breadth",
                mend="add a file date,advances,declines to the data folder, or use by='sectors'",
            )
        line = market["breadth"]
        fall = change(line, self.days)
        middle = Average("breadth", days=self.mean)(market)
        return np.where(np.isfinite(fall + middle), (fall < 0.0) & (line < middle), np.nan)

    def _sectors(self, market: Market) -> Floats:
        funds = [name for name in SECTORS if name in market]
        if len(funds) < FEWEST:
            lacking = ", ".join(name for name in SECTORS if name not in market)
            raise DataError(
                f"a dispersion needs {FEWEST} funds of sectors, the data have {len(funds)}",
                where=f"market.{SECTORS[0]}",
                mend=f"add files of closes of: {lacking}",
            )
        apart = dispersion(np.stack([market[name] for name in funds]), self.days)
        middle = np.full(len(market), np.nan)
        if len(market) >= self.mean:
            middle[self.mean - 1 :] = trailing(apart, self.mean).mean(axis=1)
        return np.where(np.isfinite(middle), apart > self.rise * middle, np.nan)
