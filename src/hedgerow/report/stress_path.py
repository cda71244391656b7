"""One path of a stress: what happened, what was decided, what came of it, as text and picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.report.charts import axis, linear_ticks
from hedgerow.report.formats import columns, number, percent, usd
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.research.performance import drawdowns
from hedgerow.research.stress.replaying import PathRun
from hedgerow.research.stress.study import DYNAMIC, STATIC, UNHEDGED

SHOWN = 30
"""Rows of the table of a path at most: what was traded, and the turns of its fall."""

_WIDE, _HIGH, _LEFT, _TOP, _GAP = 940, 150, 70, 76, 54

_STYLE = """
path { fill: none; stroke-width: 1.7; }
.dynamic { stroke: $blue; stroke-width: 2.2; } .static { stroke: $orange; stroke-dasharray: 7 3; }
.unhedged { stroke: $grey; stroke-dasharray: 2 2; } .vix { stroke: $green; }
.fall { fill: $grey; opacity: 0.14; stroke: none; }
"""


def rows_shown(run: PathRun) -> NDArray[np.intp]:
    """Return the rows that tell a path: start, peak, trough, end, and the largest trades."""
    dynamic, fall = run.played[DYNAMIC], run.fall
    turns = {0, int(fall.peak[0]), int(fall.trough[0]), len(run) - 1}
    by_size = np.argsort(-np.abs(np.diff(dynamic.held, prepend=0.0)), kind="stable")
    acted = [int(row) for row in by_size if dynamic.traded[row] > 0.0]
    for row in acted:
        if len(turns) >= SHOWN:
            break
        turns.add(row)
    return np.array(sorted(turns), dtype=np.intp)


def table(run: PathRun) -> list[list[str]]:
    """Return a path's telling sessions, heading first."""
    dynamic, static = run.played[DYNAMIC], run.played[STATIC]
    index, vix = run.column("spx"), run.column("vix")
    falls = drawdowns(index)
    peak, trough = int(run.fall.peak[0]), int(run.fall.trough[0])
    said = {0: "start", len(run) - 1: "end", peak: "peak", trough: "trough"}
    rows = [["", "", "index", "below peak", "VIX", "x", "held", "traded", "hedge P&L", "static's"]]
    ours, theirs = np.cumsum(dynamic.pnl), np.cumsum(static.pnl)
    for t in rows_shown(run):
        rows.append(
            [
                str(run.dates[t]),
                said.get(int(t), ""),
                number(index[t], 0),
                percent(falls[t]),
                number(vix[t], 1),
                f"{number(dynamic.x[t])}×",
                number(dynamic.held[t], 2),
                number(dynamic.traded[t], 2),
                usd(ours[t]),
                usd(theirs[t]),
            ]
        )
    return rows


def summarise(run: PathRun) -> str:
    """Return the path as text."""
    fall, vix = run.fall, run.column("vix")
    peak, trough = (int(row[0]) for row in (fall.peak, fall.trough))
    most = int(np.argmax(vix))
    dynamic = run.played[DYNAMIC]
    ends = [
        f"{name} {percent(each.nav[-1] / each.nav[0] - 1.0)}" for name, each in run.played.items()
    ]
    return "\n".join(
        [
            f"Path {run.path}: {run.dates[0]} to {run.dates[-1]}, modelled",
            f"The index fell {percent(-float(fall.depth[0]))} from {run.dates[peak]} to "
            f"{run.dates[trough]}, {trough - peak} sessions; VIX peaked at {number(vix[most], 1)} "
            f"on {run.dates[most]}.",
            f"Return: {', '.join(ends)}. Over the fall the hedge gained "
            f"{usd(_over(dynamic.pnl, peak, trough))} of the portfolio's loss of "
            f"{usd(-_over(dynamic.earned, peak, trough))}.",
            f"The policy traded on {np.count_nonzero(dynamic.traded > 0.0)} sessions; shown are "
            "the turns and the largest trades (hedge P&L is cumulated, after costs).",
            "",
            columns(table(run), right=range(2, 10)),
        ]
    )


def _over(flow: Floats, peak: int, trough: int) -> float:
    return float(flow[peak + 1 : trough + 1].sum())


def picture(run: PathRun) -> str:
    """Return index with the NAVs, VIX, intensity and hedge P&L of a path as SVG."""
    played = run.played
    start = run.column("spx")[0]
    names = (UNHEDGED, STATIC, DYNAMIC)
    panels: list[tuple[str, Sequence[tuple[str, Floats]], str]] = [
        (
            "NAV, start = 100",
            [(name, 100.0 * played[name].nav / played[name].nav[0]) for name in names],
            "",
        ),
        (f"VIX (index {number(start, 0)} at the start)", [("vix", run.column("vix"))], ""),
        (
            "Intensity ordered at the close before",
            [(name, played[name].x) for name in (STATIC, DYNAMIC)],
            "×",
        ),
        (
            "Hedge P&L, % of the start's NAV",
            [
                (name, 100.0 * np.cumsum(played[name].pnl) / played[name].nav[0])
                for name in (STATIC, DYNAMIC)
            ],
            "%",
        ),
    ]
    parts = [_legend()]
    for i, (heading, lines, unit) in enumerate(panels):
        down = _TOP + 24 + i * (_HIGH + _GAP)
        parts.append(
            f'<g transform="translate({_LEFT} {down})">{_panel(run, heading, lines, unit)}</g>'
        )
    height = _TOP + 24 + len(panels) * (_HIGH + _GAP)
    return page(f"Path {run.path}, modelled", _LEFT + _WIDE + 30, height, _LEFT, _STYLE, parts)


def _legend() -> str:
    made = []
    for x, key in ((_LEFT, UNHEDGED), (_LEFT + 120, STATIC), (_LEFT + 220, DYNAMIC)):
        made.append(f'<path class="{key}" d="M{x} 50h26"/><text x="{x + 32}" y="54">{key}</text>')
    made.append(
        f'<rect class="fall" x="{_LEFT + 330}" y="43" width="26" height="13"/>'
        f'<text x="{_LEFT + 362}" y="54">the index\'s deepest fall</text>'
    )
    return "".join(made)


def _panel(run: PathRun, heading: str, lines: Sequence[tuple[str, Floats]], unit: str) -> str:
    scale = axis(
        [values for _, values in lines],
        _HIGH,
        lambda v: f"{number(v, 0 if abs(v) >= 10 or v == int(v) else 1)}{unit}",
    )
    last = len(run) - 1
    places = across(np.arange(len(run)), 0.0, last, _WIDE)
    left, right = (float(places[int(row[0])]) for row in (run.fall.peak, run.fall.trough))
    made = [
        f'<rect class="fall" x="{left:.1f}" y="0" width="{max(right - left, 1.0):.1f}" '
        f'height="{_HIGH}"/>',
        *grid(scale, _WIDE),
        f'<text class="name" y="-10">{heading.replace("&", "&amp;")}</text>',
    ]
    made += [f'<path class="{key}" d="{polyline(places, scale.y(v))}"/>' for key, v in lines]
    ticks = [int(t) for t in linear_ticks(0.0, float(last), 6)]
    days = [str(run.dates[t]) for t in ticks]
    made += ticks_below(across(ticks, 0.0, last, _WIDE), days, _HIGH)
    return "".join(made)
