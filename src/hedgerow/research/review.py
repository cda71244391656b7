"""The monthly review of a run, from its ledger alone (spec C9).

Months are those of the bars' dates, UTC.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.attribution import Unexplained, unexplained
from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.ledger.money import Micros, usd
from hedgerow.engine.ledger.replay import policy_of
from hedgerow.errors import RangeError
from hedgerow.policies.overlays import Budget
from hedgerow.research.ledger_bars import DAY, LedgerBar, gather
from hedgerow.research.months import Month, Offset, Spent
from hedgerow.research.performance import sharpe, worst_fall

QUARTER, YEAR = 91.0, 365.0


@dataclass(frozen=True)
class Review:
    """The months of a run that were asked for."""

    run: str
    version: str
    months: tuple[Month, ...]


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
    >>> from hedgerow.engine.ledger.events import Cash, Closed
    >>> begun = [Opened(0, "demo", "0.1.0", {}, "", "", {}), Cash(0, 100_000_000, "deposit")]
    >>> bars = [Closed(0, 100_000_000, 0, 100_000_000), Cash(DAY, -2_000_000, "portfolio")]
    >>> bars += [Cash(DAY, 500_000, "financing"), Closed(DAY, 98_500_000, 0, 98_500_000)]
    >>> made = review(forge(GENESIS, [*begun, *bars])).months[0]
    >>> made.month, made.portfolio_gain, made.hedge_gain, made.down.share
    ('1970-01', -2.0, 0.5, 0.25)
    """
    opened, bars = gather(records)
    places: dict[str, list[int]] = {}
    for row, each in enumerate(bars):
        places.setdefault(each.month, []).append(row)
    if month is not None and month not in places:
        known = f"{min(places)} … {max(places)}" if places else "no month: no bar is closed"
        raise RangeError(
            f"no bar of '{month}' is in the ledger", where="month", mend=f"it has {known}"
        )
    facts = opened.facts if opened else {}
    offsets = _offsets(facts)
    for bar in bars:
        bar.acted = [line for line in bar.acted if line not in offsets]
    limits, daily = _limits(opened), _Daily.of(bars)
    wanted = [month] if month is not None else sorted(places)
    equity = _equity(facts)
    made = [_month(bars, places[name], daily, limits, equity=equity) for name in wanted]
    return Review(opened.run if opened else "", opened.version if opened else "", tuple(made))


def _month(
    bars: Sequence[LedgerBar],
    rows: Sequence[int],
    daily: _Daily,
    limits: Mapping[str, float],
    *,
    equity: bool,
) -> Month:
    inside = [bars[row] for row in rows]
    upto = daily.until(rows[-1])
    lines = _lines(inside)
    parts = _added(lines.values())
    portfolio = np.array([bar.portfolio for bar in inside]) / 1e6
    hedge = np.array([bar.hedge for bar in inside]) / 1e6
    fallen = portfolio < 0.0
    steps = [0.0, *(bar.share(bar.portfolio) for bar in inside)]
    growth = np.asarray(np.cumprod(1.0 + np.array(steps)), dtype=np.float64)
    peak, trough, depth = worst_fall(growth)
    dates = [str(bars[max(rows[0] - 1, 0)].day), *(str(bar.day) for bar in inside)]
    over_cash = bool(len(upto.cash)) and bool(np.isfinite(upto.cash).all())
    cash = upto.cash if over_cash else 0.0
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
        sharpe_hedged=sharpe(upto.hedged, cash),
        sharpe_unhedged=sharpe(upto.unhedged, cash),
        over_cash=over_cash,
        days=len(upto.hedged),
        costs=-parts.get("costs", 0.0) + 0.0 if parts else fees,
        fees=fees,
        trades=sum(bar.fills > 0 for bar in inside),
        acted=sum(len(bar.acted) for bar in inside),
        acted_a_year=upto.acted_a_year(),
        alarms={rule: alarms.count(rule) for rule in sorted(set(alarms))},
        overrides=tuple(said for bar in inside for said in bar.overrides),
        budget=_budget(inside, limits),
        cut=sum(bar.cut for bar in inside),
        equity=equity,
        residual_share=left.share,
        residual_weighted=left.weighted,
    )


@dataclass(frozen=True)
class _Daily:
    """Columns of all bars; returns are of those that have a bar before them, **shape** (T-1,)."""

    days: Floats
    acted: Floats
    hedged: Floats
    unhedged: Floats
    cash: Floats

    @classmethod
    def of(cls, bars: Sequence[LedgerBar]) -> _Daily:
        pairs = list(itertools.pairwise(bars))
        return cls(
            np.array([bar.time / DAY for bar in bars]),
            np.array([float(len(bar.acted)) for bar in bars]),
            np.array([bar.share(bar.gain) for _, bar in pairs]),
            np.array([bar.share(bar.portfolio) for _, bar in pairs]),
            np.array([bar.rate * (bar.time - old.time) / (DAY * YEAR) for old, bar in pairs]),
        )

    def until(self, row: int) -> _Daily:
        bars = (column[: row + 1] for column in (self.days, self.acted))
        return _Daily(*bars, *(c[:row] for c in (self.hedged, self.unhedged, self.cash)))

    def acted_a_year(self) -> float | None:
        last = self.days[-1]
        span = min(float(last - self.days[0]), YEAR)
        recent = float(self.acted[self.days > last - YEAR].sum())
        return recent / span * YEAR if span >= QUARTER else None


def _lines(bars: Sequence[LedgerBar]) -> dict[str, dict[str, float]]:
    """Return the hedge's parts by line, USD."""
    made: dict[str, dict[str, Micros]] = {}
    for bar in bars:
        for name, parts in bar.explained.items():
            mine = made.setdefault(name, {})
            for part, amount in parts.items():
                mine[part] = mine.get(part, 0) + amount
    return {name: {p: _usd(a) for p, a in made[name].items()} for name in sorted(made)}


def _added(lines: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for parts in lines:
        for name, amount in parts.items():
            total[name] = total.get(name, 0.0) + amount
    return total


def _unexplained(bars: Sequence[LedgerBar]) -> Unexplained:
    rows = [parts for bar in bars for parts in bar.explained.values()]
    gain = np.array([sum(parts.values()) for parts in rows]) / 1e6
    return unexplained(gain, np.array([parts.get("residual", 0) for parts in rows]) / 1e6)


def _budget(bars: Sequence[LedgerBar], limits: Mapping[str, float]) -> dict[str, Spent]:
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
    if len(made) > 1 or (made and "" in limits):
        base = max(each.base for each in made.values())
        total = sum(each.spent for each in made.values())
        made = {"": Spent(total, base, limits.get(""), passed), **made}
    return made


def _offsets(facts: Mapping[str, Any]) -> set[str]:
    """Return the lines on record that take out the delta of another, as often as it moves."""
    lines = facts.get("lines", ())
    return {line["name"] for line in lines if isinstance(line, Mapping) and line.get("offsets")}


def _equity(facts: Mapping[str, Any]) -> bool:
    """Say whether the portfolio on record holds equity; it does where nothing is on record."""
    portfolio = facts.get("portfolio")
    return not isinstance(portfolio, Mapping) or portfolio.get("equity_share") != 0.0


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
