"""``trade``: a program through the event engine, contract by contract, into a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.gate import Asking, Gate, Strict, Threshold, ask
from hedgerow.cli.output import (
    AsJson,
    bar_of_progress,
    complain,
    note,
    show_json,
    told,
    writable,
)
from hedgerow.cli.runs import Data, From, Report, To
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    from hedgerow.api.trading import ProgramResult
    from hedgerow.engine.program import Program

Place = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="LEDGER",
        help="Keep every event: a file (.jsonl, or .db for SQLite), or "
        "postgresql://user@host/database. A run that it holds the beginning of is continued.",
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
    report: Report = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Trade a program's lines contract by contract: orders, fills, settlement, margin."""
    from hedgerow.api.trading import load_program
    from hedgerow.report.outcome import figures
    from hedgerow.report.rates import figures as rate_figures

    asked = ask(gate=gate, strict=strict, threshold=threshold)
    made = play(
        load_program(file), data, start, end, ledger=ledger, run=run, report=report, asked=asked
    )
    if as_json:
        found = {**figures(made.outcome), "data": data, "verdict": made.verdict.to_dict()}
        if made.rates is not None:
            found["rates"] = rate_figures(made.rates)
        show_json({**found, "report": report and str(report), "notice": NOT_ADVICE})
    else:
        typer.echo(str(made))
        if report is not None:
            typer.echo(f"Report: {report}")
    asked.close(made)


def play(
    program: Program,
    data: str,
    start: str | None,
    end: str | None,
    *,
    ledger: str | None = None,
    run: str | None = None,
    report: Path | None = None,
    asked: Asking | None = None,
) -> ProgramResult:
    """Load the data, play the program with a bar of progress, and return what came of it."""
    from hedgerow import api, config
    from hedgerow.api import trading
    from hedgerow.engine.feed import stretch_of

    first, last = config.date(start, "--from"), config.date(end, "--to")
    target = writable(report) if report else None
    _placed(ledger)
    note(f"Loading {data} …")
    market = api.load(data)
    whole, at = stretch_of(program, market, first, last)
    with bar_of_progress(f"Trading {program.name}", len(whole) - at) as progress:
        try:
            made = trading.trade(
                program, market, start=first, end=last, ledger=ledger, run=run, progress=progress
            )
        except KeyboardInterrupt:
            if ledger is not None:
                complain(f"broken off; give the same command again and {ledger} is continued")
            raise
    if asked is not None:
        asked.judge(made)
    if target is not None:
        made.report(target)
    return made


def _placed(ledger: str | None) -> None:
    """Refuse a ledger in a folder that is not there: a misspelt one would begin a run anew."""
    from hedgerow.errors import LedgerError

    if ledger is None or ledger.startswith("postgres") or "://" in ledger:
        return
    folder = Path(ledger).parent
    if not folder.is_dir():
        raise LedgerError(
            f"there is no folder {folder}", where=ledger, mend="make it, or name another"
        )
