"""P5 as one writes it with arrays: a row of all paths for each session, NumPy or torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

NAV, SPOT, VIX = 1e7, 4_000.0, 17.0
RATE, DIVIDEND = 0.03, 0.018
DOLLARS, EVERY, YEARS, SKEW, SPREAD, MONEYNESS = 100.0, 42, 0.25, 0.9, 0.01, 0.9


class Arrays(NamedTuple):
    """The words of a library of arrays."""

    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    where: Callable[[Any, Any, Any], Any]
    clip: Callable[[Any, float, float], Any]
    ndtr: Callable[[Any], Any]
    normal: Callable[[int], Any]
    uniform: Callable[[int], Any]


_rng = np.random.Generator(np.random.SFC64(1))
NUMPY = Arrays(np.exp, np.log, np.where, np.clip, ndtr, _rng.standard_normal, _rng.random)


def in_torch() -> Arrays:
    """The same in torch, on two threads."""
    import torch

    torch.set_num_threads(2)
    torch.manual_seed(1)
    real = torch.float64

    def where(condition: Any, yes: Any, no: Any) -> Any:
        yes, no = (torch.as_tensor(value, dtype=real) for value in (yes, no))
        return torch.where(condition, yes, no)

    return Arrays(
        torch.exp,
        torch.log,
        where,
        torch.clamp,
        torch.special.ndtr,
        lambda n: torch.randn(n, dtype=real),
        lambda n: torch.rand(n, dtype=real),
    )


def steps(paths: int, xp: Arrays, sessions: int) -> Any:
    """Go over sessions: index and VIX of all paths."""
    step = 1.0 / 252.0
    root = step**0.5
    wild = xp.uniform(paths) >= 0.8
    spot = SPOT + 0.0 * xp.uniform(paths)
    x = np.log(VIX) + 0.0 * spot
    vix = xp.exp(x)
    log_spot = xp.log(spot)
    yield spot, vix
    for _ in range(sessions):
        u, z, other = xp.uniform(paths), xp.normal(paths), xp.normal(paths)
        wild = wild != (u < xp.where(wild, 0.04, 0.01))
        sigma = 0.0085 * vix
        log_spot = log_spot + (xp.where(wild, -0.10, 0.09) - 0.5 * sigma**2) * step
        log_spot = log_spot + sigma * root * z
        pull = xp.where(wild, 8.0, 5.0) * (xp.where(wild, np.log(32.0), np.log(16.0)) - x)
        shock = xp.where(wild, 1.3, 0.9) * (-0.75 * z + (1.0 - 0.75**2) ** 0.5 * other)
        x = x + pull * step + shock * root
        vix = xp.exp(x)
        spot = xp.exp(log_spot)
        yield spot, vix


def put(spot: Any, strike: Any, years: float, vix: Any, xp: Arrays) -> Any:
    """Price of a put, points."""
    part = strike / spot
    sd = vix / 100.0 * (1.0 + SKEW * xp.clip(1.0 - part, 0.0, 1.0)) * years**0.5
    d1 = ((RATE - DIVIDEND) * years - xp.log(part)) / sd + 0.5 * sd
    d2 = d1 - sd
    bond, asset = strike * np.exp(-RATE * years), spot * np.exp(-DIVIDEND * years)
    return bond * xp.ndtr(-d2) - asset * xp.ndtr(-d1)


def hedged(spots: Any, vixes: Any, xp: Arrays, dates: np.ndarray) -> Any:
    """Return final NAVs of all paths, given index and VIX session by session."""
    return through(zip(spots, vixes, strict=True), xp, dates)


def through(market: Any, xp: Arrays, dates: np.ndarray) -> Any:
    """Hedge all paths along a market that comes session by session; return final NAVs."""
    days = dates.astype("datetime64[D]").astype(float)
    chosen = 0
    strike = price = nav = held = wanted = before = None
    for t, (spot, vix) in enumerate(market):
        if t == 0:
            strike = MONEYNESS * spot
            price = put(spot, strike, YEARS, vix, xp)
            nav, held = NAV + 0.0 * spot, 0.0 * spot
        else:
            span = (days[t] - days[t - 1]) / 365.0
            mark = put(spot, strike, YEARS - (days[t] - days[chosen]) / 365.0, vix, xp)
            earned = spot / before - 1.0 + DIVIDEND * span
            nav = nav * (1.0 + earned) + held * DOLLARS * (mark - price * (1.0 + RATE * span))
            price = mark
            if t % EVERY == 0:
                chosen, strike = t, MONEYNESS * spot
                price = put(spot, strike, YEARS, vix, xp)
                cost = held * mark + wanted * price
            else:
                cost = abs(wanted - held) * price
            nav = nav - SPREAD * DOLLARS * cost
            held = wanted
        x = xp.clip((vix - 12.0) / 18.0, 0.25, 2.0)
        wanted = x * xp.clip(nav, 0.0, np.inf) / (spot * DOLLARS)
        before = spot
    return nav


def run(paths: int, xp: Arrays, dates: np.ndarray, block: int) -> np.ndarray:
    """Simulate and hedge, so many paths at a time; return final NAVs."""
    made = [
        through(steps(min(block, paths - low), xp, len(dates) - 1), xp, dates)
        for low in range(0, paths, block)
    ]
    return np.concatenate([np.asarray(part) for part in made])
