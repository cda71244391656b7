"""Health, metrics and logs of a running book."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import sys
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hedgerow.engine.ledger.desk_events import Done, Received, Reconciled, Resumed
from hedgerow.engine.ledger.events import Alarm, Decided
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import resume
from hedgerow.errors import LedgerError, RangeError
from hedgerow.live.hours import close_of
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.beats import SILENT, beat, last_beat, silent
from hedgerow.live.keeping.health import due_session, health
from hedgerow.live.keeping.logs import log_to
from hedgerow.live.keeping.metrics import registry
from hedgerow.live.keeping.redacting import redacted
from hedgerow.live.settings import Settings
from hedgerow.live.store import Store
from live.keeping.books import PROGRAM, RUN, WARM, begin, go_on, whole

SECOND = 10**9


def at(text: str) -> int:
    """A time in New York as the desk counts it."""
    told = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))
    return int(told.timestamp()) * SECOND


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    place = tmp_path_factory.mktemp("book") / "book.db"
    begin(place, 3)
    return place


@pytest.fixture
def book(kept, tmp_path):
    return shutil.copy(kept, tmp_path / "book.db")


def looked(place, now: int) -> dict[str, tuple[str, str]]:
    found = health(Store(place), Journal(place, RUN), lambda: now)
    order = ("ok", "halted", "late", "stopped")
    assert found.state == max((f.state for f in found.findings), key=order.index)
    return {f.part: (f.state, f.text) for f in found.findings} | {"all": (found.state, "")}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2024-07-01 12:00", "2024-06-28"),  # Monday noon: Friday's
        ("2024-07-03 00:59", "2024-07-01"),  # a quarter to one at night: Tuesday's has time
        ("2024-07-03 04:00", "2024-07-02"),  # twelve hours after the close
        ("2024-07-04 01:00", "2024-07-03"),  # an early close at 13:00, and twelve hours
        ("2024-07-05 12:00", "2024-07-03"),  # NYSE was closed on 4 July
        ("2025-01-10 08:00", "2025-01-08"),  # and on 9 January 2025, a day of mourning
    ],
)
def test_what_is_due_follows_the_exchange(now, due) -> None:
    assert due_session(at(now), Settings()) == due


def test_closes_are_the_exchanges() -> None:
    """NYSE: 16:00 Eastern, 13:00 on 24 December 2024; 9 March 2020 was in daylight saving time."""
    for day, time in (("2020-03-09", "20:00"), ("2020-03-06", "21:00"), ("2024-12-24", "18:00")):
        told = dt.datetime.fromtimestamp(close_of(np.datetime64(day)) / SECOND, dt.UTC)
        assert f"{told:%Y-%m-%d %H:%M}" == f"{day} {time}"


def test_every_part_says_how_it_is(book) -> None:
    last = Store(book).sessions(RUN)[-1]
    now = at(f"{last} 16:30")
    assert looked(book, now)["monitor"] == ("stopped", "No monitor has ever run.")
    beat(Store(book), RUN, now - 60 * SECOND, "waits for Cboe")
    found = looked(book, now)
    assert found["monitor"] == ("ok", "It is awake. It said: waits for Cboe.")
    assert found["session"] == ("ok", f"{last} was decided last; nothing is due.")
    assert found["sources"] == ("late", "a test was refused for 2030-01-02: VIX is missing.")
    assert found["switch"] == ("halted", "Halted by ann: a test.")
    assert found["broker"][0] == found["disk"][0] == found["database"][0] == "ok"
    assert found["all"][0] == "late", "a source that was refused is graver than a person's halt"
    Journal(book, RUN).write(
        lambda _: [
            Resumed(1, "ann", "over"),
            Received(1, "2030-01-02", "a test", "accepted", "d", ()),
            Reconciled(1, "paper", ()),
        ]
    )
    assert looked(book, now)["all"][0] == "ok"
    Journal(book, RUN).write(
        lambda _: [Reconciled(2, "IB DU1", ("2 VXK24 more than the run has",))]
    )
    assert looked(book, now)["broker"] == (
        "stopped", "Positions differ at IB DU1: 2 VXK24 more than the run has.",
    )  # fmt: skip
    later = looked(book, now + 6 * 86_400 * SECOND)
    assert later["monitor"][0] == "stopped"
    assert later["session"][0] == "late"
    assert f"{last} was decided last, and " in later["session"][1]


def test_one_silence_for_all_who_ask_and_cron_is_missed_when_a_session_is_overdue(book) -> None:
    store, now = Store(book), at("2024-07-02 20:00")

    def told(beats: int, until: int) -> list[object]:
        beat(store, RUN, beats, "", until)
        figures = scraped(registry(store, Journal(book, RUN), lambda: now))
        return [
            looked(book, now)["monitor"][0] == "stopped",
            figures["hedgerow_monitor_silent", ""] == 1.0,
            silent(last_beat(store, RUN), now),
        ]

    assert SILENT == 300 * SECOND
    assert told(now - SILENT, 0) == [False] * 3
    assert told(now - SILENT - 1, 0) == [True] * 3
    assert told(now - 30 * SILENT, now) == [False] * 3
    assert told(now - 30 * SILENT, now - 1) == [True] * 3


def test_a_book_that_has_just_begun_is_not_late(tmp_path) -> None:
    history = whole().until(WARM - 1)
    Store(tmp_path / "new.db").begin(RUN, PROGRAM, "", history, 5)
    ends = str(history.dates[-1])
    found = looked(tmp_path / "new.db", at(f"{ends} 20:00") + 12 * 3_600 * SECOND)
    assert found["session"] == ("ok", f"The history ends on {ends}; nothing is due.")


def test_a_disk_without_room_is_told(book, monkeypatch) -> None:
    usage = shutil.disk_usage(book)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100 * 2**20))
    assert looked(book, 10**18)["disk"] == ("late", "100 MiB are free.")


def test_a_database_that_takes_nothing_is_told(book, monkeypatch) -> None:
    store, journal = Store(book), Journal(book, RUN)

    def locked():
        raise LedgerError("the database is locked", where="book.db")

    monkeypatch.setattr(store, "changing", locked)
    monkeypatch.setattr(store, "sessions", lambda _: ["2030-01-02"])
    found = {f.part: f for f in health(store, journal, lambda: 10**18).findings}
    assert found["database"].state == "stopped"
    assert "book.db: the database is locked" in found["database"].text
    assert found["switch"].state == "halted", "the other parts are looked at all the same"


def scraped(made) -> dict[tuple[str, str], float]:
    found = {}
    for family in text_string_to_metric_families(generate_latest(made).decode()):
        for sample in family.samples:
            found[sample.name, ",".join(sample.labels.values())] = sample.value
    return found


def test_figures_are_those_of_the_book_and_grow_with_it(book) -> None:
    store, journal = Store(book), Journal(book, RUN)
    last = store.sessions(RUN)[-1]
    now = at(f"{last} 16:00") + 86_400 * SECOND
    beat(store, RUN, now - 7 * SECOND)
    made = registry(store, journal, lambda: now)
    found = scraped(made)
    with open_ledger(book, RUN) as ledger:
        standing = resume(ledger)
        decided = [r.event for r in ledger.read() if isinstance(r.event, Decided)][-1]
    assert found["hedgerow_sessions", ""] == 3
    assert found["hedgerow_session_age_days", ""] == 1.0
    assert found["hedgerow_monitor_age_seconds", ""] == 7.0
    assert found["hedgerow_halted", ""] == 1.0
    assert found["hedgerow_nav_usd", ""] == pytest.approx(standing.closed.nav / 1e6, rel=1e-12)
    assert found["hedgerow_intensity", "puts"] == decided.x
    assert found["hedgerow_held_units", "puts"] == decided.book["held"]
    assert found["hedgerow_refusals_total", ""] == 1
    assert found["hedgerow_alarms_total", ""] == found["hedgerow_duties_total", ""] == 0
    assert found["hedgerow_orders", "proposed"] == 0
    journal.write(
        lambda _: [
            Resumed(1, "ann", "over"),
            Alarm(1, "x", "y"),
            Done(1, "daily", last, "", {}),
            Received(at(f"{last} 16:25"), last, "Cboe", "accepted", "d", ()),
        ]
    )
    go_on(book, 4)
    again = scraped(made)
    assert again["hedgerow_halted", ""] == 0
    assert again["hedgerow_sessions", ""] == 4
    assert again["hedgerow_alarms_total", ""] == again["hedgerow_duties_total", ""] == 1
    assert again["hedgerow_source_latency_seconds", "Cboe"] == 25 * 60
    assert again["hedgerow_refusals_total", ""] == 1, "nothing is counted twice"
    assert scraped(made) == again


def test_logs_are_json_lines_without_secrets(tmp_path) -> None:
    log = log_to(tmp_path / "made" / "monitor.log")
    log.info("asked", source="Cboe", tries=2, password="geheim", nested={"api_key": "geheim"})
    (tmp_path / "made" / "monitor.log").rename(tmp_path / "monitor.log.1")
    try:
        raise LedgerError("no answer", where="postgresql://ann:geheim@db/x")
    except LedgerError as error:
        log.exception("failed", error=error, tried=["redis://:geheim@host"])
    log.debug("not told")
    first = json.loads((tmp_path / "monitor.log.1").read_text())
    assert (
        first.items() >= {"event": "asked", "level": "info", "source": "Cboe", "tries": 2}.items()
    )
    assert first["password"] == first["nested"]["api_key"] == "[hidden]"
    assert first["timestamp"].endswith("Z")
    (line,) = (tmp_path / "made" / "monitor.log").read_text().splitlines()
    second = json.loads(line)
    assert second["level"] == "error"
    assert "LedgerError" in second["exception"]
    assert "geheim" not in line + str(first)
    assert "no answer" in second["error"]


def test_logs_go_to_stderr_as_json_or_in_words(monkeypatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream in (io.StringIO(), Screen()):
        monkeypatch.setattr(sys, "stderr", stream)
        log_to("-").warning("late", token="geheim")
        said = stream.getvalue()
        assert "geheim" not in said
        assert "late" in said
        assert said.startswith("{") != stream.isatty()


def test_a_log_that_cannot_be_written_is_told(tmp_path) -> None:
    with pytest.raises(RangeError, match="the log cannot be written"):
        log_to(tmp_path)


WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=20)


@given(WORD, st.sampled_from(
    ["https://u:{}@host/x", "postgres://{}@h/d", "password={}", "PASSWORD: {}", 'token="{}"',
     "smtp_password={}", "Authorization: Bearer {}", "https://h/x?key={}&y=1", "csrf={};",
     "$argon2id$v=19$m=8,t=1,p=1${}"]), st.text(max_size=20))  # fmt: skip
def test_what_looks_like_a_secret_is_hidden(word, form, before) -> None:
    word = f"zq{word}zq"
    assert word not in redacted(f"{before} {form.format(word)} after")


@pytest.mark.parametrize(
    "text",
    [
        "order live-12 approved by ann: passes the limits",
        "2020-03-09 from Cboe refused: VIX is 54.46, 2.16 times the session before",
        "see https://www.cboe.com/tradable_products for it",
    ],
)
def test_what_is_none_stays(text) -> None:
    assert redacted(text) == text
