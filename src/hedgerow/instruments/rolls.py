"""When a sleeve changes its contract: decided by schedule and market alone (B9).

At bar t a rule looks at the contract chosen last and at data up to t.  If it says roll, the
new contract is chosen from bar t and carried out of bar t + lag.  Every bar therefore knows
the contract that the next order will be filled in, and none knows the future.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import sessions_ahead
from hedgerow.errors import SleeveError

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Index = NDArray[np.intp]

SHORTEST = 7
"""Shortest tenor in days: shorter ones could expire over an unscheduled closure."""

_UNITS = {"d": 1.0, "w": 7.0, "m": 365.0 / 12.0, "y": 365.0}
_SPAN = re.compile(r"^\s*(\d+)\s*([dwmy])\s*$", re.IGNORECASE)


def parse_tenor(text: str, where: str = "tenor") -> int:
    """Return the days of a span such as ``90d``, ``13w``, ``3m`` or ``1y``.

    Raises
    ------
    SleeveError
        If it cannot be read, or is shorter than `SHORTEST` days.

    Examples
    --------
    >>> [parse_tenor(text) for text in ("90d", "3m", "1y")]
    [90, 91, 365]
    """
    found = _SPAN.match(text) if isinstance(text, str) else None
    if not found:
        raise SleeveError(
            f"{text!r} is not a span of time", where=where, mend="write it like 90d, 13w, 3m or 1y"
        )
    days = round(int(found[1]) * _UNITS[found[2].lower()])
    if days < SHORTEST:
        raise SleeveError(
            f"{text!r} is shorter than {SHORTEST} days",
            where=where,
            mend=f"use {SHORTEST}d or longer",
        )
    return days


@dataclass(frozen=True)
class Roll:
    """A roll rule, as `parse_roll` reads it; the first leg that fires rolls.

    Parameters
    ----------
    after
        Calendar days from roll to roll, counted from 1970-01-01 so that roll dates do not
        depend on where the data begin.
    bars
        Sessions since the contract was chosen.
    dte
        Days to expiry at or under which the contract is replaced.
    at_expiry
        Hold to settlement.  Otherwise the contract is always replaced before it expires.
    drift
        |K/S ÷ (K/S when chosen) − 1| above which the contract is replaced.
    """

    after: int | None = None
    bars: int | None = None
    dte: int | None = None
    at_expiry: bool = False
    drift: float | None = None


def parse_roll(text: str, drift: float | None = None, where: str = "roll") -> Roll:
    """Read ``30d`` (every 30 days), ``21b`` (sessions), ``dte:30`` or ``expiry``.

    Raises
    ------
    SleeveError
        If it is none of these, or ``drift`` is not a positive number.

    Examples
    --------
    >>> parse_roll("dte:30").dte, parse_roll("30d").after, parse_roll("expiry").at_expiry
    (30, 30, True)
    """
    if drift is not None:
        number = not isinstance(drift, bool) and isinstance(drift, int | float)
        if not number or not np.isfinite(drift) or drift <= 0.0:
            raise SleeveError(
                f"{drift!r} is not a drift",
                where=f"{where.removesuffix('roll')}drift",
                mend="write 10 % as 0.10",
            )
    word = text.strip().lower() if isinstance(text, str) else ""
    if word == "expiry":
        return Roll(at_expiry=True, drift=drift)
    if found := re.match(r"^dte:(\d+)d?$", word):
        return Roll(dte=int(found[1]), drift=drift)
    if (found := re.match(r"^(\d+)b$", word)) and int(found[1]) > 0:
        return Roll(bars=int(found[1]), drift=drift)
    if (found := _SPAN.match(word)) and int(found[1]) > 0:
        return Roll(after=round(int(found[1]) * _UNITS[found[2]]), drift=drift)
    raise SleeveError(
        f"{text!r} is not a roll rule",
        where=where,
        mend="write 30d (every 30 days), 21b (sessions), dte:30 (days to expiry) or expiry",
    )


def check_terms(tenor: str, roll: str, drift: float | None) -> None:
    """Refuse a tenor, a roll rule or a drift that cannot be read or do not fit together."""
    span, rule = parse_tenor(tenor), parse_roll(roll, drift)
    if rule.dte is not None and rule.dte >= span:
        raise SleeveError(
            f"rolling {rule.dte} days before expiry leaves a {tenor} option no life",
            where="roll",
            mend="roll later, or buy a longer tenor",
        )


class Schedule(NamedTuple):
    """The contracts of a sleeve over T bars.

    ``held[t]`` and ``pending[t]``, **shape** (T,), number the contract carried out of bar t
    and the one that an order decided at t is filled in.  ``chosen`` and ``expiry``,
    **shape** (M,), give for each contract the bar whose data chose it and its expiry in
    days since 1970-01-01.
    """

    held: Index
    pending: Index
    chosen: Index
    expiry: Days

    @property
    def rolls(self) -> Index:
        """Bars at which the contract carried out differs from the one carried in."""
        return np.flatnonzero(np.diff(self.held)) + 1


def schedule(
    days: Days,
    spot: Floats,
    rule: Roll,
    expiry_after: Callable[[int], int],
    *,
    lag: int,
    deadline_of: Callable[[int], int] | None = None,
) -> Schedule:
    """Lay out which contract is held when.

    Parameters
    ----------
    days
        Session dates as days since 1970-01-01, **shape** (T,).
    spot
        What ``drift`` looks at, **shape** (T,).
    rule
        When to roll.
    expiry_after
        Expiry chosen on a day, both as days since 1970-01-01.
    lag
        Sessions between decision and fill, 0 or more.
    deadline_of
        Day by which the next contract is held at the latest, from the expiry of this one;
        by default the last session before expiry, or expiry itself where the rule holds to it.

    Notes
    -----
    Should the exchange stay shut over an expiry without warning, the contract settles on
    the first session after it; the one that replaces it there was chosen ``lag`` sessions
    before, as a standing order would have.
    """
    count = len(days)
    if deadline_of is None:
        deadline_of = int if rule.at_expiry else last_session_before
    held, pending = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
    chosen, expiries = [0], [expiry_after(int(days[0]))]
    # the session at which an order decided now is expected to be filled
    fill = sessions_ahead(days.astype("datetime64[D]"), lag).astype(np.int64)
    start, now = 0, 0
    while True:
        expiry, number = expiries[-1], len(chosen)
        due = _due(days, spot, fill, rule, (expiry, deadline_of(expiry)), start, now)
        settled = int(np.searchsorted(days, expiry))
        if settled < min(due + lag, count):  # an unscheduled closure
            start = max(settled - lag, start)
            fresh = expiry_after(int(days[start]))
            if fresh <= days[settled]:
                start, fresh = settled, expiry_after(int(days[settled]))
            held[settled:] = pending[settled:] = number
            now = settled
        elif due < count:
            start = now = due
            fresh = expiry_after(int(days[due]))
            pending[due:] = number
            held[due + lag :] = number
        else:
            return Schedule(held, pending, np.array(chosen), np.array(expiries, dtype=np.int64))
        chosen.append(start)
        expiries.append(fresh)


def last_session_before(day: int) -> int:
    """Return the last scheduled session before a day, both as days since 1970-01-01.

    Examples
    --------
    >>> last_session_before(4) # 1970-01-05 was a Monday
    1
    """
    return int(sessions_ahead(np.datetime64(day - 1, "D"), 0).astype(np.int64))


def _due(
    days: Days,
    spot: Floats,
    fill: Days,
    rule: Roll,
    ends: tuple[int, int],
    start: int,
    now: int,
) -> int:
    # The first bar after `now` at which the rule, or the deadline, says roll.
    expiry, deadline = ends
    due = int(np.searchsorted(fill, deadline))
    if rule.after is not None:  # whole spans since 1970: no date depends on where data begin
        span = rule.after
        due = min(due, int(np.searchsorted(days, (int(days[start]) // span + 1) * span)))
    if rule.bars is not None:
        due = min(due, start + rule.bars)
    if rule.dte is not None:
        due = min(due, int(np.searchsorted(days, expiry - rule.dte)))
    due = max(due, now + 1)
    if rule.drift is not None:
        moved = np.abs(spot[start] / spot[now + 1 : due] - 1.0) > rule.drift
        if bool(moved.any()):
            due = now + 1 + int(np.argmax(moved))
    return due
