"""Put-call parity of a chain's expiries, as the exercise of its options allows."""

from __future__ import annotations

from hedgerow.data.chains import Chain, Expiry
from hedgerow.pricing.board import Board
from hedgerow.pricing.parity import Parity, parity

AMERICAN_RATE = 0.03
"""Rate a year taken for American options where none is given: parity does not tell it.

American puts carry the right to early exercise, the more the higher the strike, and that tilts
the line whose slope would be the discount factor.
"""

NEAR = 0.05
"""Share of the forward within which American options come close to parity."""


def chain_parity(
    chain: Chain, expiry: Expiry, *, rate: float | None = None, board: Board | None = None
) -> Parity:
    """Return forward and discount factor of one settlement of a chain.

    Parameters
    ----------
    chain
        Screened or as read.
    expiry
        One of its settlements.
    rate
        Continuously compounded, decimal a year.  Left out, parity gives it for European
        options, and it is `AMERICAN_RATE` for a chain with American ones.
    board
        The quotes of the settlement, where they are at hand.

    Raises
    ------
    RangeError
        If there are too few pairs, or their line does not slope down.

    Examples
    --------
    >>> from hedgerow.data.chain_files import sample
    >>> chain = sample()
    >>> round(chain_parity(chain, chain.expiries[0]).forward, 1)
    4484.5
    """
    quotes = chain.board(expiry) if board is None else board
    if chain.european:
        return parity(quotes, rate=rate)
    return parity(quotes, rate=AMERICAN_RATE if rate is None else rate, near=NEAR)
