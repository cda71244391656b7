"""``trials list``, ``count``: what has been tried on which data."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, complain, show_json, told
from hedgerow.report.formats import DASH, columns

if TYPE_CHECKING:
    from hedgerow.research.overfit.register import Holding
    from hedgerow.research.overfit.trials import Group, Stretch

app = typer.Typer(help="List and count what has been tried on which data.", no_args_is_help=True)


@app.command("list")
@told
def show(
    last: Annotated[int, typer.Option(metavar="N", min=1, help="How many of the last runs.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the last runs of the trial register."""
    from hedgerow.research.overfit import register

    path, held = _register()
    runs = register.read_last(path, last)
    if as_json:
        show_json(
            {"register": str(path), "damaged": held.damaged, "runs": [asdict(one) for one in runs]}
        )
        return
    rows = [["when", "run", "policy", "from", "to", "trials", "Sharpe"]]
    for one in runs:
        ratio = f"{_yearly(one.mean):.2f}" if one.rated else DASH
        when = one.time.replace("T", " ")[:16]
        rows.append([when, one.kind, one.name, one.first, one.last, f"{one.lanes:,}", ratio])
    typer.echo(columns(rows, right=[5, 6]) if runs else f"{path}: nothing has been counted yet")


@app.command()
@told
def count(as_json: AsJson = False) -> None:
    """Count the trials on each source of data, and what the best of them shows by luck alone."""
    from hedgerow.research.overfit.sharpe import expected_best
    from hedgerow.research.overfit.trials import counted

    path, held = _register()
    sets: dict[str, dict[Stretch, Group]] = {}
    for stretch, group in held.groups.items():
        name = stretch.source or f"data {stretch.data[:12]}"
        sets.setdefault(name, {})[stretch] = group
    made: list[dict[str, Any]] = []
    for source, groups in sets.items():
        found = counted(groups.values())
        made.append(
            {
                "source": source,
                "from": min(stretch.first for stretch in groups),
                "to": max(stretch.last for stretch in groups),
                "runs": found.runs,
                "trials": found.trials,
                "mean_sharpe": _yearly(found.mean),
                "best_by_luck": _yearly(expected_best(found.trials, found.variance)),
            }
        )
    if as_json:
        show_json({"register": str(path), "damaged": held.damaged, "sources": made})
        return
    if not made:
        typer.echo(f"{path}: nothing has been counted yet")
    for row in made:
        tried = f"{_many(row['trials'], 'trial')} in {_many(row['runs'], 'run')}"
        typer.echo(
            f"{row['source']}\n  {row['from']} … {row['to']}: {tried}, mean Sharpe over bills "
            f"{row['mean_sharpe']:.2f}, the best of them by luck alone {row['best_by_luck']:.2f}"
        )


def _register() -> tuple[Path, Holding]:
    """Return the register and what it holds; say on stderr which lines cannot be read."""
    from hedgerow.errors import RangeError
    from hedgerow.research.overfit import register

    path = register.place()
    if path is None:
        raise RangeError(
            "the trial register is switched off",
            where="HEDGEROW_TRIALS",
            mend="unset it, or name a file",
        )
    held = register.hold(path)
    if held.damaged:
        lines = ", ".join(str(number) for number in held.damaged)
        complain(f"{path}: cannot be read in line {lines}; what they counted is lost")
    return path, held


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _yearly(ratio: float) -> float:
    from hedgerow.research.performance import YEAR

    return ratio * float(YEAR**0.5)
