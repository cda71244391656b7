"""What a study of gamma scalping comes down to: by rule, and by year or month (spec A13, C5)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.research.scalping import PARTS, Exposure, Scalping

Period = Literal["year", "month"]

_UNITS = {"year": "datetime64[Y]", "month": "datetime64[M]"}


def years_of(exposure: Exposure) -> float:
    """Return the calendar years of a study."""
    days = exposure.times.astype("datetime64[D]").astype(np.int64)
    return float(days[-1] - days[0]) / DAYS_PER_YEAR


def by_rule(study: Scalping) -> list[dict[str, Any]]:
    """Return a row of figures for every rule.

    Returns
    -------
    list of dict
        ``rule``; ``pnl``, ``delta`` (what was left unhedged) and ``hedge_costs`` (paid, positive),
        USD a year; ``sd_daily`` and ``sd_monthly``, USD; ``pnl_per_risk``, P&L over standard
        deviation, both of a year made of months; ``trades`` of the hedge a year.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.research.scalping import Rule, expose, scalp
    >>> held = expose(hr.Straddle(tenor="30d"), hr.load("builtin"), start="2019-01-02")
    >>> daily, monthly = by_rule(scalp(held, [Rule(), Rule(every=21)]))
    >>> daily["sd_monthly"] < monthly["sd_monthly"], daily["trades"] > monthly["trades"]
    (True, True)
    """
    span, made = years_of(study.exposure), []
    months, _ = _periods(study.exposure, "month")
    for lane, rule in enumerate(study.rules):
        parts, pnl = study.split(lane), study.pnl(lane)
        monthly = float(np.bincount(months, pnl).std())
        risk = monthly * np.sqrt(12.0)
        made.append(
            {
                "rule": rule.name,
                "pnl": float(pnl.sum()) / span,
                "delta": float(parts["delta"].sum()) / span,
                "sd_daily": float(pnl.std()),
                "sd_monthly": monthly,
                "pnl_per_risk": float(pnl.sum()) / span / risk if risk else None,
                "hedge_costs": -float(parts["hedge_costs"].sum()) / span,
                "trades": float(np.count_nonzero(np.diff(study.units[:, lane]))) / span,
            }
        )
    return made


def per_year(study: Scalping, lane: int = 0) -> dict[str, float]:
    """Return the parts of a lane's P&L, USD a year, with the gamma gain that was to be expected.

    Returns
    -------
    dict
        `PARTS`, which add up to ``pnl``; ``expected_implied`` and ``expected_realised``, the gamma
        gain expected at either volatility.
    """
    span = years_of(study.exposure)
    return {name: float(column.sum()) / span for name, column in by_bar(study, lane).items()}


def by_period(study: Scalping, lane: int = 0, period: Period = "year") -> list[dict[str, Any]]:
    """Return what a lane gained in each calendar year or month, USD.

    Parameters
    ----------
    study, lane
        Which lane of what.
    period
        ``year`` or ``month``.

    Returns
    -------
    list of dict
        ``period``, ``2019`` or ``2019-01``, and the keys of `per_year`.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.research.scalping import Rule, expose, scalp
    >>> held = expose(hr.Straddle(tenor="30d"), hr.load("builtin"), start="2019-01-02")
    >>> [row["period"] for row in by_period(scalp(held, [Rule()]))]
    ['2019', '2020', '2021', '2022']
    """
    which, names = _periods(study.exposure, period)
    sums = {name: np.bincount(which, column) for name, column in by_bar(study, lane).items()}
    return [
        {"period": name, **{key: float(column[i]) for key, column in sums.items()}}
        for i, name in enumerate(names)
    ]


def by_bar(study: Scalping, lane: int = 0) -> dict[str, Floats]:
    """Return the keys of `per_year` with what was gained at each bar, USD, **shape** (T,)."""
    parts = study.split(lane)
    expected = {f"expected_{name}": column for name, column in study.exposure.expected.items()}
    return {**{name: parts[name] for name in PARTS}, "pnl": study.pnl(lane), **expected}


def _periods(exposure: Exposure, period: Period) -> tuple[NDArray[np.intp], list[str]]:
    """Return the number of each bar's period, **shape** (T,), and their names."""
    names, which = np.unique(exposure.times.astype(_UNITS[period]), return_inverse=True)
    return which, [str(name) for name in names]
