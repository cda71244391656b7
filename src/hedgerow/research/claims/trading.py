"""Claims about how often to trade and what that costs: triggers, daily or weekly, whipsaw."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage
from hedgerow.engine.track import Track
from hedgerow.policies.overlays import Persist
from hedgerow.policies.trigger import Trigger
from hedgerow.research.claims.claim import (
    Measurement,
    Reading,
    Unit,
    UnmeasuredError,
    about,
    claimed,
    over,
    share,
    usd,
)
from hedgerow.research.claims.costs import yearly
from hedgerow.research.claims.evidence import Evidence, a_year, before, costs_of, gains_of
from hedgerow.research.claims.resampling import mean, ratio
from hedgerow.research.claims.variants import changed, daily, legs, smoothed

DAILY = "Common Mistakes › 2. Too Frequent Rebalancing"
COSTS = "Common Mistakes › 3. Ignoring Transaction Costs"
WHIPSAW = "Common Mistakes › 4. Whipsaw Losses"
WISDOM = "Final Wisdom"

SOON = 10
"""Sessions within which a rise of the hedge that is undone counts as a whipsaw."""

TURN = 0.3
"""Rise of the intensity that counts, in multiples of the base hedge."""

VARIANTS: dict[str, Trigger] = {
    "3 points": legs(move=3.0),
    "2 points": legs(move=2.0),
    "15 %": legs(relative=0.15),
    "weekly": legs(every="7d"),
    "drawdown": legs(drawdown=0.05),
    "monthly": legs(every="30d"),
}


def _with(evidence: Evidence, trigger: Trigger) -> Track:
    return evidence.track(changed(evidence.policy, "trigger", trigger))


def _weekly(policy: Policy) -> Policy:
    """Return the policy that follows VIX once a week, without persistence."""
    return changed(policy, "weekly", legs(every="7d"), without=(Stage.PERSIST,))


def _asked(track: Track) -> Floats:
    """Return 1.0 where the trigger fired, **shape** (T,)."""
    return (track["legs"] > 0.0).astype(float)


@claimed(
    "trades-a-year", COSTS, "Dynamic rule requires 20 adjustments/year", about(20.0), Unit.A_YEAR,
    "How often a year the trigger of the source (3 points, 15 %, 7 days, drawdown, whichever "
    "first) asks for a trade; rolls of the put come on top. Beside it each leg alone, and the 2 "
    "points of the source's other list.",
)  # fmt: skip
def trades_a_year(evidence: Evidence) -> Measurement:
    """Count adjustments a year, by trigger."""
    ours = evidence.track()
    rows = [
        Reading(f"{name} alone", yearly(track, _asked(track)), Unit.A_YEAR)
        for name, track in ((name, _with(evidence, leg)) for name, leg in VARIANTS.items())
    ]
    rolls = yearly(ours, (ours["rolled"] > 0.0).astype(float))
    rows.append(Reading("rolls of the put", rolls, Unit.A_YEAR))
    columns = (_asked(ours) * a_year(ours))[:, None]
    return evidence.of_runs(columns, mean, beside=tuple(rows))


# ---- daily against weekly -----------------------------------------------------------------------


def _notional(evidence: Evidence, track: Track) -> Floats:
    """Return the index value hedged, in parts of NAV, **shape** (T,)."""
    ground = evidence.ground()
    spot = ground.market["spx"][ground.first :]
    return track["held"] * spot * ground.strip.multiplier / track["nav"]


def _trading(track: Track) -> Floats:
    return np.asarray(track["cost"] / before(track))


@claimed(
    "daily-trading-cost", DAILY, "Cost: 0.1% × 252 days = 25.2%/year", about(0.252), Unit.SHARE,
    "What trading costs a year if the hedge follows VIX every day (no persistence, no trigger), "
    "rolls included, over the notional hedged. The source charges 0.1 % of all of it every day.",
)  # fmt: skip
def daily_trading_cost(evidence: Evidence) -> Measurement:
    """Measure the trading costs of daily rebalancing."""
    every, week = evidence.track(daily(evidence.policy)), evidence.track(_weekly(evidence.policy))
    beside = (
        share("of NAV, daily", yearly(every, _trading(every))),
        share("of NAV, weekly", yearly(week, _trading(week))),
        share("of NAV, the usual trigger", yearly(evidence.track(), _trading(evidence.track()))),
        share("of NAV, static (rolls alone)", yearly(evidence.fixed(), _trading(evidence.fixed()))),
    )
    columns = np.column_stack([_trading(every) * a_year(every), _notional(evidence, every)])
    return evidence.of_runs(columns, ratio, beside=beside)


@claimed(
    "daily-eats-savings", DAILY, "Eats all savings!", over(1.0), Unit.SHARE,
    "What daily instead of weekly rebalancing costs more, over what weekly rebalancing saves "
    "against the static hedge. All: more than 100 %.",
)  # fmt: skip
def daily_eats_savings(evidence: Evidence) -> Measurement:
    """Measure how much of the saving daily trading eats."""
    every, week = evidence.track(daily(evidence.policy)), evidence.track(_weekly(evidence.policy))
    extra = _trading(every) - _trading(week)
    saved = costs_of(evidence.fixed()) - costs_of(week)
    if float(saved.sum()) <= 0.0:
        raise UnmeasuredError("weekly rebalancing saves nothing here")
    return evidence.of_runs(np.column_stack([extra, saved]), ratio)


@claimed(
    "weekly-not-daily", WISDOM, "require infrequent rebalancing (weekly not daily)", over(0.0),
    Unit.SHARE,
    "Gain of the hedge a year after costs, of NAV, rebalanced weekly less rebalanced daily.",
)  # fmt: skip
def weekly_not_daily(evidence: Evidence) -> Measurement:
    """Measure what weekly rebalancing gains over daily."""
    every, week = evidence.track(daily(evidence.policy)), evidence.track(_weekly(evidence.policy))
    beside = tuple(
        share(f"{name}: {what}", yearly(track, column(track)))
        for name, track in (("weekly", week), ("daily", every))
        for what, column in (("cost a year", costs_of), ("gain a year after costs", gains_of))
    )
    columns = ((gains_of(week) - gains_of(every)) * a_year(week))[:, None]
    return evidence.of_runs(columns, mean, beside=beside)


@claimed(
    "cost-per-million", COSTS, "$1M × 0.05 × 20 = $1M/year (huge!)", about(1_000_000.0), Unit.USD,
    "Trading costs a year, rolls included, for each $1 million of notional hedged by the usual "
    "dynamic rule. The source's 0.05 is a spread in points, not 5 % of the notional.",
)  # fmt: skip
def cost_per_million(evidence: Evidence) -> Measurement:
    """Measure trading costs per million hedged."""
    ours = evidence.track()
    columns = np.column_stack([_trading(ours) * a_year(ours) * 1e6, _notional(evidence, ours)])
    per_trade = float(ours["cost"].sum() / np.count_nonzero(ours["traded"]))
    return evidence.of_runs(columns, ratio, beside=(usd("a trade, on this portfolio", per_trade),))


# ---- whipsaw ------------------------------------------------------------------------------------


def whipsaws(x: Floats) -> int:
    """Count rises of the intensity by `TURN` or more that are undone within `SOON` sessions.

    Examples
    --------
    >>> whipsaws(np.array([0.5, 1.0, 0.5, 0.5, 1.5, 1.5]))
    1
    """
    found, t = 0, 1
    while t < len(x):
        start = x[t - 1]
        ahead = x[t : t + SOON]
        high = np.flatnonzero(ahead >= start + TURN)
        if x[t] > start and len(high):
            back = np.flatnonzero(ahead[high[0] :] <= start)
            if len(back):
                found += 1
                t += int(high[0] + back[0])
        t += 1
    return found


def _calmer(evidence: Evidence, policy: Policy) -> Measurement:
    every, calm = evidence.track(daily(evidence.policy)), evidence.track(policy)
    rows: list[Reading] = []
    for name, track in (("without", every), ("with", calm)):
        rows += [
            Reading(f"whipsaws a year {name}", whipsaws(track["x"]) / len(track) * a_year(track)),
            share(f"trading costs a year {name}", yearly(track, _trading(track))),
            share(f"gain a year after costs {name}", yearly(track, gains_of(track))),
        ]
    columns = ((gains_of(calm) - gains_of(every)) * a_year(every))[:, None]
    return evidence.of_runs(columns, mean, beside=tuple(rows))


_WHIPSAW = (
    "Gain of the hedge a year after costs, of NAV, {} less without, both rebalanced daily. A "
    "whipsaw: a rise of 0.3 or more that is undone within 10 sessions."
)


@claimed(
    "whipsaw-persistence", WHIPSAW, "Require persistence (2-3 days)", over(0.0), Unit.SHARE,
    _WHIPSAW.format("with persistence of 3 sessions"),
)  # fmt: skip
def whipsaw_persistence(evidence: Evidence) -> Measurement:
    """Measure what persistence saves."""
    return _calmer(evidence, changed(daily(evidence.policy), "persistent", Persist(days=3)))


@claimed(
    "whipsaw-smoothing", WHIPSAW, "Use moving averages (smooth VIX)", over(0.0), Unit.SHARE,
    _WHIPSAW.format("with the intensity smoothed over 5 sessions"),
)  # fmt: skip
def whipsaw_smoothing(evidence: Evidence) -> Measurement:
    """Measure what smoothing saves."""
    return _calmer(evidence, smoothed(evidence.policy))


CLAIMS = (
    daily_trading_cost,
    daily_eats_savings,
    trades_a_year,
    cost_per_million,
    whipsaw_persistence,
    whipsaw_smoothing,
    weekly_not_daily,
)
