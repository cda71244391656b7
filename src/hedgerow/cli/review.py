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
        note = _note(ledger, kept.name)
    if as_json:
        show_json({**report.table(found), "note": note})
        return
    typer.echo(report.summarise(found) + f"\n\n{note.capitalize()}." * bool(note))


def _note(ledger: str, run: str) -> str:
    """Return what the costs of a run hold besides costs; empty for one that no broker fills."""
    from hedgerow.engine.ledger.opening import runs_in
    from hedgerow.live.fills import moved
    from hedgerow.live.journal import Journal

    if f"{run}.desk" not in runs_in(ledger):
        return ""
    journal = Journal(ledger, run)
    try:
        return moved(journal.blotter())
    finally:
        journal.close()
