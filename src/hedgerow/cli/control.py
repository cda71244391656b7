"""``control``: solve for the no-trade band of a hedge, compare it, and write it as a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, note, show_json, told, writable
from hedgerow.cli.runs import Data, From, To


@told
def control(
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[
        str,
        typer.Option(
            metavar="SLEEVE", help="Whose carry and trading cost count; see docs/sleeves.md."
        ),
    ] = "put",
    carry: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Cost of intensity 1 at VIX 20, a share of NAV a year.",
            show_default="the sleeve's",
        ),
    ] = None,
    cost: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Cost of changing the intensity by 1 at VIX 20, a share of NAV.",
            show_default="the sleeve's",
        ),
    ] = None,
    loss: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="What a unit of crash loss counts in units of cost.",
            show_default="what makes intensity 1 best on average",
        ),
    ] = None,
    regime: Annotated[
        str,
        typer.Option(
            metavar="SIGNAL", help="Name of the signal that tells the regime, such as rv20."
        ),
    ] = "vix_ma20",
    threshold: Annotated[
        float,
        typer.Option(metavar="NUMBER", help="The regime is high where its signal is over this."),
    ] = 20.0,
    floor: Annotated[float, typer.Option(metavar="X", help="Least intensity.")] = 0.2,
    cap: Annotated[float, typer.Option(metavar="X", help="Greatest intensity.")] = 2.0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the band as a policy file.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the band.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Solve for the no-trade band of a hedge, and compare it with rules that have a trigger.

    States of VIX and regime are counted on the data; a dynamic programme weighs carry, crash
    losses and trading costs. The band is judged on simulated paths and on later sessions.
    """
    from hedgerow import config
    from hedgerow.api import load
    from hedgerow.api.control import control as solve
    from hedgerow.instruments.catalog import parse_sleeve
    from hedgerow.policies.files import fresh, write

    first, last = config.date(start, "--from"), config.date(end, "--to")
    place = writable(picture) if picture else None
    if out:
        writable(fresh(out, force=force))
    hedge = parse_sleeve(sleeve)
    note(f"Reading {data} …")
    found = solve(
        load(data, start=first, end=last),
        hedge,
        carry=carry,
        cost=cost,
        loss=loss,
        by=regime,
        split=threshold,
        floor=floor,
        cap=cap,
    )
    file = write(found.policy, out, force=force) if out else None
    if place:
        found.picture(place)
    if as_json:
        written = {"file": file and str(file), "picture": picture and str(picture)}
        show_json({**found.to_dict(), **written})
        return
    typer.echo(str(found))
    if file:
        typer.echo(f"Wrote {file}. Try: hedgerow backtest {file}")
    if picture:
        typer.echo(f"Picture: {picture}")
