"""``shortvol compare`` and ``plan``: structures beside a short-volatility book."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import Data, NoCosts, Report

if TYPE_CHECKING:
    from hedgerow.core.market import Market
    from hedgerow.instruments.costs import Costs

BookFile = Annotated[
    Path,
    typer.Argument(
        metavar="BOOK",
        help="Positions: a broker's CSV, or TOML (docs/shortvol.md); or a file of condor rules.",
    ),
]
Date = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Day of the prices.", show_default="the data's last"),
]
Answering = Annotated[
    str,
    typer.Option(
        "--response",
        metavar="FILE",
        help="How implied volatility answers the index: measured, symmetric, or a TOML file.",
    ),
]
Quotes = Annotated[
    Path | None,
    typer.Option("--chain", metavar="FILE", help="Price the S&P 500 options on these quotes."),
]
Future = Annotated[str, typer.Option(metavar="ROOT", help="Index future of the hedges: ES, MES.")]


@told
def compare(
    book: BookFile,
    *,
    data: Data = "builtin",
    date: Date = None,
    response: Answering = "measured",
    chain: Quotes = None,
    hedge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="short_future, hedged_short_future, …; may be given several times.",
            show_default="all",
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(metavar="WAY", help="stress or delta at --at-move; or contracts (--units)."),
    ] = "stress",
    cover: Annotated[
        float, typer.Option(metavar="PART", help="Of the book's loss, or delta, to take out.")
    ] = 0.5,
    at_move: Annotated[
        float, typer.Option(metavar="PART", help="Fall, or rise, at which sizes are found.")
    ] = 0.05,
    units: Annotated[float, typer.Option(metavar="N", help="Of each, sized by contracts.")] = 1.0,
    out: Annotated[
        float, typer.Option(metavar="PART", help="How far from the forward options are struck.")
    ] = 0.04,
    future: Future = "ES",
    days: Annotated[int, typer.Option(metavar="N", min=0, help="Calendar days forward.")] = 0,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Leave the windows of history out.")
    ] = False,
    no_costs: NoCosts = False,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw P&L, volatility fixed and answering."),
    ] = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Lay structures beside a short-volatility book: P&L, Greeks, worst case, margin, history.

    Implied volatility answers the index as it was measured; prices are modelled from VIX unless
    there is a chain.
    """
    from hedgerow.api.structures import compare_hedges

    for place in (picture, report):
        if place is not None:
            writable(place)
    note(f"Comparing hedges of {book} …")
    found = compare_hedges(
        book,
        _market(data),
        response=response,
        date=date,
        chain=chain,
        hedges=hedge,
        size=size,  # type: ignore[arg-type]  # `Sizing` refuses what is no way
        cover=cover,
        at_move=at_move,
        units=units,
        out=out,
        future=future.upper(),
        days=days,
        past=not no_history,
        costs=_costs(no_costs=no_costs),
        source=data,
    )
    if picture is not None:
        found.picture(picture)
    if report is not None:
        found.report(report)
    files = {"report": report, "picture": picture}
    answer(str(found), found.to_dict(), files, as_json=as_json)


@told
def plan(
    book: BookFile,
    *,
    data: Data = "builtin",
    date: Date = None,
    response: Answering = "measured",
    chain: Quotes = None,
    target_delta: Annotated[
        float, typer.Option(metavar="USD", help="Of book and plan, a point of the index.")
    ] = 0.0,
    target_vega: Annotated[
        float | None,
        typer.Option(metavar="USD", help="Of both, a vol point.", show_default="half the book's"),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(metavar="PART", help="How far off, as a part of the book's own.")
    ] = 0.25,
    budget: Annotated[
        float | None,
        typer.Option(
            metavar="USD",
            help="Most to pay on opening, premium and costs.",
            show_default="half of what it costs to buy the book back",
        ),
    ] = None,
    endless: Annotated[
        bool, typer.Option("--endless", help="Allow a loss without end in a rise.")
    ] = False,
    future: Future = "ES",
    no_costs: NoCosts = False,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Plan a downside and an upside leg: whole contracts, reasons, and whether they were worth it.

    Every structure, strike and size is tried; the plan is the one whose worst move is the best
    among those that meet the targets.
    """
    from hedgerow.api.structures import plan_hedge

    if report is not None:
        writable(report)
    note(f"Planning for {book} …")
    found = plan_hedge(
        book,
        _market(data),
        response=response,
        date=date,
        chain=chain,
        target_delta=target_delta,
        target_vega=target_vega,
        tolerance=tolerance,
        budget=budget,
        finite=not endless,
        future=future.upper(),
        costs=_costs(no_costs=no_costs),
        source=data,
    )
    if report is not None:
        found.report(report)
    answer(str(found), found.to_dict(), {"report": report}, as_json=as_json)


def _market(source: str) -> Market:
    from hedgerow import api

    note(f"Loading {source} …")
    return api.load(source)


def _costs(*, no_costs: bool) -> Costs | None:
    from hedgerow.instruments.costs import Costs

    return Costs.none() if no_costs else None
