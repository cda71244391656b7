"""E1: the VIX-scaled hedge of 2017-2020 on 50 million."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hedgerow.core.market import Market
from hedgerow.engine.rulebook import rulebook
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.research import crises
from hedgerow.research.examples.example import Check, Measure, Measured, dollars
from hedgerow.research.examples.measuring import Scaled, level, shares
from hedgerow.research.readings import intensities

SPAN = ("2017-01-03", "2020-12-31")
CALM = ("2017-01-03", "2019-12-31")
BEFORE, COVID = ("2020-02-03", "2020-02-19"), ("2020-02-19", "2020-03-23")


@dataclass(frozen=True)
class VixScaled:
    """E1: ``N = $1,000 × max(0, (VIX − 12) / 8)``, no upper limit.

    Examples
    --------
    >>> [check.ours for check in VixScaled().arithmetic()[:3]]
    [250.0, 375.0, 6000.0]
    """

    name: ClassVar[str] = "E1"
    title: ClassVar[str] = "VIX-scaled hedge, 2017–2020"
    place: ClassVar[str] = "Real-World Examples 1, VIX-Scaled Hedge (2017-2020)"
    setup: ClassVar[str] = "$50M portfolio; N = $1,000 × max(0, (VIX − 12) / 8)"
    portfolio: float = 50_000_000.0
    gain: float = 3_000_000.0
    loss: float = 10_000_000.0
    cost: float = 50_000.0

    def vega(self, vix: float) -> float:
        """Return USD of vega at a VIX in points, by the rulebook's own rule and base."""
        line = rulebook("worked-2017").program.line("puts")
        return line.sleeve.size.value * intensities(line.policy, (vix,))[0]

    def arithmetic(self) -> tuple[Check, ...]:
        """See `Example.arithmetic`."""
        rule = "1,000 × max(0, ({0:g} − 12) / 8)"
        sized = [
            Check(what, f"${said:,.0f} vega", said, rule.format(vix), self.vega(vix), "vega")
            for what, vix, said in (
                ("Average hedge at a VIX of 14", 14.0, 250.0),
                ("February 2020, VIX 15", 15.0, 375.0),
                ("March 2020, VIX 60", 60.0, 6_000.0),
            )
        ]
        return (
            *sized,
            Check(
                "Annual cost",
                "0.1% portfolio",
                0.001,
                "50,000 / 50,000,000",
                self.cost / self.portfolio,
                "percent",
                3,
            ),
            Check(
                "Drawdown",
                "20% drawdown",
                0.20,
                "10,000,000 / 50,000,000",
                self.loss / self.portfolio,
                "percent",
                2,
            ),
            Check(
                "Net of 2020",
                "-$7,000,000",
                -7_000_000.0,
                "−10,000,000 + 3,000,000",
                self.gain - self.loss,
            ),
            Check(
                "Offset",
                "30% offset",
                0.30,
                "3,000,000 / 10,000,000",
                self.gain / self.loss,
                "percent",
                2,
            ),
            Check("Cost, 4 years", "$200,000", 200_000.0, "4 × 50,000", 4.0 * self.cost),
            Check(
                "Net, 4 years",
                "+$2,800,000",
                2_800_000.0,
                "3,000,000 − 4 × 50,000",
                self.gain - 4.0 * self.cost,
            ),
        )

    @property
    def by_vega(self) -> float:
        """What vega alone gains from VIX 15 to 60 if the size follows the rule all the way, USD."""
        grid = np.linspace(15.0, 60.0, 4_501)
        return float(np.trapezoid([self.vega(vix) for vix in grid[::100]], grid[::100]))

    def remarks(self) -> tuple[str, ...]:
        """See `Example.remarks`."""
        most, span = self.vega(60.0), 60.0 - 15.0
        return (
            "The gain is not of the order of the vega: resized all the way along the rule, from a "
            f"VIX of 15 to 60, vega alone earns ${self.by_vega:,.0f}, and the ${most:,.0f} of the "
            f"end held over all {span:g} points ${most * span:,.0f}. ${self.gain:,.0f} at "
            f"${most:,.0f} a point would be {self.gain / most:,.0f} points. Only the delta and "
            "gamma of an option could make it, and the example names no option.",
            "The cost of 4 years is 4 times that of a calm one, yet the hedge of 2020 is "
            f"{self.vega(15.0) / self.vega(14.0):.1f} to {most / self.vega(14.0):.0f} times as "
            "large as in the calm years.",
            "An average VIX of 14 does not make an average hedge of $250: the rule stays at 0 "
            "below 12, so its average lies above the rule at the average.",
            "The two nets are of different things: −$7,000,000 counts the portfolio's loss, "
            "+$2,800,000 the hedge alone.",
        )

    def measure(self, market: Market) -> Measured:
        """See `Example.measure`."""
        line = rulebook("worked-2017").program.line("puts")
        base = line.sleeve.size.value
        # one contract is USD 1 of vega at its strike; vega kept up would buy ever more to expiry
        swap = VarianceSwap(size=Contracts(base))
        made = {
            "put": Scaled.of(line.policy, market, line.sleeve, self.portfolio, SPAN),
            "swap": Scaled.of(line.policy, market, swap, self.portfolio, SPAN),
        }
        put = made["put"]
        dates, vix = put.track.dates, put.vix
        peak = float(level(vix, dates, *COVID).max())

        def each(of: Callable[[Scaled], float]) -> dict[str, float | None]:
            return {name: of(scaled) for name, scaled in made.items()}

        def same(value: float) -> dict[str, float | None]:
            return dict.fromkeys(made, value)

        covid = {
            name: crises.effectiveness(scaled.track, scaled.track.rows(*COVID))
            for name, scaled in made.items()
        }
        rows = (
            Measure(
                "Average VIX, 2017–19", 14.0, same(float(level(vix, dates, *CALM).mean())), "points"
            ),
            Measure(
                "Average hedge, 2017–19", 250.0, each(lambda s: base * s.mean_x(*CALM)), "vega"
            ),
            Measure("Cost a year, 2017–19", self.cost, each(lambda s: s.cost_a_year(*CALM))),
            Measure(
                "Hedge result a year, 2017–19",
                -self.cost,
                each(lambda s: s.sum("pnl", *CALM) / 3.0),
            ),
            Measure(
                "Average hedge, 3 to 19 February 2020",
                375.0,
                each(lambda s: base * s.mean_x(*BEFORE)),
                "vega",
            ),
            Measure("Highest VIX close, March 2020", 60.0, same(peak), "points"),
            Measure(
                "Largest hedge, March 2020", 6_000.0, each(lambda s: base * s.max_x(*COVID)), "vega"
            ),
            Measure(
                "Hedge gain, 19 February to 23 March 2020",
                self.gain,
                {name: row["hedge_gain"] for name, row in covid.items()},
            ),
            Measure(
                "Portfolio loss",
                self.loss,
                {name: row["portfolio_loss"] for name, row in covid.items()},
            ),
            Measure("Offset", 0.30, {name: row["her"] for name, row in covid.items()}, "percent"),
            Measure("Cost, 4 years", 200_000.0, each(lambda s: 4.0 * s.cost_a_year(*SPAN))),
            Measure("Hedge result, 4 years", 2_800_000.0, each(lambda s: s.sum("pnl", *SPAN))),
        )
        return Measured(
            {
                "put": f"{line.sleeve.name}, strikes of 5 points, {base:,.0f} USD of vega at 1",
                "swap": f"{swap.name}, {base:,.0f} USD of vega at its strike at 1",
            },
            rows,
            shares(made, SPAN),
            self._why(put, base, peak, rows),
            put.track.times,
            {name: scaled.track["hedge"] for name, scaled in made.items()},
        )

    def _why(
        self, put: Scaled, base: float, peak: float, rows: tuple[Measure, ...]
    ) -> tuple[str, ...]:
        found = {row.what: row.measured for row in rows}
        eve = base * put.mean_x(COVID[0], COVID[0])
        loss = found["Portfolio loss"]["put"] or 0.0
        alone = put.track["portfolio"][put.track.rows(*COVID)]
        fell = 1.0 - float(alone[-1] / alone[0])
        return (
            f"The hedge stood at {dollars(eve)} of vega when the fall began and was bought up "
            "on the way, at the higher price of each day: what is bought after the rise earns "
            "nothing on it.",
            f"VIX closed as high as {peak:.2f}, where the rule asks for ${self.vega(peak):,.0f}.",
            f"The S&P 500 lost {fell:.0%} from close to close, of the {dollars(float(alone[0]))} "
            f"that $50M of 2017 had become: {dollars(loss)}, not $10M."
            + (
                f" 20 % is the fall of a portfolio with {0.20 / fell:.0%} of equity, which the "
                "example does not say."
                if fell > 0.0
                else ""
            ),
            "The example names neither contract nor costs: what it calls vega decays differently "
            "in a put, which loses time value, and in a variance swap, which pays the difference "
            "of implied and realised variance.",
        )
