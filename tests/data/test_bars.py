"""Files of intraday bars: what they are is told by their content, what is wrong is named."""

import zipfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.data.bars import PRICES, on_grid, read_bars
from hedgerow.data.quality import Findings
from hedgerow.data.session_grid import session_grid
from hedgerow.errors import DataError
from intraday_days import bar, utc

DAY = "2018-02-05"
HOURS = [f"20180205 {hour:02d}:00" for hour in range(9, 16)]


@pytest.fixture
def read(tmp_path):
    def reading(name, lines):
        path = tmp_path / name
        text = "\n".join(lines) + "\n"
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("spy.csv", text)
        else:
            path.write_text(text, encoding="utf-8")
        findings = Findings()
        return read_bars(path, name, findings), {row.rule: row for row in findings.rows}

    return reading


def named(stamps, volumes=None, offset=""):
    volumes = volumes or [100] * len(stamps)
    rows = [f"{s}{offset},10.5,11,10,10.5,{v}" for s, v in zip(stamps, volumes, strict=True)]
    return ["datetime,open,high,low,close,volume", *rows]


def minutes(start, count, step, day=DAY):
    first = np.datetime64(f"{day}T{start}")
    return [
        str(first + i * np.timedelta64(step, "m")).replace("T", " ") + ":00" for i in range(count)
    ]


def test_the_bare_layout_is_scaled_and_stamped_with_starts(read):
    for name in ("anything.csv", "hourly.zip"):
        made, rules = read(name, [bar(stamp, 273.0, 274.0) for stamp in HOURS])
        assert made.symbol == ("anything" if name.endswith("csv") else "spy")
        assert made.ends[[0, -1]].tolist() == [
            utc(f"{DAY} 10:00").item(),
            utc(f"{DAY} 16:00").item(),
        ]
        assert made.prices["close"].tolist() == [274.0] * 7
        assert rules["bar-scaled"].action == "repaired"


def test_plain_prices_are_left_alone(read):
    made, rules = read("spy.csv", [f"{stamp},273,274,272,273,9" for stamp in HOURS])
    assert made.prices["close"].tolist() == [273.0] * 7
    assert "bar-scaled" not in rules
    made, rules = read("spy.csv", [f"{stamp},39500.5,39600,39400,39500,9" for stamp in HOURS])
    assert "bar-scaled" not in rules


def test_an_offset_is_believed_and_extended_hours_left_out(read):
    stamps = minutes("04:00", 16 * 60, 1)
    volumes = [5000 if s[11:16] == "09:30" else 100 for s in stamps]
    made, rules = read("spy.csv", named(stamps, volumes, "-05:00"))
    assert len(made) == 390
    assert made.ends[0] == utc(f"{DAY} 09:31")
    assert rules["bar-outside"].count == 16 * 60 - 390


@pytest.mark.parametrize(("shift", "word"), [(0, "starts"), (5, "ends")])
@pytest.mark.parametrize(
    ("zone", "opening"), [("New_York", "09:30"), ("Chicago", "08:30"), ("UTC", "14:30")]
)
def test_zone_and_side_of_stamps_are_told_by_the_opening(read, shift, word, zone, opening):
    first = np.datetime64(f"{DAY}T{opening}") + shift
    stamps = [
        str(first + (i - 12) * np.timedelta64(5, "m")).replace("T", " ") + ":00" for i in range(110)
    ]
    volumes = [40 if i < 12 else 9000 - i for i in range(110)]
    made, rules = read("es.csv", named(stamps, volumes))
    assert word in rules["bar-stamp"].sentence
    assert zone in rules["bar-stamp"].sentence
    assert made.ends[[0, -1]].tolist() == [utc(f"{DAY} 09:35").item(), utc(f"{DAY} 16:00").item()]


def test_a_bar_twice_alike_loses_its_second_row(read):
    rows = [bar(stamp, 273.0, 274.0) for stamp in HOURS]
    made, rules = read("spy.csv", [*rows, rows[3]])
    assert len(made) == 7
    assert rules["bar-duplicate"].first == (HOURS[3],)
    assert "date-unordered" in rules


def test_two_bars_that_differ_are_refused_with_file_and_row(read):
    rows = [bar(stamp, 273.0, 274.0) for stamp in HOURS]
    with pytest.raises(
        DataError, match=r"spy\.csv, row 8, column datetime: two bars at 20180205 12"
    ):
        read("spy.csv", [*rows, bar(HOURS[3], 273.0, 275.0)])


def test_what_cannot_be_read_is_refused_with_file_row_and_column(read):
    rows = [bar(stamp, 273.0, 274.0) for stamp in HOURS]
    with pytest.raises(DataError, match=r"spy\.csv, row 3, column low: 'low' is not a number"):
        read("spy.csv", [*rows[:2], f"{HOURS[2]},1,1,low,1,1", *rows[3:]])
    with pytest.raises(DataError, match=r"spy\.csv, row 4, column datetime: '20189905 12:00'"):
        read("spy.csv", [*rows[:3], rows[3].replace("20180205", "20189905"), *rows[4:]])


def test_a_bar_without_a_price_is_dropped_and_named(read):
    rows = [bar(stamp, 273.0, 274.0) for stamp in HOURS]
    made, rules = read("spy.csv", [*rows[:2], f"{HOURS[2]},0,0,0,0,0", *rows[3:]])
    assert len(made) == 6
    assert rules["bar-unusable"].first == ("row 3",)


def test_bars_after_an_early_close_are_left_out(read):
    stamps = [f"20181224 {hour:02d}:00" for hour in range(9, 16)]
    made, rules = read("spy.csv", [bar(stamp, 240.0, 241.0) for stamp in stamps])
    assert made.ends[-1] == utc("2018-12-24 13:00")
    assert rules["bar-outside"].count == 3


def test_other_files_are_none_of_these(read):
    assert read("vix.csv", ["DATE,OPEN,HIGH,LOW,CLOSE", "01/02/2018,1,1,1,1"])[0] is None
    assert read("d.csv", ["datetime,open,high,low,close,volume", "2018-01-02,1,1,1,1,1"])[0] is None
    assert read("one.csv", [bar(HOURS[0], 1.0, 2.0)])[0] is None


def test_a_broken_archive_is_named(tmp_path):
    (tmp_path / "spy.zip").write_bytes(b"PK no")
    with pytest.raises(DataError, match=r"spy\.zip: the archive cannot be opened"):
        read_bars(tmp_path / "spy.zip", "spy.zip", Findings())


@given(
    prices=st.lists(st.floats(50.0, 500.0), min_size=78, max_size=78),
    minutes_=st.sampled_from([5, 10, 15, 30, 60, 65, 130, 390]),
)
def test_bars_put_together_keep_open_high_low_close_and_volume(tmp_path, prices, minutes_):
    path = tmp_path / "spy.csv"
    steps = np.r_[prices[0], prices]
    rows = [
        f"{s}-05:00,{a},{max(a, b)},{min(a, b)},{b},7"
        for s, a, b in zip(minutes("09:30", 78, 5), steps[:-1], steps[1:], strict=True)
    ]
    path.write_text("\n".join(["datetime,open,high,low,close,volume", *rows]), encoding="utf-8")
    fine = read_bars(path, "spy.csv", Findings())
    grid = session_grid(np.datetime64(DAY), np.datetime64(DAY), minutes_)
    made, carried = on_grid(fine, grid, Findings())
    assert not carried.any()
    edges = np.r_[0, grid.opened // 5]
    for i, (a, b) in enumerate(pairwise(edges)):
        part = {name: column[a:b] for name, column in fine.prices.items()}
        assert made.prices["open"][i] == part["open"][0]
        assert made.prices["high"][i] == part["high"].max()
        assert made.prices["low"][i] == part["low"].min()
        assert made.prices["close"][i] == part["close"][-1]
        assert made.volume[i] == 7 * (b - a)


def test_a_hole_carries_the_last_close_and_never_a_later_one(read):
    made, _ = read(
        "spy.csv", [bar(s, 273.0, 270.0 + i) for i, s in enumerate(HOURS) if i not in (0, 3)]
    )
    findings = Findings()
    grid = session_grid(np.datetime64(DAY), np.datetime64(DAY), 60)
    whole, carried = on_grid(made, grid, findings)
    assert np.isnan(whole.prices["close"][0])
    assert carried.tolist() == [False, False, False, True, False, False, False]
    assert [whole.prices[name][3] for name in PRICES] == [272.0] * 4
    rules = {row.rule: row for row in findings.rows}
    assert rules["bar-gap"].count == 1
    assert rules["session-part"].first == (f"{DAY}: 5 of 7 bars",)


def test_longer_bars_than_asked_for_are_refused(read):
    made, _ = read("spy.csv", [bar(stamp, 273.0, 274.0) for stamp in HOURS])
    with pytest.raises(DataError, match=r"60 minutes long"):
        on_grid(made, session_grid(np.datetime64(DAY), np.datetime64(DAY), 5), Findings())


@pytest.mark.realdata
def test_minutes_of_spy_2024_as_hours_are_those_of_pandas(real_folder):
    import pandas as pd

    path = real_folder / "intraday" / "spy_1min_2024-02_2024-05.csv"
    fine = read_bars(path, path.name, Findings())
    made, _ = on_grid(fine, session_grid(fine.dates[0], fine.dates[-1], 60), Findings())
    raw = pd.read_csv(path)
    times = pd.to_datetime(raw["datetime"], utc=True).dt.tz_convert("America/New_York")
    raw = raw.set_index(times).between_time("09:30", "15:59")
    rule = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    hours = raw.resample("60min").agg(rule).dropna()
    for name in PRICES:
        np.testing.assert_array_equal(made.prices[name], hours[name].to_numpy())
    np.testing.assert_allclose(made.volume, hours["volume"].to_numpy())


@pytest.mark.realdata
def test_the_es_file_is_new_york_time_and_stamped_with_starts(real_folder):
    path = real_folder / "intraday" / "es_5min_2026-02_2026-04.csv"
    findings = Findings()
    made = read_bars(path, path.name, findings)
    assert made.symbol == "es"
    said = next(row.sentence for row in findings.rows if row.rule == "bar-stamp")
    assert "starts" in said
    assert "New_York" in said
    # 78 bars of five minutes fill a session whichever way the clocks stand
    assert set(np.unique(made.dates, return_counts=True)[1].tolist()) == {78}
