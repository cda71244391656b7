"""A rolling variance swap on the index, marked to realised and remaining fair variance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.rolls import (
    Schedule,
    check_terms,
    expiry_by_tenor,
    parse_roll,
    parse_tenor,
    schedule,
)
from hedgerow.instruments.roster import frozen
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Size, VegaShare
from hedgerow.instruments.sleeve import DECAY_GUARD_DAYS, check_flag, check_lag, check_size
from hedgerow.pricing.black import DAYS_PER_YEAR

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MULTIPLIER = 1.0
"""The strip's prices are USD per contract already."""


class _Value(NamedTuple):
    price: Floats
    vega: Floats
    gamma: Floats
    theta: Floats
    strike: Floats


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
    listed: bool = True
    size: Size = field(default_factory=lambda: VegaShare(0.00045))
    kind: ClassVar[str] = "variance_swap"

    def __post_init__(self) -> None:
        check_terms(self.tenor, self.roll, self.drift, listed=self.listed)
        check_flag(self.listed, "listed")
        check_size(self.size, premium=False)

    @property
    def name(self) -> str:
        """Short name."""
        return f"variance_swap-{self.tenor}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the swap out on a market; see `Sleeve.strip`.

        Prices are USD per contract (multiplier 1), 0 where the swap is struck.  The expiry
        is chosen with the order; the strike is the market's at the fill, as for any swap.
        ``next_notional`` is the strike in points times USD 1, twice the most it can lose.
        """
        check_lag(lag)
        scene, trade = Scene.of(market), costs or Costs()
        span, rule = parse_tenor(self.tenor), parse_roll(self.roll, self.drift)
        expiry_after = expiry_by_tenor(scene.days, self.tenor, listed=self.listed, lag=lag)
        plan = schedule(scene.days, scene.spot, rule, expiry_after, lag=lag)
        return _laid_out(self.name, market, scene, plan, trade, _notes(scene, span, lag))


def _laid_out(
    name: str, market: Market, scene: Scene, plan: Schedule, trade: Costs, notes: dict[str, Any]
) -> Strip:
    count = len(market)
    bars = np.arange(count)
    rolls = plan.rolls
    begun = np.searchsorted(plan.held, np.arange(len(plan.chosen)))
    squares = np.zeros(count)
    squares[1:] = np.diff(np.log(scene.spot)) ** 2
    realised = np.cumsum(squares)

    out = _value(scene, plan, realised, begun, bars, plan.held)
    into = _value(scene, plan, realised, begun, rolls, plan.held[rolls - 1])
    settled = plan.expiry[plan.held[rolls - 1]] <= scene.days[rolls]
    mark = out.price.copy()
    mark[rolls] = into.price
    half_open = trade.of_swap(out.vega, scene.vix)
    half_mark = half_open.copy()
    half_mark[rolls] = np.where(settled, 0.0, trade.of_swap(into.vega, scene.vix[rolls]))

    # an order waiting for its fill is for a swap to be struck at the market
    waiting = np.flatnonzero(plan.pending != plan.held)
    years = (plan.expiry[plan.pending[waiting]] - scene.days[waiting]) / DAYS_PER_YEAR
    next_price, next_vega, next_strike = out.price.copy(), out.vega.copy(), out.strike.copy()
    next_price[waiting] = 0.0
    next_vega[waiting] = np.exp(-scene.rate[waiting] * years)
    next_strike[waiting] = 100.0 * scene.surface.fair_vol(years, waiting)
    next_theta = out.theta.copy()
    total = scene.surface.fair_total(years, waiting)
    soon = scene.surface.fair_total(years - 1.0 / DAYS_PER_YEAR, waiting)
    scale = next_vega[waiting] * 1e4 / (years * 2.0 * next_strike[waiting])
    next_theta[waiting] = -scale * (total - soon)
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
        roll=frozen(roll),
        shift=zero,
        delta=zero,
        gamma=frozen(out.gamma),
        vega=frozen(out.vega),
        theta=frozen(out.theta),
        carry=frozen(-out.theta),
        next_price=frozen(next_price),
        next_vega=frozen(next_vega),
        next_notional=frozen(next_strike),
        next_carry=frozen(-next_theta),
        strike=frozen(np.full(count, np.nan)),
        expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
        modelled=frozen(np.ones(count, dtype=bool)),
        notes=notes,
    )


def _value(
    scene: Scene, plan: Schedule, realised: Floats, begun: Index, rows: Index, contract: Index
) -> _Value:
    """Value contracts ``contract``, first held at ``begun``, at bars ``rows``; USD each."""
    first = begun[contract]
    expiry = plan.expiry[contract]
    life = (expiry - scene.days[first]) / DAYS_PER_YEAR
    struck = scene.surface.fair_total(life, first)
    strike = 100.0 * np.sqrt(struck / life)
    left = np.maximum(expiry - scene.days[rows], 0) / DAYS_PER_YEAR
    remaining = scene.surface.fair_total(left, rows)
    soon = scene.surface.fair_total(left - 1.0 / DAYS_PER_YEAR, rows)
    # USD per unit of total variance
    scale = np.exp(-scene.rate[rows] * left) * 1e4 / (life * 2.0 * strike)
    price = scale * (realised[rows] - realised[first] + remaining - struck)
    # d(total)/d(vol point) of the remaining part is 2·σ·τ/100
    vega = scale * 2.0 * np.sqrt(remaining * left) / 100.0
    gamma = np.where(left > 0.0, scale * 2.0 / scene.spot[rows] ** 2, 0.0)
    theta = -scale * (remaining - soon)
    return _Value(price, vega, gamma, theta, strike)


def _notes(scene: Scene, span: int, lag: int) -> dict[str, Any]:
    return {
        **scene.notes,
        "short_dated": span < DECAY_GUARD_DAYS,
        "tenor_days": span,
        "realised_variance": "close-to-close log returns, zero mean, annualised by calendar days",
        "lag": lag,
        "same_bar_fills": lag == 0,
    }
