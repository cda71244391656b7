"""The policies that claims are measured with: the usual one, and it with one thing changed."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage, Step
from hedgerow.policies.overlays import Bounds, Smooth
from hedgerow.policies.percentiles import AdaptiveLinear, AdaptiveTiers, Quantile
from hedgerow.policies.rules import Linear, Tiers
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from hedgerow.research.claims.claim import UnmeasuredError

WINDOW = 1260
"""Sessions of the trailing percentiles: five years."""

LOW, HIGH = 12.0, 22.0
"""Points of the usual rule: intensity 0 and 1."""


def legs(
    *,
    move: float | None = None,
    relative: float | None = None,
    every: str | None = None,
    drawdown: float | None = None,
) -> Trigger:
    """Return a trigger with only these legs."""
    return Trigger(move=move, relative=relative, every=every, drawdown=drawdown)


def changed(policy: Policy, name: str, *new: Step, without: tuple[Stage, ...] = ()) -> Policy:
    """Return a policy with steps put in the place of those of their stage, and stages left out."""
    gone = {*without, *(step.stage for step in new)}
    kept = [step for step in policy.steps if step.stage not in gone]
    steps = sorted([*kept, *new], key=lambda step: step.stage)
    return Policy(name=name, signals=policy.signals, steps=steps, raw=True)


def daily(policy: Policy) -> Policy:
    """Return the policy without persistence and trigger: it follows every move of VIX."""
    return changed(policy, "daily", without=(Stage.PERSIST, Stage.TRIGGER))


def smoothed(policy: Policy, days: float = 5.0) -> Policy:
    """Return the daily policy with a smoothed intensity."""
    return changed(daily(policy), "smoothed", Smooth(days))


def plain_linear(high: float = HIGH, top: float | None = 2.0) -> Policy:
    """Return the linear rule and its trigger alone: no floor, no persistence, no budget."""
    rule = Linear("vix", low=LOW, high=high, top=top)
    return Policy([rule, Trigger()], [Level("vix")], name="plain linear", raw=True)


def tiers(preset: str) -> Policy:
    """Return the conditional rule of the source with one of its presets, and its trigger."""
    rule = Tiers(**Tiers.presets[preset])
    return Policy([rule, Trigger()], [Level("vix")], name=preset, raw=True)


def capped(policy: Policy, cap: float) -> Policy:
    """Return the policy with another cap, in the rule as in the bounds, and no budget."""
    rule = Linear("vix", low=LOW, high=HIGH, top=cap)
    return changed(policy, f"cap {cap:g}", rule, Bounds(cap=cap), without=(Stage.BUDGET,))


def adaptive(policy: Policy, market: Market, until: str) -> Policy:
    """Return the policy with its two levels as trailing five-year percentiles of VIX (A11).

    The percentiles are those, in whole per cent, at which 12 and 22 stood among all closes up to
    ``until``.

    Raises
    ------
    UnmeasuredError
        If there are fewer than `WINDOW` closes up to ``until``.
    """
    low, high = (_percentile(market, level, until) for level in (LOW, HIGH))
    rule = AdaptiveLinear("vix", low=low.name, high=high.name)
    signals = [*policy.signals, low, high]
    overlays = [step for step in policy.steps if step.stage is not Stage.RULE]
    return Policy([rule, *overlays], signals, name="adaptive", raw=True)


def adaptive_tiers(preset: str, market: Market, until: str) -> Policy:
    """Return the conditional rule of `tiers` with its edges as percentiles, as `adaptive` has them.

    Raises
    ------
    UnmeasuredError
        If there are fewer than `WINDOW` closes up to ``until``.
    """
    fixed = Tiers(**Tiers.presets[preset])
    low, high = (_percentile(market, edge, until) for edge in (fixed.first, fixed.second))
    levels = AdaptiveTiers.presets[preset]
    rule = AdaptiveTiers("vix", low=low.name, high=high.name, **levels)
    return Policy([rule, Trigger()], [Level("vix"), low, high], name=f"adaptive {preset}", raw=True)


def _percentile(market: Market, level: float, until: str) -> Quantile:
    """Return the signal of the percentile at which a level of VIX stood up to a date."""
    known = market["vix"][market.dates <= np.datetime64(until, "D")]
    known = known[np.isfinite(known)]
    if len(known) < WINDOW:
        raise UnmeasuredError(f"the data have no five years of VIX before {until}")
    return Quantile("vix", round(100.0 * float(np.mean(known <= level))), days=WINDOW)
