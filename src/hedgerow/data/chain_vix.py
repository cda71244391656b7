"""VIX of a chain: which expiries count, at which rates, and the published method on them."""

from __future__ import annotations

from dataclasses import dataclass

from hedgerow.data.chain_parity import chain_parity
from hedgerow.data.chains import Chain, Expiry
from hedgerow.errors import DataError, RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.cboe_vix import DAYS, Term, forward_variance, term, vix

_FRIDAY = 4
_WINDOW = range(24, 37)
"""Calendar days to run: more than 23 and less than 37."""


@dataclass(frozen=True)
class ChainVix:
    """VIX of a chain and its two terms.

    Parameters
    ----------
    value
        Points.
    expiries, terms, rates
        Near and next: settlement, fair variance, and continuously compounded rate.
    forward_variance
        Fair variance a year between the two expiries, decimal.
    listed
        Whether these are SPX options and both expiries those that Cboe would take; else the
        number is not comparable with the published one.
    """

    value: float
    expiries: tuple[Expiry, Expiry]
    terms: tuple[Term, Term]
    rates: tuple[float, float]
    forward_variance: float
    listed: bool


def chain_vix(chain: Chain, *, rate: float | None = None, days: float = DAYS) -> ChainVix:
    """Return the VIX of a chain by Cboe's method.

    Parameters
    ----------
    chain
        A whole chain, not screened: the method has its own rules for quotes without a bid.
    rate
        Continuously compounded, decimal a year; left out, put-call parity of each expiry
        gives it (Cboe takes Treasury yields; a point of rate moves VIX by about 0.01).
    days
        Maturity of the index; Cboe's choice of expiries applies to 30 only.

    Raises
    ------
    DataError
        If the chain has no two expiries around 30 days.

    Notes
    -----
    Cboe takes the two Friday settlements with more than 23 and less than 37 days to run,
    of the third Friday the AM one.  Where a chain has none the two expiries closest to 30
    days are used, one on each side if possible.
    """
    ahead = [e for e in chain.expiries if _days(chain, e) > 0.0]
    listed = [e for e in ahead if days == DAYS and _counts(e) and _whole_days(chain, e) in _WINDOW]
    listed = [e for e in listed if e.am or Expiry(e.date, True) not in listed]
    if len(listed) == 2:
        pair, official = (listed[0], listed[1]), chain.symbol == "SPX"
    else:
        pair, official = _closest(chain, ahead, days), False
    rates, terms = [], []
    for expiry in pair:
        board = chain.board(expiry)
        try:
            known = chain_parity(chain, expiry, board=board).rate if rate is None else rate
            terms.append(term(board, known))
        except RangeError as error:
            raise DataError(
                error.what, where=f"{chain.file}, expiry {expiry}", mend=error.mend
            ) from None
        rates.append(known)
    return ChainVix(
        value=vix(terms[0], terms[1], days),
        expiries=pair,
        terms=(terms[0], terms[1]),
        rates=(rates[0], rates[1]),
        forward_variance=forward_variance(terms[0], terms[1]),
        listed=official,
    )


def _counts(expiry: Expiry) -> bool:
    # A Friday, or the Thursday before one without a session.
    from hedgerow.data.calendar import is_session

    if expiry.date.weekday() == _FRIDAY:
        return True
    following = expiry.date.fromordinal(expiry.date.toordinal() + 1)
    return following.weekday() == _FRIDAY and not is_session(following)


def _whole_days(chain: Chain, expiry: Expiry) -> int:
    return (expiry.date - chain.date).days


def _days(chain: Chain, expiry: Expiry) -> float:
    return chain.time_to(expiry) * DAYS_PER_YEAR


def _closest(chain: Chain, ahead: list[Expiry], days: float) -> tuple[Expiry, Expiry]:
    if len(ahead) < 2:
        raise DataError(
            f"{len(ahead)} expiries lie ahead, two are needed",
            where=chain.file or chain.symbol,
            mend="give the whole chain",
        )
    left = {expiry: _days(chain, expiry) for expiry in ahead}
    short = [expiry for expiry in ahead if left[expiry] <= days]
    long = [expiry for expiry in ahead if left[expiry] > days]
    if short and long:
        return short[-1], long[0]
    edge = short[-2:] if short else long[:2]
    return edge[0], edge[1]
