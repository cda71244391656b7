"""Policies played over neighbouring paths at once, every bar kept.

The carriage is that of path lanes; a block is small, so that its bars fit into memory, and what is
kept of a path are the figures of :mod:`hedgerow.research.stress.measuring`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from hedgerow.core.book import Bar, Book, Order
from hedgerow.core.ensemble import Ensemble
from hedgerow.core.lanes import columns
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import stack
from hedgerow.core.market import Floats
from hedgerow.core.measure import NoParams
from hedgerow.core.numeric import Num
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.pathwise import PathGround, prepare_paths
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve


class Played(NamedTuple):
    """One strategy bar by bar; columns of **shape** (T, paths), USD unless said otherwise.

    They are those of :class:`hedgerow.engine.track.Track`, but for the last two, which are of the
    order that came to the bar rather than of the one decided there.
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
    """Intensity ordered at the bar before, in multiples of the base size."""
    act: Floats
    """1.0 where that order was to trade, rolls aside."""

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


@dataclass(frozen=True)
class Laid:
    """Neighbouring paths laid out: all at once where the sleeve can, one by one where not.

    Parameters
    ----------
    ensemble
        The paths, the history that warms signals up before each.
    one
        The ground of the first path alone.
    grounds
        Of all of them, or of each.
    """

    ensemble: Ensemble
    one: Ground
    grounds: PathGround | list[Ground]

    @classmethod
    def out(
        cls, ensemble: Ensemble, first: int, sleeve: Sleeve, portfolio: Equity, costs: Costs
    ) -> Laid:
        """Lay paths out.

        Parameters
        ----------
        ensemble, sleeve, portfolio, costs
            The paths, what hedges, what is hedged, what trading costs.
        first
            Row of the first bar of the run.

        Raises
        ------
        HedgerowError
            If sleeve and paths do not fit together.
        """

        def alone(path: int) -> Ground:
            market = ensemble.market(path)
            start = str(market.dates[first])
            return run.prepare(market, sleeve, portfolio, costs=costs, start=start)

        one = alone(0)
        whole = prepare_paths(ensemble, sleeve, portfolio, costs=costs, lookback=first + 1)
        if not isinstance(whole, PathGround) or whole.strip.open.ndim == 1:  # paths all the same
            whole = None
        each = [one, *(alone(path) for path in range(1, ensemble.paths))] if whole is None else []
        return cls(ensemble, one, each if whole is None else whole)

    @property
    def values(self) -> Floats:
        """The portfolio's value without a hedge, USD, **shape** (T, paths)."""
        if isinstance(self.grounds, PathGround):
            return self.grounds.values[self.one.first :]
        return np.column_stack([ground.values[ground.first :] for ground in self.grounds])

    def level(self, name: str) -> Floats:
        """Return a column of the paths, **shape** (T, paths)."""
        return self.ensemble[name][self.one.first :]

    def play(self, policy: Policy) -> Played:
        """Play a policy over the paths.

        Raises
        ------
        HedgerowError
            If a signal or a term of a bar is unknown on a path.
        """
        if isinstance(self.grounds, PathGround):
            tape = self.grounds.tape(policy)
        else:
            tape = stack([ground.tape(policy) for ground in self.grounds])
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
