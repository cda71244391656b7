"""Bars of a volatility fund: its splits, and where another security takes its name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.bars import Bars, on_grid
from hedgerow.data.quality import Findings
from hedgerow.data.session_grid import Grid

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

FUND = "vxx"
HOLE = 10
"""Sessions without a bar after which a fund that comes back counts as another security."""
RATIOS = (2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 15.0, 20.0)
"""Ratios of splits, and of reverse splits, that an overnight jump is compared with."""
NEAR = 0.08
"""Part by which the jump of a split may miss its ratio: the fund itself moved overnight too."""


@dataclass(frozen=True)
class Fund:
    """A fund on a grid of bars and at its closes, in units of one share of one session.

    Parameters
    ----------
    file
        Where it comes from.
    price, carried
        On the grid, USD and whether it was carried over a hole, **shape** (T,); NaN where there is
        none or another security has the name.
    sessions, closes, piece
        All sessions of the file, USD at their last bars, and the number of the security that
        had the name: returns from one to the next mean nothing.  **Shape** (S,).
    """

    file: str
    price: Floats
    carried: NDArray[np.bool_]
    sessions: Days
    closes: Floats
    piece: NDArray[np.int64]


def choose(
    found: list[Bars], grid: Grid, anchor: np.datetime64, minutes: int, findings: Findings
) -> Fund | None:
    """Return the fund that trades at the first session asked for, or None if none does.

    Parameters
    ----------
    found
        All files of bars.
    grid
        Bars wanted.
    anchor
        The session in whose shares prices are stated: decisions of a run that starts there do not
        depend on splits that come later.
    minutes
        Longest bars that will do.
    findings
        Where splits and changes of the security are written.
    """
    known = [
        each
        for each in found
        if each.symbol == FUND
        and each.minutes <= minutes
        and each.dates[0] <= anchor <= each.dates[-1]
    ]
    if not known:
        return None
    bars = min(known, key=lambda each: (-each.minutes, each.file))
    first = np.flatnonzero(np.r_[True, bars.dates[1:] != bars.dates[:-1]])
    sessions = bars.dates[first]
    ratio, piece = _splits(bars, first, findings)
    at = int(np.searchsorted(sessions, anchor, side="right")) - 1
    # a session's shares are those after its split
    factor = ratio[at] / ratio
    last = np.r_[first[1:], len(bars)] - 1
    closes = bars.prices["close"][last] * factor
    whole, carried = on_grid(bars, grid, findings)
    row = np.searchsorted(sessions, grid.dates, side="right") - 1
    same = (row >= 0) & (piece[np.maximum(row, 0)] == piece[at])
    price = np.where(same, whole.prices["close"] * factor[np.maximum(row, 0)], np.nan)
    return Fund(bars.file, price, carried, sessions, closes, piece)


def _splits(
    bars: Bars, first: NDArray[np.intp], findings: Findings
) -> tuple[Floats, NDArray[np.int64]]:
    """Return by session the product of the split ratios so far, and the number of the security."""
    opens, closes = bars.prices["open"], bars.prices["close"]
    jump = np.ones(len(first))
    jump[1:] = opens[first[1:]] / closes[first[1:] - 1]
    ratios = np.array([*RATIOS, *(1.0 / each for each in RATIOS)])
    nearest = ratios[np.argmin(np.abs(np.log(jump[:, None] / ratios)), axis=1)]
    split = np.where(np.abs(jump / nearest - 1.0) <= NEAR, nearest, 1.0)
    days = bars.dates[first]
    gaps = np.r_[0, np.busday_count(days[:-1], days[1:])]
    other = gaps > HOLE
    split[other] = 1.0
    for place in np.flatnonzero(split != 1.0):
        word = f"1 for {split[place]:g}" if split[place] > 1.0 else f"{1 / split[place]:g} for 1"
        findings.add(
            "split",
            f"prices open at {jump[place]:.2f} times the close before: a split, {word}",
            action="repaired",
            file=bars.file,
            column=FUND,
            first=[str(days[place])],
        )
    for place in np.flatnonzero(other):
        findings.add(
            "fund-changed",
            f"nothing from {days[place - 1]} to {days[place]}: what comes back is another "
            "security under the name",
            action="noted",
            file=bars.file,
            column=FUND,
            count=int(gaps[place]),
        )
    return np.asarray(np.cumprod(split)), np.cumsum(other).astype(np.int64)
