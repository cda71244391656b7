"""What came of a program, as text and as plain values; an index's levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.engine.attribution import Parts, unexplained
from hedgerow.engine.outcome import Outcome
from hedgerow.report.formats import NOT_ADVICE, columns

BASE = 100.0
"""Level of an index at its first close."""


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return the figures of a run as plain values: NAV, and every line's gain by part.

    Parameters
    ----------
    outcome
        A finished run.

    Returns
    -------
    dict
        USD; returns a year are decimals, of 365.25 days.
    """
    lines = {}
    for name, line in outcome.lines.items():
        rest = unexplained(line["pnl"], line["residual"])
        lines[name] = {
            "sleeve": outcome.program.line(name).sleeve.name,
            "pnl": float(line["pnl"].sum()),
            "cost": float(line["cost"].sum()),
            "traded": float(line["traded"].sum()),
            "trades": int(np.count_nonzero(line["traded"])),
            "held": float(line["held"][-1]),
            "parts": {part: float(line[part].sum()) for part in Parts._fields},
            "residual_share": None if np.isnan(rest.share) else rest.share,
            "budget_cut_days": int(np.count_nonzero(line["scale"] < 1.0)),
            "modelled_share": outcome.notes[name]["modelled_share"],
            "modelled_contracts": _modelled(outcome, name),
        }
    return {
        "program": outcome.program.name,
        "from": str(outcome.dates[0]),
        "to": str(outcome.dates[-1]),
        "bars": len(outcome),
        "nav": float(outcome.nav[-1]),
        "unhedged": float(outcome.unhedged[-1]),
        "return_per_year": _yearly(outcome, outcome.nav),
        "unhedged_return_per_year": _yearly(outcome, outcome.unhedged),
        "max_drawdown": _drawdown(outcome.nav),
        "unhedged_max_drawdown": _drawdown(outcome.unhedged),
        "hedge_pnl": float(outcome.hedge.sum()),
        "cost": float(outcome.cost.sum()),
        "lines": lines,
        "origins": {name: dict(shares) for name, shares in outcome.origins.items()},
        "alarms": [
            {"date": day, "rule": rule, "sentence": sentence}
            for day, rule, sentence in outcome.alarms
        ],
    }


def told(outcome: Outcome) -> str:
    """Return a run as text: what it made, and where each line's gain came from."""
    made = figures(outcome)
    head = [
        f"{made['program']}, {made['from']} … {made['to']}, {made['bars']:,} sessions",
        columns(
            [
                ["", "with the lines", "portfolio alone"],
                ["NAV at the end, USD", f"{made['nav']:,.0f}", f"{made['unhedged']:,.0f}"],
                [
                    "Return a year",
                    f"{made['return_per_year']:.2%}",
                    f"{made['unhedged_return_per_year']:.2%}",
                ],
                [
                    "Max drawdown",
                    f"{made['max_drawdown']:.1%}",
                    f"{made['unhedged_max_drawdown']:.1%}",
                ],
            ],
            right=[1, 2],
        ),
    ]
    rows = [["Gain by part, USD", *made["lines"]]]
    for part in ("pnl", *Parts._fields):
        cells = [
            line["pnl"] if part == "pnl" else line["parts"][part] for line in made["lines"].values()
        ]
        rows.append([part, *(f"{cell:,.0f}" for cell in cells)])
    rows.append(["trading days", *(f"{line['trades']:,}" for line in made["lines"].values())])
    text = "\n\n".join([*head, columns(rows, right=range(1, len(rows[0])))])
    for name, line in made["lines"].items():
        if line["budget_cut_days"]:
            text += f"\nThe common budget cut {name} on {line['budget_cut_days']:,} days."
        if line["modelled_share"]:
            text += f"\n{name}: a model's price on {line['modelled_share']:.0%} of the sessions"
        for day, where in line["modelled_contracts"].items():
            text += f"\n{name}: the contract settling {day} was modelled, {where}"
    for column, shares in made["origins"].items():
        if unreal := {k: v for k, v in shares.items() if k not in ("measured", "repaired")}:
            text += f"\n{column}: " + ", ".join(f"{v:.0%} {k}" for k, v in unreal.items())
    for alarm in made["alarms"][:5]:
        text += f"\n{alarm['date']} {alarm['rule']}: {alarm['sentence']}"
    if len(made["alarms"]) > 5:
        text += f"\n… and {len(made['alarms']) - 5:,} alarms more (--json has all)"
    return f"{text}\n{NOT_ADVICE}"


def levels(outcome: Outcome) -> Floats:
    """Return NAV as an index that begins at `BASE`, **shape** (T,)."""
    return np.asarray(BASE * outcome.nav / outcome.nav[0])


def month_ends(dates: NDArray[np.datetime64]) -> NDArray[np.intp]:
    """Return the rows of the last session of each calendar month.

    Examples
    --------
    >>> days = np.array(["2020-01-30", "2020-01-31", "2020-02-03"], dtype="datetime64[D]")
    >>> month_ends(days).tolist()
    [1, 2]
    """
    months = dates.astype("datetime64[M]")
    return np.flatnonzero(np.r_[months[1:] != months[:-1], True])


def as_index(outcome: Outcome) -> dict[str, Any]:
    """Return a run as an index: daily levels, monthly returns, and what was modelled.

    Notes
    -----
    The return of a month runs from the last session of the one before; the first is from the
    run's first close.
    """
    level, dates = levels(outcome), outcome.dates
    ends = month_ends(dates)
    before = np.r_[level[0], level[ends[:-1]]]
    return {
        "base": BASE,
        "dates": [str(day) for day in dates],
        "levels": [float(value) for value in level],
        "months": [str(month) for month in dates[ends].astype("datetime64[M]")],
        "monthly_returns": [float(value) for value in level[ends] / before - 1.0],
        "modelled": {
            name: {
                **{key: _plain(value) for key, value in notes.items()},
                "modelled_contracts": _modelled(outcome, name),
            }
            for name, notes in outcome.notes.items()
        },
    }


def _modelled(outcome: Outcome, line: str) -> dict[str, str]:
    """Return the contracts of a line that a model priced within the run, with their dates."""
    named = outcome.notes[line].get("modelled_contracts", {})
    first, last = str(outcome.dates[0]), str(outcome.dates[-1])
    kept = {}
    for settles, where in named.items():
        begins, _, rest = where.partition(" to ")
        if begins <= last and rest.partition(",")[0] >= first:
            kept[settles] = where
    return kept


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _yearly(outcome: Outcome, values: Floats) -> float:
    years = float((outcome.dates[-1] - outcome.dates[0]).astype(int)) / 365.25
    return float((values[-1] / values[0]) ** (1.0 / years) - 1.0)


def _drawdown(values: Floats) -> float:
    return float(np.min(values / np.maximum.accumulate(values) - 1.0))
