"""What a line holds, in units of its sleeve's contracts, and what that earned."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.money import Nanos, nanos
from hedgerow.instruments.roster import Basket, Path


class Quoted(NamedTuple):
    """A contract's `Path` as lists, which a loop over bars reads faster than columns."""

    first: int
    price: list[float]
    half_spread: list[float]
    delta: list[float]
    gamma: list[float]
    vega: list[float]
    theta: list[float]
    level: list[float]
    dividend: list[float]
    exercised: list[bool]
    gains: list[tuple[float, ...]]
    """The parts of `Gains` at each bar."""
    multiplier: float
    fee: float
    expiry: int
    financed: bool
    strike: float
    """Points; NaN for what has none."""
    call: bool
    """Whether it is a call."""

    @classmethod
    def of(cls, symbol: str, path: Path) -> Quoted:
        """Return the lists of a path."""
        named = instrument(symbol)
        return cls(
            first=path.first,
            price=path.price.tolist(),
            half_spread=path.half_spread.tolist(),
            delta=path.delta.tolist(),
            gamma=path.gamma.tolist(),
            vega=path.vega.tolist(),
            theta=path.theta.tolist(),
            level=path.level.tolist(),
            dividend=path.dividend.tolist(),
            gains=np.column_stack(path.gains).tolist(),
            exercised=path.exercised.tolist(),
            multiplier=path.multiplier,
            fee=path.fee,
            expiry=path.expiry,
            financed=path.financed,
            strike=named.strike or math.nan,
            call=named.call,
        )


class Trade(NamedTuple):
    """What is traded: contracts of a unit, and how many units."""

    basket: Basket
    units: float
    """To buy, negative to sell."""
    old: Basket | None = None
    """What units turn into ``new`` by the trade; None: they are bought or sold."""
    new: Basket | None = None


class Held(NamedTuple):
    """A contract that was held over a bar."""

    symbol: str
    quantity: float
    track: Quoted
    at: int
    """Entry of the track at the bar; the bar before is one less."""
    gain: float
    """What its price earned, USD."""
    financing: float
    """Interest paid on the money tied up, USD."""
    dividend: float
    """Dividends received, USD."""

    @property
    def pnl(self) -> float:
        """All of it, USD."""
        return self.gain - (self.financing - self.dividend)


def marked(symbol: str, quantity: float, track: Quoted, row: int, interest: float) -> Held:
    """Return what a contract earned over the bar that ends at a row.

    Parameters
    ----------
    symbol, quantity, track
        What was held.
    row
        Of the market.
    interest
        Of the bar, a decimal.
    """
    at = row - track.first
    usd = quantity * track.multiplier
    gain = usd * (track.price[at] - track.price[at - 1])
    paid = usd * track.price[at - 1] * interest if track.financed else 0.0
    return Held(symbol, quantity, track, at, gain, paid, usd * track.dividend[at])


class Marked(NamedTuple):
    """What a line earned over a bar before it traded, USD."""

    pnl: float
    carried: float
    """Cost of holding, had nothing moved."""
    legs: list[Held]


class Lots:
    """Units held, by the contracts that a unit is made of.

    Examples
    --------
    >>> lots, put = Lots(), Basket(("SPXW  240119P04500000",), (1.0,))
    >>> lots.add(put, 3.0), lots.add(put, -1.0), lots.units
    (3.0, 2.0, 2.0)
    """

    def __init__(self) -> None:
        self._held: dict[Basket, float] = {}
        self._counted: dict[str, Nanos] = {}

    @property
    def units(self) -> float:
        """Units of all contracts."""
        return math.fsum(self._held.values())

    def get(self, basket: Basket) -> float:
        """Return the units held of some contracts."""
        return self._held.get(basket, 0.0)

    def items(self) -> Iterable[tuple[Basket, float]]:
        """Return contracts and units."""
        return self._held.items()

    def copy(self) -> Lots:
        """Return lots that go their own way."""
        twin = Lots()
        twin._held, twin._counted = dict(self._held), dict(self._counted)
        return twin

    def left(self, over: Callable[[str], bool]) -> Lots:
        """Return lots without the contracts that are over."""
        twin = self.copy()
        twin.expire(over)
        return twin

    def add(self, basket: Basket, units: float) -> float:
        """Add units, and return what is held then: none where rounding alone is left."""
        before = self.get(basket)
        after = before + units
        if abs(after) <= 1e-12 * max(abs(before), abs(units)):
            self._held.pop(basket, None)
            return 0.0
        self._held[basket] = after
        return after

    def trade(self, trade: Trade) -> float:
        """Buy or sell units, or turn them into others; return what is held of those then."""
        if trade.old is None or trade.new is None:
            return self.add(trade.basket, trade.units)
        self.add(trade.old, -trade.units)
        return self.add(trade.new, trade.units)

    def count(self, trade: Trade) -> tuple[Nanos, ...]:
        """Trade, and return by how many nano-contracts each leg changes.

        A position that is closed gives back what was counted of it, so that however often it
        changes nothing is left of it at the end.
        """
        self.trade(trade)
        held = self.quantities()
        return tuple(
            nanos(held.get(symbol, 0.0)) - self._counted.get(symbol, 0)
            for symbol in trade.basket.symbols
        )

    def counted(self, symbols: Iterable[str], quantities: Iterable[Nanos]) -> None:
        """Take down what was counted of a trade."""
        for symbol, quantity in zip(symbols, quantities, strict=True):
            total = self._counted.get(symbol, 0) + quantity
            if total:
                self._counted[symbol] = total
            else:
                self._counted.pop(symbol, None)

    def quantities(self) -> dict[str, float]:
        """Return contracts held by symbol."""
        held: dict[str, float] = {}
        for basket, units in self._held.items():
            for symbol, weight in zip(*basket, strict=True):
                held[symbol] = held.get(symbol, 0.0) + units * weight
        return held

    def expire(self, over: Callable[[str], bool]) -> list[tuple[str, float]]:
        """Take out the contracts that are over; return their symbols and how many were held."""
        gone: list[tuple[str, float]] = []
        for basket, units in list(self._held.items()):
            rest = without(basket, over)
            if rest == basket:
                continue
            del self._held[basket]
            for symbol in filter(over, basket.symbols):
                self._counted.pop(symbol, None)
            gone += [
                (symbol, units * weight)
                for symbol, weight in zip(*basket, strict=True)
                if over(symbol)
            ]
            if rest is not None:
                self.add(rest, units)
        return gone


def without(basket: Basket, over: Callable[[str], bool]) -> Basket | None:
    """Return what is left of a basket, None where nothing is."""
    if not any(map(over, basket.symbols)):
        return basket
    left = [(s, w) for s, w in zip(*basket, strict=True) if not over(s)]
    if not left:
        return None
    return Basket(tuple(s for s, _ in left), tuple(w for _, w in left))
