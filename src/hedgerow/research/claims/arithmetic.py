"""The source's sums, reckoned again from its own numbers: nothing here looks at data.

A printed number that its own formula does not give is a slip, and stays as a counter-example.
"""

from __future__ import annotations

import math

from hedgerow.policies.rules import Linear
from hedgerow.research.claims.claim import Basis, Claim, Measurement, Range, Unit
from hedgerow.research.claims.evidence import Evidence

LINEAR = "Dynamic Hedge Strategies › 1. VIX-Triggered Scaling"
FEEDBACK = "Dynamic Hedge Strategies › 2. Realized Vol Feedback"
CORRELATION = "Dynamic Hedge Strategies › 5. Correlation-Adjusted Hedging"
DRAWDOWN = "Dynamic Hedge Strategies › 6. Drawdown-Triggered"
SIGMOID = "Mathematical Framework › 2. VIX-Based Scaling Function"
SHARPE = "Mathematical Framework › 7. Sharpe Ratio Improvement"
DAILY = "Common Mistakes › 2. Too Frequent Rebalancing"
COSTS = "Common Mistakes › 3. Ignoring Transaction Costs"
TRIGGERS = "Risk Management Rules › 1. Rebalancing Thresholds"
CAP = "Risk Management Rules › 2. Maximum Hedge Limit"
FLOOR = "Risk Management Rules › 3. Minimum Hedge Floor"
BUDGET = "Risk Management Rules › 4. Cost Budget Constraint"
SCALED = "Real-World Examples › 1. VIX-Scaled Hedge (2017-2020)"
CONDITIONAL = "Real-World Examples › 2. Conditional Hedge (2012-2018)"
SCALPING = "Real-World Examples › 3. Gamma Scalping (2019)"
TERM = "Real-World Examples › 4. Term Structure Strategy (2016-2017)"
ENTRY = "Practical Steps › 4. Implement Execution"
ADJUSTING = "Practical Steps › 5. Monitor and Adjust"

HALF_A_DIGIT = 0.005
"""A printed number is met by what lies within this part of it: what it rounds off."""


def _sum(
    name: str,
    section: str,
    quote: str,
    printed: float,
    found: float,
    unit: Unit,
    how: str,
) -> Claim:
    """Return a claim that a sum comes to what is printed."""
    slack = max(abs(printed) * HALF_A_DIGIT, 1e-9)

    def measure(evidence: Evidence) -> Measurement:
        return Measurement(found, found, found, 1, "sum")

    allows = Range(printed - slack, printed + slack)
    return Claim(name, section, quote, allows, unit, how, measure, Basis.ARITHMETIC)


def linear(vix: float, low: float, width: float, top: float | None = 2.0) -> float:
    """Return the intensity of the linear rule at a level of VIX.

    Examples
    --------
    >>> linear(18.0, 12.0, 10.0)
    0.6
    """
    rule = Linear(low=low, high=low + width)
    bare = max(0.0, (vix - rule.low) / (rule.high - rule.low))
    return bare if top is None else min(top, bare)


def sigmoid(vix: float) -> float:
    """Return the source's sigmoid, k 0.2 and middle 20.

    Examples
    --------
    >>> sigmoid(20.0)
    0.5
    """
    return 1.0 / (1.0 + math.exp(-0.2 * (vix - 20.0)))


CLAIMS = (
    _sum("sum-linear-10", LINEAR, "VIX = 10 → Hedge = $0 (no hedge)", 0.0,
         1_000.0 * linear(10.0, 10.0, 15.0), Unit.USD,
         "$1,000 · max(0, (10 − 10) / 15), the formula printed above the example."),
    _sum("sum-linear-17", LINEAR, "VIX = 17.5 → Hedge = $1,000 (full hedge)", 1_000.0,
         1_000.0 * linear(17.5, 10.0, 15.0), Unit.USD,
         "$1,000 · min(2, (17.5 − 10) / 15), the formula printed above the example. The example "
         "divides by 7.5 (preset `example`)."),
    _sum("sum-linear-25", LINEAR, "VIX = 25 → Hedge = $2,000 (2x hedge)", 2_000.0,
         1_000.0 * linear(25.0, 10.0, 15.0), Unit.USD,
         "$1,000 · min(2, (25 − 10) / 15), the same formula."),
    _sum("sum-vol-ratio", FEEDBACK, "25\\% / 15\\% = 1.67\\times", 1.67, 0.25 / 0.15, Unit.NUMBER,
         "25 % over 15 %."),
    _sum("sum-correlation", CORRELATION, "60\\% / 40\\% = 1.5\\times", 1.5, 0.6 / 0.4, Unit.NUMBER,
         "60 % over 40 %."),
    _sum("sum-drawdown", DRAWDOWN, "1 + 0.5 × (-10\\% + 5\\%) = 1.025\\times", 1.025,
         1.0 + 0.5 * (-0.10 + 0.05), Unit.NUMBER,
         "The sum as printed is 0.975; the formula above it, 1 + 0.5 · max(0, 10 % + 5 %), gives "
         "1.075. Meant is 1 + α · max(0, −DD − 5 %) = 1.025 (A6)."),
    _sum("sum-sigmoid-low", SIGMOID, "0 at low VIX, 1 at high VIX", 0.0, sigmoid(12.0), Unit.NUMBER,
         "1 / (1 + e^(−0.2 (VIX − 20))) at VIX 12: a sixth of the hedge is left."),
    _sum("sum-sharpe", SHARPE, "20% improvement!", 0.2, 0.65 / 0.55 - 1.0, Unit.SHARE,
         "0.65 over 0.55 less 1, the source's own Sharpe ratios; rounded it is 18 %."),
    _sum("sum-daily-cost", DAILY, "Cost: 0.1% × 252 days = 25.2%/year", 0.252,
         0.001 * 252.0 * (linear(19.0, 12.0, 10.0) - linear(18.0, 12.0, 10.0)), Unit.SHARE,
         "A slip, kept as a counter-example: 0.1 % is charged on the whole hedge each day. In the "
         "source's own example VIX moves by one point a day, which trades a tenth of the base "
         "hedge: 0.1 % · 0.1 · 252. See `daily-trading-cost`."),
    _sum("sum-adjustments", COSTS, "$1M × 0.05 × 20 = $1M/year (huge!)", 1e6,
         1e6 / 4_000.0 * 0.05 * 20.0, Unit.USD,
         "A slip, kept as a counter-example: a spread of 0.05 is taken for 5 % of the notional. It "
         "is points: $1 million is 250 units of an index at 4,000, each of which pays $0.05, 20 "
         "times a year. See `cost-per-million`."),
    _sum("sum-trigger", TRIGGERS, "Trigger at VIX < 15 or VIX > 21", 15.0, 18.0 - 0.15 * 18.0,
         Unit.POINTS,
         "From 18, whichever comes first: 15 % of 18 is 2.7 points, so it fires below 15.3 and "
         "above 20.7, before the 3 points do."),
    _sum("sum-cap", CAP, "Even at VIX 50, cap at $2,000 vega", 2_000.0,
         1_000.0 * linear(50.0, 12.0, 10.0), Unit.USD, "$1,000 · min(2, (50 − 12) / 10)."),
    _sum("sum-floor", FLOOR, "Even at VIX 10, keep $200 vega hedge", 200.0,
         1_000.0 * max(0.2, linear(10.0, 12.0, 10.0)), Unit.USD,
         "$1,000 · max(0.2, (10 − 12) / 10)."),
    _sum("sum-budget", BUDGET, "2% of portfolio = $200,000", 200_000.0, 0.02 * 10e6, Unit.USD,
         "2 % of $10 million, the portfolio of the practical steps."),
    _sum("sum-e1-average", SCALED, "Average hedge: $250 vega", 250.0,
         1_000.0 * linear(14.0, 12.0, 8.0, None), Unit.USD, "$1,000 · (14 − 12) / 8."),
    _sum("sum-e1-february", SCALED, "Feb VIX: 15 → Hedge: $375 vega", 375.0,
         1_000.0 * linear(15.0, 12.0, 8.0, None), Unit.USD, "$1,000 · (15 − 12) / 8."),
    _sum("sum-e1-march", SCALED, "March VIX: 60+ → Hedge: $6,000 vega", 6_000.0,
         1_000.0 * linear(60.0, 12.0, 8.0, None), Unit.USD,
         "$1,000 · (60 − 12) / 8: three times the source's own cap of 2."),
    _sum("sum-e1-share", SCALED, "Annual cost: $50,000 (0.1% portfolio)", 0.001, 50_000.0 / 50e6,
         Unit.SHARE, "$50,000 over $50 million."),
    _sum("sum-e1-drawdown", SCALED, "Portfolio loss: $10,000,000 (20% drawdown)", 0.2, 10e6 / 50e6,
         Unit.SHARE, "$10 million over $50 million."),
    _sum("sum-e1-crash", SCALED, "Net: -$7,000,000 (30% offset)", -7e6, 3e6 - 10e6, Unit.USD,
         "$3 million less $10 million."),
    _sum("sum-e1-offset", SCALED, "(30% offset)", 0.3, 3e6 / 10e6, Unit.SHARE,
         "$3 million over $10 million."),
    _sum("sum-e1-net", SCALED, "Net: +$2,800,000 (positive!)", 2.8e6, 3e6 - 4 * 50_000.0, Unit.USD,
         "$3,000,000 less four years of $50,000."),
    _sum("sum-e2-days", CONDITIONAL, "VIX > 20: 15% of days (55 days/year)", 55.0, 0.15 * 365.0,
         Unit.A_YEAR,
         "15 % of 365 calendar days, on 113 of which there is no trading; of 252 sessions it is "
         "38."),
    _sum("sum-e2-share", CONDITIONAL, "Cost: $100,000/year (0.5% portfolio)", 0.005,
         100_000.0 / 20e6, Unit.SHARE, "$100,000 over $20 million."),
    _sum("sum-e2-offset", CONDITIONAL, "50% offset", 0.5, 400_000.0 / 800_000.0, Unit.SHARE,
         "$400,000 over $800,000."),
    _sum("sum-e2-cost", CONDITIONAL, "Cost: $700,000", 700_000.0, 7 * 100_000.0, Unit.USD,
         "Seven years of $100,000."),
    _sum("sum-e2-net", CONDITIONAL, "Net: +$200,000", 200_000.0, 900_000.0 - 700_000.0,
         Unit.USD, "$900,000 less $700,000."),
    _sum("sum-e3-net", SCALPING, "Net: +$100,000 (positive from vol mispricing)", 100_000.0,
         300_000.0 - 200_000.0, Unit.USD, "$300,000 less $200,000."),
    _sum("sum-e4-net", TERM, "Net: +$50,000 (funded hedge)", 50_000.0, 150_000.0 - 100_000.0,
         Unit.USD, "$150,000 less $100,000."),
    _sum("sum-e5-entry", ENTRY, "(18-12)/10 = $600", 600.0, 1_000.0 * linear(18.0, 12.0, 10.0),
         Unit.USD, "$1,000 · (18 − 12) / 10."),
    _sum("sum-e5-buy", ADJUSTING, "Buy additional $400 vega", 400.0,
         1_000.0 * (linear(22.0, 12.0, 10.0) - linear(18.0, 12.0, 10.0)), Unit.USD,
         "$1,000 · (22 − 12) / 10 less $600."),
)  # fmt: skip
