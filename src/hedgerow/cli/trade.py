"""``trade``: a program through the event engine, contract by contract, into a ledger."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import AsJson, note, show_json, told
from hedgerow.cli.runs import Data, From, To
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    from hedgerow.engine.outcome import Outcome
    from hedgerow.engine.program import Program

Place = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="LEDGER",
        help="Keep every event: a file (.jsonl, or SQLite), or postgresql://user@host/database. "
        "A run that it holds the beginning of is continued.",
    ),
]


@told
def trade(
    file: Annotated[Path, typer.Argument(metavar="PROGRAM.toml", help="The program file.")],
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    ledger: Place = None,
    run: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the run in the ledger.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Trade a program's lines contract by contract: orders, fills, settlement, margin."""
    from hedgerow.engine.program_text import read
    from hedgerow.errors import PolicyError
    from hedgerow.report import outcome as report

    try:
        program = read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise PolicyError(
            f"it cannot be read ({why})", where=str(file), mend="name a program file"
        ) from None
    made = play(program, data, start, end, ledger=ledger, run=run)
    if as_json:
        show_json({**report.figures(made), "data": data, "notice": NOT_ADVICE})
        return
    typer.echo(report.told(made))


def play(
    program: Program,
    data: str,
    start: str | None,
    end: str | None,
    *,
    ledger: str | None = None,
    run: str | None = None,
) -> Outcome:
    """Load the data, play the program with a bar of progress, and return what came of it."""
    from hedgerow import __version__, api, config
    from hedgerow.engine.ledger.opening import open_ledger
    from hedgerow.engine.trade import trade as play_

    first, last = config.date(start, "--from"), config.date(end, "--to")
    note(f"Loading {data} …")
    market = api.load(data)
    note(f"Trading {program.name} …")
    with ExitStack() as stack:
        kept = None
        if ledger is not None:
            kept = stack.enter_context(open_ledger(ledger, run or program.name, writing=True))
        return play_(program, market, start=first, end=last, ledger=kept, version=__version__)
