"""The answer as a table of plain text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import Any

from hedgerow.report import formats, verdict
from hedgerow.report.divest import sentence
from hedgerow.report.formats import NOT_ADVICE, number, usd
from hedgerow.research.comparison import Comparison
from hedgerow.research.gate.judgement import Judgement, judge
from hedgerow.research.reservations import SHORT_DATED

__all__ = ["ROWS", "percent", "summarise"]

ROWS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("Final NAV", "nav_end", usd),
    ("Return a year", "annual_return", lambda v: percent(v, 2)),
    ("Volatility", "annual_vol", lambda v: percent(v, 2)),
    ("Sharpe (over bills)", "sharpe_excess", number),
    ("Max drawdown", "max_drawdown", lambda v: percent(v, 1)),
    ("Hedge P&L", "hedge_pnl", usd),
    ("Theta and roll paid", "carry_paid", usd),
    ("Transaction costs", "transaction_costs", usd),
    ("Hedge cost a year", "hedge_cost_per_year", lambda v: percent(v, 2)),
    ("Trades a year", "trades_per_year", lambda v: number(v, 1)),
    ("Mean intensity", "mean_x", number),
)


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share as a percentage, or a dash where there is none."""
    return formats.percent(value, digits)


def summarise(found: Comparison, judged: Judgement | None = None) -> str:
    """Return the finished table: what it cost, what it saved, and whether to trust it.

    Parameters
    ----------
    found
        The backtest.
    judged
        What the gate says of it; by default it is asked what needs no resampling.
    """
    lines = [f"{found.policy.name} with {found.sleeve.name}", ""]
    for period, title in (("test", "Out of sample"), ("all", "Whole run")):
        span = found.periods[period]
        lines.append(f"{title}: {span['from']} … {span['to']} ({span['sessions']:,} sessions)")
        lines += _strategies(found.strategies[period])
        saved = found.saving[period]["saving"]
        told = "none, for it lost its portfolio" if found.ruined else percent(saved)
        lines.append(f"  Saving against static (C3): {told}{_net(found, period)}")
        lines += [*_matched(found, period), *_divest(found, period), ""]
    lines += _crises(found)
    lines += ["", _triggers(found), _flags(found), _lookahead(found)]
    lines += [*_luck(found), _origin(found)]
    lines += [SHORT_DATED] if SHORT_DATED in found.assumptions else []
    lines += [*verdict.told(judged or judge(found, resamples=0)), NOT_ADVICE]
    return "\n".join(lines)


def _net(found: Comparison, period: str) -> str:
    """Say it where the saving and the money made or lost point different ways."""
    saved = found.saving[period]
    better, cheaper = saved["pnl_difference"] > 0.0, (saved["saving"] or 0.0) > 0.0
    if better == cheaper or saved["saving"] is None:
        return ""
    return ", yet it lost more in all" if cheaper else ", yet it lost less in all"


def _matched(found: Comparison, period: str) -> list[str]:
    """Return the line on a fixed hedge that costs the same."""
    if found.matched is None:
        return []
    made = found.matched["strategies"][period]
    said = (
        f"  A fixed hedge of {found.matched['scale']:.2f}× costs as much: hedge P&L "
        f"{usd(made['hedge_pnl'])}, Sharpe {number(made['sharpe_excess'])}, "
        f"max drawdown {percent(made['max_drawdown'], 1)}"
    )
    if period == "test" and found.matched["her"] is not None:
        ours, its = found.matched["dynamic_her"], found.matched["her"]
        said += f", HER {percent(its, 1)} against {percent(ours, 1)}"
    return [said]


def _divest(found: Comparison, period: str) -> list[str]:
    """Return the line on holding less equity instead (D9)."""
    said = f"{sentence(found.divest['dynamic'])}."
    return indented(said) if period == "test" else []


def indented(text: str) -> list[str]:
    """Return a long sentence as lines of at most 100 signs, set in by two spaces."""
    return wrap(text, 100, initial_indent="  ", subsequent_indent="    ")


def _strategies(made: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [f"  {'':<22}{'unhedged':>16}{'static':>16}{'dynamic':>16}"]
    for title, key, show in ROWS:
        cells = []
        for name in ("unhedged", "static", "dynamic"):
            value = made[name][key]
            idle = name == "unhedged" and key not in {
                "nav_end", "annual_return", "annual_vol", "sharpe_excess", "max_drawdown"
            }  # fmt: skip
            cells.append("–" if idle or math.isnan(value) else show(value))
        lines.append(f"  {title:<22}" + "".join(f"{cell:>16}" for cell in cells))
    return lines


def _crises(found: Comparison) -> list[str]:
    head = f"  {'Crisis':<22}{'portfolio':>10}{'loss':>14}{'static':>14}{'dynamic':>14}"
    lines = ["What the hedge gave back (HER, C4)", head + f"{'HER st.':>9}{'HER dyn.':>9}"]
    always = all(row["modelled"] == 1.0 for row in found.crises)
    for row in found.crises:
        partly = row["modelled"] > 0.0 and not always
        name = row["name"] + (" *" if row["partial"] else "") + (" †" if partly else "")
        lines.append(
            f"  {name:<22}{percent(row['portfolio_return'], 1):>10}"
            f"{usd(row['portfolio_loss']):>14}"
            f"{usd(row['static_gain']):>14}"
            f"{usd(row['dynamic_gain']):>14}"
            f"{percent(row['static_her']):>9}{percent(row['dynamic_her']):>9}"
        )
    if not found.crises:
        lines.append("  none in this stretch")
    if any(row["partial"] for row in found.crises):
        lines.append("  * only partly covered by the run")
    for row in found.crises:
        if row["modelled"] > 0.0 and not always:
            lines.append(
                f"  † {row['name']}: hedge prices modelled on {row['modelled']:.0%} of days"
            )
    her = found.her
    lines.append(
        f"  All crises together: static {percent(her['static_her'])}, "
        f"dynamic {percent(her['dynamic_her'])}"
    )
    if found.ruined:
        lines.append("  The static hedge lost its portfolio: HER beside it says nothing")
    return lines


def _triggers(found: Comparison) -> str:
    counts = found.triggers
    fired = ", ".join(f"{name} {n}" for name, n in counts["legs"].items() if n)
    return f"Trigger: acted on {counts['acted']:,} of {counts['decisions']:,} closes" + (
        f" ({fired})" if fired else ""
    )


def _flags(found: Comparison) -> str:
    raised = [flag for flag in found.flags if flag.raised]
    if not raised:
        return "Red flags (D6): none"
    return "Red flags (D6): " + "; ".join(f"{flag.name}: {flag.detail}" for flag in raised)


def _lookahead(found: Comparison) -> str:
    failed = [verdict for verdict in found.lookahead if not verdict.passed]
    if failed:
        return "LOOK-AHEAD (D8): " + "; ".join(f"{v.name}: {v.detail}" for v in failed)
    return f"Look-ahead test (D8): passed ({len(found.lookahead)} checks)"


def _luck(found: Comparison) -> list[str]:
    """Return what the number of trials leaves of the Sharpe ratio (D7)."""
    return wrap(str(found.luck), 100, subsequent_indent="  ") if found.luck else []


def _origin(found: Comparison) -> str:
    said = []
    for name in ("vix", "hedge prices"):
        if name in found.provenance:
            share = found.provenance[name]["modelled"]
            said.append(f"{name} {share:.0%} modelled")
    counts: dict[str, int] = {}
    for finding in found.findings:
        counts[finding["rule"]] = counts.get(finding["rule"], 0) + 1
    if counts:
        told = ", ".join(f"{rule} {n}" for rule, n in sorted(counts.items()))
        said.append(f"{len(found.findings)} findings ({told}): see hedgerow data check")
    return "Data: " + ", ".join(said)
