"""The picture of a replay: price, IV proxy, state, tranches, profit and loss, bar by bar."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.policies.layered_states import State
from hedgerow.report.charts import axis, runs
from hedgerow.report.formats import number, usd_short
from hedgerow.report.replay import bar_word
from hedgerow.report.svg import grid, page, polyline, ticks_below
from hedgerow.shortvol.intraday.figures import HARD, reasons, states, way_pnl
from hedgerow.shortvol.intraday.replay import Replay

_WIDE, _LEFT, _TOP, _RIGHT, _APART = 820, 78, 60, 150, 44
_HEIGHTS = {"price": 130, "iv": 150, "state": 26, "held": 110, "pnl": 170}
_LABELS = 9

_STYLE = """
.line { fill: none; stroke: $ink; stroke-width: 1.6; }
.iv { fill: none; stroke: $orange; stroke-width: 1.6; }
.close { fill: $paper; stroke: $blue; stroke-width: 1.6; }
.held { fill: $blue; fill-opacity: 0.30; stroke: $blue; stroke-width: 1.2; }
.wanted { fill: none; stroke: $orange; stroke-width: 1.2; stroke-dasharray: 4 3; }
.alone { fill: none; stroke: $grey; stroke-width: 1.6; }
.hedged { fill: none; stroke: $blue; stroke-width: 2.2; }
.fixed { fill: none; stroke: $green; stroke-width: 1.4; stroke-dasharray: 5 3; }
.zero { stroke: $grey; } .day { stroke: $rule; stroke-dasharray: 1 3; }
.s0 { fill: $rule; } .s1 { fill: $orange; fill-opacity: 0.35; }
.s2 { fill: $orange; fill-opacity: 0.75; } .s3 { fill: $blue; fill-opacity: 0.55; }
.s4 { fill: $blue; } .s5 { fill: $green; fill-opacity: 0.6; }
.hard { stroke: $orange; stroke-width: 2; }
.alone-word { fill: $grey; } .hedged-word { fill: $blue; font-weight: 600; }
.fixed-word { fill: $green; } .iv-word { fill: $orange; } .blue-word { fill: $blue; }
"""


def picture(found: Replay) -> str:
    """Return a replay as a picture that stands alone.

    Bars follow each other without nights between them.  Panels from the top: the index; the IV
    proxy with VIX as published after each session; the state of the machine; shares wanted and
    held; gains with and without the hedge.

    Parameters
    ----------
    found
        Of any length of bars.
    """
    places = np.linspace(0.0, _WIDE, len(found))
    days = found.hedge.dates
    title = f"{found.policy.name}, {bar_word(found.bars)}, {days[0]} to {days[-1]}"
    panels = {
        "price": _price(found, places),
        "iv": _iv(found, places),
        "state": _state(found, places),
        "held": _held(found, places),
        "pnl": _pnl(found, places),
    }
    top, parts = _TOP, []
    for name, drawn in panels.items():
        if drawn:
            inner = "".join([*_nights(found, places, _HEIGHTS[name]), *drawn])
            parts.append(f'<g transform="translate({_LEFT} {top})">{inner}</g>')
            top += _HEIGHTS[name] + _APART + (16 if name == "state" else 0)
    parts.append(
        f'<text x="{_LEFT}" y="{top + 4}">IV and condors are modelled: the VIX of the day before, '
        "moved by what traded since. Costs on, orders filled a bar later.</text>"
    )
    return page(title, _LEFT + _WIDE + _RIGHT, top + 20, _LEFT, _STYLE, parts)


def _first_bars(found: Replay) -> np.ndarray:
    days = found.hedge.dates
    return np.flatnonzero(np.r_[True, days[1:] != days[:-1]])


def _nights(found: Replay, places: Floats, height: int) -> list[str]:
    return [f'<path class="day" d="M{places[i]:.1f} 0v{height}"/>' for i in _first_bars(found)[1:]]


def _dates(found: Replay, places: Floats, height: int) -> list[str]:
    first = _first_bars(found)
    shown = first[:: max(1, -(-len(first) // _LABELS))]
    return ticks_below(places[shown], [str(found.hedge.dates[i])[5:] for i in shown], height)


def _name(text: str, extra: str = "") -> str:
    return f'<text class="name" y="-8">{text}</text>{extra}'


def _price(found: Replay, places: Floats) -> list[str]:
    spot = found.column("spx")
    scale = axis([spot], _HEIGHTS["price"], lambda v: number(v, 0))
    line = f'<path class="line" d="{polyline(places, scale.y(spot))}"/>'
    return [_name("S&amp;P 500, points (SPY times 10 or ES)"), *grid(scale, _WIDE), line]


def _iv(found: Replay, places: Floats) -> list[str]:
    iv, height = found.column("vix"), _HEIGHTS["iv"]
    days = found.hedge.dates
    last = np.append(_first_bars(found)[1:] - 1, len(found) - 1)
    at = np.searchsorted(found.data.sessions, days[last])
    closes = found.data.closes[at]
    known = np.isfinite(closes)
    scale = axis([iv, closes], height, lambda v: number(v, 0))
    dots = [
        f'<circle class="close" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        for x, y in zip(places[last][known], scale.y(closes[known]), strict=True)
    ]
    return [
        _name("IV proxy (line, modelled) and VIX as published after the session (dots), points"),
        *grid(scale, _WIDE),
        f'<path class="iv" d="{polyline(places, scale.y(iv))}"/>',
        *dots,
    ]


def _state(found: Replay, places: Floats) -> list[str]:
    if not found.machine:
        return []
    height, step = _HEIGHTS["state"], _WIDE / max(len(found) - 1, 1)
    shown = states(found)
    made = [_name("State after the bar (orange strokes: the hard limit)")]
    keys = []
    for i, state in enumerate(State):
        for run in runs(shown == state.title):
            left = max(places[run.start] - step / 2.0, 0.0)
            right = min(places[run.stop - 1] + step / 2.0, float(_WIDE))
            made.append(
                f'<rect class="s{i}" x="{left:.1f}" y="0" width="{right - left:.1f}" '
                f'height="{height}"/>'
            )
        x = i * 118
        keys.append(
            f'<rect class="s{i}" x="{x}" y="{height + 8}" width="14" height="10"/>'
            f'<text x="{x + 20}" y="{height + 17}">{state.title}</text>'
        )
    for t in np.flatnonzero(reasons(found) == HARD):
        made.append(f'<path class="hard" d="M{places[t]:.1f} -4V{height + 4}"/>')
    return [*made, *keys]


def _held(found: Replay, places: Floats) -> list[str]:
    held, wanted = found.hedge["held"] / 1000.0, found.wanted / 1000.0
    height = _HEIGHTS["held"]
    scale = axis([held, wanted], height, lambda v: number(v, 0), include=(0.0,))
    zero = float(scale.y(0.0))
    x, y = np.repeat(places, 2)[1:], np.repeat(scale.y(held), 2)[:-1]
    steps = f"{polyline(x, y)}L{places[-1]:.1f} {zero:.1f}L0 {zero:.1f}Z"
    asked = polyline(x, np.repeat(scale.y(wanted), 2)[:-1])
    return [
        _name(
            "Tranches: thousand shares held (filled) and wanted (dashed)",
        ),
        *grid(scale, _WIDE),
        f'<path class="held" d="{steps}"/>',
        f'<path class="wanted" d="{asked}"/>',
    ]


def _pnl(found: Replay, places: Floats) -> list[str]:
    height = _HEIGHTS["pnl"]
    made = {name: np.cumsum(pnl) for name, pnl in way_pnl(found).items()}
    scale = axis(list(made.values()), height, usd_short, include=(0.0,))
    words = {"alone": "alone", "hedged": "hedged", "fixed": f"fixed, {found.fixed_at:.0%}"}
    drawn = [_name("Gains after costs, USD: condors alone, with the hedge, with a fixed hedge")]
    drawn += grid(scale, _WIDE)
    drawn.append(f'<path class="zero" d="M0 {float(scale.y(0.0)):.1f}h{_WIDE}"/>')
    ends = sorted((float(scale.y(column[-1])), name) for name, column in made.items())
    place = -20.0
    for y, name in ends:
        place = max(y + 4.0, place + 15.0)
        drawn.append(
            f'<text class="{name}-word" x="{_WIDE + 8}" y="{place:.1f}">{words[name]} '
            f"{usd_short(float(made[name][-1]))}</text>"
        )
    for name, column in made.items():
        drawn.append(f'<path class="{name}" d="{polyline(places, scale.y(column))}"/>')
    return [*drawn, *_dates(found, places, height)]
