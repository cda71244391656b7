"""E4: the term structure strategy of 2016-2017, one-month VIX puts sold for six-month variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hedgerow.core.market import Market
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.rulebook import rulebook
from hedgerow.engine.trade import trade
from hedgerow.policies.term_structure import CurveRatio
from hedgerow.research import performance
from hedgerow.research.examples.example import Check, Measure, Measured, dollars
from hedgerow.research.examples.measuring import covered, futures_modelled, modelled_share

SPAN = ("2016-01-04", "2017-12-29")
PUTS, VARIANCE = "puts", "variance"
"""Lines of the rulebook."""


@dataclass(frozen=True)
class TermStructure:
    """E4: short one-month VIX puts pay for long six-month variance, split by the slope.

    Examples
    --------
    >>> [check.ours for check in TermStructure().arithmetic()[:1]]
    [50000.0]
    """

    name: ClassVar[str] = "E4"
    title: ClassVar[str] = "Term structure strategy, 2016–2017"
    place: ClassVar[str] = "Real-World Examples 4, Term Structure Strategy (2016-2017)"
    setup: ClassVar[str] = "short 1M VIX puts, long 6M variance, ratio by the slope of the curve"
    collected: float = 150_000.0
    paid: float = 100_000.0

    def arithmetic(self) -> tuple[Check, ...]:
        """See `Example.arithmetic`."""
        return (
            Check("Net", "+$50,000", 50_000.0, "150,000 − 100,000", self.collected - self.paid),
        )

    def remarks(self) -> tuple[str, ...]:
        """See `Example.remarks`."""
        return (
            "A put on a VIX future sold in contango is sold against the roll-down: as the future "
            "falls to spot, the put that was sold at the money ends in the money. Contango pays "
            "who sells the future or calls on it.",
            "The legs do not hedge each other: a calm market costs the puts and the variance, a "
            "crash leaves the premium of the puts and pays the variance.",
            f"Neither size nor portfolio is given; ${self.collected:,.0f} of premium is what about "
            "45 VIX puts a month at the money collect in two years; our sizes are made for it.",
            "The ratio that the slope sets is not printed here. Dynamic Hedge Strategies 4 prints "
            "F1/F3, which makes R/(1+R) of the whole at the short end: somewhat under one half in "
            "contango, over it in backwardation.",
        )

    def measure(self, market: Market) -> Measured:
        """See `Example.measure`."""
        covered(market, SPAN)
        made = traded(market)
        puts, variance = made.lines[PUTS], made.lines[VARIANCE]
        curve = CurveRatio()
        ratio, quoted = curve(market), curve.measured(market)
        inside = (market.dates >= made.dates[0]) & (market.dates <= made.dates[-1])
        fall = performance.worst_fall(market["spx"][inside])[2]
        index = market["vix"][inside]

        def one(value: float) -> dict[str, float | None]:
            return {"both lines": value}

        result, bought = float(puts["pnl"].sum()), float(variance["pnl"].sum())
        credit = premium(made, market)
        rows = (
            Measure("Premium taken in for the puts", self.collected, one(credit)),
            Measure("Result of the puts", None, one(result)),
            Measure("Result of the variance", -self.paid, one(bought)),
            Measure("Net of both lines, all counted", 50_000.0, one(result + bought)),
            Measure("Costs of trading, both lines", None, one(-float(made.cost.sum()))),
            Measure(
                "Mean part at the short end",
                None,
                one(float((ratio / (1.0 + ratio))[inside].mean())),
                "percent",
            ),
            Measure("Deepest fall of the index", None, one(fall), "percent"),
            Measure("Highest VIX close", None, one(float(index.max())), "points"),
        )
        why = (
            f"The puts took in {dollars(credit)} and ended at {dollars(result)}: futures fell "
            f"towards a VIX that went from {index[0]:.1f} to {index[-1]:.1f}, so puts sold at the "
            "money were paid out time and again. What the source calls collected is the premium "
            "alone.",
            f"Six-month variance ended at {dollars(bought)}: in calm years far more was implied "
            "than came to pass.",
            f"'No crashes occurred', yet the S&P 500 fell {-fall:.0%} in early 2016 and VIX closed "
            f"as high as {index.max():.1f}.",
            "Prices of VIX options are a model's, and where no future was settled that day so is "
            "the future; VIX options were not in hand.",
        )
        return Measured(
            {
                "both lines": "100 one-month VIX puts at the money of their future times R/(1+R), "
                "sold; 6-month variance of $5,000 vega at its strike times 1/(1+R), bought; $10M "
                "(rulebook term-structure-2016)"
            },
            rows,
            {
                "VIX": modelled_share(market, "vix", SPAN),
                "VIX futures": futures_modelled(market, SPAN),
                "the slope": float(1.0 - quoted[inside].mean()),
                "prices of the puts": float(made.notes[PUTS]["modelled_share"]),
                "prices of the variance": float(made.notes[VARIANCE]["modelled_share"]),
            },
            why,
            made.times,
            {name: np.cumsum(made.lines[name]["pnl"]) for name in (PUTS, VARIANCE)},
        )


def traded(market: Market) -> Outcome:
    """Return the two years of both lines."""
    program = rulebook("term-structure-2016").program
    return trade(program, market, start=SPAN[0], end=SPAN[1])


def premium(made: Outcome, market: Market) -> float:
    """Return what was taken in for the puts when they were sold, USD, spreads aside.

    At each change of contract all that is held then is sold anew; between, what is added.
    """
    line = made.program.line(PUTS)
    strip = line.sleeve.strip(market.between(None, SPAN[1]), costs=made.program.costs)
    rows = slice(len(strip) - len(made), None)
    # one unit is one put sold, whose price is negative
    held, price = made.lines[PUTS]["held"], -strip.open[rows] * strip.multiplier
    before = np.where(strip.roll[rows] > 0.0, 0.0, np.r_[0.0, held[:-1]])
    return float(np.sum(np.maximum(held - before, 0.0) * price))
