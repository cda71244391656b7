"""``simulate``: other markets than the one that was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, above_zero, answer, note, told, writable
from hedgerow.cli.runs import Data, From, To

Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="regimes, bates or bootstrap, fitted to the data; replay:2008 (2010, 2015, 2018, "
        "2020, 2024); flash, grind or 1987, falls that are made.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="NUMBER", help="Equal seeds give equal paths.")]


@told
def simulate(
    *,
    model: Model = "regimes",
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    paths: Annotated[int, typer.Option(metavar="NUMBER", help="How many.")] = 100,
    sessions: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="How long each is.",
            show_default="252, or the whole replay",
        ),
    ] = None,
    seed: Seed = 0,
    vix: Annotated[
        float | None,
        typer.Option(metavar="POINTS", help="VIX at the start.", show_default="the data's last"),
    ] = None,
    fit_report: Annotated[
        bool,
        typer.Option("--fit-report", help="Set the model's moments beside those of the data."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write a CSV for each path; --data FILE reads one."),
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all paths as one Parquet file.")
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw a fan of index and VIX.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate markets: index, VIX, its curve and SKEW, from the last session of the data on."""
    from dataclasses import asdict, replace

    from hedgerow import api
    from hedgerow.api.simulating import draw
    from hedgerow.simulate.paths import Start

    above_zero(paths, "--paths")
    above_zero(sessions, "--sessions")
    above_zero(vix, "--vix")
    files = {name: writable(path) if path else None for name, path in (
        ("parquet", parquet), ("picture", picture))}  # fmt: skip
    if out is not None:
        writable(out / "simulated.csv")
    note(f"Loading {data} …")
    market = api.load(data, start=start, end=end)
    begin = Start.of(market)
    note(f"Simulating {model} …")
    made = draw(
        model,
        market,
        paths=paths,
        sessions=sessions,
        seed=seed,
        start=begin if vix is None else replace(begin, vix=vix, beside=()),
    )
    table = {**made.to_dict(), "data": data, "fit": None}
    text = [str(made)]
    if fit_report:
        fitted = made.fit()
        table["fit"] = {**asdict(fitted), "outside": list(fitted.outside)}
        text.append(str(fitted))
    if out is not None:
        made.csv(out)
    if files["parquet"]:
        made.parquet(files["parquet"])
    if files["picture"]:
        made.picture(files["picture"])
    answer("\n\n".join(text), table, {"folder": out, **files}, as_json=as_json)
