"""Options of one expiry, added up and laid out as a strip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.products import product
from hedgerow.core.strip import Strip
from hedgerow.instruments.rolls import Schedule
from hedgerow.instruments.roster import Measures, frozen
from hedgerow.instruments.scene import Scene

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MULTIPLIER = product("SPX").multiplier
"""USD per index point of an S&P 500 option."""


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
    apart: float | None = None
    """Points farther from the index than the first leg that is a call as well, or a put."""

    @property
    def told(self) -> str:
        """The strike in a word: ``0.9``, ``30delta``, or ``50wide`` for points apart."""
        if self.apart is not None:
            return f"{self.apart:g}wide"
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


def together(legs: tuple[Leg, ...], parts: Iterable[Measures], notional: Floats) -> Value:
    """Add up the options of a contract.

    Parameters
    ----------
    legs
        Whose weights count.
    parts
        Of each leg, **shape** (n,).
    notional
        Price of what one option is written on, points, **shape** (n,).
    """
    total = [np.zeros(len(notional)) for _ in range(6)]
    for leg, part in zip(legs, parts, strict=True):
        measures = (part.price, part.delta, part.gamma, part.vega, part.theta)
        for i, measure in enumerate(measures):
            total[i] += leg.weight * measure
        total[5] += abs(leg.weight) * part.half_spread
    price, delta, gamma, vega, theta, half_spread = total
    return Value(price, delta, gamma, vega, theta, half_spread, notional)


def laid_out(
    name: str,
    times: NDArray[np.datetime64],
    scene: Scene,
    plan: Schedule,
    value: Callable[[Index, Index], Value],
    strikes: Floats,
    legs: tuple[Leg, ...],
    fee: float,
    notes: dict[str, Any],
    standing: Floats | None = None,
) -> Strip:
    """Lay contracts of USD `MULTIPLIER` a point out as a strip.

    Parameters
    ----------
    name, times, scene
        Of the strip; with as many interleaved paths as the plan has.
    plan
        Which contract is held when.
    value
        Values contracts at bars, given as two indices of **shape** (n,).
    strikes
        Of each contract, points, **shape** (M, legs); the first is shown.
    legs
        The options of one contract.
    fee
        USD per contract and trade.
    notes
        Facts for the report.
    standing
        Half-spread of the unit of the index that stands with each contract and is in ``value``'s
        price already, points, **shape** (T,).  Its dividends are counted.  None: there is none.
    """
    count = len(times)
    out = value(np.arange(count), plan.held)
    rolls = plan.rolls
    into = value(rolls, plan.held[rolls - plan.paths])
    mark, half_mark, half_open = out.price.copy(), out.half_spread.copy(), out.half_spread
    mark[rolls], half_mark[rolls] = into.price, into.half_spread
    over = plan.expiry[plan.held] <= scene.days  # settled, and nothing taken instead
    before = np.roll(over, plan.paths)
    before[: plan.paths] = False
    mark[over & before] = 0.0
    mark[rolls] = np.where(before[rolls], 0.0, mark[rolls])
    half_mark[rolls] = np.where(before[rolls], 0.0, half_mark[rolls])
    for column in out[:6]:
        column[over] = 0.0
    waiting = np.flatnonzero(plan.pending != plan.held)
    ahead = Value(*(column.copy() for column in out))
    for column, coming in zip(ahead, value(waiting, plan.pending[waiting]), strict=True):
        column[waiting] = coming
    roll = np.zeros(count, dtype=bool)
    roll[rolls] = True
    theta = frozen(out.theta * MULTIPLIER)
    least = least_payoff(strikes, legs, covered=standing is not None)
    financing = scene.financing(out.price, MULTIPLIER)
    if standing is not None:
        financing -= scene.dividends() * MULTIPLIER
    return Strip(
        name=name,
        times=times,
        multiplier=MULTIPLIER,
        mark=frozen(mark),
        open=frozen(out.price),
        financing=frozen(financing),
        half_spread_mark=frozen(half_mark),
        half_spread_open=frozen(half_open),
        fee=fee,
        unit_cost=frozen(np.zeros(count) if standing is None else standing * MULTIPLIER),
        roll=frozen(roll),
        shift=frozen(np.zeros(count)),
        delta=frozen(out.delta * MULTIPLIER),
        gamma=frozen(out.gamma * MULTIPLIER),
        vega=frozen(out.vega * MULTIPLIER),
        theta=theta,
        carry=frozen(-theta),
        next_price=frozen(ahead.price),
        next_vega=frozen(ahead.vega * MULTIPLIER),
        next_delta=frozen(ahead.delta * MULTIPLIER),
        next_notional=frozen(ahead.notional * MULTIPLIER),
        next_carry=frozen(-ahead.theta * MULTIPLIER),
        next_cost=frozen(ahead.half_spread * MULTIPLIER + fee),
        next_loss=frozen((ahead.price - least[plan.pending]) * MULTIPLIER),
        strike=frozen(strikes[plan.held, 0]),
        expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
        modelled=frozen(np.ones(count, dtype=bool)),
        notes=notes,
    )


def least_payoff(strikes: Floats, legs: tuple[Leg, ...], *, covered: bool) -> Floats:
    """Return the least that options of one expiry, and a unit of the index, can be worth then.

    Parameters
    ----------
    strikes
        Points, **shape** (M, legs).
    legs
        The options.
    covered
        Whether a unit of the index stands with them.

    Returns
    -------
    array
        Points, **shape** (M,); NaN where it has no limit.

    Examples
    --------
    >>> spread = Leg(-1.0, 0.95), Leg(1.0, 0.85)
    >>> least_payoff(np.array([[95.0, 85.0]]), spread, covered=False).tolist()
    [-10.0]
    """
    if not bounded(legs, covered=covered):
        return np.full(len(strikes), np.nan)
    # piecewise linear, so least at a strike or at nothing
    ends = np.concatenate([np.zeros((len(strikes), 1)), strikes], axis=1)
    worth = ends * (1.0 if covered else 0.0)
    for i, leg in enumerate(legs):
        inside = (ends - strikes[:, i : i + 1]) * (1.0 if leg.call else -1.0)
        worth = worth + leg.weight * np.maximum(inside, 0.0)
    return np.asarray(worth.min(axis=1))


def bounded(legs: tuple[Leg, ...], *, covered: bool) -> bool:
    """Say whether the loss of options, and a unit of the index with them, has a limit."""
    calls = sum(leg.weight for leg in legs if leg.call)
    return calls + (1.0 if covered else 0.0) >= 0.0


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


def set_apart(strikes: Floats, legs: tuple[Leg, ...]) -> Floats:
    """Put the strikes that are points apart from another where they belong, **shape** (M, legs).

    Examples
    --------
    >>> legs = Leg(-1.0, 1.0), Leg(1.0, 1.0, apart=50.0)
    >>> set_apart(np.array([[4000.0, np.nan]]), legs).tolist()
    [[4000.0, 3950.0]]
    """
    for i, leg in enumerate(legs):
        if leg.apart is not None:
            near = next(j for j, other in enumerate(legs) if other.call == leg.call)
            least = 0.01 * strikes[:, near]
            far = strikes[:, near] + (leg.apart if leg.call else -leg.apart)
            strikes[:, i] = np.maximum(far, least)
    return strikes


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
