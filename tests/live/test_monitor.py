"""The monitor: sessions by the exchange's calendar, waited for, caught up, never done twice."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from hedgerow.errors import DataError, LedgerError, RangeError
from hedgerow.live.hours import hours_from, in_new_york
from hedgerow.live.keeping.beats import last_beat
from hedgerow.live.monitor import Monitor, _Pace
from live.desks import Desk, records

START, END = "2020-02-24", "2020-03-06"
HOUR = 3_600 * 10**9


@pytest.fixture
def made(tmp_path) -> Desk:
    return Desk.at(tmp_path / "book.db", start=START, end=END)


def _after(day: str, hours: float = 1.0) -> int:
    return hours_from(day).close + round(hours * HOUR)


def _states(events: list[object]) -> list[tuple[str, str]]:
    return [(each.session, each.state) for each in events]


def test_a_session_is_due_after_its_close_and_the_delay_on_trading_days_alone(made) -> None:
    monitor = Monitor(made.cycle)
    made.clock.now = hours_from(START).close
    assert monitor.due() == [], "the delay of 20 minutes is not over"
    made.clock.now = _after(START)
    assert monitor.once().done[0].session == START
    assert in_new_york(last_beat(made.cycle.store, "live").until) == "2020-02-26 04:00 New York"
    assert monitor.due() == []
    made.clock.now = _after("2020-02-28", 30.0)  # Saturday night
    assert [str(day) for day in monitor.due()] == [f"2020-02-{day}" for day in (25, 26, 27, 28)]


def test_missed_sessions_are_caught_up_in_order_each_once(tmp_path, made) -> None:
    monitor = Monitor(made.cycle)
    made.clock.now = _after("2020-02-27")
    days = ["2020-02-24", "2020-02-25", "2020-02-26", "2020-02-27"]
    assert _states(monitor.once().done) == [(day, "decided") for day in days]
    assert monitor.once().done == ()
    bars = [r.event for r in records(tmp_path / "book.db") if r.event.kind == "closed"]
    assert [str(np.datetime64(bar.time, "ns"))[:10] for bar in bars] == days
    kinds = {r.event.kind for r in records(tmp_path / "book.db")}
    assert "filled" not in kinds, "no order was with a broker while its session was open"


def test_a_source_that_is_down_is_waited_for_then_an_alarm_then_caught_up(
    made, monkeypatch
) -> None:
    told = []
    monitor = Monitor(made.cycle, told=told.append)
    read = made.source.read

    def down(session: np.datetime64) -> object:
        raise DataError("the server does not answer", where="a source")

    made.clock.now = _after(START)
    monitor.look()
    monkeypatch.setattr(made.source, "read", down)
    for hours in (1, 2, 3, 13, 14, 15):  # patience is 12 hours
        made.clock.now = _after("2020-02-25", hours)
        monitor.look()
    assert _states(told) == [(START, "decided"), ("2020-02-25", "waiting")]
    alarms = made.cycle.journal.blotter().alarms
    assert [alarm.rule for alarm in alarms] == ["source"]
    assert "the server does not answer" in alarms[0].sentence
    monkeypatch.setattr(made.source, "read", read)
    made.clock.now = _after("2020-02-25", 16)
    assert monitor.look().done == (), "given up for the day"
    made.clock.now = _after("2020-02-26")
    done = monitor.look().done
    assert _states(done) == [("2020-02-25", "decided"), ("2020-02-26", "decided")]


def test_a_session_that_never_comes_is_left_out_when_the_next_is_there(made, monkeypatch) -> None:
    read = made.source.read

    def lacking(session: np.datetime64) -> object:
        if str(session) == "2020-02-25":
            raise DataError("it has no such session", where="a source")
        return read(session)

    monkeypatch.setattr(made.source, "read", lacking)
    monitor = Monitor(made.cycle)
    made.clock.now = _after("2020-02-26")
    made_round = monitor.once()
    assert _states(made_round.done) == [(START, "decided"), ("2020-02-26", "decided")]
    assert _states(made_round.left) == [("2020-02-25", "waiting")]
    received = made.cycle.journal.blotter().received["2020-02-26"]
    assert any("passed unseen" in finding for finding in received.findings)


def test_a_clock_that_jumps_does_nothing_twice_and_nothing_ahead(tmp_path, made) -> None:
    monitor = Monitor(made.cycle)
    made.clock.now = _after("2020-02-26")
    assert len(monitor.once().done) == 3
    held = records(tmp_path / "book.db")
    made.clock.now = _after("2020-02-21")  # a weekend back
    assert monitor.due() == []
    assert not monitor.once().done
    assert records(tmp_path / "book.db") == held
    made.clock.now = hours_from("2020-02-28").close - HOUR  # two days on, before the close
    assert _states(monitor.once().done) == [("2020-02-27", "decided")]


def test_a_book_that_fails_is_told_once_and_tried_again(made, monkeypatch) -> None:
    said: list[str] = []
    monitor = Monitor(made.cycle, warn=said.append)
    made.clock.now = _after(START)
    accept = made.cycle.store.accept

    def full(*_: object) -> None:
        raise LedgerError("the disk is full", where="book.db", mend="make room")

    monkeypatch.setattr(made.cycle.store, "accept", full)
    stop = threading.Event()
    for _ in range(3):
        monitor._asked.clear()
        monitor._guarded(monitor._look, stop)
    assert said == ["book.db: the disk is full. Mend: make room"]
    assert [a.rule for a in made.cycle.journal.blotter().alarms] == ["monitor"]
    monkeypatch.setattr(made.cycle.store, "accept", accept)
    monitor._asked.clear()
    monitor._guarded(monitor._look, stop)
    assert made.cycle.store.sessions("live") == [START]
    assert not stop.is_set()


def test_it_watches_until_sigterm_and_leaves_the_book_to_others(tmp_path, made) -> None:
    made.clock.now = _after("2020-02-25")
    decided: list[str] = []

    def told(stepped: object) -> None:
        decided.append(stepped.session)
        if len(decided) == 2:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

    monitor = Monitor(made.cycle, told=told)
    before = signal.getsignal(signal.SIGTERM)
    monitor.run()
    assert decided == ["2020-02-24", "2020-02-25"]
    assert signal.getsignal(signal.SIGTERM) is before
    assert last_beat(made.cycle.store, "live").time == made.clock.now
    again = Desk.at(tmp_path / "book.db", start=START, end=END)  # the lock is given back
    assert again.cycle.store.sessions("live") == decided


def test_a_jump_of_the_walls_clock_is_seen() -> None:
    wall, counted = [1_000.0], [10.0]
    pace = _Pace(lambda: wall[0], lambda: counted[0])
    wall[0], counted[0] = 1_060.0, 70.0
    assert not pace.jumped()
    wall[0], counted[0] = 500.0, 71.0
    assert pace.jumped()
    assert not pace.jumped()
    wall[0], counted[0] = 90_000.0, 72.0
    assert pace.jumped()


def test_commands_of_the_monitor(tmp_path: Path) -> None:
    import json

    from typer.testing import CliRunner

    from hedgerow.cli import app

    run, book = CliRunner(), str(tmp_path / "book.db")
    policy, terms = tmp_path / "p.toml", tmp_path / "d.toml"
    terms.write_text("[approval]\nrequired = false\n", "utf-8")
    assert run.invoke(app, ["policy", "new", "--out", str(policy)]).exit_code == 0
    past = ["--source", "replay", "--from", "2020-02-24", "--to", "2020-02-25", "--json"]
    asked = ["monitor", str(policy), "--book", book, "--settings", str(terms), *past]
    made = run.invoke(app, asked)
    assert made.exit_code == 0, made.output
    assert [each["state"] for each in json.loads(made.stdout)["done"]] == ["decided", "decided"]
    first = ["monitor", str(policy), "--book", str(tmp_path / "first.db")]
    vendor = tmp_path / "vendor"  # of its own: files of less than 3 s are waited for
    vendor.mkdir()
    there = sorted(tmp_path.iterdir())
    for args, said in (
        (["monitor", "--book", str(tmp_path / "none.db"), "--once"], "there is no such book"),
        (["monitor", "--book", book, "--once"], "write --source replay --from"),
        (["monitor", str(policy), "--book", book, "--portfolio", "5m", *past], "--run NAME"),
        (["monitor", "--book", book, "--portfolio", "5m", "--once"], "since the first start"),
        (["monitor", "--book", book, "--speed", "2"], "those of a replay"),
        (["monitor", "--book", book, "--source", "cboe", "--once"], "a replay that ended at"),
        ([*first, "--source", "folder"], "a watched folder must be named"),
        ([*first, "--source", "folder", "--place", str(tmp_path / "none")], "does not exist"),
        ([*first, "--settings", str(policy)], "unknown key"),
        (["monitor", str(terms), *first[2:]], "unknown key"),
        (["serve", first[3]], "there is no such book"),
        (["monitor", str(policy), "--book", str(tmp_path / "x" / "b.db")], "its folder does not"),
        ([*first, "--source", "folder", "--place", str(vendor)], "no S&P 500 closes"),
    ):
        refused = run.invoke(app, args)
        assert refused.exit_code == 2, refused.output
        assert said in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
        assert sorted(tmp_path.iterdir()) == there, "a start that is refused makes nothing"
    empty = tmp_path / "first.db"
    empty.touch()
    assert run.invoke(app, [*first, "--source", "folder"]).exit_code == 2
    assert empty.stat().st_size == 0, "nor does it take away what was there"
    again = run.invoke(app, asked[:-1])
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith("Nothing is due.")


def test_files_that_ended_long_ago_are_refused_before_a_book_is_begun(tmp_path, made) -> None:
    """Else there is an alarm for each session since: 978 of them in November 2026."""
    from hedgerow.live.beginning import Asked, assembled

    rows = ["Date,SPX,VIX", "2022-12-27,3829.25,21.65", "2022-12-28,3783.22,22.14"]
    for name in ("mine", "before"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.csv").write_text("\n".join([*rows, ""]), "utf-8")
        os.utime(tmp_path / name / "mine.csv", (1e9, 1e9))
    text = '[source]\nkind = "folder"\nplace = "{0}/mine"\nhistory = "{0}/before"\n'
    text = text.format(tmp_path.as_posix())
    book, asked = tmp_path / "new.db", Asked.of(made.cycle.program)

    def begin(day: str, settings: str) -> None:
        begun = assembled(book, "live", asked, settings=settings, clock=lambda: _after(day))
        begun.close()
        begun.journal.close()

    for settings in (text, text.partition("history")[0]):
        with pytest.raises(RangeError, match=r"2022-12-28, 6 sessions ago, .* none of the 5 after"):
            begin("2023-01-06", settings)
    assert not book.exists()
    # the third session after the history is there: the gap is small enough to go on
    (tmp_path / "mine" / "mine.csv").write_text(
        "\n".join([*rows, "2023-01-03,3824.14,22.90", ""]), "utf-8"
    )
    os.utime(tmp_path / "mine" / "mine.csv", (1e9, 1e9))
    begin("2023-01-06", text)
    assert book.exists()


def test_a_history_of_long_ago_is_refused_before_a_book_is_begun(tmp_path, made) -> None:
    from hedgerow.live.beginning import Asked, assembled

    old = tmp_path / "old"  # two sessions of 2022, and a source that tells of the last two
    old.mkdir()
    rows = "Date,SPX,VIX\n2022-12-27,3829.25,21.65\n2022-12-28,3783.22,22.14\n"
    (old / "mine.csv").write_text(rows, "utf-8")
    text = f'[source]\nkind = "cboe"\nhistory = "{old.as_posix()}"\n'
    book, asked = tmp_path / "new.db", Asked.of(made.cycle.program)
    with pytest.raises(RangeError, match="the history ends on 2022-12-28, 8 sessions ago"):
        assembled(book, "live", asked, settings=text, clock=lambda: _after("2023-01-10"))
    assert not book.exists()
    # four sessions unseen, and two that the source tells of, may still be caught up
    begun = assembled(book, "live", asked, settings=text, clock=lambda: _after("2023-01-06"))
    begun.close()
    begun.journal.close()


def test_a_run_begun_within_a_session_does_not_take_its_price_for_the_close(tmp_path, made) -> None:
    from hedgerow.live.beginning import Asked, assembled

    vendor = tmp_path / "vendor"  # as Yahoo gives the day that is going on
    vendor.mkdir()
    rows = ("2022-12-27,3829.25,21.65", "2022-12-28,3783.22,22.14", "2022-12-29,3801.00,22.0", "")
    (vendor / "mine.csv").write_text("\n".join(["Date,SPX,VIX", *rows]), "utf-8")
    text = f'[source]\nkind = "cboe"\nhistory = "{vendor.as_posix()}"\n'
    for hours, last in ((-1.0, "2022-12-28"), (0.0, "2022-12-29")):
        book, asked = tmp_path / f"{last}.db", Asked.of(made.cycle.program)
        now = _after("2022-12-29", hours)
        begun = assembled(book, "live", asked, settings=text, clock=lambda now=now: now)
        assert begun.store.last("live") == last
        begun.close()
        begun.journal.close()
