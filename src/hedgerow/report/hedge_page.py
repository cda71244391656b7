"""A comparison of hedges, or a plan, as a page: one HTML file that opens offline."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hedgerow.report import hedge_pictures, hedge_plan, hedge_table
from hedgerow.report.formats import NOT_ADVICE, usd
from hedgerow.report.page import fill, save
from hedgerow.shortvol.structures.comparison import Comparison
from hedgerow.shortvol.structures.paths import History
from hedgerow.shortvol.structures.plan import Plan
from hedgerow.shortvol.structures.straddle import LowGamma

LIMITS = (
    "Real quotes: prices are modelled from VIX unless they are fitted to a chain.",
    "Skew that twists: each contract's volatility answers the index as measured, on average; "
    "single days were twice that and more.",
    "History in windows that overlap: a crash is in many of them, and there were few crashes.",
    "Today's strikes on other days: a window begins with the book's distances from the index, "
    "whatever volatility was then.",
    "Margin as a broker asks for it: strategy-based rules, and assumed bonds of futures.",
)


def write_comparison(
    found: Comparison,
    past: History | None,
    low: LowGamma | None,
    notes: Sequence[str],
    path: Path,
    *,
    version: str = "",
) -> Path:
    """Write a comparison as a page, whole or not at all.

    Parameters
    ----------
    found, past, low, notes
        As `hedge_table.summarise` takes them.
    path
        The HTML file; missing folders are made, an old page is replaced.
    version
        Of Hedgerow, for the foot of the page.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    shown = next((row for row in found.rows if row.name == "sold_call"), found.rows[-1])
    tables = [
        ("P&L as volatility answers, USD", hedge_table.pnl_rows(found, answered=True)),
        ("P&L with volatility fixed, USD", hedge_table.pnl_rows(found, answered=False)),
        ("Each structure by itself, as volatility answers", hedge_table.alone_rows(found)),
        ("Size, Greeks of the whole, worst case, margin, cost", hedge_table.risk_rows(found)),
    ]
    if past is not None:
        said = (f"{past.windows:,} windows of {past.days} days from {past.first} to {past.last}, "
                "which overlap; USD")  # fmt: skip
        tables.append((said, hedge_table.past_rows(past)))
    if low is not None:
        tables.append((hedge_table.regime(low), hedge_table.straddle_rows(low)))
    alone = found.alone
    tiles = [
        {"title": "Book at −5 %", "value": usd(_at(found, -0.05)),
         "beside": "as volatility answers"},
        {"title": "Delta", "value": usd(alone.delta), "beside": "USD a point of the index"},
        {"title": "Vega", "value": usd(alone.vega), "beside": "USD a vol point"},
        {"title": "Worst case", "value": hedge_table.money(alone.worst.amount),
         "beside": alone.worst.where},
    ]  # fmt: skip
    facts: dict[str, Any] = {
        "title": f"Hedges of {found.book.name}",
        "kicker": f"Hedges of {found.book.name} · {found.at.day}{hedge_table.forward(found)}",
        "headline": hedge_table.headline(found),
        "sentences": [hedge_table.answer_line(found)],
        "tiles": tiles,
        "pictures": [
            (_drawn(hedge_pictures.lines(found)), "P&L of the book alone and with each structure "
             "over the index; the tables below have the numbers."),
            (_drawn(hedge_pictures.heat(found, shown)), "P&L over index and volatility for one "
             "structure, a number in every cell."),
        ],
        "tables": tables,
        "lists": [("What each is, and what to beware of",
                   [f"{name}: {why} {beware}" for name, why, beware in hedge_table.reasons(found)]),
                  ("Contracts", hedge_table.sized_lines(found)),
                  ("What the numbers are", list(notes))],
        "limits": LIMITS,
    }  # fmt: skip
    return save(_page(facts, version), path)


def write_plan(found: Plan, notes: Sequence[str], path: Path, *, version: str = "") -> Path:
    """Write a plan as a page, whole or not at all.

    Parameters
    ----------
    found, notes
        As `hedge_plan.summarise` takes them.
    path, version
        As for `write_comparison`.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    legs = found.chosen
    tiles = [
        {"title": "Worst move", "value": usd(legs.least),
         "beside": f"book alone {usd(float(found.alone.min()))}"},
        {"title": "Vega", "value": usd(legs.vega), "beside": f"book alone {usd(found.vega)}"},
        {"title": "Paid on opening", "value": usd(legs.cost + legs.premium),
         "beside": f"of which costs {usd(legs.cost)}"},
        {"title": "Worst case", "value": hedge_table.money(legs.worst.amount),
         "beside": legs.worst.where},
    ]  # fmt: skip
    facts: dict[str, Any] = {
        "title": f"A plan for {found.book.name}",
        "kicker": f"A plan for {found.book.name} · {found.at.day}",
        "headline": hedge_plan.headline(found),
        "sentences": [*hedge_plan.leg_lines(legs), *hedge_plan.verdict(found)],
        "tiles": tiles,
        "pictures": [],
        "tables": [("P&L as volatility answers, USD", hedge_plan.pnl_rows(found)),
                   ("Before and after, USD", hedge_plan.risk_rows(found))],
        "lists": [("Why", hedge_plan.reasons(found)),
                  ("What it does not protect against", hedge_plan.left_open(found)),
                  ("What the numbers are", list(notes))],
        "limits": LIMITS,
    }  # fmt: skip
    return save(_page(facts, version), path)


def _at(found: Comparison, move: float) -> float | None:
    return float(found.alone.answered[found.moves.index(move)]) if move in found.moves else None


def _drawn(svg: str) -> str:
    return base64.b64encode(svg.encode("utf-8")).decode("ascii")


def _page(facts: dict[str, Any], version: str) -> str:
    last = {"not_advice": NOT_ADVICE, "version": version, "readings": None}
    return fill("hedges.html.j2", {**facts, **last})
