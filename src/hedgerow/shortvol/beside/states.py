"""The state of the layered hedge at every bar, from the decisions that a ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.events import Decided
from hedgerow.policies.layered import Layered
from hedgerow.policies.layered_states import State

NAMES = tuple(state.title for state in State)
"""Of the states, by number."""


def states_of(records: Iterable[Record], bars: int) -> Floats | None:
    """Return the number of the main layer's state after each bar.

    Parameters
    ----------
    records
        Of the ledger of a run.
    bars
        How many bars it has.

    Returns
    -------
    ndarray or None
        **shape** (T,), numbers of :class:`~hedgerow.policies.layered_states.State`; None where no
        line runs the state machine.  The first line that does tells: all layers run the same.
    """
    told: dict[str, list[float]] = {}
    for record in records:
        event = record.event
        if isinstance(event, Decided) and Layered.kind in event.memory:
            told.setdefault(event.line, []).append(event.memory[Layered.kind]["state"])
    first = next(iter(told.values()), [])
    return np.array(first) if len(first) == bars else None
