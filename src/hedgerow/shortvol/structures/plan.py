"""A plan for a short-volatility book: a downside and an upside leg, searched whole (spec G4).

Every structure, strike and whole number of contracts is tried; there is nothing random in it.
Among those that meet the targets the plan is the one whose worst move, under the response of
volatility and with costs paid, is the best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.structure import Structure
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.shortvol.structures.book import Book
from hedgerow.shortvol.structures.comparison import Worst, bonds_of, margin_of, worst_of
from hedgerow.shortvol.structures.ground import (
    INDEX,
    SHARE,
    STILL,
    Floats,
    Ground,
    Response,
    cost,
    structures,
    value,
)
from hedgerow.shortvol.structures.hedges import Hedge, Terms, hedge, mixed, scaled
from hedgerow.shortvol.structures.paths import horizon, shortfall, walks

MOVES = (-0.10, -0.07, -0.05, -0.03, -0.02, 0.0, 0.02, 0.03, 0.05, 0.07)
"""Moves of the index that a plan is judged by."""

STRIKES = (0.02, 0.04, 0.06)
"""Distances from the forward that are tried."""

DOWNSIDE = ("short_future", "hedged_short_future", "long_put", "put_spread", "collar", "sold_call")
UPSIDE = ("sold_put", "sold_atm_put", "hedged_long_future")
_STRUCK_ONCE = frozenset({"short_future", "sold_atm_put"})

SESSIONS = 252.0

CLEAR = 2.0
"""Standard errors beyond which a difference is more than chance."""

MOST = 60
"""Units of a leg that are tried at most; beyond, in steps."""


@dataclass(frozen=True)
class Target:
    """What a plan shall leave of the book's risk.

    Parameters
    ----------
    delta
        USD per point of the index.
    vega
        USD per vol point; half of the book's where left out.
    tolerance
        How far off they may be: a part of the largest delta that the book has between −5 % and
        +5 %, and of its vega.
    budget
        The most to be paid on opening, premium and costs, USD; half of what the book is short
        where left out.
    finite
        Whether the loss of book and plan must end somewhere in a rise.

    Raises
    ------
    RangeError
        If a number is out of range.
    """

    delta: float = 0.0
    vega: float | None = None
    tolerance: float = 0.25
    budget: float | None = None
    finite: bool = True

    def __post_init__(self) -> None:
        for name in ("delta", "vega", "budget"):
            number = getattr(self, name)
            if number is not None and not np.isfinite(number):
                raise RangeError(f"{number} is no number", where=name, mend="give USD")
        if self.budget is not None and self.budget < 0.0:
            raise RangeError(f"{self.budget:g} is no budget", where="budget", mend="give USD")
        if not 0.0 < self.tolerance <= 10.0:  # ten times all there is
            raise RangeError(f"{self.tolerance} is out of range", where="tolerance",
                             mend="give a number above 0, such as 0.25")  # fmt: skip


class Leg(NamedTuple):
    """One leg of a plan: a hedge, how many units, and what a unit does."""

    hedge: Hedge
    units: float
    structure: Structure
    fixed: Floats
    """P&L of one unit at `MOVES`, volatility unmoved, USD."""
    answered: Floats
    """There under the response."""
    delta: float
    vega: float
    cost: float
    premium: float
    rise: float
    """USD a point far above all strikes."""


class Legs(NamedTuple):
    """A downside leg, perhaps an upside one, and what they leave of the book."""

    down: Leg
    up: Leg | None
    gain: Floats
    """P&L of book and legs at `MOVES` under the response, costs paid, USD."""
    delta: float
    vega: float
    cost: float
    premium: float
    worst: Worst
    margin: float
    meets: bool
    """Whether targets and budget are met."""

    @property
    def parts(self) -> tuple[Leg, ...]:
        """The legs that there are."""
        return (self.down,) if self.up is None else (self.down, self.up)

    @property
    def structures(self) -> dict[str, Structure]:
        """All their positions."""
        return mixed(*({INDEX: leg.structure} for leg in self.parts))

    @property
    def least(self) -> float:
        """P&L at the worst of `MOVES`, USD."""
        return float(self.gain.min())


class Tail(NamedTuple):
    """Windows of history: mean P&L, and the mean of the worst 5 %, USD."""

    mean: float
    shortfall: float
    windows: int


class History(NamedTuple):
    """A plan on the windows of history beside the book, and a smaller book of equal shortfall."""

    book: Tail
    plan: Tail
    smaller: Tail
    part: float
    """Of the book that has the plan's shortfall; 1.0 where the plan does not lower it."""
    edge: float
    """Mean of plan less smaller book, USD a window."""
    error: float
    """Its standard error, windows taken for apart by their own length."""


@dataclass(frozen=True)
class Plan:
    """What to add to a book.

    Parameters
    ----------
    book, at, response, target
        As given; the target with its numbers filled in.
    chosen, runner_up, sold_call
        The best; the best with another downside leg; the best with a sold call, if any.
    alone
        P&L of the book at `MOVES` under the response, USD.
    delta, vega, margin, worst
        Of the book alone.
    history
        What the plan did in the past; None without data, or with options on VIX in the book.
    tried
        Combinations of structures, strikes and contracts.
    days
        Calendar days of a window.
    """

    book: Book
    at: Ground
    response: Response
    target: Target
    chosen: Legs
    runner_up: Legs | None
    sold_call: Legs | None
    alone: Floats
    delta: float
    vega: float
    margin: float
    worst: Worst
    history: History | None
    tried: int
    days: int

    @property
    def worth(self) -> bool | None:
        """Whether the plan clearly earned more than a smaller book of the same shortfall.

        By two standard errors; None where there is no history.
        """
        if self.history is None:
            return None
        return self.history.part < 1.0 and self.history.edge > CLEAR * self.history.error


def plan(
    book: Book,
    at: Ground,
    response: Response,
    terms: Terms,
    *,
    target: Target | None = None,
    costs: Costs | None = None,
) -> Plan:
    """Choose a downside and an upside leg for a book.

    Parameters
    ----------
    book, at
        What is hedged, and where it is priced; its history judges whether the plan is worth it.
    response
        How volatility answers a move of the index.
    terms
        Root, expiry and future of the legs; strikes are searched.
    target, costs
        The usual ones by default.

    Raises
    ------
    RangeError
        If the book does not lose at any of `MOVES`: there is nothing to plan.
    """
    spent = costs or Costs()
    held = structures(book, at)
    move = np.array(MOVES)
    now = value(held, at.states)
    moved = at.moved(move, response)
    then = value(held, moved)
    alone = then.price - now.price
    if float(alone.min()) >= 0.0:
        raise RangeError("it loses at no move of the index that is tried", where=book.name,
                         mend="a hedge is for a book that is short of volatility")  # fmt: skip
    wanted = _filled(target or Target(), now.vega, now.price)
    inner = np.abs(move) <= 0.05 + 1e-9  # as `Target.tolerance` says
    room = wanted.tolerance * float(np.abs(then.delta[inner]).max())
    slack = wanted.tolerance * max(abs(float(now.vega)), 1.0)
    search = _Search(held, at, response, spent, wanted, alone, float(now.delta),
                     float(now.vega), room, slack, _rise(held))  # fmt: skip
    down = [leg for name in DOWNSIDE for leg in search.legs(name, terms)]
    up = [leg for name in UPSIDE for leg in search.legs(name, terms)]
    best: dict[str, _Found] = {}
    tried = 0
    for one in down:
        for other in (None, *up):
            found, count = search.best(one, other)
            tried += count
            name = one.hedge.name
            if found is not None and (name not in best or found.rank < best[name].rank):
                best[name] = found
    if not best:
        raise RangeError("every plan loses without end in a rise", where="finite",
                         mend="allow it, or let the book's calls be covered")  # fmt: skip
    order = sorted(best, key=lambda name: best[name].rank)
    bonds = bonds_of(at, terms)
    made = {name: search.made(best[name], bonds) for name in best}
    chosen = made[order[0]]
    history = None
    days = horizon(held, at)
    if at.market is not None:
        history = _history(held, chosen, at, spent, days)
    return Plan(
        book, at, response, wanted, chosen,
        made[order[1]] if len(order) > 1 else None,
        made.get("sold_call"), alone, float(now.delta), float(now.vega),
        margin_of(held, at, bonds), worst_of(held, at, 0.0, response), history, tried, days,
    )  # fmt: skip


def _filled(target: Target, vega: Floats, price: Floats) -> Target:
    half = 0.5 * float(vega) if target.vega is None else target.vega
    budget = max(-0.5 * float(price), 0.0) if target.budget is None else target.budget
    return replace(target, vega=half, budget=budget)


class _Found(NamedTuple):
    rank: tuple[bool, float, float, float]
    down: Leg
    up: Leg | None
    meets: bool


class _Search(NamedTuple):
    held: dict[str, Structure]
    at: Ground
    response: Response
    costs: Costs
    target: Target
    alone: Floats
    delta: float
    vega: float
    room: float
    slack: float
    rise: float

    def legs(self, name: str, terms: Terms) -> list[Leg]:
        """Return one unit of a hedge at every strike that is tried."""
        made = []
        for out in STRIKES[:1] if name in _STRUCK_ONCE else STRIKES:
            one = hedge(name, replace(terms, out=out, wide=out + 0.08), self.at)
            mine = {INDEX: one.structure}
            now = value(mine, self.at.states)
            move = np.array(MOVES)
            fixed, answered = (
                value(mine, self.at.moved(move, how)).price - now.price
                for how in (STILL, self.response)
            )
            spent = cost(one.structure, self.at.index, self.costs, self.at.vix)
            made.append(
                Leg(one, 1.0, one.structure, fixed, answered, float(now.delta), float(now.vega),
                    spent, float(now.price), _rise(mine))
            )  # fmt: skip
        return made

    def best(self, down: Leg, up: Leg | None) -> tuple[_Found | None, int]:
        """Return the best numbers of units of two legs, and how many were tried."""
        a = self._counts(down)
        b = np.zeros(1) if up is None else self._counts(up)
        a, b = (each.ravel() for each in np.meshgrid(a, b, indexing="ij"))

        def both(field: str) -> Floats:
            second = 0.0 if up is None else b * getattr(up, field)
            return np.asarray(a * getattr(down, field) + second)

        gain = self.alone + np.outer(a, down.answered)
        if up is not None:
            gain = gain + np.outer(b, up.answered)
        least = (gain - both("cost")[:, None]).min(axis=1)
        off = np.abs(self.delta + both("delta") - self.target.delta) / self.room
        away = np.abs(self.vega + both("vega") - (self.target.vega or 0.0)) / self.slack
        paid = both("cost") + both("premium") - (self.target.budget or 0.0)
        dear = np.maximum(paid, 0.0) / max(self.target.budget or 0.0, 1.0)
        meets = (off <= 1.0) & (away <= 1.0) & (paid <= 0.0)
        miss = np.where(meets, 0.0, np.maximum(off, 1.0) + np.maximum(away, 1.0) + dear)
        allowed = np.full(len(a), True)
        if self.target.finite:
            allowed = self.rise + both("rise") >= -1e-6  # USD a point
        if not bool(allowed.any()):
            return None, len(a)
        order = np.lexsort((a + b, both("cost"), -least.round(2), miss.round(9), ~allowed))
        i = int(order[0])
        second = None if up is None or b[i] == 0.0 else _units(up, float(b[i]))
        rank = (not meets[i], float(miss[i]), -float(least[i]), float(both("cost")[i]))
        return _Found(rank, _units(down, float(a[i])), second, bool(meets[i])), len(a)

    def _counts(self, leg: Leg) -> Floats:
        """Return whole numbers of units, up to twice what covers the worst move or the vega."""
        gain = float(np.abs(leg.answered).max())
        most = 2.0 * float(-self.alone.min()) / max(gain, 1e-9)
        step = max(int(np.ceil(min(most, 1e6) / MOST)), 1)
        return np.arange(1, max(int(most), 1) + 1, step, dtype=np.float64)

    def made(self, found: _Found, bonds: Mapping[str, float]) -> Legs:
        """Return what was found with everything that is told of it."""
        parts = [leg for leg in (found.down, found.up) if leg is not None]
        spent = sum(leg.units * leg.cost for leg in parts)
        together = mixed(self.held, *({INDEX: leg.structure} for leg in parts))
        gain = self.alone - spent
        for leg in parts:
            gain = gain + leg.units * leg.answered
        return Legs(
            down=found.down,
            up=found.up,
            gain=gain,
            delta=self.delta + sum(leg.units * leg.delta for leg in parts),
            vega=self.vega + sum(leg.units * leg.vega for leg in parts),
            cost=spent,
            premium=sum(leg.units * leg.premium for leg in parts),
            worst=worst_of(together, self.at, spent, self.response),
            margin=margin_of(together, self.at, bonds),
            meets=found.meets,
        )


def _units(leg: Leg, units: float) -> Leg:
    return leg._replace(units=units, structure=scaled(leg.structure, units))


def _rise(held: Mapping[str, Structure]) -> float:
    """Return what positions gain for a point of the index far above all strikes, USD."""
    total = 0.0
    for name, structure in held.items():
        for p in structure.positions:
            flat = isinstance(p.contract, OptionContract) and not p.contract.call
            if name in SHARE and not flat:
                total += p.size * SHARE[name]
    return total


def _history(
    held: dict[str, Structure], legs: Legs, at: Ground, costs: Costs, days: int
) -> History | None:
    try:
        alone, added = walks((held, legs.structures), at, costs, days)
    except RangeError:
        return None
    both = alone.gain + added.gain
    ours, theirs = shortfall(both), shortfall(alone.gain)
    part = min(max(ours / theirs, 0.0), 1.0) if theirs < 0.0 else 1.0
    # windows overlap: so many sessions apart they hardly do
    apart = max(days * SESSIONS / DAYS_PER_YEAR, 1.0)
    edge, error = _edge(both, part * alone.gain, apart)
    return History(_tail(alone.gain), _tail(both), _tail(part * alone.gain), part, edge, error)


def _tail(gain: Floats) -> Tail:
    return Tail(float(gain.mean()), shortfall(gain), len(gain))


def _edge(plan_gain: Floats, other: Floats, sessions: float) -> tuple[float, float]:
    """Return the mean of a difference and its standard error; windows overlap."""
    gap = plan_gain - other
    apart = max(len(gap) / sessions, 2.0)
    return float(gap.mean()), float(gap.std(ddof=1)) / float(np.sqrt(apart))


def futures_in(legs: Legs) -> bool:
    """Return whether a plan holds futures, whose margin is assumed."""
    held = legs.structures[INDEX].positions
    return any(isinstance(p.contract, FutureContract) for p in held)
