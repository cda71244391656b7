"""Structures beside a book: spec G3's anchor, parity, QuantLib, sizes, units."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import hedgerow as hr
from hedgerow.errors import RangeError, SleeveError
from hedgerow.shortvol.asymmetry.response import Response
from hedgerow.shortvol.structures.book import Book, Holding
from hedgerow.shortvol.structures.comparison import compare
from hedgerow.shortvol.structures.ground import STILL, Ground, ground, structures, value
from hedgerow.shortvol.structures.hedges import DOWN, HEDGES, Hedge, Terms, hedge
from hedgerow.shortvol.structures.sizing import Sizing, size

ql = pytest.importorskip("QuantLib")

DAY, EXPIRY = "2026-02-18", dt.date(2026, 3, 20)
TERMS = Terms("SPXW", EXPIRY)


class Jump:
    """Volatility gains so much wherever the index falls, and loses half of it in a rise."""

    def __init__(self, points: float) -> None:
        self.points = points

    def shift(self, move, *, moneyness, tenor):  # the protocol's
        move = np.asarray(move, dtype=np.float64)
        fall = np.where(move < 0.0, 1.0, np.where(move > 0.0, -0.5, 0.0))
        return self.points * fall + 0.0 * np.asarray(moneyness)


def condor(quantity: float = 10.0) -> Book:
    made = hr.structures.iron_condor("SPXW", EXPIRY, 4600, 4750, 5250, 5400, quantity=quantity)
    return Book("condor", tuple(Holding(p.quantity, p.contract) for p in made.positions))


def at(
    vol: float = 0.18, rate: float = 0.04, spot: float = 5000.0, dividend: float = 0.0
) -> Ground:
    state = hr.State(DAY, spot=spot, vol=vol, rate=rate, dividend=dividend)
    return ground(condor(), state)


def test_g3_a_short_5200_call_gains_25_64_or_loses_0_40_at_minus_3_percent() -> None:
    # the move is at once, T = 30/365, no dividends: spec G3, seed 000
    sold = hr.structures.call("SPXW", EXPIRY, 5200.0, -1.0)
    one = Hedge("sold_call", DOWN, sold, "", ())
    costs, contracts = hr.Costs.none(), Sizing("contracts")
    found = compare(
        condor(), at(), Jump(0.08), TERMS, hedges=[one], sizing=contracts, costs=costs,
        moves=(-0.03,),
    )  # fmt: skip
    row = found.row("sold_call")
    assert round(float(row.fixed[0]) / 100.0, 2) == 25.64
    assert round(float(row.answered[0]) / 100.0, 2) == -0.40


def test_validation_parity_vega_459_84_of_hedged_future_and_put() -> None:
    # shared/validation.md: F 5000, K 5200, 30/365, r .04, σ .20; USD a point of one SPX option
    state = hr.State(DAY, forward=5000.0, vol=0.20, rate=0.04)
    here = Ground({"SPX": state}, 20.0)
    made = hr.structures.hedged_short_future(
        "SPXW", EXPIRY, 5200.0, hr.FutureContract("ES", 2026, 3), 5000.0
    )
    assert round(float(value({"SPX": made}, here.states).vega), 2) == 459.84


@settings(max_examples=25)
@given(
    vol=st.floats(0.05, 0.8), rate=st.floats(-0.01, 0.08), dividend=st.floats(0.0, 0.04),
    points=st.floats(-0.02, 0.3), units=st.integers(1, 50),
)  # fmt: skip
def test_a_hedged_short_future_is_a_put_and_financing(vol, rate, dividend, points, units) -> None:
    found = compare(
        condor(), at(vol, rate, 5000.0, dividend), Jump(points), TERMS,
        hedges=["hedged_short_future"], sizing=Sizing("contracts", units=float(units)),
    )  # fmt: skip
    same = found.parity
    notional = 100.0 * 5000.0 * units
    assert same.gap < 1e-10 * notional
    assert same.vega == pytest.approx(same.hedged.vega, abs=1e-10 * notional)
    # what remains is straight: no bend over the moves
    moves = np.array(found.moves)
    slope = same.financing[moves != 0.0] / moves[moves != 0.0]
    assert np.allclose(slope, slope[0], rtol=1e-6, atol=1e-6 * notional)


def quantlib(option, spot: float, vol: float, rate: float, dividend: float) -> float:
    today = ql.Date(18, 2, 2026)
    ql.Settings.instance().evaluationDate = today
    days = ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, days)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, days)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, days)),
    )
    kind = ql.Option.Call if option.call else ql.Option.Put
    made = ql.VanillaOption(
        ql.PlainVanillaPayoff(kind, option.strike),
        ql.EuropeanExercise(ql.Date(option.expiry.day, option.expiry.month, option.expiry.year)),
    )
    made.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return float(made.NPV())


def test_the_grid_agrees_with_quantlib_cell_by_cell() -> None:
    here, response = at(0.2, 0.03, 5000.0, 0.01), Jump(0.06)
    found = compare(condor(), here, response, TERMS, hedges=["put_spread"], costs=hr.Costs.none())
    rows = [(condor().holdings, found.alone)]
    legs = found.row("put_spread").structure.positions
    rows.append(([Holding(p.quantity, p.contract) for p in legs], found.row("put_spread")))
    for held, row in rows:
        start = sum(
            100.0 * h.quantity * quantlib(h.contract, 5000.0, 0.2, 0.03, 0.01) for h in held
        )
        for kind, line in zip(found.kinds, row.grid, strict=True):
            for move, pnl in zip(found.moves, line, strict=True):
                added = 0.0 if kind in ("fixed", "with the index") else float(kind) / 100.0
                if kind == "with the index":
                    added = float(response.shift(move, moneyness=1.0, tenor=30.0))
                vol = max(0.2 + added, 0.03)
                end = sum(
                    100.0 * h.quantity * quantlib(h.contract, 5000.0 * (1 + move), vol, 0.03, 0.01)
                    for h in held
                )
                assert pnl == pytest.approx(end - start, abs=1e-6)


def test_a_contract_keeps_its_volatility_where_nothing_answers() -> None:
    # a smile: the option of 4750 had the volatility of its strike, and has it after a fall
    state = hr.State(DAY, spot=5000.0, vol=lambda k, t: 0.2 - 0.5 * np.asarray(k), rate=0.0)
    here = ground(condor(), state)
    moved = here.moved(np.array([-0.05]), STILL)["SPX"]
    assert moved.vol_of(4750.0, EXPIRY)[0] == pytest.approx(
        float(state.vol_of(4750.0, EXPIRY)), abs=1e-14
    )


def test_a_response_is_asked_for_strike_over_index_before_the_move() -> None:
    asked = []

    class Listening:
        def shift(self, move, *, moneyness, tenor):
            asked.append((float(np.squeeze(moneyness)), float(tenor)))
            return np.zeros(np.shape(move))

    here = at(rate=0.05)
    here.moved(np.array([-0.04]), Listening())["SPX"].vol_of(5250.0, EXPIRY)
    assert asked == [(pytest.approx(1.05, abs=1e-12), 30.0)]


def test_a_rise_leaves_a_low_volatility_the_smallest_ratio_that_was_measured() -> None:
    measured = Response.named("measured")
    end = dt.date.fromisoformat(DAY) + dt.timedelta(184)
    strike, before, rise = 5500.0, 0.10, 0.15
    after = at(before).moved(rise, measured)["SPX"]
    added = float(measured.shift(rise, tenor=184, moneyness=strike / 5000.0))
    assert before + added < 0.6149 * before  # the slope alone would take it lower
    assert float(after.vol_of(strike, end)) == pytest.approx(0.6149 * before)


@pytest.mark.parametrize("name", HEDGES)
def test_every_hedge_gains_on_its_side_with_volatility_fixed(name: str) -> None:
    here = at()
    one = hedge(name, TERMS, here)
    move = -0.02 if one.side == DOWN else 0.02
    mine = {"SPX": one.structure}
    gain = value(mine, here.moved(np.array([move]))).price - value(mine, here.states).price
    assert float(gain[0]) > 0.0
    assert one.reason
    assert one.warnings


def test_the_hedged_short_future_warns_that_it_is_a_put_with_vega() -> None:
    one = hedge("hedged_short_future", TERMS, at())
    assert "put" in one.warnings[0]
    assert "vega" in one.warnings[0]
    assert "without bound" not in " ".join(one.warnings)


def test_stress_sizes_cover_the_part_that_is_asked_for() -> None:
    here, response, book = at(), Jump(0.05), condor(500.0)
    held = structures(book, here)
    move = np.array([-0.05])
    loss = -float(
        (value(held, here.moved(move, response)).price - value(held, here.states).price)[0]
    )
    for name in ("short_future", "long_put", "put_spread", "hedged_short_future"):
        one = hedge(name, TERMS, here)
        sized = size(one, held, here, response, Sizing(cover=0.5))
        mine = {"SPX": one.structure}
        gain = (value(mine, here.moved(move, response)).price - value(mine, here.states).price)[0]
        assert abs(sized.units * gain - 0.5 * loss) <= 0.5 * gain + 1e-9
        assert sized.units == round(sized.units)


def test_a_sold_call_that_no_size_helps_is_said_to_be_fooled() -> None:
    here, book = at(), condor(500.0)
    sold = size(hedge("sold_call", TERMS, here), structures(book, here), here, Jump(0.15), Sizing())
    assert sold.fooled
    assert "no size does" in sold.told
    delta = Sizing("delta", cover=1.0)
    future = size(
        hedge("short_future", TERMS, here), structures(book, here), here, Jump(0.05), delta
    )
    there = value(structures(book, here), here.moved(-0.05, Jump(0.05))).delta
    assert future.units == round(float(there) / 50.0)


def test_worst_case_of_a_hedged_short_future_ends_and_of_the_bare_one_does_not() -> None:
    found = compare(condor(), at(), Jump(0.05), TERMS)
    assert found.row("short_future").worst.amount == -np.inf
    assert np.isfinite(found.row("hedged_short_future").worst.amount)
    alone = found.alone.worst.amount
    credit = -float(value(structures(condor(), at()), at().states).price)
    assert alone == pytest.approx(-(150.0 * 100 * 10 - credit))  # the wider wing less the credit


def test_vix_positions_count_as_vega_and_rise_in_a_fall(builtin) -> None:
    book = Book("vx", (Holding(2.0, hr.FutureContract("VX", 2023, 2)),))
    here = ground(book, builtin)
    held = structures(book, here)
    now = value(held, here.states)
    assert float(now.delta) == 0.0
    assert float(now.vega) == pytest.approx(2000.0)
    gain = value(held, here.moved(np.array([-0.05, 0.05]), Response.named("measured"))).price
    assert gain[0] > 1000.0
    assert gain[1] < gain[0]


def test_mini_and_fund_count_at_a_tenth() -> None:
    state = hr.State(DAY, spot=5000.0, vol=0.18)
    put = hr.OptionContract("SPXW", EXPIRY, 4750.0, False)
    mini = hr.OptionContract("XSP", EXPIRY, 475.0, False)
    big, small = Book("a", (Holding(-1.0, put),)), Book("b", (Holding(-10.0, mini),))
    sides = []
    for book in (big, small):
        here = ground(book, state)
        sides.append(value(structures(book, here), here.states))
    for field in ("price", "delta", "gamma", "vega", "theta"):
        left, right = (float(getattr(side, field)) for side in sides)
        assert right == pytest.approx(left, rel=1e-9)


def test_mistakes_name_the_field() -> None:
    here = at()
    with pytest.raises(SleeveError, match="short_future"):
        hedge("short_futur", TERMS, here)
    with pytest.raises(RangeError, match="gone"):
        here.moved(-1.0)
    with pytest.raises(RangeError, match="out of range"):
        Sizing(cover=0.0)
    with pytest.raises(RangeError, match="no way to size"):
        Sizing("vega")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(RangeError, match="no option on the S&P 500"):
        Terms("VIX", EXPIRY)
    nasdaq = Book("n", (Holding(-1.0, hr.OptionContract("NDX", EXPIRY, 20000.0, False)),))
    with pytest.raises(RangeError, match="NDX"):
        ground(nasdaq, hr.State(DAY, spot=5000.0, vol=0.2))


def test_the_book_of_rules_is_struck_at_their_deltas_and_sized_by_their_loss() -> None:
    from hedgerow.shortvol.condor.rules import CondorRules
    from hedgerow.shortvol.structures.sold import sold_book

    state = hr.State(DAY, spot=5000.0, vol=0.18, rate=0.04)
    rules = CondorRules(dte=30, short_delta=0.16, wing_width=100)
    book = sold_book(rules, state)
    long_put, short_put, short_call, long_call = (o.strike for o in book.options)
    assert (short_put - long_put, long_call - short_call) == (100.0, 100.0)
    years = 30 / 365
    forward, spread = 5000.0 * np.exp(0.04 * years), 0.18 * years**0.5

    def delta(strike: float, sign: float) -> float:
        d1 = np.log(forward / strike) / spread + 0.5 * spread
        return float(np.exp(-0.04 * years) * norm.cdf(sign * d1))

    for strike, sign in ((short_put, -1.0), (short_call, 1.0)):
        off = abs(delta(strike, sign) - 0.16)
        assert off <= min(abs(delta(strike + step, sign) - 0.16) for step in (-5.0, 5.0))
    sold = -book.holdings[1].quantity
    credit = -float(value(structures(book, at()), {"SPX": state}).price) / (100.0 * sold)
    most = 0.02 * 10e6
    assert sold * 100.0 * (100.0 - credit) <= most < (sold + 1) * 100.0 * (100.0 - credit)
    with pytest.raises(RangeError, match="one condor can lose"):
        sold_book(CondorRules(dte=30, wing_width=100, max_loss=0.001), state)
