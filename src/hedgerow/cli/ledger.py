"""``ledger verify``, ``show``, ``replay``, ``export``: what a run left on record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, Run, show_json, told, writable
from hedgerow.report.formats import columns

if TYPE_CHECKING:
    from hedgerow.engine.ledger.store import Ledger

app = typer.Typer(help="Verify, show, replay and export ledgers.", no_args_is_help=True)

Place = Annotated[
    str, typer.Argument(metavar="LEDGER", help="An SQLite or .jsonl file, or postgresql://….")
]


@app.command()
@told
def verify(
    ledger: Place,
    run: Run = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="A hash noted before, that must be in it.", show_default="none"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the chain: every record, in its place, as it was written."""
    from hedgerow.engine.ledger import chain
    from hedgerow.errors import LedgerError

    with opened(ledger, run) as kept:
        if kept.torn:
            raise LedgerError(
                kept.torn, where=ledger, mend="continue the run: opening for writing cuts them off"
            )
        found = chain.verify(kept.read())
        if head is not None and all(record.hash != head for record in kept.read()):
            raise LedgerError(
                f"no record has the hash {head}",
                where=ledger,
                mend="records were taken away or written anew: restore it from a copy",
            )
        if as_json:
            show_json({"run": kept.name, "records": found.count, "hash": found.hash})
            return
        typer.echo(f"{kept.name}: {found.count:,} records, the chain holds\nhead {found.hash}")


@app.command()
@told
def show(
    ledger: Place,
    run: Run = None,
    last: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many of the last events.")
    ] = 20,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Only such: decided, filled, …", show_default="all"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show where a run stands, and its last events."""
    import json
    from collections import deque

    from hedgerow.engine.ledger import chain
    from hedgerow.engine.ledger.coding import clock
    from hedgerow.engine.ledger.replay import Standing, summary
    from hedgerow.engine.ledger.vocabulary import KINDS
    from hedgerow.errors import RangeError, nearest
    from hedgerow.report.ledger import sentence

    if kind is not None and kind not in KINDS:
        raise RangeError(f"'{kind}' is no event", where="--kind", mend=nearest(kind, KINDS))
    standing, latest = Standing(), deque[Any](maxlen=last)
    with opened(ledger, run) as kept:
        for record in chain.checked(kept.read()):
            event = standing.take(record)
            if kind in (None, event.kind):
                latest.append((record, event))
        shown = {**summary(standing), "torn": kept.torn}
    if as_json:
        rows = [
            {"record": record.number, "hash": record.hash, **json.loads(record.text)}
            for record, _ in latest
        ]
        show_json({**shown, "events": rows})
        return
    held = shown["positions"] or {"none": ""}
    shown["positions"] = ", ".join(f"{n} {name}".strip() for name, n in held.items())
    shown["open_orders"] = ", ".join(shown["open_orders"]) or "none"
    typer.echo(
        columns([[key.replace("_", " "), str(value)] for key, value in shown.items() if value])
    )
    if latest:
        typer.echo()
        table = [
            [str(record.number), clock(event.time)[:19], event.kind, sentence(event)]
            for record, event in latest
        ]
        typer.echo(columns(table, right=[0]))


@app.command()
@told
def replay(ledger: Place, run: Run = None, as_json: AsJson = False) -> None:
    """Do a run again: its book and every decision must come out as recorded, to the bit."""
    from hedgerow.engine.ledger import replay as again

    with opened(ledger, run) as kept:
        done = again.replay(kept)
    if as_json:
        show_json(
            {
                **again.summary(done.standing),
                "decisions": done.decisions,
                "left_out": dict(done.left_out),
            }
        )
        return
    typer.echo(
        f"{kept.name}: {done.standing.bars:,} bars and {done.decisions:,} decisions "
        f"came out as recorded\nhead {done.standing.head.hash}"
    )
    for line, why in done.left_out.items():
        typer.echo(f"The decisions of {line} were not made again: {why}")


@app.command()
@told
def export(
    ledger: Place,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .jsonl or .parquet file to write.")],
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Write a run's ledger to a file: JSON lines, which are a ledger again, or Parquet."""
    from hedgerow.engine.ledger.export import export as write

    with opened(ledger, run) as kept:
        count = write(kept, writable(out))
        if as_json:
            show_json({"run": kept.name, "records": count, "file": str(out)})
            return
    typer.echo(f"{out}: {count:,} records of {kept.name}")


def opened(place: str, run: str | None) -> Ledger:
    """Open a run's ledger for reading."""
    from hedgerow.engine.ledger.opening import open_ledger

    return open_ledger(place, run)
