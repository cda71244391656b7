"""Whether a hedge of condors is worth its cost: against none, static VX, and fewer condors.

The third is the divest benchmark of the project (spec D9) for a seller: the same book at a part of
its size, the rest in bills, once with the hedge's return and once with its deepest fall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.research import performance
from hedgerow.research.divest import EVEN_DRAWDOWN, EVEN_RETURN, Divesting, Word, together, word_of
from hedgerow.research.performance import YEAR
from hedgerow.shortvol.beside.study import Beside
from hedgerow.shortvol.beside.variants import ALONE, LAYERED, MATCHED, STATIC

BLOCK = 63
"""Mean block of the bootstrap, sessions: a quarter, so that falls stay whole."""

LEVEL = 0.9
"""Coverage of the intervals."""


class Gap(NamedTuple):
    """How much more one value is than another, and its 90 % bootstrap interval."""

    value: float
    low: float
    high: float

    @property
    def proven(self) -> bool:
        """Whether nothing lies outside the interval."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True)
class Against:
    """A hedge against something else, over one stretch.

    Parameters
    ----------
    key, title
        What it is held against.
    annual_return
        Return a year of the hedge less that of the other, decimals.
    drawdown
        How much shallower the hedge's deepest fall is; negative is deeper.
    worst_month
        How much better its worst month is; NaN where it is not asked.
    word
        Of the hedge; ``unclear`` if it is better in one way and worse in the other.
    """

    key: str
    title: str
    annual_return: Gap
    drawdown: Gap
    worst_month: float
    word: Word


@dataclass(frozen=True)
class Worth:
    """The answer over one stretch.

    Parameters
    ----------
    key, part
        Of the variant and the stretch.
    first, last
        Its dates.
    none, static
        Against the book alone, and against static VX of the same average vega; None where that was
        not run.
    fewer
        Against fewer condors with the same deepest fall.
    kept
        Part of the condors that have that fall, 0 … 1; ``matched`` tells whether any has.
    matched
        As said.
    at_equal_return
        What of the condors, at the hedge's return, falls how much less than the hedge: fields of
        :class:`~hedgerow.research.divest.Divested`; None where NAV was ruined.
    verdict
        Of both halves of that benchmark; None where NAV was ruined.
    """

    key: str
    part: str
    first: str
    last: str
    none: Against
    static: Against | None
    fewer: Against | None
    kept: float
    matched: bool
    at_equal_return: dict[str, Any] | None
    verdict: Word | None

    @property
    def word(self) -> str:
        """``worth its cost``, ``not worth its cost``, ``not proven`` or ``cannot be told``.

        A lead over fewer condors that resampled quarters may turn round is ``not proven``.
        """
        gave, eased = self.none.annual_return.value, self.none.drawdown.value
        if gave <= -EVEN_RETURN and eased < EVEN_DRAWDOWN:
            return "not worth its cost"
        if self.verdict == "better":
            return "worth its cost" if self.proven else "not proven"
        return "not worth its cost" if self.verdict == "worse" else "cannot be told"

    @property
    def proven(self) -> bool:
        """Whether the lead over fewer condors is more than resampled years may show by chance."""
        return self.fewer is not None and self.fewer.annual_return.proven


def worth(found: Beside, key: str, part: str, *, resamples: int = 500, seed: int = 0) -> Worth:
    """Weigh a variant.

    Parameters
    ----------
    found
        The variants side by side.
    key, part
        Which, and over which stretch.
    resamples, seed
        Of the stationary bootstrap; equal seeds give equal intervals.  With 0 the ends are NaN.
    """
    rows = found.rows(part)
    ours, alone = found.figures(key, part), found.figures(ALONE, part)
    nav = found.runs[key].outcome.nav[rows]

    def against(other: str, title: str) -> Against:
        its = found.figures(other, part)
        month = ours.worst_month - its.worst_month
        yearly = ours.annual_return - its.annual_return
        fall = ours.max_drawdown - its.max_drawdown
        theirs = found.runs[other].outcome.nav[rows]
        return _against(other, title, (yearly, fall, month), nav, theirs, resamples, seed)

    other = MATCHED if key == LAYERED else STATIC
    static = None
    if other in found.runs and other != key:
        static = against(other, found.runs[other].variant.title)
    plain = Divesting(found.alone.track, found.cash, 1.0, 0.0, rows)
    asked = {"annual_return": ours.annual_return, "max_drawdown": ours.max_drawdown}
    beside = plain.beside(asked) if key != ALONE else None
    fewer, kept, matched = None, 1.0, False
    if beside is not None:
        fall = beside["at_equal_drawdown"]
        kept, matched = float(fall["kept"]), bool(fall["matched"])
        fewer = _against(
            "fewer-condors", f"{kept:.0%} of the condors",
            (fall["return_gain"], fall["drawdown_gain"], float("nan")),
            nav, plain.nav(kept)[rows], resamples, seed,
        )  # fmt: skip
    return Worth(
        key, part, alone.first, alone.last, against(ALONE, "no hedge"), static, fewer, kept,
        matched, *((beside["at_equal_return"], beside["verdict"]) if beside else (None, None)),
    )  # fmt: skip


def gaps(ours: Floats, theirs: Floats, *, resamples: int, seed: int) -> Floats:
    """Return resampled differences of return a year and of deepest fall, **shape** (n, 2).

    Days are drawn together, in blocks of `BLOCK` sessions on average: the stationary bootstrap of
    Politis and Romano, JASA 89 (1994).

    Parameters
    ----------
    ours, theirs
        NAV over the same sessions, USD, **shape** (T,).
    """
    from arch.bootstrap import StationaryBootstrap

    both = np.column_stack([performance.returns(nav) for nav in (ours, theirs)])
    block = min(BLOCK, max(len(both) // 3, 1))
    drawn = StationaryBootstrap(block, both, seed=np.random.default_rng(seed))
    return np.asarray(drawn.apply(_gap, resamples))


def _gap(moves: Floats) -> Floats:
    growth = np.cumprod(1.0 + np.vstack([np.zeros(2), moves]), axis=0)
    yearly = np.maximum(growth[-1], 1e-12) ** (YEAR / len(moves)) - 1.0
    falls = [performance.drawdowns(column).min() for column in growth.T]
    return np.array([yearly[0] - yearly[1], falls[0] - falls[1]])


def _against(
    key: str,
    title: str,
    found: tuple[float, float, float],
    ours: Floats,
    theirs: Floats,
    resamples: int,
    seed: int,
) -> Against:
    yearly, fall, month = found
    ends = np.full((2, 2), np.nan)
    whole = min(float(ours.min()), float(theirs.min())) > 0.0
    if resamples and whole:
        made = gaps(ours, theirs, resamples=resamples, seed=seed)
        tail = (1.0 - LEVEL) / 2.0
        ends = np.quantile(made, [tail, 1.0 - tail], axis=0)
    first, second = (
        Gap(value, float(ends[0, i]), float(ends[1, i])) for i, value in enumerate((yearly, fall))
    )
    word = together(word_of(yearly, EVEN_RETURN), word_of(fall, EVEN_DRAWDOWN))
    return Against(key, title, first, second, month, word)
