"""Today and Orders: what they say, and what becomes of a word that is given there."""

from __future__ import annotations

import re
from dataclasses import replace

from hedgerow.engine.ledger.desk_events import Approved, Declined, Halted
from hedgerow.engine.ledger.events import Alarm, Leg
from hedgerow.live.journal import Journal
from web.desks import NOW, SAME, browsing, proposed, sign_in, token, written

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def last(place):
    """The last event of a journal."""
    journal = Journal(place, "live")
    event = journal.records()[-1].event
    journal.close()
    return event


def test_today_says_state_steps_holdings_and_proposals(place) -> None:
    with browsing(place) as client:
        text = client.get("/").text
    lead = re.search(r'<p class="lead"[^>]*>([^<]+)', text).group(1)
    assert lead.startswith("At the close of 2020-04-30 VIX stands at 29.9 (modelled)")
    assert lead.endswith("One order waits for your word.")
    assert 'aria-label="VIX 29.9; linear low 12.0; linear high 22.0' in text
    assert "after linear 1.79×" in text
    assert "Buy 3 SPXW 2020-07-17 2470 put, at 88.40 or better" in text


def test_a_strike_is_shown_to_the_cent_and_kept_to_the_last_bit(place) -> None:
    exact = "SPX 2020-07-17 P 4310.700000000001"
    written(place, replace(proposed("puts-n2"), legs=(Leg(exact, 10**9),)))
    with browsing(place) as client:
        text = client.get("/orders").text
        kept = client.get("/api/v1/orders").text
    assert exact not in text
    assert '<th scope="row">SPX 2020-07-17 P 4310.70</th>' in text
    assert "Buy 1 SPX 2020-07-17 4310.70 put, at 88.40" in text
    assert exact in kept


def test_a_word_given_on_the_page_stands_in_the_journal(guarded) -> None:
    with browsing(guarded) as client:
        sign_in(client, "ann")
        form = {"order": "puts-n1", "why": " it fits ", "csrf": token(client)}
        answer = client.post("/orders/approve", data=form, headers=SAME)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert last(guarded) == Approved(NOW, "puts-n1", "ann", "it fits")
        again = client.post("/orders/approve", data=form, headers=SAME)
        assert again.status_code == 409
        assert "ann approved it" in again.text
        page = client.get("/orders").text
        assert "approved by ann: it fits" in page


def test_declining_needs_a_reason_and_a_halt_shows_everywhere(place) -> None:
    with browsing(place) as client:
        form = {"order": "puts-n1", "csrf": token(client)}
        assert client.post("/orders/decline", data=form, headers=SAME).status_code == 409
        said = client.post("/orders/decline", data={**form, "why": "too dear"}, headers=SAME)
        assert said.status_code == 303
        assert last(place) == Declined(NOW, "puts-n1", "local", "too dear")
        client.post("/orders/halt", data={**form, "why": "odd quotes"}, headers=SAME)
        assert last(place) == Halted(NOW, "local", "odd quotes")
        for path in ("/", "/orders"):
            assert "Nothing is sent: odd quotes" in client.get(path).text


def test_what_is_written_by_others_comes_out_escaped(place) -> None:
    order = proposed(f"a{ATTACK}", breaches=(ATTACK,))
    written(place, order, Alarm(NOW, ATTACK, ATTACK), Halted(NOW, ATTACK, ATTACK))
    with browsing(place) as client:
        address = {"stage": ATTACK[:20], "line": ATTACK}
        pages = [client.get("/"), client.get("/orders"), client.get("/orders", params=address)]
        form = {"order": ATTACK, "csrf": token(client)}
        pages.append(client.post("/orders/approve", data=form, headers=SAME))
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&lt;script&gt;alert" in page.text


def test_the_field_of_a_line_of_two_words_is_found_by_its_id(place) -> None:
    """Else HTMX stops half way through a swap, and leaves the fields below the page."""
    written(place, proposed("vix calls-1"))
    with browsing(place) as client:
        fields = re.findall(r'id="(why-[^"]*)"[^>]*hx-preserve', client.get("/orders").text)
    assert sum("vix" in each and "calls-1" in each for each in fields) == 1
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", each) for each in fields)


def test_history_is_filtered_and_paged(place) -> None:
    written(place, *(proposed(f"more-{i:02d}") for i in range(60)))
    with browsing(place) as client:
        text = client.get("/orders", params={"stage": "proposed", "page": 3}).text
        assert "61 orders" in text
        assert "Page 3 of 3" in text
        assert "Page 3 of 3" in client.get("/orders?page=99").text
        assert "No such order" in client.get("/orders?stage=filled").text
        assert client.get("/orders?page=0").status_code == 422


def test_colours_have_a_contrast_of_four_and_a_half() -> None:
    from importlib.resources import files

    css = files("hedgerow.web").joinpath("static", "style.css").read_text("utf-8")
    blocks = re.findall(r"\{[^{}]*--paper:[^{}]*\}", css)
    assert len(blocks) == 3
    dark = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks]
    assert dark[1] == dark[2], "both ways into the dark give the same"
    for colours in dark[:2]:
        for ground in ("paper", "card"):
            for ink in ("ink", "soft", "accent", "good", "bad", "warn", "blue", "orange", "grey"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        for ink, ground in (("on-accent", "accent"), ("bad", "bad-wash"), ("warn", "warn-wash"),
                            ("accent", "wash"), ("good", "wash"), ("ink", "wash")):  # fmt: skip
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
