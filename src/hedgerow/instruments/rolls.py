"""When a sleeve changes its contract: decided by schedule and market alone (B9).

At bar t a rule looks at the contract chosen last and at data up to t.  If it says roll, the
new contract is chosen from bar t and carried out of bar t + lag.  Every bar therefore knows
the contract that the next order will be filled in, and none knows the future.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import sessions_ahead, third_friday, weekly_expiries
from hedgerow.errors import SleeveError

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Index = NDArray[np.intp]

SHORTEST = 7
"""Shortest tenor in days: shorter ones could expire over an unscheduled closure."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEKLY: Literal["weekly"] = "weekly"
"""What ``listed`` is for Friday expiries."""
Listed = bool | Literal["weekly"]

CYCLES = {"monthly": 1, "quarterly": 3}
"""Tenors that name the next expiry of a listed cycle, with the months between expiries."""

_UNITS = {"d": 1.0, "w": 7.0, "m": 365.0 / 12.0, "y": 365.0}
_SPAN = re.compile(r"^\s*(\d+)\s*([dwmy])\s*$", re.IGNORECASE)
_ENTRY = re.compile(rf"^(?:([1-9]\d?)w@)?({'|'.join(WEEKDAYS)})(?:\+(\d+))?$")
_THURSDAY = 3  # 1970-01-01


def parse_tenor(text: str, where: str = "tenor") -> int:
    """Return the days of a span such as ``90d``, ``13w``, ``3m`` or ``1y``, or of a cycle.

    Raises
    ------
    SleeveError
        If it cannot be read, or is shorter than `SHORTEST` days.

    Examples
    --------
    >>> [parse_tenor(text) for text in ("90d", "3m", "1y", "monthly")]
    [90, 91, 365, 30]
    """
    if text in CYCLES:
        return round(CYCLES[text] * _UNITS["m"])
    found = _SPAN.match(text) if isinstance(text, str) else None
    if not found:
        raise SleeveError(
            f"{text!r} is not a span of time",
            where=where,
            mend="write it like 90d, 13w, 3m, 1y or monthly",
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
    origin
        Day since 1970-01-01 that the spans of ``after`` are counted from.
    waits
        Options that expire before the next roll are settled, and nothing is held until then.
    """

    after: int | None = None
    bars: int | None = None
    dte: int | None = None
    at_expiry: bool = False
    drift: float | None = None
    origin: int = 0
    waits: bool = False


def parse_roll(text: str, drift: float | None = None, where: str = "roll") -> Roll:
    """Read ``30d`` (every 30 days), ``21b`` (sessions), ``dte:30``, ``expiry`` or ``4w@wed+1``.

    The last is every fourth Wednesday, the second of each four since 1970-01-01.

    Raises
    ------
    SleeveError
        If it is none of these, or ``drift`` is not a positive number.

    Examples
    --------
    >>> parse_roll("dte:30").dte, parse_roll("30d").after, parse_roll("expiry").at_expiry
    (30, 30, True)
    >>> entry = parse_roll("4w@wed+1")
    >>> entry.after, str(np.datetime64(entry.origin, "D")), entry.waits
    (28, '1970-01-14', True)
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
    if found := _ENTRY.match(word):
        weeks, phase = int(found[1] or 1), int(found[3] or 0)
        if phase >= weeks:
            raise SleeveError(
                f"of {weeks} weeks there is none numbered {phase}",
                where=where,
                mend=f"give a phase of 0 … {weeks - 1}",
            )
        origin = (WEEKDAYS.index(found[2]) - _THURSDAY) % 7 + 7 * phase
        return Roll(after=7 * weeks, drift=drift, origin=origin, waits=True)
    raise SleeveError(
        f"{text!r} is not a roll rule",
        where=where,
        mend="write 30d (every 30 days), 21b (sessions), dte:30 (days to expiry), expiry, wed or "
        "4w@wed (a weekday)",
    )


def check_terms(tenor: str, roll: str, drift: float | None, *, listed: Listed) -> None:
    """Refuse a tenor, a roll rule, a drift or a listing that cannot be read or do not fit."""
    span, rule = parse_tenor(tenor), parse_roll(roll, drift)
    if listed != WEEKLY and not isinstance(listed, bool | np.bool_):
        raise SleeveError(
            f"{listed!r} is not true, false or weekly",
            where="listed",
            mend='write true, false or "weekly"',
        )
    if tenor in CYCLES:
        span = 28 * CYCLES[tenor]
        if not listed or listed == WEEKLY:
            raise SleeveError(
                f"a {tenor} option is a listed one", where="listed", mend="write listed = true"
            )
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
    days since 1970-01-01.  Of ``paths`` interleaved ones, bar t of path p is row
    ``t·paths + p``, and so with contracts.
    """

    held: Index
    pending: Index
    chosen: Index
    expiry: Days
    paths: int = 1

    @property
    def rolls(self) -> Index:
        """Bars at which the contract carried out differs from the one carried in."""
        return np.flatnonzero(self.held[self.paths :] != self.held[: -self.paths]) + self.paths

    def interleaved(self, paths: int) -> Schedule:
        """Return the same schedule on so many paths.

        Examples
        --------
        >>> plan = Schedule(*map(np.array, ([0, 1], [1, 1], [0, 0], [90, 120]))).interleaved(2)
        >>> plan.held.tolist(), plan.chosen.tolist(), plan.rolls.tolist()
        ([0, 1, 2, 3], [0, 1, 0, 1], [2, 3])
        """
        path = np.arange(paths)
        held, pending, chosen = (
            (numbers[:, None] * paths + path).ravel()
            for numbers in (self.held, self.pending, self.chosen)
        )
        return Schedule(held, pending, chosen, np.repeat(self.expiry, paths), paths)

    @property
    def begun(self) -> Index:
        """Bars at which contracts are first carried out, T if not yet, **shape** (M,)."""
        return np.asarray(np.searchsorted(self.held, np.arange(len(self.chosen))))


def schedule(
    days: Days,
    spot: Floats,
    rule: Roll,
    expiry_after: Callable[[int], int],
    *,
    lag: int,
    deadline_of: Callable[[int], int] | None = None,
    exercised: Callable[[int, int, range], int | None] | None = None,
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
    exercised
        First bar of a range at which a contract, known by the bar that chose it and its expiry,
        is exercised, or None.

    Notes
    -----
    Should the exchange stay shut over an expiry without warning, the contract settles on
    the first session after it; the one that replaces it there was chosen ``lag`` sessions
    before, as a standing order would have.  A rule that waits leaves it settled, held and worth
    nothing, until its next roll.  So is replaced one that is exercised before it rolls, at the
    close of a bar after its fill.
    """
    count, waits = len(days), rule.waits
    dates = days.astype("datetime64[D]")
    # Where an order decided now is expected to be filled; or, where expiry itself is too late,
    # the session after it: one fill before expiry is the last that does.
    eve = deadline_of is None and not rule.at_expiry
    reach = sessions_ahead(dates, lag + eve).astype(np.int64).tolist()
    calendar, deadline = days.tolist(), deadline_of or int
    chosen, expiries = [0], [expiry_after(calendar[0])]
    filled, asked = [0], [0]
    now = 0
    while True:
        start, expiry = chosen[-1], expiries[-1]
        due = count if waits else bisect_left(reach, deadline(expiry))
        due = _due(calendar, spot, rule, due, expiry, start, now)
        settled = bisect_left(calendar, expiry)
        carried = range(filled[-1] + 1, min(due + 1, settled, count))
        early = exercised(start, expiry, carried) if exercised else None
        if early is not None:
            settled = early
        shut = not waits and settled < min(due + lag, count)  # an unscheduled closure
        if early is not None or shut:
            start = max(settled - lag, start)
            fresh = expiry_after(calendar[start])
            if fresh <= calendar[settled]:
                start, fresh = settled, expiry_after(calendar[settled])
            now = settled
            asked.append(settled)
            filled.append(settled)
        elif due < count:
            start = now = due
            fresh = expiry_after(calendar[due])
            asked.append(due)
            filled.append(due + lag)
        else:
            held, pending = _numbered(filled, count), _numbered(asked, count)
            return Schedule(held, pending, np.array(chosen), np.array(expiries, dtype=np.int64))
        chosen.append(start)
        expiries.append(fresh)


def _numbered(starts: list[int], count: int) -> Index:
    """Return the last number whose start each bar has reached, **shape** (count,)."""
    latest = np.zeros(count, dtype=np.intp)
    reached = [(bar, number) for number, bar in enumerate(starts) if bar < count]
    latest[[bar for bar, _ in reached]] = [number for _, number in reached]
    return np.maximum.accumulate(latest)


def expiry_by_tenor(days: Days, tenor: str, *, listed: Listed, lag: int) -> Callable[[int], int]:
    """Return which expiry is chosen on a session, both as days since 1970-01-01.

    Parameters
    ----------
    days
        The sessions, sorted, **shape** (T,); no contract is chosen before or after them.
    tenor
        As `parse_tenor` reads it.  ``monthly`` and ``quarterly`` (March, June, …) choose the
        first expiry of that cycle after the session of the fill.
    listed
        True for the first monthly expiry on or after the tenor, ``weekly`` for the first Friday
        (Thursday where that is a holiday), False for exactly the tenor.
    lag
        Sessions from choice to fill.

    Examples
    --------
    >>> expiry_by_tenor(np.array([0]), "90d", listed=True, lag=1)(0) == 90 + 16  # 1970-04-17
    True
    >>> expiry_by_tenor(np.array([0]), "quarterly", listed=True, lag=1)(0) == 59 + 19  # 20 March
    True
    """
    span, cycle = parse_tenor(tenor), CYCLES.get(tenor)
    if not listed:
        return lambda day: day + span
    if listed == WEEKLY:
        edges = (days[[0, -1]] + span + np.array([0, 14])).astype("datetime64[D]")
        fridays = weekly_expiries(*edges).astype(np.int64).tolist()
        return lambda day: int(fridays[bisect_left(fridays, day + span)])
    ahead = 0 if cycle is None else cycle * 31
    first, last = (days[[0, -1]] + span + ahead).astype("datetime64[D]").astype("datetime64[M]")
    months = np.arange(days[0].astype("datetime64[D]").astype("datetime64[M]"), last + 2)
    if cycle is None:
        listing = third_friday(months[months >= first]).astype(np.int64).tolist()
        return lambda day: int(listing[bisect_left(listing, day + span)])
    months = months[(months.astype(np.int64) + 1) % cycle == 0]
    listing = third_friday(months).astype(np.int64).tolist()

    def after(day: int) -> int:
        fill = sessions_ahead(np.datetime64(day, "D"), lag).astype(np.int64)
        return int(listing[bisect_right(listing, int(fill))])

    return after


@lru_cache(maxsize=4096)
def last_session_before(day: int) -> int:
    """Return the last scheduled session before a day, both as days since 1970-01-01.

    Examples
    --------
    >>> last_session_before(4) # 1970-01-05 was a Monday
    1
    """
    return int(sessions_ahead(np.datetime64(day - 1, "D"), 0).astype(np.int64))


def _due(
    calendar: list[int],
    spot: Floats,
    rule: Roll,
    due: int,
    expiry: int,
    start: int,
    now: int,
) -> int:
    # The first bar after `now` at which the rule says roll, or the deadline `due` does.
    if rule.after is not None:  # whole spans since 1970: no date depends on where data begin
        span, begun = rule.after, calendar[start] - rule.origin
        due = min(due, bisect_left(calendar, (begun // span + 1) * span + rule.origin))
    if rule.bars is not None:
        due = min(due, start + rule.bars)
    if rule.dte is not None:
        due = min(due, bisect_left(calendar, expiry - rule.dte))
    due = max(due, now + 1)
    if rule.drift is not None:
        moved = np.abs(spot[start] / spot[now + 1 : due] - 1.0) > rule.drift
        if bool(moved.any()):
            due = now + 1 + int(np.argmax(moved))
    return due
