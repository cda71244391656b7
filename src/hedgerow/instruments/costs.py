"""What trading costs: half-spreads, most of which widen with VIX, and fees per contract."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import SleeveError

Floats = NDArray[np.float64]

CALM_VIX = 20.0
"""VIX, in points, at which the half-spreads below are stated."""


@dataclass(frozen=True)
class Costs:
    """Half-spreads and fees; those in vol points and the future's widen with VIX.

    They are stated at a VIX of 20 and multiplied by (VIX/20)^widening.  The tick, the part of
    the option's price, the index's half-spread and the fees stay as they are.

    Parameters
    ----------
    option_tick
        Smallest half-spread of an option, points; does not widen.
    option_price
        Part of the option's price added to its half-spread, decimal; does not widen.
    option_vol
        Vol points of the option's vega in its half-spread, at a VIX of 20; widens above and
        narrows below.
    vix_option_tick, vix_option_price
        Half-spread of a VIX option: points at least, and part of its price, whichever is more,
        up to a VIX of 20; widens above and never narrows.  Assumed: no quotes were in hand.
    future_half_spread
        Half-spread of a VIX future, points, up to a VIX of 20; widens above and never
        narrows.  Half a tick, 0.025, by default.
    swap_vol
        Half-spread of a variance swap in vol points, at a VIX of 20; widens above and
        narrows below.
    underlying_bps
        Half-spread of the index, in hundredths of a percent of price; does not widen.
    widening
        Exponent of VIX/20; 0 keeps all half-spreads as stated.
    option_fee, future_fee
        USD per contract (and leg) and trade; do not widen.

    Raises
    ------
    SleeveError
        If a number is negative or not finite.

    Notes
    -----
    The option numbers lie on the wide side of the quoted SPX spreads of two real chains (a
    table stands in docs/sleeves.md).  Spreads of the 1990s and of panics were wider: raise
    `option_vol` to see what that does.

    Examples
    --------
    >>> Costs().of_option(price=20.0, vega=3.0, vix=40.0).round(3).item()
    0.54
    >>> Costs.none().of_option(20.0, 3.0, 40.0).item()
    0.0
    """

    option_tick: float = 0.05
    option_price: float = 0.003
    option_vol: float = 0.08
    vix_option_tick: float = 0.05
    vix_option_price: float = 0.03
    future_half_spread: float = 0.025
    swap_vol: float = 0.35
    underlying_bps: float = 1.0
    widening: float = 1.0
    option_fee: float = 1.0
    future_fee: float = 2.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SleeveError(f"{value!r} is not a number", where=f"costs.{item.name}")
            if not np.isfinite(value) or value < 0.0:
                raise SleeveError(
                    f"{value} is not a cost", where=f"costs.{item.name}", mend="give 0 or more"
                )

    @classmethod
    def none(cls) -> Costs:
        """Return costs of zero: a frictionless run."""
        return cls(**{item.name: 0.0 for item in fields(cls)})

    def stress(self, vix: ArrayLike) -> Floats:
        """Return (VIX/20)^widening for VIX in points, same shape."""
        level = np.asarray(vix, dtype=np.float64) / CALM_VIX
        return np.asarray(level**self.widening)

    def of_option(self, price: ArrayLike, vega: ArrayLike, vix: ArrayLike) -> Floats:
        """Return the half-spread of options in points.

        Parameters
        ----------
        price
            Points.
        vega
            Points per vol point.
        vix
            Points.  Shapes broadcast.
        """
        wide = self.option_vol * np.abs(np.asarray(vega, np.float64)) * self.stress(vix)
        return np.asarray(
            np.maximum(self.option_tick, self.option_price * np.abs(np.asarray(price)) + wide)
        )

    def of_vix_option(self, price: ArrayLike, vix: ArrayLike) -> Floats:
        """Return the half-spread of VIX options in points, for price and VIX in points."""
        part = self.vix_option_price * np.abs(np.asarray(price, np.float64))
        wide = np.maximum(self.vix_option_tick, part)
        return np.asarray(wide * np.maximum(self.stress(vix), 1.0))

    def of_future(self, vix: ArrayLike) -> Floats:
        """Return the half-spread of a VIX future in points, for VIX in points."""
        return np.asarray(self.future_half_spread * np.maximum(self.stress(vix), 1.0))

    def of_swap(self, vega: ArrayLike, vix: ArrayLike) -> Floats:
        """Return the half-spread of a variance swap in USD, for vega in USD per vol point."""
        return np.asarray(self.swap_vol * np.abs(np.asarray(vega)) * self.stress(vix))

    def of_underlying(self, price: ArrayLike) -> Floats:
        """Return the half-spread of the index in points."""
        return np.asarray(self.underlying_bps * 1e-4 * np.asarray(price, np.float64))
