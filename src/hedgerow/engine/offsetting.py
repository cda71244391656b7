"""A line that takes the delta of another one out: what it sees of it, and what it orders."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from hedgerow.core.book import Order
from hedgerow.core.policy import Decision
from hedgerow.engine.broker import Ticket, most_filled
from hedgerow.engine.desk import Desk
from hedgerow.engine.feed import Bars
from hedgerow.engine.holdings import without
from hedgerow.instruments.roster import Basket
from hedgerow.pricing.bands import band_width


class Offset:
    """The delta of one line at a bar, and what another one holds against it.

    Parameters
    ----------
    desk, other
        The line that takes the delta out, and the one whose delta it is, its orders made.
    bars, spot
        The bar, and the level of their index, points.

    Attributes
    ----------
    terms
        `delta`, `hedged` and `band` of :class:`~hedgerow.core.book.Bar`, as the line's policy sees
        them: of the part of the delta that its share is.
    """

    def __init__(self, desk: Desk, other: Desk, bars: Bars, spot: float) -> None:
        row, their, ours = bars.row, _coming(other, bars), _coming(desk, bars)
        self._share, self._delta = desk.line.share, _total(other.prices.delta, their, row)
        unit = desk.asked(row)  # where the line itself rolls, what is bought and not what is held
        self._each = desk.prices.delta(unit, row)
        # of no contracts at all every delta is one too many
        self._contracts = _units(other, their, bars) * other.roster.strip.multiplier or 1.0
        gamma = self._share * _total(other.prices.gamma, their, row) / self._contracts
        traded = abs(self._each) * spot
        cost = desk.prices.cost(unit, row) / traded if traded else 0.0
        self.terms = {
            "delta": self._share * self._delta / self._contracts,
            "hedged": _total(desk.prices.delta, ours, row) / self._contracts,
            "band": float(band_width(gamma, spot, cost, 1.0)),
        }

    def order(self, decision: Decision) -> Order:
        """Return the order for a decision; a trigger may name the delta that is to be left."""
        x = float(decision.x) * self._share
        rest = float(getattr(decision.memory[-1], "rest", 0.0)) * self._contracts
        wanted = rest - x * self._delta
        return Order(x, wanted / self._each if self._each else 0.0, float(decision.act))


def _coming(desk: Desk, bars: Bars) -> list[tuple[Basket, float]]:
    """Return the units that will be held once the market orders are filled, by contracts.

    Limit orders may never be, and no order is beyond the depth that there is at this VIX.  What
    expires before they are filled settles first.
    """
    lots = [*desk.lots.items(), *((sent.basket, n) for sent, n in _filled(desk, bars))]

    def over(symbol: str) -> bool:
        return desk.prices.track(symbol).expiry <= bars.due

    live = ((without(basket, over), units) for basket, units in lots)
    return [(basket, units) for basket, units in live if basket]


def _filled(desk: Desk, bars: Bars) -> list[tuple[Ticket, float]]:
    """Return the market orders, and the units of each that will be filled."""
    return [
        (sent, most_filled(sent, desk.execution, bars.vix))
        for sent in desk.tickets
        if sent.limit is None
    ]


def _units(desk: Desk, coming: Sequence[tuple[Basket, float]], bars: Bars) -> float:
    """Return how many units those are: what is rolled stays as many."""
    rolled = [units for sent, units in _filled(desk, bars) if sent.old is not None]
    return math.fsum([*(units for _, units in coming), *(-units for units in rolled)])


def _total(
    of: Callable[[Basket, int], float], coming: Sequence[tuple[Basket, float]], row: int
) -> float:
    return math.fsum(units * of(basket, row) for basket, units in coming)
