"""E3: gamma scalping in 2019 on 30 million, straddles whose delta is taken out daily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.rulebook import rulebook
from hedgerow.engine.trade import trade
from hedgerow.policies.signals import RealisedVol
from hedgerow.pricing.black import DAYS_PER_YEAR, black76
from hedgerow.research.examples.example import Check, Measure, Measured
from hedgerow.research.examples.measuring import covered, modelled_share

SPAN = ("2019-01-02", "2019-12-31")


@dataclass(frozen=True)
class GammaScalping:
    """E3: at-the-money straddles, delta-hedged daily, where 18 % was realised and 15 % implied.

    Examples
    --------
    >>> round(GammaScalping().gamma_of(200_000.0, 0.15, 0.18))
    288000
    """

    name: ClassVar[str] = "E3"
    title: ClassVar[str] = "Gamma scalping, 2019"
    place: ClassVar[str] = "Real-World Examples 3, Gamma Scalping (2019)"
    setup: ClassVar[str] = "$30M portfolio; at-the-money straddles, delta-hedged daily"
    implied: float = 0.15
    realised: float = 0.18
    gamma: float = 300_000.0
    theta: float = 200_000.0

    def gamma_of(self, theta: float, implied: float, realised: float) -> float:
        """Return what gamma earns of a decay, both at constant dollar gamma.

        Decay is ``½ Γ S² IV² T`` and gamma earns ``½ Γ S² RV² T``, with Γ and θ of a straddle at
        the money, without rates.

        Parameters
        ----------
        theta
            Decay paid, USD.
        implied, realised
            Volatilities, decimals a year.
        """
        month = 30.0 / DAYS_PER_YEAR
        call, put = (
            black76(100.0, 100.0, month, implied, 0.0, call=side) for side in (True, False)
        )
        decay = -float(call.theta + put.theta)
        earned = 0.5 * float(call.gamma + put.gamma) * 100.0**2 * realised**2
        return theta * earned / decay

    def arithmetic(self) -> tuple[Check, ...]:
        """See `Example.arithmetic`."""
        return (
            Check("Net", "+$100,000", 100_000.0, "300,000 − 200,000", self.gamma - self.theta),
            Check(
                "Gamma P&L of that theta",
                "+$300,000",
                self.gamma,
                "200,000 × 18² / 15², from ½ Γ S² (RV², IV²) T",
                self.gamma_of(self.theta, self.implied, self.realised),
            ),
            Check(
                "Net by ½ Γ S² (RV² − IV²) T",
                "+$100,000",
                100_000.0,
                "288,000 − 200,000",
                self.gamma_of(self.theta, self.implied, self.realised) - self.theta,
            ),
        )

    def remarks(self) -> tuple[str, ...]:
        """See `Example.remarks`."""
        exact = self.gamma_of(self.theta, self.implied, self.realised)
        ends = [self.gamma_of(self.theta, 0.155, 0.175), self.gamma_of(self.theta, 0.145, 0.185)]
        needed = self.implied * (self.gamma / self.theta) ** 0.5
        dollar = 2.0 * self.theta / self.implied**2
        return (
            f"A decay of ${self.theta:,.0f} at 15 % makes ${exact:,.0f} of gamma at 18 %, not "
            f"${self.gamma:,.0f}, which needs {needed:.1%}. Both volatilities are rounded: from "
            f"15.5 and 17.5 % to 14.5 and 18.5 % it is ${ends[0]:,.0f} to ${ends[1]:,.0f}, so the "
            "numbers can be rounded ones of one calculation.",
            f"${self.theta:,.0f} of decay a year at 15 % is a dollar gamma Γ S² of ${dollar:,.0f}, "
            f"{dollar / 30e6:.0%} of the portfolio: straddles of some 3 %, whose profit is a third "
            "of a percent of it.",
            "Costs of trading are not mentioned: a daily delta hedge pays the spread 252 times.",
        )

    def measure(self, market: Market) -> Measured:
        """See `Example.measure`."""
        covered(market, SPAN)
        made = scalped(market)
        straddles, delta = made.lines["straddles"], made.lines["hedge"]
        inside = market.between(*SPAN)
        returns = np.diff(np.log(inside["spx"]))
        realised = float(np.sqrt(252.0 * np.mean(returns**2)))
        implied = float(inside["vix"].mean()) / 100.0
        left = _sum(straddles["delta"]) + _sum(delta["delta"])

        def one(value: float) -> dict[str, float | None]:
            return {"straddles": value}

        rows = (
            Measure("Implied volatility (mean VIX)", self.implied, one(implied), "percent"),
            Measure("Realised volatility", self.realised, one(realised), "percent"),
            Measure("Gamma P&L", self.gamma, one(_sum(straddles["gamma"]))),
            Measure("Theta", -self.theta, one(_sum(straddles["theta"]))),
            Measure("Vega P&L", None, one(_sum(straddles["vega"]))),
            Measure("Delta left by the daily hedge", None, one(left)),
            Measure("Costs of trading, both lines", None, one(-_sum(made.cost))),
            Measure("Net of both lines, all counted", 100_000.0, one(_sum(made.hedge))),
        )
        rolling = RealisedVol("spx", days=20)(market.between(None, SPAN[1]))
        rolling = rolling[market.dates[: len(rolling)] >= np.datetime64(SPAN[0], "D")]
        above = float(np.mean(rolling > inside["vix"] / 100.0))
        why = (
            f"In 2019 the S&P 500 realised {realised:.1%} while VIX averaged {implied:.1%}: the "
            "premium was paid, not collected. 18 % against 15 % is not that year.",
            f"Realised volatility of 20 sessions stood above VIX on {above:.0%} of the sessions.",
            "The straddles' price is a model's, from VIX and its term structure; a straddle at the "
            "money is cheaper than VIX, which prices the whole smile, so the decay is that of its "
            "own volatility.",
        )
        return Measured(
            {
                "straddles": "30-day straddles at the money on 3 % of the portfolio, renewed every "
                "30 days, delta taken out at every close (rulebook gamma-scalping)"
            },
            rows,
            {
                "VIX": modelled_share(market, "vix", SPAN),
                "prices of the straddles": float(made.notes["straddles"]["modelled_share"]),
            },
            why,
            made.times,
            {"straddles": np.cumsum(made.hedge)},
        )


def scalped(market: Market) -> Outcome:
    """Return the straddles of the year, their delta taken out daily: all that runs is here."""
    return trade(rulebook("gamma-scalping").program, market, start=SPAN[0], end=SPAN[1])


def _sum(column: Floats) -> float:
    return float(np.sum(column))
