"""Heat maps that are read without colour, and what one number at a time does: SVG parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import linear_ticks
from hedgerow.report.svg import across, page, ticks_below
from hedgerow.research.tuning.sensitivity import Shifted

SIDES = 2
"""A picture has two sides."""

_LEFT, _TOP, _GAP, _FOOT = 86, 84, 70, 46
_MOST, _CELL, _HIGH, _NAMED = 560.0, 66.0, 28.0, 44.0
"""Width of a map, of a cell and its height at most; a cell narrower than the last has no number."""

_BARS, _ROW, _NAMES = 620, 26, 150

STYLE = """
.cell { fill: $blue; stroke: $paper; } .none { fill: none; stroke: $rule; stroke-dasharray: 2 3; }
.own { fill: none; stroke: $orange; stroke-width: 2.5; } .value { fill: $ink; text-anchor: middle; }
.far { fill: $blue; fill-opacity: 0.25; stroke: $blue; } .near { fill: $blue; }
.mid { stroke: $orange; stroke-width: 2; } .axis { fill: $ink; font-weight: 600; }
"""

Side = tuple[str, Sequence[float]]


def picture(
    title: str,
    sides: Sequence[Side],
    maps: Mapping[str, Floats],
    own: Sequence[float],
    show: Callable[[float], str],
    note: str = "",
    below: Sequence[str] = (),
    room: int = 0,
) -> str:
    """Return heat maps with a number in every cell, beside or under one another.

    Parameters
    ----------
    title, note
        Of the picture.
    sides
        Name and values of one axis, or of the axis down and the axis across.
    maps
        Values by title, each of **shape** as the axes; NaN is an empty cell.
    own
        The place that is outlined, a value per axis.
    show
        Writes a value.
    below, room
        SVG elements to stand under the maps, and the pixels that they take.
    """
    rows, named = (sides[0], sides[1]) if len(sides) == SIDES else (("", [0.0]), sides[0])
    cell = min(_CELL, _MOST / len(named[1]))
    wide, high = cell * len(named[1]), _HIGH * len(rows[1])
    beside = len(maps) * (wide + _LEFT + _GAP) <= 1240
    parts = [f'<text x="{_LEFT}" y="48">{escape(note)}</text>'] if note else []
    for k, (name, values) in enumerate(maps.items()):
        x = _LEFT + (k * (wide + _LEFT + _GAP / 2) if beside else 0.0)
        y = _TOP + (0.0 if beside else k * (high + _GAP + _FOOT))
        table = np.asarray(values).reshape(len(rows[1]), len(named[1]))
        inner = _cells(table, cell, show)
        inner.append(f'<text class="name" x="0" y="-10">{escape(name)}</text>')
        inner += _sides(rows, named, cell, high)
        inner += _outline(rows, named, own, cell)
        parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{"".join(inner)}</g>')
    down = high + _FOOT if beside else len(maps) * (high + _GAP + _FOOT) - _GAP
    across_ = len(maps) * (wide + _LEFT + _GAP / 2) if beside else wide + _LEFT
    width = max(int(across_) + 40, _NAMES + _BARS + 80 if below else 0, 640)
    parts.append(f'<g transform="translate(0 {_TOP + down:.1f})">{"".join(below)}</g>')
    return page(title, width, int(_TOP + down) + room + 12, _LEFT, STYLE, parts)


def _cells(table: Floats, cell: float, show: Callable[[float], str]) -> list[str]:
    """Return the cells of a map, shaded from its lowest to its highest value."""
    made, known = [], table[np.isfinite(table)]
    low, top = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    for (i, j), value in np.ndenumerate(table):
        x, y = j * cell, i * _HIGH
        if not math.isfinite(value):
            made.append(_box("none", x, y, cell, _HIGH))
            continue
        share = (value - low) / (top - low) if top > low else 0.5
        if cell >= _NAMED:
            shade = f'fill-opacity="{0.06 + 0.5 * share:.2f}"'
            made.append(_box("cell", x, y, cell, _HIGH, shade))
            at = f'x="{x + cell / 2:.1f}" y="{y + _HIGH / 2 + 4:.1f}"'
            made.append(f'<text class="value" {at}>{show(float(value))}</text>')
        else:  # too narrow for a number: the larger the mark, the higher the value
            side = 0.15 + 0.8 * share
            a, b = cell * side, _HIGH * side
            box = _box("cell", x + (cell - a) / 2, y + (_HIGH - b) / 2, a, b)
            made.append(box.replace("/>", f"><title>{show(float(value))}</title></rect>"))
    return made


def _box(kind: str, x: float, y: float, wide: float, high: float, more: str = "") -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" '
        f"{more}/>"
    )


def _sides(rows: Side, named: Side, cell: float, high: float) -> list[str]:
    every = max(math.ceil(34.0 / cell), 1)
    places = (np.arange(len(named[1])) + 0.5) * cell
    made = ticks_below(places[::every], [f"{v:.6g}" for v in named[1]][::every], high)
    middle = len(named[1]) * cell / 2
    made.append(
        f'<text class="axis" x="{middle:.1f}" y="{high + 36:.1f}" text-anchor="middle">'
        f"{escape(named[0])}</text>"
    )
    if rows[0]:
        made += [
            f'<text x="-8" y="{(i + 0.5) * _HIGH + 4:.1f}" text-anchor="end">{v:.6g}</text>'
            for i, v in enumerate(rows[1])
        ]
        made.append(
            f'<text class="axis" text-anchor="middle" '
            f'transform="translate(-58 {high / 2:.1f}) rotate(-90)">{escape(rows[0])}</text>'
        )
    return made


def _outline(rows: Side, named: Side, own: Sequence[float], cell: float) -> list[str]:
    wanted = own if rows[0] else (0.0, own[0])
    if wanted[0] not in rows[1] or wanted[1] not in named[1]:
        return []
    i, j = list(rows[1]).index(wanted[0]), list(named[1]).index(wanted[1])
    return [_box("own", j * cell, i * _HIGH, cell, _HIGH)]


def tornado(
    shifted: Sequence[Shifted], own: float, show: Callable[[float], str], most: int = 12
) -> tuple[list[str], int]:
    """Return bars of the objective in training when one number at a time is changed.

    Parameters
    ----------
    shifted
        Each number changed alone.
    own
        The objective unchanged.
    show
        Writes a value.
    most
        Numbers that are drawn, those that matter most first.

    Returns
    -------
    list
        SVG elements.
    int
        Pixels that they take.
    """
    reach: dict[str, dict[float, tuple[float, float]]] = {}
    for each in shifted:
        if math.isfinite(each.train):
            size = round(abs(each.change), 6)
            low, top = reach.setdefault(each.key, {}).get(size, (own, own))
            reach[each.key][size] = (min(low, each.train), max(top, each.train))
    if not reach or not math.isfinite(own):
        return [], 0

    def swing(key: str) -> float:
        return max(top - low for low, top in reach[key].values())

    keys = sorted(reach, key=swing, reverse=True)[:most]
    ends = [end for key in keys for pair in reach[key].values() for end in pair]
    room = (max(ends) - min(ends)) * 0.06 or abs(own) * 0.1 or 0.1
    low, top = min(ends) - room, max(ends) + room
    high = len(keys) * _ROW
    ticks = linear_ticks(low, top)
    inner = [f'<path class="grid" d="M{a:.1f} 0V{high}"/>' for a in across(ticks, low, top, _BARS)]
    for i, key in enumerate(keys):
        y = i * _ROW
        inner.append(f'<text x="-8" y="{y + 17}" text-anchor="end">{escape(key)}</text>')
        for kind, size, thick in (("far", 0.2, 10), ("near", 0.1, 16)):
            if size in reach[key]:
                a, b = across(reach[key][size], low, top, _BARS)
                inner.append(_box(kind, a, y + (_ROW - thick) / 2, max(b - a, 1.0), thick))
    x = float(across(own, low, top, _BARS))
    inner.append(f'<path class="mid" d="M{x:.1f} -4V{high + 4}"/>')
    inner += ticks_below(across(ticks, low, top, _BARS), [show(t) for t in ticks], high)
    made = [
        f'<text class="name" x="{_NAMES}" y="34">One number at a time, in training: ±10 % '
        "(solid), ±20 % (light), unchanged (line)</text>",
        f'<g transform="translate({_NAMES} 52)">{"".join(inner)}</g>',
    ]
    return made, 52 + high + 30
