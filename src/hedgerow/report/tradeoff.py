"""Return given up against protection, candidate by candidate, with the divest line: one SVG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis, axis, linear_ticks
from hedgerow.report.formats import percent
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.research.candidates import Candidate
from hedgerow.research.choosing import Choice
from hedgerow.research.divest import EVEN_RETURN

_WIDE, _HIGH, _LEFT, _TOP, _RIGHT = 760, 440, 74, 92, 40
_LETTER, _BOLD = 6.4, 7.2
"""Width of a letter, plain and bold, pixels."""
_LINE = 15.0
"""Height of a line of words, pixels."""
_NEAR = 16.0
"""A name farther than this from its mark gets a thread, pixels."""

_NEAR_ENOUGH = 30.0
"""Area that a word along the divest line may cover, square pixels."""

PROTECTIONS = {
    "drawdown": ("Points taken off the deepest fall", 1),
    "her": ("Part of crisis losses given back (HER)", 0),
    "tail": ("Points taken off the mean of the worst 5 % of months", 2),
}
"""Name of each kind of protection, and the digits it is read with."""

STYLE = """
.divest { fill: none; stroke: $grey; stroke-width: 2; stroke-dasharray: 7 5; }
.step { fill: $paper; stroke: $grey; stroke-width: 1.5; }
.front { fill: none; stroke: $blue; stroke-width: 1.4; }
.best { fill: $blue; stroke: $paper; stroke-width: 1; }
.rest { fill: $paper; stroke: $orange; stroke-width: 2; }
.thread { stroke: $text; stroke-width: 0.8; }
.halo { paint-order: stroke; stroke: $paper; stroke-width: 4px; stroke-linejoin: round; }
.side { font-style: italic; } .axis { fill: $ink; } .zero { stroke: $text; }
"""
"""Of the marks; colours are filled in by a page or by a picture that stands alone."""

_SHARED = """
text { fill: $text; } .name { fill: $ink; font-weight: 600; } .grid { stroke: $rule; }
"""


class Box(NamedTuple):
    """A rectangle that something fills, pixels."""

    left: float
    top: float
    right: float
    bottom: float


def covered(boxes: Sequence[Box], others: Sequence[Box]) -> float:
    """Return the area that each of some boxes shares with each of others, summed.

    Examples
    --------
    >>> covered([Box(0, 0, 10, 10)], [Box(8, 5, 20, 20), Box(30, 0, 40, 10)])
    10.0
    """
    if not boxes or not others:
        return 0.0
    a, b = np.array(boxes, np.float64)[:, None], np.array(others, np.float64)[None]
    shared = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    return float(np.maximum(shared, 0.0).prod(axis=-1).sum())


@dataclass(frozen=True)
class _View:
    """The part of the plane that is drawn."""

    low: float
    high: float
    scale: Axis

    def x(self, given_up: object) -> Floats:
        return across(np.asarray(given_up, np.float64), self.low, self.high, _WIDE)

    def place(self, candidate: Candidate) -> tuple[float, float]:
        given_up, got = (candidate.measures[key] for key in ("return_given_up", "protection"))
        return float(self.x(given_up)), float(self.scale.y(got))


def picture(found: Choice) -> str:
    """Return the picture as a file that stands alone; :func:`inside` is the same in a page."""
    title = "What each hedge gave up, and what it protected"
    parts = [
        f'<text x="{_LEFT}" y="48">{escape(caption(found))}</text>',
        _legend(66),
        f'<g transform="translate({_LEFT} {_TOP})">{"".join(_plot(found))}</g>',
    ]
    wide = _LEFT + _WIDE + _RIGHT
    return page(title, wide, _TOP + _HIGH + 52, _LEFT, STYLE, parts)


def inside(found: Choice) -> str:
    """Return the picture for a page, whose style has :func:`page_style` in it."""
    wide, high, top = _LEFT + _WIDE + _RIGHT, 40 + _HIGH + 52, 40
    return "\n".join(
        [
            f'<svg class="tradeoff" viewBox="0 0 {wide} {high}" width="{wide}" role="img" '
            f'aria-label="{escape(summary(found))}">',
            _legend(14),
            f'<g transform="translate({_LEFT} {top})">{"".join(_plot(found))}</g>',
            "</svg>",
        ]
    )


def page_style() -> str:
    """Return the style of :func:`inside` in the colours of a page."""
    colours = {
        "paper": "paper", "ink": "ink", "text": "soft", "rule": "rule",
        "blue": "dynamic", "orange": "static", "grey": "unhedged",
    }  # fmt: skip
    told = Template(_SHARED + STYLE).substitute(
        {name: f"var(--{ours})" for name, ours in colours.items()}
    )
    return re.sub(r"([^{}\s][^{}]*)\{", r"svg.tradeoff \1{", told)


def summary(found: Choice) -> str:
    """Return the picture in words, for those who do not see it."""
    said = []
    digits = PROTECTIONS[found.protection][1]
    for each in found.candidates:
        given_up, got = each.measures["return_given_up"], each.measures["protection"]
        word = "efficient" if each.efficient else f"behind {each.dominated_by}"
        said.append(f"{each.name}: {percent(given_up, 2)} for {percent(got, digits)}, {word}")
    name = PROTECTIONS[found.protection][0]
    return f"Return given up a year and {name}. {'. '.join(said)}."


def _shown(found: Choice) -> list[Candidate]:
    """Return the candidates with a place in the picture: a ruined one has none."""
    return [
        each
        for each in found.candidates
        if each.measures["return_given_up"] is not None and each.measures["protection"] is not None
    ]


def caption(found: Choice) -> str:
    """Return what stretch is shown, and what its axes are, in one line."""
    span = found.period
    left_out = [each.name for each in found.candidates if each not in _shown(found)]
    said = (
        f"{span['from']} to {span['to']}, out of sample, after costs. Up is more protection, "
        "left is less given up."
    )
    return f"{said} Not drawn, for NAV was lost: {', '.join(left_out)}." if left_out else said


def _view(found: Choice, digits: int) -> _View:
    points = np.array(
        [(c.measures["return_given_up"], c.measures["protection"]) for c in _shown(found)],
        dtype=np.float64,
    )
    x, y = points[:, 0], points[:, 1]
    room = max(float(np.ptp(x)) * 0.14, 0.0005)
    height = max(float(np.ptp(y)) * 0.14, 0.002)
    reach = np.array([y.min() - height, y.max() + height])
    scale = axis([reach], _HIGH, lambda value: percent(value, digits), include=tuple(reach))
    return _View(float(x.min()) - room, float(x.max()) + 1.6 * room, scale)


def _plot(found: Choice) -> list[str]:
    name, digits = PROTECTIONS[found.protection]
    view = _view(found, digits)
    made = ['<clipPath id="tradeoff-area">', f'<rect width="{_WIDE}" height="{_HIGH}"/></clipPath>']
    made += grid(view.scale, _WIDE)
    ticks = linear_ticks(view.low, view.high, 7)
    places = view.x(ticks)
    fine = 1 if all(abs(t * 1e3 - round(t * 1e3)) < 1e-9 for t in ticks) else 2
    made += ticks_below(places, [percent(t, fine) for t in ticks], _HIGH)
    made += [f'<path class="grid" d="M{x:.1f} 0V{_HIGH}"/>' for x in places]
    if view.low < 0.0 < view.high:
        made.append(f'<path class="zero" d="M{float(view.x(0.0)):.1f} 0V{_HIGH}"/>')
    if view.scale.low < 0.0 < view.scale.high:
        made.append(f'<path class="zero" d="M0 {float(view.scale.y(0.0)):.1f}H{_WIDE}"/>')
    made.append(
        f'<text class="axis" x="{_WIDE / 2:.0f}" y="{_HIGH + 38}" text-anchor="middle">'
        "Return given up against no hedge, a year →</text>"
    )
    made.append(f'<text class="axis" x="{-_LEFT + 6}" y="-10">↑ {escape(name)}</text>')
    taken: list[Box] = []
    made += _divest_line(found, view, taken)
    made += _front(found, view)
    marks = [(each, view.place(each)) for each in _shown(found)]
    around = [Box(x - 7, y - 7, x + 7, y + 7) for _, (x, y) in marks]
    taken += around * 4  # covering a mark is worse than covering a line
    words = []
    for each, (x, y) in sorted(marks, key=lambda mark: mark[1][1]):
        others = [Box(a - 22, b - 10, a + 22, b + 10) for c, (a, b) in marks if c is not each]
        thread, word, boxes = _name(each, x, y, [*taken, *others])
        taken += boxes
        made.append(thread)
        words.append(word)
    words += _sides(found, taken)
    made += [_mark(each, x, y) for each, (x, y) in marks]
    return made + words


def _divest_line(found: Choice, view: _View, taken: list[Box]) -> list[str]:
    """Return the divest line, with marks where a round part of the equity is kept."""
    kept, given_up, got = (
        np.array([row[key] for row in found.line])
        for key in ("kept", "return_given_up", "protection")
    )
    x, y = view.x(given_up), view.scale.y(got)
    inside_ = (x >= 0.0) & (x <= _WIDE) & (y >= 0.0) & (y <= _HIGH)
    made = [
        f'<g clip-path="url(#tradeoff-area)"><path class="divest" d="{polyline(x, y)}"/></g>',
    ]
    percents = np.rint(kept * 100.0).astype(int)
    each = next(
        (n for n in (20, 10, 5, 2, 1) if np.count_nonzero(inside_ & (percents % n == 0)) >= 4), 1
    )
    shown = np.flatnonzero(inside_ & (percents % each == 0) & (percents < 100))
    for i in shown:
        a, b = float(x[i]), float(y[i])
        made.append(f'<circle class="step" cx="{a:.1f}" cy="{b:.1f}" r="3"/>')
        taken.append(Box(a - 4, b - 4, a + 4, b + 4))
    fine = np.linspace(0.0, len(x) - 1.0, 4 * len(x))  # names keep off the line
    for a, b in zip(*(np.interp(fine, np.arange(len(x)), way) for way in (x, y)), strict=True):
        if 0.0 <= a <= _WIDE and 0.0 <= b <= _HIGH:
            taken.append(Box(a - 2.0, b - 2.0, a + 2.0, b + 2.0))
    for i in shown[:12]:
        box = _best_place(float(x[i]), float(y[i]), 30.0, 4.0, taken, near=True)
        if box is not None:
            taken.append(box)
            made.append(
                f'<text class="halo" x="{box.left:.1f}" y="{box.bottom - 4:.1f}">'
                f"{percents[i]}%</text>"
            )
    return made


def _front(found: Choice, view: _View) -> list[str]:
    best = [view.place(each) for each in _shown(found) if each.efficient]
    if len(best) < 2:
        return []
    best.sort()
    return [f'<path class="front" d="{polyline(*zip(*best, strict=True))}"/>']


def _mark(each: Candidate, x: float, y: float) -> str:
    key = "best" if each.efficient else "rest"
    title = f"<title>{escape(each.name)}</title>"
    if each.kind == "policy":
        return f'<circle class="{key}" cx="{x:.1f}" cy="{y:.1f}" r="6">{title}</circle>'
    if each.kind == "none":
        return (
            f'<rect class="{key}" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10">'
            f"{title}</rect>"
        )
    d = f"M{x:.1f} {y - 7.5:.1f}l7.5 7.5l-7.5 7.5l-7.5 -7.5z"
    return f'<path class="{key}" d="{d}">{title}</path>'


def _sides(found: Choice, taken: Sequence[Box]) -> list[str]:
    """Say on which side of the divest line a hedge is better, where there is room to say it.

    A line that does not rise to the right has no such side: some part on it beats others.
    """
    given_up = np.array([row["return_given_up"] for row in found.line])
    sides = ("better than holding less equity", "worse than it")
    if (np.maximum.accumulate(given_up) - given_up).max(initial=0.0) > EVEN_RETURN:
        sides = ("less equity earned more here", "")
    made = []
    for word, box, anchor in (
        (sides[0], Box(8.0, 6.0, 190.0, 24.0), "start"),
        (sides[1], Box(_WIDE - 90.0, _HIGH - 24.0, _WIDE - 8.0, _HIGH - 6.0), "end"),
    ):
        if word and covered([box], taken) == 0.0:
            x = box.left if anchor == "start" else box.right
            made.append(
                f'<text class="side" x="{x:.0f}" y="{box.bottom - 4:.0f}" '
                f'text-anchor="{anchor}">{word}</text>'
            )
    return made


def _name(
    each: Candidate, x: float, y: float, taken: Sequence[Box]
) -> tuple[str, str, tuple[Box, ...]]:
    """Return thread, word and what the two cover, where the word covers the least."""
    wide = len(each.name) * (_BOLD if each.efficient else _LETTER)
    box = _best_place(x, y, wide, 10.0, taken) or Box(x, y, x + wide, y + _LINE)
    ends = _thread(x, y, box)
    thread = "" if ends is None else f'<path class="thread" d="{polyline(*ends)}"/>'
    key = "name halo" if each.efficient else "halo"
    at = f'x="{box.left:.1f}" y="{box.bottom - 4:.1f}"'
    word = f'<text class="{key}" {at}>{escape(each.name)}</text>'
    return thread, word, (box, *_along(ends))


def _thread(x: float, y: float, box: Box) -> tuple[Floats, Floats] | None:
    """Return the ends of the thread from a mark to its name; None where the two are near."""
    edge = min(max(x, box.left), box.right)
    side = min(max(y, box.top), box.bottom)
    if np.hypot(edge - x, side - y) <= _NEAR:
        return None
    return np.array([x, edge]), np.array([y, side])


def _along(ends: tuple[Floats, Floats] | None) -> list[Box]:
    """Return small boxes along the farther part of a thread."""
    if ends is None:
        return []
    (a, b), (c, d) = ends
    places = [(a + s * (b - a), c + s * (d - c)) for s in np.linspace(0.3, 0.95, 12)]
    return [Box(x - 1.5, y - 1.5, x + 1.5, y + 1.5) for x, y in places]


def _best_place(
    x: float, y: float, wide: float, off: float, taken: Sequence[Box], *, near: bool = False
) -> Box | None:
    """Return where a word and its thread cover least; None if ``near`` places are all taken."""
    best: tuple[float, Box] | None = None
    for ring in (0.0,) if near else (0.0, 12.0, 26.0, 42.0, 60.0, 80.0, 104.0, 130.0, 160.0):
        for angle in np.arange(0.0, 360.0, 45.0 if ring == 0.0 else 22.5):
            across_, down = np.cos(np.radians(angle)), -np.sin(np.radians(angle))
            reach = off + ring
            left = x + across_ * reach - wide * (1.0 - across_) / 2.0
            top = y + down * reach - _LINE * (1.0 - down) / 2.0
            box = Box(left, top, left + wide, top + _LINE)
            if left < 2.0 or left + wide > _WIDE + _RIGHT - 4 or top < 2.0 or top + _LINE > _HIGH:
                continue
            cost = covered([box], taken) + ring * 0.5 + (angle > 0.0) * 0.5
            cost += 1.5 * covered(_along(_thread(x, y, box)), taken)
            if near and cost > _NEAR_ENOUGH:
                continue
            if best is None or cost < best[0]:
                best = cost, box
    return best[1] if best else None


def _legend(y: int) -> str:
    made = []
    at = _LEFT
    for mark, word in (
        ('<circle class="best" cx="6" cy="-4" r="6"/>', "efficient (name in bold)"),
        ('<circle class="rest" cx="6" cy="-4" r="6"/>', "another does as well for less"),
        ('<path class="rest" d="M7 -11.5l7.5 7.5l-7.5 7.5l-7.5 -7.5z"/>', "fixed hedge"),
        ('<rect class="rest" x="1" y="-9" width="10" height="10"/>', "no hedge"),
        ('<path class="divest" d="M0 -4h30"/>', "holding less equity (part kept)"),
    ):
        wide = 38 if "divest" in mark else 20
        made.append(f'<g transform="translate({at} {y})">{mark}<text x="{wide}">{word}</text></g>')
        at += int(wide + len(word) * 5.9 + 18)
    return "".join(made)
