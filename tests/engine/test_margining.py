"""Margin of what an account holds, by symbol, and the call."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hedgerow.core.contract import OptionContract
from hedgerow.engine.margining import MarginCall, MarginRule, requirement
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.margin import margin
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Structure

EXPIRY, LATER = dt.date(2026, 3, 20), dt.date(2026, 4, 17)
SPOT = {"SPX": 5000.0}


def symbol(strike: float, right: str, root: str = "SPXW", expiry: dt.date = EXPIRY) -> str:
    return OptionContract(root, expiry, float(strike), right == "C").symbol


def book(*legs, root: str = "SPXW"):
    """Return positions and prices of (quantity, strike, C or P, price[, expiry])."""
    names = [symbol(leg[1], leg[2], root, *leg[4:]) for leg in legs]
    counts = {name: leg[0] for name, leg in zip(names, legs, strict=True)}
    return counts, {name: leg[3] for name, leg in zip(names, legs, strict=True)}


# ---- outside numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strikes", "dollars"),
    [
        ((7090, 7185, 7510, 7605), 19_000),
        ((7135, 7185, 7500, 7660), 32_000),
        ((7090, 7235, 7510, 7605), 29_000),
    ],
)
def test_validation_iron_condor_margin_of_two(strikes, dollars) -> None:
    a, b, c, d = strikes
    held, prices = book(
        (2, a, "P", 40.0), (-2, b, "P", 62.0), (-2, c, "C", 55.0), (2, d, "C", 30.0)
    )
    assert requirement(held, prices, {"SPX": 7350.0}) == dollars


@pytest.mark.parametrize(
    ("root", "level", "legs", "dollars"),
    [
        ("VIX", 92.63, [(-1, 90, "C", 7.0), (-1, 90, "P", 3.7)], 2922.60),
        ("SPX", 433.35, [(-1, 430, "P", 7.8)], 6945.25),
        ("SPX", 43.34, [(-1, 45, "C", 1.35), (-1, 45, "P", 2.85)], 1070.1),
    ],
)
def test_cboe_margin_manual_uncovered_options(root, level, legs, dollars) -> None:
    held, prices = book(*legs, root=root)
    assert requirement(held, prices, {root: level}) == pytest.approx(dollars)


def test_regulation_t_220_12_half_of_index_units_that_cover_a_call() -> None:
    """Half of 500,000, and half of the 100 points that the index is above the strike."""
    held, prices = book((-1, 4900, "C", 130.0))
    assert requirement({**held, "SPX": 100.0}, prices, SPOT) == 255_000.0
    assert requirement({"SPX": -100.0}, {}, SPOT) == 250_000.0


def test_what_is_bought_asks_for_nothing_and_reads_no_price() -> None:
    held, _ = book((3, 4500, "P", 0.0), (1, 5500, "C", 0.0))
    assert requirement({**held, "SPX 2026-03-20 P 4444.4": 2.5}, {}, {}) == 0.0
    assert requirement({}, {}, {}) == 0.0
    assert requirement({symbol(4900, "P"): 0.0}, {}, {}) == 0.0


def test_what_is_enough_is_not_searched_for_less() -> None:
    """A debit spread to a later day asks for nothing, but found plainly for an uncovered option."""
    sold, wing = symbol(4900, "P"), "SPX 2026-04-17 P 4950.0"
    held, prices = {sold: -1.0, wing: 1.0}, {sold: 60.0}
    naked = 100.0 * (60.0 + 750.0 - 100.0)
    assert requirement(held, prices, SPOT) == 0.0
    assert requirement(held, prices, SPOT, enough=naked - 1.0) == 0.0
    assert requirement(held, prices, SPOT, enough=naked) == naked


# ---- symbols -------------------------------------------------------------------------------------


def test_an_option_over_the_counter_is_the_option_that_it_is() -> None:
    sold, wing = "SPX 2026-03-20 P 4900.5", "SPX 2026-03-20 P 4800.25"
    assert requirement({sold: -1, wing: 1}, {sold: 60.0}, SPOT) == pytest.approx(10_025.0)
    # 15 % of 5,000 less 99.5 out of the money, and the premium
    assert requirement({sold: -1}, {sold: 60.0}, SPOT) == pytest.approx(100 * (60 + 750 - 99.5))


def test_a_listed_option_and_one_over_the_counter_of_its_day_cover_each_other() -> None:
    sold, wing = symbol(4900, "P"), "SPX 2026-03-20 P 4800.25"
    assert requirement({sold: -1, wing: 1}, {sold: 60.0}, SPOT) == pytest.approx(9_975.0)


def test_options_over_the_counter_that_settle_in_the_morning_do_not_cover_those_of_the_close() -> (
    None
):
    morning, evening = "SPX 2026-03-20 P 4800.25 AM", "SPX 2026-03-20 P 4800.25"
    sold = {"SPX 2026-03-20 P 4900.5": -1.0}
    prices = {"SPX 2026-03-20 P 4900.5": 60.0}
    alone = requirement(sold, prices, SPOT)
    assert requirement({**sold, morning: 1.0}, prices, SPOT) == alone
    assert requirement({**sold, evening: 1.0}, prices, SPOT) < alone


def test_futures_ask_for_their_bond_long_or_short_and_cover_nothing() -> None:
    bonds = MarginRule(vx_share=0.5).bonds(vix=20.0)
    held = {"VXK24": -3.0, "VX 1990-05": 1.0, "VXMK24": 2.0}
    assert requirement(held, {}, {}, bonds=bonds) == 4 * 10_000.0 + 2 * 1_000.0
    with pytest.raises(RangeError, match="margin of ES: there is no margin per contract"):
        requirement({"ESM24": 1.0}, {}, {}, bonds=bonds)


def test_a_variance_swap_asks_for_what_it_can_lose() -> None:
    """(R² − K²)/(2K) at R = 0 when bought, at R = 2K when sold; K of 20 points."""
    swap = "SPX 2023-10-20 2024-01-19 VAR"
    assert requirement({swap: 1000.0}, {}, {}, strikes={swap: 20.0}) == 10_000.0
    assert requirement({swap: -1000.0}, {}, {}, strikes={swap: 20.0}) == 30_000.0
    assert requirement({swap: 1000.0}, {}, {"VIX": 16.0}) == 8_000.0


def test_underlyings_do_not_cover_each_other() -> None:
    spx, prices = book((-1, 4900, "P", 60.0))
    rut, more = book((-1, 2000, "P", 30.0), (1, 1900, "P", 10.0), root="RUTW")
    apart = requirement(spx, prices, SPOT)
    together = requirement({**spx, **rut}, {**prices, **more}, {**SPOT, "RUT": 2100.0})
    assert together == pytest.approx(apart + 10_000.0)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({symbol(4900, "P"): -1}, "there is no price"),
        ({"SPX": 1.0}, "there is no level"),
        ({"SPX 2026-13-20 P 4900.0": -1}, "'2026-13-20' is not a date"),
        ({"what is this": -1}, "is not an option symbol"),
        ({"VXK24": float("nan")}, "nan is no number of contracts"),
    ],
)
def test_what_is_missing_is_named(held, told) -> None:
    with pytest.raises((RangeError, DataError), match=told):
        requirement(held, {}, {} if "SPX" in held else SPOT)


def test_a_price_that_is_none_is_refused() -> None:
    held, prices = book((-1, 4900, "P", float("nan")))
    with pytest.raises(RangeError, match="nan is not a price"):
        requirement(held, prices, SPOT)


# ---- laws ----------------------------------------------------------------------------------------

STRIKES = st.integers(90, 110).map(lambda k: 50 * k)
LEG = st.tuples(
    st.sampled_from([-2, -1, 1, 2]),
    STRIKES,
    st.sampled_from("CP"),
    st.floats(0.5, 100.0),
    st.sampled_from([EXPIRY, EXPIRY, LATER]),
)
BOOKS = st.lists(LEG, min_size=1, max_size=5, unique_by=lambda leg: (leg[1], leg[2], leg[4]))


def priced(legs):
    """Return a book whose prices are not less than what is in the money."""
    sign = {"C": 1.0, "P": -1.0}
    inside = [max(sign[leg[2]] * (5000.0 - leg[1]), 0.0) for leg in legs]
    return book(
        *((*leg[:3], more + leg[3], *leg[4:]) for leg, more in zip(legs, inside, strict=True))
    )


@settings(max_examples=80, deadline=None)
@given(BOOKS)
def test_it_is_the_margin_of_the_structure(legs) -> None:
    held, prices = priced(legs)
    positions = tuple(Position(n, OptionContract.parse(name)) for name, n in held.items())
    state = State("2026-02-18", spot=5000.0)
    wanted = margin(Structure("book", positions), state, prices=list(prices.values()))
    found = requirement(held, prices, SPOT)
    assert found == pytest.approx(wanted.requirement, rel=1e-9, abs=1e-5)
    assert found >= 0.0


@settings(max_examples=80, deadline=None)
@given(BOOKS, st.floats(0.1, 100.0).filter(lambda scale: not scale.is_integer()))
def test_it_is_in_proportion_to_parts_of_contracts(legs, scale) -> None:
    """Whole contracts may waste a part of one, so both books are of parts."""
    held, prices = priced(legs)
    parts = {name: 0.3 * count for name, count in held.items()}
    many = {name: scale * count for name, count in parts.items()}
    assume(not all(float(count).is_integer() for count in many.values()))
    one, all_of_them = requirement(parts, prices, SPOT), requirement(many, prices, SPOT)
    assert all_of_them == pytest.approx(scale * one, rel=1e-7, abs=1e-4)


@settings(max_examples=80, deadline=None)
@given(BOOKS, LEG.filter(lambda leg: leg[0] > 0))
def test_an_option_that_is_held_never_raises_it(legs, more) -> None:
    held, prices = priced(legs)
    name = symbol(more[1], more[2], "SPXW", more[4])
    assume(name not in held)
    before = requirement(held, prices, SPOT)
    assert requirement({**held, name: more[0]}, prices, SPOT) <= before + 1e-5


@settings(max_examples=60, deadline=None)
@given(BOOKS, st.floats(1.0, 1e6))
def test_reduced_lines_fit_whatever_else_is_held(legs, nav) -> None:
    held, prices = priced(legs)
    shorts = {name: 0.3 * n for name, n in held.items() if n < 0}
    longs = {name: float(n) for name, n in held.items() if n > 0}
    called = MarginRule(response="reduce").call(requirement({**shorts, **longs}, prices, SPOT), nav)
    if called is not None:
        smaller = {name: called.factor * n for name, n in shorts.items()}
        assert requirement({**smaller, **longs}, prices, SPOT) <= nav * (1 + 1e-7) + 1e-4


# ---- the call ------------------------------------------------------------------------------------


def test_the_call_tells_what_is_missing_and_how_far_to_shrink() -> None:
    rule = MarginRule(limit=0.5, response="reduce")
    assert rule.call(500_000.0, 1_000_000.0) is None
    assert rule.call(625_000.0, 1_000_000.0) == (625_000.0, 500_000.0, 125_000.0, 0.8)
    assert MarginRule(limit=0.5).call(625_000.0, 1e6).factor == 1.0
    assert MarginRule(limit=0.5, response="close").call(625_000.0, 1e6).factor == 0.0


@pytest.mark.parametrize("response", ["reduce", "close"])
def test_an_account_that_has_lost_everything_closes(response) -> None:
    called = MarginRule(response=response).call(1_000.0, -5.0)
    assert called == MarginCall(1_000.0, 0.0, 1_000.0, 0.0)
    assert MarginRule(response=response).call(0.0, -5.0) is None


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("limit", 0.0, "margin.limit: 0.0 is out of range"),
        ("limit", float("nan"), "margin.limit: nan is out of range"),
        ("limit", "1", "margin.limit: '1' is out of range"),
        ("vx_share", True, "margin.vx_share: True is out of range"),
        ("response", "pray", "margin.response: 'pray' is no response. Mend: write one of: record"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(field, value, told) -> None:
    with pytest.raises(RangeError) as caught:
        MarginRule(**{field: value})
    assert str(caught.value).startswith(told)


def test_the_page_prints_what_it_says(capsys) -> None:
    page = (Path(__file__).parents[2] / "docs" / "margin.md").read_text(encoding="utf-8")
    exec(page.split("```python\n")[1].split("```")[0], {})
    assert f"\nprints `{capsys.readouterr().out.strip()}`:" in page
