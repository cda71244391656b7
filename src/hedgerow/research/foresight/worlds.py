"""Worlds in which the future is another: noise after a date, in the market and in other tables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy

if TYPE_CHECKING:
    from types import CellType

OURS = "hedgerow"


def other_future(market: Market, row: int, seed: int = 0) -> Market:
    """Return the market with the same past and noise after a row.

    Parameters
    ----------
    market
        All the data.
    row
        Last row that stays.
    seed
        Of the noise: each column's own later values, drawn anew and stretched.

    Examples
    --------
    >>> days = np.array(["2024-01-02", "2024-01-03", "2024-01-04"], dtype="datetime64[ns]")
    >>> market = Market(days, {"vix": [12.5, 14.0, 13.0]})
    >>> made = other_future(market, 1)["vix"]
    >>> made[:2].tolist(), bool(made[2] == 13.0)
    ([12.5, 14.0], False)
    """
    rng = np.random.default_rng((seed, row + 1))
    return market.with_columns(
        {name: _noised(column, row + 1, rng) for name, column in market.columns.items()},
        market.origin,
    )


def _noised(column: Floats, start: int, rng: np.random.Generator) -> Floats:
    made = np.array(column, dtype="float64")
    late = np.flatnonzero(np.isfinite(made[start:])) + start
    made[late] = rng.permutation(made[late]) * np.exp(rng.normal(0.0, 0.3, len(late)))
    return made


class Place:
    """Where code keeps a table beside the market that it is given.

    Parameters
    ----------
    name
        As the code has it.
    table
        What is there.
    put
        Puts another table there.
    """

    def __init__(self, name: str, table: Any, put: Callable[[Any], None]) -> None:
        self.name, self.table, self.put = name, table, put


def places(subject: Any, length: int) -> list[Place]:
    """Return the tables that the code of a subject can reach beside the market.

    They are looked for among the names of its module, in closures and among its own attributes:
    markets, tables of pandas that are dated, and arrays as long as the market.
    """
    found: list[Place] = []
    seen: set[tuple[str, int]] = set()
    for name, holder, value, put in _holders(subject):
        if (name, holder) not in seen and _is_table(value, length):
            seen.add((name, holder))
            found.append(Place(name, value, put))
    return found


Holder = tuple[str, int, Any, Callable[[Any], None]]
"""Name, identity of what holds it, what is there, and how to put another there."""


def _holders(subject: Any) -> Iterator[Holder]:
    parts = [*subject.signals, *subject.steps] if isinstance(subject, Policy) else [subject]
    for part in parts:
        functions = [part] if inspect.isfunction(part) else _methods(type(part))
        for function in functions:
            space = function.__globals__
            for name, value in list(space.items()):
                yield name, id(space), value, partial(space.__setitem__, name)
            names = function.__code__.co_freevars
            for name, cell in zip(names, function.__closure__ or (), strict=True):
                if _filled(cell):
                    yield (
                        name,
                        id(cell),
                        cell.cell_contents,
                        partial(setattr, cell, "cell_contents"),
                    )
        for name, value in list(getattr(part, "__dict__", {}).items()):
            yield name, id(part), value, partial(object.__setattr__, part, name)


def _methods(cls: type[Any]) -> list[Any]:
    own = [kind for kind in cls.__mro__ if kind.__module__.partition(".")[0] != OURS]
    found = [
        inspect.unwrap(value) for kind in own for value in vars(kind).values() if callable(value)
    ]
    return [function for function in found if inspect.isfunction(function)]


def _filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell raises
    except ValueError:
        return False
    return True


def _is_table(value: Any, length: int) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.shape[:1] == (length,) and value.dtype.kind == "f")
    return isinstance(value, Market) or _dated(value)


def _dated(value: Any) -> bool:
    index = getattr(value, "index", None)
    of_pandas = type(value).__module__.startswith("pandas") and hasattr(value, "iloc")
    return bool(of_pandas and type(index).__name__ == "DatetimeIndex")


@contextmanager
def elsewhere(found: list[Place], market: Market, row: int) -> Iterator[None]:
    """Put noise after a row's date into tables beside the market, for as long as it lasts."""
    with ExitStack() as stack:
        for place in found:
            stack.callback(place.put, place.table)
            place.put(_other(place.table, market, row))
        yield


def _other(table: Any, market: Market, row: int) -> Any:
    day = market.times[row]
    if isinstance(table, Market):
        last = int(np.searchsorted(table.times, day, side="right")) - 1
        return other_future(table, last)
    rng = np.random.default_rng(row)
    if isinstance(table, np.ndarray):
        columns = table.reshape(len(table), -1)
        made = np.column_stack([_noised(column, row + 1, rng) for column in columns.T])
        return made.reshape(table.shape).astype(table.dtype)
    start = int(np.count_nonzero(table.index.tz_localize(None) <= day))
    if table.ndim == 1:
        return type(table)(_noised_if(table, start, rng), index=table.index, name=table.name)
    made = table.copy()
    for name in table.columns:
        made[name] = _noised_if(table[name], start, rng)
    return made


def _noised_if(column: Any, start: int, rng: np.random.Generator) -> Any:
    """Return a column of pandas with noise after a row, as it is where it holds no numbers."""
    if column.dtype.kind not in "fiu":
        return column.to_numpy()
    return _noised(column.to_numpy(dtype="float64"), start, rng)
