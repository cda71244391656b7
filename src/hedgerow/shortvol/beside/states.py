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


def held_over(states: Floats, lag: int) -> Floats:
    """Return the state whose decision was held over each bar, **shape** (T,); calm at first.

    A decision is filled ``lag`` bars later, and what is filled earns from the bar after.  Costs of
    a fill count with what was held until then.

    Parameters
    ----------
    states
        Number of the state decided at each bar, **shape** (T,).
    lag
        Bars from decision to fill; 0 fills at the same bar.

    Examples
    --------
    >>> held_over(np.array([0.0, 1.0, 2.0, 4.0, 5.0]), 1).tolist()
    [0.0, 0.0, 0.0, 1.0, 2.0]
    """
    late = min(1 + lag, len(states))
    return np.concatenate([np.full(late, float(State.CALM)), states[: len(states) - late]])
