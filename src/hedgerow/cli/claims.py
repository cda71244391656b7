"""``claims``: every quantitative claim of the source, measured on the user's data."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, bar_of_progress, note, told, writable
from hedgerow.cli.runs import Data, From, Report, To


@told
def claims(
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Only this claim, with its definition, data and other readings: a name from the "
            "first column of the table. May be given several times.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Seed of the bootstrap.")] = 1,
    resamples: Annotated[
        int, typer.Option(metavar="NUMBER", help="Samples drawn for each interval.")
    ] = 1000,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Measure every quantitative claim of the source text: claim, measurement, interval, verdict.

    The source is the guide to dynamic hedging that Hedgerow's rules come from. A claim holds if the
    90 % bootstrap interval of its measurement lies inside what is claimed, does not hold if the two
    have nothing in common, and cannot be told otherwise. docs/claims.md tells how to read it.
    """
    from hedgerow import api, config
    from hedgerow.api import claims as face
    from hedgerow.research.claims.study import chosen

    first, last = config.date(start, "--from"), config.date(end, "--to")
    count = len(chosen(only))
    target = writable(report) if report else None
    note(f"Loading {data} …")
    market = api.load(data)
    with bar_of_progress("Measuring claims", count) as progress:
        found = face.claims(
            market,
            start=first,
            end=last,
            only=only,
            resamples=resamples,
            seed=seed,
            source=data,
            progress=progress,
        )
    if target is not None:
        found.report(target)
    text = found.details() if only else str(found)
    answer(text, found.to_dict(), {"report": report}, as_json=as_json)
