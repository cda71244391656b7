"""Whether the numbers can be true at all: look-ahead, costs, fills, data, red flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.instruments.costs import Costs
from hedgerow.research import flags
from hedgerow.research.comparison import Comparison
from hedgerow.research.gate.item import Item, Outcome, passed
from hedgerow.research.gate.thresholds import Thresholds
from hedgerow.research.performance import GONE

SOFT = {
    "sharpe": "Sharpe ratio",
    "win rate": "Win rate",
    "one crisis only": "One crisis only",
    "inputs": "Number of signals",
    "trades": "Number of trades",
    "ruin": "Ruin",
}
"""Red flags by name, as a reader is asked; same-bar fills have an item of their own."""


def lookahead(found: Comparison) -> Item:
    """Ask whether a signal, the sleeve or the policy knew the future (D8)."""
    bad = [verdict for verdict in found.lookahead if not verdict.passed]
    many = len(found.lookahead)
    said = (
        f"It knew the future: {bad[0].name}: {bad[0].detail}"
        if bad
        else f"Nothing changes when the future is cut off ({many} checks)"
    )
    return passed("lookahead", "Look-ahead test (D8)", not bad, said, float(len(bad)), 0.0)


def costs(found: Comparison, asked: Thresholds) -> Item:
    """Ask whether trading was paid for, at least a part of what the same run usually pays (D2)."""
    made = found.strategies["all"]["dynamic"]
    paid, trades = made["transaction_costs"], made["trades"]
    share = 1.0 if found.costs == Costs() else _share(found)
    free = share < asked.costs or (trades > 0 and not paid > 0.0)
    told = f"{trades:,} trades cost {paid:,.0f} dollars in half-spreads and fees"
    if share < 1.0:
        told += f", {share:.0%} of the usual"
    if free:
        told = f"{trades:,} trades cost next to nothing: half-spreads and fees are off"
    return passed("costs", "Costs are on (D2)", not free, told, share, asked.costs)


def _share(found: Comparison) -> float:
    """Return what was paid, as a part of what the same policy pays at the usual costs."""
    ground = found.ground
    usual = run.prepare(
        ground.market, found.sleeve, found.portfolio, costs=Costs(), lookback=ground.first + 1,
        same_bar=ground.same_bar,
    )  # fmt: skip
    paid, most = (
        float(track["cost"].sum())
        for track in (found.tracks["dynamic"], run.play("usual costs", found.policy, usual))
    )
    return paid / most if most > 0.0 else 1.0


def fills(found: Comparison) -> Item:
    """Ask whether orders were filled after the close that decided them."""
    same = found.ground.same_bar
    said = (
        "Orders were filled at the very close that decided them, which nobody can do"
        if same
        else "Orders decided at a close are filled at the next one"
    )
    return passed("fills", "Fills a bar later", not same, said, 0.0 if same else 1.0, 1.0)


def modelled(found: Comparison, asked: Thresholds) -> Item:
    """Ask how much of the prices is a model's, over the run and where the hedge gained."""
    shares = {
        name: found.provenance[name]["modelled"]
        for name in ("hedge prices", "vix")
        if name in found.provenance
    }
    gains = {row["name"]: max(row["dynamic_gain"], 0.0) for row in found.crises}
    whole = sum(gains.values())
    if whole > 0.0:
        parts = (gains[row["name"]] * row["modelled"] for row in found.crises)
        shares["crisis gains"] = sum(parts) / whole
    worst = max(shares.values(), default=0.0)
    told = ", ".join(
        f"{'VIX' if name == 'vix' else name} {share:.0%}" for name, share in shares.items()
    )
    crises = [row["name"] for row in found.crises if row["modelled"] > asked.modelled]
    said = f"From a model: {told}"
    if crises:
        said += f"; hedge prices mostly so in {len(crises)} of {len(found.crises)} crises"
    if worst > asked.modelled:
        said += ". What a model charges is no proof of what a dealer would"
    outcome = Outcome.UNKNOWN if worst > asked.modelled else Outcome.PASS
    return Item("modelled", "Modelled share of data", outcome, said, worst, asked.modelled)


def red_flags(found: Comparison) -> list[Item]:
    """Ask each red flag of D6 but that of same-bar fills."""
    return told_flags(found.flags, found.strategies["test"]["dynamic"], found.crises, found.policy)


def told_flags(
    raised: Iterable[flags.Flag],
    made: Mapping[str, Any],
    rows: list[dict[str, Any]],
    policy: Policy,
) -> list[Item]:
    """Return red flags as items.

    Parameters
    ----------
    raised
        What :func:`hedgerow.research.flags.check` returned.
    made, rows, policy
        What it was given.
    """
    numbers = {
        "sharpe": (made["sharpe"], flags.MAX_SHARPE),
        "win rate": (made["win_rate"], flags.MAX_WIN_RATE),
        "one crisis only": (flags.leading(rows)[1], flags.ONE_CRISIS),
        "inputs": (len(policy.signals), flags.MAX_INPUTS),
        "trades": (made["trades_per_year"], flags.MAX_TRADES),
        "ruin": (made["max_drawdown"], -GONE),
    }
    return [
        passed(
            f"flag_{flag.name.replace(' ', '_').removesuffix('_only')}",
            f"{SOFT[flag.name]} (D6)",
            not flag.raised,
            flag.detail[:1].upper() + flag.detail[1:],
            *(float(number) for number in numbers[flag.name]),
        )
        for flag in raised
        if flag.name in SOFT
    ]
