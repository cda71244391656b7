"""The second carriage: many lanes at once with NumPy, one entry per lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hedgerow.core.book import Bar, View, no_order, opening, place, settle, turn_year
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.measure import STANDARD
from hedgerow.core.tape import Tape

BLOCK = 4_096
"""Lanes at a time: large enough to hide NumPy's overhead, small enough for the cache."""


def play(
    spread: Spread,
    tape: Tape,
    measures: Sequence[Any] = STANDARD,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Run every lane over the tape and return the measures, each of **shape** (lanes,)."""
    parts = []
    for rows in spread.blocks(BLOCK):
        parts.append(_block(spread, tape, measures, rows))
        if progress is not None:
            progress(rows.stop - rows.start)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _block(spread: Spread, tape: Tape, measures: Sequence[Any], rows: slice) -> dict[str, Any]:
    policy, params, memory = spread.policy, spread.params(rows), spread.policy.start()
    book, order = opening(tape.nav), no_order()
    tallies = [measure.start(tape.nav) for measure in measures]
    limits = [measure.params() for measure in measures]
    for cells, seen in zip(tape.bar_rows.tolist(), tape.signal_rows.tolist(), strict=True):
        bar = Bar(*cells)
        if bar.new_year > 0.0:
            book = turn_year(book)
        book = settle(book, order, bar)
        for i, measure in enumerate(measures):
            tallies[i] = measure.kernel(book, order, bar, tallies[i], limits[i])
        decision = policy.decide(View(tuple(seen), book, bar), memory, params)
        memory = decision.memory
        order = place(decision.x, decision.act, book, bar)
    lanes = rows.stop - rows.start
    results: dict[str, Any] = {}
    for measure, tally in zip(measures, tallies, strict=True):
        for name, value in measure.result(tally, book).items():
            results[name] = np.array(np.broadcast_to(value, (lanes,)), dtype="float64")
    return results
