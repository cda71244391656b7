"""``walk``: a policy's numbers chosen again and again, judged on what came after."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hedgerow.cli.axes import Axis
from hedgerow.cli.gate import Gate, Strict, Threshold, ask
from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import (
    Beta,
    Data,
    File,
    From,
    NoCosts,
    Report,
    Share,
    Size,
    To,
    Value,
)

Objective = Annotated[
    Literal["sharpe", "saving", "her", "cost"],
    typer.Option(
        help="What the best numbers have most of: Sharpe over bills, saving of cost against the "
        "fixed hedge, crisis losses given back, or saving among those that protect enough."
    ),
]
Protect = Annotated[
    float,
    typer.Option(
        metavar="PART",
        help="Of --objective cost: part of the fixed hedge's protection against the deepest fall.",
    ),
]
Carriage = Annotated[
    Literal["compiled", "numpy"],
    typer.Option(help="How lanes are played; numpy needs no compiling, which short runs notice."),
]
OneSleeve = Annotated[str, typer.Option(metavar="SLEEVE", help="As for backtest, one of them.")]


@told
def walk(
    file: File,
    *,
    axis: Axis = None,
    train: Annotated[
        str, typer.Option(metavar="LENGTH", help="Training window: 5y, 18m or sessions.")
    ] = "5y",
    test: Annotated[str, typer.Option(metavar="LENGTH", help="Test window after it.")] = "1y",
    anchored: Annotated[
        bool, typer.Option("--anchored", help="Train from the first day on each time.")
    ] = False,
    embargo: Annotated[
        int,
        typer.Option(metavar="SESSIONS", min=0, help="Left out between the two, beyond the purge."),
    ] = 0,
    objective: Objective = "sharpe",
    protect: Protect = 1.0,
    groups: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Groups of the combinatorial cross-validation; 0 for none."
        ),
    ] = 8,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: OneSleeve = "put",
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    no_costs: NoCosts = False,
    carriage: Carriage = "compiled",
    report: Report = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Walk forward: choose the numbers on each training window, judge them on the one after it.

    Without --axis the policy's main numbers are tried 15 and 30 % around. Every lane is counted as
    a trial on these data.
    """
    from hedgerow import api, config
    from hedgerow.api import walking
    from hedgerow.research.tuning.axes import axes

    order = config.run(
        file, sleeves=[sleeve], size=size, source=data, start=start, end=end, value=portfolio,
        beta=beta, equity_share=equity_share, with_costs=not no_costs,
    )  # fmt: skip
    asked = ask(gate=gate, strict=strict, threshold=threshold)
    lanes = axes(axis) if axis else None
    if report is not None:
        writable(report)
    note(f"Loading {order.source} …")
    found = walking.walk(
        order.policy, api.load(order.source), order.sleeves[0], lanes,
        train=train, test=test, anchored=anchored, embargo=embargo, objective=objective,
        protect=protect, groups=groups, portfolio=order.portfolio, costs=order.costs,
        start=order.start, end=order.end, carriage=carriage, source=order.source, progress=note,
    )  # fmt: skip
    asked.judge(found)
    if report is not None:
        found.report(report)
    answer(str(found), found.to_dict() if as_json else {}, {"report": report}, as_json=as_json)
    asked.close(found)
