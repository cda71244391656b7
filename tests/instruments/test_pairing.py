"""The closed forms of the cheapest split are the integer programme's answers."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.instruments import pairing
from hedgerow.instruments.pairing import Long, Short, Terms, least, plain

SPOT = 5000.0
DAY, LATER = (dt.date(2026, 3, 20), "PM"), (dt.date(2026, 4, 17), "PM")
LAST = dt.date(2026, 6, 18), "PM"

STRIKES = st.integers(80, 120).map(lambda k: 50.0 * k)
ONE_DAY, TWO_DAYS = st.just(DAY), st.sampled_from([DAY, DAY, LATER])
COUNTS = {"whole": st.integers(1, 5).map(float), "parts": st.floats(0.1, 5.0)}


def terms(strike: float, call: bool, settles=DAY) -> Terms:
    return Terms(strike, call, settles, 100.0, 0.15)


def sold(count: float, option: Terms, time_value: float = 20.0, stock: float = SPOT) -> Short:
    inside = float(option.pays(SPOT)) / option.multiplier
    return Short.of(count, option, inside + time_value, SPOT, stock)


@st.composite
def books(draw: st.DrawFn, days=ONE_DAY, most: int = 3, count=None):
    if count is None:
        count = draw(st.sampled_from(sorted(COUNTS)).map(COUNTS.get))
    option = st.builds(terms, STRIKES, st.booleans(), days)
    shorts = draw(
        st.lists(st.builds(sold, count, option, st.floats(0.5, 200.0)), min_size=1, max_size=most)
    )
    longs = draw(st.lists(st.builds(Long, count, option), max_size=most))
    return shorts, longs


@settings(max_examples=150, deadline=None)
@given(books(TWO_DAYS), st.sampled_from([0.0, 0.0, 150.0, 1000.0, -150.0, -1000.0]))
def test_the_closed_forms_are_the_search(book, shares: float) -> None:
    shorts, longs = book
    found = pairing._searched(shorts, longs, shares)
    assert least(shorts, longs, shares) == pytest.approx(found, rel=1e-7, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(books(st.sampled_from([DAY, LATER, LAST]), most=6, count=COUNTS["whole"]), st.booleans())
def test_a_split_found_without_whole_numbers_is_the_integer_programmes(book, beside) -> None:
    shorts, longs = book
    shares = 150.0 if beside else 0.0
    found = least(shorts, longs, shares)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "_WHOLE", -1.0)  # never satisfied before whole numbers are asked for
        assert found == pytest.approx(pairing._searched(shorts, longs, shares), rel=1e-7, abs=1e-4)


@settings(max_examples=150, deadline=None)
@given(books(st.sampled_from([DAY, LATER, LAST]), most=4))
def test_a_plain_split_never_takes_less_than_the_cheapest(book) -> None:
    shorts, longs = book
    assert plain(shorts, longs) >= least(shorts, longs) * (1.0 - 1e-7) - 1e-4


def test_condors_of_two_expiries_that_a_solver_of_dollars_could_not_solve_are_solved() -> None:
    """HiGHS gave up with 'Solve error' where losses of millions stood beside contracts."""
    near, far = (dt.date(2010, 10, 15), "PM"), (dt.date(2010, 12, 17), "PM")
    shorts = [
        Short(23.0, terms(strike, call, day), naked, premium, 0.0)
        for strike, call, day, naked, premium in (
            *(
                (979.121, False, near, 9850.178, 58.966),
                (1158.685, True, near, 17520.548, 1403.521),
            ),
            *(
                (1013.862, False, far, 11404.892, 1266.274),
                (1210.404, True, far, 13118.953, 1641.954),
            ),
            *(
                (1070.364, False, near, 11035.931, 332.292),
                (1309.454, True, near, 11479.501, 2.502),
            ),
        )
    ]
    longs = [
        Long(23.0, terms(strike, call, day))
        for strike, call, day in (
            *((847.64, False, near), (1233.517, True, near), (856.411, False, far)),
            *((1284.545, True, far), (871.338, False, near), (1396.021, True, near)),
        )
    ]
    found = least(shorts, longs)
    uncovered = sum(short.contracts * short.naked for short in shorts)
    assert 0.0 < found <= plain(shorts, longs) < uncovered


def test_strikes_that_hardly_differ_are_paired() -> None:
    """15 of 17 puts are covered by puts 1.53 points lower; two are uncovered, each 14,940.14."""
    short = Short(17.0, terms(1076.5250998849065, call=False), 14_940.138, 0.0, 0.0)
    long = Long(15.0, terms(1075.0, call=False))
    wanted = 15 * 100.0 * 1.5250998849065 + 2 * 14_940.138
    assert pairing._searched([short], [long], 0.0) == pytest.approx(wanted, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(books(), st.floats(0.01, 50.0))
def test_margin_is_in_proportion_to_contracts(book, scale: float) -> None:
    """But for the programme's whole contracts, which may waste a part of one."""
    shorts, longs = book
    if pairing._bare(shorts, longs, 0.0) is None and pairing._covered(shorts, longs) is None:
        return
    more = [short._replace(contracts=scale * short.contracts) for short in shorts]
    cover = [long._replace(contracts=scale * long.contracts) for long in longs]
    assert least(more, cover) == pytest.approx(scale * least(shorts, longs), rel=1e-9, abs=1e-4)


@pytest.mark.parametrize(
    ("shorts", "longs", "dollars"),
    [
        # a condor with wings of 100 points, a debit spread, a calendar bought
        ([(-2, 4900, "P"), (-2, 5100, "C")], [(2, 4800, "P"), (2, 5200, "C")], 20_000.0),
        ([(-3, 4800, "P")], [(3, 4900, "P")], 0.0),
        ([(-1, 4900, "P")], [(1, 4900, "P", LATER)], 0.0),
        # uncovered, 20 points of time value: 15 % of 5,000 less 100 out of the money
        ([(-2, 4900, "P")], [], 2 * 100.0 * (20 + 750 - 100)),
        ([(-2, 4900, "P")], [(1, 5100, "C")], 2 * 100.0 * (20 + 750 - 100)),
        ([(-1, 5100, "C")], [(1, 4900, "P")], 100.0 * (20 + 750 - 100)),
        # an uncovered strangle 2 : 1: the put is the greater at 650 less 50 out of the money
        ([(-2, 4950, "P"), (-1, 5100, "C")], [], 100.0 * (2 * 720 + 20)),
    ],
)
def test_books_by_hand_need_no_search(monkeypatch, shorts, longs, dollars) -> None:
    def searched(*_):
        raise AssertionError("a plain book was searched")

    monkeypatch.setattr(pairing, "_searched", searched)
    held = [Long(n, terms(k, c == "C", *day)) for n, k, c, *day in longs]
    assert least([sold(-n, terms(k, c == "C")) for n, k, c in shorts], held) == dollars


@given(st.integers(100, 1000).map(float), st.floats(0.5, 50.0))
def test_calls_against_shares_take_what_was_lent_above_the_strike(shares, time_value) -> None:
    """12 CFR 220.4(b)(4): no more than half of the strike is lent on the shares."""
    for strike in (4800.0, 5100.0):
        call = sold(shares / 100.0, terms(strike, True), time_value)
        wanted = 0.5 * max(SPOT - strike, 0.0) * shares
        assert math.isclose(least([call], [], shares), wanted, rel_tol=1e-9, abs_tol=1e-6)
