"""Geometry of the report's charts: scales, ticks, thinned lines.

A plot is an SVG as wide as the page lets it be.  Lines live in an inner SVG of 1000 units that is
stretched to the width (strokes are not); words and ticks sit outside it at percentages, so that
text keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.report.formats import number, percent, usd

SHOWN: dict[str, Callable[[float], str]] = {
    "usd": usd,
    "percent": lambda v: percent(v, 2),
    "points": lambda v: number(v, 2),
    "times": lambda v: f"{number(v, 2)}×",
}
"""How a chart's unit is written; the page's script writes the same."""

WIDTH = 1000
"""Units across a plot."""

APART, TOP = 15.0, 10.0
"""Pixels between the names at the ends of lines, and from the top to the first."""

BUCKETS = 500
"""A line keeps the lowest and the highest value of each of so many stretches."""


@dataclass(frozen=True)
class Axis:
    """A vertical scale over ``low`` … ``high``, linear or logarithmic."""

    low: float
    high: float
    height: int
    show: Callable[[float], str]
    log: bool = False

    def y(self, values: Any) -> Floats:
        """Return distances from the top, same shape as ``values``."""
        low, high, at = self.low, self.high, np.asarray(values, dtype=np.float64)
        if self.log:
            low, high, at = np.log(low), np.log(high), np.log(np.maximum(at, self.low))
        return np.asarray((high - at) / (high - low) * self.height)

    @property
    def ticks(self) -> list[dict[str, Any]]:
        """Round values with their places and labels, from the bottom up."""
        values = _log_ticks(self.low, self.high) if self.log else linear_ticks(self.low, self.high)
        return [
            {"y": round(float(self.y(value)), 1), "label": self.show(value), "zero": value == 0.0}
            for value in values
        ]


def axis(
    columns: Sequence[Floats],
    height: int,
    show: Callable[[float], str],
    *,
    log: bool = False,
    include: Sequence[float] = (),
) -> Axis:
    """Return an axis that holds every finite value of the columns, with a little room.

    A logarithmic axis falls back to a linear one where a value is not positive.
    """
    parts = [column[np.isfinite(column)] for column in columns]
    found = np.concatenate([*parts, np.asarray(include, dtype=np.float64)])
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    if log and low > 0.0:
        room = (high / low) ** 0.04 if high > low else 1.1
        return Axis(low / room, high * room, height, show, log=True)
    room = (high - low) * 0.05 or max(abs(high), 1.0) * 0.05
    return Axis(
        low if low in include else low - room,
        high if high in include and high > low else high + room,
        height,
        show,
    )


def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most ``most`` round values inside ``low`` … ``high``.

    Examples
    --------
    >>> linear_ticks(-0.57, 0.0)
    [-0.5, -0.4, -0.3, -0.2, -0.1, 0.0]
    """
    rough = (high - low) / most
    power = 10.0 ** np.floor(np.log10(rough)) if rough > 0 else 1.0
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0):
        size = factor * power
        first, last = int(np.ceil(low / size - 1e-9)), int(np.floor(high / size + 1e-9))
        if last - first < most:
            return [float(round(i * size, 12)) for i in range(first, last + 1)]
    return []


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for factors in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        made = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(made) <= 8:
            break
    return made if len(made) >= 3 else max(made, linear_ticks(low, high), key=len)


@dataclass(frozen=True)
class Span:
    """The horizontal scale: days from the first to the last session."""

    days: NDArray[np.int64]
    """Days since 1970-01-01, **shape** (T,)."""

    @property
    def x(self) -> Floats:
        """Places of the sessions, 0 … 1000, **shape** (T,)."""
        first, last = self.days[0], self.days[-1]
        return np.asarray((self.days - first) / max(last - first, 1) * float(WIDTH))

    def at(self, row: int) -> float:
        """Return the place of a row as a percentage."""
        return round(float(self.x[row]) / WIDTH * 100.0, 3)

    def between(self, rows: slice) -> tuple[float, float]:
        """Return where a stretch begins and how wide it is, in percent."""
        left, right = self.at(rows.start), self.at(rows.stop - 1)
        return left, round(max(right - left, 0.15), 3)

    @property
    def years(self) -> list[dict[str, Any]]:
        """Ticks at the turn of a year; ``major`` ones are shown on a phone too."""
        first, last = (self.days[i].astype("datetime64[D]") for i in (0, -1))
        a, b = (int(day.astype("datetime64[Y]").astype(int)) + 1970 for day in (first, last))
        if b - a < 2:
            return self._months(first, last)
        each = next((n for n in (1, 2, 5, 10, 20) if (b - a) / n <= 9), 50)
        made = []
        for year in range(a, b + 1):
            day = np.datetime64(f"{year}-01-01", "D").astype("int64")
            place = float(day - self.days[0]) / float(self.days[-1] - self.days[0]) * 100.0
            if year % each == 0 and 0.0 <= place <= 97.0:
                few = year % (each * 2) == 0
                made.append({"x": round(place, 3), "label": str(year), "major": few})
        return made

    def _months(self, first: Any, last: Any) -> list[dict[str, Any]]:
        months = np.arange(first.astype("datetime64[M]") + 1, last.astype("datetime64[M]") + 1)
        made = []
        for i, month in enumerate(months[:: max(len(months) // 6, 1)]):
            day = month.astype("datetime64[D]").astype("int64")
            place = float(day - self.days[0]) / float(self.days[-1] - self.days[0]) * 100.0
            if place <= 95.0:
                made.append({"x": round(place, 3), "label": str(month), "major": i % 2 == 0})
        return made


def thin(values: Floats, buckets: int = BUCKETS) -> NDArray[np.int64]:
    """Return the rows worth drawing: ends, and the extremes of each bucket.

    Parameters
    ----------
    values
        Finite values, **shape** (N,).
    buckets
        Stretches of which the lowest and the highest value are kept.

    Examples
    --------
    >>> thin(np.array([0.0, 9.0, 1.0, 1.0, 1.0, -5.0, 1.0, 2.0]), buckets=2).tolist()
    [0, 1, 5, 7]
    """
    count = len(values)
    if count <= 2 * buckets:
        return np.arange(count)
    edges = np.linspace(0, count, buckets + 1).astype(np.int64)
    kept = {0, count - 1}
    for a, b in pairwise(edges.tolist()):
        part = values[a:b]
        kept.add(int(a + np.argmin(part)))
        kept.add(int(a + np.argmax(part)))
    return np.array(sorted(kept), dtype=np.int64)


def runs(mask: NDArray[np.bool_]) -> list[slice]:
    """Return the stretches in which ``mask`` is true.

    Examples
    --------
    >>> runs(np.array([True, True, False, True]))
    [slice(0, 2, None), slice(3, 4, None)]
    """
    padded = np.concatenate([[False], mask, [False]]).astype(np.int8)
    turns = np.flatnonzero(np.diff(padded))
    return [slice(int(a), int(b)) for a, b in zip(turns[::2], turns[1::2], strict=True)]


def path(x: Floats, y: Floats, where: NDArray[np.bool_] | None = None) -> str:
    """Return an SVG path through the points, broken where ``y`` is NaN or ``where`` false.

    A stretch also touches the point after it, so that two lines that share a column meet.
    """
    known = np.isfinite(y)
    shown = known if where is None else known & where
    said = []
    for run in runs(shown):
        stop = run.stop
        if where is not None and stop < len(y) and known[stop]:
            stop += 1
        share = max(int(BUCKETS * (stop - run.start) / len(y)), 2)
        rows = run.start + thin(y[run.start : stop], share)
        points = [f"{_short(a)} {_short(b)}" for a, b in zip(x[rows], y[rows], strict=True)]
        if len(points) == 1:
            points.append(points[0])
        said.append("M" + "L".join(points))
    return "".join(said)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def ticks_path(x: Floats, height: int) -> str:
    """Return a path with one vertical stroke per distinct place: a rug of events."""
    return "".join(f"M{place} 0v{height}" for place in sorted({int(v) for v in x}))


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Parameters
    ----------
    name, key
        Word in the legend; class that gives colour and dash.
    values
        **shape** (T,).
    where
        Rows that the line is drawn at; elsewhere another line tells the story.
    """

    name: str
    key: str
    values: Floats
    where: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Chart:
    """A chart over time, ready for the template."""

    key: str
    title: str
    summary: str
    lines: Sequence[Line]
    scale: Axis
    span: Span
    unit: str
    """How the pointer's reading is written: ``usd``, ``percent``, ``points``, ``times``."""
    note: str = ""
    marks: Sequence[dict[str, Any]] = field(default_factory=tuple)
    """Words inside the plot."""

    @property
    def paths(self) -> list[dict[str, str]]:
        """Class and geometry of each line, in order of drawing."""
        x = self.span.x
        return [
            {"key": line.key, "d": path(x, self.scale.y(line.values), line.where)}
            for line in self.lines
        ]

    @property
    def last(self) -> list[str]:
        """What each line reads at the last session, in words."""
        show = SHOWN[self.unit]
        known = [line.where is None or bool(line.where[-1]) for line in self.lines]
        return [
            show(float(line.values[-1]) if here else float("nan"))
            for line, here in zip(self.lines, known, strict=True)
        ]

    @property
    def ends(self) -> list[dict[str, Any]]:
        """Names at the right ends of the lines, pushed apart so that none covers another."""
        found: list[dict[str, Any]] = []
        for line in self.lines:
            known = np.flatnonzero(np.isfinite(line.values))
            if len(known) and (line.where is None or line.where[-1]):
                place = float(self.scale.y(line.values[known[-1]]))
                name = line.name.partition(",")[0]
                found.append({"key": line.key, "name": name, "y": place})
        found.sort(key=lambda end: end["y"])
        for i, end in enumerate(found):
            end["y"] = max(end["y"], found[i - 1]["y"] + APART if i else TOP)
        lowest = max(self.scale.height - 2.0, TOP + APART * (len(found) - 1))
        for i, end in reversed(list(enumerate(found))):
            end["y"] = min(end["y"], lowest - APART * (len(found) - 1 - i))
        return [{**end, "y": round(end["y"], 1)} for end in found]


def readable_rows(columns: Sequence[Floats], buckets: int = 400) -> NDArray[np.int64]:
    """Return the rows that the pointer can stop at: bucket ends and extremes of each column."""
    count = len(columns[0])
    if count <= buckets * 3:
        return np.arange(count)
    kept = set(np.linspace(0, count - 1, buckets).astype(np.int64).tolist())
    for column in columns:
        kept.update(thin(np.nan_to_num(column), buckets // 2).tolist())
    return np.array(sorted(kept), dtype=np.int64)


def bar(value: float | None, low: float, high: float) -> dict[str, float] | None:
    """Return left edge, width and label place of a horizontal bar, in percent; None for none.

    Examples
    --------
    >>> bar(0.2, 0.0, 0.4)
    {'x': 0.0, 'width': 50.0, 'end': 50.0}
    """
    if value is None or not np.isfinite(value):
        return None
    zero, at = (-low / (high - low) * 100.0, (value - low) / (high - low) * 100.0)
    return {
        "x": round(min(zero, at), 2) + 0.0,
        "width": round(max(abs(at - zero), 0.3), 2),
        "end": round(max(zero, at), 2),
    }
