"""H2, H9: breadth, weights, fundamentals, macro values, members' volatilities and calendars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from hedgerow.core.market import Origin
from hedgerow.data.fundamentals import dispersion, quick_ratio
from hedgerow.data.weights import shift

SECTORS = ("XLB", "XLE", "XLF")


def rules(loaded) -> list[tuple[str, str]]:
    return [(finding.rule, finding.column) for finding in loaded.quality]


def test_advances_less_declines_are_summed_up_and_a_hole_stays_one(shelf) -> None:
    rows = ["2020-01-02,1800,1100", "2020-01-03,900,2000", "2020-01-06,,", "2020-01-07,1500,1400"]
    shelf.write("breadth.csv", ["date,advances,declines", *rows])
    market = shelf.load().market
    nan = np.nan
    np.testing.assert_array_equal(market["breadth"], [700, -400, nan, -300, nan, nan])
    assert market.sources["breadth"].startswith("breadth.csv, advances less declines")


def test_files_of_years_are_one_line(shelf) -> None:
    head = "date,advances,declines"
    shelf.write("b/2.csv", [head, "2020-01-06,10,20", "2020-01-07,50,20"])
    shelf.write("b/1.csv", [head, "2020-01-02,7,2", "2020-01-03,1,2"])
    assert shelf.load().market["breadth"][:4].tolist() == [5.0, 4.0, -6.0, 24.0]
    shelf.write("b/3.csv", [head, "2020-01-07,50,20"])
    with pytest.raises(hr.DataError, match="2020-01-07 stands twice") as error:
        shelf.load()
    assert error.value.where == "b/3.csv, row 2, column date"
    assert "row 3 of b/2.csv" in error.value.mend


def test_a_line_that_is_given_is_taken(shelf) -> None:
    shelf.write("nyse.csv", ["date,breadth", "2020-01-02,1000", "2020-01-03,-50.5"])
    assert shelf.load().market["breadth"][:2].tolist() == [1000.0, -50.5]


def test_counts_below_zero_are_dropped(shelf) -> None:
    shelf.write("ad.csv", ["date,advances,declines", "2020-01-02,-5,3", "2020-01-03,9,4"])
    loaded = shelf.load()
    assert rules(loaded) == [("out-of-range", "advances")]
    assert loaded.market["breadth"][1] == 5.0


def test_a_shift_is_the_largest_change_in_a_week() -> None:
    days = pd.bdate_range("2024-07-01", periods=15).to_numpy().astype("datetime64[D]")
    rng = np.random.default_rng(3)
    weights = rng.dirichlet((5.0, 3.0, 2.0), 15) * 100.0
    frame = pd.DataFrame(weights, index=days)
    week_ago = frame.reindex(frame.index - pd.Timedelta(days=7)).to_numpy()
    want = np.abs(weights - week_ago).max(axis=1)
    np.testing.assert_allclose(shift(days, weights), want, rtol=1e-12)


def test_weights_too_old_or_of_a_new_sector_make_no_shift() -> None:
    days = np.array(["2024-07-01", "2024-07-16", "2024-07-23"], dtype="datetime64[D]")
    weights = np.array([[50.0, 50.0, np.nan], [60.0, 40.0, np.nan], [59.0, 31.0, 10.0]])
    np.testing.assert_array_equal(shift(days, weights), [np.nan, np.nan, 9.0])


def sector_rows(*values: str) -> list[str]:
    return ["date,XLB,XLE,XLF", *values]


def test_h2_a_table_of_weights_makes_a_shift_known_the_day_after(shelf) -> None:
    rows = ("2019-12-30,20,30,50", "2020-01-06,22.5,29,48.5", "2020-01-08,20,30,50")
    shelf.write("sector_weights.csv", sector_rows(*rows))
    loaded = shelf.load()
    nan = np.nan
    # 6 January against 30 December is known on the 7th, 8 January on the 9th
    np.testing.assert_allclose(loaded.market["sector_shift"], [nan, nan, nan, 2.5, 2.5, 0.0])
    assert "xlb" not in loaded.market, "weights are no closes of funds"
    assert rules(loaded) == []


def test_a_sector_that_only_a_later_file_knows_is_new(shelf) -> None:
    shelf.write("weights_2019.csv", ["date,XLB,XLE", "2019-12-30,40,60"])
    shelf.write("weights_2020.csv", ["date,XLB,XLE,XLC", "2020-01-06,30,50,20"])
    assert shelf.load().market["sector_shift"][3] == 10.0


def test_weights_that_are_not_whole_are_dropped_or_refused(shelf) -> None:
    shelf.write("sector_weights.csv", sector_rows("2020-01-02,20,30,50", "2020-01-03,20,30,10"))
    assert rules(shelf.load()) == [("weights-sum", "sector_shift")]
    shelf.write("sector_weights.csv", sector_rows("2020-01-02,.2,.3,.5"))
    with pytest.raises(hr.DataError, match=r"sum to 1, and no date's to 100") as error:
        shelf.load()
    assert error.value.where.startswith("sector_weights.csv")


def held(day: str, weights: dict[str, float]) -> list[str]:
    return [f"{name},{name} X1,{day},{share},1000," for name, share in weights.items()]


def test_h2_holdings_a_week_apart_make_a_shift(shelf) -> None:
    shelf.write("holdings/20191231.csv", held("20191230", {"XOM": 0.3, "CVX": 0.1, "JPM": 0.6}))
    shelf.write("holdings/20200107.csv", held("20200106", {"XOM": 0.26, "CVX": 0.11, "JPM": 0.63}))
    shelf.write("sectors.csv", ["symbol,sector", "XOM,energy", "cvx,energy", "JPM,banks"])
    market = shelf.load().market
    assert np.isnan(market["sector_shift"][2])
    assert market["sector_shift"][3:].tolist() == pytest.approx([3.0, 3.0, 3.0])


def test_an_unknown_symbol_in_holdings_is_named(shelf) -> None:
    shelf.write("holdings/20200107.csv", held("20200106", {"XOM": 0.4, "ZZZ": 0.6}))
    shelf.write("sectors.csv", ["symbol,sector", "XOM,energy"])
    with pytest.raises(hr.DataError, match="sector of 'ZZZ' is not known") as error:
        shelf.load()
    assert error.value.where == "holdings/20200107.csv, row 2, column symbol"
    assert "sectors.csv" in error.value.mend


def test_holdings_without_sectors_are_noted(shelf) -> None:
    shelf.write("20200107.csv", held("20200106", {"XOM": 0.4, "ZZZ": 0.6}))
    loaded = shelf.load()
    assert rules(loaded) == [("sectors-unknown", "sector_shift")]
    assert "sector_shift" not in loaded.market


def test_h2_dispersion_is_numpys_weighted_deviation_of_logarithms() -> None:
    rng = np.random.default_rng(8)
    weight, ratio = rng.uniform(0.1, 5.0, 40), rng.lognormal(3.0, 0.5, 40)
    want = np.sqrt(np.cov(np.log(ratio), aweights=weight, ddof=0))
    assert dispersion(weight, ratio) == pytest.approx(want, rel=1e-12)
    assert dispersion(weight, 3.0 * ratio) == pytest.approx(want, rel=1e-12)
    holed = np.where(np.arange(40) < 5, [np.nan, -8.0, 0.0, -1.0, np.nan] * 8, ratio)
    kept = np.cov(np.log(ratio[5:]), aweights=weight[5:], ddof=0)
    assert dispersion(weight, holed) == pytest.approx(np.sqrt(kept), rel=1e-12)


def test_h2_the_quick_ratio_is_that_of_the_largest() -> None:
    weight, ratio = np.array([5.0, 1.0, 3.0, 2.0]), np.array([1.0, 9.0, np.nan, 2.0])
    assert quick_ratio(weight, ratio, top=2) == pytest.approx((5.0 + 4.0) / 7.0)
    assert np.isnan(quick_ratio(weight, np.full(4, np.nan)))


FUNDAMENTALS = [
    "date,symbol,weight,pe,pcf,quick_ratio",
    "2020-01-03,AAPL,3,20,15,1.2",
    "2020-01-03,XOM,1,5,,0.8",
    "2020-01-07,AAPL,2,20,15,1.0",
    "2020-01-07,XOM,2,-4,10,0.8",
    "2020-01-07,JPM,4,20,30,",
]


def test_h2_fundamentals_are_known_the_day_after(shelf) -> None:
    shelf.write("fundamentals.csv", FUNDAMENTALS)
    loaded = shelf.load()
    market, nan = loaded.market, np.nan
    first = np.log(4.0) * np.sqrt(0.75 * 0.25)  # two values, weights 3 : 1
    want = [nan, nan, first, first, 0.0, 0.0]
    np.testing.assert_allclose(market["pe_dispersion"], want, atol=1e-15)
    assert np.isnan(market["pcf_dispersion"][:4]).all()
    np.testing.assert_allclose(market["quick_ratio"][2:], [1.1, 1.1, 0.9, 0.9])
    assert rules(loaded) == [("ratio-negative", "pe")]
    assert "from the day after" in market.sources["quick_ratio"]


@pytest.mark.parametrize(
    ("rows", "said", "where"),
    [
        (["2020-01-03,AAPL,3,dear"], "'dear' is not a number", "f.csv, row 2, column pe"),
        (["2020-01-03,A,3,9", "2020-01-03,A,3,8"], "A of 2020-01-03 stands twice", "f.csv, row 3"),
        (["2020-01-03,,3,9"], "names no symbol", "f.csv, row 2, column symbol"),
        (["no day,A,3,9"], "'no day' is not a date", "f.csv, row 2, column date"),
        ([], "no rows", "f.csv"),
    ],
)
def test_a_bad_row_is_named(shelf, rows, said, where) -> None:
    shelf.write("f.csv", ["date,symbol,weight,pe", *rows])
    with pytest.raises(hr.DataError, match=said) as error:
        shelf.load()
    assert error.value.where.startswith(where)


def test_macro_values_hold_until_the_next_from_the_day_after(shelf) -> None:
    shelf.write("reer.csv", ["date,reer", "2020-01-03,118.2", "2020-01-07,119.0"])
    shelf.write("wacc.csv", ["date,wacc", "2019-12-31,0.085", "2020-01-06,8.5"])
    loaded = shelf.load()
    nan = np.nan
    want = [nan, nan, 118.2, 118.2, 119.0, 119.0]
    np.testing.assert_array_equal(loaded.market["reer"], want)
    assert loaded.market["wacc"].tolist() == [0.085] * 6
    assert rules(loaded) == [("out-of-range", "wacc")]


def test_h9_members_volatilities_of_a_file_are_the_specs_example(shelf) -> None:
    """50 equal weights, volatilities 30 %, index 20 %: 0.4331066."""
    shelf.cboe(rows=[shelf.bar(day, 20.0) for day in shelf.days])
    rows = [f"2020-01-06,S{i},2,0.30" for i in range(50)]
    odd = ["2020-01-07,S0,2,0.30", "2020-01-08,S0,2,30", "2020-01-08,S1,2,0.3"]
    shelf.write("vols.csv", ["date,symbol,weight,vol", *rows, *odd])
    loaded = shelf.load()
    found = hr.ImpliedCorrelation("cor_members")(loaded.market)
    assert found[2] == pytest.approx(0.4331066, abs=5e-8)
    assert np.isfinite(found).sum() == 1, "one member has no correlation"
    assert [(f.rule, f.column) for f in loaded.quality if f.rule != "stale"] == [
        ("out-of-range", "vol")
    ]


def test_h9_without_a_published_vix_it_is_modelled(shelf) -> None:
    (shelf.folder / "VIX_History.csv").unlink()
    rows = [f"2020-01-06,S{i},2,0.30" for i in range(3)]
    shelf.write("vols.csv", ["date,symbol,weight,vol", *rows])
    assert shelf.load().market.origin["cor_members"][2] == Origin.MODELLED


def test_h6_events_count_down_over_weekends_and_holidays(shelf) -> None:
    shelf.write("cpi_dates.csv", ["date", "2020-01-03", "2020-01-08", "2020-01-21"])
    market = shelf.load().market
    nan = np.nan
    # before the first date nothing is known; 20 January 2020 is a holiday
    np.testing.assert_array_equal(market["event_cpi_in"], [nan, 0.0, 2.0, 1.0, 0.0, 7.0])
    np.testing.assert_array_equal(market["event_cpi"], [nan, 1.0, 0.0, 0.0, 1.0, 0.0])


def test_h6_one_file_of_many_kinds(shelf) -> None:
    rows = ["2020-01-02,FOMC", "2020-01-02,ppi", "2020-01-09,fomc", "2020-01-10,ppi"]
    shelf.write("events.csv", ["date,kind", *rows])
    market = shelf.load().market
    assert market["event_fomc_in"].tolist() == [0.0, 4.0, 3.0, 2.0, 1.0, 0.0]
    assert market["event_ppi_in"].tolist() == [0.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def test_h6_what_was_announced_is_known_from_then(shelf) -> None:
    rows = ["2020-01-02,", "2020-01-08,2020-01-07", "2020-01-16,"]
    shelf.write("fomc_dates.csv", ["date,announced", *rows])
    # until the 7th the next event is that of the 16th
    want = [0.0, 9.0, 8.0, 1.0, 0.0, 5.0]
    assert shelf.load().market["event_fomc_in"].tolist() == want


def test_h6_a_stale_calendar_is_told_with_its_file(shelf) -> None:
    shelf.write("macro/cpi_dates.csv", ["date", "2020-01-02", "2020-01-07"])
    market = shelf.load().market
    with pytest.raises(hr.DataError, match="ends on 2020-01-07, the data on 2020-01-09") as error:
        hr.Events(("cpi",))(market)
    assert error.value.where == "macro/cpi_dates.csv, market.event_cpi_in"
    assert hr.Events(("cpi",))(market.until(3)).tolist() == [1.0, 0.0, 1.0, 1.0]


def test_h6_a_row_without_a_kind_is_named(shelf) -> None:
    shelf.write("events.csv", ["date,kind", "2020-01-02,fomc", "2020-01-03,"])
    with pytest.raises(hr.DataError, match="has no kind") as error:
        shelf.load()
    assert error.value.where == "events.csv, row 3, column kind"


def test_h6_events_are_known_beyond_the_last_row(shelf) -> None:
    """Rows cut off, the countdown stands: the calendar was published ahead."""
    shelf.write("fomc_dates.csv", ["date", "2020-01-02", "2020-01-09"])
    whole, part = shelf.load().market, shelf.load(end="2020-01-08").market
    assert part["event_fomc_in"].tolist() == whole["event_fomc_in"][:5].tolist()
    assert hr.Events()(part)[-1] == 1.0


@pytest.mark.realdata
def test_h6_the_real_calendar_knows_no_emergency_ahead(real) -> None:
    market = real.market
    away = market["event_fomc_in"]

    def at(day: str) -> float:
        return float(away[market.index_of(day)])

    # 3 and 15 March 2020 (a Sunday) and 22 January 2008 were called at short notice
    assert at("2020-03-02") > 1.0
    assert at("2020-03-13") > 1.0
    assert (at("2020-03-03"), at("2020-03-16")) == (0.0, 0.0)
    assert at("2008-01-18") > 1.0
    assert (at("2008-01-22"), at("2008-01-29"), at("2008-01-30")) == (0.0, 1.0, 0.0)
    days = {str(day) for day in market.dates[market["event_fomc"] == 1.0]}
    assert {"2024-09-18", "2022-06-15", "2001-09-17"} <= days
    assert np.isfinite(hr.Events()(market)[market.index_of("2000-02-02") :]).all()


@pytest.mark.realdata
def test_h2_the_real_holdings_shift_as_pandas_says(real_folder, shelf) -> None:
    """SPY's own files of 2020-11-30 and 2020-12-01, as if a week apart; sectors by first letter."""
    cells = ["symbol", "id", "date", "weight", "shares", "none"]
    sums, symbols = [], set()
    for day, name in (("20200101", "20201130.csv"), ("20200108", "20201201.csv")):
        path = real_folder / "holdings" / name
        frame = pd.read_csv(path, names=cells, keep_default_na=False)
        assert frame["weight"].sum() == pytest.approx(1.0, abs=0.02)
        frame.assign(date=day).to_csv(shelf.folder / name, header=False, index=False)
        sums.append(frame.groupby(frame["symbol"].str[0])["weight"].sum())
        symbols |= set(frame["symbol"])
    shelf.write("sectors.csv", ["symbol,sector", *(f"{name},{name[0]}" for name in symbols)])
    want = 100.0 * float((sums[1] - sums[0]).abs().max())
    assert 0.0 < want < 2.0
    assert shelf.load().market["sector_shift"][-1] == pytest.approx(want, rel=1e-12)
