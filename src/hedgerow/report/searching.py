"""A search for numbers as text and as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from hedgerow.engine.run import text_of
from hedgerow.report import tuning
from hedgerow.report.charts import axis
from hedgerow.report.formats import NOT_ADVICE, columns, percent
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.report.tuning import NOTES, TITLES, fine, shown
from hedgerow.report.verdict import told
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.tuning.searching import Search

LIMITS = (
    "Searches before this one: the ranges, the objective and the split were chosen too.",
    "A test part that stays unseen. Whoever searches again because the test part disappointed has "
    "begun to train on it.",
    "Real quotes where prices are modelled; margin, taxes, and fills in the worst hour.",
    "One history, few crises: look at the surface around the numbers before believing them.",
)

_WIDE, _HIGH, _LEFT, _TOP = 860, 260, 70, 62

STYLE = """
.try { fill: none; stroke: $grey; stroke-width: 1.2; } .best { fill: none; stroke: $blue;
stroke-width: 2; } .own { stroke: $orange; stroke-width: 1.4; stroke-dasharray: 7 3; }
"""


def title(found: Search) -> str:
    """Return what was searched, in words."""
    return f"{found.judged.policy.name} with {found.judged.sleeve.name}, searched"


def headline(found: Search) -> str:
    """Return the answer in one sentence."""
    aim = found.objective
    reached = tuning.verdict(found.judged, aim, "found", found.outside)
    return (
        f"The numbers found reached a {TITLES[aim.name]} of {shown(aim, found.inside)} in training "
        f"and {reached}."
    )


def _story(found: Search) -> list[str]:
    aim, best = found.objective, found.best
    ran = sum(1 for each in found.history if not each.refused)
    made = f"{len(found.history):,} trials"
    if found.stopped:
        made += f" of {found.asked:,}, since {found.stopped}"
    if ran < len(found.history):
        made += f", of which the policy refused {len(found.history) - ran:,}"
    said = [
        f"{made}; TPE, seed {found.seed}; chosen by {tuning.meaning(aim)}",
        f"Found: {tuning.numbers(best.numbers)}",
        f"In training {shown(aim, found.inside)}; the numbers given "
        f"{shown(aim, found.given_inside)}, the fixed hedge {shown(aim, found.fixed_inside)}",
        f"Efficiency, test over training: {percent(found.efficiency, 0)}",
    ]
    if found.importance:
        shares = ", ".join(f"{key} {percent(s, 0)}" for key, s in found.importance.items())
        said.append(f"What mattered (fANOVA): {shares}")
    said += tuning.less_equity(found.judged, ["found"])
    said += [str(found.luck)] if found.luck else []
    return [*said, *([NOTES[aim.name]] if aim.name in NOTES else [])]


def summarise(found: Search, gate: Judgement | None = None) -> str:
    """Return the search as plain text."""
    span = found.judged.period
    lines = [
        title(found),
        f"Out of sample: {span['from']} … {span['to']} ({span['sessions']:,} sessions)",
        columns(tuning.figures(found.judged), right=range(1, 5)),
        "",
        *wrap(headline(found), 100),
        "",
    ]
    said = [*_story(found), tuning.origin(found.judged.provenance), *found.judged.remarks]
    lines += [line for each in said for line in wrap(each, 100, subsequent_indent="  ")]
    return "\n".join([*lines, *told(gate), NOT_ADVICE])


def to_dict(found: Search) -> dict[str, Any]:
    """Return every number as plain values."""
    judged, best = found.judged, found.best
    return {
        **tuning.tuned_to_dict(
            found.objective, found.facts, found.luck, judged.policy.name, judged.sleeve.name
        ),
        "space": {
            key: {"low": low, "high": high, "step": step}
            for key, (low, high, step) in found.space.items()
        },
        "seed": found.seed,
        "asked": found.asked,
        "stopped": found.stopped,
        "best": dict(best.numbers),
        "best_policy": text_of(found.policy),
        "inside": {
            "found": found.inside, "given": found.given_inside, "static": found.fixed_inside,
        },
        "outside": dict(found.outside),
        "efficiency": found.efficiency,
        "importance": dict(found.importance),
        "trials": [
            {"numbers": dict(each.numbers), "value": each.value, "refused": each.refused or None}
            for each in found.history
        ],
        **tuning.judged_to_dict(judged),
        "headline": headline(found),
    }  # fmt: skip


def write(found: Search, path: Path, gate: Judgement | None = None) -> Path:
    """Write the page whole or not at all, and return its path.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return tuning.save(path, facts_of(found, gate))


def facts_of(found: Search, gate: Judgement | None = None) -> Mapping[str, Any]:
    """Return what the page's template names."""
    judged, aim = found.judged, found.objective
    ranked = sorted(
        (each for each in found.history if math.isfinite(each.value)),
        key=lambda each: -each.value,
    )
    rows = [["Place", *found.space, TITLES[aim.name]]]
    rows += [
        [str(i), *(f"{value:.6g}" for value in each.numbers.values()), fine(aim, each.value)]
        for i, each in enumerate(ranked[:20], start=1)
    ]
    return {
        **tuning.common(
            title(found), found.facts, judged.policy, judged.sleeve, judged.costs,
            judged.ground.portfolio, judged.provenance, gate,
        ),
        **tuning.over_time(judged),
        "headline": headline(found),
        "tiles": [
            {"title": f"{TITLES[aim.name]}, test part", "value": shown(aim, found.outside["found"]),
             "beside": f"{shown(aim, found.inside)} in training"},
            {"title": "Efficiency", "value": percent(found.efficiency, 0),
             "beside": "test part ÷ training"},
            {"title": "With the numbers given", "value": shown(aim, found.outside["given"]),
             "beside": f"fixed hedge {shown(aim, found.outside['static'])}"},
            {"title": "Trials", "value": f"{len(found.history):,}",
             "beside": "each counted in the register"},
        ],
        "notes": _story(found),
        "pictures": [
            {"title": "Trial by trial", "note": "The objective in training, and the best so far. "
             "Dashed: with the numbers given.", "svg": tuning.embedded(history(found)),
             "alt": "Objective by trial; JSON has the numbers."},
        ],
        "tables": [
            tuning.table("All figures, test part", tuning.figures(judged)),
            tuning.table("The best trials, in training", rows, "Neighbours that do as well are a "
                         "better sign than the first place."),
        ],
        "limits": LIMITS,
        "remarks": judged.remarks,
    }  # fmt: skip


def history(found: Search) -> str:
    """Return the trials one by one with the best so far, as SVG."""
    aim = found.objective
    values = np.array([each.value for each in found.history])
    best = np.fmax.accumulate(values)
    number = np.arange(1, len(values) + 1)
    known = values[np.isfinite(values)]
    # a few hopeless trials shall not press all others flat
    low = float(max(known.min(), np.quantile(known, 0.05) - np.ptp(known) * 0.05))
    own = np.array([found.given_inside]) if math.isfinite(found.given_inside) else known[:1]
    scale = axis([known[known >= low], own], _HIGH, lambda value: fine(aim, value))
    x = across(number, 1, max(len(values), 2), _WIDE)
    inner = [*grid(scale, _WIDE)]
    inner += [
        f'<circle class="try" cx="{a:.1f}" cy="{float(scale.y(max(v, low))):.1f}" r="3"/>'
        for a, v in zip(x, values, strict=True)
        if math.isfinite(v)
    ]
    inner.append(f'<path class="own" d="M0 {float(scale.y(own[0])):.1f}h{_WIDE}"/>')
    shown_ = np.isfinite(best)
    if shown_.sum() > 1:
        inner.append(f'<path class="best" d="{polyline(x[shown_], scale.y(best[shown_]))}"/>')
    every = max(len(values) // 10, 1)
    inner += ticks_below(x[::every], [str(n) for n in number[::every]], _HIGH)
    parts = [
        f'<text x="{_LEFT}" y="46">{TITLES[aim.name]} in training; circles: trials, line: the best '
        "so far</text>",
        f'<g transform="translate({_LEFT} {_TOP})">{"".join(inner)}</g>',
    ]
    return page("Trial by trial", _LEFT + _WIDE + 24, _TOP + _HIGH + 34, _LEFT, STYLE, parts)
