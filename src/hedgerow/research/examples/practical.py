"""E5: the practical steps on 10 million, Option A and its first rebalance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.rulebook import rulebook
from hedgerow.policies.trigger import Trigger
from hedgerow.research import crises, performance
from hedgerow.research.examples.example import Check, Measure, Measured, dollars
from hedgerow.research.examples.measuring import Scaled, shares
from hedgerow.research.readings import intensities


@dataclass(frozen=True)
class Practical:
    """E5: ``N = $1,000 × clip((VIX − 12) / 10, 0, 2)``, and the trade from a VIX of 18 to 22.

    Examples
    --------
    >>> [check.ours for check in Practical().arithmetic()[:3]]
    [600.0, 1000.0, 400.0]
    """

    name: ClassVar[str] = "E5"
    title: ClassVar[str] = "Practical steps, Option A"
    place: ClassVar[str] = "Practical Steps 1 to 5"
    setup: ClassVar[str] = "$10M portfolio; base hedge of $1,000 vega; Option A; VIX 18, then 22"
    portfolio: float = 10_000_000.0

    def vega(self, vix: float) -> float:
        """Return USD of vega at a VIX in points, by the rulebook's own rule and base."""
        line = rulebook("option-a").program.line("puts")
        return line.sleeve.size.value * intensities(line.policy, (vix,))[0]

    def fires(self, last: float, now: float) -> bool:
        """Say whether the 3 points of the rebalancing rule alone fire between two levels of VIX."""
        alone = Policy(
            [
                rulebook("option-a").program.line("puts").policy.steps[0],
                Trigger(relative=None, every=None, drawdown=None),
            ],
            rulebook("option-a").program.line("puts").policy.signals,
            raw=True,
        )
        still, book = Bar(*[0.0] * len(Bar._fields)), opening(self.portfolio)
        first = alone.decide(View((last,), book, still), alone.start(), alone.params())
        filled = View((now,), book._replace(filled=1.0), still)
        return bool(alone.decide(filled, first.memory, alone.params()).act > 0.0)

    def arithmetic(self) -> tuple[Check, ...]:
        """See `Example.arithmetic`."""
        rule = "1,000 × ({0} − 12) / 10"
        before, after = self.vega(18.0), self.vega(22.0)
        return (
            Check(
                "Initial hedge at a VIX of 18", "$600 vega", 600.0, rule.format(18), before, "vega"
            ),
            Check(
                "New hedge at a VIX of 22", "$1,000 vega", 1_000.0, rule.format(22), after, "vega"
            ),
            Check("To buy", "$400 vega", 400.0, "1,000 − 600", after - before, "vega"),
            Check(
                "VIX 18 → 22 is a trigger",
                "(trigger!)",
                1.0,
                "|22 − 18| > 3",
                float(self.fires(18.0, 22.0)),
                "flag",
            ),
            Check(
                "VIX 18 → 21 is none",
                "VIX > 21",
                0.0,
                "|21 − 18| > 3, strict",
                float(self.fires(18.0, 21.0)),
                "flag",
            ),
        )

    def remarks(self) -> tuple[str, ...]:
        """See `Example.remarks`."""
        return (
            "The rebalancing rules stand four times, each time otherwise: Risk Management Rules 1 "
            "adds a move of 15 %, Practical Steps 3 a drawdown of 5 % instead, its code has "
            "neither, and Common Mistakes 2 has 2 points where they have 3. hedgerow readings "
            "trigger runs them.",
            "15 % of a VIX under 20 is less than 3 points, so there the points never decide first: "
            f"from 18 the 15 % fire beyond {18 * 0.85:.1f} and {18 * 1.15:.1f}, where Risk "
            "Management Rules 1 names 15 and 21.",
            "The code of Practical Steps 2 knows no floor, though Risk Management Rules 3 always "
            f"keeps $200: at a VIX of 13 the rule alone holds $100, with the floor "
            f"${self.vega(13.0):,.0f}.",
            "The same code earns notional × (realised − implied volatility) each day, counts no "
            f"cost, and prints a daily Sharpe ratio: {252**0.5:.1f} times smaller than a yearly "
            "one.",
        )

    def measure(self, market: Market) -> Measured:
        """See `Example.measure`; over all of the data."""
        line = rulebook("option-a").program.line("puts")
        put = Scaled.of(line.policy, market, line.sleeve, self.portfolio)
        track, static, base = put.track, put.static, line.sleeve.size.value
        first, last = str(track.dates[0]), str(track.dates[-1])
        alone = float(track["portfolio"][-1])
        cost, still = (put.cost_a_year(first, last, track=each) for each in (track, static))
        her = crises.overall(crises.table(track, static, crises.crises_in(track)))
        years = performance.years(track)
        trades = int((track["traded"][1:] > 0.0).sum()) / years

        def one(value: float | None) -> dict[str, float | None]:
            return {"put": value}

        rows = (
            Measure("Average hedge", None, one(base * put.mean_x(first, last)), "vega"),
            Measure("Cost a year", None, one(cost)),
            Measure(
                "Saving against the fixed hedge",
                None,
                one(1.0 - cost / still if still > 0.0 else None),
                "percent",
                "30–50 %",
            ),
            Measure("HER, scaled", None, one(her["dynamic_her"]), "percent", "50–70 %"),
            Measure("HER, fixed", None, one(her["static_her"]), "percent", "40–60 %"),
            Measure("Hedge result a year, scaled", None, one(put.sum("pnl", first, last) / years)),
            Measure(
                "Hedge result a year, fixed",
                None,
                one(put.sum("pnl", first, last, track=static) / years),
            ),
            Measure("Trading days a year", None, one(trades), "days"),
        )
        why = (
            f"A base of {dollars(base)} of vega is a small hedge, whichever way it is scaled: at "
            f"an intensity of 1 puts of that vega cover {_cover(put)[0]:.1%} of $10M on the first "
            "day. Effectiveness of 40 to 70 % needs many times the size, at many times the cost.",
            f"The base stays {dollars(base)} while $10M become {dollars(alone)}: on the last day "
            f"it covers {_cover(put)[-1]:.1%}. A size as a share of NAV would grow along.",
            "This example prints no performance; what stands here as claimed the source says of "
            "dynamic hedges in general (Mathematical Framework 3 and 4).",
        )
        return Measured(
            {
                "put": f"{line.sleeve.name}, strikes of 5 points, with the rulebook's floor, cap, "
                f"budget and trigger, {first} … {last}"
            },
            rows,
            shares({"put": put}, None),
            why,
            track.times,
            {"put": track["hedge"]},
        )


def _cover(put: Scaled) -> Floats:
    """Return the notional of intensity 1 as a part of the portfolio, **shape** (T,)."""
    ground = put.ground
    rows = slice(ground.first, None)
    notional = ground.sizes[0][rows] * ground.strip.next_notional[rows]
    return np.asarray(notional / ground.values[rows])
