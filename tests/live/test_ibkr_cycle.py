"""A run through Interactive Brokers: decided, approved, sent, filled, counted, reconciled."""

from __future__ import annotations

import time

import pytest

from cli.console import good
from hedgerow import VixFuture
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Reconciled
from hedgerow.engine.ledger.events import Filled
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.program import Line, Program
from hedgerow.live.brokers.ibkr import IbkrGateway
from hedgerow.live.duties.wording import spent
from hedgerow.live.fills import MOVED
from hedgerow.live.orders import desk
from hedgerow.live.session import Cycle
from hedgerow.live.standing import Watch
from hedgerow.live.why import why
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from live import fake_tws
from live.desk_of_ibkr import gateway
from live.desks import ASKED, Desk, records
from live.fake_tws import FakeTws, Listing


@pytest.fixture
def tws(monkeypatch):
    months = {"VXG0": "20200219", "VXH0": "20200318", "VXJ0": "20200415", "VXK0": "20200520"}
    listed = [
        Listing(500 + i, "VIX", "FUT", code, "VX", "1000", day, exchange="CFE", rule="2")
        for i, (code, day) in enumerate(months.items())
    ]
    monkeypatch.setattr(fake_tws, "LISTED", listed)
    with FakeTws() as fake:
        yield fake


def by(made: Desk, broker: IbkrGateway) -> None:
    """Let a desk trade through a broker, from its start."""
    was = made.cycle
    was.close()
    book = was.store, was.journal, was.store.place
    made.cycle = Cycle(*book, was.program, was.settings, was.source, broker, was.clock)


def test_fills_are_those_of_the_ledger_and_a_mismatch_stops_all_until_it_is_mended(
    tws, tmp_path, monkeypatch
) -> None:
    policy = Policy(signals=[Level("vix")], steps=[Linear("vix", low=12, high=40)], raw=True)
    place = tmp_path / "book.db"
    made = Desk.at(place, Program([Line("tail", VixFuture(), policy)], name="tail"), ASKED)
    journal = made.cycle.journal
    with gateway(tws, journal.prefix) as broker:
        by(made, broker)
        *days, last = made.source.sessions[:10]
        for day in days:
            made.close(day)
            for slip in journal.blotter().open_orders("proposed"):
                desk.approve(journal, slip.proposed.order, "ann", "fits")
            made.open(day)
            for order in [one for one in tws.orders.values() if one.status == "Submitted"]:
                for leg in range(max(len(order.legs), 1)):
                    tws.fill(order.ref, order.quantity, 15.0, leg, times=order.quantity * (not leg))
            deadline = time.monotonic() + 60.0
            while journal.blotter().open_orders("sent", "working") and time.monotonic() < deadline:
                made.cycle.tend()
        made.close(last)
        found = [one.event for one in records(place)]
        held: dict[str, int] = {}
        for event in found:
            if isinstance(event, Filled):
                held[event.contract] = held.get(event.contract, 0) + event.quantity
        assert {order.contract[2] for order in tws.orders.values()} == {"FUT", "BAG"}, "a roll too"
        assert {name: count for name, count in held.items() if count} == broker.positions()
        looks = [one.event for one in journal.records() if isinstance(one.event, Reconciled)]
        assert len(looks) > 2
        assert not any(look.differences for look in looks)

        with open_ledger(place, made.cycle.run) as ledger:
            watch = Watch(made.cycle.store, ledger, journal, made.cycle.run)
            assert MOVED in spent(watch.snapshot().budget)
            assert MOVED in why(watch.chronicle, journal, str(last)).told.notes
        assert MOVED.capitalize() in good("review", place, "--run", made.cycle.run)

        for slip in journal.blotter().open_orders("proposed"):
            desk.approve(journal, slip.proposed.order, "ann", "fits")
        assert journal.blotter().open_orders("approved")
        tws.positions["DU1", 501] += 7.0
        sent = len(tws.orders)
        by(made, broker)
        made.open(last)
        for _ in range(2):  # the second time it is lifted as it stands
            halted = journal.blotter().halted
            assert halted is not None
            assert "VXH20: the run has" in halted.why
            assert len(tws.orders) == sent
            desk.resume(journal, "ann", "let it")
            made.cycle.tend()

        known = broker.known

        def while_it_resumes():
            desk.resume(journal, "ann", "let it")
            return known()

        monkeypatch.setattr(broker, "known", while_it_resumes)
        made.cycle.tend()
        monkeypatch.setattr(broker, "known", known)
        assert journal.blotter().halted is None
        assert len(tws.orders) == sent, "resumed after positions had been looked at"
        made.cycle.tend()
        assert journal.blotter().halted is not None
        assert len(tws.orders) == sent

        tws.positions["DU1", 501] -= 7.0
        desk.resume(journal, "ann", "traded back")
        made.cycle.tend()
        assert journal.blotter().halted is None
        assert len(tws.orders) > sent
        verify(records(place))
        verify(journal.records())
        made.leave()
