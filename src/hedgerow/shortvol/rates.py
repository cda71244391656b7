"""What hedging a short-volatility book costs: carry, insurance rate, beta (H13, H14, H17).

Every cost is positive, every gain negative; the signs of gains in an `Outcome` are turned here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.engine.outcome import Outcome
from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.carry import interest_carry
from hedgerow.shortvol.beta import LEAST, Betas, betas, rolling_beta
from hedgerow.shortvol.gates import COLUMN, reads

WINDOWS = (63, 252)
"""Sessions of the trailing insurance rates: a quarter and a year."""

BETA_DAYS = 252
"""Sessions of the rolling beta."""


def insurance_rate(cost: Floats, credit: Floats, days: int) -> Floats:
    """Return trailing hedge cost over trailing credit (H17), each window up to its own session.

    Parameters
    ----------
    cost
        Of the hedge, USD a session, positive where it cost, **shape** (T,).
    credit
        Premium taken in by the book, USD a session, **shape** (T,).
    days
        Sessions of the window.

    Returns
    -------
    array
        Decimal: 0.15 says that 15 cents of each dollar taken in went to the hedge, a negative one
        that the hedge earned.  NaN before ``days`` sessions and where no credit was taken in.

    Examples
    --------
    >>> insurance_rate(np.array([1.0, 1.0, -4.0]), np.array([10.0, 0.0, 10.0]), 2).tolist()
    [nan, 0.2, -0.3]
    """
    out = np.full(len(cost), np.nan)
    if len(cost) >= days:
        paid, taken = (
            np.lib.stride_tricks.sliding_window_view(column, days).sum(axis=1)
            for column in (cost, credit)
        )
        out[days - 1 :] = np.divide(paid, taken, out=np.full(len(paid), np.nan), where=taken > 0.0)
    return out


@dataclass(frozen=True)
class Carry:
    """What a line pays to be held overnight (H13); USD a calendar day, positive is a cost.

    Parameters
    ----------
    basis
        Roll-down of futures, and of the futures that options are written on, **shape** (T,).
    decay
        Time value lost, **shape** (T,).
    financing
        Bill rate on the premium tied up, **shape** (T,).
    margin
        Bill rate on the margin of VIX futures, **shape** (T,): what it would cost if margin were
        cash that earns nothing.  Beside the others and in none of their sums: the engine keeps NAV
        invested.
    units
        Held over each session, **shape** (T,).
    days
        Calendar days of each session, **shape** (T,); 0 at the first.
    """

    basis: Floats
    decay: Floats
    financing: Floats
    margin: Floats
    units: Floats
    days: Floats

    @property
    def total(self) -> Floats:
        """Basis, decay and financing, USD a day, **shape** (T,)."""
        return self.basis + self.decay + self.financing

    @property
    def each(self) -> Floats:
        """The total of one unit held, USD a day, **shape** (T,); NaN where none is held."""
        held = np.abs(self.units)
        return np.asarray(self.total / np.where(held > 0.0, held, np.nan))

    @property
    def mean_each(self) -> float:
        """USD a unit and day over all that was held; NaN where nothing was."""
        held = float(np.sum(np.abs(self.units) * self.days))
        return float(np.sum(self.total * self.days)) / held if held else float("nan")


@dataclass(frozen=True)
class Rates:
    """The rates of a program whose lines are a book and its hedge; columns of **shape** (T,).

    Parameters
    ----------
    dates
        Sessions.
    credit
        Premium taken in by the book's lines for the options they opened, USD.
    cost
        Of the hedge's lines after costs, USD: their gain with its sign turned.
    spend
        What the hedge's lines would have cost had nothing moved, USD: carry and trading.
    insurance, gross
        By window, and by 0 for all sessions so far: ``cost`` and ``spend`` over ``credit`` (H17).
    book_alone, hedged
        Returns over bills of the portfolio with the book, without and with the hedge, decimals.
    index
        Return of the S&P 500 over bills, decimal.
    beta_alone, beta_hedged
        Of the trailing `BETA_DAYS` sessions to the S&P 500 (H14).
    betas
        Of the whole run by ``book alone`` and ``book + hedge``; empty where it is too short.
    carry
        By line of the hedge (H13).
    liquidity
        By line: depth over order size where something was asked for (H11), else NaN.
    gate
        What the rate of a `Hurdle` is made of; empty where no line reads it.
    """

    dates: NDArray[np.datetime64]
    credit: Floats
    cost: Floats
    spend: Floats
    insurance: Mapping[int, Floats]
    gross: Mapping[int, Floats]
    book_alone: Floats
    hedged: Floats
    index: Floats
    beta_alone: Floats
    beta_hedged: Floats
    betas: Mapping[str, Betas]
    carry: Mapping[str, Carry]
    liquidity: Mapping[str, Floats]
    gate: str = ""


def rates_of(outcome: Outcome, market: Market) -> Rates:
    """Return the rates of a run.

    Parameters
    ----------
    outcome
        Of a program with lines whose role is ``book``.
    market
        That it ran on.

    Raises
    ------
    RangeError
        If the program has no book, or the market lacks the run's sessions.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.engine.trade import trade
    >>> always = hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)
    >>> lines = [hr.Line("condors", hr.Condor(), always, role="book")]
    >>> lines.append(hr.Line("vx", hr.VixFuture(), always, share=0.6, sized_by="book_vega"))
    >>> market = hr.load("builtin")
    >>> outcome = trade(hr.Program(lines), market, start="2017-01-03", end="2018-03-29")
    >>> found = rates_of(outcome, market)
    >>> found.betas["book alone"].bars, sorted(found.carry)
    (311, ['vx'])
    """
    roles = {line.name: line.role for line in outcome.program.lines}
    book = [columns for name, columns in outcome.lines.items() if roles[name] == "book"]
    hedge = {name: columns for name, columns in outcome.lines.items() if roles[name] == "hedge"}
    if not book:
        raise RangeError(
            "the program has no book, so nothing was insured",
            where="lines.role",
            mend='give the lines that sell volatility role = "book"',
        )
    none = np.zeros(len(outcome))
    credit = none + sum(np.maximum(line["premium"], 0.0) for line in book)
    cost = none - sum((line["pnl"] for line in hedge.values()), none)
    spend = none + sum((line["carried"] + line["cost"] for line in hedge.values()), none)
    rows = _rows(outcome, market)
    days, bills = _bills(market, rows)
    before = np.r_[outcome.nav[0], outcome.nav[:-1]]
    alone = (outcome.earned + sum(line["pnl"] for line in book)) / before
    both = alone - cost / before
    index = np.r_[0.0, outcome.index[1:] / outcome.index[:-1] - 1.0]
    alone, both, index = (part - bills for part in (alone, both, index))
    alone[0] = both[0] = index[0] = 0.0
    whole = {}
    if len(outcome) > LEAST:
        parts = {"book alone": alone, "book + hedge": both}
        whole = {name: betas(part[1:], index[1:]) for name, part in parts.items()}
    return Rates(
        outcome.dates,
        credit,
        cost,
        spend,
        _insured(cost, credit),
        _insured(spend, credit),
        alone,
        both,
        index,
        _rolled(alone, index),
        _rolled(both, index),
        whole,
        {name: _carry(outcome, name, market, rows, days) for name in hedge},
        {name: asked["ratio"] for name, asked in outcome.liquidity.items()},
        market.sources.get(COLUMN, "") if reads(outcome.program) else "",
    )


def _rows(outcome: Outcome, market: Market) -> NDArray[np.intp]:
    rows = np.minimum(np.searchsorted(market.times, outcome.times), len(market) - 1)
    if not np.array_equal(market.times[rows], outcome.times):
        raise RangeError(
            "the market has other sessions than the run",
            where="market",
            mend="give the market that was traded",
        )
    return rows


def _bills(market: Market, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return calendar days of each session, and what bills earned in them; 0 at the first."""
    days = np.diff(market.dates[rows].astype(np.float64), prepend=np.nan)
    days[0] = 0.0
    rate = np.nan_to_num(market["rate"][np.maximum(rows - 1, 0)]) if "rate" in market else 0.0
    return days, np.asarray(rate * days / DAYS_PER_YEAR)


def _rolled(returns: Floats, index: Floats) -> Floats:
    """Return the rolling beta; the first bar has no return."""
    return np.asarray(np.r_[np.nan, rolling_beta(returns[1:], index[1:], BETA_DAYS)])


def _insured(cost: Floats, credit: Floats) -> dict[int, Floats]:
    taken = np.cumsum(credit)
    so_far = np.divide(np.cumsum(cost), taken, out=np.full(len(taken), np.nan), where=taken > 0.0)
    return {0: so_far, **{days: insurance_rate(cost, credit, days) for days in WINDOWS}}


def _carry(
    outcome: Outcome, name: str, market: Market, rows: NDArray[np.intp], days: Floats
) -> Carry:
    line = outcome.lines[name]
    units = np.r_[0.0, line["held"][:-1]]
    basis, decay, financing = (
        np.divide(-line[part], days, out=np.zeros(len(days)), where=days > 0.0)
        for part in ("carry", "theta", "financing")
    )
    margin = np.zeros(len(days))
    if outcome.program.line(name).sleeve.kind.startswith("vix_future"):
        earlier = np.maximum(rows - 1, 0)
        bonds = [outcome.program.margin.bonds(vix)["VX"] for vix in market["vix"][earlier].tolist()]
        margin = interest_carry(np.abs(units) * np.array(bonds), market["rate"][earlier])
    return Carry(basis, decay, financing, np.asarray(margin), units, days)
