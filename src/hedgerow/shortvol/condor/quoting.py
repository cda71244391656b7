"""The condor that rules would sell of a listed chain, at its real bids and asks.

Strikes are chosen by the delta of each quote's own implied volatility, the forward by put-call
parity; nothing of it is a model's surface, whose price of the same contracts stands beside it.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np

from hedgerow.core.expiry import weekly_expiries
from hedgerow.core.market import Market
from hedgerow.data.chain_quality import screen
from hedgerow.data.chains import Chain, Expiry
from hedgerow.errors import RangeError
from hedgerow.instruments.analysis import Analysis, analyse
from hedgerow.instruments.legs import MULTIPLIER
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Structure
from hedgerow.instruments.structures import iron_condor
from hedgerow.pricing.black import DAYS_PER_YEAR, bsm
from hedgerow.pricing.board import Board
from hedgerow.pricing.fit import quotes
from hedgerow.pricing.parity import parity
from hedgerow.research.states import Note, of_market
from hedgerow.shortvol.condor.rules import CondorRules

FURTHEST = 45
"""Calendar days that the expiry taken may lie beyond the one asked for."""
NEAR = 0.5
"""A sold option's delta may be off by this part of the one asked for, and no more."""


class Leg(NamedTuple):
    """One option of a condor as quoted, points."""

    name: str
    """``put wing``, ``put``, ``call``, ``call wing``."""
    quantity: float
    strike: float
    bid: float
    ask: float
    vol: float
    """Implied by the middle, a decimal a year."""
    delta: float
    """To the forward, discounted."""


class Quoted(NamedTuple):
    """A condor of a chain, one contract; points unless said otherwise."""

    date: dt.date
    expiry: Expiry
    asked: dt.date
    """The expiry that the rules ask for."""
    forward: float
    legs: tuple[Leg, ...]
    credit: float
    """Sold at the bids, bought at the asks."""
    middle: float
    """At the middle of every quote."""
    analysis: Analysis
    """At the credit: break-evens, worst and best, Greeks (to the forward), margin."""
    modelled: float | None
    """Credit on the model's surface, mid; None without a market of that session."""
    notes: tuple[Note, ...]
    """Of the model."""

    @property
    def error(self) -> float | None:
        """Modelled credit less the quoted middle, points."""
        return None if self.modelled is None else self.modelled - self.middle


def quote(chain: Chain, rules: CondorRules, market: Market | None = None) -> Quoted:
    """Return the condor that rules sell of a chain.

    Parameters
    ----------
    chain
        Of European options on the rules' index.
    rules
        Their entry; of a chain's day, whatever weekday it is.
    market
        With the session of the chain, to price the same contracts on the model's surface.

    Returns
    -------
    Quoted
        Of the rules' Friday expiry, or the first after it that quotes such a condor.

    Raises
    ------
    RangeError
        If none can be formed of what is quoted; says why.
    DataError
        If the chain holds a contract twice.

    Examples
    --------
    >>> from hedgerow.data.chain_files import sample
    >>> quote(sample(), CondorRules(dte=30))
    Traceback (most recent call last):
        ...
    hedgerow.errors.RangeError: chain sample: of 1 settlements none at or after 2023-10-20 quotes \
such a condor; the first, 2023-10-20 AM: no put is quoted near a delta of 0.16. Mend: give a \
chain with more strikes, or other deltas or days
    """
    if not chain.european:
        raise RangeError(
            "its options may be exercised early",
            where=f"chain {chain.file or chain.symbol}",
            mend="give a chain of SPX",
        )
    kept = screen(chain)[0]
    tenor = chain.date + dt.timedelta(rules.dte)
    last = tenor + dt.timedelta(FURTHEST)
    target: dt.date = weekly_expiries(str(tenor), str(last))[0].item()
    reason = "none is listed"
    # weeklies that settle on the close first, as the rules sell them
    late = [each for each in kept.expiries if target <= each.date <= last]
    for expiry in sorted(late, key=lambda each: (each.date, each.am)):
        found = _legs(kept.board(expiry), rules)
        if not isinstance(found, str):
            return _quoted(chain, expiry, target, *found, market)
        if reason == "none is listed":
            reason = f"the first, {expiry}: {found}"
    raise RangeError(
        f"of {len(kept.expiries)} settlements none at or after {target} quotes such a condor; "
        f"{reason}",
        where=f"chain {chain.file or chain.symbol}",
        mend="give a chain with more strikes, or other deltas or days",
    )


def modelled_credit(
    structure: Structure, market: Market | None, day: dt.date
) -> tuple[float | None, tuple[Note, ...]]:
    """Return what the model's surface of a session takes in for a structure, points, and its notes.

    None where there is no market, or it lacks the session.
    """
    if market is None or np.datetime64(day, "D") not in market.dates:
        return None, ()
    state, notes = of_market(market, structure.underlying, date=str(day))
    return -float(structure.price(state)) / MULTIPLIER, notes


_Found = tuple[tuple[Leg, ...], float, float, float]


def _legs(board: Board, rules: CondorRules) -> _Found | str:
    """Return legs, forward, rate and years, or why there are none."""
    try:
        pairs = parity(board)
        found = quotes(board, pairs)
    except RangeError as error:
        return error.what
    rate = -float(np.log(found.discount)) / found.time
    delta = np.abs(
        bsm(found.forward, found.strike, found.time, found.mid, rate, rate, call=found.call).delta
    )
    legs: dict[bool, tuple[int, int]] = {}
    for call, word in ((False, "put"), (True, "call")):
        side = np.flatnonzero(found.call == call)
        near = _nearest(side, delta, rules.short_delta)
        if near is None:
            return f"no {word} is quoted near a delta of {rules.short_delta:g}"
        sign = 1.0 if call else -1.0
        beyond = side[sign * (found.strike[side] - found.strike[near]) > 0.0]
        if rules.wing_width is None:
            wing = _nearest(beyond, delta, rules.wing_delta)
        else:
            width = sign * (found.strike - found.strike[near])
            wing = _nearest(beyond, width, rules.wing_width)
        if wing is None:
            return f"no {word} is quoted that would be a wing"
        legs[call] = near, wing
    place = [
        ("put wing", 1.0, legs[False][1]),
        ("put", -1.0, legs[False][0]),
        ("call", -1.0, legs[True][0]),
        ("call wing", 1.0, legs[True][1]),
    ]
    made = []
    for name, quantity, i in place:
        row = int(np.searchsorted(board.strike, found.strike[i]))
        columns = (
            (board.call_bid, board.call_ask)
            if found.call[i]
            else (
                board.put_bid,
                board.put_ask,
            )
        )
        bid, ask = (float(column[row]) for column in columns)
        signed = float(delta[i]) * (1.0 if found.call[i] else -1.0)
        made.append(
            Leg(name, quantity, float(found.strike[i]), bid, ask, float(found.mid[i]), signed)
        )
    return tuple(made), found.forward, rate, found.time


def _nearest(rows: np.ndarray, values: np.ndarray, wanted: float) -> int | None:
    """Return the row whose value is nearest, None where none is within `NEAR` of it."""
    if not len(rows):
        return None
    best = int(rows[np.argmin(np.abs(values[rows] - wanted))])
    return best if abs(values[best] - wanted) <= NEAR * wanted else None


def _quoted(
    chain: Chain,
    expiry: Expiry,
    asked: dt.date,
    legs: tuple[Leg, ...],
    forward: float,
    rate: float,
    time: float,
    market: Market | None,
) -> Quoted:
    low, put, call, high = legs
    root = "SPX" if expiry.am else "SPXW"
    structure = iron_condor(root, expiry.date, low.strike, put.strike, call.strike, high.strike)
    credit = put.bid + call.bid - low.ask - high.ask
    middle = -sum(leg.quantity * 0.5 * (leg.bid + leg.ask) for leg in legs)
    # a state counts whole days: total variance to the moment of settlement stays the same
    years = (expiry.date - chain.date).days / DAYS_PER_YEAR
    vols = {leg.strike: leg.vol * float(np.sqrt(time / years)) for leg in legs}
    state = State(chain.date, forward={expiry.date: forward}, vol=vols, rate=rate * time / years)
    modelled, notes = modelled_credit(structure, market, chain.date)
    return Quoted(
        date=chain.date,
        expiry=expiry,
        asked=asked,
        forward=forward,
        legs=legs,
        credit=credit,
        middle=middle,
        analysis=analyse(structure, state, paid=-credit * MULTIPLIER),
        modelled=modelled,
        notes=notes,
    )
