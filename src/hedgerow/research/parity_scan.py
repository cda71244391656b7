"""Conversions, reversals and boxes of a chain that would pay after costs (spec H15).

A call sold and a put bought at one strike sell the forward; the other way round they buy it.
Where one strike sells it dearer than another strike, a future or the shares buy it, the
difference is locked in.  Everything is dealt at bid or ask, fees are paid, money is borrowed
above and lent below the chain's own rate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.chain_parity import chain_parity
from hedgerow.data.chain_quality import OLD_DAYS, screen
from hedgerow.data.chains import Chain, Expiry
from hedgerow.data.quality import QualityReport
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.legs import MULTIPLIER
from hedgerow.pricing.board import Board, Floats
from hedgerow.pricing.parity import Parity

Index = NDArray[np.intp]

_TRUSTED = 5
"""Pairs that an expiry needs to tell its own rate: of fewer, one bad quote would make it."""

FINANCING = 0.0025
"""Decimal a year by which borrowing costs more, and lending earns less, than the rate."""


@dataclass(frozen=True)
class Terms:
    """What dealing costs.

    Parameters
    ----------
    rate
        Continuously compounded, decimal a year; None: the chain's own, by parity.  American
        quotes do not tell it, and without it shares are not bought on credit.
    financing
        Decimal a year over the rate when borrowing, under it when lending.
    dividends
        USD a share by ex-date, which a short seller of shares must pay; None: not known, and
        no shares are sold short.
    costs
        Fees, and the half-spread of shares.

    Raises
    ------
    RangeError
        If a number is not finite, or financing or a dividend is negative.
    """

    rate: float | None = None
    financing: float = FINANCING
    dividends: Mapping[dt.date, float] | None = None
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        given = {"financing": self.financing}
        given |= {f"dividend of {day}": usd for day, usd in (self.dividends or {}).items()}
        for name, value in given.items():
            if not 0.0 <= value < np.inf:
                raise RangeError(f"{value} is not possible", where=name, mend="give 0 or more")
        if self.rate is not None and not np.isfinite(self.rate):
            raise RangeError(f"{self.rate} is no rate", where="rate", mend="give a decimal: 0.05")

    def today(self, amount: Floats, rate: float, time: float) -> Floats:
        """Return what amounts due at expiry are worth today: due to us, we borrow on them."""
        dear, cheap = (np.exp(-(rate + s * self.financing) * time) for s in (1.0, -1.0))
        return np.asarray(amount * np.where(amount > 0.0, dear, cheap))


@dataclass(frozen=True)
class Candidate:
    """A trade that locks in a difference.

    Parameters
    ----------
    kind
        ``box``: forward sold at one strike and bought at another; ``conversion``: sold by
        options, bought in a future or shares; ``reversal``: the other way round.
    expiry
        Settlement of the options.
    legs
        What to deal, for one contract of each option.
    edge
        Points today, after spreads and financing, before fees.
    fees, net
        USD a contract; ``net`` is what is left.
    """

    kind: str
    expiry: Expiry
    legs: tuple[str, ...]
    edge: float
    fees: float
    net: float


@dataclass(frozen=True)
class Scan:
    """What a scan found.

    Parameters
    ----------
    candidates
        Trades with a net edge above 0, the best first; no option stands in two boxes.
    nearest
        The best trade that does not pay, where none does.
    expiries, pairs, stale
        How many expiries were looked at, how many strikes with a call and a put quoted, and how
        many contracts were set aside because their last trade is more than five days old.
    left_out
        Expiries that could not be looked at, and why.
    quality
        What the screen found.  Quotes off parity are kept: they are what is looked for.
    """

    candidates: tuple[Candidate, ...]
    nearest: Candidate | None
    expiries: int
    pairs: int
    stale: int
    left_out: tuple[tuple[Expiry, str], ...]
    quality: QualityReport


def scan(
    chain: Chain,
    terms: Terms | None = None,
    futures: Mapping[Expiry, tuple[float, float]] | None = None,
) -> Scan:
    """Look for conversions, reversals and boxes that pay.

    Parameters
    ----------
    chain
        As read.
    terms
        What dealing costs.
    futures
        Bid and ask in points of a future on the underlying that settles with an expiry.

    Raises
    ------
    RangeError
        If a future's bid is not positive or lies above its ask, its expiry is not in the chain,
        or the options are American.

    Notes
    -----
    European options: boxes within an expiry, and conversions and reversals against the
    futures given; an expiry with fewer than five pairs takes its rate from its neighbours.
    American options on shares: conversions where the rate, and reversals where the dividends
    are known, against the shares at the chain's spot, each counted at the worst moment at
    which the other side may exercise: a conversion forgoes all dividends, a reversal pays the
    strike today.  The index itself cannot be dealt, so SPX is not scanned against its spot.

    Source: Stoll (1969); Ronn and Ronn, "The box spread arbitrage conditions" (1989).

    Examples
    --------
    >>> from hedgerow.data.chain_files import sample
    >>> found = scan(sample())
    >>> len(found.candidates), found.nearest.kind, found.nearest.net < 0
    (0, 'box', True)
    """
    terms = terms or Terms()
    sound, quality = screen(chain, rate=terms.rate, keep_off_parity=True)
    old = sound.valued - sound.traded > np.timedelta64(OLD_DAYS, "D")  # False where not told
    kept = sound.take(~old)
    given = dict(futures or {})
    _check(given, sound)
    rates, left_out = _rates(kept, terms.rate)
    made: list[Candidate] = []
    pairs = 0
    for expiry, rate in rates.items():
        board = kept.board(expiry)
        pairs += int((board.call_live & board.put_live).sum())
        desk = _Desk(kept, expiry, board, rate, terms)
        if not kept.european:
            made += desk.against_shares()
            continue
        made += desk.boxes()
        if expiry in given:
            made += desk.against_future(*given[expiry])
    made.sort(key=lambda one: -one.net)
    paying = tuple(one for one in made if one.net > 0.0)
    return Scan(
        candidates=paying,
        nearest=made[0] if made and not paying else None,
        expiries=len(rates),
        pairs=pairs,
        stale=int(old.sum()),
        left_out=left_out,
        quality=quality,
    )


def _rates(
    chain: Chain, given: float | None
) -> tuple[dict[Expiry, float], tuple[tuple[Expiry, str], ...]]:
    """Return a rate for every expiry that can be dealt, and why the others cannot."""
    found: dict[Expiry, Parity] = {}
    left_out = []
    for expiry in chain.expiries:
        try:
            found[expiry] = chain_parity(chain, expiry, rate=given)
        except RangeError as error:
            left_out.append((expiry, error.what))
    trusted = [e for e, p in found.items() if int(p.used.sum()) >= _TRUSTED]
    if given is not None or not chain.european or not trusted:
        return {expiry: one.rate for expiry, one in found.items()}, tuple(left_out)
    times = [chain.time_to(expiry) for expiry in trusted]
    known = [found[expiry].rate for expiry in trusted]
    rates = {
        expiry: one.rate
        if expiry in trusted
        else float(np.interp(chain.time_to(expiry), times, known))
        for expiry, one in found.items()
    }
    return rates, tuple(left_out)


def _check(futures: Mapping[Expiry, tuple[float, float]], chain: Chain) -> None:
    for expiry, (bid, ask) in futures.items():
        if not chain.european:
            raise RangeError(
                f"options on {chain.symbol} are American: they are held against the shares",
                where=f"future {expiry}",
                mend="leave the future out",
            )
        if expiry not in chain.expiries:
            raise RangeError(
                f"no options expire {expiry}",
                where="future",
                mend="name an expiry of the chain (hedgerow chain show)",
            )
        if not 0.0 < bid <= ask < np.inf:
            raise RangeError(
                f"a future of {bid:g} bid, {ask:g} asked",
                where=f"future {expiry}",
                mend="give BID/ASK in points, the bid first",
            )


@dataclass(frozen=True)
class _Desk:
    """One expiry: what its options, and what stands against them, can be dealt at."""

    chain: Chain
    expiry: Expiry
    board: Board
    rate: float
    terms: Terms

    @property
    def live(self) -> Index:
        """Places of strikes at which call and put are quoted on both sides."""
        return np.flatnonzero(self.board.call_live & self.board.put_live)

    def sold(self, rows: Index) -> Floats:
        """Premium received for selling the forward at strikes: call bid less put ask."""
        return np.asarray(self.board.call_bid[rows] - self.board.put_ask[rows])

    def bought(self, rows: Index) -> Floats:
        """Premium paid for buying the forward at strikes: call ask less put bid."""
        return np.asarray(self.board.call_ask[rows] - self.board.put_bid[rows])

    def boxes(self) -> list[Candidate]:
        """Return boxes that pay, no strike in two, or the one that comes closest."""
        rows = self.live
        if len(rows) < 2:
            return []
        strike = self.board.strike[rows]
        wide = strike[:, None] - strike[None, :]
        edge = self.sold(rows)[:, None] - self.bought(rows)[None, :]
        edge = edge + self.terms.today(wide, self.rate, self.board.time)
        np.fill_diagonal(edge, -np.inf)
        fees = 4.0 * self.terms.costs.option_fee
        made: list[Candidate] = []
        while np.isfinite(edge).any():
            i, j = np.unravel_index(int(np.argmax(edge)), edge.shape)
            made.append(
                self._candidate("box", (*_sells(strike[i]), *_buys(strike[j])), edge[i, j], fees)
            )
            if made[-1].net <= 0.0:
                break
            edge[[i, j]] = -np.inf
            edge[:, [i, j]] = -np.inf
        return made if len(made) == 1 else [one for one in made if one.net > 0.0]

    def against_future(self, bid: float, ask: float) -> list[Candidate]:
        """Return the best conversion and the best reversal of every strike that pays."""
        rows = self.live
        strike, time = self.board.strike[rows], self.board.time
        # two E-minis of USD 50 a point stand against one option of USD 100
        fees = 2.0 * self.terms.costs.option_fee + 2.0 * self.terms.costs.future_fee
        over = self.sold(rows) + self.terms.today(strike - ask, self.rate, time)
        under = self.terms.today(bid - strike, self.rate, time) - self.bought(rows)
        return self._both(
            rows, over, under, fees, f"buy the future at {ask:g}", f"sell the future at {bid:g}"
        )

    def against_shares(self) -> list[Candidate]:
        """Return conversions and reversals of American options against the shares."""
        spot = self.chain.spot
        rows = self.live
        if not spot > 0.0 or not len(rows):
            return []
        half = float(self.terms.costs.of_underlying(spot))
        strike, time = self.board.strike[rows], self.board.time
        fees = 2.0 * self.terms.costs.option_fee
        over = self.sold(rows) + self.terms.today(strike, self.rate, time) - (spot + half)
        if self.terms.rate is None:
            over = np.full(len(rows), -np.inf)  # what the loan costs is not known
        under = (spot - half - self._owed()) - strike - self.bought(rows)
        return self._both(
            rows, over, under, fees, f"buy 100 shares at {spot:g}", f"sell 100 shares at {spot:g}"
        )

    def _owed(self) -> float:
        """Dividends due before expiry, not discounted; without end where they are not known."""
        if self.terms.dividends is None:
            return float("inf")
        paid = self.terms.dividends.items()
        return sum(usd for day, usd in paid if self.chain.date < day <= self.expiry.date)

    def _both(
        self, rows: Index, over: Floats, under: Floats, fees: float, buy: str, sell: str
    ) -> list[Candidate]:
        made = []
        for kind, edge in (("conversion", over), ("reversal", under)):
            for i in np.argsort(-edge)[: int(np.isfinite(edge).sum())]:
                strike = float(self.board.strike[rows[i]])
                legs = (*_sells(strike), buy) if kind == "conversion" else (*_buys(strike), sell)
                made.append(self._candidate(kind, legs, edge[i], fees))
                if made[-1].net <= 0.0:
                    break
        return made

    def _candidate(self, kind: str, legs: tuple[str, ...], edge: float, fees: float) -> Candidate:
        net = float(edge) * MULTIPLIER - fees
        return Candidate(kind, self.expiry, legs, float(edge), fees, net)


def _sells(strike: float) -> tuple[str, str]:
    return f"sell the {strike:g} call", f"buy the {strike:g} put"


def _buys(strike: float) -> tuple[str, str]:
    return f"buy the {strike:g} call", f"sell the {strike:g} put"
