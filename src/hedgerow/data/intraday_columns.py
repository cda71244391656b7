"""Columns of a market of intraday bars: measured prices, the IV proxy, and what daily files know.

Row t uses bars up to t and daily values of the sessions before alone; only calendars of events,
which are known ahead, stand on their own date.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.futures import monthlies
from hedgerow.core.market import Market, Origin
from hedgerow.data.fund_bars import Fund
from hedgerow.data.iv_proxy import ProxyQuality, falls_and_rises, trailing_slopes
from hedgerow.data.series import on
from hedgerow.data.session_grid import Grid
from hedgerow.errors import DataError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface
from hedgerow.pricing.term import MONTH, constant_maturity

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
Rows = NDArray[np.intp]

TERM = ("vix9d", "vix3m", "vix6m")
"""Indices of other terms: they move with the proxy, by their own slopes."""
EVENTS = "event_"
"""How columns begin that are known ahead."""
STALE = 10
"""Calendar days after which a published VIX is no close before any more."""
_OWN = frozenset({"spx", "vix", "vxx", "vx30", "spx_open", "spx_soq", *TERM})


class _Past(NamedTuple):
    """What daily files knew before each bar."""

    row: Rows
    """Of the daily market: the last session before the bar's; -1 where there is none."""
    vix: Floats
    """Published VIX of that session, points."""
    fit: Rows
    """Row of slopes: those fitted on the sessions before the bar's."""


def columns_of(
    daily: Market,
    grid: Grid,
    spot: Floats,
    origin: NDArray[np.int64],
    fund: Fund | None,
    anchor: np.datetime64,
) -> Market:
    """Return the market of a grid, from the first bar on that has an IV proxy.

    Parameters
    ----------
    daily
        Daily columns with ``spx`` and ``vix``.
    grid, spot, origin
        Bars, the index on them in points, and its origin, **shape** (T,) each.
    fund
        The volatility fund; without one the proxy moves with the index, and the front VIX future
        is modelled as what is traded.
    anchor
        First session of the run.

    Raises
    ------
    DataError
        If no bar has a proxy, or nothing can be traded.
    """
    past = _past(daily, grid)
    change = np.diff(np.log(daily["vix"]), prepend=np.nan)
    iv, by_fund = _proxy(daily, grid, spot, fund, past, change)
    keep = np.isfinite(iv)
    if not keep.any():
        raise DataError(
            "no bar has a published VIX of the session before and 60 sessions to fit on",
            where="vix",
            mend="add VIX_History.csv with the sessions before the first bar",
        )
    made = {"spx": spot, "vix": iv, "vix_published": past.vix}
    codes = {"spx": origin, "vix": np.where(keep, Origin.MODELLED, Origin.MISSING)}
    for name in TERM:
        if daily.has(name):
            slope = _slope(np.diff(np.log(daily[name]), prepend=np.nan), change)[past.fit]
            made[name] = _at(daily[name], past.row) * (iv / past.vix) ** slope
            codes[name] = np.where(np.isfinite(made[name]), Origin.MODELLED, Origin.MISSING)
    made |= _traded(daily, fund, past, iv, change, anchor)
    measured = fund is not None
    codes["vxx"] = np.where(
        np.isfinite(made["vxx"]), Origin.MEASURED if measured else Origin.MODELLED, Origin.MISSING
    )
    if fund is not None:
        codes["vxx"] = np.where(fund.carried, Origin.REPAIRED, codes["vxx"])
    for name in ("vx30", "vxx_point"):
        codes[name] = np.where(np.isfinite(made[name]), Origin.MODELLED, Origin.MISSING)
    made |= _carried(daily, grid, past)
    made |= {
        "minutes_open": grid.opened.astype(np.float64),
        "minutes_left": grid.left.astype(np.float64),
        "bar_minutes": grid.length.astype(np.float64),
        "by_fund": by_fund.astype(np.float64),
    }
    first = int(np.argmax(keep))
    return Market(
        grid.ends[first:],
        {name: column[first:] for name, column in made.items()},
        {name: column[first:] for name, column in codes.items()},
        _sources(daily, made, fund),
    )


def _past(daily: Market, grid: Grid) -> _Past:
    fit = np.searchsorted(daily.dates, grid.dates)
    row = fit - 1
    age = (grid.dates - daily.dates[np.maximum(row, 0)]).astype(np.int64)
    vix = np.where((row >= 0) & (age <= STALE), _at(daily["vix"], row), np.nan)
    return _Past(row, vix, fit)


def _at(column: Floats, row: Rows) -> Floats:
    return np.where(row >= 0, column[np.maximum(row, 0)], np.nan)


def _slope(answer: Floats, *moves: Floats) -> Floats:
    """Return trailing slopes at every session and at the one after the last, **shape** (N+1,)."""
    grown = np.r_[answer, np.nan], np.r_[np.stack(moves, axis=1), np.full((1, len(moves)), np.nan)]
    found = trailing_slopes(grown[1], grown[0])
    return found[:, 0] if len(moves) == 1 else found


def _proxy(
    daily: Market, grid: Grid, spot: Floats, fund: Fund | None, past: _Past, change: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the IV proxy, points, and where the fund moved it, **shape** (T,)."""
    split = falls_and_rises(np.diff(np.log(daily["spx"]), prepend=np.nan))
    slopes = _slope(change, split[:, 0], split[:, 1])[past.fit]
    day = np.r_[True, grid.dates[1:] != grid.dates[:-1]]
    start = np.maximum.accumulate(np.where(day, np.arange(len(grid)), 0))
    before = np.where(start > 0, spot[np.maximum(start - 1, 0)], np.nan)
    moved = (slopes * falls_and_rises(np.log(spot / before))).sum(axis=1)
    by_fund = np.zeros(len(grid), dtype=bool)
    if fund is not None:
        slope = fund_slopes(daily, fund, change)[past.fit]
        closes = on(daily.dates, fund.sessions, fund.closes)
        own = slope * np.log(fund.price / _at(closes, past.row))
        by_fund = np.isfinite(own)
        moved = np.where(by_fund, own, moved)
    return past.vix * np.exp(moved), by_fund


def fund_slopes(daily: Market, fund: Fund, change: Floats) -> Floats:
    """Return by session, and after the last, the change of ln VIX for one of ln of the fund.

    **Shape** (N+1,): fitted on the sessions before, as `trailing_slopes` does.
    """
    closes = on(daily.dates, fund.sessions, fund.closes)
    piece = on(daily.dates, fund.sessions, fund.piece.astype(np.float64))
    returns = np.diff(np.log(closes), prepend=np.nan)
    returns[1:] = np.where(piece[1:] == piece[:-1], returns[1:], np.nan)
    return _slope(change, returns)


def _traded(
    daily: Market, fund: Fund | None, past: _Past, iv: Floats, change: Floats, anchor: np.datetime64
) -> dict[str, Floats]:
    """Return what is traded: ``vxx`` in USD, ``vx30``, and ``vxx_point``, USD of one a point.

    A share's point is its price over the future's at the close before each session; ``vx30`` is the
    price at one such point, that of the first session of the run, so that it has no steps.
    """
    start = max(int(np.searchsorted(daily.dates, anchor)) - 1, 0)
    future = _vx30(daily)
    if fund is not None:
        closes = on(daily.dates, fund.sessions, fund.closes)
        price = fund.price
    else:
        if not (daily.has("vx1") and daily.has("vx2")):
            raise DataError(
                "neither a volatility fund nor VIX futures: nothing can be traded",
                where="vxx",
                mend="add a file of bars named vxx…, or daily files of VIX futures",
            )
        returns = _front_returns(daily)
        path = np.cumsum(np.nan_to_num(returns))
        closes = np.where(np.isfinite(returns), future[start] * np.exp(path - path[start]), np.nan)
        slope = _slope(returns, change)[past.fit]
        price = _at(closes, past.row) * (iv / past.vix) ** slope
    point = closes / future
    known = np.flatnonzero(np.isfinite(point[: start + 1]))
    fixed = point[known[-1]] if len(known) else np.nan
    return {
        "vxx": price,
        "vx30": price / fixed,
        "vxx_point": np.where(np.isfinite(price), _at(point, past.row), np.nan),
    }


def _front_returns(daily: Market) -> Floats:
    """Return log changes of the front VIX future by session, each of one contract."""
    same = np.r_[False, daily["vx1_expiry"][1:] == daily["vx1_expiry"][:-1]]
    held = np.where(same[1:], daily["vx1"][:-1], daily["vx2"][:-1])
    return np.append(np.nan, np.log(daily["vx1"][1:] / held))


def _vx30(daily: Market) -> Floats:
    """Return the VIX future of 30 days by session: settled, else the model of docs/pricing.md."""
    curve = monthlies(daily)
    settled = constant_maturity(curve.price, curve.days, MONTH, spot=daily["vix"])
    modelled = FuturesCurve().price(daily["vix"], Surface.of(daily.columns), MONTH / DAYS_PER_YEAR)
    return np.asarray(np.where(np.isfinite(settled), settled, modelled))


def _carried(daily: Market, grid: Grid, past: _Past) -> dict[str, Floats]:
    made = {}
    for name in daily.columns:
        if name.startswith(EVENTS):
            made[name] = on(grid.dates, daily.dates, daily[name])
        elif name not in _OWN:
            made[name] = _at(daily[name], past.row)
    return made


def _sources(daily: Market, made: dict[str, Floats], fund: Fund | None) -> dict[str, str]:
    told = {
        name: f"{source}; the value of the session before"
        for name, source in daily.sources.items()
        if name in made
    }
    moved = "the log change of VXX" if fund is not None else "log falls and rises of the index"
    told["vix"] = (
        f"MODELLED: VIX published for the session before, moved by {moved} since, with slopes "
        "fitted on the 252 sessions before"
    )
    told["vix_published"] = "VIX published for the session before"
    for name in TERM:
        if name in made:
            told[name] = f"MODELLED: {name} of the session before, moved with the IV proxy"
    told["vxx"] = (
        f"{fund.file}, in shares of the first session of the run"
        if fund is not None
        else "MODELLED: daily settles of the front VIX future, chained, moved with the IV proxy"
    )
    told["vxx_point"] = "MODELLED: USD of a share a point of the VIX future, at the close before"
    told["vx30"] = (
        "MODELLED: vxx in points of the VIX future of 30 days, scaled at the close before the run"
    )
    return told


def published(daily: Market, dates: Days) -> tuple[Days, Floats]:
    """Return the sessions of bars and VIX as published after each, points, **shape** (S,) each."""
    days = np.unique(dates)
    return days, on(days, daily.dates, daily["vix"])


def quality(market: Market, closes: Floats) -> ProxyQuality:
    """Compare the proxy at the last bar of each session with VIX as published after it.

    Parameters
    ----------
    market
        As `columns_of` makes it.
    closes
        Published VIX of its sessions, points, **shape** (S,).
    """
    ended = market["minutes_left"] == 0.0
    days = np.unique(market.dates)
    at = [on(days, market.dates[ended], market[name][ended]) for name in ("vix", "vix_published")]
    fund = on(days, market.dates[ended], market["by_fund"][ended]) > 0.0
    return ProxyQuality.of(days, at[0], closes, at[1], fund)
