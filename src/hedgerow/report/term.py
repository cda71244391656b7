"""The VIX futures curve with its roll-down, and the VIX family beside it, as one SVG."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hedgerow.core.market import Floats, Origin
from hedgerow.data.vx_curve import CurveDay, contract_code
from hedgerow.pricing.term import MONTH, Curve
from hedgerow.report.charts import Axis, axis, linear_ticks
from hedgerow.report.formats import number
from hedgerow.report.svg import across, grid, page, polyline, ticks_below

_WIDE, _SIDE, _HIGH = 640, 240, 300
_TOP, _LEFT, _GAP, _FOOT = 92, 48, 60, 72
_LEAST_ARROW = 6.0
"""Pixels below which an arrow cannot be seen and is left out."""
_NARROW = 46.0
"""Pixels that a contract's code needs."""

_ARROW = '<path class="arrow" d="M11 -12v14m-3 -4l3 4l3 -4"/>'

_STYLE = """
.line { fill: none; stroke: $blue; stroke-width: 1.8; } .dot { fill: $blue; }
.line.model { stroke-dasharray: 6 4; } .dot.model { fill: $paper; stroke: $blue; }
.week { fill: $paper; stroke: $grey; }
.arrow { fill: none; stroke: $orange; stroke-width: 1.4; } .roll { fill: $orange; }
.family { fill: none; stroke: $green; stroke-width: 1.8; } .spot { fill: $green; }
.spot.model { fill: $paper; stroke: $green; }
"""


def term_structure(day: CurveDay, title: str) -> str:
    """Return the curve of a date with arrows to where each month slides in 30 days.

    Parameters
    ----------
    day
        A curve with its VIX family; modelled points are drawn dashed and hollow.
    title
        Heading, plain text.
    """
    curve = day.curve
    family = np.array([points for _, _, points in day.family])
    levels = [curve.settle, family, np.array([curve.spot])]
    scale = axis(levels, _HIGH, lambda v: f"{v:g}")
    left, top = _LEFT, _TOP
    modelled = day.vix_origin is Origin.MODELLED
    parts = [
        *_legend(day, modelled),
        f'<g transform="translate({left} {top})">{_futures(curve, scale, modelled)}</g>',
        f'<g transform="translate({left + _WIDE + _GAP} {top})">'
        f"{_indices(day.family, scale, modelled)}</g>",
    ]
    width, height = left + _WIDE + _GAP + _SIDE + 24, top + _HIGH + _FOOT
    return page(title, width, height, left, _STYLE, parts)


def _legend(day: CurveDay, modelled: bool) -> list[str]:
    kind = " model" if day.modelled else ""
    month = "monthly, modelled: none is quoted" if day.modelled else "monthly"
    spot = " model" if modelled else ""
    marks = [
        (f'<path class="line{kind}" d="M0 -4h22"/>{_dot(f"dot{kind}", 11, -4)}', month),
        (_dot("week", 11, -4), "weekly"),
        (_ARROW, "price in 30 days (or settled), curve unmoved"),
        (_dot(f"spot{spot}", 11, -4), "VIX, modelled" if modelled else "VIX indices"),
    ]
    if bool(np.all(day.curve.monthly)):
        del marks[1]
    made, x = [], float(_LEFT)
    for mark, word in marks:
        made.append(f'<g transform="translate({x:.0f} 50)">{mark}<text x="28">{word}</text></g>')
        x += 52.0 + 6.2 * len(word)
    return made


def _futures(curve: Curve, scale: Axis, modelled: bool) -> str:
    end = float(curve.days[-1]) if len(curve) else 1.0
    x = across(curve.days, 0.0, end, _WIDE - 20)
    y = scale.y(curve.settle)
    made = [
        *grid(scale, _WIDE),
        *_heading("Futures by days to settlement, points ($1,000 a contract)"),
    ]
    made += _scale_of_days(linear_ticks(0.0, end, 7), end, _WIDE - 20)
    month = np.flatnonzero(curve.monthly)
    whole = np.array([[0.0, *x[month]], [float(scale.y(curve.spot)), *y[month]]])
    soft = [True] + [curve.origin[i] == "modelled" for i in month]
    for i, (a, b) in enumerate(pairwise(range(len(soft)))):
        ends = whole[:, [a, b]]
        if np.isfinite(ends).all():
            # from VIX to the first future nothing is quoted
            key = "line model" if soft[b] or i == 0 else "line"
            made.append(f'<path class="{key}" d="{polyline(*ends)}"/>')
    made += _arrows(curve, scale, x)
    spot = "spot model" if modelled else "spot"
    made.append(_dot(spot, 0.0, float(scale.y(curve.spot))))
    for i in range(len(curve)):
        if np.isfinite(y[i]):
            kind = "dot" if curve.monthly[i] else "week"
            key = f"{kind} model" if curve.origin[i] == "modelled" else kind
            made.append(_dot(key, x[i], y[i]))
    made += _codes(curve, x, month)
    return "".join(made)


def _arrows(curve: Curve, scale: Axis, x: Floats) -> list[str]:
    made = []
    for i in np.flatnonzero(curve.monthly & np.isfinite(curve.settle)):
        left = float(curve.days[i])
        span = min(MONTH, left)
        later = float(curve.at(left - span, from_spot=True))
        start, end = float(scale.y(curve.settle[i])), float(scale.y(later))
        if not np.isfinite(later):
            continue
        turn = np.sign(end - start)
        if abs(end - start) >= _LEAST_ARROW:
            head = f"m-3 {-4 * turn:g}l3 {4 * turn:g}l3 {-4 * turn:g}"
            made.append(f'<path class="arrow" d="M{x[i]:.1f} {start:.1f}V{end:.1f}{head}"/>')
        said = number(later - float(curve.settle[i]), 1, sign=True)
        place = end + (14.0 if turn > 0 else -6.0)
        made.append(
            f'<text class="roll" x="{x[i]:.1f}" y="{place:.1f}" text-anchor="middle">{said}</text>'
        )
    return made


def _codes(curve: Curve, x: Floats, month: np.ndarray) -> list[str]:
    made, free = [], -_NARROW
    for i in month:
        if x[i] - free < _NARROW:
            continue
        free = float(x[i])
        settle = float(curve.settle[i])
        lines = (
            contract_code(curve.expiry[i]),
            number(settle) if np.isfinite(settle) else "no price",
        )
        for row, (text, key) in enumerate(zip(lines, ("name", ""), strict=True)):
            made.append(
                f'<text class="{key}" x="{x[i]:.1f}" y="{_HIGH + 40 + 15 * row}" '
                f'text-anchor="middle">{text}</text>'
            )
    return made


def _indices(family: Sequence[tuple[str, float, float]], scale: Axis, modelled: bool) -> str:
    made = [*grid(scale, _SIDE), _heading("VIX indices by days of maturity, points")]
    days = [maturity for _, maturity, _ in family]
    end = max([*days, 184.0])
    x = across(days, 0.0, end, _SIDE - 24)
    made += _scale_of_days([9.0, 30.0, 93.0, 184.0], end, _SIDE - 24)
    y = [float(scale.y(points)) for _, _, points in family]
    if len(family) > 1:
        made.append(f'<path class="family" d="{polyline(x, y)}"/>')
    for place, (name, _, points) in enumerate(family):
        key = "spot model" if name == "vix" and modelled else "spot"
        made.append(_dot(key, x[place], y[place]))
        at = place * 62
        made.append(f'<text class="name" x="{at}" y="{_HIGH + 40}">{name.upper()}</text>')
        made.append(f'<text x="{at}" y="{_HIGH + 55}">{number(points)}</text>')
    if len(family) < 2:
        made.append(
            f'<text x="{_SIDE}" y="{_HIGH - 10}" text-anchor="end">no other is known</text>'
        )
    return "".join(made)


def _heading(words: str) -> str:
    return f'<text class="name" x="0" y="-10">{words}</text>'


def _scale_of_days(values: Sequence[float], end: float, width: float) -> list[str]:
    return ticks_below(across(values, 0.0, end, width), [f"{v:g}" for v in values], _HIGH)


def _dot(key: str, x: float, y: float) -> str:
    return f'<circle class="{key}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
