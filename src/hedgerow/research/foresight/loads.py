"""What a user's code loads by itself, with noise after a date: files, and whole markets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from hedgerow import data
from hedgerow.core.market import Market
from hedgerow.research.foresight.worlds import is_table, with_noise

READERS = (
    "read_csv", "read_table", "read_parquet", "read_feather", "read_pickle", "read_json",
    "read_excel", "read_hdf",
)  # fmt: skip
"""Of pandas."""

ARRAYS = ("load", "loadtxt", "genfromtxt")
"""Of NumPy."""


@contextmanager
def loads(market: Market, row: int | None) -> Iterator[list[str]]:
    """Put noise after a row's date into whatever is loaded meanwhile; yields what was loaded.

    Parameters
    ----------
    market
        The data of the test, by which arrays without dates are dated.
    row
        Last row that stays; at None nothing is changed and only looked on.
    """
    import pandas as pd

    seen: list[str] = []
    depth = 0

    def noisy(name: str, read: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(read)
        def reading(*args: Any, **given: Any) -> Any:  # stands in for a function of any shape
            nonlocal depth
            depth += 1
            try:
                made = read(*args, **given)
            finally:
                depth -= 1
            if depth:  # a reader of a reader: what it reads is not what the code gets
                return made
            seen.append(name)
            return made if row is None else _later(made, market, row)

        return reading

    places = [(data, "load", "hedgerow.load")]
    places += [(pd, name, f"pandas.{name}") for name in READERS]
    places += [(np, name, f"numpy.{name}") for name in ARRAYS]
    with ExitStack() as stack:
        for at, name, said in places:
            stack.enter_context(patch.object(at, name, noisy(said, getattr(at, name))))
        yield seen


def _later(made: Any, market: Market, row: int) -> Any:
    if isinstance(made, data.Loaded):
        return replace(made, market=with_noise(made.market, market, row))
    return with_noise(made, market, row) if is_table(made, len(market)) else made
