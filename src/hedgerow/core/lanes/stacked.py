"""Tapes of many paths side by side: the lanes of a Monte Carlo run are paths, not parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Bar
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.core.strip import Strip
from hedgerow.core.tape import Tape, bars_on, check
from hedgerow.errors import PolicyError, RangeError

CALENDAR = frozenset({"days", "days_ahead", "days_left", "new_year", "year_ends"})
"""Fields of a bar that come from its date alone, so that no two paths differ in them."""


@dataclass(frozen=True)
class StackedTape:
    """Bars and signals of many paths over the same sessions.

    Parameters
    ----------
    times
        Session labels, ``datetime64[ns]``, **shape** (T,).
    bars
        A :class:`Bar` of columns, each of **shape** (T,) where all paths share it, else
        (T, paths); those of `CALENDAR` are shared.
    signals
        One column per signal of the policy, in its order, of either shape.
    nav
        NAV before the first bar, USD.
    lanes
        How many paths there are.

    Raises
    ------
    RangeError
        If a column has another shape, or one of the calendar differs from path to path.
    """

    times: NDArray[np.datetime64]
    bars: Bar
    signals: tuple[Floats, ...]
    nav: float
    lanes: int

    def __post_init__(self) -> None:
        shared, own = (len(self.times),), (len(self.times), self.lanes)
        for name, column in (*self.bars._asdict().items(), *enumerate(self.signals)):
            if column.shape != shared and (column.shape != own or name in CALENDAR):
                raise RangeError(
                    f"a column of shape {column.shape} does not fit {own}", where=f"tape.{name}"
                )

    def __len__(self) -> int:
        return len(self.times)

    def part(self, lanes: slice) -> StackedTape:
        """Return some neighbouring paths."""
        low, high, _ = lanes.indices(self.lanes)
        return self._of(lambda column: column[:, low:high], high - low)

    def lane(self, k: int) -> Tape:
        """Return path ``k`` as an ordinary tape."""
        one = self.part(slice(k, k + 1))
        bars, signals = (
            [column[:, 0] if column.ndim == 2 else column for column in columns]
            for columns in (one.bars, one.signals)
        )
        return Tape(self.times, Bar(*bars), tuple(signals), self.nav)

    def rows(self) -> Iterator[tuple[Bar, tuple[Any, ...]]]:
        """Go over the bars: floats where paths share them, else of **shape** (paths,)."""
        columns = [c.tolist() if c.ndim == 1 else c for c in (*self.bars, *self.signals)]
        fields = len(Bar._fields)
        for cells in zip(*columns, strict=True):
            yield Bar(*cells[:fields]), cells[fields:]

    @property
    def bar_rows(self) -> Floats:
        """What paths share of the bars, 0 elsewhere, **shape** (T, fields), C-contiguous."""
        return self._shared(self.bars)

    @property
    def signal_rows(self) -> Floats:
        """What paths share of the signals, 0 elsewhere, **shape** (T, signals), C-contiguous."""
        return self._shared(self.signals)

    def _shared(self, columns: Sequence[Floats]) -> Floats:
        made = np.zeros((len(self), len(columns)))
        for i, column in enumerate(columns):
            if column.ndim == 1:
                made[:, i] = column
        return made

    def _of(self, cut: Any, lanes: int) -> StackedTape:
        bars, signals = (
            [cut(column) if column.ndim == 2 else column for column in columns]
            for columns in (self.bars, self.signals)
        )
        return StackedTape(self.times, Bar(*bars), tuple(signals), self.nav, lanes)


def record_paths(
    policy: Policy,
    times: NDArray[np.datetime64],
    strip: Strip,
    sizes: tuple[Floats, Floats],
    portfolio: Floats,
    signals: Sequence[Floats],
    nav: float,
    *,
    exposure: Floats,
    first: int,
) -> StackedTape:
    """Lay paths out as :func:`hedgerow.core.tape.record` does each, orders filled one bar later.

    Parameters
    ----------
    policy
        Whose signals these are.
    times
        Session labels, **shape** (T,).
    strip, sizes, portfolio, signals, exposure
        As there, columns of **shape** (T, paths), or (T,) where paths do not differ.
    nav, first
        As there.

    Raises
    ------
    HedgerowError
        As `record` does on the first path that gives reason to.
    """
    dates = times.astype("datetime64[D]")
    bars = bars_on(dates, strip, sizes, portfolio, exposure, first=first)
    rows = slice(first, None)
    tape = StackedTape(
        times[rows],
        Bar(*(np.ascontiguousarray(column[rows]) for column in bars)),
        tuple(np.ascontiguousarray(column[rows]) for column in signals),
        float(nav),
        portfolio.shape[1],
    )
    whole = all(bool(np.isfinite(column).all()) for column in (*tape.bars, *tape.signals))
    if not whole or any("delta" in getattr(step, "needs", ()) for step in policy.steps):
        for k in range(tape.lanes):
            check(tape.lane(k), policy, strip)
    return tape


def stack(tapes: Sequence[Tape]) -> StackedTape:
    """Put the tapes of many paths side by side; columns that all share are kept once.

    Parameters
    ----------
    tapes
        One or more, of the same sessions, signals and NAV.

    Raises
    ------
    RangeError
        If there are none, or they are not of the same sessions, signals and NAV.

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> flat = Bar(*np.zeros((len(Bar._fields), 2)))
    >>> tapes = [Tape(days, flat, (np.array([vix, 20.0]),), 100.0) for vix in (12.0, 40.0)]
    >>> both = stack(tapes)
    >>> both.lanes, both.signals[0].tolist(), both.bars.gain.shape
    (2, [[12.0, 40.0], [20.0, 20.0]], (2,))
    """
    if not tapes:
        raise RangeError("there are no tapes to stack", where="tapes")
    first = tapes[0]
    for k, tape in enumerate(tapes):
        alike = np.array_equal(tape.times, first.times) and tape.nav == first.nav
        if not alike or len(tape.signals) != len(first.signals):
            raise RangeError(
                "sessions, signals or NAV are not those of the first",
                where=f"tapes[{k}]",
                mend="stack paths of one model with one policy",
            )

    bars = [_together(columns) for columns in zip(*(t.bars for t in tapes), strict=True)]
    signals = [_together(columns) for columns in zip(*(t.signals for t in tapes), strict=True)]
    return StackedTape(first.times, Bar(*bars), tuple(signals), first.nav, len(tapes))


def lanes_of(spread: Spread, tape: Tape | StackedTape) -> int:
    """Return how many lanes a carriage plays.

    Raises
    ------
    PolicyError
        If parameters are spread over the lanes of a stacked tape.
    """
    if not isinstance(tape, StackedTape):
        return len(spread)
    if spread.values:
        raise PolicyError(
            "lanes are parameter sets or paths, not both",
            where="sweep",
            mend="play the paths with one policy after the other",
        )
    return tape.lanes


def _together(columns: Sequence[Floats]) -> Floats:
    """Return one column where all are the same, else **shape** (T, lanes)."""
    made = np.stack(columns, axis=-1)
    shared = bool((made == made[:, :1]).all())
    return np.ascontiguousarray(made[:, 0]) if shared else made
