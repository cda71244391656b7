"""The divest benchmark: every hedge beside simply holding less equity (spec D9).

A part of the portfolio's equity is sold for bills: once as much as gives the hedge's return, once
as much as gives its deepest fall.  Israelov, "Pathetic Protection: The Elusive
Benefits of Protective Puts" (2017), compares puts that way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.research import performance

EVEN_RETURN = 0.0005
"""Returns a year that differ by less count as the same: five hundredths of a point."""

EVEN_DRAWDOWN = 0.005
"""Deepest falls that differ by less count as the same: half a point."""

GRID = np.linspace(0.0, 1.0, 101)
"""Parts of the equity kept between which a match is looked for."""

Word = Literal["better", "worse", "even", "unclear"]


class Divested(NamedTuple):
    """The portfolio that keeps part of its equity, beside a hedge."""

    kept: float
    """Part of the portfolio's equity that is kept, 0 … 1."""
    matched: bool
    """Whether a part matches the hedge; if none does this is the nearest."""
    annual_return: float
    max_drawdown: float
    """≤ 0."""
    return_gain: float
    """Return a year of the hedge over this portfolio's."""
    drawdown_gain: float
    """How much shallower the hedge's deepest fall is; negative is deeper."""
    verdict: Word
    """Of the hedge: ``unclear`` if it is better in one way and worse in the other."""


@dataclass(frozen=True, repr=False)
class Divesting:
    """The portfolio with less equity, over the bars of a run.

    It is rebalanced daily to the part it keeps.  It pays the half-spread of the index for the
    sale at the beginning of the stretch and for what it trades beyond the portfolio itself.

    Parameters
    ----------
    alone
        The unhedged portfolio.
    cash
        Return of bills over each bar, **shape** (T,).
    exposure
        Equity share times beta of the portfolio.
    half_spread
        Of the index, decimal part of its price.
    rows
        The stretch that is judged; its first row only sets the starting NAV.
    """

    alone: Track
    cash: Floats
    exposure: float
    half_spread: float
    rows: slice

    def nav(self, kept: float) -> Floats:
        """Return NAV with a part of the equity, USD, **shape** (T,).

        Up to the first row of the stretch it is the portfolio's own.
        """
        nav, start = self.alone["nav"], self.rows.start
        made = divested(nav[start:], self.cash[start:], kept, self.exposure, self.half_spread)
        return np.concatenate([nav[:start], made])

    def track(self, kept: float) -> Track:
        """Return the track record of the portfolio with a part of the equity.

        Its ``pnl`` is what it earned beyond the whole portfolio: what a hedge gives back.
        """
        nav, whole = self.nav(kept), self.alone["nav"]
        moved = np.diff(whole) / whole[:-1]
        earned = np.r_[0.0, nav[:-1] * moved]
        columns = {
            "nav": nav,
            "earned": earned,
            "pnl": np.r_[0.0, np.diff(nav)] - earned,
            "peak": np.maximum.accumulate(nav),
        }
        return replace(self.alone, name="divested", columns={**self.alone.columns, **columns})

    def measures(self, kept: float) -> tuple[float, float]:
        """Return return a year and deepest fall (≤ 0) with a part of the equity."""
        nav = self.nav(kept)[self.rows]
        span = performance.years(self.alone, self.rows)
        return performance.annual_return(nav, span), performance.worst_fall(nav)[2]

    def beside(self, hedged: dict[str, Any]) -> dict[str, Any] | None:
        """Compare a hedge with holding less equity.

        Parameters
        ----------
        hedged
            Its `performance.statistics` over the stretch.

        Returns
        -------
        dict or None
            ``at_equal_return`` and ``at_equal_drawdown``, each the fields of `Divested`, and the
            ``verdict`` of both: ``worse`` if either part beats the hedge, ``better`` if the hedge
            beats one and is beaten by none.  None where NAV was ruined.
        """
        return self.beside_each({"": hedged})[""]

    def beside_each(self, hedges: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any] | None]:
        """Compare several hedges, by name, as `beside` does one."""
        table = np.array([self.measures(kept) for kept in GRID])
        return {name: self._beside(hedged, table) for name, hedged in hedges.items()}

    def _beside(self, hedged: dict[str, Any], table: Floats) -> dict[str, Any] | None:
        ours = (hedged["annual_return"], hedged["max_drawdown"])
        if not np.isfinite(ours).all() or ours[1] <= -1.0:
            return None
        # of several parts with the same return the one that falls least, of several with the
        # same fall the one that earns most: the stronger benchmark
        made = {}
        for name, which in (("at_equal_return", 0), ("at_equal_drawdown", 1)):

            def gap(kept: float, which: int = which) -> float:
                return float(self.measures(kept)[which] - ours[which])

            found = zeros(gap, GRID, table[:, which] - ours[which])
            near = float(GRID[np.argmin(np.abs(table[:, which] - ours[which]))])
            best = max(found or [near], key=lambda kept: self.measures(kept)[1 - which])
            made[name] = self._divested(best, ours, which if found else None)
        words = [each.verdict for each in made.values()]
        return {
            **{name: each._asdict() for name, each in made.items()},
            # worse than one of them: that part fell less for as much, or gave more for the same
            "verdict": "worse" if "worse" in words else together(*words),
        }

    def _divested(self, kept: float, ours: tuple[float, float], matched: int | None) -> Divested:
        annual, deepest = self.measures(kept)
        more = 0.0 if matched == 0 else ours[0] - annual
        shallower = 0.0 if matched == 1 else ours[1] - deepest
        verdict = together(word_of(more, EVEN_RETURN), word_of(shallower, EVEN_DRAWDOWN))
        return Divested(kept, matched is not None, annual, deepest, more, shallower, verdict)


def divested(
    nav: Floats, bills: Floats, kept: float, exposure: float, half_spread: float
) -> Floats:
    """Return NAV with a part of the equity, the rest in bills, rebalanced daily.

    Parameters
    ----------
    nav
        Of the whole portfolio, USD, **shape** (T,) or (T, paths).
    bills
        Their return over each bar; the first is left out, **shape** (T,) or (T, 1).
    kept
        Part of the equity, 0 … 1.
    exposure, half_spread
        As for `Divesting`.

    Examples
    --------
    >>> divested(np.array([100.0, 90.0]), np.zeros(2), 0.5, 1.0, 0.0).tolist()
    [100.0, 95.0]
    """
    whole, bills = nav[1:] / nav[:-1] - 1.0, bills[1:]
    excess = whole - bills
    earned = bills + kept * excess
    # e(1-e)|index - bills| / (1 + earned) puts a share e back where it was
    ours = np.abs(kept * (1.0 - kept * exposure) * excess) / (1.0 + earned)
    its = np.abs((1.0 - exposure) * excess) / (1.0 + whole)
    traded = np.maximum(ours - its, 0.0)
    traded[:1] += (1.0 - kept) * abs(exposure)
    growth = (1.0 + earned) * (1.0 - half_spread * traded)
    return np.concatenate([nav[:1], nav[0] * np.cumprod(growth, axis=0)])


def zeros(gap: Callable[[float], float], at: Floats, gaps: Floats) -> list[float]:
    """Return where a function is zero, one place in each interval of a grid over which it turns.

    Parameters
    ----------
    gap
        The function, continuous.
    at, gaps
        The grid, rising, and the function on it, **shape** (N,).

    Examples
    --------
    >>> at = np.linspace(0.0, 1.0, 11)
    >>> [round(x, 6) for x in zeros(lambda x: x * x - 0.25, at, at**2 - 0.25)]
    [0.5]
    """
    from scipy.optimize import brentq

    gaps = np.where(np.abs(gaps) <= 1e-12, 0.0, gaps)  # what is left of a difference of floats
    found = [float(x) for x, g in zip(at, gaps, strict=True) if g == 0.0]
    for i in np.flatnonzero(gaps[:-1] * gaps[1:] < 0.0):
        found.append(float(brentq(gap, at[i], at[i + 1], xtol=1e-14)))
    return sorted(found)


def together(first: Word, second: Word) -> Word:
    """Return the verdict of two: they may agree, one may be even, or they contradict.

    Examples
    --------
    >>> together("better", "even"), together("better", "worse"), together("even", "even")
    ('better', 'unclear', 'even')
    """
    if second in (first, "even"):
        return first
    return second if first == "even" else "unclear"


def word_of(gain: float, even: float) -> Word:
    """Return the word of a gain: less than ``even`` either way is none.

    Examples
    --------
    >>> word_of(0.02, 0.01), word_of(-0.02, 0.01), word_of(0.001, 0.01)
    ('better', 'worse', 'even')
    """
    if abs(gain) < even:
        return "even"
    return "better" if gain > 0.0 else "worse"
