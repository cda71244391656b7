"""The ground that the running hedge stands on: settings, store, journal, blotter."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import (
    Acknowledged,
    Approved,
    Ended,
    Executed,
    Halted,
    Proposed,
    Sent,
)
from hedgerow.engine.ledger.events import Alarm, Leg
from hedgerow.errors import LedgerError, PolicyError
from hedgerow.live import settings
from hedgerow.live.journal import Journal
from hedgerow.live.sources.reading import Reading
from hedgerow.live.store import Store
from synthetic import market

LEGS = (Leg("VXK24", 2_000_000_000),)


def proposed(order: str = "a-1") -> Proposed:
    return Proposed(1, order, "2024-01-02", "tail", LEGS, "limit", 15.0, "day", 10**18, {})


def test_a_market_comes_back_bit_for_bit_and_grows(tmp_path) -> None:
    whole = market(40)
    history, last = whole.until(29), 35
    store = Store(tmp_path / "book.db")
    store.begin("live", "name = 1", "", history, 5)
    assert store.market("live").digest() == history.digest()
    for row in range(30, last + 1):
        values = {name: float(column[row]) for name, column in whole.columns.items()}
        origin = {name: int(codes[row]) for name, codes in whole.origin.items()}
        reading = Reading(str(whole.dates[row]), "a test", values, origin)
        store.accept("live", reading, 7)
        store.accept("live", reading, 8)
    again = Store(tmp_path / "book.db").market("live")
    assert again.digest() == whole.until(last).digest()
    assert store.sessions("live") == [str(day) for day in whole.dates[30 : last + 1]]


def test_a_session_that_was_accepted_stays_as_it_is(tmp_path) -> None:
    store = Store(tmp_path / "book.db")
    store.begin("live", "", "", market(5), 0)
    store.accept("live", Reading("2030-01-02", "a test", {"vix": 14.0}), 0)
    with pytest.raises(LedgerError, match="other numbers of 2030-01-02 were accepted before"):
        store.accept("live", Reading("2030-01-02", "a test", {"vix": 15.0}), 0)
    assert np.isnan(store.market("live")["spx"][-1])


def test_an_order_goes_its_way_and_no_other(tmp_path) -> None:
    journal = Journal(tmp_path / "book.db", "live")
    journal.write(lambda _: [proposed()])
    with pytest.raises(LedgerError, match="a-1: it is proposed, so it cannot be sent"):
        journal.write(lambda _: [Sent(2, "a-1", "paper", "live:a-1")])
    with pytest.raises(LedgerError, match="a-1: it is proposed already"):
        journal.write(lambda _: [proposed("a-2"), proposed()])
    assert list(journal.blotter().orders) == ["a-1"], "a batch is stored whole or not at all"
    fill = Executed(5, "a-1", "x1", "VXK24", 1_000_000_000, 15.0, 0)
    journal.write(
        lambda _: [
            Approved(2, "a-1", "ann", "fits"),
            Sent(3, "a-1", "paper", "live:a-1"),
            Acknowledged(4, "a-1", "77"),
            fill,
        ]
    )
    with pytest.raises(LedgerError, match="the fill x1 is reported twice"):
        journal.write(lambda _: [fill])
    with pytest.raises(LedgerError, match="filled beyond what was asked for"):
        journal.write(lambda _: [Executed(5, "a-1", "x2", "VXK24", 1_000_000_001, 15.0, 0)])
    journal.write(lambda _: [Executed(6, "a-1", "x2", "VXK24", 1_000_000_000, 15.0, 0)])
    journal.write(lambda _: [Ended(7, "a-1", "filled", "all of it")])
    assert journal.blotter().orders["a-1"].stage == "filled"
    assert verify(journal.records()).count == 8


def test_many_writers_make_one_chain(tmp_path) -> None:
    place = tmp_path / "book.db"
    Journal(place, "live").write(lambda _: [Halted(0, "ann", "a test")])

    def shout(who: int) -> None:
        journal = Journal(place, "live")
        for i in range(20):
            journal.write(lambda _, i=i: [Alarm(i, f"rule {who}", "!")])

    threads = [threading.Thread(target=shout, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(Journal(place, "live").records()).count == 2 + 4 * 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\ncontract = 5", "limits.contract: unknown key. Mend: did you mean 'contracts'"),
        ("[limits]\ncontracts = -5", "limits.contracts: -5 does not fit"),
        ('[broker]\nkind = "ibrk"', "broker.kind: 'ibrk' does not fit"),
        ('[broker]\nkind = "ibkr"\n[approval]\nrequired = false', "without approval"),
        ("[limits", "this is no TOML"),
    ],
)
def test_bad_settings_are_told(text, said) -> None:
    with pytest.raises(PolicyError, match=said.replace("[", r"\[")):
        settings.parse(text)
