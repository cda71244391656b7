"""The state machine of the layered hedge as one SVG, drawn from its table of transitions.

Only where boxes and arrows lie is written here; what there is to draw, and every name, comes from
:mod:`hedgerow.policies.layered_states`.
"""

from __future__ import annotations

from typing import NamedTuple

from hedgerow.policies.layered_states import (
    ENGINE_TRANSITIONS,
    TRANSITIONS,
    Engine,
    State,
    Transition,
)
from hedgerow.report.svg import page

_WIDE, _HIGH = 1010, 570
_BOX = 112, 48

_STYLE = """
.box { fill: $paper; stroke: $blue; stroke-width: 1.8; } .held { font-size: 11px; }
.way { fill: none; stroke: $text; stroke-width: 1.3; marker-end: url(#tip); }
.limit { stroke: $orange; stroke-dasharray: 6 4; } .tip { fill: $text; }
.why { fill: $blue; font-size: 11.5px; }
"""

_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
)


class _Spot(NamedTuple):
    x: int
    y: int
    held: str


class _Way(NamedTuple):
    path: str
    x: int
    y: int
    anchor: str = "middle"


_STATES = {
    State.CALM: _Spot(75, 215, "nothing held"),
    State.ARMED: _Spot(290, 215, "nothing held"),
    State.FIRST: _Spot(505, 215, "25-35 % of target"),
    State.BUILDING: _Spot(720, 215, "slice by slice"),
    State.FULL: _Spot(935, 215, "the whole target"),
    State.UNWINDING: _Spot(720, 385, "stage by stage"),
}
_ENGINES = {
    Engine.IDLE: _Spot(290, 515, "nothing held"),
    Engine.RUNNING: _Spot(505, 515, "within its budget"),
}

_ANY = "any"
_REMOVAL = _Way("M935 239L778 369", 884, 300, "start")

_WAYS: dict[tuple[str, str], _Way] = {
    ("CALM", "ARMED"): _Way("M131 205H232", 182, 196),
    ("ARMED", "CALM"): _Way("M234 225H133", 182, 241),
    ("ARMED", "FIRST"): _Way("M346 215H447", 397, 206),
    ("FIRST", "BUILDING"): _Way("M561 215H662", 612, 206),
    ("BUILDING", "BUILDING"): _Way("M698 191C698 152 742 152 742 190", 720, 155),
    ("BUILDING", "FULL"): _Way("M776 215H877", 827, 206),
    ("FIRST", "FULL"): _Way("M515 191C515 96 915 96 915 189", 715, 114),
    ("FIRST", "UNWINDING"): _Way("M515 239L662 369", 556, 300, "end"),
    ("BUILDING", "UNWINDING"): _Way("M708 239V359", 701, 300, "end"),
    ("FULL", "UNWINDING"): _REMOVAL,
    ("UNWINDING", "BUILDING"): _Way("M738 361V241", 745, 300, "start"),
    ("UNWINDING", "UNWINDING"): _Way("M698 409C698 448 742 448 742 411", 720, 455),
    ("UNWINDING", "CALM"): _Way("M664 385H75V241", 370, 378),
    (_ANY, "FULL"): _Way("M131 75H947V189", 540, 68),
    ("IDLE", "RUNNING"): _Way("M346 505H447", 397, 496),
    ("RUNNING", "IDLE"): _Way("M449 525H348", 397, 541),
}


def diagram() -> str:
    """Return the states, the transitions between them and their reasons as one SVG.

    Raises
    ------
    KeyError
        If the table has a transition that has no place in the picture yet.
    """
    parts = [_TIP]
    drawn: dict[tuple[str, str], list[str]] = {}
    for each in (*TRANSITIONS, *ENGINE_TRANSITIONS):
        for source in _sources(each):
            drawn.setdefault((source, each.target.name), []).append(each.name)
    for pair, names in drawn.items():
        way = _WAYS[pair]
        limit = " limit" if pair[0] == _ANY else ""
        parts.append(f'<path class="way{limit}" d="{way.path}"/>')
        below = way.anchor != "middle" or way.path.startswith(("M234", "M449", "M698 409"))
        for i, name in enumerate(names):
            y = way.y + 14 * i if below else way.y - 14 * (len(names) - 1 - i)
            parts.append(
                f'<text class="why" x="{way.x}" y="{y}" text-anchor="{way.anchor}">{name}</text>'
            )
    # apart: members of the two enums are equal as numbers
    parts += [part for state, spot in _STATES.items() for part in _box(spot, state.title)]
    parts += [part for state, spot in _ENGINES.items() for part in _box(spot, state.title)]
    parts += _box(_Spot(75, 75, "but full"), "any state")
    parts.append('<text class="name" x="19" y="519">Second engine</text>')
    return page("The layered VIX hedge: states and reasons", _WIDE, _HIGH, 19, _STYLE, parts)


def _sources(each: Transition) -> list[str]:
    """Return where a transition comes from; from nearly everywhere is drawn once."""
    everywhere = len(each.sources) == len(State) - 1
    return [_ANY] if everywhere else [source.name for source in each.sources]


def _box(spot: _Spot, title: str) -> list[str]:
    wide, high = _BOX
    left, top = spot.x - wide // 2, spot.y - high // 2
    return [
        f'<rect class="box" x="{left}" y="{top}" width="{wide}" height="{high}" rx="8"/>',
        f'<text class="name" x="{spot.x}" y="{spot.y - 2}" text-anchor="middle">{title}</text>',
        f'<text class="held" x="{spot.x}" y="{spot.y + 14}" text-anchor="middle">{spot.held}'
        "</text>",
    ]
