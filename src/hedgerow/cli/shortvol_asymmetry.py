"""``shortvol asymmetry``: how much more implied volatility answers a fall than a rise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import Data, From, Report, To


@told
def asymmetry(
    *,
    data: Data = "auto",
    start: From = None,
    end: To = None,
    tenor: Annotated[
        list[float] | None,
        typer.Option(
            metavar="DAYS",
            help="9, 30, 93 or 184. May be given several times.",
            show_default="all that are published",
        ),
    ] = None,
    chain: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="An option chain of several dates, or several of neighbouring days. May be given "
            "several times.",
        ),
    ] = None,
    level: Annotated[float, typer.Option(metavar="NUMBER", help="Level of the bands.")] = 0.95,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write the response, TOML, for scenarios."),
    ] = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Measure how much more implied volatility answers a fall of the index than a rise.

    By tenor (VIX9D, VIX, VIX3M, VIX6M), by strike (modelled; measured with --chain), and of VIX
    futures on VIX, with bands.
    """
    from hedgerow import api
    from hedgerow.api.asymmetry import asymmetry as run

    for target in (report, save):
        if target is not None:
            writable(target)
    note(f"Loading {data} …")
    market = api.load(data, start=start, end=end)
    made = run(market, tenors=tenor, chains=chain or (), level=level)
    if report is not None:
        made.report(report)
    if save is not None:
        made.save(save)
    files = {"report": report, "response": save}
    found = {**made.to_dict(), "data": data}
    if as_json:
        found["measured"] = found.pop("response")
    answer(str(made), found, files, as_json=as_json)
