"""The second carriage: many lanes at once with NumPy, one entry per lane.

A lane is a parameter set on one tape, or a path: a tape of its own with the same policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Bar, Book, View, no_order, opening, place, settle, turn_year
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import StackedTape, lanes_of
from hedgerow.core.measure import STANDARD
from hedgerow.core.tape import Tape

BLOCK = 4_096
"""Lanes at a time: large enough to hide NumPy's overhead, small enough for the cache."""


def play(
    spread: Spread,
    tape: Tape | StackedTape,
    measures: Sequence[Any] = STANDARD,
    progress: Callable[[int], None] | None = None,
    stops: NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    """Run every lane over the tape and return the measures, each of **shape** (lanes,).

    With ``stops``, rising numbers of bars, they are read after each of these many bars and are
    of **shape** (stops, lanes).

    Raises
    ------
    PolicyError
        If parameters are spread over the lanes of a stacked tape.
    """
    ends = np.array([len(tape)]) if stops is None else stops
    lanes = lanes_of(spread, tape)
    parts = []
    for low in range(0, lanes, BLOCK):
        rows = slice(low, min(low + BLOCK, lanes))
        parts.append(_block(spread, tape, measures, rows, ends))
        if progress is not None:
            progress(rows.stop - rows.start)
    made = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    return {name: column[0] for name, column in made.items()} if stops is None else made


def _block(
    spread: Spread,
    tape: Tape | StackedTape,
    measures: Sequence[Any],
    rows: slice,
    stops: NDArray[np.int64],
) -> dict[str, Any]:
    policy, memory = spread.policy, spread.policy.start()
    if isinstance(tape, StackedTape):
        params, bars = spread.params(), tape.part(rows).rows()
    else:
        params, bars = spread.params(rows), _rows(tape)
    book, order = opening(tape.nav), no_order()
    tallies = [measure.start(tape.nav) for measure in measures]
    limits = [measure.params() for measure in measures]
    read: list[dict[str, Any]] = []
    for count, (bar, seen) in enumerate(bars, start=1):
        if bar.new_year > 0.0:
            book = turn_year(book)
        book = settle(book, order, bar)
        for i, measure in enumerate(measures):
            tallies[i] = measure.kernel(book, order, bar, tallies[i], limits[i])
        decision = policy.decide(View(seen, book, bar), memory, params)
        memory = decision.memory
        order = place(decision.x, decision.act, book, bar)
        if count == stops[len(read)]:
            read.append(_read(measures, tallies, book, rows.stop - rows.start))
            if len(read) == len(stops):
                break
    return {name: np.array([results[name] for results in read]) for name in read[0]}


def _rows(tape: Tape) -> Iterator[tuple[Bar, tuple[float, ...]]]:
    for cells, seen in zip(tape.bar_rows.tolist(), tape.signal_rows.tolist(), strict=True):
        yield Bar(*cells), tuple(seen)


def _read(
    measures: Sequence[Any], tallies: Sequence[Any], book: Book, lanes: int
) -> dict[str, Any]:
    """Return what the measures say now, each of **shape** (lanes,)."""
    results: dict[str, Any] = {}
    for measure, tally in zip(measures, tallies, strict=True):
        for name, value in measure.result(tally, book).items():
            results[name] = np.array(np.broadcast_to(value, (lanes,)), dtype="float64")
    return results
