"""Rules that look an intensity up: a ladder of levels by one signal, a table by two."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, select
from hedgerow.core.step import Nothing, Stage, step
from hedgerow.policies.rules import NO_TOP, Intensity, Points, SignalRule
from hedgerow.policies.signals import STRICT, Column

MOST_EDGES, MOST_SPLITS = 5, 2
"""Most edges of a ladder, and of a table's rows; most splits between a table's columns."""

Edges = Annotated[tuple[Points, ...], Field(min_length=1, max_length=MOST_EDGES)]
Splits = Annotated[tuple[Points, ...], Field(min_length=1, max_length=MOST_SPLITS)]
Levels = Annotated[tuple[Intensity, ...], Field(min_length=2, max_length=MOST_EDGES + 1)]
Row = Annotated[tuple[Intensity, ...], Field(min_length=2, max_length=MOST_SPLITS + 1)]
Rows = Annotated[tuple[Row, ...], Field(min_length=2, max_length=MOST_EDGES + 1)]


def as_tuple(value: Any) -> Any:
    """Return lists, as a file has them, as tuples, those inside them too."""
    return tuple(as_tuple(item) for item in value) if isinstance(value, list | tuple) else value


def check_edges(edges: tuple[float, ...], bands: int, names: str) -> None:
    """Raise the ValueError of edges that do not rise, or do not make so many bands."""
    if any(high <= low for low, high in pairwise(edges)):
        raise ValueError(f"{names.split(', ', maxsplit=1)[0]} must rise")
    if bands != len(edges) + 1:
        raise ValueError(f"{names}: {len(edges)} edges need {len(edges) + 1} bands, not {bands}")


def padded(values: tuple[float, ...], count: int, filler: float) -> tuple[float, ...]:
    """Return values filled up to ``count`` of them."""
    return values + (filler,) * (count - len(values))


class _Ladder(NamedTuple):
    """Edges and levels of one ladder; an edge that is not used is never passed."""

    edge1: Num
    edge2: Num
    edge3: Num
    edge4: Num
    edge5: Num
    level0: Num
    level1: Num
    level2: Num
    level3: Num
    level4: Num
    level5: Num


def rung(signal: Num, edges: tuple[Num, ...], levels: tuple[Num, ...]) -> Num:
    """Return the level of the band that ``signal`` lies in; an edge belongs to the band below.

    Five edges, six levels.
    """
    fifth = select(signal > edges[4], levels[5], levels[4])
    fourth = select(signal > edges[3], fifth, levels[3])
    third = select(signal > edges[2], fourth, levels[2])
    second = select(signal > edges[1], third, levels[1])
    return select(signal > edges[0], second, levels[0])


@step
@dataclass(frozen=True, config=STRICT)
class Ladder(SignalRule):
    """Levels by bands of a signal, the edges belonging to the band below: (-∞, e₁], (e₁, e₂], ….

    Tiers of any number, up to six, which need not rise.

    Parameters
    ----------
    signal
        Name of the signal, VIX in points by default.
    edges
        Where one band ends and the next begins, rising; one to five.
    levels
        Intensity in each band, one more than the edges.

    Examples
    --------
    >>> rule = Ladder("vix", edges=[15, 30, 50], levels=[0, 0.01, 0.005, 0])
    >>> rule.edges
    (15.0, 30.0, 50.0)
    """

    signal: Column = "vix"
    edges: Edges = (15.0, 20.0, 25.0, 30.0)
    levels: Levels = (0.25, 0.5, 1.0, 1.5, 2.0)
    kind: ClassVar[str] = "ladder"
    Params: ClassVar[type[_Ladder]] = _Ladder

    @field_validator("edges", "levels", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return as_tuple(value)

    @model_validator(mode="after")
    def _fits(self) -> Ladder:
        check_edges(self.edges, len(self.levels), "edges, levels")
        return self

    def params(self) -> _Ladder:
        """Return the kernel's parameters."""
        edges = padded(self.edges, MOST_EDGES, NO_TOP)
        return _Ladder(*edges, *padded(self.levels, MOST_EDGES + 1, 0.0))

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: _Ladder) -> tuple[Num, Nothing]:
        """Pick the band."""
        edges = (p.edge1, p.edge2, p.edge3, p.edge4, p.edge5)
        levels = (p.level0, p.level1, p.level2, p.level3, p.level4, p.level5)
        return rung(view.signals[0], edges, levels), memory


class _Table(NamedTuple):
    """Edges of the rows, splits of the columns, and the levels, named by row and column."""

    edge1: Num
    edge2: Num
    edge3: Num
    edge4: Num
    edge5: Num
    split1: Num
    split2: Num
    level00: Num
    level10: Num
    level20: Num
    level30: Num
    level40: Num
    level50: Num
    level01: Num
    level11: Num
    level21: Num
    level31: Num
    level41: Num
    level51: Num
    level02: Num
    level12: Num
    level22: Num
    level32: Num
    level42: Num
    level52: Num


@step
@dataclass(frozen=True, config=STRICT)
class Table:
    """Levels by bands of two signals: rows by one, columns by the other, edges as in a ladder.

    Parameters
    ----------
    signal
        Name of the signal that chooses the row.
    edges
        Where one row ends and the next begins, rising; one to five.
    by
        Name of the signal that chooses the column.
    splits
        Where one column ends and the next begins, rising; one or two.
    levels
        Intensity in each row, from the lowest band up, column by column.

    Examples
    --------
    >>> rule = Table("vix", [20], "rv20", [0.15], [[0.2, 0.5], [0.5, 1.5]])
    >>> rule.levels
    ((0.2, 0.5), (0.5, 1.5))
    """

    signal: Column = "vix"
    edges: Edges = (15.0, 25.0)
    by: Column = "rv20"
    splits: Splits = (0.10, 0.20)
    levels: Rows = ((0.25, 0.5, 0.75), (0.5, 1.0, 1.25), (1.0, 1.5, 2.0))
    kind: ClassVar[str] = "table"
    stage: ClassVar[Stage] = Stage.RULE
    Params: ClassVar[type[_Table]] = _Table

    @field_validator("edges", "splits", "levels", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return as_tuple(value)

    @model_validator(mode="after")
    def _fits(self) -> Table:
        check_edges(self.edges, len(self.levels), "edges, levels")
        for row in self.levels:
            check_edges(self.splits, len(row), "splits, levels")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """The signals of the rows and of the columns."""
        return (self.signal, self.by)

    def params(self) -> _Table:
        """Return the kernel's parameters."""
        edges = padded(self.edges, MOST_EDGES, NO_TOP)
        splits = padded(self.splits, MOST_SPLITS, NO_TOP)
        rows = [padded(row, MOST_SPLITS + 1, 0.0) for row in self.levels]
        columns = [padded(column, MOST_EDGES + 1, 0.0) for column in zip(*rows, strict=True)]
        return _Table(*edges, *splits, *(level for column in columns for level in column))

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: _Table) -> tuple[Num, Nothing]:
        """Pick the row in each column, then the column."""
        row, column = view.signals[0], view.signals[1]
        edges = (p.edge1, p.edge2, p.edge3, p.edge4, p.edge5)
        first = (p.level00, p.level10, p.level20, p.level30, p.level40, p.level50)
        second = (p.level01, p.level11, p.level21, p.level31, p.level41, p.level51)
        third = (p.level02, p.level12, p.level22, p.level32, p.level42, p.level52)
        last = select(column > p.split2, rung(row, edges, third), rung(row, edges, second))
        return select(column > p.split1, last, rung(row, edges, first)), memory
