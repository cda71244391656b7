"""A compiled walk over all choices of half the blocks, 64 lanes at a time.

The arithmetic is that of :mod:`hedgerow.research.overfit.cscv`, operation by operation, so that
both find the same ranks.  The sums of every set of the early blocks, and of every set of the late
ones, are laid out once for 64 lanes; a choice of blocks is then two rows of each, added.
"""

# numba compiles these functions: they carry no types that mypy could check.
# ruff: noqa: ANN001, ANN202
# mypy: ignore-errors

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.pricing.kernels import compiled, inlined
from hedgerow.pricing.threads import share

WIDTH = 64
"""Lanes in a block: the sums of 2 × 256 sets of blocks stay in the second cache level."""

_W = np.uintp(WIDTH)


class Best(NamedTuple):
    """The best lane of each half, and where it stands in the other; all of **shape** (2, C)."""

    key: Floats
    lane: NDArray[np.int64]
    there: Floats
    """Its key in the other half."""


def rank(
    total: Floats,
    squares: Floats,
    masks: NDArray[np.int64],
    inverse: Floats,
    progress: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the best lane of each half, and how many are below and level with it elsewhere.

    Parameters
    ----------
    total, squares
        Sums of returns and of their squares by block, **shape** (S, N); −∞ and 1 for a lane
        whose NAV was lost.
    masks
        Which of the early and which of the late blocks are the first half, as bits,
        **shape** (2, C).
    inverse
        One over the number of periods of each half, **shape** (2, C).
    progress
        Called twice with the number of lanes just done, from the calling thread.

    Returns
    -------
    tuple
        Lane, number below, number level (itself included), each of **shape** (2, C).
    """
    lanes, choices = total.shape[1], masks.shape[1]
    cells = 4 * (1 << total.shape[0] // 2) * WIDTH
    shared = total, squares, masks, inverse
    caller, guard, finished = threading.get_ident(), threading.Lock(), deque[int]()

    def tell(low: int, high: int) -> None:
        finished.append(high - low)
        if progress is not None and threading.get_ident() == caller:
            while finished:
                progress(finished.popleft())

    best = Best(
        np.full((2, choices), -np.inf),
        np.zeros((2, choices), dtype="int64"),
        np.full((2, choices), -np.inf),
    )

    def choose(low: int, high: int, buffer: Floats) -> float:
        own = Best(*(each.copy() for each in start))
        _choose(*shared, low, high, buffer, *own)
        with guard:
            # of lanes level with each other the first is taken, whoever was done first
            takes = (own.key > best.key) | ((own.key == best.key) & (own.lane < best.lane))
            for ours, theirs in zip(best, own, strict=True):
                ours[takes] = theirs[takes]
        tell(low, high)
        return 0.0

    start = Best(*(each.copy() for each in best))
    share(choose, lanes, cells)
    above, level = np.zeros((2, choices), "int64"), np.zeros((2, choices), "int64")

    def judge(low: int, high: int, buffer: Floats) -> float:
        own = np.zeros((2, 2, choices), dtype="int64")
        _judge(*shared, low, high, buffer, best.there, own[0], own[1])
        with guard:
            np.add(above, own[0], out=above)
            np.add(level, own[1], out=level)
        tell(low, high)
        return 0.0

    share(judge, lanes, cells)
    if progress is not None and finished:
        progress(sum(finished))
    return best.lane, lanes - above - level, level


@inlined
def _key(total, squares, inverse):
    """Rank as the Sharpe ratio does, without its root; 0 of what does not vary."""
    square = total * total
    flat = abs(squares - square * inverse) <= 1e-12 * squares
    return 0.0 if flat else total * abs(total) / squares


@inlined
def _lay_out(total, squares, at, high, s):
    """Sum every set of early blocks and of late ones, for the lanes from ``at`` on."""
    half = total.shape[0] // 2
    table = (1 << half) * WIDTH
    for k in range(4):
        source = total if k % 2 == 0 else squares
        sums = s[k * table : (k + 1) * table]
        sums[:WIDTH] = 0.0
        for bit in range(half):
            row = source[bit + (k // 2) * half]
            for j in range(WIDTH):
                # what no lane stands behind compares false with everything
                sums[(1 << bit) * WIDTH + j] = row[at + j] if at + j < high else np.nan
            for of in range(1, 1 << bit):
                for j in range(WIDTH):
                    sums[((1 << bit) + of) * WIDTH + j] = (
                        sums[of * WIDTH + j] + sums[(1 << bit) * WIDTH + j]
                    )


@inlined
def _rows(s, half, early, late):
    """Return the rows of sums that make a half: of returns and of squares, early and late."""
    table = (1 << half) * WIDTH
    a, b = early * WIDTH, late * WIDTH
    return (
        s[a : a + WIDTH],
        s[table + a : table + a + WIDTH],
        s[2 * table + b : 2 * table + b + WIDTH],
        s[3 * table + b : 3 * table + b + WIDTH],
    )


@inlined
def _compare(rows, inverse, key):
    """Count the lanes above a key and level with it."""
    t, q, u, r = rows
    above, level = 0, 0
    for j in range(_W):
        one = _key(t[j] + u[j], q[j] + r[j], inverse)
        above += one > key
        level += one == key
    return above, level


@compiled()
def _choose(total, squares, masks, inverse, low, high, s, key, lane, there):
    half = total.shape[0] // 2
    every = (1 << half) - 1
    for at in range(low, high, WIDTH):
        _lay_out(total, squares, at, high, s)
        for c in range(masks.shape[1]):
            for side in range(2):
                flip = every * side
                rows = _rows(s, half, masks[0, c] ^ flip, masks[1, c] ^ flip)
                if _compare(rows, inverse[side, c], key[side, c])[0]:
                    t, q, u, r = rows
                    v, w, x, y = _rows(
                        s, half, masks[0, c] ^ every ^ flip, masks[1, c] ^ every ^ flip
                    )
                    for j in range(WIDTH):
                        one = _key(t[j] + u[j], q[j] + r[j], inverse[side, c])
                        if one > key[side, c]:
                            key[side, c], lane[side, c] = one, at + j
                            there[side, c] = _key(v[j] + x[j], w[j] + y[j], inverse[1 - side, c])


@compiled()
def _judge(total, squares, masks, inverse, low, high, s, there, above, level):
    half = total.shape[0] // 2
    every = (1 << half) - 1
    for at in range(low, high, WIDTH):
        _lay_out(total, squares, at, high, s)
        for c in range(masks.shape[1]):
            for side in range(2):
                flip = every * (1 - side)
                rows = _rows(s, half, masks[0, c] ^ flip, masks[1, c] ^ flip)
                found = _compare(rows, inverse[1 - side, c], there[side, c])
                above[side, c] += found[0]
                level[side, c] += found[1]
