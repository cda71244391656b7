"""Expiry rules against the calendars of the exchanges."""

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pandas_market_calendars as calendars
import pytest
from dateutil.easter import easter as oracle_easter

from hedgerow.core.expiry import (
    easter,
    holidays,
    sessions_ahead,
    third_friday,
    vix_settlement,
)

REAL = Path(os.environ.get("HEDGEROW_REALDATA", Path(__file__).parents[3] / "shared" / "data"))

# closures that no rule foretells
SURPRISES = {
    "1994-04-27", "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11",
    "2007-01-02", "2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09",
}  # fmt: skip


def test_easter_against_dateutil():
    assert all(easter(year) == oracle_easter(year) for year in range(1950, 2100))


def test_holidays_are_those_of_the_new_york_exchange():
    known = calendars.get_calendar("NYSE").holidays().holidays
    days = {str(np.datetime64(day, "D")) for day in known}
    expected = {day for day in days if "1990" <= day < "2031"} - SURPRISES
    ours = {str(day) for day in holidays(1990, 2030)}
    weekdays = {day for day in ours if dt.date.fromisoformat(day).weekday() < 5}
    assert weekdays == expected


def test_validation_vx_settlements_on_tuesdays():
    months = ["2019-03", "2022-03", "2024-06", "2025-03"]
    days = [str(day) for day in vix_settlement(months)]
    assert days == ["2019-03-19", "2022-03-15", "2024-06-18", "2025-03-18"]
    assert all(dt.date.fromisoformat(day).weekday() == 1 for day in days)


def test_two_contracts_of_2004_settled_early_as_the_exchanges_archive_says():
    days = [str(day) for day in vix_settlement(["2004-07", "2004-10"])]
    assert days == ["2004-07-14", "2004-10-13"]


def test_monthlies_move_before_a_holiday():
    moved = ["2008-03", "2019-04", "2022-04", "2026-06"]
    assert [str(day)[8:] for day in third_friday(moved)] == ["20", "18", "14", "18"]


def test_sessions_ahead_step_over_weekends_and_holidays():
    assert str(sessions_ahead("2024-12-24", 1)) == "2024-12-26"
    assert str(sessions_ahead("2024-12-25", 0)) == "2024-12-24"
    assert sessions_ahead(np.array([], dtype="datetime64[D]"), 1).size == 0


@pytest.mark.realdata
def test_validation_every_monthly_contract_file_settles_on_the_rule():
    folder = REAL / "vx_futures" / "listed_2013_2026"
    if not folder.is_dir():
        pytest.skip(f"no real VIX futures files at {folder}")
    listed = {path.stem[3:] for path in folder.glob("VX_*.csv")}
    rule = {str(day) for day in vix_settlement(np.arange("2013-01", "2026-10", dtype="M8[M]"))}
    absent = {
        "2013-02-13", "2013-05-22", "2014-01-22", "2014-03-18", "2014-10-22", "2015-07-22",
        "2017-03-22", "2018-02-14", "2018-08-22", "2019-02-13", "2019-03-19", "2019-05-22",
        "2022-03-15", "2024-06-18", "2025-03-18", "2026-05-19",
    }  # fmt: skip
    assert rule - listed == absent
    # every other file is a weekly: a Wednesday (or the session before) a week apart
    for day in listed - rule:
        assert (
            min(abs((np.datetime64(day) - np.datetime64(each)).astype(int)) for each in rule) >= 6
        )
