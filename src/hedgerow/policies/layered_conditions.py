"""What the layered hedge asks of market and book, each question in one place.

The kernels and the explanation in words both call these.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hedgerow.core.numeric import Num, clip, select, unknown
from hedgerow.policies.overlays import NAN

TINY = 1e-9
"""Part of the target below which nothing is left, and short of the whole nothing lacks."""

NEVER = 2e9
"""Bars since a crossing that there was not."""
UNLIMITED = 1e9
"""Bars for which a crossing may stand where no limit is set."""


def crosses(now: Num, before: Num) -> Any:
    """Say whether a histogram crosses above zero; a bar without one before it does not.

    Examples
    --------
    >>> crosses(0.1, -0.2), crosses(0.1, 0.05), crosses(0.1, float("nan"))
    (True, False, False)
    """
    return (now > 0.0) & (before <= 0.0)


def stood(now: Num, before: Num, bars: Num) -> Num:
    """Return for how many bars a crossing above zero has stood; `NEVER` where there is none.

    Parameters
    ----------
    now, before
        The histogram, and that of the bar before; one value or **shape** (lanes,), as all.
    bars
        What this returned at the bar before.

    Examples
    --------
    >>> stood(0.1, -0.1, NEVER), stood(0.2, 0.1, 0.0), stood(-0.1, 0.2, 1.0) == NEVER
    (0.0, 1.0, True)
    """
    return select(crosses(now, before), 0.0, select(now > 0.0, bars + 1.0, NEVER))


def confirms(now: Num, before: Num) -> Any:
    """Say whether a histogram is above zero and not falling (H5).

    Examples
    --------
    >>> confirms(0.2, 0.1), confirms(0.2, 0.3), confirms(-0.1, -0.2)
    (True, False, False)
    """
    return (now > 0.0) & (now >= before)


def retraced(vix: Num, start: Num, peak: Num, part: Num) -> Any:
    """Say whether VIX has given back its part of the rise from arming to peak (H7).

    Examples
    --------
    >>> retraced(30.0, 20.0, 40.0, 0.5), retraced(31.0, 20.0, 40.0, 0.5)
    (True, False)
    """
    return peak - vix >= part * (peak - start)


def widened(correlation: Num, low: Num, high: Num, calm: Num, tense: Num) -> Num:
    """Return the hedge ratio at an implied correlation: linear between two levels of it (H4).

    Examples
    --------
    >>> round(widened(0.45, 0.60, 0.75, 0.30, 0.60), 12)
    0.675
    """
    return low + (high - low) * clip((correlation - calm) / (tense - calm), 0.0, 1.0)


def among(code: Num, low: Num, high: Num) -> Any:
    """Say whether a code is one of those from ``low`` to ``high``.

    Examples
    --------
    >>> among(2.0, 1.0, 2.0), among(3.0, 1.0, 2.0)
    (True, False)
    """
    return (code >= low) & (code <= high)


def following(state: Num, code: Num) -> Num:
    """Return the state after the transition of a code, as `TRANSITIONS` has it.

    Examples
    --------
    >>> following(0.0, 1.0), following(4.0, 9.0), following(3.0, 0.0)
    (1.0, 5.0, 3.0)
    """
    after = select(among(code, 1.0, 2.0), 1.0, state)
    after = select(among(code, 4.0, 5.0), 2.0, after)
    after = select(among(code, 6.0, 7.0) | (code == 14.0), 3.0, after)
    after = select((code == 8.0) | (code == 15.0), 4.0, after)
    after = select(among(code, 9.0, 12.0), 5.0, after)
    return select((code == 3.0) | (code == 13.0), 0.0, after)


def filled(fraction: Num, code: Num, first: Num, slice_: Num, stage: Num) -> Num:
    """Return the part of the target that is held after the transition of a code.

    Parameters
    ----------
    fraction
        Part held before, 0 … 1, one value or **shape** (lanes,), as all parameters.
    code
        Of the transition.
    first, slice_, stage
        Parts of the target: the first tranche, a further slice, and a stage of removal.

    Examples
    --------
    >>> filled(0.0, 4.0, 0.25, 0.375, 0.0), filled(0.25, 6.0, 0.25, 0.375, 0.0)
    (0.25, 0.625)
    """
    after = select(among(code, 4.0, 5.0), first, fraction)
    after = select(among(code, 6.0, 7.0), fraction + slice_, after)
    after = select((code == 8.0) | (code == 15.0), 1.0, after)
    after = select(among(code, 9.0, 12.0), fraction - stage, after)
    return select((code == 3.0) | (code == 13.0) | (after < TINY), 0.0, after)


class Breach(NamedTuple):
    """What the hard limit remembers from bar to bar."""

    opened: Num
    """NAV before the day began, USD; NaN before the first bar."""
    day_over: Num
    """1.0 while the loss of the day is over its limit."""
    fall_over: Num
    """1.0 while the drawdown is."""
    hit: Num
    """1.0 at the bar at which one of them is newly over."""


UNHURT = Breach(NAN, 0.0, 0.0, 0.0)
"""Before the first bar."""

NO_LIMIT = 2.0
"""A loss of twice the NAV: what stands for a limit that is off."""


def limit(loss: float | None) -> float:
    """Return a limit as kernels take it.

    Examples
    --------
    >>> limit(0.03), limit(None)
    (0.03, 2.0)
    """
    return NO_LIMIT if loss is None else loss


def breach(
    nav: Num, peak: Num, before: Num, days: Num, last: Breach, day_loss: Num, drawdown: Num
) -> Breach:
    """Look at the loss of the day and at the drawdown: the hard risk limit (H10).

    It is hit at the bar at which one of them is newly over; the loss of a day begins anew each day.

    Parameters
    ----------
    nav, peak, before
        NAV, its peak, and NAV at the bar before, USD; one value or **shape** (lanes,), as all.
    days
        Calendar days since the bar before; 0 within a day.
    last
        What was remembered.
    day_loss, drawdown
        Limits, decimals; 2.0 for none.

    Examples
    --------
    >>> first = breach(96.0, 100.0, 100.0, 1.0, UNHURT, 0.03, 2.0)
    >>> first.hit, breach(95.0, 100.0, 96.0, 0.0, first, 0.03, 2.0).hit
    (1.0, 0.0)
    """
    fresh = (days > 0.0) | unknown(last.opened)
    opened = select(fresh, before, last.opened)
    by_day = nav < opened * (1.0 - day_loss)
    by_fall = nav < peak * (1.0 - drawdown)
    was_day = select(fresh, 0.0, last.day_over)
    hit = (by_day & (was_day <= 0.0)) | (by_fall & (last.fall_over <= 0.0))
    return Breach(
        opened, select(by_day, 1.0, 0.0), select(by_fall, 1.0, 0.0), select(hit, 1.0, 0.0)
    )
