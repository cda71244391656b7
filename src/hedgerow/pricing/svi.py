"""SVI, summed: the smile of one expiry as a few hyperbolas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Svi:
    r"""Total variance of one expiry as a function of log-moneyness.

    .. math:: w(k) = a + d\,k + \sum_j b_j\sqrt{(k − m_j)^2 + s_j^2}

    With one term this is raw SVI (b, d = bρ).  More terms bend the smile where listed index
    options are quoted to a twentieth of a volatility point; the wings stay straight lines.

    Parameters
    ----------
    level, tilt
        a and d.
    steep
        b, a number per term, of either sign.
    centre, width
        m and s > 0 in log-moneyness, per term.

    Notes
    -----
    Source: Gatheral (2004); Gatheral and Jacquier (2014).

    Examples
    --------
    >>> smile = Svi(0.00412, -0.012, np.array([0.02]), np.array([0.01]), np.array([0.05]))
    >>> smile.total_variance([-0.1, 0.0, 0.1]).round(5).tolist()
    [0.00774, 0.00514, 0.00498]
    """

    level: float
    tilt: float
    steep: Floats
    centre: Floats
    width: Floats

    def derivatives(self, log_moneyness: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return w, w′ and w″ at k, each of the shape of ``log_moneyness``."""
        k = np.asarray(log_moneyness, dtype=np.float64)
        x = np.array([self.level, self.tilt, *self.steep])
        total, first, second = (part @ x for part in basis(k, self.centre, self.width))
        return total, first, second

    def total_variance(self, log_moneyness: ArrayLike) -> Floats:
        """Return w = σ²T at k = ln(K/F), of the shape of ``log_moneyness``."""
        return self.derivatives(log_moneyness)[0]

    def vol(self, log_moneyness: ArrayLike, time: float) -> Floats:
        """Return implied volatility, decimal a year, of the shape of ``log_moneyness``."""
        return np.asarray(np.sqrt(self.total_variance(log_moneyness) / time))

    def density(self, log_moneyness: ArrayLike) -> Floats:
        """Return Durrleman's g(k): below 0 a butterfly spread would cost less than nothing.

        Source: Gatheral and Jacquier (2014), definition 2.3.
        """
        k = np.asarray(log_moneyness, dtype=np.float64)
        return durrleman(k, *self.derivatives(k))

    @property
    def wings(self) -> tuple[float, float]:
        """Slopes of w far out: left (per unit of −k) and right; below 2 without arbitrage."""
        whole = float(np.sum(self.steep))
        return whole - self.tilt, whole + self.tilt


def basis(k: Floats, centre: Floats, width: Floats) -> tuple[Floats, Floats, Floats]:
    """Return what level, tilt and each steepness add to w, w′ and w″, **shape** (..., 2 + J)."""
    x = k[..., None] - centre
    root = np.sqrt(x * x + width**2)
    one, none = np.ones((*k.shape, 1)), np.zeros((*k.shape, 1))
    return (
        np.concatenate([one, k[..., None], root], axis=-1),
        np.concatenate([none, one, x / root], axis=-1),
        np.concatenate([none, none, width**2 / root**3], axis=-1),
    )


def durrleman(k: Floats, total: Floats, first: Floats, second: Floats) -> Floats:
    """Return g of total variance and its two derivatives at k, same shape."""
    return np.asarray(
        (1.0 - 0.5 * k * first / total) ** 2 - 0.25 * first**2 * (1.0 / total + 0.25) + 0.5 * second
    )
