"""Where a book is priced: a state for each underlying, and what a move makes of them.

A move of the index leaves every contract at its own volatility unless a response or a parallel
shift says otherwise; VIX futures follow the forward variance that the moved volatilities make.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.market import Market
from hedgerow.core.products import MarginClass
from hedgerow.data.chain_fit import ChainFit
from hedgerow.data.chains import Chain
from hedgerow.data.vx_curve import listed_curve
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure, Value
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.research.states import of_chain, of_market
from hedgerow.shortvol.asymmetry.response import Response as Measured
from hedgerow.shortvol.structures.book import Book, Holding

Floats = NDArray[np.float64]

INDEX, VOLATILITY = "SPX", "VIX"
SHARE = {"SPX": 1.0, "XSP": 0.1, "SPY": 0.1}
"""Points of an underlying for one of the S&P 500."""

FLOOR = 0.03
"""No volatility falls below it, decimal; a measured response has a floor of its own above it."""

MONTH = 30.0 / DAYS_PER_YEAR


class Response(Protocol):
    """How implied volatility answers a move of the index."""

    def shift(self, move: ArrayLike, *, moneyness: ArrayLike, tenor: ArrayLike) -> Floats:
        """Return the change of implied volatility, decimal.

        Parameters
        ----------
        move
            Of the index, decimal: -0.03.
        moneyness
            Strike over the index before the move.
        tenor
            Calendar days to expiry.  Shapes broadcast.
        """
        ...


@dataclass(frozen=True)
class Still:
    """No answer: every contract keeps its implied volatility."""

    def shift(self, move: ArrayLike, *, moneyness: ArrayLike, tenor: ArrayLike) -> Floats:
        """Return zeros; see `Response.shift`."""
        shape = np.broadcast_shapes(np.shape(move), np.shape(moneyness), np.shape(tenor))
        return np.zeros(shape)


STILL = Still()


@dataclass(frozen=True)
class Ground:
    """Where a book is priced.

    Parameters
    ----------
    states
        By underlying; numbers, not arrays.
    vix
        Points: what half-spreads and the bonds of VIX futures follow.
    notes
        What is modelled.
    market
        History up to the day, None where there is none.
    spot
        The index where its state gives forwards, points; NaN where it is not known.
    """

    states: Mapping[str, State]
    vix: float
    notes: tuple[str, ...] = ()
    market: Market | None = None
    spot: float = np.nan

    @property
    def index(self) -> State:
        """The state of the S&P 500."""
        return self.states[INDEX]

    @property
    def day(self) -> dt.date:
        """The day that things are priced on."""
        return self.index.day

    @property
    def level(self) -> float:
        """The index, points: its spot, or the nearest forward where nobody told it."""
        state = self.index
        if np.isfinite(self.spot):
            return self.spot
        if state.spot is not None:
            return float(np.asarray(state.spot))
        given = state.forward
        return float(np.asarray(given[min(given)] if isinstance(given, Mapping) else given))

    def moved(
        self, move: ArrayLike, response: Response = STILL, *, points: ArrayLike = 0.0, days: int = 0
    ) -> dict[str, State]:
        """Return the states after a move of the index.

        Parameters
        ----------
        move
            Decimal, any **shape**.
        response
            What volatilities do then.
        points
            Volatility points added to all of them; broadcasts with ``move``.
        days
            Calendar days forward.

        Raises
        ------
        RangeError
            If the index would be gone.
        """
        share = 1.0 + np.asarray(move, dtype=np.float64)
        if bool(np.any(share <= 0.0)):
            raise RangeError("the index would be gone", where="moves", mend="give moves above -1")
        day = self.day + dt.timedelta(days)
        found = {
            name: _moved(state, share, response, np.asarray(points), day)
            for name, state in self.states.items()
            if name != VOLATILITY
        }
        if VOLATILITY in self.states:
            found[VOLATILITY] = self._vix(found[INDEX], day)
        return found

    def _vix(self, index: State, day: dt.date) -> State:
        """Return the state of VIX futures where those of the index are moved."""
        given = self.states[VOLATILITY]
        if not isinstance(given.forward, Mapping):
            raise RangeError("VIX has one forward", where="forward", mend="give one an expiry")
        ahead = {}
        for expiry, level in given.forward.items():
            years = max((expiry - day).days, 0) / DAYS_PER_YEAR
            rises = _forward_vol(index, years) / _forward_vol(self.index, years)
            ahead[expiry] = np.asarray(level, dtype=np.float64) * rises
        return replace(given, date=day, forward=ahead)


def _moved(state: State, share: Floats, response: Response, points: Floats, day: dt.date) -> State:
    base = state.vol
    if isinstance(base, Mapping):
        raise RangeError(
            "volatilities by strike say nothing of other strikes",
            where="vol",
            mend="give one volatility or a smile",
        )

    carry = 0.0 if state.spot is None else np.asarray(state.rate) - np.asarray(state.dividend)

    def smile(log_moneyness: Floats, years: float) -> Floats:
        before = np.asarray(log_moneyness + np.log(share))  # of the forward before the move
        kept = base(before, years) if callable(base) else 0.0 if base is None else base
        struck, days = np.exp(before + carry * years), years * DAYS_PER_YEAR
        if isinstance(response, Measured):
            after = response.after(kept, share - 1.0, moneyness=struck, tenor=days)
        else:
            after = np.asarray(kept) + response.shift(share - 1.0, moneyness=struck, tenor=days)
        return np.maximum(after + points / 100.0, FLOOR)

    later = replace(state, date=day, vol=smile)
    if state.spot is not None:
        return replace(later, spot=np.asarray(state.spot) * share)
    if isinstance(state.forward, Mapping):
        return replace(later, forward={e: np.asarray(f) * share for e, f in state.forward.items()})
    return replace(later, forward=np.asarray(state.forward) * share)


def _forward_vol(state: State, years: float) -> Floats:
    """Return the volatility at the money of the thirty days after a time."""

    def total(time: float) -> Floats:
        vol = state.vol
        level = vol(np.zeros(()), time) if callable(vol) else vol
        return np.asarray(level, dtype=np.float64) ** 2 * time

    near = total(years) if years > 0.0 else np.zeros(())
    return np.sqrt(np.maximum(total(years + MONTH) - near, FLOOR**2 * MONTH) / MONTH)


def ground(
    book: Book,
    given: Market | State,
    *,
    date: str | None = None,
    source: str | None = None,
    chain: tuple[ChainFit, Chain] | None = None,
    ends: Iterable[dt.date] = (),
) -> Ground:
    """Return where a book is priced: a day of data, a fitted chain, or a state of one's own.

    Parameters
    ----------
    book
        Whose underlyings and expiries are wanted.
    given
        History, or the state of the S&P 500 alone.
    date
        The day; the last of the data by default.
    source
        Folder of the data, whose weekly VIX futures are read where the book has some.
    chain
        Prices of the S&P 500 are its; its day is taken.
    ends
        Further expiries of hedges.

    Raises
    ------
    RangeError
        If an underlying is none that can be priced so, or the day lies outside the data.
    """
    under = {_underlying(h) for h in book.holdings}
    own = {h.contract.expiry for h in book.holdings if not isinstance(h.contract, Shares)}
    far = own | {*ends}
    for name in sorted(under - {*SHARE, VOLATILITY}):
        raise RangeError(
            f"a book on {name} is not compared here", where=book.name,
            mend="leave in it what is written on the S&P 500 and VIX",
        )  # fmt: skip
    if isinstance(given, State):
        return _of_state(given, under, book)
    states, notes = {}, []
    market = given.until(given.index_of(date)) if date else given
    if chain is not None:
        made = of_chain(*chain, _probe(far))
        said = of_chain(*chain, _probe(own or far)).notes
        states[INDEX] = made.state
        day = np.datetime64(made.state.day)
        within = bool(market.dates[0] <= day <= market.dates[-1])
        market = market.until(market.index_of(str(day))) if within else market
        notes += [one.sentence for one in said]
    else:
        made = of_market(market, INDEX)
        states[INDEX] = made.state
        notes += [one.sentence for one in made.notes]
    for name in sorted(under & (SHARE.keys() - {INDEX})):
        if chain is not None:
            raise RangeError(f"the chain prices {INDEX}, not {name}", where=book.name,
                             mend="leave the chain or the positions out")  # fmt: skip
        one = of_market(market, name)
        states[name] = one.state
        notes += [said.sentence for said in one.notes if said.sentence not in notes]
    if VOLATILITY in under:
        curve = listed_curve(source, market) if source else None
        mine = (h.contract for h in book.holdings if _underlying(h) == VOLATILITY)
        dates = {one.expiry for one in mine if not isinstance(one, Shares)}
        two = of_market(market, VOLATILITY, sorted(dates), curve=curve)
        states[VOLATILITY] = two.state
        notes += [said.sentence for said in two.notes if said.sentence not in notes]
    vix = float(market["vix"][np.isfinite(market["vix"])][-1])
    spot = np.nan
    if chain is not None:
        vix, spot = 100.0 * float(_forward_vol(states[INDEX], 0.0)), chain[1].spot
    return Ground(states, vix, tuple(dict.fromkeys(notes)), market, spot)


def _probe(expiries: Iterable[dt.date]) -> Structure:
    """Return what asks a chain for the forwards of expiries."""
    options = (OptionContract("SPXW", end, 100.0, True) for end in sorted(expiries))
    return Structure("all", tuple(Position(1.0, option) for option in options))


def _of_state(state: State, under: set[str], book: Book) -> Ground:
    if VOLATILITY in under:
        raise RangeError("a state of the index says nothing of VIX futures", where=book.name,
                         mend="give a market, or leave VIX out")  # fmt: skip
    states = {INDEX: state}
    for name in under - {INDEX}:
        spot = None if state.spot is None else np.asarray(state.spot) * SHARE[name]
        if spot is None:
            raise RangeError("a state of forwards", where="forward", mend="give a spot")
        states[name] = replace(state, spot=spot)
    vol = _forward_vol(state, 0.0)
    if vol.size != 1 or np.size(state.spot if state.spot is not None else 1.0) != 1:
        raise RangeError("the state is an array", where="state", mend="give numbers")
    return Ground(states, 100.0 * float(vol), ("Volatility is the state's own.",))


def structures(book: Book, at: Ground) -> dict[str, Structure]:
    """Return the positions of a book by underlying; futures without a price are agreed today."""
    sorted_: dict[str, list[Position]] = {}
    for held in book.holdings:
        name = _underlying(held)
        entry = None
        if isinstance(held.contract, FutureContract):
            today = float(at.states[name].forward_to(held.contract.expiry))
            entry = today if held.price is None else held.price
        position = Position(held.quantity, held.contract, entry)
        sorted_.setdefault(name, []).append(position)
    return {name: Structure(book.name, tuple(all_)) for name, all_ in sorted_.items()}


def value(held: Mapping[str, Structure], states: Mapping[str, State]) -> Value:
    """Return price and Greeks of positions on several underlyings, USD.

    Parameters
    ----------
    held, states
        By underlying.

    Returns
    -------
    Value
        Delta and gamma to a point of the S&P 500.  VIX counts as volatility: a point of its
        futures is a point of vega, and no delta.
    """
    total = [np.zeros(()) for _ in Value._fields]
    for name, structure in held.items():
        one = structure.value(states[name])
        if structure.positions[0].underlying == VOLATILITY:
            flat = np.zeros(one.price.shape)
            one = one._replace(delta=flat, gamma=flat, vega=one.delta, vanna=flat, charm=flat)
        else:
            share = SHARE[name]
            one = one._replace(
                delta=one.delta * share, gamma=one.gamma * share**2,
                vanna=one.vanna * share, charm=one.charm * share,
            )  # fmt: skip
        total = [a + b for a, b in zip(total, one, strict=True)]
    return Value(*(np.asarray(part) for part in total))


def cost(structure: Structure, state: State, costs: Costs, vix: float) -> float:
    """Return half-spreads and fees of trading a structure once, USD.

    Notes
    -----
    Index futures pay the half-spread of the index in `Costs`, which is wider than their tick.
    """
    total = 0.0
    for position in structure.positions:
        contract, alone = position.contract, Structure("leg", (position,))
        one = alone.value(state)
        if isinstance(contract, OptionContract):
            price, vega = one.price / position.size, one.vega / position.size
            if contract.product.margin is MarginClass.VOLATILITY:
                half = costs.of_vix_option(price, vix)
            else:
                half = costs.of_option(price, vega, vix)
            fee = costs.option_fee
        elif isinstance(contract, FutureContract):
            level = state.forward_to(contract.expiry)
            on_vix = contract.product.underlying == VOLATILITY
            half = costs.of_future(vix) if on_vix else costs.of_underlying(level)
            fee = costs.future_fee
        else:
            half = costs.of_underlying(one.price / position.size)
            fee = 0.0
        total += abs(position.size) * float(half) + abs(position.quantity) * fee
    return total


def _underlying(held: Holding) -> str:
    one = held.contract
    return one.symbol if isinstance(one, Shares) else one.product.underlying
