"""Claims about what a hedge costs and what scaling saves (C1-C3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine.track import Track
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Vega
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.research.claims.claim import (
    Beside,
    Claim,
    Measurement,
    Range,
    Reading,
    Unit,
    UnmeasuredError,
    about,
    claimed,
    share,
    usd,
)
from hedgerow.research.claims.evidence import Evidence, a_year, costs_of, gains_of
from hedgerow.research.claims.resampling import mean, saving
from hedgerow.research.claims.variants import plain_linear, tiers

SAVINGS = "Why Dynamic Hedging? › 3. Cost Reduction"
CONDITIONAL = "Dynamic Hedge Strategies › 3. Conditional Hedging"
BENEFIT = "Mathematical Framework › 3. Cost-Benefit Analysis"
BUDGET = "Risk Management Rules › 4. Cost Budget Constraint"
WISDOM = "Final Wisdom"

COST = (
    "Cost: carry (each day's decay and roll-down, as if nothing moved; what moves gave back is a "
    "gain, not taken off here) and trading."
)

BY_VEGA = Put(size=Vega(1_000.0))
"""The usual put, $1,000 of vega a point whatever the portfolio."""


def yearly(track: Track, column: Floats) -> float:
    """Return the mean of a column a year, its first bar left out."""
    return float(column[1:].mean()) * a_year(track)


# ---- the saving ---------------------------------------------------------------------------------


def _saving(evidence: Evidence, policy: Policy | None = None) -> Measurement:
    ours, fixed = evidence.track(policy), evidence.fixed()
    late = slice(len(ours) // 2, None)
    beside: Beside = (
        share("in the second half of these years", _saved(ours, fixed, late)),
        share("static a year", yearly(fixed, costs_of(fixed))),
        share("dynamic a year", yearly(ours, costs_of(ours))),
        Reading("mean intensity of the dynamic hedge", ours["x"].mean()),
        share("gain a year after costs: static", yearly(fixed, gains_of(fixed))),
        share("gain a year after costs: dynamic", yearly(ours, gains_of(ours))),
    )
    return evidence.of_runs(both(costs_of(ours), costs_of(fixed)), saving, beside=beside)


def _saved(ours: Track, fixed: Track, rows: slice) -> float:
    theirs = float(costs_of(fixed)[rows].sum())
    return 1.0 - float(costs_of(ours)[rows].sum()) / theirs if theirs > 0.0 else float("nan")


def both(ours: Floats, theirs: Floats) -> Floats:
    """Return two columns side by side, **shape** (T, 2)."""
    return np.column_stack([ours, theirs])


cost_saving = Claim(
    "saving", BENEFIT, "30-50% cost savings", Range(0.3, 0.5), Unit.SHARE,
    f"C3: 1 − cost of the dynamic hedge over cost of the static one, in parts of NAV. {COST}",
    _saving,
)  # fmt: skip

final_saving = Claim(
    "saving-final", WISDOM, "reduce costs by 30-50%", Range(0.3, 0.5), Unit.SHARE,
    "The same as `saving`; the source adds that protection improves: see `her-better`.",
    _saving,
)  # fmt: skip


@claimed(
    "saving-equal-size", BENEFIT, "30-50% cost savings", Range(0.3, 0.5), Unit.SHARE,
    "The saving by scaling alone: 1 − cost of the dynamic hedge over cost of a fixed one of the "
    "same mean size. Found with hindsight: nobody knows the mean size beforehand.",
)  # fmt: skip
def saving_equal_size(evidence: Evidence) -> Measurement:
    """Measure the saving against a fixed hedge of equal mean size."""
    ours = evidence.track()
    level = float(ours["x"].mean())
    fixed = evidence.fixed(round(level, 6))
    beside = (
        Reading("mean size of both", level),
        share("gain a year after costs: fixed", yearly(fixed, gains_of(fixed))),
        share("gain a year after costs: dynamic", yearly(ours, gains_of(ours))),
    )
    return evidence.of_runs(both(costs_of(ours), costs_of(fixed)), saving, beside=beside)


@claimed(
    "conditional-saving", CONDITIONAL, "Avoid 80% of normal hedging cost", about(0.8), Unit.SHARE,
    "1 − cost of the on/off hedge (nothing to VIX 15, half to 25, full above) over cost of the "
    "static one.",
)  # fmt: skip
def conditional_saving(evidence: Evidence) -> Measurement:
    """Measure what the conditional hedge saves."""
    return _saving(evidence, tiers("binary"))


# ---- constant vega ------------------------------------------------------------------------------


def _usd(track: Track) -> Floats:
    return np.asarray(track["carry"] + track["cost"])


def _a_year(evidence: Evidence, track: Track, sleeve: Sleeve, beside: Beside) -> Measurement:
    columns = (_usd(track) * a_year(track))[:, None]
    return evidence.of_runs(columns, mean, sleeve=sleeve, beside=beside)


@claimed(
    "constant-vega-cost", SAVINGS, "Annual cost: $200,000 (2% portfolio)", about(200_000.0),
    Unit.USD,
    "What a fixed $1,000 of vega in the usual puts cost a year, whatever the portfolio. " + COST,
)  # fmt: skip
def constant_vega_cost(evidence: Evidence) -> Measurement:
    """Measure the yearly cost of constant vega."""
    fixed = evidence.fixed(sleeve=BY_VEGA)
    swap = evidence.fixed(sleeve=VarianceSwap(size=Vega(1_000.0)))
    beside = (
        usd("of it trading", yearly(fixed, fixed["cost"])),
        usd("gain a year after costs", yearly(fixed, fixed["pnl"])),
        usd("the same vega in 90-day variance swaps, cost", yearly(swap, _usd(swap))),
        usd("swaps, gain a year", yearly(swap, swap["pnl"])),
    )
    return _a_year(evidence, fixed, BY_VEGA, beside)


@claimed(
    "dynamic-vega-cost", SAVINGS, "Annual cost: $120,000 (1.2% portfolio)", about(120_000.0),
    Unit.USD,
    "What $0–2,000 of vega by VIX (option A, no floor, no budget) in the usual puts cost a year. "
    + COST,
)  # fmt: skip
def dynamic_vega_cost(evidence: Evidence) -> Measurement:
    """Measure the yearly cost of scaled vega."""
    ours = evidence.track(plain_linear(), BY_VEGA)
    beside = (
        usd("mean vega", ours["x"].mean() * 1_000),
        usd("gain a year after costs", yearly(ours, ours["pnl"])),
    )
    return _a_year(evidence, ours, BY_VEGA, beside)


@claimed(
    "vega-saving", SAVINGS, "40% cost reduction!", about(0.4), Unit.SHARE,
    "1 − cost of $0–2,000 of vega by VIX over cost of a constant $1,000.",
)  # fmt: skip
def vega_saving(evidence: Evidence) -> Measurement:
    """Measure the saving of scaled against constant vega."""
    ours, fixed = evidence.track(plain_linear(), BY_VEGA), evidence.fixed(sleeve=BY_VEGA)
    return evidence.of_runs(both(_usd(ours), _usd(fixed)), saving, sleeve=BY_VEGA)


def _whole(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the calendar years that the days cover, a week at either end aside."""
    years = np.unique(days.astype("datetime64[Y]"))
    week, first, last = np.timedelta64(7, "D"), years.astype("datetime64[D]"), years + 1
    covered = (first + week >= days[0]) & (last.astype("datetime64[D]") - week <= days[-1])
    return np.asarray(years[covered])


@claimed(
    "static-within-budget", BUDGET, "Max budget: 2% of portfolio = $200,000", Range(0.0, 0.02),
    Unit.SHARE,
    "Cost of the static hedge a year, of NAV: does it fit into 2 %? Beside it the years that do "
    "not.",
)  # fmt: skip
def static_within_budget(evidence: Evidence) -> Measurement:
    """Measure the yearly cost of the static hedge against the budget."""
    rows = []
    for name, track in (("static", evidence.fixed()), ("dynamic", evidence.track())):
        years = track.dates.astype("datetime64[Y]")
        cost = costs_of(track)
        whole = [float(cost[years == year].sum()) for year in _whole(track.dates)]
        if whole:
            passed = sum(total > 0.02 for total in whole)
            words = f"{passed} of {len(whole)}"
            rows.append(Reading(f"calendar years above 2 %, {name}", words))
            rows.append(share(f"dearest year, {name}", max(whole)))
    fixed = evidence.fixed()
    if len(fixed) < 2:
        raise UnmeasuredError("no year is whole")
    columns = (costs_of(fixed) * a_year(fixed))[:, None]
    return evidence.of_runs(columns, mean, beside=tuple(rows))


CLAIMS = (
    constant_vega_cost,
    dynamic_vega_cost,
    vega_saving,
    conditional_saving,
    cost_saving,
    saving_equal_size,
    static_within_budget,
    final_saving,
)
