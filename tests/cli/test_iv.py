"""``iv`` from the outside: prices of textbooks back to the volatility they were made with."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_lets_be_rational import implied_volatility_from_a_transformed_rational_guess as jaeckel

from cli.console import as_json, bad, call, good
from hedgerow.pricing.black import black76

TERMS = ("--strike", "100", "--spot", "100", "--days", "30")


@pytest.mark.parametrize(
    ("price", "terms", "vol"),
    [
        # Haug; a quarter is 91.25 days and three quarters 273.75, hence the tolerance
        ("2.1334", "--call --spot 60 --strike 65 --rate .08 --days 91", 0.30),
        ("1.7011", "--call --forward 19 --strike 19 --rate .1 --days 274", 0.28),
    ],
)
def test_haug_back_to_its_volatility(price, terms, vol) -> None:
    found = as_json("iv", price, *terms.split())
    assert found["vol"] == pytest.approx(vol, abs=1e-3)
    assert found["reason"] == "ok"


@given(st.floats(0.05, 1.5), st.integers(10, 700), st.floats(60.0, 160.0), st.booleans())
def test_against_lets_be_rational(vol, days, strike, call) -> None:
    price = float(black76(100.0, strike, days / 365, vol, 0.03, call=call).price)
    undiscounted = price * np.exp(0.03 * days / 365)
    if undiscounted - max((100.0 - strike) * (1 if call else -1), 0.0) < 1e-6:
        return  # too little time value for either to read
    side = "--call" if call else "--put"
    found = as_json(
        *("iv", repr(price), side, "--strike", repr(strike), "--forward", "100"),
        *("--days", days, "--rate", "0.03"),
    )
    expected = jaeckel(undiscounted, 100.0, strike, days / 365, 1.0 if call else -1.0)
    assert found["vol"] == pytest.approx(expected, rel=1e-6)


def test_its_greeks_are_those_of_price_option() -> None:
    world = ["--strike", "95", "--spot", "100", "--days", "180", "--rate", ".1"]
    made = as_json("price", "option", *world, "--vol", ".2")
    found = as_json("iv", made["price"] / 100.0, *world)
    assert found["vol"] == pytest.approx(0.2)
    assert found["delta"] == pytest.approx(made["delta"] / 100.0)
    assert found["vega"] == pytest.approx(made["vega"] / 100.0)
    said = good("iv", made["price"] / 100.0, *world)
    assert said.startswith("20.0000%  delta −0.")
    assert "points a vol point, 180 days" in said


@pytest.mark.parametrize(
    ("price", "more", "reason", "words"),
    [
        ("0", (), "no_time_value", "any small volatility"),
        ("-1", (), "below_intrinsic", "under the option's intrinsic value"),
        ("100.1", (), "above_bound", "at or above the most"),
        ("2", ("--days", "0"), "expired", "the option has expired"),
    ],
)
def test_a_price_without_one_says_why(price, more, reason, words) -> None:
    args = [*TERMS[:4], *(more or TERMS[4:])]
    assert words in bad("iv", *args, "--", price)
    told = call("iv", *args, "--json", "--", price)
    assert told.exit_code == 2
    assert json.loads(told.stdout)["vol"] is None
    assert json.loads(told.stdout)["reason"] == reason


MISTAKES = {
    "nan --strike 100 --spot 100 --days 30": "PRICE: nan lies outside",
    "2 --strike -1 --spot 100 --days 30": "--strike: -1 lies outside",
    "2 --strike 100 --days 30": "--spot, --forward: the price of the underlying is missing",
    "2 --strike 100 --spot 100 --forward 100 --days 30": "--spot, --forward: two prices",
    "2 --strike 100 --spot inf --days 30": "--spot: inf lies outside",
    "2 --strike 100 --spot 100": "--expiry, --days: an expiry is needed",
    "2 --strike 100 --spot 100 --expiry 2020-01-17": "--expiry: the contract expired",
    "2 --strike 100 --spot 100 --days 30 --rate 5": "--rate: 5 lies outside",
    "2 --strike 100 --forward 100 --days 30 --dividend 0.01": "--dividend: a forward holds",
}


@pytest.mark.parametrize(("words", "sentence"), MISTAKES.items(), ids=MISTAKES.keys())
def test_mistakes(words: str, sentence: str) -> None:
    assert sentence in bad("iv", *words.split())
