"""Alerts: told at least once, each target on its own, without secrets."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from hedgerow.engine.ledger.desk_events import (
    Acted,
    Approved,
    Ended,
    Executed,
    Halted,
    Proposed,
    Received,
    Sent,
)
from hedgerow.engine.ledger.events import Alarm, Cash, Filled, Leg, Opened, Ordered
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.errors import AccessError
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.alerts import Alerts, Target, message, named_targets, news_of
from hedgerow.live.store import Store

ONE = 10**9
LEGS = (Leg("VXK24", 2 * ONE),)


def proposed(order: str) -> Proposed:
    return Proposed(1, order, "2024-01-02", "tail", LEGS, "limit", 15.0, "day", 10**18, {})


def refused(day: str, why: str) -> Received:
    return Received(1, day, "Cboe", "refused", "d", (why,))


class Ear:
    """A target that hears, or does not."""

    def __init__(self, name: str = "ear") -> None:
        self.heard: list[tuple[str, str, str]] = []
        self.deaf: str | bool = False
        self.target = Target(name, self.send)

    def send(self, title: str, text: str, severity: str) -> bool:
        if isinstance(self.deaf, str):
            raise OSError(self.deaf)
        if not self.deaf:
            self.heard.append((title, text, severity))
        return not self.deaf


@pytest.fixture
def desk(tmp_path):
    place = tmp_path / "book.db"
    return Store(place), Journal(place, "live")


def happen(journal: Journal, *events) -> None:
    journal.write(lambda _: list(events))


def test_each_record_is_told_once_and_the_gravest_first(desk) -> None:
    store, journal = desk
    ear = Ear()
    alerts = Alerts(store, journal, [ear.target])
    assert alerts.tell()[0].news == 0
    happen(journal, proposed("a-1"), refused("2024-01-02", "VIX is missing"))
    assert alerts.tell() == [("ear", 2, "")]
    title, text, severity = ear.heard[0]
    assert title == "Hedgerow live: 1 alarm, 1 waiting"
    assert severity == "alarm"
    first, second = text.splitlines()
    assert first == "alarm: 2024-01-02 from Cboe refused: VIX is missing"
    assert second.startswith("waiting: order a-1 proposed: 2 VXK24, limit")
    assert alerts.tell() == [("ear", 0, "")]
    assert Alerts(store, journal, [ear.target]).tell() == [("ear", 0, "")]
    happen(journal, Acted(1, "ann", "signed in", {}))
    happen(journal, Halted(2, "ann", "a test"), Ended(3, "a-1", "expired", "nobody approved it"))
    alerts.tell()
    assert ear.heard[1][1].splitlines() == [
        "alarm: halted by ann: a test",
        "warning: order a-1 expired: nobody approved it",
    ]
    assert len(ear.heard) == 2


def test_alarms_of_the_run_are_told_from_its_ledger(desk) -> None:
    store, journal = desk
    ear = Ear()
    alerts = Alerts(store, journal, [ear.target])
    with open_ledger(store.place, "live", writing=True) as ledger:
        ledger.append([Opened(0, "live", "0.1.0", {}, "", "", {}), Cash(0, 1, "deposit")])
        ledger.append(
            [Alarm(1, "budget", "the year's budget is spent"), Alarm(2, "floor", "under")]
        )
        assert alerts.tell()[0].news == 2
        ledger.append([Alarm(3, "ruin", "NAV is -5 USD")])
        assert alerts.tell()[0].news == 1
    assert "alarm: budget: the year's budget is spent" in ear.heard[0][1]
    assert ear.heard[1][1] == "alarm: ruin: NAV is -5 USD"


def test_a_fill_is_told_once_whether_desk_or_run_has_it(desk) -> None:
    store, journal = desk
    ear = Ear()
    alerts = Alerts(store, journal, [ear.target])
    happen(journal, proposed("a-1"), Approved(1, "a-1", "ann", ""), Sent(1, "a-1", "x", "k"))
    happen(journal, Executed(2, "a-1", "x1", "VXK24", ONE, 15.0, 0))
    alerts.tell()
    fills = [Filled(3, "a-1", name, "VXK24", ONE, 15.0, 0) for name in ("x1", "x2")]
    with open_ledger(store.place, "live", writing=True) as ledger:
        asked = Ordered(1, "a-1", LEGS, "limit", 15.0, "day", "tail")
        ledger.append([Opened(0, "live", "0.1.0", {}, "", "", {}), asked, *fills])
    alerts.tell()
    said = "\n".join(text for _, text, _ in ear.heard)
    assert said.count("1 VXK24 at 15") == 2


def test_a_target_that_fails_is_told_later_and_stops_nobody(desk) -> None:
    store, journal = desk
    good, silent, broken = Ear("good"), Ear("silent"), Ear("broken")
    silent.deaf, broken.deaf = True, "cannot reach json://ann:geheim@127.0.0.1/?token=abc"
    alerts = Alerts(store, journal, [broken.target, silent.target, good.target])
    happen(journal, refused("2024-01-02", "VIX is missing"))
    told = alerts.tell()
    assert [one.news for one in told] == [0, 0, 1]
    assert told[0].failed == "OSError: cannot reach json://[hidden]@127.0.0.1/?[hidden]"
    assert told[1].failed == "it was not taken"
    happen(journal, refused("2024-01-03", "VIX is stale"))
    silent.deaf = broken.deaf = False
    assert [one.news for one in alerts.tell()] == [2, 2, 1]
    for ear in (silent, broken):
        assert "missing" in ear.heard[0][1]
        assert "stale" in ear.heard[0][1]
    assert len(good.heard) == 2


def test_what_repeats_is_told_once_with_its_number(desk) -> None:
    store, journal = desk
    ear = Ear()
    for i in range(40):
        happen(journal, refused("2024-01-02", f"SPX is stale since {i} minutes"))
    happen(journal, *(Alarm(i, f"rule {i}", "raised") for i in range(60)))
    Alerts(store, journal, [ear.target]).tell()
    title, text, _ = ear.heard[0]
    lines = text.splitlines()
    assert title == "Hedgerow live: 100 alarms"
    assert lines[0].endswith("refused: SPX is stale since 39 minutes (40 times)")
    assert len(lines) == 26
    assert lines[-1] == "and 36 more: see 'hedgerow ledger show'"


def test_quiet_tells_alarms_alone(desk) -> None:
    store, journal = desk
    ear = Ear()
    alerts = Alerts(store, journal, [ear.target], quiet=True)
    happen(journal, proposed("a-1"))
    assert alerts.tell() == [("ear", 0, "")]
    happen(journal, Halted(1, "ann", "a test"))
    alerts.tell()
    assert [text for _, text, _ in ear.heard] == ["alarm: halted by ann: a test"]


def test_what_is_no_news_is_not_told() -> None:
    for event in (
        Acted(1, "ann", "signed in", {}),
        Received(1, "2024-01-02", "Cboe", "accepted", "d", ()),
        Ended(1, "a", "cancelled", "replaced"),
        Cash(0, 1, "deposit"),
    ):
        assert list(news_of(event)) == []
    (news,) = news_of(Halted(1, "ann", "password=geheim leaked"))
    assert "geheim" not in message("live", [news])[1]


@pytest.fixture
def listener():
    """An HTTP server on loopback that keeps what is posted."""
    got: list[dict[str, object]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if self.path.startswith("/hook") else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, got
    server.shutdown()
    thread.join()
    server.server_close()


def test_apprise_carries_them_to_addresses_of_the_environment(
    desk, listener, monkeypatch, caplog
) -> None:
    store, journal = desk
    port, got = listener
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "HEDGEROW_ALERTS",
            f"json://ann:geheim@127.0.0.1:{port}/down, json://ann:geheim@127.0.0.1:{port}/hook",
        )
        alerts = Alerts(store, journal)
    assert len({target.name for target in alerts.targets}) == 2
    assert not any("geheim" in target.name or "127" in target.name for target in alerts.targets)
    happen(journal, refused("2024-01-02", "VIX is missing"))
    down, hook = alerts.tell()
    assert (down.news, hook.news) == (0, 1)
    assert down.failed
    assert got[-1]["title"] == "Hedgerow live: 1 alarm"
    assert got[-1]["type"] == "failure"
    assert "VIX is missing" in str(got[-1]["message"])
    assert "geheim" not in caplog.text + down.failed


def test_an_address_that_is_none_is_told_and_not_quoted() -> None:
    with pytest.raises(AccessError, match=r"HEDGEROW_ALERTS: its entry 2 is no address") as caught:
        named_targets("json://127.0.0.1:9, nothing://geheim")
    assert "geheim" not in str(caught.value)
    assert named_targets(" , ") == []


def test_the_keyring_is_asked_where_the_environment_has_nothing(monkeypatch) -> None:
    keyring = pytest.importorskip("keyring", reason="keyring is not installed")
    monkeypatch.delenv("HEDGEROW_ALERTS", raising=False)
    monkeypatch.setattr(
        keyring,
        "get_password",
        lambda *key: "json://127.0.0.1:9" if key == ("hedgerow", "alerts") else None,
    )
    assert [target.name[:5] for target in named_targets()] == ["json-"]
