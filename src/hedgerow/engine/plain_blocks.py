"""The quickest way through a Monte Carlo run: block by block, all within the cache.

A block of paths of `TwoRegimes` is simulated, its `PlainPut` repriced and the policies played
before the next one is begun, so that no column of it ever leaves the processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.lanes import compiled
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import StackedTape
from hedgerow.core.lanes.writer import WIDTH
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine.pathwise import STILL, PlainGround
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.plain_put import FIELDS, PlainPut
from hedgerow.policies.signals import Level
from hedgerow.pricing.threads import aligned
from hedgerow.simulate.paths import Paths
from hedgerow.simulate.two_regimes import TwoRegimes, streams

LEVELS = ("spx", "vix")


def fits(put: object, portfolio: Equity, paths: Paths, policies: Sequence[Policy]) -> bool:
    """Say whether a run can go this way: if it sees only levels of the index and VIX."""
    seen = [signal for policy in policies for signal in policy.signals]
    return (
        isinstance(put, PlainPut)
        and isinstance(paths.model, TwoRegimes)
        and portfolio.interest == "simple"
        and all(isinstance(signal, Level) and signal.column in LEVELS for signal in seen)
        and not any(
            policy.follows_delta or "delta" in getattr(step, "needs", ())
            for policy in policies
            for step in policy.steps
        )
    )


def play_blocks(
    strategies: Mapping[str, Policy],
    put: PlainPut,
    portfolio: Equity,
    paths: Paths,
    measures: Sequence[Any],
    low: int,
    high: int,
) -> dict[str, Floats]:
    """Play paths ``low`` … ``high - 1`` in the calling thread; see `fits`.

    Returns
    -------
    dict
        ``strategy.measure``, **shape** (high - low,).
    """
    room = _Room(put, portfolio, paths)
    loops = {name: _Loop(policy, room, measures) for name, policy in strategies.items()}
    kept = {
        name: np.empty((len(loop.loaded.layout.results), high - low))
        for name, loop in loops.items()
    }
    states = streams(paths.seed, low, -(-(high - low) // WIDTH) * WIDTH)
    for first in range(low, high, WIDTH):
        room.fill(np.ascontiguousarray(states[:, first - low : first - low + WIDTH]))
        count = min(WIDTH, high - first)
        for name, loop in loops.items():
            kept[name][:, first - low : first - low + count] = loop.play()[:, :count]
    return {
        f"{name}.{measure}": np.array(np.broadcast_to(values, (high - low,)))
        for name, loop in loops.items()
        for measure, values in loop.loaded.results(kept[name]).items()
    }


class _Room:
    """The columns of one block of paths, filled again and again."""

    def __init__(self, put: PlainPut, portfolio: Equity, paths: Paths) -> None:
        from hedgerow.instruments import plain_put_loop
        from hedgerow.simulate import two_regimes_loop

        model, start = paths.model, paths.start
        if not isinstance(model, TwoRegimes):
            raise TypeError("see `fits`")
        shape = (paths.sessions + 1, WIDTH)
        self._evolve, self._reprice = two_regimes_loop.evolve, plain_put_loop.reprice
        self._law = model.law
        self._begun = float(start.spx), float(start.vix)
        self._calendar = put.calendar(paths.dates)
        self._terms = put.terms(start.rate, start.dividend_yield, portfolio.delta)
        self._levels = {name: np.empty(shape) for name in LEVELS}
        self._own = {name: np.empty(shape) for name in FIELDS}
        self._buffer = aligned(max(two_regimes_loop.CELLS, plain_put_loop.CELLS))
        rate, dividend = (
            np.broadcast_to(value, shape) for value in (start.rate, start.dividend_yield)
        )
        columns = {**self._levels, "rate": rate, "dividend_yield": dividend}
        times = paths.dates.astype("datetime64[ns]")
        ground = PlainGround(Ensemble(times, columns), put, portfolio, 0)
        self.tape = ground.laid(self._own)

    def fill(self, states: Floats) -> None:
        """Simulate and reprice the block of paths whose generators these are."""
        levels, own = tuple(self._levels.values()), tuple(self._own.values())
        self._evolve(states, self._law, *self._begun, 0, WIDTH, self._buffer, *levels)
        self._reprice(*levels, self._calendar, self._terms, 0, WIDTH, self._buffer, *own)
        for name in STILL:
            self._own[name][0] = 0.0

    def seen(self, policy: Policy) -> StackedTape:
        """Return the block's tape for a policy; it changes with every `fill`."""
        # `fits` says that signals are levels
        columns = (self._levels[signal.name] for signal in policy.signals)
        return replace(self.tape, signals=tuple(columns))


class _Loop:
    """A policy that plays what is in a room."""

    def __init__(self, policy: Policy, room: _Room, measures: Sequence[Any]) -> None:
        tape = room.seen(policy)
        own = compiled.own_of(tape)
        self.loaded = compiled.load(Spread(policy, {}), measures, tape.nav, WIDTH, own)
        layout = self.loaded.layout
        self._whole = tape.bar_rows, tape.signal_rows, np.array([len(tape)])
        self._inputs = compiled.inputs_of(layout, tape)  # the very columns of the room
        self._buffer = aligned(layout.cells)
        self._out = np.empty((len(layout.results), 1, WIDTH))

    def play(self) -> Floats:
        """Return the rows of results, **shape** (results, WIDTH), until the next call."""
        self.loaded.run(*self._whole, 0, 1, self._buffer, self._out, self._inputs)
        return self._out[:, 0]
