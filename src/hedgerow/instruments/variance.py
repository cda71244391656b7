"""A rolling variance swap on the index, marked to realised and remaining fair variance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.rolls import (
    Listed,
    Schedule,
    check_terms,
    expiry_by_tenor,
    parse_roll,
    parse_tenor,
    schedule,
)
from hedgerow.instruments.roster import Roster, frozen
from hedgerow.instruments.scene import Scene, check_index, told_index
from hedgerow.instruments.sizes import Size, VegaShare
from hedgerow.instruments.sleeve import DECAY_GUARD_DAYS, check_lag, check_size
from hedgerow.instruments.swaps import MULTIPLIER, SwapRoster, Swaps, SwapValue

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class VarianceSwap:
    r"""A variance swap struck at the fair volatility of its first bar.

    One contract has USD 1 of vega per vol point at its strike: a payoff of
    (R² − K²)/(2K) USD, R and K in vol points, with
    :math:`R^2 = 10^4·\tfrac{365}{D}\sum \ln^2(S_i/S_{i-1})` over the D calendar days of
    its life.

    Parameters
    ----------
    tenor
        Days to expiry when chosen.
    roll
        ``expiry`` (default), ``30d`` every 30 days, ``21b`` sessions or ``dte:30``.
    drift
        Also roll when the index has moved by more than this part; None: never.
    listed
        True: expires with the first monthly options on or after the tenor.
    size
        What an intensity of 1.0 means.
    index
        ``spx``, ``ndx`` or ``rut``.

    Raises
    ------
    SleeveError
        If a field is out of range, or the size is a premium: a swap costs none.

    Examples
    --------
    >>> VarianceSwap(tenor="90d").name
    'variance_swap-90d'
    """

    tenor: str = "90d"
    roll: str = "expiry"
    drift: float | None = None
    listed: Listed = True
    size: Size = field(default_factory=lambda: VegaShare(0.00045))
    index: str = "spx"
    kind: ClassVar[str] = "variance_swap"

    def __post_init__(self) -> None:
        check_terms(self.tenor, self.roll, self.drift, listed=self.listed)
        check_size(self.size, premium=False)
        check_index(self.index)

    @property
    def name(self) -> str:
        """Short name."""
        return "-".join(filter(None, ("variance_swap", self.tenor, told_index(self.index))))

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the swap out on a market; see `Sleeve.strip`.

        Prices are USD per contract (multiplier 1), 0 where the swap is struck.  The expiry
        is chosen with the order; the strike is the market's at the fill, as for any swap.
        ``next_notional`` is the strike in points times USD 1, twice the most it can lose.
        ``next_vega`` is the USD 1 at its strike, as swaps are sized: what is left of it melts away
        with the days, and a size by that would buy without end as expiry comes near.
        """
        return self.roster(market, lag=lag, costs=costs).strip

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the swaps on a market; see `Sleeve.roster`.

        A swap is named by the bar that chose it: it is struck at its fill, so its path is 0 until
        then and its vega that of a swap to be struck at the market.
        """
        check_lag(lag)
        scene, trade = Scene.of(market, self.index), costs or Costs()
        span, rule = parse_tenor(self.tenor), parse_roll(self.roll, self.drift)
        rule = replace(rule, waits=False)  # a swap is replaced before it settles
        expiry_after = expiry_by_tenor(scene.days, self.tenor, listed=self.listed, lag=lag)
        plan = schedule(scene.days, scene.spot, rule, expiry_after, lag=lag)
        swaps = Swaps(scene, trade)
        strip = _laid_out(self.name, market, swaps, plan, _notes(scene, span, lag))
        return SwapRoster(strip, plan, swaps, expiry_after, lag)


def _laid_out(
    name: str, market: Market, swaps: Swaps, plan: Schedule, notes: dict[str, Any]
) -> Strip:
    scene, count = swaps.scene, len(market)
    bars = np.arange(count)
    rolls = plan.rolls
    gone = plan.held[rolls - 1]

    out = swaps.struck(plan.begun[plan.held], plan.expiry[plan.held], bars)
    into = swaps.struck(plan.begun[gone], plan.expiry[gone], rolls)
    settled = plan.expiry[gone] <= scene.days[rolls]
    mark = out.price.copy()
    mark[rolls] = into.price
    half_open = swaps.half_spread(out.vega, bars)
    half_mark = half_open.copy()
    half_mark[rolls] = np.where(settled, 0.0, swaps.half_spread(into.vega, rolls))

    # an order waiting for its fill is for a swap to be struck at the market
    waiting = np.flatnonzero(plan.pending != plan.held)
    ahead = SwapValue(*(column.copy() for column in out))
    coming = swaps.unstruck(plan.expiry[plan.pending[waiting]], waiting)
    for column, part in zip(ahead, coming, strict=True):
        column[waiting] = part
    roll = np.zeros(count, dtype=bool)
    roll[rolls] = True
    zero = frozen(np.zeros(count))
    return Strip(
        name=name,
        times=market.times,
        multiplier=MULTIPLIER,
        mark=frozen(mark),
        open=frozen(out.price),
        financing=zero,
        half_spread_mark=frozen(half_mark),
        half_spread_open=frozen(half_open),
        fee=0.0,
        unit_cost=zero,
        roll=frozen(roll),
        shift=zero,
        delta=zero,
        gamma=frozen(out.gamma),
        vega=frozen(out.vega),
        theta=frozen(out.theta),
        carry=frozen(-out.theta),
        next_price=frozen(ahead.price),
        next_vega=frozen(np.ones(count)),
        next_delta=zero,
        next_notional=frozen(ahead.strike),
        next_carry=frozen(-ahead.theta),
        next_cost=frozen(swaps.half_spread(ahead.vega, np.arange(count))),
        next_loss=frozen(np.full(count, np.nan)),
        strike=frozen(np.full(count, np.nan)),
        expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
        modelled=frozen(np.ones(count, dtype=bool)),
        notes=notes,
    )


def _notes(scene: Scene, span: int, lag: int) -> dict[str, Any]:
    return {
        **scene.notes,
        "short_dated": span < DECAY_GUARD_DAYS,
        "tenor_days": span,
        "realised_variance": "close-to-close log returns, zero mean, annualised by calendar days",
        "lag": lag,
        "same_bar_fills": lag == 0,
    }
