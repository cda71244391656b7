"""Contracts that no exchange lists: exact strikes and tenors, variance swaps, early futures."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias, cast

import numpy as np

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.expiry import third_friday, vix_settlement, weekly_expiries
from hedgerow.core.products import Product, product
from hedgerow.errors import DataError

_DATE = r"(\d{4}-\d{2}-\d{2})"
_OPTION = re.compile(rf"([A-Z]{{1,6}}) {_DATE} ([CP]) (\d+\.\d+)( AM| AMERICAN)?")
_VARIANCE = re.compile(rf"([A-Z]{{1,6}}) {_DATE} {_DATE} VAR")
_FUTURE = re.compile(r"(VX) (\d{4})-(\d{2})")

_FIRST_CODED = 2000
"""First year of symbols with two digits of a year."""
_FIRST_VX = (2004, 5)
"""Year and month of the first VIX future."""
_ROOTS = {"SPX": "SPXW", "NDX": "NDXP", "RUT": "RUTW"}
"""Roots of listed options that settle on the close, by the root of those settled in the morning;
other underlyings have one root, their own."""
_AM, _AMERICAN = " AM", " AMERICAN"
"""What ends the symbol of an option that is not settled on the close, or not only at expiry."""
_GRID = {"SPX": 5.0, "NDX": 5.0, "RUT": 5.0, "VIX": 0.5}
"""Points between the listed strikes of an underlying, at their nearest; others': 1.0."""
_ON_GRID = 1e-9
"""How near to a listed strike one must be to be it."""


@dataclass(frozen=True, order=True)
class OtcOption:
    """An option with an exact strike or expiry, settled like the listed ones of its underlying.

    Parameters
    ----------
    underlying
        ``SPX``, ``NDX``, ``RUT``, ``VIX``, …
    expiry
        Expiry date.
    strike
        Points, positive.
    call
        True for a call, False for a put.
    morning
        True where it settles on the opening, which options on an index may do.
    american
        True where it may be exercised at any close, for cash, which no listed option on these
        indices may be.

    Raises
    ------
    DataError
        If the underlying has no options, or none of these terms, or the strike is not positive.

    Examples
    --------
    >>> put = OtcOption("SPX", dt.date(2024, 1, 19), 4512.345678901234, call=False)
    >>> put.symbol
    'SPX 2024-01-19 P 4512.345678901234'
    >>> OtcOption.parse(put.symbol) == put
    True
    >>> OtcOption("SPX", dt.date(2024, 1, 19), 4512.5, call=False, morning=True).symbol
    'SPX 2024-01-19 P 4512.5 AM'
    """

    underlying: str
    expiry: dt.date
    strike: float
    call: bool
    morning: bool = False
    american: bool = False

    def __post_init__(self) -> None:
        _check(self.underlying)
        if self.american and (self.morning or self.underlying not in _ROOTS):
            raise DataError(
                "only options on an index that settle on the close are exercised before",
                where=f"option on {self.underlying}",
                mend="leave AMERICAN out",
            )
        if self.morning and self.underlying not in _ROOTS:
            raise DataError(
                f"options on {self.underlying} settle at one time of the day",
                where=f"option on {self.underlying}",
                mend="leave AM out",
            )
        if not (np.isfinite(self.strike) and 1e-4 <= self.strike < 1e16):
            raise DataError(
                f"{self.strike} is not a strike",
                where=f"option on {self.underlying}",
                mend="give points above 0",
            )

    @classmethod
    def parse(cls, symbol: str) -> OtcOption:
        """Read a symbol.

        Raises
        ------
        DataError
            If it is none.
        """
        match = _OPTION.fullmatch(symbol)
        if match is None:
            raise DataError(
                f"'{symbol}' is not an option over the counter",
                where="symbol",
                mend="write SPX 2024-01-19 P 4512.5",
            )
        expiry = _day(match[2], symbol)
        call, term = match[3] == "C", match[5]
        return cls(match[1], expiry, float(match[4]), call, term == _AM, term == _AMERICAN)

    @property
    def symbol(self) -> str:
        """Underlying, expiry, C or P, the strike to the last bit; and AM, or AMERICAN."""
        right = "C" if self.call else "P"
        term = _AM if self.morning else _AMERICAN if self.american else ""
        return f"{self.underlying} {self.expiry} {right} {float(self.strike)!r}{term}"

    @property
    def product(self) -> Product:
        """What it shares with the listed options of its underlying."""
        item = product(_root(self.underlying, morning=self.morning))
        return replace(item, exercise="american") if self.american else item


@dataclass(frozen=True, order=True)
class OtcVariance:
    """A variance swap asked for on one day, struck at its fill, of USD 1 of vega at its strike.

    Its strike is its price, known at the fill alone; so the symbol names the day that chose it,
    which an order can.

    Parameters
    ----------
    underlying
        ``SPX``, ``NDX``, ``RUT``.
    asked, expiry
        Date of the choice, and a later one of expiry.

    Raises
    ------
    DataError
        If the underlying is unknown, or expiry does not come after the choice.

    Examples
    --------
    >>> swap = OtcVariance("SPX", dt.date(2023, 10, 20), dt.date(2024, 1, 19))
    >>> swap.symbol
    'SPX 2023-10-20 2024-01-19 VAR'
    >>> OtcVariance.parse(swap.symbol) == swap
    True
    """

    underlying: str
    asked: dt.date
    expiry: dt.date

    def __post_init__(self) -> None:
        _check(self.underlying)
        if self.expiry <= self.asked:
            raise DataError(
                f"it expires on {self.expiry}, not after {self.asked}",
                where=f"variance swap on {self.underlying}",
                mend="give the day of choice first",
            )

    @classmethod
    def parse(cls, symbol: str) -> OtcVariance:
        """Read a symbol.

        Raises
        ------
        DataError
            If it is none.
        """
        match = _VARIANCE.fullmatch(symbol)
        if match is None:
            raise DataError(
                f"'{symbol}' is not a variance swap",
                where="symbol",
                mend="write SPX 2023-10-20 2024-01-19 VAR",
            )
        return cls(match[1], _day(match[2], symbol), _day(match[3], symbol))

    @property
    def symbol(self) -> str:
        """Underlying, day of the choice, expiry, VAR."""
        return f"{self.underlying} {self.asked} {self.expiry} VAR"


@dataclass(frozen=True, order=True)
class OtcFuture:
    """A VIX future of a month before the first that was listed: a model's.

    Parameters
    ----------
    root
        ``VX``.
    year, month
        Of settlement, before May 2004.

    Raises
    ------
    DataError
        If there is no such month, or it was listed.

    Examples
    --------
    >>> OtcFuture("VX", 1990, 5).symbol
    'VX 1990-05'
    >>> str(OtcFuture.parse("VX 1990-05").expiry)
    '1990-05-16'
    """

    root: str
    year: int
    month: int

    def __post_init__(self) -> None:
        early = (1900, 1) <= (self.year, self.month) < _FIRST_VX
        if self.root != "VX" or not (early and 1 <= self.month <= 12):
            raise DataError(
                f"there is no such future over the counter: {self.root} {self.year}-{self.month}",
                where="future",
                mend="write VX 1990-05, or from 2004-05 on VXK04",
            )

    @classmethod
    def parse(cls, symbol: str) -> OtcFuture:
        """Read a symbol.

        Raises
        ------
        DataError
            If it is none.
        """
        match = _FUTURE.fullmatch(symbol)
        if match is None:
            raise DataError(
                f"'{symbol}' is not a future over the counter",
                where="symbol",
                mend="write VX 1990-05",
            )
        return cls(match[1], int(match[2]), int(match[3]))

    @property
    def symbol(self) -> str:
        """Root and month."""
        return f"{self.root} {self.year}-{self.month:02d}"

    @property
    def product(self) -> Product:
        """What it shares with the listed futures of its root."""
        return product(self.root)

    @property
    def expiry(self) -> dt.date:
        """Settlement by the exchange's rule."""
        return cast("dt.date", vix_settlement(f"{self.year}-{self.month:02d}").item())


AnyOption: TypeAlias = OptionContract | OtcOption
AnyFuture: TypeAlias = FutureContract | OtcFuture


def option(
    underlying: str,
    expiry: dt.date,
    strike: float,
    *,
    call: bool,
    morning: bool = False,
    american: bool = False,
) -> AnyOption:
    """Return the listed option of these terms, or the one over the counter where none can be.

    Parameters
    ----------
    underlying
        ``SPX``, ``NDX``, ``RUT``, ``VIX``, …
    expiry
        Expiry date.
    strike
        Points.
    call
        True for a call, False for a put.
    morning
        True for the option on an index that settles on the opening.
    american
        True for the one that may be exercised early; never listed.

    Notes
    -----
    An option is listed if its strike is one of those that are (multiples of 5 points on SPX, NDX
    and RUT, of 0.5 on VIX, of 1 elsewhere) and its expiry is one: any Friday for options on an
    index that settle on the close, the third Friday for the others, for VIX the day on which its
    future settles.  The root is that of the
    options that settle on the close (``SPXW``, ``NDXP``, ``RUTW``), also in years before these were
    listed; or of those that settle in the morning (``SPX``, ``NDX``, ``RUT``).

    Examples
    --------
    >>> option("SPX", dt.date(2024, 1, 19), 4500.0, call=False).symbol
    'SPXW  240119P04500000'
    >>> option("SPX", dt.date(2024, 1, 19), 4500.0, call=False, morning=True).symbol
    'SPX   240119P04500000'
    >>> option("SPX", dt.date(2024, 1, 26), 4500.0, call=False).symbol
    'SPXW  240126P04500000'
    >>> option("SPX", dt.date(2024, 1, 22), 4500.0, call=False).symbol
    'SPX 2024-01-22 P 4500.0'
    >>> option("SPX", dt.date(2024, 1, 19), 4502.5, call=False).symbol
    'SPX 2024-01-19 P 4502.5'
    """
    grid = _GRID.get(underlying, 1.0)
    near = round(strike / grid) * grid
    plain = abs(strike - near) <= _ON_GRID and 0.0 < near < 1e5
    coded = plain and not american and expiry.year >= _FIRST_CODED
    if coded and _listed(underlying, expiry, morning=morning):
        return OptionContract(_root(underlying, morning=morning), expiry, near, call)
    return OtcOption(underlying, expiry, float(strike), call, morning, american)


@lru_cache(maxsize=65_536)
def _listed(underlying: str, expiry: dt.date, *, morning: bool) -> bool:
    month, day = f"{expiry:%Y-%m}", np.datetime64(expiry, "D")
    if underlying == "VIX":
        return bool(vix_settlement(month) == day)
    if underlying in _ROOTS and not morning:
        return len(weekly_expiries(day, day)) > 0
    return bool(third_friday(month) == day)


def vix_future(month: int) -> AnyFuture:
    """Return the VIX future of a month, counted from 1970-01.

    Examples
    --------
    >>> vix_future(54 * 12 + 4).symbol, vix_future(20 * 12 + 4).symbol
    ('VXK24', 'VX 1990-05')
    """
    year, number = 1970 + month // 12, month % 12 + 1
    if (year, number) < _FIRST_VX:
        return OtcFuture("VX", year, number)
    return FutureContract("VX", year, number)


def parse_option(symbol: str) -> AnyOption:
    """Read an option, listed or over the counter; one with the terms of a listed one is that.

    Raises
    ------
    DataError
        If it is none.

    Examples
    --------
    >>> parse_option("SPX 2024-01-19 C 4800.25").strike
    4800.25
    """
    if not _OPTION.fullmatch(symbol):
        return OptionContract.parse(symbol)
    exact = OtcOption.parse(symbol)
    if exact.american:
        return exact
    return option(
        exact.underlying, exact.expiry, exact.strike, call=exact.call, morning=exact.morning
    )


def readable(symbol: str) -> str:
    """Return a symbol as a person reads it: a strike over the counter to the cent.

    It names the contract no longer: two strikes may read alike.

    Examples
    --------
    >>> readable("SPX 2020-06-19 P 4310.700000000001"), readable("SPX 2024-01-22 P 4500.0 AM")
    ('SPX 2020-06-19 P 4310.70', 'SPX 2024-01-22 P 4500 AM')
    >>> readable("VXK24")
    'VXK24'
    """
    match = _OPTION.fullmatch(symbol)
    if match is None:
        return symbol
    return f"{symbol[: match.start(4)]}{points(float(match[4]))}{match[5] or ''}"


def points(strike: float) -> str:
    """Return a strike as a person reads it.

    Examples
    --------
    >>> points(2900.0), points(12345.675), points(0.0125)
    ('2900', '12345.67', '0.0125')
    """
    return f"{strike:.2f}".removesuffix(".00") if strike >= 1.0 else f"{strike:.4g}"


def parse_future(symbol: str) -> AnyFuture:
    """Read a future, listed or over the counter.

    Raises
    ------
    DataError
        If it is none.

    Examples
    --------
    >>> str(parse_future("VXK24").expiry)
    '2024-05-22'
    """
    return OtcFuture.parse(symbol) if _FUTURE.fullmatch(symbol) else FutureContract.parse(symbol)


def _root(underlying: str, *, morning: bool) -> str:
    return underlying if morning else _ROOTS.get(underlying, underlying)


def _check(underlying: str) -> None:
    item = product(underlying)
    if item.kind != "option" or item.underlying != underlying:
        raise DataError(
            f"'{underlying}' is not an index", where="underlying", mend=f"write {item.underlying}"
        )


def _day(text: str, symbol: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DataError(
            f"'{text}' is not a date", where=f"symbol {symbol}", mend="write YYYY-MM-DD"
        ) from None
