"""Parameters spread over lanes: one policy, many values of some of its numbers."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.policy import Policy
from hedgerow.errors import HedgerowError, PolicyError

CHECKED = 5_000
"""Every combination within one step is validated up to this many, beyond that the corners."""


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
            self._place(key)
        self._validate()

    def __len__(self) -> int:
        return len(next(iter(self.values.values()))) if self.values else 1

    def _place(self, key: str) -> tuple[int, str]:
        kind, _, name = key.partition(".")
        for i, step in enumerate(self.policy.steps):
            if step.kind == kind:
                known = [f.name for f in fields(step) if _is_number(getattr(step, f.name))]  # type: ignore[arg-type]
                if name in known:
                    return i, name
                raise PolicyError(
                    f"'{kind}' has no number called '{name}' to sweep",
                    where=f"sweep.{key}",
                    mend=f"use one of: {', '.join(f'{kind}.{n}' for n in known) or 'none'}",
                )
        kinds = ", ".join(step.kind for step in self.policy.steps)
        raise PolicyError(
            f"the policy has no step '{kind}'", where=f"sweep.{key}", mend=f"use one of: {kinds}"
        )

    def _by_step(self) -> dict[int, dict[str, NDArray[np.float64]]]:
        found: dict[int, dict[str, NDArray[np.float64]]] = {}
        for key, column in self.values.items():
            i, name = self._place(key)
            found.setdefault(i, {})[name] = column
        return found

    def _validate(self) -> None:
        for i, columns in self._by_step().items():
            step = self.policy.steps[i]
            rows = np.unique(np.column_stack(list(columns.values())), axis=0)
            if len(rows) > CHECKED:
                ends = [(c.min(), c.max()) for c in rows.T]
                rows = np.stack(np.meshgrid(*ends), axis=-1).reshape(-1, len(ends))
            for row in rows:
                given = dict(zip(columns, row.tolist(), strict=True))
                try:
                    replace(step, **_typed(step, given))  # type: ignore[type-var]
                except HedgerowError:
                    raise
                except ValueError as error:
                    said = ", ".join(f"{k}={v:g}" for k, v in given.items())
                    raise PolicyError(
                        f"{said}: {_first_line(error)}", where=f"sweep.{step.kind}"
                    ) from None

    def params(self, rows: slice = slice(None)) -> tuple[Any, ...]:
        """Return each step's parameters; swept ones as columns of **shape** (lanes,)."""
        found = self._by_step()
        made = []
        for i, step in enumerate(self.policy.steps):
            if i in found:
                varied = copy.copy(step)
                for name, column in found[i].items():
                    object.__setattr__(varied, name, column[rows])
                step = varied  # noqa: PLW2901
            made.append(step.params())
        return tuple(made)

    def lane(self, k: int) -> Policy:
        """Return the policy of lane ``k`` as an ordinary policy."""
        found = self._by_step()
        steps = [
            replace(step, **_typed(step, {n: float(c[k]) for n, c in found[i].items()}))  # type: ignore[type-var]
            if i in found
            else step
            for i, step in enumerate(self.policy.steps)
        ]
        return replace(self.policy, steps=steps)

    def blocks(self, size: int) -> Iterator[slice]:
        """Yield consecutive rows of at most ``size`` lanes."""
        return (slice(k, min(k + size, len(self))) for k in range(0, len(self), size))


def grid(axes: Mapping[str, Sequence[float] | range | NDArray[Any]]) -> dict[str, Any]:
    """Return every combination of the axes, the last axis varying fastest.

    Examples
    --------
    >>> {k: v.tolist() for k, v in grid({"a": [1, 2], "b": [5, 6]}).items()}
    {'a': [1.0, 1.0, 2.0, 2.0], 'b': [5.0, 6.0, 5.0, 6.0]}
    """
    arrays = [np.asarray(list(values), dtype="float64") for values in axes.values()]
    for name, values in zip(axes, arrays, strict=True):
        if not len(values):
            raise PolicyError("the axis is empty", where=f"sweep.{name}", mend="give some values")
    mesh = np.meshgrid(*arrays, indexing="ij") if arrays else []
    return {name: column.ravel() for name, column in zip(axes, mesh, strict=True)}


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


def _first_line(error: ValueError) -> str:
    details = getattr(error, "errors", None)
    if callable(details):
        return str(details()[0]["msg"]).removeprefix("Value error, ")
    return str(error).splitlines()[0]
