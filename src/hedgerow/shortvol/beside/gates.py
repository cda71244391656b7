"""The gates of a hedged book, measured whether or not a rule asks: H11, H14, H16."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.engine.program import Line, Program
from hedgerow.policies.hurdle import Hurdle
from hedgerow.policies.layered import Layered
from hedgerow.shortvol.gates import COLUMN, SPREAD, with_stressed_irr


class Above(NamedTuple):
    """The stressed rate of return beside its hurdle over a stretch."""

    irr: float | None
    """Its median, decimal a year."""
    hurdle: float | None
    """Median of the hurdle, decimal a year."""
    share: float | None
    """Of the sessions on which both are known, the part at the hurdle or above."""
    sessions: int
    """On which both are known."""


@dataclass(frozen=True)
class Hurdled:
    """Stressed rate of return and hurdle at each session; columns of **shape** (T,).

    Parameters
    ----------
    irr
        Of a condor sold at this close with its hedge, decimal a year.
    hurdle
        Decimal a year; NaN where it is not known.
    said
        What the hurdle is.
    gate
        Of the book's rules; None where they have none.
    source
        How the column was made, its assumptions.
    """

    irr: Floats
    hurdle: Floats
    said: str
    gate: Hurdle | None
    source: str

    def over(self, rows: slice) -> Above:
        """Return the medians and the share of sessions at the hurdle or above.

        Parameters
        ----------
        rows
            The stretch.

        Examples
        --------
        >>> irr = np.array([0.02, 0.10, np.nan, 0.30])
        >>> Hurdled(irr, np.full(4, 0.10), "10 %", None, "").over(slice(0, 4))
        Above(irr=0.1, hurdle=0.1, share=0.6666666666666666, sessions=3)
        """
        irr, hurdle = self.irr[rows], self.hurdle[rows]
        known = np.isfinite(irr) & np.isfinite(hurdle)
        if not known.any():
            return Above(None, None, None, 0)
        ours, asked = irr[known], hurdle[known]
        share = float(np.mean(ours >= asked))
        return Above(float(np.median(ours)), float(np.median(asked)), share, len(ours))


def hurdled(base: Program, market: Market, first: int) -> Hurdled:
    """Return the stressed rate of return of a condor with its hedge, beside the hurdle (H14).

    The hurdle is that of the book's own gate; without one the column ``wacc``, or bills plus
    `SPREAD` where the data have none.

    Parameters
    ----------
    base
        The book.
    market
        What it was played on; it has the column ``stressed_irr`` where a policy read it.
    first
        Row of the run's first bar.
    """
    known = market if COLUMN in market else with_stressed_irr(market)
    steps = (step for line in base.lines for step in line.policy.steps)
    gate = next((s for s in steps if isinstance(s, Hurdle) and s.signal == COLUMN), None)
    has_wacc = "wacc" in market and bool(np.isfinite(market["wacc"][first:]).any())
    against, spread = ("wacc", 0.0) if has_wacc else ("rate", SPREAD)
    # a gate may read a signal that is no column: then the usual hurdle is shown
    if gate is not None and (not gate.against or gate.against in market):
        against, spread = gate.against, gate.spread
    level = market[against] if against and against in market else np.full(len(market), np.nan)
    if not against:
        level = np.zeros(len(market))
    name = {"rate": "bills", "": ""}.get(against, against)
    said = " + ".join(
        part for part in (name, f"{spread:.1%}" if spread or not name else "") if part
    )
    hurdle = np.asarray(level[first:] + spread)
    return Hurdled(known[COLUMN][first:], hurdle, said, gate, known.sources.get(COLUMN, ""))


class Depth(NamedTuple):
    """Depth of a bar over the contracts asked for (H11), over a stretch."""

    sessions: int
    """On which something was asked for; the others have no ratio."""
    median: float | None
    worst: float | None
    worst_on: str | None
    """Date of the worst session."""
    under: float | None
    """Of those sessions, the part on which more was asked for than can be traded in a bar."""


def depth(ratio: Floats, dates: NDArray[np.datetime64]) -> Depth:
    """Return what the liquidity ratios of a line came to.

    Parameters
    ----------
    ratio
        At each session; NaN where nothing was asked for, **shape** (T,).
    dates
        Sessions, **shape** (T,).

    Examples
    --------
    >>> days = np.array(["2020-03-12", "2020-03-13", "2020-03-16"], dtype="datetime64[D]")
    >>> depth(np.array([4.0, np.nan, 0.5]), days)
    Depth(sessions=2, median=2.25, worst=0.5, worst_on='2020-03-16', under=0.5)
    """
    rows = np.flatnonzero(~np.isnan(ratio))
    if not len(rows):
        return Depth(0, None, None, None, None)
    asked = ratio[rows]
    worst = int(np.argmin(asked))
    return Depth(
        len(rows),
        float(np.median(asked)),
        float(asked[worst]),
        str(dates[rows[worst]]),
        float(np.mean(asked < 1.0)),
    )


def depths(
    program: Program, ratios: Mapping[str, Floats], dates: NDArray[np.datetime64]
) -> dict[str, Depth]:
    """Return the liquidity of the condors together, and of each line of the hedge.

    Parameters
    ----------
    program
        Whose lines they are.
    ratios
        By line, **shape** (T,).
    dates
        Sessions, **shape** (T,).
    """
    book = [ratios[line.name] for line in program.lines if line.role == "book"]
    least = np.fmin.reduce(book)
    lines = [line.name for line in program.lines if line.role == "hedge"]
    return {"condors": depth(least, dates), **{name: depth(ratios[name], dates) for name in lines}}


def machine(lines: Iterable[Line]) -> Layered | None:
    """Return the state machine that runs a hedge, whose mode is the hedge's (H16); None if none."""
    steps = (step for line in lines for step in line.policy.steps)
    return next((step for step in steps if isinstance(step, Layered)), None)
