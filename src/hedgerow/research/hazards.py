"""What a fitted hazard is worth: its log score out of sample against a constant one (spec A9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Day, Floats, Market
from hedgerow.errors import RangeError
from hedgerow.policies.crash import CrashHazard, Hawkes
from hedgerow.policies.fitting.logistic import Event, outcomes


class Score(NamedTuple):
    """How well one model foretold."""

    model: str
    """``constant``, ``logistic`` or ``hawkes``."""
    mean: float
    """Mean log score, nats a session, at most 0."""
    gain: float
    """Over the constant hazard, nats a session."""
    low: float
    """Lower end of the bootstrap interval of the gain."""
    high: float
    """Upper end."""


class Scores(NamedTuple):
    """Scores of the models on the same sessions."""

    sessions: int
    """Sessions foretold."""
    drops: int
    """Of them, those that the drop followed."""
    block: int
    """Mean length of the bootstrap's blocks, sessions."""
    models: tuple[Score, ...]
    """The constant hazard first."""


def log_score(chance: Floats, happened: Floats) -> Floats:
    """Return the logarithm of the probability that was given to what happened.

    Good, I. J. (1952), *Journal of the Royal Statistical Society B* 14, 107-114: its expectation
    is greatest for the true probability.

    Parameters
    ----------
    chance
        Probabilities, **shape** (n,).
    happened
        1.0 or 0.0, **shape** (n,).

    Examples
    --------
    >>> log_score(np.array([0.5, 0.1]), np.array([1.0, 0.0])).round(4).tolist()
    [-0.6931, -0.1054]
    """
    return np.asarray(np.log(np.where(happened > 0.0, chance, 1.0 - chance)))


def chances(hazard: CrashHazard, market: Market) -> dict[str, Floats]:
    """Return probabilities of a drop by model, each of **shape** (T,), NaN before its first fit.

    ``constant`` is the share of sessions that the drop followed, in the very past that the logistic
    hazard was fitted to.  ``hawkes`` is there for drops of one session only: it knows no others.

    Parameters
    ----------
    hazard
        The logistic one: drop, days, schedule.
    market
        All the data.
    """

    def share(rows: Floats, parameters: Mapping[str, float]) -> Floats:
        return np.full(len(rows), parameters["mean"])

    made = {"constant": hazard.made(market, share), "logistic": hazard.chance(market)}
    if hazard.event == "day":
        rule = Hawkes(hazard.drop, every=hazard.every, window=hazard.window, least=hazard.least)
        made["hawkes"] = rule.chance(market, hazard.days)
    return made


def scores(
    market: Market,
    drop: float = 0.05,
    days: int = 10,
    event: Event = "fall",
    *,
    start: Day | None = None,
    end: Day | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Scores:
    """Score the hazards out of sample: each session is foretold by fits of its past alone.

    The interval is of 95 %, by the stationary bootstrap (Politis and Romano 1994) with blocks of
    the mean length that Politis and White (2004) find, but ``days`` at least.

    Parameters
    ----------
    market
        All the data; what lies before ``start`` is fitted to.
    drop, days, event
        As for `hedgerow.policies.crash.CrashHazard`.
    start, end
        Sessions foretold, both included.
    draws, seed
        Of the bootstrap.

    Raises
    ------
    RangeError
        If fewer than a hundred sessions can be foretold.
    """
    from arch.bootstrap import StationaryBootstrap, optimal_block_length

    made = chances(CrashHazard(drop, days, event=event), market)
    happened = outcomes(market["spx"], drop, days, event)
    inside = np.isin(market.dates, market.between(start, end).dates)
    use = inside & np.isfinite(happened) & np.isfinite(np.stack(list(made.values()))).all(axis=0)
    count = int(use.sum())
    if count < 100:
        raise RangeError(
            f"only {count} sessions can be foretold",
            where="start, end",
            mend="choose a longer stretch, more than five years after the data begin",
        )
    by_model = np.column_stack([log_score(chance[use], happened[use]) for chance in made.values()])
    gains = by_model - by_model[:, :1]
    found = optimal_block_length(gains[:, 1:])["stationary"].max()
    block = int(np.ceil(max(found, days)))
    bootstrap = StationaryBootstrap(block, gains, seed=np.random.default_rng(seed))
    drawn = bootstrap.apply(lambda part: part.mean(axis=0), reps=draws)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0).tolist()
    means, mean_gains = by_model.mean(axis=0).tolist(), gains.mean(axis=0).tolist()
    models = tuple(map(Score, made, means, mean_gains, low, high))
    return Scores(count, int(happened[use].sum()), block, models)
