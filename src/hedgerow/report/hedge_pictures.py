"""P&L of a book with each structure over the index, and a grid of one, as SVG."""

from __future__ import annotations

from html import escape

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import axis
from hedgerow.report.formats import MINUS, percent, usd_short
from hedgerow.report.hedge_table import forward, head, name_of, started
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.shortvol.structures.comparison import Comparison, Row
from hedgerow.shortvol.structures.ground import INDEX, STILL, Response, structures, value

_WIDE, _HIGH, _LEFT, _TOP, _GAP, _NAMES = 400, 330, 78, 100, 84, 176
_MOVES = np.linspace(-0.10, 0.06, 33)
_CELL, _ROW = 88, 28
_APART = 14.0

_DASHES = ("", "7 3", "2 2", "9 3 2 3", "1 3", "12 4", "5 2 1 2 1 2", "3 6", "14 3 3 3", "6 6")
_COLOURS = ("blue", "orange", "green", "grey")

_STYLE = """
.line { fill: none; stroke-width: 1.7; } .book { stroke: $ink; stroke-width: 3; }
.blue { stroke: $blue; } .orange { stroke: $orange; } .green { stroke: $green; }
.grey { stroke: $grey; } .zero { stroke: $text; }
.cell { stroke: $paper; stroke-width: 2; } .gain { fill: $blue; } .loss { fill: $orange; }
.figure { font-size: 11px; fill: $ink; } .worst { fill: none; stroke: $ink; stroke-width: 2.4; }
"""


def lines(found: Comparison) -> str:
    """Return P&L of the book alone and with each structure over the index, as SVG.

    On the left each contract's volatility stands still, on the right it answers.  Every line has
    its name at its end and a dash of its own.
    """
    sides = [("Volatility fixed", STILL), ("Volatility answers the index", found.response)]
    drawn = [curves(found, how) for _, how in sides]
    scale = axis([np.concatenate(all_) for all_ in drawn], _HIGH, usd_short, include=(0.0,))
    parts = []
    for k, ((title, _), all_) in enumerate(zip(sides, drawn, strict=True)):
        x = _LEFT + k * (_WIDE + _GAP)
        made = [*grid(scale, _WIDE), f'<text class="name" y="-14">{title}</text>']
        ticks = (-0.10, -0.05, -0.03, 0.0, 0.03, 0.05)
        labels = [percent(tick, 0) for tick in ticks]
        made += ticks_below(across(ticks, _MOVES[0], _MOVES[-1], _WIDE), labels, _HIGH)
        zero = float(scale.y(0.0))
        made.append(f'<path class="zero" d="M0 {zero:.1f}h{_WIDE}"/>')
        places = across(_MOVES, _MOVES[0], _MOVES[-1], _WIDE)
        for i, curve in enumerate(all_):
            made.append(f'<path {_mark(i)} d="{polyline(places, scale.y(curve))}"/>')
        parts.append(f'<g transform="translate({x} {_TOP})">{"".join(made)}</g>')
    names = ["book alone", *(f"with {name_of(row)}" for row in found.rows[1:])]
    parts.append(_key(names, [float(scale.y(curve[0])) for curve in drawn[1]]))
    parts.append(
        f'<text x="{_LEFT}" y="48">P&amp;L of book and structure in USD against the move of the '
        f"index, on {found.at.day}{forward(found)}; opening costs paid. Names stand in the order "
        "of the lines at −10 % on the right.</text>"
    )
    width = _LEFT + 2 * _WIDE + _GAP + 20 + _NAMES + 40
    return page("A short-volatility book and its hedges", width, _TOP + _HIGH + 40, _LEFT, _STYLE,
                parts)  # fmt: skip


def curves(found: Comparison, how: Response) -> list[Floats]:
    """Return P&L of the book, then of book and each structure, over −10 to +6 % in half per cents.

    Parameters
    ----------
    found
        The structures side by side; its days forward count.
    how
        How volatility answers.
    """
    states = found.at.moved(_MOVES, how, days=found.days)
    held = structures(found.book, found.at)
    base = np.asarray(value(held, states).price - value(held, found.at.states).price)
    made = [base]
    for row in found.rows[1:]:
        if row.structure is not None:
            mine = {INDEX: row.structure}
            gain = value(mine, states).price - value(mine, found.at.states).price
            made.append(np.asarray(base + gain - row.cost))
    return made


def _mark(i: int) -> str:
    if i == 0:
        return 'class="line book"'
    colour = _COLOURS[(i - 1) % len(_COLOURS)]
    return f'class="line {colour}" stroke-dasharray="{_DASHES[(i - 1) % len(_DASHES)]}"'


def _key(names: list[str], heights: list[float]) -> str:
    order = np.argsort(heights, kind="stable")
    x = _LEFT + 2 * _WIDE + _GAP + 24
    made, y = [], 4.0
    step = max(_APART + 6.0, _HIGH / max(len(names), 1) * 0.8)
    for i in order.tolist():
        made.append(f'<path {_mark(i)} d="M0 {y - 4:.1f}h34"/>')
        made.append(f'<text x="42" y="{y:.1f}">{escape(names[i])}</text>')
        y += min(step, 26.0)
    return f'<g transform="translate({x} {_TOP})">{"".join(made)}</g>'


def heat(found: Comparison, row: Row) -> str:
    """Return P&L of book and one structure over moves of index and volatility, as SVG.

    Every cell says its number: colour only helps the eye.
    """
    values = found.grid(row)
    most = float(np.abs(values).max()) or 1.0
    low = np.unravel_index(int(np.argmin(values)), values.shape)
    made = []
    for k, move in enumerate(head(found.moves)):
        made.append(f'<text x="{(k + 0.5) * _CELL:.0f}" y="-8" text-anchor="middle">{move}</text>')
    for j, kind in enumerate(found.kinds):
        y = j * _ROW
        word = f"{kind.replace('-', MINUS)} points" if kind[0] in "+-" else kind
        made.append(f'<text x="-8" y="{y + 18}" text-anchor="end">{word}</text>')
        for k in range(len(found.moves)):
            made.append(_cell(float(values[j, k]), most, k * _CELL, y))
    made.append(
        f'<rect class="worst" x="{low[1] * _CELL + 1}" y="{low[0] * _ROW + 1}" '
        f'width="{_CELL - 2}" height="{_ROW - 2}"/>'
    )
    wide, high = _CELL * len(found.moves), _ROW * len(found.kinds)
    parts = [
        '<text x="20" y="46">USD, opening costs paid. Across: move of the index; down: implied '
        "volatility. The worst cell has a frame.</text>",
        f'<g transform="translate(120 90)">{"".join(made)}</g>',
    ]
    name = "book alone" if row.hedge is None else f"book with {name_of(row)}"
    return page(started(name), max(120 + wide + 24, 680), 90 + high + 20, 20, _STYLE, parts)


def _cell(value_: float, most: float, x: int, y: int) -> str:
    kind = "gain" if value_ > 0.0 else "loss"
    sign = "+" if value_ > 0.0 else ""
    return (
        f'<rect class="cell {kind}" fill-opacity="{0.06 + 0.5 * abs(value_) / most:.2f}" x="{x}" '
        f'y="{y}" width="{_CELL}" height="{_ROW}"/><text class="figure" x="{x + _CELL / 2:.0f}" '
        f'y="{y + 18}" text-anchor="middle">{sign}{usd_short(float(f"{value_:.3g}"))}</text>'
    )
