"""The report of a traded program: one HTML file that opens offline, in the dress of the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.run import text_of
from hedgerow.engine.track import Track
from hedgerow.report import beside, rates, tables, verdict
from hedgerow.report import outcome as told
from hedgerow.report.charts import Chart, Line, Span, axis, ticks_path
from hedgerow.report.formats import NOT_ADVICE, number, percent, usd, usd_short
from hedgerow.report.page import fill, save
from hedgerow.report.panels import bands, readings
from hedgerow.report.program_parts import stacked
from hedgerow.research import performance
from hedgerow.research.crises import Stretch, crises_in, effectiveness
from hedgerow.research.gate.judgement import Judgement
from hedgerow.shortvol.rates import Rates

NEAR_LIMIT = 0.2
"""Part of the margin limit from which on it is drawn: beside less, margin would be a flat line."""

SHADES = 6
"""Colours that lines take in turn."""

LIMITS = (
    "One history. The crises are few and each was different; the next one need not look like any "
    "of them.",
    "Trading inside the day: closes alone are known, orders fill at them, and margin is asked for "
    "once a day.",
    "Taxes, the delivery of shares, and what a broker would really have quoted in the worst hour.",
    "Settlement in the morning and early exercise where the terms below do not name them: options "
    'settle at the close unless they say settlement "am", and are European unless they say '
    'exercise "american".',
    "Whether simply holding less equity would have done as much for less: that comparison is the "
    "first to make when a hedge lowers return.",
    "How many programs were tried before this one. Numbers of a program that was chosen after "
    "seeing them are too good.",
)


def write(
    outcome: Outcome,
    path: Path,
    *,
    version: str = "",
    judged: Judgement | None = None,
    hedged: Rates | None = None,
) -> Path:
    """Write the report whole or not at all.

    Parameters
    ----------
    outcome
        A finished run.
    path
        The HTML file; missing folders are made, an old report is replaced.
    version
        Of Hedgerow, for the foot of the page.
    judged
        What the honesty gate says of it.
    hedged
        Rates of its book and hedge, where it has a book.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save(render(outcome, version=version, judged=judged, hedged=hedged), path)


def render(
    outcome: Outcome,
    *,
    version: str = "",
    judged: Judgement | None = None,
    hedged: Rates | None = None,
) -> str:
    """Return the report as HTML; equal runs give equal text."""
    span = Span(outcome.dates.astype("int64"))
    track = Track("hedged", outcome.times, {"earned": outcome.earned, "pnl": outcome.hedge})
    crises = crises_in(track)
    more = [] if hedged is None else rates.charts(hedged, span)
    charts = {chart.key: chart for chart in (*_charts(outcome, span), *more)}
    head, *gains = told.gains(outcome)
    made = told.figures(outcome)
    program = outcome.program
    facts: dict[str, Any] = {
        "version": version,
        "title": program.title or program.name,
        "kicker": f"{program.title or program.name} · {made['from']} to {made['to']}",
        "headline": _headline(outcome, made),
        "not_advice": NOT_ADVICE,
        "outcome": outcome,
        "made": made,
        "tiles": _tiles(outcome, made, track, crises),
        "figures": beside.comparison(outcome, made),
        "alone": beside.the(outcome),
        "hedges": bool(program.portfolio.equity_share),
        "gains_head": head,
        "gains": gains,
        "charts": charts,
        "alarms": told.alarms(outcome),
        "back": {
            "bands": bands([(crisis.name, crisis.rows) for crisis in crises], span),
            "years": span.years,
            "test": None,
        },
        "readings": readings(charts, span),
        "stacked": stacked(outcome),
        "lines": _lines(outcome, made, span),
        "crisis_heads": _crisis_heads(outcome),
        "crises": [_crisis(outcome, track, crisis) for crisis in crises],
        "partial": any(crisis.partial for crisis in crises),
        "reality": told.modelled_lines(outcome),
        "provenance": tables.provenance(outcome.origins),
        "rates": hedged
        and {
            "tables": [each for each in (rates.table(hedged), rates.beta_table(hedged)) if each],
            "said": rates.sentences(hedged),
            "charts": more,
        },
        "limits": LIMITS,
        "terms": _terms(outcome),
        "source": program.source,
        **verdict.page_facts(judged),
    }
    return fill("program.html.j2", facts)


def _headline(outcome: Outcome, made: dict[str, Any]) -> str:
    key = beside.returned(outcome)[1]
    span = "a year" if key == "return_per_year" else f"over {made['bars']:,} sessions"
    if not outcome.program.portfolio.equity_share:
        fall = percent(made["max_drawdown"])
        return f"{percent(made[key], 2)} {span}, deepest fall {fall}."
    gained = made[key] - made[f"unhedged_{key}"]
    eased = made["max_drawdown"] - made["unhedged_max_drawdown"]
    points = f"{number(abs(gained) * 100.0)} points {span}"
    grew = f"{points} {'less' if gained < 0.0 else 'more'} than {beside.the(outcome)}"
    falls = [percent(made[f"{whose}max_drawdown"]) for whose in ("", "unhedged_")]
    word = "less deep" if eased >= 0.0 else "deeper"
    fall = f"{word}: {falls[0]} instead of {falls[1]}"
    if falls[0] == falls[1]:
        fall = f"as deep: {falls[0]}"
    return f"With the lines NAV returned {grew}; the deepest fall was {fall}."


def _tiles(
    outcome: Outcome, made: dict[str, Any], track: Track, crises: list[Stretch]
) -> list[dict[str, str]]:
    given = [effectiveness(track, crisis.rows) for crisis in crises]
    losses = [row for row in given if row["portfolio_loss"] > 0.0]
    loss = sum(row["portfolio_loss"] for row in losses)
    share = sum(row["hedge_gain"] for row in losses) / loss if loss else None
    gave = {
        "title": "Gave back in crises",
        "value": percent(share),
        "beside": f"of the losses of {len(losses)} crises" if losses else "no crisis in the run",
    }
    real = [line["modelled_share"] for line in made["lines"].values()]
    alone, (what, key) = beside.bare(outcome), beside.returned(outcome)
    if not outcome.program.portfolio.equity_share:
        index = made["index"]
        gave = {
            "title": index["name"],
            "value": percent(index[key], 2),
            "beside": f"{what.lower()}; deepest fall {percent(index['max_drawdown'])}",
        }
    return [
        {
            "title": "Gain of the lines themselves",
            "value": usd(made["hedge_pnl"]),
            "beside": f"after {usd(made['cost'])} of trading costs",
        },
        {
            "title": f"NAV against {beside.the(outcome)}",
            "value": usd(made["nav_against_unhedged"]),
            "beside": f"with {usd(made['reinvested'])} of the {beside.reinvested(outcome)}",
        },
        {
            "title": what,
            "value": percent(made[key], 2),
            "beside": f"{alone} {percent(made[f'unhedged_{key}'], 2)}",
        },
        gave,
        {
            "title": "Deepest fall",
            "value": percent(made["max_drawdown"]),
            "beside": f"{alone} {percent(made['unhedged_max_drawdown'])}",
        },
        {
            "title": "Modelled prices",
            "value": percent(float(np.mean(real)), 0),
            "beside": "of the lines' sessions; the others are published",
        },
    ]


def _charts(outcome: Outcome, span: Span) -> list[Chart]:
    dates = f"{outcome.dates[0]} to {outcome.dates[-1]}"
    pair = {"unhedged": outcome.unhedged, "dynamic": outcome.nav}
    names = {"unhedged": beside.bare(outcome).capitalize(), "dynamic": "With the lines"}
    if not outcome.program.portfolio.equity_share:
        pair = {"static": outcome.nav[0] / outcome.index[0] * outcome.index, **pair}
        names["static"] = outcome.index_name
    falls = {key: performance.drawdowns(nav) for key, nav in pair.items()}
    least, most = (f(float(f(nav)) for nav in pair.values()) for f in (min, max))
    log = axis(
        list(pair.values()), 300, usd_short, log=True, include=(least * (least / most) ** 0.06,)
    )
    sums = {name: np.cumsum(line["pnl"]) for name, line in outcome.lines.items()}
    if len(sums) > 1:
        sums["all lines"] = np.cumsum(outcome.hedge)
    x = {name: line["x"] for name, line in outcome.lines.items()}
    charts = [
        Chart(
            "nav",
            "Net asset value",
            f"Net asset value, {dates}, logarithmic: at the end {usd(outcome.nav[-1])} with the "
            f"lines, {usd(outcome.unhedged[-1])} without.",
            [Line(names[key], key, nav) for key, nav in pair.items()],
            log,
            span,
            "usd",
            "Logarithmic: equal heights are equal percentages.",
        ),
        Chart(
            "hedge",
            "What the lines earned, cumulated",
            f"Cumulated gain of every line after costs, {dates}.",
            _coloured(sums),
            axis(list(sums.values()), 240, usd_short, include=(0.0,)),
            span,
            "usd",
            "After costs and financing, in USD: later years weigh more as the book grows.",
        ),
        Chart(
            "drawdown",
            "Drawdown",
            f"Fall of NAV below its highest close so far, {dates}.",
            [Line(names[key], key, fall) for key, fall in falls.items()],
            axis(list(falls.values()), 180, lambda v: percent(v, 0), include=(0.0,)),
            span,
            "percent",
            "Fall below the highest close so far.",
        ),
        Chart(
            "intensity",
            "Intensity of every line",
            f"Multiples of the base hedge that each line asked for, {dates}.",
            _coloured(x),
            axis(list(x.values()), 200, lambda v: f"{number(v, 1)}×", include=(0.0,)),
            span,
            "times",
            "After share, maximum share and the common budget.",
        ),
    ]
    if outcome.margin.any():
        used, limit = outcome.margin / outcome.nav, outcome.program.margin.limit
        lines, note = [Line("Margin", "dynamic", used)], ""
        if float(np.nanmax(used)) >= NEAR_LIMIT * limit:
            lines.append(Line("limit", "limit", np.full(len(used), limit)))
        else:
            note = f" The limit, {percent(limit)} of NAV, lies far above."
        charts.append(
            Chart(
                "margin",
                "Margin",
                f"Margin asked for as a share of NAV, {dates}: at most {percent(used.max())}.",
                lines,
                axis([line.values for line in lines], 180, lambda v: percent(v, 1), include=(0.0,)),
                span,
                "percent",
                "Asked for what is held at the close, as a share of NAV. Margin of VIX futures is "
                f"an assumption.{note}",
            )
        )
    return charts


def _coloured(columns: dict[str, Floats]) -> list[Line]:
    """Return lines in colours of their own; the sum of all looks like the hedge it is."""
    return [
        Line(name, "dynamic" if name == "all lines" else f"shade shade-{i % SHADES}", column)
        for i, (name, column) in enumerate(columns.items())
    ]


def _lines(outcome: Outcome, made: dict[str, Any], span: Span) -> list[dict[str, Any]]:
    rows = []
    for i, (name, line) in enumerate(outcome.lines.items()):
        found = made["lines"][name]
        rows.append(
            {
                "name": name,
                "shade": f"shade-{i % SHADES}",
                "sleeve": found["sleeve"],
                "rug": ticks_path(span.x[line["traded"] != 0.0], 14),
                "trades": found["trades"],
                "cells": [
                    usd(found["pnl"]),
                    usd(found["cost"]),
                    f"{found['trades']:,}",
                    number(float(line["x"].mean())),
                    number(float(line["held"][-1])),
                    f"{found['budget_cut_days']:,}",
                    percent(found["residual_share"]),
                    percent(found["modelled_share"], 0),
                ],
            }
        )
    return rows


def _crisis_heads(outcome: Outcome) -> list[str]:
    if outcome.program.portfolio.equity_share:
        return ["portfolio alone", "its loss in NAV", *outcome.lines, "all lines", "gave back"]
    return [outcome.index_name, "NAV", *outcome.lines, "all lines"]


def _crisis(outcome: Outcome, track: Track, crisis: Stretch) -> dict[str, Any]:
    found = effectiveness(track, crisis.rows)
    hedges = outcome.program.portfolio.equity_share
    inside = slice(crisis.rows.start + 1, crisis.rows.stop)
    days = outcome.dates[crisis.rows]
    alone, nav = (
        percent(float(column[crisis.rows][-1] / column[crisis.rows][0] - 1.0))
        for column in (outcome.unhedged if hedges else outcome.index, outcome.nav)
    )
    return {
        "name": crisis.name,
        "partial": crisis.partial,
        "dates": f"{days[0]} – {days[-1]}",
        "cells": [
            alone,
            usd(-found["portfolio_loss"]) if hedges else nav,
            *(usd(float(line["pnl"][inside].sum())) for line in outcome.lines.values()),
            usd(found["hedge_gain"]),
            *([percent(found["her"])] if hedges else []),
        ],
    }


def _terms(outcome: Outcome) -> list[dict[str, Any]]:
    program = outcome.program
    lines = [
        {
            "title": f"Line {line.name}: {line.sleeve.name}",
            "pairs": [
                ("share", number(line.share)),
                ("max share", number(line.max_share)),
                *([("offsets the delta of", line.offsets)] if line.offsets else []),
                ("policy", line.policy.name),
                *[("action", str(action)) for action in line.actions],
                *tables.terms(line.sleeve),
            ],
            "policy": "",
        }
        for line in program.lines
    ]
    policies = {line.policy.name: text_of(line.policy) for line in program.lines}
    budget = "none" if program.budget is None else f"{percent(program.budget)} of NAV a year"
    fills = "at the next close" if program.lag else "at the close that decides"
    whole = [("orders are filled", fills), ("common budget", budget)]
    groups = (
        ("Program", whole),
        ("Portfolio", tables.terms(program.portfolio)),
        ("Execution", tables.terms(program.execution)),
        ("Trading costs", tables.terms(program.costs)),
        ("Margin", tables.terms(program.margin)),
    )
    return [
        *lines,
        *(
            {"title": f"Policy {name}", "pairs": [], "policy": text}
            for name, text in policies.items()
        ),
        *({"title": title, "pairs": pairs, "policy": ""} for title, pairs in groups),
    ]
