"""Events of a ledger as sentences."""

from __future__ import annotations

import numpy as np

from hedgerow.core.over_the_counter import parse_option, readable
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.coding import clock
from hedgerow.engine.ledger.desk_events import (
    Acknowledged,
    Acted,
    Approved,
    Collected,
    Declined,
    Done,
    Ended,
    Executed,
    Halted,
    Proposed,
    Received,
    Reconciled,
    Resumed,
    Sent,
)
from hedgerow.engine.ledger.events import (
    Alarm,
    Cancelled,
    Cash,
    Closed,
    Decided,
    Explained,
    Filled,
    Opened,
    Ordered,
    Override,
    Planned,
    Settled,
    Slice,
)
from hedgerow.engine.ledger.money import Micros, Nanos, contracts, usd
from hedgerow.engine.ledger.vocabulary import Event


def sentence(event: Event) -> str:
    """Return what an event says, in one line.

    Examples
    --------
    >>> sentence(Cash(0, -1_250_000, "fee"))
    'fee −$1.25'
    >>> sentence(Filled(0, "a1", "x1", "VXK24", -2_000_000_000, 15.25, 4_600_000))
    'order a1: −2 VXK24 at 15.25, fee $4.60'
    """
    match event:
        case Opened():
            return f"run {event.run}, Hedgerow {event.version}, schema {event.schema}"
        case Slice():
            return f"market {event.digest[:12]}, {len(event.marks)} marks"
        case Decided():
            act = "trades" if event.act > 0.0 else "holds"
            return f"{event.line}: x {event.x:.3g}, {act}"
        case Planned():
            cut = f", cut to {event.scale:.0%} by the budget" if event.scale < 1.0 else ""
            return f"{event.line}: x {event.x:.3g}, {event.wanted:,.6g} units wanted{cut}"
        case Ordered():
            legs = ", ".join(
                f"{_many(leg.quantity)} {readable(leg.contract)}" for leg in event.legs
            )
            price = event.type if event.limit is None else f"limit {event.limit:g}"
            return f"order {event.order} of {event.line}: {legs}, {price}, {event.tif}"
        case Filled():
            traded = f"{_many(event.quantity)} {readable(event.contract)} at {event.price:g}"
            return f"order {event.order}: {traded}, fee {_money(event.fee)}"
        case Cancelled():
            return f"order {event.order}: {event.why}"
        case Settled():
            shares = f", {_many(event.delivered)} shares" if event.delivered else ""
            ended = f"{_many(event.quantity)} {readable(event.contract)} at {event.value:g}"
            return f"{ended}, cash {_money(event.cash)}{shares}{_early(event)}"
        case Cash():
            of = f" of {readable(event.contract)}" if event.contract else ""
            return f"{event.reason}{of} {_money(event.amount)}"
        case Explained():
            parts = ", ".join(f"{name} {_money(each)}" for name, each in event.parts.items())
            return f"{event.line or 'portfolio'}: {parts or 'nothing'}"
        case Override():
            return f"{event.who}: {event.what} ({event.why})"
        case Alarm():
            return f"{event.rule}: {event.sentence}"
        case Closed():
            parts = f"cash {_money(event.cash)}, positions {_money(event.positions)}"
            return f"{parts}, NAV {_money(event.nav)}"
        case _:
            return _of_the_desk(event)


def _of_the_desk(event: Event) -> str:
    """Return what sources, persons and brokers did."""
    match event:
        case Received():
            odd = f": {'; '.join(event.findings)}" if event.findings else ""
            return f"{event.session} from {event.source} {event.state}{odd}"
        case Proposed():
            legs = ", ".join(
                f"{_many(leg.quantity)} {readable(leg.contract)}" for leg in event.legs
            )
            price = event.type if event.limit is None else f"limit {event.limit:g}"
            return f"order {event.order} proposed: {legs}, {price}, until {clock(event.expires)}"
        case Approved():
            return f"order {event.order} approved by {event.who}: {event.why}"
        case Declined():
            return f"order {event.order} declined by {event.who}: {event.why}"
        case Sent():
            return f"order {event.order} goes to {event.broker} as {event.key}"
        case Acknowledged():
            return f"order {event.order} is with the broker as {event.id}"
        case Executed():
            traded = f"{_many(event.quantity)} {readable(event.contract)} at {event.price:g}"
            return f"order {event.order}: the broker reports {traded}, fee {_money(event.fee)}"
        case Ended():
            return f"order {event.order} {event.state}: {event.why}"
        case Collected():
            orders = sum(name != "*" for name in event.orders)
            told = f"{orders} orders were with the broker, {len(event.executions)} reports count"
            return f"{event.session}: {told}"
        case Halted():
            return f"halted by {event.who}: {event.why}"
        case Resumed():
            return f"resumed by {event.who}: {event.why}"
        case Reconciled():
            return f"positions at {event.broker}: {'; '.join(event.differences) or 'agree'}"
        case Done():
            return f"{event.duty} duty of {event.session}: {event.text.partition(chr(10))[0]}"
        case Acted():
            return f"{event.who}: {event.action}"
        case _:
            raise TypeError(f"{type(event).__name__} is no event")


def _early(event: Settled) -> str:
    """Return how an option ended that was settled before the date of its expiry."""
    if instrument(event.contract).kind != "option":
        return ""
    day = np.datetime64(event.time, "ns").astype("datetime64[D]").item()
    if parse_option(event.contract).expiry <= day:
        return ""
    return ", exercised early" if event.quantity > 0 else ", assigned early"


def _money(amount: Micros) -> str:
    return f"{'−' if amount < 0 else ''}${abs(usd(amount)):,.2f}"


def _many(quantity: Nanos) -> str:
    return f"{contracts(quantity).normalize():,f}".replace("-", "−")
