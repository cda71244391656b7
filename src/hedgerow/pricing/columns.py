"""What goes in comes out: numbers, arrays and pandas Series, broadcast and given back alike."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import DataError, RangeError

Floats = NDArray[np.float64]


def like(*values: ArrayLike) -> Callable[[NDArray[Any]], Any]:
    """Return how to give results back: as a number, an array, or a Series with its index.

    Parameters
    ----------
    values
        The inputs of a calculation, any of them a pandas Series.

    Raises
    ------
    DataError
        If two Series have different indices: their rows would be paired by position.

    Examples
    --------
    >>> back = like(1.0, np.zeros(2))
    >>> back(np.ones(2)).tolist()
    [1.0, 1.0]
    """
    pandas = sys.modules.get("pandas")  # who has a Series has imported pandas
    series = [v for v in values if pandas is not None and isinstance(v, pandas.Series)]
    if not series or pandas is None:
        return lambda result: result[()]
    index = series[0].index
    for other in series[1:]:
        if not index.equals(other.index):
            raise DataError(
                "two Series have different indices",
                where=f"{series[0].name or 'first'}, {other.name or 'other'}",
                mend="align them (Series.align, reindex) or pass arrays",
            )

    def back(result: NDArray[Any]) -> Any:
        return pandas.Series(result, index=index) if result.shape == (len(index),) else result[()]

    return back


def demand(**columns: ArrayLike) -> None:
    """Refuse values that no option can have, with the column and the row of the first.

    Parameters
    ----------
    columns
        Arrays by name.  ``spot``, ``forward``, ``strike``, ``vol`` must be positive and
        ``time`` must not be negative; every column must be finite.

    Raises
    ------
    RangeError
        Naming column and row.

    Examples
    --------
    >>> demand(strike=[95.0, 0.0])
    Traceback (most recent call last):
        ...
    hedgerow.errors.RangeError: strike, row 1: 0.0 is not positive. Mend: drop the row or mend it
    """
    for name, column in columns.items():
        numbers = np.atleast_1d(np.asarray(column, dtype=np.float64))
        positive = name in {"spot", "forward", "strike", "vol"}
        rules = (
            (~np.isfinite(numbers), "is not a finite number"),
            ((numbers <= 0.0) & positive, "is not positive"),
            ((numbers < 0.0) & (name == "time"), "is negative: the contract has expired"),
        )
        for broken, what in rules:
            if broken.any():
                row = int(np.flatnonzero(broken)[0])
                alone = np.ndim(column) == 0
                raise RangeError(
                    f"{float(numbers.flat[row])} {what}",
                    where=name if alone else f"{name}, row {row}",
                    mend="give another number" if alone else "drop the row or mend it",
                )
