"""A study of gamma scalping in words and tables, and as one SVG (spec A13, C5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hedgerow.report.charts import axis, linear_ticks
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent, usd, usd_short
from hedgerow.report.svg import across, grid, page, ticks_below
from hedgerow.research.scalping import WINDOW, Rule, Scalping
from hedgerow.research.scalping_figures import by_period, by_rule, per_year, years_of

_WORDS = (
    ("gamma", "gamma: ½Γ·ΔS²"),
    ("theta", "theta"),
    ("vega", "vega"),
    ("delta", "delta left unhedged"),
    ("residual", "residual"),
    ("option_costs", "option costs, at rolls"),
    ("hedge_costs", "hedge costs"),
    ("financing", "interest and dividends"),
    ("pnl", "all together"),
)

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, pixels."""

_LEFT, _TOP, _HIGH, _GAP = 70, 100, 300, 110
_WIDE = 420
_STYLE = """
.every { fill: $blue; } .band { fill: $orange; } .aversion { fill: $green; }
.gamma { fill: $blue; } .theta { fill: $orange; } .net { fill: $paper; stroke: $text; }
.zero { stroke: $text; } .expected { stroke: $text; stroke-width: 1.6; }
.point { paint-order: stroke; stroke: $paper; stroke-width: 3px; }
"""


def told(study: Scalping, name: str, *, origin: str = "") -> str:
    """Return the answer as text: whether gamma paid for theta, then the tables.

    Parameters
    ----------
    study
        Its first lane is the one that is split.
    name
        Of the sleeve.
    origin
        The sentence that says how much of the data is a model's.
    """
    held = study.exposure
    days = held.times.astype("datetime64[D]")
    fill = "at the next close" if held.lag else "at the close that decides: nobody can"
    return "\n".join(
        [
            f"Gamma scalping of {name}, {days[0]} … {days[-1]}",
            f"The index takes the delta out; orders are filled {fill}.",
            "",
            *verdict(study),
            "",
            f"Where the P&L came from, USD a year, hedged: {study.rules[0].name}",
            _table([[f"  {word}", value] for word, value in split_rows(per_year(study))]),
            "",
            "Ways to hedge, USD",
            _table(rule_rows(by_rule(study))),
            "",
            f"Gamma expected and realised (C5), USD by year, hedged: {study.rules[0].name}",
            _table(period_rows(by_period(study))),
            *([origin] if origin else []),
            NOT_ADVICE,
        ]
    )


def verdict(study: Scalping) -> list[str]:
    """Return the sentences that answer first: did gamma pay for theta, and what came of it."""
    made = per_year(study)
    gamma, theta = made["gamma"], made["theta"]
    if theta < 0.0:
        first = (
            f"Gamma paid back {percent(-gamma / theta, 0)} of theta: "
            f"{usd(gamma)} a year of {usd(-theta)}."
        )
    elif theta > 0.0:
        first = (
            f"Theta earned {usd(theta)} a year, and gamma took "
            f"{percent(-gamma / theta, 0)} of it: {usd(-gamma)}."
        )
    else:
        first = "There was neither gamma nor theta."
    return [
        first,
        f"Gamma less theta: {usd(gamma + theta)} a year; expected "
        f"{usd(made['expected_implied'] + theta)} at implied volatility, "
        f"{usd(made['expected_realised'] + theta)} at that of the {WINDOW} sessions before.",
        f"With vega, what was left unhedged, and costs: {usd(made['pnl'])} a year "
        f"over {number(years_of(study.exposure), 1)} years.",
    ]


def _table(rows: list[list[str]]) -> str:
    return columns(rows, right=range(1, len(rows[0])))


def split_rows(made: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return the parts of a P&L in words, in the order in which they are told."""
    return [(word, usd(made[key])) for key, word in _WORDS]


def rule_rows(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the figures of every rule in words, a row of heads first."""
    head = ["Hedge", "P&L a year", "left unhedged", "SD daily", "SD monthly", "P&L / SD",
            "hedge costs", "trades a year"]  # fmt: skip
    body = [
        [
            row["rule"],
            usd(row["pnl"]),
            usd(row["delta"]),
            usd(row["sd_daily"]),
            usd(row["sd_monthly"]),
            number(row["pnl_per_risk"], 2),
            usd(row["hedge_costs"]),
            number(row["trades"], 1),
        ]
        for row in rows
    ]
    return [head, *body]


def period_rows(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return what was gained by year or month in words, a row of heads first."""
    keys = ("gamma", "expected_implied", "expected_realised", "theta", "vega", "delta", "residual")
    head = ["", "gamma", "at implied", "at realised", "theta", "vega", "unhedged", "residual",
            "costs", "interest", "all together"]  # fmt: skip
    body = [
        [
            row["period"],
            *(usd(row[key]) for key in keys),
            usd(row["hedge_costs"] + row["option_costs"]),
            usd(row["financing"]),
            usd(row["pnl"]),
        ]
        for row in rows
    ]
    return [head, *body]


def picture(study: Scalping, title: str) -> str:
    """Return risk against cost of every way to hedge, and gamma beside theta by year, as SVG.

    Parameters
    ----------
    study
        Its first lane is shown by year.
    title
        Heading, plain text.
    """
    parts = [
        *_legend(),
        f'<g transform="translate({_LEFT} {_TOP})">{_ways(study)}</g>',
        f'<g transform="translate({_LEFT + _WIDE + _GAP} {_TOP})">{_years(study)}</g>',
    ]
    width, height = _LEFT + 2 * _WIDE + _GAP + 24, _TOP + _HIGH + 56
    return page(title, width, height, _LEFT, _STYLE, parts)


def _legend() -> list[str]:
    made = []
    right = _LEFT + _WIDE + _GAP
    for x, style, word in (
        (_LEFT, "every", "every n sessions"),
        (_LEFT + 140, "band", "band of delta"),
        (_LEFT + 260, "aversion", "Whalley–Wilmott"),
        (right, "gamma", "gamma"),
        (right + 76, "theta", "theta"),
    ):
        made.append(_mark(style, x + 5, 50.0))
        made.append(f'<text x="{x + 16}" y="54">{word}</text>')
    made.append(f'<path class="expected" d="M{right + 152} 50h14"/>')
    made.append(f'<text x="{right + 172}" y="54">gamma expected at implied volatility</text>')
    return made


def _heading(text: str) -> str:
    return f'<text class="name" y="-16">{text}</text>'


def _mark(style: str, x: float, y: float) -> str:
    """Return the mark of a family; each has a shape of its own, to be told without colour."""
    if style == "band":
        return f'<rect class="{style}" x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9"/>'
    if style == "aversion":
        return f'<path class="{style}" d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"/>'
    return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


def _family(rule: Rule) -> str:
    if np.isfinite(rule.aversion):
        return "aversion"
    return "band" if rule.width else "every"


def _ways(study: Scalping) -> str:
    """Return the panel of risk against cost."""
    rows = by_rule(study)
    cost = np.array([row["hedge_costs"] for row in rows])
    risk = np.array([row["sd_monthly"] for row in rows])
    scale = axis([risk], _HIGH, usd_short)
    most = float(cost.max()) * 1.2 or 1.0
    places = across(cost, 0.0, most, _WIDE)
    ticks = linear_ticks(0.0, most, 5)
    made = [
        *grid(scale, _WIDE),
        _heading("↑ Standard deviation of a month · → hedge costs a year"),
        *ticks_below(across(ticks, 0.0, most, _WIDE), [usd_short(v) for v in ticks], _HIGH),
    ]
    points = list(zip(places.tolist(), scale.y(risk).tolist(), strict=True))
    taken = [(x - 5.0, y - 5.0, x + 5.0, y + 5.0) for x, y in points]
    for rule, (x, y) in zip(study.rules, points, strict=True):
        family = _family(rule)
        word = {"every": rule.every, "band": rule.width, "aversion": rule.aversion}[family]
        made.append(_mark(family, x, y))
        made.append(_beside(f"{word:g}", x, y, taken))
    return "".join(made)


def _beside(word: str, x: float, y: float, taken: list[Box]) -> str:
    """Return a label beside a point where it covers nothing, and take that place."""
    wide, high = 7.0 * len(word), 12.0
    boxes = [
        (x + right, y + down, x + right + wide, y + down + high)
        for right, down in ((8, -6), (-wide - 8, -6), (-wide / 2, -20), (-wide / 2, 8))
    ]
    free = [box for box in boxes if not any(_meet(box, other) for other in taken)]
    left, _, right, bottom = box = (free or boxes)[0]
    taken.append(box)
    middle = (left + right) / 2
    return (
        f'<text class="point" x="{middle:.1f}" y="{bottom - 2:.1f}" '
        f'text-anchor="middle">{word}</text>'
    )


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _years(study: Scalping) -> str:
    """Return the panel of gamma beside theta by year."""
    rows = by_period(study)
    gamma, theta, due = (
        np.array([row[key] for row in rows]) for key in ("gamma", "theta", "expected_implied")
    )
    scale = axis([gamma, theta, due], _HIGH, usd_short, include=[0.0])
    step = _WIDE / len(rows)
    zero = float(scale.y(0.0))
    made = [
        *grid(scale, _WIDE),
        _heading(f"Gamma and theta by year, hedged: {study.rules[0].name}"),
    ]
    for i, _ in enumerate(rows):
        left = i * step
        for style, value, shift in (("gamma", gamma[i], 0.12), ("theta", theta[i], 0.5)):
            y = float(scale.y(value))
            made.append(
                f'<rect class="{style}" x="{left + shift * step:.1f}" y="{min(y, zero):.1f}" '
                f'width="{0.36 * step:.1f}" height="{abs(y - zero):.1f}"/>'
            )
        y = float(scale.y(due[i]))
        made.append(
            f'<path class="expected" d="M{left + 0.05 * step:.1f} {y:.1f}h{0.5 * step:.1f}"/>'
        )
    made.append(f'<path class="zero" d="M0 {zero:.1f}h{_WIDE}"/>')
    every = max(1, round(len(rows) / 8))
    shown = range(0, len(rows), every)
    made += ticks_below(
        [(i + 0.5) * step for i in shown], [rows[i]["period"] for i in shown], _HIGH
    )
    return "".join(made)
