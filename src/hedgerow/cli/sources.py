"""``sources list``, ``try``: where a running hedge's numbers come from, tried before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, told
from hedgerow.report.formats import columns

app = typer.Typer(help="Where a running hedge's numbers come from.", no_args_is_help=True)


@app.command("list")
@told
def list_(as_json: AsJson = False) -> None:
    """List the sources, what each gives, and whether what it needs is installed."""
    from hedgerow.live.sources.trying import KINDS

    rows = [{**kind._asdict(), "installed": kind.installed} for kind in KINDS]
    lines = []
    for kind in KINDS:
        state = "" if kind.installed else f" [not installed: pip install {kind.package}]"
        lines += [f"{kind.name:<8}  {kind.what}{state}", f"{'':<8}  place: {kind.place}"]
    lines += ["", "hedgerow sources try KIND asks one for a session."]
    answer("\n".join(lines), {"sources": rows}, {}, as_json=as_json)


@app.command("try")
@told
def try_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As `sources list` names them.")],
    *,
    place: Annotated[
        str, typer.Option(metavar="PLACE", help="Folder or address; see `sources list`.")
    ] = "",
    session: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Session to ask for.",
            show_default="the last one that has ended; of a replay its last",
        ),
    ] = None,
    history: Annotated[
        str, typer.Option(metavar="SOURCE", help="Data source for what was before.")
    ] = "auto",
    check: Annotated[
        str, typer.Option(metavar="KIND", help="A second source that must agree.")
    ] = "",
    check_place: Annotated[str, typer.Option(metavar="PLACE", help="Its place.")] = "",
    policy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A policy or program that would run: what it reads must be there.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a source for one session: what it says, what was last known, and what is wrong with it.

    Nothing is kept and nothing is decided.  What is refused here would be refused in a run.
    """
    from hedgerow.cli.monitor import asked_of
    from hedgerow.live.needs import needs_of
    from hedgerow.live.settings import from_table
    from hedgerow.live.sources.trying import try_source

    table = {
        "kind": kind,
        "place": place,
        "history": history,
        "check": check,
        "check_place": check_place,
    }
    terms = from_table({"source": table}, "sources try").source
    needs = () if policy is None else sorted(needs_of(asked_of(policy).program))
    note(f"Asking {kind} …")
    tried = try_source(terms, session, needs=needs)
    found = tried.screened
    rows = tried.rows()
    before = str(tried.before.dates[-1]) if len(tried.before) else ""
    head = ["column", "value", before or "before", "origin", "stamp"]
    cells = [
        [
            row["column"],
            _shown(row["column"], row["value"]),
            _shown(row["column"], row["last"]),
            row["origin"],
            row["stamp"] or "",
        ]
        for row in rows
    ]
    lines = [f"{tried.source}, session {tried.session}", "", columns([head, *cells], right=(1, 2))]
    lines += ["", *(f"Noted: {words}" for words in found.findings)]
    lines += [f"Refused: {words}" for words in found.refusals]
    lines += ["It would be refused." if found.refusals else "It would be accepted."]
    answer(
        "\n".join(lines),
        {
            "source": tried.source,
            "session": tried.session,
            "before": before or None,
            "columns": rows,
            "findings": list(found.findings),
            "refusals": list(found.refusals),
            "accepted": not found.refusals,
        },
        {},
        as_json=as_json,
    )


def _shown(column: str, value: float) -> str:
    """Return a value as text, the settlement day of a future as a date."""
    import numpy as np

    if np.isnan(value):
        return ""
    if column.endswith("_expiry"):
        return str(np.datetime64(int(value), "D"))
    return f"{value:.10g}"
