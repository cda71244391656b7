"""Correlation, realised and implied, and the rule that scales with it (spec A5, H9)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num, maximum
from hedgerow.core.step import Nothing, Presets, Sayings, signal, step
from hedgerow.policies.rules import Positive, SignalRule
from hedgerow.policies.signals import STRICT, Column, Window, trailing
from hedgerow.policies.tables import as_tuple
from hedgerow.pricing.correlation import implied_correlation

MOST = 100
"""Most columns of one correlation."""

SECTORS = ("xlb", "xlc", "xle", "xlf", "xli", "xlk", "xlp", "xlre", "xlu", "xlv", "xly")
"""The sectors of the S&P 500, by the funds that hold them; the default of `Correlation`."""

Columns = Annotated[tuple[Column, ...], Field(min_length=2, max_length=MOST)]
Members = Annotated[tuple[Column, ...], Field(min_length=0, max_length=MOST)]
Weights = Annotated[tuple[Positive, ...], Field(min_length=0, max_length=MOST)]

_ROWS = 256
"""Sessions worked on at once: windows of that many fit into the cache."""


@signal
@dataclass(frozen=True, config=STRICT)
class Correlation:
    """Average pairwise correlation of daily log returns over a trailing window (spec A5).

    Of all pairs among the columns that are known, and move, throughout the window: a fund counts
    from ``days`` sessions after its first price on.  NaN where fewer than two are.

    Parameters
    ----------
    columns
        Price columns, two or more; the sector funds by default.  Two columns, such as a portfolio
        and ``spx``, make the weight of a `CorrelationScope`.
    days
        Number of returns.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(1, "D")
    >>> market = Market(days, {"a": [1.0, 2.0, 1.0, 2.0], "b": [4.0, 2.0, 4.0, 2.0]})
    >>> Correlation(("a", "b"), days=3)(market).round(12).tolist()
    [nan, nan, nan, -1.0]
    """

    columns: Columns = SECTORS
    days: Window = 60
    kind: ClassVar[str] = "correlation"

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return as_tuple(value)

    @model_validator(mode="after")
    def _single(self) -> Correlation:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns: one stands twice")
        return self

    @property
    def name(self) -> str:
        """``corr60`` for the sectors over 60 days; other columns are named in front."""
        prefix = "" if self.columns == SECTORS else "_".join(self.columns) + "_"
        return f"{prefix}corr{self.days}"

    @property
    def lookback(self) -> int:
        """``days`` returns need one price more."""
        return self.days + 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN for the first ``days`` rows."""
        prices = np.stack([market[name] for name in self.columns])
        out = np.full(len(market), np.nan)
        if len(market) > self.days:
            with np.errstate(divide="ignore", invalid="ignore"):
                moves = np.diff(np.log(prices), axis=1)
            for start in range(0, moves.shape[1] - self.days + 1, _ROWS):
                part = moves[:, start : start + _ROWS + self.days - 1]
                found = _average([trailing(column, self.days) for column in part])
                out[start + self.days : start + self.days + len(found)] = found
        return out


def _average(windows: list[Floats]) -> Floats:
    """Return the average correlation of pairs from windows of each column, **shape** (n, days).

    With columns scaled to length 1, the square of their sum is their number and twice all pairs.
    """
    total, count = np.zeros(windows[0].shape), np.zeros(len(windows[0]))
    for window in windows:
        apart = window - window.mean(axis=1, keepdims=True)
        length = np.sqrt((apart**2).sum(axis=1))
        moves = length > FLAT * np.abs(window).max(axis=1)  # false for NaN
        total += np.where(moves[:, None], apart, 0.0) / np.where(moves, length, 1.0)[:, None]
        count += moves
    pairs = np.where(count > 1.0, count * (count - 1.0), np.nan)
    return np.asarray(np.clip(((total**2).sum(axis=1) - count) / pairs, -1.0, 1.0))


FLAT = 1e-12
"""Returns that differ by no more than this part of themselves do not move."""


@signal
@dataclass(frozen=True, config=STRICT)
class ImpliedCorrelation:
    """Correlation that option prices imply, a decimal: Cboe's index, or the formula H9.

    With ``members`` it is ``(σ_I² - Σw²σ²) / ((Σwσ)² - Σw²σ²)`` of an index's volatility and its
    members'; it may then leave -1 … 1, where the quotes do not fit together.

    Parameters
    ----------
    column
        Without members: a published implied correlation in points, 60 for 0.60.  With members: the
        index's volatility, in the unit of theirs.
    members
        Columns of the members' volatilities.
    weights
        Of the members, as many; scaled to sum to 1.

    Examples
    --------
    >>> day = np.array(["2020-03-16"], dtype="datetime64[ns]")
    >>> market = Market(day, {"cor1m": [60.0], "vix": [20.0], "va": [30.0], "vb": [30.0]})
    >>> ImpliedCorrelation()(market).tolist()
    [0.6]
    >>> ImpliedCorrelation("vix", ("va", "vb"), (1.0, 1.0))(market).round(4).tolist()
    [-0.1111]
    """

    column: Column = "cor1m"
    members: Members = ()
    weights: Weights = ()
    kind: ClassVar[str] = "implied_correlation"

    @field_validator("members", "weights", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return as_tuple(value)

    @model_validator(mode="after")
    def _fits(self) -> ImpliedCorrelation:
        if len(self.members) != len(self.weights):
            raise ValueError(
                f"members, weights: {len(self.members)} members have {len(self.weights)} weights"
            )
        if len(self.members) == 1:
            raise ValueError("members: one has no correlation, give two or more")
        return self

    @property
    def name(self) -> str:
        """``implied_cor1m``; members are named behind it."""
        return "_".join(("implied", self.column, *self.members))

    @property
    def lookback(self) -> int:
        """One session."""
        return 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""
        level = market[self.column]
        if not self.members:
            return level / 100.0
        vols = np.stack([market[name] for name in self.members], axis=1)
        return np.asarray(implied_correlation(level, self.weights, vols))


@step
@dataclass(frozen=True, config=STRICT)
class CorrelationRatio(SignalRule):
    """A5: ``x = ρ / normal``, 0 for a negative one; 60 % over 40 % is 1.5.

    Parameters
    ----------
    signal
        Name of a correlation signal, decimals.
    normal
        Correlation at which the intensity is 1.
    """

    signal: Column = "corr60"
    normal: Annotated[float, Field(gt=0.0, le=1.0)] = 0.40
    kind: ClassVar[str] = "correlation_ratio"
    presets: ClassVar[Presets] = {
        "realised": {"signal": "corr60", "normal": 0.40},
        "implied": {"signal": "implied_cor1m", "normal": 0.40},
    }
    readings: ClassVar[Sayings] = {
        "realised": "Dynamic Hedge Strategies 5 prints 'scale with realized correlation' over a "
        "normal 40 %, and no window.",
        "implied": "The same ratio over the same 40 %, with the correlation that options imply, "
        "which the source does not print: it looks ahead where the realised one looks back.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        normal: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.normal)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Divide the correlation by its normal level."""
        return maximum(view.signals[0], 0.0) / p.normal, memory
