"""The pictures of a hedged book of condors: value, falls, layers, states, insurance rate, carry."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis, Chart, Line, Span, axis, path, runs
from hedgerow.report.formats import percent, usd, usd_short
from hedgerow.research import performance
from hedgerow.shortvol.beside.study import Beside, Run
from hedgerow.shortvol.beside.variants import ALONE, STATIC

SMOOTH = 21
"""Sessions that carry is averaged over: a day's is too rough to be drawn."""

PANEL = 96
"""Height of a small picture, pixels."""

MOST = 2.0
"""Stressed rates of return are drawn up to here, a year: beyond, they are far over any hurdle."""


def charts(found: Beside, key: str, span: Span) -> dict[str, Chart]:
    """Return the charts over time by key.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is asked about.
    span
        The sessions.
    """
    run = found.runs[key]
    made = [
        _value(found, key, span),
        _drawdown(found, key, span),
        _layers(run, span),
        _rate(run, span),
        _carry(run, span),
        _stressed(found, span),
        _vix(found, span),
    ]
    return {chart.key: chart for chart in made}


def _shown(found: Beside, key: str) -> list[tuple[str, Run]]:
    """Return the runs that share a picture with the class of their line: at most three."""
    shown = [("unhedged", found.runs[ALONE])]
    if STATIC in found.runs and key != STATIC:
        shown.append(("static", found.runs[STATIC]))
    return [*shown, ("dynamic", found.runs[key])]


def _value(found: Beside, key: str, span: Span) -> Chart:
    lines = [Line(run.variant.title, name, run.outcome.nav) for name, run in _shown(found, key)]
    said = ", ".join(f"{line.name} {usd(float(line.values[-1]))}" for line in lines)
    return Chart(
        "nav", "Net asset value", f"Net asset value, logarithmic; at the end {said}.", lines,
        axis([line.values for line in lines], 280, usd_short, log=True), span, "usd",
        "Logarithmic: equal heights are equal percentages. Condors, hedge and bills.",
    )  # fmt: skip


def _drawdown(found: Beside, key: str, span: Span) -> Chart:
    lines = [
        Line(run.variant.title, name, performance.drawdowns(run.outcome.nav))
        for name, run in _shown(found, key)
    ]
    said = ", ".join(f"{line.name} {percent(float(line.values.min()))}" for line in lines)
    return Chart(
        "drawdown", "Drawdown", f"Fall of NAV below its highest close so far; deepest {said}.",
        lines, axis([line.values for line in lines], 180, lambda v: percent(v, 0), include=(0.0,)),
        span, "percent", "Fall below the highest close so far.",
    )  # fmt: skip


def _layers(run: Run, span: Span) -> Chart:
    sums = {name: np.cumsum(line["pnl"]) for name, line in run.layers.items()}
    lines = [Line(name, f"shade shade-{i % 6}", column) for i, (name, column) in
             enumerate(sums.items())]  # fmt: skip
    if len(lines) > 1:
        lines.append(Line("all layers", "dynamic", np.cumsum(run.hedge)))
    said = ", ".join(f"{line.name} {usd(float(line.values[-1]))}" for line in lines)
    return Chart(
        "layers", "What each layer earned, cumulated", f"Cumulated gain after costs: {said}.",
        lines, axis([line.values for line in lines], 220, usd_short, include=(0.0,)), span, "usd",
        "After half-spreads, fees and financing.",
    )  # fmt: skip


def _rate(run: Run, span: Span) -> Chart:
    rate = run.rate
    last = rate[np.isfinite(rate)][-1:].tolist()
    said = f"last {percent(last[0])}" if last else "a year is not over"
    return Chart(
        "rate", "Effective insurance rate", f"Hedge cost over condor credit, a year back: {said}.",
        [Line(run.variant.title, "dynamic", rate)],
        axis([rate], 160, lambda v: percent(v, 0), include=(0.0,)), span, "percent",
        "Cost of the hedge over premium collected, both of the last 252 sessions (H17); below "
        "zero the hedge earned.",
    )  # fmt: skip


def _carry(run: Run, span: Span) -> Chart:
    carried = averaged(run.carried, SMOOTH)
    return Chart(
        "carry", "Carry of the hedge, a day", "What a day costs the hedge if nothing moves.",
        [Line(run.variant.title, "dynamic", carried)],
        axis([carried], 160, usd_short, include=(0.0,)), span, "usd",
        f"Roll-down and theta paid if nothing moves, mean of {SMOOTH} sessions.",
    )  # fmt: skip


def _stressed(found: Beside, span: Span) -> Chart:
    made = found.hurdled
    irr = np.minimum(made.irr, MOST)
    over = made.over(slice(None))
    return Chart(
        "stressed", "Stressed IRR against the hurdle",
        f"Stressed rate of return a year, median {percent(over.irr)}; at the hurdle or above on "
        f"{percent(over.share, 0)} of the sessions.",
        [Line("stressed IRR", "dynamic", irr), Line("hurdle", "static", made.hurdle)],
        axis([irr, made.hurdle], 160, lambda v: percent(v, 0), include=(0.0,)), span, "percent",
        f"Of one condor sold at that close with its hedge, modelled, at most {MOST:.0%} drawn; the "
        f"hurdle is {made.said}.",
    )  # fmt: skip


def _vix(found: Beside, span: Span) -> Chart:
    vix = found.market["vix"][found.first :]
    return Chart(
        "vix", "VIX", f"VIX, from {vix.min():.1f} to {vix.max():.1f} points.",
        [Line("VIX", "vix", vix)], axis([vix], 160, lambda v: f"{v:.0f}"), span, "points",
        "Closes, points.",
    )  # fmt: skip


def averaged(values: Floats, sessions: int) -> Floats:
    """Return the mean of each value and those before it, **shape** (T,).

    Examples
    --------
    >>> averaged(np.array([1.0, 3.0, 5.0]), 2).tolist()
    [1.0, 2.0, 4.0]
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.maximum(np.arange(len(values)) + 1 - sessions, 0)
    last = np.arange(len(values)) + 1
    return np.asarray((sums[last] - sums[first]) / (last - first))


def small(found: Beside, span: Span) -> list[dict[str, Any]]:
    """Return a small picture of every hedge: its value over that of the condors alone.

    Returns
    -------
    list
        Each with ``title``, ``said``, the paths ``ours`` and ``alone``, on one ``scale`` for all.
    """
    alone = found.alone.outcome.nav
    others = [run for key, run in found.runs.items() if key != ALONE]
    scale = axis([alone, *(run.outcome.nav for run in others)], PANEL, usd_short, log=True)
    base = path(span.x, _y(scale, alone))
    return [
        {
            "title": run.variant.title,
            "said": f"{usd_short(float(run.outcome.nav[-1]))}, deepest fall "
            f"{percent(float(performance.drawdowns(run.outcome.nav).min()), 0)}",
            "ours": path(span.x, _y(scale, run.outcome.nav)),
            "alone": base,
            "height": PANEL,
        }
        for run in others
    ]


def _y(scale: Axis, nav: Floats) -> Floats:
    return scale.y(np.maximum(nav, 1.0))


def ribbon(states: Floats, names: tuple[str, ...], span: Span) -> dict[str, Any]:
    """Return the stretches of each state of the layered hedge as rectangles under a chart.

    Parameters
    ----------
    states
        Number of the state at each session, **shape** (T,).
    names
        Of the states, by number; the first is not drawn.
    span
        The sessions.
    """
    parts = []
    for number, name in enumerate(names[1:], start=1):
        for rows in runs(states == number):
            left, width = span.between(rows)
            parts.append({"state": number, "name": name, "x": left, "width": width})
    shares = [float(np.mean(states == number)) for number in range(len(names))]
    return {
        "parts": parts,
        "names": [
            {"state": number, "name": name, "share": percent(share, 0)}
            for number, (name, share) in enumerate(zip(names, shares, strict=True))
        ],
    }
