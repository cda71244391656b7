"""Claims about what a hedge costs and what scaling saves (C1-C3), and about decay."""

from __future__ import annotations

import numpy as np

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
    over,
    share,
    under,
    usd,
)
from hedgerow.research.claims.evidence import Evidence, a_year, before, costs_of, gains_of
from hedgerow.research.claims.resampling import mean, ratio, saving
from hedgerow.research.claims.variants import plain_linear, tiers

STATIC = "Why Dynamic Hedging? › 1. Static Hedge Problems"
SAVINGS = "Why Dynamic Hedging? › 3. Cost Reduction"
CONDITIONAL = "Dynamic Hedge Strategies › 3. Conditional Hedging"
BENEFIT = "Mathematical Framework › 3. Cost-Benefit Analysis"
GAMMA = "Mathematical Framework › 5. Gamma P&L Integration"
DECAY = "Common Mistakes › 5. Neglecting Hedge Decay"
BUDGET = "Risk Management Rules › 4. Cost Budget Constraint"
WISDOM = "Final Wisdom"

COST = (
    "Cost: carry (each day's decay and roll-down, as if nothing moved; what moves gave back is a "
    "gain, not taken off here) and trading."
)

BY_VEGA = Put(size=Vega(1_000.0))
"""The usual put, $1,000 of vega a point whatever the portfolio."""

MONTH_PUT = Put(tenor="30d", roll="expiry")
"""The same hedged notional with 30-day puts held to expiry."""


def yearly(track: Track, column: Floats) -> float:
    """Return the mean of a column a year, its first bar left out."""
    return float(column[1:].mean()) * a_year(track)


# ---- the saving ---------------------------------------------------------------------------------


def _saving(evidence: Evidence, policy: Policy | None = None) -> Measurement:
    ours, fixed = evidence.track(policy), evidence.fixed()
    beside: Beside = (
        share("static a year", yearly(fixed, costs_of(fixed))),
        share("dynamic a year", yearly(ours, costs_of(ours))),
        Reading("mean intensity of the dynamic hedge", ours["x"].mean()),
        share("gain a year after costs: static", yearly(fixed, gains_of(fixed))),
        share("dynamic", yearly(ours, gains_of(ours))),
    )
    return evidence.of_runs(_both(costs_of(ours), costs_of(fixed)), saving, beside=beside)


def _both(ours: Floats, theirs: Floats) -> Floats:
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
        share("dynamic", yearly(ours, gains_of(ours))),
    )
    return evidence.of_runs(_both(costs_of(ours), costs_of(fixed)), saving, beside=beside)


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
    return evidence.of_runs(_both(_usd(ours), _usd(fixed)), saving, sleeve=BY_VEGA)


# ---- decay --------------------------------------------------------------------------------------


def bought(evidence: Evidence, track: Track, sleeve: Sleeve | None = None) -> Floats:
    """Return the premium paid for options at each bar, in parts of NAV."""
    ground = evidence.ground(sleeve)
    strip = ground.strip
    price = strip.open[ground.first :] * strip.multiplier
    held = track["held"]
    more = np.maximum(np.diff(held, prepend=0.0), 0.0)
    return np.asarray(np.where(track["rolled"] > 0.0, held, more) * price / before(track))


def _of_premium(evidence: Evidence, sleeve: Sleeve) -> Measurement:
    fixed = evidence.fixed(sleeve=sleeve)
    ground = evidence.ground(sleeve)
    value = fixed["held"] * ground.strip.open[ground.first :] * ground.strip.multiplier
    kept = float((value / fixed["nav"]).mean())
    cost, gain = (yearly(fixed, column(fixed)) for column in (costs_of, gains_of))
    beside = (
        share("cost a year, of NAV", cost),
        share("cost a year over the mean value held", cost / kept),
        share("net result a year, of NAV", gain),
        share(
            "net result over premium bought",
            gain / yearly(fixed, bought(evidence, fixed, sleeve)),
        ),
    )  # fmt: skip
    columns = _both(costs_of(fixed), bought(evidence, fixed, sleeve))
    return evidence.of_runs(columns, ratio, sleeve=sleeve, beside=beside)


@claimed(
    "static-premium-cost", STATIC, "Annual cost: 20-40% of premium", Range(0.2, 0.4), Unit.SHARE,
    "Cost of the static hedge (90-day puts 10 % out of the money, rolled every 30 days) over the "
    "premium that it bought in the same time. " + COST,
)  # fmt: skip
def static_premium_cost(evidence: Evidence) -> Measurement:
    """Measure what part of the premium a static hedge loses."""
    return _of_premium(evidence, evidence.sleeve)


@claimed(
    "short-dated-cost", DECAY, "Cost: 30% annually (no savings)", about(0.3), Unit.SHARE,
    "The same with 30-day puts held to expiry, on the same notional: cost over premium bought.",
)  # fmt: skip
def short_dated_cost(evidence: Evidence) -> Measurement:
    """Measure what part of the premium 30-day puts lose."""
    return _of_premium(evidence, MONTH_PUT)


@claimed(
    "short-dated-no-saving", DECAY, "Cost: 30% annually (no savings)", under(0.0), Unit.SHARE,
    "1 − cost of 30-day puts scaled by the usual rule over cost of the static 90-day puts, the "
    "same notional. The source: none is saved.",
)  # fmt: skip
def short_dated_no_saving(evidence: Evidence) -> Measurement:
    """Measure whether scaled 30-day puts save anything against static 90-day ones."""
    short, fixed = evidence.track(sleeve=MONTH_PUT), evidence.fixed()
    month = evidence.fixed(sleeve=MONTH_PUT)
    beside = (
        share("30-day puts scaled, a year", yearly(short, costs_of(short))),
        share("30-day puts static, a year", yearly(month, costs_of(month))),
        share("90-day puts static, a year", yearly(fixed, costs_of(fixed))),
        share("gain a year after costs: 30-day scaled", yearly(short, gains_of(short))),
        share("90-day static", yearly(fixed, gains_of(fixed))),
    )
    columns = _both(costs_of(short), costs_of(fixed))
    return evidence.of_runs(columns, saving, sleeve=MONTH_PUT, beside=beside)


@claimed(
    "short-dated-decays-faster", DECAY, "Use longer-dated options (90+ days)", over(1.0),
    Unit.NUMBER,
    "Cost over mean value held, 30-day puts held to expiry against 90-day puts rolled every 30 "
    "days: how much faster the shorter decay.",
)  # fmt: skip
def short_dated_decays_faster(evidence: Evidence) -> Measurement:
    """Measure the decay of 30-day against 90-day puts."""
    parts: list[Floats] = []
    for sleeve in (MONTH_PUT, evidence.sleeve):
        fixed, ground = evidence.fixed(sleeve=sleeve), evidence.ground(sleeve)
        price = ground.strip.open[ground.first :] * ground.strip.multiplier
        parts += [costs_of(fixed), fixed["held"] * price / fixed["nav"]]

    def faster(means: Floats) -> Floats:
        return np.asarray(ratio(means) / ratio(means[..., 2:]))

    return evidence.of_runs(np.column_stack(parts), faster, sleeve=MONTH_PUT)


@claimed(
    "swaps-no-theta", DECAY, "Or variance swaps (no theta)", Range(-0.1, 0.1), Unit.SHARE,
    "Carry of a static $1,000 of vega in 90-day variance swaps over that of the same vega in the "
    "usual puts; none: within a tenth of it.",
)  # fmt: skip
def swaps_no_theta(evidence: Evidence) -> Measurement:
    """Measure the carry of variance swaps against that of puts."""
    swap_sleeve = VarianceSwap(size=Vega(1_000.0))
    swap, put = evidence.fixed(sleeve=swap_sleeve), evidence.fixed(sleeve=BY_VEGA)
    beside = (
        usd("swaps, carry a year", yearly(swap, swap["carry"])),
        usd("puts, carry a year", yearly(put, put["carry"])),
    )
    columns = _both(swap["carry"], put["carry"])
    return evidence.of_runs(columns, ratio, sleeve=swap_sleeve, beside=beside)


def greeks(evidence: Evidence, track: Track, sleeve: Sleeve | None = None) -> tuple[Floats, Floats]:
    """Return ½Γ·ΔS² and theta, USD, of what was held over each bar, **shape** (T,)."""
    ground = evidence.ground(sleeve)
    rows = slice(ground.first, None)
    spot, strip = ground.market["spx"][rows], ground.strip
    days = np.diff(track.dates.astype("int64"), prepend=0).astype(float)
    days[0] = 0.0
    held = np.r_[0.0, track["held"][:-1]]
    gamma, theta = (np.r_[0.0, column[rows][:-1]] for column in (strip.gamma, strip.theta))
    move = np.diff(spot, prepend=spot[0])
    return held * gamma * move * move / 2.0, held * theta * days


@claimed(
    "gamma-offsets-theta", GAMMA, "Offsets theta decay partially", Range(0.0, 1.0), Unit.SHARE,
    "Gains by gamma (½Γ·ΔS², day by day) over the theta paid, of the static hedge. Partially: "
    "between none and all of it.",
)  # fmt: skip
def gamma_offsets_theta(evidence: Evidence) -> Measurement:
    """Measure how much of the decay realised moves gave back."""
    fixed, ours = evidence.fixed(), evidence.track()
    gained, paid = greeks(evidence, ours)
    beside = (share("dynamic hedge", float(gained.sum() / -paid.sum())),)
    gamma, theta = greeks(evidence, fixed)
    columns = _both(gamma / before(fixed), -theta / before(fixed))
    return evidence.of_runs(columns, ratio, beside=beside)


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
        whole = [float(cost[years == year].sum()) for year in np.unique(years)[1:-1]]
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
    static_premium_cost,
    constant_vega_cost,
    dynamic_vega_cost,
    vega_saving,
    conditional_saving,
    cost_saving,
    saving_equal_size,
    gamma_offsets_theta,
    short_dated_cost,
    short_dated_no_saving,
    short_dated_decays_faster,
    swaps_no_theta,
    static_within_budget,
    final_saving,
)
