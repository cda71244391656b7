"""Where a column stands against its own past: z-score, change, and over a level (spec H2)."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats, Market
from hedgerow.core.step import signal
from hedgerow.policies.momentum import observed
from hedgerow.policies.rules import Points
from hedgerow.policies.signals import STRICT, TIE, Column, Window, trailing

KNOWN = 0.5
"""Part of a window's sessions that must be known."""


def zscore(values: Floats, days: int) -> Floats:
    """Return how many standard deviations a value is over the mean of the last ``days`` sessions.

    Mean and sample deviation are of the window's known values, this one included; at least half
    must be known.  0 where they are all equal.

    Parameters
    ----------
    values
        **Shape** (T,); NaN where unknown, and there the score is too.
    days
        Sessions of the window.

    Returns
    -------
    array
        **Shape** (T,), NaN for the first ``days - 1`` rows.

    Examples
    --------
    >>> zscore(np.array([1.0, 2.0, 3.0, np.nan, 9.0]), 3).round(4).tolist()
    [nan, nan, 1.0, nan, 0.7071]
    """
    out = np.full(len(values), np.nan)
    if len(values) < days:
        return out
    windows = trailing(values, days)
    known = np.isfinite(windows)
    count = known.sum(axis=1)
    enough = (count >= max(2.0, KNOWN * days)) & known[:, -1]
    apart = np.where(enough, count, np.nan)
    mean = np.where(known, windows, 0.0).sum(axis=1) / apart
    squares = np.where(known, windows - mean[:, None], 0.0) ** 2
    deviation = np.sqrt(squares.sum(axis=1) / (apart - 1.0))
    over = values[days - 1 :] - mean
    moves = deviation > TIE * np.abs(mean)
    score = np.where(moves, over / np.where(moves, deviation, 1.0), 0.0)
    out[days - 1 :] = np.where(enough, score, np.nan)
    return out


def change(values: Floats, days: int) -> Floats:
    """Return values less those of ``days`` sessions before, **shape** (T,), NaN where not known.

    Examples
    --------
    >>> change(np.array([1.5, 1.25, 1.0]), 2).tolist()
    [nan, nan, -0.5]
    """
    out = np.full(len(values), np.nan)
    out[days:] = values[days:] - values[:-days]
    return out


@signal
@dataclass(frozen=True, config=STRICT)
class ZScore:
    """Standard deviations of a column over its own mean of a trailing window (spec H2).

    Of the known values of the window, this one included; NaN with fewer than half.

    Parameters
    ----------
    column
        Name of the market column, such as ``hy_spread``, ``reer`` or ``wacc``, or ``vx30``.
    days
        Sessions of the window.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
    >>> ZScore("hy_spread", days=3)(Market(days, {"hy_spread": [0.03, 0.04, 0.05]})).round(12)[2]
    np.float64(1.0)
    """

    column: Column = "hy_spread"
    days: Window = 252
    kind: ClassVar[str] = "zscore"

    @property
    def name(self) -> str:
        """``hy_spread_z252`` for the credit spread over a year."""
        return f"{self.column}_z{self.days}"

    @property
    def lookback(self) -> int:
        """``days`` sessions."""
        return self.days

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN for the first ``days - 1`` rows."""
        return zscore(observed(market, self.column), self.days)


@signal
@dataclass(frozen=True, config=STRICT)
class Change:
    """Change of a column over a number of sessions, in its unit (spec H2: the trend of a ratio).

    Parameters
    ----------
    column
        Name of the market column, or ``vx30``.
    days
        Sessions back; 63 are a quarter.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
    >>> Change("quick_ratio", days=2)(Market(days, {"quick_ratio": [1.5, 1.25, 1.0]})).tolist()
    [nan, nan, -0.5]
    """

    column: Column = "quick_ratio"
    days: Annotated[int, Field(ge=1, le=2520)] = 63
    kind: ClassVar[str] = "change"

    @property
    def name(self) -> str:
        """``quick_ratio_change63`` for the quick ratio over a quarter."""
        return f"{self.column}_change{self.days}"

    @property
    def lookback(self) -> int:
        """A change needs one value more than sessions."""
        return self.days + 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN for the first ``days`` rows."""
        return change(observed(market, self.column), self.days)


@signal
@dataclass(frozen=True, config=STRICT)
class Over:
    """1 where a column is over a level, 0 where not, NaN where it is unknown (spec H2).

    By default: whether a sector's weight shifted by more than two points in a week.

    Parameters
    ----------
    column
        Name of the market column, or ``vx30``.
    level
        In the column's unit.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
    >>> Over()(Market(days, {"sector_shift": [1.5, 2.0, 2.5]})).tolist()
    [0.0, 0.0, 1.0]
    """

    column: Column = "sector_shift"
    level: Points = 2.0
    kind: ClassVar[str] = "over"

    @property
    def name(self) -> str:
        """``sector_shift_over2`` for more than two points."""
        return f"{self.column}_over{self.level!r}".removesuffix(".0")

    @property
    def lookback(self) -> int:
        """One session."""
        return 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""
        column = observed(market, self.column)
        return np.where(np.isfinite(column), column > self.level, np.nan)
