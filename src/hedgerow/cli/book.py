"""``book new``, ``show``, ``runs``, ``settings``, ``backup``, ``restore``, ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, Run, fresh, note, show_json, told
from hedgerow.cli.users import Book, operator, record, store_of
from hedgerow.report.formats import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hedgerow.live.keeping.copying import Chain

app = typer.Typer(help="Keep a running book: make, show, set, copy.", no_args_is_help=True)


@app.command()
@told
def new(
    book: Book,
    program: Annotated[Path, typer.Argument(metavar="PROGRAM.toml", help="What is traded.")],
    run: Annotated[str, typer.Option(metavar="NAME", help="Of the run.")] = "live",
    settings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The desk's, as of 'book settings'.", show_default="defaults"
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last session known before the run.", show_default="all"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Begin a run in a book, which is made where it lacks; history warms its signals up."""
    from hedgerow import api
    from hedgerow.cli.monitor import asked_of
    from hedgerow.config import date
    from hedgerow.engine.program_text import write
    from hedgerow.live.clock import wall
    from hedgerow.live.hours import closed
    from hedgerow.live.keeping.starter import starter
    from hedgerow.live.settings import Settings, load
    from hedgerow.live.store import Store, book_address

    book_address(book)  # refuses what is no place for one before the history is loaded
    terms = Settings() if settings is None else load(settings)
    traded = asked_of(program).on_desk(terms.prices)  # refuses what cannot be traded
    note(f"Loading {terms.source.history} …")
    now = wall()
    market = closed(api.load(terms.source.history, end=date(until, "--until")), now)
    store = Store(book)
    _no_run(store.books(), run, store.where)
    store.begin(run, write(traded), starter(terms), market, now)
    if as_json:
        show_json({"book": store.where, "run": run, "history_until": str(market.dates[-1])})
    else:
        typer.echo(f"{store.where}: run {run} begins after {market.dates[-1]}")


@app.command()
@told
def runs(book: Book, as_json: AsJson = False) -> None:
    """Name the runs of a book."""
    found = store_of(book).books()
    if as_json:
        show_json(found)
    else:
        typer.echo("\n".join(found) or "No run: begin one with 'hedgerow book new'.")


@app.command()
@told
def show(book: Book, run: Run = None, as_json: AsJson = False) -> None:
    """Check a book's pages and chains, and show what it is and how far it has come."""
    from hedgerow import __version__
    from hedgerow.live.keeping.copying import chains
    from hedgerow.live.keeping.overview import overview

    store = store_of(book)
    name = _the(run, store.books(), store.where)
    held = chains(store.place)
    found = {**overview(store, name, held), "hedgerow": __version__}
    if as_json:
        show_json(found)
        return
    differ = found["settings"] or {"as they come": ""}
    shown = {
        **found,
        "chains": f"{len(held)}, all hold",
        "settings": ", ".join(f"{key} = {value}".strip(" =") for key, value in differ.items()),
    }
    typer.echo(columns([[key.replace("_", " "), str(value)] for key, value in shown.items()]))
    typer.echo(_chains(held))


@app.command()
@told
def settings(
    book: Annotated[str | None, typer.Argument(metavar="BOOK", help="Show or set its own.")] = None,
    set_: Annotated[
        Path | None,
        typer.Option("--set", metavar="FILE", help="Give the book these.", show_default="show"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them to a new file.", show_default="print"),
    ] = None,
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Print a desk's settings, every key explained, or give a book others."""
    from hedgerow.engine.ledger.desk_events import Acted
    from hedgerow.errors import RangeError
    from hedgerow.live.clock import wall
    from hedgerow.live.keeping.starter import differences, starter
    from hedgerow.live.settings import Settings, load, parse

    if book is None:
        if set_ is not None:
            raise RangeError("no book is named", where="--set", mend="name it before the options")
        fresh(starter(), out, as_json=as_json)
        return
    store = store_of(book)
    name = _the(run, store.books(), store.where)
    kept = store.kept(name)
    before = parse(kept.settings, store.where) if kept else Settings()
    if set_ is None:
        fresh(starter(before), out, as_json=as_json)
        return
    after = load(set_)
    changed = differences(before, after)
    if changed:
        # Recorded first, then done: a crash between the two leaves a record, never a secret change.
        record(store, Acted(wall(), operator(), "settings changed", {"run": name, **changed}))
        store.settle(name, starter(after))
    if as_json:
        show_json({"run": name, "changed": changed})
        return
    rows = [[key, str(old), "→", str(new)] for key, (old, new) in changed.items()]
    typer.echo(columns(rows) if rows else "They are these already.")


@app.command()
@told
def backup(
    book: Book,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="An SQLite file, new.")],
    as_json: AsJson = False,
) -> None:
    """Copy a book, in use or not, into a new SQLite file, and check the copy."""
    from hedgerow.live.keeping.copying import backup as copy

    _told(copy(book, out), f"{out}: copied and checked", as_json=as_json)


@app.command()
@told
def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="What 'book backup' wrote.")],
    to: Annotated[
        str,
        typer.Argument(metavar="TO", help="A new SQLite file, or an empty PostgreSQL database."),
    ],
    as_json: AsJson = False,
) -> None:
    """Make a book of a copy, checked before and after."""
    from hedgerow.engine.ledger.opening import address_of
    from hedgerow.engine.ledger.sql import shown
    from hedgerow.live.keeping.copying import restore as make

    _told(make(backup, to), f"{shown(address_of(to))}: restored and checked", as_json=as_json)


@app.command()
@told
def export(
    book: Book,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder, new.")],
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Write a run to a folder of plain files: chains, program, settings, sessions."""
    from hedgerow.live.keeping.overview import export as write

    store = store_of(book)
    written = write(store, _the(run, store.books(), store.where), out)
    if as_json:
        show_json({"folder": str(out), "files": written})
    else:
        typer.echo(f"{out}: {', '.join(written)}")


def _the(run: str | None, runs: Sequence[str], where: str) -> str:
    from hedgerow.engine.ledger.sql import only
    from hedgerow.errors import LedgerError, nearest

    if run is None:
        return only(list(runs), where)
    if run not in runs:
        mend = nearest(run, runs) if runs else "begin it with 'hedgerow book new'"
        raise LedgerError(f"it has no run '{run}'", where=where, mend=mend)
    return run


def _no_run(runs: Sequence[str], run: str, where: str) -> None:
    from hedgerow.errors import LedgerError

    if run in runs:
        raise LedgerError(
            f"it has a run '{run}' already", where=where, mend="name another with --run"
        )


def _told(chains: Sequence[Chain], sentence: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"chains": [chain._asdict() for chain in chains]})
    else:
        typer.echo(f"{sentence}\n{_chains(chains)}")


def _chains(chains: Sequence[Chain]) -> str:
    rows: list[list[Any]] = [
        [chain.name, f"{chain.records:,} records", f"head {chain.hash}"] for chain in chains
    ]
    return columns(rows, right=[1]) if rows else "No chain in it yet."
