"""The roster of options of one expiry: what is common to those on an index and on VIX futures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.over_the_counter import AnyOption, option, parse_option
from hedgerow.core.strip import Strip
from hedgerow.errors import DataError, SleeveError
from hedgerow.instruments.legs import Leg
from hedgerow.instruments.rolls import Schedule
from hedgerow.instruments.roster import Basket, Path, Roster, foreign, kept

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


class Board(ABC):
    """What chooses and prices the options of a roster."""

    legs: tuple[Leg, ...]

    @property
    @abstractmethod
    def days(self) -> NDArray[np.int64]:
        """The bars, days since 1970-01-01."""

    @property
    def cover(self) -> tuple[tuple[str, float], ...]:
        """Units of the index that stand with one contract, by symbol."""
        return ()

    def unit(self) -> Path:
        """Price one unit of the index, where units stand with the contracts."""
        raise foreign(self.underlying)

    @property
    @abstractmethod
    def underlying(self) -> str:
        """Symbol of what the options are written on."""

    @property
    def morning(self) -> bool:
        """Whether options on an index settle on the opening, not on the close."""
        return False

    @property
    def american(self) -> bool:
        """Whether they may be exercised before they expire."""
        return False

    @abstractmethod
    def expiry_at(self, row: int) -> int:
        """Return the expiry that is chosen at a bar, days since 1970-01-01."""

    @abstractmethod
    def strikes(self, rows: Index, expiry: NDArray[np.int64]) -> Floats:
        """Return the strikes chosen at bars for expiries, points, **shape** (n, legs)."""

    @abstractmethod
    def path(self, terms: AnyOption) -> Path:
        """Price an option along its bars."""


class OptionRoster(Roster):
    """The options that a sleeve holds, and the index units where it is covered.

    Parameters
    ----------
    strip
        Of the sleeve.
    plan
        Which contract is held when.
    strikes
        Of each contract, points, **shape** (M, legs).
    board
        What chooses and prices them.
    """

    offers = frozenset({"strike", "delta", "gamma", "same expiry", "same strike"})

    def __init__(self, strip: Strip, plan: Schedule, strikes: Floats, board: Board) -> None:
        super().__init__(strip, plan.held, plan.pending)
        self._plan, self._strikes, self._board = plan, strikes, board
        self.standing = frozenset(symbol for symbol, _ in board.cover)
        self.on_future = board.underlying == "VIX"
        if self.on_future:
            self.offers = self.offers - {"gamma"}

    def basket(self, number: int) -> Basket:
        """Return the options of a contract; see `Roster.basket`."""
        return self._of(int(self._plan.expiry[number]), self._strikes[number])

    def choose(self, row: int, *, like: Basket | None = None, keep: str = "") -> Basket:
        """Choose by the data of a bar; see `Roster.choose`."""
        expiry = self._board.expiry_at(row)
        if keep:
            held = list(self._options(kept(like, keep, "expiry", "strike")))
            if keep == "strike":
                parts = [(self._symbol(expiry, item.strike, item.call), n) for item, n in held]
                return Basket.of(*parts, *self._board.cover)
            expiry = int(np.datetime64(held[0][0].expiry, "D").astype(np.int64))
            if expiry <= self._board.days[row]:
                raise SleeveError(
                    f"the options expired on {held[0][0].expiry}",
                    where="keep",
                    mend="choose a new expiry",
                )
        return self._of(expiry, self._board.strikes(np.array([row]), np.array([expiry]))[0])

    def _priced(self, symbol: str) -> Path:
        if symbol == self._board.underlying:
            return self._board.unit()
        return self._board.path(self._read(symbol))

    def _of(self, expiry: int, strikes: Floats) -> Basket:
        legs = zip(self._board.legs, strikes.tolist(), strict=True)
        parts = [(self._symbol(expiry, strike, leg.call), leg.weight) for leg, strike in legs]
        return Basket.of(*parts, *self._board.cover)

    def _symbol(self, expiry: int, strike: float, call: bool) -> str:
        day = np.datetime64(expiry, "D").item()
        board = self._board
        made = option(
            board.underlying,
            day,
            strike,
            call=call,
            morning=board.morning,
            american=board.american,
        )
        return made.symbol

    def _options(self, like: Basket) -> Iterable[tuple[AnyOption, float]]:
        other = {symbol for symbol, _ in self._board.cover}
        for symbol, weight in zip(*like, strict=True):
            if symbol not in other:
                yield self._read(symbol), weight

    def _read(self, symbol: str) -> AnyOption:
        try:
            terms = parse_option(symbol)
        except DataError as error:
            raise foreign(symbol) from error
        if terms.product.underlying == self._board.underlying:
            expiry = int(np.datetime64(terms.expiry, "D").astype(np.int64))
            if self._symbol(expiry, terms.strike, terms.call) == terms.symbol:
                return terms
        raise foreign(symbol)
