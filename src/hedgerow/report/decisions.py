"""Which decisions of a run deserve a reader's eye, each with its reason."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from hedgerow.core.step import Stage
from hedgerow.report.explain import Explanation, explain
from hedgerow.research.comparison import Comparison

CHANGES = 8
"""Largest changes of intensity that are shown."""

CUTS = 4
"""Deepest budget cuts that are shown, at most one a year."""

GAP = 10
"""Sessions between two of the largest changes: a storm counts once."""


def notable(found: Comparison) -> list[dict[str, Any]]:
    """Return the most telling decisions of the dynamic run, oldest first.

    Returns
    -------
    list of dict
        ``row``, ``date``, ``why`` (reasons), ``before`` and ``after`` (intensity in force),
        ``asked`` (before the trigger), ``told`` (:class:`Explanation`).
    """
    reasons: dict[int, list[str]] = defaultdict(list)
    track = found.tracks["dynamic"]
    for row in found.crises:
        name = f"{row['name']} begins"
        reasons[track.rows(row["from"], row["to"]).start].append(name)
    for t in _changes(found):
        reasons[t].append("large change")
    for t in _cuts(found):
        reasons[t].append("budget cut")
    reasons[len(track) - 1].append("latest")
    return [_row(found, t, reasons[t]) for t in sorted(reasons)]


def asked(found: Comparison) -> Any:
    """Return the intensity that the policy asked for before its trigger, **shape** (T,)."""
    steps, track = found.policy.steps, found.tracks["dynamic"]
    last = [step for step in steps if step.stage != Stage.TRIGGER][-1]
    return track.trace[last.kind]


def shapers(found: Comparison) -> list[dict[str, Any]]:
    """Return, per step, how often it raised and lowered what the step before it said.

    Shares of the closes; None for the rule, which comes first.  ``mean`` is the mean intensity
    after the step.
    """
    trace = found.tracks["dynamic"].trace
    kinds = [step.kind for step in found.policy.steps]
    made: list[dict[str, Any]] = []
    for i, kind in enumerate(kinds):
        moved = np.sign(trace[kind] - trace[kinds[i - 1]])
        made.append(
            {
                "kind": kind,
                "raised": float(np.mean(moved > 0)) if i else None,
                "lowered": float(np.mean(moved < 0)) if i else None,
                "mean": float(np.mean(trace[kind])),
            }
        )
    return made


def _changes(found: Comparison) -> list[int]:
    x = found.tracks["dynamic"]["x"]
    sizes = np.abs(np.diff(x, prepend=x[0]))
    kept: list[int] = []
    for t in np.argsort(-sizes, kind="stable"):
        if len(kept) == CHANGES or sizes[t] == 0.0:
            break
        if all(abs(int(t) - other) >= GAP for other in kept):
            kept.append(int(t))
    return kept


def _cuts(found: Comparison) -> list[int]:
    steps, track = found.policy.steps, found.tracks["dynamic"]
    places = [i for i, step in enumerate(steps) if step.stage == Stage.BUDGET]
    if not places or places[0] == 0:
        return []
    before = track.trace[steps[places[0] - 1].kind]
    lost = before - track.trace[steps[places[0]].kind]
    years = track.dates.astype("datetime64[Y]")
    deepest: dict[Any, int] = {}
    for t in np.argsort(-lost, kind="stable"):
        if lost[t] <= 0.0 or len(deepest) == CUTS:
            break
        deepest.setdefault(years[t], int(t))
    return list(deepest.values())


def _row(found: Comparison, t: int, why: list[str]) -> dict[str, Any]:
    track = found.tracks["dynamic"]
    told: Explanation = explain(found.policy, track, str(track.dates[t]))
    return {
        "row": t,
        "date": told.date,
        "why": why,
        "before": float(track["x"][t - 1]) if t else 0.0,
        "after": told.target,
        "asked": float(asked(found)[t]),
        "told": told,
    }
