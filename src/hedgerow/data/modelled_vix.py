"""A VIX where none was published: non-negative least squares on the index, in levels.

The model is deliberately plain.  Every feature is in vol points, looks backwards only,
and can only push the VIX up (the weights are not negative), so that it cannot explode
outside the calm years it is fitted on:

* a constant;
* realised volatility over 2 … 252 sessions, and exponentially weighted;
* the fall of the index over 1, 5 and 22 sessions, zero when it rose;
* the drawdown from the highest close of the last 252 sessions.

Windows look back 252 sessions, and the index begins somewhere.  Before its first close
the model supposes sessions of :data:`PRIOR` vol points, which fade as the windows fill.

How good it is, year by year against the published VIX, stands in
``docs/modelled-vix.md``; :mod:`hedgerow.data.vix_quality` makes the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from hedgerow.errors import DataError

Floats = NDArray[np.float64]

SESSIONS_A_YEAR = 252
PRIOR = 16.0
"""Vol points that the sessions before the first close are supposed to have had."""
_PRIOR = (PRIOR / 100.0) ** 2 / SESSIONS_A_YEAR

WINDOWS = (2, 5, 10, 22, 44, 63, 126, 252)
HALF_LIVES = (5, 10, 22, 44, 126)
FALLS = (1, 5, 22)
DRAWDOWN = 252

FEATURES: tuple[str, ...] = (
    "constant",
    *(f"realised_{w}" for w in WINDOWS),
    *(f"weighted_{h}" for h in HALF_LIVES),
    *(f"fall_{w}" for w in FALLS),
    f"drawdown_{DRAWDOWN}",
)
"""Names of the columns of :func:`features`, in order."""


def features(index: Floats) -> Floats:
    """Return what the model sees of the index at each close, **shape** (T, F).

    Parameters
    ----------
    index
        Closes of the S&P 500 in index points, **shape** (T,), all positive.

    Returns
    -------
    ndarray
        One column per name of :data:`FEATURES`, vol points except the constant.  Row t
        uses closes 0 … t only; where a window reaches back beyond the first close it
        finds :data:`PRIOR`, and falls and drawdowns are counted from the first close.

    Raises
    ------
    DataError
        If a close is not a positive number or there are fewer than two.
    """
    closes = np.asarray(index, dtype=np.float64)
    if len(closes) < 2 or not bool(np.all(np.isfinite(closes) & (closes > 0))):
        raise DataError(
            "the VIX model needs at least two positive closes",
            where="spx",
            mend="drop the rows without a close",
        )
    log = np.log(closes)
    ahead = max(WINDOWS)
    moves = np.diff(log) ** 2
    squares = np.concatenate([np.full(ahead, _PRIOR), moves])
    total = np.concatenate([[0.0], np.cumsum(squares)])
    row = np.arange(len(closes))
    end = row + ahead
    columns: list[Floats] = [np.ones(len(closes))]
    columns += [_points((total[end] - total[end - window]) / window) for window in WINDOWS]
    columns += [_points(_weighted(moves, h)) for h in HALF_LIVES]
    for window in FALLS:
        columns.append(np.maximum(0.0, 100.0 * (log[np.maximum(row - window, 0)] - log)))
    columns.append(100.0 * (1.0 - closes / _running_high(closes, DRAWDOWN)))
    matrix: Floats = np.column_stack(columns)
    return matrix


def _points(variance: Floats) -> Floats:
    points: Floats = 100.0 * np.sqrt(SESSIONS_A_YEAR * np.maximum(variance, 0.0))
    return points


def _weighted(squares: Floats, half_life: float) -> Floats:
    """Exponentially weighted mean of squared returns that starts from the prior."""
    fresh = 1.0 - 0.5 ** (1.0 / half_life)
    steps = accumulate(squares.tolist(), lambda m, s: m + fresh * (s - m), initial=_PRIOR)
    return np.fromiter(steps, dtype=np.float64, count=len(squares) + 1)


def _running_high(closes: Floats, window: int) -> Floats:
    padded = np.concatenate([np.full(window - 1, -np.inf), closes])
    high: Floats = np.lib.stride_tricks.sliding_window_view(padded, window).max(axis=1)
    return high


@dataclass(frozen=True)
class VixModel:
    """Frozen weights, one per feature; call it with closes to get a VIX.

    Parameters
    ----------
    weights
        Vol points per unit of each feature, **shape** (F,), none negative.
    first, last
        First and last date of the fit, ISO.
    """

    weights: tuple[float, ...]
    first: str
    last: str

    def __call__(self, index: Floats) -> Floats:
        """Return the modelled VIX in points, **shape** (T,), causally."""
        vix: Floats = features(index) @ np.asarray(self.weights)
        return vix


def fit(dates: NDArray[np.datetime64], index: Floats, vix: Floats) -> VixModel:
    """Fit the weights where both the index and the VIX are known.

    Parameters
    ----------
    dates
        Session dates, **shape** (T,).
    index
        Closes in index points, **shape** (T,), all positive.
    vix
        Published VIX in points, **shape** (T,), NaN where the fit must not look.

    Raises
    ------
    DataError
        If fewer than a year of sessions carry a VIX.
    """
    from scipy.optimize import nnls

    known = np.flatnonzero(np.isfinite(vix))
    if len(known) < SESSIONS_A_YEAR:
        raise DataError(
            f"the VIX model needs {SESSIONS_A_YEAR} sessions with a VIX, there are {len(known)}",
            where="vix",
            mend="supply a longer VIX history",
        )
    weights, _ = nnls(features(index)[known], vix[known])
    days = dates.astype("datetime64[D]")
    return VixModel(tuple(float(w) for w in weights), str(days[known[0]]), str(days[known[-1]]))
