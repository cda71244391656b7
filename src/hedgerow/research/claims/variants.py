"""The policies that claims are measured with: the usual one, and it with one thing changed."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage, Step
from hedgerow.policies.overlays import Bounds, Smooth
from hedgerow.policies.rules import Linear, Tiers
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from hedgerow.research.claims.claim import UnmeasuredError

WINDOW = 1260
"""Sessions of the trailing percentiles: five years."""

LOW, HIGH = 12.0, 22.0
"""Points of the usual rule: intensity 0 and 1."""

ADAPTIVE = "vix_adaptive"


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


def adaptive(policy: Policy, market: Market, until: str) -> tuple[Market, Policy]:
    """Return the policy with its two levels as trailing percentiles of VIX, and a market for it.

    The percentiles are those at which 12 and 22 stood among all closes up to ``until``; from then
    on they are taken of the last `WINDOW` sessions (spec A11).  This is the one place that knows
    how: a rule of the catalogue can stand in for it.

    Raises
    ------
    UnmeasuredError
        If there are fewer than `WINDOW` sessions up to ``until``.
    """
    vix = market["vix"]
    known = vix[market.dates <= np.datetime64(until, "D")]
    if len(known) < WINDOW:
        raise UnmeasuredError(f"the data have no five years of VIX before {until}")
    shares = [float(np.mean(known <= level)) for level in (LOW, HIGH)]
    column = market.with_columns(
        {ADAPTIVE: _scaled(vix, shares)}, {ADAPTIVE: _origin(market)}, {ADAPTIVE: "from VIX"}
    )
    _, *overlays = policy.steps
    steps = [Linear(ADAPTIVE, low=0.0, high=1.0), *overlays]
    signals = [*policy.signals, Level(ADAPTIVE)]
    return column, Policy(steps, signals, name="adaptive", raw=True)


def _scaled(vix: Floats, shares: list[float]) -> Floats:
    """Return where VIX stands between its trailing quantiles, NaN until there are enough."""
    windows = np.lib.stride_tricks.sliding_window_view(vix, WINDOW)
    low, high = np.quantile(windows, shares, axis=1)
    made = np.full(len(vix), np.nan)
    made[WINDOW - 1 :] = (vix[WINDOW - 1 :] - low) / np.maximum(high - low, 0.01)
    return made


def _origin(market: Market) -> np.ndarray:
    return np.where(np.arange(len(market)) < WINDOW - 1, Origin.MISSING, market.origin["vix"])
