"""``sweep``: many values of a policy's numbers, the best of them, and how much of it is luck."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hedgerow.cli.axes import Axis
from hedgerow.cli.crews import Cluster, Resume, Workers, kept_at
from hedgerow.cli.gate import Gate, Strict, Threshold, ask
from hedgerow.cli.output import AsJson, answer, bar_of_progress, note, told, writable
from hedgerow.cli.runs import Beta, Data, File, From, NoCosts, Share, Size, Split, To, Value

if TYPE_CHECKING:
    import pandas as pd

KINDS = (".parquet", ".csv")


@told
def sweep(
    file: File,
    *,
    axis: Axis = None,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[str, typer.Option(metavar="SLEEVE", help="As for backtest.")] = "put",
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    split: Split = "50/50",
    no_costs: NoCosts = False,
    best: Annotated[int, typer.Option(metavar="N", min=1, help="How many lanes to show.")] = 10,
    rank: Annotated[
        Literal["sharpe", "return", "cost", "drawdown"],
        typer.Option(help="What the best have: see docs/scaling.md."),
    ] = "sharpe",
    overfit: Annotated[
        bool,
        typer.Option(help="Tell how much of the best is the choice: PBO, deflated Sharpe."),
    ] = True,
    only_best: Annotated[
        bool,
        typer.Option(
            "--only-best", help="Keep the best lanes alone: for more lanes than memory holds."
        ),
    ] = False,
    workers: Workers = None,
    cluster: Cluster = None,
    resume: Resume = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write every lane of the train part: .parquet or .csv.",
            show_default=False,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the best lane as a policy.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the policy file.")] = False,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Run every combination of some of a policy's numbers, and show the best.

    The best are chosen by the train part; what they did in the test part stands beside. Every
    lane counts as a trial. Numbers are the same however many processes or machines share the work.
    """
    from hedgerow import config
    from hedgerow.api import load
    from hedgerow.api.sweeping import shortlist
    from hedgerow.policies.files import fresh, write
    from hedgerow.research.tuning.axes import axes

    asked = ask(gate=gate, strict=strict, threshold=threshold)
    varied = axes(_some(axis))
    order = config.run(
        file, sleeves=[sleeve], size=size, source=data, start=start, end=end, split=split,
        value=portfolio, beta=beta, equity_share=equity_share, with_costs=not no_costs,
    )  # fmt: skip
    if out is not None:
        _kind(out, only_best=only_best)
        writable(out)
    if save is not None:
        writable(fresh(save, force=force))
    note(f"Loading {order.source} …")
    market = load(order.source)
    lanes = math.prod(len(values) for values in varied.values())
    with kept_at(resume) as kept:
        with bar_of_progress(f"{lanes:,} lanes", lanes) as progress:
            found = shortlist(
                order.policy, market, order.sleeves[0], varied, best=best, rank=rank,
                only_best=only_best, split=order.split, portfolio=order.portfolio,
                costs=order.costs, start=order.start, end=order.end,
                workers=workers, cluster=cluster, keep=kept, progress=progress,
            )  # fmt: skip
        if overfit and lanes > 1 and not only_best:
            note("How much of the best is the choice …")
            found.overfit()
    if out is not None:
        _table(found.every_lane().table(), out)
    saved = write(found.policy(), save, force=force) if save else None
    files = {"table": out, "saved": saved}
    asked.judge(found)
    table = {**found.to_dict(), "request": order.to_dict()} if as_json else {}
    answer("" if as_json else str(found), table, files, as_json=as_json)
    asked.close(found)


def _some(texts: list[str] | None) -> list[str]:
    from hedgerow.errors import RangeError

    if not texts:
        raise RangeError(
            "no axis is given", where="--axis", mend="write --axis linear.low=10:16, or several"
        )
    return texts


def _kind(path: Path, *, only_best: bool) -> None:
    from hedgerow.errors import RangeError

    if only_best:
        raise RangeError(
            "only the best lanes are kept, so that no table of all can be written",
            where="--out",
            mend="leave --out or --only-best out",
        )
    if path.suffix not in KINDS:
        raise RangeError(
            "a table is written as .parquet or .csv",
            where=str(path),
            mend=f"name it {path.with_suffix('.parquet').name}",
        )


def _table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    from hedgerow.errors import RangeError
    from hedgerow.files import not_written, write_whole

    content = io.BytesIO()
    if path.suffix == ".csv":
        frame.to_csv(content, index_label="lane")
    else:
        frame.rename_axis("lane").to_parquet(content)
    try:
        write_whole(path, content.getvalue())
    except OSError as error:
        raise not_written(RangeError, "the table", path, error) from None
