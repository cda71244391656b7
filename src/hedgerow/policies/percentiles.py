"""Thresholds that adapt: trailing percentiles, and the rules that read theirs from them (A11)."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num, maximum, select
from hedgerow.core.step import Nothing, Presets, Sayings, Stage, signal, step
from hedgerow.policies.rules import NO_TOP, Bands, Intensity, Positive, band, raised, tier
from hedgerow.policies.signals import STRICT, Column, Window


@signal
@dataclass(frozen=True, config=STRICT)
class Quantile:
    """Trailing percentile of a column: the level that ``percent`` per cent of sessions were under.

    Linear between the two nearest values, as NumPy's and pandas' default.  Unknown values are left
    out.  Until ``days`` sessions are there it looks at those that are, from ``least`` on.

    Parameters
    ----------
    column
        Name of the market column; ``vix`` by default.
    percent
        0 … 100; 50 is the median.
    days
        Sessions looked at, this one included; 1260 are five years.
    least
        Known values without which it is NaN.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(1, "D")
    >>> market = Market(days, {"vix": [10.0, 30.0, 20.0, 40.0]})
    >>> Quantile("vix", 50, days=3, least=2)(market).tolist()
    [nan, 20.0, 20.0, 30.0]
    """

    column: Column = "vix"
    percent: Annotated[int, Field(ge=0, le=100)] = 80
    days: Window = 1260
    least: Window = 252
    kind: ClassVar[str] = "quantile"

    @model_validator(mode="after")
    def _fits(self) -> Quantile:
        if self.least > self.days:
            raise ValueError("least must not be more than days")
        return self

    @property
    def name(self) -> str:
        """``vix_p80_1260``; another ``least`` than 252 stands behind it."""
        return f"{self.column}_p{self.percent}_{self.days}" + (
            "" if self.least == LEAST else f"_{self.least}"
        )

    @property
    def lookback(self) -> int:
        """``least`` sessions: what it can do without."""
        return self.least

    @property
    def reach(self) -> int:
        """``days`` sessions: what it looks at once they are there."""
        return max(self.days, self.least)

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN with fewer than ``least`` known values."""
        values = market[self.column].tolist()
        out = np.full(len(values), np.nan)
        window: list[float] = []
        for t, value in enumerate(values):
            if value == value:  # noqa: PLR0124  # false for NaN alone
                insort(window, value)
            gone = values[t - self.days] if t >= self.days else np.nan
            if gone == gone:  # noqa: PLR0124  # false for NaN alone
                del window[bisect_left(window, gone)]
            if len(window) >= self.least:
                place = self.percent / 100.0 * (len(window) - 1)
                low = min(int(place), len(window) - 2)
                out[t] = window[low] + (place - low) * (window[low + 1] - window[low])
        return out


LEAST = Quantile.least
"""Known values that a percentile of a rule's default thresholds needs: one year."""


class _Adaptive:
    """What these rules share: a signal, its two thresholds, no memory, the first stage."""

    stage: ClassVar[Stage] = Stage.RULE
    signal: str
    low: str
    high: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The signal and its thresholds."""
        return (self.signal, self.low, self.high)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()


class _Levels(NamedTuple):
    """Three intensities."""

    first: Num
    second: Num
    third: Num


@step
@dataclass(frozen=True, config=STRICT)
class AdaptiveLinear(_Adaptive):
    """A11 of A1: ``x = clip((signal - low) / (high - low), 0, top)``, low and high being signals.

    Where they meet, x is 1 above them and 0 elsewhere.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    low
        Name of the signal at and below which the intensity is 0.
    high
        Name of the signal at which the intensity is 1.
    top
        Greatest intensity; None for no limit.
    """

    signal: Column = "vix"
    low: Column = "vix_p20_1260"
    high: Column = "vix_p80_1260"
    top: Positive | None = 2.0
    kind: ClassVar[str] = "adaptive_linear"

    class Params(NamedTuple):
        """Kernel parameters."""

        top: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(NO_TOP if self.top is None else self.top)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Scale the distance above the lower threshold."""
        now, low, high = view.signals[0], view.signals[1], view.signals[2]
        rises = high > low
        scaled = raised(now, low, select(rises, high - low, 1.0), p.top)
        meet = raised(select(now > low, 1.0, 0.0), 0.0, 1.0, p.top)
        return select(rises, scaled, meet), memory


@step
@dataclass(frozen=True, config=STRICT)
class AdaptiveTiers(_Adaptive):
    """A11 of A3: three levels, an edge belonging to the lower one, the edges being signals.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    low
        Name of the signal that is the lower edge.
    high
        Name of the signal that is the upper edge; where both meet there are two levels.
    below
        Intensity under the lower edge and at it.
    between
        Intensity between the edges and at the upper one.
    above
        Intensity over the upper edge.
    """

    signal: Column = "vix"
    low: Column = "vix_p35_1260"
    high: Column = "vix_p80_1260"
    below: Intensity = 0.0
    between: Intensity = 1.0
    above: Intensity = 2.0
    kind: ClassVar[str] = "adaptive_tiers"
    presets: ClassVar[Presets] = {
        "option-c": {"below": 0.0, "between": 1.0, "above": 2.0},
        "binary": {"below": 0.0, "between": 0.5, "above": 1.0},
    }
    readings: ClassVar[Sayings] = {
        "option-c": "Common Mistakes 7, Missing Regime Shifts, prints 'use percentile-based rules "
        "(adaptive)': the levels of Practical Steps 1, Option C.",
        "binary": "The same with the levels of Dynamic Hedge Strategies 3, Conditional Hedging.",
    }
    Params: ClassVar[type[_Levels]] = _Levels

    def params(self) -> _Levels:
        """Return the kernel's parameters."""
        return _Levels(self.below, self.between, self.above)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: _Levels) -> tuple[Num, Nothing]:
        """Pick the tier."""
        low = view.signals[1]
        edges = (low, maximum(view.signals[2], low))
        return tier(view.signals[0], edges, (p.first, p.second, p.third)), memory


@step
@dataclass(frozen=True, config=STRICT)
class AdaptiveBands(_Adaptive):
    """A11 of A10: regime bands, both edges belonging to the middle one, the edges being signals.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    low
        Name of the signal that is the lower edge.
    high
        Name of the signal that is the upper edge.
    calm
        Intensity under the lower edge.
    normal
        Intensity between the edges and at both.
    stress
        Intensity over the upper edge.
    """

    signal: Column = "vix"
    low: Column = "vix_p35_1260"
    high: Column = "vix_p80_1260"
    calm: Intensity = 0.25
    normal: Intensity = 0.60
    stress: Intensity = 1.25
    kind: ClassVar[str] = "adaptive_bands"
    presets: ClassVar[Presets] = Bands.presets
    readings: ClassVar[Sayings] = Bands.readings
    Params: ClassVar[type[_Levels]] = _Levels

    def params(self) -> _Levels:
        """Return the kernel's parameters."""
        return _Levels(self.calm, self.normal, self.stress)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: _Levels) -> tuple[Num, Nothing]:
        """Pick the band."""
        low = view.signals[1]
        edges = (low, maximum(view.signals[2], low))
        return band(view.signals[0], edges, (p.first, p.second, p.third)), memory
