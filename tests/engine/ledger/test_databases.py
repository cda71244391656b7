"""Ledgers in SQLite and PostgreSQL: the promises of every store, and those of a database."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.console import bad, good
from engine.ledger import toy
from engine.ledger.contract import Shared, _files_at_most, alarm, opened
from engine.trading import RUN, scheduled, small
from hedgerow.engine.ledger.chain import checked, verify
from hedgerow.engine.ledger.opening import open_ledger, runs_in
from hedgerow.engine.trade import trade
from hedgerow.errors import LedgerError
from synthetic import market


class TestSqlite(Shared):
    unguard = "DROP TRIGGER hedgerow_record_update"

    @pytest.fixture
    def place(self, tmp_path) -> Path:
        return tmp_path / "made" / "runs.db"

    def execute(self, place, statement: str) -> None:
        with contextlib.closing(sqlite3.connect(place)) as connection, connection:
            connection.execute(statement)

    def test_it_is_logged_ahead_and_synced(self, place) -> None:
        with self.begin(place) as ledger:
            connection = ledger._open()
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL

    def test_a_locked_database_is_told_and_nothing_lost(self, place, monkeypatch) -> None:
        monkeypatch.setattr("hedgerow.engine.ledger.sql._PATIENCE", 0.05)
        with self.begin(place) as ledger:
            ledger.append([opened()])
            with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(LedgerError, match="the database is locked"):
                    ledger.append([alarm(1)])
                other.execute("ROLLBACK")
            assert ledger.append([alarm(1)]).count == 2
            assert verify(ledger.read()).count == 2

    def test_a_full_disk_stores_nothing_of_the_batch(self, place) -> None:
        with self.begin(place) as ledger:
            head = ledger.append([opened()])
            ledger._open().exec_driver_sql("PRAGMA max_page_count = 12")
            with pytest.raises(LedgerError, match="the disk is full"):
                ledger.append([alarm(i) for i in range(1_000)])
            assert verify(ledger.read()) == head
            ledger._open().exec_driver_sql("PRAGMA max_page_count = 100000")
            assert ledger.append([alarm(1)]).count == 2

    def test_a_file_that_may_not_grow_is_told(self, place) -> None:
        with self.begin(place) as ledger:
            head = ledger.append([opened()])
            size = place.with_name("runs.db-wal").stat().st_size + 4_096
            with _files_at_most(size), pytest.raises(LedgerError, match="the disk fails"):
                ledger.append([alarm(i) for i in range(1_000)])
            with pytest.raises(LedgerError, match="an append failed before"):
                ledger.append([alarm(1)])
        with self.begin(place) as ledger:
            assert verify(ledger.read()) == head
            assert ledger.append([alarm(1)]).count == 2

    @pytest.mark.slow
    def test_flipped_bytes_of_the_file_are_found_or_harmless(self, place) -> None:
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 2)
            records = list(ledger.read())
        content = place.read_bytes()
        used = [i for i in range(len(content)) if content[i : i + 1] != b"\0"]
        for spot in used[::7]:
            flipped = bytearray(content)
            flipped[spot] ^= 0x10
            place.write_bytes(flipped)
            with contextlib.suppress(LedgerError), open_ledger(place) as ledger:
                assert list(checked(ledger.read())) == records, spot
            for rest in ("-wal", "-shm"):
                place.with_name(place.name + rest).unlink(missing_ok=True)

    def test_a_flipped_byte_that_changes_a_record_of_the_engine_is_found(self, place) -> None:
        data = scheduled(market(60))
        with self.begin(place, RUN) as ledger:
            trade(small(), data.until(12), ledger=ledger)
            whole = self.rows(place)
        content, found = place.read_bytes(), 0
        used = [i for i in range(len(content)) if content[i]]
        assert len(used) > 50_000

        @settings(max_examples=80)
        @given(st.sampled_from(used), st.integers(1, 255))
        def run(spot: int, mask: int) -> None:
            nonlocal found
            flipped = bytearray(content)
            flipped[spot] ^= mask
            place.write_bytes(flipped)
            if self.rows(place) != whole:
                found += 1
                with pytest.raises(LedgerError), open_ledger(place, RUN) as ledger:
                    verify(ledger.read())
            for rest in ("-wal", "-shm"):
                place.with_name(place.name + rest).unlink(missing_ok=True)

        run()
        assert found > 20

    @pytest.mark.parametrize("read", [open_ledger, runs_in])
    def test_a_schema_that_is_no_text_any_more_is_told(self, place, read) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
        content = place.read_bytes().replace(b"CREATE TABLE", b"CREATE TA\xffLE")
        place.write_bytes(content)
        with pytest.raises(LedgerError, match="its tables are damaged"):
            read(place)

    def rows(self, place) -> list[tuple[object, ...]] | None:
        """What is there without any of our checks; None where SQLite itself gives up."""
        with contextlib.closing(sqlite3.connect(place)) as connection:
            connection.text_factory = bytes
            try:
                return connection.execute("SELECT * FROM hedgerow_record ORDER BY 2").fetchall()
            except (sqlite3.Error, UnicodeDecodeError):
                return None

    def test_another_database_is_no_ledger(self, tmp_path) -> None:
        path = tmp_path / "other.db"
        self.execute(path, "CREATE TABLE notes (text)")
        with pytest.raises(LedgerError, match="there is no ledger in it"):
            open_ledger(path)
        assert runs_in(path) == []


class TestPostgres(Shared):
    unguard = "ALTER TABLE hedgerow_record DISABLE TRIGGER hedgerow_record_update"

    @pytest.fixture
    def place(self, database) -> str:
        return database

    def execute(self, place, statement: str) -> None:
        import psycopg

        with psycopg.connect(place) as connection:
            connection.execute(statement)

    def test_a_lost_connection_is_told_and_nothing_lost(self, place) -> None:
        ledger = self.begin(place)
        head = ledger.append([opened()])
        self.execute(
            place,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'hedgerow' AND datname = current_database()",
        )
        with pytest.raises(LedgerError, match="the database is gone"):
            ledger.append([alarm(1)])
        with pytest.raises(LedgerError, match="an append failed before"):
            ledger.append([alarm(1)])
        ledger.close()
        with self.begin(place) as ledger:
            assert ledger.head == head
            assert ledger.append([alarm(1)]).count == 2

    def test_a_server_gone_in_mid_run_comes_back_with_the_run(self, place, cluster, played) -> None:
        ledger = self.begin(place, toy.RUN)
        engine = toy.Engine(ledger)
        engine.play(20)
        cluster.stop()
        try:
            with pytest.raises(LedgerError, match="the database is gone") as caught:
                engine.play(60)
            assert "correct" not in str(caught.value)
            with pytest.raises(LedgerError, match="the database is gone") as caught:
                self.begin(place, toy.RUN)
            assert "correct" not in str(caught.value)
        finally:
            cluster.start()
        ledger.close()
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 60)
            assert list(ledger.read()) == list(played.read())

    def test_a_commit_without_an_answer_is_said_to_be_unknown(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])

            def fall(connection) -> None:
                raw = connection.connection.dbapi_connection
                with socket.socket(fileno=os.dup(raw.fileno())) as line:
                    line.shutdown(socket.SHUT_RDWR)

            sa.event.listen(ledger._open(), "commit", fall)
            with pytest.raises(
                LedgerError, match="whether records 2 to 2 were stored is not known"
            ):
                ledger.append([alarm(1)])

    def test_a_locked_table_is_told_and_nothing_lost(self, place, monkeypatch) -> None:
        import psycopg

        monkeypatch.setattr("hedgerow.engine.ledger.sql._PATIENCE", 0.05)
        with self.begin(place) as ledger:
            ledger.append([opened()])
            with psycopg.connect(place) as other:
                other.execute("LOCK TABLE hedgerow_record IN ACCESS EXCLUSIVE MODE")
                with pytest.raises(LedgerError, match="the database is locked"):
                    ledger.append([alarm(1)])
            assert ledger.append([alarm(1)]).count == 2

    def test_the_command_line_reads_it(self, place, played) -> None:
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 60)
        assert played.head.hash in good("ledger", "verify", place)
        assert "60 bars and 60 decisions" in good("ledger", "replay", place, "--run", toy.RUN)
        said = bad("ledger", "show", place, "--run", "other")
        assert f"/{place.rsplit('/', 1)[1]}: it has no run 'other'" in said
        assert "horse" not in said

    def test_a_wrong_password_is_not_shown(self, place) -> None:
        with pytest.raises(LedgerError, match=r"refused|gone") as caught:
            open_ledger(place.replace("correct", "wrong"))
        assert "wrong" not in str(caught.value)
        assert "horse" not in str(caught.value)
