"""Claims of the worked examples (E1-E4): what those years and runs really gave.

They are facts of dated years, so nothing is drawn: the interval is the range over the contracts
that the example was run with, where there are several.  What an example is and how it is run
stands in `hedgerow.research.examples` alone; here its rows are claims with a verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from hedgerow.core.market import Floats
from hedgerow.research import performance
from hedgerow.research.claims.claim import (
    Basis,
    Beside,
    Claim,
    Measurement,
    Range,
    Reading,
    Unit,
    UnmeasuredError,
    about,
    over,
    share,
    under,
    usd,
)
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.examples.catalog import EXAMPLES
from hedgerow.research.examples.conditional import AUGUST
from hedgerow.research.examples.conditional import SPAN as E2
from hedgerow.research.examples.example import Measured
from hedgerow.research.examples.gamma import SPAN as E3
from hedgerow.research.examples.term_structure import SPAN as E4
from hedgerow.research.examples.vix_scaled import CALM, COVID
from hedgerow.research.examples.vix_scaled import SPAN as E1

SCALED = "Real-World Examples › 1. VIX-Scaled Hedge (2017-2020)"
CONDITIONAL = "Real-World Examples › 2. Conditional Hedge (2012-2018)"
SCALPING = "Real-World Examples › 3. Gamma Scalping (2019)"
TERM = "Real-World Examples › 4. Term Structure Strategy (2016-2017)"

SPANS = {"E1": E1, "E2": E2, "E3": E3, "E4": E4}
MAIN = {"E1": "put", "E2": "put", "E3": "straddles", "E4": "both lines"}
"""The set-up of each example that is judged; the others stand beside it."""


class Row(NamedTuple):
    """A row of a worked example, in its main set-up."""

    example: str
    what: str

    def made(self, evidence: Evidence) -> Measured:
        """Return the example as it was run, once for all of its claims."""
        years = evidence.dated(*SPANS[self.example])
        return years.once(
            ("example", self.example), lambda: EXAMPLES[self.example].measure(evidence.market)
        )

    def value(self, evidence: Evidence) -> float:
        """Return the number of the row.

        Raises
        ------
        UnmeasuredError
            If these years have none, as an offset where nothing was lost.
        """
        found = self.made(evidence).found(self.what)[MAIN[self.example]]
        if found is None:
            raise UnmeasuredError(f"these data give no number for '{self.what}'")
        return float(found)

    def others(self, evidence: Evidence, unit: Unit) -> Beside:
        """Return the same row of the other set-ups, where it is another number."""
        found = self.made(evidence).found(self.what)
        return tuple(
            Reading(f"with a {name}", float(value), unit)
            for name, value in found.items()
            if value is not None and value != found[MAIN[self.example]]
        )

    def fact(self, evidence: Evidence, value: float, beside: Beside = ()) -> Measurement:
        """Return a number of the example as a measurement: its years, and what is modelled."""
        made = self.made(evidence)
        modelled = {name: part for name, part in made.modelled.items() if part > 0.0}
        days = made.times.astype("datetime64[D]")
        return evidence.fact(value, days, modelled=modelled, beside=beside)


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


def _of(row: Row, unit: Unit, *beside: tuple[Row, Unit]) -> Callable[[Evidence], Measurement]:
    """Return what measures a claim as a row of an example, other rows and set-ups beside it.

    The source names no contract: the interval is the range over the set-ups.
    """

    def measure(evidence: Evidence) -> Measurement:
        more = tuple(Reading(other.what, other.value(evidence), kind) for other, kind in beside)
        others = row.others(evidence, unit)
        made = row.fact(evidence, row.value(evidence), (*others, *more))
        ends = [made.value, *(float(other.value) for other in others)]
        return replace(made, low=min(ends), high=max(ends))

    return measure


def _published(row: Row, unit: Unit, span: tuple[str, str]) -> Callable[[Evidence], Measurement]:
    """Return what measures a row about VIX alone, which must be published on all its days."""

    def measure(evidence: Evidence) -> Measurement:
        years = _with_vix(evidence, span)
        days = years.inside.dates
        made = _of(row, unit)(evidence)
        return replace(made, count=len(days), start=str(days[0]), end=str(days[-1]), modelled=())

    return measure


def _with_vix(evidence: Evidence, span: tuple[str, str]) -> Evidence:
    years = evidence.dated(*span)
    if not years.published().all():
        raise UnmeasuredError("VIX was not published on all days of these years")
    return years


def _deepest(spot: Floats) -> float:
    return -float(performance.drawdowns(spot).min())


# ---- example 1 ----------------------------------------------------------------------------------


def _e1_february(evidence: Evidence) -> Measurement:
    years = _with_vix(evidence, COVID)
    return evidence.fact(float(years.inside["vix"][0]), years.inside.dates[:1])


def _e1_loss(evidence: Evidence) -> Measurement:
    study = evidence.dated(*COVID)
    return evidence.fact(_deepest(study.inside["spx"]), study.inside.dates)


# ---- example 2 ----------------------------------------------------------------------------------


_ABOVE = Row("E2", "Share of days with VIX > 20")


def _e2_share(evidence: Evidence) -> Measurement:
    made = _published(_ABOVE, Unit.SHARE, E2)(evidence)
    always = evidence.inside["vix"][evidence.published()] > 20.0
    return replace(made, beside=(share("all published sessions", float(always.mean())),))


def _e2_days(evidence: Evidence) -> Measurement:
    made = _published(Row("E2", "Days a year with VIX > 20"), Unit.A_YEAR, E2)(evidence)
    sessions = made.count * _ABOVE.value(evidence) / 7.0
    return replace(made, beside=(Reading("sessions a year", sessions, Unit.A_YEAR),))


# ---- examples 3 and 4 ---------------------------------------------------------------------------


def _e3_ratio(evidence: Evidence) -> Measurement:
    gamma, theta = Row("E3", "Gamma P&L"), Row("E3", "Theta")
    gained, paid = gamma.value(evidence), -theta.value(evidence)
    return gamma.fact(evidence, gained / paid, (usd("gamma", gained), usd("theta paid", paid)))


def _e4_contango(evidence: Evidence) -> Measurement:
    years = evidence.dated(*E4)
    rows = years.published("vx1") & years.published("vx2")
    rising = years.inside["vx2"][rows] > years.inside["vx1"][rows]
    return evidence.fact(float(rising.mean()), years.inside.dates[rows])


def _e4_crash(evidence: Evidence) -> Measurement:
    years = evidence.dated(*E4)
    return evidence.fact(_deepest(years.inside["spx"]), years.inside.dates)


_RUN_1 = "$50M, $1,000 of vega times (VIX − 12) / 8 in 90-day puts 10 % out of the money"
_RUN_2 = "$20M, $2,000 of vega in 90-day puts 10 % out of the money while VIX is above 20"
_RUN_3 = (
    "30-day straddles at the money on 3 % of the portfolio, delta taken out at every close, rolled "
    "every 30 days"
)

CLAIMS = (
    _dated("e1-average-vix", SCALED, "Average VIX: 14", about(14.0), Unit.POINTS,
           "Mean VIX of 2017–2019.",
           _published(Row("E1", "Average VIX, 2017–19"), Unit.POINTS, CALM)),
    _dated("e1-average-vega", SCALED, "Average hedge: $250 vega", about(250.0), Unit.USD,
           f"Mean over the sessions of 2017–2019 of the vega in force: {_RUN_1}.",
           _of(Row("E1", "Average hedge, 2017–19"), Unit.USD)),
    _dated("e1-cost", SCALED, "Annual cost: $50,000 (0.1% portfolio)", about(50_000.0), Unit.USD,
           f"Carry and trading a year, 2017–2019: {_RUN_1}.",
           _of(Row("E1", "Cost a year, 2017–19"), Unit.USD,
               (Row("E1", "Hedge result a year, 2017–19"), Unit.USD))),
    _dated("e1-vix-february", SCALED, "Feb VIX: 15", about(15.0), Unit.POINTS,
           "VIX at the index's peak, 2020-02-19.", _e1_february),
    _dated("e1-vix-march", SCALED, "March VIX: 60+", over(60.0), Unit.POINTS,
           "Highest close of VIX from 2020-02-19 to 2020-03-23.",
           _published(Row("E1", "Highest VIX close, March 2020"), Unit.POINTS, COVID)),
    _dated("e1-drawdown", SCALED, "Portfolio loss: $10,000,000 (20% drawdown)", about(0.2),
           Unit.SHARE, "Fall of the index from 2020-02-19 to 2020-03-23.", _e1_loss),
    _dated("e1-gain", SCALED, "Hedge gain: $3,000,000", about(3e6), Unit.USD,
           f"Gain of the hedge after costs from 2020-02-19 to 2020-03-23: {_RUN_1}, begun in "
           "2017.",
           _of(Row("E1", "Hedge gain, 19 February to 23 March 2020"), Unit.USD,
               (Row("E1", "Portfolio loss"), Unit.USD),
               (Row("E1", "Hedge before the fall, February 2020"), Unit.USD),
               (Row("E1", "Largest hedge, March 2020"), Unit.USD))),
    _dated("e1-offset", SCALED, "Net: -$7,000,000 (30% offset)", about(0.3), Unit.SHARE,
           "That gain over the portfolio's loss in the same days.",
           _of(Row("E1", "Offset"), Unit.SHARE)),
    _dated("e1-net", SCALED, "Net: +$2,800,000 (positive!)", over(0.0), Unit.USD,
           f"Gain of the hedge after costs, 2017–2020: {_RUN_1}. Positive.",
           _of(Row("E1", "Hedge result, 4 years"), Unit.USD,
               (Row("E1", "Cost, 4 years"), Unit.USD))),
    _dated("e2-share", CONDITIONAL, "VIX > 20: 15% of days (55 days/year)", about(0.15),
           Unit.SHARE, "Share of the sessions of 2012–2018 that closed with VIX above 20.",
           _e2_share),
    _dated("e2-days", CONDITIONAL, "VIX > 20: 15% of days (55 days/year)", about(55.0),
           Unit.A_YEAR, "The same share of 365 calendar days, as the source counts them.",
           _e2_days),
    _dated("e2-hedged", CONDITIONAL, "Hedged ~15% of time", about(0.15), Unit.SHARE,
           f"Share of the sessions of 2012–2018 on which a hedge was held: {_RUN_2}.",
           _of(Row("E2", "Share of days hedged"), Unit.SHARE)),
    _dated("e2-cost", CONDITIONAL, "Cost: $100,000/year (0.5% portfolio)", about(100_000.0),
           Unit.USD, f"Carry and trading a year, 2012–2018: {_RUN_2}.",
           _of(Row("E2", "Cost a year"), Unit.USD)),
    _dated("e2-vix-peak", CONDITIONAL, "VIX spiked to 35", about(35.0), Unit.POINTS,
           "Highest close of VIX from 2015-07-20 to 2015-08-25.",
           _published(Row("E2", "Highest VIX close, August 2015"), Unit.POINTS, AUGUST)),
    _dated("e2-gain", CONDITIONAL, "Hedge gain: $400,000", about(400_000.0), Unit.USD,
           f"Gain of the hedge after costs from 2015-07-20 to 2015-08-25: {_RUN_2}.",
           _of(Row("E2", "Hedge gain, 20 July to 25 August 2015"), Unit.USD,
               (Row("E2", "Portfolio loss"), Unit.USD))),
    _dated("e2-offset", CONDITIONAL, "50% offset", about(0.5), Unit.SHARE,
           "That gain over the portfolio's loss in the same days.",
           _of(Row("E2", "Offset, 2015"), Unit.SHARE)),
    _dated("e2-gains", CONDITIONAL, "Gains: $900,000 (multiple mini-crashes)", about(900_000.0),
           Unit.USD, f"Gain of the hedge after costs inside the dated crises of 2012–2018: "
           f"{_RUN_2}.",
           _of(Row("E2", "Hedge result inside the dated crises"), Unit.USD)),
    _dated("e2-net", CONDITIONAL, "Net: +$200,000", over(0.0), Unit.USD,
           f"Gain of the hedge after costs, 2012–2018: {_RUN_2}. Positive.",
           _of(Row("E2", "Hedge result, 7 years"), Unit.USD,
               (Row("E2", "Cost, 7 years"), Unit.USD))),
    _dated("e3-implied", SCALPING, "Implied vol: 15%", about(0.15), Unit.SHARE,
           "Mean VIX of 2019.",
           _published(Row("E3", "Implied volatility (mean VIX)"), Unit.SHARE, E3)),
    _dated("e3-realised", SCALPING, "Realized vol: 18%", about(0.18), Unit.SHARE,
           "Realised volatility of the index over 2019, daily log returns, zero mean.",
           _of(Row("E3", "Realised volatility"), Unit.SHARE)),
    _dated("e3-gamma-theta", SCALPING, "Gamma P&L: +$300,000", over(1.0), Unit.NUMBER,
           f"Gamma over theta in 2019: {_RUN_3}. The source's $300,000 over $200,000 is 1.5, and "
           "positive means more than 1.", _e3_ratio),
    _dated("e3-net", SCALPING, "Net: +$100,000 (positive from vol mispricing)", over(0.0),
           Unit.USD, f"Result of straddles and delta hedge after costs, 2019, $30M: {_RUN_3}. "
           "Positive.",
           _of(Row("E3", "Net of both lines, all counted"), Unit.USD,
               (Row("E3", "Costs of trading, both lines"), Unit.USD))),
    _dated("e4-contango", TERM, "Persistent contango (VIX futures upward)", Range(0.8, 1.0),
           Unit.SHARE, "Share of the sessions of 2016–2017 with the second VIX future above the "
           "first; persistent: at least 80 %.", _e4_contango),
    _dated("e4-no-crash", TERM, "No crashes occurred", under(0.1), Unit.SHARE,
           "Deepest fall of the index within 2016–2017; a crash: 10 %.", _e4_crash),
    _dated("e4-net", TERM, "Net: +$50,000 (funded hedge)", over(0.0), Unit.USD,
           "Result of 100 one-month VIX puts times R/(1+R), sold at the money of their future, and "
           "of $5,000 of vega times 1/(1+R) in bought 6-month variance, after costs, 2016–2017; "
           "R = F1/F3. The source gives no sizes: these take in its $150,000. Positive.",
           _of(Row("E4", "Net of both lines, all counted"), Unit.USD,
               (Row("E4", "Premium taken in for the puts"), Unit.USD),
               (Row("E4", "Result of the puts"), Unit.USD),
               (Row("E4", "Result of the variance"), Unit.USD),
               (Row("E4", "Costs of trading, both lines"), Unit.USD))),
)  # fmt: skip
