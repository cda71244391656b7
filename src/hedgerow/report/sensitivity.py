"""The surface around a policy's numbers as text, as a picture and as a page (spec D4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from hedgerow.report import heat, tuning
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.report.tuning import NOTES, TITLES, fine
from hedgerow.research.tuning.lanes import numbers_of
from hedgerow.research.tuning.sensitivity import SHIFTS, Sensitivity

LIMITS = (
    "Numbers that move together off the two axes: each other number was changed alone.",
    "That a plateau pays. It only says that the result does not hang on one number.",
    "Real quotes where prices are modelled; margin, taxes, and fills in the worst hour.",
    "One history, few crises.",
)

WORDS = {
    "plateau": "a plateau: the result does not hang on one exact number",
    "slope": "a slope: the result changes with the numbers, but does not break",
    "spike": "a spike: small changes take most of the lead away",
    "no lead": "no lead in training that could survive",
}
"""Shapes in words."""


def title(found: Sensitivity) -> str:
    """Return what was looked at, in words."""
    return f"{found.policy.name} with {found.sleeve.name}, and its neighbours"


def headline(found: Sensitivity) -> str:
    """Return the answer in one sentence."""
    aim = found.objective
    name = TITLES[aim.name]
    if found.shape == "no lead":
        base = f" against {fine(aim, found.fixed[0])} of the fixed hedge"
        beside = base if aim.name == "sharpe" else ""
        return f"{name} of {fine(aim, found.own[0])} in training{beside}: {WORDS['no lead']}."
    near, far = (percent(found.survives(change), 0) for change in (0.1, 0.2))
    lead = f"lead in {name} over the fixed hedge" if aim.name == "sharpe" else name
    return (
        f"Of the {lead}, {near} survives the worst ±10 % change of "
        f"one number and {far} the worst ±20 %: {WORDS[found.shape]}."
    )


def _rows(found: Sensitivity) -> list[list[str]]:
    """Return one row per number: the objective in training at each change, and in test."""
    aim, known = found.objective, numbers_of(found.policy)
    rows = [["number", "is", *(f"{change:+.0%}".replace("-", "−") for change in SHIFTS)]]
    rows[0] += ["worst kept", "in test"]
    for key in dict.fromkeys(each.key for each in found.shifted):
        mine = {each.change: each for each in found.shifted if each.key == key}
        cells = [fine(aim, mine[c].train) if c in mine else "–" for c in SHIFTS]
        kept = [each.kept_train for each in mine.values() if math.isfinite(each.kept_train)]
        after = [each.kept_test for each in mine.values() if math.isfinite(each.kept_test)]
        mark = " *" if any(each.whole for each in mine.values()) else ""
        rows.append(
            [
                key + mark,
                f"{known[key]:.6g}",
                *cells,
                percent(min(kept, default=math.nan), 0),
                percent(min(after, default=math.nan), 0),
            ]
        )
    return rows


def _story(found: Sensitivity) -> list[str]:
    aim, spans = found.objective, found.periods
    parts = [f"{word} {span['from']} … {span['to']}" for word, span in spans.items()]
    said = [
        f"{TITLES[aim.name]}: {fine(aim, found.own[0])} in training, {fine(aim, found.own[1])} "
        f"in the test part ({', '.join(parts)}); a lead is over {fine(aim, found.fixed[0])} and "
        f"{fine(aim, found.fixed[1])}",
    ]
    if math.isfinite(found.survives(0.1)):
        said.append(
            f"Survives ±10 %: {number(found.survives(0.1))} of the lead in training; ±20 %: "
            f"{number(found.survives(0.2))} (the worst of all numbers, each changed alone)"
        )
    best = found.best()
    if best is not None:
        said.append(f"Highest of the surface in training: {tuning.numbers(best)}")
    said += [str(found.luck)] if found.luck else []
    return [*said, *([NOTES[aim.name]] if aim.name in NOTES else [])]


def summarise(found: Sensitivity) -> str:
    """Return the surface and each number alone, as plain text."""
    lines = [title(found), *wrap(headline(found), 100), ""]
    for each in _surfaces(found):
        lines += [each["title"], columns([each["head"], *each["rows"]], right=range(1, 99)), ""]
    rows = _rows(found)
    lines += ["One number at a time, in training", columns(rows, right=range(1, len(rows[0])))]
    lines += [_starred(found)] if _starred(found) else []
    said = [*_story(found), tuning.origin(found.provenance), *found.remarks]
    lines += ["", *(line for one in said for line in wrap(one, 100, subsequent_indent="  "))]
    return "\n".join([*lines, NOT_ADVICE])


def _starred(found: Sensitivity) -> str:
    counted = any(each.whole for each in found.shifted)
    return "* counted: changed by one and by two, and not part of what survives" if counted else ""


def _surfaces(found: Sensitivity) -> list[dict[str, Any]]:
    """Return the surface in both parts as tables; brackets mark the policy itself."""
    keys, own = list(found.axes), numbers_of(found.policy)
    down = [(keys[0], list(found.axes[keys[0]]))] if len(keys) == heat.SIDES else [("", [0.0])]
    along = list(found.axes[keys[-1]])
    made = []
    for word, values in (("training", found.train), ("test", found.test)):
        head = [f"{keys[0]} ↓ {keys[-1]} →" if down[0][0] else keys[-1]]
        rows = []
        for row, given in zip(values.reshape(-1, len(along)), down[0][1], strict=True):
            ours = not down[0][0] or given == own[keys[0]]
            rows.append(
                [f"{given:.6g}" if down[0][0] else ""]
                + [
                    f"[{fine(found.objective, float(v))}]"
                    if ours and x == own[keys[-1]]
                    else fine(found.objective, float(v))
                    for x, v in zip(along, row, strict=True)
                ]
            )
        name = f"{TITLES[found.objective.name]} in {word}"
        made.append(tuning.table(name, [[*head, *(f"{x:.6g}" for x in along)], *rows]))
    return made


def to_dict(found: Sensitivity) -> dict[str, Any]:
    """Return every number as plain values."""
    return {
        **tuning.tuned_to_dict(
            found.objective, found.facts, found.luck, found.policy.name, found.sleeve.name
        ),
        "periods": found.periods,
        "axes": {key: list(values) for key, values in found.axes.items()},
        "own": {"train": found.own[0], "test": found.own[1]},
        "fixed": {"train": found.fixed[0], "test": found.fixed[1]},
        "surface": {"train": found.train.tolist(), "test": found.test.tolist()},
        "best": found.best(),
        "survives": {"10%": found.survives(0.1), "20%": found.survives(0.2)},
        "shape": found.shape,
        "shifted": [vars(each) for each in found.shifted],
        "lanes": len(found.lanes),
        "columns": found.provenance,
        "remarks": list(found.remarks),
        "headline": headline(found),
    }


def picture(found: Sensitivity) -> str:
    """Return the surface in both parts and each number alone, as SVG."""
    aim, spans, own = found.objective, found.periods, numbers_of(found.policy)
    maps = {
        f"{word}, {spans[part]['from'][:4]}–{spans[part]['to'][:4]}": values
        for word, part, values in (
            ("Training", "train", found.train),
            ("Test", "test", found.test),
        )
    }
    bars, room = heat.tornado(found.shifted, found.own[0], lambda value: fine(aim, value))
    return heat.picture(
        f"{TITLES[aim.name]} around {found.policy.name} with {found.sleeve.name}",
        list(found.axes.items()),
        maps,
        [own[key] for key in found.axes],
        lambda value: fine(aim, value),
        "Outlined: the policy itself. Empty: numbers that the policy refuses, or lanes that are "
        "out.",
        bars,
        room,
    )


def write(found: Sensitivity, path: Path) -> Path:
    """Write the page whole or not at all, and return its path.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return tuning.save(path, facts_of(found))


def facts_of(found: Sensitivity) -> Mapping[str, Any]:
    """Return what the page's template names."""
    aim = found.objective
    return {
        **tuning.common(
            title(found), found.facts, found.policy, found.sleeve, found.costs,
            found.ground.portfolio, found.provenance,
        ),
        "charts": {}, "back": None, "readings": None,
        "headline": headline(found),
        "tiles": [
            {"title": "Survives ±10 %", "value": percent(found.survives(0.1), 0),
             "beside": "of the lead, worst number"},
            {"title": "Survives ±20 %", "value": percent(found.survives(0.2), 0),
             "beside": "of the lead, worst number"},
            {"title": f"{TITLES[aim.name]}, training", "value": fine(aim, found.own[0]),
             "beside": f"lead over {fine(aim, found.fixed[0])}"},
            {"title": f"{TITLES[aim.name]}, test part", "value": fine(aim, found.own[1]),
             "beside": f"lead over {fine(aim, found.fixed[1])}"},
        ],
        "notes": _story(found),
        "pictures": [
            {"title": "The surface", "note": "Around the policy's numbers, in both parts.",
             "svg": tuning.embedded(picture(found)),
             "alt": "The objective by number; the tables below have every value."},
        ],
        "tables": [
            tuning.table("One number at a time, in training", _rows(found), _starred(found)),
            *_surfaces(found),
        ],
        "limits": LIMITS,
        "remarks": found.remarks,
    }  # fmt: skip
