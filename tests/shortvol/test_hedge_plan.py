"""The plan, the low-gamma straddle and the windows of history, against slower ways to find them."""

from __future__ import annotations

import datetime as dt
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import hedgerow as hr
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.research.states import of_market
from hedgerow.shortvol.asymmetry.response import Response
from hedgerow.shortvol.structures.book import Book, Holding
from hedgerow.shortvol.structures.comparison import WIDE, compare
from hedgerow.shortvol.structures.ground import Ground, cost, ground, structures, value
from hedgerow.shortvol.structures.hedges import Terms, scaled
from hedgerow.shortvol.structures.paths import at_window, history, walks
from hedgerow.shortvol.structures.plan import MOVES, Target, plan
from hedgerow.shortvol.structures.straddle import Cap, low_gamma, percentile_of

DAY, EXPIRY = "2026-02-18", dt.date(2026, 3, 20)
TERMS = Terms("SPXW", EXPIRY)
MEASURED = Response.named("measured")


def condor(quantity: float = 20.0) -> Book:
    made = hr.structures.iron_condor("SPXW", EXPIRY, 4600, 4750, 5250, 5400, quantity=quantity)
    return Book("condor", tuple(Holding(p.quantity, p.contract) for p in made.positions))


def state(vol: float = 0.18) -> hr.State:
    return hr.State(DAY, spot=5000.0, vol=vol, rate=0.04)


# ---- the plan -----------------------------------------------------------------------------------


@settings(max_examples=3)
@given(quantity=st.integers(5, 60), vol=st.floats(0.12, 0.3))
def test_no_neighbour_of_the_plan_meets_its_targets_and_is_better(quantity, vol) -> None:
    book = condor(float(quantity))
    here, costs = ground(book, state(vol)), Costs()
    found = plan(book, here, MEASURED, TERMS, costs=costs)
    held, target = structures(book, here), found.target
    now = value(held, here.states)
    moved = here.moved(np.array(MOVES), MEASURED)
    then = value(held, moved)
    inner = np.abs(MOVES) <= 0.05 + 1e-9
    room = target.tolerance * np.abs(then.delta[inner]).max()
    slack = target.tolerance * abs(float(now.vega))

    def judged(units) -> tuple[bool, float]:
        gain, delta, vega, paid = then.price - now.price, now.delta, now.vega, 0.0
        for leg, number in zip(found.chosen.parts, units, strict=True):
            if number == 0:
                continue
            mine = {"SPX": scaled(leg.hedge.structure, float(number))}
            one = value(mine, here.states)
            spent = cost(mine["SPX"], here.index, costs, here.vix)
            gain = gain + value(mine, moved).price - one.price - spent
            delta, vega = delta + one.delta, vega + one.vega
            paid += float(one.price) + spent
        meets = (
            abs(float(delta) - target.delta) <= room
            and abs(float(vega) - target.vega) <= slack
            and paid <= target.budget
        )
        return meets, float(np.min(gain))

    own = [int(leg.units) for leg in found.chosen.parts]
    meets, least = judged(own)
    assert meets == found.chosen.meets
    assert least == pytest.approx(found.chosen.least, abs=1e-6)
    if meets:
        for steps in product((-1, 0, 1), repeat=len(own)):
            units = [max(n + s, 0) for n, s in zip(own, steps, strict=True)]
            # a rise without end is not allowed: the down leg may outgrow the up leg in futures
            other, worse = judged(units)
            short = [leg.rise * n for leg, n in zip(found.chosen.parts, units, strict=True)]
            if other and units[0] > 0 and sum(short) >= -1e-6:
                assert worse <= least + 0.01


def test_the_plan_is_the_same_again_and_whole() -> None:
    book = condor()
    here = ground(book, state())
    first, second = (plan(book, here, MEASURED, TERMS) for _ in range(2))
    assert first.chosen.structures == second.chosen.structures
    assert all(leg.units == round(leg.units) for leg in first.chosen.parts)
    assert first.chosen.down.hedge.side == "downside"
    assert first.chosen.up is None or first.chosen.up.hedge.side == "upside"
    assert first.runner_up.down.hedge.name != first.chosen.down.hedge.name
    assert first.history is None
    assert first.worth is None


def test_a_plan_keeps_its_budget_and_ends_its_losses() -> None:
    book = condor()
    here = ground(book, state())
    found = plan(book, here, MEASURED, TERMS, target=Target(budget=3_000.0)).chosen
    assert not found.meets or found.cost + found.premium <= 3_000.0
    assert np.isfinite(found.worst.amount)


def test_a_book_that_loses_nowhere_has_no_plan() -> None:
    straddle = hr.structures.straddle("SPXW", EXPIRY, 5000)
    book = Book("long", tuple(Holding(p.quantity, p.contract) for p in straddle.positions))
    with pytest.raises(RangeError, match="loses at no move"):
        plan(book, ground(book, hr.State(DAY, spot=5015.0, vol=0.18, rate=0.04)), Rising(), TERMS)
    with pytest.raises(RangeError, match="is no budget"):
        Target(budget=-1.0)
    with pytest.raises(RangeError, match="out of range"):
        Target(tolerance=0.0)


class Rising:
    """Volatility rises whatever happens."""

    def shift(self, move, *, moneyness, tenor):  # the protocol's
        return 0.1 * (np.asarray(move) != 0.0) + 0.0 * np.asarray(moneyness)


def test_the_worst_of_two_underlyings_is_told_alike_before_and_after(builtin) -> None:
    # no payoff has it: the worst of large moves, volatility answering, for the book and the plan
    small = hr.OptionContract("XSP", dt.date(2023, 1, 27), 360.0, False)
    big = hr.OptionContract("SPXW", dt.date(2023, 1, 27), 3600.0, False)
    book = Book("two", (Holding(-10.0, small), Holding(-1.0, big)))
    here = ground(book, builtin)
    held = structures(book, here)
    gain = value(held, here.moved(np.array(WIDE), MEASURED)).price - value(held, here.states).price
    terms = Terms("SPXW", dt.date(2023, 1, 27))
    made = plan(book, here, MEASURED, terms)
    assert made.worst.amount == pytest.approx(float(gain.min()))
    beside = compare(book, here, MEASURED, terms, hedges=["long_put"])
    assert beside.alone.worst.amount == pytest.approx(float(gain.min()))


# ---- the low-gamma straddle ---------------------------------------------------------------------


def test_gamma_per_theta_is_0_0365_over_variance_without_rates() -> None:
    # ½Γ(0.01 S)² ÷ |Θ| with Θ = −½σ²S²Γ/365, Black-Scholes: Hull, ch. 19.7
    rising = hr.State(DAY, spot=5000.0, vol=lambda k, t: 0.15 + 0.05 * t + 0.0 * np.asarray(k))
    found = low_gamma(TERMS, Ground({"SPX": rising}, 15.0), Cap(share=0.97))
    for one in (found.long, found.short):
        years = (one.expiry - rising.day).days / 365.0
        assert one.days_per_move == pytest.approx(0.0365 / (0.15 + 0.05 * years) ** 2, rel=1e-6)
    # d1 and phi by hand
    years = (found.short.expiry - rising.day).days / 365
    vol = 0.15 + 0.05 * years
    deviation = vol * years**0.5
    d1 = (np.log(5000.0 / found.short.strike) + 0.5 * deviation**2) / deviation
    gamma = 2 * 100.0 * norm.pdf(d1) / (5000.0 * deviation)
    assert found.short.gamma == pytest.approx(gamma, rel=1e-10)
    assert found.long.days_per_move <= found.cap
    assert found.long.gamma_per_vega < 0.5 * found.short.gamma_per_vega


def test_the_straddle_expires_on_a_friday_or_the_session_before_its_holiday() -> None:
    # 90 days from 14 December 2025 end on a Saturday; from 1 January 2026 near Good Friday, 3 April
    rising = {"vol": lambda k, t: 0.15 + 0.2 * t + 0.0 * np.asarray(k), "spot": 5000.0}
    for day, ends in (("2025-12-14", "2026-03-20"), ("2026-01-01", "2026-04-02")):
        found = low_gamma(TERMS, Ground({"SPX": hr.State(day, **rising)}, 15.0))
        assert str(found.long.expiry) == ends


def test_a_cap_that_nothing_meets_names_the_least() -> None:
    flat = Ground({"SPX": hr.State(DAY, spot=5000.0, vol=0.15)}, 15.0)
    with pytest.raises(RangeError, match=r"allow 1\.62"):
        low_gamma(TERMS, flat, Cap(days_per_move=1.0))


def test_low_volatility_is_told_from_the_past_alone() -> None:
    rng = np.random.default_rng(7)
    days = np.datetime64("2020-01-01") + np.arange(400)
    vix = 15.0 + 5.0 * rng.random(400)
    market = hr.Market(days, {"vix": vix, "spx": np.full(400, 3000.0)})
    other = hr.Market(days, {"vix": np.r_[vix[:300], 80.0 * np.ones(100)]})
    for row in (100, 250, 299):
        assert percentile_of(market, 252, row) == percentile_of(other, 252, row)
        past = vix[max(row - 251, 0) : row + 1]
        assert percentile_of(market, 252, row) == np.mean(past <= vix[row])


# ---- history ------------------------------------------------------------------------------------


def test_a_short_future_makes_what_the_index_lost(builtin) -> None:
    book = Book("es", (Holding(-3.0, hr.FutureContract("ES", 2023, 3)),))
    here = ground(book, builtin)
    (walk,) = walks((structures(book, here),), here, Costs.none(), 30)
    spot, rate, dividend = (builtin[name] for name in ("spx", "rate", "dividend_yield"))
    for i in (10, 4_000, 8_000):
        first = int(walk.first[i])
        days = (builtin.dates - builtin.dates[first]).astype(int)
        last = int(np.flatnonzero(days <= 30)[-1])
        left = (dt.date(2023, 3, 17) - here.day).days
        forward = [
            3783.22 * spot[row] / spot[first]
            * np.exp((rate[row] - dividend[row]) * (left - days[row]) / 365)
            for row in (first, last)
        ]  # fmt: skip
        assert walk.gain[i] == pytest.approx(-150.0 * (forward[1] - forward[0]), abs=1e-6)


def test_a_sold_put_pays_at_expiry_what_the_window_left_of_it(builtin) -> None:
    put = hr.OptionContract("SPXW", dt.date(2023, 1, 27), 3600.0, False)
    book = Book("put", (Holding(-1.0, put),))
    here = ground(book, builtin)
    (walk,) = walks((structures(book, here),), here, Costs.none(), 30)
    spot = builtin["spx"]
    for i in (2_800, 4_700, 7_600):
        first = int(walk.first[i])
        date = str(builtin.dates[first])
        then = of_market(builtin, "SPX", date=date).state
        strike = 3600.0 * float(spot[first]) / 3783.22
        contract = hr.OptionContract("SPXW", then.day + dt.timedelta(30), round(strike, 3), False)
        one = hr.Structure("one", (hr.Position(1.0, contract),))
        start = float(one.value(then).price) * 3783.22 / float(spot[first])
        days = (builtin.dates - builtin.dates[first]).astype(int)
        last = int(np.flatnonzero(days <= 30)[-1])
        at_end = 3783.22 * float(spot[last] / spot[first])
        paid = 100.0 * max(3600.0 - at_end, 0.0)
        # it expires at the last close of the window
        assert walk.gain[i] == pytest.approx(start - paid, rel=1e-4, abs=0.5)


def test_rows_of_history_add_up_and_know_their_windows(builtin) -> None:
    book = Book(
        "put", (Holding(-1.0, hr.OptionContract("SPXW", dt.date(2023, 1, 27), 3600.0, False)),)
    )
    here = ground(book, builtin)
    held = structures(book, here)
    none = history(["book", "twice"], [held, held], here, Costs())
    alone, both = none.rows
    assert both.mean == pytest.approx(2.0 * alone.mean)
    assert alone.worst <= alone.shortfall <= alone.fifth
    assert none.moves["Mar 2020"] == pytest.approx(-0.319, abs=0.02)  # 3386 to 2305
    (walk,) = walks((held,), here, Costs(), none.days)
    assert at_window(walk, "1890-01-01") is None
    assert str(walk.days[at_window(walk, "2020-02-22")]) == "2020-02-21"


def test_a_state_alone_has_no_history() -> None:
    book = condor()
    here = ground(book, state())
    with pytest.raises(RangeError, match="no history"):
        walks((structures(book, here),), here, Costs(), 30)


def test_the_straddle_program_of_the_examples_lets_go_while_vix_is_high(builtin) -> None:
    file = Path(__file__).resolve().parents[2] / "examples" / "shortvol" / "low_gamma_straddle.toml"
    made = hr.trade(hr.load_program(file), builtin, start="2017-01-03", end="2018-12-31")
    hedge = made.frame()["hedge"]
    rows = np.searchsorted(builtin.dates, hedge.index.to_numpy().astype("datetime64[D]"))
    high = np.array([percentile_of(builtin, 252, int(row)) > 0.5 for row in rows])
    # VIX in the upper half of its year for ten closes: out by then, two to tell and a week to trade
    long = np.convolve(high, np.ones(10), "full")[: len(high)] == 10
    assert long.sum() > 20
    assert (hedge.to_numpy()[long] == 0.0).all()
    assert (hedge.to_numpy() != 0.0).sum() > 100
