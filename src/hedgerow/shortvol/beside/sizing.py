"""How many of a hedge stand beside a book: as many as give back a part of its modelled loss.

The book and the hedge are priced again at the run's first session, from data up to it alone, with
the index 5 % lower and higher and volatility moved as it did before (spec G1).  So each structure
of G2 covers the same part of the same loss, and hedges of unlike kinds can stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Market
from hedgerow.engine.program import Line, Program
from hedgerow.errors import RangeError
from hedgerow.instruments.sizes import Notional
from hedgerow.research.stress.book import Answer, Held, Shock, fitted, grid
from hedgerow.simulate.paths import FAMILY

MOVE = 0.05
"""Of the index, down and up."""

SESSIONS = 1_260
"""Sessions before the run that the answer of VIX is measured on: five years."""

HISTORY = 700
"""Sessions that the contracts' prices are laid out on."""

FEWEST = 60
"""Sessions below which no answer is measured."""


class Shocked(NamedTuple):
    """Gain of something with the index 5 % lower and 5 % higher, USD."""

    fall: float
    rise: float

    def scaled(self, factor: float) -> Shocked:
        """Return the gains of so many of it."""
        return Shocked(factor * self.fall, factor * self.rise)


class Sized(NamedTuple):
    """Lines of a structure, and how large they are."""

    lines: tuple[Line, ...]
    notional: float
    """Part of NAV that each leg stands on."""
    gains: Shocked
    """Of all lines at the first session, USD."""
    bounded: bool
    """Whether less than the part asked for is covered: more would lose, in the other
    direction, more than the book itself does."""


def answer_before(known: Market) -> Answer:
    """Measure how VIX answered the index over the sessions that end a market.

    Raises
    ------
    RangeError
        If fewer than `FEWEST` sessions are known.
    """
    late = known.between(str(known.dates[max(len(known) - SESSIONS - 1, 0)]), None)
    if len(late) <= FEWEST:
        raise RangeError(
            f"{len(late) - 1} sessions before the run are too few to measure how VIX answers "
            "the index",
            where="start",
            mend=f"begin at least {FEWEST + 1} sessions after the data do",
        )
    move = np.diff(late["spx"]) / late["spx"][:-1]
    others = {name: np.diff(late[name]) for name in FAMILY if name in late}
    return fitted(move, np.diff(late["vix"]), others)


def shocked(line: Line, program: Program, known: Market, answer: Answer) -> Shocked:
    """Return what a line's size at intensity 1.0 gains in the two shocks, USD.

    Parameters
    ----------
    line
        A line of index options, of the index, or of VIX futures.
    program
        Whose terms count: its value and costs.
    known
        What is known up to the close that sizes it.
    answer
        How VIX moves with the index.
    """
    near = known.between(str(known.dates[max(len(known) - HISTORY, 0)]), None)
    roster = line.sleeve.roster(near, lag=program.lag, costs=program.costs)
    last = len(near) - 1
    fixed, per_nav = line.sleeve.size.columns(roster.strip)
    nav = program.portfolio.value
    units = line.share * float(fixed[last] + per_nav[last] * nav)
    held = Held(near, nav, 1.0, units, roster.basket(int(roster.pending[last])), {})
    made = grid(
        held, line.sleeve, program.portfolio, program.costs, answer,
        spots=(-MOVE, MOVE), shocks=(Shock("with the index", None),), days=(0,),
    ).hedge[0, 0]  # fmt: skip
    return Shocked(float(made[0]), float(made[1]))


def together(gains: Sequence[Shocked]) -> Shocked:
    """Return the sum of gains.

    Examples
    --------
    >>> together([Shocked(1.0, -2.0), Shocked(3.0, 4.0)])
    Shocked(fall=4.0, rise=2.0)
    """
    return Shocked(sum(each.fall for each in gains), sum(each.rise for each in gains))


def sized(
    legs: Sequence[Line],
    program: Program,
    known: Market,
    *,
    book: Shocked,
    answer: Answer,
    cover: float,
    upside: bool = False,
) -> Sized:
    """Size a structure to give back a part of the book's modelled loss.

    Parameters
    ----------
    legs
        Lines sized by a notional of 1.0, or of -1.0 where they are sold that way.
    program, known, answer
        As for `shocked`.
    book
        What the book gains in the shocks, USD.
    cover
        Part of its loss that is to come back.
    upside
        Whether of that with the index higher; else of that with the index lower.

    Returns
    -------
    Sized
        With the most that costs, in the other direction, no more than the book itself loses there.

    Raises
    ------
    RangeError
        If the book does not lose in either shock: then there is nothing to size by.
    """
    unit = together([shocked(line, program, known, answer) for line in legs])
    ours, other = (unit.rise, unit.fall) if upside else (unit.fall, unit.rise)
    loss, there = (-book.rise, -book.fall) if upside else (-book.fall, -book.rise)
    if not (loss > 0.0 and there > 0.0):
        raise RangeError(
            f"it gains {book.fall:,.0f} USD with the index {MOVE:.0%} lower and {book.rise:,.0f} "
            "USD with it higher, at the first session: a hedge is sized by what it loses",
            where="condor",
            mend="give a book that loses both ways",
        )
    wanted = cover * loss / ours if ours > 0.0 else np.inf
    most = there / -other if other < 0.0 else np.inf
    part = float(min(wanted, most))
    if not np.isfinite(part):
        part = 0.0
    lines = tuple(_part(line, part) for line in legs) if part > 0.0 else ()
    return Sized(lines, part, unit.scaled(part), most < wanted)


def _part(line: Line, part: float) -> Line:
    """Return a line of so many times its notional."""
    size = Notional(part * line.sleeve.size.value)
    return replace(line, sleeve=replace(line.sleeve, size=size))  # type: ignore[type-var]  # all sleeves are frozen dataclasses, which the protocol cannot say
