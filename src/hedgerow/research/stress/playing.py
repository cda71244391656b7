"""Policies played over neighbouring paths at once, every bar kept.

The carriage is that of path lanes; a block is small, so that its bars fit into memory, and what is
kept of a path are the figures of :mod:`hedgerow.research.stress.measuring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from hedgerow.core.book import Bar, Book, Order
from hedgerow.core.lanes import columns
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import stack
from hedgerow.core.market import Floats
from hedgerow.core.measure import NoParams
from hedgerow.core.numeric import Num
from hedgerow.core.policy import Policy
from hedgerow.engine.run import Ground


class Played(NamedTuple):
    """One strategy bar by bar; columns of **shape** (T, paths), USD unless said otherwise.

    They are those of :class:`hedgerow.engine.track.Track`, but for the last two, which are of the
    order that was filled at the bar rather than of the one decided there.
    """

    nav: Floats
    earned: Floats
    pnl: Floats
    cost: Floats
    carry: Floats
    held: Floats
    """Contracts."""
    traded: Floats
    """Contracts."""
    x: Floats
    """Intensity in force, in multiples of the base size."""
    act: Floats
    """1.0 where an order was filled."""

    def path(self, k: int) -> Played:
        """Return one path, its columns of **shape** (T,)."""
        return Played(*(column[:, k] for column in self))


@dataclass(frozen=True)
class Bars:
    """What a bar brought, for a measure that is read after each: the columns of `Played`."""

    kind: ClassVar[str] = "bars"

    class Memory(NamedTuple):
        """The bar's, where the book does not keep it."""

        earned: Num
        carry: Num
        held: Num
        x: Num
        act: Num

    def params(self) -> NoParams:
        """Return no parameters."""
        return NoParams()

    def start(self, nav: float) -> Memory:
        """Return the memory before the first bar: nothing held."""
        return BarsMemory(0.0, 0.0, 0.0, 0.0, 0.0)

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Keep what the bar brought; its carry is that of what was held before it."""
        return BarsMemory(
            book.before * bar.portfolio, memory.held * bar.carried, book.held, order.x, order.act
        )

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return the fields of `Played`."""
        return Played(
            book.nav,
            memory.earned,
            book.pnl,
            book.cost,
            memory.carry,
            memory.held,
            book.traded,
            memory.x,
            memory.act,
        )._asdict()


BarsMemory = Bars.Memory


def play(policy: Policy, grounds: Sequence[Ground]) -> Played:
    """Play a policy over paths of the same sessions.

    Parameters
    ----------
    policy
        What decides.
    grounds
        One per path.

    Raises
    ------
    HedgerowError
        If a signal or a term of a bar is unknown on a path.
    """
    tape = stack([ground.tape(policy) for ground in grounds])
    each = np.arange(1, len(tape) + 1)
    return Played(**columns.play(Spread(policy, {}), tape, (Bars(),), stops=each))


def unhedged(values: Floats) -> Played:
    """Return the portfolio alone.

    Parameters
    ----------
    values
        USD, **shape** (T, paths).
    """
    none = np.zeros_like(values)
    earned = np.diff(values, axis=0, prepend=values[:1])
    return Played(values, earned, *[none] * (len(Played._fields) - 2))


def values_of(grounds: Sequence[Ground]) -> Floats:
    """Return the portfolio's value without a hedge, USD, **shape** (T, paths)."""
    return _beside([ground.values[ground.first :] for ground in grounds])


def levels(grounds: Sequence[Ground], name: str) -> Floats:
    """Return a column of the paths' markets, **shape** (T, paths)."""
    return _beside([ground.market[name][ground.first :] for ground in grounds])


def _beside(each: Sequence[Floats]) -> Floats:
    return np.ascontiguousarray(np.column_stack(each))
