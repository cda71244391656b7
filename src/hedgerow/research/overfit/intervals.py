"""Bootstrap intervals of what a backtest says: saving, hedge effectiveness, Sharpe (spec D7)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.research.claims import resampling
from hedgerow.research.claims.claim import UnmeasuredError
from hedgerow.research.claims.resampling import Estimate, Statistic
from hedgerow.research.comparison import Comparison, cash_returns
from hedgerow.research.performance import returns


def intervals(
    found: Comparison,
    *,
    resamples: int = 1_000,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> dict[str, Estimate | None]:
    """Return the headline figures of a backtest with their 90 % bootstrap intervals.

    Parameters
    ----------
    found
        The backtest.
    resamples, seed
        Of the stationary bootstrap; equal seeds give equal intervals.
    only
        Names of the figures that are wanted; all by default.

    Returns
    -------
    dict
        ``saving`` (C3), ``sharpe_excess`` and ``sharpe_excess_static`` (a year, over bills) of the
        test part, from resampled days; ``dynamic_her``, ``static_her`` and ``her_difference`` (C4)
        of all crises of the run, from resampled crises.  None where NAV was lost or
        there is nothing to divide by; the ends are NaN of fewer than eight crises.

    Notes
    -----
    Crises are few and not alike: an interval over them is wide, and too narrow still.
    """
    test = found.split.test
    inside = slice(test.start + 1, test.stop)
    cash = cash_returns(found.ground)[inside]
    dynamic, static = found.tracks["dynamic"], found.tracks["static"]
    crises = _crises(found)
    asked: dict[str, tuple[Floats, Statistic]] = {
        "saving": (
            np.column_stack([_costs(dynamic, inside), _costs(static, inside)]),
            resampling.saving,
        ),
        **{
            name: (_excess(track["nav"][test], cash), resampling.sharpe)
            for name, track in (("sharpe_excess", dynamic), ("sharpe_excess_static", static))
        },
        "dynamic_her": (crises[:, :2], resampling.ratio),
        "static_her": (crises[:, 2:], resampling.ratio),
        "her_difference": (crises, resampling.apart),
    }
    made: dict[str, Estimate | None] = {}
    for name, (columns, statistic) in asked.items():
        if only is not None and name not in only:
            continue
        try:
            made[name] = (
                resampling.estimate(columns, statistic, resamples=resamples, seed=seed)
                if len(columns)
                else None
            )
        except UnmeasuredError:
            made[name] = None
    return made


def _excess(nav: Floats, cash: Floats) -> Floats:
    """Return what a Sharpe ratio is estimated from; no rows where NAV was lost."""
    rows = resampling.squares(returns(nav) - cash)
    return rows if nav.min() > 0.0 else rows[:0]


def _costs(track: Track, rows: slice) -> Floats:
    return np.asarray(track["carry"][rows] + track["cost"][rows])


def _crises(found: Comparison) -> Floats:
    """Return gain and loss of both hedges in crises where both lost, **shape** (crises, 4), USD."""
    names = ("dynamic_gain", "portfolio_loss", "static_gain", "static_portfolio_loss")
    rows: list[list[Any]] = [
        [row[name] for name in names]
        for row in found.crises
        if row["portfolio_loss"] > 0.0 and row["static_portfolio_loss"] > 0.0
    ]
    return np.array(rows, dtype="float64").reshape(-1, len(names))
