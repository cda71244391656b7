"""Policies played over neighbouring paths at once, every bar kept.

The kernels are those of a backtest; a lane is a path.  A block is small, so that its bars fit into
memory; what is kept of a path are the figures of :mod:`hedgerow.research.stress.measuring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Bar, View, no_order, opening, place, settle, turn_year
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.engine.run import Ground


class Played(NamedTuple):
    """One strategy bar by bar; columns of **shape** (T, paths), USD unless said otherwise.

    They are those of :class:`hedgerow.engine.track.Track`.
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
    """Intensity ordered at the close, in multiples of the base size."""
    act: Floats
    """1.0 where the close decided to trade."""

    def path(self, k: int) -> Played:
        """Return one path, its columns of **shape** (T,)."""
        return Played(*(column[:, k] for column in self))


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
    tapes: list[Tape] = [ground.tape(policy) for ground in grounds]
    bars = Bar(*(_beside([tape.bars[i] for tape in tapes]) for i in range(len(Bar._fields))))
    seen = [_beside([tape.signals[i] for tape in tapes]) for i in range(len(policy.signals))]
    params, memory = policy.params(), policy.start()
    book, order = opening(tapes[0].nav), no_order()
    out = np.empty((len(Played._fields), len(tapes[0]), len(tapes)))
    held = book.held
    for t in range(len(tapes[0])):
        bar = Bar(*(column[t] for column in bars))
        if float(bar.new_year[0]) > 0.0:  # paths share their dates
            book = turn_year(book)
        book = settle(book, order, bar)
        decision = policy.decide(View(tuple([column[t] for column in seen]), book, bar), memory, params)
        memory = decision.memory
        order = place(decision.x, decision.act, book, bar)
        row = Played(
            book.nav,
            book.before * bar.portfolio,
            book.pnl,
            book.cost,
            held * bar.carried,
            book.held,
            book.traded,
            order.x,
            order.act,
        )
        for i, column in enumerate(row):
            out[i, t] = column
        held = book.held
    return Played(*out)


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


def _beside(columns: Sequence[Floats] | Sequence[NDArray[np.float64]]) -> Floats:
    return np.ascontiguousarray(np.column_stack(columns))
