"""``readings``: every way in which a rule of the source can be read, on the same data."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, show_json, told, writable
from hedgerow.cli.runs import DEMO_SLEEVE, Data, From, Report, Size, To, Value
from hedgerow.report.formats import NOT_ADVICE


@told
def readings(
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="RULE",
            help="Kind of a rule or overlay, such as linear or persist; without it those that "
            "have several readings are listed.",
            show_default=False,
        ),
    ] = None,
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[str, typer.Option(metavar="SLEEVE", help="As for backtest.")] = DEMO_SLEEVE,
    size: Size = None,
    portfolio: Value = "10m",
    raw: Annotated[
        bool, typer.Option("--raw/--bounded", help="Leave out, or keep, floor 0.2 and cap 2.")
    ] = False,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Run all readings of a rule of the source on the same data and show what changes."""
    from hedgerow import api, config
    from hedgerow.api.source import readings as run
    from hedgerow.report import readings as shown
    from hedgerow.research.readings import around, variants

    if rule is None:
        if as_json:
            show_json({"rules": shown.listed(), "notice": NOT_ADVICE})
        else:
            typer.echo(shown.list_text())
        return
    first = around(variants(rule)[0].step, raw=raw)
    order = config.run(
        first, sleeves=[sleeve], size=size, source=data, start=start, end=end, value=portfolio
    )
    target = writable(report) if report else None
    note(f"Loading {order.source} …")
    market = api.load(order.source)
    note(f"Running the readings of {rule} …")
    made = run(
        rule,
        market,
        order.sleeves[0],
        portfolio=order.portfolio,
        costs=order.costs,
        start=order.start,
        end=order.end,
        raw=raw,
        source=order.source,
    )
    if target is not None:
        made.report(target)
    table = {**made.to_dict(), "source": order.source}
    answer(str(made), table, {"report": report}, as_json=as_json)
