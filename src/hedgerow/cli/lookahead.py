"""``lookahead``: whether signals and policies of a user's own know the future."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.gate import CLOSED
from hedgerow.cli.output import MISTAKE, AsJson, answer, note, told
from hedgerow.cli.runs import Data, From, To


@told
def lookahead(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A Python file, which is run, or a policy file."),
    ],
    *,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Test this object of the file alone.")
    ] = None,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    as_json: AsJson = False,
) -> None:
    """Test signals, steps, policies and sleeves of your own for look-ahead.

    The file is run, and whatever it has at its outermost level is tested: the future is cut off,
    replaced by noise, and everything before it must stay. Exit code 3 if something fails, 2 if
    the file, or all that fails in it, cannot be run.
    """
    from hedgerow import api
    from hedgerow.api import lookahead as testing

    note(f"Loading {data} …")
    market = api.load(data, start=start, end=end)
    found = testing.lookahead(file, market, name=name)
    answer(str(found), found.to_dict(), {}, as_json=as_json)
    checks = {failure.check for each in found.found for failure in each.failures}
    if checks:
        raise typer.Exit(MISTAKE if checks == {"runs"} else CLOSED)
