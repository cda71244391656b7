"""What strangers, other sites and users without the right try, on every address that there is."""

from __future__ import annotations

import logging
import re

import pytest
from fastapi.routing import APIRoute

from hedgerow.core.policy import Policy
from hedgerow.errors import PolicyError
from hedgerow.live.journal import Journal
from hedgerow.live.lab.forms import policy_form, policy_of
from hedgerow.policies.catalog import starter
from hedgerow.web import demo
from hedgerow.web.app import ROUTERS, make_app
from hedgerow.web.book import Book
from hedgerow.web.guarding import UNSIGNED
from hedgerow.web.serving import hosts_of, logged
from web.desks import (
    BASE,
    HERE,
    PASSWORD,
    SAME,
    Clock,
    TestClient,
    browsing,
    proposed,
    sign_in,
    token,
    written,
)

RULES = {
    "/login": ("nobody", "signed in"),
    "/logout": ("view", "signed out"),
    "/theme": ("view", ""),
    "/orders/approve": ("approve", "approved"),
    "/orders/decline": ("approve", "declined"),
    "/orders/halt": ("approve", "halted"),
    "/orders/resume": ("admin", "resumed"),
    "/api/v1/orders/approve": ("approve", "approved"),
    "/api/v1/orders/decline": ("approve", "declined"),
    "/api/v1/halt": ("approve", "halted"),
    "/api/v1/resume": ("admin", "resumed"),
    "/demo": ("approve", "demo: next"),
    "/lab": ("approve", "lab run"),
    "/lab/load": ("approve", ""),
    "/lab/runs/{key}/cancel": ("approve", "lab run cancelled"),
}
"""Least role and record of whatever changes something; a new address needs a line here."""

ROUTES = [
    each
    for router in (*ROUTERS, demo.router)
    for each in router.routes
    if isinstance(each, APIRoute)
]
READS = sorted(
    {each.path for each in ROUTES if "GET" in each.methods}
    - {"/login", "/health", "/metrics", "/demo"}
)
CHANGES = sorted({each.path for each in ROUTES if each.methods - {"GET", "HEAD"}})


def said(place) -> list[tuple[str, str]]:
    """Who did what, of a journal."""
    journal = Journal(place, "live")
    events = [record.event for record in journal.records()]
    journal.close()
    return [(e.who, getattr(e, "action", e.kind)) for e in events if hasattr(e, "who")]


def filled(path: str) -> str:
    """An address with something in its gaps."""
    return path.replace("{key}", "0" * 16)


def test_every_address_that_changes_something_has_a_rule() -> None:
    assert sorted(RULES) == CHANGES
    assert all(isinstance(each, APIRoute) for router in ROUTERS for each in router.routes)
    assert len(READS) > 10


def test_a_stranger_reads_nothing_and_changes_nothing(guarded) -> None:
    with browsing(guarded) as client:
        entry = token(client, "/login")
        for path in map(filled, [*READS, "/api/v1/openapi.json", "/docs", "/demo", "/nothing"]):
            answer = client.get(path)
            assert answer.status_code in (303, 401), path
            assert answer.headers.get("location", "/login") == "/login"
            assert "puts" not in answer.text
        for path in map(filled, CHANGES):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                headers = {**SAME, "x-csrf-token": entry}
                answer = client.request(method, path, data={"why": "x"}, headers=headers)
                assert answer.status_code in ((401, 405, 422) if path == "/login" else (401,)), path
    assert said(guarded) == []


@pytest.mark.parametrize("name", ["vic", "ann", "ada"])
def test_whatever_is_changed_needs_role_token_and_origin_and_is_written_down(guarded, name) -> None:
    held = {"vic": ("view",), "ann": ("view", "approve"), "ada": ("view", "approve", "admin")}[name]
    with browsing(guarded) as client:
        assert sign_in(client, name) == 303
        csrf = client.get("/api/v1/me").json()["csrf"]
        for number, (path, (role, record)) in enumerate(sorted(RULES.items())):
            if path in ("/login", "/logout", "/lab", "/lab/load"):
                continue  # their own tests
            written(guarded, proposed(f"n{number}"))
            sent = {"orders": [f"n{number}"], "why": "a test"}
            if "orders" not in path:
                del sent["orders"]
            form = {"order": f"n{number}", "why": "a test", "theme": "dark"}
            how = {"json": sent} if path.startswith("/api/") else {"data": form}
            before = said(guarded)
            for headers in (
                {"x-csrf-token": csrf},
                {"x-csrf-token": csrf, "origin": "http://127.0.0.1:9999"},
                {"x-csrf-token": csrf, "origin": "null"},
                SAME,
                {**SAME, "x-csrf-token": csrf[:-1]},
            ):
                assert client.post(filled(path), headers=headers, **how).status_code == 403, path
            answer = client.post(filled(path), headers={**SAME, "x-csrf-token": csrf}, **how)
            done = said(guarded)[len(before) :]
            if role not in held:
                assert (answer.status_code, done) == (403, []), path
            elif record and "{key}" not in path and answer.status_code < 400:
                assert done == [(name, record)], path
            else:
                assert answer.status_code in (303, 404, 409), (path, answer.text)
        records = {action for who, action in said(guarded) if who == name}
        expected = {"vic": set(), "ann": {"halted"},
                    "ada": {"halted", "resumed", "approved", "declined"}}[name]  # fmt: skip
        assert {"signed in"} | expected <= records
        assert name != "vic" or records == {"signed in"}


@pytest.mark.parametrize(
    "host",
    ["[", "[::1", "[:::::]", "127.0.0.1/static/x?", "127.0.0.1/login?", "127.0.0.1#", "a@127.0.0.1",
     "127.0.0.1:8765:1", "127.0.0.1.", "127.1", "0.0.0.0", "2130706433", "[::]", "127.0.0.1\\x"],
)  # fmt: skip
def test_a_host_is_a_name_and_a_port_and_nothing_more(guarded, host) -> None:
    with browsing(guarded) as client:
        answer = client.get("/orders", headers={"host": host})
        assert answer.status_code == 400
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_address_is_the_requests_own_whatever_a_url_is_made_of(guarded, monkeypatch) -> None:
    """Older releases of Starlette put the Host that was sent before the path as it stands."""
    from starlette.datastructures import URL
    from starlette.requests import HTTPConnection

    monkeypatch.setattr(HTTPConnection, "url", URL("http://127.0.0.1/static/x?/orders"))
    with browsing(guarded) as client:
        assert client.get("/orders").status_code == 303
        assert client.get("/api/v1/state").status_code == 401


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"])
def test_without_users_nobody_is_passed_on(place, name) -> None:
    with browsing(place) as client:
        assert client.get("/orders", headers={name: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "0", "127.1", "desk", "::ffff:0.0.0.0", "*"])
def test_nobody_listens_to_others_without_users(place, host) -> None:
    book = Book.open(place)
    with pytest.raises(Exception, match="there are no users"):
        hosts_of(book, host, [], behind_proxy=False)
    book.close()


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, 401),
        ("127.0.0.1", {"host": "rebound.test:8765"}, 401),
    ],
)
def test_figures_are_for_this_machine_alone(guarded, peer, headers, status) -> None:
    with browsing(guarded, hosts=None) as client:
        client._transport.client = (peer, 50_000)
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ("hedgerow_" in answer.text) == (status == 200)
        assert set(client.get("/health", headers=headers).json()) == {"status"}


def test_a_failure_goes_out_with_every_header(place, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a test")

    monkeypatch.setattr("hedgerow.web.orders.lead", fail)
    app = make_app(Book.open(place, clock=Clock()))
    with TestClient(app, base_url=BASE, client=HERE, raise_server_exceptions=False) as client:
        headers = client.get("/orders").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


def test_forms_that_are_bombs_are_refused_before_they_are_read(guarded) -> None:
    plain = {**SAME, "content-type": "application/x-www-form-urlencoded"}
    head = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\na\r\n--x--\r\n'
    with browsing(guarded) as client:
        large = client.post("/login", content=b"a" * (UNSIGNED + 1), headers=plain)
        assert large.status_code == 413
        assert client.post("/login", content=b"a&" * 2_000, headers=plain).status_code == 400
        for charset in ("undefined", "punycode", "idna", "unicode_escape", '"utf-7"', "utf-8x"):
            kind = f"multipart/form-data; boundary=x; charset={charset}"
            answer = client.post("/login", content=head, headers={**SAME, "content-type": kind})
            assert answer.status_code == 400, charset
        for origin in ("http://[", "//127.0.0.1:8765", "ftp://127.0.0.1:8765", f"{BASE}@evil.test"):
            assert client.post("/login", headers={"origin": origin}).status_code == 403


def test_a_body_that_does_not_come_is_not_waited_for(place, monkeypatch) -> None:
    import anyio

    from hedgerow.web.people import Person

    monkeypatch.setattr("hedgerow.web.guarding.PATIENCE", 0.05)
    told: list[dict] = []

    async def never() -> dict:
        await anyio.sleep(30)
        return {}

    async def tell(message: dict) -> None:
        told.append(message)

    book = Book.open(place, clock=Clock())
    app = make_app(book)
    monkeypatch.setattr(app.state.doors, "who", lambda _: Person("ann", "admin", "x"))
    scope = {"type": "http", "method": "POST", "path": "/orders/halt", "query_string": b"",
             "headers": [(b"host", b"127.0.0.1")], "client": HERE, "app": app,
             "scheme": "http", "server": ("127.0.0.1", 80), "root_path": ""}  # fmt: skip
    anyio.run(app, scope, never, tell)
    app.state.view.close()
    book.close()
    assert told[0]["status"] == 408


def test_refused_sign_ins_are_written_down_without_what_was_typed(guarded) -> None:
    with browsing(guarded) as client:
        assert sign_in(client, "ANN", "not the password") == 403
        assert sign_in(client, PASSWORD, "in the wrong field") == 403
        for _ in range(9):
            sign_in(client, "ann", "again")
    refused = [who for who, action in said(guarded) if action == "sign-in refused"]
    assert refused == ["ann", "somebody", *["ann"] * 4]


def test_policies_that_are_bombs_are_refused_at_once() -> None:
    long = ("a" + ".a" * 30_000 + " = 1", "[" + '"a,".' * 5_000 + "b]", "a" + " . 1" * 5_000 + "=1")
    for text in (*long, f"raw = 0x{'f' * 60_000}", "a = " + "{b=" * 9_000, "a=" + "[" * 9_000):
        with pytest.raises(PolicyError):
            Policy.from_toml(text)
    rows = ", ".join(f"{number}.5" for number in range(1_000))
    with pytest.raises(PolicyError, match="x: unknown key"):
        Policy.from_toml(f"x = [{rows}]")
    form = policy_form(starter("linear"))
    for text in ("{a" + ".a" * 1_900 + "=1}", "0x" + "f" * 3_900, "[" * 3_900, "9" * 3_900, "nan"):
        with pytest.raises(PolicyError, match=r"steps\[0\]\.low"):
            policy_of({**form, "steps[0].low": text})


HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}' hx-get=//evil.test"


def test_nothing_that_is_written_becomes_markup(place) -> None:
    from hedgerow.engine.ledger.desk_events import Acted, Halted, Received
    from hedgerow.engine.ledger.events import Alarm
    from web.desks import NOW

    written(
        place,
        proposed(HOSTILE, breaches=(HOSTILE,)),
        Received(NOW + 1, HOSTILE, HOSTILE, "refused", "ab", (HOSTILE,)),
        Alarm(NOW + 2, "source", HOSTILE),
        Acted(NOW + 3, HOSTILE, HOSTILE, {}),
        Halted(NOW + 4, HOSTILE, HOSTILE),
    )
    asked = {"date": HOSTILE, "line": HOSTILE, "stage": HOSTILE[:20], "run": HOSTILE}
    seen = 0
    with browsing(place) as client:
        for path in (*READS, "/nothing" + HOSTILE, "/login"):
            if path in ("/events",):
                continue
            for query in ({}, asked):
                answer = client.get(filled(path), params=query)
                text = answer.text
                if "json" in answer.headers.get("content-type", ""):
                    assert answer.headers["x-content-type-options"] == "nosniff"
                    continue
                seen += "alert(1)" in text
                assert "<script>" not in text, path
                assert "<img" not in text, path
                assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', text)), path
                assert not re.search(r"<[^>]*\shx-get=/", re.sub(r'"[^"]*"', '""', text)), path
    assert seen > 4


def test_secrets_stay_out_of_the_log(capsys, monkeypatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    logged()
    logging.getLogger("hedgerow.web").warning("no postgresql://ann:geheim@db/x, password=geheim")
    assert "geheim" not in capsys.readouterr().err
