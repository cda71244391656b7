"""From what is held and what is wanted to tickets."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

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
    standing: Set[str] = frozenset(),
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
    standing
        Symbols that stay over rolls.  Contracts that share others are sold and bought.

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
    asked, there = [], lots.get(aim)
    for basket, held in lots.items():
        if basket in targets:
            continue
        turned = 0.0
        shared = set(basket.symbols).intersection(aim.symbols)
        if not mixes and held * units > 0.0 and shared <= standing:
            room = max(abs(units) - max(math.copysign(1.0, units) * there, 0.0), 0.0)
            turned = math.copysign(min(abs(held), room), units)
        if turned:
            asked.append(Trade(_difference(basket, aim), turned, basket, aim))
            there += turned
        if abs(held - turned) > 1e-12 * abs(held):
            asked.append(Trade(basket, turned - held))
    for basket, target in targets.items():
        held = lots.get(basket) if mixes else there
        if abs(target - held) > 1e-12 * max(abs(target), abs(held)):
            asked.append(Trade(basket, target - held))
    return asked


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
    """
    limit, (basket, units, old, new) = None, trade
    if execution.order == "limit":
        limit = 0.0
        for symbol, weight, quote in zip(*basket, quotes, strict=True):
            far = ticked(symbol, math.copysign(1.0, units) * weight, quote, execution)
            limit += weight * (quote.price + execution.limit_offset * (far - quote.price))
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
