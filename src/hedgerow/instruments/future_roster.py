"""The rosters of VIX futures: of a rank, and at constant maturity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.over_the_counter import parse_future, vix_future
from hedgerow.core.strip import Strip
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_paths import Contract, Paths
from hedgerow.instruments.roster import Basket, Path, Roster, foreign, kept


class FutureRoster(Roster):
    """VIX futures, each found by its month.

    Parameters
    ----------
    strip, held, pending
        As for `Roster`.
    paths, trade
        What prices them.
    mix
        Months since 1970-01 and their weights, by the number of a basket.
    choice
        The same by the bar that chooses.
    contract
        What is to be known of a month to price it; None if no bar looks at it.
    """

    def __init__(
        self,
        strip: Strip,
        held: NDArray[np.intp],
        pending: NDArray[np.intp],
        *,
        paths: Paths,
        trade: Costs,
        mix: Callable[[int], list[tuple[int, float]]],
        choice: Callable[[int], list[tuple[int, float]]],
        contract: Callable[[int], Contract | None],
    ) -> None:
        super().__init__(strip, held, pending)
        self._paths_of, self._trade = paths, trade
        self._mix, self._choice, self._contract = mix, choice, contract

    def basket(self, number: int) -> Basket:
        """Return the futures of one unit; see `Roster.basket`."""
        return _named(self._mix(number))

    def choose(self, row: int, *, like: Basket | None = None, keep: str = "") -> Basket:
        """Choose by the data of a bar; see `Roster.choose`."""
        return kept(like, keep) if keep else _named(self._choice(row))

    def _priced(self, symbol: str) -> Path:
        try:
            terms = parse_future(symbol)
        except (DataError, RangeError) as error:
            raise foreign(symbol) from error
        month = 12 * (terms.year - 1970) + terms.month - 1
        contract = self._contract(month) if vix_future(month) == terms else None
        if contract is None:
            raise foreign(symbol)
        return self._paths_of.life(contract, self._trade)


def _named(mix: list[tuple[int, float]]) -> Basket:
    return Basket.of(*((vix_future(month).symbol, weight) for month, weight in mix))
