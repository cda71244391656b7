"""Which long option covers which short one: the cheapest split by the margin rules.

Short options are either covered, in a spread whose greatest loss is charged, or charged as
uncovered, alone or in pairs of put and call.  The common books are settled by a closed form
that is exact; all others are a small integer programme.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.products import MarginClass, Product
from hedgerow.errors import HedgerowError

Floats = NDArray[np.float64]

LENT = 0.50
"""Regulation T: half of the shares' value, long or short."""

_RATE = {MarginClass.BROAD: 0.15, MarginClass.VOLATILITY: 0.20, MarginClass.EQUITY: 0.20}
_FLOOR = 0.10
_WHOLE = 1e-6
"""How near to a whole contract a part of a split must be to be one."""


class _Option(Protocol):
    # A listed option, or one over the counter.

    @property
    def expiry(self) -> dt.date: ...
    @property
    def strike(self) -> float: ...
    @property
    def call(self) -> bool: ...
    @property
    def product(self) -> Product: ...


class Terms(NamedTuple):
    """What margin needs to know of an option."""

    strike: float
    """Points."""
    call: bool
    settles: tuple[dt.date, str]
    """Order of settlement: AM before PM of one date."""
    multiplier: float
    """USD per point."""
    rate: float
    """Part of the underlying that an uncovered one takes."""

    @classmethod
    def of(cls, option: _Option) -> Terms:
        """Return the terms of an option."""
        item = option.product
        settles = option.expiry, item.settlement
        rate = _RATE[item.margin]
        return cls(option.strike, option.call, settles, item.multiplier, rate)

    def pays(self, spots: Floats) -> Floats:
        """Return what one contract pays at spots in points, USD, same **shape**."""
        sign = self.multiplier if self.call else -self.multiplier
        return np.maximum(sign * (spots - self.strike), 0.0)


class Long(NamedTuple):
    """Options held, as cover."""

    contracts: float
    terms: Terms


class Short(NamedTuple):
    """Options sold, and what one contract takes, USD."""

    contracts: float
    terms: Terms
    naked: float
    """Uncovered and alone."""
    premium: float
    """Its price."""
    beside: float
    """Covered by shares."""

    @classmethod
    def of(
        cls, contracts: float, terms: Terms, price: float, level: float, stock: float = 0.0
    ) -> Short:
        """Return options sold.

        Parameters
        ----------
        contracts
            How many, positive.
        terms
            Of each.
        price, level, stock
            Points: of the option, of its underlying, and of the shares that may cover it.
        """
        strike, size = terms.strike, terms.multiplier
        sign = 1.0 if terms.call else -1.0
        out = max(sign * (strike - level), 0.0)
        base = max(terms.rate * level - out, _FLOOR * (level if terms.call else strike))
        # a short put's cover adds all of its loss, a short call's what was lent above the strike
        lost = max(sign * (stock - strike), 0.0) * (1.0 - LENT if terms.call else 1.0)
        return cls(contracts, terms, (price + base) * size, price * size, lost * size)


def least(shorts: Sequence[Short], longs: Sequence[Long], shares: float = 0.0) -> float:
    """Return the cheapest split of short options into covered and uncovered ones.

    Parameters
    ----------
    shorts, longs
        Of one underlying.
    shares
        Of the underlying, negative when short; they may cover as well.

    Returns
    -------
    float
        USD.

    Examples
    --------
    >>> expiry = (dt.date(2026, 3, 20), "PM")
    >>> sold, wing = (Terms(k, False, expiry, 100.0, 0.15) for k in (4900.0, 4800.0))
    >>> least([Short.of(2.0, sold, 60.0, 5000.0)], [Long(2.0, wing)])
    20000.0
    """
    if not shorts:
        return 0.0
    found = _bare(shorts, longs, shares)
    if found is None and not shares:
        found = _covered(shorts, longs)
    return _searched(shorts, longs, shares) if found is None else round(found, 6)


def _bare(shorts: Sequence[Short], longs: Sequence[Long], shares: float) -> float | None:
    """Return what options take that no long option can cover; None: not so plain."""
    if {short.terms.call for short in shorts} & {long.terms.call for long in longs}:
        return None
    calls = [short for short in shorts if short.terms.call]
    puts = [short for short in shorts if not short.terms.call]
    if not calls or not puts:
        size = sum(short.contracts * short.terms.multiplier for short in shorts)
        held = max(shares if calls else -shares, 0.0)
        if 0.0 < held < size:
            return None
        return sum(short.contracts * _alone(short, beside=held > 0.0) for short in shorts)
    plain = len(calls) == len(puts) == 1 and not longs and not shares
    if not plain or puts[0].naked > _secured(puts[0]):
        return None
    (call,), (put,) = calls, puts
    both = min(call.contracts, put.contracts)
    rest = (call.contracts - both) * call.naked + (put.contracts - both) * put.naked
    return both * _pair(call, put) + rest


def _alone(short: Short, *, beside: bool) -> float:
    """Return the cheapest of: uncovered, against shares, and a put whose strike is put down."""
    ways = [short.naked]
    if beside:
        ways.append(short.beside)
    if not short.terms.call:
        ways.append(_secured(short))
    return min(ways)


def _secured(put: Short) -> float:
    return put.terms.strike * put.terms.multiplier


def plain(shorts: Sequence[Short], longs: Sequence[Long]) -> float:
    """Return what a split takes that needs no search; the cheapest takes no more.

    What is held covers short options of its own day of expiry alone, and these are all covered or
    all uncovered, but for books of one expiry whose cheapest split has a closed form.

    Parameters
    ----------
    shorts, longs
        Of one underlying.

    Returns
    -------
    float
        USD.
    """
    total = 0.0
    for settles in sorted({short.terms.settles for short in shorts}):
        sold = [short for short in shorts if short.terms.settles == settles]
        held = [long for long in longs if long.terms.settles == settles]
        found = _bare(sold, held, 0.0)
        if found is None:
            found = _covered(sold, held)
        if found is None:
            loss = _loss(sold, held, _nodes(sold, held))
            covered = float(loss.max()) if _ends(loss) else math.inf
            found = min(sum(short.contracts * short.naked for short in sold), covered)
        total += found
    return round(total, 6)


def _covered(shorts: Sequence[Short], longs: Sequence[Long]) -> float | None:
    """Return the greatest loss of all options together where no split is cheaper; else None.

    Freeing some short options from cover lowers the loss by no more than what they owe at a spot
    where it is greatest.  Where uncovered they take more than that, all stay covered.
    """
    settles = shorts[0].terms.settles
    if any(short.terms.settles != settles for short in shorts):
        return None
    usable = [long for long in longs if long.terms.settles >= settles]
    nodes = _nodes(shorts, usable)
    loss = _loss(shorts, usable, nodes)
    if not _ends(loss):
        return None
    greatest = float(loss.max())
    if greatest <= 0.0:
        return 0.0
    owes = np.array([short.terms.pays(nodes) for short in shorts])
    saved = owes[:, loss >= greatest * (1.0 - 1e-12)].T
    fits = any(_dearer(shorts, at) for at in saved)
    return greatest if fits else None


def _loss(shorts: Sequence[Short], longs: Sequence[Long], nodes: Floats) -> Floats:
    """Return what short options owe at spots beyond what long ones pay, USD."""
    loss = np.zeros(len(nodes))
    for short in shorts:
        loss += short.contracts * short.terms.pays(nodes)
    for long in longs:
        loss -= long.contracts * long.terms.pays(nodes)
    return loss


def _ends(loss: Floats) -> bool:
    """Say whether there are calls enough for the loss at the nodes to have an end."""
    return bool(loss[-1] - loss[-2] <= 1e-9 * (1.0 + abs(loss[-1])))


def _dearer(shorts: Sequence[Short], owes: Floats) -> bool:
    """Say whether every short option takes more uncovered, alone and in pairs, than it owes."""
    calls = [(s, float(owed)) for s, owed in zip(shorts, owes, strict=True) if s.terms.call]
    puts = [(s, float(owed)) for s, owed in zip(shorts, owes, strict=True) if not s.terms.call]
    alone = all(short.naked >= owed for short, owed in (*calls, *puts))
    return alone and all(
        _pair(call, put) >= one + other for call, one in calls for put, other in puts
    )


def _nodes(shorts: Sequence[Short], longs: Sequence[Long]) -> Floats:
    """Return the spots at which losses have corners; the last is for the slope."""
    strikes = {short.terms.strike for short in shorts} | {long.terms.strike for long in longs}
    return np.array([0.0, *sorted(strikes), 2.0 * max(strikes)])


def _searched(shorts: Sequence[Short], longs: Sequence[Long], shares: float) -> float:
    """Return the cheapest split, found as an integer programme, USD."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    # columns: uncovered alone, uncovered pairs, covered by shares, longs by expiry, losses
    pairs = [
        (i, j)
        for i, call in enumerate(shorts)
        for j, put in enumerate(shorts)
        if call.terms.call and not put.terms.call
    ]
    expiries = sorted({short.terms.settles for short in shorts})
    covers = [
        (k, e)
        for k, long in enumerate(longs)
        for e, expiry in enumerate(expiries)
        if long.terms.settles >= expiry
    ]
    n = len(shorts)
    first_share, first_cover = n + len(pairs), 2 * n + len(pairs)
    first_loss = first_cover + len(covers)
    width = first_loss + len(expiries)
    # in parts of the dearest strike, so that the solver sees numbers near 1
    terms = [*(short.terms for short in shorts), *(long.terms for long in longs)]
    money = max(option.strike * option.multiplier for option in terms)
    cost = np.zeros(width)
    cost[:n] = [short.naked / money for short in shorts]
    cost[n:first_share] = [_pair(shorts[i], shorts[j]) / money for i, j in pairs]
    cost[first_share:first_cover] = [short.beside / money for short in shorts]
    cost[first_loss:] = 1.0

    freed = np.zeros((n, width))  # contracts of each short option that need no cover
    for i in range(n):
        freed[i, i] = freed[i, first_share + i] = 1.0
    for column, (i, j) in enumerate(pairs, start=n):
        freed[i, column] = freed[j, column] = 1.0
    counts = np.array([short.contracts for short in shorts])
    rows, low = [*-freed], [*-counts]  # no more than there are
    for k, long in enumerate(longs):
        row = np.zeros(width)
        row[[first_cover + c for c, (each, _) in enumerate(covers) if each == k]] = -1.0
        rows.append(row)
        low.append(-long.contracts)
    for call, held in ((True, shares), (False, -shares)):
        row = np.zeros(width)
        for i, short in enumerate(shorts):
            if short.terms.call is call:
                row[first_share + i] = -short.terms.multiplier
        rows.append(row)
        low.append(-max(held, 0.0))
    nodes = _nodes(shorts, longs)
    for e, expiry in enumerate(expiries):
        rates = _cover_rows(shorts, longs, covers, freed, nodes, e, expiry, first_cover)
        pays, owed = (rate / money for rate in rates)
        rows.append(pays[-1] - pays[-2])
        low.append(owed[-1] - owed[-2])
        pays[:, first_loss + e] = 1.0
        rows.extend(pays)
        low.extend(owed)
    limits = LinearConstraint(np.array(rows), np.array(low), np.inf)
    whole = all(float(x).is_integer() for x in (*counts, *(long.contracts for long in longs)))
    # often enough the cheapest split of all is one of whole contracts
    for kind in (0.0, 1.0) if whole else (0.0,):
        found = milp(
            cost,
            constraints=limits,
            bounds=Bounds(0.0, np.inf),
            integrality=np.r_[np.full(first_loss, kind), np.zeros(len(expiries))],
            options={"mip_rel_gap": 0.0},
        )
        value = found.fun
        if not found.success or value is None:
            raise HedgerowError(f"no margin was found: {found.message}", where="margin")
        asked = value * money
        parts = np.asarray(found.x[:first_loss])
        if bool((np.abs(parts - np.round(parts)) < _WHOLE).all()):
            break
    return round(asked, 6)


def _cover_rows(
    shorts: Sequence[Short],
    longs: Sequence[Long],
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
        if short.terms.settles == expiry:
            owes = short.terms.pays(spots)
            owed += short.contracts * owes
            pays += owes[:, None] * freed[i]
    for c, (k, each) in enumerate(covers):
        if each == e:
            pays[:, first_cover + c] += longs[k].terms.pays(spots)
    return pays, owed


def _pair(call: Short, put: Short) -> float:
    if call.naked >= put.naked:
        return call.naked + put.premium
    return put.naked + call.premium
