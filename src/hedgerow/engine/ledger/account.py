"""What the events of a run add up to: cash, positions and open orders, in whole numbers."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from hedgerow.core.over_the_counter import OtcVariance, parse_future, parse_option
from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.events import (
    Cancelled,
    Cash,
    Closed,
    Explained,
    Filled,
    Leg,
    Ordered,
    Settled,
    Slice,
)
from hedgerow.engine.ledger.money import Micros, Nanos, contracts, usd, worth
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import DataError, LedgerError

_SHARE = re.compile(r"[A-Z]{1,6}(\.[A-Z])?")
_FUTURE = re.compile(r"[A-Z]{1,3}(\d\d)?[FGHJKMNQUVXZ]\d\d|VX \d{4}-\d\d")


class Instrument(NamedTuple):
    """What a symbol stands for, as far as money needs to know."""

    symbol: str
    kind: Literal["option", "future", "shares", "swap"]
    """A swap is paid for like an option: its price is what it is worth."""
    multiplier: int
    """USD per point."""
    strike: float
    """Points; 0.0 for what has none."""
    call: bool
    underlying: str
    """Symbol of the underlying."""
    delivers: bool = False
    """Whether its exercise brings shares."""


@functools.lru_cache(maxsize=65_536)
def instrument(symbol: str) -> Instrument:
    """Return what a symbol stands for.

    Raises
    ------
    LedgerError
        If it is none, or not the one form in which the ledger writes it, so that two names would
        be two positions.

    Examples
    --------
    >>> instrument("VXK24").multiplier, instrument("SPXW  240119P04500000").strike
    (1000, 4500.0)
    >>> instrument("SPX 2024-01-19 P 4512.345678901234").multiplier
    100
    >>> instrument("SPX 2023-10-20 2024-01-19 VAR").multiplier
    1
    >>> instrument("SPXW240119P04500000")
    Traceback (most recent call last):
        ...
    hedgerow.errors.LedgerError: contract SPXW240119P04500000: the ledger has another form of it. \
Mend: write 'SPXW  240119P04500000'
    """
    try:
        if _SHARE.fullmatch(symbol):
            return Instrument(symbol, "shares", 1, 0.0, False, symbol)
        if _FUTURE.fullmatch(symbol):
            future = parse_future(symbol)
            name, item = future.symbol, future.product
            made = Instrument(name, "future", int(item.multiplier), 0.0, False, item.underlying)
        elif symbol.endswith(" VAR"):
            swap = OtcVariance.parse(symbol)
            name = swap.symbol
            made = Instrument(name, "swap", 1, 0.0, False, swap.underlying)
        else:
            option = parse_option(symbol)
            name, item = option.symbol, option.product
            shares, size = item.delivery == "shares", int(item.multiplier)
            made = Instrument(
                name, "option", size, option.strike, option.call, item.underlying, shares
            )
    except DataError as error:
        raise LedgerError(error.what, where=f"contract {symbol}", mend=error.mend) from None
    if name != symbol:
        raise LedgerError(
            "the ledger has another form of it", where=f"contract {symbol}", mend=f"write '{name}'"
        )
    return made


class Holding(NamedTuple):
    """A position: nano-contracts, and for a future the value to which margin has been paid."""

    quantity: Nanos
    basis: Micros = 0


class Account:
    """Cash, positions and open orders after the events so far.

    A share or option is paid for when it is filled.  A future is not: what it has gained since
    it was filled, or since the last variation margin, is a part of its value, and a ``cash``
    event of reason ``variation`` moves it into cash.

    Attributes
    ----------
    cash
        Micro-USD.
    holdings
        Positions by symbol; what is flat is gone.
    orders
        Open orders by id, with the legs that are still to be filled.
    marks
        Points at which positions are marked, of the last slice.

    Examples
    --------
    >>> from hedgerow.engine.ledger.money import micros, nanos
    >>> book = Account()
    >>> book.take(Cash(0, micros(1_000_000), "deposit"))
    >>> book.take(Ordered(0, "a1", (Leg("SPY", nanos(100)),), "market", None, "day", "core"))
    >>> book.take(Filled(1, "a1", "x1", "SPY", nanos(100), 500.25, micros(1)))
    >>> book.take(Slice(1, "", {"SPY": 501.0}))
    >>> str(usd(book.cash)), str(usd(book.nav()))
    ('949974.000000', '1000074.000000')
    """

    def __init__(self) -> None:
        self.cash: Micros = 0
        self.holdings: dict[str, Holding] = {}
        self.orders: dict[str, Ordered] = {}
        self.marks: Mapping[str, float] = {}
        self._used: set[str] = set()
        self._executed: set[str] = set()
        self._nav: Micros = 0
        self._paid_in: Micros = 0
        self._explained: Micros | None = None

    def take(self, event: Event) -> None:
        """Let an event happen; one that cannot happen changes nothing.

        Raises
        ------
        LedgerError
            If an order's id or an execution is used twice, a fill has no open order or is more
            than what was left of it, more is settled than held, a settlement's cash is not
            what its value says, a closed bar does not add up, or the parts of its gain do not.
        RangeError
            If a sum leaves the range of the ledger.
        """
        match event:
            case Slice():
                self.marks = event.marks
            case Ordered():
                self._order(event)
            case Filled():
                self._fill(event)
            case Cancelled():
                _known(event.order, self.orders)
                del self.orders[event.order]
            case Settled():
                self._settle(event)
            case Cash():
                self._pay(event)
            case Explained():
                self._explained = (self._explained or 0) + sum(event.parts.values())
            case Closed():
                self._close(event)

    def value(self, marks: Mapping[str, float] | None = None) -> Micros:
        """Return what the positions are worth, micro-USD.

        Raises
        ------
        LedgerError
            If a position has no mark.
        """
        prices = self.marks if marks is None else marks
        total = 0
        for symbol, held in self.holdings.items():
            if held.quantity and symbol not in prices:
                raise LedgerError(
                    "a position has no mark", where=f"contract {symbol}", mend="add it to the slice"
                )
            total += worth(held.quantity, prices.get(symbol, 0.0), instrument(symbol).multiplier)
            total -= held.basis
        return total

    def nav(self) -> Micros:
        """Return cash plus positions at the marks of the last slice, micro-USD."""
        return self.cash + self.value()

    def due(self, symbol: str, price: float) -> Micros:
        """Return the variation margin that a future earns when it settles at a price.

        Parameters
        ----------
        symbol
            A future.
        price
            Daily settlement price, points.

        Examples
        --------
        >>> from hedgerow.engine.ledger.money import micros, nanos
        >>> book = Account()
        >>> book.take(Ordered(0, "a", (Leg("VXK24", nanos(-2)),), "market", None, "day", "vx"))
        >>> book.take(Filled(1, "a", "x", "VXK24", nanos(-2), 15.0, 0))
        >>> str(usd(book.due("VXK24", 14.5)))
        '1000.000000'
        """
        held = self.holdings.get(symbol, Holding(0))
        return worth(held.quantity, price, instrument(symbol).multiplier) - held.basis

    def closed(self, time: int) -> Closed:
        """Return the event that closes a bar at the marks of its slice."""
        value = self.value()
        return Closed(time, self.cash, value, self.cash + value)

    def _order(self, event: Ordered) -> None:
        if event.order in self._used:
            raise LedgerError(
                "this id has been used", where=f"order {event.order}", mend="never send twice"
            )
        symbols = [leg.contract for leg in event.legs]
        if not symbols or len(set(symbols)) < len(symbols) or not all(map(_quantity, event.legs)):
            raise LedgerError(
                "its legs must be different contracts, with a quantity each",
                where=f"order {event.order}",
                mend="give one leg a contract",
            )
        if (event.limit is None) != (event.type == "market"):
            raise LedgerError(
                "a limit order has a limit and a market order none",
                where=f"order {event.order}",
                mend="mend type or limit",
            )
        for symbol in symbols:
            instrument(symbol)
        self._used.add(event.order)
        self.orders[event.order] = event

    def _fill(self, event: Filled) -> None:
        where = f"execution {event.execution}"
        if event.execution in self._executed:
            raise LedgerError("it has been recorded before", where=where, mend="take it once")
        order = _known(event.order, self.orders)
        left = {leg.contract: leg.quantity for leg in order.legs}
        asked = left.get(event.contract, 0)
        rest = asked - event.quantity
        if not event.quantity or abs(rest) + abs(event.quantity) != abs(asked):
            raise LedgerError(
                f"{contracts(event.quantity):f} of {event.contract} were filled, "
                f"{contracts(asked):f} are left of order {event.order}",
                where=where,
                mend="ask the broker for the order's fills",
            )
        paid = self._trade(event.contract, event.quantity, event.price)
        self.cash += paid - event.fee
        self._executed.add(event.execution)
        left[event.contract] = rest
        legs = tuple(Leg(symbol, quantity) for symbol, quantity in left.items() if quantity)
        del self.orders[event.order]
        if legs:
            self.orders[event.order] = replace(order, legs=legs)

    def _trade(self, symbol: str, quantity: Nanos, price: float) -> Micros:
        """Change a position; return the cash that it brings."""
        item, held = instrument(symbol), self.holdings.get(symbol, Holding(0))
        value = worth(quantity, price, item.multiplier)
        future = item.kind == "future"
        self._hold(symbol, held.quantity + quantity, held.basis + value if future else 0)
        return 0 if future else -value

    def _hold(self, symbol: str, quantity: Nanos, basis: Micros) -> None:
        if quantity or basis:
            self.holdings[symbol] = Holding(quantity, basis)
        else:
            self.holdings.pop(symbol, None)

    def _settle(self, event: Settled) -> None:
        where, item = f"contract {event.contract}", instrument(event.contract)
        held = self.holdings.get(event.contract, Holding(0))
        rest = held.quantity - event.quantity
        if not event.quantity or abs(rest) + abs(event.quantity) != abs(held.quantity):
            raise LedgerError(
                f"{contracts(event.quantity):f} are settled, {contracts(held.quantity):f} are held",
                where=where,
                mend="compare the positions with the broker's",
            )
        whole = item.kind == "future" and rest == 0
        due = worth(event.quantity, event.value, item.multiplier) - (held.basis if whole else 0)
        if item.kind == "future" and rest:
            raise LedgerError("a future settles whole", where=where, mend="settle all that is held")
        if event.delivered:
            sign = 1 if item.call else -1
            size = sign * event.quantity * item.multiplier
            if not item.delivers or event.delivered != size or event.value != 0.0:
                raise LedgerError(
                    f"{contracts(event.delivered):f} shares are not what is delivered",
                    where=where,
                    mend=f"deliver {contracts(size):f} at the strike, and no value beside them",
                )
            due = -worth(event.delivered, item.strike, 1)
        if event.cash != due:
            raise LedgerError(
                f"its cash is {usd(event.cash)} USD, by its value it is {usd(due)} USD",
                where=where,
                mend="check the settlement value",
            )
        self._hold(event.contract, rest, 0)
        if event.delivered:
            self._trade(item.underlying, event.delivered, item.strike)
        self.cash += event.cash

    def _pay(self, event: Cash) -> None:
        if event.reason == "variation":
            held = self.holdings.get(event.contract)
            if held is None or instrument(event.contract).kind != "future":
                raise LedgerError(
                    "variation margin is paid on a future that is held",
                    where=f"contract {event.contract}",
                    mend="name the future",
                )
            self._hold(event.contract, held.quantity, held.basis + event.amount)
        elif event.reason == "deposit":
            self._paid_in += event.amount
        self.cash += event.amount

    def _close(self, event: Closed) -> None:
        found = self.closed(event.time)
        if found != event:
            raise LedgerError(
                f"the bar does not add up: recorded are cash {usd(event.cash)}, positions "
                f"{usd(event.positions)}, NAV {usd(event.nav)}; the events make cash "
                f"{usd(found.cash)}, positions {usd(found.positions)}, NAV {usd(found.nav)}",
                where="closed",
                mend="do not continue the run: find the event that is missing or wrong",
            )
        gain = event.nav - self._nav - self._paid_in
        if self._explained is not None and self._explained != gain:
            raise LedgerError(
                f"the parts of the gain do not add up: they make {usd(self._explained)} USD, NAV "
                f"changed by {usd(gain)} USD beside what was paid in",
                where="closed",
                mend="do not continue the run: find the part that is missing or wrong",
            )
        self._nav, self._paid_in, self._explained = event.nav, 0, None


def fold(records: Iterable[Record]) -> Account:
    """Return the account after all records.

    Raises
    ------
    LedgerError
        If one cannot happen after those before it, naming it.
    """
    account = Account()
    for record in records:
        take(account, record)
    return account


def take(account: Account, record: Record) -> Event:
    """Let a record's event happen, and return it.

    Raises
    ------
    LedgerError
        If it cannot happen, naming the record.
    """
    event = record.event
    try:
        account.take(event)
    except LedgerError as error:
        where = f"record {record.number}, {error.where}"
        raise LedgerError(error.what, where=where, mend=error.mend) from None
    return event


def _quantity(leg: Leg) -> Nanos:
    return leg.quantity


def _known(order: str, orders: Mapping[str, Ordered]) -> Ordered:
    if order not in orders:
        raise LedgerError("no such order is open", where=f"order {order}", mend="check its id")
    return orders[order]
