"""NDX, RUT, VXN and RVX in a folder: by the names that people have, screened like SPX and VIX."""

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data.tables import alias
from hedgerow.errors import DataError

NDX = (8872.22, 8793.90, 8848.52, 8846.45, 8912.37, 8989.63)
RUT = (1666.77, 1660.87, 1663.28, 1658.31, 1663.50, 1664.99)
VXN = (16.2, 17.4, 17.1, 17.0, 16.6, 15.9)


def rules(loaded):
    return {finding.rule: finding for finding in loaded.quality}


def yahoo(shelf, name, closes):
    rows = [f"{d},{c},{c},{c},{c},{c},0" for d, c in zip(shelf.days, closes, strict=True)]
    return shelf.spx(name, rows)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("^NDX", "ndx"), ("NDX", "ndx"), ("ndx_1985_2024", "ndx"), ("NASDAQ100", "ndx"),
        ("Nasdaq-100", "ndx"), ("VXN_History", "vxn"), ("^VXN", "vxn"), ("VXNCLS", "vxn"),
        ("^RUT", "rut"), ("RUT", "rut"), ("Russell 2000", "rut"),
        ("RVX_History", "rvx"), ("^RVX", "rvx"), ("RVXCLS", "rvx"),
        ("QQQ", "qqq"), ("iwm", "iwm"), ("XLRE", "xlre"), ("SPY_1min", None),
        ("xlf holdings", None), ("nasdaq", None), ("truth", None),
    ],
)  # fmt: skip
def test_names_as_vendors_write_them(name, column):
    assert alias(name) == column


def test_files_and_wide_tables_are_read(shelf):
    yahoo(shelf, "^NDX.csv", NDX)
    shelf.cboe("VXN_History.csv", [shelf.bar(d, v) for d, v in zip(shelf.days, VXN, strict=True)])
    rows = [f"{d},{c},20.5" for d, c in zip(shelf.days, RUT, strict=True)]
    shelf.write("small.csv", ["Date,RUT,RVXCLS", *rows])
    loaded = shelf.load()
    market = loaded.market
    for name, values in (("ndx", NDX), ("vxn", VXN), ("rut", RUT), ("rvx", [20.5] * 6)):
        np.testing.assert_array_equal(market[name], values)
        assert set(market.origin[name].tolist()) == {Origin.MEASURED}
    assert market.sources["ndx"] == "^NDX.csv, published closes"
    assert rules(loaded)["stale"].column == "rvx"


def test_a_fred_file_is_not_taken_for_per_cent(shelf):
    rows = [f"{d},{c}" for d, c in zip(shelf.days, NDX, strict=True)]
    shelf.write("macro/NASDAQ100.csv", ["observation_date,NASDAQ100", *rows])
    np.testing.assert_array_equal(shelf.load().market["ndx"], NDX)


def test_a_spike_is_dropped_and_the_close_before_carried(shelf):
    yahoo(shelf, "NDX.csv", [*NDX[:3], 884.645, *NDX[4:]])
    loaded = shelf.load()
    assert len(loaded.market) == 6  # of the S&P 500, a session is dropped; not here
    assert loaded.market["ndx"][3] == NDX[2]
    assert loaded.market.origin["ndx"].tolist() == [0, 0, 0, Origin.REPAIRED, 0, 0]
    found = rules(loaded)
    assert (found["spike"].file, found["spike"].first) == ("NDX.csv", ("2020-01-07: 884.645",))
    assert (found["index-gap"].column, found["index-gap"].count) == ("ndx", 1)


def test_zeros_and_strange_days_are_told(shelf):
    shelf.write(
        "RVX.csv",
        ["Date,Close", "2020-01-02,20", "2020-01-03,0", "2020-01-05,21", "2020-01-06,22"],
    )
    loaded = shelf.load()
    np.testing.assert_array_equal(loaded.market["rvx"], [20, 20, 22, np.nan, np.nan, np.nan])
    found = rules(loaded)
    assert found["out-of-range"].first == ("2020-01-03: 0",)
    assert found["session-unknown"].first == ("2020-01-05",)
    assert found["index-gap"].first == ("2020-01-03",)


def test_a_long_hole_in_the_closes_is_refused(shelf):
    shelf.write("RUT.csv", ["Date,Close", "2020-01-02,1666.77", "2020-01-09,1664.99"])
    with pytest.raises(
        DataError,
        match=r"RUT.csv, column rut: no close on 4 sessions, .*2020-01-03 … 2020-01-08 "
        r"\(rule nan-run\)\. Mend: supply those closes",
    ):
        shelf.load()


def test_a_long_hole_in_their_vix_is_noted(shelf):
    shelf.write("VXN.csv", ["Date,Close", "2020-01-02,16.2", "2020-01-09,15.9"])
    loaded = shelf.load()
    assert np.isnan(loaded.market["vxn"]).tolist() == [False, True, True, True, True, False]
    found = rules(loaded)["nan-run"]
    assert (found.column, found.count) == ("vxn", 4)
    assert found.sentence.endswith("it stays unknown and there its model is used")


def test_days_before_and_after_are_missing_without_a_finding(shelf):
    shelf.write("NDX.csv", ["Date,Close", "2020-01-06,8848.52", "2020-01-07,8846.45"])
    loaded = shelf.load()
    assert np.isfinite(loaded.market["ndx"]).tolist() == [False, False, True, True, False, False]
    assert len(loaded.quality) == 0


def test_no_common_day_is_refused(shelf):
    shelf.write("NDX.csv", ["Date,Close", "2019-01-02,6360.87"])
    with pytest.raises(DataError, match=r"NDX.csv, column ndx: the NDX has no value on any"):
        shelf.load()
