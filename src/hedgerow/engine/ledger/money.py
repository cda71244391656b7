"""Money and contracts as whole numbers: micro-USD and nano-contracts.

Sums of whole numbers have no rounding and no order, so a book adds up to the last digit on every
machine.  Each number fits 64 bits: ±9,223,372,036,854.775807 USD, ±9,223,372,036.854775807
contracts.  What is finer is rounded half to even, once, from the exact value of what was given.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, TypeAlias

from hedgerow.errors import RangeError

Micros: TypeAlias = Annotated[int, "micro-USD"]
"""USD times 1,000,000."""

Nanos: TypeAlias = Annotated[int, "nano-contracts"]
"""Contracts or shares times 1,000,000,000; negative when sold or short."""

Number: TypeAlias = int | float | Decimal | Fraction | str

USD = 10**6
"""Micro-USD of one USD."""

CONTRACT = 10**9
"""Nano-contracts of one contract."""

MOST = 2**63 - 1
"""The largest whole number that is kept."""


def micros(usd: Number) -> Micros:
    """Return an amount in micro-USD.

    Parameters
    ----------
    usd
        USD; a float counts with its exact binary value, a text as it is written.

    Raises
    ------
    RangeError
        If it is no finite number, or beyond ±9,223,372,036,854.775807 USD.

    Examples
    --------
    >>> micros(1234.56), micros("-0.0000015"), micros("0.0000025")
    (1234560000, -2, 2)
    """
    return _scaled(usd, USD, "an amount of USD")


def usd(amount: Micros) -> Decimal:
    """Return micro-USD as USD, exactly.

    Examples
    --------
    >>> usd(1234560000)
    Decimal('1234.560000')
    """
    return Decimal(amount).scaleb(-6)


def nanos(contracts: Number) -> Nanos:
    """Return a number of contracts or shares in nano-contracts.

    Raises
    ------
    RangeError
        If it is no finite number, or beyond ±9,223,372,036.854775807.

    Examples
    --------
    >>> nanos(-3), nanos(0.125)
    (-3000000000, 125000000)
    """
    return _scaled(contracts, CONTRACT, "a number of contracts")


def contracts(quantity: Nanos) -> Decimal:
    """Return nano-contracts as contracts, exactly.

    Examples
    --------
    >>> contracts(125000000)
    Decimal('0.125000000')
    """
    return Decimal(quantity).scaleb(-9)


def worth(quantity: Nanos, price: float, multiplier: int) -> Micros:
    """Return quantity × price × multiplier in micro-USD, rounded half to even once.

    Parameters
    ----------
    quantity
        Nano-contracts.
    price
        Points; its exact binary value counts.
    multiplier
        USD per point.

    Raises
    ------
    RangeError
        If the price is no finite number, or the product is out of range.

    Examples
    --------
    >>> usd(worth(nanos(-2), 12.35, 100))
    Decimal('-2470.000000')
    """
    try:
        above, below = float(price).as_integer_ratio()
    except (ValueError, OverflowError):
        raise RangeError(
            f"{price} is not a price", where="price", mend="give a finite number of points"
        ) from None
    return _whole(quantity * above * multiplier * USD, below * CONTRACT, "a value in USD")


def _scaled(value: Number, scale: int, what: str) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        if isinstance(value, float):
            above, below = value.as_integer_ratio()
        else:
            exact = Fraction(value)
            above, below = exact.numerator, exact.denominator
    except (ValueError, OverflowError, TypeError, ZeroDivisionError):
        raise RangeError(
            f"{value!r} is not {what}", where="ledger", mend="give a finite number"
        ) from None
    return _whole(above * scale, below, what)


def _whole(above: int, below: int, what: str) -> int:
    """Return ``above / below`` rounded half to even, if it fits 64 bits."""
    whole, rest = divmod(above, below)
    if 2 * rest > below or (2 * rest == below and whole % 2):
        whole += 1
    if not -MOST <= whole <= MOST:
        raise RangeError(
            f"{what} is too large for the ledger", where="ledger", mend="check the units"
        )
    return whole
