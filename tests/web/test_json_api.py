"""The API: whatever is asked, the answer is one that its schema knows."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from hedgerow.live.journal import Journal
from hedgerow.web.app import make_app
from hedgerow.web.book import Book
from web.desks import BASE, HERE, SAME, Clock, browsing


@pytest.fixture
def api(place):
    """A running application and its schema."""
    book = Book.open(place, clock=Clock())
    app = make_app(book)
    schema = schemathesis.openapi.from_dict(app.openapi())

    async def asked_from_here(scope, receive, send) -> None:
        await app({**scope, "client": HERE} if scope["type"] == "http" else scope, receive, send)

    schema.app = asked_from_here
    yield app, schema
    app.state.view.close()
    book.close()


def test_the_schema_holds_whatever_is_asked(api) -> None:
    app, schema = api
    csrf = app.state.doors._local.csrf
    headers = {**SAME, "x-csrf-token": csrf}
    asked, statuses = set(), set()

    for found in schema.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith("/api/v1/"):
            continue

        @settings(max_examples=6, deadline=None, derandomize=True, database=None,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy())
        def check(case) -> None:
            answer = case.call(base_url=BASE, headers=headers)
            assert answer.status_code < 500, answer.text
            statuses.add(answer.status_code)
            case.validate_response(answer, headers=headers)

        check()
        asked.add(operation.path)
    assert len(asked) >= 8
    assert {200, 409} <= statuses, "it has reached the desk"


def test_orders_are_approved_by_program(place) -> None:
    with browsing(place) as client:
        me = client.get("/api/v1/me").json()
        assert (me["name"], me["role"]) == ("local", "admin")
        headers = {**SAME, "x-csrf-token": me["csrf"]}
        words = {"orders": ["puts-n1"], "why": "by program"}
        done = client.post("/api/v1/orders/approve", json=words, headers=headers)
        assert done.json()[0]["stage"] == "approved"
        again = client.post("/api/v1/orders/approve", json=words, headers=headers)
        assert again.status_code == 409
        assert "local approved it" in again.json()["error"]
        one = client.get("/api/v1/order", params={"order": "puts-n1"}).json()
        assert one["told"] == ["approved by local: by program"]
        assert client.get("/api/v1/order", params={"order": "x"}).status_code == 404
        assert client.get("/api/v1/state").json()["waiting"] == 0
    journal = Journal(place, "live")
    assert journal.blotter().orders["puts-n1"].approved.who == "local"
    journal.close()
