"""A ledger in SQLite (write-ahead log, synced) or PostgreSQL; several runs may share it.

A batch is one transaction.  A run has one writer: SQLite's holds a lock on a file beside the
database, PostgreSQL's an advisory lock that ends with its connection; and every append looks
whether the last record is still its own.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hedgerow.engine.ledger.chain import BEGIN_ONE, GENESIS, Head, Record
from hedgerow.engine.ledger.locks import lock, written_by_another
from hedgerow.engine.ledger.migrations import MIGRATIONS, RECORDS, RUNS, migrate, version
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.trouble import damaged, in_words
from hedgerow.errors import LedgerError, MissingExtraError, nearest

_PATIENCE = 5.0
"""Seconds that an append waits for a lock of the database."""

_ROWS = 1_000
"""Records fetched at a time."""


class SqlLedger(Ledger):
    """A run's ledger in a database.

    Parameters
    ----------
    place
        Path of an SQLite file, or a URL ``postgresql://…``.
    name
        Name of the run; for reading None takes the only one.
    writing
        Make or upgrade the tables, begin the run where it lacks, and take events.

    Raises
    ------
    LedgerError
        If the database cannot be reached, holds no ledger or no such run, is damaged, locked,
        or of a newer Hedgerow, or the run has another writer.
    MissingExtraError
        If PostgreSQL is asked for and psycopg is not installed.
    """

    alone = True
    """Whether a run has one writer."""

    def __init__(
        self, place: Path | str, name: str | None = None, *, writing: bool = False
    ) -> None:
        super().__init__(name or "")
        self._writable, self._lock = writing, cast("FileIO | None", None)
        self._where, self._batch = shown(place), range(1)
        self._connection: sa.Connection | None = None
        self._turn = threading.RLock()  # a connection is one thread's at a time
        try:
            if writing and self.alone and isinstance(place, Path):
                self._lock = lock(place.with_name(f"{place.name}.lock"), place)
            with _telling(self._where):
                self._connection = engine_of(place, writing=writing).connect()
                if writing and self.alone and not isinstance(place, Path):
                    _take_advisory_lock(self._connection, self.name, self._where)
                _check_pages(self._connection, self._where)
                self._run = self._find_run(name)
                with self._begun():
                    self.head = self._last()
        except BaseException:
            self.close()
            raise

    def read(self, after: int = 0) -> Iterator[Record]:
        """Return the records after number ``after``."""
        while True:
            with _telling(self._where), self._begun() as connection:
                found = self._after(after, connection, _ROWS)
            yield from found
            if len(found) < _ROWS:
                return
            after = found[-1].number

    def _after(
        self, after: int, connection: sa.Connection, most: int | None = None
    ) -> list[Record]:
        rows = RECORDS.c
        query = (
            sa.select(rows.number, rows.more, rows.event, rows.hash)
            .where(rows.run == self._run, rows.number > after)
            .order_by(rows.number)
            .limit(most)
        )
        return [_record(row, self._where) for row in connection.execute(query)]

    def close(self) -> None:
        """Give back connection and lock."""
        super().close()
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def _store(self, records: list[Record]) -> None:
        with self._changing() as connection:
            if self._last() != self.head:
                self._gone = "another process has written to the run"
                raise LedgerError(
                    f"{self._gone} since record {self.head.count}",
                    where=self._where,
                    mend="stop that process; a run has one writer",
                )
            self._insert(connection, records)

    def _insert(self, connection: sa.Connection, records: list[Record]) -> None:
        rows = [
            {
                "run": self._run,
                "number": record.number,
                "more": record.more,
                "event": record.text,
                "hash": record.hash,
            }
            for record in records
        ]
        self._batch = range(records[0].number, records[-1].number + 1)
        connection.execute(sa.insert(RECORDS), rows)

    @contextmanager
    def _changing(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes; say what is not known if it breaks at its end."""
        stage = "begin"
        try:
            with self._begun() as connection:
                yield connection
                stage = "commit"
        except SQLAlchemyError as error:
            trouble = in_words(error, self._where)
            if trouble.lost and self.alone:
                self._gone = "an append failed before"
            if trouble.lost and stage == "commit":
                raise LedgerError(
                    f"{trouble.what}; whether records {self._batch[0]} to {self._batch[-1]} "
                    "were stored is not known",
                    where=self._where,
                    mend="open the ledger again: it tells, and the run continues from there",
                ) from None
            raise trouble.error from None

    def _find_run(self, name: str | None) -> int:
        with self._begun() as connection:
            found = version(connection)
            if found is None:
                raise damaged(self._where)
            if found > len(MIGRATIONS):
                raise LedgerError(
                    f"a newer Hedgerow made it (tables of version {found}, this one knows up to "
                    f"{len(MIGRATIONS)})",
                    where=self._where,
                    mend="upgrade Hedgerow",
                )
            if found < len(MIGRATIONS):
                if not self._writable:
                    what = "there is no ledger in it" if not found else "its tables are old"
                    raise LedgerError(
                        what, where=self._where, mend="open it for writing once, or name another"
                    )
                migrate(connection, found)
            runs = _names(connection)
            if name is None:
                name = only(runs, self._where)
            if name not in runs:
                if not self._writable:
                    raise LedgerError(
                        f"it has no run '{name}'", where=self._where, mend=nearest(name, runs)
                    )
                connection.execute(sa.insert(RUNS).values(name=name))
            self.name = name
            made = sa.select(RUNS.c.id).where(RUNS.c.name == name)
            run = int(connection.execute(made).scalar_one())
        return run

    def _last(self) -> Head:
        rows = RECORDS.c
        query = (
            sa.select(rows.number, rows.hash)
            .where(rows.run == self._run)
            .order_by(rows.number.desc())
            .limit(1)
        )
        row = self._open().execute(query).first()
        if row and not isinstance(row.number, int):
            raise damaged(self._where)
        return Head(row.number, str(row.hash)) if row else GENESIS

    def _open(self) -> sa.Connection:
        if self._connection is None or self._connection.closed:
            raise LedgerError("it is closed", where=self._where, mend="open it again")
        return self._connection

    @contextmanager
    def _begun(self) -> Iterator[sa.Connection]:
        with self._turn:
            connection = self._open()
            if connection.in_transaction():  # what a query left open
                connection.rollback()
            with connection.begin():
                yield connection


def run_names(place: Path | str) -> list[str]:
    """Return the names of the runs in a database.

    Raises
    ------
    LedgerError
        If it cannot be read, or holds no ledger.
    """
    where = shown(place)
    with _telling(where), engine_of(place, writing=False).connect() as connection:
        return _names(connection) if version(connection) else []


def only(runs: list[str], where: str) -> str:
    """Return the name of the only run.

    Raises
    ------
    LedgerError
        If there is none, or more than one.
    """
    own = [name for name in runs if name.removesuffix(".desk") not in set(runs) - {name}]
    if len(own) == 1:  # the journal of a desk stands beside its run
        return own[0]
    what = f"it has {len(runs)} runs: {', '.join(sorted(runs))}" if runs else "no run is in it"
    raise LedgerError(what, where=where, mend="name the run with --run")


def shown(place: Path | str) -> str:
    """Return a place as it may be shown: without user and password.

    Examples
    --------
    >>> shown("postgresql://me:secret@localhost:5432/trades")
    'postgresql://localhost:5432/trades'
    """
    if isinstance(place, Path):
        return str(place)
    url = _url(place)
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or ''}{port}/{url.database or ''}"


@contextmanager
def _telling(where: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise in_words(error, where).error from None
    except UnicodeDecodeError:  # SQLite's own complaint quotes damage that is no text
        raise damaged(where) from None


def _url(place: str) -> sa.URL:
    try:
        url = sa.make_url(place)
    except (SQLAlchemyError, ValueError):
        raise LedgerError(
            "this is no address of a database",
            where="ledger",
            mend="write postgresql://user@host:5432/database",
        ) from None
    return url.set(drivername="postgresql+psycopg")


def engine_of(place: Path | str, *, writing: bool) -> sa.Engine:
    """Return what connects to an SQLite file or to PostgreSQL, on a ledger's terms.

    Raises
    ------
    LedgerError
        If the file is to be read and is not there, or the address is none.
    MissingExtraError
        If PostgreSQL is asked for and psycopg is not installed.
    """
    from sqlalchemy.pool import NullPool

    if isinstance(place, Path):
        return _sqlite(place, writing=writing)
    try:
        engine = sa.create_engine(
            _url(place),
            poolclass=NullPool,
            connect_args={"connect_timeout": 10, "application_name": "hedgerow"},
        )
    except ImportError:
        raise MissingExtraError(
            "PostgreSQL needs psycopg",
            where=shown(place),
            mend="pip install 'hedgerow[postgres]'",
        ) from None

    def begin(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO on")
            cursor.execute(f"SET lock_timeout TO {int(1000 * _PATIENCE)}")
        connection.commit()

    sa.event.listen(engine, "connect", begin)
    return engine


def _sqlite(path: Path, *, writing: bool) -> sa.Engine:
    import sqlite3

    from sqlalchemy.pool import NullPool

    if not writing and not path.is_file():
        raise LedgerError("there is no such ledger", where=str(path), mend=BEGIN_ONE)

    def connect() -> sqlite3.Connection:
        # Reading, too, needs the memory file of the write-ahead log, which "rw" may make.
        mode = "rwc" if writing else "rw"
        made = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE,
            isolation_level=None, check_same_thread=False,
        )  # fmt: skip
        if writing:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=1", "foreign_keys=1"):
                made.execute(f"PRAGMA {pragma}")
        else:
            made.execute("PRAGMA query_only=1")
        return made

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    # Python's own transactions begin too late: a writer takes its lock before it looks.
    begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _check_pages(connection: sa.Connection, where: str) -> None:
    """Refuse an SQLite file whose pages contradict each other.

    A flipped byte there can hide records at the end, which no chain can miss.
    """
    if connection.dialect.name != "sqlite":
        return
    with connection.begin():
        said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
        astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if said != ["ok"] or astray is not None:
        raise damaged(where)


def _take_advisory_lock(connection: sa.Connection, name: str, where: str) -> None:
    query: Callable[..., Any] = sa.func.pg_try_advisory_lock
    with connection.begin():
        taken = connection.execute(sa.select(query(key_of(name)))).scalar_one()
    if not taken:
        raise written_by_another(where)


def key_of(name: str) -> int:
    """Return the number of PostgreSQL's advisory lock that stands for a name."""
    return int.from_bytes(hashlib.sha256(f"hedgerow {name}".encode()).digest()[:8], signed=True)


def _names(connection: sa.Connection) -> list[str]:
    return [str(name) for name in connection.execute(sa.select(RUNS.c.name)).scalars()]


def _record(row: Any, where: str) -> Record:
    if not isinstance(row.number, int) or not isinstance(row.more, int):
        raise damaged(where)
    return Record(row.number, row.more, str(row.event), str(row.hash))
