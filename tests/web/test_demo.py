"""``serve --demo``: a replay on paper in a folder of its own, by the code of a real run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgerow import __version__, api, cli
from hedgerow.engine.ledger.desk_events import Acted
from hedgerow.engine.ledger.events import Alarm
from hedgerow.errors import LedgerError
from hedgerow.live.demo import RUN, SHOWN, WHO, WHY, Demo
from hedgerow.live.orders import desk
from hedgerow.web.book import Book

AT_ONCE = 1e-6
"""Seconds between two sessions of tests that look at what comes of them."""

pytestmark = pytest.mark.xdist_group("demo")


def until(seen: Callable[[], bool], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < limit, "it did not come"
        time.sleep(0.02)


@contextmanager
def playing(place: Path, pause: float) -> Iterator[Demo]:
    demo = Demo(api.load("builtin", start="2019-01-02"), place, pause, __version__)
    try:
        demo.begin()
        yield demo
    finally:
        demo.end()


@pytest.mark.slow
def test_the_demonstration_approves_what_nobody_touched_and_leaves_the_rest(tmp_path) -> None:
    """Declined stays declined, halted approves nothing, one session on is one session on."""
    with playing(tmp_path / "demo.db", 0.2) as demo:
        journal, pace = demo.cycle.journal, demo.pace
        assert demo.session == SHOWN
        pace.paused = True

        def on() -> None:
            was = demo.session
            pace.hurried = True
            until(lambda: demo.session > was)

        on()
        held = demo.session
        time.sleep(0.3)  # longer than a pause: it stands still
        assert demo.session == held
        while not journal.blotter().open_orders("proposed"):
            on()
        (first, *_) = journal.blotter().open_orders("proposed")
        desk.decline(journal, first.proposed.order, "ann", "a test")
        on()
        slip = journal.blotter().orders[first.proposed.order]
        assert (slip.declined.who, slip.approved) == ("ann", None)

        desk.halt(journal, "ann", "a test")
        sent = {name for name, slip in journal.blotter().orders.items() if slip.sent}
        for _ in range(8):
            on()
        blotter = journal.blotter()
        assert {name for name, slip in blotter.orders.items() if slip.sent} == sent
        desk.resume(journal, "ann", "a test")
        pace.paused, pace.pause = False, AT_ONCE
        until(lambda: demo.over)
        assert (demo.fault, demo.done) == ("", (62, 62))
        blotter = journal.blotter()
        approved = [slip.approved for slip in blotter.orders.values() if slip.approved]
        assert len(approved) > 20
        assert {(word.who, word.why) for word in approved} == {(WHO, WHY)}
        ledger = [record.event for record in demo.cycle._open().read()]
        assert any(isinstance(event, Alarm) and event.rule == "budget" for event in ledger)

    with playing(tmp_path / "demo.db", AT_ONCE) as again:  # a book that was kept
        assert again.session == "2020-04-30"
        until(lambda: again.over)


def test_a_book_of_ones_own_is_not_played_in(tmp_path) -> None:
    import hedgerow as hr

    policy = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
    market = api.load("builtin", start="2019-01-02")
    place = tmp_path / "book.db"
    hr.monitor(policy, place, market=market, start="2020-02-24", end="2020-02-24")
    with pytest.raises(LedgerError, match="the run 'live' is in it"):
        Demo(market, place, 1.0, __version__)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "BOOK: no book is named"),
        (["book.db", "--speed", "2"], "only a demonstration has a speed"),
        (["--demo", "--speed", "0"], "--speed"),
        (["--demo", "--run", "live"], "a demonstration has one run"),
        (["postgresql://me@there/db", "--demo"], "kept in a file"),
    ],
)
def test_mistakes_are_one_sentence(words: list[str], said: str) -> None:
    result = CliRunner().invoke(cli.app, ["serve", *words])
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.slow
def test_the_command_serves_pages_that_move_and_leaves_nothing(tmp_path) -> None:
    """Health answers, Today goes on, buttons work and are written down; Ctrl-C ends it."""
    kept = tmp_path / "kept.db"
    command = [sys.executable, "-m", "hedgerow", "serve", "--demo", "--port", "0", "--speed", "4"]
    process = subprocess.Popen(
        [*command, str(kept)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        base = re.search(r"http://127\.0\.0\.1:\d+/", line).group()

        def get(path: str) -> str:
            with urllib.request.urlopen(base + path, timeout=20) as answer:
                return answer.read().decode()

        def post(what: str, csrf: str) -> str:
            form = urllib.parse.urlencode({"what": what, "csrf": csrf}).encode()
            asked = urllib.request.Request(base + "demo", form, {"Origin": base.rstrip("/")})
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.read().decode()

        def session() -> str:
            return re.search(r"At the close of (\S+)", get("")).group(1)

        def well() -> bool:
            try:
                return '"ok"' in get("health")
            except urllib.error.HTTPError:  # a session that is being played is late
                return False

        until(well)
        first = session()
        until(lambda: session() > first)
        for path in ("", "orders", "book", "performance", "why", "lab", "data"):
            assert "A replay of builtin data on paper" in get(path)
        csrf = re.search(r'name="csrf" value="([^"]+)"', get("demo")).group(1)
        assert "Go on" in post("pause", csrf)
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    book = Book.open(kept, RUN)
    acted = [e.event for e in book.journal.records() if isinstance(e.event, Acted)]
    book.close()
    assert [event.action for event in acted] == ["demo: pause"]


@pytest.mark.slow
def test_nothing_is_left_of_a_demonstration_without_a_name(tmp_path) -> None:
    command = [sys.executable, "-m", "hedgerow", "serve", "--demo", "--port", "0"]
    place = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=place) as process:
        assert "http://127.0.0.1:" in process.stdout.readline()
        assert [each.name[:14] for each in tmp_path.iterdir()] == ["hedgerow-demo-"]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
