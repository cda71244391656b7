"""Copies of a book: whole or nothing, from one kind of database to the other and on from there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from hedgerow.engine.ledger.desk_events import Resumed
from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.sql import engine_of
from hedgerow.errors import LedgerError
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.copying import backup, chains, restore
from hedgerow.live.keeping.users import Sessions, Users
from hedgerow.live.store import Store
from live.desks import Desk
from live.keeping.books import RUN, begin, go_on

ENDED = 6


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A book of four sessions, to be copied as a file."""
    place = tmp_path_factory.mktemp("book") / "book.db"
    users = Users(begin(place, 4))
    users.add("ann", "four words go together", "admin", "console")
    Sessions(users).begin(users.list()[0])
    return place


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The head of a run that was never copied."""
    place = tmp_path_factory.mktemp("unbroken") / "book.db"
    begin(place, 4)
    return go_on(place, ENDED)


def everything(place: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of ours."""
    found = {}
    address = Path(place) if "://" not in str(place) else str(place)
    with engine_of(address, writing=False).connect() as connection:
        meta = sa.MetaData()
        meta.reflect(connection)
        for table in meta.sorted_tables:
            rows = connection.execute(sa.select(table)).all()
            found[table.name] = sorted(tuple(row) for row in rows)
    return found


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_has_every_row_and_is_one_file(book, tmp_path) -> None:
    found = backup(book, tmp_path / "made" / "copy.db")
    assert everything(tmp_path / "made" / "copy.db") == everything(book)
    assert [chain.name for chain in found] == ["live", "live.desk"]
    assert found == chains(book)
    shutil.copy(tmp_path / "made" / "copy.db", tmp_path / "moved.db")
    assert chains(tmp_path / "moved.db") == found
    for path in (tmp_path / "made" / "copy.db-wal", tmp_path / "made" / "copy.db-shm"):
        path.unlink(missing_ok=True)
    assert leftovers(tmp_path / "made") == ["copy.db"]
    assert (tmp_path / "made" / "copy.db").stat().st_mode & 0o077 == 0, "hashes are in it"


def test_a_run_goes_on_from_what_was_restored(book, tmp_path, unbroken) -> None:
    backup(book, tmp_path / "copy.db")
    found = restore(tmp_path / "copy.db", tmp_path / "again.db")
    assert found == chains(tmp_path / "again.db") == chains(book)
    assert go_on(tmp_path / "again.db", ENDED) == unbroken
    journal = Journal(tmp_path / "again.db", RUN)
    assert journal.blotter().halted.who == "ann"
    journal.write(lambda _: [Resumed(10**18, "ann", "it was a test")])
    rows = everything(tmp_path / "again.db")
    assert rows["hedgerow_user"] == everything(book)["hedgerow_user"]
    assert rows["hedgerow_login"] == [], "who was signed in signs in again"
    assert chains(book) == found, "the first book is as it was"


def test_there_and_back_through_postgresql(book, tmp_path, database, unbroken) -> None:
    first = backup(book, tmp_path / "copy.db")
    assert restore(tmp_path / "copy.db", database) == first
    ours = everything(database)
    assert ours == {**everything(book), "hedgerow_login": []}
    Users(Store(database)).add("bob", "four words go together", "view", "console")
    with Store(database).changing() as connection:
        connection.exec_driver_sql("INSERT INTO hedgerow_attempt (who, time) VALUES ('x', 1)")
    assert go_on(database, ENDED) == unbroken
    Journal(database, "second").write(lambda _: [Alarm(1, "rule", "a new chain gets its number")])
    second = backup(database, tmp_path / "second.db")
    assert second == chains(database)
    assert [chain.name for chain in second] == ["live", "live.desk", "second.desk"]
    assert everything(tmp_path / "second.db") == everything(database)
    restore(tmp_path / "second.db", tmp_path / "back.db")
    assert go_on(tmp_path / "back.db", ENDED) == unbroken


def test_nothing_is_written_over(book, tmp_path, database) -> None:
    backup(book, tmp_path / "copy.db")
    before = (tmp_path / "copy.db").read_bytes()
    for act in (
        lambda: backup(book, tmp_path / "copy.db"),
        lambda: restore(tmp_path / "copy.db", book),
        lambda: restore(tmp_path / "copy.db", tmp_path / "copy.db"),
    ):
        with pytest.raises(LedgerError, match="there is something already"):
            act()
    assert (tmp_path / "copy.db").read_bytes() == before
    restore(tmp_path / "copy.db", database)
    with pytest.raises(LedgerError, match="there is a book or a ledger in it already"):
        restore(tmp_path / "copy.db", database)
    (tmp_path / "new.db-wal").write_text("of another")
    with pytest.raises(LedgerError, match=r"new.db-wal: there is something already"):
        restore(tmp_path / "copy.db", tmp_path / "new.db")


def test_a_file_that_comes_meanwhile_stays(book, tmp_path, monkeypatch) -> None:
    def checked(part):
        (tmp_path / "copy.db").write_text("of another")
        return chains(part)

    monkeypatch.setattr("hedgerow.live.keeping.copying.chains", checked)
    with pytest.raises(LedgerError, match="there is something already"):
        backup(book, tmp_path / "copy.db")
    assert leftovers(tmp_path) == ["copy.db"]
    assert (tmp_path / "copy.db").read_text() == "of another"


def damage(place: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(place)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE hedgerow_record SET event = replace(event, 'ann', 'bob')", "hash"),
        ("DELETE FROM hedgerow_record WHERE number = 2", "record"),
        ("UPDATE hedgerow_record SET more = 'x' WHERE number = 2", "its tables are damaged"),
        ("UPDATE hedgerow_book SET history = substr(history, 1, 900)", "its history is damaged"),
        ("UPDATE hedgerow_book SET digest = 'x'", "its history is damaged"),
        ("UPDATE hedgerow_live_version SET version = 99", "a newer Hedgerow made it"),
        ("UPDATE hedgerow_version SET version = 99", "a newer Hedgerow made it"),
        ("UPDATE hedgerow_version SET version = 'x'", "its tables are damaged"),
    ],
)
def test_what_is_damaged_or_newer_is_neither_copied_nor_restored(
    book, tmp_path, database, statement, said
) -> None:
    backup(book, tmp_path / "copy.db")
    damage(tmp_path / "copy.db", statement)
    for act in (
        lambda: backup(tmp_path / "copy.db", tmp_path / "second.db"),
        lambda: restore(tmp_path / "copy.db", tmp_path / "third.db"),
        lambda: restore(tmp_path / "copy.db", database),
    ):
        with pytest.raises(LedgerError, match=said):
            act()
    assert [name for name in leftovers(tmp_path) if "copy" not in name] == []
    assert everything(database) == {}


def test_an_accepted_session_is_held_against_the_desks_chain(tmp_path) -> None:
    """Its table has no chain of its own: one digit of a close would go unseen."""
    desk = Desk.at(tmp_path / "desk.db", start="2020-03-09", end="2020-03-10")
    desk.run()
    desk.leave()
    backup(tmp_path / "desk.db", tmp_path / "copy.db")
    place = tmp_path / "copy.db"
    damage(place, """UPDATE hedgerow_session SET "row" = replace("row", '2746.56', '2746.57')""")
    for act in (backup, restore):
        with pytest.raises(LedgerError, match="a session that was accepted is damaged"):
            act(place, tmp_path / "second.db")
    damage(place, """UPDATE hedgerow_session SET "row" = 'x'""")
    with pytest.raises(LedgerError, match="a session that was accepted is damaged"):
        chains(place)


def test_a_file_that_is_no_book_is_told(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("x" * 5_000)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE notes (text)")
    for name, said in (
        ("notes.txt", "this is no ledger"),
        ("other.db", "there is no book in it"),
        ("absent.db", "there is no such ledger"),
    ):
        for act in (backup, restore):
            with pytest.raises(LedgerError, match=said):
                act(tmp_path / name, tmp_path / "copy.db")
    assert leftovers(tmp_path) == ["notes.txt", "other.db"]


def test_a_folder_that_may_not_be_written_is_told(book, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be written"):
        backup(book, tmp_path / "file" / "copy.db")


def test_a_book_in_use_is_copied_as_it_was_at_one_moment(book, tmp_path, database) -> None:
    shutil.copy(book, tmp_path / "busy.db")
    restore(tmp_path / "busy.db", database)
    for place in (tmp_path / "busy.db", database):
        over = threading.Event()

        def write(place=place, over=over) -> None:
            journal = Journal(place, RUN)
            while not over.is_set():
                journal.write(lambda _: [Alarm(1, "rule", "a"), Alarm(2, "rule", "b")])
            journal.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(5):
                out = tmp_path / f"{'file' if place == database else 'base'}{i}.db"
                found = {chain.name: chain.records for chain in backup(place, out)}
                assert found["live.desk"] % 2 == 0, "whole batches: four records, then pairs"
        finally:
            over.set()
            writer.join()
        assert chains(place)


def test_a_backup_that_is_killed_leaves_no_copy(book, tmp_path) -> None:
    for moment in ("_take_pages", "_close_log", "chains"):
        child = os.fork()
        if not child:
            from hedgerow.live.keeping import copying

            setattr(copying, moment, lambda *_: os.kill(os.getpid(), 9))
            backup(book, tmp_path / "copy.db")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 9
        assert not (tmp_path / "copy.db").exists()
    assert backup(book, tmp_path / "copy.db") == chains(book)
