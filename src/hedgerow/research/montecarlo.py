"""Monte Carlo: policies played over simulated paths, the lanes of a run being paths.

On every path the dynamic policy, the fixed hedge and the portfolio alone meet the same market
(common random numbers), so that their differences have far less noise than their levels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from hedgerow.core.lanes import columns
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.lanes.stacked import StackedTape, stack
from hedgerow.core.market import Floats, Market
from hedgerow.core.measure import STANDARD
from hedgerow.core.policy import Policy
from hedgerow.engine.pathwise import prepare_paths
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground, prepare, static
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.rules import Constant
from hedgerow.simulate.draws import STREAM
from hedgerow.simulate.paths import Paths

BLOCK = 512
"""Paths in memory at a time."""

ROWS = 32_767
"""Bars of paths laid out at a time: fewer than the options from which prices are made by compiled
loops, whose last bits are not those of a path alone."""

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
        Paths in memory at a time; no number depends on it.

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

    def __post_init__(self) -> None:
        if self.carriage not in CARRIAGES:
            raise RangeError(
                f"'{self.carriage}' is not a carriage",
                where="montecarlo.carriage",
                mend=f"use one of: {', '.join(CARRIAGES)}",
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
        for part in _told(self):
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
        made = self.between(low, high)
        if progress is not None:
            progress(high - low)
        return made

    def between(self, low: int, high: int) -> dict[str, Floats]:
        """Play paths ``low`` … ``high - 1``; see `play_paths`."""
        rows = self.paths.sessions + self.policy.lookback
        width = max(1, ROWS // rows)
        width -= width % STREAM if width > STREAM else 0
        parts = []
        for first in range(low, high, width):
            made: dict[str, Floats] = {}
            for name, (policy, tape) in self._tapes(first, min(first + width, high)).items():
                results = self._carriage()(Spread(policy, {}), tape, self.measures)
                made |= {f"{name}.{measure}": values for measure, values in results.items()}
            parts.append(made)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _carriage(self) -> Callable[..., dict[str, Any]]:
        if self.carriage == "numpy":
            return columns.play
        from hedgerow.core.lanes import compiled  # slow to import

        return compiled.play

    def _tapes(self, low: int, high: int) -> dict[str, tuple[Policy, StackedTape]]:
        """Lay paths ``low`` … ``high - 1`` out for each strategy, at once where that can be."""
        ensemble = self.paths.ensemble(low, high, self._past())
        ground = prepare_paths(
            ensemble,
            self.sleeve,
            self.portfolio,
            costs=self.costs,
            lookback=self.policy.lookback,
        )
        if ground is None:
            return self._one_by_one(low, high)
        tape = ground.tape(self.policy)
        vix = ensemble["vix"][ground.first :]
        return self._strategies(tape, vix, shifts=bool(ground.strip.shift.any()))

    def _strategies(
        self, tape: StackedTape, vix: Floats, *, shifts: bool
    ) -> dict[str, tuple[Policy, StackedTape]]:
        return {
            "dynamic": (self.policy, tape),
            "static": (static(every="30d" if shifts else None), replace(tape, signals=(vix,))),
            "unhedged": (UNHEDGED, replace(tape, signals=())),
        }

    def _one_by_one(self, low: int, high: int) -> dict[str, tuple[Policy, StackedTape]]:
        grounds = [self.ground(market) for market in self._markets(low, high)]
        tape = stack([ground.tape(self.policy) for ground in grounds])
        vix = np.stack([ground.market["vix"][ground.first :] for ground in grounds], axis=-1)
        return self._strategies(tape, vix, shifts=bool(grounds[0].strip.shift.any()))

    def ground(self, market: Market) -> Ground:
        """Return what the strategies share on the market of a path, history before it included."""
        return prepare(
            market, self.sleeve, self.portfolio, costs=self.costs, lookback=self.policy.lookback
        )

    def market(self, i: int) -> Market:
        """Return path ``i`` with as many sessions before it as the signals look back."""
        return next(self._markets(i, i + 1))

    def _markets(self, low: int, high: int) -> Iterator[Market]:
        past = self._past()
        for i in range(low, high):
            yield self.paths.market(i) if past is None else self.paths.after(past, i)

    def _past(self) -> Market | None:
        """Return as many sessions up to the start as signals look back, None for it alone."""
        if self.history is None or self.policy.lookback == 1:
            return None
        row = self.history.index_of(str(self.paths.dates[0]))
        first = self.history.dates[row - self.policy.lookback + 1]
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
    for low in range(first, end, BLOCK):
        high = min(low + BLOCK, end)
        parts.append(job.between(low, high))
        if progress is not None:
            progress(high - low)
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
