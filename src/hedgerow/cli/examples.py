"""``examples list``, ``examples run``: the source's worked examples, reproduced and measured."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, show_json, told, writable
from hedgerow.cli.runs import Data, Report
from hedgerow.report.formats import NOT_ADVICE

app = typer.Typer(
    help="The source's worked examples: arithmetic reproduced, performance measured.",
    no_args_is_help=True,
)


@app.command("list")
@told
def list_(as_json: AsJson = False) -> None:
    """List the worked examples."""
    from hedgerow.report import examples as shown

    if as_json:
        show_json({"examples": shown.listed(), "notice": NOT_ADVICE})
        return
    typer.echo(shown.list_text())


@app.command()
@told
def run(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="E1 … E5, several of them, or all.")
    ],
    *,
    data: Data = "builtin",
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Work examples out: each printed number, and the same rule on real data with costs."""
    from hedgerow import __version__, api
    from hedgerow.report import examples as shown
    from hedgerow.research.examples.catalog import EXAMPLES, example, work

    everything = any(name.lower() == "all" for name in names)
    wanted = list(EXAMPLES) if everything else [example(name).name for name in names]
    target = writable(report) if report else None
    note(f"Loading {data} …")
    market = api.load(data)
    found = []
    for name in dict.fromkeys(wanted):
        note(f"Working {name} out …")
        found.append(work(name, market))
    if target is not None:
        shown.write(found, target, version=__version__, source=data)
    text = "\n\n\n".join(shown.told(each) for each in found)
    rows = [shown.table(each) for each in found]
    table = {"examples": rows, "data": data, "notice": NOT_ADVICE}
    answer(text, table, {"report": report}, as_json=as_json)
