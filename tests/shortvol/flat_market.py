"""A market of New York sessions on which nothing happens but what a test says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hedgerow.core.expiry import holidays
from hedgerow.core.market import Market


def flat_market(
    spx: Mapping[str, float] | None = None,
    vix: Mapping[str, float] | None = None,
    *,
    start: str = "2018-12-10",
    end: str = "2019-04-30",
) -> Market:
    """The index at 3000 and VIX at 20, each at another level from the dates given on."""
    days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D"))
    days = days[np.is_busday(days, holidays=holidays(2018, 2020))]
    columns = {"spx": np.full(len(days), 3000.0), "vix": np.full(len(days), 20.0)}
    for name, changes in (("spx", spx or {}), ("vix", vix or {})):
        for day, level in changes.items():
            columns[name][days >= np.datetime64(day, "D")] = level
    columns["rate"] = np.full(len(days), 0.02)
    columns["dividend_yield"] = np.full(len(days), 0.018)
    return Market(days.astype("datetime64[ns]"), columns)
