"""Regimes: the probability of the high-volatility state, and the rule that follows it (A12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num
from hedgerow.core.step import Nothing, Presets, Sayings, signal, step
from hedgerow.policies.fitted import Scheduled, Sessions
from hedgerow.policies.fitting import counting, switching
from hedgerow.policies.fitting.kept import kept
from hedgerow.policies.rules import Intensity, SignalRule
from hedgerow.policies.signals import STRICT, Column

_switching = kept(switching.switching)


@signal
@dataclass(frozen=True, config=STRICT)
class RegimeProbability(Scheduled):
    """A12: probability that today is in the high-volatility state, by a forward filter.

    Two normal states that follow each other by a Markov chain, fitted to daily log returns of the
    S&P 500 (high: the greater standard deviation) or to ln VIX (high: the greater mean).

    Parameters
    ----------
    on
        ``returns`` or ``vix``.
    every
        ``year``, ``half``, ``quarter`` or ``month``: the first session of each brings a new fit.
        ``never``: the first fit stays.
    window
        Sessions fitted to, and filtered through; None for all the past.
    least
        Sessions that the first fit needs.

    Examples
    --------
    >>> RegimeProbability().name, RegimeProbability("vix").lookback
    ('p_high', 1260)
    """

    on: Literal["returns", "vix"] = "returns"
    window: Sessions | None = field(default=2520, kw_only=True)
    kind: ClassVar[str] = "regime_probability"

    @property
    def name(self) -> str:
        """``p_high``, or ``p_high_vix``."""
        return "p_high" if self.on == "returns" else "p_high_vix"

    @property
    def warmth(self) -> int:
        """A return needs a close before it."""
        return 1 if self.on == "returns" else 0

    def seen(self, market: Market) -> Floats:
        """Return the series, **shape** (T, 1)."""
        if self.on == "vix":
            return np.log(market["vix"])[:, None]
        returns = np.diff(np.log(market["spx"]), prepend=np.nan)
        return np.asarray(returns[:, None])

    def estimate(self, rows: Floats) -> Mapping[str, float]:
        """Fit the two states to the window."""
        series = rows[:, 0]
        order: switching.Order = "sd" if self.on == "returns" else "mean"
        return _switching(series[np.isfinite(series)], order)._asdict()

    def predict(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        """Return P(high) of each row, filtered forward from the window's first."""
        return switching.filtered(rows[:, 0], switching.Switching(**parameters))


@signal
@dataclass(frozen=True, config=STRICT)
class RegimeCount(Scheduled):
    """A12: probability that the next session is above a level, by counting past crossings.

    ``1 - p_HL`` above the level, ``p_LH`` otherwise.  Half a crossing of each kind is added to
    those counted (Jeffreys' prior), so that what was never seen is unlikely, not impossible.

    Parameters
    ----------
    column
        Name of the market column; ``vix`` by default.
    level
        High is what is above it, VIX in points.
    every
        ``year``, ``half``, ``quarter`` or ``month``: the first session of each brings a new fit.
        ``never``: the first fit stays.
    window
        Sessions counted; None for all the past.
    least
        Sessions that the first count needs.

    Examples
    --------
    >>> RegimeCount().name
    'vix_high25'
    """

    column: Column = "vix"
    level: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 25.0
    kind: ClassVar[str] = "regime_count"

    @property
    def name(self) -> str:
        """``vix_high25`` for VIX above 25."""
        return f"{self.column}_high{self.level:g}"

    def seen(self, market: Market) -> Floats:
        """Return the column, **shape** (T, 1)."""
        return market[self.column][:, None]

    def estimate(self, rows: Floats) -> Mapping[str, float]:
        """Count the crossings of the window."""
        found = counting.crossings(rows[:, 0], self.level)
        return {
            "p_lh": (found.up + 0.5) / (found.low + 1.0),
            "p_hl": (found.down + 0.5) / (found.high + 1.0),
            **{name: float(value) for name, value in found._asdict().items()},
        }

    def predict(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        """Return the probability of a high session next."""
        high = rows[:, 0] > self.level
        return np.where(high, 1.0 - parameters["p_hl"], parameters["p_lh"])


@step
@dataclass(frozen=True, config=STRICT)
class Regime(SignalRule):
    """A12: ``x = calm + (stress - calm) · P(high)``.

    Parameters
    ----------
    signal
        Name of a signal that is a probability.
    calm
        Intensity where the high state is impossible.
    stress
        Intensity where it is certain.
    """

    signal: Annotated[str, Field(min_length=1)] = "p_high"
    calm: Intensity = 0.25
    stress: Intensity = 1.25
    kind: ClassVar[str] = "regime"
    presets: ClassVar[Presets] = {
        "filter": {"signal": "p_high", "calm": 0.25, "stress": 1.25},
        "count": {"signal": "vix_high25", "calm": 0.25, "stress": 1.25},
    }
    readings: ClassVar[Sayings] = {
        "filter": "Mathematical Framework 6 speaks of a regime switching model: two states fitted "
        "to returns, their probability filtered forward.",
        "count": "The same place prints p_LH and p_HL alone: the states are VIX up to 25 and over "
        "it, their probabilities counted.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        calm: Num
        span: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.calm, self.stress - self.calm)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Go from calm to stress with the probability."""
        return p.calm + p.span * view.signals[0], memory
