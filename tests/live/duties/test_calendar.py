"""Duties fall on the last session of an exchange week and of a month."""

from __future__ import annotations

import pytest

from hedgerow.data.calendar import sessions
from hedgerow.live.duties.calendar import due, falling


@pytest.mark.parametrize(
    ("session", "kinds"),
    [
        ("2020-04-08", ("daily",)),
        ("2020-04-09", ("daily", "weekly")),  # Good Friday follows
        ("2019-11-27", ("daily",)),  # before Thanksgiving: half a Friday is left
        ("2019-11-29", ("daily", "weekly", "monthly")),  # and it is the month's last session
        ("2020-05-29", ("daily", "weekly", "monthly")),  # a Friday; the 30th and 31st are none
        ("2020-04-30", ("daily", "monthly")),  # a Thursday
        ("2020-07-02", ("daily", "weekly")),  # 4 July is observed on Friday
        ("2020-12-31", ("daily", "weekly", "monthly")),  # a Thursday, New Year on Friday
        ("2012-10-26", ("daily", "weekly")),  # before the two days of Sandy
        ("2021-12-31", ("daily", "weekly", "monthly")),  # New Year on a Saturday
    ],
)
def test_nyse_calendar(session, kinds) -> None:
    assert falling(session) == kinds


def test_every_week_and_month_of_two_decades_has_one() -> None:
    days = [str(each.date) for each in sessions("2003-01-01", "2022-12-31")]
    fell = {day: falling(day) for day in days}
    assert sum("monthly" in kinds for kinds in fell.values()) == 20 * 12
    weeks: dict[tuple[int, int], list[str]] = {}
    for each in sessions("2003-01-01", "2022-12-31"):
        weeks.setdefault(each.date.isocalendar()[:2], []).append(str(each.date))
    ends = [day for day in days if "weekly" in fell[day]]
    assert ends == [week[-1] for week in weeks.values()]


def test_what_was_missed_stays_due() -> None:
    days = ["2020-04-08", "2020-04-09", "2020-04-13"]
    found = due(days, {("daily", "2020-04-09")}, ("daily", "weekly"))
    assert [(each.kind, each.session) for each in found] == [
        ("daily", "2020-04-08"),
        ("weekly", "2020-04-09"),
        ("daily", "2020-04-13"),
    ]
