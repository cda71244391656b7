"""Rules: from a signal to a first intensity (spec A1-A3, A8, A10)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, clip, exp, maximum, select
from hedgerow.core.step import Nothing, Presets, Sayings, Stage, step
from hedgerow.policies.signals import STRICT, Column
from hedgerow.policies.units import check_unit

Intensity = Annotated[float, Field(ge=0.0, le=100.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Points = Annotated[float, Field(allow_inf_nan=False)]

NO_TOP = 1e300
"""Stands for "no upper limit" where a number is wanted."""


def check_order(low: Any, high: Any, names: str) -> None:
    """Raise the ValueError of two fields, or of rows of them, of which the second is smaller."""
    if np.any(np.asarray(high) < np.asarray(low)):
        raise ValueError(f"{names}: the second must not be smaller than the first")


def raised(signal: Num, low: Num, width: Num, top: Num) -> Num:
    """Return A1's intensity: 0 at ``low``, 1 at ``width`` above it, ``top`` at most."""
    return clip((signal - low) / width, 0.0, top)


def tier(signal: Num, edges: tuple[Num, Num], levels: tuple[Num, Num, Num]) -> Num:
    """Return the level of A3's tier that ``signal`` lies in; an edge belongs to the one below."""
    upper = select(signal > edges[1], levels[2], levels[1])
    return select(signal > edges[0], upper, levels[0])


def band(signal: Num, edges: tuple[Num, Num], levels: tuple[Num, Num, Num]) -> Num:
    """Return the level of A10's band that ``signal`` lies in; both edges belong to the middle."""
    upper = select(signal > edges[1], levels[2], levels[1])
    return select(signal < edges[0], levels[0], upper)


class SignalRule:
    """What rules share: one signal, no memory, the first stage."""

    stage: ClassVar[Stage] = Stage.RULE
    signal: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The one signal that the rule reads."""
        return (self.signal,)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()


@step
@dataclass(frozen=True, config=STRICT)
class Constant:
    """The static hedge: the same intensity always.

    Parameters
    ----------
    level
        Intensity, a multiple of the base size.
    """

    level: Intensity = 1.0
    kind: ClassVar[str] = "constant"
    stage: ClassVar[Stage] = Stage.RULE

    class Params(NamedTuple):
        """Kernel parameters."""

        level: Num

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal at all."""
        return ()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.level)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Return the level."""
        return p.level, memory


@step
@dataclass(frozen=True, config=STRICT)
class Linear(SignalRule):
    """A1: ``x = clip((signal - low) / (high - low), 0, top)``; x is 1 at ``high``.

    In the letters of the spec a = ``low`` and b = ``high - low``.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    low
        Signal at and below which the intensity is 0.
    high
        Signal at which the intensity is 1.
    top
        Greatest intensity; None for no limit.

    Examples
    --------
    >>> rule = Linear("vix", low=12, high=22)
    >>> rule.params()
    Params(low=12.0, width=10.0, top=2.0)
    """

    signal: Column = "vix"
    low: Points = 12.0
    high: Points = 22.0
    top: Positive | None = 2.0
    kind: ClassVar[str] = "linear"
    presets: ClassVar[Presets] = {
        "option-a": {"low": 12.0, "high": 22.0, "top": 2.0},
        "formula": {"low": 10.0, "high": 25.0, "top": 2.0},
        "example": {"low": 10.0, "high": 17.5, "top": 2.0},
        "worked-2017": {"low": 12.0, "high": 20.0, "top": None},
    }
    readings: ClassVar[Sayings] = {
        "option-a": "Practical Steps 1, Option A, prints (VIX − 12) / 10 up to 2; the $600 at a "
        "VIX of 18 of step 4 and the $1,000 at 22 of step 5 force it.",
        "formula": "Dynamic Hedge Strategies 1, VIX-Triggered Scaling, prints (VIX − 10) / 15 up "
        "to 2; its own example gives other numbers.",
        "example": "The example under that formula: $1,000 at a VIX of 17.5 and $2,000 at 25 force "
        "a width of 7.5, where the formula gives $500 and $1,000.",
        "worked-2017": "Real-World Examples 1, VIX-Scaled Hedge, prints (VIX − 12) / 8; its $6,000 "
        "at a VIX of 60 forces it to have no upper limit.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        low: Num
        width: Num
        top: Num

    @model_validator(mode="after")
    def _rises(self) -> Linear:
        check_unit(self.signal, low=self.low, high=self.high)
        if self.high <= self.low:
            raise ValueError("high must be greater than low")
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.low, self.high - self.low, NO_TOP if self.top is None else self.top)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Scale the distance above ``low``."""
        return raised(view.signals[0], p.low, p.width, p.top), memory


@step
@dataclass(frozen=True, config=STRICT)
class VolRatio(SignalRule):
    """A2: ``x = realised vol / target``; 25 % over 15 % is 1.667.

    Parameters
    ----------
    signal
        Name of a volatility signal, decimals a year.
    target
        Volatility at which the intensity is 1, a decimal a year (0.15, not 15).
    """

    signal: Column = "rv20"
    target: Positive = 0.15
    kind: ClassVar[str] = "vol_ratio"

    class Params(NamedTuple):
        """Kernel parameters."""

        target: Num

    @model_validator(mode="after")
    def _in_unit(self) -> VolRatio:
        check_unit(self.signal, target=self.target)
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.target)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Divide realised by target volatility."""
        return view.signals[0] / p.target, memory


@step
@dataclass(frozen=True, config=STRICT)
class Tiers(SignalRule):
    """A3: three levels, the edges belonging to the lower one: (-∞, 15], (15, 25], (25, ∞).

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    first
        The lower edge.
    second
        The upper edge; equal edges make a two-level rule.
    below
        Intensity at the lower edge and under it.
    between
        Intensity between the edges and at the upper one.
    above
        Intensity over the upper edge.
    """

    signal: Column = "vix"
    first: Points = 15.0
    second: Points = 25.0
    below: Intensity = 0.0
    between: Intensity = 1.0
    above: Intensity = 2.0
    kind: ClassVar[str] = "tiers"
    presets: ClassVar[Presets] = {
        "option-c": {"first": 15.0, "second": 25.0, "below": 0.0, "between": 1.0, "above": 2.0},
        "binary": {"first": 15.0, "second": 25.0, "below": 0.0, "between": 0.5, "above": 1.0},
        "above-20": {"first": 20.0, "second": 20.0, "below": 0.0, "between": 0.0, "above": 1.0},
    }
    readings: ClassVar[Sayings] = {
        "option-c": "Practical Steps 1, Option C, prints 0, 1 and 2 times the base; its ≤ gives a "
        "VIX of exactly 15 or 25 to the lower tier.",
        "binary": "Dynamic Hedge Strategies 3, Conditional Hedging, prints none, partial and full; "
        "'half hedge when VIX 15-25' forces 0.5. A VIX of exactly 15 or 25 is left open and read "
        "as in Option C.",
        "above-20": "Real-World Examples 2, Conditional Hedge, prints 'only hedge when VIX > 20': "
        "one edge, strict, and the full hedge above it.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        first: Num
        second: Num
        below: Num
        between: Num
        above: Num

    @model_validator(mode="after")
    def _rises(self) -> Tiers:
        check_unit(self.signal, first=self.first, second=self.second)
        check_order(self.first, self.second, "first, second")
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.first, self.second, self.below, self.between, self.above)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Pick the tier; an edge belongs to the tier below it."""
        levels = (p.below, p.between, p.above)
        return tier(view.signals[0], (p.first, p.second), levels), memory


@step
@dataclass(frozen=True, config=STRICT)
class Bands(SignalRule):
    """A10: regime bands, the edges belonging to the middle one: < 15, 15 … 25, > 25.

    The defaults 0.25, 0.60 and 1.25 are the middles of the source's 20-30 %, 50-70 % and 100-150 %;
    the presets ``low-ends`` and ``high-ends`` are their ends.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    calm_below
        The lower edge.
    stress_above
        The upper edge.
    calm
        Intensity under the lower edge.
    normal
        Intensity between the edges and at both.
    stress
        Intensity over the upper edge.
    """

    signal: Column = "vix"
    calm_below: Points = 15.0
    stress_above: Points = 25.0
    calm: Intensity = 0.25
    normal: Intensity = 0.60
    stress: Intensity = 1.25
    kind: ClassVar[str] = "bands"
    presets: ClassVar[Presets] = {
        "middles": {"calm": 0.25, "normal": 0.60, "stress": 1.25},
        "low-ends": {"calm": 0.20, "normal": 0.50, "stress": 1.00},
        "high-ends": {"calm": 0.30, "normal": 0.70, "stress": 1.50},
    }
    readings: ClassVar[Sayings] = {
        "middles": "Why Dynamic Hedging 4, Improved Hedge Ratio, prints 20-30 %, 50-70 % and "
        "100-150 % of the full hedge under a VIX of 15, up to 25, and over it: the middles.",
        "low-ends": "The lower ends of the same three ranges: 20 %, 50 % and 100 %.",
        "high-ends": "The upper ends of the same three ranges: 30 %, 70 % and 150 %.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        calm_below: Num
        stress_above: Num
        calm: Num
        normal: Num
        stress: Num

    @model_validator(mode="after")
    def _rises(self) -> Bands:
        check_unit(self.signal, calm_below=self.calm_below, stress_above=self.stress_above)
        check_order(self.calm_below, self.stress_above, "calm_below, stress_above")
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.calm_below, self.stress_above, self.calm, self.normal, self.stress)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Pick the band; an edge belongs to the middle band."""
        levels = (p.calm, p.normal, p.stress)
        return band(view.signals[0], (p.calm_below, p.stress_above), levels), memory


@step
@dataclass(frozen=True, config=STRICT)
class Sigmoid(SignalRule):
    """A8: ``x = floor + (cap - floor) / (1 + e^(-k (signal - mid)))``.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    k
        Steepness, per point.
    mid
        Signal at which the intensity is half-way.
    floor
        Intensity far below ``mid``; 0 gives the plain sigmoid, with ``cap`` 1.
    cap
        Intensity far above ``mid``.
    """

    signal: Column = "vix"
    k: Positive = 0.2
    mid: Points = 20.0
    floor: Intensity = 0.0
    cap: Intensity = 1.0
    kind: ClassVar[str] = "sigmoid"
    presets: ClassVar[Presets] = {
        "plain": {"k": 0.2, "mid": 20.0, "floor": 0.0, "cap": 1.0},
        "rescaled": {"k": 0.2, "mid": 20.0, "floor": 0.2, "cap": 2.0},
    }
    readings: ClassVar[Sayings] = {
        "plain": "Mathematical Framework 2 prints 1 / (1 + exp(−k (VIX − VIX₀))) with k 0.2 and "
        "VIX₀ 20; '0 at low VIX, 1 at high VIX' forbids more than 1.",
        "rescaled": "The same curve from the floor of 0.2 to the cap of 2 that Risk Management "
        "Rules 2 and 3 print, whose cap the plain curve never comes near.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        k: Num
        mid: Num
        floor: Num
        span: Num

    @model_validator(mode="after")
    def _rises(self) -> Sigmoid:
        check_unit(self.signal, mid=self.mid)
        check_order(self.floor, self.cap, "floor, cap")
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.k, self.mid, self.floor, self.cap - self.floor)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Bend the signal into floor … cap; far below the middle it is floor, without overflow."""
        bend = 1.0 / (1.0 + exp(-maximum(p.k * (view.signals[0] - p.mid), -700.0)))
        return p.floor + p.span * bend, memory
