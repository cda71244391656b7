"""``search``: numbers found on the training part, judged on the part that they have not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.gate import Gate, Strict, Threshold, ask
from hedgerow.cli.output import AsJson, answer, bar_of_progress, note, told, writable
from hedgerow.cli.runs import Beta, Data, File, From, NoCosts, Report, Share, Size, Split, To, Value
from hedgerow.cli.walk import Carriage, Objective, OneSleeve, Protect


@told
def search(
    file: File,
    *,
    ranges: Annotated[
        list[str],
        typer.Option(
            "--range",
            metavar="KEY=LOW:HIGH",
            help="A number of the policy and what it may be: linear.low=8:18, or in steps "
            "linear.low=8:18:0.5. May be given several times.",
        ),
    ],
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Numbers to try.")] = 100,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed, the same end.")] = 0,
    seconds: Annotated[
        float | None, typer.Option(metavar="N", min=0.0, help="Stop after so long.")
    ] = None,
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
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the policy found, as TOML.")
    ] = None,
    report: Report = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Search a policy's numbers with optuna on the training part, and judge them on the test part.

    Each trial is counted in the register. Ctrl-C ends the search and keeps what is done. Needs
    optuna: pip install 'hedgerow[search]'.
    """
    from hedgerow import api, config
    from hedgerow.api import searching
    from hedgerow.files import save
    from hedgerow.research.tuning.axes import bounds

    order = config.run(
        file, sleeves=[sleeve], size=size, source=data, start=start, end=end, split=split,
        value=portfolio, beta=beta, equity_share=equity_share, with_costs=not no_costs,
    )  # fmt: skip
    asked = ask(gate=gate, strict=strict, threshold=threshold)
    space = bounds(ranges)
    for path in (report, out):
        if path is not None:
            writable(path)
    note(f"Loading {order.source} …")
    market = api.load(order.source)
    with bar_of_progress("Searching", trials) as progress:
        found = searching.search(
            order.policy, market, order.sleeves[0], space,
            trials=trials, objective=objective, protect=protect, seed=seed, seconds=seconds,
            split=order.split, portfolio=order.portfolio, costs=order.costs, start=order.start,
            end=order.end, carriage=carriage, source=order.source, progress=progress,
        )  # fmt: skip
    asked.judge(found)
    if report is not None:
        found.report(report)
    if out is not None:
        save(out, found.policy.to_toml(), "the policy")
    files = {"report": report, "out": out}
    answer(str(found), found.to_dict() if as_json else {}, files, as_json=as_json)
    asked.close(found)
