"""Signals: windowed, causal columns made from the market's past (spec A, H2 later)."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats, Market
from hedgerow.core.step import signal

STRICT = ConfigDict(extra="forbid", strict=True)
Window = Annotated[int, Field(ge=2, le=2520)]
Column = Annotated[str, Field(min_length=1)]

YEAR = 252.0
"""Sessions a year, for annualising."""


def _windows(column: Floats, days: int) -> Floats:
    """Return the trailing windows of ``column``, **shape** (T-days+1, days)."""
    return np.lib.stride_tricks.sliding_window_view(column, days)


@signal
@dataclass(frozen=True, config=STRICT)
class Level:
    """A column as it stands, such as VIX in points.

    Parameters
    ----------
    column
        Name of the market column.

    Examples
    --------
    >>> market = Market(np.array(["2020-01-02"], dtype="datetime64[ns]"), {"vix": [12.5]})
    >>> Level("vix")(market).tolist()
    [12.5]
    """

    column: Column
    kind: ClassVar[str] = "level"

    @property
    def name(self) -> str:
        """The column's own name."""
        return self.column

    @property
    def lookback(self) -> int:
        """One session."""
        return 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""
        return market[self.column]


@signal
@dataclass(frozen=True, config=STRICT)
class RealisedVol:
    """Realised volatility, a decimal a year, from daily log returns with zero mean (spec A2).

    ``sqrt(252 / days · Σ ln²(S_i / S_{i-1}))`` over the last ``days`` returns.

    Parameters
    ----------
    column
        Price column; ``spx`` by default.
    days
        Number of returns, 20 by default.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
    >>> market = Market(days, {"spx": [100.0, 101.0, 100.0]})
    >>> round(float(RealisedVol("spx", days=2)(market)[-1]), 4)
    0.158
    """

    column: Column = "spx"
    days: Window = 20
    kind: ClassVar[str] = "realised_vol"

    @property
    def name(self) -> str:
        """``rv20`` for SPX over 20 days; other columns are named in front."""
        prefix = "" if self.column == "spx" else f"{self.column}_"
        return f"{prefix}rv{self.days}"

    @property
    def lookback(self) -> int:
        """``days`` returns need one price more."""
        return self.days + 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN for the first ``days`` rows."""
        out = np.full(len(market), np.nan)
        if len(market) > self.days:
            squares = np.diff(np.log(market[self.column])) ** 2
            out[self.days :] = np.sqrt(_windows(squares, self.days).mean(axis=1) * YEAR)
        return out


@signal
@dataclass(frozen=True, config=STRICT)
class Average:
    """Simple moving average of a column (spec B4: smoothing the signal itself).

    Parameters
    ----------
    column
        Name of the market column; ``vix`` by default.
    days
        Sessions averaged, this one included.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
    >>> Average("vix", days=2)(Market(days, {"vix": [10.0, 20.0, 30.0]})).tolist()
    [nan, 15.0, 25.0]
    """

    column: Column = "vix"
    days: Window = 10
    kind: ClassVar[str] = "average"

    @property
    def name(self) -> str:
        """``vix_ma10`` for the 10-day mean of VIX."""
        return f"{self.column}_ma{self.days}"

    @property
    def lookback(self) -> int:
        """``days`` sessions."""
        return self.days

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN for the first ``days - 1`` rows."""
        out = np.full(len(market), np.nan)
        if len(market) >= self.days:
            out[self.days - 1 :] = _windows(market[self.column], self.days).mean(axis=1)
        return out
