"""``scalp``: options whose delta is taken out, and whether gamma paid for theta."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import Data, From, NoCosts, Report, SameBar, To, Value


@told
def scalp(
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[
        str,
        typer.Option(
            metavar="SLEEVE",
            help="Options on an index, held from roll to roll: straddle, put, call or another kind "
            "of docs/sleeves.md, terms after a colon.",
        ),
    ] = "straddle:tenor=30d",
    every: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Sessions between two hedges, as 1,5.",
            show_default="1,2,5,10,21",
        ),
    ] = None,
    band: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Deltas per contract that are left alone.",
            show_default="0.02,0.05,0.1,0.2",
        ),
    ] = None,
    aversion: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Risk aversions of the Whalley-Wilmott band, per point of wealth.",
            show_default="0.01,0.1,1",
        ),
    ] = None,
    edge: Annotated[
        bool,
        typer.Option("--edge", help="Bring a delta beyond --band to its edge, not to nothing."),
    ] = False,
    portfolio: Value = "10m",
    no_costs: NoCosts = False,
    same_bar: SameBar = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg",
            help="Draw risk against cost of every way to hedge, and gamma beside theta by year.",
            show_default=False,
        ),
    ] = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Hold options, take their delta out, and say whether gamma paid for theta.

    The numbers of --every, --band and --aversion are compared, the first is shown by year; without
    any of the three, the usual ones of all.
    """
    from hedgerow import api, config
    from hedgerow.api import scalping
    from hedgerow.instruments.catalog import parse_sleeve
    from hedgerow.instruments.costs import Costs

    place, page = (writable(path) if path else None for path in (picture, report))
    first, last = config.date(start, "--from"), config.date(end, "--to")
    hedge, value = parse_sleeve(sleeve), config.amount(portfolio)
    ways = {
        "every": _numbers(every, "--every", int),
        "band": _numbers(band, "--band", float),
        "aversion": _numbers(aversion, "--aversion", float),
    }
    note(f"Loading {data} …")
    made = scalping.scalp(
        api.load(data),
        hedge,
        every=ways["every"],
        band=ways["band"],
        aversion=ways["aversion"],
        edge=edge,
        value=value,
        costs=Costs.none() if no_costs else Costs(),
        start=first,
        end=last,
        same_bar=same_bar,
        source=data,
    )
    if place:
        made.picture(place)
    if page:
        made.report(page)
    files = {"picture": picture, "report": report}
    answer(str(made), {**made.to_dict(), "data": data}, files, as_json=as_json)


def _numbers(text: str | None, where: str, kind: type[int] | type[float]) -> list[float] | None:
    """Return the numbers of a list with commas.

    Raises
    ------
    RangeError
        If it holds something else.
    """
    from hedgerow.errors import RangeError

    if text is None:
        return None
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        whole = "whole numbers" if kind is int else "numbers"
        raise RangeError(
            f"'{text}' is not a list of {whole}", where=where, mend="write such as 1,5"
        ) from None
