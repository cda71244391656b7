"""The rates of a hedged book in words, plain values and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis, Chart, Line, Span, axis, path
from hedgerow.report.formats import MINUS, columns, number, percent
from hedgerow.report.svg import grid, page
from hedgerow.shortvol.beta import Betas, Figure
from hedgerow.shortvol.rates import BETA_DAYS, WINDOWS, Rates

_QUARTER, _YEAR = WINDOWS
_MOST, _MONTH = 100.0, 21
"""Liquidity ratios are drawn up to here: beyond, an order is no size at all; sessions of which the
least is drawn."""

STYLE = """
.one { fill: none; stroke: $orange; stroke-width: 1.6; }
.two { fill: none; stroke: $blue; stroke-width: 1.6; }
.three { fill: none; stroke: $green; stroke-width: 1.4; stroke-dasharray: 6 3; }
.oneword { fill: $orange; } .twoword { fill: $blue; } .threeword { fill: $green; }
"""
_WIDE, _LEFT, _TOP, _HIGH, _APART = 1000, 70, 66, 150, 62


def figures(found: Rates) -> dict[str, Any]:
    """Return the rates as plain values.

    Parameters
    ----------
    found
        Of a run.

    Returns
    -------
    dict
        ``insurance`` and ``gross``: the last of each window and of the whole run, decimals;
        ``credit``, ``cost``, ``spend``, USD; ``betas`` with intervals of 95 %; ``carry`` by line,
        USD, positive is a cost; ``liquidity`` by line: the least ratio; ``gate``: what the rate of
        a hurdle is made of, empty without one.
    """
    names = {_QUARTER: "quarter", _YEAR: "year", 0: "whole"}
    return {
        "insurance": {name: float(found.insurance[days][-1]) for days, name in names.items()},
        "gross": {name: float(found.gross[days][-1]) for days, name in names.items()},
        "credit": float(found.credit.sum()),
        "cost": float(found.cost.sum()),
        "spend": float(found.spend.sum()),
        "betas": {name: _betas(each) for name, each in found.betas.items()},
        "carry": {
            name: {
                "per_unit_and_day": line.mean_each,
                "total": float(np.sum(line.total * line.days)),
                "basis": float(np.sum(line.basis * line.days)),
                "decay": float(np.sum(line.decay * line.days)),
                "financing": float(np.sum(line.financing * line.days)),
                "margin_beside": float(np.sum(line.margin * line.days)),
            }
            for name, line in found.carry.items()
        },
        "liquidity": {name: _least(ratio) for name, ratio in found.liquidity.items()},
        "gate": found.gate,
    }


def _betas(found: Betas) -> dict[str, Any]:
    parts = {"beta": found.beta, "alpha": found.alpha, "up": found.up, "down": found.down}
    made: dict[str, Any] = {name: part._asdict() for name, part in parts.items()}
    return {**made, "lags": found.lags, "bars": found.bars}


def _least(ratio: Floats) -> float | None:
    known = ratio[np.isfinite(ratio)]
    return float(known.min()) if len(known) else None


def table(found: Rates) -> list[list[str]]:
    """Return the insurance rate and what it is made of as rows of words, the head first."""
    made = figures(found)
    spans = ("quarter", "year", "whole")
    return [
        ["Effective insurance rate", f"last {_QUARTER} sessions", f"last {_YEAR}", "whole run"],
        ["hedge's loss over the book's premium", *(percent(made["insurance"][s]) for s in spans)],
        ["had nothing moved: carry and trading", *(percent(made["gross"][s]) for s in spans)],
    ]


def beta_table(found: Rates) -> list[list[str]]:
    """Return betas before and after the hedge as rows of words, the head first; empty if none."""
    if not found.betas:
        return []
    parts = list(found.betas.values())
    return [
        ["Beta to the S&P 500", *found.betas],
        ["all days", *(_said(each.beta) for each in parts)],
        ["days that rose", *(_said(each.up) for each in parts)],
        ["days that fell", *(_said(each.down) for each in parts)],
        ["alpha a year", *(_said(each.alpha, share=True) for each in parts)],
    ]


def _said(figure: Figure, *, share: bool = False) -> str:
    show = percent if share else number
    return f"{show(figure.value)} ({show(figure.low)} … {show(figure.high)})"


def sentences(found: Rates) -> list[str]:
    """Return carry, liquidity and gate in sentences."""
    made, said = figures(found), []
    said.append(
        f"The book took in {number(made['credit'], 0)} USD of premium; the hedge cost "
        f"{number(made['cost'], 0)} USD after all, {number(made['spend'], 0)} had nothing moved."
    )
    for name, line in made["carry"].items():
        if np.isfinite(line["per_unit_and_day"]):
            text = (
                f"Carry of {name}: {number(line['per_unit_and_day'], 2)} USD a day and contract, "
                f"{number(line['total'], 0)} USD in all (roll-down {number(line['basis'], 0)}, "
                f"time {number(line['decay'], 0)}, interest {number(line['financing'], 0)})"
            )
            if line["margin_beside"]:
                text += (
                    f"; {number(line['margin_beside'], 0)} more were its margin cash without "
                    "interest"
                )
            said.append(f"{text}.")
    ratios = [f"{name} {number(r, 1)}" for name, r in made["liquidity"].items() if r is not None]
    if ratios:
        said.append(f"Least depth over order size: {', '.join(ratios)}.")
    if found.gate:
        said.append(f"The gate's stressed_irr is {found.gate}.")
    return said


def told(found: Rates) -> str:
    """Return the rates as text."""
    rates, beside = table(found), beta_table(found)
    parts = [columns(rates, right=range(1, 4))]
    if beside:
        parts.append(columns(beside, right=range(1, 3)))
        each = next(iter(found.betas.values()))
        parts[-1] += f"\nIn brackets 95 %; errors by Newey and West, {each.lags} lags."
    return "\n\n".join([*parts, "\n".join(sentences(found))])


def charts(found: Rates, span: Span) -> list[Chart]:
    """Return the charts of a page: insurance rate, beta before and after, liquidity ratio.

    Parameters
    ----------
    found
        Of a run.
    span
        Its sessions.
    """
    made = []
    for key, title, note, unit, lines in _panels(found):
        if any(np.isfinite(line.values).any() for line in lines):
            scale = _scale(key, lines, unit, 180)
            made.append(Chart(key, title, f"{title}. {note}", lines, scale, span, unit, note))
    return made


def _scale(key: str, lines: Sequence[Line], unit: str, height: int) -> Axis:
    def show(value: float) -> str:
        return percent(value, 0) if unit == "percent" else f"{value:g}".replace("-", MINUS)

    log = key == "liquidity"
    values = [line.values for line in lines]
    return axis(values, height, show, log=log, include=() if log else (0.0,))


def _panels(found: Rates) -> list[tuple[str, str, str, str, list[Line]]]:
    rate = [
        Line(f"{_YEAR} sessions", "dynamic", found.insurance[_YEAR]),
        Line(f"{_QUARTER} sessions", "static", found.insurance[_QUARTER]),
        Line(f"{_YEAR}, had nothing moved", "unhedged", found.gross[_YEAR]),
    ]
    beta = [
        Line("book alone", "unhedged", found.beta_alone),
        Line("book + hedge", "dynamic", found.beta_hedged),
    ]
    keys = ("dynamic", "static", "unhedged")
    held = [
        Line(name, keys[i % 3], _lowest(np.minimum(ratio, _MOST)))
        for i, (name, ratio) in enumerate(found.liquidity.items())
        if np.isfinite(ratio).any()
    ]
    return [
        (
            "insurance",
            "Effective insurance rate",
            "What the hedge lost over the premium that the book took in; below zero it earned.",
            "percent",
            rate,
        ),
        (
            "beta",
            "Beta to the S&P 500, before and after the hedge",
            f"Of the last {BETA_DAYS} sessions, over bills.",
            "points",
            beta,
        ),
        (
            "liquidity",
            "Liquidity: depth over order size",
            f"Least of the orders of {_MONTH} sessions, logarithmic, at most {_MOST:.0f}. Depth is "
            "assumed, not measured.",
            "points",
            held,
        ),
    ]


def _lowest(values: Floats) -> Floats:
    """Return the least known value of the trailing month, NaN where there is none."""
    padded = np.r_[np.full(_MONTH - 1, np.inf), np.where(np.isfinite(values), values, np.inf)]
    least = np.lib.stride_tricks.sliding_window_view(padded, _MONTH).min(axis=1)
    return np.asarray(np.where(np.isfinite(least), least, np.nan))


def picture(found: Rates) -> str:
    """Return insurance rate, betas and liquidity, one under the other, as one SVG.

    Parameters
    ----------
    found
        Of a run.
    """
    span = Span(found.dates.astype("int64"))
    drawn = charts(found, span)
    parts = []
    for i, chart in enumerate(drawn):
        scale = _scale(chart.key, chart.lines, chart.unit, _HIGH)
        title = escape(chart.title)
        inner = [*grid(scale, _WIDE), f'<text class="name" x="0" y="-22">{title}</text>']
        at = 0
        for word, line in zip(("one", "two", "three"), chart.lines, strict=False):
            inner.append(f'<path class="{word}" d="{path(span.x, scale.y(line.values))}"/>')
            inner.append(f'<text class="{word}word" x="{at}" y="-7">{escape(line.name)}</text>')
            at += 24 + 7 * len(line.name)
        if i == len(drawn) - 1:
            inner += [
                f'<text x="{_WIDE * year["x"] / 100:.1f}" y="{_HIGH + 18}">{year["label"]}</text>'
                for year in span.years
            ]
        top = _TOP + 18 + i * (_HIGH + _APART)
        parts.append(f'<g transform="translate({_LEFT} {top})">{"".join(inner)}</g>')
    high = _TOP + len(drawn) * (_HIGH + _APART)
    return page("What the hedge of the book costs", _LEFT + _WIDE + 24, high, _LEFT, STYLE, parts)
