"""American exercise, by QuantLib's spectral QD+ fixed-point engine.

QuantLib is an optional extra: ``pip install 'hedgerow[american]'``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import MissingExtraError
from hedgerow.pricing.columns import like

Floats = NDArray[np.float64]

_YEAR = 365


def american(
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    *,
    call: ArrayLike = False,
    fast: bool = False,
) -> Floats:
    """Price options that may be exercised at any time.

    Parameters
    ----------
    spot, strike, time, vol, rate, dividend, call
        As in :func:`hedgerow.pricing.black.bsm`; all **shapes** broadcast.
    fast
        True for QuantLib's fast scheme: ten times as fast, to about 1e-5 of the strike.

    Returns
    -------
    array
        Points, of the broadcast shape: a number for numbers, a Series for Series.

    Raises
    ------
    MissingExtraError
        If QuantLib is not installed.

    Notes
    -----
    NaN in gives NaN out, and so do a spot, strike, time or volatility that is negative,
    infinite, or (spot and strike) 0, and rates for which QuantLib knows no price (two
    exercise boundaries: both rates negative, the dividend yield more so for puts).  At T = 0
    the price is intrinsic; at σ = 0 it is the best of all certain exercises.  About 0.2 ms an
    option, one thread.

    The engine depends on rT, qT and σ√T alone, so a fraction of a day costs nothing.

    Source: Andersen, Lake and Offengenden, "High-performance American option pricing"
    (2016); QuantLib ``QdFpAmericanEngine``, accurate scheme or fast one.

    Examples
    --------
    >>> round(float(american(100, 110, 0.5, 0.25, 0.05)), 4)
    12.1191
    """
    ql = _quantlib()
    back = like(spot, strike, time, vol, rate, dividend, call)
    numbers = (np.asarray(x, dtype=np.float64) for x in (spot, strike, time, vol, rate, dividend))
    s, k, t, v, r, q, sides = np.broadcast_arrays(*numbers, np.asarray(call, dtype=bool))
    price = np.full(s.shape, np.nan)
    good = np.isfinite(s + k + t + v + r + q) & (s > 0.0) & (k > 0.0) & (t >= 0.0) & (v >= 0.0)
    certain = good & ((t == 0.0) | (v == 0.0))
    price[certain] = _certain(*(x[certain] for x in (s, k, t, r, q, sides)))
    engine = _Engine(ql, fast=fast)
    for i in np.argwhere(good & ~certain):
        at = tuple(i)
        years = float(t[at])
        price[at] = engine.price(
            float(s[at]),
            float(k[at]),
            float(v[at]) * years**0.5,
            float(r[at]) * years,
            float(q[at]) * years,
            call=bool(sides[at]),
        )
    answer: Floats = back(price)
    return answer


def _quantlib() -> Any:
    try:
        import QuantLib
    except ImportError:
        raise MissingExtraError(
            "American exercise needs QuantLib, which is not installed",
            where="hedgerow.pricing.american",
            mend="pip install 'hedgerow[american]'",
        ) from None
    return QuantLib


def _certain(
    s: Floats, k: Floats, t: Floats, r: Floats, q: Floats, call: NDArray[np.bool_]
) -> Floats:
    """Return the best value of an exercise on a path without chance."""
    sign = np.where(call, 1.0, -1.0)
    with np.errstate(all="ignore"):
        # where the gain is stationary: q·S·e^(−qt) = r·K·e^(−rt)
        turn = np.nan_to_num(np.log((q * s) / (r * k)) / (q - r), nan=0.0, posinf=0.0, neginf=0.0)
    moments = (np.zeros_like(t), np.clip(turn, 0.0, t), t)
    gains = [sign * (s * np.exp(-q * u) - k * np.exp(-r * u)) for u in moments]
    best: Floats = np.maximum(np.maximum.reduce(gains), 0.0)
    return best


class _Engine:
    """QuantLib's engine over one year that stands for all: rT, qT and σ√T are its rates.

    The year lies far ahead, so that no option has expired for QuantLib, whose evaluation date
    is a global that belongs to the user.
    """

    def __init__(self, ql: Any, *, fast: bool) -> None:
        self.ql = ql
        start = ql.Date(1, 1, 2150)
        count = ql.Actual365Fixed()
        self.spot, self.vol, self.rate, self.dividend = (ql.SimpleQuote(1.0) for _ in range(4))

        def curve(quote: Any) -> Any:
            return ql.YieldTermStructureHandle(ql.FlatForward(start, ql.QuoteHandle(quote), count))

        smile = ql.BlackConstantVol(start, ql.NullCalendar(), ql.QuoteHandle(self.vol), count)
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(self.spot),
            curve(self.dividend),
            curve(self.rate),
            ql.BlackVolTermStructureHandle(smile),
        )
        self.exercise = ql.AmericanExercise(start, start + _YEAR)
        schemes = ql.QdFpAmericanEngine
        scheme = schemes.fastScheme() if fast else schemes.accurateScheme()
        self.engine = ql.QdFpAmericanEngine(process, scheme)

    def price(
        self, spot: float, strike: float, vol: float, rate: float, dividend: float, *, call: bool
    ) -> float:
        ql = self.ql
        # one at a time, and no option listens yet: nothing is priced in between
        self.spot.setValue(spot)
        self.vol.setValue(vol)
        self.rate.setValue(rate)
        self.dividend.setValue(dividend)
        kind = ql.Option.Call if call else ql.Option.Put
        option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, strike), self.exercise)
        option.setPricingEngine(self.engine)
        try:
            return float(option.NPV())
        except RuntimeError:  # two exercise boundaries
            return float("nan")
