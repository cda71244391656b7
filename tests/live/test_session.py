"""One session's cycle: each stage once, whoever asks twice, and nothing on bad numbers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hedgerow.engine.broker import Execution, Quote, Ticket
from hedgerow.engine.holdings import Trade
from hedgerow.engine.ledger.desk_events import (
    Acknowledged,
    Approved,
    Collected,
    Executed,
    Proposed,
    Sent,
)
from hedgerow.engine.ledger.events import Leg
from hedgerow.engine.program import Program
from hedgerow.engine.program_text import read, write
from hedgerow.engine.rulebook import every, rulebook
from hedgerow.engine.ticketing import ticket
from hedgerow.errors import HedgerowError, LedgerError, PolicyError
from hedgerow.instruments.roster import Basket
from hedgerow.live.beginning import Asked, resumed
from hedgerow.live.blotter import Blotter
from hedgerow.live.fills import ANEW, JournalBroker, countable
from hedgerow.live.settings import PriceTerms
from hedgerow.live.sources.reading import Reading, RefusedError
from hedgerow.live.store import Store
from live.desks import ASKED, Desk, option_a, records

START, END = "2020-02-24", "2020-02-28"


@pytest.fixture
def made(tmp_path) -> Desk:
    return Desk.at(tmp_path / "book.db", start=START, end=END)


def test_a_session_is_decided_once_however_often_it_is_asked_for(tmp_path, made) -> None:
    first, second = made.source.sessions[:2]
    assert made.close(first).state == "decided"
    before = records(tmp_path / "book.db"), records(tmp_path / "book.db", "live.desk")
    assert made.close(first).state == "known"
    made.leave()
    again = Desk.at(tmp_path / "book.db", start=START, end=END)
    assert again.close(first).state == "known"
    assert (records(tmp_path / "book.db"), records(tmp_path / "book.db", "live.desk")) == before
    assert again.close(second).state == "decided"
    assert again.close(first).state == "known", "what lies before the last session is over"


def test_yesterdays_row_given_as_todays_decides_nothing(tmp_path, made, monkeypatch) -> None:
    first, second = made.source.sessions[:2]
    made.close(first)
    held = records(tmp_path / "book.db")
    stale = replace(made.source.read(first), session=str(second))
    monkeypatch.setattr(made.source, "read", lambda session: stale)
    refused = made.close(second)
    assert refused.state == "refused"
    assert "stale" in refused.findings[0]
    made.close(second)
    kinds = [record.event.kind for record in made.cycle.journal.records()]
    assert kinds.count("alarm") == 1, "the same numbers are refused once"
    assert records(tmp_path / "book.db") == held
    monkeypatch.undo()
    assert made.close(second).state == "decided", "good numbers that come later are taken"


def test_what_a_source_refuses_is_an_alarm_and_no_wait(made, monkeypatch) -> None:
    def struck(session: np.datetime64) -> Reading:
        raise RefusedError("vix.csv, row of 2024-01-16: VIX 0 was dropped", where="the files")

    monkeypatch.setattr(made.source, "read", struck)
    first = made.source.sessions[0]
    assert made.close(first).state == made.close(first).state == "refused"
    (alarm,) = made.cycle.journal.blotter().alarms
    assert (alarm.rule, "row of 2024-01-16" in alarm.sentence) == ("data", True)

    def torn(session: np.datetime64) -> Reading:
        raise RefusedError("spx.csv, row 9: 'x' is no number", where="the files")

    monkeypatch.setattr(made.source, "read", torn)
    assert made.close(first).state == made.close(first).state == "refused"
    given_up = Reading(str(first), made.source.name, {})
    assert not made.cycle.refuse(given_up, ("there are no numbers of it",), rule="source")
    blotter = made.cycle.journal.blotter()
    assert [("row 9" in each.sentence) for each in blotter.alarms] == [False, True]
    assert "row 9" in blotter.received[str(first)].findings[0], "what health and Today say"
    monkeypatch.undo()
    assert made.close(first).state == "decided"


def test_a_bar_fills_what_was_collected_before_it_and_nothing_later(tmp_path) -> None:
    made = Desk.at(tmp_path / "book.db", settings=ASKED, start=START, end=END)
    first, second = made.source.sessions[:2]
    (order,) = made.close(first).orders
    now = made.cycle.journal.clock()
    made.cycle.journal.write(lambda _: [Collected(now, str(second), (), ())])
    made.cycle.journal.write(
        lambda _: [
            Approved(now, order.order, "ann", "late"),
            Sent(now, order.order, "paper", "live:1"),
            Acknowledged(now, order.order, "1"),
        ]
    )
    made.close(second)
    assert "filled" not in {r.event.kind for r in records(tmp_path / "book.db")}


def test_an_order_sent_after_the_close_is_none_of_the_bar(tmp_path, made) -> None:
    first, second, third = made.source.sessions[:3]
    made.close(first)  # nobody looks after the orders until the second session is over
    made.close(second)
    made.open(second)
    made.close(third)
    filled = [r.event for r in records(tmp_path / "book.db") if r.event.kind == "filled"]
    assert filled
    assert {str(np.datetime64(f.time, "ns"))[:10] for f in filled} == {str(third)}


def test_a_locked_book_costs_a_try_and_nothing_else(tmp_path, made, monkeypatch) -> None:
    monkeypatch.setattr("hedgerow.engine.ledger.sql._PATIENCE", 0.05)
    made.close(made.source.sessions[0])
    made.leave()
    made = Desk.at(tmp_path / "book.db", start=START, end=END)
    other = sqlite3.connect(tmp_path / "book.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match=r"the database is locked\. Mend: end what holds it"):
        made.close(made.source.sessions[1])
    other.execute("ROLLBACK")
    other.close()
    assert made.close(made.source.sessions[1]).state == "decided"


def test_a_full_disk_at_any_stage_leaves_nothing_half_done(tmp_path) -> None:
    free = Desk.at(tmp_path / "free.db", start=START, end=END)
    for day in free.source.sessions:
        free.close(day)
        free.open(day)
    free.leave()
    wanted = [r.text for r in records(tmp_path / "free.db")]
    place = tmp_path / "book.db"
    made = Desk.at(place, start=START, end=END)
    full = 0
    for day in made.source.sessions:
        for stage in ("close", "open"):
            for room in (0, 1, 2, 3, None):
                _limit(made, room)
                try:
                    getattr(made, stage)(day)
                except LedgerError as error:
                    full += "the disk is full" in str(error)
                else:
                    break
    made.leave()
    assert full > 2
    assert [r.text for r in records(place)] == wanted


def _limit(made: Desk, room: int | None) -> None:
    """Let the connections of ledger and journal add so many pages to the file."""
    for ledger in (made.cycle._open(), made.cycle.journal.ledger):
        connection = ledger._open()
        with ledger._begun():
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            most = 2**30 if room is None else pages + room
            connection.exec_driver_sql(f"PRAGMA max_page_count={most}")


def test_another_program_is_refused_by_what_differs(tmp_path, made) -> None:
    made.leave()
    store = Store(tmp_path / "book.db")
    assert resumed(store, "live", Asked.of(option_a())) == made.cycle.program
    other = replace(option_a(), budget=0.03)
    with pytest.raises(LedgerError, match=r"budget.per_year was 0.02, is 0.03.* --run NAME"):
        resumed(store, "live", Asked.of(other))


def test_a_desk_makes_limit_orders_unless_the_program_says_otherwise() -> None:
    terms = PriceTerms(offset=0.5, urgent=3.0)
    kept = Asked.of(option_a()).on_desk(terms).execution
    assert (kept.order, kept.limit_offset, kept.urgent_offset) == ("limit", 0.5, 3.0)
    said = Asked.of(option_a(), ("order", "limit_offset")).on_desk(terms).execution
    assert (said.order, said.limit_offset, said.urgent_offset) == ("market", 1.0, 3.0)
    with pytest.raises(PolicyError, match=r'fills.*Mend: write fills = "next"'):
        Asked.of(rulebook("bxm").program).on_desk(terms)
    resting = replace(option_a(), execution=Execution(tif="gtc"))
    with pytest.raises(PolicyError, match="proposed anew"):
        Asked.of(resting).on_desk(terms)


@pytest.mark.parametrize(("urgent", "limit"), [(False, 10.2), (True, 10.4)])
def test_an_urgent_order_stands_further_out(urgent, limit) -> None:
    terms = Execution(order="limit", limit_offset=1.0, urgent_offset=2.0)
    one = Basket(("SPXW  200619P02700000",), (1.0,))
    made = ticket("a-1", "a", Trade(one, 3.0), [Quote(10.0, 0.2, 1.0)], terms, urgent=urgent)
    assert made.limit == pytest.approx(limit)
    assert "urgent_offset" not in Execution().as_dict(), "older ledgers do not have it"


@pytest.mark.parametrize("book", every(), ids=lambda book: book.name)
def test_every_rulebook_is_written_and_read_back(book) -> None:
    assert read(write(book.program)) == book.program


@pytest.mark.parametrize("file", sorted(Path("examples/programs").glob("*.toml")), ids=str)
def test_every_example_is_written_and_read_back(file) -> None:
    program = read(file.read_text("utf-8"))
    assert read(write(program)) == program


def test_depth_without_end_and_offsets_are_written_and_read_back() -> None:
    made: Program = replace(
        option_a(), execution=Execution(option_depth=None, order="limit", urgent_offset=3.0)
    )
    assert read(write(made)) == made


def test_another_hedgerow_goes_on_as_the_one_that_began(tmp_path, made) -> None:
    first, second = made.source.sessions[:2]
    made.cycle.version = "1.0"
    made.close(first)
    made.cycle.version = "2.0"
    made.close(second)
    opened = records(tmp_path / "book.db")[0].event
    assert opened.version == "1.0"
    # a Hedgerow that decides otherwise, as if its program meant something else
    made.leave()
    again = Desk.at(tmp_path / "book.db", start=START, end=END)
    again.cycle.version = "2.0"
    again.cycle.program = replace(made.cycle.program, budget=None)
    with pytest.raises(
        HedgerowError, match=r"Hedgerow 2\.0 decides otherwise than Hedgerow 1\.0, which began"
    ):
        again.close(again.source.sessions[2])


LONG = Basket(("SPXW  200619P02700000", "SPXW  200619P02500000"), (1.0, -2.0))


def _reported(*executions: tuple[str, str, float, float]) -> Blotter:
    """Return a desk on which a broker reported fills of an order of ten ratio spreads."""
    blotter, (near, far) = Blotter(), LONG.symbols
    legs = (Leg(near, 10 * 10**9), Leg(far, -20 * 10**9))
    for event in (
        Proposed(1, "a-1", "2020-03-06", "a", legs, "limit", 9.0, "day", 10**18, {}),
        Approved(2, "a-1", "ann", ""),
        Sent(3, "a-1", "ibkr DU1", "live:a-1"),
        *(
            Executed(4, "a-1", name, contract, round(size * 1e9), price, 1_000_000)
            for name, contract, size, price in executions
        ),
        Collected(5, "2020-03-09", ("a-1",), tuple(name for name, *_ in executions)),
    ):
        blotter.take(event)
    return blotter


def _fills(blotter: Blotter, standing: set[str]) -> list[object]:
    broker = JournalBroker(Execution(), blotter)
    broker.begin("2020-03-09", standing)
    ticket = Ticket("a-1", "a", LONG, 10.0, 9.0, counts=(10 * 10**9, -20 * 10**9))
    return list(broker.execute([ticket], lambda _: Quote(1.0, 0.1, 1.0), 20.0))


def test_a_real_brokers_reports_are_taken_in_complete_units() -> None:
    near, far = LONG.symbols
    blotter = _reported(("x1", near, 2.0, 30.0), ("x2", near, 2.0, 33.0), ("x3", far, -7.0, 11.0))
    (fill,) = _fills(blotter, {"a-1"})
    assert fill.units == 3.0, "four of one leg, three and a half of the other"
    bought, sold = fill.legs
    assert (bought.quantity, bought.price, bought.fee) == (3.0, 31.0, pytest.approx(1.5))
    assert (sold.quantity, sold.price, sold.fee) == (-6.0, 11.0, pytest.approx(6.0 / 7.0))
    assert not _fills(_reported(("x1", near, 10.0, 30.0)), {"a-1"}), "one leg alone is no unit"


def test_what_is_left_of_a_report_counts_in_a_later_bar_at_its_own_price() -> None:
    near, far = LONG.symbols
    blotter = Blotter()
    broker = JournalBroker(Execution(), blotter)
    facts = {"basket": dict(zip(*LONG, strict=True))}
    legs = (Leg(near, 10 * 10**9), Leg(far, -20 * 10**9))
    blotter.take(Proposed(1, "a-1", "2020-03-06", "a", legs, "limit", 9.0, "gtc", 10**18, facts))
    blotter.take(Approved(2, "a-1", "ann", ""))
    blotter.take(Sent(3, "a-1", "ibkr DU1", "live:a-1"))
    slip, left, found = blotter.orders["a-1"], 10.0, []
    bars = {
        "2020-03-09": [("x1", near, 5.0, 30.0), ("x2", far, -7.0, 11.0), ("x3", near, 1.0, 40.0)],
        "2020-03-10": [("x4", far, -3.0, 13.0)],
        "2020-03-11": [("x5", far, -1.0, 14.0)],
    }
    for day, reports in bars.items():
        for name, contract, size, price in reports:
            blotter.take(Executed(4, "a-1", name, contract, round(size * 1e9), price, 10**9))
        used = {name for was in blotter.collected.values() for name in was.executions}
        named = countable(slip, used, whole=True)
        blotter.take(Collected(5, day, ("a-1",), tuple(named)))
        broker.begin(day, {"a-1"})
        ticket = Ticket("a-1", "a", LONG, left, 9.0, "gtc")
        fills = broker.execute([ticket], lambda _: Quote(1.0, 0.1, 1.0), 20.0)
        left -= sum(fill.units for fill in fills)
        found.append((named, [(f.units, [(g.quantity, g.price) for g in f.legs]) for f in fills]))
    assert found == [
        (["x1", "x2"], [(3.0, [(3.0, 30.0), (-6.0, 11.0)])]),
        (["x4"], [(2.0, [(2.0, 30.0), (-4.0, pytest.approx((11.0 + 3 * 13.0) / 4))])]),
        ([], []),
    ], "x3 waits for its other leg"


def test_what_a_bar_makes_anew_is_filled_where_nobody_has_to_approve() -> None:
    for named, count in (((), 0), ((ANEW,), 1)):
        blotter = Blotter()
        blotter.take(Collected(5, "2020-03-09", named, ()))
        broker = JournalBroker(Execution(), blotter)
        broker.begin("2020-03-09", set())
        ticket = Ticket("a-2", "a", LONG, 1.0, counts=(10**9, -2 * 10**9))
        fills = broker.execute([ticket], lambda _: Quote(1.0, 0.1, 1.0), 20.0)
        assert len(fills) == count
