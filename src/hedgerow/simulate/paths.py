"""Paths of a model: columns by path and session, and each path as a market."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.expiry import holidays
from hedgerow.core.market import Day, Floats, Market, Origin, session_date
from hedgerow.errors import RangeError
from hedgerow.simulate.draws import STREAM, Draws
from hedgerow.simulate.term import slow_mean

VIX_MOST = 500.0
"""Points that paths may begin at; the highest close is 82.69, and VXO's was 150.19."""

BLOCK = 1_024
"""Paths in memory at a time where nothing else is asked for."""

CENTURY = 25_200
"""Sessions that a path has at most."""

FAMILY = ("vix9d", "vix3m", "vix6m")
"""VIX's relatives, in points."""

LATELY = 630
"""Closes of VIX that a start remembers: ten half-lives of the slowest mean that a model takes."""


@dataclass(frozen=True)
class Start:
    """Where all paths begin: what is known at the close before the first simulated session.

    Parameters
    ----------
    date
        A session, or the one before it is taken.
    spx, vix
        Points, positive.
    rate, dividend_yield
        Decimal a year; they stay as they are on every path.
    lately
        VIX at the closes before, points, oldest first: a VIX that leapt yesterday falls back, one
        that has been high for months stays.  None: VIX has stood where it is.
    beside
        VIX's relatives and SKEW at that close, points by name, where known: models fitted to them
        go on from what they are.

    Raises
    ------
    RangeError
        If the date is unreadable or a level is not positive.

    Examples
    --------
    >>> Start(vix=30.0).spx
    4000.0
    """

    date: Day = "2020-01-02"
    spx: float = 4_000.0
    vix: float = 17.0
    rate: float = 0.03
    dividend_yield: float = 0.018
    lately: tuple[float, ...] = field(default=(), repr=False)
    beside: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", str(session_date(self.date, "start.date")))
        for name, most in (("spx", 1e12), ("vix", VIX_MOST)):
            if not 0.0 < getattr(self, name) <= most:  # false for NaN
                raise RangeError(
                    f"{getattr(self, name)} is not a level",
                    where=f"start.{name}",
                    mend=f"give a positive number of points, {most:g} or fewer",
                )
        for name in ("rate", "dividend_yield"):
            if not np.isfinite(getattr(self, name)):
                raise RangeError("a rate must be a number", where=f"start.{name}")

    @classmethod
    def of(cls, market: Market, date: str | None = None) -> Start:
        """Return the state of a market at its last session, or at ``date``.

        Raises
        ------
        DataError, RangeError
            If the market has no ``spx`` or ``vix``, or none of that date.
        """
        if not len(market):
            raise RangeError("the market has no bars", where="market")
        row = len(market) - 1 if date is None else market.index_of(date)
        known = {
            name: float(market[name][row])
            for name in ("rate", "dividend_yield")
            if name in market and np.isfinite(market[name][row])
        }
        levels = {name: float(market[name][row]) for name in ("spx", "vix")}
        before = market["vix"][max(row - LATELY, 0) : row]
        lately = tuple(before[np.isfinite(before) & (before > 0.0)].tolist())
        beside = tuple(
            (name, float(market[name][row]))
            for name in (*FAMILY, "skew")
            if name in market
            and market[name][row] > 0.0
            and market.origin[name][row] != Origin.ASSUMED  # as where VIX is set to another level
        )
        return cls(str(market.dates[row]), **levels, **known, lately=lately, beside=beside)

    def recent(self, half_life: float, floor: float = 0.0) -> float:
        """Return the exponential mean of ln(VIX − floor) up to the start's close.

        Parameters
        ----------
        half_life
            Sessions in which it forgets half.
        floor
            Points.

        Examples
        --------
        >>> round(float(np.exp(Start(vix=40.0, lately=(10.0, 10.0)).recent(1.0))), 9)
        20.0
        """
        above = [vix - floor for vix in (*self.lately, self.vix) if vix > floor]
        return float(slow_mean(np.log(above), half_life)[-1])

    def dates(self, sessions: int) -> NDArray[np.datetime64]:
        """Return the start and the scheduled sessions after it, **shape** (sessions + 1,).

        Examples
        --------
        >>> [str(day) for day in Start("2019-04-18").dates(1)]  # over Good Friday
        ['2019-04-18', '2019-04-22']
        """
        day = np.datetime64(str(self.date), "D")
        year = int(str(day)[:4])
        closed = holidays(year - 1, year + 2 + sessions // 240)
        ahead = np.arange(sessions + 1)
        return np.asarray(np.busday_offset(day, ahead, roll="backward", holidays=closed))


class Block(NamedTuple):
    """Some neighbouring paths in memory."""

    first: int
    """Number of the first path."""
    columns: Mapping[str, Floats]
    """By name, **shape** (paths, T)."""


class PathModel(ABC):
    """What makes paths; its parameters are frozen."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""

    @property
    def hidden(self) -> frozenset[str]:
        """Columns that no policy may see: they are no part of a path's market."""
        return frozenset()

    @abstractmethod
    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return columns of **shape** (sessions + 1, draws.width), row 0 at the start.

        The index ``spx`` and ``vix`` at least, points.
        """

    def paths(self, n_paths: int, sessions: int, seed: int, start: Start | None = None) -> Paths:
        """Return paths; nothing is drawn before it is asked for.

        Parameters
        ----------
        n_paths
            1 or more.
        sessions
            Simulated sessions, 1 or more; a path has T = sessions + 1 rows, the start first.
        seed
            0 or more: equal seeds give equal paths.
        start
            Where they begin.

        Raises
        ------
        RangeError
            If a number is out of range.
        """
        return Paths(self, n_paths, sessions, seed, start or Start())


@dataclass(frozen=True)
class Paths:
    """Paths of a model, drawn when they are looked at.

    ``paths["vix"]`` is a column of all paths, **shape** (n_paths, T); ``blocks`` goes over them in
    bounded memory; ``market(i)`` is path i, a market like any other, its values labelled as
    modelled.  Path i is the same however it is reached.

    Parameters
    ----------
    model
        What makes them.
    n_paths, sessions, seed, start
        As in `PathModel.paths`.

    Raises
    ------
    RangeError
        If a number is out of range.

    Examples
    --------
    >>> from hedgerow.simulate.falls import FlashCrash
    >>> paths = FlashCrash().paths(3, 60, seed=1)
    >>> len(paths), paths["spx"].shape, len(paths.market(2))
    (3, (3, 61), 61)
    """

    model: PathModel
    n_paths: int
    sessions: int
    seed: int
    start: Start

    def __post_init__(self) -> None:
        for name, least in (("n_paths", 1), ("sessions", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise RangeError(
                    f"{value!r} is not a whole number of {least} or more", where=f"paths.{name}"
                )
        if self.sessions > CENTURY:
            raise RangeError(
                f"{self.sessions:,} sessions are more than a century",
                where="paths.sessions",
                mend=f"ask for {CENTURY:,} or fewer",
            )

    def __len__(self) -> int:
        return self.n_paths

    def __getitem__(self, name: str) -> Floats:
        """Return a column of all paths, **shape** (n_paths, T)."""
        parts = []
        for block in self.blocks():
            if name not in block.columns:
                have = ", ".join(sorted(block.columns))
                raise RangeError(
                    f"paths have no column '{name}'", where="paths", mend=f"use one of: {have}"
                )
            parts.append(block.columns[name])
        return np.concatenate(parts)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Sessions of every path, ``datetime64[D]``, **shape** (T,)."""
        return self.start.dates(self.sessions)

    def block(self, first: int, last: int) -> Block:
        """Return paths ``first`` … ``last - 1``.

        Raises
        ------
        RangeError
            If there are no such paths.
        """
        if not 0 <= first < last <= self.n_paths:
            raise RangeError(
                f"there are no paths {first} … {last - 1}",
                where="paths.block",
                mend=f"paths are numbered 0 … {self.n_paths - 1}",
            )
        # Whole streams, so that every operation meets columns of the same widths' multiples.
        low, high = first // STREAM, -(-last // STREAM)
        made = self.model.simulate(Draws(int(self.seed), low, high, int(self.sessions)), self.start)
        rows = slice(first - low * STREAM, last - low * STREAM)
        return Block(first, {name: values[:, rows].T for name, values in made.items()})

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Go over all paths, so many at a time; only one block is in memory."""
        if size < 1:
            raise RangeError(f"blocks of {size} paths", where="paths.blocks", mend="give 1 or more")
        for first in range(0, self.n_paths, size):
            yield self.block(first, min(first + size, self.n_paths))

    def market(self, i: int) -> Market:
        """Return path ``i`` as a market.

        Raises
        ------
        RangeError
            If there is no such path.
        """
        return self._market(self.block(i, i + 1), 0)

    def after(self, history: Market, i: int) -> Market:
        """Return path ``i`` with what came before it, so that signals that look back are warm.

        Parameters
        ----------
        history
            The market that `Start.of` was taken from; rows after the start are left out.
        i
            Number of the path.

        Returns
        -------
        Market
            History up to the start, with its own origins, then the path.  A column that one of
            them lacks is unknown there.

        Raises
        ------
        RangeError
            If there is no such path, or the start is not a session of this history.

        Examples
        --------
        >>> import hedgerow as hr
        >>> from hedgerow.simulate.falls import FlashCrash
        >>> history = hr.load("builtin", start="2018-01-02", end="2018-12-31")
        >>> paths = FlashCrash().paths(1, 60, seed=0, start=Start.of(history))
        >>> market = paths.after(history, 0)
        >>> len(market), round(market.share("vix", Origin.MEASURED), 2)
        (311, 0.81)
        """
        return next(self.joined(history, i, i + 1))

    def joined(self, history: Market, first: int, last: int) -> Iterator[Market]:
        """Go over paths ``first`` … ``last - 1``, each as `after` gives it, quicker.

        Parameters
        ----------
        history
            As for `after`.
        first, last
            Numbers of paths.

        Raises
        ------
        RangeError
            As for `after`.
        """
        past, block = self._past(history), self.block(first, last)
        for k in range(last - first):
            yield _behind(past, self._market(block, k))

    def _past(self, history: Market) -> Market:
        day = self.dates[0]
        row = history.index_of(str(day))
        levels = (float(history["spx"][row]), float(history["vix"][row]))
        if history.dates[row] != day or levels != (self.start.spx, self.start.vix):
            raise RangeError(
                f"the paths do not start at the history's close of {day}",
                where="paths.after",
                mend="make them with start=Start.of(history)",
            )
        return history.until(row)

    def ensemble(self, first: int, last: int, history: Market | None = None) -> Ensemble:
        """Return paths ``first`` … ``last - 1`` side by side.

        Parameters
        ----------
        first, last
            Numbers of paths.
        history
            As for `after`: rows up to the start are put before every path.

        Raises
        ------
        RangeError
            As for `block` and `after`.

        Examples
        --------
        >>> from hedgerow.simulate.falls import FlashCrash
        >>> paths = FlashCrash().paths(3, 60, seed=1)
        >>> both = paths.ensemble(1, 3)
        >>> both["vix"].shape, bool((both["vix"][:, 1] == paths.market(2)["vix"]).all())
        ((61, 2), True)
        """
        columns = {
            name: np.ascontiguousarray(values.T)
            for name, values in self.block(first, last).columns.items()
            if name not in self.model.hidden
        }
        times = self.dates.astype("datetime64[ns]")
        shape = (len(times), last - first)
        for name in ("rate", "dividend_yield"):
            columns.setdefault(name, np.broadcast_to(getattr(self.start, name), shape))
        if history is None:
            return Ensemble(times, columns)
        past, nothing = self._past(history), np.full(shape, np.nan)
        for name in {**past.columns, **columns}:
            before = past[name] if name in past else np.full(len(past), np.nan)
            before = np.repeat(before[:, None], shape[1], axis=1)
            columns[name] = np.concatenate([before, columns.get(name, nothing)[1:]])
        return Ensemble(np.concatenate([past.times, times[1:]]), columns)

    def markets(self) -> Iterator[Market]:
        """Go over all paths as markets; quicker than `market` for each."""
        for block in self.blocks():
            for row in range(len(block.columns["spx"])):
                yield self._market(block, row)

    def _market(self, block: Block, row: int) -> Market:
        dates = self.dates
        hidden = self.model.hidden
        columns = {
            name: values[row] for name, values in block.columns.items() if name not in hidden
        }
        for name in ("rate", "dividend_yield"):
            columns.setdefault(name, np.full(len(dates), getattr(self.start, name)))
        told = f"simulated: {self.model.title}; seed {self.seed}, path {block.first + row}"
        origin = {
            name: np.where(np.isfinite(values), Origin.MODELLED, Origin.MISSING)
            for name, values in columns.items()
        }
        return Market(dates.astype("datetime64[ns]"), columns, origin, dict.fromkeys(columns, told))


def _behind(past: Market, path: Market) -> Market:
    """Return a path, whose first row is the last of the past, with the past before it."""
    day, ahead = past.dates[-1], path.times[1:]
    columns, origin, sources = {}, {}, {}
    for name in {**past.columns, **path.columns}:
        parts = [
            (part[name][rows], part.origin[name][rows])
            if name in part
            else (np.full(count, np.nan), np.full(count, Origin.MISSING))
            for part, rows, count in (
                (past, slice(None), len(past)),
                (path, slice(1, None), len(ahead)),
            )
        ]
        columns[name], origin[name] = (np.concatenate(pair) for pair in zip(*parts, strict=True))
        said = [part.sources.get(name, "unknown") for part in (past, path)]
        sources[name] = f"{said[0]}; after {day} {said[1]}"
    return Market(np.concatenate([past.times, ahead]), columns, origin, sources, past.findings)
