"""What the contracts of a line are worth: its roster's paths, read bar by bar."""

from __future__ import annotations

import math
from collections.abc import Callable

from hedgerow.core.action import Position
from hedgerow.engine.broker import Quote
from hedgerow.engine.holdings import Entry, Quoted
from hedgerow.instruments.roster import Basket, Roster

_SENSES: dict[bool, tuple[Callable[[Quoted, int], float], Callable[[Quoted, int], float]]] = {
    False: (lambda track, at: track.delta[at], lambda track, at: track.gamma[at]),
    True: (lambda track, at: track.vega[at], lambda track, at: track.gamma[at]),
}
"""Delta and its change with what an option is written on, the index or (True) a VIX future."""


class Prices:
    """Prices and sensitivities of a roster's contracts.

    Parameters
    ----------
    roster
        Of the line's sleeve.
    """

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._tracks: dict[str, Quoted] = {}

    def track(self, symbol: str) -> Quoted:
        """Return a contract's prices along the bars."""
        if symbol not in self._tracks:
            self._tracks[symbol] = Quoted.of(symbol, self.roster.path(symbol))
        return self._tracks[symbol]

    def quote(self, symbol: str, row: int) -> Quote:
        """Return what a contract can be traded at."""
        track = self.track(symbol)
        at = row - track.first
        least = 0.0 if track.financed else -math.inf
        return Quote(track.price[at], track.half_spread[at], track.fee, least)

    def value(self, basket: Basket, row: int) -> float:
        """Return what a unit is worth, USD."""
        return self.sum_of(basket, lambda track, at: track.price[at] * track.multiplier, row)

    def delta_of(self, basket: Basket, row: int) -> float:
        """Return the delta of a unit, USD per index point."""
        return self.sum_of(basket, lambda track, at: track.delta[at] * track.multiplier, row)

    def sum_of(self, basket: Basket, of: Callable[[Quoted, int], float], row: int) -> float:
        """Return the sum over a unit's contracts."""
        total = 0.0
        for symbol, weight in zip(*basket, strict=True):
            track = self.track(symbol)
            total += weight * of(track, row - track.first)
        return total

    def position(
        self,
        options: Basket,
        units: float,
        value: float,
        entry: Entry,
        row: int,
        day: int,
        *,
        spot: float,
        vix: float,
    ) -> Position:
        """Return what actions see of a position.

        Parameters
        ----------
        options
            Of one unit, without the index that stands with them, sold ones negative.
        units, value
            How many are held, without sign, and what one is worth, USD.
        entry
            How the position was come by.
        row, day
            Of the market, and its date as days since 1970-01-01.
        spot, vix
            Points.
        """
        lead = self.track(options.symbols[0])
        if self.roster.on_future:
            spot = lead.level[row - lead.first]
        first, second = _SENSES[self.roster.on_future]
        return Position(
            units=units,
            value=value,
            paid=entry.paid,
            peak=entry.peak,
            days_held=float(day - entry.day),
            days_left=float(lead.expiry - day),
            moneyness=lead.strike / spot,
            delta=self.sum_of(options, first, row),
            spot=spot,
            vix=vix,
            gamma=self.sum_of(options, second, row),
            theta=self.sum_of(options, lambda track, at: track.theta[at] * track.multiplier, row),
        )
