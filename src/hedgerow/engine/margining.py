"""Margin of an account's positions by strategy-based rules, and the call when it is too much.

The rules are those of :func:`hedgerow.instruments.margin.margin`, asked of whatever is held, by
symbol and at the marks of a bar.  Nothing is recorded or traded here.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from hedgerow.core.over_the_counter import OtcVariance, parse_future, parse_option
from hedgerow.core.products import product
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.pairing import LENT, Long, Short, Terms, least, plain

Response = Literal["record", "reduce", "close"]
Kind = Literal["option", "future", "shares", "variance"]

_UNIT = re.compile(r"[A-Z]{1,6}(\.[A-Z])?")

_LEAST_VARIANCE = 0.5
"""A variance swap bought loses at most half its strike per USD of vega: (0 − K²)/(2K)."""
_MOST_VARIANCE = 1.5
"""One sold loses this many times its strike if twice its strike is realised: (4K² − K²)/(2K)."""
_ROUNDING = 1e-9


class _Item(NamedTuple):
    # What margin needs to know of a symbol.
    kind: Kind
    name: str  # the underlying; of a future its root
    terms: Terms | None = None


def requirement(
    positions: Mapping[str, float],
    prices: Mapping[str, float],
    spots: Mapping[str, float],
    *,
    bonds: Mapping[str, float] | None = None,
    strikes: Mapping[str, float] | None = None,
    enough: float = 0.0,
) -> float:
    """Return the margin that positions ask for.

    Parameters
    ----------
    positions
        Contracts by symbol, negative when sold; parts of one are welcome.
    prices
        Points by symbol; read for options that are sold.
    spots
        Points by underlying: ``SPX``, and ``VIX`` for options on VIX, whose margin is a part of
        the index, not of its future.
    bonds
        USD per contract by root of a future, as :meth:`MarginRule.bonds` gives them.
    strikes
        Of variance swaps, vol points by symbol; where one is missing VIX stands for it.
    enough
        USD; a split of the options that needs no search will do where no more than this is asked
        for.  The cheapest one is looked for beyond it.

    Returns
    -------
    float
        USD, never negative.

    Raises
    ------
    DataError
        If a symbol is none.
    RangeError
        If a price, a level or a future's margin that is needed is missing or none.

    Notes
    -----
    Options of one underlying are netted as in :func:`~hedgerow.instruments.margin.margin`;
    futures and options, and one underlying and another, do not cover each other.  Units of an
    index take half of their value, long or short, and cover options.  Options that are held take
    nothing: they are paid for.  A variance swap takes the most that it can lose when bought,
    and what twice its strike would cost when sold, which is an assumption: its loss has no end.

    Source: Cboe, *Margin Manual* and VIX option specifications; FINRA Rule 4210(f)(2);
    Regulation T, 12 CFR 220.

    Examples
    --------
    >>> condor = {
    ...     "SPXW  260320P07090000": 2, "SPXW  260320P07185000": -2,
    ...     "SPXW  260320C07510000": -2, "SPXW  260320C07605000": 2,
    ... }
    >>> prices = {"SPXW  260320P07185000": 62.0, "SPXW  260320C07510000": 55.0}
    >>> requirement(condor, prices, {"SPX": 7350.0})
    19000.0
    >>> requirement({"VXK24": -3}, {}, {}, bonds=MarginRule().bonds(vix=20.0))
    27000.0
    """
    total = 0.0
    shorts: dict[str, list[Short]] = {}
    longs: dict[str, list[Long]] = {}
    shares: dict[str, float] = {}
    for symbol, count in positions.items():
        if not math.isfinite(count):
            raise RangeError(
                f"{count} is no number of contracts", where=f"contract {symbol}", mend="give one"
            )
        if count == 0.0:
            continue
        item = read(symbol)
        if item.kind == "future":
            total += abs(count) * _known(bonds or {}, item.name, "a margin per contract")
        elif item.kind == "variance":
            strike = _strike(symbol, strikes or {}, spots)
            total += abs(count) * strike * (_LEAST_VARIANCE if count > 0.0 else _MOST_VARIANCE)
        elif item.terms is None:
            total += LENT * abs(count) * _known(spots, item.name, "a level")
            shares[item.name] = shares.get(item.name, 0.0) + count
        elif count > 0.0:
            longs.setdefault(item.name, []).append(Long(count, item.terms))
        else:
            level = _known(spots, item.name, "a level")
            price = _known(prices, symbol, "a price")
            sold = Short.of(-count, item.terms, price, level, level)
            shorts.setdefault(item.name, []).append(sold)
    plainly = sum(plain(sold_there, longs.get(name, ())) for name, sold_there in shorts.items())
    if total + plainly <= enough:
        return total + plainly
    for name, sold_there in shorts.items():
        total += least(sold_there, longs.get(name, ()), shares.get(name, 0.0))
    return total


def asks_margin(positions: Mapping[str, float]) -> bool:
    """Say whether any of the positions asks for margin: all but options that are held.

    Examples
    --------
    >>> asks_margin({"SPXW  260320P07185000": 2.0}), asks_margin({"VXK24": 1.0})
    (False, True)
    """
    return any(
        count < 0.0 or (count > 0.0 and read(symbol).kind != "option")
        for symbol, count in positions.items()
    )


@functools.lru_cache(maxsize=65_536)
def read(symbol: str) -> _Item:
    """Return what margin needs to know of a symbol.

    Raises
    ------
    DataError
        If it is none.

    Examples
    --------
    >>> read("VXK24").name, read("SPX 2024-01-19 P 4512.345678901234").terms.strike
    ('VX', 4512.345678901234)
    """
    if _UNIT.fullmatch(symbol):
        return _Item("shares", symbol)
    if symbol.endswith(" VAR"):
        return _Item("variance", OtcVariance.parse(symbol).underlying)
    try:
        return _Item("future", parse_future(symbol).root)
    except DataError:
        option = parse_option(symbol)
    return _Item("option", option.product.underlying, Terms.of(option))


@dataclass(frozen=True)
class MarginRule:
    """How much margin an account may use, and what is done when it uses more.

    Parameters
    ----------
    limit
        Part of NAV that margin may use, 3.0 at most.  All of NAV counts as collateral, the
        portfolio that is hedged included: 1.0 makes no call until all of it is used.
    response
        ``"record"``: it is written down and nothing is done; ``"reduce"``: short and future lines
        shrink until margin fits; ``"close"``: they are closed.
    vx_share
        Initial margin of a VIX future as a part of VIX times its multiplier.  An assumption:
        the exchange sets it anew again and again, and its history is not in the data.

    Raises
    ------
    RangeError
        If a number is out of range, or the response unknown.

    Examples
    --------
    >>> rule = MarginRule(limit=0.25, response="reduce")
    >>> rule.call(2_000_000.0, nav=10_000_000.0) is None
    True
    >>> rule.call(3_125_000.0, nav=10_000_000.0)
    MarginCall(required=3125000.0, available=2500000.0, shortfall=625000.0, factor=0.8)
    """

    limit: float = 1.0
    response: Response = "record"
    vx_share: float = 0.45

    def __post_init__(self) -> None:
        for name, high in (("limit", 3.0), ("vx_share", 10.0)):
            number = getattr(self, name)
            plain = isinstance(number, int | float) and not isinstance(number, bool)
            if not plain or not 0.0 < number <= high:
                percent = plain and name == "limit" and high < number <= 100.0
                raise RangeError(
                    f"{number!r} is out of range",
                    where=f"margin.{name}",
                    mend=f"write {number:g} % as {number / 100.0:g}"
                    if percent
                    else f"give a number above 0, {high:g} at most",
                )
        if self.response not in get_args(Response):
            raise RangeError(
                f"{self.response!r} is no response",
                where="margin.response",
                mend=f"write one of: {', '.join(get_args(Response))}",
            )

    def bonds(self, vix: float) -> dict[str, float]:
        """Return the initial margin of VIX futures by root, USD per contract.

        Parameters
        ----------
        vix
            Points.

        Examples
        --------
        >>> MarginRule().bonds(vix=20.0)
        {'VX': 9000.0, 'VXM': 900.0}
        """
        return {root: self.vx_share * vix * product(root).multiplier for root in ("VX", "VXM")}

    def available(self, nav: float) -> float:
        """Return how much margin may be used of a NAV, both USD."""
        return self.limit * max(nav, 0.0)

    def call(self, required: float, nav: float) -> MarginCall | None:
        """Return the margin call, None where margin fits.

        Parameters
        ----------
        required
            USD, from :func:`requirement`.
        nav
            USD.
        """
        available = self.available(nav)
        if required <= available * (1.0 + _ROUNDING):
            return None
        shrunk = {"record": 1.0, "reduce": available / required, "close": 0.0}
        return MarginCall(required, available, required - available, shrunk[self.response])


class MarginCall(NamedTuple):
    """Margin that an account does not have, USD."""

    required: float
    available: float
    shortfall: float
    """What is missing."""
    factor: float
    """What every line that asks for margin is multiplied by: 1 no change, 0 closed.

    Margin is in proportion to positions and options that are held only lower it, so lines
    shrunk by the factor fit, whatever else is held."""


def _known(values: Mapping[str, float], name: str, wanted: str) -> float:
    value = values.get(name, math.nan)
    if not 0.0 <= value < math.inf:
        raise RangeError(
            f"{value} is not {wanted}" if name in values else f"there is no {wanted[2:]}",
            where=f"margin of {name}",
            mend="give one from 0 up",
        )
    return value


def _strike(symbol: str, strikes: Mapping[str, float], spots: Mapping[str, float]) -> float:
    if symbol in strikes:
        return _known(strikes, symbol, "a strike")
    return _known(spots, "VIX", "a level")
