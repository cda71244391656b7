"""Performance: what the hedge earned and cost, month by month, and what each figure means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from hedgerow.engine.attribution import Parts
from hedgerow.engine.ledger.money import USD
from hedgerow.live.chronicle import Session
from hedgerow.report.formats import percent, usd
from hedgerow.report.outcome import PARTS
from hedgerow.research.months import Month
from hedgerow.research.performance import drawdowns
from hedgerow.research.review import review
from hedgerow.web.plots import Plot, columns, over_time
from hedgerow.web.reading import View
from hedgerow.web.rendering import page, view_of

router = APIRouter(include_in_schema=False)


@router.get("/performance")
def performance(request: Request) -> Response:
    """Show NAV with and without the hedge, where gains came from, and the monthly reviews."""
    view = view_of(request)
    facts = {"snapshot": view.snapshot(), **view.cached("performance", lambda: made(view))}
    return page(request, "performance.html", facts)


def made(view: View) -> dict[str, Any]:
    """Return what the page shows: figures, pictures, months and reviews."""
    watch = view.watch
    with view.alone():
        sessions: Sequence[Session] = [] if watch is None else list(watch.chronicle.read().sessions)
        months = review(watch.chronicle.ledger.read()).months if watch is not None else ()
        budget = watch.snapshot().budget if watch is not None and sessions else None
    if budget is None:
        return {"months": (), "sessions": 0, "lead": "Nothing has been earned or lost yet."}
    hedged, alone = navs(sessions)
    parts = [part for part in Parts._fields if any(part in month.parts for month in months)]
    done = [event for (duty, _), event in view.blotter.done.items() if duty == "monthly"]
    return {
        "sessions": len(sessions),
        "lead": lead(sessions, hedged, alone),
        "months": months,
        "parts": [(part, PARTS.get(part, part)) for part in parts],
        "figures": figures(months, hedged, alone, budget.note),
        "budget": budget,
        "plots": pictures(sessions, hedged, alone, months),
        "reviews": sorted(done, key=lambda event: event.session, reverse=True),
    }


def navs(sessions: Sequence[Session]) -> tuple[Any, Any]:
    """Return NAV with the hedge, and what the portfolio alone would be, **shape** (T,), USD.

    The second grows from the first NAV by the portfolio's gain on what was invested each session.
    """
    bars = [session.bar for session in sessions]
    hedged = np.array([bar.nav / USD for bar in bars])
    growth = [1.0, *(1.0 + bar.share(bar.portfolio) for bar in bars[1:])]
    return hedged, hedged[0] * np.cumprod(growth)


def lead(sessions: Sequence[Session], hedged: Any, alone: Any) -> str:
    """Say in a sentence what the hedge has done so far."""
    gain = sum(session.bar.hedge for session in sessions) / USD
    portfolio = sum(session.bar.portfolio for session in sessions) / USD
    deepest, bare = float(drawdowns(hedged).min()), float(drawdowns(alone).min())
    return (
        f"From {sessions[0].date} to {sessions[-1].date} the hedge came to {usd(gain)} beside "
        f"{usd(portfolio)} of the portfolio; the deepest fall was {percent(deepest)}, and "
        f"{percent(bare)} without it."
    )


def figures(
    months: Sequence[Month], hedged: Any, alone: Any, note: str = ""
) -> list[tuple[str, str, str]]:
    """Return the figures at the head of the page: name, value, meaning; a note is one on costs."""
    loss = sum(month.down.loss for month in months)
    gain = sum(month.down.gain for month in months)
    costs = sum(month.costs for month in months)
    share = gain / loss if loss > 0.0 else None
    return [
        ("Hedge, net", usd(sum(m.hedge_gain for m in months)), "gains less all it cost"),
        ("Portfolio", usd(sum(m.portfolio_gain for m in months)), "what is hedged, by itself"),
        ("Costs", usd(costs), note or "spreads and fees of trading"),
        ("HER, down days", percent(share), "part of the losses on down days given back"),
        ("Drawdown", percent(float(drawdowns(hedged)[-1])), "NAV below its highest close, now"),
        ("Deepest", percent(float(drawdowns(hedged).min())), "of all sessions, with the hedge"),
        ("Deepest, unhedged", percent(float(drawdowns(alone).min())), "the portfolio alone"),
    ]


def pictures(
    sessions: Sequence[Session], hedged: Any, alone: Any, months: Sequence[Month]
) -> list[Plot | None]:
    """Return NAV, drawdown, what the hedge earned, and its months, as pictures."""
    days = [session.date for session in sessions]
    earned = np.cumsum([session.bar.hedge / USD for session in sessions])
    note = "Without the hedge: the first NAV, grown by the portfolio's own gains."
    both = {"with the hedge": hedged, "without": alone}
    falls = {name: drawdowns(nav) for name, nav in both.items()}
    return [
        over_time("NAV", days, both, "usd", note=note),
        over_time("Drawdown", days, falls, "percent", include=(0.0,)),
        over_time("Gain of the hedge, cumulated", days, {"hedge": earned}, "usd", include=(0.0,)),
        columns(
            "Gain of the hedge by month",
            [month.month for month in months],
            [month.hedge_gain for month in months],
            "usd",
            note="Filled: a gain; open and dashed: a loss.",
        ),
    ]
