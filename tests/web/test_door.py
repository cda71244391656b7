"""Who gets in, who may do what, and what every answer carries."""

from __future__ import annotations

import contextlib
import re
import sqlite3

import pytest

from hedgerow.engine.ledger.desk_events import Halted, Resumed
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.beats import beat
from hedgerow.live.store import Store
from hedgerow.web.guarding import LARGEST
from web.desks import (
    BASE,
    HERE,
    HOUR,
    NOW,
    PASSWORD,
    PEOPLE,
    SAME,
    Clock,
    browsing,
    sign_in,
    token,
    written,
)

PAGES = ("/", "/orders", "/api/v1/state", "/api/v1/orders", "/api/v1/openapi.json")


def acted(place) -> list[tuple[str, str]]:
    """Who did what, of the last records of a journal."""
    journal = Journal(place, "live")
    events = [record.event for record in journal.records()]
    journal.close()
    return [(e.who, getattr(e, "action", e.kind)) for e in events if hasattr(e, "who")]


def test_every_answer_has_its_headers(place) -> None:
    with browsing(place) as client:
        for path in (*PAGES, "/nothing", "/static/style.css", "/health", "/static/nothing.css"):
            found = client.get(path).headers
            policy = found["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert found["x-content-type-options"] == "nosniff"
            assert found["x-frame-options"] == "DENY"
            assert found["referrer-policy"] == "same-origin"
            assert "camera=()" in found["permissions-policy"]
            kept = path == "/static/style.css"
            assert found["cache-control"] == (
                "public, max-age=31536000, immutable" if kept else "no-store"
            )
        assert "server" not in found


def test_pages_have_nothing_inline(place) -> None:
    with browsing(place) as client:
        for path in ("/", "/orders", "/nothing"):
            text = client.get(path).text
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path
            assert all('src="/static/' in tag for tag in re.findall(r"<script[^>]*>", text))
            assert not re.search(r'(src|href|action)="(https?:)?//', text), path


def test_static_files_are_kept_and_asked_for_anew(place) -> None:
    with browsing(place) as client:
        page = client.get("/").text
        address = re.search(r'href="(/static/style.css\?\w+)"', page).group(1)
        first = client.get(address)
        assert "immutable" in first.headers["cache-control"]
        again = client.get(address, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
                     "/static//etc/passwd", "/static/%2e%2e%2f%2e%2e%2ferrors.py"):  # fmt: skip
            assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "", "127.0.0.1.evil.example"]
)
def test_another_host_is_refused(place, host) -> None:
    with browsing(place) as client:
        assert client.get("/", headers={"host": host}).status_code == 400
        assert client.get("/static/style.css", headers={"host": host}).status_code == 400


def test_without_users_another_machine_is_refused(place) -> None:
    with browsing(place, hosts=None) as client:
        client._transport.client = ("192.0.2.7", 50_000)
        assert client.get("/").status_code == 403


@pytest.mark.parametrize(
    ("headers", "with_token"),
    [
        ({}, True),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://127.0.0.1:9999"}, True),
        ({"referer": "http://evil.example/127.0.0.1:8765"}, True),
        (SAME, False),
        ({**SAME, "x-csrf-token": "guessed"}, False),
    ],
)
def test_what_another_site_sends_is_refused(place, headers, with_token) -> None:
    with browsing(place) as client:
        form = {"order": "puts-n1", "csrf": token(client) if with_token else ""}
        answer = client.post("/orders/approve", data=form, headers=headers)
        assert answer.status_code == 403
        assert "Not done" in answer.text
    assert acted(place) == []


def test_a_token_counts_as_field_of_either_form_or_as_header(place) -> None:
    with browsing(place) as client:
        right = token(client)
        sent = (
            {"data": {"why": "a", "csrf": right}},
            {"data": {"why": "a"}, "headers": {**SAME, "x-csrf-token": right}},
            {"data": {"csrf": right}, "files": {"why": (None, "a")}},
        )
        for each in sent:
            answer = client.post("/orders/halt", **{"headers": SAME, **each})
            assert answer.status_code in (303, 409), answer.text
        wrong = client.post("/orders/halt", json={"csrf": right}, headers=SAME)
        assert wrong.status_code == 403, "a body of JSON brings no token"


def test_a_request_beyond_the_limit_is_refused(place) -> None:
    with browsing(place) as client:
        said = client.post("/orders/halt", content=b"x" * (LARGEST + 1), headers=SAME)
        assert said.status_code == 413
        parts = (b"x" * 65_536 for _ in range(LARGEST // 65_536 + 2))
        assert client.post("/orders/halt", content=parts, headers=SAME).status_code == 413
        odd = client.get("/", headers={"content-length": "many"})
        assert odd.status_code == 413


def test_nobody_gets_in_unsigned(guarded) -> None:
    with browsing(guarded) as client:
        for path in PAGES:
            answer = client.get(path)
            if path.startswith("/api/"):
                assert answer.status_code == 401
            else:
                assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert client.get("/events").status_code == 401
        said = client.get("/health")
        assert (said.status_code, said.json()) == (503, {"status": "unwell"}), "no monitor runs"
        assert "hedgerow_orders" in client.get("/metrics").text
        client._transport.client = ("192.0.2.7", 50_000)
        assert client.get("/metrics").status_code == 401
        htmx = client.get("/", headers={"hx-request": "true"})
        assert (htmx.status_code, htmx.headers["hx-redirect"]) == (401, "/login")
        assert client.post("/orders/halt", data={"why": "x"}, headers=SAME).status_code == 403
        assert "live" not in client.get("/login").text.replace("aria-live", "")


def test_health_calls_somebody_where_a_person_has_to_look(guarded) -> None:
    beat(Store(guarded), "live", NOW)
    halts = Halted(NOW, "ann", "a test"), Resumed(NOW, "ann", "over")
    with browsing(guarded) as client, browsing(guarded) as stranger:
        sign_in(client, "vic")

        def asked() -> tuple[int, str, str]:
            full, short = client.get("/health"), stranger.get("/health")
            assert full.status_code == short.status_code
            return full.status_code, full.json()["status"], short.json()["status"]

        assert asked() == (200, "ok", "ok")
        written(guarded, halts[0])
        assert asked() == (200, "halted", "ok"), "whoever halts it knows"
        written(guarded, halts[1], Halted(NOW, "rule: daily loss", "a test"))
        assert asked() == (503, "stopped", "unwell")
        written(guarded, halts[1])
        assert asked() == (200, "ok", "ok")
    with contextlib.closing(sqlite3.connect(guarded)) as connection, connection:
        connection.execute("DROP TRIGGER hedgerow_record_update")
        connection.execute("UPDATE hedgerow_record SET hash = 'x' WHERE number = 9")
    with browsing(guarded) as client:
        sign_in(client, "vic")
        found = client.get("/health")
        assert (found.status_code, found.json()["parts"]["ledger"]["status"]) == (503, "stopped")


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_roles(guarded, name) -> None:
    allowed = {
        "/theme": ("vic", "ann", "ada"),
        "/orders/decline": ("ann", "ada"),
        "/orders/halt": ("ann", "ada"),
        "/orders/resume": ("ada",),
        "/api/v1/halt": ("ann", "ada"),
        "/api/v1/resume": ("ada",),
    }
    with browsing(guarded) as client:
        assert sign_in(client, name) == 303
        for path in PAGES:
            assert client.get(path).status_code == 200
        csrf = client.get("/api/v1/me").json()["csrf"]
        for path, who in allowed.items():
            headers = {**SAME, "x-csrf-token": csrf}
            if path.startswith("/api/"):
                answer = client.post(path, json={"why": "a test"}, headers=headers)
            else:
                form = {"order": "puts-n1", "why": "a test", "theme": "dark"}
                answer = client.post(path, data=form, headers=headers)
            assert (answer.status_code == 403) == (name not in who), (path, answer.text)
            assert answer.status_code in (200, 303, 403, 409), (path, answer.text)


def test_a_viewer_sees_no_button(guarded) -> None:
    with browsing(guarded) as client:
        sign_in(client, "vic")
        text = client.get("/orders").text
        assert "puts-n1" in text
        assert 'action="/orders/approve"' not in text
        assert 'action="/orders/halt"' not in text


def test_signing_in_and_out_is_written_down_and_the_cookie_is_shut(guarded) -> None:
    with browsing(guarded) as client:
        entry = token(client, "/login")
        form = {"name": "Ann", "password": PASSWORD, "csrf": entry}
        answer = client.post("/login", data=form, headers=SAME)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("hedgerow="))
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        first = client.cookies["hedgerow"]
        csrf = token(client)
        assert client.post("/logout", data={"csrf": csrf}, headers=SAME).status_code == 303
        client.cookies.set("hedgerow", first)
        assert client.get("/").status_code == 303, "what was signed out stays so"
    assert acted(guarded) == [("ann", "signed in"), ("ann", "signed out")]


def test_a_session_changes_its_token_when_somebody_signs_in(guarded) -> None:
    with browsing(guarded) as client:
        sign_in(client, "ann")
        first, csrf = client.cookies["hedgerow"], token(client)
        client.cookies.delete("hedgerow")
        client.cookies.set("hedgerow", "chosen-by-another", domain="127.0.0.1", path="/")
        sign_in(client, "ada")
        kept = [c.value for c in client.cookies.jar if c.name == "hedgerow"]
        assert first not in kept
        assert "chosen-by-another" not in kept
        assert token(client) != csrf


def test_behind_a_proxy_cookies_are_for_tls_alone(guarded) -> None:
    with browsing(guarded, hosts=None, behind_proxy=True) as client:
        client.base_url = "https://desk.example"
        same = {"origin": "https://desk.example"}
        form = {"name": "ann", "password": PASSWORD, "csrf": token(client, "/login")}
        answer = client.post("/login", data=form, headers=same)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if "__Host-hedgerow=" in c)
        assert "Secure" in cookie
        assert "Domain" not in cookie
        assert "max-age" in answer.headers["strict-transport-security"]
        assert client.get("/").status_code == 200


def test_trying_too_often_is_refused_even_with_the_right_password(guarded) -> None:
    clock = Clock()
    with browsing(guarded, clock) as client:
        for _ in range(5):
            assert sign_in(client, "ann", "not the password") == 403
        form = {"name": "ann", "password": PASSWORD, "csrf": token(client, "/login")}
        said = client.post("/login", data=form, headers=SAME)
        assert said.status_code == 403
        assert "too many tries" in said.text
        assert PASSWORD not in said.text
        clock.now += HOUR
        assert sign_in(client, "ann") == 303


def test_a_session_ends(guarded) -> None:
    clock = Clock()
    with browsing(guarded, clock) as client:
        sign_in(client, "ann")
        clock.now += HOUR // 3
        assert client.get("/").status_code == 200
        clock.now += HOUR
        assert client.get("/").status_code == 303


def test_a_page_that_is_left_open_keeps_nobody_signed_in(guarded) -> None:
    clock = Clock()
    with browsing(guarded, clock) as client:
        sign_in(client, "ann")
        for headers, status in (
            ({"hx-request": "true", "hx-boosted": "true"}, 200),  # somebody has pressed a button
            ({"hx-request": "true"}, 200),  # a push has told the page to look again
            ({}, 303),
        ):
            clock.now += HOUR // 3
            assert client.get("/orders", headers=headers).status_code == status


def test_the_first_user_shuts_the_door(place, monkeypatch) -> None:
    from hedgerow.live.keeping.users import Users

    monkeypatch.setattr("hedgerow.web.doors._FRESH", 0.0)
    with browsing(place) as client:
        assert client.get("/").status_code == 200
        Users(Store(place)).add("ann", PASSWORD, "admin", "a test")
        assert client.get("/").status_code == 303


def test_colours_are_kept_in_a_cookie_and_go_back_to_the_page(place) -> None:
    with browsing(place) as client:
        form = {"theme": "dark", "csrf": token(client)}
        for referer, back in (
            (f"{BASE}/orders?page=2", "/orders?page=2"),
            ("http://evil.example//evil.example/x", "/"),
        ):
            headers = {**SAME, "referer": referer}
            assert client.post("/theme", data=form, headers=headers).headers["location"] == back
        assert 'data-theme="dark"' in client.get("/").text
        client.cookies.set("theme", '"><script>')
        assert "<script>" not in client.get("/").text


def test_a_failure_tells_no_internals(place, monkeypatch, caplog) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret: /home/ann/keys")

    from hedgerow.web import app as made
    from hedgerow.web.book import Book
    from web.desks import TestClient

    monkeypatch.setattr("hedgerow.web.today.lead", fail)
    app = made.make_app(Book.open(place, clock=Clock()))
    with TestClient(app, base_url=BASE, client=HERE, raise_server_exceptions=False) as client:
        answer = client.get("/")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        number = re.search(r"look for (\w{8}) in the log", answer.text).group(1)
        assert number in caplog.text
