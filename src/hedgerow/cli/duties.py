"""``duties`` and ``why``: what a run's desk does by the calendar, and why it decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hedgerow.cli.output import AsJson, Run, answer, show_json, told

if TYPE_CHECKING:
    from hedgerow.engine.ledger.store import Ledger
    from hedgerow.live.journal import Journal
    from hedgerow.live.store import Store

Book = Annotated[str, typer.Argument(metavar="BOOK", help="An SQLite file, or postgresql://….")]


@told
def duties(
    book: Book,
    session: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The last session that counts.", show_default="the last closed one"
        ),
    ] = None,
    kind: Annotated[
        Literal["daily", "weekly", "monthly"] | None,
        typer.Option(help="Only these.", show_default="all"),
    ] = None,
    do: Annotated[bool, typer.Option("--do", help="Do what is due.")] = False,
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Show which daily, weekly and monthly duties are due or done, or do them."""
    from hedgerow.api.counting import count_walk
    from hedgerow.core.market import session_date
    from hedgerow.engine.ledger.coding import clock
    from hedgerow.live import settings
    from hedgerow.live.duties import doing
    from hedgerow.live.duties.calendar import KINDS
    from hedgerow.live.standing import Watch

    kinds = KINDS if kind is None else (kind,)
    day = None if session is None else str(session_date(session, "--session"))
    with opened(book, run) as (store, ledger, journal):
        kept = store.kept(journal.run)
        terms = settings.parse(kept.settings if kept is not None else "")
        watch = Watch(store, ledger, journal, journal.run)
        made = []
        if do:
            made = doing.do(
                journal, store, ledger, terms, day, journal.clock, watch=watch, kinds=kinds,
                counted=count_walk,
            )  # fmt: skip
        found = doing.agenda(watch, terms, day, kinds)
    rows = [
        {"duty": e.duty, "session": e.session, "time": clock(e.time), "text": e.text}
        for e in found.done
    ]
    text = "\n\n".join(
        f"{event.duty.capitalize()} duty of {event.session}\n{event.text}" for event in made
    )
    if not do:
        said = [f"{e['session']}  {e['duty']}  done {str(e['time'])[:19]}" for e in rows]
        said += [f"{each.session}  {each.kind}  due" for each in found.due]
        text = "\n".join(said)
    answer(
        text or "Nothing is due.",
        {
            "run": journal.run,
            "due": [each._asdict() for each in found.due],
            "done": rows,
            "now": [{"duty": e.duty, "session": e.session, "facts": e.facts} for e in made],
        },
        {},
        as_json=as_json,
    )


@told
def why(
    book: Book,
    date: Annotated[str, typer.Argument(metavar="DATE", help="A session, or the one before it.")],
    line: Annotated[
        str | None, typer.Option(metavar="NAME", help="The line.", show_default="the only one")
    ] = None,
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Replay a past decision of a book: what it saw, each step, what came of it."""
    from hedgerow.live.chronicle import Chronicle
    from hedgerow.live.why import why as ask
    from hedgerow.report.formats import NOT_ADVICE

    with opened(book, run) as (_, ledger, journal):
        found = ask(Chronicle(ledger), journal, date, line)
    if as_json:
        show_json({**found.to_dict(), "notice": NOT_ADVICE})
        return
    typer.echo(f"{found}\n{NOT_ADVICE}")


@contextmanager
def opened(book: str, run: str | None) -> Iterator[tuple[Store, Ledger, Journal]]:
    """Open a book: its store, a run's ledger for reading, and its journal.

    Raises
    ------
    LedgerError
        If there is no such book or run, or it has several and none is named.
    """
    from hedgerow.engine.ledger.opening import open_ledger, runs_in
    from hedgerow.errors import LedgerError, nearest
    from hedgerow.live.journal import Journal
    from hedgerow.live.store import Store

    runs_in(book)  # a file that is not there is not made
    store = Store(book, new=False)
    names = store.books()
    if run is None and len(names) == 1:
        run = names[0]
    if run is None or run not in names:
        said = f"there is no run '{run}' in it" if run else "it has several runs"
        raise LedgerError(
            said if names else "no run has begun in it",
            where=store.where,
            mend=nearest(run or "", names) if names else "begin one with 'hedgerow monitor'",
        )
    journal = Journal(book, run)
    try:
        with open_ledger(book, run) as ledger:
            yield store, ledger, journal
    finally:
        journal.close()
