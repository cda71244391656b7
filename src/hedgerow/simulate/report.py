"""How a model's paths compare with the history it is meant to resemble: a table of moments.

History is one path; how much its moments would have varied is told by the stationary bootstrap of
its days, each with its own past beside it, so that no autocorrelation is measured over a joint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError
from hedgerow.simulate.moments import GROUPS, Group
from hedgerow.simulate.paths import PathModel, Start
from hedgerow.simulate.sanity import Sanity, sane

LEVEL = 0.9
"""Coverage of both intervals."""

LEAST = 504
"""Sessions of history at least."""


@dataclass(frozen=True)
class Moment:
    """A statistic of history and of a model's paths.

    Parameters
    ----------
    name
        Of `hedgerow.simulate.moments`.
    history, low, high
        Of history, and its 90 % bootstrap interval.
    simulated, least, most
        Median of the paths, and 90 % of them.
    """

    name: str
    history: float
    low: float
    high: float
    simulated: float
    least: float
    most: float

    @property
    def within(self) -> bool:
        """Whether the paths' median lies in history's interval."""
        return self.low <= self.simulated <= self.high


@dataclass(frozen=True)
class FitReport:
    """History's moments beside a model's.

    Parameters
    ----------
    title
        What made the paths.
    sessions, block
        Sessions of history and of each path; mean block of the bootstrap.
    moments
        One per row; those of the curve and of SKEW where both have them.
    sanity
        Of the first session years of some paths.
    """

    title: str
    sessions: int
    block: int
    moments: tuple[Moment, ...]
    sanity: Sanity

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of the moments whose simulated median lies outside history's interval."""
        return tuple(row.name for row in self.moments if not row.within)

    def __str__(self) -> str:
        head = f"{'':34}{'history':>9}{'90 % interval':>21}{'simulated':>11}{'90 % of paths':>21}"
        lines = [f"{self.title}; {self.sessions:,} sessions, blocks of {self.block}", head]
        for row in self.moments:
            spans = [f"{a:.3f} … {b:.3f}" for a, b in ((row.low, row.high), (row.least, row.most))]
            mark = "" if row.within else "  outside"
            lines.append(
                f"{row.name:34}{row.history:9.3f}{spans[0]:>21}{row.simulated:11.3f}{spans[1]:>21}"
                f"{mark}"
            )
        return "\n".join([*lines, str(self.sanity)])


def compare(
    model: PathModel, market: Market, *, n_paths: int = 64, resamples: int = 300, seed: int = 0
) -> FitReport:
    """Set a model's moments beside those of a history.

    Parameters
    ----------
    model
        Any; its paths begin where the history does and are as long.
    market
        With ``spx`` and ``vix``; sessions without either are left out.  Moments of ``vix3m`` and
        ``skew`` are those of the sessions that have them.
    n_paths, resamples
        Simulated paths and bootstrap samples.
    seed
        Of both.

    Raises
    ------
    DataError
        If fewer than `LEAST` sessions are known.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.simulate.bootstrap import BlockBootstrap
    >>> market = hr.load("builtin", start="2010-01-04", end="2018-12-31")
    >>> found = compare(BlockBootstrap(market), market, n_paths=20, resamples=50)
    >>> found.moments[1].name, found.moments[1].within
    ('volatility a year', True)
    """
    first = _known(market, GROUPS[0])
    if first.sum() < LEAST:
        raise DataError(
            f"{int(first.sum())} sessions with an index and a VIX, a report needs {LEAST}",
            where="market",
            mend="give a longer history",
        )
    # moments of long paths: what the relatives were on the first day is forgotten
    start = replace(Start.of(market, str(market.dates[first][0])), lately=(), beside=())
    sessions = int(first.sum()) - 1
    paths = model.paths(n_paths, sessions, seed, start)
    groups = [group for group in GROUPS if _known(market, group).sum() >= LEAST]
    theirs: dict[str, list[Floats]] = {}
    for block in paths.blocks(64):
        for group in groups:
            if set(group.needs) <= set(block.columns):
                made = group.days(block.columns)
                for name, statistic in group.moments.items():
                    theirs.setdefault(name, []).append(statistic(made))
    rows: list[Moment] = []
    lengths: list[int] = []
    for group in groups:
        if not set(theirs).intersection(group.moments):
            continue
        known = _known(market, group)
        mine = group.days({name: market[name][known] for name in group.needs})
        length, drawn = _resampled(group, mine, resamples, seed)
        lengths.append(length)
        rows += [
            _moment(name, float(statistic(mine)), drawn[name], np.concatenate(theirs[name]))
            for name, statistic in group.moments.items()
        ]
    few = model.paths(min(n_paths, 16), min(sessions, 252), seed, start)
    return FitReport(model.title, sessions, lengths[0], tuple(rows), sane(few))


def _known(market: Market, group: Group) -> NDArray[np.bool_]:
    """Return the rows on which all that a group needs is known, **shape** (T,)."""
    known = np.ones(len(market), dtype=bool)
    for name in group.needs:
        known &= market[name] > 0.0 if name in market else False
    return known


def _moment(name: str, history: float, drawn: Floats, values: Floats) -> Moment:
    tails = [0.5 * (1.0 - LEVEL), 0.5 * (1.0 + LEVEL)]
    low, high = map(float, np.quantile(drawn, tails))
    least, most = map(float, np.quantile(values, tails))
    return Moment(name, history, low, high, float(np.median(values)), least, most)


def _resampled(
    group: Group, mine: Mapping[str, Floats], resamples: int, seed: int
) -> tuple[int, dict[str, Floats]]:
    from arch.bootstrap import StationaryBootstrap, optimal_block_length

    # blocks as long as the most persistent of them asks for
    asked = optimal_block_length(np.column_stack([mine[name] for name in group.lasting]))
    table = np.column_stack(list(mine.values()))
    length = int(min(max(round(float(asked["stationary"].max())), 1), len(table) // 3))
    drawn: dict[str, list[float]] = {name: [] for name in group.moments}
    bootstrap = StationaryBootstrap(length, table, seed=np.random.default_rng(seed))
    for (sample,), _ in bootstrap.bootstrap(resamples):
        one = dict(zip(mine, np.ascontiguousarray(sample.T), strict=True))
        for name, statistic in group.moments.items():
            drawn[name].append(float(statistic(one)))
    return length, {name: np.array(values) for name, values in drawn.items()}
