"""The layered hedge's states over history, without a book: what it would be doing, and why.

No book means no hard limit: a loss of the day and a drawdown are those of an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market, session_date
from hedgerow.core.tape import mend_of_gaps
from hedgerow.errors import DataError, RangeError
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.layered_conditions import NEVER, UNLIMITED, confirms, retraced
from hedgerow.policies.layered_states import (
    ENGINE_TRANSITIONS,
    TRANSITIONS,
    Engine,
    State,
    Transition,
    reason,
)
from hedgerow.shortvol.layered.rules import LayeredRules

BAR = Bar(*[0.0] * len(Bar._fields))._replace(days=1.0)


class Day(NamedTuple):
    """The hedge at one close."""

    date: np.datetime64
    state: State | Engine
    transition: Transition | None
    """That of this close, if there was one."""
    x: float
    """Intensity wanted, in vega of the book, before β."""
    seen: Mapping[str, float]
    """Signals by name."""
    memory: Any
    """What the step remembers after it."""


class Condition(NamedTuple):
    """One condition of a transition, and whether it holds."""

    transition: str
    """Its name in the table."""
    holds: bool
    said: str


def walk(step: Any, market: Market) -> list[Day]:
    """Run a state machine from the first to the last session on which its signals are known.

    Parameters
    ----------
    step
        `Layered` or `SecondEngine`.
    market
        Sessions and columns; the first rows warm the signals up.

    Raises
    ------
    DataError
        If a column is missing, or a signal has a gap before one of them ends.

    Examples
    --------
    >>> import hedgerow as hr
    >>> days = walk(LayeredRules().rule, hr.load("builtin").between("2017-06-01", "2018-02-09"))
    >>> [(str(day.date), day.transition.name) for day in days if day.transition][-2:]
    [('2018-02-05', 'slice_added'), ('2018-02-06', 'target_filled')]
    """
    names = list(dict.fromkeys(step.inputs))
    columns = {name: np.asarray(signal_named(name)(market), dtype="float64") for name in names}
    known = _known(columns, market)
    table, kind = (TRANSITIONS, State) if step.kind == "layered" else (ENGINE_TRANSITIONS, Engine)
    memory, params, book = step.start(), step.params(), opening(1.0)
    made = []
    for row in known:
        seen = {name: float(columns[name][row]) for name in names}
        view = View(tuple(seen[name] for name in step.inputs), book, BAR)
        x, memory = step.kernel(0.0, view, memory, params)
        state = kind(int(memory.state))
        made.append(
            Day(market.dates[row], state, reason(memory.reason, table), float(x), seen, memory)
        )
    return made


def _known(columns: Mapping[str, Any], market: Market) -> range:
    """Return the rows from the first to the last on which every signal is known."""
    first, end = 0, len(market)
    for name, column in columns.items():
        known = np.flatnonzero(np.isfinite(column))
        if not len(known):
            raise DataError(
                f"the signal '{name}' is known on none of {len(market)} sessions",
                where=name,
                mend="load more history, or a folder with the data that it is made from",
            )
        first, end = max(first, int(known[0])), min(end, int(known[-1]) + 1)
    for name, column in columns.items():
        gaps = first + np.flatnonzero(~np.isfinite(column[first:end]))
        if len(gaps):
            raise DataError(
                f"the signal '{name}' is not a number on {market.dates[gaps[0]]}",
                where=name,
                mend=mend_of_gaps(market.times, gaps),
            )
    return range(first, end)


def at(days: list[Day], on: str | None) -> int:
    """Return the place of a date among days: its own, or the last one before it.

    Raises
    ------
    RangeError
        If the date lies outside.
    """
    if on is None:
        return len(days) - 1
    day = session_date(on, "date")
    if not days[0].date <= day <= days[-1].date:
        raise RangeError(
            f"{day} lies outside what is known",
            where="date",
            mend=f"choose a date inside {days[0].date} … {days[-1].date}",
        )
    return int(np.searchsorted([each.date for each in days], day, side="right")) - 1


def conditions(rules: LayeredRules, before: Day | None, day: Day) -> list[Condition]:
    """Return what the transitions out of a day's state ask for, and whether it held at its close.

    Parameters
    ----------
    rules
        The layered hedge.
    before, day
        Two closes of `walk`; None before the first.

    Examples
    --------
    >>> import hedgerow as hr
    >>> rules = LayeredRules()
    >>> days = walk(rules.rule, hr.load("builtin").between("2017-06-01", "2018-01-25"))
    >>> [(each.transition, each.holds) for each in conditions(rules, days[-2], days[-1])]
    [('vix_macd_cross', True), ('vix_macd_cross', False)]
    """
    rule, seen = rules.rule, day.seen
    last = {} if before is None else before.seen
    vix, rsi, now = seen[rule.vix], seen[rule.rsi], day.memory
    ours = _Asked(seen, last)
    arming = [
        ours.crossing(rule.confirm, rule.vix_macd, now.stood),
        Condition(
            "vix_macd_cross",
            seen[rule.spx_macd] < 0.0,
            f"MACD histogram of SPX below zero: {seen[rule.spx_macd]:.2f}",
        ),
    ]
    if rule.divergence is not None:
        rises = rsi > rule.rsi_floor and now.climbs >= rule.rsi_bars
        arming += [
            Condition(
                "divergence_rsi",
                seen[rule.divergence] > 0.5,
                "index and breadth diverge",
            ),
            Condition(
                "divergence_rsi",
                rises,
                f"RSI of VIX over {rule.rsi_floor:g} and risen {rule.rsi_bars} bars: {rsi:.1f}, "
                f"{now.climbs:.0f} bars",
            ),
        ]
    turned = seen[rule.vx_macd]
    back = retraced(vix, now.start, now.peak, rule.retrace)
    level = now.peak - rule.retrace * (now.peak - now.start)
    removal = [
        Condition(
            "iv_retraced",
            bool(back),
            f"VIX has given back {rule.retrace:.0%} of {now.start:.2f} … {now.peak:.2f}: at or "
            f"under {level:.2f}, it is {vix:.2f}",
        ),
        Condition("iv_retraced", turned < 0.0, f"MACD histogram of VX below zero: {turned:.2f}"),
        Condition(
            "time_limit",
            now.age >= rule.time_limit,
            f"held {now.age:.0f} bars of {rule.time_limit}",
        ),
    ]
    state = day.state
    if state == State.CALM:
        return arming
    if state == State.ARMED:
        return [
            Condition(
                "vx_macd_entry", turned > 0.0, f"MACD histogram of VX above zero: {turned:.2f}"
            ),
            Condition(
                "rsi_entry", rsi > rule.rsi_entry, f"RSI of VIX over {rule.rsi_entry:g}: {rsi:.1f}"
            ),
            Condition(
                "arming_expired",
                now.bars >= rule.patience,
                f"armed {now.bars:.0f} bars of {rule.patience}",
            ),
        ]
    if state in (State.FIRST, State.BUILDING):
        name = "slice_confirmed" if state == State.FIRST else "slice_added"
        growing = confirms(turned, last.get(rule.vx_macd, np.nan))
        said = f"MACD histogram of VX above zero and not falling: {ours.moved(rule.vx_macd)}"
        return [Condition(name, bool(growing), said), *removal]
    return removal if state == State.FULL else [*removal, *arming]


class _Asked:
    """Two closes side by side."""

    def __init__(self, seen: Mapping[str, float], last: Mapping[str, float]) -> None:
        self._seen, self._last = seen, last

    def moved(self, name: str) -> str:
        if name not in self._last:
            return f"{self._seen[name]:.2f}"
        return f"{self._seen[name]:.2f} after {self._last[name]:.2f}"

    def crossing(self, within: int | None, name: str, bars: float) -> Condition:
        stands = bars <= (UNLIMITED if within is None else within)
        since = f", crossed {bars:.0f} bars ago" if bars < NEVER else ", no crossing that stands"
        said = f"MACD histogram of VIX crossed above zero: {self.moved(name)}{since}"
        return Condition("vix_macd_cross", bool(stands), said)


def ahead(state: State | Engine) -> list[Transition]:
    """Return the transitions out of a state, in the order of the table.

    Examples
    --------
    >>> [each.name for each in ahead(State.ARMED)]
    ['arming_expired', 'rsi_entry', 'vx_macd_entry', 'hard_limit']
    """
    table = TRANSITIONS if isinstance(state, State) else ENGINE_TRANSITIONS
    return [each for each in table if state in each.sources]


def path(days: list[Day], place: int) -> list[Day]:
    """Return the days of transitions from the last calm to a place, the calm's own included.

    Parameters
    ----------
    days
        Of `walk`.
    place
        As `at` gives it.
    """
    turns = [day for day in days[: place + 1] if day.transition is not None]
    ends = [i for i, day in enumerate(turns) if day.state == 0]
    closed = bool(turns) and turns[-1].state == 0
    last = ends[-2] if closed and len(ends) > 1 else (ends[-1] if ends and not closed else -1)
    return turns[last + 1 :]
