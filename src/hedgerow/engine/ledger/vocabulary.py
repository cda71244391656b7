"""The vocabulary of the ledger: every event there is, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from hedgerow.engine.ledger import desk_events, events

Event: TypeAlias = (
    events.Opened
    | events.Slice
    | events.Decided
    | events.Planned
    | events.Ordered
    | events.Filled
    | events.Cancelled
    | events.Settled
    | events.Cash
    | events.Explained
    | events.Override
    | events.Alarm
    | events.Closed
    | desk_events.Received
    | desk_events.Proposed
    | desk_events.Approved
    | desk_events.Declined
    | desk_events.Sent
    | desk_events.Acknowledged
    | desk_events.Executed
    | desk_events.Ended
    | desk_events.Collected
    | desk_events.Halted
    | desk_events.Resumed
    | desk_events.Reconciled
    | desk_events.Done
    | desk_events.Acted
)

KINDS: Mapping[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        events.Opened,
        events.Slice,
        events.Decided,
        events.Planned,
        events.Ordered,
        events.Filled,
        events.Cancelled,
        events.Settled,
        events.Cash,
        events.Explained,
        events.Override,
        events.Alarm,
        events.Closed,
        desk_events.Received,
        desk_events.Proposed,
        desk_events.Approved,
        desk_events.Declined,
        desk_events.Sent,
        desk_events.Acknowledged,
        desk_events.Executed,
        desk_events.Ended,
        desk_events.Collected,
        desk_events.Halted,
        desk_events.Resumed,
        desk_events.Reconciled,
        desk_events.Done,
        desk_events.Acted,
    )
}
"""Every event by its kind."""
