"""``orders list``, ``show``, ``approve``, ``decline``, ``halt``, ``resume``, ``diagram``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, Run, answer, save_picture, show_json, told, writable
from hedgerow.report.formats import columns

if TYPE_CHECKING:
    from hedgerow.live.blotter import Slip
    from hedgerow.live.journal import Journal

app = typer.Typer(
    help="Approve and decline the orders of a running hedge; halt it.", no_args_is_help=True
)

Book = Annotated[
    str, typer.Argument(metavar="BOOK", help="The book: an SQLite file, or postgresql://….")
]
Who = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who does it.", show_default="your login name"),
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept for good.")]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ORDER…", help="Ids, as `orders list` has them.")
]
Every = Annotated[bool, typer.Option("--all", help="All that wait for a word.")]


@app.command("list")
@told
def listed(
    book: Book,
    run: Run = None,
    ended: Annotated[
        bool, typer.Option("--ended", help="Those that nothing more will come of, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the orders that are open: legs, limit, how far they have come, time left."""
    from hedgerow.live.orders.wording import row

    with opened(book, run) as journal:
        now, blotter = journal.clock(), journal.blotter()
        rows = [row(slip, now) for slip in blotter.orders.values() if slip.open or ended]
        halted = blotter.halted
    if as_json:
        stop = None if halted is None else {"who": halted.who, "why": halted.why}
        show_json({"run": journal.run, "halted": stop, "orders": rows})
        return
    if halted is not None:
        typer.echo(f"HALTED by {halted.who}: {halted.why}")
    if not rows:
        typer.echo("No order is open.")
        return
    head = ["order", "line", "legs", "limit", "USD at mid", "stage", "left"]
    typer.echo(columns([head, *(_cells(each) for each in rows)], right=[3, 4]))
    for each in rows:
        for breach in each["breaches"]:
            typer.echo(f"{each['order']} cannot be approved: {breach}.")


@app.command()
@told
def show(
    book: Book,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Its id.")],
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened to an order, event by event, and the decision behind it."""
    import json

    from hedgerow.engine.ledger.coding import clock
    from hedgerow.errors import LedgerError, nearest
    from hedgerow.live.orders.wording import row
    from hedgerow.report.ledger import sentence

    with opened(book, run) as journal:
        orders = journal.blotter().orders
        if order not in orders:
            raise LedgerError(
                "there is no such order", where=order, mend=nearest(order, orders or ["none"])
            )
        told_of = row(orders[order], journal.clock())
        records = [
            record for record in journal.records() if getattr(record.event, "order", None) == order
        ]
        behind = _behind(book, journal.run, order)
        told_of["unbooked"] = _unbooked(book, journal.run, orders[order])
    if as_json:
        history = [{"record": r.number, **json.loads(r.text)} for r in records]
        decision = [json.loads(record.text) for record in behind]
        facts = dict(orders[order].proposed.facts)
        show_json({**told_of, "facts": facts, "history": history, "decision": decision})
        return
    told_of["breaches"] = "; ".join(told_of["breaches"])
    del told_of["minutes_left"]
    shown = [
        [key, f"{value:,.6g}" if isinstance(value, float) else str(value)]
        for key, value in told_of.items()
        if value not in (None, "", False)
    ]
    typer.echo(columns(shown))
    if told_of["unbooked"]:
        typer.echo(
            "\nUnbooked was filled after the run had ended the order: no session will count it. "
            "Trade it back at the broker by hand, once, so that it holds what the run holds; then "
            "'hedgerow orders resume'."
        )
    for title, found in (("What happened", records), ("The decision behind it", behind)):
        if found:
            lines = [[clock(r.event.time)[:19], r.event.kind, sentence(r.event)] for r in found]
            typer.echo(f"\n{title} (UTC)\n{columns(lines)}")
    for record in behind:
        for name in ("signals", "trace"):
            values = getattr(record.event, name, None)
            if values:
                listed = ", ".join(f"{key} {value:.6g}" for key, value in values.items())
                typer.echo(f"{name}: {listed}")


@app.command()
@told
def approve(
    book: Book,
    orders: Ids = None,
    every: Every = False,
    reason: Reason = "",
    who: Who = None,
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Let orders go to the broker: all that are named, or none of them."""
    from hedgerow.live.orders import desk

    with opened(book, run) as journal:
        names = _named(journal, orders, every=every, breached=False)
        desk.approve(journal, names, who or desk.person(), reason)
    _said("approved", names, as_json=as_json)


@app.command()
@told
def decline(
    book: Book,
    orders: Ids = None,
    every: Every = False,
    reason: Reason = "",
    who: Who = None,
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Do not let orders go, with the reason."""
    from hedgerow.live.orders import desk

    with opened(book, run) as journal:
        names = _named(journal, orders, every=every, breached=True)
        desk.decline(journal, names, who or desk.person(), reason)
    _said("declined", names, as_json=as_json)


@app.command()
@told
def halt(
    book: Book, reason: Reason = "", who: Who = None, run: Run = None, as_json: AsJson = False
) -> None:
    """Pull the kill switch: nothing is sent, and what works at the broker is cancelled."""
    from hedgerow.live.orders import desk

    with opened(book, run) as journal:
        desk.halt(journal, who or desk.person(), reason)
    answer("Halted. Nothing is sent until it is resumed.", {"halted": True}, {}, as_json=as_json)


@app.command()
@told
def resume(
    book: Book, reason: Reason = "", who: Who = None, run: Run = None, as_json: AsJson = False
) -> None:
    """Lift the kill switch."""
    from hedgerow.live.orders import desk

    with opened(book, run) as journal:
        desk.resume(journal, who or desk.person(), reason)
    answer("Resumed.", {"halted": False}, {}, as_json=as_json)


@app.command()
@told
def diagram(
    save: Annotated[Path, typer.Option("--save", metavar="FILE", help="Where the SVG goes.")],
    as_json: AsJson = False,
) -> None:
    """Draw the stages of an order and the events between them, from the code itself."""
    from hedgerow.live.orders.picture import diagram as drawn

    save_picture(writable(save), drawn())
    answer("Stages and events drawn.", {}, {"picture": save}, as_json=as_json)


@contextmanager
def opened(book: str, run: str | None) -> Iterator[Journal]:
    """Open the journal of a book's run, which others may be writing to."""
    from hedgerow.engine.ledger.opening import address_of, runs_in
    from hedgerow.engine.ledger.sql import only, shown
    from hedgerow.errors import LedgerError, nearest
    from hedgerow.live.journal import Journal

    ending, where = ".desk", shown(address_of(book))
    desks = [name.removesuffix(ending) for name in runs_in(book) if name.endswith(ending)]
    if not desks:
        raise LedgerError(
            "no run of it has a desk",
            where=where,
            mend="name a book that 'hedgerow monitor' has begun",
        )
    if run is not None and run not in desks:
        raise LedgerError(f"it has no run '{run}'", where="--run", mend=nearest(run, desks))
    journal = Journal(book, run or only(desks, where))
    try:
        yield journal
    finally:
        journal.close()


def _named(journal: Journal, orders: list[str] | None, *, every: bool, breached: bool) -> list[str]:
    """Return the ids that are meant; all are those that wait, with ``breached`` limits or not."""
    from hedgerow.errors import RangeError

    if bool(orders) == every:
        raise RangeError(
            "both ids and --all" if every else "no order is named",
            where="orders",
            mend="give their ids, or --all",
        )
    if not every:
        return list(orders or ())
    waiting = [
        slip.proposed.order
        for slip in journal.blotter().open_orders("proposed")
        if breached or not slip.proposed.facts["breaches"]
    ]
    if not waiting:
        raise RangeError("nothing waits for approval", where="--all", mend="look at orders list")
    return waiting


def _behind(book: str, run: str, order: str) -> list[Any]:
    """Return the records of the bar and line that made an order, from the run's ledger."""
    from hedgerow.engine.ledger.events import Decided, Ordered, Planned
    from hedgerow.engine.ledger.opening import open_ledger, runs_in

    if run not in runs_in(book):
        return []
    with open_ledger(book, run) as ledger:
        records = [
            record
            for record in ledger.read()
            if isinstance(record.event, Decided | Planned | Ordered)
        ]
    found = (record.event for record in records)
    made = next((e for e in found if isinstance(e, Ordered) and e.order == order), None)
    if made is None:
        return []
    return [
        record
        for record in records
        if (record.event.time, getattr(record.event, "line", "")) == (made.time, made.line)
        and getattr(record.event, "order", order) == order
    ]


def _unbooked(book: str, run: str, slip: Slip) -> str:
    """Return in words what a broker filled of an order after the run had ended it."""
    from hedgerow.engine.ledger.events import Cancelled, Filled
    from hedgerow.engine.ledger.opening import open_ledger, runs_in
    from hedgerow.live.fills import unbooked
    from hedgerow.live.orders.wording import in_words

    if not slip.executions or run not in runs_in(book):
        return ""
    filled: dict[str, int] = {}
    ended = False
    with open_ledger(book, run) as ledger:
        for event in (record.event for record in ledger.read()):
            if isinstance(event, Filled) and event.order == slip.proposed.order:
                filled[event.contract] = filled.get(event.contract, 0) + event.quantity
            ended |= isinstance(event, Cancelled) and event.order == slip.proposed.order
    return in_words(unbooked(slip, filled)) if ended else ""


def _cells(each: dict[str, Any]) -> list[str]:
    left = each["minutes_left"]
    limit = each["type"] if each["limit"] is None else f"{each['limit']:,.6g}"
    worth = "" if each["notional"] is None else f"{each['notional']:,.0f}"
    time = "" if left is None else f"{left // 60} h {left % 60:02d} min" if left else "too late"
    stage = each["stage"] + (", urgent" if each["urgent"] else "")
    return [each["order"], each["line"], each["legs"], limit, worth, stage, time]


def _said(word: str, names: list[str], *, as_json: bool) -> None:
    answer(f"{', '.join(names)}: {word}.", {word: names}, {}, as_json=as_json)
