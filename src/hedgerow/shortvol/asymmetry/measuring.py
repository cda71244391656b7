"""Changes of implied volatility and of VIX futures beside those of the index, from a market."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market, Origin
from hedgerow.errors import DataError, RangeError
from hedgerow.policies.iv_beta import FAMILY, vx_change
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import Surface
from hedgerow.shortvol.asymmetry.regression import LEAST

Floats = NDArray[np.float64]

TENORS = tuple(FAMILY.values())
"""9, 30, 93 and 184 calendar days: VIX9D, VIX, VIX3M, VIX6M."""

STRIKES = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1)
"""Strikes over spot before the move."""

MATURITIES = (30.0, 60.0, 90.0, 120.0, 150.0)
"""Constant maturities of VIX futures, calendar days."""


def change(column: Floats, sessions: int) -> Floats:
    """Return the change over sessions, NaN for the first ones, of the shape of ``column``.

    Examples
    --------
    >>> change(np.array([1.0, 3.0, 2.0]), 1).tolist()
    [nan, 2.0, -1.0]
    """
    out = np.full(column.shape, np.nan)
    out[sessions:] = column[sessions:] - column[:-sessions]
    return out


def move(market: Market, sessions: int = 1) -> Floats:
    """Return the index's simple return over sessions, per cent, **shape** (T,).

    Raises
    ------
    DataError
        If the market has no index.
    """
    spot = market["spx"]
    out = np.full(len(spot), np.nan)
    out[sessions:] = 100.0 * (spot[sessions:] / spot[:-sessions] - 1.0)
    return out


def published(market: Market, tenors: Sequence[float]) -> tuple[str, ...]:
    """Return the columns of the VIX family that measure these tenors.

    Raises
    ------
    RangeError
        If no index has that tenor.
    DataError
        Naming the column that is missing, or the columns with too few common days.

    Examples
    --------
    >>> days = np.array(["2020-01-02"], dtype="datetime64[ns]")
    >>> published(Market(days, {"vix": [12.0]}), [93])
    Traceback (most recent call last):
        ...
    hedgerow.errors.DataError: market.vix3m: the data have no VIX3M, the index of 93 days. \
Mend: load data that have it, or leave this tenor out (--tenor)
    """
    names = {days: name for name, days in FAMILY.items()}
    chosen = []
    for tenor in tenors:
        if tenor not in names:
            raise RangeError(
                f"no index measures a tenor of {tenor:g} days",
                where="tenor",
                mend=f"use {', '.join(f'{days:g}' for days in names)}",
            )
        name = names[tenor]
        if not market.has(name):
            raise DataError(
                f"the data have no {name.upper()}, the index of {tenor:g} days",
                where=f"market.{name}",
                mend="load data that have it, or leave this tenor out (--tenor)",
            )
        chosen.append(name)
    return tuple(chosen)


def common(market: Market, names: Sequence[str]) -> NDArray[np.bool_]:
    """Return the days on which the index and all columns are published, **shape** (T,).

    Values that a model made are left out: they would measure the model.

    Raises
    ------
    DataError
        If they are too few to estimate anything.
    """
    known = np.ones(len(market), dtype=bool)
    for name in ("spx", *names):
        codes = market.origin[name] if name in market else np.full(len(market), Origin.MISSING)
        known &= np.isin(codes, (Origin.MEASURED, Origin.REPAIRED))
    if int(known.sum()) < 4 * LEAST:
        raise DataError(
            f"{int(known.sum())} sessions on which spx, {', '.join(names)} are published together",
            where="market",
            mend=f"give at least {4 * LEAST}, from other dates or without a tenor",
        )
    return known


def strike_changes(market: Market, tenor: float, strikes: Sequence[float], sessions: int) -> Floats:
    """Return changes of the IV of options at fixed strikes of the *modelled* surface.

    The strike is that part of the index at the start; tenor and model are the same at both ends.

    Parameters
    ----------
    market
        With ``spx`` and ``vix``; the surface is that of docs/pricing.md, from the VIX family and
        SKEW.
    tenor
        Calendar days.
    strikes
        Strike over spot at the start, **shape** (m,).
    sessions
        From start to end.

    Returns
    -------
    array
        Points, **shape** (T, m); NaN for the first sessions.
    """
    surface, years = Surface.of(market.columns), tenor / DAYS_PER_YEAR
    at = np.log(np.asarray(strikes, dtype=np.float64))
    slid = np.log1p(move(market, sessions) / 100.0)
    before = surface.vol(np.broadcast_to(at, (len(market), len(at))), years)
    after = surface.vol(at - np.where(np.isfinite(slid), slid, 0.0)[:, None], years)
    out = np.full(before.shape, np.nan)
    out[sessions:] = 100.0 * (after[sessions:] - before[:-sessions])
    return np.where(np.isfinite(slid)[:, None], out, np.nan)


def futures(market: Market, maturities: Sequence[float] = MATURITIES) -> dict[float, Floats]:
    """Return what VIX futures of constant maturity gained each day, by maturity, quoted days only.

    Points, **shape** (T,); NaN where not quoted on both days.  Maturities with too few days are
    left out: without futures, nothing.
    """
    made = {}
    for days in maturities:
        gained, measured = vx_change(market, days)
        if int(measured.sum()) >= 4 * LEAST:
            made[days] = np.where(measured, gained, np.nan)
    return made
