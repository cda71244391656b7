"""Momentum of a column: Wilder's RSI and Appel's MACD (spec H2).

Both are recursive: a value forgets where the data begin, but slowly.  ``lookback`` is the first
row that has a value, that of TA-Lib; ``reach`` the sessions after which the beginning weighs less
than :data:`FORGOTTEN` of itself.
"""

from __future__ import annotations

from itertools import accumulate
from math import ceil, log, log1p
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats, Market
from hedgerow.core.step import signal
from hedgerow.policies.signals import STRICT, Column
from hedgerow.policies.term_structure import constant_maturity

Sessions = Annotated[int, Field(ge=2, le=252)]

FORGOTTEN = 1e-12
"""Weight of what came before a signal's ``reach``."""
VX30 = "vx30"
"""Word for the VIX future of constant maturity, and its 30 days."""
FLAT = 1e-14
"""Average moves whose sum is smaller are none (TA-Lib's epsilon)."""


def observed(market: Market, column: str) -> Floats:
    """Return a column, **shape** (T,); ``vx30`` is made from the curve where the data lack it.

    Raises
    ------
    DataError
        If the data have no such column.

    Examples
    --------
    >>> day = np.array(["2024-07-01"], dtype="datetime64[ns]")
    >>> quotes = {"vx1": [13.0], "vx1_expiry": [19920.0], "vx2": [15.0], "vx2_expiry": [19950.0]}
    >>> observed(Market(day, {"vix": [12.0], **quotes}), "vx30").tolist()
    [14.0]
    """
    if column == VX30 and column not in market:
        return constant_maturity(market, 30).price
    return market[column]


def rsi(values: Floats, days: int = 14) -> Floats:
    r"""Return the relative strength index, 0 … 100.

    .. math:: 100 \frac{G}{G + L}

    with G and L the average rise and fall: means of the first ``days`` moves, then
    :math:`G_t = G_{t-1} + (g_t - G_{t-1}) / n`.  A column that never moved has 0, as in TA-Lib.

    Source: J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978).

    Parameters
    ----------
    values
        **Shape** (T,).  An unknown value gives NaN; the average goes on over the known ones.
    days
        Moves averaged, n.

    Returns
    -------
    array
        **Shape** (T,), NaN for the first ``days`` known values.

    Examples
    --------
    >>> rsi(np.array([10.0, 11.0, np.nan, 10.5, 12.5]), 2).round(2).tolist()
    [nan, nan, nan, 66.67, 90.91]
    """
    known = np.flatnonzero(np.isfinite(values))
    out = np.full(len(values), np.nan)
    if len(known) > days:
        moves = np.diff(values[known])
        up = _averaged(np.maximum(moves, 0.0), days, 1.0 / days)
        down = _averaged(np.maximum(-moves, 0.0), days, 1.0 / days)
        both = up + down
        moved = both > FLAT
        out[known[days:]] = np.where(moved, 100.0 * up / np.where(moved, both, 1.0), 0.0)
    return out


def macd(
    values: Floats, fast: int = 12, slow: int = 26, smooth: int = 9
) -> tuple[Floats, Floats, Floats]:
    """Return the convergence of two exponential averages: line, signal and histogram.

    The line is the fast average less the slow one, the signal the line's own average, the histogram
    line less signal.  An average of n has the weight 2 / (n + 1) and begins with the mean of its
    first n values; the fast one begins where the slow one does, all three where the signal does, as
    in TA-Lib.

    Source: Gerald Appel, *The Moving Average Convergence-Divergence Trading Method* (1979).

    Parameters
    ----------
    values
        **Shape** (T,).  An unknown value gives NaN; the averages go on over the known ones.
    fast, slow, smooth
        Sessions of the averages.

    Returns
    -------
    tuple of arrays
        Each of **shape** (T,), in the column's unit; NaN for the first ``slow + smooth - 2`` known
        values.

    Examples
    --------
    >>> line, signal, histogram = macd(np.array([1.0, 2.0, 4.0, 8.0]), 2, 3, 2)
    >>> line.round(4).tolist(), histogram.round(4).tolist()
    ([nan, nan, nan, 1.1667], [nan, nan, nan, 0.25])
    """
    known = np.flatnonzero(np.isfinite(values))
    line, average = np.full((2, len(values)), np.nan)
    if len(known) > slow + smooth - 2:
        column = values[known]
        apart = _exponential(column[slow - fast :], fast) - _exponential(column, slow)
        line[known[slow + smooth - 2 :]] = apart[smooth - 1 :]
        average[known[slow + smooth - 2 :]] = _exponential(apart, smooth)
    return line, average, line - average


def _exponential(values: Floats, days: int) -> Floats:
    return _averaged(values, days, 2.0 / (days + 1.0))


def _averaged(values: Floats, days: int, weight: float) -> Floats:
    """Return the mean of the first values and how it moves on, **shape** (T-days+1,)."""
    first = float(values[:days].mean())
    return np.array(
        list(accumulate(values[days:].tolist(), lambda m, v: m + (v - m) * weight, initial=first))
    )


def _until_forgotten(weight: float) -> int:
    return ceil(log(FORGOTTEN) / log1p(-weight))


@signal
@dataclass(frozen=True, config=STRICT)
class Rsi:
    """Relative strength index of a column, 0 … 100, with Wilder's smoothing (spec H2).

    Over 70 the column rose fast, under 30 it fell fast.  An unknown value gives NaN, and the
    average goes on over the known ones.

    Parameters
    ----------
    column
        Name of the market column, or ``vx30``: the VIX future of constant 30-day maturity.
    days
        Moves averaged.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(1, "D")
    >>> Rsi("vix", days=2)(Market(days, {"vix": [10.0, 11.0, 10.5, 12.5]})).round(2).tolist()
    [nan, nan, 66.67, 90.91]
    """

    column: Column = "vix"
    days: Sessions = 14
    kind: ClassVar[str] = "rsi"

    @property
    def name(self) -> str:
        """``vix_rsi14`` for VIX over 14 moves."""
        return f"{self.column}_rsi{self.days}"

    @property
    def lookback(self) -> int:
        """``days`` moves need one value more."""
        return self.days + 1

    @property
    def reach(self) -> int:
        """Sessions until the first average is forgotten."""
        return self.lookback + _until_forgotten(1.0 / self.days)

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""
        return rsi(observed(market, self.column), self.days)


@signal
@dataclass(frozen=True, config=STRICT)
class Macd:
    """Moving average convergence-divergence of a column, in its unit (spec H2).

    The histogram crosses 0 where the line crosses its signal.  An unknown value gives NaN, and the
    averages go on over the known ones.

    Parameters
    ----------
    column
        Name of the market column, or ``vx30``: the VIX future of constant 30-day maturity.
    fast
        Sessions of the fast exponential average.
    slow
        Sessions of the slow one, more than of the fast one.
    smooth
        Sessions of the line's own average.
    part
        Line less its average, the line itself, or its average.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(1, "D")
    >>> market = Market(days, {"vix": [11.0, 12.0, 14.0, 18.0]})
    >>> Macd("vix", fast=2, slow=3, smooth=2)(market).round(4).tolist()
    [nan, nan, nan, 0.25]
    """

    column: Column = "vix"
    fast: Sessions = 12
    slow: Sessions = 26
    smooth: Sessions = 9
    part: Literal["histogram", "line", "signal"] = "histogram"
    kind: ClassVar[str] = "macd"

    @model_validator(mode="after")
    def _slower(self) -> Macd:
        if self.slow <= self.fast:
            raise ValueError("slow must be greater than fast")
        return self

    @property
    def name(self) -> str:
        """``vix_macd12_26_9``; ``_line`` and ``_signal`` behind it for the other parts."""
        behind = "" if self.part == "histogram" else f"_{self.part}"
        return f"{self.column}_macd{self.fast}_{self.slow}_{self.smooth}{behind}"

    @property
    def lookback(self) -> int:
        """The slow average's sessions and the signal's, one shared."""
        return self.slow + self.smooth - 1

    @property
    def reach(self) -> int:
        """Sessions until the first averages are forgotten."""
        slow, smooth = (2.0 / (days + 1.0) for days in (self.slow, self.smooth))
        return self.lookback + _until_forgotten(slow) + _until_forgotten(smooth)

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""
        column = observed(market, self.column)
        line, average, histogram = macd(column, self.fast, self.slow, self.smooth)
        return {"line": line, "signal": average, "histogram": histogram}[self.part]
