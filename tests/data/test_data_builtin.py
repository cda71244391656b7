import json
import subprocess
import sys

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data import builtin, describe_sources, load, user_data_dir
from hedgerow.errors import DataError, RangeError


def test_builtin_is_labelled_cell_by_cell():
    loaded = load()
    market = loaded.market
    assert (str(market.dates[0]), str(market.dates[-1])) == ("1990-01-02", "2022-12-28")
    codes, dates = market.origin["vix"], market.dates
    measured = dates[codes == Origin.MEASURED]
    assert str(measured[0]) == "2014-01-03"
    assert str(measured[-1]) == "2019-01-03"
    assert set(codes.tolist()) == {Origin.MEASURED, Origin.MODELLED}
    assert set(market.origin["spx"].tolist()) == {Origin.MEASURED}
    assert set(market.origin["dividend_yield"].tolist()) == {Origin.ASSUMED}
    assert "modelled" in market.sources["vix"]
    assert "hindsight" in market.sources["vix"]
    assert np.isfinite(market["vix"]).all()
    assert loaded.quality.of("vix-modelled")[0].count == int(np.sum(codes == Origin.MODELLED))
    json.dumps(loaded.quality.as_dict())


def test_builtin_known_closes():
    market = load().market
    assert market["spx"][market.index_of("2007-10-09")] == pytest.approx(1565.15, abs=0.005)
    assert market["spx"][market.index_of("2020-03-23")] == pytest.approx(2237.40, abs=0.005)
    assert market["vix"][market.index_of("2015-08-24")] == 40.74
    assert market["vix"][market.index_of("2018-02-05")] == 37.32


def test_bill_rate_of_a_month_is_used_in_the_next():
    """December 1990: French's RF is 0.60 % a month; January 1991: 0.52 %."""
    months, rates = builtin.bill_rates()
    market = load().market
    january = market["rate"][market.index_of("1991-01-15")]
    december = rates[months == np.datetime64("1990-12-01")][0]
    assert january == december == pytest.approx(0.0060 * 12)
    assert market.origin["rate"][market.index_of("2018-12-15")] == Origin.MEASURED
    assert market.origin["rate"][market.index_of("2020-03-16")] == Origin.ASSUMED


def test_a_package_that_moved_its_file_is_asked_through_its_loader(monkeypatch):
    moved = builtin.Package("arch", "data/vix/no-longer-here.csv.gz", builtin.VIX.loader)
    assert builtin._rows(moved)[1][1] == builtin._rows(builtin.VIX)[1][1]

    def broken():
        raise ImportError("gone")

    gone = builtin.Package("arch", "data/no-longer-here.csv.gz", broken)
    with pytest.raises(DataError, match="its loader failed: gone"):
        builtin._rows(gone)
    with pytest.raises(DataError, match="is not installed"):
        builtin._rows(builtin.Package("no_such_package_here", "x", broken))


def test_dates():
    market = load(start="2020-01-01", end="2020-12-31").market
    assert len(market) == 253
    with pytest.raises(RangeError, match="lies before the start"):
        load(start="2020-01-01", end="2019-01-01")
    with pytest.raises(RangeError, match="not a date"):
        load(start="last year")
    with pytest.raises(RangeError, match="no data between"):
        load(start="2031-01-01")
    clipped = load(start="1980-01-01", end="2050-01-01").quality.of("range-clipped")
    assert len(clipped) == 2


def test_auto_prefers_what_the_user_fetched(monkeypatch, shelf, tmp_path):
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "nothing"))
    assert len(load("auto").market) == len(load("builtin").market)
    assert [s.present for s in describe_sources()] == [True, False]
    monkeypatch.setenv("HEDGEROW_DATA", str(shelf.folder))
    assert len(load("auto").market) == 6
    assert [s.present for s in describe_sources()] == [True, True]


def test_user_data_dir(monkeypatch, tmp_path):
    monkeypatch.delenv("HEDGEROW_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_data_dir() == tmp_path / "hedgerow"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert user_data_dir().parts[-3:] == (".local", "share", "hedgerow")


def test_importing_is_cheap():
    heavy = ["pandas", "scipy", "skfolio", "arch", "pandas_market_calendars", "pyarrow", "sklearn"]
    code = f"import hedgerow.data, sys; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert out.stdout.strip() == "[]"
