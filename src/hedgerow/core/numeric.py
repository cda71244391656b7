"""The few operations that every kernel is written in.

A kernel is written once for a value that is a float *or* a column with one entry per lane,
so it never branches with ``if``: it selects.  These functions accept both, and the compiled
carriage gives them their own scalar meaning (:mod:`hedgerow.core.lanes.overloads`), so that
floats, NumPy lanes and compiled lanes agree to the last bit.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Num: TypeAlias = Any
"""A float, or a float64 array of **shape** (lanes,)."""

Lane: TypeAlias = float | NDArray[np.float64]


def select(condition: Any, yes: Num, no: Num) -> Num:
    """Return ``yes`` where ``condition`` holds and ``no`` elsewhere.

    Examples
    --------
    >>> select(2.0 > 1.0, 10.0, 20.0)
    10.0
    >>> select(np.array([True, False]), 1.0, np.array([5.0, 6.0])).tolist()
    [1.0, 6.0]
    """
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    return yes if condition else no


def minimum(a: Num, b: Num) -> Num:
    """Return the smaller value; ``b`` where either is NaN (one rule in all carriages)."""
    return select(a < b, a, b)


def maximum(a: Num, b: Num) -> Num:
    """Return the larger value; ``b`` where either is NaN (one rule in all carriages)."""
    return select(a > b, a, b)


def known(value: Num) -> Any:
    """Say whether a value is a number: NaN is unequal to itself."""
    return value == value  # noqa: PLR0124  # false for NaN alone


def unknown(value: Num) -> Any:
    """Say whether a value is NaN."""
    return value != value  # noqa: PLR0124  # true for NaN alone


def clip(value: Num, low: Num, high: Num) -> Num:
    """Return ``value`` held inside ``low`` … ``high``.

    Examples
    --------
    >>> clip(2.7, 0.0, 2.0)
    2.0
    """
    return minimum(maximum(value, low), high)


def exp(value: Num) -> Num:
    """Return e to the power of ``value``; equal in all carriages to about 1e-15 relative."""
    return np.exp(value)
