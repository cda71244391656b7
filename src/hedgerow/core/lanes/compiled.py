"""The third carriage: a loop written for the policy, compiled once, kept on disk.

Steps and measures of Hedgerow itself compile into a file in the user's cache directory, under
a name that carries a hash of every source file that the kernels come from: numba's own cache
does not see changes in callees.  Steps of the user's own are compiled in memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from hedgerow.core.book import Bar, Book, no_order, opening
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.writer import WIDTH, Layout, write
from hedgerow.core.market import Floats
from hedgerow.core.measure import STANDARD
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape

SPAN = 16
"""Blocks that a thread takes at a time: long enough to be worth it, short enough to stop."""

HEADER = '''"""Written by hedgerow.core.lanes.writer; safe to delete."""
import numpy as np
from numba import njit

import hedgerow.core.lanes.overloads
from hedgerow.core.book import Bar, Book, Order, View
from hedgerow.core.book import place as place_, settle as settle_
'''

_shapes: dict[Any, tuple[Layout, Any]] = {}
_loops: dict[tuple[str, tuple[type, ...]], Any] = {}


def play(
    spread: Spread,
    tape: Tape,
    measures: Sequence[Any] = STANDARD,
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
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
    """
    params = spread.params()
    policy, lanes = spread.policy, len(spread)
    varied = [
        {n for n, v in zip(p._fields, p, strict=True) if isinstance(v, np.ndarray)} for p in params
    ]
    layout, run = _prepare(policy, params, varied, measures)
    shared = np.array(
        [
            getattr(params[i] if owner == "step" else measures[i].params(), name)
            for owner, i, name in layout.shared
        ],
        dtype="float64",
    )
    rows = [np.broadcast_to(getattr(params[i], name), (lanes,)) for i, name in layout.lane_rows]
    columns = np.array(rows, dtype="float64").reshape(len(rows), lanes)
    starts = _starts(layout, policy.start(), measures, tape.nav)
    out = np.empty((len(layout.results), lanes))
    blocks = -(-lanes // WIDTH)
    workers = min(threads or os.cpu_count() or 1, blocks)
    # Few blocks: an even share for every thread; many: spans that a progress bar can count.
    span = max(1, min(SPAN, -(-blocks // workers)))
    spans = [(low, min(low + span, blocks)) for low in range(0, blocks, span)]

    # Compile in this thread, then share the work out; the loop releases the interpreter lock.
    nothing = tape.bar_rows[:0], tape.signal_rows[:0]
    run(*nothing, shared, starts, columns, 0, 0, _buffer(layout.cells), out)
    left, finished = deque(spans), deque[int]()

    def work(report: Callable[[int], None] | None = None) -> None:
        buffer = _buffer(layout.cells)
        while True:
            try:
                low, high = left.popleft()
            except IndexError:
                return
            run(tape.bar_rows, tape.signal_rows, shared, starts, columns, low, high, buffer, out)
            finished.append(min(high * WIDTH, lanes) - low * WIDTH)
            if report is not None:
                _tell(finished, report)

    helpers = [_pool(workers - 1).submit(work) for _ in range(workers - 1)]
    try:
        work(progress)  # the calling thread works too, and alone reports
    finally:  # an interrupt lets the spans under way end: they write into ``out``
        left.clear()
        wait(helpers)
    for helper in helpers:
        helper.result()
    if progress is not None:
        _tell(finished, progress)
    return _results(layout, measures, out)


def _tell(finished: deque[int], report: Callable[[int], None]) -> None:
    """Report the lanes that any thread has finished since the last report."""
    while finished:
        report(finished.popleft())


@lru_cache(maxsize=4)
def _pool(workers: int) -> ThreadPoolExecutor:
    """Return threads that stay: starting one takes as long as a hundred lanes."""
    return ThreadPoolExecutor(workers, thread_name_prefix="hedgerow-lanes")


if hasattr(os, "register_at_fork"):  # a forked child has no threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _buffer(cells: int) -> Floats:
    """Return an empty buffer that starts on a cache line, so that no vector straddles two."""
    room = np.empty(cells + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + cells]


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
    nothing = np.full(out.shape[1], np.nan)
    book = Book(*(rows.get(name, nothing) for name in Book._fields))
    results: dict[str, Any] = {}
    for i, measure in enumerate(measures):
        memory = measure.Memory(*(rows[f"t{i}_{name}"] for name in measure.Memory._fields))
        results.update(measure.result(memory, book))
    return results


def _prepare(
    policy: Policy, params: Sequence[Any], varied: Sequence[set[str]], measures: Sequence[Any]
) -> tuple[Layout, Any]:
    """Write and compile a loop, or find the one of the last policy of this shape."""
    shape = (
        policy.wiring,
        tuple(
            (type(step), frozenset(fields), getattr(step, "idle", None))
            for step, fields in zip(policy.steps, varied, strict=True)
        ),
        tuple(value for p in params for value in p if isinstance(value, bool)),
        tuple(type(measure) for measure in measures),
    )
    if shape not in _shapes:
        layout = write(policy, params, varied, measures)
        _shapes[shape] = layout, loop_for(layout, policy.steps, measures)
    return _shapes[shape]


def loop_for(layout: Layout, steps: Sequence[Any], measures: Sequence[Any]) -> Any:
    """Return the compiled loop for a layout, from memory, disk, or the compiler."""
    makers = (*(type(step) for step in steps), *(type(measure) for measure in measures))
    at_hand = (layout.source, makers)
    if at_hand not in _loops:
        key = _key(layout.source, makers)
        ours = all(cls.__module__.startswith("hedgerow.") for cls in makers)
        folder = _folder() if ours else None
        _loops[at_hand] = (
            _in_memory(layout.source, steps, measures)
            if folder is None
            else _on_disk(folder / f"lanes_{key}.py", layout.source, steps, measures)
        )
    return _loops[at_hand]


def _key(source: str, makers: Sequence[type]) -> str:
    """Hash the loop with every file that its kernels could come from."""
    import numba

    from hedgerow.core import book, numeric
    from hedgerow.core.lanes import overloads

    state = hashlib.sha256(f"{numba.__version__} {sys.version} {np.__version__}".encode())
    state.update(source.encode())
    modules = {sys.modules[cls.__module__] for cls in makers} | {book, numeric, overloads}
    for module in sorted(modules, key=lambda module: module.__name__):
        state.update(module.__name__.encode())
        path = getattr(module, "__file__", None)
        state.update(Path(path).read_bytes() if path else b"")
    for cls in makers:  # classes of the same name made anew in a notebook must not be mixed up
        state.update(cls.__qualname__.encode())
        if not cls.__module__.startswith("hedgerow."):
            state.update(str(id(cls)).encode())
    return state.hexdigest()[:24]


def _folder() -> Path | None:
    """Return the cache directory, or None where none can be written."""
    root = os.environ.get("HEDGEROW_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(root) if root else Path.home() / ".cache"
    folder = base / "hedgerow" / "lanes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _decorators(cache: bool) -> str:
    keep = "cache=True, " if cache else ""
    return (
        'inline = njit(error_model="numpy", inline="never")\n'
        'inlined = njit(error_model="numpy", nogil=True)\n'
        f'compiled = njit({keep}error_model="numpy", nogil=True)\n'
    )


def _teach(kernel: FunctionType, known: set[str]) -> None:
    """Let the compiler see into the plain functions that a user's kernel calls."""
    from numba.extending import register_jitable

    for name in kernel.__code__.co_names:
        called = kernel.__globals__.get(name)
        if not isinstance(called, FunctionType) or called.__module__.startswith("hedgerow."):
            continue
        if called.__qualname__ not in known:
            known.add(called.__qualname__)
            register_jitable(called)
            _teach(called, known)


def _in_memory(source: str, steps: Sequence[Any], measures: Sequence[Any]) -> Any:
    for owner in (*steps, *measures):
        _teach(owner.kernel, set())
    scope: dict[str, Any] = {"steps": tuple(steps), "measures": tuple(measures)}
    exec(compile(HEADER + _decorators(cache=False) + source, "<hedgerow lanes>", "exec"), scope)
    return scope["run"]


def _on_disk(path: Path, source: str, steps: Sequence[Any], measures: Sequence[Any]) -> Any:
    """Write the module once (by rename, so that two processes cannot meet), then import it."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(HEADER + _decorators(cache=True) + source)
        os.replace(draft, path)
    name = f"_hedgerow_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    module.steps, module.measures = tuple(steps), tuple(measures)  # type: ignore[attr-defined]
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.run


FIELDS = len(Bar._fields)
"""Columns of a tape's bars."""
