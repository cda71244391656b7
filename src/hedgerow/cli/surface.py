"""``surface``: what becomes of a policy when its numbers are a little different."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.axes import Axis
from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import Beta, Data, File, From, NoCosts, Report, Share, Size, Split, To, Value
from hedgerow.cli.walk import Carriage, Objective, OneSleeve, Protect


@told
def surface(
    file: File,
    *,
    axis: Axis = None,
    objective: Objective = "sharpe",
    protect: Protect = 1.0,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: OneSleeve = "put",
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    split: Split = "50/50",
    no_costs: NoCosts = False,
    carriage: Carriage = "compiled",
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Write the heat maps, as SVG.")
    ] = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Show the surface around a policy's numbers: a plateau or a spike, in training and in test.

    Without --axis the policy's main numbers ±30 %; one or two axes have a picture. Each number is
    also changed alone. Every lane is counted as a trial on these data.
    """
    from hedgerow import api, config
    from hedgerow.api import searching
    from hedgerow.research.tuning.axes import axes

    order = config.run(
        file, sleeves=[sleeve], size=size, source=data, start=start, end=end, split=split,
        value=portfolio, beta=beta, equity_share=equity_share, with_costs=not no_costs,
    )  # fmt: skip
    around = axes(axis) if axis else None
    for path in (report, picture):
        if path is not None:
            writable(path)
    note(f"Loading {order.source} …")
    found = searching.surface(
        order.policy, api.load(order.source), order.sleeves[0], around,
        objective=objective, protect=protect, split=order.split, portfolio=order.portfolio,
        costs=order.costs, start=order.start, end=order.end, carriage=carriage, source=order.source,
    )  # fmt: skip
    if report is not None:
        found.report(report)
    if picture is not None:
        found.picture(picture)
    files = {"report": report, "picture": picture}
    answer(str(found), found.to_dict(), files, as_json=as_json)
