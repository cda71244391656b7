"""The third carriage: a loop written for the policy, compiled once, shared out to threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Book, no_order, opening
from hedgerow.core.lanes.loops import loop_of
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import StackedTape, lanes_of
from hedgerow.core.lanes.writer import SHARED, WIDTH, Layout, Own
from hedgerow.core.market import Floats
from hedgerow.core.measure import STANDARD
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.errors import PolicyError
from hedgerow.pricing.threads import aligned, pool

SPAN = 16
"""Blocks that a thread takes at a time: long enough to be worth it, short enough to stop."""


def play(
    spread: Spread,
    tape: Tape | StackedTape,
    measures: Sequence[Any] = STANDARD,
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
    stops: NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    """Run every lane over the tape and return the measures, each of **shape** (lanes,).

    Parameters
    ----------
    spread, tape, measures
        As in :mod:`hedgerow.core.lanes.columns`.
    progress
        Called with the number of lanes just done, from the calling thread.
    threads
        Worker threads; all processors by default.  Results do not depend on it.
    stops
        Numbers of bars, rising, after each of which the measures are read; they are then of
        **shape** (stops, lanes).  After the last bar alone by default.
    """
    lanes = lanes_of(spread, tape)
    loaded = load(spread, measures, tape.nav, lanes, own_of(tape))
    layout = loaded.layout
    ends = np.array([len(tape)]) if stops is None else stops
    out = np.empty((len(layout.results), len(ends), lanes))
    blocks = -(-lanes // WIDTH)
    workers = min(threads or os.cpu_count() or 1, blocks)
    # Few blocks: an even share for every thread; many: spans that a progress bar can count.
    span = max(1, min(SPAN, -(-blocks // workers)))
    spans = [(low, min(low + span, blocks)) for low in range(0, blocks, span)]

    # Compile in this thread, then share the work out; the loop releases the interpreter lock.
    inputs = inputs_of(layout, tape)
    whole = tape.bar_rows, tape.signal_rows, ends
    loaded.run(*whole, 0, 0, np.zeros(1), out, inputs)
    left, finished = deque(spans), deque[int]()

    def work(report: Callable[[int], None] | None = None) -> None:
        buffer = aligned(layout.cells)
        while True:
            try:
                low, high = left.popleft()
            except IndexError:
                return
            loaded.run(*whole, low, high, buffer, out, inputs)
            finished.append(min(high * WIDTH, lanes) - low * WIDTH)
            if report is not None:
                _tell(finished, report)

    helpers = [pool(workers - 1).submit(work) for _ in range(workers - 1)]
    try:
        work(progress)  # the calling thread works too, and alone reports
    finally:  # an interrupt lets the spans under way end: they write into ``out``
        left.clear()
        wait(helpers)
    for helper in helpers:
        helper.result()
    if progress is not None:
        _tell(finished, progress)
    return loaded.results(out[:, 0] if stops is None else out)


class Loaded(NamedTuple):
    """A policy's loop with all that it takes but the tape."""

    policy: Policy
    measures: Sequence[Any]
    layout: Layout
    loop: Any
    shared: Floats
    starts: Floats
    columns: Floats

    def run(
        self,
        bars: Floats,
        signals: Floats,
        ends: NDArray[np.int64],
        low: int,
        high: int,
        buffer: Floats,
        out: Floats,
        inputs: tuple[Floats, ...],
    ) -> None:
        """Play blocks ``low`` … ``high`` - 1 of lanes into ``out``.

        Raises
        ------
        PolicyError
            If the loop cannot be compiled.
        """
        from numba.core.errors import NumbaError

        given = (self.shared, self.starts, self.columns, low, high, buffer, out)
        own = (inputs,) if inputs else ()
        try:
            self.loop(bars, signals, ends, *given, *own)
        except NumbaError as error:
            raise PolicyError(
                f"the policy's steps cannot be compiled: {_gist(error)}",
                where="/".join(step.kind for step in self.policy.steps),
                mend="use plain functions and named fields in kernels, or the carriage 'numpy'",
            ) from error

    def results(self, out: Floats) -> dict[str, Any]:
        """Return what the measures say, given the rows of ``layout.results``."""
        return _results(self.layout, self.measures, out)


def load(spread: Spread, measures: Sequence[Any], nav: float, lanes: int, own: Own) -> Loaded:
    """Find or write the loop of a policy, and lay out what it takes.

    Parameters
    ----------
    spread, measures
        As for `play`.
    nav
        USD before the first bar.
    lanes
        How many there are.
    own
        What each has of its own.
    """
    params = spread.params()
    varied = [
        {n for n, v in zip(p._fields, p, strict=True) if isinstance(v, np.ndarray)} for p in params
    ]
    layout, loop = loop_of(spread.policy, params, varied, measures, own)
    shared = np.array(
        [
            getattr(params[i] if owner == "step" else measures[i].params(), name)
            for owner, i, name in layout.shared
        ],
        dtype="float64",
    )
    rows = [np.broadcast_to(getattr(params[i], name), (lanes,)) for i, name in layout.lane_rows]
    columns = np.array(rows, dtype="float64").reshape(len(rows), lanes)
    starts = _starts(layout, spread.policy.start(), measures, nav)
    return Loaded(spread.policy, measures, layout, loop, shared, starts, columns)


def own_of(tape: Tape | StackedTape) -> Own:
    """Return what the lanes of a tape have of their own."""
    if not isinstance(tape, StackedTape):
        return SHARED
    return Own(
        frozenset(name for name, column in tape.bars._asdict().items() if column.ndim == 2),
        frozenset(i for i, column in enumerate(tape.signals) if column.ndim == 2),
    )


def inputs_of(layout: Layout, tape: Tape | StackedTape) -> tuple[Floats, ...]:
    """Return what lanes have of their own, as the loop takes it."""
    columns = (
        getattr(tape.bars, name) if isinstance(name, str) else tape.signals[name]
        for name in layout.inputs
    )
    return tuple(np.ascontiguousarray(column) for column in columns)


def _tell(finished: deque[int], report: Callable[[int], None]) -> None:
    """Report the lanes that any thread has finished since the last report."""
    while finished:
        report(finished.popleft())


def _starts(layout: Layout, memory: Sequence[Any], measures: Sequence[Any], nav: float) -> Floats:
    """Return the value of each state row before the first bar."""
    known: dict[str, float] = dict(opening(nav)._asdict())
    known |= {f"o_{name}": value for name, value in no_order()._asdict().items()}
    for i, kept in enumerate(memory):
        known |= {f"m{i}_{name}": value for name, value in kept._asdict().items()}
    for i, measure in enumerate(measures):
        known |= {f"t{i}_{name}": value for name, value in measure.start(nav)._asdict().items()}
    return np.array([known[name] for name in layout.starts], dtype="float64")


def _results(layout: Layout, measures: Sequence[Any], out: Floats) -> dict[str, Any]:
    rows = dict(zip(layout.results, out, strict=True))
    nothing = np.full(out.shape[1:], np.nan)
    book = Book(*(rows.get(name, nothing) for name in Book._fields))
    results: dict[str, Any] = {}
    for i, measure in enumerate(measures):
        memory = measure.Memory(*(rows[f"t{i}_{name}"] for name in measure.Memory._fields))
        results.update(measure.result(memory, book))
    return results


def _gist(error: Exception) -> str:
    """Return the one line of a compiler's message that tells what it met."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("Untyped", "Unknown", "No implementation"))]
    return (told or lines or ["no reason given"])[0].rstrip(":.")
