"""Cboe's VIX method on quoted options: fair variance of two expiries, and 30 days between.

Kept to the letter of the methodology (forward from one strike, K₀, averages of bid and ask,
the cut-off after two strikes without a bid, ΔK/K² weights), so that its number can be laid
beside the published index.  For a cleaner variance see `hedgerow.pricing.replication`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.errors import RangeError
from hedgerow.pricing.board import Board, Floats, Mask

MINUTES_PER_YEAR = 525_600.0
"""Of a year of 365 days, as in the methodology."""
DAYS = 30.0

_FEWEST = 3
_PATIENCE = 2
"""Strikes in a row without a bid after which a side ends."""


@dataclass(frozen=True)
class Term:
    """The fair variance of one expiry and what it was made of.

    Parameters
    ----------
    time
        Years to expiry.
    variance
        σ² a year, decimal.
    forward, middle
        Forward and K₀ in points.
    strike, quote, share
        Points, points, and contribution to the variance, **shape** (N,): the options used.
    """

    time: float
    variance: float
    forward: float
    middle: float
    strike: Floats
    quote: Floats
    share: Floats

    @property
    def vol(self) -> float:
        """√variance in points, as VIX is quoted."""
        return 100.0 * float(np.sqrt(self.variance))


def term(board: Board, rate: float) -> Term:
    r"""Return the fair variance of one expiry by Cboe's method.

    .. math:: σ^2 = \frac{2}{T}\sum_i\frac{ΔK_i}{K_i^2}e^{RT}Q(K_i)
              − \frac{1}{T}\left(\frac{F}{K_0} − 1\right)^2

    Parameters
    ----------
    board
        Quotes of one expiry.
    rate
        Continuously compounded, decimal a year.

    Raises
    ------
    RangeError
        If no strike has a call and a put with bids, or fewer than three options are left.

    Notes
    -----
    Source: Cboe, *Volatility Index Methodology: Cboe Volatility Index*.

    Examples
    --------
    >>> from hedgerow.pricing.black import black76
    >>> strike = np.arange(50.0, 200.5, 0.5)
    >>> call = black76(100.0, strike, 30 / 365, 0.2, call=True).price
    >>> put = black76(100.0, strike, 30 / 365, 0.2).price
    >>> round(term(Board.of(30 / 365, strike, call, call, put, put), rate=0.0).vol, 2)
    20.01
    """
    both = np.flatnonzero(board.call_live & board.put_live)
    if not len(both):
        raise RangeError(
            "no strike has both a call and a put with a bid",
            where="vix",
            mend="give quotes of calls and puts",
        )
    gap = board.call_mid - board.put_mid
    at = both[np.argmin(np.abs(gap[both]))]
    grow = float(np.exp(rate * board.time))
    forward = float(board.strike[at] + grow * gap[at])
    below = np.flatnonzero(board.strike <= forward)
    if not len(below):
        raise RangeError(
            f"no strike at or below the forward {forward:.2f}",
            where="vix",
            mend="give the whole chain",
        )
    centre = int(below[-1])
    puts = _outwards(board.put_bid, range(centre - 1, -1, -1))
    calls = _outwards(board.call_bid, range(centre + 1, len(board)))
    rows = np.array([*sorted(puts), centre, *calls], dtype=np.intp)
    if len(rows) < _FEWEST:
        raise RangeError(
            f"{len(rows)} options with a bid, {_FEWEST} are needed",
            where="vix",
            mend="give the whole chain",
        )
    strike = board.strike[rows]
    quote = np.where(rows < centre, board.put_mid[rows], board.call_mid[rows])
    quote[rows == centre] = 0.5 * (board.put_mid[centre] + board.call_mid[centre])
    _refuse_unquoted(strike, ~np.isfinite(quote))
    width = np.empty(len(strike))
    width[1:-1] = 0.5 * (strike[2:] - strike[:-2])
    width[0], width[-1] = strike[1] - strike[0], strike[-1] - strike[-2]
    share = 2.0 / board.time * width / strike**2 * grow * quote
    middle = float(board.strike[centre])
    variance = float(share.sum()) - (forward / middle - 1.0) ** 2 / board.time
    return Term(board.time, variance, forward, middle, strike, quote, share)


def vix(near: Term, following: Term, days: float = DAYS) -> float:
    """Return the index in points: variance of exactly ``days``, between two expiries.

    Parameters
    ----------
    near, following
        The expiries on both sides; outside them the line is extended.
    days
        Calendar days.

    Raises
    ------
    RangeError
        If the second does not expire after the first, or the variance is not positive.

    Examples
    --------
    >>> empty = np.zeros(0)
    >>> terms = [Term(d / 365, v, 1.0, 1.0, empty, empty, empty) for d, v in ((23, .04), (37, .05))]
    >>> round(vix(*terms), 2)
    21.49
    """
    span = following.time - near.time
    if not span > 0.0:
        raise RangeError(
            "the next term does not expire after the near one",
            where="vix",
            mend="give two expiries in order",
        )
    want = days * 1440.0 / MINUTES_PER_YEAR
    share = (following.time - want) / span
    total = share * near.time * near.variance + (1.0 - share) * following.time * following.variance
    if not total > 0.0:
        raise RangeError(
            "the variance between the two expiries is not positive",
            where="vix",
            mend="check the quotes of the chain",
        )
    return 100.0 * float(np.sqrt(total / want))


def forward_variance(near: Term, following: Term) -> float:
    """Return the fair variance a year from the first expiry to the second, decimal.

    Negative where the quotes allow calendar arbitrage.

    Raises
    ------
    RangeError
        If the second does not expire after the first.

    Examples
    --------
    >>> empty = np.zeros(0)
    >>> terms = [Term(t, v, 1.0, 1.0, empty, empty, empty) for t, v in ((0.1, 0.04), (0.2, 0.05))]
    >>> round(forward_variance(*terms), 6)
    0.06
    """
    span = following.time - near.time
    if not span > 0.0:
        raise RangeError(
            "the second expiry is not after the first",
            where="forward variance",
            mend="give two expiries in order",
        )
    return (following.time * following.variance - near.time * near.variance) / span


def _outwards(bid: Floats, rows: range) -> list[int]:
    # Options with a bid, from the money outwards, up to two strikes in a row without one.
    found, missing = [], 0
    for row in rows:
        if bid[row] > 0.0:
            found.append(row)
            missing = 0
        else:
            missing += 1
            if missing == _PATIENCE:
                break
    return found


def _refuse_unquoted(strike: Floats, bad: Mask) -> None:
    if bad.any():
        raise RangeError(
            f"the option at {strike[bad][0]:g} has a bid but no ask",
            where="vix",
            mend="mend or leave out that quote",
        )
