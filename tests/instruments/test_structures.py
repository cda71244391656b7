"""Structures: parity, seed 000, payoffs, break-evens and Greeks against outside numbers."""

from __future__ import annotations

import datetime as dt
import doctest
import math
from pathlib import Path

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.products import PRODUCTS
from hedgerow.errors import RangeError
from hedgerow.instruments import structures as named
from hedgerow.instruments.analysis import analyse
from hedgerow.instruments.margin import margin
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure

DOCS = Path(__file__).resolve().parents[2] / "docs"
TODAY = dt.date(2026, 2, 18)
EXPIRY = dt.date(2026, 3, 20)  # thirty days
ES = FutureContract("ES", 2026, 3)
SPOTS = np.array([0.0, 1.0, 3000.0, 4500.0, 4999.0, 5000.0, 5001.0, 5200.0, 9000.0, 50_000.0])

STRIKES = st.lists(
    st.integers(80, 130).map(lambda k: 50.0 * k), min_size=4, max_size=4, unique=True
).map(sorted)


def now(**changes: object) -> State:
    return State(**{"date": TODAY, "spot": 5000.0, "vol": 0.2, "rate": 0.04} | changes)


def every(strikes: list[float], quantity: float = 1.0) -> list[Structure]:
    """One of each structure, on four strikes that ascend."""
    a, b, c, d = strikes
    made = {
        "put": (b,),
        "call": (c,),
        "put_spread": (c, a),
        "call_spread": (b, d),
        "straddle": (b,),
        "strangle": (a, d),
        "iron_condor": (a, b, c, d),
        "ratio_spread": (c, a),
        "collar": (a, c),
        "conversion": (b,),
        "reversal": (b,),
        "hedged_short_future": (c, ES, 5000.0),
        "hedged_long_future": (a, ES, 5000.0),
    }
    found = [named.STRUCTURES[n]("SPXW", EXPIRY, *t, quantity=quantity) for n, t in made.items()]
    return [*found, named.future(ES, 4900.0, quantity)]


def test_every_structure_is_drawn_here() -> None:
    assert len(every([4000.0, 4500.0, 5000.0, 5500.0])) == len(named.STRUCTURES)


# ---- numbers from outside -----------------------------------------------------------------------


def test_validation_parity_a_hedged_short_future_is_a_put() -> None:
    """F 5000, K 5200, 30/365, r .04, σ .20; the strike's distance is lent until expiry."""
    state = State(TODAY, forward=5000.0, vol=0.20, rate=0.04)
    hedged = named.hedged_short_future("SPXW", EXPIRY, 5200.0, ES, entry=5000.0)
    put = named.put("SPXW", EXPIRY, 5200.0)
    lent = math.exp(-0.04 * 30 / 365) * (5200.0 - 5000.0)
    assert abs(hedged.value(state).price / 100 + lent - put.value(state).price / 100) < 1e-9
    # 459.84 per 1.00 of volatility and point of premium, so per vol point in USD
    assert hedged.value(state).vega == pytest.approx(459.84, abs=0.005)
    assert hedged.value(state).vega == pytest.approx(put.value(state).vega, rel=1e-12)
    assert np.allclose(hedged.payoff(SPOTS) + 200.0 * 100, put.payoff(SPOTS), rtol=1e-12)
    assert hedged.worst(price=0.0).amount == -20_000.0


def test_validation_parity_a_hedged_long_future_is_a_call() -> None:
    state = State(TODAY, forward=5000.0, vol=0.20, rate=0.04)
    hedged = named.hedged_long_future("SPXW", EXPIRY, 4800.0, ES, entry=5000.0)
    call = named.call("SPXW", EXPIRY, 4800.0)
    lent = math.exp(-0.04 * 30 / 365) * (5000.0 - 4800.0)
    assert abs(hedged.value(state).price / 100 + lent - call.value(state).price / 100) < 1e-9
    assert hedged.best(price=0.0).amount == np.inf


@pytest.mark.parametrize(("vol", "gain"), [(0.18, 25.64), (0.26, -0.40)])
def test_seed_000_a_sold_call_gains_nothing_when_volatility_rises(vol, gain) -> None:
    sold = named.call("SPX", EXPIRY, 5200.0, quantity=-1)
    before = sold.value(now(vol=0.18)).price
    after = sold.value(now(spot=5000.0 * 0.97, vol=vol)).price
    assert (after - before) / 100 == pytest.approx(gain, abs=0.005)


def quantlib(option: OptionContract, spot: float, vol: float, rate: float, dividend: float):
    day = ql.Date(TODAY.day, TODAY.month, TODAY.year)
    ql.Settings.instance().evaluationDate = day
    count = ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(day, dividend, count)),
        ql.YieldTermStructureHandle(ql.FlatForward(day, rate, count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(day, ql.NullCalendar(), vol, count)),
    )
    end = ql.Date(option.expiry.day, option.expiry.month, option.expiry.year)
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if option.call else ql.Option.Put, option.strike)
    if option.product.exercise == "american":
        made = ql.VanillaOption(payoff, ql.AmericanExercise(day, end))
        made.setPricingEngine(ql.QdFpAmericanEngine(process))
    else:
        made = ql.VanillaOption(payoff, ql.EuropeanExercise(end))
        made.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return made


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("strike", [4200.0, 5000.0, 5600.0])
def test_one_option_against_quantlib(strike, call) -> None:
    option = OptionContract("SPXW", EXPIRY, strike, call)
    ours = Structure("one", (Position(-3, option),)).value(now(dividend=0.015))
    theirs = quantlib(option, 5000.0, 0.2, 0.04, 0.015)
    for mine, other, unit in (
        (ours.price, theirs.NPV(), 1.0),
        (ours.delta, theirs.delta(), 1.0),
        (ours.gamma, theirs.gamma(), 1.0),
        (ours.vega, theirs.vega(), 100.0),
        (ours.theta, theirs.theta(), 365.0),
        (ours.rho, theirs.rho(), 100.0),
    ):
        assert mine == pytest.approx(-300.0 * other / unit, rel=1e-9, abs=1e-7)


def test_an_american_put_on_spy_against_quantlib() -> None:
    option = OptionContract("SPY", dt.date(2026, 12, 18), 550.0, call=False)
    state = now(spot=500.0)
    spread = Structure("two", (Position(2, option), Position(-1, Shares("SPY"))))
    theirs = quantlib(option, 500.0, 0.2, 0.04, 0.0).NPV()
    assert spread.price(state) == pytest.approx(200.0 * theirs - 500.0, abs=1e-4)
    assert spread.price(state) > spread.value(state).price + 200.0 * 0.5


def test_a_carried_future_is_worth_its_forward() -> None:
    june = named.future(FutureContract("ES", 2026, 6), 5000.0)
    years = (dt.date(2026, 6, 18) - TODAY).days / 365  # the 19th is a holiday
    forward = 5000.0 * math.exp((0.04 - 0.015) * years)
    assert june.value(now(dividend=0.015)).price == pytest.approx(50.0 * (forward - 5000.0))


def test_a_structure_tells_what_it_is_made_of() -> None:
    near, far = named.put("SPY", EXPIRY, 500.0), named.call("SPY", dt.date(2026, 6, 18), 510.0)
    both = far + near + Structure("shares", (Position(100, Shares("SPY")),))
    assert both.options == (far.positions[0].contract, near.positions[0].contract)
    assert both.expiries == (EXPIRY, dt.date(2026, 6, 18))
    assert (both.american, both.futures) == (True, ())
    hedged = named.hedged_short_future("SPXW", EXPIRY, 5200.0, ES, entry=5000.0)
    assert (hedged.american, hedged.futures) == (False, (ES,))


# ---- laws ---------------------------------------------------------------------------------------


@given(STRIKES)
def test_at_expiry_the_value_is_the_payoff(strikes) -> None:
    spots = SPOTS[1:]
    for structure in every(strikes):
        state = now(date=EXPIRY, spot=spots)
        assert np.allclose(structure.value(state).price, structure.payoff(spots), atol=1e-6)


@given(STRIKES)
def test_a_day_before_with_little_volatility_it_nearly_is(strikes) -> None:
    spots = np.array([4321.0, 5003.0, 6017.0])
    for structure in every(strikes):
        state = now(date=EXPIRY - dt.timedelta(1), spot=spots, vol=1e-4, rate=0.0)
        assert np.allclose(structure.value(state).price, structure.payoff(spots), atol=1e-3)


@given(STRIKES, st.floats(-30_000.0, 30_000.0))
def test_break_evens_are_zeros_and_gains_are_gains(strikes, price) -> None:
    for structure in every(strikes):
        found = structure.break_evens(price)
        for point in found.points:  # of payoffs of up to half a million
            assert abs(structure.payoff(point) - price) < 2e-3
        grid = np.linspace(5.0, 12_000.0, 2400)
        gains = structure.payoff(grid) - price
        inside = np.any([(grid > low) & (grid < high) for low, high in found.gains], axis=0)
        clear = np.abs(gains) > 0.01
        assert np.array_equal((gains > 0)[clear], np.broadcast_to(inside, gains.shape)[clear])


@given(STRIKES, st.sampled_from([1.0, -2.0]))
def test_nothing_is_worse_than_the_worst_or_better_than_the_best(strikes, quantity) -> None:
    grid = np.append(np.linspace(0.0, 8000.0, 801), 1e6)
    for structure in every(strikes, quantity):
        worst, best = structure.worst(price=500.0), structure.best(price=500.0)
        gains = structure.payoff(grid) - 500.0
        assert worst.amount <= gains.min() + 1e-6
        assert best.amount >= gains.max() - 1e-6
        for end in (worst, best):
            if np.isfinite(end.amount):
                assert structure.payoff(end.spot) - 500.0 == pytest.approx(end.amount, abs=1e-6)
            else:
                assert (end.slope < 0.0) == (end.amount < 0.0)
        assert structure.reverse().best(price=-500.0).amount == pytest.approx(-worst.amount)


@given(STRIKES, st.floats(0.05, 1.0), st.floats(-0.02, 0.1), st.floats(0.0, 0.05))
def test_put_call_parity_holds_across_structures(strikes, vol, rate, dividend) -> None:
    state = now(vol=vol, rate=rate, dividend=dividend)
    strike = strikes[1]
    lent = named.conversion("SPX", EXPIRY, strike).value(state)
    years = 30 / 365
    bond = strike * math.exp(-rate * years) + 5000.0 * (1.0 - math.exp(-dividend * years))
    assert lent.price / 100 == pytest.approx(bond, abs=1e-8)
    assert lent.vega == pytest.approx(0.0, abs=1e-8)
    both = named.conversion("SPX", EXPIRY, strike) + named.reversal("SPX", EXPIRY, strike)
    assert np.allclose(both.value(state), 0.0, atol=1e-7)
    assert not both.payoff(SPOTS).any()
    split = named.put("SPX", EXPIRY, strike) + named.call("SPX", EXPIRY, strike)
    assert np.allclose(split.value(state), named.straddle("SPX", EXPIRY, strike).value(state))


@given(STRIKES, st.floats(0.1, 0.6))
def test_greeks_against_differences_of_the_price(strikes, vol) -> None:
    far = dt.date(2026, 9, 18)

    def price(structure: Structure, **changes: object) -> float:
        return float(structure.value(now(**{"vol": vol, "dividend": 0.01} | changes)).price)

    later = FutureContract("ES", 2026, 9)
    shapes = [
        named.iron_condor("SPX", far, *strikes),
        named.collar("SPX", far, strikes[0], strikes[2]),
        named.hedged_short_future("SPX", far, strikes[3], later, 5000.0),
    ]
    for structure in shapes:
        greeks = structure.value(now(vol=vol, dividend=0.01))
        near = {"rel": 2e-4, "abs": 0.05}
        step = 5.0
        up, down = price(structure, spot=5000 + step), price(structure, spot=5000 - step)
        assert greeks.delta == pytest.approx((up - down) / (2 * step), **near)
        middle = price(structure)
        assert greeks.gamma == pytest.approx((up - 2 * middle + down) / step**2, rel=1e-3, abs=1e-4)
        bumped = price(structure, vol=vol + 1e-3) - price(structure, vol=vol - 1e-3)
        assert greeks.vega == pytest.approx(bumped / 0.2, rel=1e-3, abs=0.05)
        moved = price(structure, rate=0.041) - price(structure, rate=0.039)
        assert greeks.rho == pytest.approx(moved / 0.2, rel=1e-3, abs=0.05)
        day = dt.timedelta(1)
        passed = price(structure, date=TODAY + day) - price(structure, date=TODAY - day)
        assert greeks.theta == pytest.approx(passed / 2, rel=1e-2, abs=0.5)


def test_a_grid_of_spots_and_volatilities_is_one_call() -> None:
    spots, vols = np.linspace(4500, 5500, 11), np.linspace(0.1, 0.4, 7)[:, None]
    condor = named.iron_condor("SPXW", EXPIRY, 4700, 4800, 5200, 5300)
    grid = condor.value(now(spot=spots, vol=vols))
    assert all(part.shape == (7, 11) for part in grid)
    alone = condor.value(now(spot=spots[3], vol=float(vols[2, 0])))
    assert np.allclose([part[2, 3] for part in grid], alone)


def test_volatility_may_be_by_strike_or_a_smile() -> None:
    spread = named.put_spread("SPXW", EXPIRY, 4900, 4600)
    by_strike = spread.value(now(vol={4900.0: 0.20, 4600.0: 0.25})).price
    flat = [named.put("SPXW", EXPIRY, 4900).value(now(vol=0.20)).price]
    flat.append(named.put("SPXW", EXPIRY, 4600).value(now(vol=0.25)).price)
    assert by_strike == pytest.approx(flat[0] - flat[1])
    seen = []

    def smile(k, years):
        seen.append((float(k), years))
        return 0.2 - 0.3 * k

    spread.value(now(vol=smile))
    forward = 5000.0 * math.exp(0.04 * 30 / 365)
    assert seen == [(pytest.approx(math.log(k / forward)), 30 / 365) for k in (4900, 4600)]


def test_vix_is_priced_on_its_own_forward_h18() -> None:
    march, april = dt.date(2026, 3, 18), dt.date(2026, 4, 15)
    calls = named.call("VIX", march, 25.0) + named.call("VIX", april, 25.0)
    with pytest.raises(RangeError, match="no price that one could hold"):
        calls.value(now(spot=20.0))
    with pytest.raises(RangeError, match="no forward for 2026-04-15"):
        calls.value(State(TODAY, forward={march: 19.0}, vol=0.9))
    made = calls.value(State(TODAY, forward={march: 19.0, april: 21.0}, vol=0.9)).price
    each = [
        named.call("VIX", day, 25.0).value(State(TODAY, forward=f, vol=0.9)).price
        for day, f in ((march, 19.0), (april, 21.0))
    ]
    assert made == pytest.approx(sum(each))
    hedged = named.hedged_short_future("VIX", march, 25.0, FutureContract("VX", 2026, 3), 19.0)
    assert [p.quantity for p in hedged.positions] == [-1.0, 10.0]
    assert hedged.worst(price=0.0)[:2] == (-6000.0, 25.0)


def test_legs_that_live_longer_are_worth_their_model_value() -> None:
    """Cboe CLL: a three-month put, a one-month call."""
    june = dt.date(2026, 6, 18)
    collar = named.collar("SPX", june, 4750.0, 5500.0, call_expiry=EXPIRY)
    with pytest.raises(RangeError, match="lives longer than 2026-03-20"):
        collar.payoff(5000.0)
    spots = np.array([4000.0, 5000.0, 6000.0])
    put = named.put("SPX", june, 4750.0).value(now(date=EXPIRY, spot=spots)).price
    expected = 100.0 * (spots - np.maximum(spots - 5500.0, 0.0)) + put
    assert np.allclose(collar.payoff(spots, now()), expected)
    paid = float(collar.value(now()).price)
    worst, found = collar.worst(state=now()), collar.break_evens(state=now())
    grid = np.linspace(1.0, 20_000.0, 5001)
    gains = collar.payoff(grid, now()) - paid
    assert worst.amount <= gains.min() + 1e-3
    assert worst.amount == pytest.approx(gains.min(), rel=1e-3)
    assert abs(collar.payoff(found.points[0], now()) - paid) < 1e-3
    assert collar.worst(state=now(vol=0.4)).amount != worst.amount


def test_break_evens_of_a_textbook_condor() -> None:
    condor = named.iron_condor("SPXW", EXPIRY, 7090, 7185, 7510, 7605, quantity=2)
    found = condor.break_evens(price=-5000.0)  # a credit of 25 points, two contracts
    assert found.points == (7160.0, 7535.0)
    assert found.gains == ((7160.0, 7535.0),)
    assert condor.worst(price=-5000.0)[:2] == (-14_000.0, 0.0)
    assert condor.best(price=-5000.0)[:2] == (5000.0, 7185.0)


def test_a_stretch_on_zero_is_told_by_its_ends() -> None:
    found = named.put_spread("SPXW", EXPIRY, 5000, 4900).break_evens(price=0.0)
    assert found.points == (5000.0,)
    assert found.gains == ((0.0, 5000.0),)
    sold = named.call("SPXW", EXPIRY, 5200, quantity=-1)
    assert sold.worst(price=-1000.0) == (-np.inf, np.inf, np.inf, -100.0)
    assert sold.break_evens(price=-1000.0) == ((5210.0,), ((0.0, 5210.0),))


# ---- mistakes -----------------------------------------------------------------------------------


def test_the_public_names_lead_here() -> None:
    assert (hr.OptionContract, hr.FutureContract) == (OptionContract, FutureContract)
    assert (hr.Position, hr.Shares) == (Position, Shares)
    assert (hr.analyse, hr.margin) == (analyse, margin)
    assert hr.Structure is Structure
    assert hr.State is State
    assert hr.structures is named


@pytest.mark.parametrize("page", ["structures.md", "contracts.md"])
def test_the_examples_of_the_pages_run(page) -> None:
    done = doctest.testfile(str(DOCS / page), module_relative=False)
    assert done.attempted >= 4
    assert done.failed == 0


def test_the_pages_name_every_structure_and_product() -> None:
    page = (DOCS / "structures.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in named.STRUCTURES)
    table = (DOCS / "contracts.md").read_text("utf-8")
    for p in PRODUCTS.values():
        terms = (p.name, p.underlying, f"{p.multiplier:g}", p.tick)
        ways = (f"{p.settlement}, {p.delivery}", p.exercise, p.margin)
        assert f"| `{p.root}` | {' | '.join((*terms, *ways))} |" in table


@pytest.mark.parametrize(
    ("made", "worst", "best"),
    [
        (named.put("SPXW", EXPIRY, 5000), (5000.0, np.inf), (0.0, 0.0)),
        (named.call("SPXW", EXPIRY, 5000), (0.0, 5000.0), (np.inf, np.inf)),
        (
            named.iron_condor("SPXW", EXPIRY, 4700, 4800, 5200, 5300),
            (0.0, 4700.0),
            (4800.0, 5200.0),
        ),
        (named.straddle("SPXW", EXPIRY, 5000), (5000.0, 5000.0), (np.inf, np.inf)),
    ],
)
def test_an_extreme_says_on_which_stretch_it_is_reached(made, worst, best) -> None:
    least, most = made.worst(price=0.0), made.best(price=0.0)
    assert (least.spot, least.until) == worst
    assert (most.spot, most.until) == best
