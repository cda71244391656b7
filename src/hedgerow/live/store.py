"""A book on disk or in PostgreSQL: what is run, on what terms, and every session it has seen.

The market that a run decides on is kept here row by row as it was accepted, so that a vendor who
corrects the past changes nothing of it, and the run can be played again from its book alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hedgerow.core.market import Market, Origin
from hedgerow.engine.ledger.migrations import migrate, version
from hedgerow.engine.ledger.opening import address_of
from hedgerow.engine.ledger.sql import engine_of, shown
from hedgerow.engine.ledger.trouble import in_words
from hedgerow.errors import LedgerError
from hedgerow.live.sources.reading import Reading
from hedgerow.live.tables import BOOKS, MIGRATIONS, SESSIONS, VERSION


class Kept(NamedTuple):
    """What a book is."""

    run: str
    program: str
    """TOML of the program."""
    settings: str
    """TOML of the desk's settings."""
    digest: str
    """Hash of the history before the run's first session."""


class Store:
    """The tables of a book.

    Parameters
    ----------
    place
        Path of an SQLite file, or a URL ``postgresql://…``.
    new
        Make what lacks; False: a place that is no book is refused and left as it is.

    Raises
    ------
    LedgerError
        If it cannot be reached, is of a newer Hedgerow, is a file of JSON lines, or is no book.
    """

    def __init__(self, place: str | Path, *, new: bool = True) -> None:
        self.place = book_address(place)
        self.where = shown(self.place)
        if not new:
            self._look()
        elif isinstance(self.place, Path):
            _shut(self.place)
        self._engine = engine_of(self.place, writing=True)
        with self.changing() as connection:
            found = version(connection, VERSION)
            if found is None or found > len(MIGRATIONS):
                raise LedgerError(
                    "a newer Hedgerow made it" if found else "its version is no number",
                    where=self.where,
                    mend="upgrade Hedgerow" if found else "restore it from a copy",
                )
            if found < len(MIGRATIONS):
                migrate(connection, found, MIGRATIONS, VERSION)
        self._reader = engine_of(self.place, writing=False)

    def _look(self) -> None:
        """Refuse a place that is no book, before anything is made in it."""
        self._reader = engine_of(self.place, writing=False)
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(VERSION.name):
                raise LedgerError(
                    "it is no book: no run has begun in it",
                    where=self.where,
                    mend="begin one with 'hedgerow book new' or 'hedgerow monitor'; a ledger is "
                    "shown by 'hedgerow ledger show'",
                )

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """Open a transaction.

        Raises
        ------
        LedgerError
            What the database complains of, in words.
        """
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise in_words(error, self.where).error from None

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that looks and waits for no writer.

        Raises
        ------
        LedgerError
            What the database complains of, in words.
        """
        try:
            with self._reader.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise in_words(error, self.where).error from None

    # what is run

    def books(self) -> list[str]:
        """Return the names of the runs."""
        with self.changing() as connection:
            return [str(name) for name in connection.execute(sa.select(BOOKS.c.run)).scalars()]

    def begin(self, run: str, program: str, settings: str, history: Market, now: int) -> None:
        """Keep what a run is; it must be new.

        Parameters
        ----------
        run, program, settings
            Its name, and the TOML of both.
        history
            What was known before its first session.
        now
            Nanoseconds since 1970, UTC.
        """
        row = {
            "run": run,
            "program": program,
            "settings": settings,
            "history": _packed(history),
            "digest": history.digest(),
            "made": now,
        }
        with self.changing() as connection:
            connection.execute(sa.insert(BOOKS).values(row))

    def settle(self, run: str, settings: str) -> None:
        """Keep other settings of a run's desk."""
        with self.changing() as connection:
            change = sa.update(BOOKS).where(BOOKS.c.run == run).values(settings=settings)
            connection.execute(change)

    def kept(self, run: str) -> Kept | None:
        """Return what a run is, None where there is none of the name."""
        book = BOOKS.c
        query = sa.select(book.run, book.program, book.settings, book.digest).where(book.run == run)
        with self.changing() as connection:
            row = connection.execute(query).first()
        return None if row is None else Kept(*(str(value) for value in row))

    def mark(self, run: str) -> str:
        """Return eight digits that tell a run of this book from those of other books.

        Raises
        ------
        LedgerError
            If there is no such run.
        """
        book = BOOKS.c
        query = sa.select(book.run, book.digest, book.made).where(book.run == run)
        with self.changing() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise LedgerError(f"it has no run '{run}'", where=self.where, mend="check its name")
        return hashlib.sha256(" ".join(map(str, row)).encode()).hexdigest()[:8]

    # what it has seen

    def market(self, run: str) -> Market:
        """Return the history before the run and every session accepted since.

        Raises
        ------
        LedgerError
            If there is no such run, or what is kept is damaged.
        """
        book = BOOKS.c
        with self.changing() as connection:
            head = connection.execute(
                sa.select(book.history, book.digest).where(book.run == run)
            ).first()
            if head is None:
                raise LedgerError(f"it has no run '{run}'", where=self.where, mend="check its name")
            rows = _rows(connection, run, "")
        return _longer(history_of(head.history, head.digest, self.where), rows)

    def rows(self, run: str, after: str = "") -> list[tuple[str, dict[str, tuple[float, int]]]]:
        """Return date, and value and origin by column, of each session accepted after a date."""
        with self.changing() as connection:
            return [
                (day, {name: (float(cell[0]), int(cell[1])) for name, cell in row.items()})
                for day, row in _rows(connection, run, after)
            ]

    def accept(self, run: str, reading: Reading, now: int) -> None:
        """Keep a session for good; one that is kept already stays as it is.

        Raises
        ------
        LedgerError
            If other numbers of the session are kept already.
        """
        values = {
            name: [value, int(reading.origin.get(name, 0))]
            for name, value in sorted(reading.values.items())
        }
        text = json.dumps(values, separators=(",", ":"))
        seen = SESSIONS.c
        query = sa.select(seen.row).where(seen.run == run, seen.session == reading.session)
        with self.changing() as connection:
            kept = connection.execute(query).scalar()
            if kept is None:
                row = {"run": run, "session": reading.session, "row": text}
                more = {"source": reading.source, "made": now}
                connection.execute(sa.insert(SESSIONS).values({**row, **more}))
            elif kept != text:
                raise LedgerError(
                    f"other numbers of {reading.session} were accepted before",
                    where=self.where,
                    mend="the run keeps those; start another run to use these",
                )

    def sessions(self, run: str) -> list[str]:
        """Return the dates of the sessions accepted, in order."""
        seen = SESSIONS.c
        query = sa.select(seen.session).where(seen.run == run).order_by(seen.session)
        with self.changing() as connection:
            return [str(day) for day in connection.execute(query).scalars()]

    def last(self, run: str) -> str:
        """Return the date of the last session accepted, or of the history before the first.

        Raises
        ------
        LedgerError
            If there is no such run, or its history is damaged.
        """
        seen = self.sessions(run)
        return seen[-1] if seen else str(self.market(run).dates[-1])


def book_address(place: str | Path) -> Path | str:
    """Return the path of a book's file, or its address in PostgreSQL.

    Raises
    ------
    LedgerError
        If it is no place for a book.
    """
    address = address_of(place)
    if isinstance(address, Path):
        if address.suffix in (".jsonl", ".ndjson"):
            raise LedgerError(
                "a book is kept in a database",
                where=str(address),
                mend="end its name in .db, or write postgresql://user@host/database",
            )
        if not address.parent.is_dir():
            raise LedgerError(
                "its folder does not exist", where=str(address), mend="make it, or name another"
            )
    return address


def unmade(address: Path | str) -> bool:
    """Say whether an address is of a file that is not there, or has nothing in it yet."""
    return isinstance(address, Path) and (not address.is_file() or not address.stat().st_size)


def _shut(path: Path) -> None:
    """Make a file that is not there for its owner alone: hashes of passwords are in it."""
    with suppress(OSError):  # what cannot be made, SQLite complains of
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _rows(connection: sa.Connection, run: str, after: str) -> list[tuple[str, dict[str, Any]]]:
    seen = SESSIONS.c
    query = (
        sa.select(seen.session, seen.row)
        .where(seen.run == run, seen.session > after)
        .order_by(seen.session)
    )
    return [(str(day), json.loads(text)) for day, text in connection.execute(query)]


def digest_of(values: Mapping[str, float]) -> str:
    """Return the hash of a session's values that the desk's chain keeps.

    Examples
    --------
    >>> digest_of({"vix": 12.5, "spx": 1.0}) == digest_of({"spx": 1.0, "vix": 12.5})
    True
    """
    return hashlib.sha256(json.dumps(dict(sorted(values.items()))).encode()).hexdigest()


def check_sessions(
    connection: sa.Connection, run: str, history: Market, digests: Mapping[str, str], where: str
) -> None:
    """Hold the sessions that a run has accepted against the hashes of its desk's chain.

    Parameters
    ----------
    connection, where
        To the book, and its place in words.
    run, history
        The run's name, and what was known before it.
    digests
        By session, as the chain has them.

    Raises
    ------
    LedgerError
        If one is not what was accepted, or cannot be read.
    """
    try:
        for day, row in _rows(connection, run, ""):
            values = {
                name: float(row[name][0]) if name in row else np.nan for name in history.columns
            }
            if digests.get(day, found := digest_of(values)) != found:
                break
        else:
            return
    except (ValueError, TypeError, LookupError, AttributeError):
        pass
    raise LedgerError(
        "a session that was accepted is damaged", where=where, mend="restore the book from a copy"
    )


def history_of(packed: bytes, digest: str, where: str) -> Market:
    """Return the history of a run, as its book has it.

    Raises
    ------
    LedgerError
        If it is not what the digest says.
    """
    try:
        history = _unpacked(packed)
        if history.digest() == digest:
            return history
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        pass
    raise LedgerError("its history is damaged", where=where, mend="restore the book from a copy")


def _packed(market: Market) -> bytes:
    stream = io.BytesIO()
    arrays: dict[str, Any] = {"times": market.times.astype("int64")}
    arrays |= {f"c:{name}": column for name, column in market.columns.items()}
    arrays |= {f"o:{name}": codes for name, codes in market.origin.items()}
    told = json.dumps({"sources": dict(market.sources), "findings": list(market.findings)})
    arrays["told"] = np.frombuffer(told.encode(), dtype=np.uint8)
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _unpacked(packed: bytes) -> Market:
    with np.load(io.BytesIO(packed), allow_pickle=False) as found:
        told = json.loads(found["told"].tobytes())
        return Market(
            found["times"].astype("datetime64[ns]"),
            {name[2:]: found[name] for name in found.files if name.startswith("c:")},
            {name[2:]: found[name] for name in found.files if name.startswith("o:")},
            told["sources"],
            tuple(told["findings"]),
        )


def _longer(history: Market, rows: list[tuple[str, dict[str, Any]]]) -> Market:
    """Return a market with sessions more; what a session lacks is missing in it."""
    if not rows:
        return history
    days = np.array([day for day, _ in rows], dtype="datetime64[D]").astype("datetime64[ns]")
    columns, origin = {}, {}
    for name, column in history.columns.items():
        cells = [row.get(name, [float("nan"), Origin.MISSING]) for _, row in rows]
        columns[name] = np.r_[column, [float(value) for value, _ in cells]]
        codes = np.array([int(code) for _, code in cells], dtype=np.int8)
        origin[name] = np.r_[history.origin[name], codes]
    times = np.r_[history.times, days]
    return Market(times, columns, origin, history.sources, history.findings)
