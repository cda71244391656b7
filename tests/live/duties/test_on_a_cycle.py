"""Duties and why on a book that the monitor's own cycle has made, orders on its desk."""

from __future__ import annotations

import pytest

from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.live.duties.doing import do
from hedgerow.live.hours import DAY
from hedgerow.live.journal import Journal
from hedgerow.live.settings import Settings
from hedgerow.live.standing import Watch
from hedgerow.live.store import Store
from hedgerow.live.why import why
from live.desks import Desk, two_lines


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("cycle") / "book.db"
    desk = Desk.at(place, two_lines(), end="2020-02-28")
    desk.run()
    desk.leave()
    with open_ledger(place, "live") as ledger:
        yield Store(place), ledger, Journal(place, "live", lambda: 10**18)


def test_an_order_is_followed_through_the_cycle(made) -> None:
    store, ledger, journal = made
    watch = Watch(store, ledger, journal, "live")
    assert watch.snapshot().session == "2020-02-28"
    orders = []
    for session in watch.chronicle.sessions:
        for line in session.decided:
            found = why(watch.chronicle, journal, session.date, line)
            assert found.same, found.again
            orders += found.orders
    filled = [fate for fate in orders if fate.stage == "filled"]
    assert len(filled) >= 2
    for fate in filled:
        who = [each for _, each, _ in fate.steps]
        told = [what.partition(" ")[0].rstrip(":,") for _, _, what in fate.steps]
        assert told[:3] == ["proposed", "approved", "sent"], fate
        assert "run" in who, "the fill that the run counted"
        times = [time for time, _, _ in fate.steps if time % DAY]  # fills bear their session's date
        assert times == sorted(times)


def test_its_duties_are_done_once(made) -> None:
    store, ledger, journal = made
    asked = journal, store, ledger, Settings(), None, journal.clock
    done = do(*asked)
    assert {each.duty for each in done} == {"daily", "weekly", "monthly"}
    assert do(*asked) == []
    assert "NAV" in done[0].text
