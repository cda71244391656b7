"""Tests against benchmarks after choosing among many: Hansen's SPA and Romano and Wolf's StepM.

Hansen: A test for superior predictive ability, JBES 23 (2005).  Romano, Wolf: Stepwise multiple
testing as formalized data snooping, Econometrica 73 (2005).  Both by ``arch``, with the stationary
bootstrap, so that days near each other stay together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError, nearest
from hedgerow.research.claims.resampling import block_length
from hedgerow.research.comparison import Comparison, divesting
from hedgerow.research.performance import YEAR

Benchmark = Literal["static", "divest", "unhedged"]

LEAST = 30
"""Sessions below which nothing is tested."""


@dataclass(frozen=True)
class Superiority:
    """Whether the best of some candidates beats a benchmark by more than luck.

    Parameters
    ----------
    benchmark
        What is to be beaten.
    gains
        Mean gain a year over the benchmark by candidate, in log return.
    lower, consistent, upper
        p-values of the SPA test: of no candidate being better.  The consistent one counts; the
        others bound it.
    better
        Candidates that StepM finds better at ``size``.
    size
        Family-wise error of StepM.
    sessions, block, resamples
        Sample, mean length of blocks and number of resamples.
    """

    benchmark: str
    gains: Mapping[str, float]
    lower: float
    consistent: float
    upper: float
    better: tuple[str, ...]
    size: float
    sessions: int
    block: int
    resamples: int

    @property
    def best(self) -> str:
        """The candidate with the highest mean gain."""
        return max(self.gains, key=lambda name: self.gains[name])

    def __str__(self) -> str:
        found = ", ".join(self.better) or "none"
        return (
            f"SPA (D7) against {self.benchmark}: the best of {len(self.gains)}, {self.best}, gains "
            f"{self.gains[self.best]:+.2%} a year, p = {self.consistent:.3f} "
            f"({self.lower:.3f} … {self.upper:.3f}); better by StepM at {self.size:.0%}: {found}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values."""
        return {
            "benchmark": self.benchmark,
            "best": self.best,
            "gains_per_year": dict(self.gains),
            "spa_pvalue": {
                "lower": self.lower, "consistent": self.consistent, "upper": self.upper
            },
            "stepm": {"size": self.size, "better": list(self.better)},
            "sessions": self.sessions,
            "block": self.block,
            "resamples": self.resamples,
        }  # fmt: skip


def superior(
    gains: Mapping[str, Floats],
    benchmark: str,
    *,
    size: float = 0.05,
    resamples: int = 1_000,
    seed: int = 0,
) -> Superiority:
    """Test whether any candidate gains over a benchmark.

    Parameters
    ----------
    gains
        By candidate: its return less the benchmark's, per session, **shape** (T,).
    benchmark
        Name of what they are measured against.
    size
        Family-wise error of StepM.
    resamples, seed
        Of the bootstrap; equal seeds give equal p-values.

    Raises
    ------
    RangeError
        If there are no candidates, too few sessions, or size is not between 0 and 1.

    Notes
    -----
    A candidate that never differs from the benchmark is not tested; if none does, p is 1.

    Examples
    --------
    >>> noise = np.random.default_rng(3).normal(0.0, 0.01, 500)
    >>> found = superior({"edge": noise + 0.002, "none": noise}, "cash", resamples=200)
    >>> found.consistent < 0.01, found.better
    (True, ('edge',))
    """
    from arch.bootstrap import SPA, StepM

    if not 0.0 < size < 1.0:
        raise RangeError(f"{size:g} is no error rate", where="size", mend="give one such as 0.05")
    sessions = min((len(column) for column in gains.values()), default=0)
    if sessions < LEAST:
        raise RangeError(
            f"{sessions} sessions are too few for a test",
            where=benchmark,
            mend=f"take a run whose test part has {LEAST} or more",
        )
    means = {name: float(np.mean(column)) * YEAR for name, column in gains.items()}
    kept = [name for name, column in gains.items() if float(np.ptp(column)) > 1e-12]
    if not kept:
        return Superiority(benchmark, means, 1.0, 1.0, 1.0, (), size, sessions, 1, 0)
    losses = -np.column_stack([gains[name] for name in kept])
    block = block_length(losses)
    nothing = np.zeros(sessions)
    spa = SPA(nothing, losses, block, resamples, seed=np.random.default_rng(seed))
    steps = StepM(nothing, losses, size, block, resamples, seed=np.random.default_rng(seed))
    spa.compute()
    steps.compute()
    p = spa.pvalues
    return Superiority(
        benchmark,
        means,
        float(p["lower"]),
        float(p["consistent"]),
        float(p["upper"]),
        tuple(name for i, name in enumerate(kept) if i in steps.superior_models),
        size,
        sessions,
        block,
        resamples,
    )


def against(
    found: Mapping[str, Comparison],
    benchmark: Benchmark,
    *,
    size: float = 0.05,
    resamples: int = 1_000,
    seed: int = 0,
) -> Superiority:
    """Test backtested policies against a benchmark over the test part.

    Parameters
    ----------
    found
        Backtests on the same sessions, by name.
    benchmark
        ``static``: the fixed hedge of the base size; ``divest``: the portfolio with as much less
        equity as has the policy's deepest fall (D9), each policy against its own; ``unhedged``.
    size, resamples, seed
        As for `superior`.

    Raises
    ------
    RangeError
        If there is no such benchmark, or nothing to test.

    Notes
    -----
    A policy is not tested if it or its benchmark lost all NAV.  What is compared is log return per
    session.  Against ``divest`` both sides have equal drawdowns; against ``static`` a cheaper hedge
    wins in calm years, protection or not.
    """
    if benchmark not in get_args(Benchmark):
        raise RangeError(
            f"{benchmark!r} is no benchmark",
            where="benchmark",
            mend=nearest(str(benchmark), get_args(Benchmark)),
        )
    gains = {}
    for name, one in found.items():
        ours, other = one.tracks["dynamic"]["nav"], _nav(one, benchmark)
        if other is not None and min(nav[one.split.test].min() for nav in (ours, other)) > 0.0:
            gains[name] = _growth(ours, one) - _growth(other, one)
    if found and not gains:
        raise RangeError(
            "no policy can be compared: it or what it is compared with lost all NAV",
            where=benchmark,
            mend="take a smaller hedge or another benchmark",
        )
    return superior(gains, benchmark, size=size, resamples=resamples, seed=seed)


def _nav(found: Comparison, benchmark: Benchmark) -> Floats | None:
    if benchmark != "divest":
        return found.tracks[benchmark]["nav"]
    made = found.divest["dynamic"]
    if made is None:
        return None
    alone = divesting(found.ground, found.tracks["unhedged"], found.costs, found.split.test)
    return alone.nav(made["at_equal_drawdown"]["kept"])


def _growth(nav: Floats, found: Comparison) -> Floats:
    return np.asarray(np.diff(np.log(nav[found.split.test])))
