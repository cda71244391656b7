"""Contracts that no exchange lists: one name each, read back to the last bit."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.expiry import third_friday, vix_settlement
from hedgerow.core.over_the_counter import (
    OtcFuture,
    OtcOption,
    OtcVariance,
    option,
    parse_future,
    parse_option,
    vix_future,
)
from hedgerow.core.products import product
from hedgerow.engine.ledger.account import instrument
from hedgerow.errors import DataError, LedgerError

UNDERLYINGS = st.sampled_from(["SPX", "NDX", "RUT", "VIX"])
DATES = st.dates(dt.date(1985, 1, 1), dt.date(2090, 1, 1))


@given(UNDERLYINGS, DATES, st.floats(0.01, 99_000.0), st.booleans(), st.booleans())
def test_every_option_reads_back_and_the_ledger_knows_it(underlying, expiry, strike, call, morning):
    morning = morning and underlying != "VIX"
    made = option(underlying, expiry, strike, call=call, morning=morning)
    assert made.product.settlement == ("AM" if morning or underlying == "VIX" else "PM")
    assert parse_option(made.symbol) == made
    assert made.strike == pytest.approx(strike, abs=1e-9)
    known = instrument(made.symbol)
    assert (known.symbol, known.kind, known.multiplier) == (made.symbol, "option", 100)
    assert (known.strike, known.call, known.underlying) == (made.strike, call, underlying)


@given(UNDERLYINGS, DATES, st.integers(1, 30_000_000), st.booleans())
def test_only_strikes_that_are_listed_on_an_expiry_are_coded_as_listed(
    underlying, expiry, thousandths, call
):
    made = option(underlying, expiry, thousandths / 1000.0, call=call)
    assert made.strike == thousandths / 1000.0
    assert parse_option(made.symbol) == made
    if isinstance(made, OptionContract):
        assert expiry.year >= 2000
        assert thousandths % (500 if underlying == "VIX" else 5000) == 0
        if underlying != "VIX":  # a Friday, or the day before a holiday on it
            assert expiry.weekday() in {3, 4}


@given(UNDERLYINGS, st.integers(1, 6000), st.booleans())
def test_listed_strikes_on_a_monthly_expiry_are_coded_as_listed(underlying, number, call):
    month = "2024-05"
    vix = underlying == "VIX"
    expiry = (vix_settlement(month) if vix else third_friday(month)).item()
    made = option(underlying, expiry, number * (0.5 if vix else 5.0), call=call)
    assert isinstance(made, OptionContract)
    assert parse_option(made.symbol) == made


@pytest.mark.parametrize(
    ("underlying", "expiry", "symbol"),
    [  # OCC roots; third Fridays, Good Friday 2019, a Wednesday of VIX; other Fridays, as in 2015
        ("SPX", dt.date(2024, 1, 26), "SPXW  240126P04500000"),
        ("NDX", dt.date(2024, 1, 5), "NDXP  240105P04500000"),
        ("RUT", dt.date(2015, 4, 2), "RUTW  150402P04500000"),
        ("VIX", dt.date(2024, 1, 26), "VIX 2024-01-26 P 4500.0"),
        ("SPX", dt.date(2024, 1, 25), "SPX 2024-01-25 P 4500.0"),
        ("SPX", dt.date(2024, 1, 19), "SPXW  240119P04500000"),
        ("NDX", dt.date(2024, 1, 19), "NDXP  240119P04500000"),
        ("RUT", dt.date(2019, 4, 18), "RUTW  190418P04500000"),
        ("VIX", dt.date(2024, 5, 22), "VIX   240522P04500000"),
        ("SPX", dt.date(2024, 1, 22), "SPX 2024-01-22 P 4500.0"),
        ("SPX", dt.date(1996, 1, 19), "SPX 1996-01-19 P 4500.0"),
    ],
)
def test_symbols_by_example(underlying, expiry, symbol):
    assert option(underlying, expiry, 4500.0, call=False).symbol == symbol


@pytest.mark.parametrize(
    ("underlying", "expiry", "strike", "symbol"),
    [
        ("SPX", dt.date(2023, 4, 21), 3446.325, "SPX 2023-04-21 P 3446.325"),
        ("SPX", dt.date(2023, 4, 21), 3446.0, "SPX 2023-04-21 P 3446.0"),
        ("SPX", dt.date(2023, 4, 21), 3445.0, "SPXW  230421P03445000"),
        ("VIX", dt.date(2024, 5, 22), 17.5, "VIX   240522P00017500"),
        ("VIX", dt.date(2024, 5, 22), 17.25, "VIX 2024-05-22 P 17.25"),
        ("SPY", dt.date(2024, 1, 19), 451.0, "SPY   240119P00451000"),
        ("SPY", dt.date(2024, 1, 19), 451.125, "SPY 2024-01-19 P 451.125"),
    ],
)
def test_a_strike_that_is_not_listed_is_over_the_counter(underlying, expiry, strike, symbol):
    assert option(underlying, expiry, strike, call=False).symbol == symbol
    assert instrument(symbol).strike == strike


def test_options_on_vix_have_one_time_of_settlement():
    with pytest.raises(DataError, match="option on VIX: options on VIX settle at one time"):
        OtcOption.parse("VIX 2024-05-22 C 20.5 AM")


def test_american_options_are_over_the_counter_and_read_back():
    made = option("SPX", dt.date(2024, 1, 19), 4500.0, call=False, american=True)
    assert made.symbol == "SPX 2024-01-19 P 4500.0 AMERICAN"
    assert parse_option(made.symbol) == made
    assert (made.product.exercise, made.product.settlement) == ("american", "PM")
    assert made != option("SPX", dt.date(2024, 1, 19), 4500.0, call=False)
    known = instrument(made.symbol)
    assert (known.symbol, known.delivers, known.multiplier) == (made.symbol, False, 100)
    with pytest.raises(DataError, match="leave AMERICAN out"):
        OtcOption("VIX", dt.date(2024, 5, 22), 20.0, call=True, american=True)
    with pytest.raises(DataError, match="leave AMERICAN out"):
        OtcOption("SPX", dt.date(2024, 1, 19), 20.0, True, morning=True, american=True)


@pytest.mark.parametrize("root", ["SPX", "NDX", "RUT"])
def test_roots_of_the_morning_by_the_occ(root):
    made = option(root, dt.date(2024, 1, 19), 4500.0, call=True, morning=True)
    assert made.symbol == f"{root}   240119C04500000"
    weekly = option(root, dt.date(2024, 1, 26), 4500.0, call=True, morning=True)
    assert weekly.symbol == f"{root} 2024-01-26 C 4500.0 AM"  # none settles on that morning


@given(DATES, st.integers(1, 3000))
def test_swaps_read_back_and_the_ledger_pays_for_them(asked, days):
    made = OtcVariance("SPX", asked, asked + dt.timedelta(days))
    assert OtcVariance.parse(made.symbol) == made
    known = instrument(made.symbol)
    assert (known.symbol, known.kind, known.multiplier) == (made.symbol, "swap", 1)
    assert (known.underlying, known.delivers) == ("SPX", False)


@given(st.integers(12 * 20, 12 * 120))
def test_vix_futures_of_every_month_read_back(month):
    made = vix_future(month)
    assert parse_future(made.symbol) == made
    assert 12 * (made.expiry.year - 1970) + made.expiry.month - 1 == month
    known = instrument(made.symbol)
    assert (known.symbol, known.kind, known.multiplier) == (made.symbol, "future", 1000)
    assert isinstance(made, FutureContract) == ((made.year, made.month) >= (2004, 5))


@pytest.mark.parametrize(
    ("symbol", "mend"),
    [
        ("SPX 2024-01-19 P 4500.0", "SPXW  240119P04500000"),
        ("SPX 2024-01-22 P 4500.00", "SPX 2024-01-22 P 4500.0"),
    ],
)
def test_a_second_name_of_a_contract_is_refused(symbol, mend):
    with pytest.raises(LedgerError, match=mend):
        instrument(symbol)


@pytest.mark.parametrize(
    "symbol",
    [
        "SPX 2024-13-19 P 4500.5",
        "SPX 2024-01-22 X 4500.5",
        "SPX 2024-01-22 P 0.0",
        "SPXW 2024-01-22 P 4500.5",
        "ZZZ 2024-01-22 P 4500.5",
        "VX 2024-05",
        "VX 1990-13",
        "SPX 2024-01-19 2023-10-20 VAR",
        "SPX 2023-10-20 VAR",
        "SPX 2023-02-30 2024-01-19 VAR",
        "VX 2023-10-20 2024-01-19 VAR",
    ],
)
def test_what_is_no_contract_is_refused_by_name(symbol):
    with pytest.raises(LedgerError, match="contract"):
        instrument(symbol)


def test_each_class_refuses_terms_of_another():
    with pytest.raises(DataError):
        OtcOption.parse("SPXW  240119P04500000")
    with pytest.raises(DataError):
        OtcFuture.parse("VXK24")
    with pytest.raises(DataError):
        OtcVariance.parse("SPX 2024-01-22 P 4500.5")


def test_american_options_parse_and_their_products_say_so():
    for symbol, delivers in (("SPY   240119P00450000", True), ("OEX   240119C02200000", False)):
        known, terms = instrument(symbol), parse_option(symbol)
        assert (known.kind, known.multiplier, known.delivers) == ("option", 100, delivers)
        assert terms.product.exercise == "american"
    assert product("SPXW").exercise == "european"
    exact = parse_option("SPY 2024-01-22 P 450.123")
    assert exact.product.exercise == "american"
