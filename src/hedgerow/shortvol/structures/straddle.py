r"""The low-gamma straddle: longer-dated, its gamma per theta under a cap, for low volatility (G5).

Without rates theta is :math:`-\tfrac12 σ^2 S^2 Γ`: what a straddle earns from a move per day of
theta depends on its implied volatility, not on its tenor.  A longer tenor helps where the term
structure rises; absolute gamma, at equal vega, falls with the tenor either way.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Market
from hedgerow.errors import RangeError
from hedgerow.instruments.structure import Structure
from hedgerow.instruments.structures import straddle
from hedgerow.shortvol.structures.ground import INDEX, Ground, value
from hedgerow.shortvol.structures.hedges import BOTH, Hedge, Terms, listed, scaled

TENORS = (90, 120, 150, 180, 240, 300, 365)
"""Calendar days that are tried; the first weekly expiry from then on is taken."""

OUT = (0.0, -0.02, 0.02, -0.04, 0.04, -0.06, -0.08, -0.10)
"""Strikes that are tried, from the forward, the nearest first."""

SHORT = 30
"""Calendar days of the straddle that it is laid beside."""

MOVE = 0.01
"""Move of the index that gamma is paid for."""


@dataclass(frozen=True)
class Cap:
    r"""When a straddle is low in gamma, and volatility low.

    Parameters
    ----------
    days_per_move
        The most days of theta that a move of 1 % may be worth: ½Γ(0.01 S)² ÷ \|Θ\|.
    share
        The cap as a part of what the 30-day straddle has, where no number is given.
    percentile
        VIX must stand at or under this percentile of its own past, decimal.
    sessions
        How long that past is; the day itself counts, later ones never do.

    Raises
    ------
    RangeError
        If a number is out of range.
    """

    days_per_move: float | None = None
    share: float = 0.9
    percentile: float = 0.3
    sessions: int = 252

    def __post_init__(self) -> None:
        if self.days_per_move is not None and not self.days_per_move > 0.0:
            raise RangeError(f"{self.days_per_move} is no cap", where="cap.days_per_move",
                             mend="give days above 0")  # fmt: skip
        for name, low, high in (("share", 0.0, 1.0), ("percentile", 0.0, 1.0)):
            if not low < getattr(self, name) <= high:
                raise RangeError(f"{getattr(self, name)} is out of range", where=f"cap.{name}",
                                 mend="give a number above 0, 1 at most")  # fmt: skip
        if self.sessions < SHORT:
            raise RangeError(f"{self.sessions} sessions are too few", where="cap.sessions",
                             mend=f"give {SHORT} or more")  # fmt: skip


class Reading(NamedTuple):
    """Greeks of a straddle, USD a contract, and what a move of 1 % is worth in days of theta."""

    strike: float
    expiry: dt.date
    price: float
    delta: float
    gamma: float
    vega: float
    theta: float
    days_per_move: float
    gamma_per_vega: float


class LowGamma(NamedTuple):
    """A straddle under its cap beside the short-dated one, and whether volatility is low."""

    structure: Structure
    long: Reading
    short: Reading
    cap: float
    percentile: float
    """Where VIX stands among its past, 0 … 1; NaN where it is not known."""
    low: bool
    """Whether that is low enough."""


def percentile_of(market: Market, sessions: int, row: int = -1) -> float:
    """Return where VIX of a row stands among the sessions up to it, 0 … 1.

    Parameters
    ----------
    market
        With ``vix``.
    sessions
        How many, the row itself among them.
    row
        The last by default.

    Examples
    --------
    >>> import hedgerow as hr
    >>> days = np.datetime64("2020-01-01") + np.arange(40)
    >>> falling = hr.Market(days, {"vix": np.linspace(40.0, 10.0, 40)})
    >>> percentile_of(falling, 40)
    0.025
    """
    column = market["vix"]
    end = len(column) + row + 1 if row < 0 else row + 1
    past = column[max(end - sessions, 0) : end]
    past = past[np.isfinite(past)]
    return float(np.mean(past <= past[-1])) if len(past) >= SHORT else float("nan")


def low_gamma(terms: Terms, at: Ground, cap: Cap | None = None) -> LowGamma:
    r"""Choose tenor and strike of a straddle whose gamma per theta is under a cap.

    Parameters
    ----------
    terms
        Root and step of the strikes.
    at
        Where it is priced, with its history where the regime shall be told.
    cap
        The usual one by default.

    Returns
    -------
    LowGamma
        The strike nearest the forward that meets the cap at some tenor, at its shortest.

    Raises
    ------
    RangeError
        If none meets it; names the least that there is.

    Notes
    -----
    ½Γ(0.01 S)² ÷ \|Θ\| is 0.0365/σ² days without rates, wherever it is struck: at a volatility
    of 15 % a move of 1 % pays 1.6 days.
    """
    asked = cap or Cap()
    short = _reading(terms, at, SHORT, 0.0)[1]
    most = asked.days_per_move or asked.share * short.days_per_move
    least = np.inf
    for out in OUT:
        for tenor in TENORS:
            made, found = _reading(terms, at, tenor, out)
            least = min(least, found.days_per_move)
            if found.theta < 0.0 and found.days_per_move <= most:
                market = at.market
                where = percentile_of(market, asked.sessions) if market is not None else np.nan
                return LowGamma(made, found, short, most, where, bool(where <= asked.percentile))
    raise RangeError(
        f"no straddle has a gamma per theta of {most:.2f} days a move or less",
        where="cap",
        mend=f"allow {least:.2f} or more, or wait for a steeper term structure",
    )


def as_hedge(found: LowGamma) -> Hedge:
    """Return a low-gamma straddle as a hedge to lay beside others."""
    ratio = found.long.gamma_per_vega / found.short.gamma_per_vega
    warnings = [
        "Its premium decays whether or not anything happens.",
        f"Little gamma ({ratio:.0%} of the 30-day straddle's at equal vega): a fast move pays it "
        "through volatility or not at all.",
    ]
    if not found.low:
        stands = "unknown" if np.isnan(found.percentile) else f"at {found.percentile:.0%} of a year"
        warnings.append(f"Made for low volatility, and VIX is not low ({stands}).")
    return Hedge(
        "low_gamma_straddle",
        BOTH,
        found.structure,
        "Vega bought far out, where it costs little gamma and theta: it takes vega off the book.",
        tuple(warnings),
    )


def _reading(terms: Terms, at: Ground, tenor: int, out: float) -> tuple[Structure, Reading]:
    expiry = listed(at.day, tenor)
    far = Terms(terms.root, expiry, terms.future, terms.out, terms.wide, terms.step)
    strike = far.strike(at, out)
    made = scaled(straddle(terms.root, expiry, strike), 1.0)
    found = value({INDEX: made}, at.states)
    level = at.level
    gamma, theta, vega = (float(x) for x in (found.gamma, found.theta, found.vega))
    days = 0.5 * gamma * (MOVE * level) ** 2 / abs(theta) if theta else np.inf
    return made, Reading(
        strike, expiry, float(found.price), float(found.delta), gamma, vega, theta, days,
        gamma / vega if vega else np.inf,
    )  # fmt: skip
