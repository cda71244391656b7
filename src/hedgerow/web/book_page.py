"""Book: what is held, what it is worth, and what it does when the market moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hedgerow.core.market import Market
from hedgerow.engine.ledger.money import CONTRACT, USD
from hedgerow.engine.margining import requirement
from hedgerow.engine.program import Program
from hedgerow.errors import HedgerowError
from hedgerow.live.chronicle import Session
from hedgerow.live.positions import Positions, Shocked, positions, shocked
from hedgerow.report.formats import number, percent, usd
from hedgerow.web.plots import Plot, across
from hedgerow.web.reading import View
from hedgerow.web.rendering import page, view_of

router = APIRouter(include_in_schema=False)

_LEVELS = ("spx", "ndx", "rut", "vix")
"""Columns of what margin of options is a part of."""

GREEKS = (
    ("delta", "Delta", "USD for a point of the index"),
    ("gamma", "Gamma", "change of delta for a point of the index"),
    ("vega", "Vega", "USD for a point of volatility"),
    ("theta", "Theta", "USD that a calendar day gives or takes"),
)


@router.get("/book")
def book(request: Request) -> Response:
    """Show positions by line, Greeks, payoff, the grid of shocks and margin."""
    view = view_of(request)
    snapshot = view.snapshot()
    facts = view.cached("book", lambda: made(view))
    return page(request, "book.html", {"snapshot": snapshot, "greeks": GREEKS, **facts})


def made(view: View) -> dict[str, Any]:
    """Return what the page shows of the last session; what cannot be priced is said in words."""
    watch = view.watch
    program = None if watch is None else watch.program
    with view.alone():
        sessions = [] if watch is None else list(watch.chronicle.read().sessions)
    found: dict[str, Any] = {"held": None, "shocked": None, "trouble": "", "plots": []}
    found |= {"margin": (), "rows": (), "lead": lead(None, None)}
    if program is None or not sessions:
        return found
    last = sessions[-1]
    try:
        market = view.book.store.market(view.book.run)
        found["held"] = positions(program, market, last)
        found["margin"] = margin(program, market, last)
        if any(last.held.values()):
            grid = shocked(program, market, last)
            found["shocked"], found["rows"] = grid, grid_rows(grid)
            found["plots"] = payoffs(grid)
    except HedgerowError as error:
        found["trouble"] = str(error)
    found["lead"] = lead(found["held"], found["shocked"])
    return found


def lead(held: Positions | None, grid: Shocked | None) -> str:
    """Say in a sentence what is held.

    Examples
    --------
    >>> lead(None, None)
    'What is held cannot be priced.'
    """
    if held is None:
        return "What is held cannot be priced."
    if not held.rows:
        return f"At the close of {held.session} nothing is held: the hedge is off."
    many = "contracts of one kind" if len(held.rows) == 1 else f"{len(held.rows)} kinds of contract"
    said = (
        f"At the close of {held.session} the hedge holds {many}, worth {usd(held.total['value'])}"
    )
    if grid is None:
        return f"{said}."
    column = grid.spots.index(-0.10)
    row = grid.shocks.index("with the index")
    gain, loss = float(grid.hedge[row, column]), float(grid.portfolio[row, column])
    share = f", {percent(gain / -loss, 0)} of the portfolio's loss" if loss < 0.0 else ""
    return f"{said}. Were the index to fall 10% at once, it would give {usd(gain)}{share}."


def grid_rows(grid: Shocked) -> list[dict[str, Any]]:
    """Return the grid row by row: each cell with numbers in words and where it stands."""
    rows = []
    for i, shock in enumerate(grid.shocks):
        cells = []
        for j, spot in enumerate(grid.spots):
            hedge, portfolio = float(grid.hedge[i, j]), float(grid.portfolio[i, j])
            now = spot == 0.0 and shock == "unchanged"
            cells.append(
                {
                    "hedge": usd(hedge),
                    "both": usd(hedge + portfolio),
                    "vix": number(float(grid.vix[i, j]), 1),
                    "tone": f"{'gain' if hedge >= 0.5 else 'loss' if hedge <= -0.5 else ''}"
                    f"{' now' if now else ''}".strip(),
                }
            )
        rows.append({"shock": shock, "cells": cells})
    return rows


def payoffs(grid: Shocked) -> list[Plot]:
    """Return the gains of the lines over moves of the index, now and at the first expiry."""
    lines = {
        "VIX with the index": sum(grid.along.values()),
        "VIX unchanged": sum(grid.now.values()),
        f"in {grid.horizon} days": sum(grid.then.values()),
    }
    if not grid.horizon:
        lines.pop(f"in {grid.horizon} days")
    note = (
        "All lines: gain at once in USD, before costs, and at the first expiry with VIX unchanged. "
        "Modelled."
    )
    made = [across("Payoff of the hedge", grid.moves, lines, "usd", note=note)]
    if len(grid.along) > 1:
        kept: Mapping[str, Any] = dict(list(grid.along.items())[:4])
        said = "Payoff by line, VIX with the index"
        made.append(across(said, grid.moves, kept, "usd"))
    return made


def margin(program: Program, market: Market, session: Session) -> Sequence[tuple[str, str]]:
    """Return what the positions ask for as margin by the program's rule, in words."""
    held: dict[str, float] = {}
    for mine in session.held.values():
        for symbol, quantity in mine.items():
            held[symbol] = held.get(symbol, 0.0) + quantity / CONTRACT
    row, rule, nav = market.index_of(session.date), program.margin, session.bar.nav / USD
    spots = {name.upper(): float(market[name][row]) for name in _LEVELS if name in market}
    asked = requirement(held, session.marks, spots, bonds=rule.bonds(spots.get("VIX", 0.0)))
    free = rule.available(nav)
    return (
        ("Asked for", f"{usd(asked)}, {percent(asked / nav, 1)} of NAV"),
        (
            "May be used",
            f"{usd(free)}: {percent(rule.limit, 0)} of NAV; beyond it: {rule.response}",
        ),
        ("Left", usd(free - asked)),
    )
