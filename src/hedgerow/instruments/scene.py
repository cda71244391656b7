"""What a sleeve sees of a market: clean columns, each row known at its own bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.errors import SleeveError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import Surface

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

SPOT = "spx"
"""Market column of the index that options and variance swaps are written on."""

RATE = 0.03
"""Interest rate a year assumed where the data have no ``rate``: the mean of 1990–2022."""

DIVIDEND_YIELD = 0.018
"""Dividend yield a year assumed where the data have no ``dividend_yield``."""


@dataclass(frozen=True)
class Scene:
    """Columns for pricing, **shape** (T,), without holes.

    Parameters
    ----------
    days
        Days since 1970-01-01.
    spot, vix
        Points.
    rate, dividend
        Decimal a year.
    surface
        Implied volatilities.
    notes
        What was assumed, for the strip's notes.
    """

    days: Days
    spot: Floats
    vix: Floats
    rate: Floats
    dividend: Floats
    surface: Surface
    notes: Mapping[str, Any]

    @classmethod
    def of(cls, market: Market) -> Scene:
        """Read a market; a hole is filled with the last known value, never a later one.

        Raises
        ------
        SleeveError
            If the index or VIX is unknown at the first bar, or there are no bars.
        """
        if not len(market):
            raise SleeveError("the market has no bars", where="market")
        spot, stale_spot = _level(market, SPOT)
        vix, stale_vix = _level(market, "vix")
        rate, assumed_rate = _yearly(market, "rate", RATE)
        dividend, assumed_dividend = _yearly(market, "dividend_yield", DIVIDEND_YIELD)
        surface = Surface.of({**market.columns, "vix": vix})
        notes: dict[str, Any] = {
            "surface": "smile of SKEW on VIX-family fair variance, a model",
            "smile": asdict(surface.smile),
            "steepness": asdict(surface.steepness),
            "beyond": asdict(surface.beyond),
        }
        for label, count in (
            ("bars_with_stale_index", stale_spot),
            ("bars_with_stale_vix", stale_vix),
            ("bars_with_assumed_rate", assumed_rate),
            ("bars_with_assumed_dividend", assumed_dividend),
        ):
            if count:
                notes[label] = count
        days = market.dates.astype(np.int64)
        return cls(days, spot, vix, rate, dividend, surface, notes)

    def forward(self, years: Floats, rows: Any = slice(None)) -> Floats:
        """Return the index forward to ``years`` ahead, points, one per row."""
        growth = (self.rate[rows] - self.dividend[rows]) * years
        return np.asarray(self.spot[rows] * np.exp(growth))

    def financing(self, open_price: Floats, multiplier: float) -> Floats:
        """Return USD per contract paid over (t-1, t] on the price tied up, 0 at bar 0."""
        paid = np.zeros(len(self.days))
        span = np.diff(self.days) / DAYS_PER_YEAR
        paid[1:] = open_price[:-1] * multiplier * self.rate[:-1] * span
        return paid


def _level(market: Market, name: str) -> tuple[Floats, int]:
    values = market[name]
    known = np.isfinite(values) & (values > 0.0)
    if not bool(known[0]):
        first = int(np.argmax(known)) if bool(known.any()) else -1
        raise SleeveError(
            f"'{name}' is unknown at the first bar, {market.dates[0]}",
            where=f"market.{name}",
            mend=f"start at {market.dates[first]} or later" if first >= 0 else "supply the column",
        )
    return _held(values, known), int(np.sum(~known))


def _yearly(market: Market, name: str, constant: float) -> tuple[Floats, int]:
    if name not in market:
        return np.full(len(market), constant), len(market)
    values = market[name]
    known = np.isfinite(values)
    filled = _held(values, known)
    unknown = ~np.isfinite(filled)
    return np.where(unknown, constant, filled), int(np.sum(unknown))


def _held(values: Floats, known: NDArray[np.bool_]) -> Floats:
    # The last known value; NaN before the first one.
    if bool(known.all()):
        return values
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.asarray(np.where(last >= 0, values[np.maximum(last, 0)], np.nan))
