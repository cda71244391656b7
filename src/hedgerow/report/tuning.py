"""What reports of tuned policies share: words, tables and the parts of a page."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hedgerow.core.market import Floats
from hedgerow.engine.run import text_of
from hedgerow.report import page, panels, tables
from hedgerow.report.charts import Chart, Line, Span, axis
from hedgerow.report.divest import sentence
from hedgerow.report.formats import NOT_ADVICE, number, percent, usd, usd_short
from hedgerow.report.summary import ROWS
from hedgerow.report.verdict import page_facts
from hedgerow.research import crises
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.tuning.judging import Judged
from hedgerow.research.tuning.objective import Objective

NAMES = {
    "unhedged": "No hedge",
    "static": "Fixed hedge",
    "given": "Numbers given",
    "walked": "Walked forward",
    "found": "Numbers found",
    "hindsight": "Hindsight",
}
"""Tracks in words."""

LINES = {
    "unhedged": "unhedged",
    "static": "static",
    "given": "shade-1",
    "walked": "dynamic",
    "found": "dynamic",
    "hindsight": "shade-2",
}
"""How a chart draws each."""

TITLES = {
    "sharpe": "Sharpe over bills",
    "saving": "Saving (C3)",
    "her": "HER in falls (C4)",
    "cost": "Saving (C3)",
}
"""Objectives in words."""

SURE = 2.0
"""Standard errors that a lead must have to be more than noise."""

NOTES = {
    "saving": "Chosen by saving alone, the lane that hedges least wins: read HER beside it.",
    "cost": "Saving among lanes that make the deepest fall of the training window as shallow as "
    "asked; where none does, the one that comes nearest.",
    "her": "HER in falls: dated crises, or the deepest fall of a window without any.",
}
"""What a reader of an objective must know."""


def shown(aim: Objective, value: float | None) -> str:
    """Return a value of an objective in words."""
    return number(value, 2) if aim.name == "sharpe" else percent(value, 1)


def meaning(aim: Objective) -> str:
    """Return what was chosen by, in words."""
    if aim.name != "cost":
        return TITLES[aim.name]
    return f"{TITLES['cost']} with {percent(aim.protect, 0)} of the fixed hedge's protection"


def verdict(judged: Judged, aim: Objective, name: str, outside: Mapping[str, float]) -> str:
    """Return what tuned numbers reached out of sample against others, and whether that pays.

    Parameters
    ----------
    judged, name
        The tracks, and which of them has the tuned numbers.
    aim, outside
        The objective, and its value by hedge.
    """
    ours, own, fixed = (outside[each] for each in (name, "given", "static"))
    said = f"{shown(aim, ours)} out of sample, against {shown(aim, own)} with the numbers given"
    better, traded = ours > own, False
    if aim.name == "sharpe":
        said += f" and {shown(aim, fixed)} with the fixed hedge"
        return f"{said}: {_paid(judged, name)}"
    if aim.name == "saving":
        said += f", giving back {percent(judged.her[name])} of crisis losses, not "
        said += percent(judged.her["given"])
        traded = (judged.her[name] or 0.0) < (judged.her["given"] or 0.0)
    elif aim.name == "her":
        cost = [judged.strategies[each]["hedge_cost_per_year"] for each in (name, "given")]
        said += f", at {percent(cost[0], 2)} a year, not {percent(cost[1], 2)}"
        traded = cost[0] > cost[1]
    else:
        part = protection(judged, name)
        said += f", with {percent(part, 0)} of the fixed hedge's protection "
        said += f"({percent(aim.protect, 0)} asked)"
        better = better and part >= aim.protect
    if better and traded:
        return f"{said}: more of one for less of the other"
    return f"{said}: {'better on these years' if better else 'tuning did not pay'}"


def _paid(judged: Judged, name: str) -> str:
    """Return whether tuned numbers beat those given and the fixed hedge, by more than noise."""
    leads = {NAMES[over].lower(): judged.lead(name, over) for over in ("given", "static")}
    if not all(lead.value > 0.0 for lead in leads.values()):
        return "tuning did not pay"
    if all(lead.value > SURE * lead.error for lead in leads.values()):
        return "tuning paid"
    beside, least = min(leads.items(), key=lambda each: each[1].value - SURE * each[1].error)
    lead = f"{number(least.value, 3, sign=True)} ± {number(least.error, 3)}"
    return f"the lead over the {beside}, {lead}, is no more than noise"


def protection(judged: Judged, name: str) -> float:
    """Return the part of the points that the fixed hedge takes off the deepest fall; NaN of none.

    Parameters
    ----------
    judged, name
        The tracks, and which of them is asked for.
    """
    ours, fixed, alone = (
        judged.strategies[each]["max_drawdown"] for each in (name, "static", "unhedged")
    )
    return float((ours - alone) / (fixed - alone)) if fixed > alone else math.nan


def fine(aim: Objective, value: float | None) -> str:
    """Return a value of an objective in words, where neighbours differ by little."""
    return number(value, 3) if aim.name == "sharpe" else percent(value, 1)


def numbers(made: Mapping[str, float]) -> str:
    """Return numbers of a policy in words.

    Examples
    --------
    >>> numbers({"linear.low": 12.0, "linear.high": 18.7})
    'linear.low 12, linear.high 18.7'
    """
    return ", ".join(f"{key} {value:.6g}" for key, value in made.items())


def figures(judged: Judged) -> list[list[str]]:
    """Return the figures of every track: a head, then one row per measure."""
    rows = [["", *(NAMES[name] for name in judged.tracks)]]
    for title, key, show in ROWS:
        rows.append([title, *(show(each[key]) for each in judged.strategies.values())])
    rows.append(["HER in crises (C4)", *(percent(judged.her.get(n)) for n in judged.tracks)])
    saved = [judged.saving[n]["saving"] if n in judged.saving else None for n in judged.tracks]
    rows.append(["Saving against fixed (C3)", *(percent(value) for value in saved)])
    return rows


def origin(provenance: Mapping[str, Mapping[str, Any]]) -> str:
    """Return how much of the data is a model's, in one sentence."""
    vix = provenance.get("vix", {}).get("modelled")
    prices = provenance["hedge prices"]["modelled"]
    said = f"hedge prices {percent(prices, 0)} of the days"
    return f"Modelled: VIX {percent(vix, 0)}, {said}" if vix is not None else f"Modelled: {said}"


def less_equity(judged: Judged, names: Sequence[str]) -> list[str]:
    """Return what holding less equity would have done beside each hedge (D9)."""
    return [f"{NAMES[name]}: {sentence(judged.divest[name])}." for name in names]


def judged_to_dict(judged: Judged) -> dict[str, Any]:
    """Return what was judged as plain values."""
    return {
        "period": judged.period,
        "strategies": judged.strategies,
        "saving": judged.saving,
        "her": judged.her,
        "divest": judged.divest,
        "tracks": {name: track.digest() for name, track in judged.tracks.items()},
        "columns": judged.provenance,
        "remarks": list(judged.remarks),
    }


def tuned_to_dict(
    aim: Objective, facts: Mapping[str, Any], luck: Luck | None, policy: str, sleeve: str
) -> dict[str, Any]:
    """Return what every study of this kind says of itself, as plain values."""
    return {
        "version": facts.get("version", ""),
        "policy": policy,
        "sleeve": sleeve,
        "data": {"digest": facts["data"], "source": facts.get("source", "")},
        "objective": {"name": aim.name, "protect": aim.protect if aim.name == "cost" else None},
        "luck": luck.to_dict() if luck else None,
        "notice": NOT_ADVICE,
    }


def over_time(judged: Judged) -> dict[str, Any]:
    """Return the charts over the bars judged, for the page and its script."""
    span = Span(judged.tracks["static"].dates.astype("int64"))
    charts = {
        chart.key: chart
        for chart in (
            _chart(judged, span, "nav", "Net asset value", log=True),
            _chart(judged, span, "hedge", "What the hedge made, cumulated, after costs", log=False),
        )
    }
    stretches = [(each.name, each.rows) for each in crises.crises_in(judged.tracks["static"])]
    back = {"bands": panels.bands(stretches, span), "years": span.years, "test": None}
    read = panels.readings(charts, span, lead=("nav", "hedge"))
    return {"charts": charts, "back": back, "readings": read}


def _chart(judged: Judged, span: Span, key: str, title: str, *, log: bool) -> Chart:
    drawn: dict[str, Floats] = {
        name: track[key]
        for name, track in judged.tracks.items()
        if key == "nav" or name != "unhedged"
    }
    ends = ", ".join(f"{NAMES[name]} {usd(float(column[-1]))}" for name, column in drawn.items())
    period = judged.period
    last = [name for name in drawn if LINES[name] == "dynamic"]
    order = [*(name for name in drawn if name not in last), *last]
    return Chart(
        key,
        title,
        f"{title}, {period['from']} to {period['to']}. At the end: {ends}.",
        [Line(NAMES[name], LINES[name], drawn[name]) for name in order],
        axis(list(drawn.values()), 260, usd_short, log=log, include=() if log else (0.0,)),
        span,
        "usd",
        "Logarithmic: equal heights are equal percentages." if log else "",
    )


def embedded(svg: str) -> str:
    """Return a picture as the text of an image inside a page."""
    return base64.b64encode(svg.encode("utf-8")).decode("ascii")


def table(title: str, rows: Sequence[Sequence[str]], note: str = "") -> dict[str, Any]:
    """Return a table as the template takes it: its first row is the head."""
    return {"title": title, "head": rows[0], "rows": rows[1:], "note": note}


def save(path: Path, facts: Mapping[str, Any]) -> Path:
    """Fill the template and write the page whole or not at all.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return page.save(page.fill("tuning.html.j2", facts), path)


def common(
    kicker: str,
    facts: Mapping[str, Any],
    policy: Any,
    sleeve: Any,
    costs: Any,
    portfolio: Any,
    provenance: Mapping[str, Mapping[str, Any]],
    judged: Judgement | None = None,
) -> dict[str, Any]:
    """Return what the template asks of every study."""
    source = facts.get("source")
    return {
        "title": kicker,
        "kicker": f"{kicker} · data: {source}" if source else kicker,
        "version": facts.get("version", ""),
        "not_advice": NOT_ADVICE,
        "provenance": tables.provenance(provenance),
        "policy_text": text_of(policy),
        "sleeve_terms": tables.terms(sleeve),
        "portfolio_terms": tables.terms(portfolio),
        "cost_terms": tables.terms(costs),
        "digest": facts["data"],
        **page_facts(judged),
    }
