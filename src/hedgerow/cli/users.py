"""``users add``, ``list``, ``role``, ``disable``, ``enable``, ``password``: who may do what."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import AsJson, show_json, told
from hedgerow.report.formats import columns

if TYPE_CHECKING:
    from hedgerow.engine.ledger.desk_events import Acted
    from hedgerow.live.keeping.users import Users
    from hedgerow.live.store import Store

app = typer.Typer(help="Say who may look, approve and administer.", no_args_is_help=True)

SECRET = "HEDGEROW_PASSWORD"

Book = Annotated[
    str, typer.Argument(metavar="BOOK", help="An SQLite file, or postgresql://user@host/database.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the user.")]
Role = Annotated[str, typer.Option(metavar="ROLE", help="view, approve or admin.")]
FromStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help=f"Read the password from stdin, not from ${SECRET} or the keyboard.",
    ),
]


@app.command()
@told
def add(
    book: Book,
    name: Name,
    role: Role = "view",
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add a user; the password is asked for and not shown."""
    users = _users(book)
    event = users.add(name, _password(stdin=password_stdin), role, operator())
    _done(users, event, as_json=as_json)


@app.command("list")
@told
def list_(book: Book, as_json: AsJson = False) -> None:
    """Show the users of a book."""
    from hedgerow.engine.ledger.coding import clock

    found = _users(book).list()
    rows = [
        [user.name, user.role, "disabled" if user.disabled else "", clock(user.made)[:10]]
        for user in found
    ]
    if as_json:
        keys = ("name", "role", "disabled", "made")
        show_json([dict(zip(keys, [*row[:2], bool(row[2]), row[3]], strict=True)) for row in rows])
    else:
        typer.echo(columns(rows) if rows else "No user: only this machine may look, and do all.")


@app.command()
@told
def role(
    book: Book,
    name: Name,
    to: Annotated[str, typer.Argument(metavar="ROLE", help="view, approve or admin.")],
    as_json: AsJson = False,
) -> None:
    """Let a user do more or less, and end the user's sessions."""
    users = _users(book)
    _done(users, users.set_role(name, to, operator()), as_json=as_json)


@app.command()
@told
def disable(book: Book, name: Name, as_json: AsJson = False) -> None:
    """Shut the door to a user, and end the user's sessions."""
    users = _users(book)
    _done(users, users.disable(name, operator()), as_json=as_json)


@app.command()
@told
def enable(book: Book, name: Name, as_json: AsJson = False) -> None:
    """Open the door again to a user who was disabled."""
    users = _users(book)
    _done(users, users.disable(name, operator(), off=False), as_json=as_json)


@app.command()
@told
def password(
    book: Book, name: Name, password_stdin: FromStdin = False, as_json: AsJson = False
) -> None:
    """Give a user another password, and end the user's sessions."""
    users = _users(book)
    event = users.set_password(name, _password(stdin=password_stdin), operator())
    _done(users, event, as_json=as_json)


def operator() -> str:
    """Return who sits at the console, as the journal names it."""
    import getpass

    try:
        return f"{getpass.getuser()} at the console"
    except (KeyError, OSError):  # a container may run under a number without a name
        return "the console"


def store_of(book: str) -> Store:
    """Open a book that is there: a misspelt name must not make a new one.

    Raises
    ------
    LedgerError
        If there is none.
    """
    from pathlib import Path

    from hedgerow.engine.ledger.opening import address_of
    from hedgerow.errors import LedgerError
    from hedgerow.live.store import Store

    address = address_of(book)
    if isinstance(address, Path) and not address.is_file():
        raise LedgerError(
            "there is no such book", where=book, mend="make it with 'hedgerow book new'"
        )
    return Store(book, new=False)


def record(store: Store, event: Acted) -> None:
    """Write what was done into the journal of every run of a book."""
    from hedgerow import __version__
    from hedgerow.live.journal import Journal

    for run in store.books():
        journal = Journal(store.place, run, version=__version__)
        try:
            journal.write(lambda _: [event])
        finally:
            journal.close()


def _users(book: str) -> Users:
    from hedgerow.live.keeping.users import Users

    return Users(store_of(book))


def _done(users: Users, event: Acted, *, as_json: bool) -> None:
    record(users.store, event)
    if as_json:
        show_json({"action": event.action, **event.facts})
    else:
        given = f" ({event.facts['role']})" if "role" in event.facts else ""
        typer.echo(f"{event.facts['user']}{given}: {event.action}.")


def _password(*, stdin: bool) -> str:
    from hedgerow.errors import AccessError

    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if SECRET in os.environ:
        return os.environ[SECRET]
    if not _asked_here():
        raise AccessError(
            "nobody is there to be asked",
            where="password",
            mend=f"give it with --password-stdin, or in ${SECRET}",
        )
    import getpass

    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise AccessError("the two differ", where="password", mend="type it again")
    return first


def _asked_here() -> bool:
    return sys.stdin.isatty()
