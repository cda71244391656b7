"""What came of runs of the Lab, as pages tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hedgerow.live.lab.jobs import Job
from hedgerow.report.formats import number, percent
from hedgerow.web.plots import Plot, over_time

TRIED, OWN, UNHEDGED = "tried", "the book's own", "unhedged"

FIGURES = (
    ("cost", "Cost a year", "paid for the hedge, part of NAV; less is better", 2),
    ("saving", "Saving", "of what a fixed hedge of full size costs (C3)", 1),
    ("protection", "Protection (HER)", "part of crisis losses that the hedge gave back", 1),
    ("lead", "Lead at equal cost", "protection beyond a fixed hedge that costs the same", 1),
    ("fall", "Worst drawdown", "of the hedged portfolio, from a high to the low after it", 1),
    ("fall_unhedged", "Worst drawdown, unhedged", "the same portfolio without the hedge", 1),
    ("return", "Return a year", "of the hedged portfolio", 2),
    ("return_unhedged", "Return a year, unhedged", "of the portfolio alone", 2),
    ("sharpe", "Sharpe ratio", "over bills, hedged; a plain number", -2),
    ("intensity", "Mean intensity", "1.00 is the full size; a plain number", -2),
    ("trades", "Trades a year", "above about 20 is a red flag; a plain number", -1),
)
"""Key, name, meaning, digits; less than zero: no percentage."""


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finished run as its page tells it: figures side by side, pictures, verdict.

    Parameters
    ----------
    found
        The answer of :mod:`hedgerow.web.lab_work`.
    """
    tried, own = found["tried"], found["own"]
    rows = [
        (name, means, _figure(tried, key, digits), _figure(own, key, digits) if own else "")
        for key, name, means, digits in FIGURES
    ]
    return {
        "tried": tried,
        "own": own,
        "same": bool(own) and own["track"] == tried["track"],
        "rows": rows,
        "verdict": found["verdict"],
        "luck": found["luck"],
        "assumptions": found["assumptions"],
        "plots": _plots(found["lines"]),
    }


def table(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return runs as rows of a table: who, when, how far, and what they came to."""
    made = []
    for job in jobs:
        tried = job.found.get("tried") if job.state == "done" else None
        made.append(
            {
                "job": job,
                "name": tried["policy"] if tried else job.asked.get("form", {}).get("line", ""),
                "sleeve": tried["sleeve"] if tried else "",
                "period": f"{tried['from']} … {tried['to']}" if tried else "",
                "source": job.asked.get("source", ""),
                "figures": [
                    (name, _figure(tried, key, digits) if tried else "–")
                    for key, name, _, digits in FIGURES[:5]
                ],
                "outcome": job.found["verdict"]["outcome"] if tried else "",
            }
        )
    return made


def _figure(of: Mapping[str, Any], key: str, digits: int) -> str:
    value = of[key]
    return number(value, -digits) if digits < 0 else percent(value, digits)


def _plots(lines: Mapping[str, Any]) -> list[Plot | None]:
    days = lines["days"]

    def named(stem: str) -> dict[str, Any]:
        names = {TRIED: f"{stem}tried", OWN: f"{stem}own", UNHEDGED: f"{stem}unhedged"}
        return {
            name: [float("nan") if value is None else value for value in lines[key]]
            for name, key in names.items()
            if key in lines
        }

    test = f"The test part, which the figures are of, begins on {lines['test']}."
    return [
        over_time("NAV, USD", days, named(""), "usd", note=test),
        over_time("Drawdown", days, named("fall_"), "percent", include=(0.0,)),
        over_time("Intensity in force", days, named("x_"), "times", include=(0.0,)),
    ]
