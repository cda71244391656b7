"""VIX between two closes: the last published one, moved by what traded since; and how good that is.

Nothing publishes VIX by the hour here, so it is modelled: ``ln(IV / VIX) = slope · moves``, where
VIX is the last published close, the moves are log changes since that close, and the slopes are
least squares through the origin on the sessions before.  Each session begins at the published close
again, so an error lives for a day.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

WINDOW, LEAST = 252, 60
"""Sessions before this one that slopes are fitted on, and the fewest that will do."""


def trailing_slopes(moves: Floats, answer: Floats) -> Floats:
    """Return least-squares slopes through the origin, on the sessions *before* each.

    Parameters
    ----------
    moves
        Regressors by session, **shape** (N, k); rows with NaN are left out.
    answer
        What they explain, **shape** (N,).

    Returns
    -------
    array
        **Shape** (N, k), NaN where fewer than `LEAST` of the last `WINDOW` sessions are known.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 80)[:, None]
    >>> slopes = trailing_slopes(x, 2.0 * x[:, 0])
    >>> bool(np.isnan(slopes[59, 0])), round(float(slopes[79, 0]), 12)
    (True, 2.0)
    """
    count, width = moves.shape
    known = np.isfinite(moves).all(axis=1) & np.isfinite(answer)
    x, y = np.where(known[:, None], moves, 0.0), np.where(known, answer, 0.0)
    square = _before(x[:, :, None] * x[:, None, :])
    cross, sessions = _before(x * y[:, None]), _before(known.astype(np.float64))
    slopes = np.full((count, width), np.nan)
    # a regressor that never moved has no slope: the next row of sessions may have one
    enough = (sessions >= LEAST) & (np.abs(np.linalg.det(square)) > 0.0)
    if enough.any():
        slopes[enough] = np.linalg.solve(square[enough], cross[enough][..., None])[..., 0]
    return slopes


def _before(values: Floats) -> Floats:
    """Return sums over the `WINDOW` rows before each, same shape."""
    total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    row = np.arange(len(values))
    return np.asarray(total[row] - total[np.maximum(row - WINDOW, 0)])


def falls_and_rises(change: Floats) -> Floats:
    """Return log changes of the index as two regressors, falls and rises, **shape** (N, 2).

    VIX answers a fall more than a rise of the same size (spec G1), so each has its slope.
    """
    return np.stack([np.minimum(change, 0.0), np.maximum(change, 0.0)], axis=-1)


@dataclass(frozen=True)
class ProxyQuality:
    """How near the proxy's last value of a session came to the VIX published after it.

    Parameters
    ----------
    sessions
        Sessions compared.
    correlation
        Of the log changes from the close before: the proxy's with the published one's.
    rmse, bias
        Points of VIX: root mean square and mean of proxy less published.
    naive
        RMSE of saying that VIX has not moved since the close before, points.
    worst, worst_on
        Largest error, proxy less published, points, and its session.
    from_fund
        Share of the sessions on which the traded fund moved the proxy; the index on the others.
    """

    sessions: int
    correlation: float
    rmse: float
    bias: float
    naive: float
    worst: float
    worst_on: str
    from_fund: float

    @classmethod
    def of(
        cls, dates: Days, proxy: Floats, published: Floats, before: Floats, fund: NDArray[np.bool_]
    ) -> ProxyQuality:
        """Compare by session.

        Parameters
        ----------
        dates
            Sessions, **shape** (N,).
        proxy, published, before
            The proxy at the close, VIX published after it, and VIX of the session before: points,
            **shape** (N,); sessions with NaN are left out.
        fund
            True where the traded fund moved the proxy, **shape** (N,).

        Examples
        --------
        >>> days = np.arange("2018-01-02", "2018-01-05", dtype="datetime64[D]")
        >>> made, told = np.array([11.0, 12.0, 15.0]), np.array([11.0, 12.0, 13.0])
        >>> found = ProxyQuality.of(days, made, told, np.full(3, 10.0), np.ones(3, dtype=bool))
        >>> round(found.rmse, 3), found.worst, found.worst_on
        (1.155, 2.0, '2018-01-04')
        """
        known = np.isfinite(proxy) & np.isfinite(published) & np.isfinite(before)
        if not known.any():
            nan = float("nan")
            return cls(0, nan, nan, nan, nan, nan, "", nan)
        said, told, base = proxy[known], published[known], before[known]
        error = said - told
        moved, did = np.log(said / base), np.log(told / base)
        tells = len(said) > 2 and moved.std() > 0.0 and did.std() > 0.0
        worst = int(np.argmax(np.abs(error)))
        return cls(
            int(known.sum()),
            float(np.corrcoef(moved, did)[0, 1]) if tells else float("nan"),
            float(np.sqrt(np.mean(error**2))),
            float(error.mean()),
            float(np.sqrt(np.mean((base - told) ** 2))),
            float(error[worst]),
            str(dates[known][worst]),
            float(fund[known].mean()),
        )

    def sentence(self) -> str:
        """Return what it says in one sentence.

        Examples
        --------
        >>> ProxyQuality(2, 0.9, 1.0, 0.1, 2.0, -1.5, "2018-02-05", 1.0).sentence()
        'Against the VIX published after 2 sessions the proxy at their close is off by 1.00 points \
(root mean square; "unchanged" would be off by 2.00), +0.10 on average, -1.5 at worst on \
2018-02-05; its log changes correlate at 0.90.'
        """
        if not self.sessions:
            return (
                "No session has both a proxy and a published VIX, so nothing is known of its error."
            )
        return (
            f"Against the VIX published after {self.sessions} sessions the proxy at their close is "
            f'off by {self.rmse:.2f} points (root mean square; "unchanged" would be off by '
            f"{self.naive:.2f}), {self.bias:+.2f} on average, {self.worst:+.1f} at worst on "
            f"{self.worst_on}; its log changes correlate at {self.correlation:.2f}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return asdict(self)
