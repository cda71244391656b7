"""``hedgerow signals``: the list, what a signal said, and mistakes in one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from cli.console import SHORT, as_json, bad, good


@pytest.fixture
def folder(tmp_path):
    """Forty sessions of an index, a VIX, breadth and a calendar that ends in the middle."""
    days = pd.bdate_range("2024-07-08", periods=40)
    rng = np.random.default_rng(6)
    spx = 5500.0 * np.exp(rng.normal(0.0, 0.01, 40).cumsum())
    frame = pd.DataFrame({"SPX": spx, "VIX": 15.0 + rng.normal(0.0, 1.0, 40)}, index=days)
    shelf = tmp_path / "data"
    shelf.mkdir()
    frame.rename_axis("Date").to_csv(shelf / "both.csv")
    counts = pd.DataFrame({"advances": 1500, "declines": 1700}, index=days)
    counts.rename_axis("date").to_csv(shelf / "breadth.csv")
    (shelf / "fomc_dates.csv").write_text("date\n2024-07-08\n2024-07-31\n")
    return shelf


def test_volatilities_in_per_cent_are_no_silent_gap(folder) -> None:
    days = pd.read_csv(folder / "both.csv")["Date"]
    frame = pd.DataFrame([(day, name, 0.5, 30) for day in days for name in ("AAPL", "MSFT")])
    frame.to_csv(folder / "vols.csv", header=["date", "symbol", "weight", "vol"], index=False)
    said = bad("signals", "show", "implied_cor_members", "--data", folder)
    assert "signal 'implied_cor_members': the data have no value of 'cor_members'" in said
    assert "vols.csv, column vol: 80 values outside 0.0001 … 5 were dropped" in said
    frame[3] = 0.30
    frame.to_csv(folder / "vols.csv", header=["date", "symbol", "weight", "vol"], index=False)
    made = as_json("signals", "show", "implied_cor_members", "--data", folder)
    assert made["signals"]["implied_cor_members"]["known"] == 40


def test_the_list_names_what_each_needs(folder) -> None:
    text = good("signals", "list")
    assert "vix_rsi14" in text
    assert "lack" not in text
    text = good("signals", "list", "--data", folder)
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert lines["divergence"].endswith("yes")
    assert lines["reer_z252"].endswith("lack reer")
    rows = {row["name"]: row for row in as_json("signals", "list", "--data", folder)["signals"]}
    assert rows["sector_shift_over2"]["lacks"] == ["sector_shift"]
    assert rows["vix_macd12_26_9"]["lookback"] == 34
    assert all(row["meaning"] for row in rows.values())


def test_show_prints_and_saves_what_python_gives(tmp_path) -> None:
    names = ("vix_rsi14", "spx_macd12_26_9", "window")
    market = hr.load("builtin")
    want = hr.signals(market, *names, start=SHORT[1], end=SHORT[3])
    text = good("signals", "show", *names, *SHORT, "--save", tmp_path / "out" / "s.csv")
    assert "Not investment advice" in text
    assert "2020-12-31" in text
    saved = pd.read_csv(tmp_path / "out" / "s.csv", index_col="date", parse_dates=True)
    np.testing.assert_allclose(saved, want.frame(), rtol=1e-12)
    found = as_json("signals", "show", *names, *SHORT)
    assert found == {**want.to_dict(), "save": None}
    assert found["signals"]["vix_rsi14"]["known"] == len(found["dates"])


def test_what_lies_before_the_first_date_warms() -> None:
    market = hr.load("builtin")
    whole = hr.signals(market, "vix_rsi14", end="2018-03-01").frame()
    part = hr.signals(market, "vix_rsi14", start="2018-02-01", end="2018-03-01").frame()
    pd.testing.assert_frame_equal(part, whole.loc["2018-02-01":])


def test_unknown_values_are_null_and_dashes(folder, tmp_path) -> None:
    found = as_json("signals", "show", "vix_macd12_26_9", "--data", folder)
    row = found["signals"]["vix_macd12_26_9"]
    assert row["values"][:33] == [None] * 33
    assert (row["known"], row["first"]) == (7, found["dates"][33])
    text = good("signals", "show", "vix_ma50", "--data", folder)
    assert "–" in text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["show", "vix_rsi1"], "rsi.days: 1 is less than 2"),
        (["show", "vix_rsii14"], "no signal and no column of the data is called 'vix_rsii14'"),
        (["show", "divergence"], "market.breadth: the data have no advance-decline line"),
        (["show", "events"], "market.event_fomc_in: the data have no calendar of 'fomc' events"),
        (["show", "reer_z252"], "market.reer: the data have no column 'reer'"),
        (["show", "window60_400"], "execution_window.last: 400 is greater than 390"),
        (["show", "vix", "--from", "2050-01-01"], "no data between"),
        (["show", "vix", "--save", "."], "this is a folder"),
        (["list", "--data", "nowhere"], "'nowhere' does not exist"),
    ],
)
def test_mistakes_are_one_sentence(args, said) -> None:
    assert said in bad("signals", *args)


def test_a_stale_calendar_names_its_file(folder) -> None:
    said = bad("signals", "show", "events", "--data", folder)
    assert said.startswith("fomc_dates.csv, market.event_fomc_in: the calendar of 'fomc' events")
    assert "ends on 2024-07-31, the data on 2024-08-30" in said
    assert "events" in good("signals", "show", "events", "--data", folder, "--to", "2024-07-31")


def test_python_says_the_same() -> None:
    market = hr.load("builtin", start="2018-01-02", end="2018-06-29")
    with pytest.raises(hr.RangeError, match="no signal is named"):
        hr.signals(market)
    with pytest.raises(hr.PolicyError, match="no signal and no column") as error:
        hr.signals(market, "vix_rsi_14")
    assert "vix_rsi14" in error.value.mend
    found = hr.signals(market, hr.Macd("vix", part="line"))
    assert repr(found).startswith("<SignalsResult of vix_macd12_26_9_line, 2018-01-02")
    assert "<pre>" in found._repr_html_()
