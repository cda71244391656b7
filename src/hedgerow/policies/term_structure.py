"""The slope of the VIX futures curve, and what it splits between near and far hedges (A4)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.futures import monthlies
from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num, select
from hedgerow.core.step import Nothing, Presets, Sayings, Stage, signal, step
from hedgerow.policies.signals import STRICT, Column
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface

Days = Annotated[int, Field(ge=1, le=365)]


@signal
@dataclass(frozen=True, config=STRICT)
class CurveRatio:
    """Near over far VIX future at constant maturities: ``R = F(1 month) / F(3 months)`` (A4).

    Under 1 the curve rises (contango), over 1 it falls (backwardation).  Both are linear in days
    between the quoted monthly futures around the maturity, VIX itself being the point at 0 days.
    Where either maturity is not between two quotes, both are the model of docs/pricing.md, so that
    the two ends of the ratio are of one kind; `measured` tells which days are which.

    Parameters
    ----------
    short
        Near maturity, calendar days; 30 is one month.
    long
        Far maturity, calendar days; 91 is three months.

    Examples
    --------
    >>> day = np.array(["2024-07-01"], dtype="datetime64[ns]")
    >>> quotes = {"vx1": [14.0], "vx2": [15.0], "vx3": [16.0], "vx4": [16.5]}
    >>> expiry = {f"vx{i + 1}_expiry": [19905.0 + 30.0 + 30.0 * i] for i in range(4)}
    >>> market = Market(day, {"vix": [13.0], **quotes, **expiry})
    >>> CurveRatio(short=30, long=60)(market).round(4).tolist()
    [0.9333]
    """

    short: Days = 30
    long: Days = 91
    kind: ClassVar[str] = "curve_ratio"

    @model_validator(mode="after")
    def _longer(self) -> CurveRatio:
        if self.long <= self.short:
            raise ValueError("long must be greater than short")
        return self

    @property
    def name(self) -> str:
        """``curve30_91`` for 30 over 91 days."""
        return f"curve{self.short}_{self.long}"

    @property
    def lookback(self) -> int:
        """One session."""
        return 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""
        near, far = quoted(market, self.short, self.long)
        missing = ~(np.isfinite(near) & np.isfinite(far))
        if missing.any():
            for column, days in ((near, self.short), (far, self.long)):
                column[missing] = modelled(market, days)[missing]
        return near / far

    def measured(self, market: Market) -> NDArray[np.bool_]:
        """Say on which days both maturities lie between quotes, **shape** (T,)."""
        near, far = quoted(market, self.short, self.long)
        return np.asarray(np.isfinite(near) & np.isfinite(far))


class Maturity(NamedTuple):
    """VIX futures of one constant maturity."""

    price: Floats
    """Points, **shape** (T,)."""
    measured: NDArray[np.bool_]
    """Whether the maturity lies between quotes; elsewhere the price is the model's."""


def constant_maturity(market: Market, days: int) -> Maturity:
    """Return the VIX future of a constant maturity, which does not jump where a contract rolls.

    Linear in days between the monthly futures around the maturity, VIX being the point at 0 days;
    the model of docs/pricing.md where the maturity is not between two quotes.

    Parameters
    ----------
    market
        With ``vix``, and ``vx1``, ``vx1_expiry`` … where quoted.
    days
        Calendar days to settlement.

    Examples
    --------
    >>> day = np.array(["2024-07-01"], dtype="datetime64[ns]")
    >>> market = Market(day, {"vix": [12.0], "vx1": [15.0], "vx1_expiry": [19950.0]})
    >>> found = constant_maturity(market, 30)
    >>> found.price.tolist(), found.measured.tolist()
    ([14.0], [True])
    """
    (price,) = quoted(market, days)
    measured = np.isfinite(price)
    if not measured.all():
        price = np.where(measured, price, modelled(market, days))
    return Maturity(price, measured)


def quoted(market: Market, *days: int) -> tuple[Floats, ...]:
    """Return VIX futures of constant maturities, each **shape** (T,), NaN where not quoted."""
    futures = monthlies(market)
    ahead = np.isfinite(futures.price) & (futures.days > 0.0)
    price = np.column_stack([market["vix"], np.where(ahead, futures.price, np.nan)])
    known = np.column_stack([np.zeros(len(market)), np.where(ahead, futures.days, np.nan)])
    return tuple(between(price, known, float(maturity)) for maturity in days)


def modelled(market: Market, days: int) -> Floats:
    """Return the model's VIX future of a maturity, points, **shape** (T,)."""
    surface = Surface.of(market.columns)
    return FuturesCurve().price(market["vix"], surface, days / DAYS_PER_YEAR)


def between(price: Floats, days: Floats, at: float) -> Floats:
    """Return prices at one maturity, linear between its neighbours, NaN without one on each side.

    Parameters
    ----------
    price, days
        **Shape** (T, n); NaN where not quoted.
    at
        Days.

    Examples
    --------
    >>> between(np.array([[12.0, 14.0, 15.0]]), np.array([[0.0, 20.0, 50.0]]), 35.0).tolist()
    [14.5]
    """
    rows = np.arange(len(price))
    below = np.where(days <= at, days, -np.inf)
    above = np.where(days >= at, days, np.inf)
    i, j = below.argmax(axis=1), above.argmin(axis=1)
    low, high = below[rows, i], above[rows, j]
    known = np.isfinite(low) & np.isfinite(high)
    span = np.where(known & (high > low), high - low, 1.0)
    part = np.where(known, at - low, 0.0) / span
    return np.where(known, price[rows, i] * (1.0 - part) + price[rows, j] * part, np.nan)


@step
@dataclass(frozen=True, config=STRICT)
class TermSplit:
    """A4: the part of the whole intensity that a near or a far hedge takes, by the curve's slope R.

    ``short`` takes ``R / (1 + R)`` and ``long`` the rest, ``1 / (1 + R)``: as the curve inverts the
    near hedge grows at the far one's cost.  Give two lines of a program the same rule and one part
    each; together they hold what the rule asks for.  ``short-only`` is the whole in one near hedge,
    scaled by R.

    Parameters
    ----------
    signal
        Name of the ratio of near over far VIX futures.
    part
        ``"short"``, ``"long"`` or ``"short-only"``.

    Examples
    --------
    >>> TermSplit(part="long").params()
    Params(far=True, alone=False)
    """

    signal: Column = "curve30_91"
    part: Literal["short", "long", "short-only"] = "short"
    kind: ClassVar[str] = "term_split"
    stage: ClassVar[Stage] = Stage.SPLIT
    presets: ClassVar[Presets] = {name: {"part": name} for name in ("short", "long", "short-only")}
    readings: ClassVar[Sayings] = {
        "short": "Dynamic Hedge Strategies 4 prints short : long = F1 / F3, the ratio R: the near "
        "hedge takes R / (1 + R) of the whole.",
        "long": "The far hedge of the same ratio takes the rest, 1 / (1 + R).",
        "short-only": "R read as the size of the near hedge alone, 'increase short-term hedge' in "
        "backwardation, without a far one.",
    }

    class Params(NamedTuple):
        """Kernel parameters: which part, the near one if neither."""

        far: bool
        alone: bool

    @property
    def inputs(self) -> tuple[str, ...]:
        """The ratio."""
        return (self.signal,)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.part == "long", self.part == "short-only")

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Take the part."""
        ratio = view.signals[0]
        split = select(p.far, 1.0, ratio) / (1.0 + ratio)
        return x * select(p.alone, ratio, split), memory
