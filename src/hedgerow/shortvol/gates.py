"""What selling a condor with its hedge earns on its margin, stress included (spec H14).

One condor is sold at a session's close, hedged with VIX futures, and taken off some days later,
when the index has moved as one of a few scenarios says.  Everything is a model's price; the
rate is the internal rate of return of what is expected to flow, on the margin that is posted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.program import Program
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_paths import MULTIPLIER as VX
from hedgerow.instruments.index_board import IndexBoard
from hedgerow.instruments.legs import MULTIPLIER, Leg
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.settling import Settling
from hedgerow.pricing.black import DAYS_PER_YEAR, risk
from hedgerow.shortvol.asymmetry.response import Response as Measured

COLUMN = "stressed_irr"
"""Name of the column that the gate `Hurdle` reads."""

SPREAD = 0.05
"""Over bills, a decimal a year: the hurdle where no other is given."""

_HALVINGS = 80
_LOW, _HIGH = math.log(1e-4), math.log(1e4)
"""Of 1 + rate a year: what is searched."""


class Response(Protocol):
    """How implied volatility answers a move of the index."""

    def after(
        self,
        iv: ArrayLike,
        move: ArrayLike,
        *,
        tenor: ArrayLike,
        moneyness: ArrayLike | None = None,
    ) -> Floats:
        """Return implied volatility after a move, a decimal.

        Parameters
        ----------
        iv
            Before it, a decimal.
        move
            Of the index, a decimal: −0.05 is a fall of 5 %.
        tenor
            Calendar days.
        moneyness
            Strike over spot before the move, ``iv`` being that strike's own; left out, it is the
            level as VIX measures it.  Shapes broadcast.
        """


class Scenario(NamedTuple):
    """Where the index stands when the condor is taken off, and how likely that is taken to be."""

    move: float
    """Decimal: −0.05 is 5 % lower."""
    probability: float


MIX = (
    *(Scenario(0.05, 0.15), Scenario(0.03, 0.28), Scenario(0.0, 0.33)),
    *(Scenario(-0.03, 0.13), Scenario(-0.05, 0.07), Scenario(-0.10, 0.04)),
)
"""What the S&P 500 did over 17 sessions, 24 days, from 1990 to July 2026, each window counted at
the nearest of the moves, the deepest rounded up (docs/rates.md)."""


@dataclass(frozen=True)
class Trade:
    """The condor, its hedge, and what is assumed of them.

    Parameters
    ----------
    days, hold
        Calendar days to expiry at the sale, and until it is taken off.
    short_delta, wing_delta
        Deltas, without sign, of the options sold and of the wings.
    hedge
        Part of the condor's vega that VIX futures take out, 0 … 1 (H4 asks for 0.60 … 0.75).
    scenarios
        Moves and their probabilities, which add up to 1.
    costs, margin
        Spreads and fees both ways; performance bond of the futures.  Margin earns nothing.

    Raises
    ------
    RangeError
        If a number is out of range.
    """

    days: int = 45
    hold: int = 24
    short_delta: float = 0.20
    wing_delta: float = 0.05
    hedge: float = 0.60
    scenarios: tuple[Scenario, ...] = MIX
    costs: Costs = field(default_factory=Costs)
    margin: MarginRule = field(default_factory=MarginRule)

    def __post_init__(self) -> None:
        for name, low, value, high in (
            ("hold", 1, self.hold, self.days - 1),
            ("days", 2, self.days, 730),
            ("hedge", 0.0, self.hedge, 1.0),
            ("short_delta", 0.01, self.short_delta, 0.5),
            ("wing_delta", 0.001, self.wing_delta, 0.99 * self.short_delta),
        ):
            if not low <= value <= high:
                mend = f"give a number in {low:g} … {high:g}"
                raise RangeError(f"{value!r} is out of range", where=f"trade.{name}", mend=mend)
        total = math.fsum(each.probability for each in self.scenarios)
        if abs(total - 1.0) > 1e-9 or any(not 0.0 <= p <= 1.0 for _, p in self.scenarios):
            raise RangeError(
                f"the probabilities add up to {total:g}",
                where="trade.scenarios",
                mend="give parts of 1",
            )
        if any(not -1.0 < move < 1.0 for move, _ in self.scenarios):
            raise RangeError(
                "a move must lie between −1 and 1", where="trade.scenarios", mend="−5 % is -0.05"
            )

    @property
    def told(self) -> str:
        """The assumptions in a sentence."""
        mix = ", ".join(f"{s.probability:.0%} {s.move:+.0%}" for s in self.scenarios)
        return (
            f"one {100 * self.short_delta:g}/{100 * self.wing_delta:g}-delta condor of {self.days} "
            f"days taken off after {self.hold}, {self.hedge:.0%} of its vega in VIX futures, the "
            f"index moved by ({mix}) and volatility as measured; both margins posted in cash that "
            "earns nothing, costs both ways; Black–Scholes on the modelled surface"
        )


def irr(flows: ArrayLike, years: ArrayLike) -> Floats:
    r"""Return the internal rate of return a year of money paid first and received later.

    The r of :math:`\sum_i f_i (1 + r)^{-t_i} = 0`.

    Parameters
    ----------
    flows
        USD, the first negative and the others of any sign, **shape** (…, n).
    years
        Of each flow from the first, rising from 0, **shape** (n,).

    Returns
    -------
    array
        Decimal a year, **shape** (…); −1 where not even 0.01 % of the money comes back, NaN where
        a flow is unknown or nothing is paid first.

    Notes
    -----
    Found by bisection between rates of −99.99 % and 999,900 %.  Where flows after the first change
    their sign there may be several; it is one of them.

    Examples
    --------
    >>> round(float(irr([-100.0, 5.0, 105.0], [0.0, 1.0, 2.0])), 12)
    0.05
    >>> irr([[-100.0, 110.0], [-100.0, -10.0]], [0.0, 1.0]).round(9).tolist()
    [0.1, -1.0]
    """
    money, at = np.asarray(flows, dtype=np.float64), np.asarray(years, dtype=np.float64)
    shape = money.shape[:-1]
    low, high = np.full(shape, _LOW), np.full(shape, _HIGH)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = (money * np.exp(-middle[..., None] * at)).sum(axis=-1) > 0.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    rate = np.expm1(0.5 * (low + high))
    lost = (money * np.exp(-_LOW * at)).sum(axis=-1) <= 0.0
    known = np.isfinite(money).all(axis=-1) & (money[..., 0] < 0.0)
    return np.asarray(np.where(known, np.where(lost, -1.0, rate), np.nan))


@dataclass(frozen=True)
class Stressed:
    """What one condor with its hedge is expected to make, by the session of its sale.

    Parameters
    ----------
    irr
        Of the expected flows, decimal a year, **shape** (T,).
    margin
        Posted for condor and futures, USD, **shape** (T,).
    credit
        Taken in, at the middle of the quotes, USD, **shape** (T,).
    futures
        VIX futures held against it, **shape** (T,).
    gain
        By scenario, after costs, USD, **shape** (T, S).
    hedge_gain
        Of the futures alone, after costs, USD, **shape** (T, S).
    trade
        The assumptions.
    """

    irr: Floats
    margin: Floats
    credit: Floats
    futures: Floats
    gain: Floats
    hedge_gain: Floats
    trade: Trade


def stressed(
    market: Market, response: Response | None = None, trade: Trade | None = None
) -> Stressed:
    """Price the trade at every session's close and in every scenario.

    Parameters
    ----------
    market
        Row t is made from rows 0 … t alone.
    response
        Of implied volatility to the move; None: `Measured.named("measured")`.
    trade
        What is traded and assumed; None: `Trade` as it is.

    Raises
    ------
    SleeveError
        If the index or VIX is unknown at the first bar.

    Notes
    -----
    At the sale margin is posted, the credit taken in, half of the costs paid; when it is taken
    off margin comes back, the condor is bought back and the futures have gained what VIX's level of
    their tenor plus 30 days gains, less their roll-down for as long; a roll-up, where the curve
    falls, is not counted.  Margin is the wider wing's (Cboe), and the futures' bond.  A volatility
    does not fall below 1 point.
    """
    plan, response = trade or Trade(), response or Measured.named("measured")
    scene = Scene.of(market)
    rows = np.arange(len(market))
    expiry = scene.days + plan.days
    legs = _legs(plan)
    board = IndexBoard(
        scene, plan.costs, legs, None, lambda day: day + plan.days, Settling(scene.spot)
    )
    strikes = board.strikes(rows, expiry)
    entry = [
        board.measures(strikes[:, i], expiry, rows, call=leg.call) for i, leg in enumerate(legs)
    ]

    def added(of: Callable[[int], Floats], *, both: bool = False) -> Floats:
        parts = ((abs(leg.weight) if both else leg.weight) * of(i) for i, leg in enumerate(legs))
        return np.asarray(MULTIPLIER * sum(parts))

    credit = -added(lambda i: entry[i].price)
    fees = plan.costs.option_fee * sum(abs(leg.weight) for leg in legs)
    cost = added(lambda i: entry[i].half_spread, both=True) + fees
    vega = added(lambda i: entry[i].vega)
    future = VixFuture().strip(market, costs=plan.costs)
    futures = plan.hedge * np.maximum(-vega, 0.0) / VX
    put, put_wing, call, call_wing = strikes.T
    bond = np.array([plan.margin.bonds(vix)["VX"] for vix in scene.vix.tolist()])
    margin = MULTIPLIER * np.maximum(put - put_wing, call_wing - call) + futures * bond
    gains, hedges = [], []
    for move, _ in plan.scenarios:
        bought, spread = _off(scene, plan, response, strikes, legs, move)
        tenor = np.maximum(future.expiry - scene.days, 1.0) + 30.0
        points = 100.0 * response.after(future.open / 100.0, move, tenor=tenor) - future.open
        paid = np.maximum(future.carry, 0.0) * plan.hold + 2.0 * future.open_cost
        hedge = futures * (VX * points - paid)
        hedges.append(hedge)
        gains.append(credit - cost - bought - spread - fees + hedge)
    gain, hedged = np.column_stack(gains), np.column_stack(hedges)
    first = credit - cost - futures * future.open_cost - margin
    expected = gain @ np.array([each.probability for each in plan.scenarios])
    flows = np.column_stack([first, expected - (first + margin) + margin])
    rate = irr(flows, np.array([0.0, plan.hold / DAYS_PER_YEAR]))
    return Stressed(rate, margin, credit, futures, gain, hedged, plan)


def with_stressed_irr(
    market: Market, response: Response | None = None, trade: Trade | None = None
) -> Market:
    """Return the market with the column `COLUMN`, marked as modelled, for the gate `Hurdle`.

    Parameters
    ----------
    market, response, trade
        As for `stressed`.  Its source names what of them was measured on all years: each row
        before the last of those knows that too early.
    """
    plan, usual = trade or Trade(), Measured.named("measured")
    answer = response or usual
    column = stressed(market, answer, plan).irr
    codes = np.where(np.isfinite(column), Origin.MODELLED, Origin.MISSING)
    source = f"modelled: internal rate of return of {plan.told}"
    known = {"the probabilities": plan.scenarios == MIX, "volatility's answer": answer == usual}
    if early := " and ".join(what for what, is_ours in known.items() if is_ours):
        source += f"; {early} measured up to 2026, which a backtest knows too early"
    return market.with_columns({COLUMN: column}, {COLUMN: codes}, {COLUMN: source})


def gated(program: Program, market: Market) -> Market:
    """Return the market with `COLUMN` where a policy reads it and the data lack it.

    Parameters
    ----------
    program
        Whose policies.
    market
        What it is to trade on.

    Examples
    --------
    >>> import hedgerow as hr
    >>> gate = hr.Hurdle(against="rate", spread=0.05)
    >>> read = [hr.Level("stressed_irr"), hr.Level("rate")]
    >>> policy = hr.Policy([hr.Constant(1.0), gate, hr.AtRoll()], signals=read)
    >>> program = hr.Program([hr.Line("condors", hr.Condor(), policy, role="book")])
    >>> market = hr.load("builtin", start="2017-01-03", end="2017-12-29")
    >>> "stressed_irr" in gated(program, market), "stressed_irr" in market
    (True, False)
    """
    return with_stressed_irr(market) if reads(program) and COLUMN not in market else market


def reads(program: Program) -> bool:
    """Say whether a policy of a program reads `COLUMN`."""
    signals = (signal for line in program.lines for signal in line.policy.signals)
    return any(getattr(signal, "column", "") == COLUMN for signal in signals)


def _legs(plan: Trade) -> tuple[Leg, ...]:
    """Return put and its wing, call and its wing, as they are held."""
    near, far = plan.short_delta, plan.wing_delta
    return (
        *(Leg(-1.0, 1.0, False, near), Leg(1.0, 1.0, False, far)),
        *(Leg(-1.0, 1.0, True, near), Leg(1.0, 1.0, True, far)),
    )


def _off(
    scene: Scene,
    plan: Trade,
    response: Response,
    strikes: Floats,
    legs: tuple[Leg, ...],
    move: float,
) -> tuple[Floats, Floats]:
    """Return what buying the condor back costs, USD, at the middle and in half-spreads."""
    left = plan.days - plan.hold
    years = left / DAYS_PER_YEAR
    spot, forward = scene.spot * (1.0 + move), scene.forward(np.full(len(scene.spot), years))
    vix = np.maximum(100.0 * response.after(scene.vix / 100.0, move, tenor=30.0), 1.0)
    bought = spread = np.zeros(len(spot))
    for strike, leg in zip(strikes.T, legs, strict=True):
        moneyness: NDArray[np.float64] = strike / scene.spot
        before = scene.surface.vol(np.log(strike / forward), years)
        moved = response.after(before, move, tenor=float(left), moneyness=moneyness)
        vol = np.maximum(moved, 0.01)
        found = risk(spot, strike, years, vol, scene.rate, scene.dividend, call=leg.call)
        half = plan.costs.of_option(found.price, found.vega / 100.0, vix)
        bought = bought - MULTIPLIER * leg.weight * found.price
        spread = spread + MULTIPLIER * abs(leg.weight) * half
    return bought, spread
