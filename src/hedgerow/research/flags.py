"""Red flags: results that are more likely mistakes than discoveries (spec D6)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from hedgerow.core.policy import Policy
from hedgerow.research.performance import lost

MAX_SHARPE = 1.5
MAX_WIN_RATE = 0.80
MAX_INPUTS = 3
MAX_TRADES = 20.0
ONE_CRISIS = 0.80
"""Share of all crisis gains that one crisis may bring before it counts as the only one."""


class Flag(NamedTuple):
    """One check and its outcome."""

    name: str
    raised: bool
    detail: str


def check(
    policy: Policy,
    dynamic: dict[str, Any],
    crises: list[dict[str, Any]],
    *,
    same_bar: bool,
    fixed: Mapping[str, Any] | None = None,
) -> list[Flag]:
    """Return every check of D6, raised or not.

    Parameters
    ----------
    policy
        The policy that was run.
    dynamic
        Its statistics over the stretch that is judged.
    crises
        The crisis table of the run.
    same_bar
        Whether orders were filled at the bar that decided them.
    fixed
        Statistics of the fixed hedge over the whole run, if there is one beside.
    """
    best, share = leading(crises)
    inputs = len(policy.signals)
    ruined = lost(dynamic)
    ratio, wins, trades = dynamic["sharpe"], dynamic["win_rate"], dynamic["trades_per_year"]
    return [
        Flag("sharpe", ratio > MAX_SHARPE, f"Sharpe {ratio:.2f}, flagged above {MAX_SHARPE}"),
        Flag(
            "win rate",
            wins > MAX_WIN_RATE,
            f"the hedge gained on {wins:.0%} of days, flagged above {MAX_WIN_RATE:.0%}"
            if math.isfinite(wins)
            else "the hedge was never held",
        ),
        Flag(
            "one crisis only",
            share > ONE_CRISIS,
            f"{best} brought {share:.0%} of all crisis gains" if best else "no crisis in the run",
        ),
        Flag(
            "inputs",
            inputs > MAX_INPUTS,
            f"{inputs} signal{'s' if inputs != 1 else ''}, flagged above {MAX_INPUTS}",
        ),
        Flag(
            "trades",
            trades > MAX_TRADES,
            f"{trades:.1f} trades a year, flagged above about {MAX_TRADES:.0f}",
        ),
        Flag(
            "ruin",
            ruined,
            "NAV fell to nothing: no number after that means anything"
            if ruined
            else "NAV stayed above zero",
        ),
        Flag(
            "same-bar fills",
            same_bar,
            "orders filled at the close that decided them"
            if same_bar
            else "orders filled one bar after the decision",
        ),
        *([] if fixed is None else [_beside(fixed)]),
    ]


def _beside(fixed: Mapping[str, Any]) -> Flag:
    """Return whether the fixed hedge is one that anything can be measured against."""
    said = "the fixed hedge kept its portfolio"
    if lost(fixed):
        said = (
            f"its NAV fell {min(-fixed['max_drawdown'], 1.0):.1%}, so no saving or HER against it "
            "means anything: give a smaller size"
        )
    return Flag("fixed hedge ruined", lost(fixed), said)


def leading(crises: list[dict[str, Any]]) -> tuple[str, float]:
    """Return the crisis that brought most, and its share of the gains of all; "" of none."""
    gains = {row["name"]: max(row["dynamic_gain"], 0.0) for row in crises}
    total = sum(gains.values())
    best = max(gains, key=lambda name: gains[name], default="")
    return best, gains[best] / total if total > 0.0 else 0.0
