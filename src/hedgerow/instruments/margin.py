"""Strategy-based margin (Cboe, FINRA 4210): the least that the recognised strategies ask for.

Short options are either covered, in a spread whose greatest loss is charged, or charged as
uncovered.  Which long option covers which short one is a choice; the cheapest is found, as a
small integer programme, so that no name of a strategy is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.products import MarginClass
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure

Floats = NDArray[np.float64]

_RATE = {MarginClass.BROAD: 0.15, MarginClass.VOLATILITY: 0.20, MarginClass.EQUITY: 0.20}
_FLOOR = 0.10
_SHARES = 0.50
"""Regulation T: half of the shares' value, long or short."""


class Margin(NamedTuple):
    """What must be there when a structure is opened, USD.

    ``requirement`` is held against short options, shares and futures, the premium of uncovered
    options included; ``premium`` is paid for the long options less received for the short ones;
    ``cash`` is both together, what the trade takes from an account.
    """

    requirement: float
    premium: float
    cash: float


class _Short(NamedTuple):
    # A short option: per contract, USD.
    contracts: float
    option: OptionContract
    multiplier: float
    naked: float
    premium: float
    beside: float  # shares that cover it

    def owes(self, spot: Floats) -> Floats:
        return self.option.intrinsic(spot) * self.multiplier


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
    shorts: list[_Short] = []
    longs: list[tuple[float, OptionContract, float]] = []
    for position, price in zip(positions, quoted, strict=True):
        contract = position.contract
        if isinstance(contract, Shares):
            requirement += _SHARES * abs(position.size) * price
            shares += position.size
        elif isinstance(contract, FutureContract):
            requirement += abs(position.quantity) * _bond(contract, futures)
        else:
            premium += position.size * price
            if position.quantity > 0.0:
                longs.append((position.quantity, contract, position.multiplier))
            else:
                shorts.append(_short(position, contract, price, state, stock))
    if shorts:
        requirement += _least(shorts, longs, shares)
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


def _short(
    position: Position, option: OptionContract, price: float, state: State, stock: float
) -> _Short:
    spot = state.forward_to(option.expiry) if state.spot is None else np.asarray(state.spot)
    if spot.size != 1:
        raise RangeError("the state is an array", where="state", mend="give one state")
    level = float(spot)
    out = max(option.strike - level if option.call else level - option.strike, 0.0)
    least = _FLOOR * (level if option.call else option.strike)
    base = max(_RATE[option.product.margin] * level - out, least)
    size = position.multiplier
    # a short put's cover adds all of its loss, a short call's what was lent above the strike
    beside = float(option.intrinsic(stock)) * (1.0 - _SHARES if option.call else 1.0)
    naked, premium = (price + base) * size, price * size
    return _Short(-position.quantity, option, size, naked, premium, beside * size)


def _least(
    shorts: list[_Short], longs: list[tuple[float, OptionContract, float]], shares: float
) -> float:
    """Return the cheapest split of short options into covered and uncovered ones, USD."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    # columns: uncovered alone, uncovered pairs, covered by shares, longs by expiry, losses
    pairs = [
        (i, j)
        for i, call in enumerate(shorts)
        for j, put in enumerate(shorts)
        if call.option.call and not put.option.call
    ]
    expiries = sorted({_settles(short.option) for short in shorts})
    covers = [
        (k, e)
        for k, (_, option, _) in enumerate(longs)
        for e, expiry in enumerate(expiries)
        if _settles(option) >= expiry
    ]
    n = len(shorts)
    first_share, first_cover = n + len(pairs), 2 * n + len(pairs)
    first_loss = first_cover + len(covers)
    width = first_loss + len(expiries)
    cost = np.zeros(width)
    cost[:n] = [short.naked for short in shorts]
    cost[n:first_share] = [_pair(shorts[i], shorts[j]) for i, j in pairs]
    cost[first_share:first_cover] = [short.beside for short in shorts]
    cost[first_loss:] = 1.0

    freed = np.zeros((n, width))  # contracts of each short option that need no cover
    for i in range(n):
        freed[i, i] = freed[i, first_share + i] = 1.0
    for column, (i, j) in enumerate(pairs, start=n):
        freed[i, column] = freed[j, column] = 1.0
    counts = np.array([short.contracts for short in shorts])
    rows, low = [*-freed], [*-counts]  # no more than there are
    for k, (count, _, _) in enumerate(longs):
        row = np.zeros(width)
        row[[first_cover + c for c, (each, _) in enumerate(covers) if each == k]] = -1.0
        rows.append(row)
        low.append(-count)
    for call, held in ((True, shares), (False, -shares)):
        row = np.zeros(width)
        for i, short in enumerate(shorts):
            if short.option.call is call:
                row[first_share + i] = -short.multiplier
        rows.append(row)
        low.append(-max(held, 0.0))
    strikes = {s.option.strike for s in shorts} | {option.strike for _, option, _ in longs}
    nodes = np.array([0.0, *sorted(strikes), max(strikes) + 1.0])  # the last for the slope
    for e, expiry in enumerate(expiries):
        pays, owed = _cover_rows(shorts, longs, covers, freed, nodes, e, expiry, first_cover)
        rows.append(pays[-1] - pays[-2])
        low.append(owed[-1] - owed[-2])
        pays[:, first_loss + e] = 1.0
        rows.extend(pays)
        low.extend(owed)
    whole = all(float(x).is_integer() for x in (*counts, *(long[0] for long in longs)))
    kinds = np.r_[np.full(first_loss, float(whole)), np.zeros(len(expiries))]
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), np.array(low), np.inf),
        bounds=Bounds(0.0, np.inf),
        integrality=kinds,
    )
    if not found.success:
        raise HedgerowError(f"no margin was found: {found.message}", where="margin")
    return round(float(found.fun), 6)


def _cover_rows(
    shorts: list[_Short],
    longs: list[tuple[float, OptionContract, float]],
    covers: list[tuple[int, int]],
    freed: Floats,
    spots: Floats,
    e: int,
    expiry: tuple[object, ...],
    first_cover: int,
) -> tuple[Floats, Floats]:
    """Return what longs pay plus what freed shorts do not owe, and what all shorts owe."""
    pays = np.zeros((len(spots), freed.shape[1]))
    owed = np.zeros(len(spots))
    for i, short in enumerate(shorts):
        if _settles(short.option) == expiry:
            owes = short.owes(spots)
            owed += short.contracts * owes
            pays += owes[:, None] * freed[i]
    for c, (k, each) in enumerate(covers):
        if each == e:
            _, option, multiplier = longs[k]
            pays[:, first_cover + c] += option.intrinsic(spots) * multiplier
    return pays, owed


def _pair(call: _Short, put: _Short) -> float:
    if call.naked >= put.naked:
        return call.naked + put.premium
    return put.naked + call.premium


def _settles(option: OptionContract) -> tuple[object, ...]:
    """Order of settlement: AM before PM of one date."""
    return option.expiry, option.product.settlement
