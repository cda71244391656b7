"""A rolling VIX future: real contracts where the data quote them, a labelled model elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_paths import (
    CURVE,
    MULTIPLIER,
    Paths,
    RankPlan,
    modelled_contracts,
    rank_schedule,
)
from hedgerow.instruments.future_roster import FutureRoster
from hedgerow.instruments.quotes import Quotes
from hedgerow.instruments.roster import Roster, frozen
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Size, VegaShare
from hedgerow.instruments.sleeve import check_lag, check_size, check_whole

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VixFuture:
    """A VIX future of fixed rank, rolled so many days before it settles.

    Parameters
    ----------
    months
        1 is the front contract, 2 the second, up to 8.
    roll_before
        Calendar days before settlement by which the next contract is held; 0 holds to
        settlement, which is then marked at the final settlement value (``vx_final``) or,
        where the data lack it, at the VIX close of that day.
    size
        What an intensity of 1.0 means; one contract has 1,000 USD of vega.

    Raises
    ------
    SleeveError
        If a field is out of range, or the size is a premium.

    Notes
    -----
    A contract is priced on its own expiry, never at spot VIX (H18).  One that is quoted at
    or before its first bar stays with its quotes; on a day without one it moves with the
    model from the last quote, the difference between the two fading linearly to
    settlement.  One that was never quoted by its first bar stays with the model until it is
    rolled, so the day on which the data begin shows no jump.

    Examples
    --------
    >>> VixFuture(months=2).name
    'vix_future-2'
    """

    months: int = 1
    roll_before: int = 5
    size: Size = field(default_factory=lambda: VegaShare(0.0013))
    kind: ClassVar[str] = "vix_future"

    def __post_init__(self) -> None:
        check_whole(self.months, "months", 1, 8)
        check_whole(self.roll_before, "roll_before", 0, 25)
        check_size(self.size, premium=False)

    @property
    def name(self) -> str:
        """Short name."""
        return f"vix_future-{self.months}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the future out on a market; see `Sleeve.strip`."""
        return self.roster(market, lag=lag, costs=costs).strip

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the futures on a market; see `Sleeve.roster`."""
        check_lag(lag)
        scene, quotes, trade = Scene.of(market), Quotes.of(market), costs or Costs()
        ranks = rank_schedule(scene, quotes, self.months, self.roll_before, lag)
        plan, paths = ranks.plan, Paths(scene, quotes)
        columns = _laid_out(paths, ranks)
        count = len(market)
        half = trade.of_future(scene.vix)
        half_mark = half.copy()
        roll = np.zeros(count, dtype=bool)
        roll[plan.rolls] = True
        # settled in cash: nothing to cross
        half_mark[roll & (columns["settles"] > 0.0)] = 0.0
        carry = columns["slope"] * MULTIPLIER
        vega = frozen(np.full(count, MULTIPLIER))
        zero = frozen(np.zeros(count))
        modelled = columns["modelled"] > 0.0
        expiry = plan.expiry[plan.held]
        strip = Strip(
            name=self.name,
            times=market.times,
            multiplier=MULTIPLIER,
            mark=frozen(columns["mark"]),
            open=frozen(columns["open"]),
            financing=zero,
            half_spread_mark=frozen(half_mark),
            half_spread_open=frozen(half),
            fee=trade.future_fee,
            unit_cost=frozen(np.zeros(count)),
            roll=frozen(roll),
            shift=zero,
            delta=zero,
            gamma=zero,
            vega=vega,
            theta=frozen(-carry),
            carry=frozen(carry),
            next_price=frozen(columns["next"]),
            next_vega=vega,
            next_delta=zero,
            next_notional=frozen(columns["next"] * MULTIPLIER),
            next_carry=frozen(columns["next_slope"] * MULTIPLIER),
            next_cost=frozen(half * MULTIPLIER + trade.future_fee),
            next_loss=frozen(np.full(count, np.nan)),
            strike=frozen(np.full(count, np.nan)),
            expiry=frozen(expiry.astype(np.float64)),
            modelled=frozen(modelled),
            notes={
                "modelled_share": float(np.mean(modelled)),
                "futures_curve": CURVE,
                "modelled_contracts": modelled_contracts(
                    scene, quotes, expiry[:, None], modelled[:, None]
                ),
                "vega": "USD per point of the future itself",
                "lag": lag,
                "same_bar_fills": lag == 0,
            },
        )
        return FutureRoster(
            strip,
            plan.held,
            plan.pending,
            paths=paths,
            trade=trade,
            mix=lambda number: [(int(ranks.months[number]), 1.0)],
            choice=lambda row: [(ranks.choice(row)[1], 1.0)],
            contract=ranks.of_month,
        )


def _laid_out(paths: Paths, ranks: RankPlan) -> dict[str, Floats]:
    """Return ``open mark next slope next_slope modelled settles``, **shape** (T,)."""
    plan = ranks.plan
    held, pending = plan.held, plan.pending
    count = len(held)
    names = ("open", "mark", "next", "slope", "next_slope", "modelled", "settles")
    columns = {name: np.full(count, np.nan) for name in names}
    columns["settles"][:] = 0.0
    numbers = np.arange(len(ranks.months))
    starts = np.searchsorted(held, numbers)
    ends = np.searchsorted(held, numbers, side="right")
    asked, left = np.searchsorted(pending, numbers), np.searchsorted(pending, numbers, "right")
    for number in numbers.tolist():
        contract, high = ranks.contract(number)
        expiry, month, low, _ = contract
        price, quoted = paths.path(*contract, high)
        slope = paths.slope(expiry, month, low, high, price)
        now = slice(int(starts[number]), int(ends[number]))
        part = slice(now.start - low, now.stop - low)
        columns["open"][now], columns["slope"][now] = price[part], slope[part]
        columns["modelled"][now] = ~quoted[part]
        # carried into the bars after its first one, and into the one that rolls it
        columns["mark"][now.start + 1 : now.stop + 1] = price[part.start + 1 : part.stop + 1]
        coming = slice(int(asked[number]), int(left[number]))
        part = slice(coming.start - low, coming.stop - low)
        columns["next"][coming], columns["next_slope"][coming] = price[part], slope[part]
        if now.start < now.stop < count:
            columns["settles"][now.stop] = expiry <= paths.scene.days[now.stop]
    columns["mark"][0] = columns["open"][0]
    return columns
