"""``review``: what a run did, month by month, from its ledger alone."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli.ledger import Place, opened
from hedgerow.cli.output import AsJson, Run, show_json, told


@told
def review(
    ledger: Place,
    run: Run = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Only this month.", show_default="all"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Review a run month by month: what the hedge gained and why, what it gave back, what to do."""
    from hedgerow.report import review as report
    from hedgerow.research import review as study

    with opened(ledger, run) as kept:
        found = study.review(kept.read(), month)
    if as_json:
        show_json(report.table(found))
        return
    typer.echo(report.summarise(found))
