"""The contracts that a sleeve is made of, one by one, with a price at every bar.

A strip shows a sleeve as one column of numbers; a roster names its contracts, so that an event
engine can order, fill, hold and settle each of them.  Both price with the same functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.expansion import Gains

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Index = NDArray[np.intp]
_Array = TypeVar("_Array", bound=NDArray[Any])

NEVER = int(np.iinfo(np.int64).max)
"""Expiry of what has none."""


class Basket(NamedTuple):
    """The contracts of one unit of a sleeve."""

    symbols: tuple[str, ...]
    weights: tuple[float, ...]
    """How many of each; negative when sold."""

    @classmethod
    def of(cls, *parts: tuple[str, float]) -> Basket:
        """Add up parts of one symbol; what comes to nothing is left out.

        Examples
        --------
        >>> Basket.of(("SPX", 1.0), ("VXK24", 0.25), ("VXK24", 0.5))
        Basket(symbols=('SPX', 'VXK24'), weights=(1.0, 0.75))
        """
        total: dict[str, float] = {}
        for symbol, weight in parts:
            total[symbol] = total.get(symbol, 0.0) + weight
        kept = {symbol: weight for symbol, weight in total.items() if weight}
        return cls(tuple(kept), tuple(kept.values()))


class Measures(NamedTuple):
    """Price and sensitivities of one contract, one entry per bar asked for."""

    price: Floats
    """Points."""
    half_spread: Floats
    """Points; 0 where it is settled in cash."""
    delta: Floats
    """Points per index point."""
    gamma: Floats
    """Points per index point squared."""
    vega: Floats
    """Points per 1 of ``level``."""
    theta: Floats
    """Points per calendar day, negative where time costs."""
    level: Floats
    """What vega multiplies: implied or fair volatility times 100, or the price of the VIX
    future; 0 for an index."""


class Path(NamedTuple):
    """One contract along the bars, every entry made from data up to its own bar."""

    first: int
    """Bar of entry 0."""
    price: Floats
    """Points, **shape** (n,) as all columns; at expiry the settlement value."""
    half_spread: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    level: Floats
    """As in `Measures`; at expiry that of the bar before, for an expired contract has none."""
    modelled: NDArray[np.bool_]
    """True where ``price`` is a model's."""
    multiplier: float
    """USD per point."""
    fee: float
    """USD per contract and trade."""
    expiry: int
    """Days since 1970-01-01; `NEVER` for an index."""
    financed: bool
    """Whether its price ties up money: options and index units, not futures and swaps."""
    dividend: Floats
    """Points received over (t-1, t]."""
    gains: Gains
    """What made the price change over (t-1, t], by part; what they leave is the residual."""
    exercised: NDArray[np.bool_]
    """True where whoever holds it exercises it at that close, for ``price``."""

    @classmethod
    def of(
        cls,
        first: int,
        measures: Measures,
        modelled: NDArray[np.bool_] | bool,
        gains: Gains,
        *,
        multiplier: float,
        fee: float,
        expired: bool = False,
        expiry: int = NEVER,
        financed: bool = True,
        dividend: Floats | None = None,
        exercised: NDArray[np.bool_] | None = None,
    ) -> Path:
        """Put the columns of a contract together.

        Parameters
        ----------
        first, multiplier, fee, expiry, financed
            As the fields.
        measures
            From ``first`` on.
        modelled
            One for all bars, or one for each.
        gains
            As the field, **shape** (n,).
        expired
            Whether the last bar is the one of expiry.
        dividend
            None for none.
        exercised
            None for never.
        """
        count = len(measures.price)
        level, half, theta = measures.level, measures.half_spread, measures.theta
        if expired:
            level, half, theta = level.copy(), half.copy(), theta.copy()
            level[-1] = level[max(count - 2, 0)]
            half[-1] = theta[-1] = 0.0
        return cls(
            first,
            price=frozen(np.asarray(measures.price)),
            half_spread=frozen(np.asarray(half)),
            delta=frozen(np.asarray(measures.delta)),
            gamma=frozen(np.asarray(measures.gamma)),
            vega=frozen(np.asarray(measures.vega)),
            theta=frozen(np.asarray(theta)),
            level=frozen(np.asarray(level)),
            modelled=frozen(np.array(np.broadcast_to(modelled, count))),
            multiplier=multiplier,
            fee=fee,
            expiry=expiry,
            financed=financed,
            dividend=frozen(np.zeros(count) if dividend is None else dividend),
            gains=Gains(*(frozen(np.asarray(part)) for part in gains)),
            exercised=frozen(np.zeros(count, dtype=bool) if exercised is None else exercised),
        )


class Roster(ABC):
    """The contracts of a sleeve on a market.

    Parameters
    ----------
    strip
        The same contracts as one column of numbers; `Sleeve.strip` gives it too.
    held, pending
        Number of the basket carried out of each bar, and of the one that an order decided there
        is for, **shape** (T,).  Orders of bar t are filled in what is carried out of the bar of
        the fill, which is the pending one but for expiries over an unscheduled closure.

    Examples
    --------
    >>> from hedgerow.core.market import Market
    >>> from hedgerow.instruments.options import Put
    >>> days = np.busday_offset("2020-01-02", np.arange(30)).astype("datetime64[ns]")
    >>> market = Market(days, {"spx": np.linspace(3250, 2900, 30), "vix": np.linspace(13, 40, 30)})
    >>> roster = Put(moneyness=0.90, strike_step=5).roster(market)
    >>> roster.basket(int(roster.held[0]))
    Basket(symbols=('SPXW  200417P02925000',), weights=(1.0,))
    >>> path = roster.path("SPXW  200417P02925000")
    >>> bool(path.price[20] == roster.strip.open[20]) or int(roster.held[20]) > 0
    True
    """

    standing: frozenset[str] = frozenset()
    """Symbols in every basket, which are held over rolls: the index units of a covered sleeve."""
    offers: frozenset[str] = frozenset()
    """What actions may need of it: words of `NEEDS` in :mod:`hedgerow.core.action`."""
    on_future = False
    """Whether its options are written on the future that is the ``level`` of their paths."""

    def __init__(self, strip: Strip, held: Index, pending: Index) -> None:
        self.strip = strip
        self.held = held
        self.pending = pending
        self._paths: dict[str, Path] = {}

    @abstractmethod
    def basket(self, number: int) -> Basket:
        """Return the contracts of one unit, by the numbers of ``held`` and ``pending``."""

    @abstractmethod
    def choose(self, row: int, *, like: Basket | None = None, keep: str = "") -> Basket:
        """Return the contracts that the sleeve would choose with the data of a bar.

        Parameters
        ----------
        row
            The bar.
        like
            What ``keep`` refers to.
        keep
            ``expiry`` chooses strikes anew and leaves expiry (roll up or down); ``strike`` chooses
            expiry anew and leaves strikes (roll out); empty: both are chosen anew.

        Raises
        ------
        SleeveError
            Where the sleeve has no such thing.
        """

    def path(self, symbol: str) -> Path:
        """Return a contract from the first bar that may choose it to expiry or the last bar.

        Raises
        ------
        SleeveError
            If the sleeve has no such contract on this market.
        """
        if symbol not in self._paths:
            self._paths[symbol] = self._priced(symbol)
        return self._paths[symbol]

    @abstractmethod
    def _priced(self, symbol: str) -> Path:
        """Price a contract along its bars."""


def frozen(array: _Array) -> _Array:
    """Return the array, closed for writing: strips and paths are shared."""
    array.flags.writeable = False
    return array


def life(days: Days, first: int, expiry: int) -> tuple[slice, bool]:
    """Return the bars from the first to the one at which a contract settles, or the last.

    Parameters
    ----------
    days
        Days since 1970-01-01, **shape** (T,).
    first
        The first bar.
    expiry
        Days since 1970-01-01; settles on the first bar on or after it.

    Returns
    -------
    slice
        Empty if it settled before the first bar.
    bool
        Whether it settles on the last of them.

    Examples
    --------
    >>> life(np.array([3, 4, 7, 8]), 1, 6)
    (slice(1, 3, None), True)
    """
    last = int(np.searchsorted(days, expiry))
    return slice(first, min(last + 1, len(days))), last < len(days)


def foreign(symbol: str) -> SleeveError:
    """Return the error for a symbol that a sleeve does not hold on its market."""
    return SleeveError(
        "the sleeve has no such contract on this market",
        where=f"contract {symbol}",
        mend="take symbols from its baskets",
    )


def kept(like: Basket | None, keep: str, *known: str) -> Basket:
    """Return what is to be kept, refusing what a sleeve cannot keep.

    Raises
    ------
    SleeveError
        If ``keep`` is not one of ``known``, or there is nothing to keep it of.
    """
    if keep not in known:
        raise SleeveError(
            f"the sleeve cannot keep {keep!r}",
            where="keep",
            mend=f"use {' or '.join(known)}, or leave it out" if known else "leave it out",
        )
    if like is None:
        raise SleeveError("nothing is held to keep it of", where="like", mend="give a basket")
    return like
