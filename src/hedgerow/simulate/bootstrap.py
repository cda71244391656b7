r"""The stationary block bootstrap of a joint history: days are drawn anew, whole and in blocks.

A row of history is the index's log return, VIX and its relatives at its close; rows stay whole, so
what moved together still does.  A block ends with probability 1/L at every session (Politis and
Romano, "The stationary bootstrap", *JASA* 89, 1994).  Drawn anywhere, a new block would tear VIX
from 12 to 40 on a day on which the index stood still.  So it begins after a row whose VIX stood
about where the path's stands now, one of the nearest by rank (Lall and Sharma, "A nearest neighbor
bootstrap for resampling hydrologic time series", *Water Resources Research* 32, 1996).  Each row is
as often a neighbour as any other, so all rows remain equally likely, but for the few at the ends of
the ranks, where the window is pushed inwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError, RangeError
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import PathModel, Start
from hedgerow.simulate.term import TermStructure, log_vix

LEAST = 252
"""Rows of history at least."""

_PURPOSE = 40


class _Rows(NamedTuple):
    """A history, one row per session after the first, sorted by time."""

    moves: Floats
    """Log returns."""
    levels: dict[str, Floats]
    """VIX and its relatives at the close, points."""
    ranks: NDArray[np.intp]
    """Rows by VIX of the session before, lowest first."""
    sorted_vix: Floats
    """VIX of the session before, in that order."""
    next_rank: NDArray[np.intp]
    """Of each row: where its own VIX falls in that order."""


@dataclass(frozen=True, eq=False)
class BlockBootstrap(PathModel):
    """Paths of whole days of a history.

    Parameters
    ----------
    market
        With ``spx`` and ``vix``.  Relatives of VIX and ``skew`` are filled where unknown, by their
        relation to VIX (`TermStructure`); columns known on less than a year are left out.
    block
        L, mean sessions of a block; left out, what the absolute returns ask for (Politis and White
        2004, by ``arch``).
    neighbours
        Share of history, by rank of VIX, in which a new block may begin; 1 is the plain stationary
        bootstrap, in which VIX leaps between blocks.

    Raises
    ------
    RangeError
        If ``block`` or ``neighbours`` is out of range.
    DataError
        If fewer than a year of rows are known.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(400) * np.timedelta64(1, "D")
    >>> spx, vix = np.cumprod(1.0 + rng.normal(0.0, 0.01, 400)), rng.uniform(10.0, 30.0, 400)
    >>> model = BlockBootstrap(Market(days, {"spx": spx, "vix": vix}), block=10)
    >>> paths = model.paths(5, 20, seed=2)
    >>> bool(np.isin(paths["vix"][:, 1:], vix).all())
    True
    """

    market: Market
    block: float | None = None
    neighbours: float = 0.02

    def __post_init__(self) -> None:
        if self.block is not None and not 1.0 <= self.block < np.inf:
            raise RangeError(f"blocks of {self.block} sessions", where="bootstrap.block")
        if not 0.0 < self.neighbours <= 1.0:
            raise RangeError(f"{self.neighbours} is no share", where="bootstrap.neighbours")

    @property
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""
        first, last = self.market.dates[[0, -1]]
        return f"days of {first} to {last} drawn anew in blocks of {self.length:.0f}"

    @cached_property
    def length(self) -> float:
        """Mean sessions of a block."""
        if self.block is not None:
            return self.block
        from arch.bootstrap import optimal_block_length

        found = optimal_block_length(np.abs(self._rows.moves))["stationary"].iloc[0]
        return float(max(found, 1.0))

    @cached_property
    def _rows(self) -> _Rows:
        log, spot = log_vix(self.market), self.market["spx"]
        with np.errstate(divide="ignore", invalid="ignore"):
            moves = np.diff(np.log(spot))
        known = np.isfinite(moves) & np.isfinite(log[1:]) & np.isfinite(log[:-1])
        if known.sum() < LEAST:
            raise DataError(
                f"{int(known.sum())} rows with an index and a VIX, the bootstrap needs {LEAST}",
                where="market.spx, market.vix",
                mend="give a longer history",
            )
        vix = np.exp(log)
        levels = {"vix": self.market["vix"][1:][known]}
        for name, values in TermStructure.fit(self.market).expected(vix).items():
            given = self.market[name]
            levels[name] = np.where(given > 0.0, given, values)[1:][known]
        before = vix[:-1][known]
        ranks = np.argsort(before, kind="stable")
        return _Rows(
            moves[known],
            levels,
            ranks,
            before[ranks],
            np.searchsorted(before[ranks], levels["vix"]),
        )

    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return ``spx`` and the history's VIX and relatives, **shape** (sessions + 1, width).

        Row 0 is the start; relatives are unknown there.
        """
        rows = self._rows
        count = len(rows.moves)
        reach = max(round(self.neighbours * count), 1)
        chances = draws.uniform(_PURPOSE, 2)
        at = np.empty((draws.sessions, draws.width), dtype=np.intp)
        place = np.full(draws.width, int(np.searchsorted(rows.sorted_vix, start.vix)))
        for t in range(draws.sessions):
            # a window of ranks about the path's VIX, pushed inwards at the ends
            low = np.clip(place - reach // 2, 0, count - reach)
            fresh = rows.ranks[low + (chances[t, 1] * reach).astype(np.intp)]
            if t:
                ends = (chances[t, 0] < 1.0 / self.length) | (at[t - 1] == count - 1)
                fresh = np.where(ends, fresh, np.minimum(at[t - 1] + 1, count - 1))
            at[t] = fresh
            place = rows.next_rank[fresh]
        log = np.vstack([np.zeros(draws.width), np.cumsum(rows.moves[at], axis=0)])
        made = {"spx": start.spx * np.exp(log)}
        for name, values in rows.levels.items():
            first = start.vix if name == "vix" else np.nan
            made[name] = np.vstack([np.full(draws.width, first), values[at]])
        return made
