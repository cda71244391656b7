"""Why: a past decision of a run, replayed from its ledger and followed through the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from hedgerow.core.over_the_counter import readable
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.coding import clock
from hedgerow.engine.ledger.events import Cancelled, Decided, Filled, Planned
from hedgerow.engine.ledger.money import contracts, usd
from hedgerow.engine.ledger.replay import decide_again, policy_of
from hedgerow.engine.track import Track
from hedgerow.errors import HedgerowError, RangeError, nearest
from hedgerow.live.blotter import Blotter, Slip
from hedgerow.live.chronicle import Chronicle, Session
from hedgerow.live.fills import moved
from hedgerow.live.hours import moment
from hedgerow.live.journal import Journal
from hedgerow.report.explain import Explanation, explain
from hedgerow.report.ledger import sentence

_BOOK = {"spent": "spent", "base": "budget_base", "nav": "nav", "peak": "peak", "held": "held"}
_BOOK |= {"traded": "traded", "cost": "cost", "pnl": "pnl"}
Step: TypeAlias = tuple[int, str, str]


@dataclass(frozen=True)
class Fate:
    """What became of an order.

    Attributes
    ----------
    order, session
        Its id, and the session that made it.
    asked
        What it asks for, in words.
    stage
        On the desk: ``proposed`` … ``filled``; empty where the desk does not know it.
    steps
        Time in nanoseconds since 1970, UTC, who and what, oldest first.
    """

    order: str
    session: str
    asked: str
    stage: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Why:
    """One decision of a line: what it saw, what came of it, and whether it comes out again.

    Attributes
    ----------
    run, session, line
        Whose decision.
    told
        The policy's own steps in words, intensity before and after each.
    plan
        What the program made of it: ``x``, ``share``, ``cap``, ``scale``, ``wanted`` and the named
        numbers that led there; None where it made nothing of it.
    again
        ``the same``, or why it is not known to be.
    same
        Whether it was made again and came out the same, to the last bit.
    orders
        That came of it.
    alarms
        Of the session, rule and sentence.
    """

    run: str
    session: str
    line: str
    told: Explanation
    plan: Mapping[str, Any] | None
    again: str
    same: bool
    orders: tuple[Fate, ...]
    alarms: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON, times as ISO texts in UTC."""
        return {
            "run": self.run,
            "line": self.line,
            "session": self.session,
            **{k: v for k, v in self.told.to_dict().items() if k != "date"},
            "plan": None if self.plan is None else dict(self.plan),
            "again": self.again,
            "same": self.same,
            "orders": [
                {**vars(fate), "steps": [[clock(time), *said] for time, *said in fate.steps]}
                for fate in self.orders
            ],
            "alarms": [list(alarm) for alarm in self.alarms],
        }

    def __str__(self) -> str:
        lines = [f"{self.run}, line {self.line}", *str(self.told).splitlines()]
        lines += [f"  program   {said}" for said in _planned(self.plan, self.told.target)]
        lines.append(f"  again     made again from the record: {self.again}")
        for fate in self.orders:
            lines.append(f"  order     {fate.asked}")
            for time, who, what in fate.steps:
                lines.append(f"            {moment(time)}  {who}: {what}")
        lines += [f"  alarm     {rule}: {said}" for rule, said in self.alarms]
        return "\n".join(lines)


def why(chronicle: Chronicle, journal: Journal | None, date: str, line: str | None = None) -> Why:
    """Replay a past decision.

    Parameters
    ----------
    chronicle
        Of the run; it is read on.
    journal
        Of its desk; None for a run without one.
    date
        A session; of another day the last one before it.
    line
        Whose; the only one by default.

    Raises
    ------
    HedgerowError
        If there is no such session or line, or its policy cannot be read.
    """
    sessions = chronicle.read().sessions
    at = chronicle.at(date)
    session = sessions[at]
    name = _line(session, line)
    policy = policy_of(name, chronicle.opened)
    if isinstance(policy, str):
        raise RangeError(policy, where=f"line {name}", mend="look with 'hedgerow ledger show'")
    told = explain(policy, track_of(policy, sessions, at, name), session.date)
    blotter = Blotter() if journal is None else journal.blotter()
    if note := moved(blotter):
        told.notes.append(note)
    again, same = _again(policy, sessions, at, name)
    return Why(
        chronicle.opened.run if chronicle.opened else "",
        session.date,
        name,
        told,
        plan_of(session.planned.get(name)),
        again,
        same,
        tuple(fates(sessions, at, name, blotter.orders)),
        tuple((alarm.rule, alarm.sentence) for alarm in session.alarms),
    )


def track_of(policy: Policy, sessions: Sequence[Session], at: int, line: str) -> Track:
    """Return the records of a line around a session, as a track that `explain` can read.

    Parameters
    ----------
    policy
        Of the line.
    sessions, at
        Of the run, and the place of the one that is asked for.
    line
        Its name.
    """
    near = sessions[max(at - 1, 0) : at + 2]
    made = [each.decided[line] for each in near]
    plans = [each.planned.get(line) for each in near]
    columns = {name: np.array([each.book[fact] for each in made]) for fact, name in _BOOK.items()}
    columns["x"] = np.array([each.x for each in made])
    columns["act"] = np.array([each.act for each in made])
    columns["rolled"] = np.array([each.bar.get("roll", 0.0) for each in made])
    columns["wanted"] = np.array([plan.wanted if plan else 0.0 for plan in plans])
    fired = [each.memory.get("trigger", {}).get("legs", 0.0) for each in made]
    columns["legs"] = np.array(fired)
    times = np.array([each.bar.time for each in near], dtype="datetime64[ns]")
    kinds = [step.kind for step in policy.steps]
    return Track(
        line,
        times,
        columns,
        {name: np.array([each.signals[name] for each in made]) for name in made[0].signals},
        {kind: np.array([each.trace[kind] for each in made]) for kind in kinds},
        {
            f"{kind}.{name}": np.array([each.memory[kind][name] for each in made])
            for kind in kinds
            for name in made[0].memory[kind]
        },
    )


def plan_of(event: Planned | None) -> dict[str, Any] | None:
    """Return what the program made of a decision as plain values, None where it made nothing."""
    if event is None:
        return None
    names = ("x", "share", "cap", "scale", "wanted")
    return {**{name: getattr(event, name) for name in names}, "why": dict(event.why)}


def fates(sessions: Sequence[Session], at: int, line: str, slips: Mapping[str, Slip]) -> list[Fate]:
    """Return the orders that a line's decision made, and what became of each."""
    session = sessions[at]
    mine = [event for event in session.ordered if event.line == line]
    found = []
    for order in mine:
        slip = slips.get(order.order)
        steps = _desk(slip) if slip else []
        for later in sessions[at : at + 30]:
            came: tuple[Filled | Cancelled, ...] = (*later.filled, *later.cancelled)
            mine_too = (event for event in came if event.order == order.order)
            steps += [(event.time, "run", sentence(event)) for event in mine_too]
        asked = sentence(order)
        stage = slip.stage if slip else ""
        found.append(Fate(order.order, session.date, asked, stage, tuple(steps)))
    return found


def _desk(slip: Slip) -> list[Step]:
    """Return what persons and the broker did with an order: time, who, what."""
    asked = slip.proposed
    told = [(asked.time, "desk", f"proposed, until {moment(asked.expires)}")]
    for said, word in ((slip.approved, "approved"), (slip.declined, "declined")):
        if said is not None:
            told.append((said.time, said.who, f"{word}: {said.why}"))
    if slip.sent is not None:
        told.append((slip.sent.time, slip.sent.broker, f"sent as {slip.sent.key}"))
    for done in slip.executions:
        many = (
            f"{contracts(done.quantity).normalize():+f} {readable(done.contract)} at {done.price:g}"
        )
        told.append((done.time, "broker", f"{many}, fee {usd(done.fee):,.2f} USD"))
    if slip.ended is not None:
        told.append((slip.ended.time, "desk", f"{slip.ended.state}: {slip.ended.why}"))
    return told


def _again(policy: Policy, sessions: Sequence[Session], at: int, line: str) -> tuple[str, bool]:
    last: Decided | None = sessions[at - 1].decided[line] if at else None
    try:
        decide_again(policy, sessions[at].decided[line], last, sessions[at].date)
    except HedgerowError as error:
        return f"not the same: {error}", False
    return "the same, to the last bit", True


def _line(session: Session, line: str | None) -> str:
    known = list(session.decided)
    if line is None and len(known) == 1:
        return known[0]
    if line not in session.decided:
        raise RangeError(
            f"there is no line '{line}'" if line else "it has several lines",
            where="line",
            mend=nearest(line, known) if line else f"name one of: {', '.join(known)}",
        )
    return line


def _planned(plan: Mapping[str, Any] | None, target: float) -> list[str]:
    if plan is None:
        return ["nothing"]
    share, most = plan["share"], plan["cap"]
    capped = f", at most {most:.3f} of all lines" if most < share * target else ""
    cut = f", cut to {plan['scale']:.1%} by the common budget" if plan["scale"] < 1.0 else ""
    sized = f"{plan['x']:.3f} × base, {plan['wanted']:,.6g} units wanted"
    more = [f"{name} {value:.4g}" for name, value in plan["why"].items() if name != "rate"]
    return [f"share {share:g}{capped}{cut}: {sized}", *([", ".join(more)] if more else [])]
