"""From what is held and what is wanted to tickets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hedgerow.engine.broker import Execution, Quote, Ticket, ticked
from hedgerow.engine.holdings import Lots, Trade
from hedgerow.instruments.roster import Basket


def changes(
    lots: Lots,
    aim: Basket,
    wanted: float,
    *,
    mixes: bool,
    whole: bool,
) -> list[Trade]:
    """Return what must be traded: rolls, each a trade, then what is sold or bought besides.

    Parameters
    ----------
    lots
        What is held.
    aim
        Contracts of a unit that is wanted.
    wanted
        Units of it.
    mixes
        Whether the weights of ``aim`` move, so that its contracts are traded one by one.
    whole
        Whole contracts only: to the nearest, halves away from none.

    Examples
    --------
    >>> old, new = Basket(("VXK24",), (1.0,)), Basket(("VXM24",), (1.0,))
    >>> lots = Lots()
    >>> _ = lots.add(old, 3.0)
    >>> for trade in changes(lots, new, 2.0, mixes=False, whole=True):
    ...     print(trade.basket.symbols, trade.basket.weights, trade.units)
    ('VXK24', 'VXM24') (-1.0, 1.0) 2.0
    ('VXK24',) (1.0,) -1.0
    """
    units = rounded(wanted) if whole else wanted
    targets = _apart(aim, units, whole=whole) if mixes else {aim: units}
    asked = []
    gone = [(basket, held) for basket, held in lots.items() if basket not in targets]
    change = {
        basket: target - lots.get(basket)
        for basket, target in targets.items()
        if abs(target - lots.get(basket)) > 1e-12 * max(abs(target), abs(lots.get(basket)))
    }
    if mixes and units:  # what the mix has too much of goes as what is not wanted at all
        gone += [(basket, -less) for basket, less in change.items() if less * units < 0.0]
        change = {basket: more for basket, more in change.items() if more * units > 0.0}
    for basket, held in gone:
        left = held
        for new, more in change.items():
            if left * more > 0.0 and left * units > 0.0:
                turned = math.copysign(min(abs(left), abs(more)), left)
                asked.append(Trade(_difference(basket, new), turned, basket, new))
                change[new], left = more - turned, left - turned
        if abs(left) > 1e-12 * max(abs(units), abs(held)):
            asked.append(Trade(basket, -left))
    least = 1e-12 * abs(units)
    return asked + [Trade(new, more) for new, more in change.items() if abs(more) > least]


def _difference(old: Basket, new: Basket) -> Basket:
    parts = [(symbol, -weight) for symbol, weight in zip(*old, strict=True)]
    return Basket.of(*parts, *zip(*new, strict=True))


def rounded(units: float) -> float:
    """Return whole units, the nearest; halves go away from none.

    Examples
    --------
    >>> rounded(2.5), rounded(-2.5), rounded(0.4)
    (3.0, -3.0, 0.0)
    """
    whole = math.floor(abs(units) + 0.5)
    return math.copysign(whole, units) if whole else 0.0


def ticket(
    order: str,
    line: str,
    trade: Trade,
    quotes: Sequence[Quote],
    execution: Execution,
    *,
    urgent: bool = False,
) -> Ticket:
    """Return a ticket on the execution's terms.

    Parameters
    ----------
    order, line
        The client's id, and whose order.
    trade
        What is traded.
    quotes
        Of each contract at the decision.
    execution
        Market or limit, where the limit stands, and how long.
    urgent
        Whether a hard limit or a margin call asks for it.
    """
    limit, (basket, units, old, new) = None, trade
    if execution.order == "limit":
        limit, offset = 0.0, execution.limit_offset
        if urgent and execution.urgent_offset is not None:
            offset = execution.urgent_offset
        for symbol, weight, quote in zip(*basket, quotes, strict=True):
            far = ticked(symbol, math.copysign(1.0, units) * weight, quote, execution)
            limit += weight * (quote.price + offset * (far - quote.price))
    return Ticket(order, line, basket, units, limit, execution.tif, old, new)


def _apart(mix: Basket, units: float, *, whole: bool) -> dict[Basket, float]:
    """Return contracts one by one; whole ones add up to the units."""
    wanted = [units * weight for weight in mix.weights]
    if whole:
        low = [math.floor(part) for part in wanted]
        spare = round(units) - sum(low)
        order = sorted(range(len(low)), key=lambda i: low[i] - wanted[i])
        for i in order[:spare]:
            low[i] += 1
        wanted = [float(part) for part in low]
    return {
        Basket((symbol,), (1.0,)): part for symbol, part in zip(mix.symbols, wanted, strict=True)
    }
