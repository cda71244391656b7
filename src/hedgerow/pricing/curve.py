"""VIX futures for dates without futures: a model, and to be labelled as one.

Two forms.  With VIX alone, ln VIX reverts to a level, and what stands above a knee reverts
faster (spikes do not last).  With a measured term structure (VIX3M or VIX6M), the future is
the forward volatility of the 30 days after its settlement less a premium for convexity.
The constants were fitted on futures before 2013 and judged from 2013 on (docs/pricing.md);
nothing is fitted on the data of a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import Rows, Surface

Floats = NDArray[np.float64]

_MONTH = 30.0 / DAYS_PER_YEAR


@dataclass(frozen=True)
class FuturesCurve:
    r"""A VIX future's price from VIX, or from a measured term structure.

    From VIX alone, with :math:`m = \min(\ln V, \ln \text{knee})`:

    .. math:: \ln F(τ) = \ln L + (m − \ln L)e^{−κτ} + (\ln V − m)e^{−hτ}

    From a surface: :math:`F(τ) = σ_{fwd}(τ, τ+30d)\,\exp(−c(1 − e^{−bτ}))`.

    Parameters
    ----------
    kappa, level
        Speed κ a year and level L in points of the reversion of ln VIX.
    knee, haste
        VIX in points above which the excess reverts at speed h a year.
    convexity, ripening
        c and b of the second form.

    Examples
    --------
    >>> FuturesCurve().from_vix([15.0, 60.0], 60 / 365).round(1).tolist()
    [16.8, 45.5]
    """

    kappa: float = 0.93
    level: float = 33.3
    knee: float = 36.6
    haste: float = 4.6
    convexity: float = 0.194
    ripening: float = 2.11

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
        forward = 100.0 * surface.forward_vol(tau, tau + _MONTH, rows)
        return np.asarray(forward * np.exp(-self.convexity * -np.expm1(-self.ripening * tau)))

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
