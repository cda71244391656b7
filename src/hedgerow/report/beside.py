"""A program's run beside its portfolio alone and, where that holds no equity, the S&P 500."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.outcome import Outcome
from hedgerow.report.formats import number, percent


def comparison(outcome: Outcome, made: dict[str, Any]) -> list[list[str]]:
    """Return a run beside the portfolio alone as a table of words, its head first.

    Parameters
    ----------
    outcome, made
        A finished run, and its `figures`.
    """
    both = (outcome.nav, outcome.unhedged)
    what, key = returned(outcome)
    # NAV may be gone
    with np.errstate(all="ignore"):
        vol = [_volatility(nav) for nav in (*both, outcome.index)]
    rows = [
        ["", "with the lines", bare(outcome)],
        ["NAV at the start, USD", *(number(float(nav[0]), 0) for nav in both)],
        ["NAV at the end, USD", number(made["nav"], 0), number(made["unhedged"], 0)],
        [f"NAV against {the(outcome)}, USD", number(made["nav_against_unhedged"], 0), ""],
        ["· gain of the lines themselves", number(made["hedge_pnl"], 0), ""],
        [f"· {reinvested(outcome)}", number(made["reinvested"], 0), ""],
        [what, percent(made[key], 2), percent(made[f"unhedged_{key}"], 2)],
        ["Volatility a year", *(percent(each, 2) for each in vol[:2])],
        [
            "Deepest fall",
            percent(made["max_drawdown"]),
            percent(made["unhedged_max_drawdown"]),
        ],
    ]
    if not outcome.program.portfolio.equity_share:
        index = made["index"]
        beside = [index["name"], *([""] * 5)]
        beside += [percent(index[key], 2), percent(vol[2], 2), percent(index["max_drawdown"])]
        rows = [[*row, cell] for row, cell in zip(rows, beside, strict=True)]
    return rows


def bare(outcome: Outcome) -> str:
    """Return what the portfolio is without its lines, as the head of a column."""
    held = outcome.program.portfolio
    if held.equity_share:
        return "portfolio alone"
    return "cash alone" if held.interest == "none" else "bills alone"


def the(outcome: Outcome) -> str:
    """Return what the portfolio is without its lines, inside a sentence."""
    alone = bare(outcome)
    return f"the {alone}" if outcome.program.portfolio.equity_share else alone


def reinvested(outcome: Outcome) -> str:
    """Return whose gain on the lines' earlier gains is reinvested."""
    return f"{bare(outcome).removesuffix(' alone')} on what the lines earned before"


def returned(outcome: Outcome) -> tuple[str, str]:
    """Return how the return is told and its key in `figures`: of less than a year, as it is."""
    if years(outcome) < 1.0:
        return "Return of the run", "return"
    return "Return a year", "return_per_year"


def years(outcome: Outcome) -> float:
    """Return how long a run is from its first close to its last, years of 365.25 days."""
    return float((outcome.dates[-1] - outcome.dates[0]).astype(int)) / 365.25


def _volatility(values: Floats) -> float:
    daily = np.diff(values) / values[:-1]
    return float(np.std(daily, ddof=1)) * 252.0**0.5 if len(daily) > 1 else float("nan")
