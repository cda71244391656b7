"""Trials: what a policy costs on many paths at once, told by the kernels that a backtest runs.

A trial knows no prices: holding costs its carry, changing costs in proportion to the change, and a
crash costs what the hedge does not cover.  A policy decides at a session and holds that over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.market import Floats
from hedgerow.core.numeric import select
from hedgerow.core.policy import Policy
from hedgerow.policies.fitting.chain import LEVEL, Chain, Terms, excess_loss
from hedgerow.policies.fitting.programme import Programme, covered
from hedgerow.policies.signals import YEAR


class Trial(NamedTuple):
    """What policies are judged on: T sessions of P paths; costs are shares of NAV."""

    signals: Mapping[str, Floats]
    """Columns by the names of signals, each of **shape** (T, P)."""
    carry: Floats
    """Cost of holding intensity 1.0 over the session, **shape** (T, P)."""
    crash: Floats
    """Crash loss of the session without a hedge, times its weight, **shape** (T, P)."""
    trade: Floats
    """Cost of changing the intensity by 1.0, **shape** (T, P)."""
    protection: float
    """Share of a crash loss that intensity 1.0 takes away."""


class Bill(NamedTuple):
    """What a policy cost, shares of NAV a year; mean over paths unless said otherwise."""

    carry: float
    """Paid for holding the hedge."""
    loss: float
    """Crash losses that it did not cover, weighted."""
    trading: float
    """Paid for changing it."""
    trades: float
    """Changes a year."""
    intensity: float
    """Mean intensity."""
    totals: Floats
    """Carry, loss and trading together: of each path if there are several, **shape** (P,), else
    of each session, **shape** (T,)."""

    @property
    def total(self) -> float:
        """Carry, loss and trading together."""
        return self.carry + self.loss + self.trading


def simulate(chain: Chain, made: Programme, by: str, paths: int, sessions: int, seed: int) -> Trial:
    """Return paths of a fitted chain, each state with its mean VIX, mean regime and mean loss.

    Parameters
    ----------
    chain, made
        The chain, and the programme made of it.
    by
        Name of the regime's signal.
    paths, sessions
        P and T.
    seed
        Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    ladder = np.cumsum(made.transition, axis=1)
    ladder[:, -1] = 1.0
    state = rng.choice(len(chain.vix), size=paths, p=chain.sessions / chain.sessions.sum())
    states = np.empty((sessions, paths), dtype=np.int64)
    for t in range(sessions):
        states[t] = state
        state = (ladder[state] < rng.random(paths)[:, None]).sum(axis=1)
    return Trial(
        {by: chain.by[states], "vix": chain.vix[states]},
        made.carry[states],
        made.weight * made.crash[states],
        made.trade[states],
        made.protection,
    )


def history(columns: Mapping[str, Floats], spot: Floats, terms: Terms, weight: float) -> Trial:
    """Return what happened as one path; the last sessions, whose loss is not yet known, go.

    Parameters
    ----------
    columns
        VIX and the regime's signal by name, **shape** (T,).
    spot
        Index at each close, **shape** (T,).
    terms, weight
        What was told, and what a unit of crash loss counts.
    """
    loss = excess_loss(spot, terms.fall, terms.horizon)
    seen = {name: column[: len(loss), None] for name, column in columns.items()}
    relative = seen["vix"] / LEVEL
    return Trial(
        seen,
        terms.carry / YEAR * relative,
        weight * loss[:, None],
        terms.cost * relative,
        terms.protection,
    )


def charge(policy: Policy, trial: Trial) -> Bill:
    """Return what a policy costs on a trial.

    Parameters
    ----------
    policy
        What decides; each session it holds what it decided at that session.
    trial
        What it is judged on.
    """
    return _bills(trial, _held(policy, policy.params(), trial, 1))[0]


def charge_each(spread: Spread, trial: Trial) -> list[Bill]:
    """Return what each lane of a spread costs on a trial.

    Parameters
    ----------
    spread
        A policy whose numbers vary from lane to lane.
    trial
        What the lanes are judged on.
    """
    columns = tuple(
        type(p)(*(v[:, None] if isinstance(v, np.ndarray) else v for v in p))
        for p in spread.params()
    )
    return _bills(trial, _held(spread.policy, columns, trial, len(spread)))


def _held(policy: Policy, params: tuple[Any, ...], trial: Trial, lanes: int) -> Floats:
    """Return what is held over each session, **shape** (T, lanes, P)."""
    sessions, paths = trial.carry.shape
    columns = [trial.signals[signal.name] for signal in policy.signals]
    # one lane on one path is played with floats, which are faster than columns of one
    rows = [column[:, 0].tolist() if lanes * paths == 1 else column for column in columns]
    memory, bar, book = policy.start(), Bar(*[0.0] * len(Bar._fields)), opening(1.0)
    held: Any = 0.0
    out = np.empty((sessions, lanes, paths))
    for t in range(sessions):
        view = View(tuple([row[t] for row in rows]), book, bar)
        decision = policy.decide(view, memory, params)
        memory, held = decision.memory, select(decision.act > 0.0, decision.x, held)
        book = book._replace(filled=decision.act)
        out[t] = held
    return out


def _bills(trial: Trial, held: Floats) -> list[Bill]:
    before = np.concatenate([np.zeros_like(held[:1]), held[:-1]])
    change = np.abs(held - before)
    carry = held * trial.carry[:, None]
    loss = trial.crash[:, None] * (1.0 - covered(held, trial.protection))
    trading = change * trial.trade[:, None]
    together = carry + loss + trading
    totals = together[:, :, 0].T if held.shape[2] == 1 else together.mean(axis=0)
    means = [part.mean(axis=(0, 2)) for part in (carry, loss, trading, change > 0.0, held)]
    return [
        Bill(
            carry=float(means[0][i]) * YEAR,
            loss=float(means[1][i]) * YEAR,
            trading=float(means[2][i]) * YEAR,
            trades=float(means[3][i]) * YEAR,
            intensity=float(means[4][i]),
            totals=totals[i] * YEAR,
        )
        for i in range(held.shape[1])
    ]
