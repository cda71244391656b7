"""What a reader of a run must know: where its data came from, and what it takes for granted."""

from __future__ import annotations

from typing import Any

from hedgerow.core.market import Origin
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.instruments.sizes import guarded
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.iv_beta import IvBeta
from hedgerow.policies.term_structure import CurveRatio

CHAIN_COLUMNS = ("spx", "vix", "vix9d", "vix3m", "vix6m", "rate", "dividend_yield", "vx1", "vx2")
"""Columns whose origin is reported."""
SHORT_DATED = "The option is shorter than 90 days at purchase: its decay is fast (B9)"
"""What is said of an option under the guard of B9."""


def origins_of(ground: Ground) -> dict[str, dict[str, Any]]:
    """Return the source of each column of a run and its shares by origin, hedge prices too."""
    market = ground.market.between(str(ground.market.dates[ground.first]), None)
    made: dict[str, dict[str, Any]] = {}
    for name in CHAIN_COLUMNS:
        if name in market:
            shares = {origin.name.lower(): market.share(name, origin) for origin in Origin}
            made[name] = {"source": market.sources.get(name, ""), **shares}
    strip = ground.strip
    part = strip.modelled[ground.first :]
    made["hedge prices"] = {
        "source": str(strip.notes.get("surface", strip.notes.get("curve", strip.name))),
        "measured": float(1.0 - part.mean()),
        "repaired": 0.0,
        "modelled": float(part.mean()),
        "assumed": 0.0,
        "missing": 0.0,
    }
    return made


def modelled_signals(ground: Ground, policy: Policy) -> list[str]:
    """Return how much of each signal on VIX futures is a model's."""
    said = []
    for signal in policy.signals:
        if isinstance(signal, CurveRatio | IvBeta):
            share = 1.0 - float(signal.measured(ground.market)[ground.first :].mean())
            if share:
                said.append(
                    f"The signal {signal.name} comes from a model of VIX futures on {share:.0%} of "
                    "the days, from quotes on the others"
                )
    return said


def assumed(ground: Ground, sleeve: Sleeve, portfolio: Equity, *, same_bar: bool) -> list[str]:
    """Return what a run takes for granted, one sentence each."""
    strip = ground.strip
    said = [
        "Orders are decided at the close and filled at the same close, which nobody can do"
        if same_bar
        else "Orders are decided at the close and filled at the next close",
        "Contracts are fractional; margin, limit orders and partial fills are not modelled yet",
        "Half-spreads widen with VIX; no extra slippage in a panic beyond that",
        "All of NAV stays invested in the portfolio: hedge losses are taken out of it and hedge "
        "gains put into it each day, at no cost; the premium tied up is financed at the bill rate",
        f"The portfolio is {portfolio.equity_share:.0%} equity with a beta of "
        f"{portfolio.beta:g}, the rest in bills",
    ]
    if bool(strip.modelled.any()):
        share = float(strip.modelled[ground.first :].mean())
        said.append(
            f"Prices of {sleeve.name} come from a model on {share:.0%} of the days: "
            "quoted prices may differ most when it matters most"
        )
    if "vix" in ground.market and ground.market.share("vix", Origin.MODELLED) > 0:
        said.append(
            "VIX is modelled from the index outside the published years; the model was fitted on "
            "2014–2018 alone and understates the aftermath of some crises"
        )
    bounded = guarded(sleeve.size, strip)
    if bounded:
        said.append(
            f"On {bounded:,} of {len(strip):,} days one contract had so little vega or price that "
            "the size was bounded: the hedge was smaller there than its size says"
        )
    for name, value in (("rate", "bill rate"), ("dividend_yield", "dividend yield")):
        share = ground.market.share(name, Origin.ASSUMED)
        if share > 0.0:
            said.append(f"The {value} is assumed on {share:.0%} of the days")
    if strip.notes.get("short_dated"):
        said.append(SHORT_DATED)
    return said
