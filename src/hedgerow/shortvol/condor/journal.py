"""The trade journal of a book of condors, and what it comes to."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.over_the_counter import parse_option
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.trips import EXPIRY, OPEN, POLICY, ROLL, Trip
from hedgerow.errors import RangeError
from hedgerow.instruments.legs import MULTIPLIER
from hedgerow.research.performance import CALENDAR, drawdowns
from hedgerow.shortvol.condor.book import book_of, booked

REASONS = {
    "take_profit": "profit",
    "stop_loss": "stop",
    "leave_before": "days",
    "roll_tested": "tested",
    ROLL: "roll",
    EXPIRY: "expiry",
    POLICY: "cut",
    OPEN: "open",
}
"""What an exit is called in a journal, by what asked for it; ``cut``: margin or the policy did."""


@dataclass(frozen=True)
class CondorTrade:
    """One condor of the book.

    Parameters
    ----------
    line
        Of the program: the rung.
    entry, expiry, exit
        Dates; ``exit`` is None while it is held.
    put_wing, put, call, call_wing
        Strikes, points: bought, sold, sold, bought.
    contracts
        The most that were held.
    credit
        USD taken in, spreads paid and fees not.
    low, high
        Break-evens at expiry, points: the sold strikes, further away by the credit of one.
    margin
        That it alone asked for at its entry, USD.
    value, delta, gamma, vega, theta
        At its entry, USD: at mid prices; per index point, per point squared, per vol point, per
        calendar day.
    reason
        Why it ended: see `REASONS`.
    pnl, cost
        After costs, and the costs, USD.
    """

    line: str
    entry: dt.date
    expiry: dt.date
    exit: dt.date | None
    put_wing: float
    put: float
    call: float
    call_wing: float
    contracts: float
    credit: float
    low: float
    high: float
    margin: float
    value: float
    delta: float
    gamma: float
    vega: float
    theta: float
    reason: str
    pnl: float
    cost: float


class Figures(NamedTuple):
    """What a journal comes to; USD unless said otherwise."""

    trades: int
    """Condors that ended."""
    premium: float
    """Credit taken in by all, those still held included."""
    kept: float
    """Gain of all, after costs."""
    kept_share: float
    """``kept`` over ``premium``, a decimal."""
    win_rate: float
    """Part of those that ended which gained after costs; NaN where none ended."""
    cost: float
    cost_share: float
    """``cost`` over ``premium``, a decimal."""
    worst_day: float
    worst_day_share: float
    """Of NAV at the close before, a decimal."""
    worst_day_date: str
    worst_month: float
    worst_month_share: float
    """Of NAV at the close before the month, a decimal."""
    worst_month_date: str
    """``YYYY-MM``."""
    drawdown: float
    """Of the portfolio's value at the start plus the book's gains, a decimal, 0 or below."""
    margin: float
    """The most."""
    margin_mean: float
    """Over the bars on which anything was asked."""
    return_on_margin: float
    """``kept`` a year over ``margin_mean``, a decimal; NaN without margin."""
    exits: dict[str, int]
    """Condors by the reason of their end."""


def journal(outcome: Outcome) -> tuple[CondorTrade, ...]:
    """Return every condor of a run, in the order in which they were sold.

    Parameters
    ----------
    outcome
        Of a program whose book lines hold condors.

    Raises
    ------
    RangeError
        If the program has no book, or a book line holds something else.

    Notes
    -----
    ``pnl`` and ``cost`` of a line's condors add up to those of the line.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.shortvol.condor import CondorRules, program
    >>> made = program(CondorRules(weeks=4, rungs=1))
    >>> outcome = hr.trade(made, hr.load("builtin"), start="2018-01-02", end="2018-03-29").outcome
    >>> [(str(one.entry), str(one.exit), one.reason) for one in journal(outcome)][:2]
    [('2018-01-04', '2018-01-29', 'stop'), ('2018-02-01', '2018-02-06', 'stop')]
    """
    return tuple(_condor(trip, outcome) for trip in booked(outcome).trips)


def figures(outcome: Outcome) -> Figures:
    """Return what a run's book came to.

    Parameters
    ----------
    outcome
        Of a program whose book lines hold condors.

    Raises
    ------
    RangeError
        As for `journal`.
    """
    book, condors = book_of(outcome), journal(outcome)
    ended = [one for one in condors if one.exit is not None]
    premium, kept, cost = float(book.credit.sum()), float(book.pnl.sum()), float(book.cost.sum())
    before = np.concatenate([[outcome.program.portfolio.value], outcome.nav[:-1]])
    day = int(np.argmin(book.pnl))
    months = outcome.dates.astype("datetime64[M]")
    starts = np.flatnonzero(np.concatenate([[True], months[1:] != months[:-1]]))
    gains = np.add.reduceat(book.pnl, starts)
    month = int(np.argmin(gains))
    equity = outcome.program.portfolio.value + np.concatenate([[0.0], np.cumsum(book.pnl)])
    asked = book.margin[book.margin > 0.0]
    mean = float(asked.mean()) if asked.size else 0.0
    years = float((outcome.dates[-1] - outcome.dates[0]).astype(np.int64)) / CALENDAR
    counts = {reason: sum(one.reason == reason for one in condors) for reason in REASONS.values()}
    return Figures(
        trades=len(ended),
        premium=premium,
        kept=kept,
        kept_share=_over(kept, premium),
        win_rate=_over(sum(one.pnl > 0.0 for one in ended), len(ended)),
        cost=cost,
        cost_share=_over(cost, premium),
        worst_day=float(book.pnl[day]),
        worst_day_share=_over(float(book.pnl[day]), float(before[day])),
        worst_day_date=str(outcome.dates[day]),
        worst_month=float(gains[month]),
        worst_month_share=_over(float(gains[month]), float(before[starts[month]])),
        worst_month_date=str(months[starts[month]]),
        drawdown=float(drawdowns(equity).min()),
        margin=float(book.margin.max()),
        margin_mean=mean,
        return_on_margin=_over(_over(kept, years), mean),
        exits={reason: count for reason, count in counts.items() if count},
    )


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan


def _condor(trip: Trip, outcome: Outcome) -> CondorTrade:
    options = [parse_option(symbol) for symbol in trip.basket.symbols]
    strikes = {
        (option.call, weight < 0.0): option.strike
        for option, weight in zip(options, trip.basket.weights, strict=True)
    }
    if len(options) != 4 or len(strikes) != 4:
        raise RangeError(
            f"it holds {', '.join(trip.basket.symbols)}",
            where=f"line {trip.line}",
            mend="a journal of condors needs a book of condors",
        )
    each = trip.credit / (trip.units * MULTIPLIER)
    why = next((REASONS[kind] for kind in trip.why if kind in REASONS), trip.why[0])
    return CondorTrade(
        line=trip.line,
        entry=outcome.dates[trip.opened].item(),
        expiry=options[0].expiry,
        exit=None if trip.closed < 0 else outcome.dates[trip.closed].item(),
        put_wing=strikes[False, False],
        put=strikes[False, True],
        call=strikes[True, True],
        call_wing=strikes[True, False],
        contracts=trip.units,
        credit=trip.credit,
        low=strikes[False, True] - each,
        high=strikes[True, True] + each,
        margin=trip.margin,
        value=trip.entry["value"],
        delta=trip.entry["delta"],
        gamma=trip.entry["gamma"],
        vega=trip.entry["vega"],
        theta=trip.entry["theta"],
        reason=why,
        pnl=trip.pnl,
        cost=trip.cost,
    )
