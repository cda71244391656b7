"""Claims of the worked examples (E1-E4): what those years and runs really gave.

They are facts of dated years, so they have no interval.  The examples as full runs are a command
of their own; here stand their headlines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.track import Track
from hedgerow.instruments.options import Put, Straddle
from hedgerow.instruments.sizes import Vega
from hedgerow.policies.signals import RealisedVol
from hedgerow.research import performance
from hedgerow.research.claims.claim import (
    Basis,
    Beside,
    Claim,
    Measurement,
    Range,
    Unit,
    UnmeasuredError,
    about,
    over,
    share,
    under,
    usd,
)
from hedgerow.research.claims.costs import yearly
from hedgerow.research.claims.decay import greeks
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.variants import plain_linear, tiers
from hedgerow.research.crises import effectiveness

SCALED = "Real-World Examples › 1. VIX-Scaled Hedge (2017-2020)"
CONDITIONAL = "Real-World Examples › 2. Conditional Hedge (2012-2018)"
SCALPING = "Real-World Examples › 3. Gamma Scalping (2019)"
TERM = "Real-World Examples › 4. Term Structure Strategy (2016-2017)"

E1 = ("2017-01-03", "2020-12-31")
E1_CALM = ("2017-01-03", "2019-12-31")
E2 = ("2012-01-03", "2018-12-31")
COVID = ("2020-02-19", "2020-03-23")
MARCH = ("2020-03-02", "2020-03-31")
AUGUST = ("2015-07-20", "2015-08-25")
E3 = ("2019-01-02", "2019-12-31")
E4 = ("2016-01-04", "2017-12-29")

_RUN_1 = "$50M, $1,000 of vega times (VIX − 12) / 8 in 90-day puts 10 % out of the money"
_RUN_2 = "$20M, $2,000 of vega in 90-day puts 10 % out of the money while VIX is above 20"


def _first(evidence: Evidence, span: tuple[str, str]) -> Evidence:
    """Return the study of example 1 over its years."""
    policy = plain_linear(high=20.0, top=None)
    whole = evidence.of_whom(Equity(50e6), policy, Put(size=Vega(1_000.0)))
    return whole.dated(*span)


def _second(evidence: Evidence) -> Evidence:
    """Return the study of example 2 over its years."""
    whole = evidence.of_whom(Equity(20e6), tiers("above-20"), Put(size=Vega(2_000.0)))
    return whole.dated(*E2)


def _vix(
    span: tuple[str, str], statistic: Callable[[Floats], float], evidence: Evidence
) -> Measurement:
    """Return a statistic of VIX over dated years, all of them published."""
    years = evidence.dated(*span)
    if not years.published().all():
        raise UnmeasuredError("VIX was not published on all days of these years")
    return evidence.fact(statistic(years.inside["vix"]), years.inside.dates)


def _dated(
    name: str,
    section: str,
    quote: str,
    allows: Range,
    unit: Unit,
    definition: str,
    measure: Callable[[Evidence], Measurement],
) -> Claim:
    return Claim(name, section, quote, allows, unit, definition, measure, Basis.DATED)


def _of_run(study: Evidence, value: float, beside: Beside = ()) -> Measurement:
    days, modelled = study.track().dates, study.modelled()
    return study.fact(value, days, modelled=modelled, beside=beside)


def _paid(track: Track) -> float:
    """Return carry and trading a year, USD."""
    return yearly(track, track["carry"] + track["cost"])


def _fall(study: Evidence, span: tuple[str, str]) -> dict[str, float]:
    track = study.track()
    found = effectiveness(track, track.rows(*span))
    if found["her"] is None:
        raise UnmeasuredError(f"the portfolio did not lose from {span[0]} to {span[1]}")
    return found


# ---- example 1 ----------------------------------------------------------------------------------


def _e1_cost(evidence: Evidence) -> Measurement:
    study = _first(evidence, E1_CALM)
    track = study.track()
    beside = (
        share("of the portfolio", _paid(track) / float(track["nav"].mean())),
        usd("mean vega", float(track["x"].mean()) * 1_000.0),
    )
    return _of_run(study, _paid(track), beside)


def _e1_gain(evidence: Evidence) -> Measurement:
    study = _first(evidence, E1)
    found = _fall(study, COVID)
    row = study.track().rows(*COVID)
    vega = float(study.track()["x"][row].max()) * 1_000.0
    beside = (usd("portfolio loss", found["portfolio_loss"]), usd("greatest vega", vega))
    return _of_run(study, found["hedge_gain"], beside)


def _e1_loss(evidence: Evidence) -> Measurement:
    study = evidence.dated(*COVID)
    spot = study.inside["spx"]
    return evidence.fact(-float(performance.drawdowns(spot).min()), study.inside.dates)


def _e1_offset(evidence: Evidence) -> Measurement:
    study = _first(evidence, E1)
    return _of_run(study, _fall(study, COVID)["her"])


def _e1_net(evidence: Evidence) -> Measurement:
    study = _first(evidence, E1)
    track = study.track()
    beside = (
        usd("cost of four years", float((track["carry"] + track["cost"]).sum())),
        usd("the source's cost", 200_000.0),
        usd("the source's net", 2_800_000.0),
    )
    return _of_run(study, float(track["pnl"].sum()), beside)


def _mean_vega(vix: Floats) -> float:
    return float(1_000.0 * np.maximum(0.0, (vix - 12.0) / 8.0).mean())


# ---- example 2 ----------------------------------------------------------------------------------


def _e2_share(evidence: Evidence) -> Measurement:
    made = _vix(E2, _above_20, evidence)
    always = _above_20(evidence.inside["vix"][evidence.published()])
    return replace(made, beside=(share("all published sessions of the data", always),))


def _above_20(vix: Floats) -> float:
    return float((vix > 20.0).mean())


def _e2_cost(evidence: Evidence) -> Measurement:
    study = _second(evidence)
    track = study.track()
    return _of_run(
        study, _paid(track), (share("of the portfolio", _paid(track) / track["nav"].mean()),)
    )


def _e2_offset(evidence: Evidence) -> Measurement:
    study = _second(evidence)
    found = _fall(study, AUGUST)
    beside = (
        usd("hedge gain", found["hedge_gain"]),
        usd("portfolio loss", found["portfolio_loss"]),
    )
    return _of_run(study, found["her"], beside)


def _e2_net(evidence: Evidence) -> Measurement:
    study = _second(evidence)
    track = study.track()
    beside = (
        usd("cost of seven years", float((track["carry"] + track["cost"]).sum())),
        usd("the source's cost", 700_000.0),
        usd("the source's net", 200_000.0),
    )
    return _of_run(study, float(track["pnl"].sum()), beside)


# ---- examples 3 and 4 ---------------------------------------------------------------------------


def _e3_realised(evidence: Evidence) -> Measurement:
    years = evidence.dated(*E3)
    count = len(years.inside) - 1
    vol = RealisedVol("spx", days=count)(years.inside)[-1]
    return evidence.fact(float(vol), years.inside.dates)


def _e3_ratio(evidence: Evidence) -> Measurement:
    sleeve = Straddle(tenor="30d", roll="21b")
    study = evidence.dated(*E3)
    track = study.fixed(sleeve=sleeve)
    gamma, theta = greeks(study, track, sleeve)
    value = float(gamma.sum() / -theta.sum())
    return study.fact(value, track.dates, modelled=study.modelled(sleeve))


def _e4_contango(evidence: Evidence) -> Measurement:
    years = evidence.dated(*E4)
    rows = years.published("vx1") & years.published("vx2")
    rising = years.inside["vx2"][rows] > years.inside["vx1"][rows]
    return evidence.fact(float(rising.mean()), years.inside.dates[rows])


def _e4_crash(evidence: Evidence) -> Measurement:
    years = evidence.dated(*E4)
    spot = years.inside["spx"]
    return evidence.fact(-float(performance.drawdowns(spot).min()), years.inside.dates)


def _e4_unrun(evidence: Evidence) -> Measurement:
    raise UnmeasuredError("measured by the worked example itself, which sells VIX puts")


CLAIMS = (
    _dated("e1-average-vix", SCALED, "Average VIX: 14", about(14.0), Unit.POINTS,
           "Mean VIX of 2017–2019.",
           lambda e: _vix(E1_CALM, lambda vix: float(vix.mean()), e)),
    _dated("e1-average-vega", SCALED, "Average hedge: $250 vega", about(250.0), Unit.USD,
           "Mean over the sessions of 2017–2019 of $1,000 · max(0, (VIX − 12) / 8).",
           lambda e: _vix(E1_CALM, _mean_vega, e)),
    _dated("e1-cost", SCALED, "Annual cost: $50,000 (0.1% portfolio)", about(50_000.0), Unit.USD,
           f"Carry and trading a year, 2017–2019: {_RUN_1}.", _e1_cost),
    _dated("e1-vix-february", SCALED, "Feb VIX: 15", about(15.0), Unit.POINTS,
           "VIX at the index's peak, 2020-02-19.",
           lambda e: _vix(COVID, lambda vix: float(vix[0]), e)),
    _dated("e1-vix-march", SCALED, "March VIX: 60+", over(60.0), Unit.POINTS,
           "Highest close of VIX in March 2020.",
           lambda e: _vix(MARCH, lambda vix: float(vix.max()), e)),
    _dated("e1-drawdown", SCALED, "Portfolio loss: $10,000,000 (20% drawdown)", about(0.2),
           Unit.SHARE, "Fall of the index from 2020-02-19 to 2020-03-23.", _e1_loss),
    _dated("e1-gain", SCALED, "Hedge gain: $3,000,000", about(3e6), Unit.USD,
           f"Gain of the hedge after costs from 2020-02-19 to 2020-03-23: {_RUN_1}, begun in "
           "2017.", _e1_gain),
    _dated("e1-offset", SCALED, "Net: -$7,000,000 (30% offset)", about(0.3), Unit.SHARE,
           "That gain over the portfolio's loss in the same days.", _e1_offset),
    _dated("e1-net", SCALED, "Net: +$2,800,000 (positive!)", over(0.0), Unit.USD,
           f"Gain of the hedge after costs, 2017–2020: {_RUN_1}. Positive.", _e1_net),
    _dated("e2-share", CONDITIONAL, "VIX > 20: 15% of days (55 days/year)", about(0.15),
           Unit.SHARE, "Share of the sessions of 2012–2018 that closed with VIX above 20.",
           _e2_share),
    _dated("e2-days", CONDITIONAL, "VIX > 20: 15% of days (55 days/year)", about(55.0),
           Unit.A_YEAR, "Sessions a year of 2012–2018 that closed with VIX above 20.",
           lambda e: _vix(E2, lambda vix: float((vix > 20.0).sum()) / 7.0, e)),
    _dated("e2-cost", CONDITIONAL, "Cost: $100,000/year (0.5% portfolio)", about(100_000.0),
           Unit.USD, f"Carry and trading a year, 2012–2018: {_RUN_2}.", _e2_cost),
    _dated("e2-vix-peak", CONDITIONAL, "VIX spiked to 35", about(35.0), Unit.POINTS,
           "Highest close of VIX from 2015-07-20 to 2015-08-25.",
           lambda e: _vix(AUGUST, lambda vix: float(vix.max()), e)),
    _dated("e2-offset", CONDITIONAL, "50% offset", about(0.5), Unit.SHARE,
           f"Gain of the hedge over loss of the portfolio from 2015-07-20 to 2015-08-25: {_RUN_2}.",
           _e2_offset),
    _dated("e2-net", CONDITIONAL, "Net: +$200,000", over(0.0), Unit.USD,
           f"Gain of the hedge after costs, 2012–2018: {_RUN_2}. Positive.", _e2_net),
    _dated("e3-implied", SCALPING, "Implied vol: 15%", about(15.0), Unit.POINTS,
           "Mean VIX of 2019.", lambda e: _vix(E3, lambda vix: float(vix.mean()), e)),
    _dated("e3-realised", SCALPING, "Realized vol: 18%", about(0.18), Unit.SHARE,
           "Realised volatility of the index over 2019, daily log returns, zero mean.",
           _e3_realised),
    _dated("e3-gamma-theta", SCALPING, "Gamma P&L: +$300,000", over(1.0), Unit.NUMBER,
           "½Γ·ΔS² over theta in 2019 of a 30-day at-the-money straddle rolled every 21 sessions; "
           "the source's $300,000 over $200,000 is 1.5, and positive means more than 1. A headline "
           "only: no delta-hedging costs.", _e3_ratio),
    _dated("e4-contango", TERM, "Persistent contango (VIX futures upward)", Range(0.8, 1.0),
           Unit.SHARE, "Share of the sessions of 2016–2017 with the second VIX future above the "
           "first; persistent: at least 80 %.", _e4_contango),
    _dated("e4-no-crash", TERM, "No crashes occurred", under(0.1), Unit.SHARE,
           "Deepest fall of the index within 2016–2017; a crash: 10 %.", _e4_crash),
    _dated("e4-net", TERM, "Net: +$50,000 (funded hedge)", over(0.0), Unit.USD,
           "Premium of short one-month VIX puts less what long six-month variance cost, "
           "2016–2017.", _e4_unrun),
)  # fmt: skip
