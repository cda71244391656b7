"""Shares a compiled loop out to threads: no threading layer of numba, so no fork trap."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN = 16_384
"""Items that a thread takes at a time: long enough to be worth it, short enough to stop."""


def share(
    work: Callable[[int, int, Floats], float], count: int, cells: int, threads: int | None = None
) -> float:
    """Call ``work(low, high, buffer)`` over all spans and return the sum of what it returns.

    Parameters
    ----------
    work
        A loop over items low … high − 1 that releases the interpreter lock.  It must treat
        every item alike: results do not depend on who works which span.
    count
        Items.
    cells
        Length of the buffer that each thread gets, float64.
    threads
        All processors by default; the calling thread is one of them.

    Examples
    --------
    >>> share(lambda low, high, buffer: float(high - low), 100_000, 8)
    100000.0
    """
    left = deque((low, min(low + SPAN, count)) for low in range(0, count, SPAN))
    workers = min(threads or os.cpu_count() or 1, len(left))

    def run() -> float:
        buffer, total = aligned(cells), 0.0
        while True:
            try:
                low, high = left.popleft()
            except IndexError:
                return total
            total += work(low, high, buffer)

    others = [pool(workers - 1).submit(run) for _ in range(workers - 1)]
    try:
        total = run()
    finally:  # an interrupt lets the spans under way end: they write into the caller's arrays
        left.clear()
        wait(others)
    return total + sum(other.result() for other in others)


@lru_cache(maxsize=4)
def pool(workers: int) -> ThreadPoolExecutor:
    """Return threads that stay: starting one takes as long as thousands of options.

    Examples
    --------
    >>> pool(1) is pool(1)
    True
    """
    return ThreadPoolExecutor(workers, thread_name_prefix="hedgerow")


if hasattr(os, "register_at_fork"):  # a forked child has no threads
    os.register_at_fork(after_in_child=pool.cache_clear)


def aligned(cells: int) -> Floats:
    """Return an empty buffer that starts on a cache line, so that no vector straddles two.

    Parameters
    ----------
    cells
        Numbers, float64.

    Examples
    --------
    >>> aligned(100).ctypes.data % 64
    0
    """
    room = np.empty(cells + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + cells]
