"""Listed products: multiplier, tick, settlement, exercise and margin class by root.

Terms are those of the exchanges today (Cboe, CFE, CME); where they changed, the product's
``note`` says when.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import DataError, RangeError, nearest
from hedgerow.pricing.columns import like

Floats = NDArray[np.float64]
Side = Literal["buy", "sell", "nearest"]


class MarginClass(StrEnum):
    """How the margin rules see an underlying."""

    BROAD = "broad index"
    VOLATILITY = "volatility index"
    EQUITY = "equity"
    FUTURE = "future"


class Tick(StrEnum):
    """Names of tick rules, as shown in tables."""

    NICKEL_DIME = ".05 below 3.00, .10 from there"
    PENNY_NICKEL = ".01 below 3.00, .05 from there"
    PENNY = ".01"
    NICKEL = ".05"
    QUARTER = ".25"


_STEPS = {
    Tick.NICKEL_DIME: (0.05, 0.10),
    Tick.PENNY_NICKEL: (0.01, 0.05),
    Tick.PENNY: (0.01, 0.01),
    Tick.NICKEL: (0.05, 0.05),
    Tick.QUARTER: (0.25, 0.25),
}
"""Tick below 3.00 and from there on, points."""

_CHANGE = 3.0


@dataclass(frozen=True)
class Product:
    """What all contracts of one root have in common.

    Parameters
    ----------
    root
        The symbol that contract codes begin with: ``SPXW``, ``VX``.
    name
        In words.
    underlying
        What it is written on: ``SPX``, ``VIX``, ``SPY``.
    kind
        ``option`` or ``future``.
    multiplier
        USD per point.
    tick
        Least price step of an outright order, points; spreads often have a finer one.
    settlement
        ``AM``: on the opening of the expiry date, ``PM``: on its close.
    exercise
        ``european`` or ``american``; futures are ``none``.
    delivery
        ``cash`` or ``shares``.
    margin
        Class of the underlying in the margin rules.
    note
        When a term was another.

    Examples
    --------
    >>> spx = product("SPX")
    >>> spx.multiplier, spx.settlement, spx.exercise
    (100.0, 'AM', 'european')
    """

    root: str
    name: str
    underlying: str
    kind: Literal["option", "future"]
    multiplier: float
    tick: Tick
    settlement: Literal["AM", "PM"]
    exercise: Literal["european", "american", "none"]
    delivery: Literal["cash", "shares"]
    margin: MarginClass
    note: str = ""


def _option(
    root: str,
    name: str,
    underlying: str,
    settlement: Literal["AM", "PM"],
    *,
    tick: Tick = Tick.NICKEL_DIME,
    exercise: Literal["european", "american"] = "european",
    delivery: Literal["cash", "shares"] = "cash",
    margin: MarginClass = MarginClass.BROAD,
    note: str = "",
) -> Product:
    return Product(
        root, name, underlying, "option", 100.0, tick, settlement, exercise, delivery, margin, note
    )


def _future(
    root: str, name: str, underlying: str, multiplier: float, tick: Tick, note: str = ""
) -> Product:
    return Product(
        root,
        name,
        underlying,
        "future",
        multiplier=multiplier,
        tick=tick,
        settlement="AM",
        exercise="none",
        delivery="cash",
        margin=MarginClass.FUTURE,
        note=note,
    )


_VIX_NOTE = "tick .05/.10 before December 2022"
_PRODUCTS = (
    _option("SPX", "S&P 500, monthly", "SPX", "AM"),
    _option("SPXW", "S&P 500, weekly, month-end and third-Friday PM", "SPX", "PM"),
    _option("SPXPM", "S&P 500, third-Friday PM", "SPX", "PM", note="became SPXW on 2017-05-01"),
    _option("XSP", "Mini-SPX, a tenth of SPX", "XSP", "PM", tick=Tick.PENNY),
    _option("NDX", "Nasdaq-100, monthly", "NDX", "AM"),
    _option("NDXP", "Nasdaq-100, weekly", "NDX", "PM"),
    _option("RUT", "Russell 2000, monthly", "RUT", "AM"),
    _option("RUTW", "Russell 2000, weekly", "RUT", "PM"),
    _option("DJX", "Dow Jones, a hundredth", "DJX", "AM", tick=Tick.PENNY_NICKEL),
    _option("OEX", "S&P 100, American", "OEX", "PM", exercise="american"),
    _option("XEO", "S&P 100, European", "OEX", "PM"),
    _option("MXEA", "MSCI EAFE", "MXEA", "PM"),
    _option("MXEF", "MSCI Emerging Markets", "MXEF", "PM"),
    _option(
        *("SPY", "SPDR S&P 500 ETF", "SPY", "PM"),
        tick=Tick.PENNY,
        exercise="american",
        delivery="shares",
        note="an ETF on a broad index is margined like the index",
    ),
    _option(
        *("VIX", "VIX, monthly", "VIX", "AM"),
        tick=Tick.PENNY_NICKEL,
        margin=MarginClass.VOLATILITY,
        note=_VIX_NOTE,
    ),
    _option(
        *("VIXW", "VIX, weekly", "VIX", "AM"),
        tick=Tick.PENNY_NICKEL,
        margin=MarginClass.VOLATILITY,
        note=_VIX_NOTE,
    ),
    _future("ES", "E-mini S&P 500", "SPX", 50.0, Tick.QUARTER, "calendar spreads .05"),
    _future("MES", "Micro E-mini S&P 500", "SPX", 5.0, Tick.QUARTER, "calendar spreads .05"),
    _future(
        *("VX", "VIX future", "VIX", 1000.0, Tick.NICKEL),
        "spreads .01; quoted times ten before 2007-03-26",
    ),
    _future("VXM", "Mini VIX future", "VIX", 100.0, Tick.PENNY, "tick .05 before December 2022"),
)

PRODUCTS = {item.root: item for item in _PRODUCTS}
"""Every product that Hedgerow knows, by root."""

AM_ROOTS = frozenset(p.root for p in _PRODUCTS if p.kind == "option" and p.settlement == "AM")
"""Option roots that settle on the opening of their expiry date; all others on its close."""

EUROPEAN_ROOTS = frozenset(p.root for p in _PRODUCTS if p.exercise == "european")
"""Option roots known to be exercised at expiry only."""

UNDERLYINGS = {
    p.root: p.underlying for p in _PRODUCTS if p.kind == "option" and p.underlying != p.root
}
"""Underlying of an option root that has another name."""


def product(root: str) -> Product:
    """Return what is known of a root.

    Raises
    ------
    DataError
        If the root is unknown, naming the nearest.

    Examples
    --------
    >>> product("VX").multiplier
    1000.0
    >>> product("SPWX")
    Traceback (most recent call last):
        ...
    hedgerow.errors.DataError: root: unknown symbol 'SPWX'. Mend: did you mean 'SPX'?
    """
    if root not in PRODUCTS:
        raise DataError(
            f"unknown symbol '{root}'", where="root", mend=nearest(str(root).upper(), PRODUCTS)
        )
    return PRODUCTS[root]


def round_to_tick(price: ArrayLike, item: Product, side: Side = "nearest") -> Floats:
    """Round a price to one at which an outright order may stand.

    Parameters
    ----------
    price
        Points, not negative, any **shape**.
    item
        The product whose tick counts.
    side
        ``buy`` rounds down and ``sell`` up, so that a limit is never worse than asked for;
        ``nearest`` rounds half up.

    Raises
    ------
    RangeError
        If a price is negative or no number, or the side is none of the three.

    Examples
    --------
    >>> round_to_tick([2.97, 3.07], product("SPX"), "sell").tolist()
    [3.0, 3.1]
    >>> float(round_to_tick(3.07, product("SPX"), "buy"))
    3.0
    """
    value = np.asarray(price, dtype=np.float64)
    if not bool(np.all(np.isfinite(value) & (value >= 0.0))):
        raise RangeError(
            "a price is negative or no number", where="price", mend="give points from 0 up"
        )
    low, high = _STEPS[item.tick]
    step = np.where(value < _CHANGE, low, high)
    # decimal ticks have no exact binary form: a price within 1e-7 of a tick is on it
    count = value / step
    if side == "buy":
        count = np.floor(count + 1e-7)
    elif side == "sell":
        count = np.ceil(count - 1e-7)
    elif side == "nearest":
        count = np.floor(count + 0.5 + 1e-7)
    else:
        raise RangeError(f"unknown side '{side}'", where="side", mend="use buy, sell or nearest")
    rounded: Floats = like(price)(np.round(count * step, 10))
    return rounded
