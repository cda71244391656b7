"""``signals list``, ``show``: which signals there are, and what they said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import Data, From, To
from hedgerow.report.formats import NOT_ADVICE

app = typer.Typer(help="Which signals there are, and what they said.", no_args_is_help=True)


@app.command("list")
@told
def list_(
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="SOURCE", help="Say also which of them these data allow."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the signals, each as it is by default, and the columns that it needs."""
    from hedgerow import api
    from hedgerow.api.signalling import known_signals
    from hedgerow.report.signals import listing

    rows = known_signals(None if data is None else api.load(data))
    said = f"{listing(rows)}\n\nhedgerow signals show NAME tells what it said."
    answer(said, {"signals": rows, "notice": NOT_ADVICE}, {}, as_json=as_json)


@app.command()
@told
def show(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Such as vix_rsi14, or a column of the data."),
    ],
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write all sessions as CSV.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what signals said: how much is known, between what, and the last sessions.

    Each is made from its past alone; what lies before the first date warms it.
    """
    from hedgerow import api
    from hedgerow.api.signalling import signals

    if save is not None:
        writable(save)
    note(f"Loading {data} …")
    found = signals(api.load(data), *names, start=start, end=end)
    if save is not None:
        found.csv(save)
    answer(str(found), found.to_dict(), {"save": save}, as_json=as_json)
