"""Payoff of a structure at its first expiry and its model value today, as one SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats
from hedgerow.instruments.analysis import Analysis
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Structure
from hedgerow.report.analysis import outcome
from hedgerow.report.charts import axis, linear_ticks
from hedgerow.report.formats import number, usd
from hedgerow.report.svg import across, grid, page, polyline, ticks_below

_WIDE, _HIGH, _TOP, _LEFT = 760, 320, 84, 84
_REACH = 0.25
"""Share of the distance between the outermost points that is drawn beyond them."""
_LEAST = 0.08
"""Share of spot drawn beyond them at least."""
_FAR = 3.0
"""Break-evens beyond this many times spot are not drawn."""

_STYLE = """
.end { fill: none; stroke: $blue; stroke-width: 2; }
.now { fill: none; stroke: $orange; stroke-width: 1.6; stroke-dasharray: 6 4; }
.zero { stroke: $text; } .mark { stroke: $text; stroke-dasharray: 2 3; }
.even { fill: $blue; } .point { paint-order: stroke; stroke: $paper; stroke-width: 3px; }
"""


def payoff(found: Analysis) -> str:
    """Return a picture of gains at the first expiry and today, over the underlying.

    Parameters
    ----------
    found
        A structure priced in a state; gains count from what was paid for it.

    Notes
    -----
    Today's line moves spot, or all forwards alike, with volatilities by moneyness as they are.
    """
    structure, state, paid = found.structure, found.state, found.paid
    side = "paid" if paid >= 0.0 else "received"
    title = f"{structure.name} on {structure.underlying}, {usd(abs(paid))} {side}"
    now = _level(structure, state)
    x = _stretch(found, now)
    end = structure.payoff(x, state) - paid
    moved = _moved(state, x / now)
    today = (structure.price(moved) if found.early else structure.value(moved).price) - paid
    scale = axis([end, today, np.zeros(1)], _HIGH, usd)
    low, high = float(x[0]), float(x[-1])

    def at(value: ArrayLike) -> Floats:
        return across(value, low, high, _WIDE)

    made = grid(scale, _WIDE)
    zero = float(scale.y(0.0))
    made.append(f'<path class="zero" d="M0 {zero:.1f}h{_WIDE}"/>')
    ticks = linear_ticks(low, high, 7)
    digits = 0 if all(value.is_integer() for value in ticks) else 1
    made += ticks_below(at(ticks), [number(value, digits) for value in ticks], _HIGH)
    here = float(at(now))
    word = "spot" if state.spot is not None else "forward"
    made.append(f'<path class="mark" d="M{here:.1f} 0V{_HIGH}"/>')
    made.append(f'<text x="{here:.1f}" y="-6" text-anchor="middle">{word} {number(now, 2)}</text>')
    for name, line in (("now", today), ("end", end)):
        made.append(f'<path class="{name}" d="{polyline(at(x), scale.y(line))}"/>')
    inside = [point for point in found.break_evens.points if low < point < high]
    for i, point in enumerate(inside):
        place = float(at(point))
        rises = any(first == point for first, _ in found.break_evens.gains)
        # beside the line, the outermost ones outwards
        left = rises if len(inside) == 1 else 2 * i < len(inside) - 1
        y = zero - 8.0 if left == rises else zero + 17.0
        made.append(f'<circle class="even" cx="{place:.1f}" cy="{zero:.1f}" r="3.5"/>')
        made.append(
            f'<text class="point" x="{place + (-7 if left else 7):.1f}" y="{y:.1f}" '
            f'text-anchor="{"end" if left else "start"}">'
            f"{number(point, 0 if point >= 1000 else 2)}</text>"
        )
    edge, top, under = _LEFT, _TOP, structure.underlying
    which = "the first expiry" if len(structure.expiries) > 1 else "expiry"
    when = f"at {which}, {structure.expiry}" if structure.expiries else "on any day"
    parts = [
        f'<g transform="translate({edge} 50)"><path class="end" d="M0 -4h22"/>'
        f'<text x="28">{when}; dots: break-even</text></g>',
        f'<g transform="translate({edge + 345} 50)"><path class="now" d="M0 -4h22"/>'
        f'<text x="28">model value on {state.day}, volatilities unmoved</text></g>',
        f'<g transform="translate({edge} {top})">{"".join(made)}</g>',
        f'<text x="{edge}" y="{top + _HIGH + 40}">Gain in USD against '
        f"{under} in points; fees and margin interest left out.</text>",
        f'<text x="{edge}" y="{top + _HIGH + 58}">'
        f"Worst: {outcome(found.worst, under)}. Best: {outcome(found.best, under)}.</text>",
    ]
    return page(title, edge + _WIDE + 40, top + _HIGH + 74, edge, _STYLE, parts)


def _level(structure: Structure, state: State) -> float:
    if state.spot is not None or structure.expiry is None:
        return float(np.asarray(state.spot))
    return float(state.forward_to(structure.expiry))


def _stretch(found: Analysis, now: float) -> Floats:
    """Return the levels drawn: around spot, strikes and break-evens, which are among them."""
    strikes = [option.strike for option in found.structure.options]
    points = [point for point in found.break_evens.points if 0.0 < point < _FAR * now]
    low, high = min([now, *strikes, *points]), max([now, *strikes, *points])
    room = max(_REACH * (high - low), _LEAST * now)
    fine = np.linspace(max(low - room, 0.01 * now), high + room, 401)
    return np.unique([*fine, *strikes, *points, now])


def _moved(state: State, share: Floats) -> State:
    if state.spot is not None:
        return replace(state, spot=np.asarray(state.spot) * share)
    if isinstance(state.forward, Mapping):
        moved = {expiry: np.asarray(level) * share for expiry, level in state.forward.items()}
        return replace(state, forward=moved)
    return replace(state, forward=np.asarray(state.forward) * share)
