"""Every store keeps the same promises: what is appended is there, whole, in order, for good."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from cli.console import bad, good
from engine.ledger import toy
from hedgerow.engine.ledger.chain import GENESIS, checked, verify
from hedgerow.engine.ledger.events import Alarm, Opened
from hedgerow.engine.ledger.lines import LinesLedger, lines
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.migrations import MIGRATIONS
from hedgerow.engine.ledger.opening import open_ledger, runs_in
from hedgerow.engine.ledger.replay import resume
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import LedgerError


def opened(run: str = "run") -> Opened:
    return Opened(0, run, "0.1.0", {"tail": "text"}, "d", "c", {"costs": [0.05, None, True]})


def alarm(number: int) -> Alarm:
    return Alarm(number, "rule", f"sentence {number}: VIX ≥ 30 “quoted” \\ \n \0")


class Contract:
    """What every store promises."""

    def begin(self, place, run: str = "run") -> Ledger:
        return open_ledger(place, run, writing=True)

    def test_a_new_ledger_is_empty(self, place) -> None:
        with self.begin(place) as ledger:
            assert ledger.head == GENESIS
            assert list(ledger.read()) == []
            assert ledger.torn == ""

    def test_what_is_appended_is_read_in_order_and_the_chain_holds(self, place) -> None:
        events = [opened(), *(alarm(i) for i in range(7))]
        with self.begin(place) as ledger:
            ledger.append(events[:3])
            ledger.append(events[3:4])
            ledger.append(events[4:])
            assert [record.event for record in ledger.read()] == events
            assert [record.number for record in ledger.read()] == list(range(1, 9))
            assert [record.more for record in ledger.read()] == [2, 1, 0, 0, 3, 2, 1, 0]
            assert verify(ledger.read()) == ledger.head
            assert [record.event for record in ledger.read(after=5)] == events[5:]
            assert list(ledger.read(after=8)) == []

    def test_more_records_than_are_fetched_at_a_time(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
            ledger.append([alarm(i) for i in range(2_500)])
            assert verify(ledger.read()).count == 2_501

    def test_every_store_makes_the_same_records(self, place, played) -> None:
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 60)
            assert list(ledger.read()) == list(played.read())

    @pytest.mark.parametrize(
        ("events", "said"),
        [
            ([], "there is nothing to store"),
            ([alarm(1)], "a run begins with 'opened'"),
            ([opened(), opened()], "a run begins with 'opened'"),
            ([opened("another")], "the event opens the run 'another'"),
            ([opened(), Alarm(1, "rule", 5)], "alarm.sentence: 5 does not belong here"),
            ([opened(), Alarm(1.5, "rule", "")], "alarm.time: 1.5 does not belong here"),
        ],
    )
    def test_a_batch_that_does_not_fit_is_refused_whole(self, place, events, said) -> None:
        with self.begin(place) as ledger:
            with pytest.raises(LedgerError, match=said):
                ledger.append(events)
            assert ledger.head == GENESIS
            assert list(ledger.read()) == []
            ledger.append([opened()])

    def test_a_closed_ledger_takes_nothing(self, place) -> None:
        ledger = self.begin(place)
        ledger.append([opened()])
        ledger.close()
        with pytest.raises(LedgerError, match="open the ledger again"):
            ledger.append([alarm(1)])


class TestMemory(Contract):
    @pytest.fixture
    def place(self):
        return None

    def begin(self, place, run: str = "run") -> Ledger:
        return MemoryLedger(run)


class Durable(Contract):
    """What every store promises that outlives its process."""

    def test_it_is_there_when_opened_again(self, place) -> None:
        with self.begin(place) as ledger:
            head = ledger.append([opened(), alarm(1)])
            records = list(ledger.read())
        with open_ledger(place) as reader:
            assert (reader.name, reader.head, list(reader.read())) == ("run", head, records)
        with self.begin(place) as ledger:
            assert ledger.head == head
            assert ledger.append([alarm(2)]).count == 3

    def test_a_reader_writes_nothing(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
        with open_ledger(place) as reader, pytest.raises(LedgerError, match="opened for reading"):
            reader.append([alarm(1)])

    def test_a_reader_reads_while_another_writes(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
            with open_ledger(place, "run") as reader:
                ledger.append([alarm(1), alarm(2)])
                assert [record.event for record in reader.read(after=1)] == [alarm(1), alarm(2)]

    def test_a_second_writer_is_refused(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
            with pytest.raises(LedgerError, match="another process is writing to it"):
                self.begin(place)
            assert ledger.append([alarm(1)]).count == 2
        with self.begin(place) as ledger:
            assert ledger.head.count == 2

    def test_a_ledger_of_a_newer_version_is_refused(self, place, monkeypatch) -> None:
        with self.begin(place) as ledger:
            newer = Opened(0, "run", "9.0.0", {}, "", "", {}, schema=2)
            ledger.append([newer])
        with pytest.raises(LedgerError, match=r"newer Hedgerow wrote it \(schema 2, .* up to 1\)"):
            resume(open_ledger(place))

    def test_what_is_not_there_is_not_made_by_reading(self, place) -> None:
        with pytest.raises(LedgerError, match=r"there is no such ledger|there is no ledger in it"):
            open_ledger(place, "run")

    def test_a_run_needs_a_name(self, place) -> None:
        with pytest.raises(LedgerError, match="the run has no name"):
            open_ledger(place, writing=True)

    def test_another_run_is_told(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
        with pytest.raises(LedgerError, match="'other'"):
            open_ledger(place, "other")
        assert runs_in(place) == ["run"]


class TestLines(Durable):
    @pytest.fixture
    def place(self, tmp_path) -> Path:
        return tmp_path / "made" / "run.jsonl"

    def test_the_file_is_what_lines_says(self, place, played) -> None:
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 60)
        assert place.read_bytes() == lines(played.read())

    @pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 61])
    def test_a_run_cut_at_any_byte_continues_to_the_same_file(self, tmp_path, step) -> None:
        whole = MemoryLedger(toy.RUN)
        toy.play(whole, 3)
        content, path = lines(whole.read()), tmp_path / "run.jsonl"
        ends = {0, *_ends_of_batches(content)}
        for cut in range(0, len(content), step):
            path.write_bytes(content[:cut])
            last = max(end for end in ends if end <= cut)
            with open_ledger(path, toy.RUN, writing=True) as ledger:
                assert bool(ledger.torn) == (cut not in ends)
                assert path.read_bytes() == content[:last]
                toy.play(ledger, 3)
            assert path.read_bytes() == content
            beside = tmp_path / f"run.jsonl.torn-{last}"
            if cut not in ends:
                assert beside.read_bytes() == content[last:cut]

    def test_a_file_that_ends_in_noughts_is_torn(self, tmp_path, played) -> None:
        content, path = lines(played.read()), tmp_path / "run.jsonl"
        path.write_bytes(content[:-400] + bytes(400))
        with open_ledger(path, toy.RUN, writing=True) as ledger:
            assert "bytes of a torn batch after record" in ledger.torn
            toy.play(ledger, 60)
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        "masks", [(0x01,), pytest.param((0x02, 0x20, 0x80, 0xFF), marks=pytest.mark.slow)]
    )
    def test_every_flipped_byte_is_found(self, tmp_path, masks) -> None:
        ledger = MemoryLedger(toy.RUN)
        toy.play(ledger, 2)
        content, path = lines(ledger.read()), tmp_path / "run.jsonl"
        for place, mask in itertools.product(range(len(content)), masks):
            flipped = bytearray(content)
            flipped[place] ^= mask
            path.write_bytes(flipped)
            assert not _is_sound(path), (place, mask)
        path.write_bytes(content)
        assert _is_sound(path)

    def test_damage_is_not_cut(self, tmp_path, played) -> None:
        content, path = bytearray(lines(played.read())), tmp_path / "run.jsonl"
        content[-100] ^= 1
        path.write_bytes(content)
        with pytest.raises(LedgerError, match=r"the chain is broken: its hash is [0-9a-f]{64}"):
            open_ledger(path, toy.RUN, writing=True)
        assert path.read_bytes() == content

    @pytest.mark.parametrize("text", [b"a note", b"a note\n", b'{"record":2', b"\0" * 50])
    def test_a_file_of_something_else_is_left_alone(self, tmp_path, text) -> None:
        path = tmp_path / "note.txt"
        path.write_bytes(text)
        with pytest.raises(LedgerError, match=r"this is no ledger|is no record"):
            open_ledger(path, "run", writing=True)
        assert path.read_bytes() == text

    def test_a_full_disk_stores_nothing_of_the_batch(self, place) -> None:
        with self.begin(place) as ledger:
            head = ledger.append([opened(), alarm(1)])
            size = place.stat().st_size
            with _files_at_most(size + 500), pytest.raises(LedgerError, match="File too large"):
                ledger.append([alarm(i) for i in range(10)])
            assert place.stat().st_size == size
            with pytest.raises(LedgerError, match="an append failed before"):
                ledger.append([alarm(2)])
        with self.begin(place) as ledger:
            assert (ledger.head, ledger.torn) == (head, "")
            assert ledger.append([alarm(2)]).count == 3


class Shared(Durable):
    """What every database promises: several runs, and tables that only grow."""

    def test_runs_share_it(self, place) -> None:
        for run in ("one", "two"):
            with self.begin(place, run) as ledger:
                ledger.append([opened(run)])
                ledger.append([alarm(1)])
        assert sorted(runs_in(place)) == ["one", "two"]
        with pytest.raises(LedgerError, match="it has 2 runs: one, two"):
            open_ledger(place)
        for run in ("one", "two"):
            with open_ledger(place, run) as ledger:
                assert verify(ledger.read()).count == 2

    def test_tables_of_a_newer_version_are_refused(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
        self.execute(place, "UPDATE hedgerow_version SET version = 99")
        for writing in (True, False):
            with pytest.raises(LedgerError, match=r"newer Hedgerow made it \(tables of version 99"):
                open_ledger(place, "run", writing=writing)

    def test_tables_of_an_older_version_are_upgraded_by_a_writer(self, place, monkeypatch) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened(), alarm(1)])

        def fail(op, dialect) -> None:
            add(op, dialect)
            op.execute("INSERT INTO nowhere VALUES (1)")

        def add(op, dialect) -> None:
            op.add_column("hedgerow_run", sa.Column("note", sa.Text))

        for change in (fail, add):
            changes = (*MIGRATIONS, change)
            for module in ("migrations", "sql"):
                monkeypatch.setattr(f"hedgerow.engine.ledger.{module}.MIGRATIONS", changes)
            with pytest.raises(LedgerError, match="its tables are old"):
                open_ledger(place)
            with contextlib.suppress(LedgerError) if change is fail else contextlib.nullcontext():
                self.begin(place).close()
        with open_ledger(place) as ledger:
            assert verify(ledger.read()).count == 2
        self.execute(place, "INSERT INTO hedgerow_run (name, note) VALUES ('noted', 'yes')")

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE hedgerow_record SET event = '' WHERE number = 1",
            "DELETE FROM hedgerow_record WHERE number = 2",
            "UPDATE hedgerow_run SET name = 'other'",
            "DELETE FROM hedgerow_run",
        ],
    )
    def test_the_database_refuses_changes(self, place, change) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened(), alarm(1)])
        with pytest.raises(Exception, match="a ledger is append-only"):
            self.execute(place, change)

    @pytest.mark.parametrize("column", ["event", "hash", "more"])
    def test_a_change_behind_its_back_is_found(self, place, column, played) -> None:
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 4)
        self.execute(place, self.unguard)
        number = 11
        value = {"event": "replace(event, '1', '2')", "hash": f"'{'0' * 64}'", "more": "more + 1"}
        self.execute(
            place, f"UPDATE hedgerow_record SET {column} = {value[column]} WHERE number = {number}"
        )
        with open_ledger(place) as ledger, pytest.raises(LedgerError, match=f"record {number}:"):
            verify(ledger.read())

    def test_a_record_that_another_slipped_in_stops_the_writer(self, place) -> None:
        with self.begin(place) as ledger:
            ledger.append([opened()])
            self.execute(place, "INSERT INTO hedgerow_record VALUES (1, 2, 0, '{}', 'x')")
            for said in (
                "another process has written to the run since record 1",
                "open the ledger",
            ):
                with pytest.raises(LedgerError, match=said):
                    ledger.append([alarm(1)])

    def execute(self, place, statement: str) -> None:
        raise NotImplementedError


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
        for spot in used:
            flipped = bytearray(content)
            flipped[spot] ^= 0x10
            place.write_bytes(flipped)
            with contextlib.suppress(LedgerError), open_ledger(place) as ledger:
                assert list(checked(ledger.read())) == records, spot
            for rest in ("-wal", "-shm"):
                place.with_name(place.name + rest).unlink(missing_ok=True)

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


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("mysql://host/db", "ledgers are not kept in mysql"),
        ("postgresql://host:port/db", "this is no address of a database"),
        (".", r"Is a directory|is a directory"),
        ("none.db", "there is no such ledger"),
        ("none.jsonl", "there is no such ledger"),
    ],
)
def test_places_that_are_none(place, said, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerError, match=said):
        open_ledger(place)
    assert list(tmp_path.iterdir()) == []


def test_without_psycopg_the_mend_is_told(monkeypatch) -> None:
    from hedgerow.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hedgerow\[postgres\]'"):
        open_ledger("postgresql://localhost/none")


def test_opening_lines_imports_no_database() -> None:
    code = "import sys, hedgerow.engine.ledger.opening; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def _ends_of_batches(content: bytes) -> list[int]:
    places, place = [], 0
    for row in content.splitlines(keepends=True):
        place += len(row)
        if b'"more":0,' in row:
            places.append(place)
    return places


def _is_sound(path: Path) -> bool:
    try:
        with LinesLedger(path) as ledger:
            return not ledger.torn and verify(ledger.read()).count > 0
    except LedgerError:
        return False


@contextlib.contextmanager
def _files_at_most(size: int):
    """Let no file of this process grow beyond ``size`` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
