"""The monthly review of a run, from its ledger alone (spec C9).

Months are those of the bars' dates, UTC.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.attribution import Unexplained, unexplained
from hedgerow.engine.ledger.chain import Record, checked
from hedgerow.engine.ledger.events import (
    Alarm,
    Cash,
    Closed,
    Decided,
    Event,
    Explained,
    Filled,
    Opened,
    Override,
    Planned,
)
from hedgerow.engine.ledger.money import Micros, usd
from hedgerow.engine.ledger.replay import Standing, policy_of
from hedgerow.errors import RangeError
from hedgerow.policies.overlays import Budget
from hedgerow.research.months import Month, Offset, Spent
from hedgerow.research.performance import sharpe, worst_fall

DAY = 86_400 * 10**9
QUARTER, YEAR = 91.0, 365.0
PORTFOLIO = "portfolio"
"""Part of the line "" in :class:`~hedgerow.engine.ledger.events.Explained`."""

RATE = "rate"
"""Named number of :class:`~hedgerow.engine.ledger.events.Planned`: what bills pay a year."""


@dataclass(frozen=True)
class Review:
    """The months of a run that were asked for."""

    run: str
    version: str
    months: tuple[Month, ...]


@dataclass
class _Bar:
    """What the events between two closes say; amounts in micro-USD."""

    time: int = 0
    before: Micros = 0
    nav: Micros = 0
    paid_in: Micros = 0
    booked: Micros = 0
    fees: Micros = 0
    fills: int = 0
    acted: int = 0
    cut: bool = False
    rate: float = float("nan")
    lines: dict[str, dict[str, Micros]] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    books: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        match event:
            case Cash(reason="deposit"):
                self.paid_in += event.amount
            case Cash(reason="portfolio"):
                self.booked += event.amount
            case Filled():
                self.fees += event.fee
                self.fills += 1
            case Decided():
                self.acted += event.act > 0.0
                self.books[event.line] = event.book
            case Planned():
                self.cut = self.cut or event.scale < 1.0
                self.rate = event.why.get(RATE, self.rate)
            case Explained():
                parts = self.lines.setdefault(event.line, {})
                for name, amount in event.parts.items():
                    parts[name] = parts.get(name, 0) + amount
            case Alarm():
                self.alarms.append(event.rule)
            case Override():
                self.overrides.append(f"{event.who}: {event.what} ({event.why})")
            case Closed():
                self.time, self.nav = event.time, event.nav

    @property
    def day(self) -> np.datetime64:
        return np.datetime64(self.time // DAY, "D")

    @property
    def month(self) -> str:
        return str(self.day)[:7]

    @property
    def invested(self) -> Micros:
        return self.before + self.paid_in

    @property
    def gain(self) -> Micros:
        return self.nav - self.invested

    @property
    def portfolio(self) -> Micros:
        return self.lines.get("", {}).get(PORTFOLIO, self.booked)

    @property
    def hedge(self) -> Micros:
        return self.gain - self.portfolio


def review(records: Iterable[Record], month: str | None = None) -> Review:
    """Review a run month by month, or one month of it.

    The chain is checked and the book added up on the way, so a review that comes is one of a
    ledger that holds.

    Parameters
    ----------
    records
        From the first of the run: :meth:`~hedgerow.engine.ledger.store.Ledger.read`.
    month
        ``2020-03``; None for all.

    Raises
    ------
    LedgerError
        At the first record that is broken or cannot have happened.
    RangeError
        If no bar of the month is in the ledger.

    Examples
    --------
    >>> from hedgerow.engine.ledger.chain import GENESIS, forge
    >>> begun = [Opened(0, "demo", "0.1.0", {}, "", "", {}), Cash(0, 100_000_000, "deposit")]
    >>> bars = [Closed(0, 100_000_000, 0, 100_000_000), Cash(DAY, -2_000_000, "portfolio")]
    >>> bars += [Cash(DAY, 500_000, "financing"), Closed(DAY, 98_500_000, 0, 98_500_000)]
    >>> made = review(forge(GENESIS, [*begun, *bars])).months[0]
    >>> made.month, made.portfolio_gain, made.hedge_gain, made.down.share
    ('1970-01', -2.0, 0.5, 0.25)
    """
    standing, bars = Standing(), list[_Bar]()
    bar = _Bar()
    for record in checked(records):
        event = standing.take(record)
        bar.take(event)
        if isinstance(event, Closed):
            bars.append(bar)
            bar = _Bar(before=event.nav)
    opened = standing.opened
    places: dict[str, list[int]] = {}
    for row, each in enumerate(bars):
        places.setdefault(each.month, []).append(row)
    if month is not None and month not in places:
        known = f"{min(places)} … {max(places)}" if places else "no month: no bar is closed"
        raise RangeError(
            f"no bar of '{month}' is in the ledger", where="month", mend=f"it has {known}"
        )
    limits = _limits(opened)
    wanted = [month] if month is not None else sorted(places)
    made = [_month(bars, places[name], limits) for name in wanted]
    return Review(opened.run if opened else "", opened.version if opened else "", tuple(made))


def _month(bars: Sequence[_Bar], rows: Sequence[int], limits: Mapping[str, float]) -> Month:
    inside, upto = [bars[row] for row in rows], bars[: rows[-1] + 1]
    lines = _lines(inside)
    parts = _added(lines.values())
    portfolio = np.array([bar.portfolio for bar in inside]) / 1e6
    hedge = np.array([bar.hedge for bar in inside]) / 1e6
    fallen = portfolio < 0.0
    steps = [1.0, *(1.0 + _return(bar, bar.portfolio) for bar in inside)]
    peak, trough, depth = worst_fall(np.cumprod(np.array(steps)))
    dates = [str(bars[max(rows[0] - 1, 0)].day), *(str(bar.day) for bar in inside)]
    earned = [bar for bar in upto if bar.before > 0]
    cash, over_cash = _cash(upto)
    left = _unexplained(inside)
    fees = _usd(sum(bar.fees for bar in inside))
    alarms = [rule for bar in inside for rule in bar.alarms]
    return Month(
        month=inside[0].month,
        first=str(inside[0].day),
        last=str(inside[-1].day),
        bars=len(inside),
        nav=_usd(inside[-1].nav),
        paid_in=_usd(sum(bar.paid_in for bar in inside)),
        portfolio_gain=_usd(sum(bar.portfolio for bar in inside)),
        hedge_gain=_usd(sum(bar.hedge for bar in inside)),
        parts=parts,
        lines=lines,
        net_theta=parts.get("theta", 0.0),
        variance_premium=parts.get("theta", 0.0) + parts.get("gamma", 0.0),
        down=Offset(-float(portfolio[fallen].sum()) + 0.0, float(hedge[fallen].sum())),
        fall=Offset(
            max(-float(portfolio[peak:trough].sum()), 0.0), float(hedge[peak:trough].sum())
        ),
        fall_from=dates[peak],
        fall_to=dates[trough],
        depth=depth,
        sharpe_hedged=sharpe(np.array([_return(bar, bar.gain) for bar in earned]), cash),
        sharpe_unhedged=sharpe(np.array([_return(bar, bar.portfolio) for bar in earned]), cash),
        over_cash=over_cash,
        days=len(earned),
        costs=-parts.get("costs", 0.0) + 0.0 if parts else fees,
        fees=fees,
        trades=sum(bar.fills > 0 for bar in inside),
        acted=sum(bar.acted for bar in inside),
        acted_a_year=_acted_a_year(upto),
        alarms={rule: alarms.count(rule) for rule in sorted(set(alarms))},
        overrides=tuple(said for bar in inside for said in bar.overrides),
        budget=_budget(inside, limits),
        cut=sum(bar.cut for bar in inside),
        residual_share=left.share,
        residual_weighted=left.weighted,
    )


def _lines(bars: Sequence[_Bar]) -> dict[str, dict[str, float]]:
    """Return the hedge's parts by line, USD."""
    made: dict[str, dict[str, Micros]] = {}
    for bar in bars:
        for name, parts in _hedged(bar):
            mine = made.setdefault(name, {})
            for part, amount in parts.items():
                mine[part] = mine.get(part, 0) + amount
    return {name: {p: _usd(a) for p, a in made[name].items()} for name in sorted(made)}


def _hedged(bar: _Bar) -> list[tuple[str, dict[str, Micros]]]:
    """Return what explains the hedge: all parts but the portfolio's."""
    found = []
    for name, parts in bar.lines.items():
        mine = {part: amount for part, amount in parts.items() if (name, part) != ("", PORTFOLIO)}
        if mine:
            found.append((name, mine))
    return found


def _added(lines: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for parts in lines:
        for name, amount in parts.items():
            total[name] = total.get(name, 0.0) + amount
    return total


def _unexplained(bars: Sequence[_Bar]) -> Unexplained:
    rows = [parts for bar in bars for _, parts in _hedged(bar)]
    gain = np.array([sum(parts.values()) for parts in rows]) / 1e6
    return unexplained(gain, np.array([parts.get("residual", 0) for parts in rows]) / 1e6)


def _cash(bars: Sequence[_Bar]) -> tuple[Floats | float, bool]:
    """Return what cash paid over each bar that has one before it, and whether it is known."""
    paid = [
        before.rate * (bar.time - before.time) / (DAY * YEAR)
        for before, bar in itertools.pairwise(bars)
        if bar.before > 0
    ]
    known = bool(paid) and bool(np.isfinite(paid).all())
    return (np.array(paid), True) if known else (0.0, False)


def _return(bar: _Bar, amount: Micros) -> float:
    return amount / bar.invested if bar.invested > 0 else 0.0


def _acted_a_year(bars: Sequence[_Bar]) -> float | None:
    last = bars[-1].time
    recent = [bar for bar in bars if bar.time > last - YEAR * DAY]
    span = min((last - bars[0].time) / DAY, YEAR)
    return sum(bar.acted for bar in recent) / span * YEAR if span >= QUARTER else None


def _budget(bars: Sequence[_Bar], limits: Mapping[str, float]) -> dict[str, Spent]:
    """Return what the year has cost by line at the end of a month, and of all lines together."""
    books: dict[str, Mapping[str, float]] = {}
    for bar in bars:
        books.update(bar.books)
    day = bars[-1].day
    year = day.astype("datetime64[Y]")
    begun, ends = year.astype("datetime64[D]"), (year + 1).astype("datetime64[D]")
    passed = float((day - begun + 1) / (ends - begun))
    made = {
        name: Spent(book["spent"], book["base"], limits.get(name), passed)
        for name, book in sorted(books.items())
        if "spent" in book and "base" in book
    }
    if made:
        base = max(each.base for each in made.values())
        total = sum(each.spent for each in made.values())
        made = {"": Spent(total, base, limits.get(""), passed), **made}
    return made


def _limits(opened: Opened | None) -> dict[str, float]:
    """Return the yearly limits on record: each policy's, and the program's, without a name."""
    found: dict[str, float] = {}
    if opened is None:
        return found
    common: Any = opened.facts.get("budget")
    if isinstance(common, Mapping):
        common = common.get("per_year")
    if isinstance(common, int | float):
        found[""] = float(common)
    for line in opened.policies:
        policy = policy_of(line, opened)
        steps = () if isinstance(policy, str) else policy.steps
        for step in steps:
            if isinstance(step, Budget):
                found[line] = step.per_year
    return found


def _usd(amount: Micros) -> float:
    return float(usd(amount))
