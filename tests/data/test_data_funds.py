"""Funds of sectors, indices and bonds in a folder: known by their ticker, screened like indices."""

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data.tables import FUNDS

XLF = (30.91, 30.58, 30.56, 30.36, 30.56, 30.77)


def rows(shelf, closes):
    return [f"{d},{c}" for d, c in zip(shelf.days, closes, strict=True)]


def test_a_file_of_closes_is_a_column_with_its_source(shelf):
    shelf.write("sectors/XLF.csv", ["Date,Close", *rows(shelf, XLF)])
    market = shelf.load().market
    np.testing.assert_array_equal(market["xlf"], XLF)
    assert market.sources["xlf"].startswith("sectors/XLF.csv, closes of a fund")


def test_adjusted_closes_are_preferred(shelf):
    bars = [f"{d},{c},{c},{c},{c},{c * 0.9},7" for d, c in zip(shelf.days, XLF, strict=True)]
    shelf.write("XLF.csv", ["Date,Open,High,Low,Close,Adj Close,Volume", *bars])
    np.testing.assert_allclose(shelf.load().market["xlf"], 0.9 * np.array(XLF))


def test_a_fund_that_began_later_is_empty_before(shelf):
    shelf.write("XLC.csv", ["Date,Close", *rows(shelf, XLF)[2:]])
    loaded = shelf.load()
    assert np.isfinite(loaded.market["xlc"]).tolist() == [False, False, True, True, True, True]
    assert len(loaded.quality) == 0


def test_a_hole_carries_the_close_before_and_says_so(shelf):
    shelf.write("TLT.csv", ["Date,Close", *rows(shelf, XLF)[:2], *rows(shelf, XLF)[3:]])
    loaded = shelf.load()
    assert loaded.market["tlt"][2] == XLF[1]
    assert loaded.market.origin["tlt"][2] == Origin.REPAIRED
    assert [(f.rule, f.column) for f in loaded.quality] == [("index-gap", "tlt")]


@pytest.mark.parametrize(
    "header",
    ["date,underlying,close,strike,type", "timestamp,date,close,vwap", "Name,Weight,Date"],
)
def test_what_is_not_its_closes_is_left_alone(shelf, header):
    shelf.write("SPY.csv", [header, *["2020-01-02,1,2,3,4"] * 3])
    loaded = shelf.load()
    assert "spy" not in loaded.market
    assert [f.rule for f in loaded.quality] == ["not-used"]


def test_without_such_files_nothing_is_added(shelf):
    assert not FUNDS.intersection(shelf.load().market.columns)


@pytest.mark.realdata
def test_the_real_funds_begin_when_they_began(real):
    market, began = real.market, {"xlf": "1998-12-22", "xlre": "2015-10-08", "xlc": "2018-06-19"}
    for name, day in began.items():
        assert str(market.dates[np.flatnonzero(np.isfinite(market[name]))[0]]) == day
    assert set(market.columns) >= FUNDS
    # a fund of the index moves with it, dividends apart
    moves = [np.diff(np.log(market[name]))[-2520:] for name in ("spy", "spx")]
    assert np.corrcoef(*moves)[0, 1] > 0.99
