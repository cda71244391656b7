"""The book that is hedged within the day: a sold SPX condor, priced at every bar."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.legs import MULTIPLIER
from hedgerow.pricing.black import DAYS_PER_YEAR, Greeks, bsm
from hedgerow.pricing.surface import Surface

STEP = 5.0
"""Points between listed strikes."""
_SIGNS = np.array([1.0, -1.0, -1.0, 1.0])
_CALLS = np.array([False, False, True, True])
_CLOSE = 16 * 60
_RANGES = {
    "value": (1.0, 1e15),
    "share": (0.0, 1.0),
    "days": (7.0, 365.0),
    "delta": (0.05, 0.45),
    "width": (STEP, 1000.0),
    "exit_days": (0.0, 360.0),
}


@dataclass(frozen=True)
class CondorBook:
    """Terms of a sold condor that is entered at the first bar and again when it has become short.

    Parameters
    ----------
    value
        USD of the account before the first bar.
    share
        Part of it that the condors may lose at most, 0 … 1: the width times 100 a contract.
    days
        Calendar days from entry to expiry.
    delta
        Of the two sold options at entry, size of it, 0.16 to 0.20 as a rule.
    width
        Points from a sold strike to the bought one beyond it.
    exit_days
        Calendar days to expiry from which on it is bought back and sold anew.
    strikes
        The four strikes, rising, instead of ``delta`` and ``width``; kept at every entry.

    Raises
    ------
    RangeError
        If a number is out of range, or the strikes do not rise.

    Examples
    --------
    >>> CondorBook(delta=0.16).width
    50.0
    """

    value: float = 10_000_000.0
    share: float = 0.25
    days: int = 45
    delta: float = 0.18
    width: float = 50.0
    exit_days: int = 21
    strikes: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            number = getattr(self, item.name)
            if item.name == "strikes":
                continue
            low, high = _RANGES[item.name]
            plain = isinstance(number, int | float) and not isinstance(number, bool)
            if not plain or not low <= number <= high:
                raise RangeError(
                    f"{number!r} is out of range",
                    where=f"book.{item.name}",
                    mend=f"give a number in {low:g} … {high:g}",
                )
        if self.exit_days >= self.days:
            raise RangeError(
                f"{self.exit_days} days are no fewer than the {self.days} at entry",
                where="book.exit_days",
                mend="leave the condor earlier than it is entered",
            )
        if self.strikes is not None:
            given = np.asarray(self.strikes, dtype=np.float64)
            if given.shape != (4,) or not bool((np.diff(given) > 0.0).all()) or given[0] <= 0.0:
                raise RangeError(
                    f"{self.strikes} are not four rising strikes",
                    where="book.strikes",
                    mend="give put bought, put sold, call sold, call bought",
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the terms as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Entry:
    """One condor of the book: when, which, how many, and for what credit."""

    row: int
    """Bar at whose end it was sold."""
    expiry: np.datetime64
    strikes: tuple[float, float, float, float]
    contracts: float
    credit: float
    """Points a condor, before costs."""


@dataclass(frozen=True)
class BookPath:
    """The book along all bars; **shape** (T,) each, USD.

    Parameters
    ----------
    value
        Of the account: what it began with and the condors' gains after costs.
    pnl, cost
        Earned over the bar, costs in it; half-spreads and fees of the bar.
    delta, vega, theta
        USD per index point, per vol point and per calendar day of the whole book.
    entries
        The condors, in order.
    """

    value: Floats
    pnl: Floats
    cost: Floats
    delta: Floats
    vega: Floats
    theta: Floats
    entries: tuple[Entry, ...]


def walk_book(market: Market, terms: CondorBook, first: int, costs: Costs) -> BookPath:
    """Price the book at every bar from ``first`` on, Black–Scholes on the surface of that bar.

    Parameters
    ----------
    market
        Bars with ``spx``, ``vix`` and ``minutes_left``, or sessions, whose bars end at the close.
    terms, costs
        Of the book.
    first
        Bar of the first entry; before it the account stands still.

    Notes
    -----
    The surface is made of the IV proxy, so every price is modelled.  Each strike has the volatility
    that the smile gives it at that bar; vega is to all of them at once.
    """
    surface = Surface.of(market.columns)
    days = market.dates
    left = market["minutes_left"] if "minutes_left" in market else np.zeros(len(market))
    # the clock of expiry: days to the date, and what is left of today's session
    clock = left / (24.0 * 60.0)
    columns = {name: np.zeros(len(market)) for name in ("pnl", "cost", "delta", "vega", "theta")}
    entries: list[Entry] = []
    row = first
    while row < len(market):
        entry = _enter(market, surface, terms, row, float(clock[row]))
        entries.append(entry)
        due = np.flatnonzero((entry.expiry - days[row + 1 :]).astype(np.int64) <= terms.exit_days)
        last = row + 1 + int(due[0]) if len(due) else len(market) - 1
        _hold(market, surface, entry, slice(row, last + 1), clock, costs, columns, bool(len(due)))
        row = last if len(due) else len(market)
    return BookPath(
        terms.value + np.cumsum(columns["pnl"]),
        columns["pnl"],
        columns["cost"],
        columns["delta"],
        columns["vega"],
        columns["theta"],
        tuple(entries),
    )


def _legs(market: Market, surface: Surface, rows: slice, strikes: Floats, years: Floats) -> Greeks:
    """Return prices and Greeks of the four legs, **shape** (n, 4) each."""
    spot, rate = market["spx"][rows], _yearly(market, "rate")[rows]
    dividend = _yearly(market, "dividend_yield")[rows]
    forward = spot * np.exp((rate - dividend) * years)
    vol = surface.vol(np.log(strikes / forward[:, None]), years, rows)
    across = (spot[:, None], strikes, years[:, None], vol, rate[:, None], dividend[:, None])
    return bsm(*across, call=np.broadcast_to(_CALLS, vol.shape))


def _yearly(market: Market, name: str) -> Floats:
    column = market.columns.get(name, np.zeros(len(market)))
    return np.where(np.isfinite(column), column, 0.0)


def _enter(market: Market, surface: Surface, terms: CondorBook, row: int, clock: float) -> Entry:
    """Choose expiry and strikes with what is known at a bar."""
    day = market.dates[row]
    # the session on or before the wanted date, so that it can expire
    expiry = np.datetime64(sessions_ahead(day + np.timedelta64(terms.days, "D"), 0).item(), "D")
    years = np.array([(float((expiry - day).astype(np.int64)) + clock) / DAYS_PER_YEAR])
    strikes = np.array(terms.strikes or _by_delta(market, surface, terms, row, years))
    legs = _legs(market, surface, slice(row, row + 1), strikes[None, :], years)
    credit = -float((_SIGNS * legs.price[0]).sum())
    wide = max(strikes[1] - strikes[0], strikes[3] - strikes[2])
    contracts = float(math.floor(terms.share * terms.value / (wide * MULTIPLIER)))
    told = tuple(float(strike) for strike in strikes)
    return Entry(row, expiry, (told[0], told[1], told[2], told[3]), contracts, credit)


def _by_delta(
    market: Market, surface: Surface, terms: CondorBook, row: int, years: Floats
) -> list[float]:
    """Return the strikes whose deltas are nearest to the one wanted, and those beyond them."""
    spot = float(market["spx"][row])
    ladder = np.arange(math.ceil(spot * 0.5 / STEP) * STEP, spot * 1.5, STEP)
    rows = slice(row, row + 1)
    rate, dividend = _yearly(market, "rate")[rows], _yearly(market, "dividend_yield")[rows]
    forward = spot * np.exp((rate - dividend) * years)
    vol = surface.vol(np.log(ladder / forward[:, None]), years, rows)[0]
    found = []
    for call in (False, True):
        side = ladder > spot if call else ladder < spot
        legs = bsm(spot, ladder[side], years[0], vol[side], rate[0], dividend[0], call=call)
        found.append(float(ladder[side][np.argmin(np.abs(np.abs(legs.delta) - terms.delta))]))
    put, sold = found
    return [put - terms.width, put, sold, sold + terms.width]


def _hold(
    market: Market,
    surface: Surface,
    entry: Entry,
    rows: slice,
    clock: Floats,
    costs: Costs,
    columns: dict[str, Floats],
    leaves: bool,
) -> None:
    """Write what a condor earned from its entry to its last bar; at that it is bought back."""
    left = (entry.expiry - market.dates[rows]).astype(np.float64)
    years = (left + clock[rows]) / DAYS_PER_YEAR
    strikes = np.broadcast_to(np.array(entry.strikes), (len(years), 4))
    legs = _legs(market, surface, rows, strikes, years)
    many = entry.contracts * MULTIPLIER
    worth = (_SIGNS * legs.price).sum(axis=1) * many
    half = costs.of_option(legs.price, legs.vega / 100.0, market["vix"][rows][:, None])
    trade = half.sum(axis=1) * many + 4.0 * costs.option_fee * entry.contracts
    paid = np.zeros(len(years))
    paid[0] += trade[0]
    if leaves:
        paid[-1] += trade[-1]
    columns["pnl"][rows] += np.diff(worth, prepend=worth[0]) - paid
    columns["cost"][rows] += paid
    held = slice(rows.start, rows.stop - 1 if leaves else rows.stop)
    width = held.stop - held.start
    for name, unit in (("delta", 1.0), ("vega", 0.01), ("theta", 1.0 / DAYS_PER_YEAR)):
        columns[name][held] = ((_SIGNS * getattr(legs, name)).sum(axis=1) * many * unit)[:width]
