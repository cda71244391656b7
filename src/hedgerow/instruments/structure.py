"""Structures: signed positions in options, futures and their underlying, priced together.

Money is USD: prices and payoffs of the whole structure, delta per point of the underlying,
vega per vol point, theta per calendar day.  Every price made here is a model price.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.products import MarginClass, product
from hedgerow.errors import RangeError, SleeveError
from hedgerow.instruments.profile import BreakEvens, Extreme, Profile
from hedgerow.instruments.state import State
from hedgerow.pricing.american import american
from hedgerow.pricing.black import DAYS_PER_YEAR, Greeks, black76, bsm

Floats = NDArray[np.float64]

_DENSE = 2000
"""Even, so that none falls beside a lone strike in the middle."""
_NEARLY_NOTHING = 1e-6


class Value(NamedTuple):
    """Price and Greeks of a structure, each of the broadcast **shape** of the state.

    ``price`` USD; ``delta`` USD per point of the underlying (or of all forwards, where the
    state gives forwards); ``gamma`` USD per point squared; ``vega`` USD per vol point;
    ``theta`` USD per calendar day; ``rho`` USD per 0.01 of rate; ``vanna`` and ``volga`` the
    changes of delta and vega per vol point; ``charm`` that of delta per calendar day.
    """

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats
    vanna: Floats
    volga: Floats
    charm: Floats


_UNITS = (1.0, 1.0, 1.0, 100.0, DAYS_PER_YEAR, 100.0, 100.0, 10_000.0, DAYS_PER_YEAR)
"""What textbook units are divided by."""


@dataclass(frozen=True)
class Shares:
    """The underlying itself: shares of an ETF, or units of an index.

    Parameters
    ----------
    symbol
        An underlying: ``SPY``, ``SPX``.

    Raises
    ------
    DataError
        If the symbol is unknown.
    SleeveError
        If it is nothing that one could hold: a volatility index, a future's root.
    """

    symbol: str

    def __post_init__(self) -> None:
        item = product(self.symbol)
        if item.underlying != self.symbol or item.margin is MarginClass.VOLATILITY:
            raise SleeveError(
                f"nobody holds shares of {self.symbol}", where="symbol", mend="use SPY or SPX"
            )


@dataclass(frozen=True)
class Position:
    """How many of one contract, long or short.

    Parameters
    ----------
    quantity
        Contracts or shares, negative when short, not 0.
    contract
        What is held.
    entry
        Points; the price at which a future was agreed, which its value counts from.
        Needed for futures, and for nothing else.

    Raises
    ------
    SleeveError
        If the quantity is 0 or no number, or an entry is missing or superfluous.
    """

    quantity: float
    contract: OptionContract | FutureContract | Shares
    entry: float | None = None

    def __post_init__(self) -> None:
        if not np.isfinite(self.quantity) or self.quantity == 0.0:
            raise SleeveError(
                f"{self.quantity} is no quantity", where="quantity", mend="give a number, not 0"
            )
        if isinstance(self.contract, FutureContract):
            if self.entry is None or not np.isfinite(self.entry):
                raise SleeveError(
                    f"{self.contract.symbol} has no entry price",
                    where="entry",
                    mend="give the price in points at which the future is agreed",
                )
        elif self.entry is not None:
            raise SleeveError(
                "only futures have an entry", where="entry", mend="give prices to break_evens"
            )

    @property
    def underlying(self) -> str:
        """What the contract is written on."""
        if isinstance(self.contract, Shares):
            return self.contract.symbol
        return self.contract.product.underlying

    @property
    def multiplier(self) -> float:
        """USD per point of one contract."""
        return 1.0 if isinstance(self.contract, Shares) else self.contract.product.multiplier

    @property
    def expiry(self) -> dt.date | None:
        """Expiry date; None for shares."""
        return None if isinstance(self.contract, Shares) else self.contract.expiry

    @property
    def size(self) -> float:
        """USD per point of the whole position, negative when short."""
        return self.quantity * self.multiplier


@dataclass(frozen=True)
class Structure:
    """Positions on one underlying, held and valued together.

    Parameters
    ----------
    name
        What it is called.
    positions
        At least one.

    Raises
    ------
    SleeveError
        If there is none, or they are written on several underlyings.

    Examples
    --------
    >>> expiry = dt.date(2026, 3, 20)
    >>> short = Structure("sold call", (Position(-1, OptionContract("SPXW", expiry, 5200, True)),))
    >>> now = State("2026-02-18", spot=5000.0, vol=0.18, rate=0.04)
    >>> float(short.value(now).price.round(2))
    -3776.19
    """

    name: str
    positions: tuple[Position, ...]

    def __post_init__(self) -> None:
        if not self.positions:
            raise SleeveError("it has no positions", where=self.name, mend="add one")
        under = {position.underlying for position in self.positions}
        if len(under) > 1:
            raise SleeveError(
                f"it is written on {' and '.join(sorted(under))}",
                where=self.name,
                mend="make one structure for each underlying",
            )

    @property
    def underlying(self) -> str:
        """What all positions are written on."""
        return self.positions[0].underlying

    @property
    def expiry(self) -> dt.date | None:
        """The first expiry; None for shares alone."""
        return self.expiries[0] if self.expiries else None

    @property
    def options(self) -> tuple[OptionContract, ...]:
        """The options among the contracts, in order of the positions."""
        return tuple(p.contract for p in self.positions if isinstance(p.contract, OptionContract))

    @property
    def futures(self) -> tuple[FutureContract, ...]:
        """The futures among the contracts, in order of the positions."""
        return tuple(p.contract for p in self.positions if isinstance(p.contract, FutureContract))

    @property
    def american(self) -> bool:
        """Whether an option among them may be exercised before it expires."""
        return any(option.american for option in self.options)

    @property
    def expiries(self) -> tuple[dt.date, ...]:
        """Expiry dates, each once, ascending; none for shares alone."""
        return tuple(sorted({p.expiry for p in self.positions if p.expiry is not None}))

    def reverse(self) -> Structure:
        """Return the other side of the trade: every quantity with the other sign."""
        turned = tuple(replace(p, quantity=-p.quantity) for p in self.positions)
        return Structure(f"short {self.name}", turned)

    def __add__(self, other: Structure) -> Structure:
        return Structure(f"{self.name} + {other.name}", self.positions + other.positions)

    def value(self, state: State) -> Value:
        """Return price and all Greeks, USD: sums over the positions.

        Parameters
        ----------
        state
            The market; arrays in it broadcast, so that a grid of spots and volatilities is one
            call.

        Returns
        -------
        Value
            USD, each field of the broadcast **shape**.

        Raises
        ------
        RangeError
            If a contract has expired, or the state lacks what a position needs.

        Notes
        -----
        Options by Black–Scholes–Merton on the spot or Black-76 on their own expiry's forward, as
        European ones; :meth:`price` adds early exercise.  Futures are marked to market: worth
        (F − entry), undiscounted.

        Examples
        --------
        >>> future = FutureContract("VX", 2026, 3)
        >>> long = Structure("long future", (Position(1, future, entry=20.0),))
        >>> long.value(State("2026-02-18", forward=[19.0, 22.0])).price.tolist()
        [-1000.0, 2000.0]
        """
        if product(self.underlying).margin is MarginClass.VOLATILITY and state.forward is None:
            raise RangeError(
                f"{self.underlying} is no price that one could hold",
                where="spot",
                mend="give the forward of each expiry (futures, or put-call parity)",
            )
        parts = zip(*(_greeks(p, state) for p in self.positions), strict=True)
        sizes = [p.size for p in self.positions]
        sums = [
            sum((n * part for n, part in zip(sizes, each, strict=True)), np.zeros(()))
            for each in parts
        ]
        scaled = (total / unit for total, unit in zip(sums, _UNITS, strict=True))
        return Value(*(part.copy() for part in np.broadcast_arrays(*scaled)))

    def price(self, state: State) -> Floats:
        """Return the price in USD, American options with the right to exercise early.

        Needs QuantLib where there is an American option; prices only, no Greeks.
        """
        total = self.value(state).price
        for p in self.positions:
            option = p.contract
            if isinstance(option, OptionContract) and option.american:
                if state.spot is None:
                    raise RangeError(
                        "American options are priced on a spot", where="forward", mend="give a spot"
                    )
                years, vol = state.years(option.expiry), state.vol_of(option.strike, option.expiry)
                terms = (state.spot, option.strike, years, vol, state.rate, state.dividend)
                early = american(*terms, call=option.call) - bsm(*terms, call=option.call).price
                total = total + p.size * early
        return np.asarray(total)

    def payoff(self, spot: ArrayLike, state: State | None = None) -> Floats:
        """Return what the structure is worth at its first expiry, USD.

        Parameters
        ----------
        spot
            Settlement value of the underlying in points, any **shape**; 0 is allowed.
        state
            Rate, dividend and volatility for legs that live longer: they are worth their
            model value.  Not needed where all expire together.

        Raises
        ------
        RangeError
            If a spot is negative or no number, or a leg that lives longer has no state, or, on
            a volatility index, one with several forwards.

        Notes
        -----
        Legs that live longer are priced as European options, American ones at no less than they
        pay on exercise.  AM and PM options of one date are settled at the same value here.
        Where the state gives several forwards, those of later legs keep their ratio to the first
        expiry's.
        """
        settled = np.asarray(spot, dtype=np.float64)
        if not bool(np.all(np.isfinite(settled) & (settled >= 0.0))):
            raise RangeError(
                "a spot is negative or no number", where="spot", mend="give points from 0 up"
            )
        return self._profile(state).at(settled)

    def break_evens(self, price: float | None = None, state: State | None = None) -> BreakEvens:
        """Return where the structure neither gains nor loses at its first expiry.

        Parameters
        ----------
        price
            What was paid for it, USD, negative for a credit; left out, the model's price in
            ``state``.
        state
            As for :meth:`payoff`.
        """
        return self._profile(state).break_evens(self._paid(price, state))

    def worst(self, price: float | None = None, state: State | None = None) -> Extreme:
        """Return the worst outcome at the first expiry: gain in USD, and at which spot."""
        return self._profile(state).extreme(self._paid(price, state), worst=True)

    def best(self, price: float | None = None, state: State | None = None) -> Extreme:
        """Return the best outcome at the first expiry: gain in USD, and at which spot."""
        return self._profile(state).extreme(self._paid(price, state), worst=False)

    def _paid(self, price: float | None, state: State | None) -> float:
        if price is None:
            if state is None:
                raise RangeError(
                    "neither a price nor a state is given", where="price", mend="give one"
                )
            made = self.value(state).price
            if made.size != 1:
                raise RangeError("the state is an array", where="state", mend="give one price")
            return float(made)
        if not np.isfinite(price):
            raise RangeError(f"{price} is no price", where="price", mend="give USD")
        return float(price)

    def _profile(self, state: State | None) -> Profile:
        strikes = [option.strike for option in self.options]
        curved = any(option.expiry != self.expiry for option in self.options)
        nodes = {0.0, *strikes}
        if curved:
            nodes |= set(np.geomspace(min(strikes) / 20.0, max(strikes) * 20.0, _DENSE).tolist())

        def at(spot: Floats) -> Floats:
            total: Floats = sum(
                (p.size * self._settled(p, spot, state) for p in self.positions), np.zeros(())
            )
            return total

        return Profile(at, tuple(sorted(nodes)), curved=curved)

    def _settled(self, position: Position, spot: Floats, state: State | None) -> Floats:
        """Return what one contract is worth at the first expiry, points."""
        contract, first = position.contract, self.expiry
        if isinstance(contract, Shares) or first is None:
            return spot
        if contract.expiry == first:
            if isinstance(contract, FutureContract):
                return spot - (position.entry or 0.0)
            return contract.intrinsic(spot)
        several = state is not None and isinstance(state.forward, Mapping)
        if state is None or (several and contract.product.margin is MarginClass.VOLATILITY):
            raise RangeError(
                f"{contract.symbol} lives longer than {first}",
                where="state",
                mend="give a state with rate, volatility and one spot or forward",
            )
        # smiles are asked for ln(K/F), which a spot of 0 does not have
        then = np.maximum(spot, _NEARLY_NOTHING)
        later = replace(state, date=first)
        if several:
            then = then * state.forward_to(contract.expiry) / state.forward_to(first)
        on_spot = state.spot is not None
        later = replace(later, spot=then) if on_spot else replace(later, forward=then)
        worth = np.asarray(_greeks(position, later)[0])
        if isinstance(contract, OptionContract) and contract.american:
            return np.maximum(worth, contract.intrinsic(spot))  # it would be exercised
        return worth


def _greeks(position: Position, state: State) -> Greeks:
    """Return price and Greeks of one contract in points and textbook units."""
    contract = position.contract
    zero = np.zeros(())
    if isinstance(contract, Shares):
        if state.spot is None:
            raise RangeError(
                f"shares of {contract.symbol} have a spot", where="spot", mend="give it"
            )
        spot = np.asarray(state.spot, dtype=np.float64)
        return Greeks(spot, zero + 1.0, zero, zero, zero, zero, zero, zero, zero)
    years, forward = state.years(contract.expiry), state.forward_to(contract.expiry)
    if isinstance(contract, FutureContract):
        gain = forward - (position.entry or 0.0)
        if state.spot is None:
            return Greeks(gain, zero + 1.0, zero, zero, zero, zero, zero, zero, zero)
        carry = np.asarray(state.rate, dtype=np.float64) - np.asarray(state.dividend)
        delta = forward / np.asarray(state.spot, dtype=np.float64)
        falls = -carry * forward
        return Greeks(gain, delta, zero, zero, falls, years * forward, zero, zero, -carry * delta)
    vol = state.vol_of(contract.strike, contract.expiry)
    if state.spot is None:
        return black76(forward, contract.strike, years, vol, state.rate, call=contract.call)
    terms = (state.spot, contract.strike, years, vol, state.rate, state.dividend)
    return bsm(*terms, call=contract.call)
