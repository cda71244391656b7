"""Finds the ledger behind a name: a file of JSON lines, an SQLite file, a PostgreSQL address."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from hedgerow.engine.ledger.chain import BEGIN_ONE
from hedgerow.engine.ledger.lines import LinesLedger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import LedgerError

_LINES = (".jsonl", ".ndjson")
_TABLES = (".db", ".sqlite", ".sqlite3")
_SMALLEST = 512
"""Bytes of the smallest SQLite database: one page."""


def open_ledger(place: str | Path, run: str | None = None, *, writing: bool = False) -> Ledger:
    """Open a run's ledger.

    Parameters
    ----------
    place
        ``postgresql://user@host/database``, or the path of a file: what is in a file tells its
        kind; a new one ending in ``.jsonl`` is of JSON lines, in ``.db`` or ``.sqlite`` of SQLite.
    run
        Name of the run; reading needs none where there is only one.
    writing
        Take events; makes what lacks.  A run has one writer.

    Raises
    ------
    LedgerError
        If it cannot be opened so; the sentence says why.
    MissingExtraError
        If PostgreSQL is asked for and psycopg is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from hedgerow.engine.ledger.events import Opened
    >>> path = Path(tempfile.mkdtemp()) / "runs.db"
    >>> with open_ledger(path, "demo", writing=True) as ledger:
    ...     head = ledger.append([Opened(0, "demo", "0.1.0", {}, "", "", {})])
    >>> with open_ledger(path) as ledger:
    ...     ledger.name, ledger.head == head
    ('demo', True)
    """
    if writing and not run:
        raise LedgerError("the run has no name", where="run", mend="name it")
    address = address_of(place)
    if isinstance(address, Path) and _is_lines(address, writing=writing):
        return LinesLedger(address, run, writing=writing)
    from hedgerow.engine.ledger.sql import SqlLedger

    return SqlLedger(address, run, writing=writing)


def runs_in(place: str | Path) -> list[str]:
    """Return the names of the runs that a place holds.

    Raises
    ------
    LedgerError
        If it cannot be read, or is no ledger.
    """
    address = address_of(place)
    if isinstance(address, Path) and _is_lines(address, writing=False):
        with LinesLedger(address) as ledger:
            return [ledger.name]
    from hedgerow.engine.ledger.sql import run_names

    return run_names(address)


def address_of(place: str | Path) -> Path | str:
    """Return the path of a file, or the address of a PostgreSQL database.

    Raises
    ------
    LedgerError
        If it is the address of anything else.
    """
    text = str(place)
    if text.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        return text.replace("postgres:", "postgresql:", 1)
    if "://" in text:
        raise LedgerError(
            f"ledgers are not kept in {text.partition('://')[0]}",
            where="ledger",
            mend="name a file, or write postgresql://user@host/database",
        )
    return Path(place)


def _is_lines(path: Path, *, writing: bool) -> bool:
    """Say whether a file is one of lines, as SQLite sees it.

    The file is not opened and closed here: that would end every lock of this process on it, and
    another process could then take away the log from which we write (SQLite, *How To Corrupt An
    SQLite Database File*, 2.2).
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        if writing:
            return _new(path)
        raise LedgerError("there is no such ledger", where=str(path), mend=BEGIN_ONE) from None
    except OSError as error:
        raise _unreadable(path, error.errno or 0) from None
    if path.is_dir():
        raise _unreadable(path, errno.EISDIR)
    if not os.access(path, os.R_OK):
        raise _unreadable(path, errno.EACCES)
    if not size:
        return _new(path) if writing else path.suffix in _LINES
    if size < _SMALLEST:  # SQLite takes a byte or two for a database that is empty
        return True
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as looking:
            looking.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB
    return False


def _unreadable(path: Path, number: int) -> LedgerError:
    return LedgerError(
        f"it cannot be read ({os.strerror(number)})", where=str(path), mend="name a file"
    )


def _new(path: Path) -> bool:
    """Say whether a file that is to be made is one of lines, as its name says."""
    if path.suffix not in (*_LINES, *_TABLES):
        raise LedgerError(
            f"no kind of ledger ends in '{path.suffix}'" if path.suffix else "it has no ending",
            where=str(path),
            mend="end it in .db or .sqlite (SQLite), in .jsonl (JSON lines), or write "
            "postgresql://user@host/database",
        )
    return path.suffix in _LINES
