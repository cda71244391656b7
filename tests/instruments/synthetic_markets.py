"""Synthetic markets with known seeds."""

import numpy as np

from hedgerow.core.expiry import sessions_ahead, third_friday, vix_settlement
from hedgerow.core.market import Market


def sessions(count, first="2003-01-02"):
    """Scheduled New York sessions from ``first`` on, ``datetime64[D]``."""
    days = np.datetime64(first) + np.arange(2 * count + 10)
    return days[sessions_ahead(days, 0) == days][:count]


def make_market(count=900, seed=3, futures=False, first="2003-01-02", term=False):
    rng = np.random.default_rng(seed)
    days = sessions(count, first)
    shocks = np.zeros(count)
    shocks[1:] = rng.normal(0.0, 0.06, count - 1)
    logs = np.empty(count)
    logs[0] = np.log(18.0)
    for t in range(1, count):
        logs[t] = logs[t - 1] + 0.02 * (np.log(18.0) - logs[t - 1]) + shocks[t]
    vix = np.exp(logs)
    spot = 1000.0 * np.exp(np.cumsum(0.0003 - 0.12 * shocks + rng.normal(0, 0.004, count)))
    columns = {"spx": spot, "vix": vix, "rate": 0.02 + 0.01 * np.sin(np.arange(count) / 200.0)}
    columns |= mornings(days, spot, np.random.default_rng(seed))
    if term:
        columns["vix3m"] = vix**0.85 * 1.7
    if futures:
        columns |= quoted_futures(days, vix, rng)
    return Market(days.astype("datetime64[ns]"), columns)


def mornings(days, spot, rng):
    """First prints with holes, and special quotations of some third Fridays."""
    first = spot * np.exp(rng.normal(0.0, 0.005, len(days)))
    first[rng.random(len(days)) < 0.3] = np.nan
    soq = np.full(len(days), np.nan)
    friday = np.isin(days, third_friday(np.unique(days.astype("M8[M]"))))
    chosen = friday & (rng.random(len(days)) < 0.5)
    soq[chosen] = (spot * np.exp(rng.normal(0.0, 0.005, len(days))))[chosen]
    return {"spx_open": first, "spx_soq": soq}


def quoted_futures(days, vix, rng):
    """Eight monthly contracts with a basis of their own, ranked by calendar."""
    months = np.arange(days[0].astype("M8[M]"), days[-1].astype("M8[M]") + 14)
    settles = vix_settlement(months)
    first = np.searchsorted(settles, days, side="right")
    columns = {}
    noise = rng.normal(0.0, 0.02, len(months))
    for rank in range(8):
        number = first + rank
        years = (settles[number] - days).astype(float) / 365
        fade = np.exp(-2.5 * years)
        columns[f"vx{rank + 1}"] = (22.0 * (1 - fade) + vix * fade) * (
            1 + noise[number] * (1 - fade)
        )
        columns[f"vx{rank + 1}_expiry"] = settles[number].astype("M8[D]").astype(float)
    return columns
