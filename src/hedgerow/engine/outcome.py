"""What came of a program: NAV, and every line bar by bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Order
from hedgerow.core.market import Floats, Market, Origin
from hedgerow.engine.attribution import Parts
from hedgerow.engine.desk import Desk
from hedgerow.engine.feed import Bars, History
from hedgerow.engine.holdings import Marked
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.program import Line, Program
from hedgerow.engine.run import spots_of
from hedgerow.engine.trips import Booked
from hedgerow.instruments.roster import Basket
from hedgerow.instruments.scene import INDEXES

COLUMNS = (
    "x",
    "act",
    "scale",
    "wanted",
    "held",
    "pnl",
    "cost",
    "traded",
    "spent",
    "carried",
    "keep",
    "premium",
)
"""Columns of a line, beside the parts of its gain."""

PRICED_WITH = ("vix", "skew", "vvix", "vx1", "rate", "dividend_yield")
"""Columns of the market whose origin decides how real modelled prices are."""


@dataclass(frozen=True)
class Outcome:
    """A finished run of the event engine; columns of **shape** (T,).

    Parameters
    ----------
    program
        What traded.
    times
        Session labels, ``datetime64[ns]``.
    nav
        Portfolio and all lines, USD, after the bar's fills.
    earned
        By the portfolio over the bar, all of NAV invested in it, USD.
    unhedged
        Value of the portfolio had it never been hedged, USD.
    index, index_name
        Closes of the S&P 500 in points: its total-return index where the data have it over the
        whole run, else its price.
    margin
        Asked for what the lines hold at the close, before the bar's orders, USD; 0.0 where
        nothing held asks for any, or fills are at the close.  Where a plain split of options fits
        what may be used it is that one's, which the cheapest may undercut.
    lines
        By name: ``x`` (after share, maximum share and budget), ``act``, ``scale`` (of the common
        budget), ``wanted`` and ``held`` (units), ``pnl`` (after costs), ``cost``, ``traded``
        (units), ``spent`` (of the year), ``carried`` (cost of holding had nothing moved), USD;
        ``keep`` (part of the policy's units that the line's actions leave); ``premium`` (USD taken
        in for the options opened at the bar, at the middle of the quotes, negative where paid; what
        is closed counts nothing); and the parts of
        ``pnl``: ``delta``, ``gamma``, ``theta``, ``vega``, ``carry``, ``costs``,
        ``financing``, ``residual``.
    notes
        By line: what its strip says of prices that are modelled, and ``modelled_share`` of the bars
        of this run.
    origins
        By column of `PRICED_WITH`, and of other indices that lines are written on: the share of
        the run's bars of each origin.
    alarms
        What rules said, with the bar's date.
    actions
        By line that has any: the sessions at which each kind acted.
    book
        Of lines that are the book: their round trips, their Greeks bar by bar, and its margin; None
        where there are none.
    ledger_to
        Where the run's ledger goes on beyond it: the date of its last event.
    liquidity
        By line: ``ratio``, executable depth over order size at each decision, of the thinnest leg
        (H11; without end where there is no end of depth), and ``part`` of the order that was sent;
        NaN where nothing was asked for.
    """

    program: Program
    times: NDArray[np.datetime64]
    nav: Floats
    earned: Floats
    unhedged: Floats
    index: Floats
    index_name: str
    margin: Floats
    lines: Mapping[str, Mapping[str, Floats]]
    notes: Mapping[str, Mapping[str, Any]]
    origins: Mapping[str, Mapping[str, float]]
    alarms: tuple[tuple[str, str, str], ...] = ()
    actions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    ledger_to: str = ""
    liquidity: Mapping[str, Mapping[str, Floats]] = field(default_factory=dict)
    book: Booked | None = None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Session dates, ``datetime64[D]``, **shape** (T,)."""
        return self.times.astype("datetime64[D]")

    @property
    def hedge(self) -> Floats:
        """Gain of all lines over each bar after costs, USD, **shape** (T,)."""
        return np.asarray(sum(line["pnl"] for line in self.lines.values()))

    @property
    def reinvested(self) -> float:
        """What the portfolio gained on the lines' earlier gains, USD; negative where it lost.

        All of NAV stays invested in the portfolio, so NAV is that of the portfolio alone plus the
        lines' gains plus this.
        """
        return float(self.earned.sum() - (self.unhedged[-1] - self.unhedged[0]))

    @property
    def cost(self) -> Floats:
        """Cost of trading at each bar, all lines, USD, **shape** (T,)."""
        return np.asarray(sum(line["cost"] for line in self.lines.values()))


@dataclass
class Sheet:
    """Takes down a run bar by bar.

    Parameters
    ----------
    program
        What trades.
    """

    program: Program
    rows: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)
    totals: list[tuple[float, float, float]] = field(default_factory=list)
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    acted: dict[str, dict[str, int]] = field(default_factory=dict)
    sent: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _orders: dict[str, tuple[Order, float]] = field(default_factory=dict)
    _lots: dict[str, dict[str, float]] = field(default_factory=dict)

    def planned(self, desk: Desk, order: Order, scale: float) -> None:
        """Take down what a line is to hold."""
        self._orders[desk.line.name] = order, scale
        self.sent.setdefault(desk.line.name, []).append((desk.sending.ratio, desk.sending.part))

    def alarm(self, day: int, rule: str, sentence: str) -> None:
        """Take down what a rule said on a day, days since 1970-01-01."""
        self.alarms.append((str(np.datetime64(day, "D")), rule, sentence))

    def closed(
        self,
        bars: Bars,
        nav: float,
        earned: float,
        margin: float,
        desks: Sequence[Desk],
        marks: Sequence[Marked],
        parts: Mapping[str, Parts],
    ) -> None:
        """Take down a bar that is done."""
        self.totals.append((nav, earned, margin))
        for desk, mark in zip(desks, marks, strict=True):
            name, book = desk.line.name, desk.book
            order, scale = self._orders[name]
            if desk.line.actions:
                counts = self.acted.setdefault(name, dict.fromkeys(_kinds(desk.line), 0))
                for kind in set(desk.acts.did):
                    counts[kind] += 1
            self.rows.setdefault(name, []).append(
                (
                    *(float(order.x), float(order.act), scale, desk.wanted, desk.lots.units),
                    *(book.pnl, book.cost, book.traded, book.spent, mark.carried),
                    *(desk.kept, self._premium(desk, bars.row)),
                    *parts[name],
                )
            )

    def _premium(self, desk: Desk, row: int) -> float:
        """Return what the options opened at a bar brought in, USD."""
        lots, before = desk.lots.quantities(), self._lots.get(desk.line.name, {})
        self._lots[desk.line.name] = lots
        brought = 0.0
        for symbol, held in lots.items():
            was = before.get(symbol, 0.0)
            opened = held - was if held * was > 0.0 else held
            if held * opened > 0.0 and opened and instrument(symbol).kind == "option":
                brought -= opened * desk.prices.value(Basket((symbol,), (1.0,)), row)
        return brought

    def outcome(self, feed: History) -> Outcome:
        """Return the finished run."""
        nav, earned, margin = np.array(self.totals, dtype=np.float64).T
        names = (*COLUMNS, *Parts._fields)
        return Outcome(
            self.program,
            feed.market.times[feed.first :],
            nav,
            earned,
            feed.values[feed.first :].copy(),
            *_index(feed.market, feed.first),
            margin,
            {
                name: dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))
                for name, rows in self.rows.items()
            },
            {
                line.name: {
                    **roster.strip.notes,
                    "modelled_share": float(np.mean(roster.strip.modelled[feed.first :])),
                }
                for line, roster in zip(self.program.lines, feed.rosters, strict=True)
            },
            _origins(feed.market, feed.first, spots_of(*(x.sleeve for x in self.program.lines))),
            tuple(self.alarms),
            self.acted,
            liquidity={
                name: dict(zip(("ratio", "part"), np.array(rows).T, strict=True))
                for name, rows in self.sent.items()
            },
        )


def _kinds(line: Line) -> list[str]:
    return [action.kind for action in line.actions]


def _index(market: Market, first: int) -> tuple[Floats, str]:
    if "spx_tr" in market:
        total = market["spx_tr"][first:]
        if np.isfinite(total).all():
            return total.copy(), "S&P 500 with dividends"
    return market["spx"][first:].copy(), "S&P 500, price"


def _origins(market: Market, first: int, spots: set[str]) -> dict[str, dict[str, float]]:
    shares = {}
    others = [name for spot in sorted(spots) for name in (spot, INDEXES[spot].vol)]
    for name in (*PRICED_WITH, *others):
        missing = np.full(len(market), Origin.MISSING)
        codes = market.origin.get(name, missing)[first:]
        counted = {origin.name.lower(): float(np.mean(codes == origin)) for origin in Origin}
        shares[name] = {origin: share for origin, share in counted.items() if share}
    return shares
