"""Signals: windowed, causal columns made from the market's past (spec A, H2 later)."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.expiry import sessions_ahead, vix_settlement
from hedgerow.core.futures import monthlies
from hedgerow.core.market import Floats, Market
from hedgerow.core.step import signal
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface

STRICT = ConfigDict(extra="forbid", strict=True)
Window = Annotated[int, Field(ge=2, le=2520)]
Column = Annotated[str, Field(min_length=1)]

YEAR = 252.0
"""Sessions a year, for annualising."""


def trailing(column: Floats, days: int) -> Floats:
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
            out[self.days :] = np.sqrt(trailing(squares, self.days).mean(axis=1) * YEAR)
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
            out[self.days - 1 :] = trailing(market[self.column], self.days).mean(axis=1)
        return out


@signal
@dataclass(frozen=True, config=STRICT)
class Trend:
    """Whether a short mean of a column has stayed on one side of a long one: 1, -1 or 0.

    1 after ``days`` sessions in a row with the short mean above the long one, -1 after as many
    below it, 0 otherwise; equal means break the row.

    Parameters
    ----------
    column
        Name of the market column; ``vix`` by default.
    short
        Sessions of the short mean.
    long
        Sessions of the long mean, more than of the short one.
    days
        Sessions that it must have lasted, this one included.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(5) * np.timedelta64(1, "D")
    >>> market = Market(days, {"vix": [10.0, 11.0, 12.0, 13.0, 9.0]})
    >>> Trend(short=2, long=3, days=2)(market).tolist()
    [nan, nan, nan, 1.0, 0.0]
    """

    column: Column = "vix"
    short: Window = 5
    long: Window = 20
    days: Annotated[int, Field(ge=1, le=252)] = 10
    kind: ClassVar[str] = "trend"

    @model_validator(mode="after")
    def _longer(self) -> Trend:
        if self.long <= self.short:
            raise ValueError("long must be greater than short")
        return self

    @property
    def name(self) -> str:
        """``vix_trend5_20_10`` for 5 against 20 sessions, lasting 10."""
        return f"{self.column}_trend{self.short}_{self.long}_{self.days}"

    @property
    def lookback(self) -> int:
        """``long`` sessions, and one more for each that it must have lasted."""
        return self.long + self.days - 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN before ``lookback`` sessions are there."""
        out = np.full(len(market), np.nan)
        if len(market) >= self.lookback:
            short, long = (Average(self.column, days=n)(market) for n in (self.short, self.long))
            apart = (short - long)[self.long - 1 :]
            # means of equal values differ by what their sums are rounded by
            side = np.where(np.abs(apart) > TIE * np.abs(long[self.long - 1 :]), np.sign(apart), 0)
            lasted = trailing(side, self.days).sum(axis=1)
            found = np.where(np.abs(lasted) == self.days, np.sign(lasted), 0.0)
            # a hole in the column is one in the signal, not a side
            out[self.lookback - 1 :] = np.where(np.isfinite(lasted), found, np.nan)
        return out


TIE = 1e-12
"""Means closer than this part of themselves count as equal."""


@signal
@dataclass(frozen=True, config=STRICT)
class Future:
    """Price of the VIX future that an order of today is about: the VIX forward of a hedge.

    The settle where the data have it, else the model of docs/pricing.md.  The future of rank 1 is
    the first that settles after the session at which the order is filled: that of `VixCall` and
    `VixFuture` bought then and held to settlement.

    Parameters
    ----------
    rank
        1 for the front contract.
    lag
        Sessions from decision to fill: 1, or 0 for orders filled at the very close.

    Examples
    --------
    >>> days = np.array(["2024-07-16", "2024-07-17"], dtype="datetime64[ns]")
    >>> quotes = {"vx1": [13.3, 15.1], "vx1_expiry": [19921.0, 19956.0]}
    >>> market = Market(days, {"vix": [13.2, 14.5], **quotes})
    >>> Future(lag=0)(market).tolist()
    [13.3, 15.1]
    """

    rank: Annotated[int, Field(ge=1, le=8)] = 1
    lag: Annotated[int, Field(ge=0, le=1)] = 1
    kind: ClassVar[str] = "future"

    @property
    def name(self) -> str:
        """``future1``, or ``future1_close`` for an order filled at the very close."""
        return f"future{self.rank}" + ("" if self.lag else "_close")

    @property
    def lookback(self) -> int:
        """One session."""
        return 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, points, **shape** (T,)."""
        filled = sessions_ahead(market.dates, self.lag)
        month = filled.astype("datetime64[M]")
        month = month + (vix_settlement(month) <= filled) + (self.rank - 1)
        years = (vix_settlement(month) - market.dates).astype(np.float64) / DAYS_PER_YEAR
        vix = market["vix"]
        price = FuturesCurve().price(vix, Surface.of(market.columns), years)
        quoted = monthlies(market)
        days = np.where(np.isfinite(quoted.expiry), quoted.expiry, 0.0).astype(np.int64)
        settles = days.astype("datetime64[D]").astype("datetime64[M]")
        hit = (settles == month[:, None]) & np.isfinite(quoted.price)
        if hit.any():
            settle = np.take_along_axis(quoted.price, np.argmax(hit, axis=1)[:, None], 1)[:, 0]
            price = np.where(hit.any(axis=1), settle, price)
        return np.asarray(price)
