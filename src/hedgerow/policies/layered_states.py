"""The states of the layered hedge and the transitions between them, as data.

The kernels write codes from these tables into their memory; words, diagram and tests read the same
tables, so that a transition has one name everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple


class State(IntEnum):
    """What the layered hedge is doing (spec H3, H5, H7)."""

    CALM = 0
    ARMED = 1
    FIRST = 2
    BUILDING = 3
    FULL = 4
    UNWINDING = 5

    @property
    def title(self) -> str:
        """The state in words."""
        return "tranche 1" if self is State.FIRST else self.name.lower()


class Engine(IntEnum):
    """What the second engine is doing (spec H12)."""

    IDLE = 0
    RUNNING = 1

    @property
    def title(self) -> str:
        """The state in words."""
        return self.name.lower()


class Transition(NamedTuple):
    """One way from a state to another, or to itself where a slice is added or taken off."""

    code: int
    """What the memory's ``reason`` holds at the bar of the transition; 0.0 for none."""
    sources: tuple[State | Engine, ...]
    target: State | Engine
    name: str
    """The reason, as the trace, the tests and the diagram name it."""
    sentence: str
    """The same for a reader."""


_HELD = (State.FIRST, State.BUILDING, State.FULL)

TRANSITIONS = (
    Transition(
        1,
        (State.CALM,),
        State.ARMED,
        "vix_macd_cross",
        "the MACD histogram of VIX has crossed above zero and that of SPX is below zero (H3)",
    ),
    Transition(
        2,
        (State.CALM,),
        State.ARMED,
        "divergence_rsi",
        "index and breadth diverge while the RSI of VIX rises and is over its floor (H3)",
    ),
    Transition(
        3,
        (State.ARMED,),
        State.CALM,
        "arming_expired",
        "armed for as many bars as it may be, and nothing confirmed",
    ),
    Transition(
        4,
        (State.ARMED,),
        State.FIRST,
        "rsi_entry",
        "the RSI of VIX is over the level of entry: the first tranche is bought (H5)",
    ),
    Transition(
        5,
        (State.ARMED,),
        State.FIRST,
        "vx_macd_entry",
        "the MACD histogram of the VIX future is above zero: the first tranche is bought (H5)",
    ),
    Transition(
        6,
        (State.FIRST,),
        State.BUILDING,
        "slice_confirmed",
        "the MACD histogram of the VIX future is above zero and not falling: a slice more (H5)",
    ),
    Transition(
        7,
        (State.BUILDING,),
        State.BUILDING,
        "slice_added",
        "the MACD histogram of the VIX future still confirms: a slice more (H5)",
    ),
    Transition(
        8,
        (State.FIRST, State.BUILDING),
        State.FULL,
        "target_filled",
        "the last slice fills the target (H5)",
    ),
    Transition(
        9,
        _HELD,
        State.UNWINDING,
        "iv_retraced",
        "VIX has given back its part of the spike and the MACD of the VIX future has turned down: "
        "the first stage is removed (H7)",
    ),
    Transition(
        10,
        _HELD,
        State.UNWINDING,
        "false_spike",
        "the MACD of the VIX future has turned down and VIX never rose by the least that counts "
        "as a spike: the first stage is removed (H7)",
    ),
    Transition(
        11,
        _HELD,
        State.UNWINDING,
        "time_limit",
        "held for as many bars as it may be: the first stage is removed (H7)",
    ),
    Transition(
        12,
        (State.UNWINDING,),
        State.UNWINDING,
        "stage_removed",
        "both conditions of removal still hold, or the time is up: one stage more (H7)",
    ),
    Transition(
        13,
        (State.UNWINDING,),
        State.CALM,
        "unwound",
        "the last stage is removed (H7)",
    ),
    Transition(
        14,
        (State.UNWINDING,),
        State.BUILDING,
        "re_armed",
        "a new spike arms while the hedge is taken off: what is left stays (H7)",
    ),
    Transition(
        15,
        tuple(state for state in State if state != State.FULL),
        State.FULL,
        "hard_limit",
        "the loss of the day or the drawdown passes its limit: the whole target at once, at any "
        "time of the day (H10)",
    ),
)
"""Every transition of the layered hedge; a bar makes one of them at most."""

ENGINE_TRANSITIONS = (
    Transition(
        1,
        (Engine.IDLE,),
        Engine.RUNNING,
        "stress_armed",
        "as many of the z-scores of credit spread, REER and WACC as needed are over the level that "
        "arms (H12)",
    ),
    Transition(
        2,
        (Engine.RUNNING,),
        Engine.IDLE,
        "stress_eased",
        "fewer of them than needed are over the level that disarms (H12)",
    ),
)
"""Every transition of the second engine."""


def reason(code: float, table: tuple[Transition, ...] = TRANSITIONS) -> Transition | None:
    """Return the transition of a code in a memory; None where there was none.

    Parameters
    ----------
    code
        ``reason`` of the memory.
    table
        ``TRANSITIONS`` or ``ENGINE_TRANSITIONS``.

    Examples
    --------
    >>> reason(9.0).name, reason(0.0)
    ('iv_retraced', None)
    """
    return next((each for each in table if each.code == code), None)


def told(kind: str, memory: Mapping[str, float]) -> str:
    """Return a step's state, and the transition that it has just made, in words.

    Parameters
    ----------
    kind
        ``layered`` or ``second_engine``.
    memory
        What the step remembers, by field.

    Examples
    --------
    >>> told("layered", {"state": 4.0, "reason": 8.0, "bars": 0.0})
    'full, target_filled: the last slice fills the target (H5)'
    >>> told("second_engine", {"state": 1.0, "reason": 0.0, "bars": 4.0})
    'running, 4 bars since its transition'
    """
    own = kind == "layered"
    title = State(int(memory["state"])).title if own else Engine(int(memory["state"])).title
    made = reason(memory["reason"], TRANSITIONS if own else ENGINE_TRANSITIONS)
    if made is None:
        return f"{title}, {memory['bars']:.0f} bars since its transition"
    return f"{title}, {made.name}: {made.sentence}"
