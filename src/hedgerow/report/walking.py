"""A walk forward as text and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report import heat, tuning
from hedgerow.report.drift import picture as drift
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.report.tuning import NOTES, TITLES, fine, numbers, shown
from hedgerow.report.verdict import told
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.tuning.combining import Paths, spread_of
from hedgerow.research.tuning.walking import Walk

LIMITS = (
    "Trials before this walk. The axes, the objective and the lengths of the windows were chosen "
    "too: whoever walks ten ways and shows the best is back where tuning began.",
    "A better answer than the numbers given, where the difference is a few hundredths of Sharpe or "
    "a point of saving: that is inside the noise of any history there is.",
    "What changing from lane to lane costs on the paths of cross-validation; the walked track has "
    "paid for it.",
    "Real quotes where prices are modelled; margin, taxes, and fills in the worst hour.",
    "One history. The training windows overlap, and crises are few: a fold chosen without one has "
    "learnt nothing about them.",
)


def title(found: Walk) -> str:
    """Return what was walked, in words."""
    judged = found.judged
    return f"{judged.policy.name} with {judged.sleeve.name}, walked forward"


def headline(found: Walk) -> str:
    """Return the answer in one sentence."""
    reached = tuning.verdict(found.judged, found.objective, "walked", found.whole)
    name = TITLES[found.objective.name]
    return f"Chosen again and again, the numbers reached a {name} of {reached}."


def efficiency(found: Walk) -> str:
    """Return how much of what training promised came, in words."""
    aim, whole = found.objective, found.whole
    said = (
        f"Efficiency: {shown(aim, whole['walked'])} out of sample of {shown(aim, found.inside)} in "
        f"training, {percent(found.efficiency, 0)}"
    )
    if aim.name != "sharpe":
        return said
    fixed = float(np.mean([choice.fixed_inside for choice in found.choices]))
    promised, came = found.inside - fixed, whole["walked"] - whole["static"]
    if not promised > 0.0:
        return f"{said}; training promised no lead over the fixed hedge"
    lead = (
        f"{said}; the lead over the fixed hedge was {number(promised, 3, sign=True)} in training, "
        f"{number(came, 3, sign=True)} out of sample"
    )
    # a share of next to nothing, or of which nothing came, is no number to read
    return f"{lead}, {percent(found.lead_efficiency, 0)}" if promised >= 0.01 and came > 0 else lead


def onward(found: Walk) -> str:
    """Return the numbers that the latest training window chooses, in words."""
    return f"To go on with, chosen on the latest window and not judged: {numbers(found.latest)}"


def rank(found: Walk) -> str:
    """Return how the choices did among all lanes, in words."""
    return (
        "In the window after it the chosen lane beat "
        f"{percent(found.rank, 0)} of the others on average (50% by lot)"
    )


def layout(found: Walk) -> str:
    """Return how the run was cut, in words."""
    train = [c.fold.train.stop - c.fold.train.start for c in found.choices]
    tests = found.choices[0].fold.test
    length = f"{train[0]:,} … {train[-1]:,}" if found.anchored else f"{train[0]:,}"
    way = "anchored" if found.anchored else "rolling"
    cut = f"{found.purge} cut out between (purge)"
    cut += f" and {found.embargo} more (embargo)" if found.embargo else ""
    return (
        f"{len(found.choices)} folds, {way}: {length} sessions to choose on, "
        f"{tests.stop - tests.start} to test on, {cut}; {len(found.spread):,} lanes, chosen by "
        f"{tuning.meaning(found.objective)}"
    )


def paths_said(paths: Paths | None, remark: str) -> str:
    """Return what the paths of cross-validation say."""
    if paths is None:
        return f"No combinatorial cross-validation: {remark}"
    ratios, saved = spread_of(paths.sharpe), spread_of(paths.saving)
    return (
        f"Cross-validation (CPCV): {len(paths.sharpe)} paths from {len(paths.lanes)} choices of "
        f"{paths.groups - paths.held_out} groups of {paths.groups}; Sharpe "
        f"{number(ratios['lowest'])} … {number(ratios['highest'])}, median "
        f"{number(ratios['median'])} (fixed hedge {number(paths.fixed_sharpe)}, above it on "
        f"{percent(paths.beat, 0)} of paths); saving {percent(saved['lowest'], 0)} … "
        f"{percent(saved['highest'], 0)}"
    )


def drifted(found: Walk) -> list[str]:
    """Return how far each number moved from fold to fold, in words."""
    said = []
    for key, column in found.spread.values.items():
        each = [choice.numbers[key] for choice in found.choices]
        turns = sum(a != b for a, b in pairwise(each))
        ends = sum(value in (column.min(), column.max()) for value in each)
        line = f"{key} {min(each):.6g} … {max(each):.6g}, changed {turns} of {len(each) - 1} times"
        if len(np.unique(column)) > 2 and ends > len(each) / 2:
            line += f" (an end of its axis {ends} of {len(each)} times: widen it)"
        said.append(line)
    return said


def fold_rows(found: Walk) -> list[list[str]]:
    """Return one row per fold under a head."""
    aim = found.objective
    compared = aim.name in ("sharpe", "her")  # the fixed hedge saves nothing against itself
    fixed = ["fixed"] if compared else []
    rows = [["train", "", "test", "", *found.spread.values, "in", "out", *fixed, "rank"]]
    for choice in found.choices:
        rows.append(
            [
                *choice.train,
                *choice.test,
                *(f"{value:.6g}" for value in choice.numbers.values()),
                shown(aim, choice.inside),
                shown(aim, choice.outside),
                *([shown(aim, choice.fixed_outside)] if compared else []),
                percent(choice.rank, 0),
            ]
        )
    return rows


def summarise(found: Walk, gate: Judgement | None = None) -> str:
    """Return the walk as plain text."""
    span, rows = found.judged.period, fold_rows(found)
    lines = [
        title(found),
        *wrap(layout(found), 100, subsequent_indent="  "),
        f"Out of sample: {span['from']} … {span['to']} ({span['sessions']:,} sessions)",
        columns(tuning.figures(found.judged), right=range(1, 6)),
        "",
        *wrap(headline(found), 100),
        "",
        columns(rows, right=range(4, len(rows[0]))),
        "",
    ]
    said = [
        efficiency(found),
        rank(found),
        f"Numbers: {'; '.join(drifted(found))}",
        onward(found),
        paths_said(found.paths, found.remark),
        *tuning.less_equity(found.judged, ["walked"]),
        *([str(found.luck)] if found.luck else []),
        tuning.origin(found.judged.provenance),
        *found.judged.remarks,
        *([NOTES[found.objective.name]] if found.objective.name in NOTES else []),
    ]
    lines += [line for each in said for line in wrap(each, 100, subsequent_indent="  ")]
    return "\n".join([*lines, *told(gate), NOT_ADVICE])


def to_dict(found: Walk) -> dict[str, Any]:
    """Return every number as plain values."""
    judged = found.judged
    return {
        **tuning.tuned_to_dict(
            found.objective, found.facts, found.luck, judged.policy.name, judged.sleeve.name
        ),
        "axes": {key: sorted(set(column.tolist())) for key, column in found.spread.values.items()},
        "lanes": len(found.spread),
        "anchored": found.anchored,
        "purge": found.purge,
        "embargo": found.embargo,
        "folds": [
            {
                "train": {"from": choice.train[0], "to": choice.train[1]},
                "test": {"from": choice.test[0], "to": choice.test[1]},
                "lane": choice.lane,
                "numbers": dict(choice.numbers),
                "inside": choice.inside,
                "outside": choice.outside,
                "fixed_inside": choice.fixed_inside,
                "fixed_outside": choice.fixed_outside,
                "rank": choice.rank,
            }
            for choice in found.choices
        ],
        **tuning.judged_to_dict(judged),
        "inside": found.inside,
        "outside": dict(found.whole),
        "efficiency": found.efficiency,
        "lead_efficiency": found.lead_efficiency,
        "rank": found.rank,
        "hindsight": dict(found.numbers),
        "latest": dict(found.latest),
        "cross_validation": found.paths.to_dict() if found.paths else None,
        "remark": found.remark,
        "headline": headline(found),
    }


def surface(found: Walk) -> tuple[list[tuple[str, list[float]]], Floats]:
    """Return the first two axes and the best objective at each place of them, out of sample.

    Returns
    -------
    list
        Name and values of each axis.
    ndarray
        **shape** (first axis,) or (first axis, second axis); over further axes the best counts.
    """
    names = list(found.spread.values)[: heat.SIDES]
    sides = [np.unique(found.spread.values[name], return_inverse=True) for name in names]
    made = np.full([len(values) for values, _ in sides], np.nan)
    for lane, value in enumerate(found.values):
        place = tuple(int(where[lane]) for _, where in sides)
        made[place] = np.nanmax([made[place], value]) if np.isfinite(value) else made[place]
    return [(name, values.tolist()) for name, (values, _) in zip(names, sides, strict=True)], made


def tiles(found: Walk) -> list[dict[str, str]]:
    """Return the numbers that answer, as tiles."""
    aim, whole, name = found.objective, found.whole, TITLES[found.objective.name]
    return [
        {"title": f"{name}, out of sample", "value": shown(aim, whole["walked"]),
         "beside": f"{shown(aim, found.inside)} in training on average"},
        {"title": "Efficiency", "value": percent(found.efficiency, 0),
         "beside": "out of sample ÷ in training"},
        {"title": "With the numbers given", "value": shown(aim, whole["given"]),
         "beside": f"fixed hedge {shown(aim, whole['static'])}"},
        {"title": "Rank in the next window", "value": percent(found.rank, 0),
         "beside": "of the other lanes beaten; 50% by lot"},
    ]  # fmt: skip


def write(found: Walk, path: Path, gate: Judgement | None = None) -> Path:
    """Write the page whole or not at all, and return its path.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return tuning.save(path, facts_of(found, gate))


def facts_of(found: Walk, gate: Judgement | None = None) -> Mapping[str, Any]:
    """Return what the page's template names."""
    judged, aim = found.judged, found.objective
    sides, values = surface(found)
    own = tuple(found.numbers[name] for name, _ in sides)
    mapped = heat.picture(
        f"{TITLES[aim.name]} of every lane over the test windows",
        sides,
        {"Out of sample": values},
        own,
        lambda value: fine(aim, value),
        "Outlined: the best, known only in hindsight.",
    )
    folds = fold_rows(found)
    made = [
        tuning.table("All figures, out of sample", tuning.figures(judged)),
        tuning.table(
            "Fold by fold", [["from", "to", "test from", "to", *folds[0][4:]], *folds[1:]],
            f"In and out: {TITLES[aim.name]} of the chosen lane in training, and of the walked "
            "policy in the test window. Fixed: of the fixed hedge there. Rank: part of the other "
            "lanes that the chosen one beat there.",
        ),
    ]  # fmt: skip
    if found.paths is not None:
        made.append(_path_table(found.paths))
    return {
        **tuning.common(
            title(found), found.facts, judged.policy, judged.sleeve, judged.costs,
            judged.ground.portfolio, judged.provenance, gate,
        ),
        **tuning.over_time(judged),
        "headline": headline(found),
        "tiles": tiles(found),
        "notes": [
            layout(found), efficiency(found), onward(found), paths_said(found.paths, found.remark),
            *tuning.less_equity(judged, ["walked", "given"]),
            *([str(found.luck)] if found.luck else []),
            *([NOTES[aim.name]] if aim.name in NOTES else []),
        ],
        "pictures": [
            {"title": "How the numbers drifted", "note": "; ".join(drifted(found)),
             "svg": tuning.embedded(drift(found)), "alt": "The number chosen in each fold."},
            {"title": "Every lane, out of sample", "note": "Over the test windows together, each "
             "lane with its numbers unchanged. No choice has seen it.",
             "svg": tuning.embedded(mapped), "alt": "Objective by number; JSON has the numbers."},
        ],
        "tables": made,
        "limits": LIMITS,
        "remarks": judged.remarks,
    }  # fmt: skip


def _path_table(paths: Paths) -> dict[str, Any]:
    rows = [["Path", "Sharpe over bills", "Saving (C3)"]]
    rows += [
        [str(i), number(ratio), percent(saved, 0)]
        for i, (ratio, saved) in enumerate(zip(paths.sharpe, paths.saving, strict=True), start=1)
    ]
    return tuning.table(
        "Combinatorial purged cross-validation, path by path",
        rows,
        f"{paths.held_out} of {paths.groups} groups held out in turn, {paths.purge} sessions "
        f"purged on both sides, {paths.embargo} embargoed. Fixed hedge "
        f"{number(paths.fixed_sharpe)}; "
        f"the best single lane in hindsight {number(paths.hindsight_sharpe)}.",
    )
