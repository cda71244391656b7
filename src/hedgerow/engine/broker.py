"""Brokers: what becomes of tickets when the market is at hand."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, Protocol

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.products import Product, Side, round_to_tick
from hedgerow.engine.holdings import Trade
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.events import OrderKind, TimeInForce
from hedgerow.engine.ledger.money import Nanos
from hedgerow.engine.liquidity import Liquidity
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import CALM_VIX
from hedgerow.instruments.roster import Basket

_EPSILON = 1e-9


class Quote(NamedTuple):
    """What a contract can be traded at."""

    price: float
    """Mid, points."""
    half_spread: float
    """Points."""
    fee: float
    """USD per contract and trade."""
    least: float = 0.0
    """Points below which nothing is sold: 0.0 for options, which may be left to expire."""


class Ticket(NamedTuple):
    """An order for one contract or for a spread, which is filled as a unit."""

    order: str
    """The client's id, never used twice."""
    line: str
    basket: Basket
    """Contracts of one unit."""
    units: float
    """Units to buy, negative to sell; what is left of them."""
    limit: float | None = None
    """Net points of one unit: the most to pay, or with the sign turned the least to get."""
    tif: TimeInForce = "day"
    old: Basket | None = None
    """What units turn into others by the trade; None: they are bought or sold."""
    new: Basket | None = None
    """What they turn into."""
    counts: tuple[Nanos, ...] = ()
    """Nano-contracts of each leg that are left."""

    @property
    def trade(self) -> Trade:
        """What it trades."""
        return Trade(self.basket, self.units, self.old, self.new)

    @property
    def type(self) -> OrderKind:
        """``limit`` or ``market``."""
        return "market" if self.limit is None else "limit"


class LegFill(NamedTuple):
    """One leg of a fill: contracts with their sign, points, USD of fees."""

    symbol: str
    quantity: float
    price: float
    fee: float


class Fill(NamedTuple):
    """What was filled of a ticket at once."""

    order: str
    units: float
    legs: tuple[LegFill, ...]


class Traded(NamedTuple):
    """A fill as the ledger counts it."""

    fill: Fill
    quantities: tuple[Nanos, ...]
    """Of each leg."""


class Broker(Protocol):
    """Fills tickets at the quotes of a bar: simulated here, paper or real elsewhere."""

    def execute(
        self, tickets: Sequence[Ticket], quote: Callable[[str], Quote], vix: float
    ) -> list[Fill]:
        """Return the fills of a bar, at most one a ticket.

        Parameters
        ----------
        tickets
            What is open.
        quote
            Quote of a symbol.
        vix
            Points: how thin the market is.
        """


@dataclass(frozen=True)
class Execution:
    """How orders are made and filled.

    Parameters
    ----------
    whole
        Whole contracts only, the nearest.
    ticks
        Prices are rounded to the product's tick, away from us.
    order
        ``market``, or ``limit``.
    limit_offset
        Where a limit stands, in half-spreads from the mid of the decision: 1.0 pays the whole
        spread, 0.0 asks for the mid, 2.0 gives way by another half-spread.
    urgent_offset
        The same of an order that a hard limit or a margin call asks for; None: as the others.
    tif
        ``day``: what is not filled at the next bar is cancelled, and asked for again if it is still
        wanted; ``gtc``: works until it is filled or the line wants something else.
    option_depth, future_depth
        Contracts of each leg that can be traded in a bar at the quote at a VIX up to 20; None:
        without end.  Assumed, not measured.
    thinning
        Depth falls with (20/VIX) to this power above a VIX of 20.
    liquidity
        What is done with an order that is large beside that depth (H11); None: it is sent whole.

    Raises
    ------
    RangeError
        If a field is out of range.

    Notes
    -----
    Only closing quotes are known, so a limit is filled when the far side of the quote reaches
    it: never because the market might have traded there in between.

    Examples
    --------
    >>> Execution().depth("option", 40.0)
    1000.0
    >>> Execution.ideal().depth("option", 40.0)
    inf
    """

    whole: bool = True
    ticks: bool = True
    order: Literal["market", "limit"] = "market"
    limit_offset: float = 1.0
    urgent_offset: float | None = None
    tif: Literal["day", "gtc"] = "day"
    option_depth: float | None = 2_000.0
    future_depth: float | None = 1_000.0
    thinning: float = 1.0
    liquidity: Liquidity | None = None

    def __post_init__(self) -> None:
        for name in ("whole", "ticks"):
            if not isinstance(getattr(self, name), bool):
                raise _refused(name, getattr(self, name), "write true or false")
        for name, words in (("order", ("market", "limit")), ("tif", ("day", "gtc"))):
            if getattr(self, name) not in words:
                raise _refused(name, getattr(self, name), f"write {' or '.join(words)}")
        for name, low, high in (
            *(("limit_offset", -10.0, 10.0), ("urgent_offset", -10.0, 10.0)),
            ("thinning", 0.0, 5.0),
            *(("option_depth", 1.0, 1e9), ("future_depth", 1.0, 1e9)),
        ):
            value = getattr(self, name)
            if value is None and name.endswith(("depth", "urgent_offset")):
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or not low <= value <= high:
                raise _refused(name, value, f"give a number in {low:g} … {high:g}")
        if not isinstance(self.liquidity, Liquidity | None):
            raise _refused("liquidity", self.liquidity, "write hr.Liquidity(threshold=2.0)")

    @classmethod
    def ideal(cls) -> Execution:
        """Return an execution without limits: fractions of contracts, no ticks, no end of depth."""
        return cls(whole=False, ticks=False, option_depth=None, future_depth=None)

    def depth(self, kind: str, vix: float) -> float:
        """Return how many contracts can be traded in a bar.

        Parameters
        ----------
        kind
            ``option``, ``future``, or anything else, which is without end.
        vix
            Points.
        """
        most = {"option": self.option_depth, "future": self.future_depth}.get(kind)
        if most is None:
            return math.inf
        thin: float = min(1.0, CALM_VIX / vix) ** self.thinning
        return most * thin

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, for records."""
        made = {item.name: getattr(self, item.name) for item in fields(self)}
        rule = made.pop("liquidity")
        if self.urgent_offset is None:  # as the ledgers of older versions have it
            del made["urgent_offset"]
        return made if rule is None else {**made, "liquidity": dict(vars(rule))}


@dataclass(frozen=True)
class SimulatedBroker:
    """Fills tickets at the close's quotes: half a spread from the mid, as deep as the market is.

    Parameters
    ----------
    execution
        How.
    """

    execution: Execution

    def execute(
        self, tickets: Sequence[Ticket], quote: Callable[[str], Quote], vix: float
    ) -> list[Fill]:
        """Fill what can be filled; see `Broker.execute`."""
        fills = []
        taken: dict[str, float] = {}
        for ticket in tickets:
            quotes = [quote(symbol) for symbol in ticket.basket.symbols]
            if not self._meets(ticket, quotes):
                continue
            units = most_filled(ticket, self.execution, vix, taken)
            if abs(units) <= _EPSILON * abs(ticket.units):
                continue
            legs = []
            for symbol, weight, found in zip(*ticket.basket, quotes, strict=True):
                quantity = units * weight
                taken[symbol] = taken.get(symbol, 0.0) + abs(quantity)
                price = ticked(symbol, quantity, found, self.execution)
                legs.append(LegFill(symbol, quantity, price, abs(quantity) * found.fee))
            fills.append(Fill(ticket.order, units, tuple(legs)))
        return fills

    def _meets(self, ticket: Ticket, quotes: Sequence[Quote]) -> bool:
        """Say whether the quotes have come to the ticket's limit."""
        if ticket.limit is None:
            return True
        sign = math.copysign(1.0, ticket.units)
        net = 0.0
        for symbol, weight, found in zip(*ticket.basket, quotes, strict=True):
            net += weight * ticked(symbol, sign * weight, found, self.execution)
        return sign * net <= sign * ticket.limit + _EPSILON * max(abs(ticket.limit), 1.0)


def most_filled(
    ticket: Ticket, execution: Execution, vix: float, taken: Mapping[str, float] | None = None
) -> float:
    """Return how many units of a ticket the depth of a bar lets through.

    Parameters
    ----------
    ticket, execution
        What is asked for, and how deep markets are.
    vix
        Points.
    taken
        Contracts of the depth that others have used up, by symbol.
    """
    most = math.inf
    for symbol, weight in zip(*ticket.basket, strict=True):
        deep = execution.depth(instrument(symbol).kind, vix) - (taken or {}).get(symbol, 0.0)
        most = min(most, deep / abs(weight))
    units = min(abs(ticket.units), max(most, 0.0))
    if execution.whole and units < abs(ticket.units):
        units = math.floor(units + _EPSILON)
    return math.copysign(units, ticket.units)


def ticked(symbol: str, quantity: float, found: Quote, execution: Execution) -> float:
    """Return the price at which the far side of a quote is met, points.

    Parameters
    ----------
    symbol
        What is traded.
    quantity
        Positive to buy, negative to sell.
    found
        Its quote.
    execution
        Whether prices stand on the product's ticks.
    """
    if quantity > 0.0:
        side: Side = "sell"
        price = found.price + found.half_spread
    else:
        side = "buy"
        price = max(found.price - found.half_spread, found.least)
    item = _product(symbol) if execution.ticks else None
    return price if item is None or price < 0.0 else float(round_to_tick(price, item, side))


@functools.lru_cache(maxsize=65_536)
def _product(symbol: str) -> Product | None:
    """Return the listed product of a symbol, None where there is none."""
    for read in (OptionContract.parse, FutureContract.parse):
        try:
            return read(symbol).product
        except DataError:
            continue
    return None


def _refused(name: str, value: Any, mend: str) -> RangeError:
    return RangeError(f"{value!r} is out of range", where=f"execution.{name}", mend=mend)
