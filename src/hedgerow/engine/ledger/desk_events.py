"""What can happen on the desk of a run that trades live: what sources, persons and brokers do.

They stand in a chain of their own beside the run's, whose records a backtest makes likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hedgerow.engine.ledger.events import Leg, OrderKind, Terms, Time, TimeInForce
from hedgerow.engine.ledger.money import Micros, Nanos


@dataclass(frozen=True)
class Received:
    """A source was asked for a session, and what it said was taken or not.

    Parameters
    ----------
    time
        The clock when it was asked.
    session
        Date, such as ``2020-03-09``.
    source
        Where it came from, in words.
    state
        ``accepted``: it is the session's row for good; ``refused``: no decision rests on it.
    digest
        Hash of the values.
    findings
        What is wrong with them, or odd, a sentence each.
    """

    time: Time
    session: str
    source: str
    state: Literal["accepted", "refused"]
    digest: str
    findings: tuple[str, ...]
    kind: ClassVar[str] = "received"


@dataclass(frozen=True)
class Proposed:
    """An order of the run is laid before a person.

    Parameters
    ----------
    time
        The clock.
    order
        Id of the :class:`Ordered` event; the key under which a broker knows it.
    session
        Date of the decision.
    line, legs, type, limit, tif
        As of that event.
    expires
        When it is withdrawn, unless it has been approved before.
    facts
        ``units`` and ``basket`` (weights by symbol), ``quotes`` (mid, half-spread and origin by
        symbol), ``urgent``, ``notional`` (USD), ``breaches`` (limits that forbid it, sentences).
    """

    time: Time
    order: str
    session: str
    line: str
    legs: tuple[Leg, ...]
    type: OrderKind
    limit: float | None
    tif: TimeInForce
    expires: Time
    facts: Terms
    kind: ClassVar[str] = "proposed"


@dataclass(frozen=True)
class Approved:
    """A person, or the rule that stands for one on paper, lets an order go: who and why."""

    time: Time
    order: str
    who: str
    why: str
    kind: ClassVar[str] = "approved"


@dataclass(frozen=True)
class Declined:
    """A person does not let an order go: who and why."""

    time: Time
    order: str
    who: str
    why: str
    kind: ClassVar[str] = "declined"


@dataclass(frozen=True)
class Sent:
    """An order is about to be sent: recorded before it is, so a crash leaves no doubt unseen.

    ``key`` is what the broker gets to know it by, the same however often it is sent.
    """

    time: Time
    order: str
    broker: str
    key: str
    kind: ClassVar[str] = "sent"


@dataclass(frozen=True)
class Acknowledged:
    """A broker has an order, under an id of its own."""

    time: Time
    order: str
    id: str
    kind: ClassVar[str] = "acknowledged"


@dataclass(frozen=True)
class Executed:
    """A broker's report of a fill of one leg; the fields are those of :class:`Filled`."""

    time: Time
    order: str
    execution: str
    contract: str
    quantity: Nanos
    price: float
    fee: Micros
    kind: ClassVar[str] = "executed"


@dataclass(frozen=True)
class Ended:
    """Nothing more will come of an order on the desk, and why."""

    time: Time
    order: str
    state: Literal["filled", "cancelled", "rejected", "expired"]
    why: str
    kind: ClassVar[str] = "ended"


@dataclass(frozen=True)
class Collected:
    """What a bar of the run may fill: written down before the bar is, and used however often.

    Parameters
    ----------
    time
        The clock.
    session
        Date of the bar.
    orders
        Ids that were with the broker at its close.
    executions
        Ids of the broker's reports that the bar counts, each in one bar.
    """

    time: Time
    session: str
    orders: tuple[str, ...]
    executions: tuple[str, ...]
    kind: ClassVar[str] = "collected"


@dataclass(frozen=True)
class Halted:
    """The kill switch: nothing is sent from now on; who pulled it (a person or a rule) and why."""

    time: Time
    who: str
    why: str
    kind: ClassVar[str] = "halted"


@dataclass(frozen=True)
class Resumed:
    """The kill switch is lifted: who and why."""

    time: Time
    who: str
    why: str
    kind: ClassVar[str] = "resumed"


@dataclass(frozen=True)
class Reconciled:
    """The run's positions were held against the broker's; differences, a sentence each."""

    time: Time
    broker: str
    differences: tuple[str, ...]
    kind: ClassVar[str] = "reconciled"


@dataclass(frozen=True)
class Done:
    """A daily, weekly or monthly duty was done for a session, and what it says."""

    time: Time
    duty: Literal["daily", "weekly", "monthly"]
    session: str
    text: str
    facts: Terms
    kind: ClassVar[str] = "done"


@dataclass(frozen=True)
class Acted:
    """A person did something else that counts: signed in, changed a setting, saved a policy."""

    time: Time
    who: str
    action: str
    facts: Terms
    kind: ClassVar[str] = "acted"
