"""Products, contract symbols and expiry calendars against exchanges' pages and files."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.contract import MONTH_CODES, FutureContract, OptionContract
from hedgerow.core.expiry import third_friday
from hedgerow.core.products import PRODUCTS, product, round_to_tick
from hedgerow.core.settlement import expiries, last_trading_day, vix_wednesdays
from hedgerow.errors import DataError, HedgerowError, RangeError

DATES = st.dates(dt.date(2000, 1, 1), dt.date(2069, 12, 31))


# ---- products -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "multiplier", "settlement", "exercise"),
    [
        ("SPX", 100, "AM", "european"),
        ("SPXW", 100, "PM", "european"),
        ("XSP", 100, "PM", "european"),
        ("SPY", 100, "PM", "american"),
        ("NDX", 100, "AM", "european"),
        ("RUT", 100, "AM", "european"),
        ("OEX", 100, "PM", "american"),  # cboe.com: "calculated using the last (closing)"
        ("VIX", 100, "AM", "european"),
        ("ES", 50, "AM", "none"),
        ("MES", 5, "AM", "none"),
        ("VX", 1000, "AM", "none"),
        ("VXM", 100, "AM", "none"),
    ],
)
def test_terms_of_the_exchanges(root, multiplier, settlement, exercise) -> None:
    item = product(root)
    assert (item.multiplier, item.settlement, item.exercise) == (multiplier, settlement, exercise)


@pytest.mark.parametrize(
    ("root", "price", "down", "up"),
    [
        ("SPX", 2.97, 2.95, 3.00),
        ("SPX", 3.01, 3.00, 3.10),
        ("SPX", 45.25, 45.20, 45.30),
        ("SPX", 0.01, 0.0, 0.05),
        ("SPY", 2.973, 2.97, 2.98),
        ("VIX", 2.973, 2.97, 2.98),
        ("VIX", 3.02, 3.00, 3.05),
        ("VX", 16.02, 16.00, 16.05),
        ("VXM", 16.024, 16.02, 16.03),
        ("ES", 5000.30, 5000.25, 5000.50),
    ],
)
def test_ticks_of_the_exchanges(root, price, down, up) -> None:
    item = product(root)
    assert round_to_tick(price, item, "buy") == down
    assert round_to_tick(price, item, "sell") == up


@given(st.sampled_from(sorted(PRODUCTS)), st.floats(0.0, 9000.0))
def test_rounded_prices_stay_and_lie_on_the_right_side(root, price) -> None:
    item = product(root)
    low, near, high = (float(round_to_tick(price, item, s)) for s in ("buy", "nearest", "sell"))
    assert low - 1e-9 <= near <= high + 1e-9
    assert low <= price + 1e-6
    assert price - 1e-6 <= high
    for side in ("buy", "nearest", "sell"):
        for value in (low, near, high):
            assert round_to_tick(value, item, side) == value


def test_prices_that_are_none_are_refused() -> None:
    for price in (-0.05, float("nan"), [1.0, float("inf")]):
        with pytest.raises(RangeError, match="negative or no number"):
            round_to_tick(price, product("SPX"))
    with pytest.raises(RangeError, match="unknown side"):
        round_to_tick(1.0, product("SPX"), "by")  # type: ignore[arg-type]  # the mistake meant


def test_an_unknown_root_names_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean 'SPX'"):
        product("SPWX")


# ---- options ------------------------------------------------------------------------------------


@given(
    st.from_regex(r"\A(?:[A-Z]{1,6}|[A-Z]{1,5}[0-9])\Z"),
    DATES,
    st.integers(1, 99_999_999),
    st.booleans(),
)
def test_osi_symbols_go_there_and_back(root, expiry, mills, call) -> None:
    option = OptionContract(root, expiry, mills / 1000.0, call)
    assert len(option.symbol) == 21
    assert OptionContract.parse(option.symbol) == option
    assert OptionContract.parse(option.compact) == option


@pytest.mark.parametrize(
    "symbol", ["", "SPXW", "SPXW 240119X04500000", "SPXW241319P04500000", "SPXW240119P4500"]
)
def test_what_is_no_osi_symbol_is_refused(symbol) -> None:
    with pytest.raises(DataError):
        OptionContract.parse(symbol)


@pytest.mark.parametrize("strike", [0.0, -1.0, float("nan"), float("inf"), 1e5, 4500.0001])
def test_strikes_that_no_option_has(strike) -> None:
    with pytest.raises(DataError, match="strike"):
        OptionContract("SPX", dt.date(2024, 1, 19), strike, call=True)


# ---- futures ------------------------------------------------------------------------------------


@given(st.sampled_from(["VX", "VXM"]), st.integers(2005, 2069), st.integers(1, 12))
def test_monthly_codes_go_there_and_back(root, year, month) -> None:
    future = FutureContract(root, year, month)
    assert FutureContract.parse(future.symbol) == future
    for code in (future.slashed, future.short, f"{root}+VXT{future.slashed[len(root) :]}"):
        for days in (0, 1, 250, 3000):
            assert FutureContract.parse(code, future.expiry - dt.timedelta(days)) == future
    assert FutureContract.of(root, future.expiry) == future


@given(st.integers(2016, 2069), st.integers(1, 52))
def test_weekly_codes_go_there_and_back(year, week) -> None:
    settled = vix_wednesdays(f"{year}-01-01", f"{year + 1}-01-01")[1].tolist()
    days = [d for d in settled if d.year == year]
    future = FutureContract("VX", year, days[week - 1].month, week)
    assert future.expiry == days[week - 1]
    assert FutureContract.parse(future.symbol) == future
    assert FutureContract.parse(future.slashed, future.expiry) == future


@given(st.sampled_from(["ES", "MES"]), st.integers(2005, 2069), st.sampled_from("HMUZ"))
def test_cme_codes_go_there_and_back(root, year, letter) -> None:
    future = FutureContract(root, year, MONTH_CODES[letter])
    assert FutureContract.parse(f"{root}{letter}{year % 100:02d}") == future
    assert FutureContract.parse(future.short, future.expiry) == future


@pytest.mark.parametrize(
    ("code", "day"),
    [
        # cboe.com, VIX Weeklys, August 2016: 31VX/Q6 … 36VX/U6 beside the monthlies
        *[("VX31/Q6", "2016-08-03"), ("VX32/Q6", "2016-08-10"), ("VX/Q6", "2016-08-17")],
        *[("VX34/Q6", "2016-08-24"), ("VX35/Q6", "2016-08-31"), ("VX36/U6", "2016-09-07")],
        # Cboe's list of contracts: VX+VXT22/M2 is VX_2022-06-01, VX+VXT/F3 is VX_2023-01-18
        *[("VX+VXT22/M22", "2022-06-01"), ("VX+VXT/F23", "2023-01-18")],
        # CME: the third Friday, the session before where it is a holiday
        *[("ESM24", "2024-06-21"), ("MESZ5", "2025-12-19"), ("ESH08", "2008-03-20")],
    ],
)
def test_codes_of_the_exchanges(code, day) -> None:
    expiry = dt.date.fromisoformat(day)
    assert FutureContract.parse(code, expiry - dt.timedelta(20)).expiry == expiry


def test_one_digit_of_a_year_needs_a_reference() -> None:
    with pytest.raises(DataError, match="give a reference date"):
        FutureContract.parse("VX/K4")
    assert FutureContract.parse("VX/K4", dt.date(2024, 5, 22)).year == 2024
    assert FutureContract.parse("VX/K4", dt.date(2024, 5, 23)).year == 2034
    assert FutureContract.parse("ESZ9", dt.date(2020, 1, 2)).year == 2029


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("VXI24", "not a future's code"),
        ("ESK24", "March, June"),
        ("ES01H24", "March, June"),
        ("VX00K24", "no week 00"),
        ("VX54Z24", "no week 54"),
        ("VX21M24", "expires on 2024-05-22"),
        ("SPXM24", "is no future"),
        ("ABM24", "unknown symbol"),
    ],
)
def test_codes_that_are_none(code, said) -> None:
    with pytest.raises(HedgerowError, match=said):
        FutureContract.parse(code)


# ---- calendar -----------------------------------------------------------------------------------


def test_counts_of_weekly_vx_futures_in_the_exchanges_list_of_contracts() -> None:
    """Weekly contracts by year of settlement, as Cboe's list of VX files counts them."""
    listed = dict.fromkeys(range(2016, 2026), 40) | {2019: 41, 2024: 41}
    days = expiries("VX", "2016-01-01", "2025-12-31").tolist()
    monthly = set(expiries("VIX", "2016-01-01", "2025-12-31").tolist())
    assert Counter(day.year for day in days if day not in monthly) == listed


def test_the_first_weeklies() -> None:
    # cboe.com, 22 February and 17 August 2016
    march = ["2016-03-02", "2016-03-04", "2016-03-09", "2016-03-11"]
    assert [str(day) for day in expiries("SPXW", "2016-02-23", "2016-03-12")][
        2:
    ] == march  # after the 26th and 29th
    listed = ["08-22", "08-24", "08-26", "08-29", "08-31", "09-02", "09-06", "09-07", "09-09"]
    found = [str(day)[5:] for day in expiries("SPXW", "2016-08-18", "2016-09-09")]
    assert found == listed  # 6 September is the Tuesday after Labor Day


@given(st.dates(dt.date(2022, 6, 1), dt.date(2060, 1, 1)))
def test_since_2022_every_session_is_an_spxw_expiry(day) -> None:
    start = np.datetime64(day)
    found = expiries("SPXW", start, start + 60)
    assert np.array_equal(found, np.unique(found))
    assert set(expiries("SPX", start, start + 60)) <= set(found)
    weekdays = np.arange(start, start + 61)
    sessions = weekdays[
        np.isin(weekdays, last_trading_day("SPXW", weekdays)) & np.is_busday(weekdays)
    ]
    assert set(found) <= set(sessions)
    assert len(found) >= 38  # of at most 44 weekdays, holidays and the span's edges


@given(st.dates(dt.date(2016, 1, 1), dt.date(2060, 1, 1)))
def test_vix_expiries_are_wednesdays_thirty_days_before_a_friday(day) -> None:
    low, high = np.datetime64(day), np.datetime64(day) + 120
    monthly, every = expiries("VIX", low, high), expiries("VX", low, high)
    assert set(monthly) <= set(every)
    assert set(every) == set(monthly) | set(expiries("VIXW", low, high))
    assert {d.weekday() for d in every.tolist()} <= {0, 1, 2}
    assert set(third_friday(monthly.astype("M8[M]") + 1) - monthly) <= {
        np.timedelta64(n, "D") for n in (30, 31)
    }


def test_spans_and_roots_without_a_rule_are_refused() -> None:
    with pytest.raises(RangeError, match="lies before the start"):
        expiries("SPX", "2024-02-01", "2024-01-01")
    with pytest.raises(RangeError, match="no expiry rule"):
        expiries("MXEA", "2024-01-01", "2024-02-01")
    assert len(expiries("SPX", "2024-02-01", "2024-02-02")) == 0


@pytest.mark.realdata
def test_every_expiry_of_the_option_chains_is_on_the_rule(real_data) -> None:
    seen: Counter[str] = Counter()
    for path in sorted((real_data / "option_chains").glob("*.csv")):
        symbols = set(re.findall(r"\b[A-Z]{3,5}\d{6}[CP]\d{8}\b", path.read_text("utf-8")))
        options = [OptionContract.parse(symbol) for symbol in symbols]
        assert {option.compact for option in options} == symbols
        for root, expiry in sorted({(o.root, o.expiry) for o in options}):
            assert expiries(root, expiry, expiry).tolist() == [expiry], (path.name, root, expiry)
            seen[root] += 1
    assert seen == {"SPX": 60, "SPXW": 111, "SPY": 31}


@pytest.mark.realdata
def test_every_vx_contract_file_is_on_the_rule_and_every_gap_too(real_data) -> None:
    folder = real_data / "vx_futures" / "listed_2013_2026"
    files = {}
    for path in folder.glob("VX_*.csv"):
        day = dt.date.fromisoformat(path.stem[3:])
        with path.open() as stream:
            rows = list(csv.DictReader(stream))
        future = FutureContract.of("VX", day)
        letter, year = re.fullmatch(r"(.) \(\w+ (\d+)\)", rows[-1]["Futures"]).groups()
        assert (MONTH_CODES[letter], int(year)) == (future.month, future.year), path.name
        last = dt.date.fromisoformat(rows[-1]["Trade Date"])
        assert last == day or (last == dt.date(2026, 1, 7) and day > last), path.name
        files[day] = future
    assert len(files) == 388
    assert sum(bool(future.week) for future in files.values()) == 239
    assert set(files) <= set(expiries("VX", "2013-01-01", "2026-12-31").tolist())
    # from 2020 on the only expiries without a file are those that are no Wednesdays
    lacking = set(expiries("VX", "2020-01-02", "2026-01-31").tolist()) - set(files)
    assert {day.weekday() for day in lacking} == {1}
    assert {str(day) for day in lacking} >= {"2022-03-15", "2024-06-18", "2025-03-18"}
    assert all(day.weekday() == 2 for day in files)
