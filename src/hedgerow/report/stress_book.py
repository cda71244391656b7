"""Today's book over moves of index, VIX and time: text, table and heat map."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.core.over_the_counter import readable
from hedgerow.report.formats import MINUS, NOT_ADVICE, columns, number, percent, usd
from hedgerow.report.svg import page
from hedgerow.research.stress.book import BookGrid, Shock

_LEFT, _TOP, _CELL, _ROW, _GAP = 128, 96, 64, 26, 62

_STYLE = """
.cell { stroke: $paper; stroke-width: 2; } .gain { fill: $blue; } .loss { fill: $orange; }
.worst { fill: none; stroke: $ink; stroke-width: 2.4; } .figure { font-size: 11px; fill: $ink; }
"""


def held_line(found: BookGrid) -> str:
    """Return what is held in a line."""
    held = found.held
    legs = ", ".join(
        f"{number(held.contracts * weight, 2)} × {readable(symbol)}"
        for symbol, weight in zip(*held.basket, strict=True)
    )
    return (
        f"Held at the close of {held.market.dates[-1]}: {legs} (intensity {number(held.x)}×), "
        f"portfolio {usd(held.nav)}"
    )


def _shock(shock: Shock) -> str:
    return shock.name.replace("-", MINUS)


def greek_line(found: BookGrid) -> str:
    """Return the hedge's Greeks in a line."""
    greeks = found.held.greeks
    return (
        f"Hedge: delta {usd(greeks['delta'])} a point of the index, gamma "
        f"{number(greeks['gamma'])}, vega {usd(greeks['vega'])} a vol point, theta "
        f"{usd(greeks['theta'])} a day"
    )


def worst_line(found: BookGrid) -> str:
    """Return the worst cell in a line."""
    i, j, k = found.worst
    cell = found.worst
    hedge = found.hedge[cell]
    share = -hedge / found.portfolio[cell] if found.portfolio[cell] < 0.0 else None
    gave = f", the hedge gives back {percent(share)}" if share is not None else ""
    return (
        f"Worst cell: index {percent(found.spots[k], 0)}, VIX {_shock(found.shocks[j])} "
        f"({number(found.vix[j, k], 0)}), {found.days[i]} days: {usd(found.both[cell])} "
        f"({percent(found.both[cell] / found.held.nav)}){gave}"
    )


def rows(found: BookGrid, values: Floats) -> list[list[str]]:
    """Return one day's table, per cent of NAV, heading first.

    Parameters
    ----------
    found
        The grid.
    values
        USD, **shape** (shocks, spots).
    """
    made = [["VIX \\ index", *(percent(spot, 0) for spot in found.spots)]]
    for shock, row in zip(found.shocks, values, strict=True):
        made.append([_shock(shock), *(percent(value / found.held.nav) for value in row)])
    return made


def told_answer(found: BookGrid) -> str:
    """Return how VIX moves with the index."""
    answer = found.answer
    return (
        f"With the index: VIX gains {number(answer.falls)} points for each 1 % of fall and loses "
        f"{number(answer.rises)} for each 1 % of rise, least squares over the model's sessions; "
        "a line drawn far beyond most of them"
    )


def summarise(found: BookGrid) -> str:
    """Return the grid as text."""
    parts = [
        held_line(found),
        greek_line(found),
        worst_line(found),
        told_answer(found),
    ]
    for i, days in enumerate(found.days):
        parts += [
            "",
            f"Portfolio and hedge, % of NAV, in {days} days (all of it at once)",
            columns(rows(found, found.both[i]), right=range(1, len(found.spots) + 1)),
        ]
    parts += [
        "",
        "The hedge alone, % of NAV, today",
        columns(rows(found, found.hedge[0]), right=range(1, len(found.spots) + 1)),
        "Prices are modelled by the surface of every run; trading costs are left out.",
        NOT_ADVICE,
    ]
    return "\n".join(parts)


def to_dict(found: BookGrid) -> dict[str, Any]:
    """Return the grid as plain values; P&L in USD by day, shock and move of the index."""
    i, j, k = found.worst
    return {
        "date": str(found.held.market.dates[-1]),
        "nav": found.held.nav,
        "intensity": found.held.x,
        "contracts": {
            symbol: found.held.contracts * weight
            for symbol, weight in zip(*found.held.basket, strict=True)
        },
        "greeks": found.held.greeks,
        "answer": found.answer._asdict() | {"relatives": dict(found.answer.relatives)},
        "spots": list(found.spots),
        "shocks": [shock.name for shock in found.shocks],
        "days": list(found.days),
        "vix": found.vix.tolist(),
        "portfolio": found.portfolio.tolist(),
        "hedge": found.hedge.tolist(),
        "both": found.both.tolist(),
        "worst": {
            "days": found.days[i],
            "shock": found.shocks[j].name,
            "spot": found.spots[k],
            "vix": float(found.vix[j, k]),
            "both": float(found.both[i, j, k]),
        },
    }


def picture(found: BookGrid) -> str:
    """Return heat maps of portfolio and hedge together, one for each day, as SVG.

    Every cell says its number, gains with a plus: colour only helps the eye.
    """
    wide = len(found.spots) * _CELL
    high = len(found.shocks) * _ROW
    parts = []
    most = float(np.abs(found.both).max()) or 1.0
    for i, days in enumerate(found.days):
        down = _TOP + i * (high + _GAP)
        made = [
            f'<text class="name" y="-26">In {days} days</text>'
            if days
            else '<text class="name" y="-26">Today</text>'
        ]
        for k, spot in enumerate(found.spots):
            made.append(
                f'<text x="{(k + 0.5) * _CELL:.0f}" y="-8" text-anchor="middle">'
                f"{percent(spot, 0)}</text>"
            )
        for j, shock in enumerate(found.shocks):
            y = j * _ROW
            made.append(f'<text x="-8" y="{y + 17}" text-anchor="end">VIX {_shock(shock)}</text>')
            for k in range(len(found.spots)):
                made.append(_cell(found, (i, j, k), most, k * _CELL, y))
        parts.append(f'<g transform="translate({_LEFT} {down})">{"".join(made)}</g>')
    parts.append(
        '<text x="20" y="46">P&amp;L of portfolio and hedge together, % of NAV. Across: move of '
        "the index; down: move of VIX, points. The worst cell has a frame.</text>"
    )
    height = _TOP + len(found.days) * (high + _GAP) - 30
    title = f"The book of {found.held.market.dates[-1]} under shocks"
    return page(title, _LEFT + wide + 24, height, 20, _STYLE, parts)


def _cell(found: BookGrid, at: tuple[int, int, int], most: float, x: int, y: int) -> str:
    value = float(found.both[at])
    share = value / found.held.nav
    depth = 0.06 + 0.5 * abs(value) / most
    kind = "gain" if value > 0.0 else "loss"
    sign = "+" if value > 0.0 else ""
    frame = (
        f'<rect class="worst" x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_ROW - 2}"/>'
        if at == found.worst
        else ""
    )
    return (
        f'<rect class="cell {kind}" fill-opacity="{depth:.2f}" x="{x}" y="{y}" width="{_CELL}" '
        f'height="{_ROW}"/><text class="figure" x="{x + _CELL / 2:.0f}" y="{y + 17}" '
        f'text-anchor="middle">{sign}{percent(share)}</text>{frame}'
    )
