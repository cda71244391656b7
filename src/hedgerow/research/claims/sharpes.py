"""Claims about Sharpe ratios (C7), win rates, and what optimising promises."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.instruments.options import Put
from hedgerow.policies.rules import Linear
from hedgerow.research import performance
from hedgerow.research.claims.claim import (
    Claim,
    Measurement,
    Range,
    Reading,
    Unit,
    UnmeasuredError,
    about,
    claimed,
    over,
    under,
)
from hedgerow.research.claims.evidence import Evidence, returns_of
from hedgerow.research.claims.resampling import mean, sharpe, squares
from hedgerow.research.claims.variants import changed

SIGMOID = "Mathematical Framework › 2. VIX-Based Scaling Function"
SHARPE = "Mathematical Framework › 7. Sharpe Ratio Improvement"
ASYMMETRY = "Why Dynamic Hedging? › 7. Asymmetric Payoffs"
OPTIMISING = "Common Mistakes › 1. Over-Optimization"
OVERFITTING = "Common Mistakes › 6. Backtest Overfitting"
STANDARDS = "Risk Management Rules › 7. Backtesting Standards"

SOLD = Put(tenor="30d", roll="expiry", side="short")

_EXCESS = (
    "Yearly Sharpe ratio of daily returns of the {} portfolio in excess of bills; beside it the "
    "realised one, bills not taken off."
)


def _excess(evidence: Evidence, track: Track) -> Floats:
    return returns_of(track) - evidence.cash()


def _sharpe(evidence: Evidence, track: Track) -> Measurement:
    realised = evidence.of_runs(squares(returns_of(track)), sharpe)
    beside = (
        Reading("realised", realised.value),
        Reading("realised, low", realised.low),
        Reading("realised, high", realised.high),
    )
    return evidence.of_runs(squares(_excess(evidence, track)), sharpe, beside=beside)


sharpe_unhedged = Claim(
    "sharpe-unhedged", SHARPE, "Unhedged: Sharpe ≈ 0.5", about(0.5), Unit.NUMBER,
    _EXCESS.format("unhedged"), lambda e: _sharpe(e, e.unhedged()),
)  # fmt: skip

sharpe_static = Claim(
    "sharpe-static", SHARPE, "Static hedge: Sharpe ≈ 0.55", about(0.55), Unit.NUMBER,
    _EXCESS.format("statically hedged"), lambda e: _sharpe(e, e.fixed()),
)  # fmt: skip

sharpe_dynamic = Claim(
    "sharpe-dynamic", SHARPE, "Dynamic hedge: Sharpe ≈ 0.65", about(0.65), Unit.NUMBER,
    _EXCESS.format("dynamically hedged"), lambda e: _sharpe(e, e.track()),
)  # fmt: skip


@claimed(
    "sharpe-improvement", SHARPE, "20% improvement!", about(0.2), Unit.SHARE,
    "Excess Sharpe of the dynamically hedged portfolio over that of the statically hedged one, "
    "less 1.",
)  # fmt: skip
def sharpe_improvement(evidence: Evidence) -> Measurement:
    """Measure how much better the dynamic Sharpe is."""

    def improved(means: Floats) -> Floats:
        return np.asarray(sharpe(means) / sharpe(means, 1) - 1.0)

    columns = squares(*(_excess(evidence, t) for t in (evidence.track(), evidence.fixed())))
    return evidence.of_runs(columns, improved)


def _better(evidence: Evidence, ours: Track, other: Track) -> Measurement:
    def more(means: Floats) -> Floats:
        return sharpe(means) - sharpe(means, 1)

    return evidence.of_runs(squares(*(_excess(evidence, t) for t in (ours, other))), more)


dynamic_beats_static = Claim(
    "sharpe-dynamic-over-static", SHARPE, "Dynamic hedge: Sharpe ≈ 0.65", over(0.0), Unit.NUMBER,
    "Excess Sharpe of the dynamically hedged portfolio less that of the statically hedged one, on "
    "the same days.",
    lambda e: _better(e, e.track(), e.fixed()),
)  # fmt: skip

hedged_beats_unhedged = Claim(
    "sharpe-dynamic-over-unhedged", ASYMMETRY, "Asymmetric upside/downside = improved Sharpe",
    over(0.0), Unit.NUMBER,
    "Excess Sharpe of the dynamically hedged portfolio less that of the unhedged one, on the same "
    "days.",
    lambda e: _better(e, e.track(), e.unhedged()),
)  # fmt: skip


# ---- red flags ----------------------------------------------------------------------------------


@claimed(
    "sharpe-red-flag", STANDARDS, "Sharpe > 1.5 (too good, likely overfit)", under(1.5),
    Unit.NUMBER,
    "Excess Sharpe of the dynamically hedged portfolio: an honest rule should stay below 1.5.",
)  # fmt: skip
def sharpe_red_flag(evidence: Evidence) -> Measurement:
    """Measure that an honest hedge stays below 1.5."""
    return evidence.of_runs(squares(_excess(evidence, evidence.track())), sharpe)


def _months(track: Track) -> tuple[Floats, NDArray[np.datetime64]]:
    """Return the hedge's gain in each calendar month, USD, and the months' last sessions."""
    month = track.dates[1:].astype("datetime64[M]")
    ends = np.r_[np.flatnonzero(month[1:] != month[:-1]), len(month) - 1] + 1
    gains = np.diff(np.cumsum(track["pnl"])[ends], prepend=track["pnl"][0])
    return gains, track.dates[ends]


def _wins(evidence: Evidence, gains: Floats, days: NDArray[np.datetime64]) -> Measurement:
    won = (gains[gains != 0.0] > 0.0).astype(float)[:, None]
    return evidence.of_days(won, mean, days, of="months", modelled=evidence.modelled())


@claimed(
    "win-rate-hedge", STANDARDS, "Win rate > 80% (unrealistic)", under(0.8), Unit.SHARE,
    "Share of calendar months in which the dynamic hedge gained: a hedge that is bought stays "
    "below 80 %.",
)  # fmt: skip
def win_rate_hedge(evidence: Evidence) -> Measurement:
    """Measure the win rate of a bought hedge."""
    return _wins(evidence, *_months(evidence.track()))


@claimed(
    "win-rate-sold", STANDARDS, "Win rate > 80% (unrealistic)", under(0.8), Unit.SHARE,
    "The same of the other side: share of 30-day puts 10 % out of the money that gained when sold "
    "and held to expiry. If it lies above 80 %, a high win rate alone is no sign of a bad test: it "
    "is what selling insurance looks like.",
)  # fmt: skip
def win_rate_sold(evidence: Evidence) -> Measurement:
    """Measure the win rate of sold puts."""
    track = evidence.fixed(sleeve=SOLD)
    rolls = np.flatnonzero(track["rolled"] > 0.0)
    if len(rolls) < 2:
        raise UnmeasuredError("not one 30-day put expired in these years")
    # fill to expiry, cost of the roll in; what was sold last has not expired
    gains = np.diff(np.cumsum(track["pnl"])[rolls])
    won = (gains > 0.0).astype(float)[:, None]
    days = track.dates[rolls[1:]]
    shares = evidence.modelled(SOLD)
    return evidence.of_days(won, mean, days, of="puts", modelled=shares)


# ---- optimising ---------------------------------------------------------------------------------

LOWS, HIGHS = (10.0, 12.0, 14.0, 16.0), (18.0, 22.0, 26.0)


@claimed(
    "optimised-sharpe", OVERFITTING, "Great results (Sharpe 1.5)", about(1.5), Unit.NUMBER,
    "Excess Sharpe in 2010–2020 of the best of twelve linear rules (low 10 … 16, high 18 … 26), "
    "chosen and judged on these very years. The interval does not know that it was chosen.",
)  # fmt: skip
def optimised_sharpe(evidence: Evidence) -> Measurement:
    """Measure what optimising on 2010-2020 gives there and afterwards."""
    train = evidence.dated("2010-01-01", "2020-12-31")
    policies = [
        changed(train.policy, f"linear {low:g}/{high:g}", Linear("vix", low=low, high=high))
        for low, high in itertools.product(LOWS, HIGHS)
    ]
    cash = train.cash()
    scores = [performance.sharpe(returns_of(t)[1:], cash[1:]) for t in map(train.track, policies)]
    best = policies[int(np.argmax(scores))]
    beside = [
        Reading("the best rule", best.name),
        Reading("the worst of them", float(np.min(scores))),
        Reading("unhedged", performance.sharpe(returns_of(train.unhedged())[1:], cash[1:])),
    ]
    end = str(evidence.inside.dates[-1])
    if end >= "2022-01-01":
        late = evidence.dated("2021-01-01", end)
        found = performance.sharpe(returns_of(late.track(best))[1:], late.cash()[1:])
        bare = performance.sharpe(returns_of(late.unhedged())[1:], late.cash()[1:])
        beside += [Reading("the best rule since 2021", found), Reading("unhedged since 2021", bare)]
    excess = returns_of(train.track(best)) - cash
    return train.of_runs(squares(excess), sharpe, beside=tuple(beside))


def _unsaid(evidence: Evidence) -> Measurement:
    raise UnmeasuredError(
        "the source names neither the rule of ten parameters nor its data: there is nothing to run"
    )


def _uncalibrated(evidence: Evidence) -> Measurement:
    raise UnmeasuredError("the source does not say to what its sigmoid was calibrated")


overfitted = Claim(
    "overfitted-sharpe", OPTIMISING, "Reality: Sharpe 0.3 (worse than static!)",
    Range(0.27, 0.33), Unit.NUMBER,
    "Sharpe ratio, on new data, of a rule with ten parameters whose backtest showed 2.0.", _unsaid,
)  # fmt: skip

calibration = Claim(
    "sigmoid-calibration", SIGMOID, "k \\approx 0.2", about(0.2), Unit.NUMBER,
    "Steepness of the sigmoid, a point of VIX, by the calibration that the source calls empirical.",
    _uncalibrated,
)  # fmt: skip

CLAIMS = (
    calibration,
    hedged_beats_unhedged,
    sharpe_unhedged,
    sharpe_static,
    sharpe_dynamic,
    dynamic_beats_static,
    sharpe_improvement,
    overfitted,
    optimised_sharpe,
    sharpe_red_flag,
    win_rate_hedge,
    win_rate_sold,
)
