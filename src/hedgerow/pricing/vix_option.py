"""VIX options: Black-76 on the VX future of the same settlement, with a vol-of-vol smile.

The underlying of a VIX option is the future that settles on its own expiry, never spot VIX:
spot is not even an argument here.  VVIX is to VIX options what VIX is to those of the S&P 500,
so VVIX² is the *fair variance* of 30 days, the price of the whole smile, and the smile's level
is found by replication, as for the index (:mod:`hedgerow.pricing.smile`).  Other maturities
follow from the Samuelson effect: the nearer its settlement, the more a VIX future moves.
**Every price is a model price**, and the smile's shape is an assumption: there is no history of
VIX option quotes behind it (docs/vix.md says how much hangs on it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR, Greeks, black76
from hedgerow.pricing.smile import Smile

Floats = NDArray[np.float64]

VIX_SMILE = Smile(rho=0.6)
"""Assumed: calls dearer than puts, the same shape at every level (docs/vix.md)."""

_MONTH = 30.0 / DAYS_PER_YEAR
_HALVINGS = 80
_REACH = (30.0, 200.0)
"""At-the-money standard deviations searched below and above the forward."""


class Vvix(NamedTuple):
    """VVIX with its origin, each **shape** (T,)."""

    points: Floats
    modelled: NDArray[np.bool_]


def vvix_of(vix: ArrayLike, published: ArrayLike | None = None) -> Vvix:
    r"""Return VVIX where it is published, and a model of it from VIX where it is not.

    .. math:: \ln \widehat{VVIX} = 4.110 + 0.1127 \ln VIX

    Parameters
    ----------
    vix
        Points, **shape** (T,).
    published
        VVIX in points, **shape** (T,), NaN or 0 where not published; left out, all is modelled.

    Notes
    -----
    Least squares on 2007–2012.  From 2013 on VVIX stood 13 points higher than VIX alone tells,
    and in a panic 65 points: modelled VIX options are too cheap there (docs/vix.md).

    Examples
    --------
    >>> found = vvix_of([15.0, 15.0], [95.0, np.nan])
    >>> found.points.round(1).tolist(), found.modelled.tolist()
    ([95.0, 82.7], [False, True])
    """
    spot = np.asarray(vix, dtype=np.float64)
    model = np.exp(4.110 + 0.1127 * np.log(spot))
    if published is None:
        return Vvix(model, np.ones(spot.shape, dtype=bool))
    given = np.asarray(published, dtype=np.float64)
    if given.shape != spot.shape:
        raise RangeError(
            f"vvix has shape {given.shape}, vix {spot.shape}",
            where="vvix",
            mend="give a value for every session",
        )
    known = given > 0.0
    return Vvix(np.where(known, given, model), ~known)


@dataclass(frozen=True)
class VolOfVol:
    r"""Implied volatilities of VIX futures from VVIX.

    A future with time s to settlement moves with volatility σ₀·g(s), and the fair total
    variance of the options that expire with it is

    .. math:: V(T) = \left(\tfrac{VVIX}{100}\right)^2 \tau_{30}\,\frac{G(T)}{G(\tau_{30})},\quad
              G(T) = \int_0^T g(s)^2\,ds,\quad g(s) = c + (1-c)e^{-\kappa s}

    Parameters
    ----------
    decay, floor
        κ a year and c of the Samuelson effect, from real futures before 2013, judged from
        2013 on (docs/vix.md).
    smile, steepness
        Shape of the smile over k = ln(K/F); its level comes from V(T) by replication.

    Raises
    ------
    RangeError
        If κ is not positive or c lies outside [0, 1].

    Notes
    -----
    Source of the volatility's form: Samuelson (1965), "Proof that properly anticipated prices
    fluctuate randomly".  Cboe computes VVIX from VIX options by the method of VIX.

    Examples
    --------
    >>> model = VolOfVol()
    >>> round(float(model.fair_vol(90.0, 30 / 365)), 12), round(float(model.fair_vol(90.0, 0.5)), 2)
    (0.9, 0.58)
    >>> option = model.price(forward=18.0, strike=25.0, years=30 / 365, vvix=90.0, call=True)
    >>> round(float(option.price), 2), round(float(option.delta), 2)
    (0.58, 0.2)
    """

    decay: float = 7.2
    floor: float = 0.33
    smile: Smile = VIX_SMILE
    steepness: float = 1.0

    def __post_init__(self) -> None:
        if not self.decay > 0.0:
            raise RangeError("the decay must be positive", where="vol_of_vol.decay")
        if not 0.0 <= self.floor <= 1.0:
            raise RangeError("the floor must lie in [0, 1]", where="vol_of_vol.floor")

    def instantaneous(self, years: ArrayLike) -> Floats:
        """Return g, the volatility of a future relative to one about to settle.

        Parameters
        ----------
        years
            Time to settlement; of the answer's shape.
        """
        tau = np.maximum(np.asarray(years, dtype=np.float64), 0.0)
        return np.asarray(self.floor + (1.0 - self.floor) * np.exp(-self.decay * tau))

    def fair_total(self, vvix: ArrayLike, years: ArrayLike) -> Floats:
        """Return the fair total variance V(T) of the options that expire in ``years``.

        Parameters
        ----------
        vvix
            Points.
        years
            Time to settlement; 0 or less gives 0.  Shapes broadcast.
        """
        level = np.asarray(vvix, dtype=np.float64) / 100.0
        share = self._integral(years) / self._integral(_MONTH)
        return np.asarray(level**2 * _MONTH * share)

    def fair_vol(self, vvix: ArrayLike, years: ArrayLike) -> Floats:
        """Return the decimal VVIX of a maturity; at 30 days VVIX itself."""
        tau = np.maximum(np.asarray(years, dtype=np.float64), 1e-9)
        return np.asarray(np.sqrt(self.fair_total(vvix, tau) / tau))

    def vol(self, log_moneyness: ArrayLike, vvix: ArrayLike, years: ArrayLike) -> Floats:
        """Return implied volatilities, decimal a year, at k = ln(K/F) over the own future.

        Parameters
        ----------
        log_moneyness, vvix, years
            Shapes broadcast; ``years`` of 0 or less gives the limit of small times.
        """
        tau = np.maximum(np.asarray(years, dtype=np.float64), 1e-9)
        theta = self.smile.theta_of_fair(self.fair_total(vvix, tau), self.steepness)
        total = self.smile.total_variance(log_moneyness, theta, self.steepness)
        return np.asarray(np.sqrt(total / tau))

    def price(
        self,
        forward: ArrayLike,
        strike: ArrayLike,
        years: ArrayLike,
        vvix: ArrayLike,
        rate: ArrayLike = 0.0,
        *,
        call: ArrayLike = False,
    ) -> Greeks:
        """Price European VIX options on the future of the same settlement.

        Parameters
        ----------
        forward
            Price of the VX future that settles on the option's expiry, points.
        strike
            Points.
        years
            Time to settlement.
        vvix
            Points.
        rate
            Continuously compounded, decimal a year.
        call
            True for calls, False (default) for puts; may be an array.

        Returns
        -------
        Greeks
            Of Black-76 at the smile's volatility; ``delta`` is per point of the *future*,
            discounted, the volatility of the strike held fixed.  Times 100 it is USD.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            k = np.log(np.asarray(strike, np.float64) / np.asarray(forward, np.float64))
        return black76(forward, strike, years, self.vol(k, vvix, years), rate, call=call)

    def strike_of_delta(
        self,
        delta: ArrayLike,
        forward: ArrayLike,
        years: ArrayLike,
        vvix: ArrayLike,
        rate: ArrayLike = 0.0,
        *,
        call: bool = True,
    ) -> Floats:
        """Return the strike whose option has this delta, on the smile.

        Parameters
        ----------
        delta
            Discounted delta as `price` gives it: 0.30 for the 30-delta call, −0.25 for a put.
        forward, years, vvix, rate
            As in `price`; shapes broadcast.
        call
            Side.

        Returns
        -------
        array
            Points, not rounded to listed strikes; NaN where no strike has that delta.

        Notes
        -----
        Bisection in k: on a smile without butterfly arbitrage d1 falls as the strike rises
        (Fukasawa, "The normalizing transformation of the implied volatility smile", 2012), so
        there is one strike at most.

        Examples
        --------
        >>> model = VolOfVol()
        >>> strike = model.strike_of_delta(0.30, 18.0, 30 / 365, 90.0)
        >>> round(float(strike), 2)
        21.9
        >>> greeks = model.price(18.0, strike, 30 / 365, 90.0, call=True)
        >>> round(float(greeks.delta), 9)
        0.3
        """
        wanted, future, tau, level, r = np.broadcast_arrays(
            *(np.asarray(x, dtype=np.float64) for x in (delta, forward, years, vvix, rate))
        )

        def gap(k: Floats) -> Floats:
            found = self.price(future, future * np.exp(k), tau, level, r, call=call)
            return np.asarray(found.delta - wanted, dtype=np.float64)

        spread = np.sqrt(self.fair_total(level, tau))
        low, high = np.maximum(-_REACH[0] * spread, -20.0), np.minimum(_REACH[1] * spread, 20.0)
        inside = (gap(low) > 0.0) & (gap(high) < 0.0)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            above = gap(middle) > 0.0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return np.asarray(np.where(inside, future * np.exp(0.5 * (low + high)), np.nan))

    def _integral(self, years: ArrayLike) -> Floats:
        tau = np.maximum(np.asarray(years, dtype=np.float64), 0.0)
        c, slow = self.floor, self.decay
        mixed = 2.0 * c * (1.0 - c) * -np.expm1(-slow * tau) / slow
        fast = (1.0 - c) ** 2 * -np.expm1(-2.0 * slow * tau) / (2.0 * slow)
        return np.asarray(c * c * tau + mixed + fast)
