"""Books of older Hedgerows, from the first tables on, opened with today's code."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from engine.ledger import toy
from hedgerow.engine.ledger import migrations
from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.migrations import migrate, version
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay, resume
from hedgerow.engine.ledger.sql import engine_of
from hedgerow.errors import LedgerError
from hedgerow.live import tables
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.beats import beat, last_beat
from hedgerow.live.keeping.copying import backup, chains, restore
from hedgerow.live.keeping.users import Users
from hedgerow.live.settings import parse
from hedgerow.live.store import Store
from live.keeping.books import PROGRAM, RUN, WARM, begin, go_on, whole

HERE = Path(__file__).parent
SCHEMA_1 = HERE.parents[1] / "engine" / "ledger" / "schema1.jsonl"
FIRST_TABLES = {
    "hedgerow_book", "hedgerow_session", "hedgerow_user", "hedgerow_login", "hedgerow_attempt",
    "hedgerow_job", "hedgerow_told", "hedgerow_live_version",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path) -> Path | str:
    if request.param == "sqlite":
        return tmp_path / "old.db"
    return str(request.getfixturevalue("database"))


def rows(place: Path | str, only: set[str]) -> dict[str, list[dict[str, object]]]:
    with engine_of(place, writing=False).connect() as connection:
        meta = sa.MetaData()
        meta.reflect(connection, only=lambda name, _: name in only)
        return {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in meta.sorted_tables
        }


def make_first(place: Path | str, content: dict[str, list[dict[str, object]]]) -> None:
    """The tables as the first versions made them, with rows in them."""
    with engine_of(place, writing=True).begin() as connection:
        migrate(connection, 0, migrations.MIGRATIONS[:1])
        migrate(connection, 0, tables.MIGRATIONS[:1], tables.VERSION)
        assert set(sa.inspect(connection).get_table_names()) == {*FIRST_TABLES, *LEDGER_TABLES}
        meta = sa.MetaData()
        meta.reflect(connection)
        for table in meta.sorted_tables:
            if content.get(table.name):
                connection.execute(sa.insert(table), content[table.name])


LEDGER_TABLES = {"hedgerow_run", "hedgerow_record", "hedgerow_version"}


def test_from_the_first_tables_on_nothing_is_lost(place, tmp_path) -> None:
    today = tmp_path / "today.db"
    Users(begin(today, 2)).add("ann", "four words go together", "admin", "console")
    with Store(today).changing() as connection:
        connection.exec_driver_sql("INSERT INTO hedgerow_told VALUES ('live', 'json-1', 3)")
    kept = (FIRST_TABLES | LEDGER_TABLES) - {"hedgerow_live_version", "hedgerow_version"}
    content = rows(today, kept)
    lines = [json.loads(line) for line in SCHEMA_1.read_text().splitlines()]
    content["hedgerow_run"].append({"id": 9, "name": toy.RUN})
    content["hedgerow_record"] += [
        {
            "run": 9,
            "number": line["record"],
            "more": line["more"],
            "event": raw[raw.index('"event":') + 8 : -1],
            "hash": line["hash"],
        }
        for line, raw in zip(lines, SCHEMA_1.read_text().splitlines(), strict=True)
    ]
    make_first(place, content)
    store = Store(place)
    with store.reading() as connection:
        assert version(connection) == len(migrations.MIGRATIONS)
        assert version(connection, tables.VERSION) == len(tables.MIGRATIONS)
    again = rows(place, kept)
    for name, wanted in content.items():
        assert sorted(map(repr, again[name])) == sorted(map(repr, wanted)), name
    assert Users(store).check("ann", "four words go together").role == "admin"
    beat(store, RUN, 5)
    assert last_beat(store, RUN).time == 5
    assert {chain.name for chain in chains(place)} == {"live", "live.desk", toy.RUN}
    with open_ledger(place, toy.RUN) as ledger, open_ledger(SCHEMA_1) as first:
        assert list(ledger.read()) == list(first.read())
        assert replay(ledger).standing.bars == resume(first).bars
    assert go_on(place, 3) == go_on(today, 3)


def test_a_copy_of_an_old_book_is_made_without_touching_it(tmp_path, database) -> None:
    """Before an upgrade is when a copy is wanted most; PostgreSQL's is made table by table."""
    make_first(database, {})
    backup(database, tmp_path / "copy.db")
    with engine_of(database, writing=False).connect() as connection:
        assert version(connection, tables.VERSION) == 1
    with engine_of(tmp_path / "copy.db", writing=False).connect() as connection:
        assert version(connection, tables.VERSION) == 1
    restore(tmp_path / "copy.db", tmp_path / "new.db")
    with Store(tmp_path / "new.db").reading() as connection:
        assert version(connection, tables.VERSION) == len(tables.MIGRATIONS)


def test_a_book_kept_as_text_is_read_by_every_later_hedgerow(tmp_path) -> None:
    """``book2.sql``: two sessions, a desk, a user, as tables of version 2 had them."""
    place = tmp_path / "book.db"
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.executescript((HERE / "book2.sql").read_text("utf-8"))
    store = Store(place)
    found = {chain.name: (chain.records, chain.hash) for chain in chains(place)}
    lines = (HERE / "book2.txt").read_text("utf-8").splitlines()
    noted = {name: (int(number), head) for name, number, head in map(str.split, lines)}
    assert found == noted
    kept = store.kept(RUN)
    assert kept.program == PROGRAM
    assert parse(kept.settings).limits.contracts == 50.0
    history, seen = whole(), store.market(RUN)
    assert len(store.sessions(RUN)) == 2
    assert len(seen) == WARM + 2
    for name in ("vix", "spx"):
        np.testing.assert_allclose(seen[name], history[name][: len(seen)], rtol=1e-9)
    assert Users(store).check("ann", "four words go together").role == "admin"
    assert last_beat(store, RUN) == (7, "waits", 0)
    journal = Journal(place, RUN)
    assert journal.blotter().halted.who == "ann"
    assert verify(journal.records()).hash == noted["live.desk"][1]
    with open_ledger(place, RUN) as ledger:
        assert replay(ledger).standing.bars == 2
    with store.reading() as connection:
        (told,) = connection.execute(
            sa.select(tables.TOLD).where(tables.TOLD.c.run == "live.desk")
        ).all()
    assert told.target == "json-aaaaaa"


@pytest.mark.parametrize("table", ["hedgerow_live_version", "hedgerow_version"])
def test_a_book_of_a_newer_hedgerow_is_refused_and_left_alone(place, table) -> None:
    make_first(place, {})
    with engine_of(place, writing=True).begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET version = 99")
    with pytest.raises(LedgerError, match="a newer Hedgerow made it"):
        Journal(place, RUN) if table == "hedgerow_version" else Store(place)
    with engine_of(place, writing=False).connect() as connection:
        assert connection.exec_driver_sql(f"SELECT version FROM {table}").scalar() == 99
        assert not sa.inspect(connection).has_table(tables.BEATS.name)
