"""Worlds in which the future is another: noise after a date, in the market and in other tables."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy

if TYPE_CHECKING:
    from types import CellType

OTHERS = ("hedgerow", "builtins", "typing")
"""Modules whose classes are not the user's."""

DAY = re.compile(
    r"\s*(\d{4}\D?\d\d?\D?\d\d?|\d\d?\D+\d\d?\D+\d{2,4}|\d\d?\W?[A-Za-z]{3,}\W?\d{2,4})"
)
"""How a text begins that is a day."""


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
    late = np.arange(len(market)) > row
    return market.with_columns(
        {name: _noised(column, late, rng) for name, column in market.columns.items()},
        market.origin,
    )


def _noised(column: Any, late: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    made = np.array(column, dtype="float64")
    rows = np.flatnonzero(late & np.isfinite(made))
    made[rows] = rng.permutation(made[rows]) * np.exp(rng.normal(0.0, 0.3, len(rows)))
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

    They are looked for among the names of its module, in closures, in what parameters default to
    and among its own attributes and those of its class: markets, tables of pandas and dicts that
    are dated, arrays and lists as long as the market.
    """
    found: list[Place] = []
    seen: set[tuple[str, int]] = set()
    for name, holder, value, put in _holders(subject):
        if (name, holder) not in seen and is_table(value, length):
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
            yield from _defaults(function)
        for name, value in list(getattr(part, "__dict__", {}).items()):
            yield name, id(part), value, partial(object.__setattr__, part, name)
        for cls in [] if inspect.isfunction(part) else _own(type(part)):
            for name, value in list(vars(cls).items()):
                yield name, id(cls), value, partial(setattr, cls, name)


def _defaults(function: Any) -> Iterator[Holder]:
    """Yield what the last parameters of a function default to."""
    held = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount][-len(held) or None :]

    def put(at: int, value: Any) -> None:
        now = list(function.__defaults__)
        now[at] = value
        function.__defaults__ = tuple(now)

    for at, (name, value) in enumerate(zip(names, held, strict=False)):
        yield name, id(function), value, partial(put, at)
    for name, value in (function.__kwdefaults__ or {}).items():
        yield name, id(function), value, partial(function.__kwdefaults__.__setitem__, name)


def _own(cls: type[Any]) -> list[type[Any]]:
    return [kind for kind in cls.__mro__ if kind.__module__.partition(".")[0] not in OTHERS]


def _methods(cls: type[Any]) -> list[Any]:
    found = [
        inspect.unwrap(value)
        for kind in _own(cls)
        for value in vars(kind).values()
        if callable(value)
    ]
    return [function for function in found if inspect.isfunction(function)]


def _filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell raises
    except ValueError:
        return False
    return True


def is_table(value: Any, length: int) -> bool:
    """Say whether a value is a table that can be dated, beside a market of so many sessions."""
    if isinstance(value, np.ndarray):
        return bool(value.shape[:1] == (length,) and value.dtype.kind in "fiu")
    if isinstance(value, list | tuple):
        return type(value) in (list, tuple) and len(value) == length and _numbers(value)
    if isinstance(value, dict):
        return _days_of(list(value)) is not None and _numbers(value.values())
    return isinstance(value, Market) or (_of_pandas(value) and _days(value) is not None)


def _numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(v, int | float | np.number) for v in values)


def _of_pandas(value: Any) -> bool:
    return type(value).__module__.startswith("pandas") and hasattr(value, "iloc")


def _days(table: Any) -> Any:
    """Return the day of each row of a table of pandas by its index or a column, else None."""
    columns = [table[name] for name in table.columns] if table.ndim == 2 else []
    found = (_days_of(part) for part in (table.index, *columns))
    return next((days for days in found if days is not None), None)


def _days_of(values: Any) -> Any:
    """Return values as days, **shape** (n,) of datetime64, NaT where one is none; None if not."""
    import pandas as pd

    if not len(values) or isinstance(values, pd.MultiIndex):
        return None
    try:
        first = next(iter(values))
        if not isinstance(first, str | date | np.datetime64):
            return None
        if isinstance(first, str) and not DAY.match(first):  # "may" and "10" are no days
            return None
        one: Any = [first]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of texts that are no dates
            few = pd.to_datetime(one, errors="coerce", utc=True)
            if few.isna().all():
                return None
            mixed = "mixed" if isinstance(first, str) else None
            days = pd.to_datetime(values, errors="coerce", utc=True, format=mixed)
    except (TypeError, ValueError):
        return None
    return pd.DatetimeIndex(days).tz_localize(None).to_numpy()


@contextmanager
def elsewhere(found: list[Place], market: Market, row: int) -> Iterator[None]:
    """Put noise after a row's date into tables beside the market, for as long as it lasts."""
    with ExitStack() as stack:
        for place in found:
            stack.callback(place.put, place.table)
            place.put(with_noise(place.table, market, row))
        yield


def with_noise(table: Any, market: Market, row: int) -> Any:
    """Return a table with noise after the date of a row of a market, see :func:`is_table`."""
    day, after = market.times[row], np.arange(len(market)) > row
    rng = np.random.default_rng(row)
    if isinstance(table, Market):
        return other_future(table, int(np.searchsorted(table.times, day, side="right")) - 1)
    if isinstance(table, np.ndarray):
        columns = table.reshape(len(table), -1)
        made = np.column_stack([_noised(column, after, rng) for column in columns.T])
        return made.reshape(table.shape).astype(table.dtype)
    if isinstance(table, list | tuple):
        return type(table)(_noised(table, after, rng).tolist())
    if isinstance(table, dict):
        values = _noised(list(table.values()), _days_of(list(table)) > day, rng)
        return dict(zip(table, values.tolist(), strict=True))
    late = _days(table) > day
    if table.ndim == 1:
        return type(table)(_noised_if(table, late, rng), index=table.index, name=table.name)
    made = table.copy()
    for name in table.columns:
        made[name] = _noised_if(table[name], late, rng)
    return made


def _noised_if(column: Any, late: NDArray[np.bool_], rng: np.random.Generator) -> Any:
    """Return a column of pandas with noise on some rows, as it is where it holds no numbers."""
    if column.dtype.kind not in "fiu":
        return column.to_numpy()
    return _noised(column.to_numpy(dtype="float64"), late, rng)
