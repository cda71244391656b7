"""Claims about VIX itself: persistence, time spent by level, changes of regime.

All are measured on published VIX only; sessions on which a model made it are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.policies.signals import RealisedVol
from hedgerow.research.claims.claim import (
    Claim,
    Measurement,
    Reading,
    Unit,
    UnmeasuredError,
    about,
    claimed,
    over,
)
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.resampling import (
    apart,
    correlation,
    mean,
    pairs,
    ratio,
)

CLUSTERING = "Why Dynamic Hedging? › 2. Volatility Clustering"
SAVINGS = "Why Dynamic Hedging? › 3. Cost Reduction"
CONDITIONAL = "Dynamic Hedge Strategies › 3. Conditional Hedging"
CORRELATION = "Dynamic Hedge Strategies › 5. Correlation-Adjusted Hedging"
TRANSITIONS = "Mathematical Framework › 6. Transition Probabilities"
SHIFTS = "Common Mistakes › 7. Missing Regime Shifts"

MONTH = 21
"""Sessions of a month."""

Days = NDArray[np.datetime64]


def _series(evidence: Evidence) -> tuple[Floats, Days]:
    """Return published VIX in points and its dates, each **shape** (T,)."""
    rows = evidence.published()
    return evidence.inside["vix"][rows], evidence.inside.dates[rows]


def _lag1(series: Floats) -> float:
    if len(series) < 3 or np.ptp(series) == 0.0:
        return float("nan")
    return float(correlation(pairs(series[1:], series[:-1]).mean(axis=0)))


def _half_memory(series: Floats, level: float = 0.7) -> str:
    """Return after how many sessions the autocorrelation has fallen to a level."""
    centred = series - series.mean()
    variance = max(float(centred @ centred), 1e-12)
    for lag in range(1, min(len(series) // 4, 500)):
        if float(centred[lag:] @ centred[:-lag]) / variance <= level:
            return f"{lag} sessions"
    return "more than 500 sessions"


def _months(market_vol: Floats) -> Floats:
    return market_vol[np.isfinite(market_vol)][::MONTH]


@claimed(
    "vix-persistence", CLUSTERING, "Vol today predicts vol tomorrow (~0.7 correlation)",
    about(0.7), Unit.NUMBER,
    "Correlation of VIX at a close with VIX at the close before. Beside it other things that 0.7 "
    "could mean.",
)  # fmt: skip
def vix_persistence(evidence: Evidence) -> Measurement:
    """Measure the lag-1 autocorrelation of VIX."""
    vix, days = _series(evidence)
    spot = evidence.inside["spx"]
    overlapping = _lag1(_finite(RealisedVol()(evidence.inside)))
    moves = np.abs(np.diff(np.log(spot)))
    beside = (
        Reading("logarithm of VIX", _lag1(np.log(vix))),
        Reading("VIX, week on week", _lag1(vix[::5])),
        Reading("VIX, month on month", _lag1(vix[::MONTH])),
        Reading("sessions until VIX's autocorrelation is 0.7", _half_memory(vix)),
        Reading("daily changes of VIX", _lag1(np.diff(vix))),
        Reading("size of the index's daily move, ln", _lag1(moves)),
        Reading("20-day realised vol, day on day (windows overlap)", overlapping),
    )  # fmt: skip
    return evidence.of_days(pairs(vix[1:], vix[:-1]), correlation, days[1:], beside=beside)


def _finite(column: Floats) -> Floats:
    return column[np.isfinite(column)]


@claimed(
    "realised-vol-persistence", CLUSTERING, "Vol today predicts vol tomorrow (~0.7 correlation)",
    about(0.7), Unit.NUMBER,
    "The same of realised vol: correlation of the index's volatility over 21 sessions with that "
    "over the 21 before, windows that do not overlap.",
)  # fmt: skip
def realised_vol_persistence(evidence: Evidence) -> Measurement:
    """Measure the autocorrelation of monthly realised volatility."""
    market = evidence.inside
    if len(market) < 10 * MONTH:
        raise UnmeasuredError(f"only {len(market)} sessions: too few months")
    vol = RealisedVol("spx", days=MONTH)(market)
    rows = np.arange(MONTH, len(market), MONTH)
    series, days = vol[rows], market.dates[rows]
    return evidence.of_days(
        pairs(series[1:], series[:-1]), correlation, days[1:], of="months",
        beside=(Reading("its logarithm", _lag1(np.log(series))),),
    )  # fmt: skip


# ---- time by level ------------------------------------------------------------------------------


def _share(inside: Callable[[Floats], NDArray[np.bool_]], evidence: Evidence) -> Measurement:
    vix, days = _series(evidence)
    return evidence.of_days(inside(vix).astype(float)[:, None], mean, days)


def _share_below_15(evidence: Evidence) -> Measurement:
    vix, _ = _series(evidence)
    made = _share(lambda v: v < 15.0, evidence)
    level = float(np.quantile(vix, 0.8))
    return _beside(made, Reading("80 % of days lie below VIX", level, Unit.POINTS))


def _beside(made: Measurement, *rows: Reading) -> Measurement:
    return replace(made, beside=(*made.beside, *rows))


share_below_15 = Claim(
    "share-below-15", CONDITIONAL, "No hedge when VIX < 15 (80% of time)", about(0.80), Unit.SHARE,
    "Share of sessions that close with VIX below 15.", _share_below_15,
)  # fmt: skip

share_15_to_25 = Claim(
    "share-15-to-25", CONDITIONAL, "Half hedge when VIX 15-25 (15% of time)", about(0.15),
    Unit.SHARE, "Share of sessions that close with VIX from 15 to 25.",
    partial(_share, lambda v: (v >= 15.0) & (v <= 25.0)),
)  # fmt: skip

share_above_25 = Claim(
    "share-above-25", CONDITIONAL, "Full hedge when VIX > 25 (5% of time)", about(0.05),
    Unit.SHARE, "Share of sessions that close with VIX above 25.",
    partial(_share, lambda v: v > 25.0),
)  # fmt: skip


@claimed(
    "calm-share", SAVINGS, "Not hedged during calm 60% of time", about(0.6), Unit.SHARE,
    "Share of sessions on which the source's rule (option A) asks for no hedge: VIX at most 12.",
)  # fmt: skip
def calm_share(evidence: Evidence) -> Measurement:
    """Measure how often the rule asks for nothing."""
    vix, _ = _series(evidence)
    shares = tuple(
        Reading(f"VIX below {level}", float(np.mean(vix < level)), Unit.SHARE)
        for level in (14, 15, 18, 20)
    )
    return _beside(_share(lambda v: v <= 12.0, evidence), *shares)


stress_share = Claim(
    "stress-share", SAVINGS, "Extra hedged during stress 10% of time", about(0.10), Unit.SHARE,
    "Share of sessions on which the source's rule (option A) asks for more than the base hedge: "
    "VIX above 22.",
    partial(_share, lambda v: v > 22.0),
)  # fmt: skip


# ---- changes of regime --------------------------------------------------------------------------


def _leaves(level: float, high: bool, vix: Floats) -> Floats:
    """Return whether each step left the regime, and began in it, **shape** (T-1, 2)."""
    above = vix > level
    was = above[:-1] == high
    return np.column_stack([was & (above[1:] != high), was]).astype(float)


def _weekly(vix: Floats, days: Days) -> Floats:
    """Return the last close of each week."""
    weeks = (days.astype("int64") + 3) // 7  # 1970-01-01 was a Thursday
    return vix[np.r_[weeks[1:] != weeks[:-1], True]]


def _transition(high: bool, evidence: Evidence) -> Measurement:
    vix, days = _series(evidence)

    def odds(level: float, series: Floats) -> float:
        left, began = _leaves(level, high, series).sum(axis=0)
        return float(left / began) if began else float("nan")

    weekly = _weekly(vix, days)
    beside = (
        Reading("threshold 20, daily", odds(20.0, vix)),
        Reading("threshold 25, weekly", odds(25.0, weekly)),
        Reading("threshold 20, weekly", odds(20.0, weekly)),
    )
    return evidence.of_days(_leaves(25.0, high, vix), ratio, days[1:], beside=beside)


p_low_high = Claim(
    "p-low-high", TRANSITIONS, "p_{LH} \\approx 0.05", about(0.05), Unit.NUMBER,
    "Share of sessions with VIX at or below 25 that are followed by one above it (C6).",
    partial(_transition, False),
)  # fmt: skip

p_high_low = Claim(
    "p-high-low", TRANSITIONS, "p_{HL} \\approx 0.15", about(0.15), Unit.NUMBER,
    "Share of sessions with VIX above 25 that are followed by one at or below it (C6).",
    partial(_transition, True),
)  # fmt: skip


@claimed(
    "vix-shift", SHIFTS, "2020+: Structural shift to higher vol", over(0.0), Unit.POINTS,
    "Mean VIX since 2020 less mean VIX of 2010–2019.",
)  # fmt: skip
def vix_shift(evidence: Evidence) -> Measurement:
    """Measure the shift of VIX after 2020."""
    vix, days = _series(evidence)
    old = (days >= np.datetime64("2010-01-01")) & (days <= np.datetime64("2019-12-31"))
    new = days >= np.datetime64("2020-01-01")
    if old.sum() < 2000 or new.sum() < 252:
        raise UnmeasuredError("the data do not hold 2010–2019 and a year since")
    rows = old | new
    columns = np.column_stack([vix * new, new, vix * old, old]).astype(float)[rows]
    stretches = {"2010–2019": old, "since 2020": new, "before 2010": ~rows}
    means = tuple(
        Reading(name, float(vix[part].mean()), Unit.POINTS)
        for name, part in stretches.items()
        if part.any()
    )
    return evidence.of_days(columns, apart, days[rows], beside=means)


@claimed(
    "normal-correlation", CORRELATION, "Normal correlation: 40%", about(0.40), Unit.SHARE,
    "Mean of Cboe's implied correlation of the large members of the S&P 500 (column cor1m).",
)  # fmt: skip
def normal_correlation(evidence: Evidence) -> Measurement:
    """Measure the usual implied correlation."""
    rows = evidence.published("cor1m")
    level = evidence.inside["cor1m"][rows] / 100.0
    middle = (Reading("median", float(np.median(level)), Unit.SHARE),)
    return evidence.of_days(level[:, None], mean, evidence.inside.dates[rows], beside=middle)


CLAIMS = (
    vix_persistence,
    realised_vol_persistence,
    calm_share,
    stress_share,
    share_below_15,
    share_15_to_25,
    share_above_25,
    normal_correlation,
    p_low_high,
    p_high_low,
    vix_shift,
)
