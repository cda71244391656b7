"""Claims about the path of a fall: 20 % in three days, and 20 % in six months.

The paths are made, the same for everybody: a calm year and then the fall at an even pace.  VIX
answers by a documented rule, no chance in it.  A simulation may take the place of :func:`path`.
"""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.step import Stage
from hedgerow.engine.track import Track
from hedgerow.research.claims.claim import (
    Basis,
    Measurement,
    Range,
    Reading,
    Unit,
    claimed,
    over,
    share,
)
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.variants import changed

PATHS = "Why Dynamic Hedging? › 6. Path Dependency"

CALM, SPOT, FALL = 15.0, 4_000.0, 0.20
"""VIX before the fall in points, the index then, and how far it falls."""

FLASH, GRIND = 3, 126
"""Sessions of the flash crash, and of the six months."""

KEEPS, ANSWER = 0.977, 2.0
"""What VIX keeps of its distance from `CALM` overnight, and points it gains for 1 % of fall."""

BEFORE, AFTER = 260, 10
"""Sessions of calm before the fall, and after it."""

STARTS = (0, 4, 8, 12, 16)
"""Sessions by which the fall is put off: the put is rolled on other days, and stands elsewhere."""

_MADE = (
    "on a made path: a calm year at VIX 15, then 20 % down at an even pace in {}. VIX keeps 97.7 % "
    "of its distance from 15 overnight and gains 2 points for each 1 % of fall. Mean of five "
    "starts against the roll; the range is from the least to the greatest."
)


def path(sessions: int, wait: int = 0) -> Market:
    """Return a market that is calm, then falls by `FALL` in so many sessions.

    Examples
    --------
    >>> flash, grind = path(FLASH), path(GRIND)
    >>> [round(float(market["vix"].max())) for market in (flash, grind)]
    [57, 30]
    """
    calm = BEFORE + wait
    daily = (1.0 - FALL) ** (1.0 / sessions) - 1.0
    moves = np.zeros(calm + sessions + AFTER)
    moves[calm : calm + sessions] = daily
    vix = np.empty(len(moves))
    level = CALM
    for t, move in enumerate(moves):
        level = CALM + KEEPS * (level - CALM) + ANSWER * 100.0 * max(-move, 0.0)
        vix[t] = level
    days = np.busday_offset("2001-01-02", np.arange(len(moves)), roll="forward")
    columns = {
        "spx": SPOT * np.cumprod(1.0 + moves),
        "vix": vix,
        "rate": np.full(len(moves), 0.03),
        "dividend_yield": np.full(len(moves), 0.015),
    }
    made = {name: np.full(len(moves), Origin.MODELLED) for name in columns}
    return Market(days.astype("datetime64[ns]"), columns, made)


def _offset(track: Track, sessions: int) -> float:
    """Return hedge gain over portfolio loss during the fall (C4)."""
    first = len(track) - AFTER - sessions
    rows = slice(first, first + sessions)
    return float(track["pnl"][rows].sum() / -track["earned"][rows].sum())


def _hers(evidence: Evidence, sessions: int) -> Floats:
    """Return HER static, dynamic, and without its budget, and mean intensity, by start."""
    made = []
    for wait in STARTS:
        study = evidence.elsewhere(path(sessions, wait))
        fixed, ours = study.fixed(), study.track()
        free = study.track(changed(study.policy, "no budget", without=(Stage.BUDGET,)))
        x = float(ours["x"][-AFTER - sessions - 1 : -AFTER - 1].mean())
        made.append([*(_offset(track, sessions) for track in (fixed, ours, free)), x])
    return np.array(made).T


def _range(values: Floats, beside: tuple[Reading, ...]) -> Measurement:
    ends = float(values.min()), float(values.max())
    return Measurement(
        float(values.mean()), *ends, len(values), "starts", "", "", (("path", 1.0),), None, beside
    )


def _against(evidence: Evidence, sessions: int) -> Measurement:
    static, dynamic, free, x = _hers(evidence, sessions)
    beside = (
        share("HER static", float(static.mean())),
        share("HER dynamic", float(dynamic.mean())),
        share("HER dynamic without its budget", float(free.mean())),
        Reading("mean intensity during the fall", float(x.mean())),
        Reading("VIX at the end of the fall", float(path(sessions)["vix"].max()), Unit.POINTS),
    )
    return _range(dynamic - static, beside)


@claimed(
    "slow-grind", PATHS, "Market falls 20% over 6 months", over(0.0), Unit.SHARE,
    "Better protection: HER of the dynamic hedge less that of the static one "
    + _MADE.format("126 sessions"),
    basis=Basis.MADE,
)  # fmt: skip
def slow_grind(evidence: Evidence) -> Measurement:
    """Measure protection in a slow fall."""
    return _against(evidence, GRIND)


@claimed(
    "flash-crash", PATHS, "Market falls 20% in 3 days", over(0.0), Unit.SHARE,
    "Captures the crash: HER of the dynamic hedge less that of the static one "
    + _MADE.format("3 sessions"),
    basis=Basis.MADE,
)  # fmt: skip
def flash_crash(evidence: Evidence) -> Measurement:
    """Measure protection in a flash crash."""
    return _against(evidence, FLASH)


@claimed(
    "static-same-both", PATHS, "Static hedge same both scenarios (suboptimal)", Range(0.9, 1.1),
    Unit.NUMBER,
    "HER of the static hedge in the flash crash over that in the slow fall; the same: within a "
    "tenth. The made paths of `flash-crash` and `slow-grind`, start by start.",
    basis=Basis.MADE,
)  # fmt: skip
def static_same_both(evidence: Evidence) -> Measurement:
    """Measure whether a static hedge does the same in both falls."""
    flash, grind = (_hers(evidence, sessions)[0] for sessions in (FLASH, GRIND))
    beside = (
        share("HER in the flash crash", float(flash.mean())),
        share("HER in the slow fall", float(grind.mean())),
    )
    return _range(flash / grind, beside)


CLAIMS = (slow_grind, flash_crash, static_same_both)
