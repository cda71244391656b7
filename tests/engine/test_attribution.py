"""Parts of a gain: small rests on paths priced by QuantLib, and sums that are exact."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.engine.attribution import Mark, Parts, explain, in_micros, unexplained
from hedgerow.engine.ledger.money import MOST
from hedgerow.errors import RangeError

RATE, YIELD, DAY = 0.03, 0.012, 1.0 / 365.0
FINITE = st.floats(-1e6, 1e6)
MARK = st.builds(Mark, *[FINITE] * 5, st.just(math.nan) | FINITE, FINITE, FINITE)


def index_option(call: bool, strike: float, spot: float, vol: float, years: float) -> Mark:
    """An index option by QuantLib; level is 100 times its volatility."""
    kind = ql.Option.Call if call else ql.Option.Put
    forward, discount = spot * math.exp((RATE - YIELD) * years), math.exp(-RATE * years)
    found = ql.BlackCalculator(
        ql.PlainVanillaPayoff(kind, strike), forward, vol * math.sqrt(years), discount
    )
    return Mark(
        found.value(), found.delta(spot), found.gamma(spot), found.vega(years) / 100.0,
        found.theta(spot, years) / 365.0, 100.0 * vol,
    )  # fmt: skip


def vix_option(strike: float, future: float, vol: float, years: float, fall: float) -> Mark:
    """A call on a VIX future by QuantLib; level is the future, which falls along its curve."""
    found = ql.BlackCalculator(
        ql.PlainVanillaPayoff(ql.Option.Call, strike), future, vol * math.sqrt(years),
        math.exp(-RATE * years),
    )  # fmt: skip
    # QuantLib's theta lets a spot grow; a future does not
    soon = ql.BlackCalculator(
        ql.PlainVanillaPayoff(ql.Option.Call, strike), future, vol * math.sqrt(years - 1e-6),
        math.exp(-RATE * (years - 1e-6)),
    )  # fmt: skip
    decay = (soon.value() - found.value()) / 1e-6 / 365.0
    delta = found.deltaForward()
    return Mark(
        found.value(), 0.0, 0.0, delta, decay - delta * fall, future, fall, found.gammaForward()
    )


def swap(realised: float, vol: float, slope: float, spot: float, years: float) -> Mark:
    """Variance that is realised and to come, 10^4 points; vol rises by ``slope`` a year."""
    now = vol + slope * years
    total = now**2 * years
    return Mark(
        1e4 * (realised + total), 0.0, 2e4 / spot**2, 1e4 * 2.0 * now * years / 100.0,
        -1e4 * (now**2 + 2.0 * now * years * slope) / 365.0, 100.0 * now, 100.0 * slope / 365.0,
    )  # fmt: skip


def rest_of_option(call: bool, moneyness: float, years: float, size: float) -> float:
    spot, vol, days = 4_000.0, 0.2, 10.0 * size**2
    before = index_option(call, moneyness * spot, spot, vol, years)
    after = index_option(
        call, moneyness * spot, spot * (1.0 - size), vol + size**2, years - days * DAY
    )
    return explain(100.0, before, after, -spot * size, days).residual


def rest_of_vix_option(strike: float, years: float, size: float) -> float:
    days, fall = 10.0 * size**2, 0.04
    before = vix_option(strike, 18.0, 0.9, years, fall)
    after = vix_option(strike, 18.0 * (1.0 + size) - fall * days, 0.9, years - days * DAY, fall)
    return explain(100.0, before, after, 0.0, days).residual


def rest_of_swap(slope: float, years: float, size: float) -> float:
    days = 10.0 * size**2
    before = swap(0.01, 0.2, slope, 4_000.0, years)
    after = swap(0.01 + math.log1p(-size) ** 2, 0.2 + size**2, slope, 4_000.0, years - days * DAY)
    return explain(1.0, before, after, -4_000.0 * size, days).residual


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize(("moneyness", "years"), [(0.9, 0.25), (1.0, 0.25), (0.8, 1.0)])
def test_the_rest_of_quantlibs_options_is_of_third_order(call, moneyness, years) -> None:
    # moves of h, vols and days of h squared: what a second-order expansion leaves goes with h cubed
    rests = [rest_of_option(call, moneyness, years, 0.004 / 2**i) for i in range(3)]
    orders = [math.log2(abs(a / b)) for a, b in itertools.pairwise(rests)]
    assert orders == pytest.approx([3.0, 3.0], abs=0.15)


@pytest.mark.parametrize(("strike", "years"), [(18.0, 0.1), (24.0, 0.1), (20.0, 0.3)])
def test_the_rest_of_quantlibs_calls_on_a_future_that_rolls_down_is_of_third_order(
    strike, years
) -> None:
    rests = [rest_of_vix_option(strike, years, 0.02 / 2**i) for i in range(3)]
    orders = [math.log2(abs(a / b)) for a, b in itertools.pairwise(rests)]
    assert orders == pytest.approx([3.0, 3.0], abs=0.2)


@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.1])
def test_the_rest_of_a_variance_swap_on_a_sloped_curve_is_of_third_order(slope) -> None:
    rests = [rest_of_swap(slope, 0.25, 0.004 / 2**i) for i in range(3)]
    orders = [math.log2(abs(a / b)) for a, b in itertools.pairwise(rests)]
    assert min(orders) > 2.8


def test_a_quiet_day_of_quantlibs_put_is_explained_but_for_its_cross_terms() -> None:
    before = index_option(False, 3_600.0, 4_000.0, 0.22, 90.0 * DAY)
    after = index_option(False, 3_600.0, 3_980.0, 0.225, 89.0 * DAY)
    parts = explain(100.0, before, after, -20.0, 1.0)
    assert parts.total == pytest.approx(100.0 * (after.price - before.price), rel=1e-12)
    assert abs(parts.residual) < 0.02 * abs(parts.total)
    up, down = (index_option(False, 3_600.0, 4_000.0 + h, 0.22, 90.0 * DAY) for h in (1.0, -1.0))
    high = index_option(False, 3_600.0, 4_000.0, 0.23, 90.0 * DAY)
    vanna, volga = (up.vega - down.vega) / 2.0, high.vega - before.vega
    charm, veta = (up.theta - down.theta) / 2.0, high.theta - before.theta
    cross = 100.0 * (vanna * -20.0 * 0.5 + 0.5 * volga * 0.5**2 + charm * -20.0 + veta * 0.5)
    assert abs(parts.residual - cross) < 0.002 * abs(parts.total)
    assert parts.delta > 0.0 > parts.theta
    assert parts.gamma > 0.0
    assert parts.carry == 0.0


def test_a_future_has_carry_and_level_and_no_rest() -> None:
    # by hand: 2 VX at 18.20 lose 0.03 a day in 3 days, and settle at 17.50
    before = Mark(18.20, 0.0, 0.0, 1.0, -0.03, 18.20, 0.03)
    after = before._replace(price=17.50, level=17.50)
    parts = explain(2_000.0, before, after, -55.0, 3.0, costs=9.0)
    assert parts.carry == pytest.approx(-180.0)
    assert parts.vega == pytest.approx(-1_400.0 + 180.0)
    assert (parts.delta, parts.gamma, parts.theta, parts.costs) == (0.0, 0.0, 0.0, -9.0)
    assert parts.residual == pytest.approx(0.0, abs=1e-9)
    assert parts.total == pytest.approx(-1_409.0)


def test_an_option_that_expires_has_no_level_left_and_leaves_the_rest() -> None:
    before = index_option(False, 4_000.0, 4_000.0, 0.2, DAY)
    after = Mark(60.0, -1.0, 0.0, 0.0, 0.0, math.nan)
    parts = explain(-100.0, before, after, -60.0, 1.0)
    assert parts.vega == 0.0
    assert parts.total == pytest.approx(-100.0 * (60.0 - before.price))
    assert all(math.isfinite(part) for part in parts)


@given(MARK, MARK, FINITE, st.floats(0.0, 10.0), st.floats(-1e4, 1e4), FINITE, FINITE)
def test_parts_add_up_to_the_gain(before, after, move, days, usd, costs, financing) -> None:
    parts = explain(usd, before, after, move, days, costs=costs, financing=financing)
    exact = Fraction(usd) * (Fraction(after.price) - Fraction(before.price))
    exact -= Fraction(costs) + Fraction(financing)
    apart = abs(sum(map(Fraction, parts)) - exact)
    largest = max(map(abs, (*parts, usd * after.price, usd * before.price)))
    assert apart <= 8 * Fraction(np.finfo(float).eps) * Fraction(largest)


@given(st.lists(st.tuples(MARK, MARK, FINITE), min_size=1, max_size=5))
def test_columns_are_parted_like_floats(rows) -> None:
    before, after = (Mark(*map(np.array, zip(*side, strict=True)))
                     for side in list(zip(*rows, strict=True))[:2])  # fmt: skip
    move = np.array([row[2] for row in rows])
    together = explain(100.0, before, after, move, 1.0)
    for i, (one, two, by) in enumerate(rows):
        alone = explain(100.0, one, two, by, 1.0)
        found = [float(np.broadcast_to(part, move.shape)[i]) for part in together]
        assert found == list(alone)


@given(
    st.dictionaries(st.sampled_from(Parts._fields), st.floats(-1e9, 1e9)),
    st.integers(-(10**15), 10**15),
    st.sampled_from(["residual", "other"]),
)
def test_whole_numbers_add_up_exactly(amounts, total, rest) -> None:
    made = in_micros(amounts, total, rest)
    assert sum(made.values()) == total
    assert 0 not in made.values()
    for name, amount in amounts.items():
        if name != rest:
            assert abs(made.get(name, 0) - Fraction(amount) * 10**6) <= Fraction(1, 2)


@given(FINITE, FINITE, FINITE)
def test_what_rounding_leaves_is_at_most_half_a_micro_a_part(delta, theta, residual) -> None:
    parts = Parts(delta=delta, theta=theta, residual=residual)
    exact = Fraction(delta) + Fraction(theta) + Fraction(residual)
    made = in_micros(parts._asdict(), round(exact * 10**6))
    assert abs(made.get("residual", 0) - Fraction(residual) * 10**6) <= Fraction(3, 2)


@pytest.mark.parametrize("amount", [math.nan, math.inf, 1e13])
def test_what_is_no_amount_is_refused(amount) -> None:
    with pytest.raises(RangeError):
        in_micros({"delta": amount}, MOST)


def test_the_study_of_rests_by_hand() -> None:
    found = unexplained(np.array([1.0, -4.0, 0.0]), np.array([0.5, -1.0, 0.0]))
    assert found == pytest.approx((1.5 / 5.0, (0.5 + 4.0) / 17.0, 1))
    nothing = unexplained(np.zeros(0), np.zeros(0))
    assert math.isnan(nothing.share)
