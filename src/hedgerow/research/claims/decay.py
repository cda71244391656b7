"""Claims about decay: of premium, of short-dated options, and what gamma gives back (C5)."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Vega
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.research.claims.claim import (
    Measurement,
    Range,
    Unit,
    about,
    claimed,
    over,
    share,
    under,
    usd,
)
from hedgerow.research.claims.costs import BY_VEGA, COST, both, yearly
from hedgerow.research.claims.evidence import Evidence, before, costs_of, gains_of
from hedgerow.research.claims.resampling import ratio, saving

STATIC = "Why Dynamic Hedging? › 1. Static Hedge Problems"
GAMMA = "Mathematical Framework › 5. Gamma P&L Integration"
DECAY = "Common Mistakes › 5. Neglecting Hedge Decay"

MONTH_PUT = Put(tenor="30d", roll="expiry")
"""The same hedged notional with 30-day puts held to expiry."""


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
    columns = both(costs_of(fixed), bought(evidence, fixed, sleeve))
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
        share("gain a year after costs: 90-day static", yearly(fixed, gains_of(fixed))),
    )
    columns = both(costs_of(short), costs_of(fixed))
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
    columns = both(swap["carry"], put["carry"])
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
    columns = both(gamma / before(fixed), -theta / before(fixed))
    return evidence.of_runs(columns, ratio, beside=beside)


CLAIMS = (
    static_premium_cost,
    gamma_offsets_theta,
    short_dated_cost,
    short_dated_no_saving,
    short_dated_decays_faster,
    swaps_no_theta,
)
