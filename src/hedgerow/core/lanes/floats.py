"""The first carriage: one lane, bar by bar, as plain floats, with every decision kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Bar, Book, Order, View, no_order, opening, place, settle, turn_year
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape


class Journey(NamedTuple):
    """One lane from the first bar to the last; columns of **shape** (T,)."""

    times: NDArray[np.datetime64]
    book: Book
    """The book at each decision."""
    order: Order
    """What was decided at each bar, filled at the next."""
    trace: Floats
    """Intensity after each step, **shape** (T, steps)."""
    memory: Floats
    """Memory of all steps after each bar, field by field, **shape** (T, fields)."""


def play(
    policy: Policy,
    tape: Tape,
    measures: Sequence[Any] = (),
    turns: Mapping[int, Policy] | None = None,
) -> tuple[Journey, dict[str, Any]]:
    """Run one lane over the tape.

    Parameters
    ----------
    policy, tape
        What decides, and on what.
    measures
        Measures to reduce on the way.
    turns
        By bar: the same policy with other numbers, which decides from that bar on.  Book and
        memory go on as they are.

    Returns
    -------
    Journey
        Every decision with its trace.
    dict
        The measures' results, one float each.
    """
    params, memory = policy.params(), policy.start()
    later = {bar: turned.params() for bar, turned in (turns or {}).items()}
    book, order = opening(tape.nav), no_order()
    tallies = [measure.start(tape.nav) for measure in measures]
    limits = [measure.params() for measure in measures]
    books: list[Book] = []
    orders: list[Order] = []
    traces: list[tuple[float, ...]] = []
    memories: list[tuple[float, ...]] = []
    bar_rows, signal_rows = tape.bar_rows.tolist(), tape.signal_rows.tolist()
    for t, (cells, seen) in enumerate(zip(bar_rows, signal_rows, strict=True)):
        bar = Bar(*cells)
        if bar.new_year > 0.0:
            book = turn_year(book)
        book = settle(book, order, bar)
        for i, measure in enumerate(measures):
            tallies[i] = measure.kernel(book, order, bar, tallies[i], limits[i])
        params = later.get(t, params)
        decision = policy.decide(View(tuple(seen), book, bar), memory, params)
        memory = decision.memory
        order = place(decision.x, decision.act, book, bar)
        books.append(book)
        orders.append(order)
        traces.append(decision.trace)
        memories.append(tuple(chain.from_iterable(memory)))
    journey = Journey(
        tape.times,
        Book(*np.array(books, dtype="float64").T),
        Order(*np.array(orders, dtype="float64").T),
        np.array(traces, dtype="float64"),
        np.array(memories, dtype="float64").reshape(len(tape), -1),
    )
    results: dict[str, Any] = {}
    for measure, tally in zip(measures, tallies, strict=True):
        results.update(measure.result(tally, book))
    return journey, results
