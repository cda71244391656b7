"""What a hedged book of condors made over a stretch: return, falls, premium kept, cost.

Amounts are USD.  NAV is the start plus what the book, the hedge's lines and bills earned.  **The
hedge's cost** is the negative of its lines' gain after half-spreads and fees, financing counted, on
the sessions outside the dated crises: what it took while nothing happened.  Negative is a gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.engine.track import Track
from hedgerow.research import performance
from hedgerow.research.crises import calm_in, crises_in, effectiveness, pooled
from hedgerow.shortvol.beta import LEAST, betas


@dataclass(frozen=True)
class Figures:
    """One variant over one stretch.

    Parameters
    ----------
    first, last
        Dates of the stretch; NAV at the close of the first is where it starts.
    total_return, annual_return, annual_vol, sharpe
        Decimals; the Sharpe ratio is over bills, a year.
    worst_day, worst_day_on, worst_month, worst_month_in
        Lowest return of NAV over a session and a calendar month, and when.
    max_drawdown, fell_from, fell_to
        Deepest fall of NAV (≤ 0), and between which closes.
    margin_most, margin_mean
        Margin as a part of NAV.
    book, hedge, interest
        What condors, hedge lines and bills earned, USD; they add up to the change of NAV.
    layers
        The hedge's gain by line, USD.
    credit
        Premium that the condors collected when they were opened, USD.
    kept
        Part of it that is left: gain of book and hedge over credit; None without credit.
    trading
        Half-spreads and fees of the hedge's lines, USD.
    calm_cost
        Cost of the hedge outside the crises, USD.
    cost_of_credit
        That over the credit collected outside the crises (of a stretch; H17 has it as it trails).
    net_of_credit
        Negative gain of the hedge over all sessions, crises included, over all credit.
    her
        Hedge effectiveness over all crises in which the book lost (C4): Σ gain ÷ Σ loss.
    vega
        Mean vega of the hedge's lines, USD per point.
    beta
        Of the whole to the S&P 500, over bills (H14); None of a stretch too short for one.
    """

    first: str
    last: str
    total_return: float
    annual_return: float
    annual_vol: float
    sharpe: float
    worst_day: float
    worst_day_on: str
    worst_month: float
    worst_month_in: str
    max_drawdown: float
    fell_from: str
    fell_to: str
    margin_most: float
    margin_mean: float
    book: float
    hedge: float
    interest: float
    layers: Mapping[str, float]
    credit: float
    kept: float | None
    trading: float
    calm_cost: float
    cost_of_credit: float | None
    net_of_credit: float | None
    her: float | None
    vega: float
    beta: float | None


def figures(track: Track, rows: slice, cash: Floats) -> Figures:
    """Return what a variant made over a stretch.

    Parameters
    ----------
    track
        Of a variant (`hedgerow.shortvol.beside.study.Run.track`).
    rows
        The stretch; its first row only sets the starting NAV.
    cash
        Return of bills over each bar of the track, **shape** (T,).
    """
    part = _cut(track, rows)
    made = performance.statistics(part, cash[rows])
    nav, inside = part["nav"], slice(1, None)
    day = performance.returns(nav)
    months, by_month = monthly(part.dates, nav)
    used = part["margin"] / nav
    calm = calm_sessions(part)[inside]
    book, hedge, credit = (part[name][inside] for name in ("earned", "pnl", "credit"))
    calm_cost, quiet = -float(hedge[calm].sum()), float(credit[calm].sum())
    collected = float(credit.sum())
    gains = gains_of(part)
    at, month = int(np.argmin(day)), int(np.argmin(by_month))
    return Figures(
        first=str(part.dates[0]),
        last=str(part.dates[-1]),
        total_return=float(nav[-1] / nav[0] - 1.0),
        annual_return=made["annual_return"],
        annual_vol=made["annual_vol"],
        sharpe=made["sharpe_excess"],
        worst_day=float(day[at]),
        worst_day_on=str(part.dates[at + 1]),
        worst_month=float(by_month[month]),
        worst_month_in=str(months[month]),
        max_drawdown=made["max_drawdown"],
        fell_from=made["max_drawdown_from"],
        fell_to=made["max_drawdown_to"],
        margin_most=float(used.max()),
        margin_mean=float(used.mean()),
        book=float(book.sum()),
        hedge=float(hedge.sum()),
        interest=float(part["interest"][inside].sum()),
        layers={
            name.removeprefix(LAYER): float(column[inside].sum())
            for name, column in part.columns.items()
            if name.startswith(LAYER)
        },
        credit=collected,
        kept=_over(float(book.sum() + hedge.sum()), collected),
        trading=made["transaction_costs"],
        calm_cost=calm_cost,
        cost_of_credit=_over(calm_cost, quiet),
        net_of_credit=_over(-float(hedge.sum()), collected),
        her=pooled((each["hedge_gain"], each["portfolio_loss"]) for each in gains),
        vega=float(part["vega"].mean()),
        beta=betas(part["excess"][inside], part["index"][inside]).beta.value
        if len(part) > LEAST
        else None,
    )


LAYER = "layer "
"""Before the name of a hedge line, in a track's columns."""


def monthly(dates: NDArray[np.datetime64], nav: Floats) -> tuple[NDArray[np.datetime64], Floats]:
    """Return the calendar months of a run and the return of NAV over each.

    Parameters
    ----------
    dates, nav
        **shape** (T,); the first row only sets the start.

    Examples
    --------
    >>> days = np.array(["2020-01-30", "2020-01-31", "2020-02-28"], dtype="datetime64[D]")
    >>> monthly(days, np.array([100.0, 110.0, 99.0]))[1].round(3).tolist()
    [0.1, -0.1]
    """
    months = dates[1:].astype("datetime64[M]")
    last = np.append(np.flatnonzero(months[1:] != months[:-1]), len(months) - 1)
    ends = np.concatenate([nav[:1], nav[1:][last]])
    return months[last], np.asarray(ends[1:] / ends[:-1] - 1.0)


def calm_sessions(track: Track) -> NDArray[np.bool_]:
    """Return the sessions outside the dated crises, **shape** (T,)."""
    calm = np.ones(len(track), dtype=bool)
    for each in crises_in(track):
        calm[each.rows.start + 1 : each.rows.stop] = False
    return calm


def gains_of(track: Track, *, calm: bool = False) -> list[dict[str, Any]]:
    """Return the hedge's gain and the book's loss in each crisis, with its dates and name.

    Parameters
    ----------
    track
        Of a variant.
    calm
        Ask for the rising stretches between crises instead.
    """
    return [
        {
            "name": each.name,
            "from": str(track.dates[each.rows][0]),
            "to": str(track.dates[each.rows][-1]),
            "partial": each.partial,
            **effectiveness(track, each.rows),
        }
        for each in (calm_in(track) if calm else crises_in(track))
    ]


def _cut(track: Track, rows: slice) -> Track:
    columns = {name: column[rows] for name, column in track.columns.items()}
    return Track(track.name, track.times[rows], columns)


def _over(amount: float, credit: float) -> float | None:
    return amount / credit if credit > 0.0 else None
