"""How an implied volatility moves with the VIX future that hedges it: the beta of spec H4."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy.special import stdtrit

from hedgerow.core.futures import monthlies
from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.step import signal
from hedgerow.policies.signals import STRICT, trailing
from hedgerow.policies.term_structure import Days, between
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import KNOT_DAYS, Surface
from hedgerow.pricing.term import MONTH

Mask = NDArray[np.bool_]

FAMILY = dict(zip(("vix9d", "vix", "vix3m", "vix6m"), KNOT_DAYS, strict=True))
"""Maturity of each index of the VIX family, calendar days."""

LEVEL = 0.95
"""Level of a band unless another is asked for."""


def implied_vol(market: Market, tenor: float) -> tuple[Floats, Mask, Mask]:
    """Return the implied volatility of a tenor, linear in total variance between the VIX family.

    Parameters
    ----------
    market
        With ``vix``; ``vix9d``, ``vix3m``, ``vix6m`` where they are known, else the model of
        docs/pricing.md stands for them.
    tenor
        Calendar days.

    Returns
    -------
    tuple
        Points, **shape** (T,); where all indices beside the tenor are published, **shape** (T,);
        and where the change from the day before is of one kind, both days made of the same indices:
        the first day of an index must not look like a move, **shape** (T,).

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> market = Market(days, {"vix": [12.0, 14.0], "vix3m": [15.0, np.nan]})
    >>> points, measured, even = implied_vol(market, 30)
    >>> points.round(2).tolist(), measured.tolist()
    ([12.0, 14.0], [True, True])
    >>> implied_vol(market, 60)[2].tolist()
    [False, False]
    """
    surface = Surface.of(market.columns)
    points = 100.0 * surface.fair_vol(tenor / DAYS_PER_YEAR)
    at = np.array(list(FAMILY.values()))
    below, above = at[at <= tenor].max(initial=at[0]), at[at >= tenor].min(initial=np.inf)
    measured = np.full(len(market), above < np.inf and tenor >= at[0])
    even = np.ones(len(market), dtype=bool)
    even[:1] = False
    for name, days in FAMILY.items():
        if days == MONTH:
            side = days in (below, above)
        else:  # a far index also shapes the model of a nearer one that is not published
            side = (days < MONTH) == (tenor < MONTH) and tenor != MONTH
        if not side:
            continue
        known = np.isin(
            market.origin[name] if name in market else np.full(len(market), Origin.MISSING),
            (Origin.MEASURED, Origin.REPAIRED),
        )
        even[1:] &= known[1:] == known[:-1]
        if days in (below, above):
            measured &= known
    return points, measured, even


def vx_change(market: Market, days: float = MONTH) -> tuple[Floats, Mask]:
    """Return what a VIX future of a constant maturity gained since the day before, rolls left out.

    The two monthly contracts around the maturity *yesterday*, held to today's close with
    yesterday's weights: what a hedge earns, and never the step from one contract to the next.  The
    nearest contract alone where all settle later.  Where they are not quoted on both days, the
    model of docs/pricing.md prices one contract on both.

    Parameters
    ----------
    market
        With ``vix``; ``vx1`` … where futures are known.
    days
        Calendar days to settlement, yesterday.

    Returns
    -------
    tuple
        Points, **shape** (T,), NaN on the first; and where they come from quotes, **shape** (T,).

    Notes
    -----
    Weights linear in days are those of the S&P 500 VIX futures indices.

    Examples
    --------
    >>> sessions = np.array(["2024-07-01", "2024-07-02"], dtype="datetime64[ns]")
    >>> quotes = {"vx1": [13.0, 13.5], "vx2": [14.0, 14.2]}
    >>> expiry = {"vx1_expiry": [19921.0] * 2, "vx2_expiry": [19949.0] * 2}
    >>> change, measured = vx_change(Market(sessions, {"vix": [12.0, 12.6], **quotes, **expiry}))
    >>> change.round(2).tolist(), measured.tolist()
    ([nan, 0.35], [False, True])
    """
    size = len(market)
    change, measured = np.full(size, np.nan), np.zeros(size, dtype=bool)
    if size < 2:
        return change, measured
    price, expiry, left = monthlies(market)
    gain = np.full((size - 1, price.shape[1]), np.nan)
    for rank in range(price.shape[1]):
        same = expiry[1:] == expiry[:-1, rank, None]
        today = np.where(same, price[1:], -np.inf).max(axis=1, initial=-np.inf)
        gain[:, rank] = np.where(np.isfinite(today), today, np.nan) - price[:-1, rank]
    known = np.isfinite(gain)
    ahead = np.where(known, left[:-1], np.nan)
    quoted = np.full(size - 1, np.nan)
    if gain.shape[1]:
        quoted = between(np.where(known, gain, 0.0), ahead, days)
        first = np.where(known, left[:-1], np.inf).argmin(axis=1)
        rows = np.arange(size - 1)
        later = ahead[rows, first] > days
        quoted = np.where(later, gain[rows, first], quoted)
    measured[1:] = np.isfinite(quoted)
    change[1:] = np.where(measured[1:], quoted, _modelled_change(market, days)[1:])
    return change, measured


def _modelled_change(market: Market, days: float) -> Floats:
    """Return the model's price today of yesterday's contract less yesterday's, **shape** (T,)."""
    surface, curve, vix = Surface.of(market.columns), FuturesCurve(), market["vix"]
    gap = np.diff(market.dates.astype(np.float64), prepend=np.nan)
    aged = np.maximum(days - np.nan_to_num(gap), 0.0) / DAYS_PER_YEAR
    today = curve.price(vix, surface, aged)
    before = curve.price(vix, surface, days / DAYS_PER_YEAR)
    termed = surface.termed if surface.termed is not None else np.zeros(len(vix), dtype=bool)
    made = np.full(len(vix), np.nan)
    made[1:] = np.where(termed[1:] == termed[:-1], today[1:] - before[:-1], np.nan)
    return made


@signal
@dataclass(frozen=True, config=STRICT)
class IvBeta:
    r"""Points that the IV of a tenor moves per point of the VIX future: rolling OLS (spec H4).

    .. math:: ΔIV_t = a + β\,ΔF_t + ε_t \quad \text{over the last } days \text{ changes}

    F is the VIX future of 30 days held since the day before (:func:`vx_change`), IV that of
    :func:`implied_vol`.  Changes that are unknown, or whose IV is made of other indices than the
    day before, are left out; NaN where fewer than half of the window are known.

    Parameters
    ----------
    tenor
        Calendar days of the implied volatility; past 184 no index is published.
    days
        Changes in the window, sessions.
    part
        ``"beta"``, or an end of its band: ``"low"``, ``"high"``.
    level
        Level of the band: 0.95 covers the true slope 95 times in 100.

    Notes
    -----
    The band is Student's with White's errors (1980, "A heteroskedasticity-consistent covariance
    matrix estimator"): changes of volatility are far from equally wide.  As in
    ``RollingOLS(…).fit(cov_type="HC0", use_t=True)`` of statsmodels.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "ns") + np.arange(40) * np.timedelta64(1, "D")
    >>> market = Market(days, {"vix": 20.0 + 4.0 * np.sin(np.arange(40.0))})
    >>> signal = IvBeta(tenor=30, days=20)
    >>> signal.name, bool(1.0 < signal(market)[-1] < 1.3), bool(signal.measured(market).any())
    ('iv_beta30_20', True, False)
    """

    tenor: Days = 45
    days: Annotated[int, Field(ge=20, le=2520)] = 252
    part: Literal["beta", "low", "high"] = "beta"
    level: Annotated[float, Field(ge=0.5, le=0.999)] = LEVEL
    kind: ClassVar[str] = "iv_beta"

    @property
    def name(self) -> str:
        """``iv_beta45_252``; ``…_low`` and ``…_high``, ``…_low0.9`` at another level than 0.95."""
        end = "" if self.part == "beta" else f"_{self.part}"
        if end and self.level != LEVEL:
            end += f"{self.level:g}"
        return f"iv_beta{self.tenor}_{self.days}{end}"

    @property
    def lookback(self) -> int:
        """``days`` changes need one session more."""
        return self.days + 1

    def __call__(self, market: Market) -> Floats:
        """Return points per point, **shape** (T,), NaN for the first ``days`` rows."""
        out = np.full(len(market), np.nan)
        if len(market) <= self.days:
            return out
        y, x, _ = self._changes(market)
        slope, error, count = rolling_slope(y[1:], x[1:], self.days)
        side = {"beta": 0.0, "low": -1.0, "high": 1.0}[self.part]
        width = stdtrit(np.maximum(count - 2.0, 1.0), 0.5 + 0.5 * self.level) * error
        out[self.days :] = np.where(count >= 0.5 * self.days, slope + side * width, np.nan)
        return out

    def measured(self, market: Market) -> Mask:
        """Say on which days IV and future are published, this day and the one before: (T,)."""
        _, _, measured = self._changes(market)
        return measured

    def _changes(self, market: Market) -> tuple[Floats, Floats, Mask]:
        points, published, even = implied_vol(market, self.tenor)
        change, quoted = vx_change(market)
        both = published & np.append(False, published[:-1]) & quoted
        y = np.where(even, np.diff(points, prepend=np.nan), np.nan)
        return y, change, both


def rolling_slope(y: Floats, x: Floats, days: int) -> tuple[Floats, Floats, Floats]:
    """Return the OLS slope of y on x over trailing windows, White's error of it, and the count.

    Parameters
    ----------
    y, x
        **Shape** (n,); pairs with a NaN are left out.
    days
        Window.

    Returns
    -------
    tuple
        Slope, its standard error (HC0) and the pairs used, each **shape** (n - days + 1,).

    Examples
    --------
    >>> slope, error, count = rolling_slope(np.arange(4.0), 2.0 * np.arange(4.0), 3)
    >>> slope.tolist(), error.tolist(), count.tolist()
    ([0.5, 0.5], [0.0, 0.0], [3.0, 3.0])
    """
    known = np.isfinite(y) & np.isfinite(x)
    keep = trailing(known.astype(np.float64), days)
    ys, xs = (trailing(np.where(known, column, 0.0), days) for column in (y, x))
    with np.errstate(divide="ignore", invalid="ignore"):
        count = keep.sum(axis=1)
        dx = (xs - (xs.sum(axis=1) / count)[:, None]) * keep
        dy = (ys - (ys.sum(axis=1) / count)[:, None]) * keep
        square = (dx**2).sum(axis=1)
        slope = (dx * dy).sum(axis=1) / square
        error = np.sqrt(((dx * (dy - slope[:, None] * dx)) ** 2).sum(axis=1)) / square
    return slope, error, count
