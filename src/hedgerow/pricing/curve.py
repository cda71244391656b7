"""VIX futures for dates without futures: a model, and to be labelled as one.

Two forms.  With VIX alone, ln VIX reverts to a level, and what stands above a knee reverts
faster (spikes do not last).  With a measured term structure (VIX3M or VIX6M), the future is
the forward volatility of the 30 days after its settlement, less what Jensen's inequality
takes: a mean of VIX lies below the root of the mean of VIX².  The constants come from before
2013 and were judged from 2013 on (docs/pricing.md); nothing is fitted on the data of a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import KNOT_DAYS, Rows, Surface
from hedgerow.pricing.vix_option import VolOfVol

Floats = NDArray[np.float64]

_MONTH = 30.0 / DAYS_PER_YEAR
_KNOTS = np.array((0.0, *KNOT_DAYS, DAYS_PER_YEAR)) / DAYS_PER_YEAR


@dataclass(frozen=True)
class FuturesCurve:
    r"""A VIX future's price from VIX, or from a measured term structure.

    From VIX alone, with :math:`m = \min(\ln V, \ln \text{knee})`:

    .. math:: \ln F(τ) = \ln L + (m − \ln L)e^{−κτ} + (\ln V − m)e^{−hτ}

    From a surface: :math:`F(τ) = σ_{fwd}(τ, τ+30d)\,\exp(−V(τ)/2)`, V the total variance of
    ln F to settlement.

    Parameters
    ----------
    kappa, level
        Speed κ a year and level L in points of the reversion of ln VIX.
    knee, haste
        VIX in points above which the excess reverts at speed h a year.
    vvix
        Points: the level of V where VVIX is not published, its root mean square in 2007–2012.
    motion
        How V grows with time to settlement.

    Notes
    -----
    Source of the second form: the mean of VIX² at settlement is the forward variance, and
    for a lognormal VIX it is F²·exp(V); Carr and Wu (2006), "A tale of two indices".

    Examples
    --------
    >>> FuturesCurve().from_vix([15.0, 60.0], 60 / 365).round(1).tolist()
    [16.8, 45.5]
    """

    kappa: float = 0.93
    level: float = 33.3
    knee: float = 36.6
    haste: float = 4.6
    vvix: float = 88.5
    motion: VolOfVol = field(default_factory=VolOfVol)

    def from_vix(self, vix: ArrayLike, years: ArrayLike) -> Floats:
        """Return futures prices from VIX alone.

        Parameters
        ----------
        vix
            Points.
        years
            Time to settlement; 0 or less gives VIX.  Shapes broadcast.

        Returns
        -------
        array
            Points.
        """
        tau = np.maximum(np.asarray(years, dtype=np.float64), 0.0)
        spot = np.log(np.asarray(vix, dtype=np.float64))
        lasting = np.minimum(spot, np.log(self.knee))
        level = np.log(self.level)
        slow, fast = np.exp(-self.kappa * tau), np.exp(-self.haste * tau)
        return np.asarray(np.exp(level + (lasting - level) * slow + (spot - lasting) * fast))

    def from_surface(self, surface: Surface, years: ArrayLike, rows: Rows = slice(None)) -> Floats:
        """Return futures prices from the forward variance of a surface, **shape** (n,).

        Total variance is smooth between the surface's knots (`smooth_total`): were it straight,
        a future would stand still while the 30 days after it lie between two of them.

        Parameters
        ----------
        surface
            Its rows should have a measured term structure.
        years
            Time to settlement, scalar or **shape** (n,).
        rows
            Which bars; all by default.
        """
        tau = np.maximum(np.asarray(years, dtype=np.float64), 0.0)
        gap = smooth_total(surface, tau + _MONTH, rows) - smooth_total(surface, tau, rows)
        forward = 100.0 * np.sqrt(np.maximum(gap, 0.0) / _MONTH)
        level = np.full(len(gap), self.vvix)
        if surface.vvix is not None:
            published = surface.vvix[rows]
            level = np.where(np.isfinite(published), published, level)
        return np.asarray(forward * np.exp(-0.5 * self.motion.fair_total(level, tau)))

    def price(
        self, vix: Floats, surface: Surface, years: ArrayLike, rows: Rows = slice(None)
    ) -> Floats:
        """Return the better of the two forms bar by bar, **shape** (n,).

        The surface where its term structure is measured, else VIX alone.

        Parameters
        ----------
        vix
            Points, **shape** (T,), all bars.
        surface
            All bars.
        years
            Time to settlement, scalar or **shape** (n,).
        rows
            Which bars; all by default.
        """
        plain = self.from_vix(vix[rows], years)
        if surface.termed is None or not bool(surface.termed[rows].any()):
            return plain
        forward = self.from_surface(surface, years, rows)
        return np.asarray(np.where(surface.termed[rows], forward, plain))


def smooth_total(surface: Surface, years: ArrayLike, rows: Rows = slice(None)) -> Floats:
    """Return fair total variance by a monotone cubic through the surface's knots, **shape** (n,).

    It never falls with maturity, so no forward variance is negative.  The last knot is the
    surface's total to a year; past that it is the surface's own.

    Parameters
    ----------
    surface
        All bars.
    years
        Maturity of 0 or more, scalar or **shape** (n,).
    rows
        Which bars; all by default.

    Notes
    -----
    Source: Fritsch and Butland (1984), "A method for constructing local monotone piecewise
    cubic interpolants", known as PCHIP.

    Examples
    --------
    >>> surface = Surface.from_indices([15.0], vix3m=[18.0], vix6m=[20.0])
    >>> years = np.array([30.0, 60.0, 93.0]) / 365
    >>> np.sqrt(smooth_total(surface, years, np.zeros(3, int)) / years).round(3).tolist()
    [0.15, 0.167, 0.18]
    """
    knots = surface.knots[rows]
    total = np.column_stack([np.zeros(len(knots)), knots, surface.fair_total(_KNOTS[-1], rows)])
    width = np.diff(_KNOTS)
    rate = np.diff(total, axis=1) / width
    before, after = rate[:, :-1], rate[:, 1:]
    near, far = 2.0 * width[1:] + width[:-1], width[1:] + 2.0 * width[:-1]
    # the weighted harmonic mean of the rates on both sides, 0 where either is
    base = near * after + far * before
    inner = (near + far) * before * after / np.where(base == 0.0, 1.0, base)
    first = _end_rate(width[0], width[1], rate[:, 0], rate[:, 1])
    last = _end_rate(width[-1], width[-2], rate[:, -1], rate[:, -2])
    slope = np.column_stack([first, inner, last])
    tau = np.broadcast_to(np.asarray(years, dtype=np.float64), len(knots))
    at = np.arange(len(knots))
    left = np.searchsorted(_KNOTS[1:-1], tau, side="right")
    wide = width[left]
    x = np.minimum((tau - _KNOTS[left]) / wide, 1.0)
    lift = total[at, left + 1] - total[at, left]
    begin, finish = slope[at, left] * wide, slope[at, left + 1] * wide
    bend = begin + finish - 2.0 * lift
    found = total[at, left] + x * (begin + x * (3.0 * lift - 2.0 * begin - finish + x * bend))
    return np.asarray(np.where(tau > _KNOTS[-1], surface.fair_total(tau, rows), found))


def _end_rate(width: float, next_width: float, rate: Floats, next_rate: Floats) -> Floats:
    """Return the one-sided three-point derivative at an end, not below 0."""
    slope = ((2.0 * width + next_width) * rate - width * next_rate) / (width + next_width)
    return np.maximum(slope, 0.0)
