"""Events of a ledger as sentences."""

from __future__ import annotations

import numpy as np

from hedgerow.core.over_the_counter import parse_option
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.events import (
    Alarm,
    Cancelled,
    Cash,
    Closed,
    Decided,
    Event,
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
            legs = ", ".join(f"{_many(leg.quantity)} {leg.contract}" for leg in event.legs)
            price = event.type if event.limit is None else f"limit {event.limit:g}"
            return f"order {event.order} of {event.line}: {legs}, {price}, {event.tif}"
        case Filled():
            traded = f"{_many(event.quantity)} {event.contract} at {event.price:g}"
            return f"order {event.order}: {traded}, fee {_money(event.fee)}"
        case Cancelled():
            return f"order {event.order}: {event.why}"
        case Settled():
            shares = f", {_many(event.delivered)} shares" if event.delivered else ""
            ended = f"{_many(event.quantity)} {event.contract} at {event.value:g}"
            return f"{ended}, cash {_money(event.cash)}{shares}{_early(event)}"
        case Cash():
            of = f" of {event.contract}" if event.contract else ""
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
