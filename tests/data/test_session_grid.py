"""Bars of New York sessions: early closes, daylight saving, lengths."""

import numpy as np
import pytest

from hedgerow.data.session_grid import bar_length, clock_of, session_grid, to_utc
from hedgerow.errors import RangeError
from intraday_days import utc


def grid(start, end=None, minutes=60):
    return session_grid(np.datetime64(start), np.datetime64(end or start), minutes)


def test_an_hourly_session_has_the_vendors_seven_bars():
    made = grid("2018-02-05")
    ends = [f"2018-02-05 {h}:00" for h in (10, 11, 12, 13, 14, 15, 16)]
    assert made.ends.tolist() == np.array([utc(end) for end in ends]).tolist()
    assert made.length.tolist() == [30, 60, 60, 60, 60, 60, 60]
    assert made.opened.tolist() == [30, 90, 150, 210, 270, 330, 390]
    assert made.left.tolist() == [360, 300, 240, 180, 120, 60, 0]


@pytest.mark.parametrize("day", ["2018-12-24", "2018-07-03", "2018-11-23", "2019-07-03"])
def test_an_early_close_is_at_one(day):
    made = grid(day)
    assert made.ends[-1] == utc(f"{day} 13:00")
    assert made.opened.tolist() == [30, 90, 150, 210]
    assert made.left.tolist() == [180, 120, 60, 0]


def test_daylight_saving_moves_utc_and_nothing_else():
    made = grid("2020-03-06", "2020-03-09")  # the clocks went forward on the 8th
    friday, monday = (
        made.dates == np.datetime64("2020-03-06"),
        made.dates > np.datetime64("2020-03-06"),
    )
    assert made.ends[friday][-1] == np.datetime64("2020-03-06T21:00")
    assert made.ends[monday][-1] == np.datetime64("2020-03-09T20:00")
    assert made.opened[friday].tolist() == made.opened[monday].tolist()
    autumn = grid("2020-10-30", "2020-11-02")
    assert [str(end)[11:13] for end in autumn.ends[[6, 13]]] == ["20", "21"]
    assert clock_of(autumn.ends).reshape(2, 7).tolist() == [[600 + 60 * i for i in range(7)]] * 2


def test_a_session_lies_within_one_day_of_utc():
    made = grid("2019-12-20", "2020-04-03", 5)
    assert (made.ends.astype("datetime64[D]") == made.dates).all()


@pytest.mark.parametrize(
    "minutes", [1, 2, 3, 5, 6, 10, 13, 15, 26, 30, 39, 60, 65, 78, 130, 195, 390]
)
def test_bars_of_any_length_fill_the_session(minutes):
    for day, whole in (("2018-02-05", 390), ("2018-12-24", 210)):
        made = grid(day, minutes=minutes)
        assert made.length.sum() == whole
        assert made.left[-1] == 0
        assert (made.opened + made.left == whole).all()
        assert (made.length <= minutes).all()


def test_weekends_and_holidays_have_no_bars():
    assert not len(grid("2018-02-03", "2018-02-04"))
    assert np.unique(grid("2018-07-03", "2018-07-05").dates).astype(str).tolist() == [
        "2018-07-03",
        "2018-07-05",
    ]


@pytest.mark.parametrize("text", ["7m", "0m", "2h", "1w", "", "h", "2d"])
def test_other_lengths_are_refused(text):
    with pytest.raises(RangeError, match="length of bars"):
        bar_length(text)


def test_a_time_that_the_clocks_skip_is_none():
    night = np.array(["2020-03-08T02:30", "2020-11-01T01:30"], dtype="datetime64[m]")
    assert np.isnat(to_utc(night, "America/New_York")).all()
