"""Every bad input of a folder: a clear error or a named repair."""

import json

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data import load
from hedgerow.errors import DataError, RangeError


def rules(loaded):
    return {finding.rule: finding for finding in loaded.quality}


def test_good_files_have_no_findings(shelf):
    loaded = shelf.load()
    np.testing.assert_array_equal(loaded.market["spx"], shelf.closes)
    np.testing.assert_array_equal(loaded.market["vix"], shelf.vix)
    assert [str(d) for d in loaded.market.dates] == list(shelf.days)
    assert len(loaded.quality) == 0
    assert loaded.quality.summary() == "no findings"
    assert loaded.market.origin["dividend_yield"][0] == Origin.ASSUMED


def test_the_first_print_comes_with_the_bars_and_what_it_cannot_be_is_dropped(shelf):
    opens = (3244.67, 0.0, 3217.55, 9999.0, 3238.59, 3266.03)
    days = zip(shelf.days, opens, shelf.closes, strict=True)
    shelf.spx(rows=[f"{d},{o},{max(o, c)},{min(o, c)},{c},{c},0" for d, o, c in days])
    loaded = shelf.load()
    first = loaded.market["spx_open"]
    np.testing.assert_array_equal(first[[0, 2, 4, 5]], np.array(opens)[[0, 2, 4, 5]])
    assert np.isnan(first[[1, 3]]).all()
    assert rules(loaded)["out-of-range"].column == "spx_open"
    assert rules(loaded)["out-of-range"].count == 2
    np.testing.assert_array_equal(loaded.market["spx"], shelf.closes)


def test_special_quotations_are_a_file_of_ones_own(shelf):
    shelf.write("mine.csv", ["Date,SPX_SOQ", "2020-01-03,3226.36"])
    soq = shelf.load().market["spx_soq"]
    assert soq[1] == 3226.36
    assert np.isnan(np.delete(soq, 1)).all()


def test_bars_are_the_indexs_whatever_their_file_says_of_the_open(shelf):
    (shelf.folder / "^GSPC.csv").rename(shelf.folder / "spx_open_high_low_close.csv")
    np.testing.assert_array_equal(shelf.load().market["spx"], shelf.closes)


def test_missing_folder():
    with pytest.raises(DataError, match=r"'no/such/folder' does not exist.*Mend: "):
        load("no/such/folder")


def test_a_folder_without_an_index(shelf):
    (shelf.folder / "^GSPC.csv").unlink()
    with pytest.raises(DataError, match=r"no S&P 500 closes.*found: vix.*Mend: add a CSV"):
        shelf.load()


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_empty_csv(shelf, content):
    (shelf.folder / "VIX_History.csv").write_text(content)
    with pytest.raises(DataError, match=r"VIX_History.csv: the file is empty"):
        shelf.load()


def test_csv_with_a_header_only(shelf):
    shelf.cboe(rows=[])
    with pytest.raises(DataError, match=r"VIX_History.csv: .*header but no rows"):
        shelf.load()


def test_a_known_name_with_no_known_column(shelf):
    shelf.write("VIX_History.csv", ["when;what", "yesterday;12"])
    with pytest.raises(DataError, match=r"VIX_History.csv: no column for 'vix' was recognised"):
        shelf.load()


@pytest.mark.parametrize("value", ["0", "0.00", "-12.5"])
def test_vix_of_zero_is_dropped_and_carried(shelf, value):
    shelf.cboe(rows=shelf.bars(d06=value))
    loaded = shelf.load()
    found = rules(loaded)
    assert found["vix-zero"].action == "dropped"
    assert found["vix-zero"].file == "VIX_History.csv"
    assert found["vix-zero"].first[0].startswith("2020-01-06")
    assert found["vix-gap"].action == "repaired"
    assert loaded.market["vix"][2] == 14.02
    assert loaded.market.origin["vix"].tolist() == [0, 0, Origin.REPAIRED, 0, 0, 0]


def test_a_short_run_without_vix_is_carried(shelf):
    shelf.cboe(rows=shelf.bars(d03="", d06="NaN", d07="."))
    loaded = shelf.load()
    assert loaded.market["vix"].tolist() == [12.47, 12.47, 12.47, 12.47, 13.45, 12.54]
    assert rules(loaded)["vix-gap"].count == 3


def test_a_long_run_without_vix_stays_unknown_and_is_named(shelf):
    shelf.cboe(rows=shelf.bars(d03="", d06="", d07="", d08=""))
    loaded = shelf.load()
    found = rules(loaded)["nan-run"]
    assert "no usable VIX from 2020-01-03 to 2020-01-08" in found.sentence
    assert (found.file, found.count) == ("VIX_History.csv", 4)
    assert np.isnan(loaded.market["vix"]).tolist() == [False, True, True, True, True, False]


def test_missing_rows_count_like_missing_values(shelf):
    shelf.cboe(rows=[shelf.bars()[0], shelf.bars()[-1]])
    assert rules(shelf.load())["nan-run"].count == 4


def test_edges_without_vix_are_left_out(shelf):
    shelf.cboe(rows=shelf.bars()[1:5])
    loaded = shelf.load()
    assert [str(d) for d in loaded.market.dates] == list(shelf.days[1:5])
    assert [f.count for f in loaded.quality.of("edge-trimmed")] == [1, 1]


def test_a_run_without_closes_is_refused(shelf):
    rows = [f"{d},,,,,,0" for d in shelf.days[1:5]]
    first, last = (f"{d},1,1,1,1,1,0" for d in (shelf.days[0], shelf.days[-1]))
    shelf.spx(rows=[first, *rows, last])
    with pytest.raises(DataError, match=r"GSPC.csv, column spx: no close on 4 rows running"):
        shelf.load()


def test_text_in_a_number(shelf):
    shelf.cboe(rows=shelf.bars(d07="closed"))
    with pytest.raises(
        DataError,
        match=r"VIX_History.csv, row 5, column close: 'closed' is not "
        r"a number .*text-in-number.*Mend: write a number",
    ):
        shelf.load()


def test_rows_are_counted_past_a_first_line_and_blank_lines(shelf):
    shelf.write(
        "VIX_History.csv",
        ["Data as is", "DATE,OPEN,HIGH,LOW,CLOSE", shelf.bars()[0], "", "01/03/2020,1,1,1,oops"],
    )
    with pytest.raises(DataError, match="row 5, column close: 'oops'"):
        shelf.load()


def test_an_unreadable_date(shelf):
    rows = shelf.bars()
    rows[3] = "02/30/2020,13,13,13,13"
    shelf.cboe(rows=rows)
    with pytest.raises(DataError, match=r"row 5, column date: '02/30/2020' is not a date"):
        shelf.load()


def test_unordered_dates_are_sorted(shelf):
    shelf.cboe(rows=shelf.bars()[::-1])
    loaded = shelf.load()
    assert loaded.market["vix"].tolist() == list(shelf.vix)
    assert rules(loaded)["date-unordered"].action == "repaired"


def test_a_date_twice_with_one_value(shelf):
    rows = shelf.bars()
    shelf.cboe(rows=[*rows[:2], rows[1], *rows[2:]])
    loaded = shelf.load()
    assert loaded.market["vix"].tolist() == list(shelf.vix)
    found = rules(loaded)["date-duplicate"]
    assert (found.action, found.count, found.first) == ("dropped", 1, ("2020-01-03 (row 4)",))


def test_a_date_twice_with_two_values(shelf):
    rows = shelf.bars()
    shelf.cboe(rows=[*rows[:2], shelf.bar("2020-01-03", 99), *rows[2:]])
    with pytest.raises(
        DataError,
        match=r"VIX_History.csv, row 4, column vix: 2020-01-03 stands "
        r"twice .* 14.02 in row 3 and 99 in row 4",
    ):
        shelf.load()


def test_end_before_start_and_dates_outside(shelf):
    with pytest.raises(RangeError, match="the end 2020-01-03 lies before the start 2020-01-08"):
        shelf.load(start="2020-01-08", end="2020-01-03")
    with pytest.raises(RangeError, match="choose dates inside 2020-01-02 … 2020-01-09"):
        shelf.load(start="2031-01-01")
    clipped = rules(shelf.load(start="1987-10-19", end="2020-01-07"))["range-clipped"]
    assert "reach only to 2020-01-02" in clipped.sentence


def test_decimal_commas(shelf):
    rows = [r.replace(",", ";").replace(".", ",") for r in shelf.bars()]
    shelf.write("VIX_History.csv", ["DATE;OPEN;HIGH;LOW;CLOSE", *rows])
    loaded = shelf.load()
    assert loaded.market["vix"].tolist() == list(shelf.vix)
    found = loaded.quality.of("decimal-comma")
    assert {f.column for f in found} == {"open", "high", "low", "close"}
    assert found[0].count == 6


def test_a_header_that_names_a_column_twice_is_refused(shelf):
    text = (shelf.folder / "VIX_History.csv").read_text("utf-8")
    lines = text.replace("HIGH,LOW,CLOSE", "HIGH,CLOSE,CLOSE").splitlines()
    shelf.write("VIX_History.csv", lines)
    with pytest.raises(DataError, match="the column 'close' twice"):
        load(shelf.folder)


def test_an_unquoted_decimal_comma_is_refused(shelf):
    shelf.write("VIX_History.csv", ["DATE,VIX", "01/02/2020,12,47", "01/03/2020,14,02"])
    with pytest.raises(
        DataError,
        match=r"VIX_History.csv, row 2: the row has 3 fields where the "
        "header has 2",
    ):
        shelf.load()


def test_thousands_and_ambiguous_commas(shelf):
    quoted = [f'{d},"{c:,.2f}"' for d, c in zip(shelf.days, shelf.closes, strict=True)]
    shelf.write("^GSPC.csv", ["Date,Close", *quoted])
    loaded = shelf.load()
    assert loaded.market["spx"].tolist() == list(shelf.closes)
    assert rules(loaded)["thousands-comma"].count == 6
    whole = [f'{d},"{int(c):,}"' for d, c in zip(shelf.days, shelf.closes, strict=True)]
    shelf.write("^GSPC.csv", ["Date,Close", *whole])
    with pytest.raises(DataError, match=r"row 2, column close: the comma in '3,257' may part"):
        shelf.load()


def test_a_spike_that_comes_back_is_dropped(shelf):
    closes = [*shelf.closes[:3], 323.718, *shelf.closes[4:]]
    shelf.spx(rows=[f"{d},{c},{c},{c},{c},{c},0" for d, c in zip(shelf.days, closes, strict=True)])
    loaded = shelf.load()
    assert len(loaded.market) == 5
    assert rules(loaded)["spike"].first == ("2020-01-07: 323.718",)


def test_a_vix_times_ten_for_a_day_is_dropped(shelf):
    shelf.cboe(rows=shelf.bars(d06=138.5))
    loaded = shelf.load()
    assert loaded.market["vix"][2] == 14.02
    assert rules(loaded)["spike"].column == "vix"


def test_inconsistent_bars_are_noted(shelf):
    rows = shelf.bars()
    rows[2] = "01/06/2020,13.9,13.8,13.7,13.85"
    shelf.cboe(rows=rows)
    loaded = shelf.load()
    assert rules(loaded)["ohlc-inconsistent"].first == ("2020-01-06 (row 4)",)
    assert loaded.market["vix"][2] == 13.85


def test_a_stuck_vix_is_noted(shelf):
    shelf.cboe(rows=[shelf.bar(d, 13.0) for d in shelf.days])
    assert rules(shelf.load())["stale"].first == ("2020-01-02 … 2020-01-09",)


def test_two_files_of_one_column(shelf):
    iso = [
        f"{d},{v},{v},{v},{v}"
        for d, v in zip(shelf.days[:4], (12.47, 14.02, 13.0, 13.79), strict=True)
    ]
    shelf.write("more/vix-daily.csv", ["DATE,OPEN,HIGH,LOW,CLOSE", *iso])
    shelf.cboe(rows=shelf.bars()[1:])
    loaded = shelf.load()
    assert loaded.market["vix"].tolist() == list(shelf.vix)
    found = rules(loaded)["source-conflict"]
    assert found.file == "more/vix-daily.csv"
    assert found.first == ("2020-01-06: 13.85 used, 13 not",)
    assert loaded.market.sources["vix"].startswith("VIX_History.csv, more/vix-daily.csv")


def test_without_a_vix_it_is_modelled_and_labelled(shelf):
    (shelf.folder / "VIX_History.csv").unlink()
    loaded = shelf.load()
    assert set(loaded.market.origin["vix"].tolist()) == {Origin.MODELLED}
    assert "modelled from the index" in loaded.market.sources["vix"]
    assert rules(loaded)["vix-modelled"].count == 6


def test_fred_files_are_percentages_known_a_day_late(shelf):
    shelf.write(
        "DFF.csv", ["observation_date,DFF", "2020-01-01,1.55", "2020-01-02,.", "2020-01-03,1.60"]
    )
    shelf.write("macro/BAMLH0A0HYM2.csv", ["DATE,BAMLH0A0HYM2", "2020-01-02,3.56"])
    market = shelf.load().market
    np.testing.assert_allclose(market["rate"], [0.0155, 0.0155, 0.016, 0.016, 0.016, 0.016])
    assert np.isnan(market["hy_spread"][0])
    np.testing.assert_allclose(market["hy_spread"][1:], 0.0356)
    assert set(market.origin["rate"].tolist()) == {Origin.MEASURED}


def test_a_rate_long_past_is_assumed(shelf):
    shelf.write("DFF.csv", ["date,dff", "2019-12-20,1.55"])
    market = shelf.load().market
    assert set(market.origin["rate"].tolist()) == {Origin.ASSUMED}


def test_parquet_and_wide_tables(shelf, tmp_path):
    import pandas as pd

    frame = pd.DataFrame(
        {"SPX": shelf.closes, "VIX": shelf.vix, "VIX3M": 15.0},
        index=pd.DatetimeIndex(shelf.days, name="whenever"),
    )
    frame.to_parquet(tmp_path / "all.parquet")
    frame.to_csv(tmp_path / "all.csv", index_label="Date")
    for name in ("all.parquet", "all.csv"):
        loaded = load(tmp_path / name)
        np.testing.assert_array_equal(loaded.market["vix"], shelf.vix)
        np.testing.assert_array_equal(loaded.market["vix3m"], 15.0)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match=r"bad.parquet: the Parquet file cannot be read"):
        load(tmp_path / "bad.parquet")


def test_other_files_are_listed_and_left_alone(shelf):
    shelf.write("crypto/BTC.csv", ["Date,Close", "2020-01-02,60"])
    shelf.write("notes.txt", ["hello"])
    shelf.write(".hidden.csv", ["Date,Close"])
    found = rules(shelf.load())["not-used"]
    assert found.count == 2
    assert set(found.first) == {"crypto/BTC.csv", "notes.txt"}


def test_a_byte_order_mark_and_odd_layouts(shelf):
    rows = [f"{d}T00:00:00+00:00,{c}" for d, c in zip(shelf.days, shelf.closes, strict=True)]
    (shelf.folder / "^GSPC.csv").write_text(
        "\n".join(["\ufeffDate,Close", *rows]), encoding="utf-8"
    )
    shelf.write(
        "VIX_History.csv",
        [
            "DATE,VIX",
            *(f"{d[8:]}.{d[5:7]}.{d[:4]},{v}" for d, v in zip(shelf.days, shelf.vix, strict=True)),
        ],
    )
    market = shelf.load().market
    assert market["spx"].tolist() == list(shelf.closes)
    assert market["vix"].tolist() == list(shelf.vix)


def test_dividend_yield_from_a_total_return_index(tmp_path):
    """Total return 2 % a year above price, by construction: known after 252 sessions."""
    import pandas as pd

    days = pd.bdate_range("2018-01-01", periods=300)
    price = np.full(300, 3000.0) * 1.0001 ** np.arange(300)
    total = price * np.exp(0.02 * np.arange(300) / 252)
    pd.DataFrame({"Close": price}, index=days).to_csv(tmp_path / "spx.csv", index_label="Date")
    pd.DataFrame({"Close": total}, index=days).to_csv(tmp_path / "spxtr.csv", index_label="Date")
    pd.DataFrame({"VIX": 15.0 + np.arange(300) % 3}, index=days).to_csv(
        tmp_path / "vix.csv", index_label="Date"
    )
    market = load(tmp_path).market
    np.testing.assert_allclose(market["dividend_yield"][252:], 0.02, rtol=1e-6)
    assert market.origin["dividend_yield"][251] == Origin.ASSUMED
    assert market.origin["dividend_yield"][252] == Origin.MEASURED


def test_the_report_is_json(shelf):
    shelf.cboe(rows=shelf.bars(d06=0))
    report = json.loads(json.dumps(shelf.load().quality.as_dict()))
    assert report["counts"] == {"dropped": 1, "repaired": 1}
    assert "vix-zero" in shelf.load().quality.summary()


def daily(first, count):
    return np.busday_offset(np.datetime64(first), np.arange(count))


def test_sessions_without_a_row_are_noted_and_closings_of_the_exchange_are_not(shelf):
    days = daily("2001-09-04", 40)  # the exchange was shut from 11 to 14 September
    lost = [np.datetime64(day) for day in ("2001-10-01", "2001-10-02", "2001-10-03")]
    shut = np.arange(np.datetime64("2001-09-11"), np.datetime64("2001-09-15"))
    shelf.days = [str(day) for day in np.setdiff1d(days, [*lost, *shut])]
    shelf.closes = [1100.0 + k for k in range(len(shelf.days))]
    shelf.vix = [20.0 + 0.1 * k for k in range(len(shelf.days))]
    shelf.spx()
    shelf.cboe()
    (found,) = shelf.load().quality
    assert (found.rule, found.count) == ("session-missing", 3)
    assert list(found.first) == [str(day) for day in lost]


def test_weekly_closes_are_refused(shelf):
    shelf.days = [str(np.datetime64("2019-01-04") + 7 * k) for k in range(30)]
    shelf.closes = [2500.0 + k for k in range(30)]
    shelf.vix = [20.0 + 0.1 * k for k in range(30)]
    shelf.spx()
    shelf.cboe()
    with pytest.raises(DataError, match=r"no daily closes.*session-missing"):
        shelf.load()


def test_daily_closes_with_one_long_hole_are_noted_and_not_called_weekly(shelf):
    days = [*daily("1994-03-07", 10), *daily("2024-03-04", 15)]  # no holiday among them
    shelf.days = [str(day) for day in days]
    shelf.closes = [1100.0 + k for k in range(len(days))]
    shelf.vix = [20.0 + 0.1 * k for k in range(len(days))]
    shelf.spx()
    shelf.cboe()
    (found,) = shelf.load().quality.of("session-missing")
    assert found.first[0] == "1994-03-21"
    assert found.count > 7_000
    shelf.days[:10] = [str(np.datetime64("1994-03-07") + 30 * k) for k in range(10)]
    shelf.spx()
    shelf.cboe()
    with pytest.raises(DataError, match="no daily closes"):
        shelf.load()


def test_a_vix_in_decimals_is_refused_with_its_mend(shelf):
    shelf.cboe(rows=[shelf.bar(d, v / 100.0) for d, v in zip(shelf.days, shelf.vix, strict=True)])
    with pytest.raises(DataError, match=r"no value is over 0\.1402") as error:
        shelf.load()
    assert "times 100" in str(error.value)


def test_the_three_header_lines_of_yfinance(shelf):
    header = ["Price,Close,High,Low,Open,Volume", "Ticker" + ",^GSPC" * 5, "Date,,,,,"]
    rows = [f"{d},{c},{c},{c},{c},0" for d, c in zip(shelf.days, shelf.closes, strict=True)]
    shelf.write("^GSPC.csv", [*header, *rows])
    loaded = shelf.load()
    np.testing.assert_array_equal(loaded.market["spx"], shelf.closes)
    assert len(loaded.quality) == 0
    shelf.write("^GSPC.csv", [*header, *rows[:2], rows[2].replace("3246.28", "x"), *rows[3:]])
    with pytest.raises(DataError, match="row 6"):
        shelf.load()
