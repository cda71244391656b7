"""How often a level is crossed from one session to the next (spec A12, C6)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats


class Crossings(NamedTuple):
    """What was counted, and the probabilities that follow."""

    low: int
    """Sessions at or below the level that another session followed."""
    high: int
    """Sessions above it that another followed."""
    up: int
    """Of the low ones, those followed by a high one."""
    down: int
    """Of the high ones, those followed by a low one."""

    @property
    def p_lh(self) -> float:
        """Probability that a high session follows a low one; NaN where none was seen."""
        return self.up / self.low if self.low else float("nan")

    @property
    def p_hl(self) -> float:
        """Probability that a low session follows a high one; NaN where none was seen."""
        return self.down / self.high if self.high else float("nan")


def crossings(column: Floats, level: float) -> Crossings:
    """Count how sessions above and not above a level follow each other.

    Parameters
    ----------
    column
        VIX in points, or any column, **shape** (T,); pairs with a NaN are left out.
    level
        High is what is above it.

    Examples
    --------
    >>> found = crossings(np.array([20.0, 26.0, 27.0, 24.0, 20.0]), 25.0)
    >>> found, found.p_lh, found.p_hl
    (Crossings(low=2, high=2, up=1, down=1), 0.5, 0.5)
    """
    pairs = np.isfinite(column[:-1]) & np.isfinite(column[1:])
    before, after = column[:-1][pairs] > level, column[1:][pairs] > level
    return Crossings(
        int(np.sum(~before)),
        int(np.sum(before)),
        int(np.sum(~before & after)),
        int(np.sum(before & ~after)),
    )
