"""E2: the conditional hedge of 2012-2018 on 20 million, only above a VIX of 20."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hedgerow.core.market import Market
from hedgerow.engine.rulebook import rulebook
from hedgerow.research import crises
from hedgerow.research.examples.example import Check, Measure, Measured, dollars
from hedgerow.research.examples.measuring import Scaled, level, shares
from hedgerow.research.readings import intensities

SPAN = ("2012-01-03", "2018-12-31")
AUGUST = ("2015-07-20", "2015-08-25")
YEARS = 7.0


@dataclass(frozen=True)
class Conditional:
    """E2: the full hedge above a VIX of 20, nothing at and under it.

    Examples
    --------
    >>> Conditional().vega(20.0), Conditional().vega(35.0)
    (0.0, 2000.0)
    """

    name: ClassVar[str] = "E2"
    title: ClassVar[str] = "Conditional hedge, 2012–2018"
    place: ClassVar[str] = "Real-World Examples 2, Conditional Hedge (2012-2018)"
    setup: ClassVar[str] = "$20M portfolio; full hedge of $2,000 vega only when VIX > 20"
    portfolio: float = 20_000_000.0
    cost: float = 100_000.0
    hedged: float = 0.15
    gain: float = 400_000.0
    loss: float = 800_000.0
    gains: float = 900_000.0

    def vega(self, vix: float) -> float:
        """Return USD of vega at a VIX in points, by the rulebook's own rule and base."""
        line = rulebook("conditional-2012").program.line("puts")
        return line.sleeve.size.value * intensities(line.policy, (vix,))[0]

    def arithmetic(self) -> tuple[Check, ...]:
        """See `Example.arithmetic`."""
        return (
            Check(
                "Hedge at a VIX of 20",
                "only when VIX > 20",
                0.0,
                "the rule at 20",
                self.vega(20.0),
                "vega",
            ),
            Check(
                "Hedge at a VIX of 35",
                "$2,000 vega",
                2_000.0,
                "the rule at 35",
                self.vega(35.0),
                "vega",
            ),
            Check(
                "Days hedged a year",
                "55 days/year",
                55.0,
                "0.15 × 365",
                self.hedged * 365.0,
                "days",
            ),
            Check(
                "Cost a year",
                "0.5% portfolio",
                0.005,
                "100,000 / 20,000,000",
                self.cost / self.portfolio,
                "percent",
                3,
            ),
            Check(
                "Offset, 2015",
                "50% offset",
                0.50,
                "400,000 / 800,000",
                self.gain / self.loss,
                "percent",
                2,
            ),
            Check("Cost, 7 years", "$700,000", 700_000.0, "7 × 100,000", YEARS * self.cost),
            Check(
                "Net, 7 years",
                "+$200,000",
                200_000.0,
                "900,000 − 700,000",
                self.gains - YEARS * self.cost,
            ),
        )

    def remarks(self) -> tuple[str, ...]:
        """See `Example.remarks`."""
        full = self.vega(35.0)
        return (
            f"0.15 × 365 is {self.hedged * 365.0:g}, rounded to 55, and counts calendar days; of "
            f"252 sessions it is {self.hedged * 252.0:.0f}.",
            f"The gain of 2015 is not of the order of the vega: ${full:,.0f} over the 15 points "
            f"from 20 to 35 is ${full * 15.0:,.0f}; ${self.gain:,.0f} would be "
            f"{self.gain / full:,.0f} points.",
            f"A loss of ${self.loss:,.0f} is {self.loss / self.portfolio:.0%} of $20M.",
            f"The gain of 2015 alone is {self.gain / self.gains:.0%} of all gains of the 7 years.",
        )

    def measure(self, market: Market) -> Measured:
        """See `Example.measure`."""
        line = rulebook("conditional-2012").program.line("puts")
        put = Scaled.of(line.policy, market, line.sleeve, self.portfolio, SPAN)
        track, dates = put.track, put.track.dates
        above = float((put.vix > 20.0).mean())
        august = crises.effectiveness(track, track.rows(*AUGUST))
        alone = track["portfolio"][track.rows(*AUGUST)]
        fall = float(alone[-1] / alone[0] - 1.0)
        late = _late(put)
        spans = crises.crises_in(track)
        inside = sum(crises.effectiveness(track, span.rows)["hedge_gain"] for span in spans)
        result = put.sum("pnl", *SPAN)

        def one(value: float | None) -> dict[str, float | None]:
            return {"put": value}

        rows = (
            Measure("Share of days with VIX > 20", self.hedged, one(above), "percent"),
            Measure("Days a year with VIX > 20", 55.0, one(above * 365.0), "days"),
            Measure(
                "Share of days hedged",
                self.hedged,
                one(float((track["held"] != 0.0).mean())),
                "percent",
            ),
            Measure("Cost a year", self.cost, one(put.cost_a_year(*SPAN))),
            Measure(
                "Highest VIX close, August 2015",
                35.0,
                one(float(level(put.vix, dates, *AUGUST).max())),
                "points",
            ),
            Measure("Hedge gain, 20 July to 25 August 2015", self.gain, one(august["hedge_gain"])),
            Measure("Portfolio loss", self.loss, one(august["portfolio_loss"])),
            Measure("Offset, 2015", 0.50, one(august["her"]), "percent"),
            Measure("Cost, 7 years", 700_000.0, one(YEARS * put.cost_a_year(*SPAN))),
            Measure("Hedge result inside the dated crises", self.gains, one(inside)),
            Measure("Hedge result, 7 years", 200_000.0, one(result)),
        )
        why = (
            f"VIX closed above 20 on {above:.1%} of the sessions.",
            f"From 20 July to 25 August 2015 the S&P 500 lost {-fall:.1%} of the "
            f"{dollars(float(alone[0]))} that $20M of 2012 had become: "
            f"{dollars(august['portfolio_loss'])}, not $800,000.",
            f"{late} So the hedge was bought after the rise, at its price.",
            "A hedge that is bought above 20 and sold at 20 pays the spread on every crossing, and "
            "pays for volatility when it is dear.",
        )
        return Measured(
            {"put": f"{line.sleeve.name}, strikes of 5 points, 2,000 USD of vega"},
            rows,
            shares({"put": put}, SPAN),
            why,
            track.times,
            {"put": track["hedge"]},
        )


def _late(put: Scaled) -> str:
    """Return how far the fall of August 2015 had gone when the hedge was filled, as a sentence."""
    rows = put.track.rows(*AUGUST)
    alone, held = put.track["portfolio"][rows], put.track["held"][rows]
    filled = np.flatnonzero(held != 0.0)
    if not len(filled):
        return "VIX did not close above 20 in time for a fill."
    at = int(filled[0])
    told = f"The first order above 20 was filled on {put.track.dates[rows][at]}"
    down = float(alone[0] - alone.min())
    if down <= 0.0:
        return f"{told}."
    return f"{told}, {float(alone[0] - alone[at]) / down:.0%} of the way down."
