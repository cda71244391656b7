"""A whole chain fitted: screened, forwards by parity, one arbitrage-free smile an expiry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.data.chain_parity import chain_parity
from hedgerow.data.chain_quality import screen
from hedgerow.data.chains import Chain, Expiry
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
        board = kept.board(expiry)
        try:
            found = chain_parity(kept, expiry, rate=rate, board=board)
        except RangeError as error:
            left_out.append((expiry, error.what))
            continue
        part = quotes(board, found)
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
