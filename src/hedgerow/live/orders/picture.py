"""The stages of an order as one SVG, drawn from the table that the blotter holds events against.

Only where boxes and arrows lie is written here.
"""

from __future__ import annotations

from typing import get_args

from hedgerow.engine.ledger.desk_events import (
    Acknowledged,
    Approved,
    Declined,
    Ended,
    Executed,
    Sent,
)
from hedgerow.live.blotter import FROM, OPEN, Move, Stage, follows
from hedgerow.report.svg import page

_WIDE, _HIGH = 900, 350
_BOX = 116, 46
_ROW, _END = 110, 275

_STYLE = """
.box { fill: $paper; stroke: $blue; stroke-width: 1.8; } .over { stroke-dasharray: 6 4; }
.way { fill: none; stroke: $text; stroke-width: 1.3; marker-end: url(#tip); }
.bar { fill: none; stroke: $text; stroke-width: 1.3; } .tip { fill: $text; }
.why { fill: $blue; font-size: 11.5px; }
"""
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
)

_SPOTS: dict[Stage, tuple[int, int]] = {
    "proposed": (90, _ROW),
    "approved": (330, _ROW),
    "sent": (570, _ROW),
    "working": (810, _ROW),
    "declined": (90, _END),
    "expired": (270, _END),
    "cancelled": (450, _END),
    "rejected": (630, _END),
    "filled": (810, _END),
}


def diagram() -> str:
    """Return the stages of an order and the events between them as one SVG."""
    parts = [_TIP]
    drawn: dict[tuple[Stage, Stage], list[str]] = {}
    for source, target, kind in moves():
        if kind == Ended.kind:
            continue  # from every open stage to every end: one bar
        drawn.setdefault((source, target), []).append(kind)
    for (source, target), kinds in drawn.items():
        parts += _loop(source, kinds) if source == target else _way(source, target, kinds)
    parts += _ends()
    for stage, (x, y) in _SPOTS.items():
        parts += _box(x, y, stage, over=stage not in OPEN)
    return page("An order on the desk: stages and events", _WIDE, _HIGH, 32, _STYLE, parts)


def moves() -> list[tuple[Stage, Stage, str]]:
    """Return every move that can happen: from, to, and the kind of event.

    Examples
    --------
    >>> [move for move in moves() if move[2] == "declined"]
    [('proposed', 'declined', 'declined')]
    """
    events: list[Move] = [
        Approved(0, "", "", ""),
        Declined(0, "", "", ""),
        Sent(0, "", "", ""),
        Acknowledged(0, "", ""),
        Executed(0, "", "", "", 0, 0.0, 0),
        *(Ended(0, "", state, "") for state in ("filled", "cancelled", "rejected", "expired")),
    ]
    return [
        (source, follows(source, event), event.kind)
        for event in events
        for source in get_args(Stage)
        if source in FROM[event.kind]
    ]


def _way(source: Stage, target: Stage, kinds: list[str]) -> list[str]:
    (x, y), (to_x, to_y) = _SPOTS[source], _SPOTS[target]
    wide, high = _BOX[0] // 2, _BOX[1] // 2
    if y == to_y:
        made = [f'<path class="way" d="M{x + wide} {y}H{to_x - wide - 2}"/>']
        middle = (x + to_x) // 2
        for i, kind in enumerate(kinds):
            made.append(_text("why", middle, y - 8 + 26 * i, kind))
        return made
    made = [f'<path class="way" d="M{x} {y + high}V{to_y - high - 2}"/>']
    return [*made, _text("why", x - 6, (y + to_y) // 2 - 12, kinds[0], anchor="end")]


def _loop(stage: Stage, kinds: list[str]) -> list[str]:
    x, y = _SPOTS[stage]
    sign, edge = (-1, y - _BOX[1] // 2) if y == _ROW else (1, y + _BOX[1] // 2)
    tip = edge + sign * 2
    top = edge + sign * 30
    path = f"M{x - 20} {edge}C{x - 20} {top} {x + 20} {top} {x + 20} {tip}"
    again = "sent again, same key" if kinds == [Sent.kind] else ", ".join(kinds)
    words = "a late fill" if y == _END else again
    return [
        f'<path class="way" d="{path}"/>',
        _text("why", x, top + (-2 if sign < 0 else 4), words),
    ]


def _ends() -> list[str]:
    """Return the bar from all open stages to all ends."""
    level = (_ROW + _END) // 2
    made = []
    for stage in OPEN:
        x, y = _SPOTS[stage]
        x += 24 if stage == "proposed" else 0  # beside its way to `declined`
        made.append(f'<path class="bar" d="M{x} {y + _BOX[1] // 2}V{level}"/>')
    targets = [target for _, target, kind in moves() if kind == Ended.kind]
    ends = {target: _SPOTS[target][0] for target in targets}
    left = _SPOTS["proposed"][0] + 24
    made.append(f'<path class="bar" d="M{left} {level}H{max(ends.values())}"/>')
    made += [
        f'<path class="way" d="M{x} {level}V{_END - _BOX[1] // 2 - 2}"/>' for x in ends.values()
    ]
    return [*made, _text("why", 450, level - 7, Ended.kind)]


def _box(x: int, y: int, stage: Stage, *, over: bool) -> list[str]:
    wide, high = _BOX
    dashes = " over" if over else ""
    return [
        f'<rect class="box{dashes}" x="{x - wide // 2}" y="{y - high // 2}" width="{wide}" '
        f'height="{high}" rx="8"/>',
        _text("name", x, y + 4, stage),
    ]


def _text(kind: str, x: int, y: int, words: str, anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'
