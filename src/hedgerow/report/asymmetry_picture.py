"""Moves of implied volatility against the index, and slopes by tenor and strike, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis, axis
from hedgerow.report.formats import number
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.shortvol.asymmetry.regression import Slope
from hedgerow.shortvol.asymmetry.study import Asymmetry

_WIDE, _SIDE, _HIGH, _TOP, _LEFT, _APART = 470, 230, 330, 112, 56, 66
_WIDTH = 2 * _LEFT + _WIDE + 2 * (_SIDE + _APART)
_WORST = 6.0
"""Per cent to either side that the first panel shows."""

_BINS = (-6.0, -4.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_FEWEST = 5
"""Days that a mean of a bin needs to be drawn."""

_STYLE = """
.day { fill: $grey; fill-opacity: 0.35; } .zero { stroke: $text; stroke-width: 0.8; }
.fall { fill: none; stroke: $orange; stroke-width: 2.4; }
.rise { fill: none; stroke: $blue; stroke-width: 2.4; stroke-dasharray: 8 4; }
.fallband { fill: $orange; fill-opacity: 0.25; } .riseband { fill: $blue; fill-opacity: 0.25; }
.mean { fill: $ink; } .falldot { fill: $orange; stroke: $orange; stroke-width: 2; }
.risedot { fill: $paper; stroke: $blue; stroke-width: 2; }
.fallbar { stroke: $orange; stroke-width: 1.4; } .risebar { stroke: $blue; stroke-width: 1.4; }
"""

_LEGEND = (
    (0, '<circle class="day" cx="13" cy="-4" r="3"/>', "a day"),
    (80, '<path class="mean" d="M9 -8h8v8h-8z"/>', "mean of days alike"),
    (
        255,
        '<path class="fall" d="M0 -4h26"/><circle class="falldot" cx="13" cy="-4" r="4"/>',
        "index falls",
    ),
    (
        375,
        '<path class="rise" d="M0 -4h26"/><circle class="risedot" cx="13" cy="-4" r="4"/>',
        "index rises",
    ),
    (495, '<path class="fallband" d="M0 -10h26v12h-26z"/>', "band of the slope"),
)


def picture(found: Asymmetry) -> str:
    """Return the picture: days with both slopes, slopes by tenor, and by strike (modelled).

    Parameters
    ----------
    found
        What was measured.
    """
    main = found.main
    parts = [
        f'<g transform="translate({_LEFT + x} 56)">{mark}<text x="34">{words}</text></g>'
        for x, mark, words in _LEGEND
    ]
    tenors = [(f"{x.tenor:g}", x.day.fall, x.day.rise) for x in found.levels]
    own = [x for x in found.strikes if x.tenor == main.tenor]
    strikes = [(f"{x.strike:g}", x.day.fall, x.day.rise) for x in own]
    scale = axis(
        [
            np.array(
                [-end for _, *pair in (*tenors, *strikes) for s in pair for end in (s.low, s.high)]
            )
        ],
        _HIGH,
        lambda value: number(value, 1),
        include=[0.0],
    )
    panels = (
        (0, f"{main.tenor:g}-day IV, points a day, against the index", _days(found)),
        (_WIDE + _APART, "Points per 1 %, by tenor", _slopes(tenors, scale, "calendar days")),
        (
            _WIDE + _SIDE + 2 * _APART,
            f"By fixed strike, {main.tenor:g} days (modelled)",
            _slopes(strikes, scale, "strike over spot before the move"),
        ),
    )
    for x, words, drawn in panels:
        parts.append(
            f'<g transform="translate({_LEFT + x} {_TOP})">'
            f'<text class="name" y="-12">{words}</text>{"".join(drawn)}</g>'
        )
    foot = _TOP + _HIGH + 62
    words = (
        "By tenor and strike: points added by a fall of 1 % (filled), taken off by a rise of 1 % "
        f"(hollow), with {100.0 * found.level:g} % bands. Days past ±{_WORST:g} % are not drawn, "
        "and count."
    )
    parts.append(f'<text x="{_LEFT}" y="{foot}">{words}</text>')
    title = (
        f"Implied volatility answers falls more than rises, {found.start[:4]} to {found.end[:4]}"
    )
    if main.day.fall.value >= main.day.rise.value:
        title = f"Implied volatility against the index, {found.start[:4]} to {found.end[:4]}"
    return page(title, _WIDTH, foot + 18, _LEFT, _STYLE, parts)


def _days(found: Asymmetry) -> list[str]:
    inside = np.abs(found.moves) <= _WORST
    x, y = found.moves[inside], found.changes[inside]
    scale = axis([y], _HIGH, lambda value: number(value, 0), include=[0.0])

    def at(values: Floats) -> Floats:
        return across(values, -_WORST, _WORST, _WIDE)

    marks = [-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0]
    made = grid(scale, _WIDE)
    made += ticks_below(at(np.array(marks)), [number(v, 0, sign=True) + " %" for v in marks], _HIGH)
    zero = float(at(np.array([0.0]))[0])
    made.append(f'<path class="zero" d="M{zero:.1f} 0V{_HIGH}"/>')
    made += [
        f'<circle class="day" cx="{a:.1f}" cy="{b:.1f}" r="1.8"/>'
        for a, b in zip(at(x), scale.y(y), strict=True)
    ]
    fit = found.main.day
    for key, slope, end in (("fall", fit.fall, -_WORST), ("rise", fit.rise, _WORST)):
        side = np.array([0.0, end])
        low, high, line = (
            scale.y(np.clip(fit.constant.value + each * side, scale.low, scale.high))
            for each in (slope.low, slope.high, slope.value)
        )
        back = polyline(at(side)[::-1], high[::-1]).replace("M", "L", 1)
        made.append(f'<path class="{key}band" d="{polyline(at(side), low)}{back}Z"/>')
        made.append(f'<path class="{key}" d="{polyline(at(side), line)}"/>')
    for first, last in pairwise(_BINS):
        of = (x >= first) & (x < last)
        if of.sum() >= _FEWEST:
            a, b = float(at(x[of]).mean()), float(scale.y(y[of]).mean())
            made.append(f'<path class="mean" d="M{a - 4:.1f} {b - 4:.1f}h8v8h-8z"/>')
    return made


def _slopes(rows: Sequence[tuple[str, Slope, Slope]], scale: Axis, under: str) -> list[str]:
    made = grid(scale, _SIDE)
    places = across(np.arange(len(rows)) + 0.5, 0.0, len(rows), _SIDE)
    made += ticks_below(places, [name for name, _, _ in rows], _HIGH)
    made.append(f'<text x="{_SIDE / 2}" y="{_HIGH + 34}" text-anchor="middle">{under}</text>')
    for place, (_, fall, rise) in zip(places, rows, strict=True):
        for key, slope, aside in (("fall", fall, -4.0), ("rise", rise, 4.0)):
            x = place + aside
            low, high, dot = (float(scale.y(-v)) for v in (slope.low, slope.high, slope.value))
            made.append(f'<path class="{key}bar" d="M{x:.1f} {low:.1f}V{high:.1f}"/>')
            made.append(f'<circle class="{key}dot" cx="{x:.1f}" cy="{dot:.1f}" r="4"/>')
    return made
