"""Execution windows (H10) on common days, early closes and days when the clocks change."""

from __future__ import annotations

import datetime as dt

import pytest

from hedgerow.errors import PolicyError
from hedgerow.live.hours import ZONE, hours_from, next_close, ns
from hedgerow.live.orders.windows import may_send, next_window, waits_until
from hedgerow.live.settings import WindowTerms, parse

TERMS = WindowTerms()


def utc(text: str) -> int:
    return ns(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))


def local(text: str) -> int:
    return ns(dt.datetime.fromisoformat(text).replace(tzinfo=ZONE))


@pytest.mark.parametrize(
    ("day", "opening", "close"),
    [
        # nyse.com/markets/hours-calendars: early closes at 13:00 New York
        ("2024-11-29", "2024-11-29T14:30", "2024-11-29T18:00"),
        ("2024-12-24", "2024-12-24T14:30", "2024-12-24T18:00"),
        ("2024-07-03", "2024-07-03T13:30", "2024-07-03T17:00"),
        # clocks of New York: UTC-5 up to 2024-03-08, UTC-4 from 2024-03-11, UTC-5 from 2024-11-04
        ("2024-03-08", "2024-03-08T14:30", "2024-03-08T21:00"),
        ("2024-03-11", "2024-03-11T13:30", "2024-03-11T20:00"),
        ("2024-11-01", "2024-11-01T13:30", "2024-11-01T20:00"),
        ("2024-11-04", "2024-11-04T14:30", "2024-11-04T21:00"),
        # from days without a session: the next one
        ("2024-12-25", "2024-12-26T14:30", "2024-12-26T21:00"),
        ("2024-03-29", "2024-04-01T13:30", "2024-04-01T20:00"),  # Good Friday
    ],
)
def test_hours_in_utc(day, opening, close) -> None:
    hours = hours_from(day)
    assert (hours.opening, hours.close) == (utc(opening), utc(close))


@pytest.mark.parametrize(
    ("now", "normal", "urgent"),
    [
        ("2024-04-03T09:29:59", False, False),
        ("2024-04-03T09:30", True, True),
        ("2024-04-03T10:59:59", True, True),
        ("2024-04-03T11:00", False, True),
        ("2024-04-03T14:59:59", False, True),
        ("2024-04-03T15:00", True, True),
        ("2024-04-03T15:59:59", True, True),
        ("2024-04-03T16:00", False, False),
        ("2024-04-06T10:00", False, False),  # a Saturday
        # an early close: the last hour begins at 12:00
        ("2024-11-29T11:59", False, True),
        ("2024-11-29T12:00", True, True),
        ("2024-11-29T13:00", False, False),
        ("2024-12-24T12:30", True, True),
        ("2024-12-24T15:30", False, False),
    ],
)
def test_when_orders_are_sent(now, normal, urgent) -> None:
    assert may_send(local(now), TERMS) is normal
    assert may_send(local(now), TERMS, urgent=True) is urgent


@pytest.mark.parametrize(
    ("now", "terms", "start", "end"),
    [
        ("2024-04-03T11:00", TERMS, "2024-04-03T15:00", "2024-04-03T16:00"),
        ("2024-04-05T16:00", TERMS, "2024-04-08T09:30", "2024-04-08T11:00"),
        ("2024-04-03T12:00", WindowTerms(last=0), "2024-04-04T09:30", "2024-04-04T11:00"),
        ("2024-04-03T09:31", WindowTerms(first=0), "2024-04-03T15:00", "2024-04-03T16:00"),
        # windows that meet leave no gap
        ("2024-11-29T11:30", WindowTerms(last=120), "2024-11-29T09:30", "2024-11-29T13:00"),
        ("2024-04-03T12:00", WindowTerms(first=420), "2024-04-03T09:30", "2024-04-03T16:00"),
    ],
)
def test_the_window_that_is_open_or_comes_next(now, terms, start, end) -> None:
    assert next_window(local(now), terms) == (local(start), local(end))


def test_no_window_at_all_is_never_open() -> None:
    never = WindowTerms(first=0, last=0)
    times = [local(f"2024-04-03T{hour:02d}:30") for hour in range(24)]
    assert not any(may_send(now, never) for now in times)
    assert any(may_send(now, never, urgent=True) for now in times)


def test_the_next_close_is_of_another_session() -> None:
    assert next_close("2024-11-27") == local("2024-11-29T13:00")
    assert next_close("2024-11-29") == local("2024-12-02T16:00")


@pytest.mark.parametrize(
    ("proposed", "hours", "until"),
    [
        ("2024-04-04 16:20", 18, "2024-04-05 10:20"),  # Thursday
        ("2024-04-05 16:20", 18, "2024-04-08 10:20"),  # Friday: the person comes on Monday
        ("2024-04-05 16:20", 3, "2024-04-05 19:20"),
        ("2024-03-28 16:20", 18, "2024-04-01 10:20"),  # before Good Friday
        ("2024-03-08 16:20", 18, "2024-03-11 10:20"),  # the clocks go forward in between
        ("2024-11-27 16:20", 48, "2024-11-29 13:00"),  # Thanksgiving, then an early close
    ],
)
def test_a_proposal_waits_for_a_person_who_comes_on_trading_days(proposed, hours, until) -> None:
    assert waits_until(local(proposed), proposed[:10], hours) == local(until)


def test_settings_that_leave_no_window_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"windows\.first, windows\.last: no minute is left"):
        parse("windows = { first = 0, last = 0 }")
    assert parse("windows = { first = 0, last = 30 }").windows.last == 30.0
