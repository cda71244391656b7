"""The charts of the report, made from track records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Origin
from hedgerow.policies.overlays import Budget
from hedgerow.policies.trigger import LEGS
from hedgerow.report.charts import (
    Chart,
    Line,
    Span,
    axis,
    bar,
    readable_rows,
    runs,
    ticks_path,
)
from hedgerow.report.decisions import asked
from hedgerow.report.formats import number, percent, usd, usd_short
from hedgerow.research import performance
from hedgerow.research.comparison import Comparison
from hedgerow.research.crises import CRISES

SHORT = {crisis.name: crisis.short for crisis in CRISES}

LETTER = 0.8
"""Width of a letter in per cent of a plot as narrow as names are shown in."""

NAMES = {"unhedged": "Unhedged", "static": "Static", "dynamic": "Dynamic"}


def span_of(found: Comparison) -> Span:
    """Return the horizontal scale of the run."""
    return Span(found.tracks["dynamic"].dates.astype("int64"))


def backdrop(found: Comparison, span: Span) -> dict[str, Any]:
    """Return what lies behind every chart: crises, the test boundary, years."""
    track = found.tracks["dynamic"]
    crises = [(row["name"], track.rows(row["from"], row["to"])) for row in found.crises]
    return {
        "bands": bands(crises, span),
        "years": span.years,
        "test": span.at(found.split.test.start),
    }


def bands(crises: Sequence[tuple[str, slice]], span: Span) -> list[dict[str, Any]]:
    """Return the shades of stretches with names, of which those too near to another have none."""
    made, taken = [], 0.0
    for name, rows in crises:
        x, width = span.between(rows)
        word = SHORT.get(name, name)
        half = LETTER * len(word) / 2.0
        middle = min(max(x + width / 2.0, half), 100.0 - half)
        label = word if middle - half >= taken else ""
        taken = middle + half + LETTER if label else taken
        made.append(
            {
                "x": x,
                "width": width,
                "name": name,
                "label": label,
                "middle": round(middle, 3),
            }
        )
    return made


def over_time(found: Comparison, span: Span) -> dict[str, Chart]:
    """Return the charts over time by key."""
    return {
        chart.key: chart
        for chart in (
            _nav(found, span),
            _drawdown(found, span),
            _hedge(found, span),
            _vix(found, span),
            _intensity(found, span),
        )
        if chart is not None
    }


def _nav(found: Comparison, span: Span) -> Chart:
    columns = {name: track["nav"] for name, track in found.tracks.items()}
    ends = ", ".join(f"{name} {usd(float(nav[-1]))}" for name, nav in columns.items())
    least = min(float(column.min()) for column in columns.values())
    most = max(float(column.max()) for column in columns.values())
    room = (
        (least * (least / most) ** 0.06,) if least > 0.0 else ()
    )  # for the names of the crises below the lines
    scale = axis(list(columns.values()), 300, usd_short, log=True, include=room)
    return Chart(
        "nav",
        "Net asset value",
        f"Net asset value from {_dates(found)}, logarithmic. At the end: {ends}.",
        _three(columns),
        scale,
        span,
        "usd",
        "Logarithmic: equal heights are equal percentages." if scale.log else "",
    )


def _drawdown(found: Comparison, span: Span) -> Chart:
    columns = {name: performance.drawdowns(track["nav"]) for name, track in found.tracks.items()}
    worst = ", ".join(f"{name} {percent(float(c.min()))}" for name, c in columns.items())
    return Chart(
        "drawdown",
        "Drawdown",
        f"Fall of NAV below its highest close so far, {_dates(found)}. Deepest: {worst}.",
        _three(columns),
        axis(list(columns.values()), 180, lambda v: percent(v, 0), include=(0.0,)),
        span,
        "percent",
        "Fall below the highest close so far.",
    )


def _hedge(found: Comparison, span: Span) -> Chart:
    columns = {name: found.tracks[name]["hedge"] for name in ("static", "dynamic")}
    ends = ", ".join(f"{name} {usd(float(c[-1]))}" for name, c in columns.items())
    return Chart(
        "hedge",
        "What the hedge alone earned, cumulated",
        f"Cumulated profit and loss of the hedge after costs, {_dates(found)}. At the end: {ends}.",
        _three(columns),
        axis(list(columns.values()), 240, usd_short, include=(0.0,)),
        span,
        "usd",
        "After costs and financing. It sinks in calm years like an insurance premium and jumps in "
        "crises; in USD, so later years weigh more as the book grows.",
    )


def _vix(found: Comparison, span: Span) -> Chart | None:
    market = found.ground.market
    if "vix" not in market:
        return None
    vix, origin = market["vix"][found.ground.first :], market.origin["vix"][found.ground.first :]
    made = _made(origin)
    published = "published" if (origin != Origin.REPAIRED).all() else "published or repaired"
    lines = [
        Line("VIX, modelled", "vix modelled", vix, made),
        Line(f"VIX, {published}", "vix", vix, ~made),
    ]
    share = float(made.mean())
    top = int(np.nanargmax(vix))
    return Chart(
        "vix",
        "VIX",
        f"VIX in points, {_dates(found)}: highest {number(float(vix[top]), 1)} on "
        f"{found.tracks['dynamic'].dates[top]}; {percent(share, 0)} of the days are modelled.",
        [line for line in lines if line.where is not None and line.where.any()],
        axis([vix], 200, lambda v: number(v, 0), include=(0.0, float(vix[top]) * 1.16)),
        span,
        "points",
        _vix_note(share),
    )


def _vix_note(share: float) -> str:
    if share == 0.0:
        return "Published values on every day."
    if share == 1.0:
        return "Modelled from the index on every day."
    return (
        f"{percent(share, 0)} of the days are modelled from the index (dashed line, hatched "
        "strip); the others are published values."
    )


def _made(origin: NDArray[np.int8]) -> NDArray[np.bool_]:
    return np.asarray((origin == Origin.MODELLED) | (origin == Origin.ASSUMED))


def origin_strip(found: Comparison, span: Span) -> list[dict[str, Any]]:
    """Return the stretches of modelled and of published VIX, for the strip under its chart."""
    market = found.ground.market
    if "vix" not in market:
        return []
    made = _made(market.origin["vix"][found.ground.first :])
    found_runs = [(run, True) for run in runs(made)] + [(run, False) for run in runs(~made)]
    strip = []
    for run, modelled in sorted(found_runs, key=lambda item: item[0].start):
        x = span.at(run.start)
        until = span.at(min(run.stop, len(made) - 1))
        width = round(until - x, 3)
        word = "modelled" if modelled else "published"
        strip.append(
            {
                "x": x,
                "width": max(width, 0.1),
                "modelled": modelled,
                "label": word if width > 12 else "",
            }
        )
    return strip


def _intensity(found: Comparison, span: Span) -> Chart:
    x, wanted = found.tracks["dynamic"]["x"], np.asarray(asked(found))
    ones = np.ones(len(x))
    return Chart(
        "intensity",
        "Hedge intensity",
        f"Multiples of the base hedge, {_dates(found)}: in force "
        f"{number(float(x.mean()))} on average, {number(float(x.max()))} at most; "
        "the static hedge is always 1.00.",
        [
            Line("Asked for", "asked", wanted),
            Line("Static", "static", ones),
            Line("In force", "dynamic", x),
        ],
        axis([x, wanted, ones], 200, lambda v: f"{number(v, 1)}×", include=(0.0,)),
        span,
        "times",
        "Asked for: after every step but the trigger. In force: what the trigger released.",
    )


def _three(columns: dict[str, Floats]) -> list[Line]:
    return [Line(NAMES[name], name, column) for name, column in columns.items()]


def _dates(found: Comparison) -> str:
    span = found.periods["all"]
    return f"{span['from']} to {span['to']}"


def trigger_rugs(found: Comparison, span: Span) -> list[dict[str, Any]]:
    """Return one rug of strokes for each leg of the trigger, with its count."""
    act = found.tracks["dynamic"]["legs"].astype(np.int64)
    return [
        {
            "name": name,
            "count": found.triggers["legs"][name],
            "d": ticks_path(span.x[(act & code) > 0], 14),
        }
        for code, name in LEGS.items()
        if found.triggers["legs"].get(name)
    ]


def leg_bars(found: Comparison) -> list[dict[str, Any]]:
    """Return how often each leg fired as bars."""
    legs = found.triggers["legs"]
    most = max(legs.values(), default=0) or 1
    return [
        {"name": name, "count": count, "bar": bar(float(count), 0.0, most * 1.25)}
        for name, count in legs.items()
    ]


def crisis_bars(found: Comparison) -> list[dict[str, Any]]:
    """Return, per crisis, bars of what each hedge gave back and cost, as shares of the loss."""
    rows = [
        row
        for row in found.crises
        if min(row["portfolio_loss"], row["static_portfolio_loss"]) > 0.0
    ]
    shares: list[dict[str, Any]] = []
    for row in rows:
        losses = {"static": row["static_portfolio_loss"], "dynamic": row["portfolio_loss"]}
        shares.append(
            {
                "row": row,
                "gave": {n: row[f"{n}_her"] for n in ("static", "dynamic")},
                "paid": {n: row[f"{n}_cost"] / loss for n, loss in losses.items()},
            }
        )
    for kind in ("gave", "paid"):
        values = [v for share in shares for v in share[kind].values() if v is not None]
        low, high = min([0.0, *values]), max([0.0, *values]) or 1.0
        low, high = low * 1.05, high + (high - low) * 0.28
        for share in shares:
            share[f"{kind}_bars"] = {n: bar(v, low, high) for n, v in share[kind].items()}
            share[f"{kind}_zero"] = round(-low / (high - low) * 100.0, 2)
    return shares


def budget(found: Comparison) -> dict[str, Any]:
    """Return what each calendar year's hedging cost as a share of the NAV it began with."""
    dates = found.tracks["dynamic"].dates
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    last = np.r_[np.flatnonzero(np.diff(years)), len(years) - 1]
    limit = next((s.per_year for s in found.policy.steps if isinstance(s, Budget)), None)
    spent = {
        name: found.tracks[name]["spent"][last] / found.tracks[name]["budget_base"][last]
        for name in ("static", "dynamic")
    }
    scale = axis(list(spent.values()), 180, lambda v: percent(v, 1),
                 include=(0.0, *([limit] if limit else [])))  # fmt: skip
    zero, width = float(scale.y(0.0)), 100.0 / len(last)
    bars = []
    each = next(n for n in (1, 2, 5, 10, 20, 50) if len(last) / n <= 9 or n == 50)
    for i, row in enumerate(last):
        year = int(years[row])
        made: dict[str, Any] = {
            "year": year,
            "x": round(i * width, 3),
            "label": year % each == 0,
            "bars": {},
        }
        for j, name in enumerate(("static", "dynamic")):
            top = float(scale.y(spent[name][i]))
            made["bars"][name] = {
                "x": round((i + 0.12 + 0.38 * j) * width, 3),
                "y": round(min(top, zero), 1),
                "height": round(max(abs(zero - top), 0.6), 1),
                "share": float(spent[name][i]),
                "usd": float(found.tracks[name]["spent"][row]),
            }
        bars.append(made)
    return {
        "scale": scale,
        "bars": bars,
        "width": round(0.36 * width, 3),
        "limit": limit,
        "limit_y": None if limit is None else round(float(scale.y(limit)), 1),
    }


def readings(
    charts: dict[str, Chart], span: Span, lead: Sequence[str] = ("nav", "drawdown")
) -> dict[str, Any]:
    """Return the values that the pointer can read, as plain lists for the page's script.

    The last lines of the charts in ``lead`` decide at which sessions it stops.
    """
    columns = [charts[name].lines[-1].values for name in lead]
    if "vix" in charts:
        columns.append(charts["vix"].lines[0].values)
    rows = readable_rows(columns)
    series = {}
    for key, chart in charts.items():
        lines = []
        for line in chart.lines:
            shown = line.values if line.where is None else np.where(line.where, line.values, np.nan)
            lines.append([_plain(value, chart.unit) for value in shown[rows]])
        series[key] = {"unit": chart.unit, "lines": lines}
    days = span.days[rows]
    return {"first": int(span.days[0]), "last": int(span.days[-1]),
            "days": [int(day) for day in days], "charts": series}  # fmt: skip


_DIGITS = {"usd": 0, "percent": 4, "points": 2, "times": 3}


def _plain(value: float, unit: str) -> float | int | None:
    if not np.isfinite(value):
        return None
    return round(float(value)) if unit == "usd" else round(float(value), _DIGITS[unit])
