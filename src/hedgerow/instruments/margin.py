"""Strategy-based margin (Cboe, FINRA 4210): the least that the recognised strategies ask for.

Which long option covers which short one is a choice; the cheapest is found
(:mod:`~hedgerow.instruments.pairing`), so that no name of a strategy is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.errors import RangeError
from hedgerow.instruments.pairing import LENT, Long, Short, Terms, least
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Shares, Structure


class Margin(NamedTuple):
    """What must be there when a structure is opened, USD.

    ``requirement`` is held against short options, shares and futures, the premium of uncovered
    options included; ``premium`` is paid for the long options less received for the short ones;
    ``cash`` is both together, what the trade takes from an account.
    """

    requirement: float
    premium: float
    cash: float


def margin(
    structure: Structure,
    state: State,
    *,
    prices: Sequence[float] | None = None,
    futures: Mapping[str, float] | None = None,
) -> Margin:
    """Return the initial margin of a structure by strategy-based rules.

    Parameters
    ----------
    structure
        What is opened.
    state
        Its spot is what the percentages are of; where it gives forwards, each option's own.
        Numbers, not arrays.
    prices
        Points, one for each position, **shape** (N,); those of futures are not read.  Left out,
        the model's prices.
    futures
        USD per contract by root: the exchange's performance bond, which changes from week to
        week and is not kept here.

    Returns
    -------
    Margin
        USD.

    Raises
    ------
    RangeError
        If a price or a future's margin is missing, negative or no number.

    Notes
    -----
    Long options are paid in full, whatever their term.  An uncovered short option takes its
    premium and 15 % of the underlying (broad indices and their ETFs; 20 % volatility indices)
    less what it is out of the money, at least 10 % of the underlying (calls) or of the strike
    (puts); an uncovered put and call together the greater of the two and the other's premium.
    Covered options take the greatest loss of the spread, each expiry of short options by
    itself, covered by options that expire with them or later.  Against shares they take nothing
    of their own, but shares that cover a call are lent on at no more than its strike (half of
    the rest is held as well), and shares sold short that cover a put add what it is in the
    money.  Options and futures lie in different accounts and do not cover each other.

    Source: Cboe, *Margin Manual*; FINRA Rule 4210(f)(2); Regulation T, 12 CFR 220.4(b)(4) for
    shares used as cover, 220.12 for the rest.

    Examples
    --------
    >>> import datetime as dt
    >>> from hedgerow.instruments.structures import iron_condor
    >>> condor = iron_condor("SPXW", dt.date(2026, 3, 20), 7090, 7185, 7510, 7605, quantity=2)
    >>> margin(condor, State("2026-02-18", spot=7350.0, vol=0.15)).requirement
    19000.0
    """
    positions = structure.positions
    quoted = _quotes(structure, state, prices)
    premium = requirement = shares = 0.0
    held = zip(positions, quoted, strict=True)
    stock = next((price for p, price in held if isinstance(p.contract, Shares)), 0.0)
    shorts: list[Short] = []
    longs: list[Long] = []
    for position, price in zip(positions, quoted, strict=True):
        contract = position.contract
        if isinstance(contract, Shares):
            requirement += LENT * abs(position.size) * price
            shares += position.size
        elif isinstance(contract, FutureContract):
            requirement += abs(position.quantity) * _bond(contract, futures)
        else:
            premium += position.size * price
            count, terms = position.quantity, Terms.of(contract)
            if count > 0.0:
                longs.append(Long(count, terms))
            else:
                level = _level(contract, state)
                shorts.append(Short.of(-count, terms, price, level, stock))
    requirement += least(shorts, longs, shares)
    return Margin(requirement, premium, requirement + premium)


def _quotes(structure: Structure, state: State, prices: Sequence[float] | None) -> list[float]:
    count = len(structure.positions)
    if prices is None:
        alone = (Structure(structure.name, (p,)).price(state) for p in structure.positions)
        made = [np.asarray(p) / s.size for p, s in zip(alone, structure.positions, strict=True)]
        if any(np.size(price) != 1 for price in made):
            raise RangeError("the state is an array", where="state", mend="give one state")
        return [max(float(price), 0.0) for price in made]
    if len(prices) != count:
        raise RangeError(
            f"{len(prices)} prices for {count} positions", where="prices", mend="give one for each"
        )
    for position, price in zip(structure.positions, prices, strict=True):
        if not isinstance(position.contract, FutureContract) and not 0.0 <= price < np.inf:
            raise RangeError(f"{price} is no price", where="prices", mend="give points from 0 up")
    return [float(price) for price in prices]


def _bond(contract: FutureContract, futures: Mapping[str, float] | None) -> float:
    amount = (futures or {}).get(contract.root)
    if amount is None or not 0.0 <= amount < np.inf:
        raise RangeError(
            f"there is no margin for {contract.root}",
            where="futures",
            mend=f"give USD per contract: futures={{'{contract.root}': …}}",
        )
    return float(amount)


def _level(option: OptionContract, state: State) -> float:
    spot = state.forward_to(option.expiry) if state.spot is None else np.asarray(state.spot)
    if spot.size != 1:
        raise RangeError("the state is an array", where="state", mend="give one state")
    return float(spot)
