"""How a model's paths compare with the history it is meant to resemble: a table of moments.

History is one path; how much its moments would have varied is told by the stationary bootstrap of
its days, each with its own past beside it, so that no autocorrelation is measured over a joint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError
from hedgerow.simulate.paths import PathModel, Start

LEVEL = 0.9
"""Coverage of both intervals."""

FAR = 21
"""Sessions of the longer lag."""

LEAST = 504
"""Sessions of history at least."""

_YEAR = 252.0

Days = Mapping[str, Floats]
"""Columns of days with their past, **shape** (…, n)."""


def days(spx: Floats, vix: Floats) -> dict[str, Floats]:
    """Return days with their past, from levels in points, **shape** (…, T) to (…, T − 1 − FAR)."""
    move, log = np.diff(np.log(spx), axis=-1), np.log(vix)
    cut = slice(FAR, None)
    return {
        "move": move[..., cut],
        "move_1": move[..., FAR - 1 : -1],
        "move_far": move[..., :-FAR],
        "vix": vix[..., FAR + 1 :],
        "vix_1": vix[..., FAR:-1],
        "vix_far": vix[..., 1:-FAR],
        "answer": np.diff(log, axis=-1)[..., cut],
    }


def _correlation(x: Floats, y: Floats) -> Floats:
    a, b = (part - part.mean(axis=-1, keepdims=True) for part in (x, y))
    return np.asarray((a * b).mean(axis=-1) / (a.std(axis=-1) * b.std(axis=-1)))


def _standard(x: Floats, power: int) -> Floats:
    away = (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)
    return np.asarray((away**power).mean(axis=-1))


def _betas(d: Days) -> tuple[Floats, Floats]:
    """Return slopes of VIX's log change on falls and on rises, least squares."""
    fall, rise = np.minimum(d["move"], 0.0), np.maximum(d["move"], 0.0)
    x, y, z = (part - part.mean(axis=-1, keepdims=True) for part in (fall, rise, d["answer"]))
    xx, yy, xy = (x * x).mean(axis=-1), (y * y).mean(axis=-1), (x * y).mean(axis=-1)
    xz, yz = (x * z).mean(axis=-1), (y * z).mean(axis=-1)
    det = xx * yy - xy * xy
    return np.asarray((xz * yy - yz * xy) / det), np.asarray((yz * xx - xz * xy) / det)


def _drawdown(d: Days) -> Floats:
    log = np.cumsum(d["move"], axis=-1)
    peak = np.maximum(np.maximum.accumulate(log, axis=-1), 0.0)
    return np.asarray(np.expm1((log - peak).min(axis=-1)))


MOMENTS: dict[str, Callable[[Days], Floats]] = {
    "mean return a year": lambda d: _YEAR * d["move"].mean(axis=-1),
    "volatility a year": lambda d: np.sqrt(_YEAR) * d["move"].std(axis=-1),
    "skewness": lambda d: _standard(d["move"], 3),
    "excess kurtosis": lambda d: _standard(d["move"], 4) - 3.0,
    "1 % quantile": lambda d: np.quantile(d["move"], 0.01, axis=-1),
    "0.1 % quantile": lambda d: np.quantile(d["move"], 0.001, axis=-1),
    "99 % quantile": lambda d: np.quantile(d["move"], 0.99, axis=-1),
    "maximum drawdown": _drawdown,
    "|return| autocorrelation, 1": lambda d: _correlation(abs(d["move"]), abs(d["move_1"])),
    f"|return| autocorrelation, {FAR}": lambda d: _correlation(abs(d["move"]), abs(d["move_far"])),
    "VIX mean": lambda d: d["vix"].mean(axis=-1),
    "VIX deviation": lambda d: d["vix"].std(axis=-1),
    "VIX below 15": lambda d: (d["vix"] < 15.0).mean(axis=-1),
    "VIX above 25": lambda d: (d["vix"] > 25.0).mean(axis=-1),
    "VIX autocorrelation, 1": lambda d: _correlation(d["vix"], d["vix_1"]),
    f"VIX autocorrelation, {FAR}": lambda d: _correlation(d["vix"], d["vix_far"]),
    "VIX 99 % quantile": lambda d: np.quantile(d["vix"], 0.99, axis=-1),
    "VIX beta, falls": lambda d: _betas(d)[0],
    "VIX beta, rises": lambda d: _betas(d)[1],
}
"""Statistic of days by name; betas are changes of ln VIX for a log return of 1."""


@dataclass(frozen=True)
class Moment:
    """A statistic of history and of a model's paths.

    Parameters
    ----------
    name
        Of `MOMENTS`.
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
        One per row.
    """

    title: str
    sessions: int
    block: int
    moments: tuple[Moment, ...]

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of the moments whose simulated median lies outside history's interval."""
        return tuple(row.name for row in self.moments if not row.within)

    def __str__(self) -> str:
        head = f"{'':28}{'history':>9}{'90 % interval':>21}{'simulated':>11}{'90 % of paths':>21}"
        lines = [f"{self.title}; {self.sessions:,} sessions, blocks of {self.block}", head]
        for row in self.moments:
            spans = [f"{a:.3f} … {b:.3f}" for a, b in ((row.low, row.high), (row.least, row.most))]
            mark = "" if row.within else "  outside"
            lines.append(
                f"{row.name:28}{row.history:9.3f}{spans[0]:>21}{row.simulated:11.3f}{spans[1]:>21}"
                f"{mark}"
            )
        return "\n".join(lines)


def compare(
    model: PathModel, market: Market, *, n_paths: int = 64, resamples: int = 300, seed: int = 0
) -> FitReport:
    """Set a model's moments beside those of a history.

    Parameters
    ----------
    model
        Any; its paths begin where the history does and are as long.
    market
        With ``spx`` and ``vix``; sessions without either are left out.
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
    known = np.isfinite(market["spx"]) & np.isfinite(market["vix"])
    if known.sum() < LEAST:
        raise DataError(
            f"{int(known.sum())} sessions with an index and a VIX, a report needs {LEAST}",
            where="market",
            mend="give a longer history",
        )
    spx, vix = market["spx"][known], market["vix"][known]
    mine = days(spx, vix)
    first = str(market.dates[known][0])
    paths = model.paths(n_paths, len(spx) - 1, seed, Start.of(market, first))
    theirs: dict[str, list[Floats]] = {name: [] for name in MOMENTS}
    for block in paths.blocks(64):
        made = days(block.columns["spx"], block.columns["vix"])
        for name, statistic in MOMENTS.items():
            theirs[name].append(statistic(made))
    length, drawn = _resampled(mine, resamples, seed)
    tails = [0.5 * (1.0 - LEVEL), 0.5 * (1.0 + LEVEL)]
    rows = []
    for name, statistic in MOMENTS.items():
        values = np.concatenate(theirs[name])
        low, high = map(float, np.quantile(drawn[name], tails))
        least, most = map(float, np.quantile(values, tails))
        rows.append(
            Moment(
                name,
                float(statistic(mine)),
                low,
                high,
                float(np.median(values)),
                least,
                most,
            )
        )
    return FitReport(model.title, len(spx) - 1, length, tuple(rows))


def _resampled(mine: Days, resamples: int, seed: int) -> tuple[int, dict[str, Floats]]:
    from arch.bootstrap import StationaryBootstrap, optimal_block_length

    # blocks as long as the more persistent of both asks for
    asked = optimal_block_length(np.column_stack([np.abs(mine["move"]), mine["vix"]]))
    length = int(min(max(round(float(asked["stationary"].max())), 1), len(mine["move"]) // 3))
    table = np.column_stack(list(mine.values()))
    drawn: dict[str, list[float]] = {name: [] for name in MOMENTS}
    bootstrap = StationaryBootstrap(length, table, seed=np.random.default_rng(seed))
    for (sample,), _ in bootstrap.bootstrap(resamples):
        one = dict(zip(mine, np.ascontiguousarray(sample.T), strict=True))
        for name, statistic in MOMENTS.items():
            drawn[name].append(float(statistic(one)))
    return length, {name: np.array(values) for name, values in drawn.items()}
