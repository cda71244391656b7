"""Feeds: the bars of a run, one after the other, each with all that was known at its close."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.market import Floats, Market
from hedgerow.core.tape import Tape
from hedgerow.engine.program import Program
from hedgerow.engine.run import Ground, stretch
from hedgerow.instruments.roster import Roster
from hedgerow.pricing.black import DAYS_PER_YEAR


class Bars(NamedTuple):
    """One bar, as far as all lines share it."""

    row: int
    """Of the market."""
    time: int
    """Nanoseconds since 1970, UTC."""
    day: int
    """Days since 1970-01-01."""
    due: int
    """Day by which what expires settles before an order of this bar could be filled."""
    years: float
    """Since the bar before, by the calendar; 0.0 at the first."""
    rate: float
    """Interest a year known at the bar before, a decimal."""
    earned: float
    """Return of the hedged portfolio over the bar, a decimal."""
    spot: float
    vix: float
    """Points."""
    new_year: bool


@dataclass(frozen=True)
class History:
    """Bars of the past.

    Parameters
    ----------
    market
        Rows up to the last bar, with the history that warms the signals up.
    first
        First bar of the run.
    values
        The portfolio's value at each close had it never been hedged, USD, **shape** (T,).
    rosters, tapes
        Of each line.
    lag
        Sessions from decision to fill.
    """

    market: Market
    first: int
    values: Floats
    rosters: tuple[Roster, ...]
    tapes: tuple[Tape, ...]
    lag: int

    @classmethod
    def of(cls, program: Program, market: Market, start: str | None, end: str | None) -> History:
        """Lay a program's lines out on a market.

        Raises
        ------
        HedgerowError
            If dates, data and lines do not fit together.
        """
        whole, first = stretch(market, program.lookback, start, end)
        values = program.portfolio.values(whole, first)
        rosters, tapes = [], []
        for line in program.lines:
            roster = line.sleeve.roster(whole, lag=program.lag, costs=program.costs)
            sizes = line.sleeve.size.columns(roster.strip)
            ground = Ground(
                whole, roster.strip, sizes, program.portfolio, values, first, same_bar=False
            )
            rosters.append(roster)
            tapes.append(ground.tape(line.policy))
        return cls(whole, first, values, tuple(rosters), tuple(tapes), program.lag)

    def __len__(self) -> int:
        return len(self.market) - self.first

    def __iter__(self) -> Iterator[Bars]:
        market, bars = self.market, self.tapes[0].bars
        rows = np.arange(self.first, len(market))
        columns = (
            rows,
            market.times.astype("int64")[rows],
            market.dates.astype("int64")[rows],
            sessions_ahead(market.dates, self.lag).astype("int64")[rows],
            bars.days / DAYS_PER_YEAR,
            market["rate"][np.maximum(rows - 1, 0)],
            bars.portfolio,
            market["spx"][rows],
            market["vix"][rows],
            bars.new_year > 0.0,
        )
        yield from (Bars(*bar) for bar in zip(*(c.tolist() for c in columns), strict=True))

    def spots(self, row: int) -> dict[str, float]:
        """Return the levels of the indices at a bar, points, by symbol."""
        known = (name for name in ("spx", "ndx", "rut", "vix") if name in self.market)
        return {name.upper(): float(self.market[name][row]) for name in known}

    @cached_property
    def _rows(self) -> Floats:
        columns = [self.market[name] for name in sorted(self.market.columns)]
        return np.ascontiguousarray(np.column_stack(columns))

    def digest(self, row: int) -> str:
        """Return the hash of all that the market showed at a bar."""
        return hashlib.sha256(self._rows[row].tobytes()).hexdigest()
