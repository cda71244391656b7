"""``stress``: a policy on many simulated paths, one of them again, or today's book under shocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.crews import Cluster, Workers
from hedgerow.cli.gate import Asking, Gate, Strict, Threshold, ask
from hedgerow.cli.output import (
    AsJson,
    above_zero,
    answer,
    bar_of_progress,
    note,
    told,
    writable,
)
from hedgerow.cli.runs import Beta, Data, File, NoCosts, Report, Share, Size, Value

if TYPE_CHECKING:
    from hedgerow.config import Run


@told
def stress(
    file: File,
    *,
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="regimes, bates, bootstrap, replay:2008 (or another stretch), flash, grind.",
        ),
    ] = "regimes",
    paths: Annotated[
        int | None,
        typer.Option(metavar="N", help="Paths.", show_default="1000; a replay is one"),
    ] = None,
    sessions: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Sessions of a path.", show_default="252; a replay has its own"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal paths.")] = 0,
    data: Data = "builtin",
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="Day whose state paths go on from.",
            show_default="the last of the data",
        ),
    ] = None,
    start_vix: Annotated[
        float | None,
        typer.Option(metavar="POINTS", help="VIX of that day, in place of the data's."),
    ] = None,
    sleeve: Annotated[str, typer.Option(metavar="SLEEVE", help="As for backtest.")] = "put",
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    no_costs: NoCosts = False,
    replay: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Show this path bar by bar instead of all of them."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="With --replay: write the path as data that --data reads."
        ),
    ] = None,
    book: Annotated[
        bool,
        typer.Option("--book", help="Shock today's book instead: index, VIX and time."),
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="With --replay or --book: draw it."),
    ] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    report: Report = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Stress a policy: many simulated paths from today on, the same ones for every rival.

    No hedge, the fixed hedge, the policy, a fixed hedge of equal cost, and less equity of equal
    expected shortfall; every number with its standard error. Option prices are modelled.
    """
    from hedgerow import api, config
    from hedgerow.api import stressing

    asked = ask(gate=gate, strict=strict, threshold=threshold)
    above_zero(paths, "--paths")
    above_zero(sessions, "--sessions")
    above_zero(start_vix, "--start-vix")
    _sorted_out(replay, save, picture, report, book=book, asked=asked)
    for place in (picture, report):
        if place is not None:
            writable(place)
    if save is not None:
        writable(save / "simulated-spx.csv")
    order = config.run(
        file,
        sleeves=[sleeve],
        size=size,
        source=data,
        start=start,
        value=portfolio,
        beta=beta,
        equity_share=equity_share,
        with_costs=not no_costs,
    )
    note(f"Loading {order.source} …")
    market = api.load(order.source)
    given = order.policy, market, order.sleeves[0]
    note(f"Fitting {model} …")
    if book:
        shocked = stressing.stress_book(
            *given,
            model=model,
            portfolio=order.portfolio,
            costs=order.costs,
            date=order.start,
            start_vix=start_vix,
        )
        if picture is not None:
            shocked.picture(picture)
        told_of = {**shocked.to_dict(), "data": order.source}
        answer(str(shocked), told_of, {"picture": picture}, as_json=as_json)
        return
    scene = stressing.scene(
        *given,
        model=model,
        paths=paths,
        sessions=sessions,
        seed=seed,
        portfolio=order.portfolio,
        costs=order.costs,
        start=order.start,
        start_vix=start_vix,
    )
    if replay is not None:
        one = scene.path(replay)
        if save is not None:
            one.save(save)
        if picture is not None:
            one.picture(picture)
        answer(str(one), one.to_dict(), {"folder": save, "picture": picture}, as_json=as_json)
        return
    with bar_of_progress("Stress", 2 * len(scene)) as progress:
        found = scene.play(workers=workers, cluster=cluster, progress=progress)
    asked.judge(found)
    if report is not None:
        found.report(report)
    table = _request(order, found.to_dict()) if as_json else {}
    answer(str(found), table, {"report": report}, as_json=as_json)
    asked.close(found)


def _request(order: Run, table: dict[str, object]) -> dict[str, object]:
    return {**table, "data": order.source, "costs": vars(order.costs)}


def _sorted_out(
    replay: int | None,
    save: Path | None,
    picture: Path | None,
    report: Path | None,
    *,
    book: bool,
    asked: Asking,
) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    RangeError
        If one is given without what it needs.
    """
    from hedgerow.errors import RangeError

    if (asked.gate or asked.terms is not None) and (book or replay is not None):
        raise RangeError(
            "the verdict is on all paths", where="--gate", mend="leave --book and --replay out"
        )
    if book and replay is not None:
        raise RangeError("one at a time", where="--book, --replay", mend="leave one of them out")
    if save is not None and replay is None:
        raise RangeError("no path to save", where="--save", mend="say which one with --replay N")
    if picture is not None and replay is None and not book:
        raise RangeError(
            "the picture of what?",
            where="--picture",
            mend="add --replay N or --book, or write the page with --report",
        )
    if report is not None and (book or replay is not None):
        raise RangeError(
            "the page is of all paths", where="--report", mend="leave --book and --replay out"
        )
