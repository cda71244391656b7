"""``data list``, ``check``, ``fetch``: where numbers come from and how good they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hedgerow.cli.output import MISTAKE, AsJson, complain, note, show_json, told
from hedgerow.report.formats import columns

app = typer.Typer(help="List, check and fetch market data.", no_args_is_help=True)


@app.command("list")
@told
def list_(as_json: AsJson = False) -> None:
    """List the sources that can be named with --data."""
    from hedgerow.data import describe_sources

    found = describe_sources()
    if as_json:
        rows = [
            {"name": s.name, "where": s.where, "what": s.what, "present": s.present} for s in found
        ]
        show_json({"sources": rows})
        return
    for source in found:
        typer.echo(f"{source.name:<8}  {source.what}\n{'':<8}  {source.where}")
    typer.echo(f"{'FOLDER':<8}  a folder of CSV or Parquet files as vendors leave them")


@app.command()
@told
def check(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="builtin, auto, or a folder.")
    ] = "builtin",
    as_json: AsJson = False,
) -> None:
    """Read data, and say what was found wrong and what was done about it."""
    from hedgerow.core.market import Origin
    from hedgerow.data import load

    note(f"Reading {source} …")
    loaded = load(source)
    market = loaded.market
    dates = market.dates
    rows: list[dict[str, Any]] = []
    for name in sorted(market.columns):
        shares = {kind.name.lower(): market.share(name, kind) for kind in Origin}
        rows.append({"name": name, "source": market.sources.get(name, ""), **shares})
    if as_json:
        show_json(
            {
                "source": source,
                "digest": market.digest(),
                "from": str(dates[0]),
                "to": str(dates[-1]),
                "sessions": len(market),
                "columns": rows,
                "quality": loaded.quality.as_dict(),
            }
        )
        return
    typer.echo(f"{source}: {dates[0]} … {dates[-1]}, {len(market):,} sessions\n")
    kinds = [kind.name.lower() for kind in Origin]
    table = [["column", *kinds]]
    table += [[row["name"], *(_share(row[kind]) for kind in kinds)] for row in rows]
    typer.echo(columns(table, right=range(1, len(kinds) + 1)))
    typer.echo("\nQuality report")
    typer.echo(loaded.quality.summary())


@app.command()
@told
def fetch(
    dest: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to; your own data folder by default."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A group (indices, spx, macro, futures) or a name; may be given several times.",
            show_default="everything",
        ),
    ] = None,
    url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=URL",
            help="Another address for cboe, cfe, cfe_archive, fred or spx; {name} is the series.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download the public files of Cboe, CFE and FRED; run again to go on or to update."""
    from hedgerow.data.fetch import fetch as download

    report = download(
        dest, base_urls=_addresses(url or []), names=only or None, progress=_progress()
    )
    if as_json:
        show_json({**report.as_dict(), "ok": report.ok})
    else:
        rows = [[file.name, file.status, file.path, file.message] for file in report.files]
        rows = [row for row in rows if row[1] != "absent"] or rows
        if rows:
            typer.echo(columns(rows))
        typer.echo(f"In {report.folder}; use it with --data auto" if dest is None else f"In {dest}")
    if not report.ok:
        for sentence in report.stopped:
            complain(sentence)
        complain(
            f"{report.count('failed')} of {len(report.files)} files could not be fetched. "
            "Mend: run the command again, it goes on where it stopped"
        )
        raise typer.Exit(MISTAKE)


def _addresses(given: list[str]) -> dict[str, str] | None:
    from hedgerow.errors import DataError

    made = {}
    for text in given:
        key, equals, address = text.partition("=")
        if not equals or not address:
            raise DataError(
                f"'{text}' is not an address", where="--url", mend="write KEY=URL, such as cboe=…"
            )
        made[key.strip()] = address.strip()
    return made or None


def _progress() -> Any:
    last = ""

    def tell(progress: Any) -> None:
        nonlocal last
        if progress.name != last:
            last = progress.name
            note(f"[{progress.number}/{progress.files}] {progress.name}")

    return tell


def _share(value: float) -> str:
    return "" if value == 0.0 else f"{value:.0%}" if value >= 0.01 else "<1%"
