"""What databases complain of, in words that help."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hedgerow.errors import LedgerError

_COPY = "restore the ledger from a copy; a damaged one is never mended by guessing"
_SQLITE = {
    sqlite3.SQLITE_BUSY: ("the database is locked", "end what holds it, then try again"),
    sqlite3.SQLITE_LOCKED: ("the database is locked", "end what holds it, then try again"),
    sqlite3.SQLITE_FULL: ("the disk is full", "make room, then continue the run"),
    sqlite3.SQLITE_IOERR: ("the disk fails", "mend it, then open the ledger again"),
    sqlite3.SQLITE_READONLY: ("it may not be written", "choose a folder that you may write to"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "choose a folder that you may write to"),
    sqlite3.SQLITE_CORRUPT: ("the file is damaged", _COPY),
    sqlite3.SQLITE_NOTADB: ("this is no ledger", "name another file"),
}
_POSTGRES = {
    "53100": ("the server's disk is full", "make room, then continue the run"),
    "55P03": ("the database is locked", "end what holds it, then try again"),
    "28P01": ("user or password are refused", "mend the address"),
    "28000": ("the user is refused", "mend the address"),
    "3D000": ("there is no such database", "make it with createdb, or name another"),
    "42501": ("the user may not do this", "grant the rights to the user"),
    "25006": ("the database may only be read", "connect to the primary server"),
}
_GONE = ("the database is gone", "see that the server runs and is reached, then continue the run")


class Trouble(NamedTuple):
    """A database's complaint."""

    error: LedgerError
    what: str
    lost: bool
    """Whether connection or disk failed, so that nobody knows what was the last they did."""


def in_words(error: SQLAlchemyError, where: str) -> Trouble:
    """Return a database's complaint in words.

    Parameters
    ----------
    error
        What SQLAlchemy raised.
    where
        Which ledger, as it may be shown.
    """
    cause = error.orig if isinstance(error, DBAPIError) else None
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        what, mend = _SQLITE.get(code, (f"the database says: {_first_line(cause)}", _COPY))
        # After a failed sync nobody knows what is on the disk: only reading again tells.
        lost = lost or code == sqlite3.SQLITE_IOERR
    else:
        state = getattr(cause, "sqlstate", None)
        # A connection that fails or ends has no state, or one of the classes 08 and 57.
        lost = lost or (cause is not None and (state is None or str(state)[:2] in ("08", "57")))
        if state in _POSTGRES:
            what, mend = _POSTGRES[str(state)]
        elif lost:
            what, mend = _GONE
        else:
            what, mend = f"the database says: {_first_line(cause or error)}", "ask its keeper"
    return Trouble(LedgerError(what, where=where, mend=mend), what, lost)


def damaged(where: str) -> LedgerError:
    """Return the error of a database whose tables hold what no ledger writes."""
    return LedgerError("its tables are damaged", where=where, mend=_COPY)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
