"""The curve of a date from contract files: kinds, repairs, gaps, and the model elsewhere."""

import numpy as np
import pytest

from hedgerow.core.futures import monthlies
from hedgerow.core.market import Market, Origin
from hedgerow.core.settlement import vx_settlement
from hedgerow.data.folder import read_futures
from hedgerow.data.quality import Findings
from hedgerow.data.vx_curve import contract_code, curve_day, read_curve
from hedgerow.errors import DataError, RangeError
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface
from hedgerow.pricing.term import constant_maturity

HEAD = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"


@pytest.fixture
def futures(shelf):
    """January, February and April 2020 with one weekly; March has no file."""
    for name, settle in (
        ("VX_2020-01-22", 14.0),
        ("VX_2020-01-29", 14.6),
        ("VX_2020-02-19", 15.4),
        ("VX_2020-04-15", 16.8),
    ):
        rows = [f"{day},X,0,0,0,{settle},{settle},0,9,0,0" for day in shelf.days]
        shelf.write(f"vx/{name}.csv", [HEAD, *rows])
    return shelf


def test_weeklies_are_there_and_a_month_without_a_file_stands_without_a_price(futures):
    day = read_curve(futures.folder, "2020-01-03")
    curve = day.curve
    assert [str(e) for e in curve.expiry] == [
        "2020-01-22", "2020-01-29", "2020-02-19", "2020-03-18", "2020-04-15",
    ]  # fmt: skip
    assert curve.monthly.tolist() == [True, False, True, True, True]
    assert curve.settle.tolist()[:3] == [14.0, 14.6, 15.4]
    assert curve.origin == ("measured", "measured", "measured", "missing", "measured")
    assert np.isnan(curve.settle[3])
    assert np.isfinite(curve.at(30.0))
    assert np.isnan(curve.at(70.0))
    assert curve.spot == 14.02
    assert not day.modelled
    assert day.family == (("vix", 30.0, 14.02),)
    assert "2020-03" in day.quality.of("contract-missing")[0].sentence
    assert not day.quality.of("contract-weekly")


def test_the_rules_that_mend_monthlies_mend_weeklies(futures):
    rows = [f"{futures.days[0]},X,0,0,0,14.5,0,0,9,0,0", f"{futures.days[1]},X,0,0,0,0,0,0,0,0,0"]
    futures.write("vx/VX_2020-01-29.csv", [HEAD, *rows])
    first = read_curve(futures.folder, futures.days[0])
    assert first.curve.settle[1] == 14.5
    assert first.curve.origin[1] == "repaired"
    assert {f.action for f in first.quality.of("settle-zero")} == {"repaired", "dropped"}
    second = read_curve(futures.folder, futures.days[1])
    assert "2020-01-29" not in [str(day) for day in second.curve.expiry]


def test_the_market_alone_gives_the_monthlies(futures):
    market = futures.load().market
    curve = curve_day(market, 1).curve
    assert curve.monthly.all()
    whole = read_curve(futures.folder, "2020-01-03").curve
    np.testing.assert_array_equal(curve.settle, whole.settle[whole.monthly])
    assert monthlies(market).days[1, 0] == 19.0


def test_a_settled_contract_has_left_the_curve(shelf):
    shelf.days = ("2020-01-17", "2020-01-21", "2020-01-22", "2020-01-23")
    shelf.closes, shelf.vix = shelf.closes[:4], shelf.vix[:4]
    shelf.spx()
    shelf.cboe()
    for name in ("VX_2020-01-22", "VX_2020-02-19"):
        rows = [f"{day},X,0,0,0,15,15,0,9,0,0" for day in shelf.days[:3]]
        shelf.write(f"vx/{name}.csv", [HEAD, *rows])
    found = [str(day) for day in read_curve(shelf.folder, "2020-01-22").curve.expiry]
    assert found == ["2020-02-19"]
    # by default the last session with a future, not the last of all
    assert str(read_curve(shelf.folder).curve.date) == "2020-01-22"
    assert read_curve(shelf.folder, "2020-01-23").modelled


def test_dates_without_futures_are_modelled_and_say_so_point_by_point(builtin):
    row = builtin.index_of("2017-06-01")
    day = curve_day(builtin, row)
    assert day.modelled
    assert set(day.curve.origin) == {"modelled"}
    assert day.vix_origin is Origin.MEASURED
    assert curve_day(builtin, 0).vix_origin is Origin.MODELLED
    wanted = FuturesCurve().from_vix(day.curve.spot, day.curve.days / 365)
    np.testing.assert_allclose(day.curve.settle, wanted, rtol=1e-12)
    assert day.curve.expiry[0] == np.datetime64(vx_settlement(2017, 6))


def test_a_measured_term_structure_is_used_by_the_model(builtin):
    row = builtin.index_of("2017-06-01")
    month3 = np.full(len(builtin), np.nan)
    month3[row] = 2.0 * builtin["vix"][row]
    market = builtin.with_columns({"vix3m": month3})
    steep = curve_day(market, row).curve
    surface = Surface.from_indices(market["vix"][row], None, month3[row])
    for i in (0, 4):
        wanted = FuturesCurve().from_surface(surface, steep.days[i] / 365)
        assert steep.settle[i] == pytest.approx(float(wanted[0]), rel=1e-12)
    assert steep.settle[2] > curve_day(builtin, row).curve.settle[2]


def test_a_curve_sees_no_later_bar(builtin, futures):
    for market in (builtin.between("2008-09-01", "2008-12-31"), futures.load().market):
        for row in range(0, len(market), 5):
            late, early = curve_day(market, row), curve_day(market.until(row), row)
            np.testing.assert_array_equal(late.curve.settle, early.curve.settle)
            np.testing.assert_array_equal(late.curve.expiry, early.curve.expiry)
            assert late.family == early.family


def test_an_unknown_vix_and_dates_outside_are_refused():
    days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    with pytest.raises(DataError, match="VIX is unknown on 2020-01-03"):
        curve_day(Market(days, {"vix": [14.0, np.nan]}), 1)
    with pytest.raises(RangeError, match="outside the data"):
        read_curve("builtin", "1950-01-01")


def test_cboe_vix_weeklys_page_of_august_2016_shows_these_codes():
    # cboe.com/micro/vix-weeklys in August 2016: 31VX/Q6 32VX/Q6 VIX/Q6 34VX/Q6 35VX/Q6 36VX/U6
    days = np.datetime64("2016-08-03") + 7 * np.arange(6)
    found = [contract_code(day) for day in days]
    assert found == ["VX31/Q6", "VX32/Q6", "VX/Q6", "VX34/Q6", "VX35/Q6", "VX36/U6"]


@pytest.fixture(scope="module")
def every(real_folder):
    return read_futures(real_folder, Findings())


@pytest.mark.realdata
def test_published_days(real, every):
    def on(date):
        return curve_day(real.market, real.market.index_of(date), every).curve

    crash = on("2020-03-16")
    assert crash.spot == 82.69
    assert crash.settle[crash.expiry == np.datetime64("2020-05-20")][0] == pytest.approx(44.875)
    assert crash.contango < -0.15
    assert (crash.roll_down[crash.monthly] > 0.0).all()
    assert int((~crash.monthly).sum()) == 5
    # the day volatility products broke: VIX 37.32, a day later 29.98 (validation.md)
    monday = on("2018-02-05")
    tuesday = on("2018-02-06")
    assert (monday.spot, tuesday.spot) == (37.32, 29.98)
    march = np.datetime64("2018-03-21")
    fall = [float(c.settle[c.expiry == march][0]) for c in (monday, tuesday)]
    assert fall[0] > fall[1] > 18.0
    # VX_2018-02-14.csv is not in the folder: named and not bridged
    assert monday.origin[0] == "missing"
    assert np.isnan(monday.contango)


@pytest.mark.realdata
def test_published_counts_contango_on_about_85_of_100_days(real):
    # Rhoads (Cboe Options Hub, 2012): "the majority of trading days"; published counts say 85 %
    price = monthlies(real.market).price
    known = np.isfinite(price[:, 0] + price[:, 1])
    share = float(np.mean(price[known, 1] > price[known, 0]))
    assert 0.80 < share < 0.90
    assert known.sum() > 4500
    # what docs/vix.md says: the month of constant maturity needs VIX on one day in twenty
    price, _, days = monthlies(real.market)
    listed, anchored = (
        np.isfinite(constant_maturity(price, days, 30.0, spot=spot)).sum()
        for spot in (None, real.market["vix"])
    )
    assert 0.03 < 1.0 - listed / anchored < 0.07


@pytest.mark.realdata
def test_weeklies_lie_near_the_monthly_curve(real, every):
    gaps = []
    market = real.market
    start, stop = market.index_of("2019-01-02"), market.index_of("2023-12-29")
    for row in range(start, stop, 20):
        curve = curve_day(market, row, every).curve
        gaps += [
            float(curve.settle[i] - curve.at(curve.days[i], from_spot=True))
            for i in np.flatnonzero(~curve.monthly)
        ]
    gaps = np.array(gaps)
    gaps = gaps[np.isfinite(gaps)]
    assert len(gaps) > 100
    assert float(np.median(np.abs(gaps))) < 1.0
