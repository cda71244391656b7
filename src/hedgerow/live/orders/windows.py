"""When orders may be sent (H10): the first and last minutes of the exchange's session."""

from __future__ import annotations

import datetime as dt

from hedgerow.live.hours import HOUR, MINUTE, SECOND, ZONE, day_of, hours_from, ns
from hedgerow.live.settings import WindowTerms


def waits_until(now: int, session: dt.date | str, hours: float) -> int:
    """Return when what was proposed after a session is withdrawn, nanoseconds since 1970, UTC.

    Parameters
    ----------
    now
        Of the proposal, nanoseconds since 1970, UTC.
    session
        Date; at the latest the one after it closes.
    hours
        From the proposal on; days on which the exchange is shut do not count, so that Friday's
        are still there on Monday morning.

    Examples
    --------
    >>> friday = ns(dt.datetime(2024, 7, 5, 16, 20, tzinfo=ZONE))
    >>> str(dt.datetime.fromtimestamp(waits_until(friday, "2024-07-05", 18.0) // SECOND, ZONE))
    '2024-07-08 10:20:00-04:00'
    """
    decided = dt.date.fromisoformat(str(session))
    after = hours_from(decided + dt.timedelta(days=1))
    end = dt.datetime.fromtimestamp((now + round(hours * HOUR)) // SECOND, ZONE)
    if end.date() > decided:
        end += after.session - decided - dt.timedelta(days=1)
    return min(ns(end), after.close)


def next_window(now: int, terms: WindowTerms, *, urgent: bool = False) -> tuple[int, int]:
    """Return the window that is open, or else the next: from when, and before when.

    Parameters
    ----------
    now
        Nanoseconds since 1970, UTC, as is what it returns.
    terms
        Minutes after the opening and before the close.
    urgent
        Whether it waits for the session alone.
    """
    hours = hours_from(day_of(now))
    if now >= hours.close:
        hours = hours_from(hours.session + dt.timedelta(days=1))
    first = hours.opening + round(terms.first * MINUTE)
    last = max(hours.close - round(terms.last * MINUTE), hours.opening)
    if urgent or first >= last:
        return hours.opening, hours.close
    if terms.first and now < first:
        return hours.opening, first
    if terms.last:
        return last, hours.close
    tomorrow = hours_from(hours.session + dt.timedelta(days=1))
    return tomorrow.opening, tomorrow.opening + round(terms.first * MINUTE)


def may_send(now: int, terms: WindowTerms, *, urgent: bool = False) -> bool:
    """Say whether an order may be sent now, nanoseconds since 1970, UTC.

    Examples
    --------
    >>> from hedgerow.live.hours import ZONE, ns
    >>> noon = ns(dt.datetime(2024, 7, 2, 12, 0, tzinfo=ZONE))
    >>> may_send(noon, WindowTerms()), may_send(noon, WindowTerms(), urgent=True)
    (False, True)
    """
    start, end = next_window(now, terms, urgent=urgent)
    return start <= now < end
