"""Data: where the book's numbers come from, how fresh and how good they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from hedgerow.core.market import Market, Origin
from hedgerow.engine.ledger.desk_events import Received
from hedgerow.errors import HedgerowError
from hedgerow.live import settings
from hedgerow.live.hours import DAY
from hedgerow.report.formats import number, percent
from hedgerow.web.reading import View
from hedgerow.web.rendering import page, view_of

router = APIRouter(include_in_schema=False)

MOST = 200
"""Rows of a table."""

_WORDS = {
    Origin.MEASURED: "measured",
    Origin.REPAIRED: "repaired",
    Origin.MODELLED: "modelled",
    Origin.ASSUMED: "assumed",
    Origin.MISSING: "missing",
}


class Column(NamedTuple):
    """A column of the tape."""

    name: str
    source: str
    parts: tuple[str, ...]
    """Shares by origin, in words."""
    last: str
    """Date of its last value, empty without one."""
    value: str
    origin: str
    """Of the last value."""


@router.get("/data")
def data(request: Request) -> Response:
    """Show sources, columns with their origin, and what sources said session by session."""
    view = view_of(request)
    return page(request, "data.html", view.cached("data", lambda: made(view), _today(view)))


def made(view: View) -> dict[str, Any]:
    """Return what the page shows."""
    book = view.book
    kept = book.store.kept(book.run)
    facts: dict[str, Any] = {"trouble": "", "columns": (), "findings": (), "source": None}
    try:
        if kept is not None:
            facts["source"] = settings.parse(kept.settings).source
        market = book.store.market(book.run)
    except HedgerowError as error:
        return {
            **facts,
            "trouble": str(error),
            "said": (),
            "lead": "The sessions of this book cannot be read.",
        }
    sessions = book.store.sessions(book.run)
    said = [event for event in view.desk if isinstance(event, Received)][::-1]
    facts["columns"] = [column(market, name) for name in sorted(market.columns)]
    facts["findings"] = market.findings[:MOST]
    facts["more"] = max(len(market.findings) - MOST, 0)
    facts["said"] = said[:MOST]
    facts["refused"] = sum(event.state == "refused" for event in said)
    facts["accepted"] = len(sessions)
    facts["history"] = len(market) - len(sessions)
    facts["lead"] = lead(market, sessions, _today(view))
    facts["modelled"] = modelled(facts["columns"])
    return facts


def lead(market: Market, sessions: list[str], today: int) -> str:
    """Say in a sentence how fresh the data are.

    Parameters
    ----------
    market, sessions
        The tape, and what of it was accepted since the run began.
    today
        Days since 1970, UTC.
    """
    if not len(market):
        return "There are no data yet."
    age = today - int(market.dates[-1].astype("datetime64[D]").astype("int64"))
    when = {0: "today", 1: "yesterday"}.get(age, f"{age:,} days ago")
    since = f"{len(sessions):,} accepted since the run began" if sessions else "none accepted yet"
    return f"The last session known is {market.dates[-1]}, {when}; {since}."


def column(market: Market, name: str) -> Column:
    """Return a column of a tape in words."""
    values, codes = market[name], market.origin[name]
    known = np.flatnonzero(np.isfinite(values))
    shares = {word: market.share(name, origin) for origin, word in _WORDS.items()}
    last = int(known[-1]) if len(known) else -1
    return Column(
        name,
        market.sources.get(name, ""),
        tuple(f"{percent(share, 0)} {word}" for word, share in shares.items() if share > 0.0),
        str(market.dates[last]) if last >= 0 else "",
        number(float(values[last]), 4) if last >= 0 else "–",
        _WORDS[Origin(int(codes[last]))] if last >= 0 else "missing",
    )


def modelled(found: list[Column]) -> str:
    """Say in a sentence which columns are a model's, in part or whole.

    Examples
    --------
    >>> modelled([Column("vix", "", ("80% modelled", "20% measured"), "", "", "measured")])
    'Partly or wholly modelled: vix (80% modelled).'
    """
    parts = {each.name: [p for p in each.parts if "modelled" in p] for each in found}
    told = [f"{name} ({words[0]})" for name, words in parts.items() if words]
    return f"Partly or wholly modelled: {', '.join(told)}." if told else "No column is modelled."


def _today(view: View) -> int:
    return view.book.clock() // DAY
