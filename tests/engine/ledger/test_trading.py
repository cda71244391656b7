"""Trouble while the engine trades: one sentence, exit code 2, nothing lost, and the run goes on."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.console import bad, good, python
from engine.ledger.contract import _files_at_most
from hedgerow import __version__, api
from hedgerow.engine.ledger.chain import Head, verify
from hedgerow.engine.ledger.events import SCHEMA, Closed, Opened
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.program_text import read
from hedgerow.engine.recording import Recorder
from hedgerow.engine.trade import trade

PROGRAM = """
name = "demo"

[policies.vix]
signals = [{ kind = "level", column = "vix" }]
steps = [{ kind = "linear", signal = "vix", low = 12, high = 22 }]

[[lines]]
name = "puts"
policy = "vix"
sleeve = { kind = "put", strike_step = 5 }

[[lines]]
name = "futures"
policy = "vix"
sleeve = { kind = "vix_future" }
"""
FIRST, LAST, BARS = "1991-01-07", "1991-03-01", 39
TRADE = ("trade", "program.toml", "--from", FIRST, "--to", LAST, "--ledger")
Hook = Callable[[int, Callable[[], object]], None]


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hedgerow.engine.ledger.sql._PATIENCE", 0.05)
    Path("program.toml").write_text(PROGRAM)


@pytest.fixture(scope="module")
def unbroken() -> Head:
    ledger = MemoryLedger("demo")
    market = api.load("builtin")
    trade(read(PROGRAM), market, start=FIRST, end=LAST, ledger=ledger, version=__version__)
    return ledger.head


@pytest.fixture
def before_bar(monkeypatch) -> Hook:
    """Lets something happen once, before a bar of the run is stored."""

    def hook(bar: int, trouble: Callable[[], object]) -> None:
        stored, store = 0, Recorder.store

        def troubled(recorder: Recorder) -> None:
            nonlocal stored
            stored += 1
            if stored == bar:
                trouble()
            store(recorder)

        monkeypatch.setattr(Recorder, "store", troubled)

    return hook


def bars_in(place) -> int:
    """How many bars are there, after a look whether the chain holds."""
    with open_ledger(place, "demo") as ledger:
        assert verify(ledger.read()) == ledger.head
        return sum(isinstance(record.event, Closed) for record in ledger.read())


def continues(place, unbroken: Head) -> None:
    """Trade on, and compare with the run that nothing troubled."""
    good(*TRADE, place)
    with open_ledger(place, "demo") as ledger:
        assert ledger.head == unbroken
        assert replay(ledger).decisions == 2 * BARS


class Troubled:
    """What every lasting ledger promises while the engine writes it."""

    @pytest.fixture
    def place(self, tmp_path):
        return tmp_path / "run.db"

    def test_a_ledger_of_a_newer_version_is_not_traded_on(self, place) -> None:
        newer = Opened(0, "demo", "9.0.0", {}, "", "", {}, schema=SCHEMA + 1)
        with open_ledger(place, "demo", writing=True) as ledger:
            ledger.append([newer])
        for _ in range(2):
            assert f"newer Hedgerow wrote it (schema {SCHEMA + 1}" in bad(*TRADE, place)

    def test_a_second_writer_is_refused_and_the_first_goes_on(
        self, place, before_bar, unbroken
    ) -> None:
        said = []

        def another() -> None:
            done = python(*TRADE, str(place))
            said.append((done.returncode, done.stdout, done.stderr))

        before_bar(20, another)
        good(*TRADE, place)
        ((code, out, sentence),) = said
        assert (code, out, sentence.count("\n")) == (2, "", 1)
        assert "another process is writing to it" in sentence
        continues(place, unbroken)

    def test_another_program_is_not_traded_on(self, place, unbroken) -> None:
        good(*TRADE, place)
        Path("program.toml").write_text(PROGRAM.replace("high = 22", "high = 23"))
        assert "record 1: the run that would be continued has another 'opened'" in bad(
            *TRADE, place
        )
        Path("program.toml").write_text(PROGRAM)
        continues(place, unbroken)


class OnDisk(Troubled):
    """What files promise besides."""

    @pytest.mark.parametrize("part", [0.4, 0.8])
    def test_a_full_disk_is_told_and_the_run_goes_on(self, place, unbroken, part) -> None:
        good(*TRADE, place.with_name(f"whole{place.suffix}"))
        size = place.with_name(f"whole{place.suffix}").stat().st_size
        with _files_at_most(int(part * size)):
            said = bad(*TRADE, place)
        assert self.full in said
        done = bars_in(place)
        assert 0 < done < BARS
        continues(place, unbroken)


class TestLines(OnDisk):
    full = "File too large"

    @pytest.fixture
    def place(self, tmp_path) -> Path:
        return tmp_path / "run.jsonl"


class TestSqlite(OnDisk):
    full = "the disk fails"

    @contextlib.contextmanager
    def locked(self, place) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other

    def test_no_room_for_another_page_is_told_and_the_run_goes_on(
        self, place, before_bar, unbroken, monkeypatch
    ) -> None:
        from hedgerow.engine.ledger import sql

        ledgers, make = [], sql.SqlLedger.__init__

        def made(ledger, *args, **terms) -> None:
            make(ledger, *args, **terms)
            ledgers.append(ledger)

        def fill() -> None:
            connection = ledgers[-1]._open()
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        monkeypatch.setattr(sql.SqlLedger, "__init__", made)
        before_bar(25, fill)
        assert "the disk is full. Mend: make room, then continue the run" in bad(*TRADE, place)
        assert 24 <= bars_in(place) < 30
        continues(place, unbroken)

    @pytest.mark.parametrize("bar", [1, 23])
    def test_a_database_locked_in_mid_run_is_told_and_the_run_goes_on(
        self, place, before_bar, unbroken, bar
    ) -> None:
        with contextlib.ExitStack() as stack:
            before_bar(bar, lambda: stack.enter_context(self.locked(place)))
            assert "the database is locked" in bad(*TRADE, place)
            assert "the database is locked" in bad(*TRADE, place)
        assert bars_in(place) == bar - 1
        continues(place, unbroken)

    def test_at_the_shell_too(self, place, unbroken) -> None:
        def little() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        done = python(*TRADE, str(place), preexec_fn=little)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        assert "the disk fails" in done.stderr
        assert 0 < bars_in(place) < BARS
        continues(place, unbroken)

    def test_tables_of_a_newer_version_are_not_traded_on(self, place) -> None:
        good(*TRADE, place)
        with contextlib.closing(sqlite3.connect(place)) as other, other:
            other.execute("UPDATE hedgerow_version SET version = 99")
        assert "newer Hedgerow made it (tables of version 99" in bad(*TRADE, place)


class TestPostgres(Troubled):
    @pytest.fixture
    def place(self, database) -> str:
        return database

    @pytest.mark.parametrize("bar", [1, 25])
    def test_a_server_gone_in_mid_run_is_told_and_the_run_goes_on(
        self, place, cluster, before_bar, unbroken, bar
    ) -> None:
        before_bar(bar, cluster.stop)
        try:
            for said in (bad(*TRADE, place), bad(*TRADE, place)):
                assert "the database is gone. Mend: see that the server runs" in said
                assert "horse" not in said
        finally:
            cluster.start()
        assert bars_in(place) == bar - 1
        continues(place, unbroken)

    def test_a_locked_table_is_told_and_the_run_goes_on(self, place, before_bar, unbroken) -> None:
        import psycopg

        with contextlib.ExitStack() as stack:

            def lock() -> None:
                other = stack.enter_context(psycopg.connect(place))
                other.execute("LOCK TABLE hedgerow_record IN ACCESS EXCLUSIVE MODE")

            before_bar(20, lock)
            assert "the database is locked" in bad(*TRADE, place)
        assert bars_in(place) == 19
        continues(place, unbroken)
