"""Rolling option sleeves on the index: a put, a put spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.expiry import next_monthly
from hedgerow.instruments.rolls import Roll, Schedule, parse_roll, parse_tenor, schedule
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Size, Vega
from hedgerow.instruments.sleeve import (
    DECAY_GUARD_DAYS,
    check_flag,
    check_lag,
    check_number,
    check_size,
    frozen,
)
from hedgerow.pricing.black import DAYS_PER_YEAR, bsm

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MULTIPLIER = 100.0
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


@dataclass(frozen=True)
class Put:
    """A put on the index, bought at a moneyness and a tenor and rolled by rule.

    Parameters
    ----------
    moneyness
        Strike over the index when chosen; 0.90 is 10 % out of the money.
    tenor
        Days to expiry when chosen: ``90d``, ``3m``, ``1y``.
    roll
        ``30d`` since chosen, ``21b`` sessions, ``dte:30`` days to expiry, or ``expiry``.
    drift
        Also roll when strike over index has moved by more than this part; None: never.
    listed
        True: the first monthly expiry (third Friday) on or after the tenor.  False: exactly
        the tenor.
    size
        What an intensity of 1.0 means.

    Raises
    ------
    SleeveError
        If a field is out of range.

    Examples
    --------
    >>> put = Put(moneyness=0.90, tenor="90d", roll="30d", size=Vega(1_000))
    >>> put.name
    'put-90d-0.9'
    """

    moneyness: float = 0.90
    tenor: str = "90d"
    roll: str = "30d"
    drift: float | None = None
    listed: bool = True
    size: Size = field(default_factory=lambda: Vega(1_000))
    kind: ClassVar[str] = "put"

    def __post_init__(self) -> None:
        check_number(self.moneyness, "moneyness", 0.2, 2.0)
        check_terms(self.tenor, self.roll, self.drift, self.listed)
        check_size(self.size, premium=True)

    @property
    def name(self) -> str:
        """Short name."""
        return f"put-{self.tenor}-{self.moneyness:g}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the put out on a market; see `Sleeve.strip`."""
        legs = (Leg(1.0, self.moneyness),)
        rule = parse_roll(self.roll, self.drift)
        return option_strip(
            self.name,
            market,
            legs,
            tenor=self.tenor,
            rule=rule,
            listed=self.listed,
            lag=lag,
            costs=costs,
        )


@dataclass(frozen=True)
class PutSpread:
    """A put bought at ``upper`` and one sold at ``lower``, the same expiry.

    Parameters
    ----------
    upper, lower
        Strikes over the index when chosen, upper > lower.
    tenor, roll, drift, listed, size
        As for `Put`.

    Notes
    -----
    The vega of a spread fades as the index falls between the strikes and may turn negative
    below them; sizes by `Vega` are then bounded.  `Notional` is the steadier size.

    Examples
    --------
    >>> PutSpread(upper=0.95, lower=0.80).name
    'put_spread-90d-0.95-0.8'
    """

    upper: float = 0.95
    lower: float = 0.80
    tenor: str = "90d"
    roll: str = "30d"
    drift: float | None = None
    listed: bool = True
    size: Size = field(default_factory=lambda: Vega(1_000))
    kind: ClassVar[str] = "put_spread"

    def __post_init__(self) -> None:
        check_number(self.upper, "upper", 0.2, 2.0)
        check_number(self.lower, "lower", 0.2, 2.0)
        if self.lower >= self.upper:
            raise SleeveError(
                f"the lower strike {self.lower} is not below the upper {self.upper}",
                where="lower",
                mend="swap lower and upper",
            )
        check_terms(self.tenor, self.roll, self.drift, self.listed)
        check_size(self.size, premium=True)

    @property
    def name(self) -> str:
        """Short name."""
        return f"put_spread-{self.tenor}-{self.upper:g}-{self.lower:g}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the spread out on a market; see `Sleeve.strip`.

        The strip's ``strike`` is the upper one.
        """
        legs = (Leg(1.0, self.upper), Leg(-1.0, self.lower))
        rule = parse_roll(self.roll, self.drift)
        return option_strip(
            self.name,
            market,
            legs,
            tenor=self.tenor,
            rule=rule,
            listed=self.listed,
            lag=lag,
            costs=costs,
        )


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

    def expiry_after(day: int) -> int:
        if not listed:
            return day + span
        return int(next_monthly(np.datetime64(day + span, "D")).astype(np.int64))

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
        delta=frozen(out.delta * MULTIPLIER),
        gamma=frozen(out.gamma * MULTIPLIER),
        vega=frozen(out.vega * MULTIPLIER),
        theta=theta,
        carry=frozen(-theta),
        next_price=frozen(next_price),
        next_vega=frozen(next_vega * MULTIPLIER),
        next_notional=frozen(scene.spot * MULTIPLIER),
        strike=frozen(strikes[plan.held, 0]),
        expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
        modelled=frozen(np.ones(count, dtype=bool)),
        notes=_notes(scene, legs, span, listed, lag),
    )


def _value(  # noqa: PLR0917
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
        greeks = bsm(
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


def check_terms(tenor: str, roll: str, drift: float | None, listed: bool) -> None:
    """Refuse a tenor, a roll rule or a drift that cannot be read or do not fit together."""
    span, rule = parse_tenor(tenor), parse_roll(roll, drift)
    check_flag(listed, "listed")
    if rule.dte is not None and rule.dte >= span:
        raise SleeveError(
            f"rolling {rule.dte} days before expiry leaves a {tenor} option no life",
            where="roll",
            mend="roll later, or buy a longer tenor",
        )


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
