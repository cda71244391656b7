"""What a run holds, contract by contract: marks, Greeks, payoff and a grid of shocks.

Quantities and marks are the ledger's.  Greeks, payoff and grid are the model's that prices the
sleeve in every run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.money import CONTRACT, USD, Micros, worth
from hedgerow.engine.program import Line, Program
from hedgerow.instruments.roster import Basket
from hedgerow.live.chronicle import Session
from hedgerow.research.stress.book import FAR, Answer, BookGrid, Held, Shock, fitted, grid

GREEKS = ("delta", "gamma", "vega", "theta")
SPOTS = (-0.30, -0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10)
"""Moves of the index in the grid."""

WITH = Shock("with the index", None)
"""VIX answers the index as it did."""

SHOCKS = (
    WITH,
    Shock("-5", -5.0),
    Shock("unchanged", 0.0),
    *(Shock(f"+{points}", float(points)) for points in (10, 20, 40)),
)
"""Moves of VIX and its relatives, points."""

PAYOFF = tuple(float(round(move, 2)) for move in np.arange(-0.40, 0.201, 0.04))
"""Moves of the index in the payoff."""

BEHIND = 300
"""Sessions of history that prices of what is held are made from."""

MODELLED = (
    "Greeks, payoff and grid are modelled, by the surface and curve that price the sleeve in "
    "every run; quantities and marks are the ledger's."
)


class Position(NamedTuple):
    """A contract that a line holds at a close.

    Attributes
    ----------
    line, contract
        Whose, and its symbol.
    quantity
        Contracts, negative when short.
    mark
        Points.
    value
        USD, of a future what it has gained since its margin was last paid.
    expiry, days
        Date, empty for what has none; calendar days to it.
    delta, gamma, vega, theta
        Of the position: USD per index point, per point squared, per vol point (of a VIX future:
        per point of it), USD a calendar day.  Modelled.
    mark_modelled
        Whether the mark is a model's.
    """

    line: str
    contract: str
    quantity: float
    mark: float
    value: float
    expiry: str
    days: int
    delta: float
    gamma: float
    vega: float
    theta: float
    mark_modelled: bool


@dataclass(frozen=True)
class Positions:
    """All that a run holds at a close.

    Attributes
    ----------
    session
        Date.
    rows
        By line and expiry.
    lines
        ``value`` and Greeks by line, USD.
    total
        Of all lines.
    portfolio_delta
        Of the portfolio that is hedged: USD per index point.
    net_delta
        With the lines.
    """

    session: str
    rows: tuple[Position, ...]
    lines: Mapping[str, Mapping[str, float]]
    total: Mapping[str, float]
    portfolio_delta: float
    net_delta: float
    said: str = MODELLED

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        return {**asdict(self), "rows": [row._asdict() for row in self.rows]}


@dataclass(frozen=True)
class Shocked:
    """What a run's book gains under shocks, USD, before costs of trading; all of it modelled.

    Attributes
    ----------
    session
        Date of the book.
    spots, shocks
        Moves of the index, decimal; names of moves of VIX.
    vix
        VIX of each cell, points, **shape** (shocks, spots).
    portfolio, hedge
        USD at once, **shape** (shocks, spots).
    moves, horizon
        Moves of the index of the payoff; calendar days ahead, the first expiry held.
    now, along, then
        Gain of the lines at once with VIX unchanged, at once where it goes with the index, and at
        the horizon with VIX unchanged, USD, by line, **shape** (moves,).
    said
        How it was made.
    """

    session: str
    spots: tuple[float, ...]
    shocks: tuple[str, ...]
    vix: Floats
    portfolio: Floats
    hedge: Floats
    moves: tuple[float, ...]
    horizon: int
    now: Mapping[str, Floats]
    along: Mapping[str, Floats]
    then: Mapping[str, Floats]
    said: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        made = {**vars(self)}
        for name in ("vix", "portfolio", "hedge"):
            made[name] = made[name].tolist()
        for name in ("now", "along", "then"):
            made[name] = {line: gains.tolist() for line, gains in made[name].items()}
        return made


def positions(program: Program, market: Market, session: Session) -> Positions:
    """Return what a run holds at a close, with its Greeks.

    Parameters
    ----------
    program
        What is run.
    market
        The tape; later rows are not looked at.
    session
        Of the run.

    Raises
    ------
    HedgerowError
        If a contract cannot be priced on the market.
    """
    near = _near(market, session)
    day = dt.date.fromisoformat(session.date)
    rows: list[Position] = []
    lines: dict[str, dict[str, float]] = {}
    for line in program.lines:
        held = session.held.get(line.name, {})
        roster = line.sleeve.roster(near, lag=program.lag, costs=program.costs) if held else None
        mine: list[Position] = []
        for symbol, quantity in held.items():
            assert roster is not None  # there is one where something is held
            path = roster.path(symbol)
            at = len(near) - 1 - path.first
            usd_a_point = quantity / CONTRACT * path.multiplier
            value = value_of(session, line.name, symbol)
            end = dt.date(1970, 1, 1) + dt.timedelta(path.expiry) if path.expiry < FAR else None
            greeks = {name: usd_a_point * float(getattr(path, name)[at]) for name in GREEKS}
            mine.append(
                Position(
                    line.name,
                    symbol,
                    quantity / CONTRACT,
                    session.marks[symbol],
                    value / USD,
                    str(end or ""),
                    (end - day).days if end else 0,
                    **greeks,
                    mark_modelled=bool(path.modelled[at]),
                )
            )
        mine.sort(key=lambda row: (row.expiry, row.contract))
        lines[line.name] = _sums(mine)
        rows += mine
    total = _sums(rows)
    outer = _portfolio(program, session).values(_moved_pair(near))
    per_point = float(outer[1] - outer[0]) / float(near["spx"][-1] * 0.01)
    return Positions(session.date, tuple(rows), lines, total, per_point, per_point + total["delta"])


def shocked(
    program: Program,
    market: Market,
    session: Session,
    *,
    spots: Sequence[float] = SPOTS,
    shocks: Sequence[Shock] = SHOCKS,
    moves: Sequence[float] = PAYOFF,
) -> Shocked:
    """Price what a run holds anew under moves of index and VIX, and at its first expiry.

    Parameters
    ----------
    program, market, session
        As for `positions`.
    spots, shocks
        Axes of the grid, at once.
    moves
        Of the index, of the payoff.

    Raises
    ------
    HedgerowError
        If a contract cannot be priced on the market.
    """
    near, answer = _near(market, session), answer_of(market, session)
    held = [line for line in program.lines if session.held.get(line.name)]
    ends = [row.days for row in positions(program, market, session).rows if row.expiry]
    horizon = max(min(ends, default=0), 0)
    portfolio = _portfolio(program, session)
    hedge = np.zeros((len(shocks), len(spots)))
    now: dict[str, Floats] = {}
    along: dict[str, Floats] = {}
    then: dict[str, Floats] = {}

    def priced(line: Line | None, at: Sequence[float], by: Sequence[Shock], *days: int) -> BookGrid:
        made = _held(near, session, line)
        sleeve = (line or program.lines[0]).sleeve
        return grid(
            made, sleeve, portfolio, program.costs, answer,
            spots=tuple(at), shocks=tuple(by), days=days,
        )  # fmt: skip

    empty = priced(None, spots, shocks, 0)
    for line in held:
        hedge += priced(line, spots, shocks, 0).hedge[0]
        made = priced(line, moves, [Shock("unchanged", 0.0), WITH], 0, horizon).hedge
        now[line.name], along[line.name], then[line.name] = made[0, 0], made[0, 1], made[-1, 0]
    said = (
        f"Modelled. VIX answers the index as it did on the sessions up to then: "
        f"{answer.falls:.2f} points up for a fall of 1 %, {answer.rises:.2f} down for a rise. "
        "Costs of trading are left out."
    )
    return Shocked(
        session.date, tuple(spots), tuple(shock.name for shock in shocks), empty.vix,
        empty.portfolio[0], hedge, tuple(moves), horizon, now, along, then, said,
    )  # fmt: skip


def value_of(session: Session, line: str, symbol: str) -> Micros:
    """Return what a line's contracts are worth at a close, micro-USD.

    A future is worth what it has gained since its margin was last paid.
    """
    mine = session.held[line][symbol]
    value = worth(mine, session.marks[symbol], instrument(symbol).multiplier)
    whole = sum(held.get(symbol, 0) for held in session.held.values())
    return value - (round(session.basis.get(symbol, 0) * mine / whole) if whole else 0)


def answer_of(market: Market, session: Session) -> Answer:
    """Measure how VIX has answered the index on the sessions up to one."""
    known = market.until(market.index_of(session.date))
    move = np.diff(known["spx"]) / known["spx"][:-1]
    change = np.diff(known["vix"])
    fine = np.isfinite(move) & np.isfinite(change)
    return fitted(move[fine], change[fine], {})


def _near(market: Market, session: Session) -> Market:
    last = market.index_of(session.date)
    return market.until(last).between(str(market.dates[max(last - BEHIND, 0)]), None)


def _held(near: Market, session: Session, line: Line | None) -> Held:
    """Return what a line holds as one unit of all its contracts; of none nothing."""
    mine = session.held.get(line.name, {}) if line is not None else {}
    basket = Basket(tuple(mine), tuple(quantity / CONTRACT for quantity in mine.values()))
    return Held(near, session.bar.nav / USD, 0.0, 1.0, basket, {})


def _portfolio(program: Program, session: Session) -> Any:
    return replace(program.portfolio, value=session.bar.nav / USD)


def _moved_pair(near: Market) -> Market:
    """Return the last session twice, the index 1 % higher in the second."""
    last = len(near) - 1
    columns = {name: np.repeat(column[last:], 2) for name, column in near.columns.items()}
    columns["spx"] = columns["spx"] * np.array([1.0, 1.01])
    return Market(near.times[last] + np.array([0, 1], dtype="timedelta64[ns]"), columns)


def _sums(rows: Sequence[Position]) -> dict[str, float]:
    return {name: sum(getattr(row, name) for row in rows) for name in ("value", *GREEKS)}
