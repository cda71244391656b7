"""The term structure of VIX futures: constant maturities, roll-down, basis, slope.

Everything is linear in calendar days between two *neighbouring monthly* contracts, which is
how constant-maturity volatility products are weighted; weeklies are priced beside the curve
and bend no part of it.  Nothing is extrapolated: outside the listed range the answer is NaN,
and a contract that is listed but has no price makes its two gaps NaN rather than one wide
bridge.  Spot VIX may stand as a knot at 0 days where that is asked for: a future that settles
now is worth VIX.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR

Floats = NDArray[np.float64]

MONTH = 30.0
"""Calendar days of a month of constant maturity, as in VIX itself."""

ORIGINS = ("measured", "repaired", "modelled", "missing")
"""Where the price of a point comes from."""


def constant_maturity(
    price: ArrayLike, days: ArrayLike, target: float, *, spot: ArrayLike | None = None
) -> Floats:
    r"""Return the price at a constant maturity, between the two monthlies around it.

    .. math:: F(d) = \frac{d_{i+1} - d}{d_{i+1} - d_i} F_i + \frac{d - d_i}{d_{i+1} - d_i} F_{i+1}

    Parameters
    ----------
    price
        Settles of monthly contracts, points, the nearest first, **shape** (..., n); NaN where
        a listed contract has no price.
    days
        Calendar days to settlement, rising, of the shape of ``price``; NaN in whole rows.
    target
        Calendar days, for instance 30 or 90.
    spot
        VIX in points, **shape** (...): a knot at 0 days, so that a month can be asked for
        while the front contract has more than a month to run.  Left out, that is NaN.

    Returns
    -------
    array
        Points, **shape** (...); NaN outside the listed range or beside a missing price.

    Notes
    -----
    The weights are those of the S&P 500 VIX futures indices, whose roll replaces the same
    share of the nearer contract every day, taken in calendar days.

    Examples
    --------
    >>> constant_maturity([20.0, 22.0], [18.0, 46.0], 30).round(3).tolist()
    20.857
    >>> constant_maturity([20.0, 22.0], [33.0, 61.0], 30).tolist()
    nan
    >>> constant_maturity([20.0, 22.0], [33.0, 61.0], 30, spot=18.0).round(3).tolist()
    19.818
    """
    level, at = _knots(price, days, spot)
    if not at.shape[-1]:
        return np.full(at.shape[:-1], np.nan)
    count = np.sum(at <= target, axis=-1, keepdims=True)
    last = at.shape[-1] - 1
    left, right = np.maximum(count - 1, 0), np.minimum(count, last)
    near, far = (np.take_along_axis(level, i, -1)[..., 0] for i in (left, right))
    start, end = (np.take_along_axis(at, i, -1)[..., 0] for i in (left, right))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (target - start) / (end - start)
        found = near + share * (far - near)
    found = np.where(start == target, near, found)
    return np.asarray(np.where((start <= target) & (target <= end), found, np.nan))


def roll_down(price: ArrayLike, days: ArrayLike, spot: ArrayLike) -> Floats:
    """Return what a long contract gains a day if the curve stands still.

    The contract slides to the price of the contract before it, and the front one to VIX:
    negative in contango, positive in backwardation.

    Parameters
    ----------
    price, days
        As in :func:`constant_maturity`, **shape** (..., n).
    spot
        VIX in points, **shape** (...).

    Returns
    -------
    array
        Points a calendar day, **shape** (..., n).  Times 1,000 it is USD per contract.

    Examples
    --------
    >>> roll_down([16.0, 17.4], [20.0, 48.0], 15.0).round(3).tolist()
    [-0.05, -0.05]
    """
    level, at = _knots(price, days, spot)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.diff(level, axis=-1) / np.diff(at, axis=-1))


def roll_yield(price: ArrayLike, days: ArrayLike, spot: ArrayLike) -> Floats:
    """Return the roll-down as a share of the price, a year: simple, ACT/365, decimal.

    Negative for the long side in contango.

    Parameters
    ----------
    price, days, spot
        As in :func:`roll_down`.

    Examples
    --------
    >>> roll_yield([16.0, 17.4], [20.0, 48.0], 15.0).round(3).tolist()
    [-1.141, -1.049]
    """
    down = roll_down(price, days, spot)
    return np.asarray(DAYS_PER_YEAR * down / np.asarray(price, dtype=np.float64))


def contango(price: ArrayLike) -> Floats:
    """Return F2/F1 − 1: positive in contango, negative in backwardation.

    Parameters
    ----------
    price
        Monthly contracts by rank, points, **shape** (..., n), n ≥ 2.

    Examples
    --------
    >>> contango([[16.0, 17.2], [60.0, 45.0]]).round(3).tolist()
    [0.075, -0.25]
    """
    ranks = np.asarray(price, dtype=np.float64)
    return np.asarray(ranks[..., 1] / ranks[..., 0] - 1.0)


def forward_vol(
    near: ArrayLike, near_days: ArrayLike, far: ArrayLike, far_days: ArrayLike
) -> Floats:
    r"""Return the volatility implied between two maturities of the VIX family.

    .. math:: \sqrt{\frac{v_2^2 d_2 - v_1^2 d_1}{d_2 - d_1}}

    Parameters
    ----------
    near, far
        Volatility indices in points, such as VIX and VIX3M; shapes broadcast.
    near_days, far_days
        Their maturities in calendar days.

    Returns
    -------
    array
        Points; NaN where the nearer total variance is the larger one (calendar arbitrage).

    Examples
    --------
    >>> forward_vol(16.0, 30, 18.0, 93).round(2).tolist()
    18.88
    """
    v1, d1, v2, d2 = (np.asarray(x, dtype=np.float64) for x in (near, near_days, far, far_days))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((v2**2 * d2 - v1**2 * d1) / (d2 - d1)))


@dataclass(frozen=True, eq=False)
class Curve:
    """VIX futures of one date, the nearest settlement first.

    Parameters
    ----------
    date
        Session, ``datetime64[D]``.
    spot
        VIX, points.
    expiry
        Settlement dates after ``date``, rising, ``datetime64[D]``, **shape** (n,).
    settle
        Points, **shape** (n,); NaN for a listed contract without a price.
    monthly
        True for monthly contracts, False for weeklies, **shape** (n,).
    origin
        One of `ORIGINS` for each point.

    Raises
    ------
    RangeError
        If the lengths differ, an expiry is not after the date, or they do not rise.

    Examples
    --------
    >>> expiry = np.array(["2024-07-17", "2024-07-24", "2024-08-21"], dtype="datetime64[D]")
    >>> curve = Curve(
    ...     np.datetime64("2024-07-01"), 12.2, expiry, np.array([13.0, 13.4, 14.4]),
    ...     np.array([True, False, True]), ("measured",) * 3,
    ... )
    >>> curve.basis.round(2).tolist(), round(curve.contango, 3)
    ([0.8, 1.2, 2.2], 0.108)
    >>> curve.roll_down.round(3).tolist(), round(float(curve.at(30)), 2)
    ([-0.05, -0.057, -0.04], 13.56)
    >>> curve.forward("2024-07-24"), curve.forward("2024-07-25")
    (13.4, nan)
    """

    date: np.datetime64
    spot: float
    expiry: NDArray[np.datetime64]
    settle: Floats
    monthly: NDArray[np.bool_]
    origin: tuple[str, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.expiry), len(self.settle), len(self.monthly), len(self.origin)}
        if len(sizes) != 1:
            raise RangeError("the columns differ in length", where="curve")
        if len(self.expiry) and not bool(np.all(np.diff(self.days, prepend=0.0) > 0.0)):
            raise RangeError(
                "settlements must rise and lie after the date",
                where="curve.expiry",
                mend="sort the contracts and leave out those that have settled",
            )
        if not set(self.origin) <= set(ORIGINS):
            raise RangeError("an origin is not known", where="curve.origin", mend=f"use {ORIGINS}")

    def __len__(self) -> int:
        return len(self.expiry)

    @property
    def days(self) -> Floats:
        """Calendar days to settlement, **shape** (n,)."""
        return np.asarray((self.expiry - self.date).astype(np.float64))

    @property
    def basis(self) -> Floats:
        """Future less spot VIX, points, **shape** (n,)."""
        return np.asarray(self.settle - self.spot)

    @property
    def contango(self) -> float:
        """Second monthly over the first, less 1; NaN without both."""
        ranks = self.settle[self.monthly]
        return float(contango(ranks)) if len(ranks) > 1 else float("nan")

    @property
    def roll_down(self) -> Floats:
        """Points a day that a long gains if the curve stands still, **shape** (n,).

        Against the monthly contract before it, or VIX: a weekly too, because weeklies before
        it may have settled on no trade.
        """
        level, at = _knots(self.settle[self.monthly], self.days[self.monthly], self.spot)
        before = np.searchsorted(at, self.days, side="left") - 1
        return np.asarray(-(self.settle - level[before]) / (self.days - at[before]))

    @property
    def roll_yield(self) -> Floats:
        """Roll-down as a share of the price a year, decimal, **shape** (n,)."""
        return np.asarray(DAYS_PER_YEAR * self.roll_down / self.settle)

    def forward(self, expiry: str | np.datetime64) -> float:
        """Return the future that settles on a date, points: what an option of it is priced on.

        NaN where none is listed for that very date, or it has no price; never spot VIX.

        Parameters
        ----------
        expiry
            Settlement date of a monthly or weekly contract.
        """
        place = np.flatnonzero(self.expiry == np.asarray(expiry, dtype="datetime64[D]"))
        return float(self.settle[place[0]]) if len(place) else float("nan")

    def at(self, days: float, *, from_spot: bool = False) -> Floats:
        """Return what the monthlies imply for a settlement in ``days`` calendar days.

        Parameters
        ----------
        days
            Calendar days: 30 for the constant one-month maturity, or those to any settlement
            between two listed contracts.
        from_spot
            Let VIX stand as a knot at 0 days; see :func:`constant_maturity`.
        """
        spot = self.spot if from_spot else None
        prices, left = self.settle[self.monthly], self.days[self.monthly]
        return constant_maturity(prices, left, days, spot=spot)


def _knots(price: ArrayLike, days: ArrayLike, spot: ArrayLike | None) -> tuple[Floats, Floats]:
    level, at = np.asarray(price, dtype=np.float64), np.asarray(days, dtype=np.float64)
    if level.shape != at.shape or level.ndim == 0:
        raise RangeError(
            f"prices have shape {level.shape}, days {at.shape}",
            where="days",
            mend="give a maturity for every price",
        )
    if spot is None:
        return level, at
    front = np.broadcast_to(np.asarray(spot, dtype=np.float64), level.shape[:-1])[..., None]
    return np.concatenate([front, level], -1), np.concatenate([np.zeros_like(front), at], -1)
