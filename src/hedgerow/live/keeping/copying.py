"""Copies of a book: made while it is in use, verified, whole or not at all, never over another.

A copy is an SQLite file, also of a book in PostgreSQL, and can be restored as either.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hedgerow.engine.ledger import migrations
from hedgerow.engine.ledger.chain import Record, verify
from hedgerow.engine.ledger.migrations import RECORDS, RUNS, migrate, version
from hedgerow.engine.ledger.opening import address_of
from hedgerow.engine.ledger.sql import engine_of, shown
from hedgerow.engine.ledger.trouble import damaged, in_words
from hedgerow.errors import LedgerError
from hedgerow.files import not_written
from hedgerow.live import tables
from hedgerow.live.store import Store, check_sessions, history_of
from hedgerow.live.tables import ATTEMPTS, BOOKS, LOGINS

_ROWS = 1_000
_FAMILIES = ((migrations.VERSION, migrations), (tables.VERSION, tables))
"""Tables of ledgers and of books: what holds their version, and what makes them."""


class Chain(NamedTuple):
    """A chain that holds."""

    name: str
    records: int
    hash: str
    """Of its last record."""


def chains(place: str | Path) -> list[Chain]:
    """Check a book's pages, chains, histories and accepted sessions; return its chains by name.

    Parameters
    ----------
    place
        Path of an SQLite file, or a URL ``postgresql://…``; a copy will do.

    Raises
    ------
    LedgerError
        If anything is damaged, or there is no book.
    """
    with _looking(address_of(place)) as connection:
        return _checked(connection, shown(address_of(place)))


def backup(place: str | Path, out: Path) -> list[Chain]:
    """Copy a book into an SQLite file, as it is at one moment; nobody who writes has to wait.

    Parameters
    ----------
    place
        Path of an SQLite file, or a URL ``postgresql://…``.
    out
        Where; nothing may be there.

    Returns
    -------
    list
        The chains of the copy, each checked.

    Raises
    ------
    LedgerError
        If the book is damaged or of a newer Hedgerow, or the copy cannot be written: then there
        is none.
    """
    address = address_of(place)
    with _new_file(out) as part:
        if isinstance(address, Path):
            _take_pages(address, part)
        else:
            with _looking(address) as source, _writing(part) as target:
                _pour(source, target, shown(address))
            _close_log(part)
        return chains(part)


def restore(copy: Path, to: str | Path) -> list[Chain]:
    """Make a book of a copy; its tables are brought to the newest version.

    Who was signed in when the copy was made has to sign in again.

    Parameters
    ----------
    copy
        What :func:`backup` has written.
    to
        An SQLite file that is not there, or an empty PostgreSQL database.

    Returns
    -------
    list
        The chains of the book, each checked; they are those of the copy.

    Raises
    ------
    LedgerError
        If the copy is damaged or of a newer Hedgerow, or there is something already: then
        nothing is changed.
    """
    address, before = address_of(to), chains(copy)
    if isinstance(address, Path):
        with _new_file(address) as part:
            _take_pages(copy, part)
            _settle(part, before)
            _close_log(part)
    else:
        with _writing(address) as target:
            found = [name for name in _tables(target) if name.startswith("hedgerow_")]
            if found:
                raise LedgerError(
                    f"there is a book or a ledger in it already ({found[0]})",
                    where=shown(address),
                    mend="restore into an empty database",
                )
            with _looking(copy) as source:
                _pour(source, target, str(copy))
            _same(_checked(target, shown(address)), before, shown(address))
        _settle(address, before)
    return before


def _settle(place: Path | str, before: list[Chain]) -> None:
    """Bring what was restored up to date and check it once more."""
    store = Store(place)
    with store.changing() as connection:
        found = version(connection)
        if found:
            migrate(connection, found)
        for table in (LOGINS, ATTEMPTS):
            connection.execute(sa.delete(table))
    _same(chains(place), before, store.where)


def _same(found: list[Chain], before: list[Chain], where: str) -> None:
    if found != before:
        raise LedgerError("it is not what the copy was", where=where, mend="try again")


def _checked(connection: sa.Connection, where: str) -> list[Chain]:
    versions = _versions(connection, where)
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
        if said != ["ok"]:
            raise damaged(where)
    found: list[Chain] = []
    accepted: dict[str, dict[str, str]] = {}
    if versions[0]:
        runs = sa.select(RUNS.c.id, RUNS.c.name).order_by(RUNS.c.name)
        for run, name in connection.execute(runs):
            seen = accepted.setdefault(name, {})
            head = verify(_noted(_records(connection, run, where), seen))
            found.append(Chain(name, head.count, head.hash))
    if versions[1]:
        books = sa.select(BOOKS.c.run, BOOKS.c.history, BOOKS.c.digest)
        for row in connection.execute(books).all():
            history = history_of(row.history, row.digest, where)
            check_sessions(connection, row.run, history, accepted.get(f"{row.run}.desk", {}), where)
    return found


def _noted(records: Iterator[Record], accepted: dict[str, str]) -> Iterator[Record]:
    """Pass records on, and note the hash of each session that they accept."""
    for record in records:
        yield record  # what was refused by then is never read
        if '"received"' in record.text:
            event = json.loads(record.text)
            if event["kind"] == "received" and event["state"] == "accepted":
                accepted[event["session"]] = event["digest"]


def _records(connection: sa.Connection, run: int, where: str) -> Iterator[Record]:
    query = sa.select(RECORDS).where(RECORDS.c.run == run).order_by(RECORDS.c.number)
    for row in connection.execution_options(yield_per=_ROWS).execute(query):
        if not isinstance(row.number, int) or not isinstance(row.more, int):
            raise damaged(where)
        yield Record(row.number, row.more, str(row.event), str(row.hash))


def _versions(connection: sa.Connection, where: str) -> list[int]:
    """Return the versions of a ledger's tables and of a book's, 0 where there are none."""
    found = []
    for table, made in _FAMILIES:
        number = version(connection, table)
        if number is None:
            raise damaged(where)
        if number > len(made.MIGRATIONS):
            raise LedgerError("a newer Hedgerow made it", where=where, mend="upgrade Hedgerow")
        found.append(number)
    if not any(found):
        raise LedgerError("there is no book in it", where=where, mend="name another")
    return found


def _pour(source: sa.Connection, target: sa.Connection, where: str) -> None:
    """Copy every table of a book; those of the target are made first, of the same version."""
    for (table, made), number in zip(_FAMILIES, _versions(source, where), strict=True):
        if number:
            migrate(target, 0, made.MIGRATIONS[:number], table)
    meta = sa.MetaData()
    meta.reflect(target, only=lambda name, _: name.startswith("hedgerow_"))
    for table in meta.sorted_tables:
        if table.name in (family.name for family, _ in _FAMILIES):
            continue
        plain = sa.table(table.name, *(sa.column(column.name) for column in table.columns))
        rows = source.execute(sa.select(plain)).mappings()
        for some in rows.partitions(_ROWS):
            target.execute(sa.insert(table), [dict(row) for row in some])
        for column in table.columns if target.dialect.name == "postgresql" else ():
            if column.name == "id" and isinstance(column.type, sa.Integer):
                target.exec_driver_sql(  # what a server counts up goes on after what was copied
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) "
                    f"FROM {table.name} HAVING max(id) IS NOT NULL"
                )


def _tables(connection: sa.Connection) -> list[str]:
    return sorted(sa.inspect(connection).get_table_names())


@contextmanager
def _looking(place: Path | str) -> Iterator[sa.Connection]:
    """Open a transaction that sees a place as it is at one moment."""
    with _telling(shown(place)), engine_of(place, writing=False).connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def _writing(place: Path | str) -> Iterator[sa.Connection]:
    with _telling(shown(place)), engine_of(place, writing=True).begin() as connection:
        yield connection


@contextmanager
def _telling(where: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise in_words(error, where).error from None
    except sqlite3.Error as error:
        raise in_words(DBAPIError("", (), error), where).error from None
    except UnicodeDecodeError:  # SQLite's own complaint quotes damage that is no text
        raise damaged(where) from None


def _take_pages(source: Path, part: Path) -> None:
    """Copy an SQLite file page by page, the newest of its log included, at one moment."""
    with _telling(str(source)):
        opened = engine_of(source, writing=False).raw_connection()
        try:
            raw = opened.driver_connection
            if not isinstance(raw, sqlite3.Connection):  # pragma: no cover - as engine_of makes it
                raise TypeError(type(raw).__name__)
            with closing(sqlite3.connect(part)) as target:
                raw.backup(target)
        finally:
            opened.close()
    _close_log(part)


def _close_log(part: Path) -> None:
    """Let an SQLite file be one file, without a log beside it."""
    with _telling(str(part)), closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def _new_file(out: Path) -> Iterator[Path]:
    """Give a file to write; it gets its name when all is well, and is gone when not."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    _refuse_old(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # hashes are in it
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        _name(part, out)
    except OSError as error:
        raise not_written(LedgerError, "the copy", out, error) from None
    finally:
        for rest in ("", "-wal", "-shm", "-journal", ".lock"):
            with suppress(OSError):
                part.with_name(part.name + rest).unlink()


def _name(part: Path, out: Path) -> None:
    try:
        os.link(part, out)  # unlike a renaming, it puts nothing over what came meanwhile
    except FileExistsError:
        raise _there(out) from None
    except OSError:  # a file system without links
        _refuse_old(out)
        part.replace(out)


def _refuse_old(out: Path) -> None:
    for rest in ("", "-wal", "-journal"):
        if out.with_name(out.name + rest).exists():
            raise _there(out.with_name(out.name + rest))


def _there(path: Path) -> LedgerError:
    return LedgerError(
        "there is something already", where=str(path), mend="name a file that is not there"
    )
