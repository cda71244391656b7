"""A synthetic market with crashes, for tests that need no files."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Market


def market(sessions: int = 900, seed: int = 7, start: str = "2017-01-02") -> Market:
    """Weekdays with a falling index now and then and a VIX that answers it."""
    rng = np.random.default_rng(seed)
    days = np.arange(np.datetime64(start, "D"), np.datetime64(start, "D") + sessions * 2)
    days = days[np.is_busday(days)][:sessions]
    stress = np.zeros(sessions)
    level = 0.0
    for t in range(sessions):
        level = 0.95 * level + (4.0 if rng.random() < 0.01 else 0.0)
        stress[t] = level
    vix = 13.0 + 4.0 * stress + np.abs(rng.normal(0.0, 1.0, sessions)).cumsum() % 3.0
    returns = rng.normal(0.0006, 0.006, sessions) - 0.003 * stress
    spot = 2000.0 * np.exp(np.cumsum(returns))
    swing = np.diff(vix, prepend=vix[0])  # of both signs, as histograms are
    return Market(
        days.astype("datetime64[ns]"),
        {
            "swing": swing,
            "swing_before": np.r_[0.0, swing[:-1]],
            "spx": spot,
            "spx_open": spot * np.exp(rng.normal(0.0, 0.006, sessions)),
            "vix": vix,
            "rate": np.full(sessions, 0.02),
            "dividend_yield": np.full(sessions, 0.018),
        },
    )


def informed(sessions: int = 900) -> Market:
    """The same market with columns that only files of a user's own bring."""
    data = market(sessions)
    rng = np.random.default_rng(11)
    row = np.arange(sessions)
    funds = data["spx"][:, None] * np.exp(rng.normal(0.0, 0.01, (sessions, 4)).cumsum(axis=0))
    return data.with_columns(
        {
            "event_fomc_in": (30.0 - row) % 31.0,
            "event_cpi_in": (20.0 - row) % 21.0,
            "breadth": rng.normal(20.0, 900.0, sessions).cumsum(),
            "sector_shift": np.abs(rng.normal(0.0, 1.0, sessions)),
            **dict(zip(("xlb", "xle", "xlf", "xlk"), funds.T, strict=True)),
            "hy_spread": 0.04 + 0.001 * rng.normal(size=sessions).cumsum(),
        }
    )
