"""Parts merged by fixed pairs of blocks: what comes home is small, and always the same bits.

Sums depend on the order of their terms. Here block 0 is merged with 1, 2 with 3, then the pairs
with each other, and so on, whoever does it and whatever is done first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.research.scaling.job import Job, Part
from hedgerow.research.scaling.keeping import Kept, Telling
from hedgerow.research.scaling.running import Crew, run

FAN = 16
"""Blocks that are reduced together where they are done: a power of two, or pairs would differ."""


class Reduction(Protocol):
    """What is to be known of all items; frozen, its `repr` says all that it depends on."""

    def leaf(self, part: Part, first: int) -> Part:
        """Reduce one block's part, whose first item is number ``first`` of all."""

    def merge(self, left: Part, right: Part) -> Part:
        """Reduce two neighbours to one."""


@dataclass(frozen=True)
class Best:
    """The items with the highest values, the best first; of equal ones the earlier.

    Its part has ``item``, the item's number, and every array of the job's part, for these items.

    Parameters
    ----------
    by
        Name of the array that ranks; NaN is never among the best.
    count
        How many.
    """

    by: str
    count: int = 10

    def leaf(self, part: Part, first: int) -> Part:
        """Return the best of a block."""
        items = np.arange(first, first + part[self.by].shape[-1], dtype="int64")
        return self._best({**part, "item": items})

    def merge(self, left: Part, right: Part) -> Part:
        """Return the best of both."""
        return self._best({name: np.concatenate([left[name], right[name]], -1) for name in left})

    def _best(self, part: Part) -> Part:
        order = np.lexsort((part["item"], -part[self.by]))[: self.count]
        order = order[~np.isnan(part[self.by][order])]
        return {name: column[..., order] for name, column in part.items()}


@dataclass(frozen=True)
class Moments:
    """Number, mean and sum of squared deviations of an array, its least and greatest value.

    Its part has ``count``, ``mean``, ``deviations``, ``least``, ``greatest`` and ``left_out``, the
    number of values that are not finite, each of **shape** (1,).  Merged by Chan, Golub and
    LeVeque (1979).

    Parameters
    ----------
    of
        Name of the array, **shape** (items,).
    """

    of: str

    def leaf(self, part: Part, first: int) -> Part:
        """Return the moments of a block."""
        values = part[self.of][np.isfinite(part[self.of])]
        count, rest = float(len(values)), float(len(part[self.of]) - len(values))
        mean = float(values.mean()) if count else 0.0
        squares = float(((values - mean) ** 2).sum())
        least, greatest = (values.min(), values.max()) if count else (np.inf, -np.inf)
        cells = (count, mean, squares, least, greatest, rest)
        names = ("count", "mean", "deviations", "least", "greatest", "left_out")
        return {name: np.array([cell]) for name, cell in zip(names, cells, strict=True)}

    def merge(self, left: Part, right: Part) -> Part:
        """Return the moments of both."""
        count = left["count"] + right["count"]
        share = right["count"] / np.maximum(count, 1.0)
        apart = right["mean"] - left["mean"]
        squares = left["deviations"] + right["deviations"] + apart * apart * left["count"] * share
        return {
            "count": count,
            "mean": left["mean"] + apart * share,
            "deviations": squares,
            "least": np.minimum(left["least"], right["least"]),
            "greatest": np.maximum(left["greatest"], right["greatest"]),
            "left_out": left["left_out"] + right["left_out"],
        }


@dataclass(frozen=True)
class Histogram:
    """How many values lie between edges: ``counts``, below the first, in each bin, over the last.

    Parameters
    ----------
    of
        Name of the array.
    edges
        Rising; a value on an edge counts above it.
    """

    of: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or not (np.diff(self.edges) > 0.0).all():
            raise RangeError(
                "the edges do not rise", where="edges", mend="give two or more, the lowest first"
            )

    def leaf(self, part: Part, first: int) -> Part:
        """Return the counts of a block, **shape** (edges + 1,)."""
        values = part[self.of]
        bins = np.searchsorted(self.edges, values[~np.isnan(values)], side="right")
        return {"counts": np.bincount(bins, minlength=len(self.edges) + 1)}

    def merge(self, left: Part, right: Part) -> Part:
        """Return the counts of both."""
        return {"counts": left["counts"] + right["counts"]}


@dataclass(frozen=True)
class Score:
    """A column worked out from a part's arrays, so that one can reduce by it.

    Parameters
    ----------
    name
        Of the column.
    made
        Takes a part, returns the column, **shape** (items,).  To go on with what is kept it must
        be something whose `repr` says what it does, such as a frozen dataclass.
    """

    name: str
    made: Callable[[Part], NDArray[Any]]


@dataclass(frozen=True)
class Reduced:
    """A job whose parts are reductions of another's, several blocks of which make one.

    Parameters
    ----------
    job
        What is reduced.
    reductions
        What is to be known, by name.
    scores
        Columns that are added to each part before.
    """

    job: Job
    reductions: Mapping[str, Reduction]
    scores: tuple[Score, ...] = ()

    @property
    def title(self) -> str:
        """That of the job."""
        return self.job.title

    def facts(self) -> dict[str, str]:
        """Return what the numbers depend on, by name."""
        told = dict(self.job.facts()) if isinstance(self.job, Telling) else {}
        asked = repr((self.reductions, self.scores))
        return {**told, "reduction": hashlib.sha256(asked.encode()).hexdigest()}

    def digest(self) -> str:
        """Return a SHA-256 of all that the numbers depend on."""
        both = self.job.digest() + self.facts()["reduction"]
        return hashlib.sha256(both.encode()).hexdigest()

    def sizes(self) -> list[int]:
        """Return how many items each group of blocks has."""
        each = self.job.sizes()
        return [sum(each[low : low + FAN]) for low in range(0, len(each), FAN)]

    def play(self, block: int, progress: Callable[[int], None] | None = None) -> Part:
        """Do a group of blocks and merge them; the arrays are called ``reduction.array``."""
        sizes = self.job.sizes()
        low = block * FAN
        made: list[Part] = []
        for one in range(low, min(low + FAN, len(sizes))):
            part = dict(self.job.play(one, progress))
            part |= {score.name: score.made(part) for score in self.scores}
            first = sum(sizes[:one])
            made.append(
                _flat({name: each.leaf(part, first) for name, each in self.reductions.items()})
            )
        return self.merged(made)

    def merged(self, parts: Sequence[Part]) -> Part:
        """Merge parts by fixed pairs until one is left."""
        level = list(parts)
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            level = [self._pair(a, b) for a, b in pairs] + level[len(level) // 2 * 2 :]
        return level[0]

    def _pair(self, left: Part, right: Part) -> Part:
        made = {}
        for name, each in self.reductions.items():
            made[name] = each.merge(_of(left, name), _of(right, name))
        return _flat(made)


def _flat(parts: Mapping[str, Part]) -> dict[str, NDArray[Any]]:
    return {f"{name}.{key}": array for name, part in parts.items() for key, array in part.items()}


def _of(part: Part, name: str) -> dict[str, NDArray[Any]]:
    return {
        key.removeprefix(f"{name}."): array
        for key, array in part.items()
        if key.startswith(f"{name}.")
    }


def reduce(
    job: Job,
    reductions: Mapping[str, Reduction],
    crew: Crew | None = None,
    *,
    scores: Sequence[Score] = (),
    kept: Kept | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Part]:
    """Do all blocks of a job and return what is to be known of all items together.

    Groups of blocks are merged where they are done, so that only what is left of them travels; the
    groups are merged here.  Neither crew nor order changes a bit.

    Parameters
    ----------
    job, crew, kept, progress
        As for :func:`hedgerow.research.scaling.running.run`.
    reductions
        What is to be known, by name.
    scores
        Columns to reduce by that the job's parts do not have.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Squares:
    ...     title: str = "squares"
    ...     def digest(self): return "squares"
    ...     def sizes(self): return [10] * 50
    ...     def play(self, block, progress=None):
    ...         return {"x": np.arange(10 * block, 10 * block + 10.0) ** 2}
    >>> made = reduce(Squares(), {"top": Best("x", 2), "all": Moments("x")})
    >>> made["top"]["item"].tolist(), made["all"]["count"].item(), made["all"]["mean"].item()
    ([499, 498], 500.0, 83083.5)
    """
    reduced = Reduced(job, reductions, tuple(scores))
    whole = reduced.merged(run(reduced, crew, kept=kept, progress=progress))
    return {name: _of(whole, name) for name in reductions}


def deviation(moments: Mapping[str, Floats]) -> float:
    """Return the sample standard deviation of moments; NaN of fewer than two values.

    Examples
    --------
    >>> x = {"x": np.array([1.0, 2.0, 4.0])}
    >>> round(deviation(Moments("x").leaf(x, 0)), 6) == round(float(np.std(x["x"], ddof=1)), 6)
    True
    """
    count = float(moments["count"][0])
    return float(np.sqrt(moments["deviations"][0] / (count - 1.0))) if count > 1.0 else float("nan")
