"""Fills as the journal has them: what a bar of the ledger may count was written down before it.

On paper an order that was with the broker at the close is filled by the engine's own rules, so a
replay makes the ledger of a backtest.  A real broker's reports are taken as they are, in complete
units of what was ordered: contract by contract in the order in which they were reported, so what is
left of a report counts in a later bar, as long as the run has the order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from hedgerow.engine.broker import Execution, Fill, LegFill, Quote, SimulatedBroker, Ticket
from hedgerow.engine.ledger.desk_events import Collected, Executed
from hedgerow.engine.ledger.events import Leg
from hedgerow.engine.ledger.money import Nanos, contracts, usd
from hedgerow.live.blotter import Blotter, Slip
from hedgerow.live.brokers.paper import PAPER

ANEW = "*"
"""Stands in `Collected.orders` for what the bar itself makes anew, where nobody has to approve."""

MOVED = "with a broker costs hold the market's own move from each fill to its session's close"
"""What a reader of costs, and of what a budget has spent, must not miss of a run with a broker."""

_EPSILON = 1e-9


class JournalBroker:
    """Fills the orders that the journal says a bar may fill.

    Parameters
    ----------
    execution
        Rules by which paper is filled.
    blotter
        Of the desk: what each bar collected, and what the broker reported.
    """

    def __init__(self, execution: Execution, blotter: Blotter) -> None:
        self.blotter, self.whole = blotter, execution.whole
        self._paper = SimulatedBroker(execution)
        self._collected: Collected | None = None
        self._before: frozenset[str] = frozenset()
        self._standing: Collection[str] = ()

    def begin(self, session: str, standing: Collection[str]) -> None:
        """Begin a bar: its date, and the ids of the orders that were made before it."""
        if self._collected is not None:
            self._before |= set(self._collected.executions)
        self._collected, self._standing = self.blotter.collected.get(session), standing

    def execute(
        self, tickets: Sequence[Ticket], quote: Callable[[str], Quote], vix: float
    ) -> list[Fill]:
        """Fill what the bar collected; see `hedgerow.engine.broker.Broker.execute`."""
        if self._collected is None:
            return []
        papers, fills = [], []
        for ticket in tickets:
            if self._is_paper(ticket.order, self._collected):
                papers.append(ticket)
            elif (fill := self._reported(ticket, self._collected)) is not None:
                fills.append(fill)
        return self._paper.execute(papers, quote, vix) + fills

    def _is_paper(self, order: str, collected: Collected) -> bool:
        if order not in self._standing:  # the bar has made it: an exercise, an unforeseen closure
            return ANEW in collected.orders
        slip = self.blotter.orders.get(order)
        sent = None if slip is None else slip.sent
        return order in collected.orders and sent is not None and sent.broker == PAPER

    def _reported(self, ticket: Ticket, collected: Collected) -> Fill | None:
        """Return the complete units that a broker's reports make up; None where there is none."""
        slip = self.blotter.orders.get(ticket.order)
        if slip is None or ticket.order not in self._standing:
            return None
        weights = dict(zip(*ticket.basket, strict=True))
        counted = [done for done in slip.executions if done.execution in self._before]
        named = [done for done in slip.executions if done.execution in collected.executions]
        before = complete(counted, weights, whole=self.whole)
        units = complete([*counted, *named], weights, whole=self.whole) - before
        units = min(units, abs(ticket.units))
        if units <= _EPSILON:
            return None
        sign = math.copysign(1.0, ticket.units)
        legs = [
            _leg(_of(name, [*counted, *named]), abs(weight) * before, sign * units * weight)
            for name, weight in weights.items()
        ]
        return Fill(ticket.order, sign * units, tuple(legs))


def countable(slip: Slip, used: Collection[str], *, whole: bool) -> list[str]:
    """Return the reports of a real broker that a bar counts: those that make complete units.

    What is not named waits for the next bar.

    Parameters
    ----------
    slip
        The order, with all that was reported.
    used
        Reports that earlier bars have named.
    whole
        Whether units are whole.
    """
    weights = _weights(slip)
    units, found = complete(slip.executions, weights, whole=whole), []
    for name, weight in weights.items():
        begins = 0.0
        for done in sorted(_of(name, slip.executions), key=lambda one: one.execution not in used):
            if done.execution not in used and begins < abs(weight) * units - _EPSILON:
                found.append(done.execution)
            begins += _size(done)
    return found


def moved(blotter: Blotter) -> str:
    """Return `MOVED` where a broker has filled something; empty on paper."""
    for slip in blotter.orders.values():
        if slip.executions and slip.sent is not None and slip.sent.broker != PAPER:
            return MOVED
    return ""


def unbooked(slip: Slip, filled: Mapping[str, Nanos]) -> list[Leg]:
    """Return what a broker has reported of an order beyond what the ledger has of it.

    Of an order that the run has ended no bar will ever count it.

    Parameters
    ----------
    slip
        The order, with all that was reported.
    filled
        Nano-contracts of it that the ledger has, by symbol.
    """
    more: dict[str, Nanos] = {}
    for done in slip.executions:
        was = more.get(done.contract, -filled.get(done.contract, 0))
        more[done.contract] = was + done.quantity
    return [Leg(contract, quantity) for contract, quantity in more.items() if quantity]


def complete(reports: Sequence[Executed], weights: Mapping[str, float], *, whole: bool) -> float:
    """Return the units that reports make up, each leg of which is there; without a sign."""
    units = min(
        math.fsum(_size(done) for done in _of(name, reports)) / abs(weight)
        for name, weight in weights.items()
    )
    return float(math.floor(units + _EPSILON)) if whole else units


def _weights(slip: Slip) -> Mapping[str, float]:
    """Return contracts of one unit by leg, as proposed; legs without a unit are one together."""
    basket: Mapping[str, float] | None = slip.proposed.facts.get("basket")
    legs = slip.proposed.legs
    if basket is None and len(legs) == 1:
        return {legs[0].contract: 1.0}
    return basket or {leg.contract: float(contracts(leg.quantity)) for leg in legs}


def _of(contract: str, reports: Sequence[Executed]) -> list[Executed]:
    return [done for done in reports if done.contract == contract]


def _size(done: Executed) -> float:
    return abs(float(contracts(done.quantity)))


def _leg(reports: Sequence[Executed], before: float, quantity: float) -> LegFill:
    """Return a leg at the mean price of the contracts after those counted, with their fees."""
    until, at, cost, fee = before + abs(quantity), 0.0, 0.0, 0.0
    for done in reports:
        size = _size(done)
        part = max(min(at + size, until) - max(at, before), 0.0)
        cost += part * done.price
        fee += float(usd(done.fee)) * part / size
        at += size
    return LegFill(reports[0].contract, quantity, cost / abs(quantity), fee)
