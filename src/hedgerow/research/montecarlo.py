"""Monte Carlo: policies played over simulated paths, the lanes of a run being paths.

On every path the dynamic policy, the fixed hedge and the portfolio alone meet the same market
(common random numbers), so that their differences have far less noise than their levels.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, cast

import numpy as np

from hedgerow.core.lanes import columns
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import StackedTape, stack
from hedgerow.core.market import Floats, Market
from hedgerow.core.measure import STANDARD
from hedgerow.core.policy import Policy
from hedgerow.engine.pathwise import prepare_paths
from hedgerow.engine.plain_blocks import fits, play_blocks
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground, prepare, static
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.plain_put import PlainPut
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.rules import Constant
from hedgerow.pricing.threads import pool
from hedgerow.research.stress.scenario import sessions_seen
from hedgerow.simulate.draws import STREAM
from hedgerow.simulate.paths import Paths

BLOCK = 16_384
"""Paths of a block of the job."""

WIDTH = 512
"""Paths of a plain put in memory at a time, for each thread."""

ROWS = 32_767
"""Bars of paths laid out at a time: fewer than the options from which prices are made by compiled
loops, whose last bits are not those of a path alone."""

LEAST = 1_024
"""Fewest paths that a thread takes at a time where blocks stay in its cache."""

STRATEGIES = ("dynamic", "static", "unhedged")
CARRIAGES = ("compiled", "numpy")

UNHEDGED = Policy(steps=[Constant(0.0)], name="unhedged", raw=True)
"""Holds nothing: the portfolio alone."""


@dataclass(frozen=True)
class MonteCarlo:
    """A run over the paths of a model: a job whose blocks are neighbouring paths.

    Parameters
    ----------
    policy, sleeve, portfolio, costs
        What decides, with what it hedges, for whom, and at what price.
    paths
        Where it is played.
    history
        The market that the paths start from, where signals look back beyond the start.
    measures
        What is kept of each path and strategy.
    carriage
        ``"compiled"`` or ``"numpy"``; they agree to the last bit.
    block
        Paths of one block of the job; no number depends on it.
    strategies
        Which of `STRATEGIES` are played.
    threads
        Worker threads; all processors by default.  No number depends on it.

    Raises
    ------
    RangeError
        If the carriage is unknown, the block is empty, or signals look back beyond the start and
        there is no history, or not enough of it.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.simulate.falls import FlashCrash
    >>> policy = hr.Policy([hr.Linear(low=12, high=22)], [hr.Level("vix")])
    >>> paths = FlashCrash().paths(4, 60, seed=1)
    >>> job = MonteCarlo(policy, hr.Put(), hr.Equity(1e6), paths, carriage="numpy", block=2)
    >>> job.sizes(), sorted(job.play(1))[:2]
    ([2, 2], ['dynamic.bars', 'dynamic.carry_paid'])
    """

    policy: Policy
    sleeve: Sleeve
    portfolio: Equity
    paths: Paths
    costs: Costs | None = None
    history: Market | None = None
    measures: Sequence[Any] = STANDARD
    carriage: str = "compiled"
    block: int = BLOCK
    strategies: Sequence[str] = STRATEGIES
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.carriage not in CARRIAGES:
            raise RangeError(
                f"'{self.carriage}' is not a carriage",
                where="montecarlo.carriage",
                mend=f"use one of: {', '.join(CARRIAGES)}",
            )
        odd = [name for name in self.strategies if name not in STRATEGIES]
        if odd or not self.strategies:
            raise RangeError(
                f"{odd[0]!r} is not a strategy" if odd else "no strategy is to be played",
                where="montecarlo.strategies",
                mend=f"use some of: {', '.join(STRATEGIES)}",
            )
        if self.block < 1:
            raise RangeError(
                f"blocks of {self.block} paths", where="montecarlo.block", mend="give 1 or more"
            )
        ahead = self.policy.lookback - 1
        known = 0
        if self.history is not None:
            known = self.history.index_of(str(self.paths.dates[0]))
        if ahead > known:
            raise RangeError(
                f"the signals look {ahead} sessions back, and {known} are known before the start",
                where="montecarlo.history",
                mend="give the market that the paths start from as history, or a longer one",
            )

    @property
    def title(self) -> str:
        """A few words for a progress bar."""
        return f"{self.policy.name} on {len(self.paths):,} paths of {self.paths.model.title}"

    def digest(self) -> str:
        """Return a SHA-256 of all that the numbers depend on."""
        state = hashlib.sha256()
        for part in _told(replace(self, threads=None)):
            state.update(part)
        return state.hexdigest()

    def sizes(self) -> list[int]:
        """Return how many paths each block has, in order."""
        count = len(self.paths)
        return [min(self.block, count - low) for low in range(0, count, self.block)]

    def play(self, block: int, progress: Callable[[int], None] | None = None) -> dict[str, Floats]:
        """Play a block; see `play_paths`."""
        low = block * self.block
        high = min(low + self.block, len(self.paths))
        return self.between(low, high, progress)

    def between(
        self, low: int, high: int, progress: Callable[[int], None] | None = None
    ) -> dict[str, Floats]:
        """Play paths ``low`` … ``high - 1``; see `play_paths`."""
        workers = self.threads or os.cpu_count() or 1
        quick = self._quick()
        work, width = (self._in_blocks, LEAST) if quick else (self._some, self._width())
        if quick:  # laying out costs the more the smaller a part is: a few parts for each thread
            width *= max(1, (high - low) // (3 * workers * width))
        ends = [(first, min(first + width, high)) for first in range(low, high, width)]

        def do(part: tuple[int, int]) -> dict[str, Floats]:
            return work(*part)

        done: Iterator[dict[str, Floats]] = map(do, ends)
        if workers > 1 and len(ends) > 1:
            work(low, low + 1)  # compiles, which one thread alone should do
            done = pool(workers).map(do, ends)
        made = []
        for (first, last), part in zip(ends, done, strict=True):
            made.append(part)
            if progress is not None:
                progress(last - first)
        return {name: np.concatenate([part[name] for part in made]) for name in made[0]}

    def _quick(self) -> bool:
        """Say whether all can stay in the cache, block by block."""
        policies = list(self._policies(shifts=False).values())
        alone = self.carriage == "compiled" and self._past() is None
        return alone and fits(self.sleeve, self.portfolio, self.paths, policies)

    def _in_blocks(self, low: int, high: int) -> dict[str, Floats]:
        put = cast("PlainPut", self.sleeve)  # `fits` says so
        policies = self._policies(shifts=False)
        return play_blocks(policies, put, self.portfolio, self.paths, self.measures, low, high)

    def _policies(self, *, shifts: bool) -> dict[str, Policy]:
        fixed = static(every="30d" if shifts else None)
        made = {"dynamic": self.policy, "static": fixed, "unhedged": UNHEDGED}
        return {name: made[name] for name in self.strategies}

    def _width(self) -> int:
        """Return how many paths are laid out at a time."""
        if isinstance(self.sleeve, PlainPut):
            return WIDTH
        width = max(1, ROWS // (self.paths.sessions + self._behind))
        return width - width % STREAM if width > STREAM else width

    def _some(self, low: int, high: int) -> dict[str, Floats]:
        made: dict[str, Floats] = {}
        for name, (policy, tape) in self._tapes(low, high).items():
            results = self._played(policy, tape)
            made |= {f"{name}.{measure}": values for measure, values in results.items()}
        return made

    def _played(self, policy: Policy, tape: StackedTape) -> dict[str, Any]:
        spread = Spread(policy, {})
        if self.carriage == "numpy":
            return columns.play(spread, tape, self.measures)
        from hedgerow.core.lanes import compiled  # slow to import

        return compiled.play(spread, tape, self.measures, threads=1)

    def _tapes(self, low: int, high: int) -> dict[str, tuple[Policy, StackedTape]]:
        """Lay paths ``low`` … ``high - 1`` out for each strategy, at once where that can be."""
        ensemble = self.paths.ensemble(low, high, self._past())
        ground = prepare_paths(
            ensemble,
            self.sleeve,
            self.portfolio,
            costs=self.costs,
            lookback=self._behind,
        )
        if ground is None:
            return self._one_by_one(low, high)
        tape = ground.tape(self.policy)
        vix = ensemble["vix"][ground.first :]
        return self._strategies(tape, vix, shifts=ground.shifts)

    def _strategies(
        self, tape: StackedTape, vix: Floats, *, shifts: bool
    ) -> dict[str, tuple[Policy, StackedTape]]:
        seen = {"dynamic": tape.signals, "static": (vix,), "unhedged": ()}
        return {
            name: (policy, replace(tape, signals=seen[name]))
            for name, policy in self._policies(shifts=shifts).items()
        }

    def _one_by_one(self, low: int, high: int) -> dict[str, tuple[Policy, StackedTape]]:
        grounds = [self.ground(market) for market in self._markets(low, high)]
        tape = stack([ground.tape(self.policy) for ground in grounds])
        vix = np.stack([ground.market["vix"][ground.first :] for ground in grounds], axis=-1)
        return self._strategies(tape, vix, shifts=bool(grounds[0].strip.shift.any()))

    def ground(self, market: Market) -> Ground:
        """Return what the strategies share on the market of a path, history before it included."""
        return prepare(market, self.sleeve, self.portfolio, costs=self.costs, lookback=self._behind)

    def market(self, i: int) -> Market:
        """Return path ``i`` with as many sessions before it as the signals look back."""
        return next(self._markets(i, i + 1))

    def _markets(self, low: int, high: int) -> Iterator[Market]:
        past = self._past()
        for i in range(low, high):
            yield self.paths.market(i) if past is None else self.paths.after(past, i)

    @property
    def _behind(self) -> int:
        """Sessions up to the start that signals look at, of those that are known."""
        if self.history is None:
            return 1
        known = self.history.index_of(str(self.paths.dates[0])) + 1
        return min(sessions_seen(self.policy), known)

    def _past(self) -> Market | None:
        """Return as many sessions up to the start as signals look back, None for it alone."""
        if self.history is None or self._behind == 1:
            return None
        row = self.history.index_of(str(self.paths.dates[0]))
        first = self.history.dates[row - self._behind + 1]
        return self.history.between(first, self.paths.dates[0])


def play_paths(
    policy: Policy,
    sleeve: Sleeve,
    portfolio: Equity,
    paths: Paths,
    first: int = 0,
    last: int | None = None,
    *,
    costs: Costs | None = None,
    history: Market | None = None,
    measures: Sequence[Any] = STANDARD,
    carriage: str = "compiled",
    progress: Callable[[int], None] | None = None,
) -> dict[str, Floats]:
    """Play a policy, the fixed hedge and the portfolio alone over paths ``first`` … ``last - 1``.

    Parameters
    ----------
    policy, sleeve, portfolio, paths, costs, history, measures, carriage
        As for `MonteCarlo`.
    first, last
        Numbers of paths; all by default.
    progress
        Called with the number of paths just done.

    Returns
    -------
    dict
        ``strategy.measure``, as ``dynamic.final_nav``, of **shape** (last - first,); strategies
        are ``dynamic``, ``static`` and ``unhedged``.

    Raises
    ------
    HedgerowError
        If policy, sleeve, paths and history do not fit together.
    """
    job = MonteCarlo(policy, sleeve, portfolio, paths, costs, history, measures, carriage)
    end = len(paths) if last is None else last
    if not 0 <= first < end <= len(paths):
        raise RangeError(
            f"there are no paths {first} … {end - 1}",
            where="montecarlo.paths",
            mend=f"paths are numbered 0 … {len(paths) - 1}",
        )
    parts = []
    for low in range(first, end, job.block):
        high = min(low + job.block, end)
        parts.append(job.between(low, high, progress))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _told(value: Any) -> Iterator[bytes]:
    """Go through all that a value holds, as bytes."""
    yield type(value).__qualname__.encode()
    if isinstance(value, Market):
        yield value.digest().encode()
    elif isinstance(value, np.ndarray):
        yield np.ascontiguousarray(value).tobytes()
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield field.name.encode()
            yield from _told(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in value:
            yield from _told(key)
            yield from _told(value[key])
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _told(item)
    else:
        yield repr(value).encode()
