"""What lanes are chosen by, and the few sums of each lane that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError, nearest
from hedgerow.research.crises import effectiveness
from hedgerow.research.overfit.blocks import Sums
from hedgerow.research.performance import YEAR, drawdowns, returns

Name = Literal["sharpe", "saving", "her", "cost"]

MEANINGS: dict[str, str] = {
    "sharpe": "Sharpe ratio over bills",
    "saving": "saving of hedge cost against the fixed hedge (C3)",
    "her": "part of the portfolio's losses in falls given back (HER, C4)",
    "cost": "saving of hedge cost (C3) among those that fall no deeper than asked",
}
"""The objectives, in words."""


class Tally(NamedTuple):
    """What lanes did in a window; each of **shape** (lanes,) but the first."""

    bars: float
    """Returns in it."""
    total: Floats
    """Sum of returns over bills; NaN for a lane whose NAV was lost, where `deepest` is unknown."""
    squares: Floats
    """Sum of their squares."""
    paid: Floats
    """Carry and transaction costs, USD (C2)."""
    gain: Floats
    """Of the hedge in the falls in which the portfolio lost, USD."""
    loss: Floats
    """Of the portfolio in them, USD."""
    deepest: Floats
    """Deepest fall of NAV since the window began, ≤ 0; NaN where that is not known."""

    def sharpe(self) -> Floats:
        """Return the yearly Sharpe ratio over bills, **shape** (lanes,); 0 of flat returns."""
        sums = Sums(np.full((1, 1), self.bars), self.total[None], self.squares[None])
        return np.asarray(sums.sharpe()[0] * np.sqrt(YEAR))

    def her(self) -> Floats:
        """Return the hedge effectiveness ratio, **shape** (lanes,); NaN where nothing was lost."""
        lost = self.loss > 0.0
        return np.where(lost, self.gain / np.where(lost, self.loss, 1.0), np.nan)


@dataclass(frozen=True)
class Objective:
    """What the best lane has most of.

    Parameters
    ----------
    name
        ``"sharpe"`` over bills; ``"saving"`` of hedge cost against the fixed hedge (C3), of which
        the lane has most that hedges least; ``"her"``, gain ÷ loss in falls (C4); ``"cost"``, the
        saving among lanes that protect enough.
    protect
        Of ``"cost"``: the part of the points that the fixed hedge takes off the window's deepest
        fall which a lane must take off, too.

    Raises
    ------
    RangeError
        If there is no such objective, or the part is out of range.
    """

    name: Name = "sharpe"
    protect: float = 1.0

    def __post_init__(self) -> None:
        known = get_args(Name)
        if self.name not in known:
            raise RangeError(
                f"'{self.name}' is no objective",
                where="objective",
                mend=nearest(str(self.name), known),
            )
        given = self.protect
        plain = isinstance(given, int | float) and not isinstance(given, bool)
        if not (plain and 0.0 < given <= 2.0):
            raise RangeError(
                f"{self.protect!r} is no part of the fixed hedge's protection",
                where="protect",
                mend="give a number above 0, such as 0.8",
            )

    def measure(self, tally: Tally, fixed: Tally) -> Floats:
        """Return what the objective measures, **shape** (lanes,), whatever was protected.

        Parameters
        ----------
        tally
            Of the lanes.
        fixed
            Of the fixed hedge in the same window, one lane.
        """
        if self.name == "sharpe":
            return tally.sharpe()
        if self.name == "her":
            return tally.her()
        paid = float(fixed.paid[0])
        if not paid > 0.0:  # the fixed hedge earned its keep: nothing to save from
            return np.full(len(tally.paid), np.nan)
        return np.asarray(1.0 - tally.paid / paid)

    def base(self, fixed: Tally) -> float:
        """Return what the fixed hedge has of it: what a lane must beat for the change to pay."""
        return float(self.measure(fixed, fixed)[0]) if self.name == "sharpe" else 0.0

    def values(self, tally: Tally, fixed: Tally, alone: float) -> Floats:
        """Return what lanes are ranked by, **shape** (lanes,); NaN for one that is out.

        Out are lanes whose NAV was lost and, for ``cost``, those that fell too deep.

        Parameters
        ----------
        tally, fixed
            As for `measure`.
        alone
            Deepest fall of the unhedged portfolio in the window, ≤ 0.
        """
        made = self.measure(tally, fixed)
        lost = (tally.deepest <= -1.0) | np.isnan(tally.total)
        made = np.where(np.isfinite(made) & ~lost, made, np.nan)
        if self.name != "cost":
            return made
        return np.where(tally.deepest >= self.floor(fixed, alone), made, np.nan)

    def floor(self, fixed: Tally, alone: float) -> float:
        """Return the deepest fall that ``cost`` allows, ≤ 0."""
        return alone + self.protect * (float(fixed.deepest[0]) - alone) - 1e-12

    def best(self, tally: Tally, fixed: Tally, alone: float) -> int:
        """Return the lane to choose; of equal ones the first.

        Where none protects enough it is the one that falls least deep.

        Raises
        ------
        RangeError
            If no lane can be ranked.
        """
        made = self.values(tally, fixed, alone)
        if np.isfinite(made).any():
            return int(np.nanargmax(made))
        alive = np.where(tally.deepest > -1.0, tally.deepest, -np.inf)
        if self.name == "cost" and np.isfinite(alive).any() and float(fixed.paid[0]) > 0.0:
            return int(np.argmax(alive))
        raise RangeError(
            f"no lane has a value of '{self.name}'",
            where="objective",
            mend="choose by sharpe, or take longer windows or another sleeve",
        )


def tally_of(track: Track, cash: Floats, rows: slice, falls: Sequence[slice]) -> Tally:
    """Return the tally of one track over a stretch; its first row only sets the starting NAV.

    Parameters
    ----------
    track
        One run.
    cash
        Return of bills over each bar, **shape** (T,).
    rows, falls
        The stretch, and the falls in it: the first row of each only sets the starting values.
    """
    nav, inside = track["nav"][rows], slice(rows.start + 1, rows.stop)
    excess = returns(nav) - cash[inside]
    paid = float(track["carry"][inside].sum() + track["cost"][inside].sum())
    each = [effectiveness(track, fall) for fall in falls]
    losing = [row for row in each if row["portfolio_loss"] > 0.0]
    return Tally(
        float(len(excess)),
        np.array([excess.sum()]),
        np.array([(excess * excess).sum()]),
        np.array([paid]),
        np.array([sum(row["hedge_gain"] for row in losing)]),
        np.array([sum(row["portfolio_loss"] for row in losing)]),
        np.array([float(drawdowns(nav).min())]),
    )
