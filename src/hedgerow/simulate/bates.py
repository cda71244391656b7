r"""Bates: stochastic variance with jumps, and the VIX that the model itself implies.

Under the pricing measure, with k̄ = exp(m + s²/2) − 1,

.. math::
   d\ln S &= (r − δ − λ\bar k − v/2)\,dt + \sqrt v\,dW_1 + J\,dN, \quad J \sim N(m, s^2) \\
   dv &= κ(θ − v)\,dt + ξ\sqrt v\,dW_2, \quad dW_1 dW_2 = ρ\,dt

VIX² is the price of the log contract, −2/τ·E[ln(S_τ/F)], in closed form:

.. math::
   (\mathrm{VIX}/100)^2 = θ + (v − θ)\frac{1 − e^{−κτ}}{κτ} + 2λ(\bar k − m), \quad τ = 30/365

and alike for 9, 93 and 184 days; SKEW is 100 less ten times the skewness of the 30-day log return,
from the cumulants of the characteristic function.  In the real world the drift has a premium, the
variance reverts at κ + π to κθ/(κ + π), and jumps come λ/`jump_premium` times a year.

Sources: Bates, "Jumps and stochastic volatility", *Review of Financial Studies* 9 (1996); Heston
(1993); the scheme QE-M of Andersen, "Efficient simulation of the Heston stochastic volatility
model", *Journal of Computational Finance* 11 (2008); jumps in VIX², Carr and Lee, "Volatility
derivatives", *Annual Review of Financial Economics* 1 (2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError, nearest
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import KNOT_DAYS
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import PathModel, Start
from hedgerow.simulate.term import SKEW_LEAST, SKEW_MOST

STEP = 1.0 / 252.0
"""Years of a session."""

_SHOCKS, _JUMPS = 30, 31
_SWITCH = 1.5
_MONTH = 30.0 / DAYS_PER_YEAR
_NAMES = ("vix9d", "vix", "vix3m", "vix6m")
_CIRCLE = np.exp(2j * np.pi * np.arange(32) / 32)


@dataclass(frozen=True)
class Bates(PathModel):
    """Heston's variance with jumps of the index; ``jump_rate=0`` is Heston.

    Parameters
    ----------
    kappa, theta, xi, rho
        κ a year, θ variance a year, ξ, and ρ in (−1, 1): pricing measure.
    jump_rate, jump_mean, jump_sd
        λ a year, m and s of the log jump: pricing measure.
    premium
        Drift of the index a year above the rate, decimal.
    variance_premium
        π ≥ 0 a year: how much faster variance reverts in the real world.
    jump_premium
        How many times more jumps are priced than come, 1 or more.

    Raises
    ------
    RangeError
        If a parameter is out of range.

    Examples
    --------
    >>> model = Bates()
    >>> round(float(model.vix(0.03)), 2)
    20.32
    >>> paths = model.paths(500, 21, seed=4)
    >>> bool((paths["vix"] > model.vix(0.0) - 1e-9).all())
    True
    """

    kappa: float = 3.0
    theta: float = 0.045
    xi: float = 0.6
    rho: float = -0.7
    jump_rate: float = 1.0
    jump_mean: float = -0.06
    jump_sd: float = 0.08
    premium: float = 0.05
    variance_premium: float = 1.5
    jump_premium: float = 2.0

    def __post_init__(self) -> None:
        for name, sound in (
            ("kappa", self.kappa > 0.0),
            ("theta", self.theta > 0.0),
            ("xi", self.xi > 0.0),
            ("rho", -1.0 < self.rho < 1.0),
            ("jump_rate", 0.0 <= self.jump_rate < 1.0 / STEP),
            ("jump_mean", abs(self.jump_mean) < 1.0),
            ("jump_sd", 0.0 <= self.jump_sd < 1.0),
            ("premium", abs(self.premium) < 1.0),
            ("variance_premium", self.variance_premium >= 0.0),
            ("jump_premium", self.jump_premium >= 1.0),
        ):
            if not sound:
                value = getattr(self, name)
                raise RangeError(f"{value!r} is out of range", where=f"bates.{name}")

    @property
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""
        return "Bates' model, VIX in closed form"

    @property
    def hidden(self) -> frozenset[str]:
        """The variance: nobody sees it."""
        return frozenset({"variance"})

    def priced(self) -> Bates:
        """Return the model whose real world is the pricing measure: no premiums."""
        return replace(self, premium=0.0, variance_premium=0.0, jump_premium=1.0)

    @classmethod
    def fit(cls, market: Market) -> Bates:
        """Fit by moments; see `bates_fit.fit`.

        Raises
        ------
        DataError
            If fewer than a year of sessions are known.
        """
        from hedgerow.simulate.bates_fit import fit

        return fit(market)

    @property
    def _jump_share(self) -> float:
        grown = np.exp(self.jump_mean + 0.5 * self.jump_sd**2)
        return float(2.0 * self.jump_rate * (grown - 1.0 - self.jump_mean))

    def _weight(self, days: float) -> float:
        reverted = self.kappa * days / DAYS_PER_YEAR
        return float(-np.expm1(-reverted) / reverted)

    def vix(self, variance: ArrayLike, days: float = 30.0) -> Floats:
        """Return the volatility index of so many days at a spot variance a year, points.

        Examples
        --------
        >>> Bates(theta=0.04, jump_rate=0.0).vix([0.04]).round(9).tolist()
        [20.0]
        """
        weight = self._weight(days)
        v = np.asarray(variance, dtype=np.float64)
        fair = self.theta + (v - self.theta) * weight + self._jump_share
        return np.asarray(100.0 * np.sqrt(fair))

    def variance(self, vix: ArrayLike) -> Floats:
        """Return the spot variance a year at VIX in points: the inverse of `vix`.

        Raises
        ------
        RangeError
            If VIX is lower than the model's can be.

        Examples
        --------
        >>> Bates().variance(Bates().vix([0.02, 0.05])).round(9).tolist()
        [0.02, 0.05]
        """
        fair = (np.asarray(vix, dtype=np.float64) / 100.0) ** 2 - self._jump_share
        found = self.theta + (fair - self.theta) / self._weight(30.0)
        if not bool((found > -1e-12).all()):
            raise RangeError(
                f"VIX {np.min(vix):.4g} is below the least of these parameters, "
                f"{float(self.vix(0.0)):.4g}",
                where="bates.vix",
                mend="start at a higher VIX, or lower theta or the jumps",
            )
        return np.asarray(np.maximum(found, 0.0))

    def cumulant_function(self, u: ArrayLike, years: float) -> tuple[Any, Any]:
        """Return C and D of ln E[exp(iu·ln(S/F))] = C + D·v, complex; pricing measure.

        In the form that never crosses a branch: Albrecher, Mayer, Schoutens and Tistaert, "The
        little Heston trap" (2007).

        Parameters
        ----------
        u
            Complex, any shape.
        years
            To the horizon.
        """
        iu = 1j * np.asarray(u, dtype=np.complex128)
        back = self.kappa - self.rho * self.xi * iu
        root = np.sqrt(back * back + self.xi**2 * (iu - iu * iu))
        ratio = (back - root) / (back + root)
        fade = np.exp(-root * years)
        slope = (back - root) / self.xi**2 * (1.0 - fade) / (1.0 - ratio * fade)
        level = (
            self.kappa
            * self.theta
            / self.xi**2
            * ((back - root) * years - 2.0 * np.log((1.0 - ratio * fade) / (1.0 - ratio)))
        )
        grown = np.exp(self.jump_mean + 0.5 * self.jump_sd**2) - 1.0
        leap = np.exp(self.jump_mean * iu + 0.5 * (self.jump_sd * iu) ** 2) - 1.0
        return level + self.jump_rate * years * (leap - grown * iu), slope

    def skew(self, variance: ArrayLike) -> Floats:
        """Return SKEW at a spot variance a year, points: 100 − 10 × skewness in 30 days."""
        v = np.asarray(variance, dtype=np.float64)
        # derivatives at 0 by Cauchy's integral on a circle, exact to rounding
        parts = self.cumulant_function(-1j * _CIRCLE, _MONTH)
        (c2, c3), (d2, d3) = (
            [float(np.mean(part * _CIRCLE**-n).real) * factor for n, factor in ((2, 2.0), (3, 6.0))]
            for part in parts
        )
        return np.asarray(100.0 - 10.0 * (c3 + d3 * v) / (c2 + d2 * v) ** 1.5)

    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return ``spx``, the VIX family and ``skew`` in points, and the ``variance`` a year.

        **Shape** (sessions + 1, draws.width) each.
        """
        shocks, chance = draws.normal(_SHOCKS, 3), draws.uniform(_JUMPS, 1)[:, 0]
        variance = np.empty((draws.sessions + 1, draws.width))
        log = np.empty_like(variance)
        variance[0], log[0] = self.variance(start.vix), np.log(start.spx)
        rate = self.jump_rate / self.jump_premium
        grown = np.exp(self.jump_mean + 0.5 * self.jump_sd**2) - 1.0
        drift = (start.rate - start.dividend_yield + self.premium - rate * grown) * STEP
        scheme = _Scheme.of(self)
        leaps = _counts(chance, rate * STEP)
        jumps = leaps * self.jump_mean + np.sqrt(leaps) * self.jump_sd * shocks[:, 2]
        for t in range(draws.sessions):
            variance[t + 1], move = scheme.step(variance[t], shocks[t, 0], shocks[t, 1])
            log[t + 1] = log[t] + drift + move + jumps[t]
        made = {"spx": np.exp(log)}
        for name, days in zip(_NAMES, KNOT_DAYS, strict=True):
            made[name] = self.vix(variance, days)
        made["skew"] = np.clip(self.skew(variance), SKEW_LEAST, SKEW_MOST)
        return {**made, "variance": variance}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for TOML."""
        return {"model": "bates", **asdict(self)}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Bates:
        """Return what `to_dict` was called on.

        Raises
        ------
        RangeError
            If a key is unknown or a value is out of range.

        Examples
        --------
        >>> Bates.from_dict(Bates(kappa=2.0).to_dict()) == Bates(kappa=2.0)
        True
        """
        names = [part.name for part in fields(cls)]
        odd = [key for key in table if key not in {*names, "model"}]
        if odd:
            raise RangeError(f"unknown key '{odd[0]}'", where="bates", mend=nearest(odd[0], names))
        return cls(**{name: float(table[name]) for name in names if name in table})


@dataclass(frozen=True)
class _Scheme:
    """Andersen's QE-M for one session, in the real world."""

    fade: float
    level: float
    spread: float
    base: float
    now: float
    then: float
    own: float

    @classmethod
    def of(cls, model: Bates) -> _Scheme:
        kappa = model.kappa + model.variance_premium
        level = model.kappa * model.theta / kappa
        fade, xi, rho = float(np.exp(-kappa * STEP)), model.xi, model.rho
        pull = 0.5 * STEP * (kappa * rho / xi - 0.5)
        return cls(
            fade,
            level * (1.0 - fade),
            xi**2 * fade * (1.0 - fade) / kappa,
            level * xi**2 * (1.0 - fade) ** 2 / (2.0 * kappa),
            pull - rho / xi,
            pull + rho / xi,
            0.5 * STEP * (1.0 - rho * rho),
        )

    def step(self, v: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """Return the next variance and the log return less drift and jumps."""
        from scipy.special import log_ndtr

        mean = self.level + v * self.fade
        psi = (v * self.spread + self.base) / (mean * mean)
        smooth = psi <= _SWITCH
        # each branch sees only values that it can stand
        twice = 2.0 / np.where(smooth, psi, 1.0)
        square = twice - 1.0 + np.sqrt(twice * (twice - 1.0))
        scale = mean / (1.0 + square)
        quadratic = scale * (np.sqrt(square) + first) ** 2
        rough = np.where(smooth, 2.0, psi)
        none, tail = (rough - 1.0) / (rough + 1.0), 2.0 / (rough + 1.0) / mean
        # ln((1 − p)/(1 − U)) with U = N(first); negative where U ≤ p: the variance is 0
        exponential = np.maximum((np.log1p(-none) - log_ndtr(-first)) / tail, 0.0)
        after = np.where(smooth, quadratic, exponential)
        slope = self.then + 0.5 * self.own
        even = np.where(
            smooth,
            -slope * square * scale / (1.0 - 2.0 * slope * scale)
            + 0.5 * np.log(1.0 - 2.0 * slope * scale),
            -np.log(none + tail * (1.0 - none) / (tail - slope)),
        )
        even = even - (self.now + 0.5 * self.own) * v
        spread = np.sqrt(self.own * (v + after))
        return after, np.asarray(even + self.now * v + self.then * after + spread * second)


def _counts(chance: Floats, rate: float) -> Floats:
    # Poisson by inversion: more than four jumps a session are as good as never
    term = total = np.exp(-rate)
    count = np.zeros_like(chance)
    for n in range(1, 5):
        count += chance >= total
        term = term * rate / n
        total = total + term
    return count
