"""Bates fitted to a history by moments, each parameter by what shows it most directly."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.simulate.bates import STEP, Bates
from hedgerow.simulate.term import LEAST, log_vix

LEAP = 3.0
"""A return of so many deviations that VIX implied the day before is a jump."""

KAPPA = 3.0
"""κ where the market has no VIX6M."""

_HALF, _MONTH = 184.0 / DAYS_PER_YEAR, 30.0 / DAYS_PER_YEAR


def fit(market: Market) -> Bates:
    """Return Bates' model of a history.

    Jumps are the returns beyond `LEAP` implied deviations.  κ comes from how VIX6M² moves with
    VIX², θ from its level, the priced jumps from what VIX² stands above realised variance (as
    far as the lowest VIX leaves room), ξ and ρ from the changes of the variance that VIX then
    implies, and
    the premiums from mean return, mean variance and number of jumps.

    Parameters
    ----------
    market
        With ``spx`` and ``vix``; ``vix6m`` where it has one.

    Raises
    ------
    DataError
        If fewer than a year of sessions are known.
    """
    log, spot = log_vix(market), market["spx"]
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.diff(np.log(spot))
    known = np.isfinite(moves) & np.isfinite(log[1:]) & np.isfinite(log[:-1])
    if known.sum() < LEAST:
        raise DataError(
            f"{int(known.sum())} sessions with an index and a VIX, a fit needs {LEAST}",
            where="market.spx, market.vix",
            mend="give a longer history",
        )
    moves, fair = moves[known], np.exp(2.0 * log) / 1e4
    before, after = fair[:-1][known], fair[1:][known]
    leapt = np.abs(moves) > LEAP * np.sqrt(before * STEP)
    leaps = moves[leapt] if leapt.sum() > 1 else np.array([-0.05, -0.03])
    rate = max(float(leapt.mean()), 1e-4) / STEP
    mean, sd = float(leaps.mean()), float(leaps.std())
    kappa, level = _term(market, fair)
    weight = _weight(kappa, _MONTH)
    calm = float(np.mean(moves[~leapt] ** 2)) / STEP
    # VIX² = level(1 − w) + w(v + jumps): what is left for v and jumps
    left = (before - level * (1.0 - weight)) / weight
    least = 2.0 * rate * (np.exp(mean + 0.5 * sd**2) - 1.0 - mean)
    share = float(np.clip(left.mean() - calm, least, max(0.9 * np.quantile(left, 0.01), least)))
    theta = max(level - share, 0.1 * level)
    floor = 0.02 * calm
    v = np.maximum(left - share, floor)
    change = np.maximum((after - level * (1.0 - weight)) / weight - share, floor) - v
    quiet, root = ~leapt, np.sqrt(v)
    # a change's variance is ξ²v a year: divided by v, all days tell alike, not spikes alone
    xi = float(np.sqrt(np.mean(change[quiet] ** 2 / v[quiet]) / STEP))
    rho = float(np.corrcoef((change / root)[quiet], (moves / root)[quiet])[0, 1])
    carried = float(np.mean(np.exp(moves) - 1.0)) / STEP - _carry(market)
    return Bates(
        kappa=kappa,
        theta=theta,
        xi=xi,
        rho=float(np.clip(rho, -0.95, 0.95)),
        jump_rate=float(rate * share / least),
        jump_mean=mean,
        jump_sd=sd,
        premium=float(np.clip(carried, -0.5, 0.5)),
        variance_premium=max(kappa * theta / float(v.mean()) - kappa, 0.0),
        jump_premium=float(max(share / least, 1.0)),
    )


def _weight(kappa: float, years: float) -> float:
    return float(-np.expm1(-kappa * years) / (kappa * years))


def _term(market: Market, fair: Floats) -> tuple[float, float]:
    """Return κ, and θ with the jumps' share, from VIX6M² beside VIX²."""
    from scipy.optimize import brentq

    if "vix6m" in market:
        half = (market["vix6m"] / 100.0) ** 2
        known = np.isfinite(half) & np.isfinite(fair)
        if known.sum() >= LEAST:
            slope, constant = np.polyfit(fair[known], half[known], 1)
            slope = float(np.clip(slope, 0.1, 0.95))
            kappa = brentq(lambda k: _weight(k, _HALF) / _weight(k, _MONTH) - slope, 1e-3, 60.0)
            return float(kappa), float(constant / (1.0 - slope))
    return KAPPA, float(np.nanmean(fair))


def _carry(market: Market) -> float:
    """Return rate less dividend yield of the history, mean, decimal a year."""
    means = [
        float(np.nanmean(market[name])) if market.has(name) else 0.0
        for name in ("rate", "dividend_yield")
    ]
    return means[0] - means[1]
