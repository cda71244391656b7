"""Everything that is asked of a structure before it is traded, in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.errors import MissingExtraError, RangeError
from hedgerow.instruments.margin import Margin, margin
from hedgerow.instruments.profile import BreakEvens, Extreme
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure, Value


class Leg(NamedTuple):
    """A position of the structure: its price in points, and its volatility if it is an option."""

    position: Position
    points: float
    vol: float | None

    @property
    def symbol(self) -> str:
        """Symbol of the contract, without blanks."""
        contract = self.position.contract
        return contract.compact if isinstance(contract, OptionContract) else contract.symbol


@dataclass(frozen=True)
class Analysis:
    """A structure priced in a state.

    Parameters
    ----------
    structure, state
        What was priced, and where.
    price, paid
        USD: the model's price, and what gains count from; negative for a credit.
    value
        Price as European options, and all Greeks.
    legs
        Its positions.
    break_evens, worst, best
        At the first expiry, after what was paid.
    margin
        Strategy-based; None where a future's own margin is not known.
    early
        None without American options; True if the price holds their early exercise, False if
        QuantLib is missing and they are priced as European.
    """

    structure: Structure
    state: State
    price: float
    paid: float
    value: Value
    legs: tuple[Leg, ...]
    break_evens: BreakEvens
    worst: Extreme
    best: Extreme
    margin: Margin | None
    early: bool | None


def analyse(
    structure: Structure,
    state: State,
    *,
    paid: float | None = None,
    futures: Mapping[str, float] | None = None,
) -> Analysis:
    """Price a structure and find its Greeks, break-evens, extremes and margin.

    Parameters
    ----------
    structure
        What is held.
    state
        The market, numbers only.
    paid
        USD paid for it, negative for a credit; left out, the model's price.
    futures
        Margin of one future, USD by root.

    Raises
    ------
    RangeError
        If the state lacks what a position needs, or holds arrays.

    Examples
    --------
    >>> import datetime as dt
    >>> from hedgerow.instruments.structures import iron_condor
    >>> condor = iron_condor("SPXW", dt.date(2026, 3, 20), 7090, 7185, 7510, 7605, quantity=2)
    >>> found = analyse(condor, State("2026-02-18", spot=7350.0, vol=0.15), paid=-9600.0)
    >>> found.worst.amount, found.best.amount, found.margin.requirement
    (-9400.0, 9600.0, 19000.0)
    """
    value, early = structure.value(state), None
    price = value.price
    if price.size != 1:
        raise RangeError("the state is an array", where="state", mend="give one price of each")
    if structure.american:
        try:
            price, early = structure.price(state), True
        except MissingExtraError:
            early = False
    cost = float(price) if paid is None else paid
    legs = tuple(_leg(each, state, early=bool(early)) for each in structure.positions)
    held = None
    if {each.root for each in structure.futures} <= set(futures or {}):
        prices = [max(leg.points, 0.0) for leg in legs]  # rounding may leave less than nothing
        held = margin(structure, state, prices=prices, futures=futures)
    return Analysis(
        structure=structure,
        state=state,
        price=float(price),
        paid=cost,
        value=value,
        legs=legs,
        break_evens=structure.break_evens(cost, state),
        worst=structure.worst(cost, state),
        best=structure.best(cost, state),
        margin=held,
        early=early,
    )


def _leg(position: Position, state: State, *, early: bool) -> Leg:
    contract = position.contract
    alone = Structure("leg", (position,))
    price = alone.price(state) if early else alone.value(state).price
    points = float(price) / position.size
    if isinstance(contract, Shares):
        return Leg(position, points, None)
    if isinstance(contract, FutureContract):
        return Leg(position, points + (position.entry or 0.0), None)
    return Leg(position, points, float(state.vol_of(contract.strike, contract.expiry)))
