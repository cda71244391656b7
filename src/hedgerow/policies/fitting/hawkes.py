r"""Self-exciting crashes: a Hawkes process with an exponential kernel (spec A9).

.. math:: λ(t) = μ + α \sum_{t_i < t} e^{−β(t − t_i)}

Hawkes, A. G. (1971), *Biometrika* 58, 83-90; the likelihood in O(n) and the test by residuals:
Ozaki, T. (1979), *Annals of the Institute of Statistical Mathematics* 31, 145-155; simulation by
thinning: Ogata, Y. (1981), *IEEE Transactions on Information Theory* 27, 23-31.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats

MOST_OFFSPRING = 0.99
"""Greatest α/β that is fitted: at 1 the process explodes."""


class Hawkes(NamedTuple):
    """Parameters of the process, by the unit of time (here: a session)."""

    mu: float
    """Base rate of events."""
    alpha: float
    """Jump of the intensity at an event."""
    beta: float
    """Rate at which the excitement dies away."""


def log_likelihood(times: Floats, horizon: float, made: Hawkes) -> float:
    """Return the log-likelihood of events, by Ozaki's recursion.

    Parameters
    ----------
    times
        Times of the events, rising, in (0, ``horizon``], **shape** (n,).
    horizon
        Length of the time that was watched.
    made
        Parameters.

    Examples
    --------
    >>> round(log_likelihood(np.array([1.0, 2.0]), 3.0, Hawkes(0.5, 0.0, 1.0)), 6)
    -2.886294
    """
    faded = _faded(times, made.beta)
    paid = made.alpha / made.beta * -np.expm1(-made.beta * (horizon - times)).sum()
    return float(np.log(made.mu + made.alpha * faded).sum() - made.mu * horizon - paid)


def _faded(times: Floats, beta: float) -> Floats:
    """Return ``Σ e^(-β(t_i - t_j))`` over the events before each, **shape** (n,)."""
    decay = np.exp(-beta * np.diff(times)).tolist()
    return np.array(list(accumulate(decay, lambda sum_, d: (sum_ + 1.0) * d, initial=0.0)))


def hawkes(times: Floats, horizon: float) -> Hawkes:
    """Fit the process by maximum likelihood.

    Parameters
    ----------
    times, horizon
        As for `log_likelihood`; one event at least.

    Examples
    --------
    >>> made = hawkes(np.array([10.0, 11.0, 12.5, 60.0, 61.0, 61.5]), 100.0)
    >>> 0.0 < made.mu < 0.06 and made.alpha / made.beta < 1.0
    True
    """
    from scipy.optimize import minimize

    rate = len(times) / horizon

    def made(at: Floats) -> Hawkes:
        mu, part, beta = math.exp(at[0]), MOST_OFFSPRING / (1.0 + math.exp(-at[1])), math.exp(at[2])
        return Hawkes(mu, part * beta, beta)

    def loss(at: Floats) -> float:
        return -log_likelihood(times, horizon, made(at)) / len(times)

    # limits in units of the mean rate, and a kernel that a session is not too coarse for
    logs = math.log(rate)
    bounds = [(logs - 7.0, logs + 0.1), (-9.0, 9.0), (logs - 3.0, logs + 6.0)]
    found = [
        minimize(loss, [logs - 0.7, 0.0, start], method="L-BFGS-B", bounds=bounds)
        for start in (logs, logs + 2.0)
    ]
    return made(min(found, key=lambda one: float(one.fun)).x)


def intensity(events: Floats, made: Hawkes) -> Floats:
    """Return λ just after each session's close, events of that session included.

    Parameters
    ----------
    events
        1.0 where a session had one, else 0.0, **shape** (T,).
    made
        Parameters, by session.

    Examples
    --------
    >>> intensity(np.array([0.0, 1.0, 0.0]), Hawkes(0.1, 0.5, np.log(2.0))).round(6).tolist()
    [0.1, 0.6, 0.35]
    """
    decay = math.exp(-made.beta)
    excited = accumulate(events.tolist(), lambda sum_, event: sum_ * decay + event)
    return made.mu + made.alpha * np.array(list(excited))


def within(rate: Floats, made: Hawkes, days: float) -> Floats:
    """Return the probability of an event within ``days``, exact until the first one.

    ``1 - exp(-(μ h + (λ - μ)(1 - e^(-βh)) / β))``: until the next event λ only decays.

    Parameters
    ----------
    rate
        λ now, **shape** (T,).
    made, days
        Parameters; the time ahead in their unit.

    Examples
    --------
    >>> within(np.array([0.1]), Hawkes(0.1, 0.5, 1.0), 10.0).round(6).tolist()
    [0.632121]
    """
    paid = made.mu * days + (rate - made.mu) * -math.expm1(-made.beta * days) / made.beta
    return np.asarray(-np.expm1(-paid))


def residuals(times: Floats, made: Hawkes) -> Floats:
    """Return the integral of λ from event to event: Exp(1) draws if the process is the true one.

    Parameters
    ----------
    times
        Times of the events, **shape** (n,).
    made
        Parameters.

    Returns
    -------
    array
        **Shape** (n,), the first from time 0.

    Examples
    --------
    >>> residuals(np.array([1.0, 3.0]), Hawkes(0.5, 0.0, 1.0)).tolist()
    [0.5, 1.0]
    """
    gaps = np.diff(times, prepend=0.0)
    before = np.r_[0.0, _faded(times, made.beta)[:-1] + 1.0]
    paid = made.alpha / made.beta * before * -np.expm1(-made.beta * gaps)
    return np.asarray(made.mu * gaps + paid)


def simulated(made: Hawkes, horizon: float, rng: np.random.Generator) -> Floats:
    """Return the times of one path's events, drawn by Ogata's thinning, **shape** (n,).

    Parameters
    ----------
    made, horizon
        Parameters; how long the path is, in their unit of time.
    rng
        Random numbers.

    Examples
    --------
    >>> times = simulated(Hawkes(0.1, 0.3, 0.6), 1000.0, np.random.default_rng(0))
    >>> 100 < len(times) < 400 and bool(np.all(np.diff(times) > 0.0))
    True
    """
    now, excited = 0.0, 0.0
    times: list[float] = []
    while True:
        most = made.mu + excited
        wait = rng.exponential(1.0 / most)
        now, excited = now + wait, excited * math.exp(-made.beta * wait)
        if now > horizon:
            return np.array(times)
        if rng.random() * most <= made.mu + excited:
            times.append(now)
            excited += made.alpha
