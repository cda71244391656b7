"""``hedgerow orders`` and the page that shows it, on a book with a run, a desk and two orders."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from cli.console import ROOT, as_json, call, good
from hedgerow.engine.ledger.desk_events import Executed, Sent
from hedgerow.engine.ledger.events import Cancelled, Decided, Filled, Opened, Planned
from hedgerow.engine.ledger.money import nanos
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.live.journal import Journal
from hedgerow.live.orders import desk
from hedgerow.live.orders.picture import diagram
from hedgerow.live.settings import parse
from live.orders.scripted import AROUND, FUTURE, PUT, Clock, new_york, ordered


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book in the folder that commands run in, its clock twenty minutes after the close."""
    monkeypatch.chdir(tmp_path)
    clock = Clock(new_york(2, 16, 20))
    monkeypatch.setattr(Journal.__init__, "__defaults__", (clock, "", ""))
    fresh = [
        ordered("tail-1"),
        ordered("tail-2", {PUT: 1, FUTURE: -2}),
        ordered("tail-3", {PUT: 6}),
    ]
    at = fresh[0].time
    with open_ledger("book.db", "live", writing=True) as ledger:
        ledger.append(
            [
                Opened(at, "live", "test", {}, "", "", {}),
                Decided(at, "tail", {"vix": 14.6}, {}, {}, 0.4, 1.0, {"linear": 0.4}, {}),
                Decided(at, "other", {"vix": 14.6}, {}, {}, 0.9, 1.0, {}, {}),
                Planned(at, "tail", 0.4, 1.0, 1.0, 1.0, 12.0, {}),
                *fresh,
            ]
        )
    journal = Journal("book.db", "live", clock)
    desk.propose(journal, fresh, AROUND, parse("limits.contracts = 11"))
    return journal


def test_what_the_page_shows_runs(book) -> None:
    page = (ROOT / "docs" / "orders.md").read_text("utf-8")
    commands = [
        shlex.split(line[2:], comments=True)
        for block in re.findall(r"```console\n(.*?)```", page, re.S)
        for line in block.splitlines()
    ]
    assert len(commands) == 6
    for words in commands:  # tail-3 is within its limit
        good(*("tail-3" if word == "tail-1" else word for word in words[1:]))
    assert (ROOT / "docs" / "images" / "orders.svg").read_text("utf-8") == diagram()


def test_the_list_says_what_there_is_to_decide(book) -> None:
    said = good("orders", "list", "book.db")
    assert re.search(
        r"tail-2 +tail +buy 1 SPX 2024-06-21 4900 put, sell 2 VXK24 +market +33,000 +proposed +"
        r"18 h 00 min",
        said,
    )
    assert "tail-1 cannot be approved: 12 contracts of" in said
    rows = as_json("orders", "list", "book.db")["orders"]
    assert [(row["order"], row["minutes_left"], len(row["breaches"])) for row in rows] == [
        ("tail-1", 1080, 1),
        ("tail-2", 1080, 0),
        ("tail-3", 1080, 0),
    ]


def test_all_are_approved_that_can_be(book) -> None:
    assert good("orders", "approve", "book.db", "--all", "--who", "ann") == (
        "tail-2, tail-3: approved.\n"
    )
    assert book.blotter().orders["tail-2"].approved.who == "ann"
    good("orders", "decline", "book.db", "--all", "--reason", "too many")
    assert good("orders", "list", "book.db", "--ended").count("declined") == 1


def test_an_order_is_shown_with_the_decision_behind_it(book) -> None:
    good("orders", "decline", "book.db", "tail-2", "--reason", "no", "--who", "ann")
    said = good("orders", "show", "book.db", "tail-2")
    assert "order tail-2 declined by ann: no" in said
    assert "signals: vix 14.6" in said
    found = as_json("orders", "show", "book.db", "tail-2")
    assert [each["kind"] for each in found["history"]] == ["proposed", "declined"]
    assert [each["kind"] for each in found["decision"]] == ["decided", "planned", "ordered"]


def test_a_fill_after_the_run_had_ended_its_order_is_told_with_what_to_do(book) -> None:
    at = new_york(3, 16)
    desk.approve(book, "tail-3", "ann")
    report = Executed(at, "tail-3", "x2", PUT, nanos(2), 30.5, 0)
    book.write(lambda _: [Sent(at, "tail-3", "ibkr", "k"), replace(report, execution="x1")])
    with open_ledger("book.db", "live", writing=True) as ledger:
        ledger.append([Filled(at, "tail-3", "x1", PUT, nanos(2), 30.5, 0)])
    assert "unbooked" not in good("orders", "show", "book.db", "tail-3")
    with open_ledger("book.db", "live", writing=True) as ledger:
        ledger.append([Cancelled(at, "tail-3", "not filled that day")])
    assert as_json("orders", "show", "book.db", "tail-3")["unbooked"] == ""
    book.write(lambda _: [report])
    said = good("orders", "show", "book.db", "tail-3")
    assert re.search(r"unbooked +buy 2 SPX 2024-06-21 4900 put\n", said)
    assert "Trade it back at the broker by hand" in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["approve", "book.db"], "no order is named"),
        (["approve", "book.db", "tail-1", "--all"], "both ids and --all"),
        (["approve", "book.db", "tail-9"], "order tail-9: it was never proposed"),
        (["approve", "book.db", "tail-1"], "more than the 11 that limits.contracts"),
        (["decline", "book.db", "tail-1"], "there is no reason"),
        (["halt", "book.db"], "there is no reason"),
        (["resume", "book.db", "--reason", "x"], "the desk is not halted"),
        (["show", "book.db", "tail-9"], "there is no such order"),
        (["list", "book.db", "--run", "lve"], "it has no run 'lve'. Mend: did you mean 'live'"),
        (["list", "none.db"], "there is no such"),
    ],
)
def test_mistakes_are_told(book, args, said) -> None:
    result = call("orders", *args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_book_that_is_not_there_is_told_with_what_makes_one() -> None:
    result = call("orders", "list", "nothere.db")
    assert (result.exit_code, "'hedgerow monitor' begins a book" in result.stderr) == (2, True)


def test_a_ledger_without_a_desk_is_no_book(book, tmp_path) -> None:
    with open_ledger("runs.db", "backtest", writing=True) as ledger:
        ledger.append([Opened(0, "backtest", "test", {}, "", "", {})])
    result = call("orders", "list", "runs.db")
    assert (result.exit_code, "no run of it has a desk" in result.stderr) == (2, True)
