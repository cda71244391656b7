"""Pictures of a book of condors: what each earned, by why it ended; the payoff of one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.instruments.legs import MULTIPLIER
from hedgerow.report.charts import Span, axis, linear_ticks
from hedgerow.report.formats import number, usd, usd_short
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.shortvol.condor.journal import CondorTrade

_WIDE, _HIGH, _LEFT, _TOP = 900, 330, 84, 84
_REACH = 0.35
"""Share of the distance between the wings that is drawn beyond them."""

# Each reason has a colour and, as a second cue, a shape: path data around a point.
_MARKS = {
    "profit": ("green", "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "filled"),
    "stop": ("orange", "m-3.5 -3.5l7 7m0 -7l-7 7", "stroked"),
    "days": ("blue", "m-3 -3h6v6h-6z", "stroked"),
    "tested": ("orange", "m0 -4l4 7h-8z", "filled"),
    "roll": ("blue", "m-4 0h8m-4 -4v8", "stroked"),
    "expiry": ("grey", "m0 -4l4 4l-4 4l-4 -4z", "filled"),
    "cut": ("grey", "m-4 -2h8m-8 4h8", "stroked"),
    "open": ("grey", "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "stroked"),
}
_STYLE = "\n".join(
    f".{name} {{ fill: {f'${colour}' if way == 'filled' else 'none'}; "
    f"stroke: ${colour}; stroke-width: 1.4; }}"
    for name, (colour, _, way) in _MARKS.items()
)
_PAYOFF = """
.zero { stroke: $text; } .end { fill: none; stroke: $blue; stroke-width: 2; }
.even { fill: $blue; } .strike { stroke: $text; stroke-dasharray: 2 3; }
"""


def trades(condors: Sequence[CondorTrade]) -> str:
    """Return a picture of every condor: its gain over its entry, marked by why it ended.

    Parameters
    ----------
    condors
        At least one, in order of entry.
    """
    days = np.array([one.entry for one in condors], dtype="datetime64[D]").astype(np.int64)
    gains = np.array([one.pnl for one in condors])
    span = Span(np.array([days[0], max(days[-1], days[0] + 1)]))
    scale = axis([gains], _HIGH, usd_short, include=(0.0,))
    x = across(days, float(span.days[0]), float(span.days[1]), _WIDE)
    y = scale.y(gains)
    made = grid(scale, _WIDE)
    made.append(f'<path class="grid" d="M0 {float(scale.y(0.0)):.1f}h{_WIDE}"/>')
    years = span.years
    made += ticks_below(
        [tick["x"] / 100.0 * _WIDE for tick in years], [tick["label"] for tick in years], _HIGH
    )
    reasons = np.array([one.reason for one in condors])
    legend, place = [], 0.0
    for name, (_, shape, _) in _MARKS.items():
        mine = np.flatnonzero(reasons == name)
        if not len(mine):
            continue
        marks = "".join(f"M{x[i]:.1f} {y[i]:.1f}{shape}" for i in mine)
        made.append(f'<path class="{name}" d="{marks}"/>')
        legend.append(
            f'<g transform="translate({_LEFT + place:.0f} 52)"><path class="{name}" '
            f'd="M4 -4{shape}"/><text x="13">{escape(name)} {len(mine):,}</text></g>'
        )
        place += 52.0 + 7.0 * len(f"{name} {len(mine):,}")
    parts = [
        *legend,
        f'<g transform="translate({_LEFT} {_TOP})">{"".join(made)}</g>',
        f'<text x="{_LEFT}" y="{_TOP + _HIGH + 40}">Gain of each condor after costs, USD, at the '
        "date of its entry; form and colour say why it ended.</text>",
    ]
    return page(
        "What every condor earned", _LEFT + _WIDE + 30, _TOP + _HIGH + 56, _LEFT, _STYLE, parts
    )


def payoff(one: CondorTrade) -> str:
    """Return a picture of one condor's gain at expiry over the index, from its credit."""
    wings = one.call_wing - one.put_wing
    edges = [one.put_wing, one.put, one.call, one.call_wing, one.low, one.high]
    low, high = one.put_wing - _REACH * wings, one.call_wing + _REACH * wings
    x = np.unique([*np.linspace(low, high, 61), *edges])
    gain = at_expiry(one, x)
    scale = axis([gain], _HIGH, usd_short, include=(0.0,))

    def at(value: float) -> float:
        return float(across(value, low, high, _WIDE))

    zero = float(scale.y(0.0))
    ticks = linear_ticks(low, high, 8)
    made = [*grid(scale, _WIDE), f'<path class="zero" d="M0 {zero:.1f}h{_WIDE}"/>']
    made += ticks_below([at(tick) for tick in ticks], [number(tick, 0) for tick in ticks], _HIGH)
    for name, strike in (
        ("bought", one.put_wing),
        ("sold", one.put),
        ("sold", one.call),
        ("bought", one.call_wing),
    ):
        made.append(f'<path class="strike" d="M{at(strike):.1f} 0V{_HIGH}"/>')
        made.append(
            f'<text x="{at(strike):.1f}" y="{-6 if name == "sold" else -20}" text-anchor="middle">'
            f"{name} {number(strike, 0)}</text>"
        )
    made.append(f'<path class="end" d="{polyline([at(v) for v in x], scale.y(gain))}"/>')
    for point, side, anchor in ((one.low, -7, "end"), (one.high, 7, "start")):
        made.append(f'<circle class="even" cx="{at(point):.1f}" cy="{zero:.1f}" r="3.5"/>')
        made.append(
            f'<text x="{at(point) + side:.1f}" y="{zero - 8.0:.1f}" text-anchor="{anchor}">'
            f"{number(point, 0)}</text>"
        )
    when = f"ended {one.exit} ({one.reason})" if one.exit else "still held"
    parts = [
        f'<text x="{_LEFT}" y="48">Sold {one.entry}, expiry {one.expiry}; {when} at a gain of '
        f"{usd(one.pnl)} after costs. Dots: break-evens.</text>",
        f'<g transform="translate({_LEFT} {_TOP})">{"".join(made)}</g>',
        f'<text x="{_LEFT}" y="{_TOP + _HIGH + 40}">Gain in USD at expiry against the index in '
        f"points, {number(one.contracts, 0)} contracts; fees and interest left out.</text>",
    ]
    title = f"A condor of {usd(one.credit)} credit"
    return page(title, _LEFT + _WIDE + 30, _TOP + _HIGH + 56, _LEFT, _PAYOFF, parts)


def at_expiry(one: CondorTrade, level: Floats) -> Floats:
    """Return the gain of a condor held to expiry, USD, same shape as ``level`` in points.

    Examples
    --------
    >>> import datetime as dt
    >>> day = dt.date(2026, 3, 20)
    >>> one = CondorTrade("condor-1", day, day, None, 7090.0, 7185.0, 7510.0, 7605.0, 2.0, 1000.0,
    ...                   7180.0, 7515.0, *[0.0] * 6, "open", 0.0, 0.0)
    >>> at_expiry(one, np.array([7000.0, 7180.0, 7300.0, 7515.0, 7700.0])).tolist()
    [-18000.0, 0.0, 1000.0, 0.0, -18000.0]
    """
    puts = np.maximum(one.put - level, 0.0) - np.maximum(one.put_wing - level, 0.0)
    calls = np.maximum(level - one.call, 0.0) - np.maximum(level - one.call_wing, 0.0)
    return np.asarray(one.credit - MULTIPLIER * one.contracts * (puts + calls))
