"""Markets in which it is known what the best number is, or that there is none."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.instruments.sizes import Notional
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.rules import Tiers
from hedgerow.policies.signals import Level

TRUE = 20.0
"""Above this much fear the index falls once an order of that day has been filled."""

SHORT = Underlying(size=Notional(-1.0), financed=False)
"""A hedge that gains what the index loses."""

RULE = Policy([Tiers("fear", first=18.0, second=90.0)], [Level("fear")], name="fear", raw=True)
EDGES = {"tiers.first": [12.0, 15.0, 18.0, 20.0, 22.0, 25.0, 28.0]}


def market(sessions: int = 1_000, *, edge: float = 0.004, seed: int = 3) -> Market:
    """Return a market of fear and falls; without an ``edge`` the one tells nothing of the other."""
    rng = np.random.default_rng(seed)
    days = np.arange(
        np.datetime64("2001-01-01", "D"), np.datetime64("2001-01-01", "D") + 2 * sessions
    )
    days = days[np.is_busday(days)][:sessions]
    fear = rng.uniform(10.0, 30.0, sessions)
    returns = rng.normal(0.0, 0.008, sessions)
    # decided at t, filled at t+1, earned over t+1 … t+2
    returns[2:] += np.where(fear[:-2] > TRUE, -edge, edge)
    return Market(
        days.astype("datetime64[ns]"),
        {
            "spx": 2_000.0 * np.exp(np.cumsum(returns)),
            "vix": np.full(sessions, 16.0),
            "fear": fear,
            "rate": np.zeros(sessions),
            "dividend_yield": np.zeros(sessions),
        },
    )
