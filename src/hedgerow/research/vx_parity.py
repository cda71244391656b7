"""VIX futures against the forward variance of a chain (spec H15).

A VIX future settles on the volatility of the thirty days that follow, and a square is worth
more than the square of its mean: the future cannot stand above the root of the chain's
forward variance.  How far it stands below says how uncertain VIX itself is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data.chain_parity import chain_parity
from hedgerow.data.chain_quality import screen
from hedgerow.data.chains import Chain, Expiry
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_paths import MULTIPLIER
from hedgerow.instruments.legs import MULTIPLIER as OPTION_MULTIPLIER
from hedgerow.instruments.quotes import Quotes
from hedgerow.pricing.board import Board, Floats
from hedgerow.pricing.cboe_vix import DAYS, MINUTES_PER_YEAR, term

_SETTLES = np.timedelta64(9 * 60 + 30, "m")
_MINUTE = np.timedelta64(1, "m")
_TAIL = 0.02
"""Share of the dearest quote of a strip: one that ends on a dearer quote is cut short."""
_FAR = 7.0
"""Days between an expiry and the moment for which variance is read between expiries."""


class Bound(NamedTuple):
    """A VIX future beside the forward variance of the thirty days after its settlement.

    All in points but for ``net`` and ``vol``.
    """

    settlement: dt.date
    future: float
    forward: float
    """Root of the forward variance at the middle of the quotes."""
    bid: float
    ask: float
    """The same, sold and bought at the quotes; ``bid`` is 0 where the sale brings nothing."""
    convexity: float
    """``forward`` less ``future``: 0 or more without arbitrage."""
    vol: float
    """Volatility a year of the future that the convexity implies, decimal; NaN if negative."""
    net: float
    """USD a contract locked in by selling the future and buying the variance, after spreads and
    fees; negative where it does not pay."""


def vx_bounds(
    chain: Chain, futures: Mapping[dt.date, float], *, costs: Costs | None = None, vix: float = 20.0
) -> tuple[Bound, ...]:
    r"""Hold VIX futures to the forward variance of a chain.

    Parameters
    ----------
    chain
        A whole chain of SPX, as read.
    futures
        Settles in points by settlement date.
    costs
        Half-spread of the future, fees of future and options.
    vix
        Points: half-spreads widen with it.

    Returns
    -------
    tuple of Bound
        In order of settlement; futures between whose settlement, or thirty days after it, and
        the nearest expiry lies more than a week are left out.

    Raises
    ------
    RangeError
        If a future's price is not positive.

    Notes
    -----
    Selling :math:`1000` USD a point of a future at F and buying :math:`1000/2F` of variance at K
    is worth :math:`1000/2F\,[(V − F)^2 + F^2 − K] ≥ 1000\,(F^2 − K)/2F` at settlement, whatever
    V is.  Total variance between expiries is read off the straight line; far variance is
    bought at the asks and near variance sold at the bids of Cboe's strips.

    Source: Carr and Wu, "A tale of two indices" (2006).
    """
    trade = costs or Costs()
    strips = _strips(screen(chain)[0])
    found = []
    for settlement, price in sorted(futures.items()):
        if not 0.0 < price < np.inf:
            raise RangeError(
                f"a future at {price:g}", where=f"VX {settlement}", mend="give its price in points"
            )
        opening = np.datetime64(settlement, "m") + _SETTLES
        start = float((opening - chain.valued) / _MINUTE) / MINUTES_PER_YEAR
        end = start + DAYS * 1440.0 / MINUTES_PER_YEAR
        if start <= 0.0 or not (strips.near(start) and strips.near(end)):
            continue
        span = end - start
        bid0, mid0, ask0, count0 = strips.total(start)
        bid1, mid1, ask1, count1 = strips.total(end)
        low, middle, high = ((bid1 - ask0) / span, (mid1 - mid0) / span, (ask1 - bid0) / span)
        bid, forward, ask = (100.0 * np.sqrt(max(part, 0.0)) for part in (low, middle, high))
        sold = price - float(trade.of_future(vix))
        variance = MULTIPLIER / (2.0 * sold)  # USD per squared point
        fees = trade.future_fee + trade.option_fee * variance * 1e4 / span * (count0 + count1)
        net = variance * (sold**2 - ask**2) - fees
        spread = 2.0 * np.log(forward / price) if forward > 0.0 else np.nan
        vol = np.sqrt(spread / start) if spread >= 0.0 else np.nan
        found.append(
            Bound(settlement, price, *map(float, (forward, bid, ask, forward - price, vol, net)))
        )
    return tuple(found)


def quoted(market: Market, day: dt.date) -> tuple[dict[dt.date, float], float]:
    """Return the VIX futures that a market quotes on a session, and VIX.

    Parameters
    ----------
    market
        With columns ``vx1`` … as `hedgerow.load` gives them.
    day
        The session.

    Returns
    -------
    futures, vix
        Settles by settlement date, and VIX, all in points.

    Raises
    ------
    RangeError
        If the market has no such session, or quotes no VIX future on it.
    """
    dates = market.dates
    at = int(np.searchsorted(dates, np.datetime64(day, "D")))
    if at == len(dates) or dates[at] != np.datetime64(day, "D"):
        raise RangeError(
            f"the data have no session on {day}",
            where="vx",
            mend=f"they run {dates[0]} … {dates[-1]}",
        )
    quotes = Quotes.of(market)
    known = np.flatnonzero(np.isfinite(quotes.price[at]))
    if not len(known):
        raise RangeError(
            f"the data quote no VIX future on {day}",
            where="vx",
            mend="give a folder with the exchange's contract files, or 2023-10-18=15.25",
        )
    expiry = quotes.expiry[at, known].astype("datetime64[D]").tolist()
    return dict(zip(expiry, quotes.price[at, known].tolist(), strict=True)), float(
        market["vix"][at]
    )


class _Strips(NamedTuple):
    """Expiries, and of each total fair variance at bid, middle and ask, and contracts dealt.

    ``time`` has **shape** (E,), ``columns`` (E, 4); contracts are for a payoff of 1 USD per 1.00
    of total variance.
    """

    time: Floats
    columns: Floats

    def near(self, time: float) -> bool:
        """Whether an expiry lies within a week, or one on either side."""
        if len(self.time) < 2 or not self.time[0] <= time <= self.time[-1]:
            return False
        return bool(np.abs(self.time - time).min() * 365.0 <= _FAR)

    def total(self, time: float) -> Floats:
        """Return the columns at a time, on the line between expiries, **shape** (4,)."""
        return np.array([np.interp(time, self.time, column) for column in self.columns.T])


def _strips(chain: Chain) -> _Strips:
    times, columns = [], []
    for expiry in _settlements(chain):
        board = chain.board(expiry)
        try:
            rate = chain_parity(chain, expiry, board=board).rate
            bids, middle, asks = (term(part, rate) for part in _sides(board))
        except RangeError:
            continue  # too few quotes for a strip
        if max(middle.quote[[0, -1]]) > _TAIL * middle.quote.max():
            continue  # missing quotes cut the strip short
        times.append(board.time)
        contracts = float((middle.share / middle.quote).sum()) * board.time / OPTION_MULTIPLIER
        variances = [board.time * part.variance for part in (bids, middle, asks)]
        columns.append([*variances, contracts])
    return _Strips(np.array(times), np.array(columns).reshape(-1, 4))


def _settlements(chain: Chain) -> list[Expiry]:
    return [expiry for expiry in chain.expiries if chain.time_to(expiry) > 1.0 / 365.0]


def _sides(board: Board) -> tuple[Board, Board, Board]:
    """Return the board dealt at its bids, its middle and its asks; no bid, no option."""
    bids = (board.call_bid, board.call_bid, board.put_bid, board.put_bid)
    call = np.where(board.call_bid > 0.0, board.call_ask, board.call_bid)
    put = np.where(board.put_bid > 0.0, board.put_ask, board.put_bid)
    return (
        Board(board.time, board.strike, *bids),
        board,
        Board(board.time, board.strike, call, call, put, put),
    )
