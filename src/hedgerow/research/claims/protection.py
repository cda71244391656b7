"""Claims about what a hedge gives back: effectiveness in crises (C4), cap, floor, percentiles."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.policies.overlays import Bounds
from hedgerow.research.claims.claim import (
    Beside,
    Claim,
    Measurement,
    Range,
    Reading,
    Unit,
    UnmeasuredError,
    claimed,
    over,
    share,
    under,
)
from hedgerow.research.claims.costs import yearly
from hedgerow.research.claims.evidence import (
    Evidence,
    a_year,
    costs_of,
    gains_of,
    losses_of,
)
from hedgerow.research.claims.resampling import Statistic, apart, mean, ratio
from hedgerow.research.claims.variants import adaptive, adaptive_tiers, capped, changed, tiers
from hedgerow.research.crises import effectiveness, overall, table

PATHS = "Why Dynamic Hedging? › 6. Path Dependency"
CONDITIONAL = "Dynamic Hedge Strategies › 3. Conditional Hedging"
HER = "Mathematical Framework › 4. Hedge Effectiveness Ratio"
SHIFTS = "Common Mistakes › 7. Missing Regime Shifts"
CAP = "Risk Management Rules › 2. Maximum Hedge Limit"
FLOOR = "Risk Management Rules › 3. Minimum Hedge Floor"

_HER = (
    "C4: gain of the {} hedge after costs over loss of the portfolio in the dated crises, each in "
    "parts of NAV, all crises together; the sample is the crises. It grows with the size of the "
    "hedge; this one costs what the source says, about 2 % a year if held always."
)


def _by_crisis(evidence: Evidence, *tracks: Track) -> Floats:
    """Return gain of each hedge and loss of its portfolio, parts of NAV, **shape** (crises, 2k)."""
    columns = [column for track in tracks for column in (gains_of(track), losses_of(track))]
    daily = np.column_stack(columns)
    inside = [slice(crisis.rows.start + 1, crisis.rows.stop) for crisis in evidence.crises()]
    return np.array([daily[rows].sum(axis=0) for rows in inside])


def _of_crises(
    evidence: Evidence, columns: Floats, statistic: Statistic, beside: Beside
) -> Measurement:
    dates = evidence.unhedged().dates
    days = dates[[row for c in evidence.crises() for row in (c.rows.start, c.rows.stop - 1)]]
    shares = evidence.modelled()
    return evidence.of_days(columns, statistic, days, of="crises", modelled=shares, beside=beside)


def _her(evidence: Evidence, track: Track, which: str, claim: Range) -> Measurement:
    fixed, ours = evidence.fixed(), evidence.track()
    rows = table(ours, fixed, evidence.crises())
    each = [(row["name"], row[f"{which}_her"]) for row in rows if row[f"{which}_her"] is not None]
    gain, loss = _by_crisis(evidence, track).sum(axis=0)
    cost, middle = yearly(track, costs_of(track)), (claim.low + claim.high) / 2.0
    larger = middle * loss / gain if gain > 0.0 else float("nan")
    within = sum(claim.low <= her <= claim.high for _, her in each)
    beside: Beside = (
        Reading("crises within the claimed range", f"{within} of {len(each)}"),
        share("cost a year of this hedge", cost),
        Reading("times its size it would give back the middle of the claim", float(larger)),
        share("what it would then cost a year", cost * larger),
        share("all together in USD", overall(rows)[f"{which}_her"]),
        *(share(name, her) for name, her in each),
    )
    return _of_crises(evidence, _by_crisis(evidence, track), ratio, beside)


STATIC_HER, DYNAMIC_HER = Range(0.4, 0.6), Range(0.5, 0.7)

her_static = Claim(
    "her-static", HER, "HER ≈ 0.4-0.6 (40-60% offset)", STATIC_HER, Unit.SHARE,
    _HER.format("static"), lambda e: _her(e, e.fixed(), "static", STATIC_HER),
)  # fmt: skip

her_dynamic = Claim(
    "her-dynamic", HER, "HER ≈ 0.5-0.7 (50-70% offset)", DYNAMIC_HER, Unit.SHARE,
    _HER.format("dynamic"), lambda e: _her(e, e.track(), "dynamic", DYNAMIC_HER),
)  # fmt: skip


def _more(evidence: Evidence, ours: Track, other: Track, beside: Beside = ()) -> Measurement:
    return _of_crises(evidence, _by_crisis(evidence, ours, other), apart, beside)


@claimed(
    "her-better", HER, "Better protection when needed", over(0.0), Unit.SHARE,
    "HER of the dynamic hedge less that of the static one, all crises together.",
)  # fmt: skip
def her_better(evidence: Evidence) -> Measurement:
    """Measure how much more the dynamic hedge gave back."""
    return _more(evidence, evidence.track(), evidence.fixed())


@claimed(
    "her-equal-cost", HER, "Better protection when needed", over(0.0), Unit.SHARE,
    "The same against a fixed hedge made so large that it costs as much a year as the dynamic "
    "one: does scaling put the money where it protects? The size is found with hindsight.",
)  # fmt: skip
def her_equal_cost(evidence: Evidence) -> Measurement:
    """Measure protection at equal cost."""
    ours, fixed = evidence.track(), evidence.fixed()
    cost, whole = (yearly(track, costs_of(track)) for track in (ours, fixed))
    if not (cost > 0.0 and whole > 0.0):
        raise UnmeasuredError("a hedge cost nothing, so no fixed one can be made to cost as much")
    level = cost / whole
    equal = evidence.fixed(round(level, 6))
    beside = (
        Reading("size of the fixed hedge", level),
        share("its cost a year", yearly(equal, costs_of(equal))),
        share("gain a year after costs: fixed", yearly(equal, gains_of(equal))),
        share("gain a year after costs: dynamic", yearly(ours, gains_of(ours))),
    )
    return _more(evidence, ours, equal, beside)


@claimed(
    "conditional-captures", CONDITIONAL, "Still capture most crashes (VIX spikes first)", over(0.5),
    Unit.SHARE,
    "Gain of the on/off hedge (nothing to VIX 15, half to 25, full above) in the crises over that "
    "of the static hedge; most: more than half.",
)  # fmt: skip
def conditional_captures(evidence: Evidence) -> Measurement:
    """Measure how much of the static hedge's crisis gain the conditional one keeps."""
    ours, fixed = evidence.track(tiers("binary")), evidence.fixed()
    each = []
    for crisis in evidence.crises():
        mine, whole = (effectiveness(t, crisis.rows)["hedge_gain"] for t in (ours, fixed))
        if whole > 0.0:
            each.append(share(crisis.name, mine / whole))
    most = sum(float(row.value) > 0.5 for row in each)
    words = Reading("crises of which it kept more than half", f"{most} of {len(each)}")
    gains = _by_crisis(evidence, ours, fixed)[:, [0, 2]]
    return _of_crises(evidence, gains, ratio, (words, *each))


@claimed(
    "elevated-before", PATHS, "Dynamic hedge already elevated (pre-spike)", over(1.0), Unit.NUMBER,
    "Intensity of the dynamic hedge at the index's peak before each dated crisis, mean of the "
    "crises, over its mean on all days. Elevated: more than 1.",
)  # fmt: skip
def elevated_before(evidence: Evidence) -> Measurement:
    """Measure the intensity on the eve of crises."""
    ours, found = evidence.track(), evidence.crises()
    x, usual = ours["x"], float(ours["x"].mean())
    at = np.array([x[crisis.rows.start] for crisis in found])
    vix = evidence.ground().market["vix"][evidence.ground().first :]
    beside = tuple(
        Reading(f"{crisis.name}: VIX then", float(vix[crisis.rows.start]), Unit.POINTS)
        for crisis in found
    )
    return _of_crises(evidence, (at / usual)[:, None], mean, beside)


# ---- cap and floor ------------------------------------------------------------------------------


@claimed(
    "cap-diminishing", CAP, "Diminishing returns above 2x", under(1.0), Unit.NUMBER,
    "What one more dollar of cost gave back in crises when the cap goes from 2 to 4, over the same "
    "from 1 to 2 (no budget). Diminishing: less than 1.",
)  # fmt: skip
def cap_diminishing(evidence: Evidence) -> Measurement:
    """Measure the marginal protection per cost of a higher cap."""
    one, two, four = (evidence.track(capped(evidence.policy, cap)) for cap in (1.0, 2.0, 4.0))
    crisis = evidence.crisis_days()

    def step(low: Track, high: Track) -> list[Floats]:
        gain = (gains_of(high) - gains_of(low)) * crisis
        return [gain, costs_of(high) - costs_of(low)]

    def relative(means: Floats) -> Floats:
        return np.asarray(ratio(means) / ratio(means[..., 2:]))

    beside: list[Reading] = []
    for cap, track in ((1, one), (2, two), (4, four)):
        gain, loss = _by_crisis(evidence, track).sum(axis=0)
        beside.append(share(f"HER with cap {cap}", float(gain / loss)))
        beside.append(share(f"cost a year with cap {cap}", yearly(track, costs_of(track))))
    columns = np.column_stack([*step(two, four), *step(one, two)])
    return evidence.of_runs(columns, relative, beside=tuple(beside))


@claimed(
    "floor-protects", FLOOR, "Flash crashes happen from low VIX", over(0.0), Unit.SHARE,
    "HER with the floor of 0.2 less HER without one, all crises together.",
)  # fmt: skip
def floor_protects(evidence: Evidence) -> Measurement:
    """Measure what the floor adds in crises, and what it costs."""
    ours = evidence.track()
    bare = evidence.track(changed(evidence.policy, "no floor", Bounds(floor=0.0)))
    vix = evidence.ground().market["vix"][evidence.ground().first :]
    starts = [float(vix[crisis.rows.start]) for crisis in evidence.crises()]
    low = sum(level < 15.0 for level in starts)
    beside = (
        Reading("crises that began with VIX below 15", f"{low} of {len(starts)}"),
        share("cost a year with the floor", yearly(ours, costs_of(ours))),
        share("cost a year without", yearly(bare, costs_of(bare))),
    )
    return _more(evidence, ours, bare, beside)


# ---- after 2020 ---------------------------------------------------------------------------------


def _since_2020(evidence: Evidence) -> Evidence:
    end = str(evidence.inside.dates[-1])
    if end < "2021-01-01":
        raise UnmeasuredError(f"the data end on {end}, the claim is about the years since 2020")
    return evidence.dated("2020-01-01", end)


@claimed(
    "fixed-underhedges", SHIFTS, "Rule underhedges", under(0.0), Unit.SHARE,
    "HER of the dynamic hedge less that of the static one in the crises since 2020.",
)  # fmt: skip
def fixed_underhedges(evidence: Evidence) -> Measurement:
    """Measure the rule's protection since 2020 against the static hedge."""
    late = _since_2020(evidence)
    beside = (Reading("mean intensity since 2020", float(late.track()["x"].mean())),)
    return _more(late, late.track(), late.fixed(), beside)


def _per_size(track: Track) -> list[Floats]:
    """Return the gain a year after costs and the intensity in force over each bar."""
    x = track["x"]
    return [gains_of(track) * a_year(track), np.r_[x[0], x[:-1]]]


@claimed(
    "percentiles-better", SHIFTS, "Use percentile-based rules (adaptive)", over(0.0), Unit.SHARE,
    "Gain of the hedge a year after costs, of NAV, for each 1× held on average, since 2020, with "
    "the levels 12 and 22 replaced by the trailing five-year percentiles of VIX at which they "
    "stood up to 2019 (A11), less that with the fixed levels. For each 1×, so that holding less "
    "is no merit.",
)  # fmt: skip
def percentiles_better(evidence: Evidence) -> Measurement:
    """Measure adaptive against fixed thresholds since 2020."""
    late, known = _since_2020(evidence), (evidence.market, "2019-12-31")
    ours, fixed = late.track(adaptive(evidence.policy, *known)), late.track()
    rows: list[Reading] = []
    for name, track in (
        ("percentiles", ours),
        ("fixed levels", fixed),
        ("on/off by percentiles", late.track(adaptive_tiers("binary", *known))),
        ("on/off by fixed levels", late.track(tiers("binary"))),
    ):
        gain, loss = _by_crisis(late, track).sum(axis=0)
        rows += [
            share(f"{name}: HER of the crises since 2020", float(gain / loss)),
            share(f"{name}: cost a year", yearly(track, costs_of(track))),
            share(f"{name}: gain a year after costs", yearly(track, gains_of(track))),
            Reading(f"{name}: mean intensity", float(track["x"].mean())),
        ]
    columns = np.column_stack([*_per_size(ours), *_per_size(fixed)])
    return late.of_runs(columns, apart, beside=tuple(rows))


CLAIMS = (
    elevated_before,
    conditional_captures,
    her_static,
    her_dynamic,
    her_better,
    her_equal_cost,
    fixed_underhedges,
    percentiles_better,
    cap_diminishing,
    floor_protects,
)
