"""Small pictures of the dashboard, as SVG that takes its colours from the page's style sheet.

Nothing in them is told by colour alone: every mark has its label, every line its dash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis, axis, path
from hedgerow.report.formats import number
from hedgerow.report.svg import across, grid, ticks_below

_DASHES = ("line", "line second", "line third", "line fourth")
_WIDTH, _LEFT, _RIGHT = 400, 52, 10


class Mark(NamedTuple):
    """A labelled place on a scale."""

    label: str
    value: float


def frame(said: str, height: int, parts: Sequence[str]) -> Markup:
    """Return a picture that a screen reader reads as one sentence.

    Parameters
    ----------
    said
        What it shows, in words, plain text.
    height
        Pixels.
    parts
        SVG elements, escaped.
    """
    head = f'<svg class="picture" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="'
    return Markup(head + escape(said) + '">' + "".join(parts) + "</svg>")  # escaped


def gauge(name: str, value: float, marks: Sequence[Mark]) -> Markup:
    """Return where a value stands among levels.

    Parameters
    ----------
    name
        Of the value, such as ``VIX``.
    value
        In its unit.
    marks
        Levels in the same unit.

    Examples
    --------
    >>> 'aria-label="VIX 15.0; low 12.0; high 22.0"' in gauge(
    ...     "VIX", 15.0, [Mark("low", 12.0), Mark("high", 22.0)])
    True
    """
    known = sorted((m for m in marks if np.isfinite(m.value)), key=lambda mark: mark.value)
    values = [mark.value for mark in known] + ([value] if np.isfinite(value) else [])
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (high - low) * 0.15 or 1.0
    width = _WIDTH - 2 * 40

    def at(what: float) -> float:
        return 40 + float(across(what, low - room, high + room, width))

    base, texts = 56, []
    rows: list[float] = []  # where the labels of each row end
    parts = [f'<path class="axis" d="M40 {base}h{width}"/>']
    for mark in known:
        x = at(mark.value)
        text = f"{mark.label} {number(mark.value, 1)}"
        half = 3.3 * len(text)
        x_text = min(max(x, half), _WIDTH - half)
        row = next((i for i, end in enumerate(rows) if x_text - half > end), len(rows))
        rows[row : row + 1] = [x_text + half + 8]
        y = base + 22 + 17 * row
        parts.append(f'<path class="axis" d="M{x:.1f} {base - 6}v{y - base - 5}"/>')
        texts.append(f'<text x="{x_text:.1f}" y="{y}" text-anchor="middle">{escape(text)}</text>')
    parts += texts  # over all lines, whose ticks would cross the labels of others
    if np.isfinite(value):
        x = at(value)
        text = f"{name} {number(value, 1)}"
        x_text = min(max(x, 4 * len(text)), _WIDTH - 4 * len(text))
        parts.append(f'<path class="now" d="M{x:.1f} {base - 26}v26"/>')
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{base}" r="6"/>')
        parts.append(
            f'<text class="strong" x="{x_text:.1f}" y="{base - 32}" text-anchor="middle">'
            f"{escape(text)}</text>"
        )
    said = "; ".join(
        [f"{name} {number(value, 1)}", *(f"{m.label} {number(m.value, 1)}" for m in known)]
    )
    return frame(said, base + 28 + 17 * max(len(rows) - 1, 0), parts)


def stairs(steps: Sequence[Mark]) -> Markup:
    """Return a value after each of several steps, as stairs.

    Parameters
    ----------
    steps
        Name of the step, and the intensity after it, multiples of the base size.
    """
    count = max(len(steps), 1)
    scale = axis([np.array([mark.value for mark in steps])], 96, _times, include=[0.0])
    each = (_WIDTH - _LEFT - _RIGHT) / count
    parts = [f'<g transform="translate({_LEFT} 24)">', *grid(scale, _WIDTH - _LEFT - _RIGHT)]
    points: list[str] = []
    for i, mark in enumerate(steps):
        middle = (i + 0.5) * each
        parts.append(
            f'<text x="{middle:.1f}" y="{scale.height + 18}" text-anchor="middle">'
            f"{escape(mark.label)}</text>"
        )
        if not np.isfinite(mark.value):
            continue
        y = float(scale.y(mark.value))
        points.append(f"{i * each:.1f} {y:.1f}L{(i + 1) * each:.1f} {y:.1f}")
        parts.append(
            f'<text class="strong" x="{middle:.1f}" y="{y - 6:.1f}" text-anchor="middle">'
            f"{escape(_times(mark.value))}</text>"
        )
    if points:
        parts.append(f'<path class="line" d="M{"L".join(points)}"/>')
    said = "; ".join(f"after {mark.label} {_times(mark.value)}" for mark in steps)
    return frame(said, scale.height + 52, [*parts, "</g>"])


def lines(
    title: str,
    dates: Sequence[str],
    columns: Mapping[str, ArrayLike],
    show: Callable[[float], str],
    include: Sequence[float] = (),
) -> Markup:
    """Return columns over sessions, each with its dash and its name at the end.

    Parameters
    ----------
    title
        What is shown, in words.
    dates
        Of the sessions.
    columns
        By name, in one unit, each of **shape** (T,); four at most.
    show
        Writes a value of the unit.
    include
        Values that the scale must hold.
    """
    made: dict[str, Floats] = {
        name: np.asarray(column, dtype=np.float64) for name, column in list(columns.items())[:4]
    }
    right = 8 + 7 * max((len(name) for name in made), default=0)
    width, count = _WIDTH - _LEFT - right, len(dates)
    scale = axis(list(made.values()), 110, show, include=include)
    x = across(np.arange(count), 0.0, max(count - 1.0, 1.0), width)
    parts = [f'<g transform="translate({_LEFT} 12)">', *grid(scale, width)]
    ends = _apart(scale, made)
    for (name, column), dash in zip(made.items(), _DASHES, strict=False):
        parts.append(f'<path class="{dash}" d="{path(x, scale.y(column))}"/>')
        if name in ends:
            parts.append(
                f'<text class="strong" x="{width + 6}" y="{ends[name]:.1f}">{escape(name)}</text>'
            )
    if count:
        rows = sorted({0, count // 2, count - 1})
        parts += ticks_below([x[i] for i in rows], [escape(dates[i]) for i in rows], scale.height)
    said = [f"{name}: last {show(float(column[-1]))}" for name, column in made.items() if count]
    return frame(
        f"{title}, {count} sessions. " + "; ".join(said), scale.height + 36, [*parts, "</g>"]
    )


def _apart(scale: Axis, columns: Mapping[str, Floats]) -> dict[str, float]:
    """Return where the names at the ends of lines stand, so that none covers another."""
    last = {
        name: float(scale.y(c[np.isfinite(c)][-1]))
        for name, c in columns.items()
        if np.isfinite(c).any()
    }
    found: dict[str, float] = {}
    before = -np.inf
    for name, y in sorted(last.items(), key=lambda pair: pair[1]):
        before = max(y + 4, before + 14)
        found[name] = before
    return found


def _times(value: float) -> str:
    return f"{number(value, 2)}×"
