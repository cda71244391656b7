"""Option chains: all quotes of an underlying at one moment, and how long each still runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.products import AM_ROOTS, EUROPEAN_ROOTS
from hedgerow.data.calendar import Session, sessions
from hedgerow.data.numbers import Days, Floats
from hedgerow.errors import DataError
from hedgerow.pricing.board import Board
from hedgerow.pricing.cboe_vix import MINUTES_PER_YEAR

Mask = NDArray[np.bool_]
Moments = NDArray[np.datetime64]
Texts = NDArray[np.str_]

NUMBERS = (
    *("bid", "ask", "last", "volume", "open_interest"),
    *("iv", "delta", "gamma", "theta", "vega"),
)
"""Columns of numbers, NaN where a file does not give them."""

_OPEN = np.timedelta64(9 * 60 + 30, "m")
_LATE = np.timedelta64(15, "m")
_MINUTE = np.timedelta64(1, "m")


class Expiry(NamedTuple):
    """A settlement: its date, and whether it is on the opening (AM) or the close (PM)."""

    date: dt.date
    am: bool

    def __str__(self) -> str:
        return f"{self.date} {'AM' if self.am else 'PM'}"


@lru_cache(maxsize=64)
def _sessions(year: int) -> tuple[Session, ...]:
    return sessions(f"{year}-01-01", f"{year}-12-31")  # a year at once: asking is slow


@lru_cache(maxsize=64)
def _early_closes(year: int) -> frozenset[dt.date]:
    return frozenset(s.date for s in _sessions(year) if s.early)


def _closing_minute(day: dt.date) -> int:
    return 60 * (13 if day in _early_closes(day.year) else 16)


@dataclass(frozen=True)
class Chain:
    """The quotes of one underlying at one moment, a row per contract.

    Parameters
    ----------
    symbol
        The underlying: ``SPX``, ``SPY``.
    time
        When the file was made, New York time, ``datetime64[s]``.
    spot
        Last of the underlying in points, NaN where the file does not say.
    root
        ``SPX`` or ``SPXW``, **shape** (N,).
    expiry
        ``datetime64[D]``, **shape** (N,).
    strike
        Points, **shape** (N,).
    call
        True for calls, **shape** (N,).
    bid, ask, last
        Points, **shape** (N,); NaN where not given.
    volume, open_interest
        Contracts.
    iv, delta, gamma, theta, vega
        As the vendor gives them (volatility as a decimal); nothing here computes with them.
    traded
        Last trade, New York time, ``datetime64[s]``, NaT where not given.
    row
        Line of the file, counted from 1: what error sentences name.
    file, layout
        Where the chain was read and how it was understood.
    """

    symbol: str
    time: np.datetime64
    spot: float
    root: Texts
    expiry: Days
    strike: Floats
    call: Mask
    bid: Floats
    ask: Floats
    last: Floats
    volume: Floats
    open_interest: Floats
    iv: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    traded: Moments
    row: NDArray[np.int64]
    file: str = ""
    layout: str = ""

    def __len__(self) -> int:
        return len(self.strike)

    @property
    def date(self) -> dt.date:
        """The session that the quotes belong to."""
        return dt.date.fromisoformat(str(self.valued)[:10])

    @cached_property
    def valued(self) -> np.datetime64:
        """The moment of the quotes, New York time.

        Files made after hours, overnight or on a weekend hold the quotes of the last close
        of the options, a quarter past that of the shares.
        """
        day = dt.date.fromisoformat(str(self.time)[:10])
        for session in reversed((*_sessions(day.year - 1), *_sessions(day.year))):
            start = np.datetime64(session.date, "s") + _OPEN
            if start <= self.time:
                close = np.datetime64(dt.datetime.combine(session.date, session.close), "s")
                return self.time if self.time < close + _LATE else close + _LATE
        return self.time

    @cached_property
    def am(self) -> Mask:
        """Whether a contract settles on the opening, **shape** (N,)."""
        return np.isin(self.root, list(AM_ROOTS))

    @cached_property
    def european(self) -> bool:
        """Whether every contract is known to be exercised at expiry only."""
        told = np.where(self.root == "", self.symbol, self.root)
        return bool(np.isin(told, list(EUROPEAN_ROOTS)).all())

    @cached_property
    def years(self) -> Floats:
        """Minutes from the quotes to settlement over those of a year, **shape** (N,).

        AM contracts settle at 9:30, PM contracts at the close of the shares (16:00, or 13:00
        on early closes).  Not positive for expired contracts.
        """
        days, place = np.unique(self.expiry, return_inverse=True)
        closes = np.array([_closing_minute(day) for day in days.tolist()], dtype="timedelta64[m]")
        after = np.where(self.am, _OPEN, closes[place])
        left = (self.expiry.astype("datetime64[m]") + after) - self.valued.astype("datetime64[m]")
        return np.asarray(left / _MINUTE / MINUTES_PER_YEAR)

    @cached_property
    def expiries(self) -> tuple[Expiry, ...]:
        """Settlements in the chain, in order of time; AM before PM of the same date."""
        pairs = sorted({(d, not a) for d, a in zip(self.expiry.tolist(), self.am, strict=True)})
        return tuple(Expiry(date, not bool(late)) for date, late in pairs)

    def take(self, rows: Mask | NDArray[np.intp]) -> Chain:
        """Return the chain of these rows only; ``rows`` is a mask or places."""
        columns = {
            part.name: getattr(self, part.name)[rows]
            for part in fields(self)
            if isinstance(getattr(self, part.name), np.ndarray)
        }
        return replace(self, **columns)

    def of(self, expiry: Expiry) -> Chain:
        """Return the contracts of one settlement."""
        return self.take(self._rows(expiry))

    def time_to(self, expiry: Expiry) -> float:
        """Return the years to a settlement of the chain, as in `years`."""
        return float(self.years[self._rows(expiry)][0])

    def _rows(self, expiry: Expiry) -> Mask:
        return np.asarray((self.expiry == np.datetime64(expiry.date)) & (self.am == expiry.am))

    def board(self, expiry: Expiry) -> Board:
        """Return the quotes of one settlement side by side, a row per strike.

        Raises
        ------
        DataError
            If it is not in the chain, has expired, or names a contract twice.

        Examples
        --------
        >>> from hedgerow.data.chain_files import sample
        >>> chain = sample()
        >>> board = chain.board(chain.expiries[0])
        >>> board.strike.tolist(), board.call_bid.tolist()
        ([4400.0, 4500.0], [120.1, 50.2])
        """
        part = self.of(expiry)
        if not len(part):
            raise DataError(
                f"no contracts expire {expiry}",
                where=self.file or self.symbol,
                mend=f"choose one of {', '.join(str(e) for e in self.expiries[:6])} …",
            )
        time = self.time_to(expiry)
        if time <= 0.0:
            raise DataError(
                f"the contracts of {expiry} had expired when they were quoted ({self.valued})",
                where=f"{self.file}, row {part.row[0]}",
                mend="choose a later expiry",
            )
        strike = np.unique(part.strike)
        columns = np.full((4, len(strike)), np.nan)
        for side, call in ((0, True), (2, False)):
            rows = np.flatnonzero(part.call == call)
            place = np.searchsorted(strike, part.strike[rows])
            if len(np.unique(place)) < len(place):
                twice = rows[np.flatnonzero(np.diff(np.sort(place)) == 0)[0] + 1]
                raise DataError(
                    f"a contract of {expiry} stands twice",
                    where=f"{self.file}, row {part.row[twice]}",
                    mend="screen the chain, or remove the row",
                )
            columns[side, place] = part.bid[rows]
            columns[side + 1, place] = part.ask[rows]
        return Board(time, strike, *columns)
