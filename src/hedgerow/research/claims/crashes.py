"""Claims about crashes: how often they come from which level of VIX, and after a spike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.research.claims.claim import (
    Claim,
    Measurement,
    Range,
    Reading,
    Unit,
    UnmeasuredError,
    claimed,
    over,
    under,
)
from hedgerow.research.claims.evidence import Evidence

CLUSTERING = "Why Dynamic Hedging? › 2. Volatility Clustering"
RATIO = "Why Dynamic Hedging? › 4. Improved Hedge Ratio"

AHEAD, FALL = 20, 0.05
"""A crash: within so many sessions some close lies so far below today's."""

Days = NDArray[np.datetime64]


def _with_crashes(evidence: Evidence) -> tuple[Floats, NDArray[np.bool_], Days]:
    """Return published VIX, whether a crash followed, and dates, where the future is known."""
    spot, rows = evidence.inside["spx"], evidence.published().copy()
    if len(spot) <= 2 * AHEAD:
        raise UnmeasuredError(f"only {len(spot)} sessions: too few to look {AHEAD} ahead")
    least = np.lib.stride_tricks.sliding_window_view(spot[1:], AHEAD).min(axis=1)
    crash = np.zeros(len(spot), dtype=bool)
    crash[: len(least)] = least / spot[: len(least)] - 1.0 <= -FALL
    rows[len(least) :] = False
    return evidence.inside["vix"][rows], crash[rows], evidence.inside.dates[rows]


def _odds(group: NDArray[np.bool_], crash: NDArray[np.bool_]) -> Floats:
    """Return crashes in a group, its size, and all crashes, **shape** (T, 3)."""
    return np.column_stack([group & crash, group, crash]).astype(float)


def _relative(means: Floats) -> Floats:
    """Return the frequency of crashes in a group over that of all days."""
    return np.asarray(means[..., 0] / means[..., 1] / means[..., 2])


def _tier(inside: Callable[[Floats], NDArray[np.bool_]], evidence: Evidence) -> Measurement:
    vix, crash, days = _with_crashes(evidence)
    group = inside(vix)
    if not group.any():
        raise UnmeasuredError("VIX never stood there")
    beside = (
        Reading("crash frequency there", float(crash[group].mean()), Unit.SHARE),
        Reading("of all sessions", float(crash.mean()), Unit.SHARE),
    )
    return evidence.of_days(_odds(group, crash), _relative, days, beside=beside)


_INTENSITY = (
    "Frequency of a crash (a close 5 % lower within 20 sessions) {} over that of all sessions: the "
    "source's own approximation N* = N_base · λ/λ̄."
)

crashes_rare = Claim(
    "crashes-rare-from-low", RATIO, "Crashes rare from low vol", under(1.0), Unit.NUMBER,
    _INTENSITY.format("with VIX below 15") + " Rare: less than 1.",
    partial(_tier, lambda v: v < 15.0),
)  # fmt: skip

crashes_likely = Claim(
    "crash-risk-from-high", RATIO, "Crash risk elevated", over(1.0), Unit.NUMBER,
    _INTENSITY.format("with VIX above 25") + " Elevated: more than 1.",
    partial(_tier, lambda v: v > 25.0),
)  # fmt: skip

optimal_low = Claim(
    "optimal-low", RATIO, "Optimal: 20-30% of full hedge", Range(0.2, 0.3), Unit.SHARE,
    _INTENSITY.format("with VIX below 15"), partial(_tier, lambda v: v < 15.0),
)  # fmt: skip

optimal_middle = Claim(
    "optimal-middle", RATIO, "Optimal: 50-70% of full hedge", Range(0.5, 0.7), Unit.SHARE,
    _INTENSITY.format("with VIX from 15 to 25"),
    partial(_tier, lambda v: (v >= 15.0) & (v <= 25.0)),
)  # fmt: skip

optimal_high = Claim(
    "optimal-high", RATIO, "Optimal: 100-150% of full hedge", Range(1.0, 1.5), Unit.SHARE,
    _INTENSITY.format("with VIX above 25"), partial(_tier, lambda v: v > 25.0),
)  # fmt: skip


@claimed(
    "spikes-cluster", CLUSTERING, "crash risk elevated after first spike",
    over(1.0), Unit.NUMBER,
    "How much more often a crash (a close 5 % lower within 20 sessions) follows a session on which "
    "VIX rose by more than 20 % than any session: ratio of the two frequencies.",
)  # fmt: skip
def spikes_cluster(evidence: Evidence) -> Measurement:
    """Measure crash risk after a spike over that of all days."""
    vix, crash, days = _with_crashes(evidence)
    spike = vix[1:] > 1.2 * vix[:-1]
    columns = _odds(spike, crash[1:])
    return evidence.of_days(
        columns, _relative, days[1:], beside=(Reading("spikes", f"{int(spike.sum()):,}"),)
    )


CLAIMS = (
    spikes_cluster,
    crashes_rare,
    optimal_low,
    optimal_middle,
    optimal_high,
    crashes_likely,
)
