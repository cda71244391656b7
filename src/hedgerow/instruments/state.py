"""The market that structures are priced in: date, spot or forwards, volatilities, rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.market import session_date
from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.columns import demand

Floats = NDArray[np.float64]
Smile = Callable[[Floats, float], ArrayLike]


@dataclass(frozen=True)
class State:
    """The market that a structure is priced in.

    Parameters
    ----------
    date
        Valuation date, a date or ISO text.
    spot
        Points, any **shape** that broadcasts with vol, rate and dividend.
    vol
        Decimal a year: one for all options, a mapping from strike to volatility, or a smile,
        called with k = ln(K/F) and years, returning volatilities of the shape of k.
    rate, dividend
        Continuously compounded, decimal a year.
    forward
        Instead of spot: points, one for all expiries or a mapping from expiry date.  What is
        written on VIX is priced on forwards only.

    Raises
    ------
    RangeError
        If the date is none, neither or both of spot and forward are given, or a number is not
        finite, or a spot, forward or volatility is not positive.

    Examples
    --------
    >>> State("2026-02-18", spot=5000.0, vol=0.18, rate=0.04).years(dt.date(2026, 3, 20)) * 365
    30.0
    """

    date: dt.date | str
    spot: ArrayLike | None = None
    vol: ArrayLike | Mapping[float, ArrayLike] | Smile | None = None
    rate: ArrayLike = 0.0
    dividend: ArrayLike = 0.0
    forward: ArrayLike | Mapping[dt.date, ArrayLike] | None = None

    def __post_init__(self) -> None:
        if (self.spot is None) == (self.forward is None):
            raise RangeError(
                "a state has either a spot or a forward", where="spot", mend="give one of them"
            )
        demand(rate=self.rate, dividend=self.dividend)
        if self.spot is not None:
            demand(spot=self.spot)
        for each in _each(self.forward):
            demand(forward=each)
        if not callable(self.vol):
            for each in _each(self.vol):
                demand(vol=each)
        _ = self.day

    @cached_property
    def day(self) -> dt.date:
        """The valuation date as a date."""
        return as_date(self.date, "date")

    def years(self, expiry: dt.date) -> float:
        """Return calendar days to an expiry over 365.

        Raises
        ------
        RangeError
            If it has passed.
        """
        days = (expiry - self.day).days
        if days < 0:
            raise RangeError(
                f"a contract expired on {expiry}, before {self.day}",
                where="date",
                mend="value it on or before its expiry",
            )
        return days / DAYS_PER_YEAR

    def forward_to(self, expiry: dt.date) -> Floats:
        """Return the forward of an expiry, points."""
        if self.spot is not None:
            carry = np.asarray(self.rate, dtype=np.float64) - np.asarray(self.dividend)
            spot = np.asarray(self.spot, dtype=np.float64)
            return np.asarray(spot * np.exp(carry * self.years(expiry)))
        given = self.forward
        if isinstance(given, Mapping):
            if expiry not in given:
                raise RangeError(
                    f"there is no forward for {expiry}", where="forward", mend="add it"
                )
            given = given[expiry]
        return np.asarray(given, dtype=np.float64)

    def vol_of(self, strike: float, expiry: dt.date) -> Floats:
        """Return the volatility of a strike and expiry, decimal; 0 at expiry.

        Raises
        ------
        RangeError
            If the state has none for it, or a smile returns what is no volatility.
        """
        years, vol = self.years(expiry), self.vol
        if years == 0.0:
            return np.zeros(())
        if vol is None or (isinstance(vol, Mapping) and strike not in vol):
            raise RangeError(
                f"there is no volatility for the strike {strike:g}", where="vol", mend="add it"
            )
        if isinstance(vol, Mapping):
            vol = vol[strike]
        elif callable(vol):
            vol = vol(np.log(strike / self.forward_to(expiry)), years)
            demand(vol=vol)
        return np.asarray(vol, dtype=np.float64)


def as_date(given: dt.date | str, where: str) -> dt.date:
    """Return a date from one or from ISO text; a moment of a day is refused.

    Raises
    ------
    RangeError
        If it is neither.

    Examples
    --------
    >>> as_date("2026-03-20", "expiry")
    datetime.date(2026, 3, 20)
    """
    return cast("dt.date", session_date(str(given), where).item())


def _each(given: object) -> list[ArrayLike]:
    if isinstance(given, Mapping):
        return list(given.values())
    return [] if given is None else [given]  # type: ignore[list-item]  # the caller's union
