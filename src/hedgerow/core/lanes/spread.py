"""Parameters spread over lanes: one policy, many values of some of its numbers."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.policy import Policy
from hedgerow.errors import PolicyError, RangeError

CHECKED = 5_000
"""Every combination within one step is validated up to this many, beyond that the corners."""

MOST_LANES = 50_000_000
"""A grid beyond this is refused before it is laid out."""

LIST = "a list of numbers, such as [10, 12, 14] or range(10, 16)"


@dataclass(frozen=True)
class Spread:
    """A policy whose swept numbers are columns.

    Parameters
    ----------
    policy
        The policy that is varied.
    values
        ``"step.field"`` to one value per lane, each of **shape** (lanes,).  ``step`` is a step's
        kind (``"linear.low"``).
    """

    policy: Policy
    values: Mapping[str, NDArray[np.float64]]

    def __post_init__(self) -> None:
        columns = {key: np.asarray(value, dtype="float64") for key, value in self.values.items()}
        object.__setattr__(self, "values", columns)
        sizes = {len(column) for column in columns.values()}
        if len(sizes) > 1:
            raise PolicyError("the swept columns differ in length", where="sweep")
        for key in columns:
            place(self.policy, key)
        self._validate()

    def __len__(self) -> int:
        return len(next(iter(self.values.values()))) if self.values else 1

    def _by_step(self) -> dict[int, dict[str, NDArray[np.float64]]]:
        found: dict[int, dict[str, NDArray[np.float64]]] = {}
        for key, column in self.values.items():
            i, name = place(self.policy, key)
            found.setdefault(i, {})[name] = column
        return found

    def _validate(self) -> None:
        for i, columns in self._by_step().items():
            step = self.policy.steps[i]
            given = list(columns.values())
            rows = _distinct(np.column_stack(given))
            if len(rows) > CHECKED:
                check_whole(step, columns)
                ends = [(c.min(), c.max()) for c in given]
                rows = np.stack(np.meshgrid(*ends), axis=-1).reshape(-1, len(ends))
            for row in rows:
                tried = dict(zip(columns, row.tolist(), strict=True))
                try:
                    # steps are dataclasses, which the protocol cannot say
                    replace(step, **_typed(step, tried))  # type: ignore[type-var]
                except (TypeError, ValueError) as error:
                    raise _refusal(step.kind, tried, error) from None

    def params(self, rows: slice = slice(None)) -> tuple[Any, ...]:
        """Return each step's parameters; swept ones as columns of **shape** (lanes,)."""
        found = self._by_step()
        made = []
        for i, step in enumerate(self.policy.steps):
            if i in found:
                varied = copy.copy(step)
                for name, column in found[i].items():
                    object.__setattr__(varied, name, column[rows])
                step = varied  # noqa: PLW2901  # the policy's own step stays as it is
            made.append(step.params())
        return tuple(made)

    def lane(self, k: int) -> Policy:
        """Return the policy of lane ``k`` as an ordinary policy."""
        found = self._by_step()
        steps = [
            # steps are dataclasses, which the protocol cannot say
            replace(step, **_typed(step, {n: float(c[k]) for n, c in found[i].items()}))  # type: ignore[type-var]
            if i in found
            else step
            for i, step in enumerate(self.policy.steps)
        ]
        return replace(self.policy, steps=steps)

    def blocks(self, size: int) -> Iterator[slice]:
        """Yield consecutive rows of at most ``size`` lanes."""
        return (slice(k, min(k + size, len(self))) for k in range(0, len(self), size))


def check_whole(step: Any, values: Mapping[str, NDArray[np.float64]]) -> None:
    """Refuse fractions of a counted number: its corners say nothing of what lies between.

    Parameters
    ----------
    step
        Whose numbers they are.
    values
        Field to the values that it takes, each of **shape** (values,).

    Raises
    ------
    PolicyError
        With the first fraction.
    """
    for name, column in values.items():
        odd = column[column != np.round(column)]
        if isinstance(getattr(step, name), int) and len(odd):
            error = PolicyError(f"{odd[0]:g} is not a whole number", mend="write whole numbers")
            raise _refusal(step.kind, {name: float(odd[0])}, error)


def _distinct(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distinct rows in order; of more than are checked only some of them."""
    news = np.append(True, (rows[1:] != rows[:-1]).any(axis=1))[: len(rows)]
    rows = rows[news]  # a grid repeats itself
    found = rows[:0]
    for low in range(0, len(rows), 4 * CHECKED):
        found = np.unique(np.concatenate([found, rows[low : low + 4 * CHECKED]]), axis=0)
        if len(found) > CHECKED:
            break
    return found


def place(policy: Policy, key: str) -> tuple[int, str]:
    """Return the step and the field that ``"step.field"`` means.

    Raises
    ------
    PolicyError
        If the policy has no such step, or the step no such number.
    """
    kind, _, name = str(key).partition(".")
    for i, step in enumerate(policy.steps):
        if step.kind == kind:
            # steps are dataclasses, which the protocol cannot say
            known = [f.name for f in fields(step) if _is_number(getattr(step, f.name))]  # type: ignore[arg-type]
            if name in known:
                return i, name
            raise PolicyError(
                f"'{kind}' has no number called '{name}' to sweep",
                where=f"sweep.{key}",
                mend=f"use one of: {', '.join(f'{kind}.{n}' for n in known) or 'none'}",
            )
    kinds = ", ".join(step.kind for step in policy.steps)
    raise PolicyError(
        f"the policy has no step '{kind}'", where=f"sweep.{key}", mend=f"use one of: {kinds}"
    )


def grid(
    axes: Mapping[str, Sequence[float] | range | NDArray[Any]], most: int = MOST_LANES
) -> dict[str, Any]:
    """Return every combination of the axes, the last axis varying fastest.

    Raises
    ------
    PolicyError
        If an axis is empty or holds something else than numbers.
    RangeError
        If there are more than ``most`` combinations; nothing is allocated before that is known.

    Examples
    --------
    >>> {k: v.tolist() for k, v in grid({"a": [1, 2], "b": [5, 6]}).items()}
    {'a': [1.0, 1.0, 2.0, 2.0], 'b': [5.0, 6.0, 5.0, 6.0]}
    """
    sized = {name: _sized(name, values, most) for name, values in axes.items()}
    lanes = math.prod(len(values) for values in sized.values())
    if lanes > most:
        raise RangeError(
            f"{lanes:,} lanes are more than the {most:,} that fit into memory",
            where="sweep",
            mend="give fewer values or fewer axes, or sweep one part after the other",
        )
    arrays = [_numbers(name, values) for name, values in sized.items()]
    mesh = np.meshgrid(*arrays, indexing="ij") if arrays else []
    return {name: column.ravel() for name, column in zip(axes, mesh, strict=True)}


def _sized(name: str, values: Any, most: int) -> Any:
    where = f"sweep.{name}"
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__iter__"):
        raise PolicyError(f"{values!r} is not a list of numbers", where=where, mend=f"write {LIST}")
    if not hasattr(values, "__len__"):
        values = list(islice(values, most + 1))  # an iterator may never end
    elif not getattr(values, "shape", (1,)):
        raise PolicyError("is a single number", where=where, mend=f"write {LIST}")
    if len(values) == 0:
        raise PolicyError("the axis is empty", where=where, mend="give some values")
    return values


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    if isinstance(values, range):
        return np.arange(values.start, values.stop, values.step, dtype="float64")
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    for value in listed:
        plain = value.item() if isinstance(value, np.generic) else value
        if not _is_number(plain):
            raise PolicyError(
                f"{value!r} is not a number", where=f"sweep.{name}", mend=f"write {LIST}"
            )
    return np.asarray(listed, dtype="float64")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _typed(step: Any, given: Mapping[str, float]) -> dict[str, Any]:
    """Give whole numbers back their type where the field is an int."""
    return {
        name: int(value)
        if isinstance(getattr(step, name), int) and float(value).is_integer()
        else value
        for name, value in given.items()
    }


def _refusal(kind: str, given: Mapping[str, float], error: Exception) -> PolicyError:
    said = ", ".join(f"{name}={value:g}" for name, value in given.items())
    place, what, mend = kind, str(error).splitlines()[0], ""
    if isinstance(error, PolicyError):
        place, what, mend = error.where or kind, error.what, error.mend
    mend = f"{mend}, or leave such values out of the axes" if mend else "leave such values out"
    return PolicyError(f"{said}: {what}", where=f"sweep.{place}", mend=mend)
