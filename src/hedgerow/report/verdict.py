"""The verdict of the honesty gate in words: a few lines of text, and the rows of its page."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from hedgerow.report.formats import DASH, number, percent
from hedgerow.research.gate.item import Item
from hedgerow.research.gate.judgement import Judgement

SIGNS = {
    "pass": "✓",
    "fail": "✕",
    "warning": "!",
    "cannot be told": "?",
    "not applicable": DASH,
}
TONES = {"pass": "good", "fail": "bad", "warning": "mixed", "cannot be told": "mixed"}

ASKED: Mapping[str, tuple[str, str]] = {
    "lookahead": ("at most", "n0"),
    "costs": ("at least", "p0"),
    "fills": ("at least", "n0"),
    "out_of_sample": ("at least", "n0"),
    "degradation": ("at least", "p0"),
    "deflated_sharpe": ("at least", "p0"),
    "pbo": ("at most", "p0"),
    "saving_interval": ("above", "p1"),
    "her_interval": ("above", "p1"),
    "equal_cost": ("at least", "p1"),
    "spa_static": ("at most", "p1"),
    "divest": ("above", "p2"),
    "spa_divest": ("at most", "p1"),
    "drop_crisis": ("at most", "n0"),
    "modelled": ("at most", "p0"),
    "flag_sharpe": ("at most", "n2"),
    "flag_win_rate": ("at most", "p0"),
    "flag_one_crisis": ("at most", "p0"),
    "flag_inputs": ("at most", "n0"),
    "flag_trades": ("at most", "n0"),
    "flag_ruin": ("above", "p0"),
    "stress": ("above", "p2"),
}
"""How number and threshold of an item are compared, and written."""

MEASURES: Mapping[str, str] = {
    "lookahead": "checks failed",
    "costs": "of the usual spreads",
    "fills": "bars from decision to fill",
    "out_of_sample": "sessions",
    "degradation": "of the lead kept",
    "deflated_sharpe": "probability",
    "pbo": "probability",
    "saving_interval": "lower end",
    "her_interval": "lower end",
    "equal_cost": "HER beyond it",
    "spa_static": "p-value",
    "divest": "beyond it",
    "spa_divest": "p-value",
    "drop_crisis": "crises that carry all",
    "modelled": "largest share",
    "flag_sharpe": "realised, test part",
    "flag_win_rate": "of days",
    "flag_one_crisis": "of crisis gains",
    "flag_inputs": "signals",
    "flag_trades": "a year",
    "flag_ruin": "deepest fall",
    "stress": "return beyond fixed",
}
"""What an item's number is."""

QUICK = "Tests by resampling were left out: --gate, --report, --json or result.judge() make them."
"""Said of a verdict without them."""


def told(made: Judgement | None) -> list[str]:
    """Return the verdict as a few lines of at most 100 signs; none where it was not asked."""
    if made is None:
        return []
    lines = wrap(f"Verdict: {made.sentence}", 100, subsequent_indent="  ")
    if made.resamples == 0:
        lines.append(f"  {QUICK}")
    return lines


def page_facts(made: Judgement | None) -> dict[str, Any]:
    """Return the verdict as a template takes it."""
    return {"verdict": made, "verdict_rows": rows(made) if made else []}


def rows(made: Judgement) -> list[dict[str, Any]]:
    """Return one row per item for a page: how it went in sign and word, and why."""
    return [
        {
            "key": item.key,
            "name": item.name,
            "sign": SIGNS[item.word],
            "word": item.word,
            "tone": TONES.get(item.word, ""),
            "sentence": item.sentence,
            "number": _written(item, item.number),
            "asked": _asked(item),
            "measure": MEASURES.get(item.key, ""),
        }
        for item in made.items
    ]


def failures(made: Judgement, *, strict: bool = False) -> list[str]:
    """Return one line per item that closes the gate."""
    items = [*made.failures, *(made.unknown if strict else ())]
    who = f"{made.policy} with {made.sleeve}"
    return [f"{who}: {item.word}: {item.name}: {item.sentence}" for item in items]


def _written(item: Item, value: float | None) -> str:
    if value is None or item.key not in ASKED:
        return DASH
    form = ASKED[item.key][1]
    return (percent if form.startswith("p") else number)(value, int(form[1:]))


def _asked(item: Item) -> str:
    if item.threshold is None or item.key not in ASKED:
        return DASH
    return f"{ASKED[item.key][0]} {_written(item, item.threshold)}"
