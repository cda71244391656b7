"""One backtest of the Lab, in a process of its own: ``python -m hedgerow.web.lab_work``.

What is asked comes as a line of JSON on standard input; answers are lines of JSON, as
:mod:`hedgerow.live.lab.jobs` reads them.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import hedgerow.policies  # noqa: F401  # fills the catalogue that texts name
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError
from hedgerow.instruments.catalog import sleeve_from_table
from hedgerow.instruments.costs import Costs
from hedgerow.report.charts import readable_rows
from hedgerow.research.comparison import Comparison
from hedgerow.research.performance import drawdowns

STEPS = 4
"""Data, the policy that is tried, the book's own, the verdict."""

MEMORY = 8 * 1024**3
"""Bytes of addresses that a run may have, most of them never used."""

POINTS = 300
"""Stretches of the run of which the pictures keep ends and extremes."""


def run(asked: Mapping[str, Any], tell: Callable[[int], None]) -> dict[str, Any]:
    """Run what is asked, and the book's own policy on the same data beside it.

    Parameters
    ----------
    asked
        ``place`` and ``run`` of the book; ``source`` (``builtin``, ``auto``, ``book``), ``start``,
        ``end``, ``split``, ``portfolio`` and ``costs`` (tables); ``tried`` and ``own``, each
        ``{"policy": TOML, "sleeve": table}``, the second may be None.
    tell
        Called with the number of steps done.

    Raises
    ------
    HedgerowError
        If it cannot be run.
    """
    from hedgerow.api import backtest, load, plain

    source = asked["source"]
    market = _tape(asked) if source == "book" else load(source)
    tell(1)

    def result(one: Mapping[str, Any]) -> Any:
        return backtest(
            Policy.from_toml(one["policy"]),
            market,
            sleeve_from_table(one["sleeve"]),
            portfolio=Equity(**asked["portfolio"]),
            costs=Costs(**asked["costs"]),
            start=asked["start"],
            end=asked["end"],
            split=asked["split"],
            source=source,
        )

    tried = result(asked["tried"])
    tell(2)
    own = result(asked["own"]) if asked["own"] is not None else None
    tell(3)
    verdict = tried.verdict
    made = {
        "tried": figures(tried.found),
        "own": None if own is None else figures(own.found),
        "verdict": verdict.to_dict(),
        "assumptions": tried.found.assumptions,
        "luck": str(tried.luck) if tried.luck is not None else "",
        "lines": _lines(tried.found, None if own is None else own.found),
    }
    found: dict[str, Any] = plain(made)
    return found


def figures(found: Comparison) -> dict[str, Any]:
    """Return what a run is compared by, of its test part: shares as decimals, USD.

    ``cost`` is paid a year as a part of NAV, ``protection`` the part of crisis losses given back,
    ``lead`` that of a fixed hedge of equal cost subtracted, ``saving`` against the fixed hedge.
    """
    test = found.strategies["test"]
    dynamic, fixed, matched = test["dynamic"], test["static"], found.matched
    lead = None
    if matched is not None and None not in (matched["her"], matched["dynamic_her"]):
        lead = matched["dynamic_her"] - matched["her"]
    return {
        "policy": found.policy.name,
        "sleeve": found.sleeve.name,
        "from": found.periods["test"]["from"],
        "to": found.periods["test"]["to"],
        "sessions": found.periods["test"]["sessions"],
        "cost": dynamic["hedge_cost_per_year"],
        "cost_fixed": fixed["hedge_cost_per_year"],
        "saving": found.saving["test"]["saving"],
        "protection": found.her["dynamic_her"],
        "protection_fixed": found.her["static_her"],
        "lead": lead,
        "fall": dynamic["max_drawdown"],
        "fall_unhedged": test["unhedged"]["max_drawdown"],
        "return": dynamic["annual_return"],
        "return_unhedged": test["unhedged"]["annual_return"],
        "sharpe": dynamic["sharpe_excess"],
        "intensity": dynamic["mean_x"],
        "trades": dynamic["trades_per_year"],
        "track": found.tracks["dynamic"].digest(),
    }


def _lines(tried: Comparison, own: Comparison | None) -> dict[str, Any]:
    """Return the points that pictures are drawn from, and the first day of the test part."""
    track = tried.tracks["dynamic"]
    columns: dict[str, Floats] = {
        "unhedged": tried.tracks["unhedged"]["nav"],
        "tried": track["nav"],
        "fall_unhedged": drawdowns(tried.tracks["unhedged"]["nav"]),
        "fall_tried": drawdowns(track["nav"]),
        "x_tried": track["x"],
    }
    if own is not None and len(own.tracks["dynamic"]) == len(track):
        columns["own"] = own.tracks["dynamic"]["nav"]
        columns["fall_own"] = drawdowns(columns["own"])
        columns["x_own"] = own.tracks["dynamic"]["x"]
    rows = readable_rows([columns["tried"], columns["unhedged"]], POINTS)
    days = track.dates.astype("datetime64[D]")
    return {
        "days": [str(day) for day in days[rows]],
        "test": str(days[tried.split.test][0]),
        **{name: [_short(value) for value in column[rows]] for name, column in columns.items()},
    }


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _tape(asked: Mapping[str, Any]) -> Market:
    from hedgerow.live.store import Store

    return Store(asked["place"]).market(asked["run"])


def main() -> int:
    """Answer what standard input asks; a mistake is a sentence, anything else a bug."""
    os.nice(10)
    _bound()
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_dashboard, daemon=True).start()

    def say(word: Mapping[str, Any]) -> None:
        print(json.dumps(word), flush=True)

    try:
        say({"found": run(asked, lambda done: say({"done": done, "total": STEPS}))})
    except HedgerowError as error:
        say({"refused": str(error)})
    return 0


def _bound() -> None:
    """Take no more memory than a backtest needs, whatever is asked."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    least = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (least, most))


def _end_with_the_dashboard() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
