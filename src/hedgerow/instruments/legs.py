"""Any combination of index options of one expiry, laid out as a strip."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.products import product
from hedgerow.core.strip import Strip
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.rolls import Roll, Schedule, expiry_by_tenor, parse_tenor, schedule
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sleeve import DECAY_GUARD_DAYS, check_lag, frozen
from hedgerow.pricing.black import DAYS_PER_YEAR, risk

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MULTIPLIER = product("SPX").multiplier
"""USD per index point of an S&P 500 option."""


class Leg(NamedTuple):
    """One option of a sleeve: how many, at which strike over spot, call or put."""

    weight: float
    moneyness: float
    call: bool = False


class _Value(NamedTuple):
    # Of the sleeve's contract, in points, one entry per row asked for.
    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    half_spread: Floats


def option_strip(
    name: str,
    market: Market,
    legs: tuple[Leg, ...],
    *,
    tenor: str,
    rule: Roll,
    listed: bool = True,
    lag: int = 1,
    costs: Costs | None = None,
) -> Strip:
    """Lay any combination of options of one expiry out as a strip.

    Parameters
    ----------
    name
        Name of the strip.
    market, lag, costs
        As in `Sleeve.strip`.
    legs
        The options; strikes are moneyness × index at the bar that chose them.
    tenor, rule, listed
        How long, when to roll, and whether expiries are listed monthlies.

    Returns
    -------
    Strip
        Prices by Black–Scholes–Merton on the surface of the bar; European, cash-settled.
    """
    check_lag(lag)
    scene, trade = Scene.of(market), costs or Costs()
    span = parse_tenor(tenor)
    expiry_after = expiry_by_tenor(scene.days, span, listed=listed)
    plan = schedule(scene.days, scene.spot, rule, expiry_after, lag=lag)
    strikes = scene.spot[plan.chosen][:, None] * np.array([leg.moneyness for leg in legs])

    def value(rows: Index, contract: Index) -> _Value:
        return _value(scene, plan, strikes, legs, trade, rows, contract)

    count = len(market)
    bars = np.arange(count)
    out = value(bars, plan.held)
    rolls = plan.rolls
    into = value(rolls, plan.held[rolls - 1])
    mark, half_mark = out.price.copy(), out.half_spread.copy()
    mark[rolls], half_mark[rolls] = into.price, into.half_spread
    waiting = np.flatnonzero(plan.pending != plan.held)
    coming = value(waiting, plan.pending[waiting])
    next_price, next_vega = out.price.copy(), out.vega.copy()
    next_price[waiting], next_vega[waiting] = coming.price, coming.vega
    next_theta = out.theta.copy()
    next_theta[waiting] = coming.theta
    roll = np.zeros(count, dtype=bool)
    roll[rolls] = True
    size = sum(abs(leg.weight) for leg in legs)
    theta = frozen(out.theta * MULTIPLIER)
    return Strip(
        name=name,
        times=market.times,
        multiplier=MULTIPLIER,
        mark=frozen(mark),
        open=frozen(out.price),
        financing=frozen(scene.financing(out.price, MULTIPLIER)),
        half_spread_mark=frozen(half_mark),
        half_spread_open=frozen(out.half_spread),
        fee=trade.option_fee * size,
        roll=frozen(roll),
        shift=frozen(np.zeros(count)),
        delta=frozen(out.delta * MULTIPLIER),
        gamma=frozen(out.gamma * MULTIPLIER),
        vega=frozen(out.vega * MULTIPLIER),
        theta=theta,
        carry=frozen(-theta),
        next_price=frozen(next_price),
        next_vega=frozen(next_vega * MULTIPLIER),
        next_notional=frozen(scene.spot * MULTIPLIER),
        next_carry=frozen(-next_theta * MULTIPLIER),
        strike=frozen(strikes[plan.held, 0]),
        expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
        modelled=frozen(np.ones(count, dtype=bool)),
        notes=_notes(scene, legs, span, listed, lag),
    )


def _value(
    scene: Scene,
    plan: Schedule,
    strikes: Floats,
    legs: tuple[Leg, ...],
    trade: Costs,
    rows: Index,
    contract: Index,
) -> _Value:
    left = plan.expiry[contract] - scene.days[rows]
    years = np.maximum(left, 0) / DAYS_PER_YEAR
    forward = scene.forward(years, rows)
    total = [np.zeros(len(rows)) for _ in range(6)]
    for i, leg in enumerate(legs):
        strike = strikes[contract, i]
        vol = scene.surface.vol(np.log(strike / forward), years, rows)
        greeks = risk(
            scene.spot[rows],
            strike,
            years,
            vol,
            scene.rate[rows],
            scene.dividend[rows],
            call=leg.call,
        )
        vega = greeks.vega / 100.0
        half = trade.of_option(greeks.price, vega, scene.vix[rows])
        parts = (greeks.price, greeks.delta, greeks.gamma, vega, greeks.theta / DAYS_PER_YEAR)
        for j, part in enumerate(parts):
            total[j] += leg.weight * part
        # settled in cash: nothing to cross at expiry
        total[5] += abs(leg.weight) * np.where(left > 0, half, 0.0)
    return _Value(*total)


def _notes(
    scene: Scene, legs: tuple[Leg, ...], span: int, listed: bool, lag: int
) -> dict[str, Any]:
    return {
        **scene.notes,
        "short_dated": span < DECAY_GUARD_DAYS,
        "tenor_days": span,
        "expiries": "listed monthlies (third Friday)" if listed else "exact tenor",
        "moneyness": [leg.moneyness for leg in legs],
        "lag": lag,
        "same_bar_fills": lag == 0,
    }
