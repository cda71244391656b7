"""A folder of bars to a market: splits, the IV proxy, and nothing from the future."""

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data.intraday import load_intraday
from hedgerow.data.iv_proxy import ProxyQuality, trailing_slopes
from hedgerow.errors import DataError, RangeError
from intraday_days import Folder, bar

START = "2018-12-03"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("bars") / "data")
    return folder, load_intraday(folder.write(), start=START)


def test_a_market_of_bars_ends_bar_by_bar_and_knows_its_session(made):
    market = made[1].market
    eve = market.dates == np.datetime64("2018-12-24")
    assert market["minutes_left"][eve].tolist() == [180.0, 120.0, 60.0, 0.0]
    assert market.times[eve][-1] == np.datetime64("2018-12-24T18:00")
    assert set(np.unique(market["bar_minutes"])) == {30.0, 60.0}
    assert market.dates[made[1].first] == np.datetime64(START)
    assert made[1].first > 0
    assert (market.origin["spx"] == Origin.MEASURED).all()
    assert (market.origin["vix"] == Origin.MODELLED).all()
    assert (market.origin["vxx"] == Origin.MEASURED).all()


def test_the_proxy_begins_each_session_at_the_published_close(made):
    market, daily = made[1].market, made[1].daily
    first = np.flatnonzero(market["minutes_open"] == 30.0)[5:]
    row = np.searchsorted(daily.dates, market.dates[first])
    np.testing.assert_array_equal(market["vix_published"][first], daily["vix"][row - 1])
    # VXX of the made folder moves half as much as VIX in logarithms
    before = market["vxx"][first - 1]
    moved = market["vix"][first] / market["vix_published"][first]
    slope = np.log(moved) / np.log(market["vxx"][first] / before)
    assert slope.min() > 1.5
    assert slope.max() < 2.5
    assert made[1].proxy.correlation > 0.95
    assert made[1].proxy.rmse < made[1].proxy.naive


def test_daily_columns_are_those_of_the_session_before(tmp_path):
    folder = Folder(tmp_path / "data")
    folder.write()
    rows = [f"2018-{m:02d}-{d:02d},{80 + m + d / 100:.2f}" for m in (11, 12) for d in range(1, 29)]
    folder.text("vvix.csv", ["date,close", *rows])
    market = load_intraday(folder.path, start=START).market
    day = market.dates == np.datetime64("2018-12-06")  # the session before was the 4th
    assert set(market["vvix"][day].tolist()) == {92.04}


@pytest.mark.parametrize("keep", [601, 640, 690])
def test_a_market_of_a_cut_file_is_the_beginning_of_the_whole_one(made, tmp_path, keep):
    cut = load_intraday(Folder(tmp_path / "cut").write(keep), start=START).market
    whole = made[1].market
    assert 0 < len(cut) < len(whole)
    np.testing.assert_array_equal(cut.times, whole.times[: len(cut)])
    for name in whole.columns:
        np.testing.assert_array_equal(cut[name], whole[name][: len(cut)], err_msg=name)


def test_later_vix_closes_change_nothing_before_them(made, tmp_path):
    folder = Folder(tmp_path / "later")
    folder.write()
    path = folder.path / "VIX_History.csv"
    lines = path.read_text().splitlines()
    lines[-8:] = [line.split(",")[0] + ",77,77,77,77" for line in lines[-8:]]
    folder.text("VIX_History.csv", lines)
    other, whole = load_intraday(folder.path, start=START), made[1]
    changed = whole.daily.dates[-8]
    same = whole.market.dates <= changed  # that session's own close is not known within it
    for name in ("vix", "vix_published", "vxx", "vx30"):
        np.testing.assert_array_equal(other.market[name][same], whole.market[name][same])
    assert (other.market["vix"][~same] != whole.market["vix"][~same]).any()


def test_a_reverse_split_is_found_and_leaves_returns_alone(made, tmp_path):
    folder = Folder(tmp_path / "split")
    folder.write()
    at = next(i for i, row in enumerate(folder.vxx) if row.startswith("20181214"))
    rows = []
    for i, row in enumerate(folder.vxx):
        stamp, *cells = row.split(",")
        a, _, _, b, _ = (float(cell) / 10_000 for cell in cells)
        rows.append(bar(stamp, 4 * a, 4 * b) if i >= at else row)
    folder.text("vxx_hourly.csv", rows)
    found = load_intraday(folder.path, start=START)
    split = found.quality.of("split")
    assert len(split) == 1
    assert "1 for 4" in split[0].sentence
    assert split[0].first == ("2018-12-14",)
    np.testing.assert_allclose(found.market["vxx"], made[1].market["vxx"], rtol=1e-5)
    after = load_intraday(folder.path, start="2018-12-17").market["vxx"]
    np.testing.assert_allclose(after[-1], 4 * made[1].market["vxx"][-1], rtol=1e-5)


def test_a_fund_that_comes_back_after_a_hole_is_another_security(tmp_path):
    folder = Folder(tmp_path / "hole")
    folder.write()
    rows = [row for row in folder.vxx if not "20181203" <= row[:8] <= "20181221"]
    folder.text("vxx_hourly.csv", rows)
    found = load_intraday(folder.path, start="2018-11-20")
    assert "2018-11-30 to 2018-12-24" in found.quality.of("fund-changed")[0].sentence
    gone = np.isnan(found.market["vxx"])
    assert (gone == (found.market.dates >= np.datetime64("2018-12-03"))).all()
    assert np.isfinite(found.market["vix"]).all()  # there the index moves the proxy
    assert 0.0 < found.proxy.from_fund < 1.0


def test_without_a_fund_the_index_moves_the_proxy_and_futures_must_be_there(tmp_path):
    folder = Folder(tmp_path / "none")
    folder.write()
    (folder.path / "vxx_hourly.csv").unlink()
    with pytest.raises(DataError, match="neither a volatility fund nor VIX futures"):
        load_intraday(folder.path, start=START)


def test_slopes_are_those_of_least_squares_on_the_rows_before():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(400, 2)), rng.normal(size=400)
    x[17], y[301] = np.nan, np.nan
    slopes = trailing_slopes(x, y)
    for row in (60, 62, 200, 310, 399):
        part = slice(max(row - 252, 0), row)
        known = np.isfinite(x[part]).all(axis=1) & np.isfinite(y[part])
        if known.sum() < 60:
            assert np.isnan(slopes[row]).all()
            continue
        wanted = np.linalg.lstsq(x[part][known], y[part][known], rcond=None)[0]
        np.testing.assert_allclose(slopes[row], wanted, rtol=1e-9)
    y[350:] = 9.0
    np.testing.assert_array_equal(trailing_slopes(x, y)[:351], slopes[:351])


def test_a_proxy_that_nothing_can_be_held_against_says_so():
    none = np.array([np.nan])
    found = ProxyQuality.of(np.array(["2018-01-02"], "datetime64[D]"), none, none, none, none > 0)
    assert found.sessions == 0
    assert "nothing is known" in found.sentence()


@pytest.mark.parametrize(
    ("args", "kind", "says"),
    [
        ({"bars": "7m"}, RangeError, "'7m' is not a length of bars"),
        ({"bars": "30m"}, RangeError, "longer than 30 minutes"),
        ({"start": "2010-01-04"}, RangeError, "no intraday bars of the index"),
        ({"start": "2018-12-10", "end": "2018-12-03"}, RangeError, "before the start"),
        ({"start": "2018-12-25", "end": "2018-12-25"}, RangeError, "no session lies between"),
        ({"end": "2018-09-14"}, DataError, "60 sessions to fit on"),
    ],
)
def test_mistakes_are_told(made, args, kind, says):
    with pytest.raises(kind, match=says):
        load_intraday(made[0].path, **args)


def test_a_folder_without_bars_is_told(tmp_path):
    folder = Folder(tmp_path / "daily")
    folder.write()
    for name in ("spy_hourly.csv", "vxx_hourly.csv"):
        (folder.path / name).unlink()
    with pytest.raises(DataError, match="no intraday bars of the index were recognised"):
        load_intraday(folder.path)
    with pytest.raises(DataError, match="is no folder with intraday bars"):
        load_intraday("builtin")


@pytest.mark.realdata
def test_vxx_2009_2021_has_five_reverse_splits_and_two_notes(real_folder):
    """Reverse splits as Barclays announced them: prospectus supplements of the iPath notes."""
    found = load_intraday(real_folder, start="2009-06-01", end="2021-03-31")
    dates = [row.first[0] for row in found.quality.of("split")]
    assert dates == ["2010-11-09", "2012-10-05", "2013-11-08", "2016-08-09", "2017-08-23"]
    assert all("1 for 4" in row.sentence for row in found.quality.of("split"))
    changed = found.quality.of("fund-changed")
    # the first note matured on 2019-01-30, the second took the name on 2019-05-02
    assert ["2019-01-29 to 2019-05-02" in row.sentence for row in changed] == [True]
    assert np.isnan(found.market["vxx"][found.market.dates > np.datetime64("2019-01-29")]).all()


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("start", "end", "bars"),
    [("2009-06-01", "2018-12-31", "1h"), ("2024-04-01", "2024-04-30", "5m")],
)
def test_the_proxy_is_nearer_the_published_close_than_yesterdays(real_folder, start, end, bars):
    found = load_intraday(real_folder, start=start, end=end, bars=bars).proxy
    assert found.sessions > 40
    assert found.rmse < 0.75 * found.naive
    assert found.correlation > 0.75
    assert abs(found.bias) < 0.25
