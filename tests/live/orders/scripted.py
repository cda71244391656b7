"""A clock that tests set, orders of a ledger, and a broker that follows a script."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from hedgerow.engine.broker import Quote
from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Proposed
from hedgerow.engine.ledger.events import Leg, Ordered
from hedgerow.engine.ledger.money import Nanos, nanos
from hedgerow.live.brokers.gateway import Report, Working
from hedgerow.live.hours import ZONE, ns
from hedgerow.live.orders.proposing import Around

PUT = "SPX   240621P04900000"
FUTURE = "VXK24"
QUOTES = {PUT: Quote(30.0, 0.5, 1.0), FUTURE: Quote(15.0, 0.025, 2.0)}
AROUND = Around(QUOTES)
SESSION = dt.date(2024, 4, 2)
"""A Tuesday."""


def new_york(day: int, hour: int, minute: int = 0) -> int:
    """Return a time of April 2024 as nanoseconds since 1970, UTC."""
    return ns(dt.datetime(2024, 4, day, hour, minute, tzinfo=ZONE))


def ordered(
    order: str,
    legs: Mapping[str, float] | None = None,
    limit: float | None = None,
    tif: str = "day",
) -> Ordered:
    parts = tuple(Leg(name, nanos(many)) for name, many in (legs or {PUT: 12}).items())
    kind = "market" if limit is None else "limit"
    at = ns(dt.datetime.combine(SESSION, dt.time(), dt.UTC))
    return Ordered(at, order, parts, kind, limit, tif, "tail")


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class ScriptedBroker:
    """Keeps what is placed, once a key; `trouble` is raised after or before it is placed."""

    name = "a script"

    def __init__(self) -> None:
        self.placed: dict[str, Proposed] = {}
        self.asked: list[str] = []
        self.done: set[str] = set()
        self.cancelled: list[str] = []
        self.said: list[Report] = []
        self.before: Callable[[str], None] = lambda key: None
        self.after: Callable[[str], None] = lambda key: None
        self.down: Exception | None = None

    def send(self, order: Proposed, key: str) -> None:
        self.before(key)
        self.asked.append(key)
        self.placed.setdefault(key, order)
        self.after(key)

    def cancel(self, key: str) -> None:
        self.cancelled.append(key)
        self.done.add(key)
        self.said.append(Ended(0, self.placed[key].order, "cancelled", "asked for"))

    def known(self) -> Sequence[Working]:
        if self.down is not None:
            raise self.down
        return [Working(key, f"id {key}", key in self.done) for key in self.placed]

    def reports(self) -> Sequence[Report]:
        said, self.said = self.said, []
        return said

    def positions(self) -> Mapping[str, Nanos] | None:
        return None

    def acknowledge(self, order: str) -> None:
        self.said.append(Acknowledged(0, order, f"id live:{order}"))
