"""``alvh backtest``: condors alone, under the layers, under static VX and each structure of G2."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.alvh import Book
from hedgerow.cli.gate import Gate, Strict, Threshold, ask
from hedgerow.cli.output import AsJson, bar_of_progress, note, show_json, told, writable
from hedgerow.cli.runs import Data, From, Report, Split, To

Rules = Annotated[
    Path | None,
    typer.Argument(
        metavar="RULES.toml",
        help="The layered rules, as `alvh new` writes them, or a program file whose lines hedge.",
        show_default="the defaults",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="VARIANT",
        help="Run this variant beside the condors alone: static-vx, alvh, static-vx-matched, or a "
        "structure such as collar. May be given several times.",
        show_default="all",
    ),
]


@told
def backtest(
    rules: Rules = None,
    *,
    condor: Book = None,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    split: Split = "50/50",
    only: Only = None,
    static: Annotated[
        float,
        typer.Option(metavar="PART", help="Part of the condors' vega that static VX takes out."),
    ] = 0.65,
    cover: Annotated[
        float,
        typer.Option(
            metavar="PART",
            help="Part of the condors' modelled loss at -5 % that each structure gives back.",
        ),
    ] = 0.5,
    ledger: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep every event of every variant, an SQLite file."),
    ] = None,
    report: Report = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Backtest a book of condors with and without its hedges, side by side."""
    from hedgerow import api, config
    from hedgerow.api import hedging
    from hedgerow.shortvol.beside.variants import wanted
    from hedgerow.shortvol.condor import CondorRules
    from hedgerow.shortvol.layered.rules import LayeredRules

    asked = ask(gate=gate, strict=strict, threshold=threshold)
    target = writable(report) if report else None
    first, last = config.date(start, "--from"), config.date(end, "--to")
    book = CondorRules() if condor is None else hedging.load_book(condor)
    layers = LayeredRules() if rules is None else hedging.load_layers(rules)
    keys = wanted(only, bool(layers))
    note(f"Loading {data} …")
    market = api.load(data)
    sessions = len(market.between(first, last))
    with bar_of_progress("Playing the hedges", len(keys) * sessions) as bar:
        made = hedging.hedge_condors(
            book, market, layers=layers, only=only, static=static, cover=cover, start=first,
            end=last, split=split, ledger=ledger,
            progress=None if bar is None else lambda key, bars: bar(bars),
        )  # fmt: skip
    asked.judge(made)
    if target is not None:
        made.report(target)
    if as_json:
        show_json({**made.to_dict(), "data": data, "report": report and str(report)})
    else:
        typer.echo(str(made))
        if report is not None:
            typer.echo(f"Report: {report}")
    asked.close(made)
