"""``condor new``, ``backtest``, ``quote``, ``check``: a book of iron condors by rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.chain_file import Day
from hedgerow.cli.output import AsJson, answer, fresh, note, show_json, told, writable
from hedgerow.cli.runs import Data, From, Report, To
from hedgerow.cli.trade import Place, play
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    from hedgerow.shortvol.condor import CondorRules

app = typer.Typer(help="A book of iron condors, by rules in a file.", no_args_is_help=True)

Rules = Annotated[
    Path | None,
    typer.Argument(
        metavar="RULES.toml",
        help="The rules, as `condor new` writes them.",
        show_default="the defaults",
    ),
]
ChainFile = Annotated[
    Path, typer.Option("--chain", metavar="FILE", help="An option chain, CSV or JSON.")
]


@app.command()
@told
def new(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write rules to start from, every parameter with its default and what it means."""
    from hedgerow.shortvol.condor.rules import starter

    fresh(starter(), out, as_json=as_json)


@app.command()
@told
def backtest(
    file: Rules = None,
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    ledger: Place = None,
    run: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the run in the ledger.")
    ] = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Trade condors by rules, contract by contract: premium kept, worst day, margin, journal."""
    from hedgerow.api.condor import CondorResult
    from hedgerow.shortvol.condor import program

    target = writable(report) if report else None
    traded = play(program(_rules(file)), data, start, end, ledger=ledger, run=run)
    made = CondorResult(traded.found)
    if target is not None:
        made.report(target)
    answer(str(made), {**made.to_dict(), "data": data}, {"report": target}, as_json=as_json)


@app.command()
@told
def quote(
    file: Rules = None,
    *,
    chain: ChainFile,
    date: Day = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="SOURCE",
            help="Data of that session, for the model's price beside the quote.",
            show_default="none",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Pick the condor of the rules from a real chain: credit, break-evens, Greeks, margin."""
    from hedgerow import api
    from hedgerow.cli.chain_file import read
    from hedgerow.report.condor import quote_table, quote_told
    from hedgerow.shortvol.condor import quoting

    rules = _rules(file)
    quotes = read(chain, date, None, None)
    market = None
    if data is not None:
        note(f"Loading {data} …")
        market = api.load(data)
    found = quoting.quote(quotes, rules, market)
    if as_json:
        show_json({**quote_table(found), "chain": str(chain), "notice": NOT_ADVICE})
    else:
        typer.echo(quote_told(found))


@app.command()
@told
def check(
    file: Rules = None, *, chain: ChainFile, data: Data = "builtin", as_json: AsJson = False
) -> None:
    """Compare the condors that a file of quotes can form with the model's price of them."""
    from hedgerow import api
    from hedgerow.data.chain_files import read_chains
    from hedgerow.report.condor import check_table, check_told
    from hedgerow.shortvol.condor import checking

    rules = _rules(file)
    note(f"Reading {chain} …")
    chains = read_chains(chain)
    note(f"Loading {data} …")
    found = checking.check(chains, rules, api.load(data))
    if as_json:
        show_json({**check_table(found), "chain": str(chain), "notice": NOT_ADVICE})
    else:
        typer.echo(check_told(found))


def _rules(file: Path | None) -> CondorRules:
    from hedgerow.api.condor import load_condor
    from hedgerow.shortvol.condor import CondorRules

    return CondorRules() if file is None else load_condor(file)
