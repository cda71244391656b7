"""Rosters by example: single contracts against QuantLib, rolling by choice, indices, cover."""

import datetime as dt

import numpy as np
import pytest

from hedgerow.core.expiry import vix_settlement
from hedgerow.core.market import Market
from hedgerow.core.over_the_counter import parse_option
from hedgerow.errors import SleeveError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Call, Condor, Put, PutSpread, Straddle
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Contracts, Notional, Premium, Vega
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.instruments.vix_options import VixCall
from instruments.synthetic_markets import make_market

MARKET = make_market(300, futures=True, term=True)
DAYS = MARKET.dates.astype(np.int64)


def with_index(market, name="ndx", sigma=0.02, **more):
    rng = np.random.default_rng(11)
    level = 1500.0 * np.exp(np.cumsum(rng.normal(0.0, sigma, len(market))))
    return market.with_columns({name: level, **more})


def test_a_put_along_its_path_is_quantlibs_analytic_engine():
    ql = pytest.importorskip("QuantLib")
    roster = Put(moneyness=0.95, strike_step=5).roster(MARKET)
    symbol = roster.basket(2).symbols[0]
    path, terms = roster.path(symbol), parse_option(symbol)
    scene = Scene.of(MARKET)
    for t in range(path.first, path.first + len(path.price) - 1, 7):
        day = MARKET.dates[t].item()
        today = ql.Date(day.day, day.month, day.year)
        ql.Settings.instance().evaluationDate = today
        count = ql.Actual365Fixed()

        def flat(rate, today=today, count=count):
            return ql.YieldTermStructureHandle(ql.FlatForward(today, rate, count))

        i = t - path.first
        vol = ql.BlackConstantVol(today, ql.NullCalendar(), path.level[i] / 100.0, count)
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(float(MARKET["spx"][t]))),
            flat(float(scene.dividend[t])),
            flat(float(MARKET["rate"][t])),
            ql.BlackVolTermStructureHandle(vol),
        )
        expiry = ql.Date(terms.expiry.day, terms.expiry.month, terms.expiry.year)
        option = ql.EuropeanOption(
            ql.PlainVanillaPayoff(ql.Option.Put, terms.strike), ql.EuropeanExercise(expiry)
        )
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        assert path.price[i] == pytest.approx(option.NPV(), abs=1e-9)
        assert path.delta[i] == pytest.approx(option.delta(), abs=1e-9)
        assert path.gamma[i] == pytest.approx(option.gamma(), abs=1e-9)
        assert path.vega[i] == pytest.approx(option.vega() / 100.0, abs=1e-9)
        assert path.theta[i] == pytest.approx(option.thetaPerDay(), abs=1e-9)


def test_a_path_goes_on_past_the_roll_and_ends_at_the_payoff():
    roster = Put(moneyness=1.0, tenor="90d", roll="30d", strike_step=5).roster(MARKET)
    rolled = int(np.flatnonzero(roster.strip.roll)[0])
    symbol = roster.basket(int(roster.held[rolled - 1])).symbols[0]
    path, terms = roster.path(symbol), parse_option(symbol)
    last = path.first + len(path.price) - 1
    assert last > rolled
    assert MARKET.dates[last].item() == terms.expiry
    assert path.price[-1] == max(terms.strike - MARKET["spx"][last], 0.0)
    assert path.level[-1] == path.level[-2]


def test_a_future_past_its_roll_follows_its_own_quotes_to_settlement():
    market = make_market(60, futures=True, first="2024-04-01")
    roster = VixFuture(months=1, roll_before=5).roster(market)
    assert roster.basket(0).symbols == ("VXJ24",)
    (symbol,) = roster.basket(1).symbols
    assert symbol == "VXK24"
    path = roster.path(symbol)
    last = path.first + len(path.price) - 1
    assert str(market.dates[last]) == "2024-05-22"
    assert last > np.flatnonzero(roster.strip.roll)[1]
    for t in range(path.first, last):
        rank = next(r for r in range(1, 9) if market[f"vx{r}_expiry"][t] == path.expiry)
        assert path.price[t - path.first] == market[f"vx{rank}"][t]
    assert not path.modelled[:-1].any()
    assert path.price[-1] == pytest.approx(market["vix"][last], rel=1e-12)


def test_the_mix_of_two_months_is_the_index_methodology_of_17_april_2024():
    days = np.array(["2024-04-15", "2024-04-16", "2024-04-17"], dtype="datetime64[ns]")
    market = Market(days, {"spx": [5000.0] * 3, "vix": [16.0] * 3})
    roster = VixFutureConstant().roster(market)
    baskets = [roster.basket(int(n)) for n in roster.held]
    assert baskets[1] == (("VXK24",), (1.0,))
    assert baskets[2].symbols == ("VXK24", "VXM24")
    assert baskets[2].weights == pytest.approx((0.96, 0.04), abs=1e-15)
    assert roster.basket(int(roster.pending[1])) == baskets[2]


def test_before_may_2004_futures_have_the_names_of_models():
    roster = VixFuture().roster(make_market(60, first="1996-01-02"))
    assert roster.basket(0).symbols == ("VX 1996-01",)
    assert roster.path("VX 1996-01").expiry == vix_settlement("1996-01").astype(np.int64)


class TestChoose:
    def test_up_keeps_the_expiry_and_out_keeps_the_strike(self):
        roster = PutSpread(0.95, 0.80, tenor="90d", strike_step=5).roster(MARKET)
        old, row = roster.basket(0), 40
        was = [parse_option(symbol) for symbol in old.symbols]
        spot = MARKET["spx"][row]
        up = [parse_option(s) for s in roster.choose(row, like=old, keep="expiry").symbols]
        assert [o.expiry for o in up] == [o.expiry for o in was]
        assert [o.strike for o in up] == [np.floor(m * spot / 5) * 5 for m in (0.95, 0.80)]
        new = roster.choose(row)
        out = roster.choose(row, like=old, keep="strike")
        assert [parse_option(s).strike for s in out.symbols] == [o.strike for o in was]
        expiry = parse_option(new.symbols[0]).expiry
        assert {parse_option(s).expiry for s in out.symbols} == {expiry}
        assert expiry > was[0].expiry
        assert out.weights == new.weights == old.weights == (1.0, -1.0)
        for basket in (new, out):
            for symbol in basket.symbols:
                path = roster.path(symbol)
                assert path.first <= row < path.first + len(path.price)

    def test_an_expired_option_has_no_expiry_to_keep(self):
        roster = Put(tenor="30d", roll="expiry").roster(MARKET)
        with pytest.raises(SleeveError, match="expired"):
            roster.choose(200, like=roster.basket(0), keep="expiry")

    def test_cover_stays_whatever_is_chosen(self):
        roster = Call(covered=True, side="short", tenor="monthly", roll="expiry").roster(MARKET)
        for basket in (
            roster.choose(30),
            roster.choose(30, like=roster.choose(25), keep="expiry"),
            roster.choose(30, like=roster.choose(3), keep="strike"),
        ):
            assert basket.symbols[1:] == ("SPX",)
            assert basket.weights == (-1.0, 100.0)

    def test_vix_calls_roll_up_on_the_future_of_their_own_settlement(self):
        roster = VixCall(moneyness=1.25, months=2).roster(MARKET)
        old, row = roster.basket(0), 10
        (symbol,) = roster.choose(row, like=old, keep="expiry").symbols
        expiry = parse_option(old.symbols[0]).expiry
        assert parse_option(symbol).expiry == expiry
        day = (expiry - dt.date(1970, 1, 1)).days
        rank = next(r for r in range(1, 9) if MARKET[f"vx{r}_expiry"][row] == day)
        assert parse_option(symbol).strike == pytest.approx(1.25 * MARKET[f"vx{rank}"][row])
        (out,) = roster.choose(40, like=old, keep="strike").symbols
        assert parse_option(out).strike == parse_option(old.symbols[0]).strike
        assert parse_option(out).expiry > expiry
        assert roster.path(out).price[40 - roster.path(out).first] > 0.0

    def test_futures_and_the_index_have_nothing_to_keep(self):
        for sleeve in (VixFuture(), VixFutureConstant(), Underlying()):
            roster = sleeve.roster(MARKET)
            for keep in ("expiry", "strike"):
                with pytest.raises(SleeveError, match="keep"):
                    roster.choose(5, like=roster.basket(0), keep=keep)

    def test_a_swap_asked_for_later_is_struck_at_its_own_fill(self):
        roster = VarianceSwap(tenor="90d").roster(MARKET, lag=1)
        old = roster.basket(0)
        same = roster.choose(20, like=old, keep="expiry")
        path = roster.path(same.symbols[0])
        assert path.first == 20
        assert path.expiry == roster.path(old.symbols[0]).expiry
        # struck at bar 21, so worth nothing there; later what the index did counts
        assert path.price[:2].tolist() == [0.0, 0.0]
        assert path.price[2] != 0.0
        years = (path.expiry - DAYS[21]) / 365.0
        fair = Scene.of(MARKET).surface.fair_vol(np.array([years]), slice(21, 22))[0]
        realised = np.sum(np.diff(np.log(MARKET["spx"][21 : 20 + len(path.price)])) ** 2)
        payoff = (realised / years - fair**2) * 1e4 / (2 * 100 * fair)
        assert path.price[-1] == pytest.approx(payoff, rel=1e-9)
        with pytest.raises(SleeveError, match="keep"):
            roster.choose(20, like=old, keep="strike")


def test_options_of_one_strike_and_side_are_one_position():
    # coarse strikes: two deltas meet at one strike
    roster = Condor(strike_step=1000.0).roster(MARKET)
    for number in set(roster.held.tolist()):
        basket = roster.basket(number)
        assert len(set(basket.symbols)) == len(basket.symbols)
        assert sum(basket.weights) == 0.0


def test_strikes_to_the_last_bit_have_symbols_over_the_counter():
    roster = Straddle(moneyness=1.0, tenor="90d").roster(MARKET)
    put, call = roster.basket(0).symbols
    assert put.startswith("SPX 20")
    assert parse_option(put).strike == parse_option(call).strike == MARKET["spx"][0]
    exact = Put(strike_step=5, listed=False).roster(MARKET).basket(0).symbols[0]
    assert exact.startswith("SPX 20")  # no listed expiry


class TestIndex:
    def test_a_missing_index_is_named(self):
        for sleeve in (Put(index="ndx"), VarianceSwap(index="ndx"), Underlying(index="ndx")):
            with pytest.raises(SleeveError, match="ndx"):
                sleeve.strip(MARKET)
        for build in (Put, VarianceSwap, Underlying):
            with pytest.raises(SleeveError, match="spx"):
                build(index="spy")

    def test_its_options_stand_on_its_own_level_and_volatility_index(self):
        market = with_index(MARKET, vxn=np.full(len(MARKET), 31.0))
        roster = Put(moneyness=1.0, index="ndx", strike_step=25).roster(market)
        symbol = roster.basket(0).symbols[0]
        assert symbol.startswith("NDXP  ")
        np.testing.assert_array_equal(roster.strip.next_notional, 100.0 * market["ndx"])
        scene = Scene.of(market, "ndx")
        thirty = scene.surface.fair_vol(30 / 365.0)
        np.testing.assert_allclose(thirty, 0.31, rtol=1e-12)
        # the term structure is that of the S&P 500, scaled
        base = Scene.of(market).surface.fair_vol(93 / 365.0)
        np.testing.assert_allclose(
            scene.surface.fair_vol(93 / 365.0) / base, 31.0 / MARKET["vix"], rtol=1e-9
        )
        assert roster.strip.notes["modelled_vxn_share"] == 0.0

    def test_without_its_volatility_index_vix_is_scaled_by_realised_volatility(self):
        logs = np.log(MARKET["spx"])
        market = MARKET.with_columns({"rut": np.exp(2.0 * (logs - logs[0])) * 500.0})
        scene = Scene.of(market, "rut")
        ratio = scene.surface.fair_vol(30 / 365.0) / (MARKET["vix"] / 100.0)
        np.testing.assert_allclose(ratio[:21], 1.0, rtol=1e-12)  # nothing realised yet
        np.testing.assert_allclose(ratio[21:], 2.0, rtol=1e-9)
        assert scene.notes["modelled_rvx_share"] == 1.0
        assert Put(index="rut").name == "put-90d-0.9-rut"

    def test_a_short_hole_is_bridged_by_the_last_ratio(self):
        vxn = 1.5 * MARKET["vix"]
        vxn[100:104] = np.nan
        # an index that moves like the S&P 500, so that the model is VIX itself
        scene = Scene.of(MARKET.with_columns({"ndx": 3.0 * MARKET["spx"], "vxn": vxn}), "ndx")
        np.testing.assert_allclose(
            scene.surface.fair_vol(30 / 365.0), 0.015 * MARKET["vix"], rtol=1e-9
        )
        assert scene.notes["modelled_vxn_share"] == pytest.approx(4 / len(MARKET))


class TestCoverAndDividends:
    def test_a_covered_call_is_the_index_with_dividends_less_the_call(self):
        terms = {"tenor": "monthly", "roll": "expiry", "strike_step": 5}
        bare = Call(side="short", size=Notional(1.0), **terms).strip(MARKET)
        index = Underlying(dividends=True).strip(MARKET)
        strip = Call(side="short", covered=True, size=Premium(1.0), **terms).strip(MARKET)
        np.testing.assert_allclose(strip.gain, bare.gain + 100.0 * index.gain, atol=1e-8)
        np.testing.assert_allclose(strip.delta, bare.delta + 100.0, rtol=1e-12)
        np.testing.assert_array_equal(strip.close_cost, bare.close_cost)
        np.testing.assert_array_equal(strip.open_cost, bare.open_cost)
        # the index stays over rolls
        np.testing.assert_allclose(strip.unit_cost, 100.0 * index.open_cost, rtol=1e-12)
        assert not bare.unit_cost.any()
        fixed, per_nav = Premium(1.0).columns(strip)
        assert not fixed.any()
        paid = strip.next_price * 100.0 + strip.next_cost
        np.testing.assert_allclose(per_nav * paid, 1.0, rtol=1e-12)

    def test_only_a_covered_option_sold_may_be_sized_by_its_price(self):
        with pytest.raises(SleeveError, match="premium"):
            Call(side="short", size=Premium(1.0))
        with pytest.raises(SleeveError, match="vega"):
            Call(side="short", covered=True, size=Vega(1.0))
        with pytest.raises(SleeveError, match="covered"):
            Call(covered=1, size=Contracts(1))
        assert Call(side="short", covered=True, size=Premium(1.0)).name.endswith("short-covered")

    def test_total_return_compounds_to_price_and_yield(self):
        market = MARKET.with_columns({"dividend_yield": np.full(len(MARKET), 0.03)})
        strip = Underlying(financed=False, dividends=True).strip(market)
        spot, days = market["spx"], np.diff(DAYS)
        np.testing.assert_allclose(
            strip.gain[1:], np.diff(spot) + spot[:-1] * 0.03 * days / 365.0, rtol=1e-9, atol=1e-9
        )
        path = Underlying(dividends=True).roster(market).path("SPX")
        np.testing.assert_allclose(path.dividend[1:], spot[:-1] * 0.03 * days / 365.0)
