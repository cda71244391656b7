"""No-trade band by VIX, a panel for each regime, beside the linear rule and its dead band."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import View
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.report.charts import axis
from hedgerow.report.formats import number
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.research.control import ControlStudy, trigger_policy

_WIDE, _HIGH, _TOP, _LEFT, _APART = 380, 330, 118, 60, 56
_REACH = (0.7, 1.35)
"""First and last VIX drawn, as parts of the first and the last edge."""

MOVE = 3.0
"""Points that VIX must move for the trigger drawn beside the band."""

_STYLE = """
.band { fill: $blue; fill-opacity: 0.22; } .end { fill: none; stroke: $blue; stroke-width: 2.2; }
.rare { fill: none; stroke: $blue; stroke-width: 1.2; stroke-dasharray: 1.5 3; }
.free { fill: none; stroke: $ink; stroke-width: 1.4; stroke-dasharray: 2 2.5; }
.rule { fill: none; stroke: $orange; stroke-width: 1.8; stroke-dasharray: 9 4; }
.dead { fill: url(#hatch); } .side { fill: none; stroke: $orange; stroke-width: 0.8; }
.hatch { stroke: $orange; stroke-width: 0.7; } .edge { stroke: $rule; stroke-dasharray: 1 3; }
"""

_LEGEND = (
    (0, 52, '<path class="band" d="M0 -10h26v12h-26z"/><path class="end" d="M0 -10h26M0 2h26"/>'),
    (0, 74, '<path class="free" d="M0 -4h26"/>'),
    (450, 52, '<path class="rule" d="M0 -4h26"/>'),
    (
        450,
        74,
        '<path class="dead" d="M0 -10h26v12h-26z"/><path class="side" d="M0 -10h26M0 2h26"/>',
    ),
)


def no_trade_band(found: ControlStudy) -> str:
    """Return the picture of a solved band: intensity over VIX, low regime left, high one right.

    Parameters
    ----------
    found
        A study; its linear rule and trigger are those of the spec (12, 22, 3 points).

    Notes
    -----
    Dotted ends are states that the data have not seen: there the band is a guess from the pooled
    counts.  The dead band of a trigger on VIX is what may be held at a VIX: whatever the rule said
    within three points of it.
    """
    terms, edges = found.terms, found.edges
    rival = trigger_policy(terms, move=MOVE)
    basis = number(1e4 * terms.cost)
    title = f"No-trade band of a hedge, {basis} bp of NAV per unit traded, {_years(found)}"
    words = (
        "no-trade band: held inside, brought to its end from outside",
        "best intensity if trading cost nothing (A9 at equal carry)",
        "linear rule, VIX 12 to 22 (A1)",
        "its dead band with the 3-point trigger",
    )
    parts = [
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
    ]
    for (x, y, sample), text in zip(_LEGEND, words, strict=True):
        parts.append(
            f'<g transform="translate({_LEFT + x} {y})">{sample}<text x="34">{text}</text></g>'
        )
    buckets = len(edges) + 1
    for regime, sign in enumerate(("Low regime: {} ≤ {:g}", "High regime: {} > {:g}")):
        states = np.arange(buckets) + regime * buckets
        name = sign.format(found.by.name, found.split)
        place = _LEFT + regime * (_WIDE + _APART)
        drawn = "".join(_panel(found, rival, states))
        parts.append(
            f'<g transform="translate({place} {_TOP})">'
            f'<text class="name" y="-10">{escape(name)}</text>{drawn}</g>'
        )
    foot = _TOP + _HIGH + 40
    parts.append(
        f'<text x="{_LEFT}" y="{foot}">Intensity (1 is the base size) over VIX in points. '
        "Dotted ends: states that the data have not seen.</text>"
    )
    width = _LEFT + 2 * _WIDE + _APART + 24
    return page(title, width, foot + 16, _LEFT, _STYLE, parts)


def _years(found: ControlStudy) -> str:
    return f"{found.span[0][:4]} to {found.span[1][:4]}"


def _panel(found: ControlStudy, rival: Policy, states: NDArray[np.int64]) -> list[str]:
    edges, band = found.edges, found.band
    low, high = edges[0] * _REACH[0], edges[-1] * _REACH[1]
    scale = axis([np.array([0.0, found.terms.cap])], _HIGH, number, include=[0.0])

    def at(vix: Floats) -> Floats:
        return across(vix, low, high, _WIDE)

    made = grid(scale, _WIDE)
    made += ticks_below(at(np.array(edges)), [f"{edge:g}" for edge in edges], _HIGH)
    made += [f'<path class="edge" d="M{x:.1f} 0V{_HIGH}"/>' for x in at(np.array(edges))]

    vix = np.linspace(low, high, 241)
    below, line, above = (_linear(rival, vix + shift) for shift in (-MOVE, 0.0, MOVE))
    ends = [polyline(at(vix), scale.y(side)) for side in (below, above)]
    back = polyline(at(vix)[::-1], scale.y(above)[::-1]).replace("M", "L", 1)
    made.append(f'<path class="dead" d="{ends[0]}{back}Z"/>')
    made += [f'<path class="side" d="{end}"/>' for end in ends]

    corners = at(np.array([low, *edges, high]))
    for i, state in enumerate(states):
        left, right = corners[i], corners[i + 1]
        lower, upper = (float(scale.y(side[state])) for side in (band.lower, band.upper))
        seen = found.chain.sessions[state] > 0
        if seen:
            made.append(
                f'<path class="band" d="M{left:.1f} {upper:.1f}H{right:.1f}V{lower:.1f}'
                f'H{left:.1f}Z"/>'
            )
        kind = "end" if seen else "rare"
        made.append(
            f'<path class="{kind}" d="M{left:.1f} {upper:.1f}H{right:.1f}'
            f'M{left:.1f} {lower:.1f}H{right:.1f}"/>'
        )
    free = np.repeat(band.free[states], 2)
    made.append(f'<path class="free" d="{polyline(np.repeat(corners, 2)[1:-1], scale.y(free))}"/>')
    made.append(f'<path class="rule" d="{polyline(at(vix), scale.y(line))}"/>')
    return made


def _linear(rival: Policy, vix: Floats) -> Floats:
    """Return what rule and bounds say at each VIX."""
    x: Any = 0.0
    for step in rival.steps[:-1]:
        # neither a linear rule nor bounds look at book or bar
        view = View((vix,), None, None)  # type: ignore[arg-type]  # rules see signals alone
        x, _ = step.kernel(x, view, step.start(), step.params())
    return np.asarray(x)
