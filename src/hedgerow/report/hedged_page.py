"""A hedged book of condors as a page: with and without first; one HTML file that opens offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgerow.report import hedged as told
from hedgerow.report import hedged_gates as gates
from hedgerow.report import hedged_pictures as pictures
from hedgerow.report import tables, verdict
from hedgerow.report.charts import Span
from hedgerow.report.formats import NOT_ADVICE, percent, usd
from hedgerow.report.page import fill, save
from hedgerow.report.panels import bands, readings
from hedgerow.research.crises import crises_in
from hedgerow.research.gate.judgement import Judgement
from hedgerow.shortvol.beside.study import PARTS, Beside
from hedgerow.shortvol.beside.variants import ALONE
from hedgerow.shortvol.beside.worth import Worth

LIMITS = (
    "Quotes of the options: prices of condors and structures are a model's, made from the VIX "
    "family. VX futures are the exchange's settles where it listed them.",
    "One history. The crises are few and each was different; resampling it says how much chance "
    "there is in it, not what the next one will be.",
    "Trading inside the day: closes alone are known, orders fill at the next one, and margin is "
    "asked for once a day. The worst hour of a short-volatility book was worse.",
    "That the rules were written without these years: nothing is fitted to the run, but whoever "
    "wrote them knew its crises, and 'out of sample' cannot undo that.",
    "Taxes, the delivery of shares, and what a broker would really have asked as margin.",
)

STYLE = """
.panels {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px 18px;
}
.panel p { margin: 0; font-size: 0.85rem; }
.panel .said { color: var(--soft); font-size: 0.8rem; }
.panel svg { border-bottom: 1px solid var(--rule); }
.line.alone { stroke: var(--unhedged); stroke-width: 1; stroke-dasharray: 4 3; }
.state { stroke: var(--soft); stroke-width: 0.4; fill: var(--dynamic); }
.state-0 { fill: none; } .state-1 { fill: url(#hatch); } .state-5 { fill: url(#hatch-made); }
.state-2 { fill-opacity: 0.25; } .state-3 { fill-opacity: 0.55; }
.answer { border-left: 4px solid var(--dynamic); padding-left: 14px; margin-top: 14px; }
"""


def write(
    found: Beside,
    key: str,
    answers: list[Worth],
    path: Path,
    *,
    version: str = "",
    judged: Judgement | None = None,
) -> Path:
    """Write the page whole or not at all.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is asked about.
    answers
        What it was worth.
    path
        The HTML file; missing folders are made, an old page is replaced.
    version
        Of Hedgerow, for the foot of the page.
    judged
        What the honesty gate says of it.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save(render(found, key, answers, version=version, judged=judged), path)


def render(
    found: Beside,
    key: str,
    answers: list[Worth],
    *,
    version: str = "",
    judged: Judgement | None = None,
) -> str:
    """Return the page as HTML; equal studies give equal text."""
    alone = found.alone
    made = alone.outcome
    span = Span(made.dates.astype("int64"))
    charts = pictures.charts(found, key, span)
    title = f"Condors with and without {found.runs[key].variant.title}"
    crises = crises_in(alone.track)
    cut = found.split.test.start
    run = found.runs[key]
    mode = gates.mode_word(run)
    facts: dict[str, Any] = {
        "version": version,
        "title": title,
        "kicker": f"{title}{mode and f' · {mode}'} · {made.dates[0]} to {made.dates[-1]}",
        "headline": _headline(found, key),
        "not_advice": NOT_ADVICE,
        "tiles": _tiles(found, key),
        "both": told.with_and_without(found, key),
        "both_test": told.with_and_without(found, key, "out_of_sample"),
        "answers": [told.weighed(answer) for answer in answers],
        "layers": told.layers(found, key),
        "crises": told.stretches(found, key),
        "between": told.stretches(found, key, calm=True),
        "partial": any(crisis.partial for crisis in crises),
        "variants": [
            (f"{gates.TITLES[part]}, {each.first} to {each.last}", told.side_by_side(found, part))
            for part in PARTS
            for each in [found.figures(ALONE, part)]
        ],
        "sizes": told.sizes(found),
        "cost": told.COST,
        "charts": charts,
        "small": pictures.small(found, span),
        "ribbon": None if run.states is None else pictures.ribbon(*run.states, span),
        "state_gains": told.by_state(found, key),
        "back": {
            "bands": bands([(crisis.name, crisis.rows) for crisis in crises], span),
            "years": span.years,
            "test": span.at(cut),
        },
        "readings": readings(charts, span),
        "reality": told.reality(found),
        "hurdle": gates.hurdle_table(found),
        "liquidity": gates.liquidity_table(run),
        "gates": [gates.mode(run), gates.assumed(found), gates.DEPTH],
        "provenance": tables.provenance(run.outcome.origins),
        "limits": LIMITS,
        **verdict.page_facts(judged),
    }
    return fill("hedged.html.j2", facts, style=STYLE)


def _headline(found: Beside, key: str) -> str:
    alone, ours = (found.figures(name) for name in (ALONE, key))
    name = found.runs[key].variant.title
    return (
        f"With {name} {percent(ours.kept, 0)} of the premium was kept instead of "
        f"{percent(alone.kept, 0)}; the worst month was {percent(ours.worst_month)} instead of "
        f"{percent(alone.worst_month)}."
    )


def _tiles(found: Beside, key: str) -> list[dict[str, str]]:
    alone, ours = (found.figures(name) for name in (ALONE, key))

    def tile(title: str, value: str, beside: str) -> dict[str, str]:
        return {"title": title, "value": value, "beside": beside}

    return [
        tile(
            "Premium kept", percent(ours.kept),
            f"without {percent(alone.kept)}; collected {usd(ours.credit)}",
        ),
        tile(
            "Cost of the hedge", percent(ours.cost_of_credit),
            f"of the credit, outside crises: {usd(ours.calm_cost)}",
        ),
        tile(
            "Given back in crises", percent(ours.her),
            "of the condors' losses, all crises together",
        ),
        tile(
            "Worst month", percent(ours.worst_month),
            f"{ours.worst_month_in}; without {percent(alone.worst_month)}",
        ),
        tile(
            "Deepest fall", percent(ours.max_drawdown),
            f"without {percent(alone.max_drawdown)}",
        ),
        tile(
            "Most margin", percent(ours.margin_most, 0),
            f"of NAV; without {percent(alone.margin_most, 0)}",
        ),
    ]  # fmt: skip
