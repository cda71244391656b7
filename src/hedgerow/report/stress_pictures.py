"""Distributions over paths as pictures: histograms, and what lies between quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import linear_ticks
from hedgerow.report.formats import number, percent
from hedgerow.report.stress import HEDGED, TITLES, name_of
from hedgerow.report.svg import across, page
from hedgerow.research.stress import figures
from hedgerow.research.stress.figures import TAILS
from hedgerow.research.stress.study import DIVESTED, DYNAMIC, STATIC, UNHEDGED, Stress

BINS = 32
"""Bars of a histogram."""

_LEFT, _TOP, _WIDE, _HIGH, _GAP = 40, 104, 460, 220, 70
_ROW = 24

_STYLE = """
path { fill: none; } .dynamic { stroke: $blue; stroke-width: 2.2; }
.static { stroke: $orange; stroke-width: 1.7; stroke-dasharray: 7 3; }
.unhedged { stroke: $grey; stroke-width: 1.5; stroke-dasharray: 2 2; }
.bar { fill: $blue; opacity: 0.55; } .behind { fill: $orange; opacity: 0.75; }
.zero { stroke: $text; stroke-width: 1.4; }
.reach { stroke: $text; stroke-width: 1.4; } .most { stroke: $blue; stroke-width: 5; }
.half { fill: $blue; opacity: 0.85; } .middle { stroke: $paper; stroke-width: 2.6; }
.tail { fill: $orange; }
"""


def distributions(found: Stress) -> str:
    """Return end values of the three strategies, and what the policy added path by path, as SVG."""
    parts = []
    for i, key in enumerate((UNHEDGED, STATIC, DYNAMIC)):
        x = _LEFT + i * 120
        parts.append(
            f'<path class="{key}" d="M{x} 52h28"/><text x="{x + 34}" y="56">'
            f"{name_of(found, key)}</text>"
        )
    parts += [
        f'<g transform="translate({_LEFT} {_TOP})">{_ends(found)}</g>',
        f'<g transform="translate({_LEFT + _WIDE + _GAP} {_TOP})">{_added(found)}</g>',
    ]
    width = _LEFT + 2 * _WIDE + _GAP + 30
    return page(
        "Return, and what scaling added to it", width, _TOP + _HIGH + 52, _LEFT, _STYLE, parts
    )


def _ends(found: Stress) -> str:
    each = {name: found.of(name, "return") for name in (UNHEDGED, STATIC, DYNAMIC)}
    low, high = _span(np.concatenate(list(each.values())))
    edges = np.linspace(low, high, BINS + 1)
    counts = {
        name: np.histogram(np.clip(values, low, high), edges)[0] / len(values)
        for name, values in each.items()
    }
    most = max(float(column.max()) for column in counts.values())
    places = across(edges, low, high, _WIDE)
    made = [_base(low, high), _heading("Return over the path, part of the paths")]
    for name, column in counts.items():
        steps = ["M0.0 " + f"{_HIGH:.1f}"]
        for k, value in enumerate(column):
            y = _HIGH * (1.0 - value / most)
            steps.append(f"L{places[k]:.1f} {y:.1f}L{places[k + 1]:.1f} {y:.1f}")
        steps.append(f"L{_WIDE:.1f} {_HIGH:.1f}")
        made.append(f'<path class="{name}" d="{"".join(steps)}"/>')
    return "".join(made)


def _added(found: Stress) -> str:
    gap = found.of(DYNAMIC, "return") - found.of(STATIC, "return")
    low, high = _span(gap)
    low, high = min(low, 0.0), max(high, 0.0)
    edges = np.linspace(low, high, BINS + 1)
    column = np.histogram(np.clip(gap, low, high), edges)[0]
    places = across(edges, low, high, _WIDE)
    tall = _HIGH * column / max(int(column.max()), 1)
    made = [_base(low, high)]
    for k, height in enumerate(tall.tolist()):
        middle = 0.5 * (edges[k] + edges[k + 1])
        made.append(
            f'<rect class="{"bar" if middle > 0.0 else "behind"}" x="{places[k]:.1f}" '
            f'y="{_HIGH - height:.1f}" width="{max(places[k + 1] - places[k] - 1.0, 0.5):.1f}" '
            f'height="{height:.1f}"/>'
        )
    zero = float(across(0.0, low, high, _WIDE))
    chance = figures.better(found.of(DYNAMIC, "return"), found.of(STATIC, "return"))
    made += [
        f'<path class="zero" d="M{zero:.1f} 0V{_HIGH}"/>',
        _heading("Dynamic less static on the same path"),
        f'<text x="{zero - 8:.1f}" y="12" text-anchor="end">{percent(1.0 - chance.value, 0)} '
        "behind ◂</text>",
        f'<text x="{zero + 8:.1f}" y="12">▸ {percent(chance.value, 0)} ahead</text>',
    ]
    return "".join(made)


def _span(values: Floats) -> tuple[float, float]:
    """Return the values' 0.2 and 99.8 % quantiles; what lies beyond is put into the end bars."""
    low, high = (float(q) for q in np.quantile(values, [0.002, 0.998]))
    return (low, high) if high > low else (low - 0.01, high + 0.01)


def _base(low: float, high: float) -> str:
    made = [f'<path class="grid" d="M0 {_HIGH}h{_WIDE}"/>']
    for tick in linear_ticks(low, high, 6):
        x = float(across(tick, low, high, _WIDE))
        made.append(f'<path class="grid" d="M{x:.1f} 0V{_HIGH + 5}"/>')
        digits = 0 if abs(100 * tick - round(100 * tick)) < 1e-9 else 1
        said = percent(tick, digits)
        made.append(f'<text x="{x:.1f}" y="{_HIGH + 20}" text-anchor="middle">{said}</text>')
    return "".join(made)


def _heading(text: str) -> str:
    return f'<text class="name" y="-14">{text}</text>'


PANELS = ("return", "max_drawdown", "worst_month", "hedge_cost")
"""Figures whose quantiles are drawn."""


def ranges(found: Stress) -> str:
    """Return quantiles of four figures for every strategy as SVG: each row a strategy."""
    names = found.strategies
    high = len(names) * _ROW + 34
    parts = [_key()]
    for i, figure in enumerate(PANELS):
        x = _LEFT + 70 + (i % 2) * (_WIDE + 40)
        y = _TOP + 12 + (i // 2) * (high + 54)
        parts.append(f'<g transform="translate({x} {y})">{_panel(found, figure)}</g>')
    width = _LEFT + 70 + 2 * _WIDE + 60
    height = _TOP + 12 + 2 * (high + 54) - 10
    return page("From the worst to the best path", width, height, _LEFT, _STYLE, parts)


def _key() -> str:
    y, x = 52, _LEFT
    return (
        f'<path class="reach" d="M{x} {y}h40"/><text x="{x + 46}" y="{y + 4}">1–99 %</text>'
        f'<path class="most" d="M{x + 110} {y}h40"/><text x="{x + 156}" y="{y + 4}">5–95 %</text>'
        f'<rect class="half" x="{x + 220}" y="{y - 8}" width="40" height="16"/>'
        f'<path class="middle" d="M{x + 240} {y - 8}v16"/>'
        f'<text x="{x + 266}" y="{y + 4}">25–75 %, median</text>'
        f'<path class="tail" d="M{x + 390} {y - 6}l6 6l-6 6l-6 -6z"/>'
        f'<text x="{x + 402}" y="{y + 4}">mean of the worst {TAILS[0]:.0%} (ES)</text>'
    )


def _panel(found: Stress, figure: str) -> str:
    names = [
        name for name in found.strategies if not (figure in HEDGED and name in {UNHEDGED, DIVESTED})
    ]
    wide = _WIDE - 110
    cells = {name: figures.quantiles(found.of(name, figure)) for name in names}
    worst = -1.0 if figure in HEDGED else 1.0  # of a cost the high end is the bad one
    tails = {
        name: worst * figures.shortfall(worst * found.of(name, figure), TAILS[0]) for name in names
    }
    ends = [q for row in cells.values() for q in (row[0], row[-1])] + list(tails.values())
    low, high = min(ends), max(ends)
    room = 0.03 * (high - low) or 0.01
    low, high = low - room, high + room

    def at(value: float) -> float:
        return float(across(value, low, high, wide))

    down = len(found.strategies) * _ROW
    made = [f'<text class="name" x="-70" y="-14">{TITLES[figure]}</text>']
    made += _axis(low, high, down, at)
    for i, name in enumerate(names):
        q01, q05, q25, q50, q75, q95, q99 = (at(q) for q in cells[name])
        y = i * _ROW + 12
        made.append(
            f'<text x="-8" y="{y + 4}" text-anchor="end">{name_of(found, name)}</text>'
            f'<path class="reach" d="M{q01:.1f} {y}H{q99:.1f}"/>'
            f'<path class="most" d="M{q05:.1f} {y}H{q95:.1f}"/>'
            f'<rect class="half" x="{q25:.1f}" y="{y - 8}" width="{max(q75 - q25, 1.0):.1f}" '
            f'height="16"/><path class="middle" d="M{q50:.1f} {y - 8}v16"/>'
            f'<path class="tail" d="M{at(tails[name]):.1f} {y - 6}l6 6l-6 6l-6 -6z"/>'
        )
    return "".join(made)


def _axis(low: float, high: float, down: int, at: Callable[[float], float]) -> list[str]:
    made = []
    for tick in linear_ticks(low, high, 6):
        made.append(f'<path class="grid" d="M{at(tick):.1f} 0V{down + 4}"/>')
        label = f"{number(100.0 * tick, 0 if abs(100 * tick - round(100 * tick)) < 1e-9 else 1)}%"
        made.append(f'<text x="{at(tick):.1f}" y="{down + 18}" text-anchor="middle">{label}</text>')
    return made
