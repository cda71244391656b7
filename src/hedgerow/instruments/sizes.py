"""How many contracts an intensity of 1.0 means: by vega, premium, loss, notional or count."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError

Floats = NDArray[np.float64]

LEAST_VEGA = 3e-4
"""Vega per contract counts as at least this part of its notional when a size divides by it.

A 90-day put 10 % out of the money has 3e-4 to 2e-3.  The floor keeps a short-dated option, or
a spread deep in the money, from being bought by the thousand because its vega has gone.
"""

LEAST_PRICE = 2e-4
"""Price, or greatest loss, per contract counts as at least this part of its notional."""


class Size(Protocol):
    """Contracts for intensity 1.0, as an affine function of net asset value."""

    kind: ClassVar[str]

    @property
    def value(self) -> float:
        """The number that a table or a command line gives."""

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(fixed, per_nav)``, each **shape** (T,).

        Contracts for intensity 1.0, as decided at bar t, are ``fixed[t] + per_nav[t]·nav``
        with NAV in USD.  They use the ``next_*`` columns only, so data up to bar t.
        """


@dataclass(frozen=True)
class Vega:
    """So many USD of vega per vol point, whatever the NAV; the spec's ``base_vega``.

    Parameters
    ----------
    usd_per_point
        USD per 1 vol point; negative sells the sleeve.

    Notes
    -----
    The vega of a contract counts as at least `LEAST_VEGA` of its notional: contracts are
    bounded, never infinite.  A contract whose vega is unknown (NaN) is not traded.

    Examples
    --------
    >>> Vega(1_000).usd_per_point
    1000
    """

    usd_per_point: float
    kind: ClassVar[str] = "vega"

    def __post_init__(self) -> None:
        _check(self.usd_per_point, "size.vega")

    @property
    def value(self) -> float:
        """USD per vol point."""
        return self.usd_per_point

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(fixed, 0)``; see `Size.columns`."""
        floor = LEAST_VEGA * np.abs(strip.next_notional)
        fixed = _divided(self.usd_per_point, np.maximum(strip.next_vega, floor))
        return fixed, np.zeros(len(strip))


@dataclass(frozen=True)
class VegaShare:
    """So much vega as a part of NAV, so that the hedge grows with what it hedges.

    Parameters
    ----------
    fraction
        USD of vega per vol point and USD of NAV: 0.0001 is $1,000 a point on $10 million.

    Notes
    -----
    Bounded like `Vega`.
    """

    fraction: float
    kind: ClassVar[str] = "vega_share"

    def __post_init__(self) -> None:
        _check(self.fraction, "size.vega_share")
        if abs(self.fraction) > 0.1:
            raise SleeveError(
                f"{self.fraction} of NAV per vol point is more than any hedge",
                where="size.vega_share",
                mend="write $1,000 a point on $10 million as 0.0001",
            )

    @property
    def value(self) -> float:
        """Decimal part of NAV per vol point."""
        return self.fraction

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(0, per_nav)``; see `Size.columns`."""
        fixed, none = Vega(1.0).columns(strip)
        return none, self.fraction * fixed


@dataclass(frozen=True)
class Premium:
    """So much of NAV spent on premium at each purchase, spread and fee counted.

    Parameters
    ----------
    fraction
        Decimal part of NAV, such as 0.01; at most 1 in size.

    Notes
    -----
    The price of a contract counts as at least `LEAST_PRICE` of its notional.
    """

    fraction: float
    kind: ClassVar[str] = "premium"

    def __post_init__(self) -> None:
        _check(self.fraction, "size.premium")
        if abs(self.fraction) > 1.0:
            raise SleeveError(
                f"{self.fraction} is more than the whole NAV",
                where="size.premium",
                mend="write 1 % as 0.01",
            )

    @property
    def value(self) -> float:
        """Decimal part of NAV."""
        return self.fraction

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(0, per_nav)``; see `Size.columns`."""
        floor = LEAST_PRICE * np.abs(strip.next_notional)
        price = np.maximum(strip.next_price * strip.multiplier, floor)
        paid = np.maximum(price + np.copysign(strip.next_cost, self.fraction), floor)
        return np.zeros(len(strip)), _divided(self.fraction, paid)


@dataclass(frozen=True)
class MaxLoss:
    """So much of NAV can be lost at most, from each purchase or sale to expiry.

    Parameters
    ----------
    fraction
        Decimal part of NAV: 0.10 covers the greatest loss ten times, 1.0 once.

    Notes
    -----
    The loss is the price less the least payoff; financing aside.  It counts as at least
    `LEAST_PRICE` of the notional.  For options whose loss has a limit.
    """

    fraction: float
    kind: ClassVar[str] = "max_loss"

    def __post_init__(self) -> None:
        _check(self.fraction, "size.max_loss")
        if not 0.0 < self.fraction <= 1.0:
            raise SleeveError(
                f"{self.fraction} is not a part of NAV that can be lost",
                where="size.max_loss",
                mend="write 10 % as 0.1",
            )

    @property
    def value(self) -> float:
        """Decimal part of NAV."""
        return self.fraction

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(0, per_nav)``; see `Size.columns`."""
        floor = LEAST_PRICE * np.abs(strip.next_notional)
        loss = np.maximum(strip.next_loss, floor)
        return np.zeros(len(strip)), _divided(self.fraction, loss)


@dataclass(frozen=True)
class Notional:
    """So many times NAV of notional.

    Parameters
    ----------
    multiple
        1.0 covers the whole NAV: NAV / (index × multiplier) options.
    """

    multiple: float
    kind: ClassVar[str] = "notional"

    def __post_init__(self) -> None:
        _check(self.multiple, "size.notional")

    @property
    def value(self) -> float:
        """Multiple of NAV."""
        return self.multiple

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(0, per_nav)``; see `Size.columns`."""
        return np.zeros(len(strip)), _divided(self.multiple, strip.next_notional)


@dataclass(frozen=True)
class Contracts:
    """A fixed number of contracts, fractions allowed."""

    number: float
    kind: ClassVar[str] = "contracts"

    def __post_init__(self) -> None:
        _check(self.number, "size.contracts")

    @property
    def value(self) -> float:
        """Contracts."""
        return self.number

    def columns(self, strip: Strip) -> tuple[Floats, Floats]:
        """Return ``(number, 0)``; see `Size.columns`."""
        return np.full(len(strip), float(self.number)), np.zeros(len(strip))


SIZES: Mapping[str, type[Vega | VegaShare | Premium | MaxLoss | Notional | Contracts]] = {
    size.kind: size for size in (Vega, VegaShare, Premium, MaxLoss, Notional, Contracts)
}
"""Kind, as written in tables, to class."""


def guarded(size: Size, strip: Strip) -> int:
    """Count the bars where a floor or an unknown value bounded the number of contracts.

    Examples
    --------
    A report says it when the count is not 0: the hedge was smaller than asked for there.
    """
    if isinstance(size, Vega | VegaShare):
        return int(np.sum(~(strip.next_vega >= LEAST_VEGA * np.abs(strip.next_notional))))
    if isinstance(size, Premium):
        price = strip.next_price * strip.multiplier
        return int(np.sum(~(price >= LEAST_PRICE * np.abs(strip.next_notional))))
    if isinstance(size, MaxLoss):
        return int(np.sum(~(strip.next_loss >= LEAST_PRICE * np.abs(strip.next_notional))))
    return 0


def _check(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SleeveError(f"{value!r} is not a number", where=where, mend="give a number")
    if not math.isfinite(value) or value == 0.0:
        raise SleeveError(
            f"{value} is not a size", where=where, mend="give a finite number other than 0"
        )


def _divided(amount: float, each: Floats) -> Floats:
    good = np.isfinite(each) & (each > 0.0)
    return np.where(good, amount / np.where(good, each, 1.0), 0.0)
