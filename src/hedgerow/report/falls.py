"""Made falls as text, as plain values, and as a page: what scaling is worth by the fall's pace."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from textwrap import fill as wrapped
from typing import Any

import numpy as np

from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent
from hedgerow.report.page import fill, save
from hedgerow.research.falls import CALM, FALLS, RECOVERY, Falls, Row

HEAD = (
    *("policy", "VIX", "floor", "cost", "x, top", "x, bottom", "reached", "HER"),
    *("fixed", "saved", "recovery"),
)

WORDS = {
    "flash": "Flash crash: 20 % in three sessions",
    "grind": "Grind: 20 % in six months",
    "1987": "Black Monday: 20.5 % in one session",
}

TERMS = (
    "x: intensity decided at the top and at the bottom. Reached: largest size on the way, in sizes "
    "of the fixed hedge. HER: hedge gain over portfolio loss, top to bottom. Fixed: HER "
    "of a fixed hedge that costs as much in calm. Saved: points of the fall of NAV. Recovery: "
    f"hedge P&L over {RECOVERY} sessions back to the top, of NAV at the bottom. Cost: carry "
    f"and trading over the {CALM} sessions before. Means of three days on which the fall begins."
)


def headline(found: Falls, fall: str) -> str:
    """Return what a fall says of scaling, in a sentence."""
    ours = [row for row in found.of(fall) if row.rule != "static"]
    more = [row.her - row.fixed for row in ours]
    fixed = [row.her for row in found.of(fall) if row.rule == "static"]
    return (
        f"{WORDS[fall]}: the fixed hedge gave back {_span(fixed)} of the loss; scaling gave "
        f"{_span(more, sign=True)} points of HER beyond a fixed hedge of the same cost in calm."
    )


def table(found: Falls) -> dict[str, Any]:
    """Return the falls as plain values: decimals and VIX points."""
    return {
        "sleeve": found.sleeve.name,
        "after": "history" if found.warm else "a made calm year",
        "falls": {
            name: {
                "title": FALLS[name].title,
                "headline": headline(found, name),
                "rows": [asdict(row) for row in found.of(name)],
            }
            for name in _names(found)
        },
    }


def told(found: Falls) -> str:
    """Return the falls as text."""
    parts = [_heading(found)]
    for name in _names(found):
        rows = [list(HEAD), *(_cells(row) for row in found.of(name))]
        said = wrapped(headline(found, name), 100)
        parts.append(f"{said}\n{columns(rows, right=range(1, len(HEAD)))}")
    return "\n\n".join([*parts, wrapped(TERMS, 100), f"All prices are modelled. {NOT_ADVICE}"])


def write(found: Falls, target: Path, *, version: str = "") -> Path:
    """Write the falls as one HTML file that opens offline, whole or not at all.

    Raises
    ------
    HedgerowError
        If ``target`` is a folder or cannot be written.
    """
    return save(render(found, version=version), target)


def render(found: Falls, *, version: str = "") -> str:
    """Return the page as HTML; equal studies give equal text."""
    return fill(
        "falls.html.j2",
        {
            "version": version,
            "title": "Made falls",
            "kicker": _heading(found),
            "headline": "What a hedge does depends on the pace of the fall",
            "not_advice": NOT_ADVICE,
            "readings": None,
            "head": list(HEAD),
            "terms": TERMS,
            "parts": [
                {
                    "key": f"fall-{name}",
                    "title": WORDS[name],
                    "said": headline(found, name),
                    "rows": [_cells(row) for row in found.of(name)],
                }
                for name in _names(found)
            ],
        },
    )


def _heading(found: Falls) -> str:
    after = "after the history" if found.warm else "after a made calm year"
    return f"Made falls {after}, {found.sleeve.name}, costs on"


def _names(found: Falls) -> list[str]:
    return list(dict.fromkeys(row.fall for row in found.rows))


def _cells(row: Row) -> list[str]:
    floor = DASH if math.isnan(row.floor) else number(row.floor, 1) if row.floor else "none"
    return [
        row.rule,
        f"{row.vix:.0f}",
        floor,
        percent(row.cost, 2),
        *(number(value) for value in (row.start, row.trough, row.reached)),
        *(percent(value) for value in (row.her, row.fixed)),
        *(percent(value, 2) for value in (row.saved, row.after)),
    ]


def _span(values: list[float], *, sign: bool = False) -> str:
    low, high = 100.0 * float(np.min(values)), 100.0 * float(np.max(values))
    ends = [number(value, 1, sign=sign) for value in (low, high)]
    unit = "" if sign else " %"
    return f"{ends[0]}{unit}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}{unit}"
