"""How much to hedge, and when not to: minimum-variance delta, Leland's volatility, a band.

Black–Scholes' delta takes volatility as fixed and trading as free.  Neither is: an index falls
when its volatility rises, and every rebalance costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.columns import like

Floats = NDArray[np.float64]

_FEWEST = 3


@dataclass(frozen=True)
class MinimumVariance:
    r"""The delta that leaves the least variance when volatility moves with the index.

    .. math:: Δ_{MV} = Δ + \frac{ν}{S\sqrt{T}}(a + bΔ + cΔ^2)

    Parameters
    ----------
    a, b, c
        Dimensionless; for index options the bracket is negative, so hedges are smaller for
        calls and larger for puts.

    Notes
    -----
    Source: Hull and White, "Optimal delta hedging for options", *Journal of Banking and
    Finance* 82 (2017), equation 5.

    Examples
    --------
    >>> rule = MinimumVariance(a=-0.25, b=0.0, c=0.0)
    >>> round(float(rule.delta(0.5, vega=39.9, spot=100.0, time=1.0)), 4)
    0.4002
    """

    a: float
    b: float
    c: float

    def delta(
        self, delta: ArrayLike, *, vega: ArrayLike, spot: ArrayLike, time: ArrayLike
    ) -> Floats:
        """Return the minimum-variance delta, of the broadcast **shape** of the inputs.

        Parameters
        ----------
        delta
            Black–Scholes', per point, with its sign (puts negative).
        vega
            Points per 1.00 of volatility.
        spot
            Points.
        time
            Years to expiry, positive.
        """
        back = like(delta, vega, spot, time)
        d, v, s, t = (np.asarray(x, dtype=np.float64) for x in (delta, vega, spot, time))
        answer: Floats = back(d + v / (s * np.sqrt(t)) * (self.a + d * (self.b + d * self.c)))
        return answer

    @classmethod
    def fit(
        cls,
        change: ArrayLike,
        move: ArrayLike,
        *,
        delta: ArrayLike,
        vega: ArrayLike,
        spot: ArrayLike,
        time: ArrayLike,
    ) -> MinimumVariance:
        r"""Return the rule that explains best what Black–Scholes' delta left over.

        Least squares of :math:`δV − Δ\,δS` on
        :math:`\tfrac{ν}{\sqrt{T}}\tfrac{δS}{S}(1, Δ, Δ^2)`.

        Parameters
        ----------
        change, move
            Of option and underlying over a day, points, **shape** (n,), n ≥ 3.
        delta, vega, spot, time
            At the start of that day, as in :meth:`delta`.

        Raises
        ------
        RangeError
            If three coefficients cannot be told apart from these data.

        Examples
        --------
        >>> rng = np.random.default_rng(1)
        >>> delta, vega = rng.uniform(0.1, 0.9, 50), rng.uniform(5.0, 40.0, 50)
        >>> move = rng.normal(0.0, 1.0, 50)
        >>> true = MinimumVariance(-0.2, 0.3, -0.4)
        >>> change = true.delta(delta, vega=vega, spot=100.0, time=0.25) * move
        >>> found = MinimumVariance.fit(change, move, delta=delta, vega=vega, spot=100.0, time=0.25)
        >>> round(found.a, 9), round(found.b, 9), round(found.c, 9)
        (-0.2, 0.3, -0.4)
        """
        dv, ds, d, v, s, t = np.broadcast_arrays(
            *(np.asarray(x, dtype=np.float64) for x in (change, move, delta, vega, spot, time))
        )
        weight = v / np.sqrt(t) * ds / s
        design = np.stack([weight, weight * d, weight * d * d], axis=-1).reshape(-1, 3)
        rest = (dv - d * ds).reshape(-1)
        sound = np.isfinite(design).all(axis=1) & np.isfinite(rest)
        found, _, rank, _ = np.linalg.lstsq(design[sound], rest[sound], rcond=None)
        if rank < _FEWEST:
            raise RangeError(
                f"{int(sound.sum())} usable days tell {int(rank)} of 3 coefficients",
                where="MinimumVariance.fit",
                mend="give more days, with deltas that differ",
            )
        return cls(*(float(x) for x in found))


def leland_vol(
    vol: ArrayLike, cost: ArrayLike, every: ArrayLike, *, long: ArrayLike = False
) -> Floats:
    r"""Return the volatility at which rebalancing costs are paid for by the option.

    :math:`σ\sqrt{1 ± \sqrt{2/π}\,k/(σ\sqrt{Δt})}`; plus for who is short the option.

    Parameters
    ----------
    vol
        Decimal a year.
    cost
        k: a round trip, as a part of what is traded (0.01 is 1 %).
    every
        Δt: years between rebalances.
    long
        True for who owns the option; costs then take value away.  NaN where they take all.

    Notes
    -----
    Source: Leland, "Option pricing and replication with transactions costs", *Journal of
    Finance* 40 (1985).

    Examples
    --------
    >>> round(float(leland_vol(0.2, 0.01, 1 / 52)), 6)
    0.226952
    """
    back = like(vol, cost, every, long)
    v, k, dt = (np.asarray(x, dtype=np.float64) for x in (vol, cost, every))
    side = np.where(np.asarray(long, dtype=bool), -1.0, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        answer: Floats = back(
            v * np.sqrt(1.0 + side * np.sqrt(2.0 / np.pi) * k / (v * np.sqrt(dt)))
        )
    return answer


def band_width(
    gamma: ArrayLike,
    spot: ArrayLike,
    cost: ArrayLike,
    aversion: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Floats:
    r"""Return how far delta may drift before trading pays: :math:`(1.5\,d\,c\,Γ^2S/a)^{1/3}`.

    Parameters
    ----------
    gamma
        Per point squared.
    spot
        Points.
    cost
        c: of a trade, one way, as a part of what is traded.
    aversion
        a: risk aversion per point of wealth, positive.
    discount
        d: :math:`e^{-rT}`.

    Notes
    -----
    Source: Whalley and Wilmott, "An asymptotic analysis of an optimal hedging model for
    option pricing with transaction costs", *Mathematical Finance* 7 (1997).

    Examples
    --------
    >>> round(float(band_width(gamma=0.03, spot=100.0, cost=0.001, aversion=1.0)), 4)
    0.0513
    """
    back = like(gamma, spot, cost, aversion, discount)
    g, s, c, a, d = (
        np.asarray(x, dtype=np.float64) for x in (gamma, spot, cost, aversion, discount)
    )
    answer: Floats = back(np.cbrt(1.5 * d * c * g * g * s / a))
    return answer


def within_band(previous: ArrayLike, delta: ArrayLike, width: ArrayLike) -> Floats:
    """Return the hedge to hold: the previous one, or the edge of the band that it left.

    Parameters
    ----------
    previous, delta, width
        Hedge held, delta to be hedged and half-width of the band, all per point.

    Examples
    --------
    >>> within_band([0.40, 0.48, 0.60], 0.5, 0.05).tolist()
    [0.45, 0.48, 0.55]
    """
    back = like(previous, delta, width)
    p, d, w = (np.asarray(x, dtype=np.float64) for x in (previous, delta, width))
    answer: Floats = back(np.clip(p, d - w, d + w))
    return answer
