"""Any combination of index options of one expiry, laid out as a strip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

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

REACH, HALVINGS = 12.0, 56
"""Fair standard deviations searched on both sides for a delta, and steps of the search."""
_SURE = 1.0 - 1e-9


class Leg(NamedTuple):
    """One option of a sleeve."""

    weight: float
    """How many; negative when sold."""
    moneyness: float
    """Strike over the index when chosen."""
    call: bool = False
    """True for a call, False for a put."""
    delta: float | None = None
    """Delta without its sign that chooses the strike instead."""
    nearest: bool = False
    """Round the strike to the nearest of the grid rather than away from the index."""

    @property
    def told(self) -> str:
        """The strike in a word: ``0.9``, or ``30delta``."""
        return f"{self.moneyness:g}" if self.delta is None else f"{100 * self.delta:g}delta"


class Value(NamedTuple):
    """Of a sleeve's contract, in points, one entry per row asked for."""

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    half_spread: Floats
    notional: Floats
    """The price of what one option is written on."""


def option_strip(
    name: str,
    market: Market,
    legs: tuple[Leg, ...],
    *,
    tenor: str,
    rule: Roll,
    listed: bool = True,
    step: float | None = None,
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
        The options; strikes are moneyness × index at the bar that chose them, or have the
        leg's delta on its surface.
    tenor, rule, listed
        How long, when to roll, and whether expiries are listed monthlies.
    step
        Grid of strikes, points; None: not rounded.

    Returns
    -------
    Strip
        Prices by Black–Scholes–Merton on the surface of the bar; European, cash-settled.
    """
    check_lag(lag)
    scene, trade = Scene.of(market), costs or Costs()
    expiry_after = expiry_by_tenor(scene.days, tenor, listed=listed, lag=lag)
    plan = schedule(scene.days, scene.spot, rule, expiry_after, lag=lag)
    strikes = _strikes(scene, plan, legs, step)

    def value(rows: Index, contract: Index) -> Value:
        return _value(scene, plan, strikes, legs, trade, rows, contract)

    fee = trade.option_fee * sum(abs(leg.weight) for leg in legs)
    notes = _notes(scene, legs, tenor, listed, step, lag)
    return laid_out(name, market, scene, plan, value, strikes[:, 0], fee, notes)


def laid_out(
    name: str,
    market: Market,
    scene: Scene,
    plan: Schedule,
    value: Callable[[Index, Index], Value],
    strike: Floats,
    fee: float,
    notes: dict[str, Any],
) -> Strip:
    """Lay contracts of USD `MULTIPLIER` a point out as a strip.

    Parameters
    ----------
    name, market, scene
        Of the strip.
    plan
        Which contract is held when.
    value
        Values contracts at bars, given as two indices of **shape** (n,).
    strike
        Shown for each contract, points, **shape** (M,).
    fee
        USD per contract and trade.
    notes
        Facts for the report.
    """
    count = len(market)
    out = value(np.arange(count), plan.held)
    rolls = plan.rolls
    into = value(rolls, plan.held[rolls - 1])
    mark, half_mark = out.price.copy(), out.half_spread.copy()
    mark[rolls], half_mark[rolls] = into.price, into.half_spread
    waiting = np.flatnonzero(plan.pending != plan.held)
    ahead = Value(*(column.copy() for column in out))
    for column, coming in zip(ahead, value(waiting, plan.pending[waiting]), strict=True):
        column[waiting] = coming
    roll = np.zeros(count, dtype=bool)
    roll[rolls] = True
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
        fee=fee,
        roll=frozen(roll),
        shift=frozen(np.zeros(count)),
        delta=frozen(out.delta * MULTIPLIER),
        gamma=frozen(out.gamma * MULTIPLIER),
        vega=frozen(out.vega * MULTIPLIER),
        theta=theta,
        carry=frozen(-theta),
        next_price=frozen(ahead.price),
        next_vega=frozen(ahead.vega * MULTIPLIER),
        next_notional=frozen(ahead.notional * MULTIPLIER),
        next_carry=frozen(-ahead.theta * MULTIPLIER),
        strike=frozen(strike[plan.held]),
        expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
        modelled=frozen(np.ones(count, dtype=bool)),
        notes=notes,
    )


def _strikes(scene: Scene, plan: Schedule, legs: tuple[Leg, ...], step: float | None) -> Floats:
    """Return the strikes of each contract, from the bar that chose it, **shape** (M, legs)."""
    moneyness = np.array([leg.moneyness for leg in legs])
    strikes: Floats = scene.spot[plan.chosen][:, None] * moneyness
    asked = [(i, leg.delta, leg.call) for i, leg in enumerate(legs) if leg.delta is not None]
    if asked:
        at, delta, call = map(list, zip(*asked, strict=True))
        strikes[:, at] = strikes_of_delta(scene, plan.chosen, plan.expiry, delta, call)
    return on_grid(strikes, legs, step)


def on_grid(strikes: Floats, legs: tuple[Leg, ...], step: float | None) -> Floats:
    """Return strikes rounded to multiples of ``step`` as each leg asks, **shape** (M, legs)."""
    if step is None:
        return strikes
    strikes = strikes.copy()
    for i, leg in enumerate(legs):
        whole = strikes[:, i] / step
        if leg.nearest or leg.delta is not None:
            whole = np.round(whole)
        else:
            # a strike that is on the grid but for the arithmetic stays where it is
            whole = np.ceil(whole - 1e-9) if leg.call else np.floor(whole + 1e-9)
        strikes[:, i] = np.maximum(whole, 1.0) * step
    return strikes


def strikes_of_delta(
    scene: Scene, rows: Index, expiry: NDArray[np.int64], delta: ArrayLike, call: ArrayLike
) -> Floats:
    """Return the strikes whose options have these deltas on the surface of their bar.

    Parameters
    ----------
    scene
        The market.
    rows
        Bars, **shape** (M,).
    expiry
        After the bar, days since 1970-01-01, **shape** (M,).
    delta
        Without sign, with respect to the index, 0.01 … 0.99, **shape** (n,).
    call
        True for calls, **shape** (n,).

    Returns
    -------
    array
        Points, **shape** (M, n); a fixed number of halvings over k = ln(K/F).

    Notes
    -----
    The delta gives d1, and :math:`k + d_1 s(k) - s(k)^2/2 = 0` with s = σ√T the strike.  On a
    smile without butterfly arbitrage d1 falls as the strike rises (Fukasawa, "The
    normalizing transformation of the implied volatility smile", 2012), so there is one.
    """
    from scipy.special import ndtri  # slow to import, and only strikes by delta need it

    years = (expiry - scene.days[rows]) / DAYS_PER_YEAR
    chance = np.asarray(delta) * np.exp(scene.dividend[rows] * years)[:, None]
    d1 = np.where(call, 1.0, -1.0) * ndtri(np.minimum(chance, _SURE))
    root = np.sqrt(years)[:, None]
    high = np.broadcast_to(REACH * scene.surface.fair_vol(years, rows)[:, None] * root, d1.shape)
    low = -high
    for _ in range(HALVINGS):
        k = 0.5 * (low + high)
        spread = scene.surface.vol(k, years, rows) * root
        below = k + d1 * spread - 0.5 * spread**2 < 0.0
        low, high = np.where(below, k, low), np.where(below, high, k)
    forward = scene.forward(years, rows)[:, None]
    return np.asarray(forward * np.exp(0.5 * (low + high)))


def _value(
    scene: Scene,
    plan: Schedule,
    strikes: Floats,
    legs: tuple[Leg, ...],
    trade: Costs,
    rows: Index,
    contract: Index,
) -> Value:
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
    price, delta, gamma, vega, theta, half_spread = total
    return Value(price, delta, gamma, vega, theta, half_spread, scene.spot[rows])


def _notes(
    scene: Scene, legs: tuple[Leg, ...], tenor: str, listed: bool, step: float | None, lag: int
) -> dict[str, Any]:
    span = parse_tenor(tenor)
    return {
        **scene.notes,
        "short_dated": span < DECAY_GUARD_DAYS,
        "tenor_days": span,
        "expiries": "listed monthlies (third Friday)" if listed else "exact tenor",
        **told(legs, step, lag),
    }


def told(legs: tuple[Leg, ...], step: float | None, lag: int) -> dict[str, Any]:
    """Return the notes of any combination of options: its strikes, margin and fills."""
    sold = {"margin": "not modelled"} if any(leg.weight < 0.0 for leg in legs) else {}
    return {
        "strikes": [f"{leg.weight:+g} {'call' if leg.call else 'put'} {leg.told}" for leg in legs],
        "strike_step": step,
        **sold,
        "lag": lag,
        "same_bar_fills": lag == 0,
    }
