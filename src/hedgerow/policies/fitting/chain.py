"""States of the market counted on the past, and the dynamic programme made of them (A14).

A state is a bucket of VIX and one of two regimes, told by a second signal.  Everything is counted
on sessions whose outcome is known by the day of the fit.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats
from hedgerow.core.step import plain_spoken
from hedgerow.policies.fitting.programme import HALF, Programme
from hedgerow.policies.rules import Intensity, Positive, check_order
from hedgerow.policies.signals import STRICT, YEAR

PRIOR = 5.0
"""Sessions that the pooled transitions weigh beside a state's own."""

WINDOWS = 10.0
"""Crash windows that the pooled loss weighs beside a state's own."""

LEVEL = 20.0
"""VIX in points at which carry and trading costs are quoted; both follow VIX."""

RATE = 0.05
"""Rate a year at which later costs count less; the band hardly depends on it."""

Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Small = Annotated[float, Field(ge=0.0, le=1.0)]


class Chain(NamedTuple):
    """What was counted: a Markov chain of states with their VIX and crash loss.

    State ``r * buckets + b`` is regime r (0 low, 1 high) and VIX bucket b.
    """

    transition: Floats
    """Probability of state j one session after state i, **shape** (S, S)."""
    crash: Floats
    """Expected crash loss a session, a share of the index, **shape** (S,)."""
    vix: Floats
    """Mean VIX in points, **shape** (S,)."""
    by: Floats
    """Mean of the regime's signal, **shape** (S,)."""
    sessions: NDArray[np.int64]
    """Sessions seen in each state, **shape** (S,)."""


@plain_spoken
@dataclass(frozen=True, kw_only=True, config=STRICT)
class Terms:
    """What the dynamic programme is told beside the past.

    Parameters
    ----------
    carry
        Cost of intensity 1.0 at VIX 20, a share of NAV a year; in proportion to VIX elsewhere.
    cost
        Cost of changing the intensity by 1.0 at VIX 20, a share of NAV; in proportion to VIX.
    loss
        What a unit of crash loss counts in units of cost; None for the weight at which
        intensity 1.0 is best on average, as in rule A9.
    protection
        Share of a crash loss that intensity 1.0 takes away.
    fall
        Only what the index falls beyond this share counts as crash loss.
    horizon
        Sessions over which it falls.
    floor, cap
        Least and greatest intensity.

    Examples
    --------
    >>> Terms(cost=0.001).loss is None
    True
    """

    carry: Positive = 0.019
    cost: Small = 0.00005
    loss: Positive | None = None
    protection: Share = 0.5
    fall: Share = 0.05
    horizon: Annotated[int, Field(ge=1, le=252)] = 20
    floor: Intensity = 0.2
    cap: Intensity = 2.0
    kind: ClassVar[str] = "control"

    @model_validator(mode="after")
    def _rises(self) -> Terms:
        check_order(self.floor, self.cap, "floor, cap")
        if self.cap == self.floor:
            raise ValueError("cap must be greater than floor")
        return self


def state_of(
    vix: ArrayLike, by: ArrayLike, edges: tuple[float, ...], split: float
) -> NDArray[np.int64]:
    """Return the state of each session; an edge belongs to the bucket below it.

    Parameters
    ----------
    vix, by
        VIX in points and the regime's signal, same shape.
    edges
        Where one bucket ends and the next begins, rising.
    split
        The regime is high where its signal is over this.

    Examples
    --------
    >>> state_of([12.0, 20.0, 20.1], [0.1, 0.9, 0.9], (15.0, 20.0), 0.5).tolist()
    [0, 4, 5]
    """
    bucket = np.searchsorted(np.asarray(edges), np.asarray(vix), side="left")
    return np.asarray(bucket + (np.asarray(by) > split) * (len(edges) + 1), dtype=np.int64)


def excess_loss(spot: Floats, fall: float, horizon: int) -> Floats:
    """Return what the index falls beyond ``fall`` over the next ``horizon`` sessions, per session.

    Parameters
    ----------
    spot
        Index at each close, **shape** (T,).
    fall, horizon
        As in `Terms`.

    Returns
    -------
    Floats
        ``max(0, -R - fall) / horizon``, **shape** (T - horizon,): rows whose outcome is known.

    Examples
    --------
    >>> excess_loss(np.array([100.0, 99.0, 90.0]), fall=0.05, horizon=2).round(9).tolist()
    [0.025]
    """
    later = spot[horizon:] / spot[: len(spot) - horizon] - 1.0
    return np.asarray(np.maximum(-later - fall, 0.0) / horizon)


def count(
    vix: Floats, by: Floats, spot: Floats, edges: tuple[float, ...], split: float, terms: Terms
) -> Chain:
    """Count states, their transitions and their crash losses on past sessions.

    Transitions are shrunk towards those of bucket and regime counted apart (`PRIOR` sessions),
    crash losses towards the rising curve by bucket that fits best (isotonic regression; `WINDOWS`
    windows), because most states have seen few crashes.

    Parameters
    ----------
    vix, by, spot
        VIX in points, the regime's signal and the index, **shape** (T,); sessions of which one is
        NaN are left out, and nothing is counted from one side of them to the other.
    edges, split
        As in `state_of`.
    terms
        Its ``fall`` and ``horizon`` are used.

    Examples
    --------
    >>> days = np.arange(400.0)
    >>> vix = 18.0 + 6.0 * np.sin(days / 9.0)
    >>> chain = count(vix, vix, 100.0 - 0.1 * days, (16.0, 20.0), 20.0, Terms())
    >>> chain.transition.shape, bool(np.allclose(chain.transition.sum(axis=1), 1.0))
    ((6, 6), True)
    """
    buckets = len(edges) + 1
    code = state_of(vix, by, edges, split)
    bucket, regime = code % buckets, code // buckets
    known = np.isfinite(vix) & np.isfinite(by) & np.isfinite(spot)
    seen = code[known]
    apart = _turns(regime, known, np.eye(2)), _turns(bucket, known, np.eye(buckets))
    pooled = PRIOR * np.asarray(np.kron(*apart), dtype=np.float64)
    loss = excess_loss(spot, terms.fall, terms.horizon)
    told = known[: len(loss)] & np.isfinite(loss)
    return Chain(
        transition=_turns(code, known, pooled),
        crash=_shrunk(loss[told], code[: len(loss)][told], buckets, terms.horizon),
        vix=_means(vix[known], seen, 2 * buckets, np.tile(_middles(edges), 2)),
        by=_means(by[known], seen, 2 * buckets, np.repeat([split - 1e-6, split + 1e-6], buckets)),
        sessions=np.bincount(seen, minlength=2 * buckets),
    )


def _turns(code: NDArray[np.int64], known: NDArray[np.bool_], prior: Floats) -> Floats:
    """Return frequencies of what follows what, pseudo-counts ``prior`` included, **shape** (S, S).

    Only pairs of neighbours that are both known count.
    """
    seen, pairs = np.zeros(prior.shape), known[:-1] & known[1:]
    np.add.at(seen, (code[:-1][pairs], code[1:][pairs]), 1.0)
    seen += prior
    return np.asarray(seen / seen.sum(axis=1, keepdims=True))


def _means(column: Floats, code: NDArray[np.int64], states: int, unseen: Floats) -> Floats:
    sums = np.bincount(code, weights=column, minlength=states)
    seen = np.bincount(code, minlength=states)
    return np.where(seen > 0, sums / np.maximum(seen, 1), unseen)


def _middles(edges: tuple[float, ...]) -> Floats:
    inner = [(low + high) / 2.0 for low, high in pairwise(edges)]
    return np.array([edges[0] * 0.9, *inner, edges[-1] * 1.2])


def _shrunk(loss: Floats, code: NDArray[np.int64], buckets: int, horizon: int) -> Floats:
    from scipy.optimize import isotonic_regression

    weight = np.bincount(code % buckets, minlength=buckets) / horizon
    rough = _means(loss, code % buckets, buckets, np.zeros(buckets))
    # a bucket that was never seen weighs next to nothing, so that its neighbours decide
    rising = isotonic_regression(rough, weights=np.maximum(weight, 1e-6)).x
    pooled = np.tile(rising, 2)
    seen = np.bincount(code, minlength=2 * buckets) / horizon
    own = _means(loss, code, 2 * buckets, pooled)
    return np.asarray((seen * own + WINDOWS * pooled) / (seen + WINDOWS))


def programme(chain: Chain, terms: Terms) -> Programme:
    """Return the dynamic programme of a chain, a session at a time, costs in shares of NAV.

    Parameters
    ----------
    chain, terms
        What was counted, and what was told.

    Examples
    --------
    >>> calm = Chain(np.eye(1), np.array([1e-4]), np.array([20.0]), np.zeros(1), np.ones(1, int))
    >>> made = programme(calm, Terms(carry=0.0252, cost=0.001))
    >>> made.carry.round(6).tolist(), made.trade.tolist(), round(made.weight, 3)
    ([0.0001], [0.001], 3.296)
    """
    relative = chain.vix / LEVEL
    carry = terms.carry / YEAR * relative
    weight = terms.loss
    if weight is None:
        often = chain.sessions / chain.sessions.sum()
        worth = (often @ chain.crash) * terms.protection / np.log1p(1.0 / HALF)
        weight = float((often @ carry) * (1.0 + HALF) / worth) if worth > 0.0 else 1.0
    return Programme(
        transition=chain.transition,
        carry=carry,
        crash=chain.crash,
        trade=terms.cost * relative,
        weight=weight,
        protection=terms.protection,
        discount=(1.0 + RATE) ** (-1.0 / YEAR),
        floor=terms.floor,
        cap=terms.cap,
    )
