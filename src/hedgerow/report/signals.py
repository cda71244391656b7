"""Signals as text: what each needs, and what each said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hedgerow.report.formats import DASH, columns

LAST = 5
"""Rows that are printed."""


def listing(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return which signals there are.

    Parameters
    ----------
    rows
        For each ``name``, ``kind``, ``needs``, and ``lacks``: None where no data were asked.

    Examples
    --------
    >>> row = {"name": "divergence", "kind": "divergence", "needs": ["spx", "breadth"]}
    >>> print(listing([{**row, "lacks": ["breadth"]}]))
    name        kind        needs         data
    divergence  divergence  spx, breadth  lack breadth
    """
    asked = any(row["lacks"] is not None for row in rows)
    cells = [["name", "kind", "needs", *(["data"] if asked else [])]]
    for row in rows:
        cells.append([row["name"], row["kind"], _short(row["needs"]) or DASH])
        if asked:
            cells[-1].append(f"lack {_short(row['lacks'])}" if row["lacks"] else "yes")
    return columns(cells)


def _short(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < LAST else f"{names[0]} … {names[-1]}"


def shown(found: Mapping[str, Any]) -> str:
    """Return what signals said: how much is known, between what, and the last rows.

    Parameters
    ----------
    found
        ``dates``, and ``signals``: by name ``values``, None where unknown, and the figures
        ``known``, ``least``, ``mean``, ``most`` of them.

    Examples
    --------
    >>> figures = {"known": 2, "first": "2024-07-01", "least": 0.0, "mean": 0.5, "most": 1.0}
    >>> row = {"values": [0.0, 1.0], **figures}
    >>> print(shown({"dates": ["2024-07-01", "2024-07-02"], "signals": {"events": row}}))
    signal  known  since       least  mean  most
    events      2  2024-07-01      0   0.5     1
    <BLANKLINE>
    date        events
    2024-07-01       0
    2024-07-02       1
    """
    cells = [["signal", "known", "since", "least", "mean", "most"]]
    for name, row in found["signals"].items():
        figures = [_number(row[part]) for part in ("least", "mean", "most")]
        cells.append([name, str(row["known"]), row["first"] or DASH, *figures])
    last = [["date", *found["signals"]]]
    for at in range(max(0, len(found["dates"]) - LAST), len(found["dates"])):
        values = (row["values"][at] for row in found["signals"].values())
        last.append([found["dates"][at], *map(_number, values)])
    table = columns(last, right=range(1, len(last[0])))
    return f"{columns(cells, right=(1, 3, 4, 5))}\n\n{table}"


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:.4g}"
