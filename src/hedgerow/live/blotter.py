"""The orders of a desk and how far each has come, added up from its journal.

::

    proposed ─ approved ─ sent ─ working ─ filled
        │          │        │       └───── cancelled, rejected, expired
        └──────────┴────────┴── declined, expired, cancelled, rejected
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from hedgerow.engine.ledger.desk_events import (
    Acknowledged,
    Approved,
    Collected,
    Declined,
    Done,
    Ended,
    Executed,
    Halted,
    Proposed,
    Received,
    Reconciled,
    Resumed,
    Sent,
)
from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.money import Nanos
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import LedgerError

Stage: TypeAlias = Literal[
    "proposed", "approved", "sent", "working", "filled", "cancelled", "rejected", "expired",
    "declined",
]  # fmt: skip
"""How far an order has come; `working`: the broker has it."""

Move: TypeAlias = Approved | Declined | Sent | Acknowledged | Executed | Ended
"""What moves an order on."""

OPEN: tuple[Stage, ...] = ("proposed", "approved", "sent", "working")
FROM: dict[str, tuple[Stage, ...]] = {
    "approved": ("proposed",),
    "declined": ("proposed",),
    "sent": ("approved", "sent"),
    "acknowledged": ("sent", "working"),
    "executed": ("sent", "working", "cancelled", "expired"),
    "ended": OPEN,
}
"""Stages in which an event can happen; a broker's report of a fill may cross a cancellation."""

_TO: dict[str, Stage] = {
    "approved": "approved",
    "declined": "declined",
    "sent": "sent",
    "acknowledged": "working",
}


def follows(stage: Stage, event: Move) -> Stage:
    """Return the stage after an event; a fill leaves all but `sent` as they are."""
    match event:
        case Ended():
            return event.state
        case Executed():
            return "working" if stage == "sent" else stage
        case _:
            return _TO[event.kind]


@dataclass
class Slip:
    """One order on the desk.

    Attributes
    ----------
    proposed
        What it asks for.
    stage
        How far it has come.
    approved, declined, sent, ended
        What was said of it, None where nothing was.
    id
        The broker's, empty before it has it.
    executions
        The broker's reports of fills, each once.
    """

    proposed: Proposed
    stage: Stage = "proposed"
    approved: Approved | None = None
    declined: Declined | None = None
    sent: Sent | None = None
    ended: Ended | None = None
    id: str = ""
    executions: list[Executed] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether something may still come of it."""
        return self.stage in OPEN

    @property
    def left(self) -> dict[str, Nanos]:
        """Nano-contracts of each leg that are not filled."""
        found = {leg.contract: leg.quantity for leg in self.proposed.legs}
        for done in self.executions:
            found[done.contract] = found.get(done.contract, 0) - done.quantity
        return found


class Blotter:
    """What the events of a journal add up to.

    Attributes
    ----------
    orders
        By id, in the order of their proposals.
    halted
        The event that pulled the kill switch, None where nothing is halted.
    received
        The last word of a source on each session, by date.
    collected
        What each bar may fill, by date.
    done
        Duties done, by kind and session.
    reconciled
        The last look at a broker's positions; None before the first.
    halts, alarms
        Every time that the kill switch was pulled, and all that rules have said.
    resumed
        How often it was lifted.
    """

    def __init__(self) -> None:
        self.orders: dict[str, Slip] = {}
        self.halted: Halted | None = None
        self.received: dict[str, Received] = {}
        self.collected: dict[str, Collected] = {}
        self.done: dict[tuple[str, str], Done] = {}
        self.reconciled: Reconciled | None = None
        self.halts: list[Halted] = []
        self.alarms: list[Alarm] = []
        self.resumed = 0
        self._executions: set[str] = set()

    def open_orders(self, *stages: Stage) -> list[Slip]:
        """Return the orders that are open, in these stages or in any."""
        return [slip for slip in self.orders.values() if slip.stage in (stages or OPEN)]

    def knows(self, execution: str) -> bool:
        """Say whether a broker's report of a fill is written down."""
        return execution in self._executions

    def refusal(self, event: Event) -> str:
        """Say why an event of an order cannot happen; nothing where it can."""
        twin = Blotter()
        twin._executions = set(self._executions)
        twin.orders = {
            slip.proposed.order: replace(slip, executions=list(slip.executions))
            for slip in self.orders.values()
            if slip.proposed.order == getattr(event, "order", "")
        }
        try:
            twin.take(event)
        except LedgerError as error:
            return error.what
        return ""

    def take(self, event: Event) -> None:
        """Let an event happen; one that cannot happen changes nothing.

        Raises
        ------
        LedgerError
            If an order is proposed twice or not at all, or its stage does not allow the event; or
            if a fill is reported twice, or a bar collected twice.
        """
        match event:
            case Proposed():
                if event.order in self.orders:
                    raise _refused(event.order, "it is proposed already")
                self.orders[event.order] = Slip(event)
            case Approved() | Declined() | Sent() | Acknowledged() | Executed() | Ended():
                self._move(event)
            case Collected():
                if event.session in self.collected:
                    raise LedgerError(
                        "its fills are collected already", where=f"session {event.session}"
                    )
                self.collected[event.session] = event
            case Received():
                self.received[event.session] = event
            case Halted():
                self.halted = self.halted or event
                self.halts.append(event)
            case Alarm():
                self.alarms.append(event)
            case Resumed():
                self.halted = None
                self.resumed += 1
            case Reconciled():
                self.reconciled = event
            case Done():
                self.done[event.duty, event.session] = event

    def _move(self, event: Move) -> None:
        slip = self.orders.get(event.order)
        if slip is None:
            raise _refused(event.order, "it was never proposed")
        if slip.stage not in FROM[event.kind]:
            raise _refused(event.order, f"it is {slip.stage}, so it cannot be {event.kind}")
        match event:
            case Approved():
                slip.approved = event
            case Declined():
                slip.declined = event
            case Sent():
                slip.sent = event
            case Acknowledged():
                slip.id = event.id
            case Ended():
                slip.ended = event
            case Executed():
                self._execute(slip, event)
        slip.stage = follows(slip.stage, event)

    def _execute(self, slip: Slip, event: Executed) -> None:
        left = slip.left
        if event.execution in self._executions:
            raise _refused(event.order, f"the fill {event.execution} is reported twice")
        if event.contract not in left:
            raise _refused(event.order, f"{event.contract} is none of its legs")
        after = left[event.contract] - event.quantity
        if left[event.contract] * event.quantity <= 0 or after * event.quantity < 0:
            raise _refused(event.order, f"{event.contract} is filled beyond what was asked for")
        self._executions.add(event.execution)
        slip.executions.append(event)


def _refused(order: str, what: str) -> LedgerError:
    return LedgerError(
        what, where=f"order {order}", mend="look at it with 'hedgerow orders show', then decide"
    )
