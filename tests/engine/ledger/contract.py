"""What every store promises, what every lasting one and what every shared one does besides."""

from __future__ import annotations

import contextlib
import resource
import signal

import pytest
import sqlalchemy as sa

from engine.ledger import toy
from hedgerow.engine.ledger.chain import GENESIS, verify
from hedgerow.engine.ledger.events import SCHEMA, Alarm, Opened
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
            newer = Opened(0, "run", "9.0.0", {}, "", "", {}, schema=SCHEMA + 1)
            ledger.append([newer])
        with pytest.raises(LedgerError, match=rf"newer Hedgerow wrote it .* up to {SCHEMA}\)"):
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
