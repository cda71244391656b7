"""What a fund's holdings cost and owe: dispersions, the quick ratio, implied correlation."""

from __future__ import annotations

import numpy as np

from hedgerow.data.layouts import RATIOS
from hedgerow.data.quality import Findings
from hedgerow.data.rows import Rows, read_rows, sensible
from hedgerow.data.series import Floats, Series
from hedgerow.data.tables import Sheet
from hedgerow.pricing.correlation import implied_correlation

TOP = 10
"""Holdings, by weight, whose quick ratio counts."""
MOST_VOL = 5.0
"""A volatility beyond this decimal was written in points."""


def dispersion(weight: Floats, ratio: Floats) -> float:
    r"""Return how far ratios of holdings differ: weighted standard deviation of their logarithms.

    .. math:: \sqrt{\sum_i w_i (\ln r_i - \sum_j w_j \ln r_j)^2}

    A decimal: 0.4 is a typical distance of 40 % from the middle.  Ratios of zero or less, those of
    losses, are left out.

    Parameters
    ----------
    weight, ratio
        **Shape** (N,); weights are scaled to sum to 1.

    Returns
    -------
    float
        NaN with fewer than two ratios.

    Examples
    --------
    >>> round(dispersion(np.array([1.0, 1.0]), np.array([10.0, 40.0])), 4)
    0.6931
    """
    known = np.isfinite(ratio) & (ratio > 0.0) & (weight > 0.0)
    if known.sum() < 2:
        return float("nan")
    share = weight[known] / weight[known].sum()
    log = np.log(ratio[known])
    return float(np.sqrt(share @ (log - share @ log) ** 2))


def quick_ratio(weight: Floats, ratio: Floats, top: int = TOP) -> float:
    """Return the weighted mean quick ratio of the largest holdings that have one, NaN if none.

    Examples
    --------
    >>> round(quick_ratio(np.array([0.6, 0.3, 0.1]), np.array([1.0, 2.5, 9.0]), top=2), 12)
    1.5
    """
    known = np.flatnonzero(np.isfinite(ratio) & (weight > 0.0))
    best = known[np.argsort(-weight[known], kind="stable")][:top]
    share = weight[best].sum()
    return float(weight[best] @ ratio[best] / share) if len(best) else float("nan")


def read_fundamentals(sheets: list[Sheet], findings: Findings) -> list[Series]:
    """Return dispersions and the quick ratio by date from ``date,symbol,weight,pe,pcf,…``.

    Raises
    ------
    DataError
        If a cell cannot be read or a holding stands twice on a date.
    """
    rows = read_rows(sheets, ["weight"], findings, perhaps=RATIOS)
    told = [name for name in RATIOS if name in rows.numbers]
    weight = sensible(rows, "weight", 0.0, 100.0, "weights are shares or per cent", findings)
    weight = np.nan_to_num(weight)
    for name in {"pe", "pcf"}.intersection(told):
        _note_losses(rows, name, findings)
    made = {"pe": "pe_dispersion", "pcf": "pcf_dispersion", "quick_ratio": "quick_ratio"}
    days = list(rows.days())
    dates = np.array([day for day, _ in days], dtype="datetime64[D]")
    found = []
    for name in told:
        measure = quick_ratio if name == "quick_ratio" else dispersion
        values = [measure(weight[part], rows.numbers[name][part]) for _, part in days]
        found.append(Series(made[name], dates, np.array(values), rows.source))
    return found


def _note_losses(rows: Rows, name: str, findings: Findings) -> None:
    at = np.flatnonzero(rows.numbers[name] <= 0.0)
    if len(at):
        findings.add(
            "ratio-negative",
            f"{len(at)} ratios of zero or less are left out of the dispersion",
            action="noted",
            file=rows.source,
            column=name,
            count=len(at),
            first=[f"{rows.date[i]} {rows.word[i]}" for i in at[:5]],
        )


def read_vols(sheets: list[Sheet], index: Series, findings: Findings) -> Series:
    """Return the implied correlation of members' volatilities and the index's, points, by date.

    Parameters
    ----------
    sheets
        Tables ``date,symbol,weight,vol`` of decimals, at the index volatility's maturity.
    index
        The index's volatility, points.
    findings
        Where what is dropped is written.
    """
    rows = read_rows(sheets, ["weight", "vol"], findings)
    weight = np.nan_to_num(sensible(rows, "weight", 0.0, 100.0, "weights are shares", findings))
    vol = sensible(rows, "vol", 1e-4, MOST_VOL, "write 0.30 for 30 %", findings)
    days, values = [], []
    for day, part in rows.days():
        known = np.flatnonzero(np.isfinite(vol[part]) & (weight[part] > 0.0))
        at = np.flatnonzero(index.dates == day)
        if len(known) > 1 and len(at):
            level = index.values[at[0]] / 100.0
            members = implied_correlation(level, weight[part][known], vol[part][known])
            days.append(day)
            values.append(100.0 * float(members))
    return Series("cor_members", np.array(days, "datetime64[D]"), np.array(values), rows.source)
