"""Approving, declining and halting in Chromium, by mouse, by keyboard, and without scripts."""

from __future__ import annotations

from typing import Any

import pytest

from hedgerow.engine.ledger.desk_events import Halted
from hedgerow.live.journal import Journal
from loopback import serving
from web.chromium.scene import NOW, PASSWORD, PEOPLE, enter

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed").expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAID, WARNED = "#said", "#warned"
WAITING = "section[aria-labelledby=waiting] article"


def acted(place) -> list[tuple[str, str, str]]:
    """Kind, order and person of what was done since the book was copied."""
    journal = Journal(place, "live")
    events = [record.event for record in journal.records()]
    journal.close()
    return [
        (event.kind, event.order, event.who)
        for event in events
        if event.kind in ("approved", "declined") and event.time >= NOW
    ]


def orders(page: Any) -> list[str]:
    """The orders that wait, as the page lists them."""
    page.locator(WAITING).first.wait_for()
    labels = page.locator(WAITING).evaluate_all("all => all.map(e => e.ariaLabel)")
    return [label.removeprefix("Order ") for label in labels]


def test_approving_with_the_mouse(place, desk_site, visit) -> None:
    visitor = visit(desk_site)
    page = visitor.open("/orders")
    first = orders(page)[0]
    assert len(orders(page)) == 3
    page.get_by_role("article", name=f"Order {first}").get_by_label("Reason").fill("fits")
    page.get_by_role("button", name=f"Approve {first}").click()
    expect(page.locator(WAITING)).to_have_count(2)
    page.locator(SAID, has_text="2 orders wait").wait_for(state="attached")
    assert "approved by local: fits" in page.locator("section[aria-labelledby=under]").inner_text()
    assert acted(place) == [("approved", first, "local")]
    assert visitor.complaints == []
    assert visitor.strayed == []


def test_approving_with_the_keyboard_alone(place, desk_site, visit) -> None:
    page = visit(desk_site).open()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to content
    for _ in range(12):
        page.keyboard.press("Tab")
        if "Approve" in page.evaluate("document.activeElement.textContent"):
            break
        if page.evaluate("document.activeElement.name") == "why":
            page.keyboard.type("a sober reason")
    chosen = page.evaluate("document.activeElement.textContent").removeprefix("Approve ")
    page.keyboard.press("Enter")
    expect(page.locator("article.order")).to_have_count(2)
    assert acted(place) == [("approved", chosen, "local")]
    journal = Journal(place, "live")
    assert journal.blotter().orders[chosen].approved.why == "a sober reason"
    journal.close()


def test_declining_needs_a_reason(place, desk_site, visit) -> None:
    page = visit(desk_site).open("/orders")
    first = orders(page)[0]
    page.get_by_role("button", name=f"Decline {first}").click()
    page.get_by_role("heading", name="Not done").wait_for()
    assert "reason" in page.locator("main").inner_text()
    assert acted(place) == []
    page.goto(f"{desk_site}/orders")
    page.get_by_role("article", name=f"Order {first}").get_by_label("Reason").fill("too dear")
    page.get_by_role("button", name=f"Decline {first}").click()
    expect(page.locator(WAITING)).to_have_count(2)
    assert acted(place) == [("declined", first, "local")]


def test_a_push_reaches_another_window_and_disturbs_nobody(place, desk_site, visit) -> None:
    """What somebody is typing stays, and so does the place where they type."""
    mine, theirs = visit(desk_site), visit(desk_site)
    other = theirs.open("/orders")
    first, second, *_ = orders(other)
    field = other.get_by_role("article", name=f"Order {second}").get_by_label("Reason")
    field.press_sequentially("half a sen")
    other.evaluate("window.kept = true")
    page = mine.open("/orders")
    page.get_by_role("button", name=f"Approve {first}").click()
    expect(other.locator(WAITING)).to_have_count(2)
    other.locator(SAID, has_text="2 orders wait").wait_for(state="attached")
    assert other.evaluate("window.kept") is True
    other.keyboard.type("tence")
    assert field.input_value() == "half a sentence"
    assert theirs.complaints == []


def test_a_halt_by_another_process_is_seen_on_every_page(place, desk_site, visit) -> None:
    visitor = visit(desk_site)
    pages = [visitor.open(path) for path in ("/", "/orders", "/why", "/lab")]
    for page in pages:
        page.evaluate("window.kept = true")
    journal = Journal(place, "live", lambda: NOW)
    journal.write(lambda _: [Halted(NOW, "ann", "a test of the switch")])
    journal.close()
    for page in pages:
        expect(page.locator(".banner")).to_contain_text("a test of the switch")
        expect(page.locator(WARNED)).to_contain_text(
            "Halted. Nothing is sent: a test of the switch"
        )
        assert page.evaluate("window.kept") is True


HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_window_that_nobody_sees_takes_no_connection_and_catches_up(desk_site, visit) -> None:
    """A browser opens six connections to a server."""
    visitor = visit(desk_site)
    hidden = []
    for _ in range(8):
        hidden.append(visitor.open("/orders"))
        hidden[-1].evaluate(HIDE, True)
    first = orders(hidden[0])[0]
    page = visitor.open("/orders")
    page.get_by_role("button", name=f"Approve {first}").click()
    expect(page.locator(WAITING)).to_have_count(2)
    expect(hidden[0].locator(WAITING)).to_have_count(3)
    hidden[0].evaluate(HIDE, False)
    expect(hidden[0].locator(WAITING)).to_have_count(2)
    assert visitor.complaints == []


def test_halting_asks_first(place, desk_site, visit) -> None:
    page = visit(desk_site).open("/orders")
    page.get_by_label("Reason to halt").fill("smoke")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Halt").click()
    assert "Halt the desk?" in asked[0]
    assert page.locator(".banner").count() == 0
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Halt").click()
    page.locator(".banner").wait_for()
    page.get_by_label("Reason to resume").fill("it was toast")
    page.get_by_role("button", name="Resume").click()
    page.locator(".banner").wait_for(state="hidden")


def test_approving_without_scripts(place, desk_site, visit) -> None:
    page = visit(desk_site, java_script_enabled=False).open("/orders")
    first, second, *_ = orders(page)
    page.get_by_role("button", name=f"Approve {first}").click()
    page.wait_for_url("**/orders")
    page.get_by_role("button", name=f"Decline {second}").click()
    page.get_by_role("heading", name="Not done").wait_for()
    assert acted(place) == [("approved", first, "local")]


@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_form_without_its_token_is_refused(place, desk_site, visit, token) -> None:
    page = visit(desk_site).open("/orders")
    first = orders(page)[0]
    page.evaluate(
        "token => document.querySelectorAll('[name=csrf]').forEach(e => { e.value = token })", token
    )
    with page.expect_response("**/orders/approve") as answer:
        page.get_by_role("button", name=f"Approve {first}").click()
    assert answer.value.status == 403
    page.get_by_role("heading", name="Not done").wait_for()
    assert acted(place) == []


def test_a_form_of_another_site_is_refused(place, desk_site, visit) -> None:
    """The other site is on another port: cookies go along, and the origin tells."""
    page = visit(desk_site).open("/orders")
    first, right = orders(page)[0], page.locator("[name=csrf]").first.input_value()
    form = (
        "<!doctype html><title>A prize</title>"
        f'<form method="post" action="{desk_site}/orders/approve">'
        f'<input name="order" value="{first}"><input name="csrf" value="{right}">'
        "<button>A prize</button></form>"
    )
    with serving(lambda _: form.encode()) as other:
        page.goto(f"{other.base}/prize.html")
        with page.expect_response("**/orders/approve") as answer:
            page.get_by_role("button").click()
        assert answer.value.status == 403
        page.goto("about:blank")
    assert acted(place) == []


def test_the_door(shut_site, visit) -> None:
    visitor = visit(shut_site)
    page = visitor.open("/book")
    assert page.url == f"{shut_site}/login"
    assert page.evaluate("document.activeElement.name") == "name"
    enter(page, "ann", "not the password")
    said = page.get_by_role("alert")
    said.wait_for()
    assert "password" in said.inner_text()
    enter(page, "ann", PASSWORD)
    page.get_by_role("heading", name="Today").wait_for()
    cookie = next(c for c in visitor.context.cookies() if c["name"] == "hedgerow")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto(f"{shut_site}/orders")
    assert page.url == f"{shut_site}/login"
    assert visitor.strayed == []


def test_trying_too_often(shut_site, visit) -> None:
    page = visit(shut_site).open("/login")
    for _ in range(5):
        enter(page, "ann", "not the password")
        page.get_by_role("alert").wait_for()
    enter(page, "ann", PASSWORD)
    page.get_by_text("too many tries").wait_for()


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_roles(place, shut_site, visit, name) -> None:
    visitor = visit(shut_site)
    page = visitor.sign_in(name)
    page.wait_for_url(f"{shut_site}/")
    page.goto(f"{shut_site}/orders")
    assert f"({PEOPLE[name]})" in page.locator(".who").inner_text()
    first, may = orders(page)[0], name != "vic"
    assert page.get_by_role("button", name="Approve").count() == (4 if may else 0)
    assert page.get_by_role("button", name="Halt").count() == int(may)
    form = {"order": first, "csrf": page.locator("[name=csrf]").first.input_value()}
    answer = visitor.context.request.post(
        f"{shut_site}/orders/approve", form=form, headers={"origin": shut_site}
    )
    assert answer.status == (200 if may else 403)
    assert acted(place) == ([("approved", first, name)] if may else [])
    form["why"] = "a test"
    answer = visitor.context.request.post(
        f"{shut_site}/orders/resume", form=form, headers={"origin": shut_site}
    )
    assert answer.status == (409 if name == "ada" else 403), "nothing is halted"
