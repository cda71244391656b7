"""From the orders of a run's ledger to proposals that a person can judge."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hedgerow.engine.broker import Execution, Quote, Ticket
from hedgerow.engine.holdings import Trade
from hedgerow.engine.ledger.coding import clock
from hedgerow.engine.ledger.desk_events import Ended, Proposed
from hedgerow.engine.ledger.events import Alarm, Cancelled, Decided, Filled, Ordered, Planned
from hedgerow.engine.ledger.money import Nanos, contracts
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.ticketing import ticket
from hedgerow.instruments.roster import Basket
from hedgerow.live.blotter import Blotter
from hedgerow.live.orders.limits import breaches, notional
from hedgerow.live.orders.windows import waits_until
from hedgerow.live.settings import Settings


@dataclass(frozen=True)
class Around:
    """What is known of fresh orders besides what the ledger says of them.

    Parameters
    ----------
    quotes
        At the decision, by symbol.
    quoted
        Symbols whose quotes were seen in a market; all others are modelled.
    tickets
        Of the engine, by order: unit and number of units.  Without one, a unit is the smallest
        whole part of the order.
    urgent
        Lines whose orders a hard limit asks for: they wait for the session alone.
    """

    quotes: Mapping[str, Quote] = field(default_factory=dict)
    quoted: Collection[str] = ()
    tickets: Mapping[str, Ticket] = field(default_factory=dict)
    urgent: Collection[str] = ()


def urgent_lines(events: Iterable[Event]) -> frozenset[str]:
    """Return the lines whose orders a hard limit asks for, by the records of a bar.

    Parameters
    ----------
    events
        Of one bar: a trigger's memory says ``urgent`` (H9), or margin has cut what was wanted.
    """
    found: set[str] = set()
    for event in events:
        match event:
            case Decided():
                memories = event.memory.values()
                if any(memory.get("urgent", 0.0) > 0.0 for memory in memories):
                    found.add(event.line)
            case Planned():
                if event.why.get("margin.factor", 1.0) < 1.0:
                    found.add(event.line)
    return frozenset(found)


def proposals(
    blotter: Blotter, fresh: Sequence[Ordered], around: Around, settings: Settings, now: int
) -> list[Event]:
    """Return what lays orders before a person, and an alarm for each limit that forbids one.

    Parameters
    ----------
    blotter
        What is proposed already is left out.
    fresh
        Orders of the ledger.
    around
        Quotes, units and urgency.
    settings
        Limits, prices, and how long an approval is waited for.
    now
        Nanoseconds since 1970, UTC.
    """
    made: list[Event] = []
    spent: dict[str, float] = {}
    for slip in blotter.orders.values():
        _count(spent, slip.proposed)
    for order in fresh:
        if order.order in blotter.orders:
            continue
        session = clock(order.time)[:10]
        worth = notional(order.legs, around.quotes)
        found = breaches(order.legs, worth, spent.get(session, 0.0), settings.limits)
        urgent = order.line in around.urgent
        units, basket = _unit(order, around)
        limit = _limit(order, units, basket, around, settings)
        proposed = Proposed(
            now,
            order.order,
            session,
            order.line,
            order.legs,
            "market" if limit is None else "limit",
            limit,
            order.tif,
            waits_until(now, session, settings.approval.hours),
            {
                "units": units,
                "basket": dict(zip(*basket, strict=True)),
                "quotes": _shown(order, around),
                "urgent": urgent,
                **({} if worth is None else {"notional": worth}),
                "breaches": list(found),
            },
        )
        _count(spent, proposed)
        made.append(proposed)
        made += [Alarm(now, "limit", f"order {order.order}: {sentence}") for sentence in found]
    return made


def endings(blotter: Blotter, events: Iterable[Event], now: int) -> list[Event]:
    """Return the ends of the open orders that the ledger has filled, cancelled or replaced.

    Parameters
    ----------
    blotter
        Which orders are open on the desk.
    events
        A stretch of the ledger, from the bar on that made the oldest open order.
    now
        Nanoseconds since 1970, UTC.
    """
    left = {
        name: {leg.contract: leg.quantity for leg in slip.proposed.legs}
        for name, slip in blotter.orders.items()
        if slip.open
    }
    made: dict[str, Event] = {}
    for event in events:
        if not isinstance(event, Filled | Cancelled) or event.order not in left:
            continue
        if isinstance(event, Cancelled):
            made[event.order] = Ended(now, event.order, "cancelled", event.why)
            continue
        legs = left[event.order]
        legs[event.contract] -= event.quantity
        if not any(legs.values()):
            why = f"at the close of {clock(event.time)[:10]}"
            made[event.order] = Ended(now, event.order, "filled", why)
    return list(made.values())


def _count(spent: dict[str, float], order: Proposed) -> None:
    """Add an order that can be approved to what its session's orders come to, USD."""
    if not order.facts["breaches"]:
        more = order.facts.get("notional", 0.0)
        spent[order.session] = spent.get(order.session, 0.0) + more


def _shown(order: Ordered, around: Around) -> dict[str, Any]:
    return {
        leg.contract: {
            "mid": float(around.quotes[leg.contract].price),
            "half_spread": float(around.quotes[leg.contract].half_spread),
            "origin": "quoted" if leg.contract in around.quoted else "modelled",
        }
        for leg in order.legs
        if leg.contract in around.quotes
    }


def _unit(order: Ordered, around: Around) -> tuple[float, Basket]:
    """Return units, negative to sell, and the contracts of one."""
    sent = around.tickets.get(order.order)
    if sent is not None:
        return float(sent.units), sent.basket
    size: Nanos = math.gcd(*(leg.quantity for leg in order.legs))
    weights = {leg.contract: float(leg.quantity // size) for leg in order.legs}
    units = float(contracts(size))
    # bought at a credit, or sold at a price: the limit says which, where it differs from the mid
    net = sum(
        weight * around.quotes[symbol].price
        for symbol, weight in weights.items()
        if symbol in around.quotes
    )
    alone = len(weights) == 1 and next(iter(weights.values())) < 0.0
    if alone if order.limit is None else order.limit * (net or (-1.0 if alone else 1.0)) < 0.0:
        weights, units = {symbol: -weight for symbol, weight in weights.items()}, -units
    return units, Basket.of(*weights.items())


def _limit(
    order: Ordered, units: float, basket: Basket, around: Around, settings: Settings
) -> float | None:
    """Return net points of a unit: the ledger's, or for a real broker one that is never worse."""
    if settings.broker.kind == "paper":
        return order.limit
    urgent = order.line in around.urgent
    if order.limit is not None and not urgent:
        return order.limit
    if any(symbol not in around.quotes for symbol in basket.symbols):
        return order.limit
    offset = settings.prices.urgent if urgent else settings.prices.offset
    terms = Execution(order="limit", limit_offset=offset)
    quotes = [around.quotes[symbol] for symbol in basket.symbols]
    made = ticket(order.order, order.line, Trade(basket, units), quotes, terms).limit
    if order.limit is None or made is None:
        return made
    return max(made, order.limit) if units > 0.0 else min(made, order.limit)
