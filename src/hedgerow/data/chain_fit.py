"""A whole chain fitted: screened, forwards by parity, one arbitrage-free smile an expiry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.data.chain_american import board_and_parity
from hedgerow.data.chain_quality import screen
from hedgerow.data.chains import Chain, Expiry
from hedgerow.data.numbers import Floats
from hedgerow.data.quality import QualityReport
from hedgerow.errors import DataError, RangeError
from hedgerow.pricing.fit import Arbitrage, Slice, arbitrage, fit_surface, quotes
from hedgerow.pricing.parity import Parity

DAYS = 7.0
"""Expiries with fewer days to run are left out unless asked for."""

_YEAR = 365.0
_FEWEST = 6


@dataclass(frozen=True)
class ChainFit:
    """Fitted smiles of a chain.

    Parameters
    ----------
    expiries, parities, slices
        One of each per fitted expiry, in order of time.
    left_out
        Expiries without enough quotes, and why.
    quality
        What the screen found.
    arbitrage
        What is left of arbitrage in the fitted smiles.
    """

    expiries: tuple[Expiry, ...]
    parities: tuple[Parity, ...]
    slices: tuple[Slice, ...]
    left_out: tuple[tuple[Expiry, str], ...]
    quality: QualityReport
    arbitrage: Arbitrage

    @property
    def time(self) -> Floats:
        """Years to the fitted expiries, **shape** (E,)."""
        return np.array([part.quotes.time for part in self.slices])

    def forward(self, years: float) -> float:
        """Return the forward at a maturity in points: its logarithm is linear between expiries.

        Before the first and beyond the last expiry it grows as between the nearest two; with
        one expiry it stays.
        """
        time = self.time
        level = np.log([part.quotes.forward for part in self.slices])
        if len(time) == 1:
            return float(np.exp(level[0]))
        right = int(np.clip(np.searchsorted(time, years), 1, len(time) - 1))
        share = (years - time[right - 1]) / (time[right] - time[right - 1])
        return float(np.exp(level[right - 1] + share * (level[right] - level[right - 1])))

    def rate(self, years: float) -> float:
        """Return the rate to a maturity, decimal a year: linear between expiries, else flat."""
        return float(np.interp(years, self.time, [part.rate for part in self.parities]))

    def vol(self, log_moneyness: ArrayLike, years: float) -> Floats:
        """Return implied volatilities at a maturity between, or beyond, the fitted ones.

        Parameters
        ----------
        log_moneyness
            ln(K/F) with F the forward of that maturity, any **shape**.
        years
            Time to expiry, positive.

        Returns
        -------
        array
            Decimal a year, of the same shape.

        Raises
        ------
        RangeError
            If the maturity is not positive.

        Notes
        -----
        Total variance is linear in time at equal moneyness between expiries, which keeps
        smiles free of calendar arbitrage; outside them volatility stays as it is.

        Source: Gatheral, *The Volatility Surface* (2006), chapter 3.
        """
        if not (years > 0.0 and np.isfinite(years)):
            raise RangeError(
                f"{years:g} years to expiry", where="years", mend="give a maturity above 0"
            )
        time = self.time
        inside = float(np.clip(years, time[0], time[-1]))
        right = int(np.clip(np.searchsorted(time, inside), 1, max(len(time) - 1, 1)))
        left = self.slices[right - 1].smile.total_variance(log_moneyness)
        if len(time) == 1:
            return np.asarray(np.sqrt(left / time[0]))
        share = (inside - time[right - 1]) / (time[right] - time[right - 1])
        total = left + share * (self.slices[right].smile.total_variance(log_moneyness) - left)
        return np.asarray(np.sqrt(total / inside))

    def errors(self) -> list[dict[str, float | int | str]]:
        """Return a row per expiry: days, quotes, and errors in volatility points.

        ``error`` is the median distance of fit and middle, ``half_spread`` the median half
        spread, ``in_half_spreads`` the median of distance over half spread, ``inside`` the
        share of quotes with the fit between bid and ask.
        """
        rows: list[dict[str, float | int | str]] = []
        for expiry, part in zip(self.expiries, self.slices, strict=True):
            off, half = np.abs(part.error), part.quotes.half_spread
            rows.append(
                {
                    "expiry": str(expiry),
                    "days": part.quotes.time * _YEAR,
                    "quotes": len(off),
                    "forward": part.quotes.forward,
                    "atm_vol": 100.0 * float(part.smile.vol(0.0, part.quotes.time)),
                    "error": 100.0 * float(np.median(off)),
                    "half_spread": 100.0 * float(np.median(half)),
                    "in_half_spreads": float(np.median(off / np.maximum(half, 1e-9))),
                    "inside": float(part.inside.mean()),
                }
            )
        return rows


def fit_chain(chain: Chain, *, rate: float | None = None, days: float = DAYS) -> ChainFit:
    """Fit a smile to every expiry of a chain.

    American quotes lose what early exercise is worth first, where QuantLib is installed and the
    file tells the price of the shares.

    Parameters
    ----------
    chain
        As read; it is screened first.
    rate
        Continuously compounded, decimal a year; left out, as in `chain_parity`.
    days
        Least calendar days to expiry.

    Raises
    ------
    DataError
        If no expiry has six quotes or more.
    """
    kept, quality = screen(chain, rate=rate)
    expiries, parities, parts, left_out = [], [], [], []
    for expiry in kept.expiries:
        if kept.time_to(expiry) * _YEAR < days:
            continue
        try:
            board, found = board_and_parity(kept, expiry, rate)
        except RangeError as error:
            left_out.append((expiry, error.what))
            continue
        part = quotes(board, found, kept.board(expiry))
        if len(part.strike) < _FEWEST:
            left_out.append((expiry, f"{len(part.strike)} quotes with a bid"))
            continue
        expiries.append(expiry)
        parities.append(found)
        parts.append(part)
    if not parts:
        raise DataError(
            f"no expiry of {days:g} days or more has {_FEWEST} quotes with a bid",
            where=chain.file or chain.symbol,
            mend="give the whole chain, or fewer days",
        )
    slices = fit_surface(parts)
    return ChainFit(
        tuple(expiries), tuple(parities), slices, tuple(left_out), quality, arbitrage(slices)
    )
