"""Pictures of the pages: lines and bars as facts for one template, each with its table.

Lines differ by dash and by the name at their end; colours are classes of the style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats
from hedgerow.report.charts import SHOWN, Axis, Chart, Line, Span, axis
from hedgerow.report.formats import percent, usd_short

KEYS = ("first", "second", "third", "fourth")
"""Classes of lines by their order; more lines than these are refused by the eye first."""

HIGH = 220
ROWS = 40
"""Pixels of a plot; rows of its table at most."""

_TICKS = {**SHOWN, "usd": usd_short, "percent": lambda v: percent(v, 1)}


@dataclass(frozen=True)
class Plot:
    """A picture for the macro ``plot``.

    Attributes
    ----------
    title, summary, note
        Heading; what a screen reader says instead of it; what a reader must know.
    ticks, below
        Of the axes: place and label.
    paths, ends, legend
        Class and geometry of each line; names at their ends; class, name and last value.
    bars
        Rectangles, per cent and pixels.
    head, rows
        The same as a table.
    """

    title: str
    summary: str
    note: str
    ticks: Sequence[Mapping[str, Any]]
    below: Sequence[Mapping[str, Any]]
    paths: Sequence[Mapping[str, str]]
    ends: Sequence[Mapping[str, Any]]
    legend: Sequence[tuple[str, str, str]]
    bars: Sequence[Mapping[str, Any]]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    height: int = HIGH


def over_time(
    title: str,
    days: Sequence[str],
    lines: Mapping[str, ArrayLike],
    unit: str,
    *,
    note: str = "",
    include: Sequence[float] = (),
) -> Plot | None:
    """Return lines over sessions; None where there are fewer than two.

    Parameters
    ----------
    title
        Heading.
    days
        Dates, **shape** (T,).
    lines
        Values by name, each of **shape** (T,); NaN leaves a gap.
    unit
        ``usd``, ``percent``, ``points`` or ``times``.
    note
        Under the heading.
    include
        Values that the axis must show.

    Examples
    --------
    >>> plot = over_time("NAV", ["2020-01-02", "2020-01-03"], {"hedged": [1.0, 2.0]}, "usd")
    >>> plot.rows
    [['2020-01-02', '$1'], ['2020-01-03', '$2']]
    """
    if len(days) < 2:
        return None
    span = Span(np.array(days, dtype="datetime64[D]").astype("int64"))
    return _plot(title, span, span.years, list(days), lines, unit, note, include, "session")


def across(
    title: str,
    moves: Sequence[float],
    lines: Mapping[str, ArrayLike],
    unit: str,
    *,
    note: str = "",
) -> Plot:
    """Return lines over moves of the index, decimals, **shape** (N,); arguments as `over_time`."""
    places = np.round(np.array(moves) * 1e4).astype("int64")
    span = Span(places)
    below = [
        {"x": span.at(i), "label": percent(move, 0), "major": i % 4 == 0}
        for i, move in enumerate(moves)
        if i % 2 == 0 and i < len(moves) - 1
    ]
    labels = [percent(move, 0) for move in moves]
    made = _plot(title, span, below, labels, lines, unit, note, (0.0,), "index")
    # A line's end is a move like any other here: beside its name it would read as its value now.
    return replace(made, legend=[(key, name, "") for key, name, _ in made.legend])


def columns(
    title: str, labels: Sequence[str], values: Sequence[float], unit: str, *, note: str = ""
) -> Plot | None:
    """Return one bar for each label; None where there is none."""
    if not len(labels):
        return None
    found = np.array(values, dtype=np.float64)
    scale = axis([found], HIGH, _TICKS[unit], include=(0.0,))
    zero, width, each = float(scale.y(0.0)), 100.0 / len(labels), -(-len(labels) // 8)
    bars: list[dict[str, Any]] = []
    below: list[dict[str, Any]] = []
    for i, (label, value) in enumerate(zip(labels, found, strict=True)):
        top = float(scale.y(value))
        bars.append(
            {
                "x": round((i + 0.15) * width, 3),
                "width": round(0.7 * width, 3),
                "y": round(min(top, zero), 1),
                "height": round(max(abs(zero - top), 0.6), 1),
                "key": "up" if value >= 0.0 else "down",
                "said": f"{label}: {SHOWN[unit](float(value))}",
            }
        )
        if i % each == 0:
            below.append({"x": round((i + 0.5) * width, 3), "label": label, "major": True})
    rows = [[label, SHOWN[unit](float(v))] for label, v in zip(labels, found, strict=True)]
    summary = f"{title}: {'; '.join(bar['said'] for bar in bars[-6:])}."
    return Plot(title, summary, note, scale.ticks, below, (), (), (), bars, ("month", title), rows)


def _plot(
    title: str,
    span: Span,
    below: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    lines: Mapping[str, ArrayLike],
    unit: str,
    note: str,
    include: Sequence[float],
    first: str,
) -> Plot:
    found = {name: np.asarray(values, dtype=np.float64) for name, values in lines.items()}
    scale = _scale(list(found.values()), unit, include)
    named = zip(found.items(), KEYS, strict=False)
    drawn = [Line(name, key, values) for (name, values), key in named]
    chart = Chart("plot", title, "", drawn, scale, span, unit)
    show = SHOWN[unit]
    ends = ", ".join(f"{line.name} {said}" for line, said in zip(drawn, chart.last, strict=True))
    each = max(-(-len(labels) // ROWS), 1)
    kept = sorted({*range(0, len(labels), each), len(labels) - 1})
    return Plot(
        title,
        f"{title} from {labels[0]} to {labels[-1]}. At the end: {ends}.",
        note,
        scale.ticks,
        below,
        chart.paths,
        chart.ends,
        [(line.key, line.name, said) for line, said in zip(drawn, chart.last, strict=True)],
        (),
        (first, *found),
        [[labels[i], *(show(float(column[i])) for column in found.values())] for i in kept],
    )


def _scale(columns: Sequence[Floats], unit: str, include: Sequence[float]) -> Axis:
    return axis(columns, HIGH, _TICKS[unit], include=include)
