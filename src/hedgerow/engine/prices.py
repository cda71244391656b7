"""The prices of one line's contracts, bar by bar."""

from __future__ import annotations

import math
from collections.abc import Callable

from hedgerow.engine.broker import Quote
from hedgerow.engine.holdings import Quoted
from hedgerow.instruments.roster import Basket, Roster


class Prices:
    """What the contracts of a roster cost and weigh at each bar.

    Parameters
    ----------
    roster
        Whose contracts.
    """

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._tracks: dict[str, Quoted] = {}

    def track(self, symbol: str) -> Quoted:
        """Return a contract's prices along the bars."""
        if symbol not in self._tracks:
            self._tracks[symbol] = Quoted.of(symbol, self.roster.path(symbol))
        return self._tracks[symbol]

    def show(self, symbol: str, row: int, *, new: bool) -> bool:
        """Say whether a contract has a price at a bar; one not yet met is looked up if ``new``."""
        track = self._tracks.get(symbol)
        if track is None and new:
            track = self.track(symbol)
        return track is not None and 0 <= row - track.first < len(track.price)

    def quote(self, symbol: str, row: int) -> Quote:
        """Return what a contract can be traded at."""
        track = self.track(symbol)
        at = row - track.first
        least = 0.0 if track.financed else -math.inf
        return Quote(track.price[at], track.half_spread[at], track.fee, least)

    def total(self, basket: Basket, of: Callable[[Quoted, int], float], row: int) -> float:
        """Return the sum over a unit's contracts of what ``of`` reads at a bar."""
        total = 0.0
        for symbol, weight in zip(*basket, strict=True):
            track = self.track(symbol)
            if row - track.first < len(track.price):  # else it has settled
                total += weight * of(track, row - track.first)
        return total

    def value(self, basket: Basket, row: int) -> float:
        """Return what a unit is worth, USD."""
        return self.total(basket, lambda track, at: track.price[at] * track.multiplier, row)

    def delta(self, basket: Basket, row: int) -> float:
        """Return the delta of a unit, USD per index point."""
        return self.total(basket, lambda track, at: track.delta[at] * track.multiplier, row)

    def gamma(self, basket: Basket, row: int) -> float:
        """Return the gamma of a unit, USD per index point squared."""
        return self.total(basket, lambda track, at: track.gamma[at] * track.multiplier, row)

    def vega(self, basket: Basket, row: int) -> float:
        """Return the vega of a unit, USD per vol point, or per point of its VIX future."""
        return self.total(basket, lambda track, at: track.vega[at] * track.multiplier, row)

    def cost(self, basket: Basket, row: int) -> float:
        """Return what trading a unit costs, spreads and fees, USD."""
        legs = ((self.track(symbol), abs(weight)) for symbol, weight in zip(*basket, strict=True))
        return sum(n * (t.half_spread[row - t.first] * t.multiplier + t.fee) for t, n in legs)
