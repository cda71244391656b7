import datetime as dt
import re

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.core.settlement import vx_settlement
from hedgerow.errors import DataError

HEAD = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"


def contract(shelf, name, rows, head=(HEAD,)):
    """Write rows of (date, symbol, close, settle, volume)."""
    lines = [f"{d},{s},0,0,0,{c},{p},0,{v},0,0" for d, s, c, p, v in rows]
    return shelf.write(f"vx/{name}.csv", [*head, *lines])


def iso(column):
    return [None if np.isnan(v) else str(np.datetime64(int(v), "D")) for v in column]


@pytest.fixture
def january(shelf):
    """January settles on the 22nd, February on the 19th, March on the 18th."""
    for name, symbol, level in (
        ("VX_2020-01-22", "F (Jan 2020)", 14.0),
        ("VX_2020-02-19", "G (Feb 2020)", 15.0),
        ("VX_2020-03-18", "H (Mar 2020)", 16.0),
    ):
        rows = [(d, symbol, level, level + i / 10, 9) for i, d in enumerate(shelf.days)]
        contract(shelf, name, rows)
    return shelf


def test_ranks_and_expiries(january):
    market = january.load().market
    np.testing.assert_allclose(market["vx1"], [14.0, 14.1, 14.2, 14.3, 14.4, 14.5])
    np.testing.assert_allclose(market["vx3"], [16.0, 16.1, 16.2, 16.3, 16.4, 16.5])
    assert iso(market["vx1_expiry"]) == ["2020-01-22"] * 6
    assert iso(market["vx2_expiry"]) == ["2020-02-19"] * 6
    assert np.isnan(market["vx4"]).all()
    assert market.origin["vx4"].tolist() == [Origin.MISSING] * 6
    assert iso(market["vx8_expiry"]) == [vx_settlement(2020, 8).isoformat()] * 6


def test_a_contract_has_left_the_ranks_on_its_settlement_date(shelf):
    shelf.days = (
        "2020-01-17",
        "2020-01-21",
        "2020-01-22",
        "2020-01-23",
        "2020-01-24",
        "2020-01-27",
    )
    shelf.spx()
    shelf.cboe()
    contract(shelf, "VX_2020-01-22", [(d, "F (Jan 2020)", 13, 13, 5) for d in shelf.days[:3]])
    contract(shelf, "VX_2020-02-19", [(d, "G (Feb 2020)", 15, 15, 5) for d in shelf.days])
    market = shelf.load().market
    assert market["vx1"].tolist() == [13, 13, 15, 15, 15, 15]
    assert iso(market["vx1_expiry"])[1:3] == ["2020-01-22", "2020-02-19"]
    assert market["vx_final"][2] == 13
    assert np.isnan(np.delete(market["vx_final"], 2)).all()


def test_a_missing_contract_is_named_and_leaves_its_rank_empty(january):
    (january.folder / "vx/VX_2020-02-19.csv").unlink()
    loaded = january.load()
    assert np.isnan(loaded.market["vx2"]).all()
    assert np.isfinite(loaded.market["vx3"]).all()
    missing = loaded.quality.of("contract-missing")[0]
    assert missing.first == ("2020-02-19",)
    assert "2020-02" in missing.sentence


def test_weekly_contracts_are_not_ranked(january):
    rows = [(d, "F (Jan 2020)", 99, 99, 9) for d in january.days]
    contract(january, "VX_2020-01-15", rows)
    loaded = january.load()
    assert loaded.market["vx1"][0] == 14.0
    assert loaded.quality.of("contract-weekly")[0].count == 1


def test_the_month_is_read_from_old_names_and_from_the_rows(shelf):
    rows = [(d, "F (Jan 20)", 14, 14, 9) for d in shelf.days]
    slashed = [(f"{d[5:7]}/{d[8:]}/{d[:4]}", *rest) for d, *rest in rows]
    contract(shelf, "CFE_F20_VX", slashed, head=("Furnished without responsibility,", HEAD))
    settled = [*rows, ("2020-02-19", "G (Feb 2020)", 15, 15, 9)]
    contract(shelf, "my february", [(d, "G (Feb 2020)", *r) for d, _, *r in settled])
    contract(shelf, "my march", [(d, "H (Mar 2020)", 16, 16, 9) for d in shelf.days])
    loaded = shelf.load()
    assert loaded.market["vx1"].tolist() == [14.0] * 6
    assert loaded.market["vx2"].tolist() == [14.0] * 6
    assert np.isnan(loaded.market["vx3"]).all()
    assert loaded.quality.of("contract-unknown")[0].first == ("vx/my march.csv",)


def test_zero_settles(january):
    days, symbol = january.days, "F (Jan 2020)"
    contract(
        january,
        "VX_2020-01-22",
        [
            (days[0], symbol, 14.0, 0, 9),
            (days[1], symbol, 0, 0, 0),
            (days[2], symbol, 14.2, 14.25, 9),
        ],
    )
    # Bid and ask where prices should be: a shifted row without settle and close.
    with (january.folder / "vx/VX_2020-01-22.csv").open("a") as file:
        file.write(f"{days[3]},{symbol},0.0000,14.2500,14.4000,0.0000,0,0,0,0,50051\n")
    loaded = january.load()
    market = loaded.market
    np.testing.assert_array_equal(market["vx1"], [14.0, np.nan, 14.25, np.nan, np.nan, np.nan])
    assert market.origin["vx1"].tolist() == [1, 4, 0, 4, 4, 4]
    repaired, dropped = loaded.quality.of("settle-zero")
    assert (repaired.action, repaired.count) == ("repaired", 1)
    assert repaired.first == ("VX_2020-01-22.csv 2020-01-02 (row 2)",)
    assert (dropped.action, dropped.count) == ("dropped", 2)


def test_a_placeholder_settle_is_dropped_but_a_traded_jump_stays(january):
    days, symbol = january.days, "F (Jan 2020)"
    prices = [(1.0, 0), (14, 9), (14, 9), (31, 50_000), (14, 9), (14, 9)]
    rows = [(d, symbol, p, p, v) for d, (p, v) in zip(days, prices, strict=True)]
    contract(january, "VX_2020-01-22", rows)
    loaded = january.load()
    np.testing.assert_array_equal(loaded.market["vx1"], [np.nan, 14, 14, 31, 14, 14])
    assert loaded.quality.of("settle-placeholder")[0].count == 1


def test_prices_times_ten(shelf):
    shelf.days = (
        "2007-03-22",
        "2007-03-23",
        "2007-03-26",
        "2007-03-27",
        "2007-03-28",
        "2007-03-29",
    )
    shelf.spx()
    shelf.cboe()
    prices = (149.8, 150.0, 15.01, 15.04, 15.09, 14.9)
    rows = [(d, "J (Apr 07)", p, p, 5) for d, p in zip(shelf.days, prices, strict=True)]
    contract(shelf, "CFE_J07_VX", rows)
    loaded = shelf.load()
    np.testing.assert_allclose(loaded.market["vx1"], [14.98, 15.0, 15.01, 15.04, 15.09, 14.9])
    assert loaded.market.origin["vx1"].tolist() == [1, 1, 0, 0, 0, 0]
    assert loaded.quality.of("price-x10")[0].count == 2


def panel(shelf, settles, symbols):
    columns = '"","date","M1","M2","M3"'
    rows = [f'"{i}",{d},{s}' for i, (d, s) in enumerate(zip(shelf.days, settles, strict=True))]
    shelf.write("panel/8_m_settle.csv", [columns, *rows])
    names = [
        f"{i},{int(d[5:7])}/{int(d[8:])}/{d[2:4]},{s}"
        for i, (d, s) in enumerate(zip(shelf.days, symbols, strict=True))
    ]
    shelf.write("panel/8_m_symbols.csv", [",date,M1,M2,M3", *names])


def test_a_panel_fills_what_contract_files_lack(january):
    (january.folder / "vx/VX_2020-02-19.csv").unlink()
    panel(
        january, ["14.0,15.5,NA", "99,15.6,NA", *["NA,0,NA"] * 4], ["F (Jan 20),G (Feb 20),NA"] * 6
    )
    loaded = january.load()
    market = loaded.market
    np.testing.assert_array_equal(market["vx2"], [15.5, 15.6] + [np.nan] * 4)
    assert market["vx1"][1] == 14.1
    conflict = loaded.quality.of("source-conflict")[0]
    assert conflict.first == ("2020-01-22 on 2020-01-03: 14.1 used, 99 not",)
    assert loaded.quality.of("settle-zero")[0].count == 4


def test_a_panel_without_symbols_is_not_guessed(january):
    panel(january, ["99,99,99"] * 6, ["F (Jan 20),G (Feb 20),NA"] * 6)
    (january.folder / "panel/8_m_symbols.csv").unlink()
    loaded = january.load()
    assert loaded.market["vx1"][0] == 14.0
    assert loaded.quality.of("contract-unknown")[0].file == "panel/8_m_settle.csv"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2020-01-10,F (Jan 2020),0,0,0,14,oops,0,0,0,0", "row 8, column settle: 'oops'"),
        ("2020-01-xx,F (Jan 2020),0,0,0,14,14,0,0,0,0", "row 8, column trade date"),
        ("2020-01-10,F (Jan 2020),0,0,0,14,14,0,0,0,0,1,2", "row 8: the row has 13 fields"),
    ],
)
def test_a_bad_cell_among_many_files_is_named(january, line, message):
    with (january.folder / "vx/VX_2020-02-19.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=rf"vx/VX_2020-02-19.csv, {message}"):
        january.load()


def test_archive_of_final_settlements(january):
    january.days = (*january.days[:5], "2020-01-22")
    january.spx()
    january.cboe()
    january.write(
        "archive.csv",
        [
            "Symbol,SettlementMonth,SettlementYear,ProductType,SettlementDate,SettlementPrice,Name",
            "VX,1,2020,Standard,,13.01,VIX futures",
            "BX,1,2020,Standard,,787.73,others",
        ],
    )
    market = january.load().market
    assert market["vx_final"][-1] == 13.01


@pytest.mark.realdata
def test_real_futures(real):
    market, quality = real.market, real.quality
    # The settles that the files themselves print.
    for date, column, value in (
        ("2018-02-05", "vx2", 27.975),
        ("2024-01-16", "vx1", 13.9544),
        ("2016-01-19", "vx1", 25.85),
    ):
        assert market[column][market.index_of(date)] == pytest.approx(value, abs=1e-9), date
    lost, unlisted = quality.of("contract-missing")
    named = set(re.findall(r"\d{4}-\d\d", lost.sentence))
    # Found nowhere in the folder; weekly files of the same month must not stand in for them.
    assert named == {
        "2018-02",
        "2018-08",
        "2019-02",
        "2019-03",
        "2019-05",
        "2022-03",
        "2024-06",
        "2025-03",
        "2026-05",
    }
    assert np.isnan(market["vx1"][market.index_of("2018-08-14")])
    assert unlisted.count == 4
    # The nearest future follows the VIX, and expiries run 1 to 36 days ahead.
    both = np.isfinite(market["vx1"]) & np.isfinite(market["vix"])
    assert both.sum() > 5_000
    assert np.corrcoef(market["vx1"][both], market["vix"][both])[0, 1] > 0.97
    ahead = market["vx1_expiry"] - market.dates.astype(int)
    assert np.nanmin(ahead) == 1
    assert np.nanmax(ahead) <= 36
    for rank in range(1, 9):
        values = market[f"vx{rank}"]
        assert np.nanmin(values) > 8
        assert np.nanmax(values) < 75
    for rank in range(1, 8):
        assert not (market[f"vx{rank}_expiry"] >= market[f"vx{rank + 1}_expiry"]).any()


@pytest.mark.realdata
def test_real_final_settlements(real, real_folder):
    """As the archive and the last rows of contract files print them."""
    market = real.market
    for day, value in (
        ("2013-01-16", 13.69),
        ("2013-02-13", 13.07),
        ("2008-01-16", 24.18),
        ("2024-01-17", 15.13),
    ):
        assert market["vx_final"][market.index_of(day)] == pytest.approx(value), day
    assert dt.date(2004, 7, 14) == vx_settlement(2004, 7)
