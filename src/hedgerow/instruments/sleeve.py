"""What every sleeve has in common: a name, a size, and a strip on any market."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.roster import Roster
from hedgerow.instruments.sizes import (
    Contracts,
    MaxLoss,
    Notional,
    Premium,
    Size,
    Vega,
    VegaShare,
)

DECAY_GUARD_DAYS = 90
"""Option hedges shorter than this are flagged (B9)."""


class Sleeve(Protocol):
    """A hedge that picks its contracts by schedule and market alone, never by the book.

    Every sleeve is a frozen dataclass: equal fields, equal sleeve; its fields are what a
    TOML table may give.
    """

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """Short name for tables and plots, such as ``put-90d-0.9``."""

    @property
    def size(self) -> Size:
        """What an intensity of 1.0 means."""

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the sleeve out on a market.

        Parameters
        ----------
        market
            Needs ``spx`` and ``vix``; uses ``vix9d``, ``vix3m``, ``vix6m``, ``rate``,
            ``dividend_yield`` and the ``vx*`` columns where present.
        lag
            Sessions between a decision and its fill: 1 (default), or 0 for same-bar fills.
        costs
            Half-spreads and fees; ``Costs()`` by default.

        Raises
        ------
        SleeveError
            If the market lacks what the sleeve needs.
        """

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the contracts of the sleeve on a market, to be traded one by one.

        Parameters and errors are those of `strip`, which ``roster.strip`` is.
        """


def check_lag(lag: int) -> None:
    """Refuse a lag other than 0 and 1 sessions."""
    if isinstance(lag, bool) or not isinstance(lag, int | np.integer) or not 0 <= lag <= 1:
        raise SleeveError(
            f"{lag!r} is not a lag", where="lag", mend="use 1, or 0 for same-bar fills"
        )


def check_number(value: Any, where: str, low: float, high: float) -> None:
    """Refuse what is not a finite number inside ``[low, high]``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise SleeveError(f"{value!r} is not a number", where=where, mend="give a number")
    if not low <= value <= high:
        raise SleeveError(f"{value} is out of range", where=where, mend=f"give {low:g} … {high:g}")


def check_size(size: Any, *, premium: bool, where: str = "size") -> None:
    """Refuse what is not a size, or a premium or a greatest loss where the contract has none."""
    if not isinstance(size, Vega | VegaShare | Premium | MaxLoss | Notional | Contracts):
        raise SleeveError(f"{size!r} is not a size", where=where, mend="write Vega(1000)")
    if isinstance(size, Premium) and not premium:
        raise SleeveError(
            "the contract costs no premium, so it cannot be sized by it",
            where=where,
            mend="size by vega, notional or contracts",
        )
    if isinstance(size, MaxLoss) and not premium:
        raise SleeveError(
            "what the contract can lose has no limit, so it cannot be sized by it",
            where=where,
            mend="size by vega, notional or contracts",
        )


def check_flag(value: Any, where: str) -> None:
    """Refuse what is not true or false."""
    if not isinstance(value, bool | np.bool_):
        raise SleeveError(
            f"{value!r} is not true or false", where=where, mend="write true or false"
        )


def check_whole(value: Any, where: str, low: int, high: int) -> None:
    """Refuse what is not a whole number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SleeveError(
            f"{value!r} is out of range", where=where, mend=f"give a whole number {low} … {high}"
        )
