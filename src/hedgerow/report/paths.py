"""Simulated paths, as text and as a picture: what index and VIX may do, and a few that did."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis, axis
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.simulate.paths import Paths

MOST = 4_096
"""Paths that text and picture look at, the first ones."""

FEW = 20
"""Fewer paths than this are drawn one by one, without a fan."""

DRAWN = 4
"""Single paths in a fan."""

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

_WIDE, _HIGH, _LEFT, _TOP, _APART = 760, 210, 64, 84, 52
_STYLE = """
.wide { fill: $blue; fill-opacity: 0.14; } .core { fill: $blue; fill-opacity: 0.22; }
.middle { fill: none; stroke: $blue; stroke-width: 2; }
.path { fill: none; stroke: $orange; stroke-width: 1; stroke-opacity: 0.85; }
"""


class Figure(NamedTuple):
    """A figure of each path, over all paths."""

    name: str
    quantiles: tuple[float, ...]
    """At `LEVELS`."""


def figures(paths: Paths) -> list[Figure]:
    """Return what index and VIX did on the first `MOST` paths, decimals and points.

    Examples
    --------
    >>> from hedgerow.simulate.falls import FlashCrash
    >>> change, fall, *_ = figures(FlashCrash().paths(2, 40, seed=0))
    >>> change.name, round(change.quantiles[2], 3), round(fall.quantiles[2], 3)
    ('index, change', -0.2, -0.2)
    """
    spx, vix = (_first(paths, name) for name in ("spx", "vix"))
    peak = np.maximum.accumulate(spx, axis=1)
    found = {
        "index, change": spx[:, -1] / spx[:, 0] - 1.0,
        "index, deepest fall": (spx / peak).min(axis=1) - 1.0,
        "index, worst session": (spx[:, 1:] / spx[:, :-1]).min(axis=1) - 1.0,
        "VIX, mean": vix.mean(axis=1),
        "VIX, highest": vix.max(axis=1),
        "VIX, last": vix[:, -1],
    }
    return [
        Figure(name, tuple(map(float, np.quantile(values, LEVELS))))
        for name, values in found.items()
    ]


def told(paths: Paths) -> str:
    """Return title and figures of paths as text."""
    head = ["", *(f"{level:.0%}" for level in LEVELS)]
    rows = [
        [name, *(_shown(name)(value) for value in quantiles)] for name, quantiles in figures(paths)
    ]
    start = paths.start
    looked = f", figures of the first {MOST:,}" if len(paths) > MOST else ""
    return (
        f"Simulated: {paths.model.title}; seed {paths.seed}, {len(paths):,} paths of "
        f"{paths.sessions} sessions{looked}\n"
        f"From {start.date}, index {start.spx:,.2f}, VIX {start.vix:.2f}; quantiles over paths\n"
        f"{columns([head, *rows], right=range(1, 6))}\n{NOT_ADVICE}"
    )


def fan(paths: Paths) -> str:
    """Return the picture of paths: index above, VIX below, one SVG that stands alone."""
    count = min(len(paths), MOST)
    parts = []
    drawn = (
        f"{len(paths)} paths"
        if count < FEW
        else f"half and nine tenths of {count:,} paths, their median, and the first {DRAWN}"
    )
    for row, (name, sign) in enumerate((("spx", "Index"), ("vix", "VIX"))):
        values = _first(paths, name)
        place = _TOP + row * (_HIGH + _APART)
        inner = "".join(_panel(values, paths, log=name == "spx"))
        parts.append(
            f'<g transform="translate({_LEFT} {place})">'
            f'<text class="name" y="-10">{sign}, points</text>{inner}</g>'
        )
    foot = _TOP + 2 * _HIGH + _APART + 42
    parts.append(
        f'<text x="{_LEFT}" y="48">{drawn[0].upper()}{drawn[1:]}; seed {paths.seed}. '
        "All values are simulated.</text>"
    )
    parts.append(f'<text x="{_LEFT}" y="{foot}">Months. {NOT_ADVICE}</text>')
    title = f"Simulated: {paths.model.title}"
    return page(title, _LEFT + _WIDE + 24, foot + 14, _LEFT, _STYLE, parts)


def _panel(values: Floats, paths: Paths, *, log: bool) -> list[str]:
    x = across(np.arange(values.shape[1]), 0.0, values.shape[1] - 1.0, _WIDE)
    single = values if len(values) < FEW else values[:DRAWN]
    bands = np.quantile(values, LEVELS, axis=0)
    scale = axis([bands if len(values) >= FEW else single, single], _HIGH, _whole, log=log)
    made = grid(scale, _WIDE) + ticks_below(*_months(paths, x), _HIGH)
    if len(values) >= FEW:
        for kind, low, high in (("wide", 0, 4), ("core", 1, 3)):
            made.append(f'<path class="{kind}" d="{_between(x, bands[low], bands[high], scale)}"/>')
    made += [f'<path class="path" d="{polyline(x, scale.y(one))}"/>' for one in single]
    if len(values) >= FEW:
        made.append(f'<path class="middle" d="{polyline(x, scale.y(bands[2]))}"/>')
    return made


def _between(x: Floats, low: Floats, high: Floats, scale: Axis) -> str:
    back = polyline(x[::-1], scale.y(low)[::-1]).replace("M", "L", 1)
    return f"{polyline(x, scale.y(high))}{back}Z"


def _months(paths: Paths, x: Floats) -> tuple[Floats, list[str]]:
    months = paths.dates.astype("datetime64[M]")
    first = np.flatnonzero(np.r_[False, months[1:] != months[:-1]])
    first = first[:: max(-(-len(first) // 9), 1)]
    return x[first], [str(month) for month in months[first]]


def _first(paths: Paths, name: str) -> Floats:
    return np.asarray(paths.block(0, min(len(paths), MOST)).columns[name])


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _shown(name: str) -> Any:
    return percent if name.startswith("index") else number
