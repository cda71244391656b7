"""What is kept of a path: cost, gain and loss, falls, margin, trades, each one number a path."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.research.performance import CALENDAR
from hedgerow.research.stress.playing import Played

MONTH = 21
"""Sessions of what is called a month: any so many in a row, so that no turn of one cuts a fall."""


class Window(NamedTuple):
    """The deepest fall of the index on each path, rows of **shape** (paths,)."""

    peak: NDArray[np.intp]
    trough: NDArray[np.intp]
    depth: Floats
    """≤ 0."""


def worst_falls(index: Floats) -> Window:
    """Return rows of peak and trough of the deepest fall of each path.

    Where the index stood at its peak the fall begins when it leaves it: a hedge's cost in the calm
    before is none of the fall.

    Parameters
    ----------
    index
        Points, **shape** (T, paths).

    Examples
    --------
    >>> found = worst_falls(np.array([[100.0], [120.0], [90.0], [110.0]]))
    >>> int(found.peak[0]), int(found.trough[0]), float(found.depth[0])
    (1, 2, -0.25)
    """
    falls = index / np.maximum.accumulate(index, axis=0) - 1.0
    trough = np.argmin(falls, axis=0)
    rows = np.arange(len(index))[:, None]
    before = np.where(rows <= trough, index, -np.inf)
    peak = len(index) - 1 - np.argmax(before[::-1], axis=0)
    return Window(peak, trough, np.asarray(falls.min(axis=0)))


def measures(
    played: Played, falls: Window, margin: Floats, days: NDArray[np.int64]
) -> dict[str, Floats]:
    """Return the figures of one strategy.

    Parameters
    ----------
    played
        The strategy, T bars.
    falls
        The deepest fall of the index on each path, over which effectiveness is measured (C4).
    margin
        Margin of one contract held at each bar, USD, **shape** (T, paths): twice, for one held
        and one sold, **shape** (2, T, paths); NaN where it is not known.
    days
        Of the sessions, since 1970-01-01, **shape** (T,).

    Returns
    -------
    dict
        Each of **shape** (paths,): ``return`` (end value over the start's, less 1),
        ``hedge_cost`` (carry and transaction costs, a share of mean NAV a year, C2),
        ``hedge_pnl`` (a share of the start's NAV), ``max_drawdown`` (≤ 0), ``worst_month`` (lowest
        return over `MONTH` sessions), ``gain`` and ``loss`` (of hedge and portfolio over the fall,
        USD), ``her`` (gain ÷ loss, NaN where the portfolio did not lose), ``margin`` (greatest
        share of NAV), ``trades`` (sessions that rebalanced or rolled).
    """
    nav, start = played.nav, played.nav[0]
    span = float(days[-1] - days[0]) / CALENDAR
    paid = (played.carry + played.cost)[1:].sum(axis=0)
    gain = _between(played.pnl, falls)
    loss = -_between(played.earned, falls)
    month = min(MONTH, len(nav) - 1)
    asked = np.where(played.held < 0.0, margin[1], margin[0]) * np.abs(played.held)
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where(asked > 0.0, asked / np.maximum(nav, 0.0), 0.0 * asked)
    losing = loss > 0.0
    return {
        "return": nav[-1] / start - 1.0,
        "hedge_cost": paid / span / nav.mean(axis=0),
        "hedge_pnl": played.pnl[1:].sum(axis=0) / start,
        "max_drawdown": (nav / np.maximum.accumulate(nav, axis=0) - 1.0).min(axis=0),
        "worst_month": (nav[month:] / nav[:-month] - 1.0).min(axis=0),
        "gain": gain,
        "loss": loss,
        "her": np.where(losing, gain / np.where(losing, loss, 1.0), np.nan),
        "margin": used.max(axis=0),
        "trades": np.count_nonzero(played.traded[1:] > 0.0, axis=0).astype("float64"),
    }


def _between(flow: Floats, falls: Window) -> Floats:
    """Return what flowed after the peak's close, up to the trough's, **shape** (paths,)."""
    total = np.cumsum(flow, axis=0)
    at = np.arange(flow.shape[1])
    return np.asarray(total[falls.trough, at] - total[falls.peak, at])
