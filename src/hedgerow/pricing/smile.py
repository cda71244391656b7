"""One smile for all maturities, and the way from fair variance and SKEW to its level and slope.

A VIX-family index squared is the fair rate of a *variance swap*, the price of the whole
smile, not the variance of the option at the money; SKEW is the risk-neutral skewness of the
same options.  Both are integrals over the smile, so they are tabulated once for a set of
parameters and inverted by interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.black import undiscounted
from hedgerow.pricing.svi import durrleman

Floats = NDArray[np.float64]

GENTLEST, STEEPEST = 0.15, 1.3
"""Steepness beyond which a SKEW says no more: about 109 and 172 points."""

_STRIKES = 401
_GRID = np.linspace(-6.0, 6.0, _STRIKES)
_UNIT = np.sinh(_GRID) / np.sinh(6.0)
_SIMPSON = np.cosh(_GRID) * np.r_[1, np.tile([4, 2], _STRIKES // 2 - 1), 4, 1]
_SIMPSON = _SIMPSON * (_GRID[1] - _GRID[0]) / 3.0 / np.sinh(6.0)
_NODES = 0.8 - 0.8 * np.cos(np.pi * (np.arange(13) + 0.5) / 13)
_STEEP = np.linspace(0.0, 1.6, 161)
_THETA = np.geomspace(1e-5, 40.0, 96)
_FAIR = np.log(np.geomspace(1e-5, 40.0, 441))
_MONTHS = np.log(np.geomspace(1e-4, 0.5, 24))
_SKEW = np.arange(100.0, 181.0)
_DAMPING = 6.0
_TICK = 1e-5
"""Share of the forward: about the least price of an option that anybody bids for."""


@dataclass(frozen=True)
class Smile:
    r"""SSVI of Gatheral and Jacquier and a wide hyperbola, scaled by the money's deviation.

    With θ the at-the-money total variance, k = ln(K/F) and the steepness χ = φ√θ,

    .. math:: w(k) = \tfrac{θ}{2}\left(1 + ρz + \sqrt{(z+ρ)^2 + 1 − ρ^2}\right)
              + c\left(\sqrt{ϑk^2 + d^2ϑ^2} − dϑ\right),\quad
              z = \frac{χk}{\sqrt{θ(1+θ)}},\quad ϑ = \frac{θ}{1+6θ}

    Both terms rise with θ at every strike as long as χ stays.  What is added to θ in the
    denominators keeps the wings of w below the slope of 2 (Lee 2004).

    Parameters
    ----------
    rho
        Which way the smile leans, −1 < ρ < 1; negative makes low strikes dear.
    wing
        Steepness c ≥ 0 of the wide hyperbola; 0 leaves SSVI.
    reach
        Deviations d > 0 at which it turns from a parabola into lines.

    Raises
    ------
    RangeError
        If a parameter is outside its range.

    Notes
    -----
    Source of the first term: Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces"
    (2014), equation 4.5 with γ = ½ and η = χ.  While θ is small the smile is a function of
    k/√θ alone, as that of a self-similar process is (Carr, Geman, Madan and Yor 2007).  That
    neither butterflies nor calendars can be had is tested for the shipped parameters.

    Examples
    --------
    >>> smile = Smile(rho=-0.7)
    >>> bool(smile.total_variance(-0.1, 0.01, 1.1) > smile.total_variance(0.0, 0.01, 1.1))
    True
    """

    rho: float
    wing: float = 0.0
    reach: float = 10.0

    def __post_init__(self) -> None:
        if not -1.0 < self.rho < 1.0:
            raise RangeError("rho must lie between -1 and 1", where="smile.rho")
        if not 0.0 <= self.wing < np.inf:
            raise RangeError("wing must be 0 or more", where="smile.wing")
        if not 0.0 < self.reach < np.inf:
            raise RangeError("reach must be positive", where="smile.reach")

    def total_variance(
        self, log_moneyness: ArrayLike, theta: ArrayLike, steepness: ArrayLike
    ) -> Floats:
        """Return w = σ²T at k = ln(K/F); shapes broadcast; θ = 0 gives 0, NaN gives NaN."""
        k, level, chi = _floats(log_moneyness, theta, steepness)
        z, wide = chi * k / _deviation(level), level / (1.0 + _DAMPING * level)
        core = 1.0 + self.rho * z + np.sqrt((z + self.rho) ** 2 + 1.0 - self.rho**2)
        turn = self.reach * wide
        return np.asarray(
            0.5 * level * core + self.wing * (np.sqrt(wide * k * k + turn * turn) - turn)
        )

    def density(self, log_moneyness: ArrayLike, theta: ArrayLike, steepness: ArrayLike) -> Floats:
        """Return Durrleman's g(k): the density is n(d2)·g/√w, so g < 0 is butterfly arbitrage.

        Derivatives are exact.  Source: Gatheral and Jacquier (2014), definition 2.3.
        """
        k, level, chi = _floats(log_moneyness, theta, steepness)
        slope, wide = chi / _deviation(level), level / (1.0 + _DAMPING * level)
        x = slope * k + self.rho
        root = np.sqrt(x * x + 1.0 - self.rho**2)
        turn = self.reach * wide
        far = np.sqrt(wide * k * k + turn * turn)
        first = 0.5 * level * slope * (self.rho + x / root) + self.wing * wide * k / far
        second = 0.5 * level * slope**2 * (1.0 - self.rho**2) / root**3
        second = second + self.wing * wide * turn**2 / far**3
        return durrleman(k, self.total_variance(k, level, chi), first, second)

    def fair(self, theta: ArrayLike, steepness: ArrayLike) -> Floats:
        """Return the fair total variance of a variance swap when θ is at the money.

        By replication: out-of-the-money options weighted by 1/K² (Carr and Madan 1998).
        """
        k, price = self._strip(theta, steepness)
        # by Simpson's rule, the kink at the money being the end of a parabola
        return np.asarray(2.0 * (price * np.exp(-k)) @ _SIMPSON * k[..., -1])

    def skew(self, theta: ArrayLike, steepness: ArrayLike) -> Floats:
        """Return what the SKEW index of this smile would be, points; shapes broadcast.

        Options worth less than a tick are left out, as nobody bids for them.

        Notes
        -----
        100 − 10·S with S the risk-neutral skewness of the log return, by replication:
        Bakshi, Kapadia and Madan (2003); Cboe SKEW Index white paper (2011).

        Examples
        --------
        >>> float(Smile(rho=-0.7).skew(0.003, 0.0).round(1) + 0.0)  # flat: no skewness
        100.0
        """
        k, price = self._strip(theta, steepness)
        price = np.where(price > _TICK, price, 0.0) * np.exp(-k)
        one = -np.trapezoid(price, k, axis=-1)
        two = np.trapezoid(2.0 * (1.0 - k) * price, k, axis=-1)
        three = np.trapezoid((6.0 * k - 3.0 * k * k) * price, k, axis=-1)
        third = three - 3.0 * one * two + 2.0 * one**3
        return np.asarray(100.0 - 10.0 * third / (two - one**2) ** 1.5)

    def theta_of_fair(self, fair: ArrayLike, steepness: ArrayLike) -> Floats:
        """Return θ such that the smile's fair total variance is ``fair``; shapes broadcast.

        The inverse of `fair` within 0.3 % of θ, from a table.

        Examples
        --------
        >>> smile = Smile(rho=-0.7)
        >>> round(float(smile.fair(smile.theta_of_fair(0.0033, 1.1), 1.1)), 5)
        0.0033
        """
        total, chi = _floats(fair, steepness)
        with np.errstate(divide="ignore"):
            found = _looked_up(_levels(self), _FAIR, np.log(total), _STEEP, chi)
        return np.asarray(total * np.exp(found))

    def steepness_of_skew(self, fair: ArrayLike, skew: ArrayLike) -> Floats:
        """Return the steepness at which `skew` is as given; shapes broadcast.

        Parameters
        ----------
        fair
            Fair total variance to the 30 days of the SKEW index.
        skew
            Points; no answer lies outside `GENTLEST` to `STEEPEST`.

        Examples
        --------
        >>> smile = Smile(rho=-0.7)
        >>> steep = smile.steepness_of_skew(0.0033, 130.0)
        >>> float(smile.skew(smile.theta_of_fair(0.0033, steep), steep).round())
        130.0
        """
        total, points = _floats(fair, skew)
        with np.errstate(divide="ignore"):
            return _looked_up(_slopes(self), _MONTHS, np.log(total), _SKEW, points)

    def _strip(self, theta: ArrayLike, steepness: ArrayLike) -> tuple[Floats, Floats]:
        # log-strikes and undiscounted out-of-the-money prices with the forward at 1:
        # wide enough for the fat left wing, dense near the money
        level, chi = (part[..., None] for part in _floats(theta, steepness))
        k = _UNIT * np.minimum(60.0 * np.sqrt(level), 25.0 + 6.0 * np.sqrt(level))
        deviation, strike = np.sqrt(self.total_variance(k, level, chi)), np.exp(k)
        half = _STRIKES // 2
        puts = undiscounted(1.0, strike[..., :half], deviation[..., :half], call=False)
        calls = undiscounted(1.0, strike[..., half:], deviation[..., half:], call=True)
        return np.broadcast_to(k, deviation.shape), np.concatenate([puts, calls], axis=-1)


def _deviation(level: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(level * (1.0 + level), 1e-300)))


def _floats(*parts: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.asarray(part, dtype=np.float64) for part in parts)


@lru_cache(maxsize=16)
def _levels(smile: Smile) -> Floats:
    # ln(θ/fair) over `_FAIR` and `_STEEP`: a polynomial in the steepness through few nodes
    theta, degree = np.log(_THETA), len(_NODES) - 1
    fair = np.log(smile.fair(_THETA, _NODES[:, None]))
    found = np.stack([np.interp(_FAIR, row, theta - row) for row in fair], axis=1)
    near, dense = (chebvander(x / 0.8 - 1.0, degree) for x in (_NODES, _STEEP))
    return _frozen(found @ np.linalg.solve(near.T, dense.T))


@lru_cache(maxsize=16)
def _slopes(smile: Smile) -> Floats:
    # steepness over `_MONTHS` and `_SKEW`
    fair, steep = np.exp(_MONTHS)[:, None], np.linspace(GENTLEST, STEEPEST, 24)
    skew = smile.skew(smile.theta_of_fair(fair, steep), steep)
    return _frozen(np.stack([np.interp(_SKEW, row, steep) for row in skew]))


def _frozen(table: Floats) -> Floats:
    table.flags.writeable = False
    return table


def _looked_up(table: Floats, rows: Floats, x: Floats, columns: Floats, y: Floats) -> Floats:
    # bilinear on even steps, held at the edges; NaN stays NaN
    i, a = _place(rows, x)
    j, b = _place(columns, y)
    low = table[i, j] * (1.0 - b) + table[i, j + 1] * b
    high = table[i + 1, j] * (1.0 - b) + table[i + 1, j + 1] * b
    return np.asarray(low * (1.0 - a) + high * a)


def _place(axis: Floats, value: Floats) -> tuple[NDArray[np.intp], Floats]:
    steps = np.clip((value - axis[0]) / (axis[1] - axis[0]), 0.0, len(axis) - 1.0)
    whole = np.minimum(np.nan_to_num(steps), len(axis) - 2.0).astype(np.intp)
    return whole, steps - whole
