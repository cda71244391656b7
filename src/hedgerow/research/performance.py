"""Statistics of a track record: returns, Sharpe, drawdown, costs, saving (spec C1-C3, C7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track

YEAR = 252.0
"""Sessions a year, for annualising."""

CALENDAR = 365.25
"""Calendar days a year."""

GONE = 0.95
"""Depth of a fall of NAV from which a portfolio counts as lost."""


def returns(nav: Floats) -> Floats:
    """Return simple returns of NAV, **shape** (T-1,)."""
    return np.asarray(nav[1:] / nav[:-1] - 1.0)


def sharpe(earned: Floats, cash: Floats | float = 0.0) -> float:
    """Return the yearly Sharpe ratio of daily returns in excess of ``cash``; NaN if flat.

    Mean over sample standard deviation times the root of 252.

    Parameters
    ----------
    earned, cash
        Daily simple returns, **shape** (T,).

    Examples
    --------
    >>> round(sharpe(np.array([0.01, -0.005, 0.01, -0.005])), 3)
    4.583
    """
    excess = earned - cash
    spread = float(np.std(excess, ddof=1)) if len(excess) > 1 else 0.0
    return float(np.mean(excess) / spread * np.sqrt(YEAR)) if spread > 1e-15 else float("nan")


def drawdowns(nav: Floats) -> Floats:
    """Return NAV over its running peak minus one, ≤ 0, **shape** (T,).

    Examples
    --------
    >>> drawdowns(np.array([100.0, 80.0, 120.0])).round(2).tolist()
    [0.0, -0.2, 0.0]
    """
    return np.asarray(nav / np.maximum.accumulate(nav) - 1.0)


def worst_fall(nav: Floats) -> tuple[int, int, float]:
    """Return the rows of peak and trough of the deepest drawdown, and its depth (≤ 0)."""
    falls = drawdowns(nav)
    trough = int(np.argmin(falls))
    peak = int(np.argmax(nav[: trough + 1]))
    return peak, trough, float(falls[trough])


def years(track: Track, rows: slice = slice(None)) -> float:
    """Return the length of a stretch in calendar years."""
    days = track.dates[rows].astype("int64")
    return float(days[-1] - days[0]) / CALENDAR if len(days) > 1 else 0.0


def annual_return(nav: Floats, span: float) -> float:
    """Return the compound return a year of NAV over ``span`` years; NaN where NAV is gone.

    Examples
    --------
    >>> round(annual_return(np.array([100.0, 121.0]), 2.0), 6)
    0.1
    """
    if not (nav[0] > 0.0 and nav[-1] > 0.0 and span > 0.0):
        return float("nan")
    return float((nav[-1] / nav[0]) ** (1.0 / span) - 1.0)


def statistics(track: Track, cash: Floats, rows: slice = slice(None)) -> dict[str, Any]:
    """Return what one strategy did over a stretch.

    Parameters
    ----------
    track
        One run.
    cash
        Return of bills over each bar, **shape** (T,), for excess Sharpe.
    rows
        The stretch; its first row only sets the starting NAV.

    Returns
    -------
    dict
        ``nav_start``, ``nav_end`` (USD), ``annual_return``, ``annual_vol``, ``sharpe`` (realised),
        ``sharpe_excess`` (over bills), ``max_drawdown`` (≤ 0) with its dates, ``hedge_pnl``,
        ``carry_paid``, ``transaction_costs`` (USD, positive is paid), ``hedge_cost`` =
        carry + transaction costs, ``hedge_cost_per_year`` as a share of the mean NAV,
        ``trades``, ``trades_per_year``, ``mean_x``, ``max_x``, ``win_rate`` of the hedge.
    """
    nav, span = track["nav"][rows], years(track, rows)
    earned = returns(nav)
    peak, trough, depth = worst_fall(nav)
    dates = track.dates[rows]
    inside = {name: track[name][rows][1:] for name in ("pnl", "carry", "cost", "traded")}
    x = track["x"][rows][:-1]  # what was in force over each bar
    carry, costs = float(inside["carry"].sum()), float(inside["cost"].sum())
    trades = int(np.count_nonzero(inside["traded"] > 0.0))
    moved = inside["pnl"][inside["pnl"] != 0.0]
    per_year = 1.0 / span if span > 0 else float("nan")
    return {
        "nav_start": float(nav[0]),
        "nav_end": float(nav[-1]),
        "annual_return": annual_return(nav, span),
        "annual_vol": float(np.std(earned, ddof=1) * np.sqrt(YEAR))
        if len(earned) > 1
        else float("nan"),
        "sharpe": sharpe(earned),
        "sharpe_excess": sharpe(earned, cash[rows][1:]),
        "max_drawdown": depth,
        "max_drawdown_from": str(dates[peak]),
        "max_drawdown_to": str(dates[trough]),
        "hedge_pnl": float(inside["pnl"].sum()),
        "carry_paid": carry,
        "transaction_costs": costs,
        "hedge_cost": carry + costs,
        "hedge_cost_per_year": (carry + costs) * per_year / float(np.mean(nav)),
        "trades": trades,
        "trades_per_year": trades * per_year,
        "mean_x": float(np.mean(x)) if len(x) else 0.0,
        "max_x": float(np.max(x, initial=0.0)),
        "win_rate": float(np.mean(moved > 0.0)) if len(moved) else float("nan"),
    }


def lost(made: Mapping[str, Any]) -> bool:
    """Return whether the portfolio of these statistics is gone, to nothing or nearly.

    Examples
    --------
    >>> lost({"nav_start": 1e7, "max_drawdown": -0.999})
    True
    """
    return bool(made["max_drawdown"] <= -GONE or made["nav_start"] <= 0.0)


def saving(
    dynamic: dict[str, Any], static: dict[str, Any], *, ruined: bool = False
) -> dict[str, Any]:
    """Compare what two hedges cost (C1, C2, C3).

    C1 is the carry of the static hedge, C2 the carry of the dynamic one with its
    transaction costs.  ``saving`` = 1 - C2/C1 charges the static hedge its own transaction
    costs too; ``saving_as_printed`` does not, as the source writes it.  A share is None where
    the static hedge costs nothing or earns: then there is nothing to save from; nor is there
    where it is ``ruined``, its portfolio gone.
    """
    c1, c1_all, c2 = static["carry_paid"], static["hedge_cost"], dynamic["hedge_cost"]
    return {
        "c1_static_carry": c1,
        "c1_static_with_costs": c1_all,
        "c2_dynamic_with_costs": c2,
        "saving": 1.0 - c2 / c1_all if c1_all > 0.0 and not ruined else None,
        "saving_as_printed": 1.0 - c2 / c1 if c1 > 0.0 and not ruined else None,
        "pnl_difference": dynamic["hedge_pnl"] - static["hedge_pnl"],
    }
