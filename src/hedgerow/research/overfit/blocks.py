"""Lanes of a sweep reduced to sums by block of bars, and the daily returns of a few lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.lanes import columns, compiled
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.market import Floats
from hedgerow.core.measure import Drawdown, Returns, Wealth
from hedgerow.core.tape import Tape
from hedgerow.errors import RangeError

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 65_536
"""Lanes that are played at a time: what is read of them in 16 blocks takes some 100 MB."""

MOST_BLOCKS = 20
"""20 blocks are split in halves in 184,756 ways."""


class Sums(NamedTuple):
    """What a Sharpe ratio of any union of blocks needs; NaN for a lane whose NAV was lost."""

    periods: Floats
    """Periods of each block, **shape** (S, 1)."""
    total: Floats
    """Sum of returns, **shape** (S, N)."""
    squares: Floats
    """Sum of squared returns, **shape** (S, N)."""

    def over(self, cash: Floats) -> Sums:
        """Return the sums of returns over the mean return of bills in each block.

        The mean is that of excess returns exactly; the variance leaves out how bills vary within
        a block, some 1e-4 of it.

        Parameters
        ----------
        cash
            Mean return of bills a period, **shape** (S,).
        """
        c = cash[:, None]
        squares = self.squares - 2.0 * c * self.total + self.periods * c * c
        return Sums(self.periods, self.total - self.periods * c, squares)

    def all(self) -> Sums:
        """Return the sums of all blocks together, as one block."""
        return Sums(*(each.sum(axis=0, keepdims=True) for each in self))

    def sharpe(self) -> Floats:
        """Return each block's and lane's Sharpe ratio per period, **shape** (S, N).

        0 where returns do not vary: what earns nothing has no ratio.  −∞ where NAV was lost.
        """
        return sharpe_of(self.periods, self.total, self.squares)


def sharpe_of(count: Floats, total: Floats, squares: Floats) -> Floats:
    """Return Sharpe ratios per period from sums; 0 where returns do not vary, −∞ of NaN.

    Examples
    --------
    >>> x = np.array([0.02, -0.01, 0.03])
    >>> made = sharpe_of(np.array(3.0), x.sum(), (x * x).sum())
    >>> bool(np.isclose(made, x.mean() / x.std(ddof=1)))
    True
    """
    mean = total / count
    spread = squares - mean * total
    varies = spread > 1e-12 * squares
    safe = np.where(varies, spread, 1.0)
    none = np.where(np.isnan(total), -np.inf, 0.0)
    return np.asarray(np.where(varies, mean * np.sqrt((count - 1.0) / safe), none))


def edges_of(periods: int, blocks: int) -> NDArray[np.int64]:
    """Return where blocks that are as equal as can be begin and end, **shape** (S+1,).

    Raises
    ------
    RangeError
        If the number of blocks is odd, too small or too large, or blocks are shorter than two
        periods.

    Examples
    --------
    >>> edges_of(10, 4).tolist()
    [0, 2, 5, 8, 10]
    """
    if isinstance(blocks, bool) or not isinstance(blocks, int | np.integer) or blocks % 2:
        raise RangeError(
            f"{blocks!r} blocks have no two halves", where="blocks", mend="give an even number"
        )
    if not 4 <= blocks <= MOST_BLOCKS or periods < 2 * blocks:
        raise RangeError(
            f"{blocks} blocks of {periods} periods cannot be split in halves again and again",
            where="blocks",
            mend=f"give an even number of 4 … {MOST_BLOCKS}, each of two periods or more",
        )
    return np.round(np.linspace(0.0, periods, blocks + 1)).astype("int64")


def sums_of(returns: Floats, blocks: int = 16) -> Sums:
    """Return the sums of a matrix of returns.

    Parameters
    ----------
    returns
        **shape** (T, N).
    blocks
        S, even.

    Raises
    ------
    RangeError
        As `edges_of`, or if a return is not a number.
    """
    given = np.asarray(returns, dtype="float64")
    if given.ndim != 2 or not np.isfinite(given).all():
        raise RangeError(
            "the returns are no matrix of finite numbers",
            where="returns",
            mend="give one row per period and one column per trial",
        )
    edges = edges_of(len(given), blocks)
    starts = edges[:-1]
    return Sums(
        np.diff(edges).astype("float64")[:, None],
        np.add.reduceat(given, starts, axis=0),
        np.add.reduceat(given * given, starts, axis=0),
    )


def play_blocks(
    spread: Spread,
    tape: Tape,
    blocks: int = 16,
    *,
    cash: Floats | None = None,
    carriage: str = "compiled",
    progress: Callable[[int], None] | None = None,
) -> Sums:
    """Play the lanes of a sweep once and return the sums of their daily returns by block.

    Parameters
    ----------
    spread, tape
        The lanes, and what they are played on.
    blocks
        S, even.
    cash
        Return of bills over each bar, **shape** (T,); the sums are then of returns over bills.
    carriage
        ``"compiled"`` or ``"numpy"``.
    progress
        Called with the number of lanes just done.

    Raises
    ------
    RangeError
        As `edges_of`.
    """
    edges = edges_of(len(tape) - 1, blocks)  # the first bar has no return
    play: Any = compiled.play if carriage == "compiled" else columns.play
    total, squares = (np.empty((blocks, len(spread))) for _ in range(2))
    for rows in spread.blocks(CHUNK):
        part = play(
            _lanes(spread, rows), tape, (Returns(), Drawdown()), progress, stops=edges[1:] + 1
        )
        alive = np.where(part["max_drawdown"][-1] > -1.0, 0.0, np.nan)
        bars, *read = (
            np.diff(part[name], axis=0, prepend=0.0)
            for name in ("bars", "sum_return", "sum_return_squared")
        )
        made = Sums(bars[:, :1], *(column + alive for column in read))
        if cash is not None:
            made = made.over(np.add.reduceat(cash[1:], edges[:-1]) / np.diff(edges))
        periods, total[:, rows], squares[:, rows] = made
    return Sums(periods, total, squares)


def lane_returns(spread: Spread, tape: Tape, lanes: NDArray[np.int64]) -> Floats:
    """Return the daily returns of NAV of some lanes, **shape** (T-1, lanes).

    Parameters
    ----------
    spread, tape
        As for `play_blocks`.
    lanes
        Which; each costs the memory of all its days.
    """
    stops = np.arange(1, len(tape) + 1)
    nav = columns.play(_lanes(spread, lanes), tape, (Wealth(),), stops=stops)["final_nav"]
    return np.asarray(nav[1:] / nav[:-1] - 1.0)


def _lanes(spread: Spread, rows: slice | NDArray[np.int64]) -> Spread:
    return Spread(spread.policy, {name: column[rows] for name, column in spread.values.items()})
