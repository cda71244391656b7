"""``alvh state``, ``explain``, ``new``, ``program``, ``diagram``: the layered VIX hedge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import AsJson, answer, fresh, note, save_picture, told, writable
from hedgerow.cli.runs import Data

if TYPE_CHECKING:
    from hedgerow.core.market import Market
    from hedgerow.shortvol.layered.rules import LayeredRules

app = typer.Typer(
    help="The layered VIX hedge (ALVH) of a short-volatility book.", no_args_is_help=True
)

Rules = Annotated[
    Path | None,
    typer.Argument(
        metavar="RULES.toml",
        help="The rules, as `alvh new` writes them.",
        show_default="the defaults",
    ),
]

Book = Annotated[
    Path | None,
    typer.Option(
        "--condor",
        metavar="RULES.toml",
        help="The rules of the condors, as `condor new` writes them, or a program file with "
        'lines of role = "book".',
        show_default="the defaults",
    ),
]


def rules_of(file: Path | None) -> LayeredRules:
    """Return the rules of a file, or the defaults.

    Raises
    ------
    PolicyError
        If the file is missing or wrong; names file and field.
    """
    from hedgerow.shortvol.layered.rules import LayeredRules

    return LayeredRules() if file is None else LayeredRules.from_file(file)


@app.command()
@told
def state(
    rules: Rules = None,
    *,
    data: Data = "builtin",
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help="Date, YYYY-MM-DD.", show_default="the last session"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell where the hedge stands: state, target, what holds, what lacks, what comes next."""
    from hedgerow.api.alvh import alvh_state

    made = rules_of(rules)
    found = alvh_state(_market(data), made, on)
    answer(str(found), found.to_dict(), {}, as_json=as_json)


@app.command()
@told
def explain(
    date: Annotated[str, typer.Argument(metavar="DATE", help="Session to explain, YYYY-MM-DD.")],
    rules: Rules = None,
    *,
    data: Data = "builtin",
    as_json: AsJson = False,
) -> None:
    """Tell by which transitions, with which numbers, the hedge came to its state of a date."""
    from hedgerow.api.alvh import alvh_explain

    made = rules_of(rules)
    found = alvh_explain(_market(data), date, made)
    answer(str(found), found.to_dict(), {}, as_json=as_json)


@app.command()
@told
def new(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the rules with their defaults, every parameter, to start from."""
    from hedgerow.shortvol.layered.rules import LayeredRules

    fresh(LayeredRules().to_toml(), out, as_json=as_json)


@app.command()
@told
def program(
    rules: Rules = None,
    *,
    condor: Book = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a book of condors and its layers as one program, to trade and to run."""
    from dataclasses import replace

    from hedgerow.api import hedging
    from hedgerow.engine.program_text import write
    from hedgerow.shortvol.condor import CondorRules
    from hedgerow.shortvol.condor import program as sell
    from hedgerow.shortvol.layered.rules import LayeredRules, lines

    book = sell(CondorRules()) if condor is None else hedging.load_book(condor)
    layers = lines(LayeredRules()) if rules is None else hedging.load_layers(rules)
    made = replace(book, lines=[*book.lines, *layers], title="Condors and their layered hedge")
    fresh(write(made, brief=True), out, as_json=as_json, what="the program")


@app.command()
@told
def diagram(
    save: Annotated[Path, typer.Option("--save", metavar="FILE", help="Where the SVG goes.")],
    as_json: AsJson = False,
) -> None:
    """Draw the states and the named reasons between them, from the code itself."""
    from hedgerow.report.states import diagram as drawn

    save_picture(writable(save), drawn())
    answer("States and reasons drawn.", {}, {"picture": save}, as_json=as_json)


def _market(data: str) -> Market:
    from hedgerow import api

    note(f"Loading {data} …")
    return api.load(data)
