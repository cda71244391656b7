"""What the words of :mod:`hedgerow.core.numeric` mean to the compiler: scalar selects.

The kernels stay as they are written; LLVM turns each select into a blend over a whole vector
of lanes.  Strict IEEE arithmetic: no fastmath, so that all carriages agree.
"""

# numba compares the signatures of an overload and its implementation, annotations included,
# so the implementations carry none and neither do the overloads.
# ruff: noqa: ANN001, ANN202
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import njit, types
from numba.extending import overload, register_jitable

from hedgerow.core import book, numeric

for _kernel in (book.mark, book.fill):
    register_jitable(_kernel)


@cache
def callee(function: Callable[..., Any]) -> Any:
    """Return what loops call: compiled once in a process, for all loops that call it."""
    return njit(error_model="numpy", nogil=True)(function)


@overload(numeric.select)
def _select(condition, yes, no):
    if isinstance(condition, types.Array):
        return None
    return lambda condition, yes, no: yes if condition else no


@overload(numeric.minimum)
def _minimum(a, b):
    return lambda a, b: a if a < b else b


@overload(numeric.maximum)
def _maximum(a, b):
    return lambda a, b: a if a > b else b


@overload(numeric.clip)
def _clip(value, low, high):
    def scalar(value, low, high):
        raised = value if value > low else low
        return raised if raised < high else high

    return scalar


@overload(numeric.exp)
def _exp(value):
    def scalar(value):
        return math.exp(value)

    return scalar


@overload(numeric.known)
def _known(value):
    return lambda value: value == value  # noqa: PLR0124  # false for NaN alone


@overload(numeric.unknown)
def _unknown(value):
    return lambda value: value != value  # noqa: PLR0124  # true for NaN alone
