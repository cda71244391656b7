"""The lanes of a sweep as a job: blocks of neighbouring lanes, the tape sent once."""

from __future__ import annotations

import copy
import hashlib
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.lanes.spread import CHECKED, Spread, check_whole, grid, place
from hedgerow.core.lanes.writer import WIDTH
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.errors import PolicyError, RangeError
from hedgerow.research.scaling.job import Part
from hedgerow.research.scaling.threads import allowed

LANE_BARS = {"compiled": 200_000_000, "numpy": 2_000_000}
"""A block is about this much work: some tenths of a second, so that a lost one costs little."""

FEWEST = 32
"""Blocks of a sweep that has lanes enough, so that many workers can share it evenly."""

MOST = 100_000_000_000
"""Lanes beyond this would take months, whoever does them: as numbers of blocks they take memory."""


@dataclass(frozen=True)
class Lanes:
    """Every combination of some of a policy's numbers, the last axis varying fastest.

    A block's columns are made where it is done, so that the job stays small.

    Parameters
    ----------
    policy
        What is varied.
    axes
        ``"step.field"`` to the values it takes, each of **shape** (values,).
    tape
        What all lanes are played on.
    measures
        What is kept of each lane.
    carriage
        ``"compiled"`` or ``"numpy"``.
    size
        Lanes in a block; by default as many as are some tenths of a second's work.

    Raises
    ------
    PolicyError
        If an axis names no number of the policy, or a value is out of range.
    RangeError
        If there are more than `MOST` lanes.
    """

    policy: Policy
    axes: Mapping[str, NDArray[np.float64]]
    tape: Tape
    measures: tuple[Any, ...]
    carriage: str = "compiled"
    size: int = 0

    def __post_init__(self) -> None:
        _check(self.policy, self.axes)
        lanes = math.prod(len(values) for values in self.axes.values())
        if lanes > MOST:
            raise RangeError(
                f"{lanes:,} lanes are more than the {MOST:,} of one sweep",
                where="sweep",
                mend="give fewer values or fewer axes",
            )
        if not self.size:
            object.__setattr__(self, "size", _size(len(self), len(self.tape), self.carriage))

    def __len__(self) -> int:
        return math.prod(len(values) for values in self.axes.values())

    @property
    def title(self) -> str:
        """Whose lanes."""
        return f"Sweep of {self.policy.name}"

    def facts(self) -> dict[str, str]:
        """Return a digest of each thing that the numbers depend on, by its name."""
        bars = (self.tape.times, *self.tape.bars, *self.tape.signals, np.array(self.tape.nav))
        steps = (*self.policy.steps, *self.measures)
        return {
            "policy": _digest([_named(self.policy).encode(), *map(_code, steps)]),
            "stretch of data, sleeve or portfolio": _digest(map(_bytes, bars)),
            "set of axes": _digest(map(_bytes, (list(self.axes), *self.axes.values()))),
            "set of measures": _digest([repr(self.measures).encode()]),
            "carriage": self.carriage,
        }  # fmt: skip

    def digest(self) -> str:
        """Return a SHA-256 of all that the numbers depend on."""
        return _digest(f"{name} {value}\n".encode() for name, value in self.facts().items())

    def sizes(self) -> list[int]:
        """Return how many lanes each block has."""
        whole, rest = divmod(len(self), self.size)
        return [self.size] * whole + [rest] * (rest > 0)

    def play(self, block: int, progress: Callable[[int], None] | None = None) -> Part:
        """Play the lanes of a block and return their measures, each of **shape** (lanes,)."""
        part = self.spread(self.rows(block))
        if self.carriage == "compiled":
            from hedgerow.core.lanes import compiled

            return compiled.play(part, self.tape, self.measures, progress, threads=allowed())
        from hedgerow.core.lanes import columns

        return columns.play(part, self.tape, self.measures, progress)

    def rows(self, block: int) -> NDArray[np.int64]:
        """Return the numbers of a block's lanes, **shape** (lanes,)."""
        low = block * self.size
        return np.arange(low, min(low + self.size, len(self)), dtype="int64")

    def spread(self, rows: NDArray[np.int64]) -> Spread:
        """Return some lanes of the grid, **shape** (lanes,) each column."""
        places = np.unravel_index(rows, [len(values) for values in self.axes.values()])
        made = copy.copy(self._checked)  # every value of it was checked at the start
        columns = {
            name: values[at] for (name, values), at in zip(self.axes.items(), places, strict=True)
        }
        object.__setattr__(made, "values", columns)
        return made

    @cached_property
    def _checked(self) -> Spread:
        return Spread(self.policy, {name: values[:1] for name, values in self.axes.items()})


def arrays(axes: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Return each axis as numbers, **shape** (values,).

    Raises
    ------
    PolicyError
        If an axis is empty or holds something else than numbers.

    Examples
    --------
    >>> {name: values.tolist() for name, values in arrays({"linear.low": range(10, 12)}).items()}
    {'linear.low': [10.0, 11.0]}
    """
    if not isinstance(axes, Mapping):
        raise PolicyError(
            "these are no axes", where="sweep", mend='write {"linear.low": range(10, 16)}'
        )
    return {name: grid({name: values})[name] for name, values in axes.items()}


def _size(lanes: int, bars: int, carriage: str) -> int:
    """Return how many lanes a block has: whole ones of the compiled loop, whoever does it."""
    wanted = min(LANE_BARS[carriage] // max(bars, 1), -(-lanes // FEWEST))
    return max(1, -(-wanted // WIDTH)) * WIDTH


def _check(policy: Policy, axes: Mapping[str, NDArray[np.float64]]) -> None:
    """Refuse values out of range, step by step; beyond some thousands the corners stand for all."""
    if not axes:
        raise PolicyError(
            "no axes are given", where="sweep", mend='write {"linear.low": range(10, 16)}'
        )
    by_step: dict[int, dict[str, NDArray[np.float64]]] = {}
    for name, values in axes.items():
        i, field = place(policy, name)
        check_whole(policy.steps[i], {field: values})
        by_step.setdefault(i, {})[name] = values
    for mine in by_step.values():
        if math.prod(len(values) for values in mine.values()) > CHECKED:
            mine = {name: np.array([v.min(), v.max()]) for name, v in mine.items()}  # noqa: PLW2901  # its ends
        Spread(policy, grid(mine))


def _named(policy: Policy) -> str:
    return repr((policy.signals, policy.steps, policy.raw))


def _code(part: Any) -> bytes:
    """Return the code of a step or measure of the user's own: it may change under one name."""
    cls = type(part)
    if cls.__module__.partition(".")[0] == "hedgerow":
        return b""
    try:
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        return Path(file).read_bytes() if file else inspect.getsource(cls).encode()
    except (OSError, TypeError):
        raise RangeError(
            f"the code of {cls.__name__} cannot be read, so that nobody could tell later whether "
            "what is kept is still right",
            where="resume",
            mend="put the class into a file, or do not keep the blocks",
        ) from None


def _bytes(column: Any) -> bytes:
    return np.ascontiguousarray(column).tobytes()


def _digest(parts: Iterable[bytes]) -> str:
    state = hashlib.sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.hexdigest()


def joined(parts: Sequence[Part]) -> dict[str, Any]:
    """Return parts one behind the other along their last axis.

    Examples
    --------
    >>> joined([{"x": np.array([1, 2])}, {"x": np.array([3])}])["x"].tolist()
    [1, 2, 3]
    """
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
