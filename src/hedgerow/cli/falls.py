"""``falls``: the same fall in three days, in six months and in one day."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, bar_of_progress, note, told, writable
from hedgerow.cli.runs import From, NoCosts, Report, Size, To, Value


@told
def falls(
    policies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="POLICY...",
            help="Policy files, or rules with the usual overlays, as for compare.",
            show_default="the usual rules",
        ),
    ] = None,
    *,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="SOURCE",
            help="Let the falls follow these data, from their last session and its VIX on.",
            show_default="a made calm year at a VIX of 12, 17 and 25",
        ),
    ] = None,
    start: From = None,
    end: To = None,
    sleeve: Annotated[str, typer.Option(metavar="SLEEVE", help="As for backtest.")] = "put",
    size: Size = None,
    portfolio: Value = "10m",
    fall: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="flash, grind or 1987. May be given several times.",
            show_default="all",
        ),
    ] = None,
    no_costs: NoCosts = False,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Run hedges through a flash crash, a grind and a Black Monday, with a floor and without.

    Beside each stands a fixed hedge that costs as much in calm: what scaling is worth is the
    difference. Falls and prices are made.
    """
    from hedgerow import api, config
    from hedgerow.api.falling import falls as run
    from hedgerow.errors import RangeError
    from hedgerow.policies.catalog import demo
    from hedgerow.policies.files import named
    from hedgerow.research.falls import FALLS, LEVELS

    if data is None and (start or end):
        raise RangeError("dates of no data", where="--from, --to", mend="add --data SOURCE")
    chosen = [named(text) for text in policies] if policies else None
    order = config.run(
        chosen[0] if chosen else demo(),
        sleeves=[sleeve],
        size=size,
        source=data or "builtin",
        start=start,
        end=end,
        value=portfolio,
        with_costs=not no_costs,
    )
    target = writable(report) if report else None
    market = None
    if data is not None:
        note(f"Loading {data} …")
        market = api.load(data, start=order.start, end=order.end)
    names = fall or list(FALLS)
    length = len(names) * (1 if market else len(LEVELS))
    with bar_of_progress("Falling", length) as progress:
        made = run(
            chosen,
            order.sleeves[0],
            market=market,
            names=names,
            portfolio=order.portfolio,
            costs=order.costs,
            progress=progress,
        )
    if target is not None:
        made.report(target)
    answer(str(made), {**made.to_dict(), "data": data}, {"report": report}, as_json=as_json)
