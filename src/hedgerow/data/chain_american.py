"""American quotes turned into those of European options: what fits and parity can read.

A put that may be exercised early is worth more than one that may not, the more the deeper it is
in the money; a call likewise where dividends are due.  Taken for European quotes they tilt
put-call parity, draw the forward down and lift volatilities.  So the worth of early exercise
is computed and taken off, at the volatility and the carry that the quotes themselves give.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hedgerow.data.chain_parity import AMERICAN_RATE, NEAR, chain_parity
from hedgerow.data.chains import Chain, Expiry
from hedgerow.errors import MissingExtraError
from hedgerow.pricing.american import american
from hedgerow.pricing.black import bsm
from hedgerow.pricing.board import Board, Floats
from hedgerow.pricing.implied import implied_vol
from hedgerow.pricing.parity import Parity, parity

_ROUNDS = 3
"""After two the forward of a year's options stands still to a cent."""


def as_european(board: Board, spot: float, rate: float | None = None) -> tuple[Board, Parity]:
    """Return the quotes that European options would have, and their parity.

    Parameters
    ----------
    board
        Quotes of one expiry of American options.
    spot
        Price of the shares, points.
    rate
        Continuously compounded, decimal a year; left out, `AMERICAN_RATE`.

    Returns
    -------
    board, parity
        Bids and asks less the worth of early exercise, never below 0.

    Raises
    ------
    RangeError
        If there are too few pairs for a forward.
    MissingExtraError
        If QuantLib is not installed.

    Notes
    -----
    The volatility of a strike is that of its option out of the money; dividends count as a
    continuous yield, the one that makes the forward.  Both are found again from the new
    quotes, three times over.

    Source: "de-Americanisation", Burkovska et al., "Calibration to American options" (2018).

    Examples
    --------
    >>> strike = np.arange(80.0, 125.0, 5.0)
    >>> put = american(100.0, strike, 0.5, 0.25, 0.05)
    >>> call = american(100.0, strike, 0.5, 0.25, 0.05, call=True)
    >>> european, found = as_european(Board.of(0.5, strike, call, call, put, put), 100.0, 0.05)
    >>> round(found.forward, 2)  # 100 at 5 %
    102.53
    """
    r = AMERICAN_RATE if rate is None else rate
    found = parity(board, rate=r, near=NEAR)
    made = board
    for _ in range(_ROUNDS):
        carry = float(np.log(found.forward / spot)) / board.time
        calls, puts = _early(made, board, found, spot, r, r - carry)
        made = replace(
            board,
            call_bid=_less(board.call_bid, calls),
            call_ask=_less(board.call_ask, calls),
            put_bid=_less(board.put_bid, puts),
            put_ask=_less(board.put_ask, puts),
        )
        found = parity(made, rate=r, near=NEAR)
    return made, found


def board_and_parity(
    chain: Chain, expiry: Expiry, rate: float | None = None
) -> tuple[Board, Parity]:
    """Return the quotes of a settlement as European ones, and their parity.

    American quotes stay as they are where QuantLib or the price of the shares is missing.

    Parameters
    ----------
    chain
        Screened.
    expiry
        One of its settlements.
    rate
        As in `hedgerow.data.chain_parity.chain_parity`.

    Raises
    ------
    RangeError
        If there are too few pairs for a forward.
    """
    board = chain.board(expiry)
    if not chain.european and chain.spot > 0.0:
        try:
            return as_european(board, chain.spot, rate)
        except MissingExtraError:
            pass
    return board, chain_parity(chain, expiry, rate=rate, board=board)


def _early(
    made: Board, board: Board, found: Parity, spot: float, rate: float, dividend: float
) -> tuple[Floats, Floats]:
    """Return what early exercise is worth at every strike, of calls and of puts, points."""
    strike, call = board.strike, board.strike >= found.forward
    middle = np.where(call, made.call_mid, made.put_mid)
    own = implied_vol(middle, found.forward, strike, board.time, rate, rate, call=call)
    known = np.isfinite(own)
    if not known.any():
        return np.zeros(len(strike)), np.zeros(len(strike))
    vol = np.interp(strike, strike[known], own[known])
    terms = (spot, strike, board.time, vol, rate, dividend)
    calls, puts = (
        np.maximum(american(*terms, call=side) - bsm(*terms, call=side).price, 0.0)
        for side in (True, False)
    )
    return np.nan_to_num(calls), np.nan_to_num(puts)


def _less(quote: Floats, early: Floats) -> Floats:
    return np.maximum(quote - early, 0.0)
