"""The claims of the source as one HTML file that opens offline, in the dress of the reports."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path
from typing import Any

from hedgerow.report import claims as told
from hedgerow.report import tables
from hedgerow.report.formats import DASH, NOT_ADVICE, number
from hedgerow.report.page import fill, save
from hedgerow.research.claims.claim import Basis, Finding, Measurement, Range, Verdict
from hedgerow.research.claims.study import Study

TONES = {Verdict.HOLDS: "good", Verdict.FAILS: "bad", Verdict.UNTOLD: "mixed"}
SIGNS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNTOLD: "?"}

HEADLINES = {
    "saving": "Cost saved against the static hedge",
    "saving-equal-size": "Cost saved against a fixed hedge of the same mean size",
    "her-static": "Part of crisis losses that the static hedge gave back",
    "her-dynamic": "Part of crisis losses that the dynamic hedge gave back",
    "her-better": "What the dynamic hedge gave back more than the static one",
    "her-equal-cost": "What it gave back more than a fixed hedge of equal cost",
    "sharpe-dynamic-over-unhedged": "Sharpe ratio: dynamically hedged less unhedged",
    "sharpe-improvement": "Sharpe ratio: dynamic over static, less 1",
    "share-below-15": "Time that VIX spends below 15",
    "vix-persistence": "Correlation of VIX with VIX the day before",
    "constant-vega-cost": "Yearly cost of a constant $1,000 of vega",
    "trades-a-year": "Adjustments a year by the source's trigger",
}
"""Claims that the source stands on, in plain words; told first."""

WORDS = {
    Basis.SAMPLE: ("Measured on history", "with a bootstrap interval"),
    Basis.DATED: ("Dated facts", "years and days that the source names"),
    Basis.MADE: ("Made paths", "falls as the source describes them"),
    Basis.ARITHMETIC: ("Sums", "the source's own numbers, reckoned again"),
}

LIMITS = (
    "One history. An interval tells what other draws of these years would have given, not what "
    "years unlike them would.",
    "A bootstrap interval of a persistent series, such as VIX, is a little too narrow: what the "
    "data never show cannot be drawn.",
    "The size of the hedge decides how much it gives back. It is that of hedgerow demo, which "
    "costs about 2 % of NAV a year if held always, as the source says; a larger one gives back "
    "more and costs more, in the same proportion.",
    "Prices of the puts are a model's, fed by the same VIX that scales the hedge. The shares that "
    "are modelled stand with every claim.",
    "Many claims are measured at once: with intervals of 90 %, one in ten misses by chance.",
    "Where the source leaves open what it means, the reading taken is written with the claim, and "
    "other readings beside it.",
)


def write(found: Study, path: Path, *, version: str = "") -> Path:
    """Write the page whole or not at all.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save(render(found, version=version), path)


def render(found: Study, *, version: str = "") -> str:
    """Return the page as HTML; equal studies give equal text."""
    facts = found.facts
    rows = [_row(one) for one in found.findings]
    by_id = {row["id"]: row for row in rows}
    source = facts.get("source")
    page: dict[str, Any] = {
        "version": version,
        "title": "The claims, measured",
        "kicker": f"Claims of the source, measured · {facts['from']} to {facts['to']}"
        + (f" · data: {source}" if source else ""),
        "headline": _headline(found),
        "not_advice": NOT_ADVICE,
        "tiles": _tiles(found),
        "rule": told.RULE,
        "headlines": [
            {**by_id[name], "words": words} for name, words in HEADLINES.items() if name in by_id
        ],
        "parts": [
            {"title": part, "key": f"part-{i}", "rows": list(group)}
            for i, (part, group) in enumerate(groupby(rows, lambda row: row["part"]))
        ],
        "facts": facts,
        "provenance": tables.provenance(facts["columns"]),
        "limits": LIMITS,
        "readings": {"days": [0], "first": 0, "last": 0, "charts": {}},
    }
    return fill("claims.html.j2", page)


def _headline(found: Study) -> str:
    history = [one for one in found.findings if one.claim.basis is Basis.SAMPLE]
    counts = {v: sum(one.verdict is v for one in history) for v in Verdict}
    if not history:
        return f"{len(found.findings)} claims of the source, reckoned again."
    return (
        f"Of {len(history)} claims that history can judge, {counts[Verdict.HOLDS]} hold, "
        f"{counts[Verdict.FAILS]} do not, and {counts[Verdict.UNTOLD]} cannot be told from these "
        "data."
    )


def _tiles(found: Study) -> list[dict[str, str]]:
    made = []
    for basis, (title, words) in WORDS.items():
        group = [one for one in found.findings if one.claim.basis is basis]
        if group:
            held = sum(one.verdict is Verdict.HOLDS for one in group)
            made.append({"title": title, "value": f"{held} of {len(group)} hold", "beside": words})
    return made


def _row(one: Finding) -> dict[str, Any]:
    claim, made = one.claim, one.measurement
    part, _, section = claim.section.partition(" › ")
    return {
        "id": claim.id,
        "part": part,
        "section": section,
        "quote": told.quoted(claim),
        "claimed": told.allowed(claim.claimed, claim.unit),
        "value": DASH if made is None else told.written(made.value, claim.unit),
        "interval": "" if made is None else told.interval(made, claim.unit).replace(DASH, ""),
        "definition": claim.definition,
        "basis": str(claim.basis),
        "sample": "" if made is None else told.sample(made),
        "beside": [] if made is None else [told.reading(row) for row in made.beside],
        "tone": TONES[one.verdict],
        "sign": SIGNS[one.verdict],
        "verdict": told.SHORT[one.verdict],
        "reason": one.reason,
        "modelled": bool(made is not None and made.modelled),
        "picture": None if made is None else _picture(claim.claimed, made),
    }


def _picture(claimed: Range, made: Measurement) -> dict[str, Any] | None:
    """Return places, in percent of the width, of the claimed range, the interval and the value."""
    ends = [made.value, *(v for v in (made.low, made.high, *claimed) if math.isfinite(v))]
    low, high = min(ends), max(ends)
    if not math.isfinite(made.value):
        return None
    room = 0.12 * (high - low) or max(abs(high), 1.0) * 0.1
    low, high = low - room, high + room

    def at(value: float) -> float:
        return round(100.0 * (min(max(value, low), high) - low) / (high - low), 2)

    from_, to = at(claimed.low), at(claimed.high)
    has = math.isfinite(made.low)
    return {
        "x": from_,
        "width": round(max(to - from_, 0.6), 2),
        "low": at(made.low) if has else None,
        "high": at(made.high) if has else None,
        "value": at(made.value),
        "words": f"claimed range from {number(from_, 0)} to {number(to, 0)} percent of the width, "
        f"measured at {number(at(made.value), 0)}",
    }
