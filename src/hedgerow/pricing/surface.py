"""An S&P 500 option surface for every bar, derived from VIX, its relatives and SKEW.

The indices give the *fair variance* at 9, 30, 93 and 184 days; a knot that is not
published is filled by a mean-reverting curve through the last one that is.  Total
variance is interpolated between knots and never falls with maturity.  The smile has one
shape in units of its own deviation; its level is chosen so that replicating it gives the
fair variance back (VIX² is the price of the whole smile, not the variance at the money),
and its steepness at 30 days so that its skewness is the one that SKEW publishes.
Row t uses row t of its inputs only (and, for gaps of a few sessions, earlier rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.smile import Smile

Floats = NDArray[np.float64]
Rows = slice | NDArray[np.intp] | NDArray[np.bool_]

KNOT_DAYS = (9.0, 30.0, 93.0, 184.0)
"""Maturities of VIX9D, VIX, VIX3M and VIX6M in calendar days."""

PATIENCE = 10
"""Sessions for which SKEW, or a term index's ratio to VIX, bridges a gap by its last value."""

SPX_SMILE = Smile(rho=-0.84, wing=2.05, reach=13.2)
"""Smile of the S&P 500, see docs/pricing.md for its error against real chains."""


@dataclass(frozen=True)
class Reversion:
    r"""A fair-volatility curve that reverts in logarithms.

    .. math:: \ln v(τ) = \ln v(τ_0) + (1 − e^{−κ(τ−τ_0)})(\ln L − \ln v(τ_0))

    Parameters
    ----------
    kappa
        Speed κ a year.
    level
        Fair volatility L at long maturities, decimal.

    Notes
    -----
    The defaults are least squares on VIX3M and VIX6M through 2015 (0.85 and 33.7 points),
    judged from 2016 on in docs/pricing.md.  They are constants: nothing is fitted on the
    data of a run.
    """

    kappa: float = 0.85
    level: float = 0.337

    def carry(self, vol: Floats, start: ArrayLike, end: ArrayLike) -> Floats:
        """Carry a fair volatility from maturity ``start`` to ``end``, both in years."""
        weight = np.exp(-self.kappa * (np.asarray(end) - np.asarray(start)))
        # Steeper falls than this would let total variance fall with maturity.
        steepest = np.exp(0.5 * np.exp(1.0 - self.kappa * np.asarray(start)))
        level = np.maximum(self.level, vol / steepest)
        return np.asarray(level * (vol / level) ** weight)


BEYOND = Reversion(kappa=0.35)
"""Past the last knot: real chains of one to four years revert more slowly than the indices."""


@dataclass(frozen=True)
class Steepness:
    r"""How steep the smile is, from SKEW at 30 days to a constant far out.

    .. math:: χ(W) = χ_∞ + (χ_{30} − χ_∞)\,e^{−(m − 1)/n}, \quad m = \max(W/W_{30}, 1)

    W is fair total variance, so m counts months by their variance: where variance stands
    still, so does the shape, and no calendar arbitrage arises.

    Parameters
    ----------
    far
        χ∞.
    fade
        n, months of variance.
    skew
        SKEW where none is published, points: the mean of 1990–2015.
    near
        χ₃₀ at every bar; left out, it follows SKEW.

    Notes
    -----
    χ∞ and n are least squares on two chains, see docs/pricing.md; χ₃₀ is not fitted at all.
    """

    far: float = 0.64
    fade: float = 3.2
    skew: float = 118.0
    near: float | None = None

    def at(self, near: Floats, months: Floats) -> Floats:
        """Return χ at ``months`` = W/W₃₀ where it is ``near`` at 30 days; same shapes."""
        left = np.exp((1.0 - np.maximum(months, 1.0)) / self.fade)
        return np.asarray(self.far + (near - self.far) * left)


@dataclass(frozen=True)
class Surface:
    """Implied volatilities at every bar.

    Parameters
    ----------
    knots
        Fair *total* variance (σ²T) at `KNOT_DAYS`, **shape** (T, 4), rows never falling.
    near
        Steepness of the smile at 30 days, **shape** (T,).
    smile, steepness
        The shape of the smile and how its steepness fades, the same at every bar.
    beyond
        The curve past the last knot.
    termed
        True where VIX3M or VIX6M was published (or bridged), **shape** (T,): the term
        structure is measured there and modelled elsewhere.
    vvix
        Points, **shape** (T,), NaN where not published: how far VIX itself may move, which the
        surface does not use and futures on VIX do.

    Examples
    --------
    >>> surface = Surface.from_indices([12.0, 40.0])
    >>> surface.fair_vol(30 / 365).round(6).tolist()
    [0.12, 0.4]
    >>> surface.vol(-0.1, 0.25).round(2).tolist()
    [0.17, 0.37]
    """

    knots: Floats
    near: Floats
    smile: Smile = SPX_SMILE
    steepness: Steepness = field(default_factory=Steepness)
    beyond: Reversion = BEYOND
    termed: NDArray[np.bool_] | None = None
    vvix: Floats | None = None

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike]) -> Surface:
        """Build the surface from ``vix`` and what there is of its relatives and ``skew``.

        Parameters
        ----------
        columns
            By name, points, **shape** (T,) each; others are left alone.

        Raises
        ------
        RangeError
            As in `from_indices`.

        Examples
        --------
        >>> Surface.of({"vix": [20.0], "vix3m": [22.0]}).termed.tolist()
        [True]
        """
        return cls.from_indices(
            columns["vix"], *map(columns.get, ("vix9d", "vix3m", "vix6m", "skew", "vvix"))
        )

    @classmethod
    def from_indices(
        cls,
        vix: ArrayLike,
        vix9d: ArrayLike | None = None,
        vix3m: ArrayLike | None = None,
        vix6m: ArrayLike | None = None,
        skew: ArrayLike | None = None,
        vvix: ArrayLike | None = None,
        *,
        smile: Smile = SPX_SMILE,
        steepness: Steepness | None = None,
        reversion: Reversion | None = None,
        beyond: Reversion = BEYOND,
    ) -> Surface:
        """Build the surface from closes of the VIX family and SKEW.

        Parameters
        ----------
        vix
            Points, **shape** (T,); NaN gives a row of NaN.
        vix9d, vix3m, vix6m
            Points, **shape** (T,), NaN where not published; left out, the curve fills them.
        skew
            Points, **shape** (T,), NaN where not published; left out, `Steepness.skew`.
        vvix
            Points, **shape** (T,), NaN where not published; only carried along.
        smile, steepness, reversion, beyond
            Model constants; ``reversion`` fills knots, ``beyond`` goes past the last.

        Raises
        ------
        RangeError
            If a column has another length, or a VIX is not positive.
        """
        curve, slope = reversion or Reversion(), steepness or Steepness()
        base = np.atleast_1d(np.asarray(vix, dtype=np.float64)) / 100.0
        if bool((base <= 0.0).any()):
            raise RangeError("a VIX of 0 or less", where="surface.vix", mend="repair the data")
        nine, thirty, ninety, half = (days / DAYS_PER_YEAR for days in KNOT_DAYS)
        given = [
            _bridged(column, 100.0 * base, name) / 100.0
            for column, name in ((vix9d, "vix9d"), (vix3m, "vix3m"), (vix6m, "vix6m"))
        ]
        v9 = np.where(np.isfinite(given[0]), given[0], curve.carry(base, thirty, nine))
        # A missing VIX3M between VIX and VIX6M follows the curve, tilted to meet VIX6M.
        tilt = np.log(given[2] / curve.carry(base, thirty, half))
        share = (ninety - thirty) / (half - thirty)
        guess = curve.carry(base, thirty, ninety) * np.exp(
            np.where(np.isfinite(tilt), tilt * share, 0.0)
        )
        v93 = np.where(np.isfinite(given[1]), given[1], guess)
        v184 = np.where(np.isfinite(given[2]), given[2], curve.carry(v93, ninety, half))
        w30 = base**2 * thirty
        w93 = np.maximum(v93**2 * ninety, w30)
        knots = np.stack(
            [np.minimum(v9**2 * nine, w30), w30, w93, np.maximum(v184**2 * half, w93)], axis=1
        )
        knots.flags.writeable = False
        termed = np.isfinite(given[1]) | np.isfinite(given[2])
        points = _bridged(skew, np.ones(len(base)), "skew")
        points = np.where(np.isfinite(points), points, slope.skew)
        near = (
            smile.steepness_of_skew(w30, points)
            if slope.near is None
            else np.full(len(base), slope.near)
        )
        near.flags.writeable = False
        motion = _bridged(vvix, np.ones(len(base)), "vvix")
        return cls(knots, near, smile, slope, beyond, termed, motion)

    def __len__(self) -> int:
        return len(self.knots)

    def fair_total(self, years: ArrayLike, rows: Rows = slice(None)) -> Floats:
        """Return the fair total variance to ``years``, one maturity per row.

        Parameters
        ----------
        years
            Time to maturity, scalar or **shape** (n,) for n chosen rows; ≤ 0 gives 0.
        rows
            Which bars; all by default.

        Returns
        -------
        array
            **Shape** (n,).
        """
        knots = self.knots[rows]
        tau = np.broadcast_to(np.maximum(np.asarray(years, np.float64), 0.0), len(knots))
        at = np.array((0.0, *KNOT_DAYS)) / DAYS_PER_YEAR
        left = np.zeros(len(knots))
        total = np.zeros(len(knots))
        for i in range(len(KNOT_DAYS)):
            # each stretch adds its part of the variance: linear between knots
            part = np.clip((tau - at[i]) / (at[i + 1] - at[i]), 0.0, 1.0)
            total = total + part * (knots[:, i] - left)
            left = knots[:, i]
        beyond = tau > at[-1]
        if bool(beyond.any()):
            last = np.sqrt(knots[beyond, -1] / at[-1])
            far = self.beyond.carry(last, at[-1], tau[beyond]) ** 2 * tau[beyond]
            total[beyond] = np.maximum(far, knots[beyond, -1])
        return total

    def fair_vol(self, years: ArrayLike, rows: Rows = slice(None)) -> Floats:
        """Return the fair volatility (a decimal VIX of that maturity), **shape** (n,)."""
        tau = np.asarray(years, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.sqrt(self.fair_total(tau, rows) / tau))

    def forward_vol(self, start: ArrayLike, end: ArrayLike, rows: Rows = slice(None)) -> Floats:
        """Return the fair volatility between two maturities in years, **shape** (n,)."""
        span = np.asarray(end, np.float64) - np.maximum(np.asarray(start, np.float64), 0.0)
        gap = self.fair_total(end, rows) - self.fair_total(start, rows)
        return np.asarray(np.sqrt(np.maximum(gap, 0.0) / span))

    def vol(self, log_moneyness: ArrayLike, years: ArrayLike, rows: Rows = slice(None)) -> Floats:
        """Return implied volatilities at k = ln(K/F), one maturity per row.

        Parameters
        ----------
        log_moneyness
            Scalar, **shape** (n,), or (n, m) for m strikes a row.
        years
            Scalar or **shape** (n,).
        rows
            Which bars; all by default.

        Returns
        -------
        array
            Decimal, **shape** (n,) or (n, m); at expiry the last finite level, harmlessly.
        """
        tau = np.maximum(np.asarray(years, dtype=np.float64), 1e-6)
        k = np.asarray(log_moneyness, dtype=np.float64)
        total = self.fair_total(tau, rows)
        steep = self.steepness.at(self.near[rows], total / self.knots[rows, 1])
        theta = self.smile.theta_of_fair(total, steep)
        if k.ndim == 2:
            theta, steep = theta[:, None], steep[:, None]
            tau = np.broadcast_to(tau, len(theta))[:, None]
        return np.asarray(np.sqrt(self.smile.total_variance(k, theta, steep) / tau))


def _bridged(column: ArrayLike | None, base: Floats, name: str) -> Floats:
    # An index in points, short gaps bridged by its last ratio to ``base``: a missing print
    # must not look like a move of the surface.
    if column is None:
        return np.full(len(base), np.nan)
    values = np.atleast_1d(np.asarray(column, dtype=np.float64))
    if values.shape != base.shape:
        raise RangeError(
            f"{name} has {len(values)} rows, vix has {len(base)}", where=f"surface.{name}"
        )
    values = np.where(values > 0.0, values, np.nan)
    known = np.isfinite(values) & np.isfinite(base)
    if bool(known.all()) or not bool(known.any()):
        return values
    index = np.arange(len(base))
    last = np.maximum.accumulate(np.where(known, index, -1))
    near = (last >= 0) & (index - last <= PATIENCE) & ~known
    source = np.maximum(last, 0)
    return np.where(near, base * values[source] / base[source], values)
