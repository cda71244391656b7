"""Options on VIX futures, chosen and priced on the future of their own settlement."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.market import Market
from hedgerow.core.over_the_counter import AnyOption
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.expansion import Gains, along, option_slopes
from hedgerow.instruments.future_paths import Contract, Paths, RankPlan
from hedgerow.instruments.legs import MULTIPLIER, Leg, on_grid
from hedgerow.instruments.option_roster import Board
from hedgerow.instruments.roster import Measures, Path, foreign
from hedgerow.instruments.scene import Scene, bridged
from hedgerow.pricing.black import DAYS_PER_YEAR, Greeks, black76
from hedgerow.pricing.surface import Rows
from hedgerow.pricing.vix_option import VolOfVol, Vvix, vvix_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Days = NDArray[np.int64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Futures:
    """The futures of a plan, one after the other, over the bars that look at them.

    Parameters
    ----------
    price, slope
        Points, and points a day by which the price falls if the curve stands still.
    quoted
        Where the price is not a model's.
    begins
        Contract c at bar t stands at ``begins[c] + t``.
    """

    price: Floats
    slope: Floats
    quoted: Flags
    begins: Index

    @classmethod
    def of(cls, paths: Paths, ranks: RankPlan) -> Futures:
        """Price the futures of a plan."""
        parts, begins, length = [], [], 0
        for number in range(len(ranks.months)):
            contract, high = ranks.contract(number)
            expiry, month, low, _ = contract
            price, quoted = paths.path(*contract, high)
            parts.append((price, paths.slope(expiry, month, low, high, price), quoted))
            begins.append(length - low)
            length += high - low
        price, slope, quoted = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(price, slope, quoted, np.array(begins, dtype=np.intp))

    def at(self, rows: Index, contract: Index) -> Index:
        """Return where contracts stand at bars, **shape** (n,)."""
        return np.asarray(self.begins[contract] + rows)


@dataclass(frozen=True)
class VixBoard(Board):
    """Options on the VIX futures of a plan.

    Parameters
    ----------
    paths, ranks
        The futures.
    vvix
        At every bar.
    trade
        Costs.
    legs, step
        The options of one contract, and the grid of their strikes.
    model
        Their volatility.
    """

    paths: Paths
    ranks: RankPlan
    vvix: Vvix
    trade: Costs
    legs: tuple[Leg, ...]
    step: float | None
    model: VolOfVol = field(default_factory=VolOfVol)

    @property
    def days(self) -> Days:
        """See `Board.days`."""
        return self.paths.scene.days

    @property
    def underlying(self) -> str:
        """See `Board.underlying`."""
        return "VIX"

    def expiry_at(self, row: int) -> int:
        """See `Board.expiry_at`."""
        return self.ranks.choice(row)[0]

    def strikes(self, rows: Index, expiry: Days) -> Floats:
        """See `Board.strikes`."""
        futures = [self._future(int(day)) for day in expiry]
        price = [path.price[row - path.first] for row, path in zip(rows, futures, strict=True)]
        return self.strikes_on(np.array(price), rows, expiry)

    def strikes_on(self, future: Floats, rows: Index, expiry: Days) -> Floats:
        """Return the strikes chosen at bars where the futures stand at these prices.

        Parameters
        ----------
        future
            Points, **shape** (n,).
        rows, expiry
            Bars, and days since 1970-01-01, **shape** (n,).

        Returns
        -------
        array
            Points, **shape** (n, legs).

        Raises
        ------
        SleeveError
            If no option has the delta asked for.
        """
        scene = self.paths.scene
        years = (expiry - scene.days[rows]) / DAYS_PER_YEAR
        columns = [
            future * leg.moneyness
            if leg.delta is None
            else self.model.strike_of_delta(
                leg.delta if leg.call else -leg.delta,
                *(future, years, self.vvix.points[rows], scene.rate[rows]),
                call=leg.call,
            )
            for leg in self.legs
        ]
        strikes = np.stack(columns, axis=1)
        bad = np.flatnonzero(~np.isfinite(strikes).all(axis=1))
        if len(bad):
            day = scene.days[rows[bad[0]]].astype("datetime64[D]")
            raise SleeveError(
                f"on {day} no VIX option has the delta asked for",
                where="delta",
                mend="ask for a delta further from 1",
            )
        return on_grid(strikes, self.legs, self.step)

    def measures(
        self,
        future: Floats,
        slope: Floats,
        strike: ArrayLike,
        expiry: ArrayLike,
        rows: Rows,
        *,
        call: bool,
    ) -> Measures:
        """Price options at bars, one each; the Greeks are those to the future.

        Parameters
        ----------
        future, slope
            Points, and points a day by which it falls if the curve stands still, **shape** (n,).
        strike, expiry
            Points, and days since 1970-01-01, **shape** (n,) or one for all.
        rows
            n bars.
        call
            True for calls.
        """
        scene = self.paths.scene
        left = np.asarray(expiry) - scene.days[rows]
        years = np.maximum(left, 0) / DAYS_PER_YEAR
        found = self.model.price(
            future, strike, years, self.vvix.points[rows], scene.rate[rows], call=call
        )
        none = np.zeros(len(future))
        half = self.trade.of_vix_option(found.price, scene.vix[rows])
        return Measures(
            found.price,
            # settled in cash: nothing to cross
            np.where(left > 0, half, 0.0),
            none,
            none,
            found.delta,
            found.theta / DAYS_PER_YEAR - found.delta * slope,
            future,
        )

    def path(self, terms: AnyOption) -> Path:
        """See `Board.path`; along the bars of its future."""
        expiry = int(np.datetime64(terms.expiry, "D").astype(np.int64))
        future = self._future(expiry)
        rows = slice(future.first, future.first + len(future.price))
        expired = expiry <= self.days[rows.stop - 1]
        return Path.of(
            future.first,
            self.measures(future.price, -future.theta, terms.strike, expiry, rows, call=terms.call),
            True,
            self._gains(terms, future, expiry - self.days[rows], rows, expired=expired),
            multiplier=MULTIPLIER,
            fee=self.trade.option_fee,
            expired=expired,
            expiry=expiry,
        )

    def _gains(
        self, terms: AnyOption, future: Path, left: Days, rows: slice, *, expired: bool
    ) -> Gains:
        years, price = np.maximum(left, 0) / DAYS_PER_YEAR, future.price
        vol = self.model.vol(np.log(terms.strike / price), self.vvix.points[rows], years)
        rate = self.paths.scene.rate[rows]

        def value(years: Floats) -> Greeks:
            return black76(price, terms.strike, years, vol, rate, call=terms.call)

        slopes = option_slopes(value, left, expired=expired)
        roll = -slopes.delta * future.theta
        return along(
            slopes, price, 100.0 * vol, self.days[rows], expired=expired, roll=roll
        ).on_vix()

    def _future(self, expiry: int) -> Path:
        day = np.datetime64(expiry, "D")
        found = self.ranks.of_month(int(day.astype("datetime64[M]").astype(np.int64)))
        if found is None or expiry < self.days[0]:
            raise foreign(f"on VIX of {day}")
        return self.paths.life(Contract(expiry, *found[1:]), self.trade)


def vvix_on(market: Market, scene: Scene) -> Vvix:
    """Return VVIX, a hole of some sessions bridged by its last ratio to the model."""
    given = vvix_of(scene.vix, market.columns.get("vvix"))
    model = vvix_of(scene.vix).points
    return Vvix(bridged(given.points, given.modelled, model), given.modelled)
