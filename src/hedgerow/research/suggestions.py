"""What a month's numbers say to look at: plain rules, each with the numbers that led to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hedgerow.research.flags import MAX_TRADES
from hedgerow.research.months import Month

COSTS = 0.25
"""Part of the hedge's gain, or of what time took, above which costs are told."""

RESIDUAL = 0.20
"""Part of the lines' gains above which the residual is told."""

BUDGET = 0.80
"""Part of the year's budget above which it is told, if less of the year has passed."""

CRASH = -0.05
"""Fall of the portfolio within a month from which on the hedge is asked what it gave back."""

NEAR_END = 0.95
"""Part of the year from which on what is left of its budget binds little."""

OFFSET = 0.10
"""Part of such a fall that a hedge should have given back at least."""

SHARPER, LONG = 0.10, 252
"""Difference of Sharpe ratios that is told, and the days that it must have lasted."""


class Suggestion(NamedTuple):
    """A rule that spoke, and its sentence."""

    rule: str
    sentence: str


def suggest(month: Month) -> list[Suggestion]:
    """Return what a month's numbers say to look at; nothing if all is well.

    The thresholds are this module's constants, and opinions: none was fitted to an outcome.
    """
    rules = (_costs, _residual, _budget, _trades, _crash, _sharpe, _cut, _alarms, _overrides)
    return [Suggestion(rule.__name__[1:], said) for rule in rules for said in rule(month)]


def _costs(month: Month) -> Iterator[str]:
    gross = month.hedge_gain + month.costs
    took = -min(month.net_theta + month.parts.get("carry", 0.0), 0.0)
    whole, what = (gross, "the hedge's gain before costs") if gross > 0.0 else (took, "time took")
    if whole > 0.0 and month.costs > COSTS * whole:
        of = f"of {what}, {_usd(whole)}" if gross > 0.0 else f"of the {_usd(whole)} that {what}"
        yield (
            f"Costs of {_usd(month.costs)} were {month.costs / whole:.0%} {of}: trade less often, "
            "in wider bands, or in contracts with narrower spreads."
        )


def _residual(month: Month) -> Iterator[str]:
    if month.residual_share > RESIDUAL:
        yield (
            f"The residual is {month.residual_share:.0%} of the lines' daily gains (above "
            f"{RESIDUAL:.0%}): moves were large for an expansion of second order, or marks and "
            "volatilities do not belong together; look at the days before trusting the parts."
        )


def _budget(month: Month) -> Iterator[str]:
    for line, spent in month.budget.items():
        used = spent.used
        late = spent.passed > NEAR_END
        if used is not None and used > BUDGET and used > spent.passed and not late:
            yield (
                f"{_name(line)} {used:.0%} of the year's budget is spent ({_usd(spent.spent)} of "
                f"{_usd((spent.limit or 0.0) * spent.base)}), and {spent.passed:.0%} of the year "
                "has passed: what is left will bound the hedge."
            )


def _trades(month: Month) -> Iterator[str]:
    if month.acted_a_year is not None and month.acted_a_year > MAX_TRADES:
        yield (
            f"The policies asked to trade {month.acted_a_year:.0f} times a year over the last "
            f"twelve months ({month.acted} this month), above the {MAX_TRADES:.0f} that count as "
            "few: a wider trigger does the same with less."
        )


def _crash(month: Month) -> Iterator[str]:
    share = month.fall.share
    if month.equity and month.depth <= CRASH and share is not None and share < OFFSET:
        gain = month.fall.gain
        gave = f"gave back {_usd(gain)}, {share:.0%} (below {OFFSET:.0%})"
        gave = gave if gain >= 0.0 else f"lost {_usd(-gain)} more"
        yield (
            f"The portfolio fell {-month.depth:.1%} from {month.fall_from} to {month.fall_to} and "
            f"lost {_usd(month.fall.loss)}; the hedge {gave}: look at its size and strikes "
            "before that fall."
        )


def _sharpe(month: Month) -> Iterator[str]:
    lost = month.sharpe_unhedged - month.sharpe_hedged
    if month.equity and month.days >= LONG and lost > SHARPER:
        yield (
            f"Over {month.days:,} days the Sharpe ratio is {month.sharpe_hedged:.2f} hedged and "
            f"{month.sharpe_unhedged:.2f} unhedged: compare with holding less equity (D9)."
        )


def _cut(month: Month) -> Iterator[str]:
    if month.cut:
        yield (
            f"The common budget cut the lines on {month.cut} of {month.bars} bars: the decisions "
            "ask for more than it allows."
        )


def _alarms(month: Month) -> Iterator[str]:
    if month.alarms:
        told = ", ".join(f"{rule} {count}" for rule, count in month.alarms.items())
        yield f"Alarms: {told}. Read their sentences with 'hedgerow ledger show --kind alarm'."


def _overrides(month: Month) -> Iterator[str]:
    count = len(month.overrides)
    if count:
        yield (
            f"{count} override{'s' if count > 1 else ''} this month: what follows is no longer the "
            "policy that was tested."
        )


def _name(line: str) -> str:
    return f"Line {line}:" if line else "All lines:"


def _usd(value: float) -> str:
    return f"{'−' if value < 0.0 else ''}${abs(value):,.0f}"
