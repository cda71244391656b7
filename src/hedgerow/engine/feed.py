"""Feeds: the bars of a run, one after the other, each with all that was known at its close."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.fitting import Fits, fits_of, in_force
from hedgerow.core.market import Floats, Market
from hedgerow.core.tape import Tape
from hedgerow.engine.program import Line, Program
from hedgerow.engine.run import Ground, spots_of, stretch
from hedgerow.errors import PolicyError
from hedgerow.instruments.roster import Roster
from hedgerow.instruments.scene import SPOT, index_of
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
    vix: float
    """Points."""
    new_year: bool
    spots: Mapping[str, float]
    """Levels of the indices that lines are written on, points, by market column."""


def stretch_of(
    program: Program, market: Market, start: str | None, end: str | None, least: int = 2
) -> tuple[Market, int]:
    """Return the market up to a program's last bar and the row of its first one.

    Parameters
    ----------
    program, market, start, end
        As for `hedgerow.engine.trade.trade`.
    least
        Bars that there must be.

    Raises
    ------
    HedgerowError
        If dates and data do not fit together.
    """
    spots = spots_of(*(line.sleeve for line in program.lines))
    return stretch(market, program.lookback, start, end, spots=spots, least=least)


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
    lines
        Of the program.
    rosters, tapes
        Of each line.
    lag
        Sessions from decision to fill.
    """

    market: Market
    first: int
    values: Floats
    lines: tuple[Line, ...]
    rosters: tuple[Roster, ...]
    tapes: tuple[Tape, ...]
    lag: int

    @classmethod
    def of(
        cls,
        program: Program,
        market: Market,
        start: str | None,
        end: str | None,
        *,
        least: int = 2,
    ) -> History:
        """Lay a program's lines out on a market; ``least`` bars must be there.

        Raises
        ------
        HedgerowError
            If dates, data and lines do not fit together.
        """
        whole, first = stretch_of(program, market, start, end, least)
        values = program.portfolio.values(whole, first)
        rosters, tapes = [], []
        for line in program.lines:
            roster = line.sleeve.roster(whole, lag=program.lag, costs=program.costs)
            sizes = line.sleeve.size.columns(roster.strip)
            index = index_of(line.sleeve)
            ground = Ground(
                whole, roster.strip, sizes, program.portfolio, values, first, False, index
            )
            rosters.append(roster)
            try:
                tape = ground.tape(line.policy, program.lag, offsets=bool(line.offsets))
            except PolicyError as error:
                where = f"line '{line.name}', {error.where}"
                raise PolicyError(error.what, where=where, mend=error.mend) from None
            tapes.append(tape)
        return cls(
            whole, first, values, tuple(program.lines), tuple(rosters), tuple(tapes), program.lag
        )

    def __len__(self) -> int:
        return len(self.market) - self.first

    def __iter__(self) -> Iterator[Bars]:
        market, bars = self.market, self.tapes[0].bars
        names = sorted({SPOT, *(index_of(line.sleeve) for line in self.lines)})
        rows = np.arange(self.first, len(market))
        columns = (
            rows,
            market.times.astype("int64")[rows],
            market.dates.astype("int64")[rows],
            sessions_ahead(market.dates, self.lag).astype("int64")[rows],
            bars.days / DAYS_PER_YEAR,
            market["rate"][np.maximum(rows - 1, 0)],
            bars.portfolio,
            market["vix"][rows],
            bars.new_year > 0.0,
        )
        spots = np.column_stack([market[name][rows] for name in names]).tolist()
        bars_of = zip(*(column.tolist() for column in columns), strict=True)
        for bar, levels in zip(bars_of, spots, strict=True):
            yield Bars._make((*bar, dict(zip(names, levels, strict=True))))

    def spots(self, row: int) -> dict[str, float]:
        """Return the levels of the indices at a bar, points, by symbol."""
        known = (name for name in ("spx", "ndx", "rut", "vix") if name in self.market)
        return {name.upper(): float(self.market[name][row]) for name in known}

    @cached_property
    def _rows(self) -> Floats:
        columns = [self.market[name] for name in sorted(self.market.columns)]
        return np.ascontiguousarray(np.column_stack(columns))

    @cached_property
    def _fits(self) -> dict[str, Fits]:
        return {line.name: fits_of(line.policy, self.market) for line in self.lines}

    def fits_at(self, line: Line, row: int) -> dict[str, dict[str, Any]]:
        """Return the fits of a line's signals that are in force at a bar, as plain values."""
        return {
            name: fit.as_dict()
            for name, fits in self._fits[line.name].items()
            if (fit := in_force(fits, row)) is not None
        }

    def digest(self, row: int) -> str:
        """Return the hash of all that the market showed at a bar."""
        return hashlib.sha256(self._rows[row].tobytes()).hexdigest()
