"""What the tests of the Interactive Brokers gateway share: a desk in little, and its end."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Approved, Proposed
from hedgerow.engine.ledger.events import Leg
from hedgerow.engine.ledger.money import nanos
from hedgerow.live.blotter import Blotter
from hedgerow.live.brokers.ibkr import IbkrGateway
from hedgerow.live.journal import Journal
from hedgerow.live.orders import desk
from hedgerow.live.settings import BrokerTerms, Settings
from live.fake_tws import FakeTws

RUN = "live"
NOW = int(dt.datetime(2024, 1, 3, 15, 0, tzinfo=dt.UTC).timestamp()) * 10**9
"""In the window after the opening of the session after the decision."""
PUT, LOWER, MORNING = "SPXW  240119P04500000", "SPXW  240119P04400000", "SPX   240119P04300000"


def terms(tws: FakeTws, **other: object) -> BrokerTerms:
    return BrokerTerms.model_validate(
        {"kind": "ibkr", "port": tws.port, "timeout": 20.0, "account": "DU1", **other}
    )


@contextmanager
def gateway(tws: FakeTws, prefix: str = f"{RUN}:", **other: object) -> Iterator[IbkrGateway]:
    made = IbkrGateway(terms(tws, **other), prefix)
    try:
        yield made
    finally:
        made.close()


def proposed(
    order: str = "a-1", limit: float | None = 15.0, tif: str = "day", **legs: float
) -> Proposed:
    many = tuple(Leg(name, nanos(count)) for name, count in (legs or {"VXK24": 2}).items())
    kind = "market" if limit is None else "limit"
    return Proposed(1, order, "2024-01-02", "tail", many, kind, limit, tif, 2**62, {})


def spread(order: str, limit: float, units: float, weights: dict[str, float]) -> Proposed:
    legs = tuple(Leg(name, nanos(units * weight)) for name, weight in weights.items())
    facts = {"units": units, "basket": weights}
    return Proposed(1, order, "2024-01-02", "tail", legs, "limit", limit, "day", 2**62, facts)


class Desk:
    """Sends what is approved and takes reports in, by the desk's own functions."""

    def __init__(self, place, broker: IbkrGateway) -> None:
        self.journal, self.broker = Journal(place, RUN), broker

    def approve(self, order: Proposed) -> None:
        if order.order not in self.journal.blotter().orders:
            self.journal.write(lambda _: [order, Approved(2, order.order, "ann", "fits")])

    def send(self, order: Proposed) -> list[str]:
        """Approve and dispatch; return what went wrong."""
        self.approve(order)
        return desk.dispatch(self.journal, self.broker, Settings(), NOW)

    def receive(self) -> Blotter:
        desk.receive(self.journal, self.broker)
        return self.journal.blotter()

    def until(self, done: Callable[[Blotter], bool]) -> Blotter:
        deadline = time.monotonic() + 60.0
        while time.monotonic() < deadline:
            if done(found := self.receive()):
                return found
            time.sleep(0.005)
        raise AssertionError(found.orders)

    def ends(self, stage: str, order: str = "a-1") -> Blotter:
        return self.until(lambda blotter: blotter.orders[order].stage == stage)


def settled(desk: Desk, tws: FakeTws) -> None:
    """Each key is one order at the broker, placed once; each fill is written down once."""
    placed = [order.ref for order in tws.orders.values()]
    assert len(placed) == len(set(placed))
    assert all(order.times == 1 and order.transmit == "1" for order in tws.orders.values())
    written = [
        fill.execution
        for slip in desk.journal.blotter().orders.values()
        for fill in slip.executions
    ]
    assert len(written) == len(set(written))
    assert {report[12].rpartition(".")[0] for report in tws.executions} == set(written)
    assert verify(desk.journal.records()).count
