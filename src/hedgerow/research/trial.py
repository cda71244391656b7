"""Trials: what a policy costs on many paths at once, told by the kernels that a backtest runs.

A trial knows no prices: holding costs its carry, changing costs in proportion to the change, and a
crash costs what the hedge does not cover.  A policy decides at a session and holds that over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Floats
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


def charge(policy: Policy, trial: Trial, params: tuple[Any, ...] | None = None) -> list[Bill]:
    """Return what a policy, or each of many of one shape, costs on a trial.

    Parameters
    ----------
    policy
        What decides; each session it holds what it decided at that session.
    trial
        What it is judged on.
    params
        Parameters of its steps with lanes, each of **shape** (lanes, 1), instead of its own.

    Returns
    -------
    list of Bill
        One for each lane.
    """
    seen = [trial.signals[signal.name] for signal in policy.signals]
    memory, terms = policy.start(), params or policy.params()
    bar = Bar(*[0.0] * len(Bar._fields))
    book, held, single = opening(1.0), np.zeros((1, 1)), trial.carry.shape[1] == 1
    sums: Any = 0.0
    every = []
    for t in range(len(trial.carry)):
        decision = policy.decide(View(tuple(s[t] for s in seen), book, bar), memory, terms)
        memory, before = decision.memory, held
        held = np.where(decision.act > 0.0, decision.x, held)
        book = book._replace(filled=np.asarray(decision.act, dtype=np.float64))
        change = abs(held - before)
        paid = np.broadcast_arrays(
            held * trial.carry[t],
            trial.crash[t] * (1.0 - covered(held, trial.protection)),
            change * trial.trade[t],
            (change > 0.0) * 1.0,
            held,
        )
        sums = sums + np.stack(paid)
        if single:
            every.append((paid[0] + paid[1] + paid[2])[:, 0])
    sums /= len(trial.carry)
    totals = np.stack(every, axis=1) if single else sums[:3].sum(axis=0)
    means = sums.mean(axis=2)
    return [
        Bill(
            carry=float(carry) * YEAR,
            loss=float(loss) * YEAR,
            trading=float(trading) * YEAR,
            trades=float(trades) * YEAR,
            intensity=float(intensity),
            totals=total * YEAR,
        )
        for (carry, loss, trading, trades, intensity), total in zip(means.T, totals, strict=True)
    ]
