"""``rulebook list``, ``show``, ``run``: published indices and the source's rules, as programs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, show_json, told
from hedgerow.cli.runs import Data, From, Report, To
from hedgerow.cli.trade import Place
from hedgerow.report.formats import NOT_ADVICE, columns, percent

if TYPE_CHECKING:
    from hedgerow.engine.outcome import Outcome
    from hedgerow.engine.rulebook import Rulebook

app = typer.Typer(
    help="Published indices and the source's rules, as programs.", no_args_is_help=True
)

WIDTH = 96

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name, as `rulebook list` shows it.")]


@app.command("list")
@told
def list_(as_json: AsJson = False) -> None:
    """List the rulebooks that come with Hedgerow."""
    from hedgerow.engine.rulebook import every

    books = every()
    if as_json:
        show_json({"rulebooks": [book.as_dict() for book in books], "notice": NOT_ADVICE})
        return
    for published, heading in (
        (True, "Published indices"),
        (False, "Rules and worked examples of the source"),
    ):
        rows = [[book.name, book.title] for book in books if book.published is published]
        typer.echo(f"{heading}\n{textwrap.indent(columns(rows), '  ')}\n")
    typer.echo("hedgerow rulebook show NAME tells how each is read.")


@app.command()
@told
def show(
    name: Name,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print the file itself, to start from.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a rulebook does, where it was published, and what is done otherwise here."""
    from hedgerow.engine.rulebook import rulebook

    book = rulebook(name)
    if as_json:
        show_json(
            {**book.as_dict(), "program": book.table, "toml": book.text, "notice": NOT_ADVICE}
        )
        return
    if toml:
        typer.echo(book.text, nl=False)
        return
    table = book.table
    typer.echo(f"{book.title} ({book.name})\n\n{_wrapped(book.about)}\n")
    for line in table["lines"]:
        policy = table["policies"][line["policy"]]
        typer.echo(_wrapped(f"{line['name']}: {_said(line['sleeve'])}"))
        for entry in (*policy.get("signals", ()), *policy["steps"], *line.get("actions", ())):
            typer.echo(_wrapped(_said(entry), "    "))
    fills = "at the close that decides them" if book.published else "at the next close"
    costs = "with costs" if table["costs"] else "without costs"
    typer.echo(f"Orders are filled {fills}, {costs}.\n\nOtherwise than published, or not known:")
    for convention in book.conventions:
        typer.echo(_wrapped(convention, "  - "))
    typer.echo(f"\n{_wrapped(f'Source: {book.source}')}\n\n{NOT_ADVICE}")


@app.command()
@told
def run(
    name: Name,
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    monthly: Annotated[
        bool, typer.Option("--monthly", help="Print the return of every month.")
    ] = False,
    ledger: Place = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Run a rulebook over history, and print it as an index of 100 at the first close."""
    from hedgerow.cli.trade import play
    from hedgerow.engine.rulebook import rulebook
    from hedgerow.report.outcome import as_index, figures

    book = rulebook(name)
    made = play(book.program, data, start, end, ledger=ledger, report=report)
    index = as_index(made.outcome)
    if as_json:
        found = {**book.as_dict(), **figures(made.outcome), **index, "data": data}
        show_json({**found, "report": report and str(report), "notice": NOT_ADVICE})
        return
    typer.echo(f"{book.title}\n{made}")
    typer.echo(
        f"Index: {index['base']:g} at {index['dates'][0]}, {index['levels'][-1]:,.2f} at "
        f"{index['dates'][-1]}"
    )
    for said in _unpublished(book, made.outcome):
        typer.echo(said)
    if monthly:
        rows = [
            [month, percent(gain, 2)]
            for month, gain in zip(index["months"], index["monthly_returns"], strict=True)
        ]
        typer.echo(columns(rows, right=[1]))
    if report is not None:
        typer.echo(f"Report: {report}")


def _unpublished(book: Rulebook, outcome: Outcome) -> list[str]:
    """Return why a published index' level is not the one made here, where a model priced it."""
    modelled = [
        line.sleeve.kind
        for line in outcome.program.lines
        if outcome.notes[line.name]["modelled_share"] > 0.0
    ]
    if not book.published or not modelled:
        return []
    if all("future" in kind for kind in modelled):
        return ["Modelled futures prices: not the level that S&P publishes."]
    return ["Modelled option prices: not the level that Cboe publishes."]


def _wrapped(text: str, lead: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _said(entry: dict[str, Any]) -> str:
    """Return a table of a file in a line: its kind, then its fields."""
    return " ".join([entry["kind"], *(f"{k}={_plain(v)}" for k, v in entry.items() if k != "kind")])


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        ((kind, number),) = value.items()
        return f"{kind}:{number:g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)
