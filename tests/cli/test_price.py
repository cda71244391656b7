"""``price`` from the outside: textbooks, QuantLib, exchanges' numbers, real quotes."""

from __future__ import annotations

import datetime as dt
import doctest
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.chain_made import flat_chain
from cli.console import as_json, bad, good
from cli.fuzz import WORDS, refused_or_told

DOCS = Path(__file__).resolve().parents[2] / "docs"
CHAIN = "option_chains/spx_cboe_2023-09-14.csv"
CONDOR = ("iron_condor", "root=SPXW", "expiry=2026-03-20", "quantity=2")
SPOT = ("--spot", "7350", "--vol", "0.15", "--date", "2026-02-18")
PLAIN = ("--strike", "100", "--spot", "100", "--vol", "0.2", "--days", "30")


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    return flat_chain(tmp_path_factory.mktemp("chains") / "spx.csv")


def option(*args: object):
    return as_json("price", "option", *args)


def condor(*strikes: float) -> list[str]:
    names = ("long_put", "short_put", "short_call", "long_call")
    return [*CONDOR, *(f"{name}={k}" for name, k in zip(names, strikes, strict=True))]


# ---- typed numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "price"),
    [
        # Haug, "The Complete Guide to Option Pricing Formulas"; six months are 182.5 days
        ("--call --spot 105 --strike 100 --rate .1 --dividend .1 --vol .36", ("delta", 0.5946)),
        ("--put --spot 105 --strike 100 --rate .1 --dividend .1 --vol .36", ("delta", -0.3566)),
        ("--put --spot 100 --strike 95 --rate .1 --dividend .05 --vol .2", ("price", 2.4648)),
    ],
)
def test_haug_half_a_year(terms, price) -> None:
    name, expected = price
    around = [option(*terms.split(), "--days", days)[name] / 100.0 for days in (182, 183)]
    assert sum(around) / 2 == pytest.approx(expected, abs=1e-4)


def test_seed_000_spot_falls_3_percent_and_volatility_rises() -> None:
    """Short 5200 call: +25.64 at 18 %, −0.40 if volatility rises to 26 %."""
    call = ("--call", "--strike", "5200", "--days", "30", "--rate", ".04")
    before = option(*call, "--spot", "5000", "--vol", ".18")["price"]
    for vol, gain in ((".18", 25.64), (".26", -0.40)):
        after = option(*call, "--spot", "4850", "--vol", vol)["price"]
        assert (before - after) / 100.0 == pytest.approx(gain, abs=0.005)


def test_parity_row_short_future_and_call_have_the_puts_vega() -> None:
    world = ("--forward", "5000", "--vol", "0.2", "--rate", "0.04", "--date", "2026-02-18")
    leg = ("root=SPXW", "expiry=2026-03-20", "strike=5200")
    hedged = as_json(
        "price", "structure", "hedged_short_future", *leg, "future=ESH26", "entry=5000", *world
    )
    put = as_json("price", "structure", "put", *leg, *world)
    assert hedged["vega"] == pytest.approx(459.84, abs=0.005)
    assert put["vega"] == pytest.approx(459.84, abs=0.005)
    assert hedged["margin"] is None


@pytest.mark.parametrize(
    ("strikes", "margin"),
    [
        ((7090, 7185, 7510, 7605), 19_000.0),
        ((7135, 7185, 7500, 7660), 32_000.0),
        ((7090, 7235, 7510, 7605), 29_000.0),
    ],
)
def test_margin_of_condors(strikes, margin) -> None:
    found = as_json("price", "structure", *condor(*strikes), *SPOT, "--paid", "-6000")
    assert found["margin"]["requirement"] == margin
    assert found["best"]["amount"] == 6000.0
    assert found["worst"]["amount"] == 6000.0 - margin


def test_a_symbol_says_what_options_say() -> None:
    world = ("--spot", "5000", "--vol", "0.2", "--date", "2026-02-18")
    terms = ("--root", "spxw", "--expiry", "2026-03-20", "--strike", "4500", "--put")
    assert option("spxw260320p04500000", *world) == option(*terms, *world)


def test_american_options_hold_early_exercise() -> None:
    """QuantLib's price within 1e-6 (validation.md)."""
    found = option(
        *("--root", "SPY", "--put", "--strike", "520", "--days", "182", "--spot", "500"),
        *("--vol", "0.2", "--rate", "0.05", "--dividend", "0.01"),
    )
    assert found["early_exercise"] is True
    ql.Settings.instance().evaluationDate = today = ql.Date(1, 6, 2026)
    curve = [
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, ql.Actual365Fixed()))
        for rate in (0.01, 0.05)
    ]
    vol = ql.BlackVolTermStructureHandle(
        ql.BlackConstantVol(today, ql.NullCalendar(), 0.2, ql.Actual365Fixed())
    )
    spot = ql.QuoteHandle(ql.SimpleQuote(500.0))
    process = ql.BlackScholesMertonProcess(spot, *curve, vol)
    made = ql.VanillaOption(
        ql.PlainVanillaPayoff(ql.Option.Put, 520.0), ql.AmericanExercise(today, today + 182)
    )
    made.setPricingEngine(ql.QdFpAmericanEngine(process))
    assert found["price"] / 100.0 == pytest.approx(made.NPV(), abs=1e-6)


def test_without_quantlib_american_options_are_european_and_say_so(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "QuantLib", None)
    args = ("--root", "SPY", *PLAIN[:4], "--vol", "0.2", "--days", "30", "--rate", "0.05")
    assert option(*args)["early_exercise"] is False
    assert option(*args)["margin"]["requirement"] == 0.0
    assert "early exercise needs QuantLib" in good("price", "option", *args)


# ---- data ---------------------------------------------------------------------------------------


def test_quantlib_on_the_builtin_surface() -> None:
    found = option("SPXW220318P03900000", "--data", "builtin", "--date", "2022-02-01")
    (leg,) = found["legs"]
    forward = found["forwards"]["2022-03-18"]
    days = (dt.date(2022, 3, 18) - dt.date.fromisoformat(found["date"])).days
    deviation = leg["vol"] * np.sqrt(days / 365.0)
    # the put by Black's formula, discounted with what the price itself says of the rate
    undiscounted = ql.blackFormula(ql.Option.Put, 3900.0, forward, deviation)
    rho = -days / 365.0 / 100.0 * found["price"]
    discount = leg["points"] / undiscounted
    assert 0.99 < discount <= 1.0
    rate = -np.log(discount) / (days / 365.0)
    again = option(
        *("SPXW220318P03900000", "--date", found["date"], "--forward", forward),
        *("--vol", leg["vol"], "--rate", rate),
    )
    assert again["price"] == pytest.approx(found["price"], rel=1e-12)
    assert again["rho"] == pytest.approx(rho, rel=1e-9)  # on a forward only the discount
    assert (
        leg["vol"]
        > option("SPXW220318P04500000", "--data", "builtin", "--date", "2022-02-01")["legs"][0][
            "vol"
        ]
    )


def test_notes_tell_what_is_modelled_or_assumed() -> None:
    args = ("SPXW220318P03900000", "--data", "builtin", "--date", "2022-02-01")
    plain = option(*args)["notes"]
    assert "Volatilities are modelled from VIX (docs/pricing.md)." in plain
    assert {"The rate is assumed.", "The dividend yield is assumed."} <= set(plain)
    given = option(*args, "--vol", "0.2", "--rate", "0.01", "--dividend", "0.015")
    assert given["notes"] == []
    assert given["legs"][0]["vol"] == 0.2
    assert "The rate is assumed." in good("price", "option", *args)
    modelled = as_json("price", "future", "VXK20", "--data", "builtin", "--date", "2020-03-16")
    assert modelled["notes"] == ["The future of 2020-05-20 is modelled from VIX."]


def test_index_futures_carry() -> None:
    """Hull: F = S e^((r − q)T)."""
    args = ("ESH26", "--spot", "5000", "--rate", "0.04", "--dividend", "0.01")
    found = as_json("price", "future", *args, "--date", "2026-02-18")
    assert found["price"] == pytest.approx(5000.0 * np.exp(0.03 * 30 / 365))
    assert found["usd"] == pytest.approx(50.0 * found["price"])
    assert found["basis"] == pytest.approx(found["price"] - 5000.0)
    assert "Basis to SPX at 5,000.00: +12.34" in good(
        "price", "future", *args, "--date", "2026-02-18"
    )


@pytest.mark.realdata
def test_quoted_futures_and_their_options(real_data) -> None:
    """Cboe settled VXZ23 at 16.2 on 2023-09-14; its options stand on it and not on VIX 12.82."""
    source = ("--data", real_data, "--date", "2023-09-14")
    future = as_json("price", "future", "VXZ23", *source)
    assert future["notes"] == []
    assert future["price"] - future["basis"] == 12.82
    made = option("VIX231220C00020000", *source)
    assert made["forwards"] == {"2023-12-20": future["price"]}
    listed = as_json("price", "future", "VX40V23", *source)
    file = real_data / "vx_futures/listed_2013_2026/VX_2023-10-04.csv"
    (row,) = [line.split(",") for line in file.read_text().splitlines() if "2023-09-14" in line]
    assert (listed["price"], listed["notes"]) == (float(row[6]), [])
    weekly = as_json("price", "future", "VX49Z23", *source)
    assert weekly["notes"] == [
        f"The future of {weekly['expiry']} is not quoted: read between its neighbours."
    ]


# ---- chains -------------------------------------------------------------------------------------


def test_a_flat_chain_prices_flat(flat) -> None:
    for strike in (4200, 4500, 4800):
        found = option(f"SPXW231013P0{strike}000", "--chain", flat)
        assert found["legs"][0]["vol"] == pytest.approx(0.2, abs=2e-3)
        assert found["forwards"]["2023-10-13"] == pytest.approx(4500.0, abs=0.02)
    between = option("SPXW231018P04500000", "--chain", flat)
    assert between["legs"][0]["vol"] == pytest.approx(0.2, abs=2e-3)
    assert (
        "2023-10-18 PM is not among its fitted expiries: read between or beyond them."
        in (between["notes"])
    )


def test_variance_of_a_flat_chain_is_its_volatility_and_vix(flat) -> None:
    found = as_json("price", "variance", "--days", "30", "--chain", flat)
    assert found["vol"] == pytest.approx(20.0, abs=0.1)
    assert found["vol"] == pytest.approx(as_json("vix", flat)["vix"], abs=0.1)


def test_variance_adds_up_over_time() -> None:
    """T₂σ₂² = T₁σ₁² + (T₂ − T₁)σ₁₂² (Demeterfi, Derman, Kamal, Zou)."""
    source = ("--data", "builtin", "--date", "2022-02-01")
    near, far, ahead = (
        as_json("price", "variance", *source, *more)["variance"]
        for more in (("--days", 30), ("--days", 90), ("--days", 90, "--start", 30))
    )
    assert 90 * far == pytest.approx(30 * near + 60 * ahead, rel=1e-9)
    typed = as_json("price", "variance", "--days", "90", "--start", "30", "--vol", "0.2")
    assert typed["vol"] == pytest.approx(20.0, abs=1e-4)
    assert "20.00 vol points" in good("price", "variance", "--days", "90", "--vol", "0.2")


@pytest.mark.realdata
@pytest.mark.slow
def test_real_variance_is_near_vix(real_data) -> None:
    found = as_json("price", "variance", "--days", "30", "--chain", real_data / CHAIN)
    assert found["vol"] == pytest.approx(as_json("vix", real_data / CHAIN)["vix"], abs=0.3)


@pytest.mark.realdata
@pytest.mark.slow
def test_a_collar_with_a_shorter_call_on_a_real_chain(real_data) -> None:
    """Cboe CLL: no gain beyond the call's strike, none without end, floored by the put."""
    found = as_json(
        *("price", "structure", "collar", "root=SPX", "expiry=2023-12-15", "put_strike=4200"),
        *("call_strike=4700", "call_expiry=2023-10-20", "--chain", real_data / CHAIN),
    )
    assert len(found["break_evens"]) == 1
    assert found["best"]["spot"] == pytest.approx(4700.0)
    assert -100.0 * (found["spot"] - 4100.0) < found["worst"]["amount"] < 0.0
    assert any("at the carry to that date" in note for note in found["notes"])


# ---- shown --------------------------------------------------------------------------------------


def test_the_list_of_structures() -> None:
    assert as_json("price", "structure")["put"]["strike"] == {"required": True}
    assert "iron_condor" in good("price", "structure")


def test_text_and_picture(tmp_path) -> None:
    place = tmp_path / "condor.svg"
    args = ("price", "structure", *condor(7090, 7185, 7510, 7605), *SPOT, "--paid", "-6000")
    said = good(*args, "--picture", place)
    assert "spot 7,350.00; forward 7,350.00 to 2026-03-20" in said
    assert "break-even  7,155.00, 7,540.00" in said
    assert "margin      $19,000" in said
    assert said.rstrip().endswith("Not investment advice.")
    ElementTree.fromstring(place.read_text("utf-8"))


def test_the_page_runs_and_its_picture_is_what_its_command_draws() -> None:
    page = (DOCS / "prices.md").read_text("utf-8")
    failed, tried = doctest.testfile(str(DOCS / "prices.md"), module_relative=False)
    assert tried > 0
    assert failed == 0
    (block,) = re.findall(r"^```console\n(.*?)^```", page, re.M | re.S)
    commands = [shlex.split(line[2:], comments=True)[1:] for line in block.splitlines()]
    assert {args[1] for args in commands if args[0] == "price"} == {
        *("option", "structure", "future", "variance")
    }
    for args in commands:
        assert good(*args)
    assert Path("payoff.svg").read_text("utf-8") == (DOCS / "images/payoff.svg").read_text("utf-8")


# ---- mistakes -----------------------------------------------------------------------------------

MISTAKES = {
    "option --strike 0 --days 30 --spot 100 --vol .2": "--strike: 0 lies outside",
    "option --strike nan --days 30 --spot 100 --vol .2": "--strike: nan lies outside",
    "option --strike 100.00001 --days 30 --spot 100 --vol .2": "finer than a thousandth",
    "option --days 30 --spot 100 --vol .2": "--strike: the strike is missing",
    "option --strike 100 --spot 100 --vol .2": "--expiry, --days: an expiry is needed",
    "option --strike 100 --spot 100 --vol .2 --days -1": "--days: -1 days to expiry",
    "option --strike 100 --spot 100 --vol .2 --days 30000": "--days: 21",
    "option --strike 100 --spot 100 --vol .2 --days 3 --expiry 2026-03-20": "is given twice",
    "option --strike 100 --spot 100 --vol .2 --expiry 20.3.2026": "--expiry: '20.3.2026' is not",
    "option --strike 100 --spot 100 --vol .2 --expiry 2020-01-01": "expired on 2020-01-01",
    "option --strike 1 --spot 1 --vol .2 --days 3 --date 0-1-1": "--date: '0-1-1' is not a date",
    "option --strike 100 --spot 100 --vol 18 --days 30": "--vol: 18 lies outside 0.001 … 5",
    "option --strike 100 --spot 100 --vol 0 --days 30": "--vol: 0 lies outside",
    "option --strike 100 --spot 100 --days 30": "--vol: there is no volatility",
    "option --strike 100 --vol .2 --days 30": "--spot, --forward: the price of the underlying",
    "option --strike 100 --spot 100 --forward 100 --vol .2 --days 30": "--spot, --forward: two",
    "option --strike 100 --spot -5 --vol .2 --days 30": "--spot: -5 lies outside",
    "option --strike 100 --spot 100 --vol .2 --days 30 --rate 4": "--rate: 4 lies outside",
    "option --strike 100 --forward 100 --vol .2 --days 30 --dividend .01": "--dividend: a forward",
    "option --strike 100 --spot 100 --vol .2 --days 30 --root SPXX": "unknown symbol 'SPXX'",
    "option --strike 20 --spot 20 --vol .9 --days 30 --root VIX": "--spot: VIX is no price",
    "option --strike 20 --forward 20 --vol .9 --days 30 --root SPY": "--forward: American options",
    "option SPXW260320P04500000 --call": "SYMBOL: the symbol says",
    "option SPXW260399P04500000 --spot 5000 --vol .2": "'260399' is not a date",
    "option hello --spot 5000 --vol .2": "'HELLO' is not an option symbol",
    "option --strike 20 --root VIX --days 30 --spot 20 --data builtin": "--spot: VIX is priced on",
    "option --strike 20 --root NDX --days 30 --data builtin": "not NDX",
    "option --strike 100 --days 30 --data builtin --date 2050-01-01": "--date: 2050-01-01 lies",
    "option --strike 100 --days 30 --data nowhere": "nowhere",
    "option --strike 100 --days 30 --data builtin --chain x.csv": "--data, --chain: two sources",
    "option --strike 100 --days 30 --chain x.csv": "x.csv",
    "option --strike 100 --days 30 --chain x.csv --spot 1": "--spot: the chain has its own",
    "option --strike 100 --days 30 --chain x.csv --dividend 0": "--dividend: the chain's",
    "future VXK24 --date 2024-04-01": "--data: spot VIX does not tell",
    "future ESM24 --date 2024-04-01": "--spot, --forward",
    "future ESM24 --date 2024-07-01 --spot 5000": "--date: a contract expired on 2024-06-21",
    "future ES": "'ES' is not a future's code",
    "future CLM24 --spot 5": "unknown symbol 'CL'",
    "variance --days 0 --vol .2": "--expiry: no days are left",
    "variance --days 30 --vol .2 --start 30": "--start: it begins after its end",
    "variance --days 30": "--vol: there is no volatility",
    "structure iron_kondor": "unknown structure 'iron_kondor'",
    "structure put root=SPXW": "expiry, strike missing",
    "structure put strike": "'strike' is no term",
    "structure put strike=1 strike=2": "'strike' is given twice",
    "structure put root=SPXW expiry=2026-03-20 strike=x": "put.strike: 'x' cannot be read",
    "structure put root=SPXW expiry=2026-03-20 strike=5 --paid nan": "--paid: nan",
    "structure put root=SPXW expiry=2026-03-20 strike=5 --bond -1": "--bond: -1",
    "structure put root=SPXW expiry=2026-03-20 strike=5 --picture .": "this is a folder",
}


@pytest.mark.parametrize(("words", "sentence"), MISTAKES.items(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence_with_the_option_in_it(words: str, sentence: str) -> None:
    assert sentence in bad("price", *words.split())


def test_a_chain_of_something_else(flat) -> None:
    said = bad("price", "option", "VIX231018C00020000", "--chain", flat)
    assert "spx.csv: the quotes are of SPX, not of VIX" in said
    said = bad("price", "option", "SPXW230914C04500000", "--chain", flat)
    assert "2023-09-14 does not lie after the quotes" in said


OPTIONS = ("--strike", "--spot", "--vol", "--rate", "--dividend", "--days", "--root", "--forward")


@pytest.mark.slow
@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from([*OPTIONS, "--date"]), WORDS, min_size=1, max_size=3))
def test_any_words_for_an_option(changed) -> None:
    plain = dict(zip(PLAIN[::2], PLAIN[1::2], strict=True)) | {"--date": "2026-02-18"}
    args = [f"{key}={value}" for key, value in (plain | changed).items()]
    refused_or_told(["price", "option", *args])


@pytest.mark.slow
@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(["--days", "--start", "--vol", "--date"]), WORDS))
def test_any_words_for_a_variance_swap(changed) -> None:
    args = [f"{k}={v}" for k, v in ({"--days": "30", "--vol": "0.2"} | changed).items()]
    refused_or_told(["price", "variance", *args])


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from(["long_strike", "short_strike", "ratio", "quantity", "calls", "expiry"]),
        WORDS,
        min_size=1,
        max_size=2,
    ),
    st.dictionaries(st.sampled_from(["--paid", "--bond"]), WORDS, max_size=1),
)
def test_any_words_for_a_structure(changed, options) -> None:
    plain = {"root": "SPXW", "expiry": "2026-03-20", "long_strike": "7000", "short_strike": "6800"}
    terms = [f"{key}={value}" for key, value in (plain | changed).items()]
    more = [f"{key}={value}" for key, value in options.items()]
    refused_or_told(["price", "structure", *SPOT, *more, "--", "ratio_spread", *terms])


@pytest.mark.slow
@given(WORDS)
def test_any_word_for_a_future_or_a_symbol(word) -> None:
    refused_or_told(["price", "future", "--spot=5000", "--date=2024-03-01", "--", word])
    refused_or_told(["price", "option", "--spot=50", "--vol=.2", "--date=2024-03-01", "--", word])
