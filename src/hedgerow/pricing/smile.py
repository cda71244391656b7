"""SSVI: one smile for all maturities, and the way from fair variance to its level.

A VIX-family index squared is the fair rate of a *variance swap*, the price of the whole
smile, not the variance of the option at the money.  For SSVI the fair total variance is a
function of the at-the-money total variance θ alone, so it is tabulated once for a set of
parameters and inverted by interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.black import undiscounted

Floats = NDArray[np.float64]

_NODES = 96
_THETA_LOW, _THETA_HIGH = 1e-9, 40.0
_STRIKES = 1601


@dataclass(frozen=True)
class Ssvi:
    r"""Surface SVI of Gatheral and Jacquier with the power-law φ.

    With θ the at-the-money total variance and k = ln(K/F),

    .. math:: w(k) = \tfrac{θ}{2}\left(1 + ρφk + \sqrt{(φk+ρ)^2 + 1 − ρ^2}\right),\quad
              φ(θ) = \frac{η}{θ^γ(1+θ)^{1-γ}}

    Parameters
    ----------
    rho
        Skew −1 < ρ < 1; negative makes low strikes dear.
    eta
        Size of the skew, η > 0.
    gamma
        How fast the skew flattens with maturity, 0 < γ ≤ ½; at ½ it falls like 1/√T.

    Raises
    ------
    RangeError
        If the parameters allow static arbitrage: η(1 + |ρ|) > 2, or γ outside (0, ½].

    Notes
    -----
    Source: Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces" (2014),
    equation 4.5 and the remark after it: η(1 + |ρ|) ≤ 2 with 0 < γ ≤ ½ excludes butterfly
    arbitrage, and calendar arbitrage as long as θ does not fall with maturity.

    Examples
    --------
    >>> smile = Ssvi(rho=-0.7, eta=1.1, gamma=0.4)
    >>> bool(smile.total_variance(-0.1, 0.01) > smile.total_variance(0.0, 0.01))
    True
    """

    rho: float
    eta: float
    gamma: float

    def __post_init__(self) -> None:
        if not -1.0 < self.rho < 1.0:
            raise RangeError("rho must lie between -1 and 1", where="ssvi.rho")
        if not 0.0 < self.gamma <= 0.5:
            raise RangeError("gamma must lie in (0, 0.5]", where="ssvi.gamma")
        if not 0.0 < self.eta * (1.0 + abs(self.rho)) <= 2.0:
            raise RangeError(
                "eta·(1+|rho|) must lie in (0, 2]",
                where="ssvi.eta",
                mend="lower eta: beyond 2 the smile admits butterfly arbitrage",
            )

    def phi(self, theta: ArrayLike) -> Floats:
        """Return φ(θ), the steepness of the smile, of the shape of ``theta``."""
        level = np.asarray(theta, dtype=np.float64)
        return np.asarray(self.eta / (level**self.gamma * (1.0 + level) ** (1.0 - self.gamma)))

    def total_variance(self, log_moneyness: ArrayLike, theta: ArrayLike) -> Floats:
        """Return w = σ²T at k = ln(K/F); shapes broadcast; θ = 0 gives 0, NaN gives NaN."""
        k, level = np.asarray(log_moneyness, np.float64), np.asarray(theta, np.float64)
        safe = np.maximum(level, 1e-300)
        x = self.phi(safe) * k
        root = np.sqrt((x + self.rho) ** 2 + 1.0 - self.rho**2)
        total = 0.5 * level * (1.0 + self.rho * x + root)
        return np.asarray(np.where(level == 0.0, 0.0, total))

    def fair(self, theta: ArrayLike) -> Floats:
        """Return the fair total variance of a variance swap when θ is at the money.

        The ratio fair/θ is tabulated by replication (out-of-the-money options weighted by
        1/K²) on a fixed grid of θ and interpolated in ln θ.
        """
        level = np.asarray(theta, dtype=np.float64)
        nodes, ratio = _table(self)
        with np.errstate(divide="ignore"):
            found = np.interp(np.log(level), nodes, ratio)
        return np.asarray(level * found)

    def theta_of_fair(self, fair: ArrayLike) -> Floats:
        """Return θ such that the smile's fair total variance is ``fair``; inverse of `fair`.

        Examples
        --------
        >>> smile = Ssvi(rho=-0.7, eta=1.1, gamma=0.4)
        >>> round(float(smile.fair(smile.theta_of_fair(0.0033))), 12)
        0.0033
        """
        target = np.asarray(fair, dtype=np.float64)
        nodes, ratio = _table(self)
        with np.errstate(divide="ignore"):
            # ln θ against ln fair, both strictly increasing; then exact for `fair`'s own
            # interpolation by one refinement of the ratio.
            guess = np.interp(np.log(target), nodes + np.log(ratio), nodes)
            for _ in range(7):
                guess = np.log(target) - np.log(np.interp(guess, nodes, ratio))
        theta = np.exp(guess)
        return np.asarray(np.where(target == 0.0, 0.0, theta))

    def density(self, log_moneyness: ArrayLike, theta: float) -> Floats:
        """Return Durrleman's g(k): the density is n(d2)·g/√w, so g < 0 is butterfly arbitrage.

        Derivatives are exact.  Source: Gatheral and Jacquier (2014), definition 2.3.
        """
        k = np.asarray(log_moneyness, dtype=np.float64)
        slope = float(self.phi(theta))
        x = slope * k + self.rho
        root = np.sqrt(x * x + 1.0 - self.rho**2)
        w = self.total_variance(k, theta)
        first = 0.5 * theta * slope * (self.rho + x / root)
        second = 0.5 * theta * slope**2 * (1.0 - self.rho**2) / root**3
        return np.asarray(
            (1.0 - 0.5 * k * first / w) ** 2 - 0.25 * first**2 * (1.0 / w + 0.25) + 0.5 * second
        )


@lru_cache(maxsize=64)
def _table(smile: Ssvi) -> tuple[Floats, Floats]:
    # ln θ and fair/θ: 2∫ (out-of-the-money price)/K² dK with F = 1, in k = ln K.
    nodes = np.linspace(np.log(_THETA_LOW), np.log(_THETA_HIGH), _NODES)
    theta = np.exp(nodes)[:, None]
    unit = np.sinh(np.linspace(-6.0, 6.0, _STRIKES))[None, :] / np.sinh(6.0)
    # wide enough for the fat left wing, dense near the money
    k = unit * np.minimum(60.0 * np.sqrt(theta), 25.0 + 6.0 * np.sqrt(theta))
    deviation = np.sqrt(smile.total_variance(k, theta))
    strike = np.exp(k)
    puts = undiscounted(1.0, strike, deviation, call=False)
    calls = undiscounted(1.0, strike, deviation, call=True)
    weight = np.where(k < 0.0, puts, calls) / strike
    ratio = 2.0 * np.trapezoid(weight, k, axis=1) / theta[:, 0]
    ratio.flags.writeable = False
    nodes.flags.writeable = False
    return nodes, ratio
