"""The running hedge as its user has it: from a new book to the report, by its own commands."""

from __future__ import annotations

import csv
import http.server
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cli.console import LINEAR, as_json, bad, call, good
from hedgerow import api
from hedgerow.api.monitoring import monitor
from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.trade import trade
from hedgerow.errors import PolicyError
from hedgerow.live.clock import Hand
from hedgerow.live.hours import hours_from
from hedgerow.live.journal import Journal
from hedgerow.live.orders.sending import key_of
from hedgerow.live.store import Store
from live.desks import FREE, START, Desk, market, option_a, records, two_lines

ROOT = Path(__file__).resolve().parents[2]
MINUTE, HOUR = 60 * 10**9, 3_600 * 10**9
PAST = ("--source", "replay")


@pytest.fixture
def clock(monkeypatch) -> Hand:
    """The machine's clock, for monitor, console and journal alike."""
    hand = Hand()
    monkeypatch.setattr("hedgerow.live.clock.time", SimpleNamespace(time_ns=hand))
    return hand


@pytest.fixture
def free(tmp_path) -> Path:
    path = tmp_path / "desk.toml"
    path.write_text(FREE)
    return path


class Ear(http.server.BaseHTTPRequestHandler):
    heard: list[dict[str, str]]

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ear(monkeypatch) -> Iterator[list[dict[str, str]]]:
    """Whoever is told, at a loopback address; a second address is dead."""
    Ear.heard = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    live = f"json://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("HEDGEROW_ALERTS", f"json://127.0.0.1:1,{live}")
    yield Ear.heard
    server.shutdown()
    server.server_close()
    thread.join()


def test_from_a_policy_to_the_report_by_the_commands_alone(tmp_path, free) -> None:
    book, log = tmp_path / "book.db", tmp_path / "logs" / "monitor.log"
    span = ("--from", "2020-02-24", "--to", "2020-03-03")
    told = good("monitor", LINEAR, "--book", book, *PAST, *span, "--settings", free, "--log", log)
    assert told.count("decided") == 7
    assert as_json("orders", "list", book)["run"] == "live"
    for run in ("live", "live.desk"):
        good("ledger", "verify", book, "--run", run)
    good("ledger", "replay", book, "--run", "live")
    good("review", book, "--run", "live")
    duties = as_json("duties", book)
    assert {each["duty"] for each in duties["done"]} == {"daily", "weekly", "monthly"}
    assert not duties["due"], "the monitor has done them"
    vix = market().columns["vix"][market().index_of("2020-02-28")]
    assert f"vix = {vix:.4g}" in good("why", book, "2020-02-28")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    said = [line["event"] for line in lines]
    assert said.count("session") == 7
    assert {"proposed", "approved", "sent", "done"} <= set(said)

    copy, again = tmp_path / "copy.db", tmp_path / "again.db"
    good("book", "backup", book, copy)
    good("book", "restore", copy, again)
    more = good("monitor", "--book", again, *PAST, "--from", "2020-02-24", "--to", "2020-03-05")
    assert more.count("decided") == 2, "what was restored goes on where the copy was made"
    verify(records(again))
    assert [r.text for r in records(again)][: len(records(book))] == [r.text for r in records(book)]


def test_a_new_book_runs_what_monitor_would_have_begun(tmp_path, free) -> None:
    book, other = tmp_path / "book.db", tmp_path / "other.db"
    span = ("--from", "2020-02-24", "--to", "2020-02-25")
    good("book", "new", book, LINEAR, "--settings", free, "--until", "2020-02-21")
    good("monitor", LINEAR, "--book", book, *PAST, *span)
    good("monitor", LINEAR, "--book", other, *PAST, *span, "--settings", free)
    held = [r.text for r in records(book)], [r.text for r in records(other)]
    assert held[0] == held[1]


def test_a_ledger_that_is_no_book_is_left_as_it_is(tmp_path) -> None:
    place = tmp_path / "runs.db"
    with open_ledger(place, "live", writing=True) as ledger:
        trade(option_a(), market(), start="2020-02-24", end="2020-02-25", ledger=ledger)
    with open_ledger(place) as ledger:
        head = ledger.head
    for command in (
        ("duties", place),
        ("why", place, "2020-02-25"),
        ("users", "list", place),
        ("book", "show", place),
        ("serve", place),
    ):
        assert "it is no book" in bad(*command)
    tables = {row[0] for row in sqlite3.connect(place).execute("SELECT name FROM sqlite_master")}
    assert not {name for name in tables if name in ("hedgerow_book", "hedgerow_live_version")}
    with open_ledger(place) as ledger:
        assert ledger.head == head


def test_what_a_budget_cuts_and_a_source_lacks_is_told_beyond_the_machine(
    tmp_path, free, ear
) -> None:
    program = two_lines()
    monitor(
        program, tmp_path / "book.db", settings=FREE, market=market(), start=START,
        end="2020-03-06",
    )  # fmt: skip
    alarms = [r.event for r in records(tmp_path / "book.db") if r.event.kind == "alarm"]
    assert any(alarm.rule == "budget" for alarm in alarms)
    (heard,) = ear
    assert "alarm: budget: " in heard["message"]


def _folder(place: Path, until: str) -> None:
    """Write what a vendor has by a day: index and VIX, one row a session."""
    found = market().until(market().index_of(until))
    place.mkdir(exist_ok=True)
    for name, file in (("spx", "spx.csv"), ("vix", "VIX_History.csv")):
        with (place / file).open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(
                ["Date", "Close"] if name == "spx" else ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]
            )
            for day, value in zip(found.dates, found.columns[name], strict=True):
                rows.writerow([str(day), *[value] * (1 if name == "spx" else 4)])
        os.utime(place / file, (1e9, 1e9))


def test_a_folder_is_watched_and_a_person_lets_orders_go_between_calls_of_cron(
    tmp_path, clock, ear
) -> None:
    vendor, book, terms = tmp_path / "vendor", tmp_path / "book.db", tmp_path / "desk.toml"
    terms.write_text(FREE.replace("required = false", "required = true"))
    once = ("monitor", "--book", book, "--once")
    _folder(vendor, "2020-02-21")
    clock.now = hours_from("2020-02-24").close + HOUR
    first = call(
        "monitor", LINEAR, *once[1:], "--source", "folder", "--place", vendor, "--settings", terms
    )
    assert first.exit_code == 4, first.output
    assert "2020-02-24" in first.stdout
    approved = 0
    for day in ("2020-02-24", "2020-02-25", "2020-02-26"):
        _folder(vendor, day)
        clock.now = hours_from(day).close + HOUR
        assert f"{day}  " in good(*once)
        waiting = as_json("orders", "list", book)["orders"]
        if waiting:
            good("orders", "approve", book, "--all", "--who", "ann")
            approved += len(waiting)
        clock.now = hours_from(str(np.datetime64(day) + 1)).opening + 30 * MINUTE
        assert good(*once).startswith("Nothing is due.")
    assert approved
    assert "filled" in {r.event.kind for r in records(book)}
    assert any("waiting: " in heard["message"] for heard in ear)

    good("book", "settings", book, "--set", _limited(tmp_path))
    _folder(vendor, "2020-02-27")
    found = market().columns["vix"][market().index_of("2020-02-27")]
    text = (vendor / "VIX_History.csv").read_text()
    (vendor / "VIX_History.csv").write_text(text.replace(str(found), str(found * 4)))
    os.utime(vendor / "VIX_History.csv", (1e9 + 1, 1e9 + 1))
    clock.now = hours_from("2020-02-27").close + HOUR
    refused = call(*once)
    assert (refused.exit_code, "refused" in refused.stdout) == (4, True), refused.stdout
    assert "alarm: data" in ear[-1]["message"]
    _folder(vendor, "2020-02-27")
    os.utime(vendor / "VIX_History.csv", (1e9 + 2, 1e9 + 2))
    good(*once)
    if found := as_json("orders", "list", book)["orders"]:
        assert found[0]["breaches"], "the new limit binds"
    verify(records(book))
    verify(records(book, "live.desk"))


def _limited(folder: Path) -> Path:
    path = folder / "tight.toml"
    text = FREE.replace("required = false", "required = true")
    text = text.replace('contracts = "off"', "contracts = 0.001")
    path.write_text(f'{text}[source]\nkind = "folder"\nplace = "{folder / "vendor"}"\n')
    return path


def test_settings_given_to_the_book_are_taken_up_by_a_monitor_that_runs(tmp_path) -> None:
    made = Desk.at(tmp_path / "book.db", settings=FREE, start="2020-02-24", end="2020-02-28")
    store = Store(tmp_path / "book.db")
    text = FREE.replace('daily_loss = "off"', "daily_loss = 0.5") + "[source]\ntolerance = 0.1\n"
    store.settle("live", text)
    made.cycle.take_settings()
    assert made.cycle.settings.limits.daily_loss == 0.5
    assert made.cycle.settings.source.tolerance == 0.005, "the source stays until the next start"
    store.settle("live", "[approval]\nhours = 0.0\n")
    with pytest.raises(PolicyError, match=r"approval\.hours"):
        made.cycle.take_settings()
    assert made.cycle.settings.limits.daily_loss == 0.5


def test_two_books_of_one_run_name_have_other_keys_at_a_broker(tmp_path) -> None:
    keys = []
    for number, run in enumerate(("live", "live", "a-run-of-a-very-long-name")):
        store = Store(place := tmp_path / f"{number}.db")
        store.begin(run, "", "", market().until(5), number)
        journal = Journal(place, run, mark=store.mark(run))
        keys.append(key_of(journal, "a-line-of-15ltr-n99999"))
        journal.close()
    assert len(set(keys)) == 3
    assert max(map(len, keys)) <= 40


def test_sigterm_ends_a_monitor_with_nothing_half_done(tmp_path, free) -> None:
    book = tmp_path / "book.db"
    command = [sys.executable, "-m", "hedgerow", "monitor", LINEAR, "--book", str(book), *PAST]
    command += ["--from", START, "--to", "2020-04-30", "--settings", str(free)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    assert "decided" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    sessions = Store(book).sessions("live")
    assert 1 <= len(sessions) < 62, rest
    bars = [r for r in records(book) if r.event.kind == "closed"]
    assert len(bars) == len(sessions)
    verify(records(book, "live.desk"))


def test_the_whole_in_postgresql(database, tmp_path, free) -> None:
    span = ("--from", "2020-02-24", "--to", "2020-02-27")
    good("monitor", LINEAR, "--book", database, *PAST, *span, "--settings", free)
    good("monitor", LINEAR, "--book", tmp_path / "book.db", *PAST, *span, "--settings", free)
    assert [r.hash for r in records(database)] == [r.hash for r in records(tmp_path / "book.db")]
    assert as_json("duties", database)["due"] == []


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("name", ["hedged_condors", "layers"])
def test_a_program_of_futures_and_condors_is_its_backtest(tmp_path, real_data, name) -> None:
    from hedgerow.api.trading import load_program
    from hedgerow.api.trading import trade as api_trade
    from hedgerow.live.beginning import resumed

    program = load_program(ROOT / "examples" / "programs" / f"{name}.toml")
    real = api.load(str(real_data))
    start, end = "2020-02-18", "2020-03-20"
    real = real.between("2012-01-03", end)
    book = tmp_path / "book.db"
    made = monitor(program, book, settings=FREE, market=real, start=start, end=end)
    assert {each.state for each in made.done} == {"decided"}
    kept = resumed(Store(book), "live", None)
    api_trade(kept, real, start=start, end=end, ledger=tmp_path / "once.db", run="live")
    held, wanted = records(book), records(tmp_path / "once.db")
    assert [r.text for r in held] == [r.text for r in wanted]
    assert any(r.event.kind == "filled" for r in held)
