"""What a replay came to: gains with and without the hedge, and what the machine did when."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.data.session_grid import ZONE
from hedgerow.policies.layered import Layered
from hedgerow.policies.layered_states import State, reason
from hedgerow.research.performance import drawdowns
from hedgerow.shortvol.intraday.replay import Replay

WAYS = ("alone", "hedged", "fixed")
HARD = "hard_limit"


def way_pnl(found: Replay) -> dict[str, Floats]:
    """Return USD earned over each bar by the book alone, with the hedge, and with a fixed one."""
    pnl = found.pnl
    return {
        "alone": pnl["book"],
        "hedged": pnl["book"] + pnl["hedge"],
        "fixed": pnl["book"] + pnl["fixed"],
    }


def of_ways(found: Replay) -> dict[str, dict[str, Any]]:
    """Return the figures of each of `WAYS`, USD; ``drawdown`` a decimal of the account, ≤ 0."""
    made = {}
    days = found.hedge.dates
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
    costs = {"alone": 0.0, "hedged": _cost(found, "hedge"), "fixed": _cost(found, "fixed")}
    hedge = {"alone": 0.0, "hedged": "hedge", "fixed": "fixed"}
    for name, pnl in way_pnl(found).items():
        day = np.add.reduceat(pnl, starts)
        worth = found.terms.value + np.r_[0.0, np.cumsum(pnl)]
        worst, low = int(np.argmin(day)), int(np.argmin(pnl))
        source = hedge[name]
        made[name] = {
            "pnl": float(pnl.sum()),
            "hedge_pnl": float(found.pnl[source].sum()) if isinstance(source, str) else 0.0,
            "hedge_cost": costs[name],
            "worst_day": float(day[worst]),
            "worst_day_on": str(days[starts[worst]]),
            "worst_bar": float(pnl[low]),
            "worst_bar_at": str(local_times(found)[low]),
            "drawdown": float(drawdowns(worth).min()),
        }
    return made


def _cost(found: Replay, name: str) -> float:
    return float((found.hedge if name == "hedge" else found.fixed)["cost"].sum())


def local_times(found: Replay) -> NDArray[np.str_]:
    """Return the ends of bars on New York's clocks, ``YYYY-MM-DD HH:MM``, **shape** (T,)."""
    import pandas as pd

    there = pd.DatetimeIndex(found.hedge.times, tz="UTC").tz_convert(ZONE)
    return np.asarray(there.strftime("%Y-%m-%d %H:%M"), dtype=np.str_)


def states(found: Replay) -> NDArray[np.str_]:
    """Return the state in words after each bar, **shape** (T,); empty texts without a machine."""
    if found.machine != Layered.kind:
        return np.full(len(found), "", dtype=np.str_)
    names = np.array([state.title for state in State])
    return np.asarray(names[found.remembered("state").astype(np.int64)])


def reasons(found: Replay) -> NDArray[np.str_]:
    """Return the name of the transition at each bar, **shape** (T,); empty where there was none."""
    if found.machine != Layered.kind:
        return np.full(len(found), "", dtype=np.str_)
    codes = found.remembered("reason")
    known = {code: reason(float(code)) for code in np.unique(codes)}
    names = {code: "" if each is None else each.name for code, each in known.items()}
    return np.array([names[code] for code in codes], dtype=np.str_)


def transitions(found: Replay) -> list[dict[str, Any]]:
    """Return one row for each bar at which the machine did something.

    Rows have ``time`` (end of the bar, New York), ``state`` after it, ``reason``, ``iv`` (points),
    ``spx``, ``wanted`` and ``held`` (shares: asked for at the bar, and held when it ended), and
    ``waits``: whether the order had to wait for a window.
    """
    why, state, times = reasons(found), states(found), local_times(found)
    waits, vix, spx = found.waits(), found.column("vix"), found.column("spx")
    return [
        {
            "time": str(times[t]),
            "state": str(state[t]),
            "reason": str(why[t]),
            "iv": float(vix[t]),
            "spx": float(spx[t]),
            "wanted": float(found.wanted[t]),
            "held": float(found.hedge["held"][t]),
            "waits": bool(waits[t] > 0.0),
        }
        for t in np.flatnonzero(why != "")
    ]


def activity(found: Replay) -> dict[str, Any]:
    """Return how often the hedge traded, waited and was forced, and the most that it held."""
    traded, waits = found.hedge["traded"], found.waits()
    return {
        "bars": len(found),
        "sessions": len(np.unique(found.hedge.dates)),
        "trades": int((traded > 0.0).sum()),
        "bars_waiting": int((waits > 0.0).sum()),
        "hard_limits": int((reasons(found) == HARD).sum()),
        "most_held": float(found.hedge["held"].max()),
        "condors": len(found.book.entries),
    }
