"""What probably let a column know the future, read off from where and how it differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.research.lookahead import differing

MOST = 0.5
"""Share of the rows before a cut that must differ for the whole sample to be the cause."""

ALIKE = 0.5
"""Correlation of changes from which a column moves as another does later."""

YEAR = 250
"""Changes that it takes."""


class Gap(NamedTuple):
    """A cut at which a column differs."""

    row: int
    """Last row of the data."""
    rows: NDArray[np.intp]
    """Rows that differ."""
    theirs: Floats
    """The column without the future, **shape** (row + 1,)."""


class Cause(NamedTuple):
    """A likely cause, and what to write instead."""

    cause: str
    mend: str


SAMPLE = Cause(
    "it is scaled by the mean, deviation, minimum or maximum of the whole sample",
    "use a rolling or expanding window, as in x.expanding().mean()",
)
SMOOTHED = Cause(
    "a smoother or a fit to the whole sample (smoothed states of a hidden Markov model, filtfilt, "
    "a regression or a percentile over all dates)",
    "use filtered states, or fit to the past on a calendar (docs/fitted.md)",
)
FILLED = Cause(
    "gaps are filled from later values (bfill, interpolate)",
    "use ffill, or leave NaN",
)


def cause_of(whole: Floats, gaps: Sequence[Gap], cuts: int, market: Market) -> Cause:
    """Return the likely cause of differences.

    Parameters
    ----------
    whole
        The column with all the data, **shape** (T,).
    gaps
        Where it differs when the data end earlier.
    cuts
        How many cuts were tried.
    market
        The data, to recognise their columns.
    """
    known = [np.flatnonzero(np.isfinite(whole[: gap.row + 1])) for gap in gaps]
    shares = [len(gap.rows) / max(len(rows), 1) for gap, rows in zip(gaps, known, strict=True)]
    depths = np.array([gap.row - gap.rows[0] + 1 for gap in gaps])
    ahead = _lead(whole, market)
    if ahead:
        return ahead
    last = gaps[-1]
    if _filled(gaps, cuts, market):
        return FILLED
    if np.median(shares) > MOST or np.median(depths) > 400:
        return SAMPLE if _affine(whole, last) else SMOOTHED
    late = depths[len(depths) // 2 :]  # short histories make windows behave otherwise
    reach = int(np.max(late))
    if np.mean(late == reach) < MOST:  # a window reaches equally far on every day
        apart = [np.isfinite(gap.theirs[gap.rows]).any() for gap in gaps]
        return SMOOTHED if any(apart) else FILLED
    if reach == 1:
        return Cause(
            "the value of the next session (shift(-1), x[1:])",
            "use shift(1): what was known the session before",
        )
    return Cause(
        f"it looks up to {reach} sessions ahead (shift(-{reach}), rolling(center=True), "
        "np.convolve(mode='same'))",
        "let the window end on the day itself: rolling(n) without center, shift(1)",
    )


def leading(column: Floats, known: Floats) -> int:
    """Return how many sessions ahead a column moves as a known one does, 0 where it does not.

    Parameters
    ----------
    column, known
        **Shape** (T,); ``known`` above zero.

    Examples
    --------
    >>> vix = 15.0 + np.random.default_rng(1).normal(0.0, 1.0, 600)
    >>> leading(np.r_[vix[3:], vix[:3]] ** 2, vix), leading(vix, vix)
    (3, 0)
    """
    ours, theirs = np.diff(column), np.diff(np.log(known))
    for ahead in range(1, 22):
        pair = np.array([ours[:-ahead], theirs[ahead:]])
        pair = pair[:, np.isfinite(pair).all(axis=0)]
        if pair.shape[1] < YEAR or not np.ptp(pair, axis=1).all():
            continue
        if abs(float(np.corrcoef(pair[0], pair[1])[0][1])) > ALIKE:
            return ahead
    return 0


def _lead(whole: Floats, market: Market) -> Cause | None:
    """Recognise a column of the market some sessions ahead."""
    for name, column in market.columns.items():
        for ahead in range(1, 22):
            if ahead >= len(whole):
                break
            mine, later = whole[:-ahead], column[ahead:]
            both = np.isfinite(mine) & np.isfinite(later)
            if both.sum() > 20 and np.array_equal(mine[both], later[both]) and np.ptp(mine[both]):
                return Cause(
                    f"it is '{name}' of {ahead} session{'s' * (ahead > 1)} later (shift(-{ahead}))",
                    f"use shift({ahead}), or the value of the day itself",
                )
    return None


def _filled(gaps: Sequence[Gap], cuts: int, market: Market) -> bool:
    """Recognise gaps filled from behind: only few cuts see it, those that end inside a gap."""
    # one column's gaps explain them all: with many columns every row lies in a gap of one
    inside = any(
        all(not np.isfinite(column[gap.rows]).any() for gap in gaps)
        for column in market.columns.values()
        if _daily(column)
    )
    unknown = all(not np.isfinite(gap.theirs[gap.rows]).any() for gap in gaps)
    return inside or (unknown and 2 * len(gaps) < cuts)


def _daily(column: Floats) -> bool:
    """Say whether a column has a value on most sessions of its span, unlike settlements."""
    known = np.flatnonzero(np.isfinite(column))
    return bool(len(known)) and len(known) > MOST * (known[-1] - known[0] + 1)


def _affine(whole: Floats, gap: Gap) -> bool:
    """Say whether one is the other times a number plus a number, as scaling makes it."""
    mine, theirs = whole[: gap.row + 1], gap.theirs
    both = np.isfinite(mine) & np.isfinite(theirs)
    if both.sum() < 3 or not np.ptp(theirs[both]):
        return False
    slope, level = np.polyfit(theirs[both], mine[both], 1)
    fitted = slope * theirs[both] + level
    scale = float(np.max(np.abs(mine[both])))
    return not len(differing(fitted.round(9), mine[both].round(9))) or bool(
        np.max(np.abs(fitted - mine[both])) <= 1e-8 * scale
    )
