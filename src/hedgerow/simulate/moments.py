"""Moments of an index, VIX, its curve and SKEW: what a model is compared with history in.

Every moment is a statistic of days that each bring their own past, so that days can be drawn anew
and no autocorrelation is measured over a joint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats

FAR = 21
"""Sessions of the longer lag."""

_YEAR = 252.0

Days = Mapping[str, Floats]
"""Columns of days with their past, **shape** (…, n)."""


def days(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return days with their past, from levels in points, **shape** (…, T) to (…, T − 1 − FAR)."""
    vix = columns["vix"]
    move, log = np.diff(np.log(columns["spx"]), axis=-1), np.log(vix)
    cut = slice(FAR, None)
    return {
        "move": move[..., cut],
        "size": np.abs(move)[..., cut],
        "move_1": move[..., FAR - 1 : -1],
        "move_far": move[..., :-FAR],
        "vix": vix[..., FAR + 1 :],
        "vix_1": vix[..., FAR:-1],
        "vix_far": vix[..., 1:-FAR],
        "answer": np.diff(log, axis=-1)[..., cut],
    }


def _correlation(x: Floats, y: Floats) -> Floats:
    a, b = (part - part.mean(axis=-1, keepdims=True) for part in (x, y))
    return np.asarray((a * b).mean(axis=-1) / (a.std(axis=-1) * b.std(axis=-1)))


def _standard(x: Floats, power: int) -> Floats:
    away = (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)
    return np.asarray((away**power).mean(axis=-1))


def _betas(d: Days) -> tuple[Floats, Floats]:
    """Return slopes of VIX's log change on falls and on rises, least squares."""
    fall, rise = np.minimum(d["move"], 0.0), np.maximum(d["move"], 0.0)
    x, y, z = (part - part.mean(axis=-1, keepdims=True) for part in (fall, rise, d["answer"]))
    xx, yy, xy = (x * x).mean(axis=-1), (y * y).mean(axis=-1), (x * y).mean(axis=-1)
    xz, yz = (x * z).mean(axis=-1), (y * z).mean(axis=-1)
    det = xx * yy - xy * xy
    return np.asarray((xz * yy - yz * xy) / det), np.asarray((yz * xx - xz * xy) / det)


def _drawdown(d: Days) -> Floats:
    log = np.cumsum(d["move"], axis=-1)
    peak = np.maximum(np.maximum.accumulate(log, axis=-1), 0.0)
    return np.asarray(np.expm1((log - peak).min(axis=-1)))


MOMENTS: dict[str, Callable[[Days], Floats]] = {
    "mean return a year": lambda d: _YEAR * d["move"].mean(axis=-1),
    "volatility a year": lambda d: np.sqrt(_YEAR) * d["move"].std(axis=-1),
    "skewness": lambda d: _standard(d["move"], 3),
    "excess kurtosis": lambda d: _standard(d["move"], 4) - 3.0,
    "1 % quantile": lambda d: np.quantile(d["move"], 0.01, axis=-1),
    "0.1 % quantile": lambda d: np.quantile(d["move"], 0.001, axis=-1),
    "99 % quantile": lambda d: np.quantile(d["move"], 0.99, axis=-1),
    "maximum drawdown": _drawdown,
    "|return| autocorrelation, 1": lambda d: _correlation(d["size"], abs(d["move_1"])),
    f"|return| autocorrelation, {FAR}": lambda d: _correlation(d["size"], abs(d["move_far"])),
    "VIX mean": lambda d: d["vix"].mean(axis=-1),
    "VIX deviation": lambda d: d["vix"].std(axis=-1),
    "VIX below 15": lambda d: (d["vix"] < 15.0).mean(axis=-1),
    "VIX above 25": lambda d: (d["vix"] > 25.0).mean(axis=-1),
    "VIX autocorrelation, 1": lambda d: _correlation(d["vix"], d["vix_1"]),
    f"VIX autocorrelation, {FAR}": lambda d: _correlation(d["vix"], d["vix_far"]),
    "VIX 99 % quantile": lambda d: np.quantile(d["vix"], 0.99, axis=-1),
    "VIX beta, falls": lambda d: _betas(d)[0],
    "VIX beta, rises": lambda d: _betas(d)[1],
}
"""Statistic of days by name; betas are changes of ln VIX for a log return of 1."""


def curve_days(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return days of the curve, from levels in points, **shape** (…, T) to (…, T − 1 − FAR)."""
    vix, later = (np.log(columns[name]) for name in ("vix", "vix3m"))
    slope = later - vix
    return {
        "slope": slope[..., FAR + 1 :],
        "slope_far": slope[..., 1:-FAR],
        "log": vix[..., FAR + 1 :],
        "answer": np.diff(vix, axis=-1)[..., FAR:],
        "later": np.diff(later, axis=-1)[..., FAR:],
    }


def skew_days(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return days of SKEW, from points, **shape** (…, T) to (…, T − 1 − FAR)."""
    skew, vix = columns["skew"], np.log(columns["vix"])
    return {
        "skew": skew[..., FAR + 1 :],
        "skew_1": skew[..., FAR:-1],
        "skew_far": skew[..., 1:-FAR],
        "log": vix[..., FAR + 1 :],
    }


def _slope(x: Floats, y: Floats) -> Floats:
    """Return the slope of y on x, least squares."""
    return np.asarray(_correlation(x, y) * y.std(axis=-1) / x.std(axis=-1))


CURVE_MOMENTS: dict[str, Callable[[Days], Floats]] = {
    "VIX3M / VIX, mean of ln": lambda d: d["slope"].mean(axis=-1),
    "VIX3M / VIX, deviation of ln": lambda d: d["slope"].std(axis=-1),
    "VIX3M below VIX": lambda d: (d["slope"] < 0.0).mean(axis=-1),
    "VIX3M / VIX with VIX, correlation": lambda d: _correlation(d["slope"], d["log"]),
    f"VIX3M / VIX autocorrelation, {FAR}": lambda d: _correlation(d["slope"], d["slope_far"]),
    "VIX3M for VIX, slope of changes": lambda d: _slope(d["answer"], d["later"]),
}
"""Statistic of `curve_days` by name; changes are of logarithms."""

SKEW_MOMENTS: dict[str, Callable[[Days], Floats]] = {
    "SKEW mean": lambda d: d["skew"].mean(axis=-1),
    "SKEW deviation": lambda d: d["skew"].std(axis=-1),
    "SKEW autocorrelation, 1": lambda d: _correlation(d["skew"], d["skew_1"]),
    f"SKEW autocorrelation, {FAR}": lambda d: _correlation(d["skew"], d["skew_far"]),
    "SKEW with VIX, correlation": lambda d: _correlation(d["skew"], d["log"]),
}
"""Statistic of `skew_days` by name."""


class Group(NamedTuple):
    """Moments that need the same columns."""

    needs: tuple[str, ...]
    """Columns, points."""
    lasting: tuple[str, ...]
    """Of the days: those whose persistence decides how long blocks must be."""
    days: Callable[[Mapping[str, Floats]], dict[str, Floats]]
    moments: Mapping[str, Callable[[Days], Floats]]


GROUPS = (
    Group(("spx", "vix"), ("size", "vix"), days, MOMENTS),
    Group(("vix", "vix3m"), ("slope",), curve_days, CURVE_MOMENTS),
    Group(("vix", "skew"), ("skew",), skew_days, SKEW_MOMENTS),
)
"""All that are compared."""
