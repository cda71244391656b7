"""Variance swaps on an index, marked to realised and remaining fair variance, and their roster."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.over_the_counter import OtcVariance
from hedgerow.core.strip import Strip
from hedgerow.errors import DataError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.expansion import Gains, Slopes, along
from hedgerow.instruments.rolls import Schedule
from hedgerow.instruments.roster import Basket, Measures, Path, Roster, foreign, kept, life
from hedgerow.instruments.scene import Scene
from hedgerow.pricing.black import DAYS_PER_YEAR

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Index = NDArray[np.intp]

MULTIPLIER = 1.0
"""The strip's prices are USD per contract already."""


class SwapValue(NamedTuple):
    """Of swaps at some bars, USD each but for the strike, points."""

    price: Floats
    vega: Floats
    gamma: Floats
    theta: Floats
    strike: Floats


class Swaps:
    """Variance swaps on the index of a scene."""

    def __init__(self, scene: Scene, trade: Costs) -> None:
        self.scene, self.trade = scene, trade
        squares = np.zeros(len(scene.spot))
        squares[1:] = np.diff(np.log(scene.spot)) ** 2
        self.realised = np.cumsum(squares)

    def struck(self, begun: Index, expiry: Days, rows: Index) -> SwapValue:
        """Value swaps struck at ``begun``, at bars ``rows``, **shape** (n,); USD each."""
        scene, realised = self.scene, self.realised
        span = (expiry - scene.days[begun]) / DAYS_PER_YEAR
        struck = scene.surface.fair_total(span, begun)
        strike = 100.0 * np.sqrt(struck / span)
        left = np.maximum(expiry - scene.days[rows], 0) / DAYS_PER_YEAR
        remaining = scene.surface.fair_total(left, rows)
        soon = scene.surface.fair_total(left - 1.0 / DAYS_PER_YEAR, rows)
        # USD per unit of total variance
        scale = np.exp(-scene.rate[rows] * left) * 1e4 / (span * 2.0 * strike)
        price = scale * (realised[rows] - realised[begun] + remaining - struck)
        # d(total)/d(vol point) of the remaining part is 2·σ·τ/100
        vega = scale * 2.0 * np.sqrt(remaining * left) / 100.0
        gamma = np.where(left > 0.0, scale * 2.0 / scene.spot[rows] ** 2, 0.0)
        theta = -scale * (remaining - soon)
        return SwapValue(price, vega, gamma, theta, strike)

    def unstruck(self, expiry: Days, rows: Index) -> SwapValue:
        """Value swaps that would be struck at bars ``rows`` themselves, **shape** (n,)."""
        scene = self.scene
        years = (expiry - scene.days[rows]) / DAYS_PER_YEAR
        total = scene.surface.fair_total(years, rows)
        soon = scene.surface.fair_total(years - 1.0 / DAYS_PER_YEAR, rows)
        vega = np.exp(-scene.rate[rows] * years)
        strike = 100.0 * scene.surface.fair_vol(years, rows)
        scale = vega * 1e4 / (years * 2.0 * strike)
        none = np.zeros(len(rows))
        gamma = scale * 2.0 / scene.spot[rows] ** 2
        return SwapValue(none, vega, gamma, -scale * (total - soon), strike)

    def gains(self, value: SwapValue, expiry: int, rows: slice, *, expired: bool) -> Gains:
        """Return the parts of every change of a swap's value along its bars, USD.

        Parameters
        ----------
        value
            At these bars, **shape** (n,).
        expiry
            Days since 1970-01-01.
        rows, expired
            The bars, and whether the last is the one of expiry.

        Notes
        -----
        The expansion is in the *logarithm* of the index, in which realised variance is square.
        """
        scene = self.scene
        left = np.maximum(expiry - scene.days[rows], 1)
        level, sooner = (
            100.0 * scene.surface.fair_vol(np.maximum(left - k, 1) / DAYS_PER_YEAR, rows)
            for k in (0, 1)
        )
        rate = scene.rate[rows] / DAYS_PER_YEAR
        slopes = Slopes(
            gamma=value.gamma * scene.spot[rows] ** 2,
            vega=value.vega,
            theta=rate * value.price - value.vega * level / (2.0 * left),
            volga=value.vega / level,
            veta=value.vega * (rate - 1.0 / left),
        )
        roll = value.vega * (level - sooner)
        spot, days = np.log(scene.spot[rows]), scene.days[rows]
        return along(slopes, spot, level, days, expired=expired, roll=roll)

    def half_spread(self, vega: Floats, rows: Index) -> Floats:
        """Return the half-spread of swaps of these vegas, USD."""
        return self.trade.of_swap(vega, self.scene.vix[rows])


class SwapRoster(Roster):
    """Variance swaps, each named by the bar that chose it.

    Parameters
    ----------
    strip, plan
        Of the sleeve.
    swaps
        What prices them.
    expiry_after
        Expiry chosen on a day, both days since 1970-01-01.
    lag
        Sessions from choice to fill.
    """

    offers = frozenset({"same expiry"})

    def __init__(
        self,
        strip: Strip,
        plan: Schedule,
        swaps: Swaps,
        expiry_after: Callable[[int], int],
        lag: int,
    ) -> None:
        super().__init__(strip, plan.held, plan.pending)
        self._plan, self._swaps, self._expiry_after, self._lag = plan, swaps, expiry_after, lag

    def basket(self, number: int) -> Basket:
        """Return the swap; see `Roster.basket`."""
        return self._of(int(self._plan.chosen[number]), int(self._plan.expiry[number]))

    def choose(self, row: int, *, like: Basket | None = None, keep: str = "") -> Basket:
        """Choose by the data of a bar; see `Roster.choose`."""
        day = int(self._swaps.scene.days[row])
        expiry = self._expiry_after(day)
        if keep:
            expiry = self._read(kept(like, keep, "expiry").symbols[0])[1]
            if expiry <= day:
                raise SleeveError("the swap has expired", where="keep", mend="choose a new expiry")
        return self._of(row, expiry)

    def _priced(self, symbol: str) -> Path:
        chosen, expiry = self._read(symbol)
        plan, scene = self._plan, self._swaps.scene
        same = np.flatnonzero((plan.chosen == chosen) & (plan.expiry == expiry))
        begun = int(plan.begun[same[0]]) if len(same) else chosen + self._lag
        rows, expired = life(scene.days, chosen, expiry)
        bars = np.arange(rows.start, rows.stop)
        wait, on = bars[bars < begun], bars[bars >= begun]
        parts = (
            self._swaps.unstruck(np.full(len(wait), expiry), wait),
            self._swaps.struck(np.full(len(on), begun), np.full(len(on), expiry), on),
        )
        value = SwapValue(*map(np.concatenate, zip(*parts, strict=True)))
        years = (expiry - scene.days[bars]) / DAYS_PER_YEAR
        level = 100.0 * scene.surface.fair_vol(np.maximum(years, 1.0 / DAYS_PER_YEAR), bars)
        half = self._swaps.half_spread(value.vega, bars)
        none = np.zeros(len(bars))
        return Path.of(
            chosen,
            Measures(value.price, half, none, value.gamma, value.vega, value.theta, level),
            True,
            self._swaps.gains(value, expiry, rows, expired=expired),
            multiplier=MULTIPLIER,
            fee=0.0,
            expired=expired,
            expiry=expiry,
            financed=False,
        )

    def _of(self, row: int, expiry: int) -> Basket:
        scene = self._swaps.scene
        asked, until = (np.datetime64(int(day), "D").item() for day in (scene.days[row], expiry))
        return Basket((OtcVariance(scene.index.symbol, asked, until).symbol,), (1.0,))

    def _read(self, symbol: str) -> tuple[int, int]:
        try:
            terms = OtcVariance.parse(symbol)
        except DataError as error:
            raise foreign(symbol) from error
        asked, expiry = (
            int(np.datetime64(day, "D").astype(np.int64)) for day in (terms.asked, terms.expiry)
        )
        days = self._swaps.scene.days
        row = int(np.searchsorted(days, asked))
        if terms.underlying != self._swaps.scene.index.symbol or row == len(days):
            raise foreign(symbol)
        if days[row] != asked:
            raise foreign(symbol)
        return row, expiry
