"""The report of a book of condors: one HTML file that opens offline."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.engine.outcome import Outcome
from hedgerow.engine.track import Track
from hedgerow.report import condor as told
from hedgerow.report import outcome as program_told
from hedgerow.report import tables, verdict
from hedgerow.report.charts import Chart, Line, Span, axis
from hedgerow.report.condor_pictures import payoff, trades
from hedgerow.report.formats import NOT_ADVICE, number, percent, usd, usd_short
from hedgerow.report.page import fill, save
from hedgerow.report.panels import bands, readings
from hedgerow.research import performance
from hedgerow.research.crises import crises_in
from hedgerow.research.gate.judgement import Judgement
from hedgerow.shortvol.condor.book import book_of
from hedgerow.shortvol.condor.journal import CondorTrade, Figures, figures, journal

LIMITS = (
    "Real quotes: option prices are a model's, made of the VIX family. Spreads of the 1990s and "
    "within panics were wider than any chain in hand shows.",
    "Friday expiries of weeks in which none was listed, as in all years before 2005: they are "
    "modelled contracts.",
    "Trading inside the day: a stop is decided at a close and filled at the next, so a gap is lost "
    "in full, and a level touched between two closes is not seen.",
    "Margin raised by a broker in a panic, assignment, and taxes.",
    "How many rules were tried before these. Numbers of rules that were chosen after seeing them "
    "are too good.",
)
SHOWN = 400
"""Rows of the journal on the page; the newest ones."""


def write(
    outcome: Outcome, path: Path, *, version: str = "", judged: Judgement | None = None
) -> Path:
    """Write the page whole or not at all.

    Parameters
    ----------
    outcome
        A finished run with a book of condors.
    path
        The HTML file; missing folders are made, an old page is replaced.
    version
        Of Hedgerow, for the foot of the page.
    judged
        What the honesty gate says of it.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save(render(outcome, version=version, judged=judged), path)


def render(outcome: Outcome, *, version: str = "", judged: Judgement | None = None) -> str:
    """Return the page as HTML; equal runs give equal text."""
    found, condors = figures(outcome), journal(outcome)
    span = Span(outcome.dates.astype("int64"))
    charts = {chart.key: chart for chart in _charts(outcome, span)}
    track = Track("hedged", outcome.times, {"earned": outcome.earned, "pnl": outcome.hedge})
    crises = [(crisis.name, crisis.rows) for crisis in crises_in(track)]
    title = outcome.program.name
    facts: dict[str, Any] = {
        "version": version,
        "title": title,
        "kicker": f"Iron condors · {title} · {outcome.dates[0]} to {outcome.dates[-1]}",
        "headline": _headline(found),
        "not_advice": NOT_ADVICE,
        "modelled": told.MODELLED,
        "tiles": _tiles(found),
        "rows": told.rows(found),
        "charts": charts,
        "back": {"bands": bands(crises, span), "years": span.years, "test": None},
        "readings": readings(charts, span, ("equity", "drawdown")),
        "pictures": [_encoded(trades(condors)), _encoded(payoff(condors[-1]))] if condors else [],
        "exits": _exits(condors),
        "years": _by_year(outcome),
        "trades": [_trade(one) for one in condors[-SHOWN:][::-1]],
        "count": len(condors),
        "reality": program_told.modelled_lines(outcome),
        "provenance": tables.provenance(outcome.origins),
        "limits": LIMITS,
        **verdict.page_facts(judged),
    }
    return fill("condor.html.j2", facts)


def _headline(found: Figures) -> str:
    day, month = percent(found.worst_day_share, 2), percent(found.worst_month_share, 2)
    kept = f"{percent(abs(found.kept_share))} of the premium was"
    word = "kept" if found.kept_share >= 0.0 else "lost on top of it"
    return f"{kept} {word}; worst day {day}, worst month {month} of NAV."


def _tiles(found: Figures) -> list[dict[str, str]]:
    shown = told.rows(found)
    return [
        {"title": title, "value": value, "beside": beside}
        for title, value, beside in (*shown[:4], *shown[6:8])
    ]


def _charts(outcome: Outcome, span: Span) -> list[Chart]:
    book = book_of(outcome)
    dates = f"{outcome.dates[0]} to {outcome.dates[-1]}"
    gained, credit = np.cumsum(book.pnl), np.cumsum(book.credit)
    equity = outcome.program.portfolio.value + gained
    fall = performance.drawdowns(equity)
    used = book.margin / outcome.nav
    return [
        Chart(
            "equity",
            "Equity of the book",
            f"The starting value plus the condors' gains after costs, {dates}.",
            [Line("the book", "dynamic", equity)],
            axis([equity], 260, usd_short),
            span,
            "usd",
            "The starting value plus what the condors earned after costs; interest on it left out.",
        ),
        Chart(
            "kept",
            "Premium taken in, and kept",
            f"Cumulated credit and gains after costs, {dates}.",
            [Line("taken in", "static", credit), Line("kept", "dynamic", gained)],
            axis([credit, gained], 200, usd_short, include=(0.0,)),
            span,
            "usd",
            "Cumulated: credits at the fill, and gains after costs.",
        ),
        Chart(
            "drawdown",
            "Drawdown of the book",
            f"Fall of the book's equity below its highest so far, {dates}.",
            [Line("the book", "dynamic", fall)],
            axis([fall], 160, lambda v: percent(v, 0), include=(0.0,)),
            span,
            "percent",
            "Of the equity above.",
        ),
        Chart(
            "vega",
            "Vega of the book",
            f"USD per vol point that the condors are short, {dates}.",
            [Line("vega", "dynamic", book.vega)],
            axis([book.vega], 160, usd_short, include=(0.0,)),
            span,
            "usd",
            "USD per vol point after the fills of the day: what a hedge sized by the book takes "
            "out.",
        ),
        Chart(
            "margin",
            "Margin of the book",
            f"Margin that the condors ask for as a share of NAV, {dates}.",
            [Line("margin", "dynamic", used)],
            axis([used], 160, lambda v: percent(v, 0), include=(0.0,)),
            span,
            "percent",
            "Of NAV, by strategy-based rules: the wider wing of each condor.",
        ),
    ]


def _encoded(picture: str) -> str:
    return base64.b64encode(picture.encode("utf-8")).decode("ascii")


def _exits(condors: tuple[CondorTrade, ...]) -> list[list[str]]:
    made = [["Why", "condors", "gain", "mean gain", "won", "mean days held"]]
    for reason in dict.fromkeys(one.reason for one in condors):
        mine = [one for one in condors if one.reason == reason]
        ended = [one for one in mine if one.exit is not None]
        days = [(one.exit - one.entry).days for one in ended if one.exit is not None]
        gains = [one.pnl for one in mine]
        won = sum(gain > 0.0 for gain in gains) / len(gains)
        made.append(
            [
                reason,
                f"{len(mine):,}",
                usd(sum(gains)),
                usd(float(np.mean(gains))),
                percent(won, 0),
                number(float(np.mean(days)), 0) if days else number(None),
            ]
        )
    return made


def _by_year(outcome: Outcome) -> list[list[str]]:
    book, years = book_of(outcome), outcome.dates.astype("datetime64[Y]")
    made = [["Year", "credit", "gain after costs", "kept", "costs", "worst day"]]
    for year in np.unique(years):
        rows = years == year
        credit, gain = float(book.credit[rows].sum()), float(book.pnl[rows].sum())
        made.append(
            [
                str(year),
                usd(credit),
                usd(gain),
                percent(gain / credit if credit > 0.0 else None),
                usd(float(book.cost[rows].sum())),
                usd(float(book.pnl[rows].min())),
            ]
        )
    return made


def _trade(one: CondorTrade) -> list[str]:
    strikes = (one.put_wing, one.put, one.call, one.call_wing)
    return [
        str(one.entry),
        str(one.expiry),
        "/".join(number(strike, 0).replace(",", "") for strike in strikes),
        number(one.contracts, 0),
        usd(one.credit),
        f"{number(one.low, 0)} – {number(one.high, 0)}",
        usd(one.margin),
        number(one.vega, 0),
        str(one.exit or ""),
        one.reason,
        usd(one.pnl),
        usd(one.cost),
    ]
