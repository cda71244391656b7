"""A regime model fitted to a history: expectation maximisation with jumps inside regimes.

Dempster, Laird and Rubin (1977); the chain's part is the forward-backward recursion of Baum et al.
(1970) in Hamilton's scaling.  What is hidden at a session is its regime and whether it jumped;
given both, everything is normal, so each step is least squares with weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError, RangeError
from hedgerow.simulate.regime import (
    FLOOR,
    HALF_LIFE,
    JumpLaw,
    RegimeLaw,
    RegimeModel,
    depth,
    scale,
)
from hedgerow.simulate.term import TermStructure, log_vix, slow_mean

LEAST = 1_260
"""Sessions that a fit needs."""

MOST = 5
"""Regimes at most."""

ROUNDS = 300
CLOSE = 1e-7
"""Rounds end when the log likelihood a session changes by less."""

POWERS = (0.1, 2.9)
"""γ lies between."""

_REACH = 0.05
_JUMPS = 1.5
"""Deviation of a jump's return is at least this: below it, it is no jump."""


class _History(NamedTuple):
    """What is fitted to, **shape** (n,) each."""

    moves: Floats
    """Log returns."""
    vix: Floats
    """The session before, points."""
    before: Floats
    """x the session before."""
    mean: Floats
    """x̄ the session before."""
    change: Floats
    """Of x."""

    def scaled(self, power: float) -> tuple[Floats, Floats]:
        """Return z, and the regressors of x's change, **shape** (n, 5)."""
        z = self.moves / scale(self.vix, power)
        fall, rise = np.maximum(-z, 0.0), np.maximum(z, 0.0)
        return z, np.column_stack([np.ones(len(z)), self.before, self.mean, fall, rise])


@dataclass
class _Guess:
    """Parameters on their way, in the form that the rounds need; k regimes."""

    chances: Floats
    """(k, k)"""
    z: Floats
    """Mean and variance of z without a jump, (k, 2)."""
    line: Floats
    """Constant, slopes and answers of x's change, (k, 5)."""
    noise: Floats
    """Variance of its rest, (k,)."""
    jumps: Floats
    """(k,)"""
    jump: Floats
    """Mean and variance of z, and of the rest, in a jump, (4,)."""
    found: Floats
    """Mean and deviation of x, (k, 2)."""


def fit(market: Market, count: int) -> RegimeModel:
    """Fit a regime model; see `RegimeModel.fit`."""
    if not 1 <= count <= MOST:
        raise RangeError(f"{count} regimes", where="regimes", mend=f"ask for 1 to {MOST}")
    log, spot = log_vix(market), market["spx"]
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.diff(np.log(spot))
    x = depth(np.maximum(np.exp(log), FLOOR + 1.0))
    change, mean = np.diff(x), slow_mean(x, HALF_LIFE)[:-1]
    known = np.isfinite(moves) & np.isfinite(change)
    if known.sum() < LEAST:
        raise DataError(
            f"{int(known.sum())} sessions with an index and a VIX, a fit needs {LEAST:,}",
            where="market.spx, market.vix",
            mend="give a longer history",
        )
    past = _History(
        moves[known], np.exp(log[:-1][known]), x[:-1][known], mean[known], change[known]
    )
    power = _first_power(past)
    z, design = past.scaled(power)
    guess, last = _first(design, z, past.change, past.before, count), -np.inf
    for _ in range(ROUNDS):
        normal, jumped = _densities(guess, design, z, past.change)
        weight, pairs, likelihood = _smoothed(guess.chances, normal + jumped)
        likelihood -= float(np.log(scale(past.vix, power)).sum())
        share = jumped / (normal + jumped)
        guess = _better(guess, design, z, past.change, weight, pairs, share)
        if abs(likelihood - last) < CLOSE * len(z):
            break
        last = likelihood
        power = _better_power(guess, past, power, weight, share)
        z, design = past.scaled(power)
    return _model(guess, market, power)


def _first_power(past: _History) -> float:
    """Return γ by the quasi-likelihood of Laplace: E|return| in proportion to VIX to the γ."""
    from scipy.optimize import minimize_scalar

    size, away = np.abs(past.moves), np.log(past.vix) - np.log(past.vix).mean()

    def loss(power: float) -> float:
        return float(np.log(np.mean(size * np.exp(-power * away))))  # the mean of away is 0

    return float(minimize_scalar(loss, bounds=POWERS, method="bounded").x)


def _better_power(
    guess: _Guess, past: _History, power: float, weight: Floats, share: Floats
) -> float:
    """Return the γ near the last one that makes the returns likeliest, all else as guessed."""
    from scipy.optimize import minimize_scalar

    calm, leapt = weight * (1.0 - share), (weight * share).sum(axis=1)
    mean, variance = guess.z.T
    low, high = max(power - _REACH, POWERS[0]), min(power + _REACH, POWERS[1])

    def loss(trial: float) -> float:
        unit = scale(past.vix, trial)
        z = past.moves / unit
        quiet = (calm * (z[:, None] - mean) ** 2 / variance).sum()
        wild = (leapt * (z - guess.jump[0]) ** 2 / guess.jump[1]).sum()
        return float(np.log(unit).sum() + 0.5 * (quiet + wild))

    return float(minimize_scalar(loss, bounds=(low, high), method="bounded").x)


def _first(design: Floats, z: Floats, change: Floats, before: Floats, count: int) -> _Guess:
    # thirds, halves, … of VIX's levels are the first guess of the regimes
    edges = np.quantile(before, np.arange(1, count) / count)
    part = np.searchsorted(edges, before)
    means = np.array([before[part == s].mean() for s in range(count)])
    chances = np.full((count, count), 0.02 / max(count - 1, 1))
    np.fill_diagonal(chances, 0.98 if count > 1 else 1.0)
    line = np.column_stack(
        [0.05 * means, *(np.full(count, part) for part in (-0.05, 0.0, 0.05, -0.05))]
    )
    moved = np.column_stack([np.zeros(count), np.full(count, 0.5)])
    return _Guess(
        chances, moved, line, np.full(count, change.var() / 2), np.full(count, 0.03),
        np.array([-0.5, 4.0, 0.0, 4.0 * change.var()]), np.zeros((count, 2)),
    )  # fmt: skip


def _normal(x: Floats, mean: Floats, variance: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance))


def _densities(guess: _Guess, design: Floats, z: Floats, change: Floats) -> tuple[Floats, Floats]:
    """Return densities without and with a jump, regime by regime, **shape** (n, k)."""
    rest = change[:, None] - design @ guess.line.T
    normal = _normal(z[:, None], guess.z[:, 0], guess.z[:, 1]) * _normal(
        rest, np.zeros(1), guess.noise
    )
    mean, variance, vix_mean, vix_variance = guess.jump
    jumped = _normal(z[:, None], mean, variance) * _normal(rest, vix_mean, vix_variance)
    tiny = 1e-300
    return normal * (1.0 - guess.jumps) + tiny, jumped * guess.jumps + tiny


def _smoothed(chances: Floats, density: Floats) -> tuple[Floats, Floats, float]:
    """Return P(regime | all), **shape** (n, k), sums of P(pairs), and the log likelihood."""
    count = len(density)
    ahead = np.empty_like(density)
    scale = np.empty(count)
    now = np.full(density.shape[1], 1.0 / density.shape[1])
    for t in range(count):
        now = (now @ chances if t else now) * density[t]
        scale[t] = now.sum()
        now = now / scale[t]
        ahead[t] = now
    back = np.ones_like(density)
    later = back[-1]
    for t in range(count - 1, 0, -1):
        later = chances @ (density[t] * later) / scale[t]
        back[t - 1] = later
    pairs = chances * (ahead[:-1].T @ (density[1:] * back[1:] / scale[1:, None]))
    return ahead * back, pairs, float(np.log(scale).sum())


def _better(
    guess: _Guess, design: Floats, z: Floats, change: Floats,
    weight: Floats, pairs: Floats, share: Floats,
) -> _Guess:  # fmt: skip
    jumped, calm = weight * share, weight * (1.0 - share)
    total = calm.sum(axis=0)
    mean = calm.T @ z / total
    variance = (calm * (z[:, None] - mean) ** 2).sum(axis=0) / total
    all_jumped = jumped.sum(axis=1)
    centre = float(all_jumped @ z / all_jumped.sum())
    width = float(all_jumped @ (z - centre) ** 2 / all_jumped.sum())
    line, noise = np.empty_like(guess.line), np.empty_like(guess.noise)
    _, _, vix_mean, vix_variance = guess.jump
    for s in range(len(line)):
        # jumps count too, by what is known of their size, as much less as they are wilder
        w = np.concatenate([calm[:, s] / guess.noise[s], jumped[:, s] / vix_variance])
        y = np.concatenate([change, change - vix_mean])
        x = np.vstack([design, design]) * w[:, None]
        line[s] = np.linalg.solve(x.T @ np.vstack([design, design]), x.T @ y)
        noise[s] = calm[:, s] @ (change - design @ line[s]) ** 2 / total[s]
    rest = change[:, None] - design @ line.T
    vix_mean = float((jumped * rest).sum() / jumped.sum())
    vix_variance = float((jumped * (rest - vix_mean) ** 2).sum() / jumped.sum())
    # a jump is not calmer than none: without this, a few days could make it certain of itself
    vix_variance = max(vix_variance, float(noise.min()))
    before = design[:, 1]
    usual = weight.T @ before / weight.sum(axis=0)
    spread = np.sqrt((weight * (before[:, None] - usual) ** 2).sum(axis=0) / weight.sum(axis=0))
    return _Guess(
        pairs / pairs.sum(axis=1, keepdims=True),
        np.column_stack([mean, variance]),
        line,
        noise,
        jumped.sum(axis=0) / weight.sum(axis=0),
        np.array([centre, max(width, _JUMPS**2), vix_mean, vix_variance]),
        np.column_stack([usual, spread]),
    )


def _model(guess: _Guess, market: Market, power: float) -> RegimeModel:
    order = np.argsort(guess.found[:, 0])
    laws = tuple(
        RegimeLaw(
            drift=float(guess.z[s, 0]),
            deviation=float(np.sqrt(guess.z[s, 1])),
            pull=float(guess.line[s, 0]),
            speed=float(-guess.line[s, 1] - guess.line[s, 2]),
            recent=float(guess.line[s, 2]),
            down=float(guess.line[s, 3]),
            up=float(-guess.line[s, 4]),
            noise=float(np.sqrt(guess.noise[s])),
            jumps=float(guess.jumps[s]),
            usual=float(guess.found[s, 0]),
            spread=float(guess.found[s, 1]),
        )
        for s in order
    )
    mean, variance, vix_mean, vix_variance = (float(part) for part in guess.jump)
    jump = JumpLaw(mean, float(np.sqrt(variance)), vix_mean, float(np.sqrt(vix_variance)))
    chances = guess.chances[np.ix_(order, order)]
    return RegimeModel(
        laws,
        tuple(tuple(map(float, row)) for row in chances),
        jump,
        TermStructure.fit(market),
        power,
    )
