"""One listed contract and its symbol: OSI for options, CFE and CME codes for futures."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.expiry import third_friday
from hedgerow.core.products import Product, product
from hedgerow.core.settlement import vix_wednesdays, vx_settlement
from hedgerow.errors import DataError, RangeError

OSI = r"^([A-Z]+[0-9]?)\s*(\d{6})([CP])(\d{8})$"
"""Root, yymmdd, call or put, thousandths of the strike; blanks after the root may lack."""

MONTH_CODES = {code: month for month, code in enumerate("FGHJKMNQUVXZ", start=1)}
"""Months by their delivery letter."""

MONTH_LETTERS = {month: code for code, month in MONTH_CODES.items()}
"""Delivery letters by month."""

_FUTURE = re.compile(r"([A-Z]{1,3})(?:\+VXT)?(\d{2})?/?([FGHJKMNQUVXZ])(\d{1,2})")
_VIX_ROOTS = frozenset({"VX", "VXM"})
_ROOT_LENGTH = 6


@dataclass(frozen=True, order=True)
class OptionContract:
    """A listed option.

    Parameters
    ----------
    root
        ``SPX``, ``SPXW``, ``SPY``, ``VIX``, …: up to six capitals, perhaps one digit.
    expiry
        Expiry date.
    strike
        Points, positive, thousandths at most.
    call
        True for a call, False for a put.

    Raises
    ------
    DataError
        If root, expiry or strike cannot stand in a symbol.

    Notes
    -----
    Source: Options Symbology Initiative (OCC, 2010): root of six, yymmdd, C or P, strike
    times 1,000 in eight digits.

    Examples
    --------
    >>> put = OptionContract("SPXW", dt.date(2024, 1, 19), 4500.0, call=False)
    >>> put.symbol
    'SPXW  240119P04500000'
    >>> OptionContract.parse("SPXW240119P04500000") == put
    True
    """

    root: str
    expiry: dt.date
    strike: float
    call: bool

    def __post_init__(self) -> None:
        where = f"option on {self.root}"
        if not re.fullmatch(r"[A-Z]{1,6}|[A-Z]{1,5}[0-9]", str(self.root)):
            raise DataError(f"'{self.root}' is not a root", where="root", mend="write SPXW")
        plain = isinstance(self.expiry, dt.date) and not isinstance(self.expiry, dt.datetime)
        if not plain or not 2000 <= self.expiry.year < 2100:
            raise DataError(
                f"'{self.expiry}' is not an expiry date", where=where, mend="give a datetime.date"
            )
        if not (np.isfinite(self.strike) and 0.0 < self.strike < 1e5):
            raise DataError(
                f"{self.strike} is not a strike", where=where, mend="give points above 0"
            )
        if abs(self.strike * 1000.0 - round(self.strike * 1000.0)) > 1e-6:
            raise DataError(
                f"the strike {self.strike} is finer than a thousandth", where=where, mend="round it"
            )

    @classmethod
    def parse(cls, symbol: str) -> OptionContract:
        """Read an OSI symbol, padded or compact.

        Raises
        ------
        DataError
            If it is none.
        """
        match = re.fullmatch(OSI, symbol.strip())
        if match is None:
            raise DataError(
                f"'{symbol}' is not an option symbol",
                where="symbol",
                mend="write SPXW240119P04500000",
            )
        try:
            expiry = dt.date(2000 + int(match[2][:2]), int(match[2][2:4]), int(match[2][4:]))
        except ValueError:
            raise DataError(
                f"'{match[2]}' is not a date", where=f"symbol {symbol}", mend="write yymmdd"
            ) from None
        return cls(match[1], expiry, int(match[4]) / 1000.0, match[3] == "C")

    @property
    def symbol(self) -> str:
        """The OSI symbol of 21 characters."""
        right = "C" if self.call else "P"
        root = self.root.ljust(_ROOT_LENGTH)
        return f"{root}{self.expiry:%y%m%d}{right}{round(self.strike * 1000):08d}"

    @property
    def compact(self) -> str:
        """The symbol without blanks, as most vendors write it."""
        return self.symbol.replace(" ", "")

    @property
    def product(self) -> Product:
        """What all contracts of the root have in common."""
        return product(self.root)

    @property
    def american(self) -> bool:
        """Whether it may be exercised before it expires."""
        return self.product.exercise == "american"

    def intrinsic(self, spot: ArrayLike) -> NDArray[np.float64]:
        """Return what exercise pays at spots in points, points, same **shape**.

        Examples
        --------
        >>> OptionContract("SPXW", dt.date(2024, 1, 19), 4500.0, False).intrinsic([4400, 4600])
        array([100.,   0.])
        """
        sign = 1.0 if self.call else -1.0
        return np.maximum(sign * (np.asarray(spot, dtype=np.float64) - self.strike), 0.0)


@dataclass(frozen=True, order=True)
class FutureContract:
    """A listed future: a month, or for VIX futures a week of the year.

    Parameters
    ----------
    root
        ``ES``, ``MES``, ``VX`` or ``VXM``.
    year, month
        Of the expiry: 2024 and 5.
    week
        0 for a monthly; for a weekly the number of its Wednesday in the year, 1 … 53.

    Raises
    ------
    DataError
        If the root is no future, or such a contract cannot be listed.

    Notes
    -----
    Source: CFE, VX specifications: ``VX01`` is the first week of the year with a Wednesday on
    which a weekly could expire.  A contract of a Wednesday 1 January settles the day before
    and is taken for the last of its year.  No codes of such years (2020, 2025) were at hand to
    hold this to; dates do not depend on it.

    Examples
    --------
    >>> may = FutureContract("VX", 2024, 5)
    >>> may.symbol, may.slashed, str(may.expiry)
    ('VXK24', 'VX/K4', '2024-05-22')
    >>> FutureContract.parse("VX36/U6", dt.date(2016, 8, 15)).expiry.isoformat()
    '2016-09-07'
    """

    root: str
    year: int
    month: int
    week: int = 0

    def __post_init__(self) -> None:
        item = product(self.root)
        if item.kind != "future":
            raise DataError(
                f"{self.root} is no future", where="root", mend="use ES, MES, VX or VXM"
            )
        where = f"{self.root} {self.year}-{self.month:02d}"
        if not (1 <= self.month <= 12 and 2000 <= self.year < 2100):
            raise DataError("there is no such month", where=where, mend="give year and month")
        if self.root not in _VIX_ROOTS and (self.week or self.month % 3):
            raise DataError(
                "it is listed for March, June, September and December only",
                where=where,
                mend="use the letters H, M, U, Z and no week",
            )
        if self.root in _VIX_ROOTS and self.expiry.month != self.month:
            raise DataError(
                f"week {self.week} expires on {self.expiry}", where=where, mend="mend the month"
            )

    @classmethod
    def parse(cls, symbol: str, reference: dt.date | None = None) -> FutureContract:
        """Read ``VXK24``, ``VX/K4``, ``VX21/K4``, ``VX+VXT/K4``, ``ESM24`` or ``MESZ5``.

        Parameters
        ----------
        symbol
            A code of CFE or CME.
        reference
            A day on which the contract was listed: of the years that end in a single digit
            the first in which it has not expired is meant.

        Raises
        ------
        DataError
            If it is no code, or has one digit of a year and no reference.
        """
        match = _FUTURE.fullmatch(symbol.strip())
        if match is None:
            raise DataError(
                f"'{symbol}' is not a future's code", where="symbol", mend="write VXK24 or ESM24"
            )
        root, week, month = match[1], int(match[2] or 0), MONTH_CODES[match[3]]
        if match[2] and not week:
            raise DataError("there is no week 00", where=f"symbol {symbol}", mend="count from 01")
        if len(match[4]) == 2:
            return cls(root, 2000 + int(match[4]), month, week)
        if reference is None:
            raise DataError(
                f"the year of '{symbol}' has one digit",
                where="symbol",
                mend="give a reference date, or write two digits",
            )
        first = reference.year + (int(match[4]) - reference.year) % 10
        try:
            found = cls(root, first, month, week)
        except (DataError, RangeError):
            # week 36 may fall into another month in another year
            found = None
        if found is not None and found.expiry >= reference:
            return found
        return cls(root, first + 10, month, week)

    @property
    def symbol(self) -> str:
        """Code with two digits of the year: ``VXK24``, ``VX21K24``, ``ESM24``."""
        return f"{self._prefix}{MONTH_LETTERS[self.month]}{self.year % 100:02d}"

    @property
    def slashed(self) -> str:
        """CFE's code with one digit: ``VX/K4``, ``VX21/K4``."""
        return f"{self._prefix}/{MONTH_LETTERS[self.month]}{self.year % 10}"

    @property
    def short(self) -> str:
        """CME's code with one digit: ``ESM4``."""
        return f"{self._prefix}{MONTH_LETTERS[self.month]}{self.year % 10}"

    @property
    def product(self) -> Product:
        """What all contracts of the root have in common."""
        return product(self.root)

    @property
    def expiry(self) -> dt.date:
        """Final settlement date."""
        if self.root not in _VIX_ROOTS:
            return cast("dt.date", third_friday(f"{self.year}-{self.month:02d}").item())
        if not self.week:
            return vx_settlement(self.year, self.month)
        settled = _weeks(self.year)
        if not 1 <= self.week <= len(settled):
            raise DataError(
                f"{self.year} has no week {self.week}",
                where=f"future {self.root}",
                mend=f"use 1 to {len(settled)}",
            )
        return settled[self.week - 1]

    @classmethod
    def of(cls, root: str, expiry: dt.date) -> FutureContract:
        """Return the contract of a VIX root that settles on a date, monthly if it is one.

        Raises
        ------
        DataError
            If none settles then.

        Examples
        --------
        >>> FutureContract.of("VX", dt.date(2024, 5, 22)).symbol
        'VXK24'
        >>> FutureContract.of("VX", dt.date(2021, 11, 23)).slashed
        'VX47/X1'
        """
        if root in _VIX_ROOTS and expiry != vx_settlement(expiry.year, expiry.month):
            weeks = _weeks(expiry.year)
            if expiry in weeks:
                return cls(root, expiry.year, expiry.month, weeks.index(expiry) + 1)
        else:
            found = cls(root, expiry.year, expiry.month)
            if found.expiry == expiry:
                return found
        raise DataError(f"no {root} future settles on {expiry}", where="expiry", mend="check it")

    @property
    def _prefix(self) -> str:
        return f"{self.root}{self.week:02d}" if self.week else self.root


def _weeks(year: int) -> list[dt.date]:
    """Return the settlement dates of a year's Wednesdays, the one of week 1 first."""
    _, settled = vix_wednesdays(f"{year}-01-01", f"{year + 1}-01-01")
    return [day for day in settled.tolist() if day.year == year]
