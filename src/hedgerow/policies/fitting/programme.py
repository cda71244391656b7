"""How much hedge to hold when trading costs money: a dynamic programme and its no-trade band.

The hedge costs ``carry`` a session and unit of intensity, a crash costs what the hedge does not
cover, and changing the intensity costs in proportion to the change.  Least discounted cost:

    V(s, n) = min over m of  k(s)·|m - n| + f(s, m) + β·Σ P(s, s')·V(s', m)
    f(s, m) = carry(s)·m + L·crash(s)·(1 - covered(m))

f is convex in m, so V is convex in n, and its slope W solves one small problem for each n:

    W(s, n) = the slope of [f + β·P·V] at n, held inside -k(s) … k(s)

It is best to buy while that slope is under -k, to sell while it is over k, and to keep what is
held in between: the no-trade region is an interval (Davis and Norman, *Portfolio selection with
transaction costs*, Math. Oper. Res. 15, 1990; the slope of a control problem as a stopping
problem: Karatzas and Shreve, SIAM J. Control Optim. 22, 1984).  Solved by policy iteration
(Puterman, *Markov Decision Processes*, 1994, ch. 6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError

HALF = 0.5
"""Intensity at which a further unit covers half of what the first one did: bends `covered`."""

ROUNDS = 200
"""Rounds of policy iteration; it ends by itself, commonly in less than ten."""


class Programme(NamedTuple):
    """What the dynamic programme is about; S states, shares of NAV, a session at a time."""

    transition: Floats
    """Probability of state j after state i, **shape** (S, S)."""
    carry: Floats
    """Cost of holding intensity 1.0 over a session, **shape** (S,)."""
    crash: Floats
    """Expected crash loss of a session without a hedge, **shape** (S,)."""
    trade: Floats
    """Cost of changing the intensity by 1.0, **shape** (S,)."""
    weight: float
    """What a unit of crash loss counts in units of cost: the L of the rule."""
    protection: float = 0.5
    """Share of a crash loss that intensity 1.0 takes away."""
    discount: float = 0.9998
    """Worth today of a unit of cost a session later, under 1."""
    floor: float = 0.2
    """Least intensity."""
    cap: float = 2.0
    """Greatest intensity."""


class Band(NamedTuple):
    """Where the intensity is left alone, by state, each of **shape** (S,)."""

    lower: Floats
    """Buy up to here from below."""
    upper: Floats
    """Sell down to here from above."""
    free: Floats
    """Best intensity if trading cost nothing."""


def covered(n: ArrayLike, protection: float = 0.5) -> Floats:
    """Return the share of a crash loss that intensity ``n`` takes away.

    ``protection · ln(1 + n/½) / ln(1 + 1/½)``: each further unit takes away less.  The logarithm is
    chosen because then the best intensity without trading costs is linear in the crash intensity,
    which is rule A9.

    Parameters
    ----------
    n
        Intensity, any shape.
    protection
        Share at intensity 1.0.

    Examples
    --------
    >>> covered([0.0, 1.0, 2.0]).round(3).tolist()
    [0.0, 0.5, 0.732]
    """
    bent = np.log1p(np.asarray(n, dtype=np.float64) / HALF)
    return np.asarray(protection * bent / np.log1p(1.0 / HALF))


def cost(programme: Programme, n: ArrayLike) -> Floats:
    """Return the cost of a session, carry and crash loss, without trading: f of the programme.

    Parameters
    ----------
    programme
        S states.
    n
        Intensities, **shape** (G,).

    Returns
    -------
    Floats
        Shares of NAV, **shape** (G, S).

    Examples
    --------
    >>> one = Programme(np.eye(1), np.array([0.01]), np.array([0.02]), np.zeros(1), weight=1.0)
    >>> cost(one, [0.0, 1.0]).ravel().tolist()
    [0.02, 0.02]
    """
    held = np.asarray(n, dtype=np.float64)[:, None]
    left = 1.0 - covered(held, programme.protection)
    return held * programme.carry + programme.weight * programme.crash * left


def frictionless(programme: Programme) -> Floats:
    """Return the best intensity in each state if trading cost nothing, **shape** (S,).

    ``L·crash·protection / (ln 3 · carry) - ½``, held inside floor … cap: linear in the crash
    intensity where carry is alike, which is rule A9.

    Examples
    --------
    >>> one = Programme(np.eye(1), np.array([0.01]), np.array([0.02]), np.zeros(1), weight=2.0)
    >>> frictionless(one).round(4).tolist()
    [1.3205]
    """
    worth = programme.weight * programme.crash * programme.protection / np.log1p(1.0 / HALF)
    return np.asarray(np.clip(worth / programme.carry - HALF, programme.floor, programme.cap))


def solve(programme: Programme, step: float = 0.01) -> Band:
    """Return the no-trade band of each state on a grid of intensities.

    Parameters
    ----------
    programme
        S states.
    step
        Distance of the grid's points, which begin at the floor and end at the cap.

    Raises
    ------
    RangeError
        If the discount is not under 1, a cost is negative, or the bounds are out of order.

    Examples
    --------
    >>> two = Programme(
    ...     transition=np.array([[0.98, 0.02], [0.10, 0.90]]),
    ...     carry=np.array([1e-4, 2e-4]), crash=np.array([1e-4, 8e-4]),
    ...     trade=np.array([1e-3, 1e-3]), weight=2.0,
    ... )
    >>> band = solve(two)
    >>> band.lower.round(2).tolist(), band.upper.round(2).tolist(), band.free.round(2).tolist()
    ([0.41, 1.32], [1.02, 2.0], [0.41, 2.0])
    """
    _check(programme)
    points = _grid(programme, step)
    width = np.diff(points)[:, None]
    slope = np.diff(cost(programme, points), axis=0) / width
    inner = _slope_of_value(programme, slope)
    below = (inner < -programme.trade).sum(axis=0)
    above = (inner <= programme.trade).sum(axis=0)
    return Band(points[below], points[above], frictionless(programme))


def _grid(programme: Programme, step: float) -> Floats:
    count = max(round((programme.cap - programme.floor) / step), 1)
    return np.linspace(programme.floor, programme.cap, count + 1)


def _slope_of_value(programme: Programme, slope: Floats) -> Floats:
    """Return the slope of f + β·P·V between neighbours of the grid, **shape** (G-1, S)."""
    p, k, beta = programme.transition, programme.trade, programme.discount
    states = np.eye(len(k))
    side = np.full(slope.shape, 2.0)
    value = np.zeros(slope.shape)
    for _ in range(ROUNDS):
        inner = slope + beta * value @ p.T
        new = np.where(inner > k, 1.0, np.where(inner < -k, -1.0, 0.0))
        if np.array_equal(new, side):
            return inner
        side = new
        holds = side == 0.0
        system = states - beta * holds[:, :, None] * p
        value = np.linalg.solve(system, np.where(holds, slope, side * k)[:, :, None])[:, :, 0]
    raise RangeError(
        f"no policy was found in {ROUNDS} rounds",
        where="control",
        mend="check that costs and losses are shares of NAV",
    )


def _check(programme: Programme) -> None:
    if not 0.0 <= programme.discount < 1.0:
        raise RangeError(
            f"{programme.discount:g} is no discount factor",
            where="discount",
            mend="keep it below 1",
        )
    for name in ("carry", "crash", "trade"):
        column = getattr(programme, name)
        least = 0.0 if name != "carry" else np.nextafter(0.0, 1.0)
        if not (np.isfinite(column).all() and (column >= least).all()):
            raise RangeError(
                "a cost is negative, zero or not a number",
                where=name,
                mend="give shares of NAV; carry must be positive",
            )
    if not 0.0 <= programme.floor < programme.cap:
        raise RangeError(
            f"floor {programme.floor:g} and cap {programme.cap:g} are out of order",
            where="floor, cap",
            mend="keep 0 ≤ floor < cap",
        )
