"""Structures side by side over a grid of index and volatility, with the book and without (G3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.products import product
from hedgerow.engine.margining import MarginRule
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.margin import margin
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Structure
from hedgerow.instruments.structures import put
from hedgerow.shortvol.structures.book import Book
from hedgerow.shortvol.structures.ground import (
    INDEX,
    STILL,
    Floats,
    Ground,
    Response,
    cost,
    structures,
    value,
)
from hedgerow.shortvol.structures.hedges import HEDGES, Hedge, Terms, hedge, mixed, scaled
from hedgerow.shortvol.structures.sizing import Sized, Sizing, size

MOVES = (-0.10, -0.05, -0.03, 0.0, 0.03, 0.05)
"""Moves of the index that tables show."""

POINTS = (-5.0, 5.0, 10.0, 20.0)
"""Parallel shifts of volatility in the grid, points, beside `fixed` and `with the index`."""

FIXED, ANSWERED = "fixed", "with the index"

WIDE = (-0.40, -0.30, -0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15)
"""Moves among which the worst is looked for where no payoff has it."""

INDEX_BOND = 0.07
"""Margin of an index future as a part of its notional: an assumption, as the exchange's changes."""


class Worst(NamedTuple):
    """The least that a book can gain from today, USD, and where."""

    amount: float
    where: str


class Row(NamedTuple):
    """A structure beside the book; the first row, without a hedge, is the book alone.

    P&L of the hedge alone, USD, from today's value, opening costs not in it.
    """

    name: str
    hedge: Hedge | None
    sized: Sized
    structure: Structure | None
    fixed: Floats
    """At `Comparison.moves` with volatility unmoved, **shape** (M,)."""
    answered: Floats
    """There under the response."""
    grid: Floats
    """Every kind of volatility by every move, **shape** (V, M)."""
    delta: float
    """USD per point of the index."""
    gamma: float
    """USD per point squared."""
    vega: float
    """USD per vol point."""
    theta: float
    """USD per calendar day."""
    worst: Worst
    """Of book and structure together, opening costs in it."""
    margin: float
    """Of book and structure together, USD."""
    cost: float
    """Half-spreads and fees of opening it, USD."""
    premium: float
    """USD paid for it, negative if received."""
    warnings: tuple[str, ...]


class Parity(NamedTuple):
    """A hedged short future beside the put that it is, USD."""

    hedged: Row
    put: Floats
    """P&L of the put under the response, **shape** (M,)."""
    financing: Floats
    """P&L of the forward that remains: futures pay at once, options at expiry."""
    gap: float
    """Largest difference between the two sides in P&L, delta and vega."""
    delta: float
    vega: float
    strike: float


@dataclass(frozen=True)
class Comparison:
    """Structures side by side.

    Parameters
    ----------
    book
        What is hedged.
    at
        Where it is priced.
    response
        How volatility answers.
    moves, kinds
        The axes of the grids.
    rows
        The book alone, then each structure.
    parity
        None without a hedged short future.
    sizing, costs
        As asked for.
    """

    book: Book
    at: Ground
    response: Response
    moves: tuple[float, ...]
    kinds: tuple[str, ...]
    rows: tuple[Row, ...]
    parity: Parity | None
    sizing: Sizing
    costs: Costs

    @property
    def alone(self) -> Row:
        """The book without a hedge."""
        return self.rows[0]

    def both(self, row: Row, *, answered: bool = True) -> Floats:
        """Return P&L of book and structure at `moves`, opening costs paid, USD."""
        mine = self.alone.answered if answered else self.alone.fixed
        if row.hedge is None:
            return mine
        return mine + (row.answered if answered else row.fixed) - row.cost

    def grid(self, row: Row) -> Floats:
        """Return P&L of book and structure over the grid, USD, **shape** (V, M)."""
        return self.alone.grid if row.hedge is None else self.alone.grid + row.grid - row.cost

    def row(self, name: str) -> Row:
        """Return a row by name.

        Raises
        ------
        RangeError
            If there is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise RangeError(f"there is no row '{name}'", where="row",
                         mend=f"use {', '.join(r.name for r in self.rows)}")  # fmt: skip


def compare(
    book: Book,
    at: Ground,
    response: Response,
    terms: Terms,
    *,
    hedges: Sequence[str | Hedge] = tuple(HEDGES),
    sizing: Sizing | None = None,
    costs: Costs | None = None,
    moves: Sequence[float] = MOVES,
    days: int = 0,
    bonds: Mapping[str, float] | None = None,
) -> Comparison:
    """Lay structures beside a book.

    Parameters
    ----------
    book, at
        What is hedged, and where it is priced.
    response
        How volatility answers a move of the index.
    terms
        Where hedges are struck.
    hedges
        Names, or hedges of one's own.
    sizing, costs
        The usual ones by default.
    moves
        Of the index, decimal.
    days
        Calendar days forward.
    bonds
        Margin of a future, USD by root; assumed where left out.

    Raises
    ------
    HedgerowError
        If a hedge is unknown, a move impossible, or a contract expires before `days` are over.
    """
    rule, spent = sizing or Sizing(), costs or Costs()
    moves_ = tuple(float(m) for m in moves)
    if not moves_:
        raise RangeError("there are no moves", where="moves", mend="give some, such as -0.05")
    held = structures(book, at)
    asks = bonds_of(at, terms) | dict(bonds or {})
    own = [each if isinstance(each, Hedge) else hedge(each, terms, at) for each in hedges]
    move = np.array(moves_)
    every = [at.moved(move, STILL, days=days), at.moved(move, response, days=days)]
    every += [at.moved(move, STILL, points=points, days=days) for points in POINTS]
    scene = _Scene(held, at, every, spent, asks, response)
    rows = [scene.row(None, Sized(1.0, ""))]
    rows += [scene.row(one, size(one, held, at, response, rule)) for one in own]
    hedged = next((row for row in rows if row.name == "hedged_short_future"), None)
    kinds = (FIXED, ANSWERED, *(f"{p:+g}" for p in POINTS))
    parity = None if hedged is None else parity_of(hedged, at, every[1])
    return Comparison(book, at, response, moves_, kinds, tuple(rows), parity, rule, spent)


def bonds_of(at: Ground, terms: Terms) -> dict[str, float]:
    """Return the assumed margin of futures, USD per contract by root."""
    level = at.level
    index = {root: INDEX_BOND * level * product(root).multiplier for root in ("ES", "MES")}
    return MarginRule().bonds(at.vix) | index


def margin_of(held: Mapping[str, Structure], at: Ground, bonds: Mapping[str, float]) -> float:
    """Return the margin that positions ask for, each underlying by itself, USD.

    Options count at their European prices.
    """
    total = 0.0
    for name, structure in held.items():
        state = at.states[name]
        alone = [Structure("leg", (p,)) for p in structure.positions]
        prices = [max(float(one.value(state).price) / one.positions[0].size, 0.0) for one in alone]
        total += margin(structure, state, prices=prices, futures=bonds).requirement
    return total


def worst_of(held: Mapping[str, Structure], at: Ground, spent: float, response: Response) -> Worst:
    """Return the least that positions can gain from today: at the first expiry, over all levels.

    Parameters
    ----------
    held
        Positions by underlying.
    at
        Where they are priced today.
    spent
        USD paid to open what is new in them.
    response
        For positions on several underlyings: the worst of some large moves today, told so.
    """
    paid = float(value(held, at.states).price) + spent
    if list(held) == [INDEX]:
        found = _kept_basis(held[INDEX], at).worst(paid, _without_carry(held[INDEX], at))
        if not np.isfinite(found.amount):
            return Worst(found.amount, "the higher the index, the more")
        when = f"at expiry at {found.spot:,.0f}"
        return Worst(found.amount, when + (" and above" if np.isinf(found.until) else
                                           " and below" if found.spot == 0.0 else ""))  # fmt: skip
    gain = value(held, at.moved(np.array(WIDE), response)).price - paid
    i = int(np.argmin(gain))
    said = f"today at {WIDE[i]:+.0%}, of moves from {WIDE[0]:+.0%} to {WIDE[-1]:+.0%}"
    return Worst(float(gain[i]), said.replace("-", "−"))


def _without_carry(held: Structure, at: Ground) -> State:
    """Return a state in which later forwards are worth the index, as the basis is kept aside."""
    level, rate = at.level, at.index.rate
    return State(at.day, spot=level, vol=at.index.vol, rate=rate, dividend=rate)


def _kept_basis(held: Structure, at: Ground) -> Structure:
    """Return positions whose later futures keep today's basis in points at the first expiry.

    In proportion to the index it would leave a short future against a call a little uncovered.
    """
    first = held.expiry
    if first is None:
        return held
    near = float(at.index.forward_to(first))
    made = []
    for p in held.positions:
        if isinstance(p.contract, FutureContract) and p.contract.expiry > first:
            basis = float(at.index.forward_to(p.contract.expiry)) - near
            made.append(Position(p.quantity, p.contract, (p.entry or 0.0) - basis))
        else:
            made.append(p)
    return Structure(held.name, tuple(made))


class _Scene(NamedTuple):
    # What every row is made of.
    held: Mapping[str, Structure]
    at: Ground
    states: list[dict[str, State]]
    costs: Costs
    bonds: Mapping[str, float]
    response: Response

    def row(self, one: Hedge | None, sized: Sized) -> Row:
        made = None if one is None else scaled(one.structure, sized.units)
        mine = self.held if made is None else {INDEX: made}
        together = self.held if made is None else mixed(self.held, mine)
        now = value(mine, self.at.states)
        grid = np.stack([value(mine, states).price - now.price for states in self.states])
        spent = 0.0 if made is None else cost(made, self.at.index, self.costs, self.at.vix)
        return Row(
            name="book alone" if one is None else one.name,
            hedge=one,
            sized=sized,
            structure=made,
            fixed=grid[0],
            answered=grid[1],
            grid=grid,
            delta=float(now.delta),
            gamma=float(now.gamma),
            vega=float(now.vega),
            theta=float(now.theta),
            worst=worst_of(together, self.at, spent, self.response),
            margin=margin_of(together, self.at, self.bonds),
            cost=spent,
            premium=float(now.price),
            warnings=() if one is None else one.warnings,
        )


def parity_of(row: Row, at: Ground, states: Mapping[str, State]) -> Parity:
    """Return a hedged short future beside the put that put-call parity makes of it.

    Parameters
    ----------
    row
        The hedged short future; its P&L under the response is that in ``states``.
    at, states
        Where it was priced, and after the moves.

    Notes
    -----
    −F_T + C(K) = P(K) + e^{-rτ}(F_τ − K) − F_T: what remains beside the put is straight in the
    forwards, without vega.
    """
    legs = row.structure.positions if row.structure is not None else ()
    short = next(p for p in legs if isinstance(p.contract, FutureContract))
    bought = next(p for p in legs if isinstance(p.contract, OptionContract))
    option, forward = bought.contract, short.contract
    if not isinstance(option, OptionContract) or not isinstance(forward, FutureContract):
        raise RangeError("it is no future against a call", where=row.name, mend="give one that is")
    mine = {INDEX: put(option.root, option.expiry, option.strike, bought.quantity)}
    before, after = at.index, states[INDEX]

    def remains(state: State) -> tuple[Floats, Floats]:
        discount = np.exp(-np.asarray(state.rate) * state.years(option.expiry))
        near, far = state.forward_to(option.expiry), state.forward_to(forward.expiry)
        worth = bought.size * discount * (near - option.strike) + short.size * far
        if state.spot is None:
            return worth, np.asarray(bought.size * discount + short.size)
        return worth, (bought.size * discount * near + short.size * far) / np.asarray(state.spot)

    now, then = value(mine, at.states), value(mine, states)
    worth, delta = remains(before)
    later, _ = remains(after)
    gain, financing = then.price - now.price, later - worth
    gap = max(
        float(np.abs(row.answered - gain - financing).max()),
        abs(row.delta - float(now.delta) - float(delta)),
        abs(row.vega - float(now.vega)),
    )
    return Parity(row, gain, financing, gap, float(now.delta), float(now.vega), option.strike)
