"""Where a program's gains came from, stacked by year or month."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.attribution import Parts
from hedgerow.engine.outcome import Outcome
from hedgerow.report.charts import Axis, axis
from hedgerow.report.formats import usd, usd_short
from hedgerow.report.outcome import PARTS

YEARS = 3
"""A run that touches fewer calendar years is told by months."""


def stacked(outcome: Outcome) -> dict[str, Any]:
    """Return the parts of all lines' gains as stacked bars, gains up, what was paid down.

    Parameters
    ----------
    outcome
        A finished run.

    Returns
    -------
    dict
        ``scale``; ``bars``, one a calendar year (or month), with rectangles by part and a mark at
        the sum; ``parts``, the titles; ``width`` of a bar, per cent; ``each``, what a bar is.
    """
    years = outcome.dates.astype("datetime64[Y]")
    each = "year" if int((years[-1] - years[0]).astype(int)) + 1 >= YEARS else "month"
    periods = years if each == "year" else outcome.dates.astype("datetime64[M]")
    labels, rows = np.unique(periods, return_inverse=True)
    sums = {
        part: np.bincount(rows, weights=sum(line[part] for line in outcome.lines.values()))
        for part in Parts._fields
    }
    sums = {part: values for part, values in sums.items() if np.any(np.abs(values) >= 0.5)}
    total = np.asarray(np.bincount(rows, weights=outcome.hedge), dtype=np.float64)
    table = np.array(list(sums.values())) if sums else np.zeros((1, len(labels)))
    up, down = np.maximum(table, 0.0).sum(axis=0), np.minimum(table, 0.0).sum(axis=0)
    scale = axis([up, down, total], 260, usd_short, include=(0.0,))
    wide = 100.0 / len(labels)
    keep = max(-(-len(labels) // 12), 1)
    return {
        "each": each,
        "scale": scale,
        "parts": [(part, PARTS[part]) for part in sums],
        "width": round(0.7 * wide, 3),
        "bars": [
            {
                "label": str(label),
                "shown": i % keep == 0,
                "x": round((i + 0.15) * wide, 3),
                "middle": round((i + 0.5) * wide, 3),
                "rects": _rects(scale, {part: values[i] for part, values in sums.items()}),
                "total": usd(float(total[i])),
                "y": round(float(scale.y(total[i])), 1),
                "cells": [usd(float(values[i])) for values in sums.values()],
            }
            for i, label in enumerate(labels)
        ],
    }


def _rects(scale: Axis, parts: dict[str, Floats]) -> list[dict[str, Any]]:
    """Return the rectangles of a bar: parts above zero upwards, the others downwards."""
    made, ends = [], {True: 0.0, False: 0.0}
    for part, value in parts.items():
        amount = float(value)
        start = ends[amount > 0.0]
        ends[amount > 0.0] = start + amount
        top, bottom = sorted((float(scale.y(start)), float(scale.y(start + amount))))
        if bottom - top >= 0.05:
            made.append(
                {
                    "part": part,
                    "y": round(top, 1),
                    "height": round(bottom - top, 1),
                    "said": f"{PARTS[part]} {usd(amount)}",
                }
            )
    return made
