"""Book, Performance, Why, Data and the Lab, as a browser gets them."""

from __future__ import annotations

import html
import re
import time
from html.parser import HTMLParser

import pytest

import hedgerow as hr
from hedgerow.core.over_the_counter import readable
from hedgerow.engine.ledger.desk_events import Acted, Done, Received
from hedgerow.engine.program_text import read
from hedgerow.live import standing
from hedgerow.live.fills import MOVED
from hedgerow.live.journal import Journal
from hedgerow.live.store import Store
from hedgerow.policies.catalog import starter
from live.crash_book import PROGRAM, begun, builtin
from web.desks import SAME, browsing, token

PAGES = ("/book", "/performance", "/why", "/lab", "/data")
NOW = 1_588_300_000_000_000_000


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Books without a session, with two (the engine asks for as many), and with sixty."""
    folder = tmp_path_factory.mktemp("pages")
    market = builtin()
    Store(folder / "none.db").begin(
        "live", PROGRAM, "", market.until(market.index_of("2020-02-03") - 1), 0
    )
    begun(folder / "one.db", "2020-02-03", "2020-02-04").ledger.close()
    begun(folder / "sixty.db", "2020-02-03", "2020-04-28").ledger.close()
    journal = Journal(folder / "sixty.db", "live", lambda: NOW)
    refused = ("vix: 0.0 is absurd <b>",)
    journal.write(
        lambda _: [
            Received(NOW, "2020-04-29", "a test", "refused", "ab", refused),
            Done(NOW, "monthly", "2020-03-31", "The review of March", {}),
        ]
    )
    journal.close()
    return folder


class Seen(HTMLParser):
    """What a page has that it must not have, or lacks."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: list[str] = []
        self._svg: list[bool] = []

    def handle_starttag(self, tag, attrs) -> None:
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        for name in ("href", "src", "action", "hx-get"):
            if re.match(r"(https?:)?//", found.get(name, "")):
                self.wrong.append(f"{tag} {found[name]}")
        if "style" in found or tag == "style" or (tag == "script" and "src" not in found):
            self.wrong.append(f"inline {tag}")
        if any(name.startswith("on") for name in found):
            self.wrong.append(f"handler on {tag}")
        if tag == "img" and not found.get("alt"):
            self.wrong.append("img without words")
        if tag == "svg":
            named = found.get("aria-hidden") == "true" or bool(found.get("aria-label"))
            self._svg.append(named or any(self._svg))
        if tag == "title" and self._svg:
            self._svg[:] = [True] * len(self._svg)
        if tag == "label":
            self.labelled.add(found.get("for", ""))
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.inputs.append(found.get("id", "?"))

    def handle_endtag(self, tag) -> None:
        if tag == "svg" and not self._svg.pop():
            self.wrong.append("svg without words")


def looked_through(text: str) -> None:
    seen = Seen()
    seen.feed(text)
    assert seen.wrong == []
    assert len(seen.ids) == len(set(seen.ids)), "ids are there once"
    assert [name for name in seen.inputs if name not in seen.labelled] == []
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text


@pytest.mark.parametrize("book", ["none", "one", "sixty"])
def test_pages_of_a_book_young_and_old_are_whole(books, book) -> None:
    with browsing(books / f"{book}.db") as client:
        for path in PAGES:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert answer.text.count("<h1>") == 1
            assert 'class="lead"' in answer.text
            looked_through(answer.text)


def test_book_shows_every_contract_the_ledger_holds(books) -> None:
    with browsing(books / "sixty.db") as client:
        text = client.get("/book").text
        chronicle = client.app.state.view.watch.chronicle
        held = chronicle.read().sessions[-1].held
    assert sum(map(len, held.values())) > 1
    for mine in held.values():
        for symbol, quantity in mine.items():
            name = re.escape(readable(symbol))
            row = re.search(rf"<tr><th scope=\"row\">{name}</th>.*?</tr>", text, re.S)
            assert f"{abs(quantity) / 1e9:,.2f}" in row[0]
    grid = re.search(r'<table class="heat">.*?</table>', text, re.S)[0]
    assert grid.count("<td") == 6 * 8, "six moves of VIX by eight of the index, with numbers"
    assert len(re.findall(r'class="num[^"]*now">\$0<', grid)) == 1, "nothing is gained today"


def test_performance_adds_up_to_the_ledger_and_says_what_costs_are(books, monkeypatch) -> None:
    monkeypatch.setattr(standing, "moved", lambda blotter: MOVED)  # as where a broker fills
    with browsing(books / "sixty.db") as client:
        text = client.get("/performance").text
        assert html.unescape(text).count(MOVED) == 4, "figure, budget and both tables"
        assert MOVED in html.unescape(client.get("/").text)
        sessions = client.app.state.view.watch.chronicle.read().sessions
    gain = sum(session.bar.hedge for session in sessions) / 1e6
    assert f"${abs(gain):,.0f}" in re.search(r'class="lead">(.*?)</p>', text, re.S)[1]
    assert "The review of March" in text
    for month in ("2020-02", "2020-03", "2020-04"):
        assert f'<th scope="row" class="month">{month}</th>' in text


def test_any_session_says_why_and_leads_to_its_neighbours(books) -> None:
    with browsing(books / "sixty.db") as client:
        text = client.get("/why?date=2020-03-08&line=futures").text
        assert "At the close of 2020-03-06" in text, "a Sunday means the Friday before"
        assert "Made again from the record: the same, to the last bit" in text
        assert 'rel="prev" href="/why?date=2020-03-05&amp;line=futures"' in text
        assert 'rel="next" href="/why?date=2020-03-09&amp;line=futures"' in text
        looked_through(text)
        first = client.get("/why?date=2020-02-03&line=puts").text
        last = client.get("/why").text
        assert ('rel="prev"' in first, 'rel="next"' in last) == (False, False)
        for wrong in ("?date=1999-01-01", "?date=soon", "?line=no%20such", "?date=2020-03-09%00"):
            answer = client.get(f"/why{wrong}")
            assert answer.status_code in (200, 422), wrong
        assert "lies outside the run" in client.get("/why?date=1999-01-01").text


def test_data_tells_refusals_and_origins(books) -> None:
    with browsing(books / "sixty.db") as client:
        text = client.get("/data").text
    assert "vix: 0.0 is absurd &lt;b&gt;" in text
    assert '<span class="tag bad">refused</span>' in text
    market = builtin()
    for name in market.columns:
        assert f'<th scope="row">{name}</th>' in text
    assert "vix (" in re.search(r"Partly or wholly modelled: [^.]*", text)[0]


# the Lab


def form_of(text: str) -> dict[str, str]:
    """What a browser would send of the Lab's form, nothing touched."""
    text = re.search(r'<form method="post" action="/lab" id="lab">.*?</form>', text, re.S)[0]
    made = {}
    for found in re.finditer(r"<input ([^>]*)>", text):
        given = {k: html.unescape(v) for k, v in re.findall(r'([a-z-]+)="([^"]*)"', found[1])}
        made[given["name"]] = given.get("value", "")
    for found in re.finditer(r'<select id="[^"]*" name="([^"]*)".*?</select>', text, re.S):
        options = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', found[0])
        value, _, words = next((each for each in options if each[1]), options[0])
        made[html.unescape(found[1])] = html.unescape(value or words)
    return made


def told(text: str) -> str:
    return html.unescape(re.search(r'id="wrong">([^<]*)', text)[1])


def test_the_form_of_the_books_own_policy_comes_back_as_that_policy(books) -> None:
    with browsing(books / "one.db") as client:
        form = form_of(client.get("/lab?line=futures").text)
        answer = client.post("/lab", data={**form, "do": "download"}, headers=SAME)
    assert answer.headers["content-disposition"] == 'attachment; filename="tail.toml"'
    assert hr.Policy.from_toml(answer.text) == read(PROGRAM).line("futures").policy
    assert form["sleeve.kind"] == "vix_future"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("steps[0].low", "abc"),
        ("sleeve.moneyness", "90"),
        ("start", "2020-02-31"),
        ("end", "1989"),
        ("split", "half"),
        ("value", "much"),
        ("source", "/etc"),
        ("name", " "),
    ],
)
def test_a_bad_value_is_told_at_its_field(books, name, text) -> None:
    with browsing(books / "one.db") as client:
        form = form_of(client.get("/lab").text)
        answer = client.post("/lab", data={**form, name: text, "do": "run"}, headers=SAME)
        assert answer.status_code == 422
        field = re.search(rf'id="{re.escape(name)}"[^>]*', answer.text)[0]
        assert 'aria-invalid="true"' in field
        assert told(answer.text)
        looked_through(answer.text)
        assert client.app.state.jobs.latest() == []


def test_steps_signals_and_sleeves_are_put_in_and_taken_out(books) -> None:
    with browsing(books / "one.db") as client:
        form = form_of(client.get("/lab").text)
        for do, more, found in (
            ("step", {"step": "tiers@binary"}, ("steps[0].kind", "tiers")),
            ("signal", {"signal": "vix_ma10"}, ("signals[1].kind", "average")),
            ("sleeve", {"kind": "vix_call"}, ("sleeve.kind", "vix_call")),
            ("remove:steps[1]", {}, ("steps[1].kind", "trigger")),
        ):
            answer = client.post("/lab", data={**form, **more, "do": do}, headers=SAME)
            assert answer.status_code == 200, do
            assert form_of(answer.text)[found[0]] == found[1]


def test_a_policy_is_saved_once_and_never_over_another(books, tmp_path) -> None:
    folder = tmp_path / "policies"
    with browsing(books / "one.db", policies=folder) as client:
        form = form_of(client.get("/lab").text) | {"do": "save", "name": "mine"}
        assert "Saved as mine.toml" in client.post("/lab", data=form, headers=SAME).text
        before = (folder / "mine.toml").read_bytes()
        form["steps[0].low"] = "10"
        answer = client.post("/lab", data=form, headers=SAME)
        assert (answer.status_code, "is there already" in told(answer.text)) == (422, True)
        for name in ("../mine", "/tmp/mine", ".hidden", "a/b", "x" * 70):
            answer = client.post("/lab", data={**form, "name": name}, headers=SAME)
            assert answer.status_code == 422, name
        acted = list(client.app.state.book.journal.records())
    assert (folder / "mine.toml").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["mine.toml"]
    assert [each.event.action for each in acted if isinstance(each.event, Acted)] == [
        "policy saved"
    ]


def test_uploads_are_bounded_and_read_strictly(books) -> None:
    with browsing(books / "one.db") as client:
        csrf = {"csrf": token(client, "/lab")}

        def sent(content: bytes):
            return client.post(
                "/lab/load", data=csrf, files={"file": ("x.toml", content)}, headers=SAME
            )

        good = starter("tiers").to_toml().encode()
        answer = sent(good)
        assert form_of(answer.text)["steps[0].kind"] == "tiers"
        assert sent(b"x" * (64 * 1024 + 1)).status_code == 413
        for wrong in (b"\xff\xfe", b"name = 1", b"steps = " + b"[" * 5_000, b"", b"[[lines]]"):
            answer = sent(wrong)
            assert answer.status_code == 422, wrong[:20]
            assert told(answer.text)
        assert client.post("/lab/load", data=csrf, headers=SAME).status_code == 422


@pytest.mark.slow
def test_a_run_equals_the_backtest_beside_the_books_own(books, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    with browsing(books / "sixty.db") as client:
        form = form_of(client.get("/lab").text)
        form |= {"do": "run", "start": "2019-01-02", "steps[0].high": "25", "source": "book"}
        where = client.post("/lab", data=form, headers=SAME).headers["location"]
        again = client.post("/lab", data=form, headers=SAME)
        assert (again.status_code, "not done yet" in again.text) == (409, True)
        until = time.monotonic() + 60
        while (job := client.app.state.jobs.latest()[0]).open and time.monotonic() < until:
            time.sleep(0.05)
        text = client.get(where).text
        looked_through(text)
        assert form_of(client.get(f"/lab?run={job.id}").text)["steps[0].high"] == "25.0"
        market = client.app.state.book.store.market("live")
    assert job.state == "done", job.found
    policy = hr.Policy.from_toml(job.asked["tried"]["policy"])
    monkeypatch.setenv("HEDGEROW_TRIALS", "off")
    sleeve = hr.Put(moneyness=0.9, tenor="90d", strike_step=5)
    terms = {"portfolio": hr.Equity(10_000_000.0), "start": "2019-01-02", "source": "book"}
    found = hr.backtest(policy, market, sleeve, **terms).found
    tried = job.found["tried"]
    assert tried["track"] == found.tracks["dynamic"].digest()
    assert tried["cost"] == found.strategies["test"]["dynamic"]["hedge_cost_per_year"]
    assert tried["saving"] == found.saving["test"]["saving"]
    assert job.found["own"]["track"] != tried["track"]
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) >= 2, "both are on record"
    assert "deflated" in text.lower()


def test_a_run_is_cancelled_by_who_began_it(books) -> None:
    with browsing(books / "sixty.db") as client:
        form = form_of(client.get("/lab").text) | {"do": "run"}
        where = client.post("/lab", data=form, headers=SAME).headers["location"]
        form = {"csrf": token(client, where)}
        client.post(f"{where}/cancel", data=form, headers=SAME)
        assert "Run: cancelled" in client.get(where).text
        assert client.get("/lab/runs/none").status_code == 404
