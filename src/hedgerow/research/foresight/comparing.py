"""Each row's past beside the same past in another world: where it differs, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hedgerow.core.market import Market
from hedgerow.errors import HedgerowError
from hedgerow.research import lookahead
from hedgerow.research.foresight import form
from hedgerow.research.foresight.cause import Cause, Gap, cause_of
from hedgerow.research.foresight.finding import Finding
from hedgerow.research.foresight.form import RAISED

SAID = {
    "truncation": ("when the data end on", "unchanged at {} cuts of the data"),
    "another future": ("when all after it is noise:", "unchanged by {} other futures"),
    "memory": ("when it never saw more data than until", "unchanged when run afresh {} times"),
    "own data": ("when what it loads is noise after", "unchanged by noise in {} loads of its own"),
    "other tables": ("when other tables are noise after", "unchanged by noise in other tables"),
}


def told(error: BaseException) -> str:
    """Return in one line what code raised, and where."""
    said = error if isinstance(error, HedgerowError) else form.shown(error)
    return f"it cannot be run: {said}"


def compared(
    check: str,
    world: Callable[[int], Mapping[str, Any]],
    rows: list[int],
    market: Market,
    whole: Mapping[str, Any],
    cause: Cause | None,
) -> Finding:
    """Compare each row's past with the same past in another world."""
    gaps: dict[str, list[Gap]] = {}
    tried, broken = 0, ""
    for row in rows:
        try:
            made = world(row)
        except RAISED as error:  # whatever a user's code raises is told
            broken = broken or f"on data that end on {market.dates[row]} {told(error)}"
            continue
        tried += 1
        for name, values in made.items():
            theirs = np.asarray(values)[: row + 1]
            bad = lookahead.differing(np.asarray(whole[name])[: row + 1], theirs)
            if len(bad):
                gaps.setdefault(name, []).append(Gap(row, bad, theirs))
    if not gaps:
        if broken and check == "truncation":
            mend = "return NaN where the history is too short"
            return Finding(check, False, broken, mend=mend)
        return Finding(check, True, SAID[check][1].format(tried))
    name = next(column for column in whole if column in gaps)
    mine, found = np.asarray(whole[name]), gaps[name]
    gap = found[0]
    row = int(gap.rows[0])
    said = (
        f"'{name}' on {market.dates[row]} is {lookahead.shown(mine[row])}, but "
        f"{lookahead.shown(gap.theirs[row])} {SAID[check][0]} {market.dates[gap.row]}"
        if len(gap.theirs) == gap.row + 1
        else f"'{name}' has another length when the data end on {market.dates[gap.row]}"
    )
    said += f"; it differs at {len(found)} of {tried} cuts{_largest(mine, found, market)}"
    why = cause or cause_of(mine.astype("float64"), found, tried, market)
    return Finding(check, False, said, str(market.dates[row]), why.cause, why.mend)


def _largest(mine: Any, gaps: list[Gap], market: Market) -> str:
    worst, at = 0.0, 0
    for gap in gaps:
        if len(gap.theirs) == gap.row + 1:
            apart = np.abs(mine[gap.rows].astype("float64") - gap.theirs[gap.rows])
            if np.isfinite(apart).any() and float(np.nanmax(apart)) > worst:
                worst, at = float(np.nanmax(apart)), int(gap.rows[np.nanargmax(apart)])
    return f", by up to {worst:.4g} (on {market.dates[at]})" if worst else ""
