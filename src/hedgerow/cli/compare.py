"""``compare``: many policies side by side, and which of them are efficient."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hedgerow.cli.gate import Gate, Strict, Threshold, ask, close
from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import Beta, Data, From, NoCosts, Share, Size, Split, To, Value


@told
def compare(
    policies: Annotated[
        list[str],
        typer.Argument(
            metavar="POLICY...",
            help="Policy files, or rules with the usual overlays: linear, linear@option-a.",
        ),
    ],
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SLEEVE",
            help="As for backtest. May be given several times: each policy with each sleeve.",
            show_default="put",
        ),
    ] = None,
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    split: Split = "50/50",
    protection: Annotated[
        Literal["drawdown", "her", "tail"],
        typer.Option(
            help="Points taken off the deepest fall, part of crisis losses given back, or points "
            "taken off the mean of the worst 5 % of months. See docs/choosing.md.",
        ),
    ] = "drawdown",
    no_costs: NoCosts = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with picture and tables.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Write the picture alone, as SVG.")
    ] = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Compare policies: what each gave up, what it protected, and whether less equity did as well.

    All run over the same bars; the numbers are those of the test part. A fixed hedge, no hedge and
    holding less equity stand beside them.
    """
    from hedgerow import api, config
    from hedgerow.api import choosing
    from hedgerow.policies.files import named

    asked = ask(gate=gate, strict=strict, threshold=threshold)
    made = [named(text) for text in policies]
    order = config.run(
        made[0],
        sleeves=sleeve or ["put"],
        size=size,
        source=data,
        start=start,
        end=end,
        split=split,
        value=portfolio,
        beta=beta,
        equity_share=equity_share,
        with_costs=not no_costs,
    )
    for file in (report, picture):
        if file is not None:
            writable(file)
    note(f"Loading {order.source} …")
    found = choosing.compare(
        made,
        api.load(order.source),
        order.sleeves,
        portfolio=order.portfolio,
        costs=order.costs,
        start=order.start,
        end=order.end,
        split=order.split,
        protection=protection,
        source=order.source,
        progress=lambda name: note(f"Running {name} …"),
    )
    asked.judge(found)
    if report is not None:
        found.report(report)
    if picture is not None:
        found.picture(picture)
    files = {"report": report, "picture": picture}
    answer(str(found), found.to_dict() if as_json else {}, files, as_json=as_json)
    if asked.gate:
        close(found.verdicts.values(), strict=strict)
