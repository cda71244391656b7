"""Where a run stands today: the facts of a page, in one plain structure, kept up to date.

Ledger and journal are read on from the last record seen; without news the snapshot of before
is returned.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from hedgerow.core.market import Market, Origin
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.events import Decided
from hedgerow.engine.ledger.money import CONTRACT, USD
from hedgerow.engine.ledger.replay import policy_of
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.program import Program
from hedgerow.engine.program_text import read
from hedgerow.live.blotter import Blotter
from hedgerow.live.chronicle import Chronicle, Session
from hedgerow.live.fills import moved
from hedgerow.live.journal import Journal
from hedgerow.live.store import Store
from hedgerow.live.thresholds import Threshold, thresholds
from hedgerow.live.why import plan_of, track_of
from hedgerow.policies.overlays import Budget
from hedgerow.policies.signals import RealisedVol
from hedgerow.report.explain import explain
from hedgerow.research.ledger_bars import LedgerBar

SERIES = 60
"""Sessions of the small charts."""

_UNKNOWN = float("nan"), int(Origin.MISSING)

RETURNS = 20
"""Of the realised volatility."""


@dataclass(frozen=True)
class LineSnapshot:
    """A line of the program at the last session.

    Attributes
    ----------
    line, role, sleeve
        Its name, ``hedge`` or ``book``, and what it trades.
    signals
        As seen by the decision, by name.
    thresholds
        Levels of the rule, and those at which the trigger fires.
    steps
        ``kind``, ``said``, ``before`` and ``after`` of each step of the policy.
    target
        Intensity after all steps, in multiples of the base size.
    acted
        Legs of the trigger that fired; empty where the book was left alone.
    plan
        ``x``, ``share``, ``cap``, ``scale``, ``wanted`` (units) and named numbers; None where the
        program made nothing of it.
    held
        Units held at the decision.
    positions
        Contracts held, by symbol.
    gain, parts
        Of the session, USD, by part.
    spent, base
        Costs and carry since 1 January or the start of the run, and NAV then, USD.
    notes
        What a reader must not miss.
    """

    line: str
    role: str
    sleeve: str
    signals: Mapping[str, float]
    thresholds: tuple[Threshold, ...]
    steps: tuple[Mapping[str, Any], ...]
    target: float
    acted: tuple[str, ...]
    plan: Mapping[str, Any] | None
    held: float
    positions: Mapping[str, float]
    gain: float
    parts: Mapping[str, float]
    spent: float
    base: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Spending:
    """The budget of a year (spec B3).

    Attributes
    ----------
    spent
        Costs and carry of all hedging lines since 1 January or the start of the run, USD.
    base
        NAV then, USD.
    limit
        Most that may be spent, part of ``base``: the program's, or that of the policy's own step
        where one line hedges; None: no limit on all of it.
    used
        Part of the limit that is gone; None without one.
    passed
        Part of the calendar year that has passed.
    scale
        Factor by which that budget cut the lines; 1.0 where it did not.
    own
        By line whose policy has a budget of its own: ``limit``, ``spent`` and ``used``.
    note
        What ``spent`` holds besides costs and carry, where a broker fills; empty on paper.
    """

    spent: float
    base: float
    limit: float | None
    used: float | None
    passed: float
    scale: float
    own: Mapping[str, Mapping[str, float]]
    note: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A run at its last closed session.

    Attributes
    ----------
    run, session, sessions
        Its name; the date, empty before the first; how many are closed.
    vix, vix_modelled, rv20
        Points, and whether it is a model's; realised volatility of 20 returns, a decimal a year.
        From the closes of the tape; NaN where unknown.
    nav, before, portfolio, hedge
        NAV and that of the session before; gains of the session, of portfolio and hedge, USD.
    lines
        Of the program.
    budget
        Of the year.
    alarms
        Rule and sentence, of the session.
    findings
        What was odd in its data, sentences; why the newest session was refused, if it was.
    orders
        Ids of the open orders, by stage.
    halted
        Who pulled the kill switch and why; empty where nobody did.
    series
        The last `SERIES` sessions: ``dates``, ``vix``, ``nav``, ``hedge`` (gain of the day),
        ``x`` and ``held`` by line.
    """

    run: str
    session: str
    sessions: int
    vix: float
    vix_modelled: bool
    rv20: float
    nav: float
    before: float
    portfolio: float
    hedge: float
    lines: tuple[LineSnapshot, ...]
    budget: Spending
    alarms: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    orders: Mapping[str, tuple[str, ...]]
    halted: str
    series: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        made = asdict(self)
        for line, mine in zip(self.lines, made["lines"], strict=True):
            mine["thresholds"] = [each._asdict() for each in line.thresholds]
        return made


class Watch:
    """Keeps the snapshot of a run up to date.

    Parameters
    ----------
    store, ledger, journal
        Of the book; the ledger may be open for reading alone.
    run
        Name of the run.

    Attributes
    ----------
    chronicle
        The run session by session.
    """

    def __init__(self, store: Store, ledger: Ledger, journal: Journal, run: str) -> None:
        self.store, self.journal, self.run = store, journal, run
        self.chronicle = Chronicle(ledger)
        self._tape: dict[str, dict[str, tuple[float, int]]] = {}
        self._policies: dict[str, Policy] = {}
        self._program: Program | None = None
        self._last: tuple[tuple[int, int], Snapshot] | None = None
        self._turn = threading.RLock()

    def snapshot(self) -> Snapshot:
        """Return where the run stands now.

        Raises
        ------
        LedgerError
            If ledger or journal are damaged or cannot be read.
        """
        with self._turn:
            chronicle, blotter = self.chronicle.read(), self.journal.blotter()
            seen = chronicle.head.count, self.journal.seen
            if self._last is None or self._last[0] != seen:
                self._catch_up()
                self._last = seen, self._made(chronicle, blotter)
            return self._last[1]

    @property
    def program(self) -> Program | None:
        """What is run; None where the store does not say."""
        if self._program is None and (kept := self.store.kept(self.run)) is not None:
            self._program = read(kept.program)
        return self._program

    def policy(self, line: str) -> Policy | None:
        """Return a line's policy, from the text in the ledger; None where it cannot be read."""
        if line not in self._policies:
            made = policy_of(line, self.chronicle.opened)
            if isinstance(made, str):
                return None
            self._policies[line] = made
        return self._policies[line]

    def _catch_up(self) -> None:
        """Take the sessions of the tape that are new."""
        if not self._tape and self.store.kept(self.run) is not None:
            market = self.store.market(self.run)
            wanted = [name for name in ("vix", "spx") if name in market]
            for row, day in enumerate(market.dates.astype(str).tolist()):
                self._tape[day] = {
                    n: (float(market[n][row]), int(market.origin[n][row])) for n in wanted
                }
        self._tape.update(self.store.rows(self.run, max(self._tape, default="")))

    def _made(self, chronicle: Chronicle, blotter: Blotter) -> Snapshot:
        sessions = chronicle.sessions
        last = sessions[-1] if sessions else Session()
        bar = last.bar if sessions else LedgerBar()
        day = last.date if sessions else ""
        by_stage: dict[str, list[str]] = {}
        for slip in blotter.open_orders():
            by_stage.setdefault(slip.stage, []).append(slip.proposed.order)
        newest = max(blotter.received.values(), key=lambda each: each.session, default=None)
        halted = blotter.halted
        return Snapshot(
            self.run,
            day,
            len(sessions),
            self.market_value("vix", day),
            self.modelled("vix", day),
            self.rv(day),
            bar.nav / USD,
            bar.before / USD,
            bar.portfolio / USD,
            bar.hedge / USD,
            tuple(self.line(name, len(sessions) - 1) for name in last.decided),
            self.spending(last),
            tuple((alarm.rule, alarm.sentence) for alarm in last.alarms),
            newest.findings if newest is not None else (),
            {stage: tuple(ids) for stage, ids in by_stage.items()},
            f"{halted.who}: {halted.why}" if halted else "",
            self._series(sessions[-SERIES:]),
        )

    def market_value(self, name: str, day: str) -> float:
        """Return a close of the tape, ``vix`` or ``spx``; NaN where it is not known."""
        return self._tape.get(day, {}).get(name, _UNKNOWN)[0]

    def modelled(self, name: str, day: str) -> bool:
        """Say whether that close is a model's."""
        return self._tape.get(day, {}).get(name, _UNKNOWN)[1] == Origin.MODELLED

    def rv(self, day: str) -> float:
        """Return the realised volatility of the 20 returns up to a day, a decimal a year."""
        closes = [row["spx"][0] for date, row in self._tape.items() if date <= day and "spx" in row]
        return realised(np.array(closes[-RETURNS - 1 :]))

    def line(self, name: str, at: int) -> LineSnapshot:
        """Return a line at a session.

        Parameters
        ----------
        name
            Of the line.
        at
            Place of the session in the chronicle.
        """
        sessions = self.chronicle.sessions
        session, program = sessions[at], self.program
        decided, policy = session.decided[name], self.policy(name)
        known = None if program is None else {line.name: line for line in program.lines}.get(name)
        parts = {k: v / USD for k, v in session.bar.explained.get(name, {}).items()}
        told = (
            explain(policy, track_of(policy, sessions, at, name), session.date) if policy else None
        )
        return LineSnapshot(
            name,
            known.role if known else "hedge",
            known.sleeve.name if known else "",
            decided.signals,
            tuple(thresholds(policy, decided.signals, decided.memory)) if policy else (),
            tuple(told.steps if told else _bare(decided)),
            decided.x,
            tuple(told.acted if told else ()),
            plan_of(session.planned.get(name)),
            decided.book["held"],
            {k: v / CONTRACT for k, v in session.held.get(name, {}).items()},
            sum(parts.values()),
            parts,
            decided.book["spent"],
            decided.book["base"],
            tuple(told.notes if told else ("its policy cannot be read: steps have no words",)),
        )

    def spending(self, session: Session) -> Spending:
        """Return what the year has cost up to a session, of the lines that hedge."""
        program, books = self.program, session.bar.books
        hedging = {line.name for line in program.lines if line.role == "hedge"} if program else None
        mine = [book for name, book in books.items() if hedging is None or name in hedging]
        spent = sum(book["spent"] for book in mine)
        base = max((book["base"] for book in mine), default=0.0)
        limit = program.budget if program else None
        scale = min((plan.scale for plan in session.planned.values()), default=1.0)
        own: dict[str, Mapping[str, float]] = {}
        for name, book in books.items():
            policy = self.policy(name) if hedging is None or name in hedging else None
            for step in policy.steps if policy is not None else ():
                if isinstance(step, Budget):
                    most = step.per_year * book["base"]
                    used = book["spent"] / most if most > 0.0 else 0.0
                    own[name] = {"limit": step.per_year, "spent": book["spent"], "used": used}
        if limit is None and len(mine) == len(own) == 1:
            ((name, terms),) = own.items()
            policy, limit = self.policy(name), terms["limit"]
            scale = _cut(policy, session.decided[name]) if policy is not None else 1.0
        gone = spent / (limit * base) if limit and base > 0.0 else None
        note, passed = moved(self.journal.blotter()), year_passed(session.date)
        return Spending(spent, base, limit, gone, passed, scale, own, note)

    def _series(self, sessions: list[Session]) -> dict[str, Any]:
        lines = list(sessions[-1].decided) if sessions else []
        return {
            "dates": [each.date for each in sessions],
            "vix": [self.market_value("vix", each.date) for each in sessions],
            "nav": [each.bar.nav / USD for each in sessions],
            "hedge": [each.bar.hedge / USD for each in sessions],
            "x": {line: [each.decided[line].x for each in sessions] for line in lines},
            "held": {
                line: [each.decided[line].book["held"] for each in sessions] for line in lines
            },
        }


def realised(closes: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the realised volatility of closes, a decimal a year; NaN where there are too few.

    Parameters
    ----------
    closes
        Points, **shape** (21,) for 20 returns.

    Examples
    --------
    >>> realised(np.full(21, 100.0)), realised(np.array([100.0]))
    (0.0, nan)
    """
    if len(closes) <= RETURNS:
        return float("nan")
    days = np.datetime64("1970-01-01", "ns") + np.arange(len(closes)) * np.timedelta64(1, "D")
    found = float(RealisedVol("spx", RETURNS)(Market(days, {"spx": closes}))[-1])
    return found if isfinite(found) else float("nan")


def year_passed(day: str) -> float:
    """Return the part of a calendar year that has passed at the end of a day.

    Examples
    --------
    >>> year_passed("2020-12-31")
    1.0
    """
    date = dt.date.fromisoformat(day)
    days = (dt.date(date.year + 1, 1, 1) - dt.date(date.year, 1, 1)).days
    return date.timetuple().tm_yday / days


def _cut(policy: Policy, decided: Decided) -> float:
    """Return the part that a policy's own budget left of what came to it."""
    kinds = [step.kind for step in policy.steps]
    after = kinds.index(Budget.kind)
    came = decided.trace[kinds[after - 1]]
    return decided.trace[Budget.kind] / came if came else 1.0


def _bare(decided: Decided) -> list[dict[str, Any]]:
    return [{"kind": k, "said": "", "before": None, "after": x} for k, x in decided.trace.items()]
