"""Options on VIX futures: the future of their own settlement, delta strikes, settlement, costs."""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib as ql

from hedgerow.core.expiry import vix_settlement
from hedgerow.errors import SleeveError
from hedgerow.instruments.catalog import parse_sleeve
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.sizes import Contracts, Notional, Premium, Vega, VegaShare
from hedgerow.instruments.vix_options import VixCall, VixCallSpread, VixPut
from hedgerow.pricing.vix_option import VolOfVol
from instruments.synthetic_markets import make_market


@pytest.fixture(scope="module")
def market():
    whole = make_market(500, futures=True)
    vvix = 90.0 + 15.0 * np.sin(np.arange(500) / 30.0)
    final = whole["vix"] * 1.01
    return whole.with_columns({"vvix": vvix, "vx_final": final})


def black(market, strip, future, t):
    """QuantLib's Black calculator for the call carried out of bar t, on its own future."""
    years = (strip.expiry[t] - market.dates[t].astype(int)) / 365.0
    vol = VolOfVol().vol(np.log(strip.strike[t] / future.open[t]), market["vvix"][t], years)
    payoff = ql.PlainVanillaPayoff(ql.Option.Call, strip.strike[t])
    growth = float(np.exp(-market["rate"][t] * years))
    return ql.BlackCalculator(payoff, future.open[t], float(vol) * np.sqrt(years), growth)


@pytest.mark.parametrize("months", [1, 2])
def test_h18_the_price_is_black_76_on_the_future_of_the_same_settlement_by_quantlib(market, months):
    strip = VixCall(months=months).strip(market)
    future = VixFuture(months=months, roll_before=0).strip(market)
    np.testing.assert_array_equal(strip.expiry, future.expiry)
    settles = vix_settlement(np.arange("2003-01", "2006-01", dtype="M8[M]")).astype(float)
    assert set(strip.expiry) <= set(settles)
    for t in range(0, 500, 7):
        found = black(market, strip, future, t)
        assert strip.open[t] == pytest.approx(found.value(), abs=1e-10)
        assert strip.vega[t] == pytest.approx(100.0 * found.deltaForward(), abs=1e-8)


def test_h18_spot_vix_moves_no_price_while_the_future_is_quoted(market):
    moved = market.with_columns({"vix": market["vix"] * 1.3})
    ours, theirs = (VixCall(roll_before=5).strip(each) for each in (market, moved))
    np.testing.assert_array_equal(ours.open, theirs.open)
    np.testing.assert_array_equal(ours.mark, theirs.mark)


def test_vxth_30_delta_calls_have_that_delta_when_chosen_by_quantlib(market):
    strip = VixCall(delta=0.30).strip(market, lag=0)
    future = VixFuture(roll_before=0).strip(market, lag=0)
    for t in [0, *np.flatnonzero(strip.roll)]:
        assert black(market, strip, future, t).deltaForward() == pytest.approx(0.30, abs=1e-9)


def test_a_call_held_to_settlement_is_paid_by_the_final_settlement_value(market):
    strip = VixCall(moneyness=1.0).strip(market)
    rolls = np.flatnonzero(strip.roll)
    settles = strip.expiry[rolls - 1]
    np.testing.assert_array_equal(market.dates[rolls].astype(float), settles)
    paid = np.maximum(market["vx_final"][rolls] - strip.strike[rolls - 1], 0.0)
    np.testing.assert_allclose(strip.mark[rolls], paid, rtol=1e-12, atol=1e-12)
    assert (paid > 0.0).any()
    assert not strip.half_spread_mark[rolls].any()
    # without a published value, at the VIX close of that day
    bare = market.with_columns({"vx_final": np.full(500, np.nan)})
    closed = VixCall(moneyness=1.0).strip(bare)
    paid = np.maximum(market["vix"][rolls] - closed.strike[rolls - 1], 0.0)
    np.testing.assert_allclose(closed.mark[rolls], paid, rtol=1e-12, atol=1e-12)


def test_rolled_before_settlement_both_spreads_are_paid(market):
    strip = VixCall(roll_before=5).strip(market)
    rolls = np.flatnonzero(strip.roll)
    assert (strip.expiry[rolls - 1] - market.dates[rolls].astype(int) >= 5).all()
    wide = np.maximum(market["vix"][rolls] / 20.0, 1.0)
    half = np.maximum(0.05, 0.03 * strip.mark[rolls]) * wide
    np.testing.assert_allclose(strip.half_spread_mark[rolls], half, rtol=1e-12)
    np.testing.assert_allclose(strip.close_cost[rolls], half * 100.0 + 1.0, rtol=1e-12)
    thin = VixCall().strip(market, costs=Costs(vix_option_tick=0.01, vix_option_price=0.0))
    assert (thin.half_spread_open < strip.half_spread_open).all()


def test_a_spread_is_its_two_calls_and_a_sold_call_the_mirror_of_one_held(market):
    spread = VixCallSpread(1.75, 1.25).strip(market)
    lower, upper = (VixCall(strike).strip(market) for strike in (1.25, 1.75))
    for name in ("open", "mark", "gain", "vega", "theta"):
        both = getattr(lower, name) - getattr(upper, name)
        np.testing.assert_allclose(getattr(spread, name), both, rtol=1e-9, atol=1e-9)
    sold = VixCall(side="short", size=Notional(0.1)).strip(market)
    np.testing.assert_array_equal(sold.gain, -lower.gain)
    assert sold.notes["margin"] == "not modelled"


@pytest.mark.parametrize("months", [1, 2])
def test_a_put_is_its_call_less_the_future_plus_the_strike_by_black_76_parity(market, months):
    put, call = (sleeve(1.0, months=months).strip(market) for sleeve in (VixPut, VixCall))
    future = VixFuture(months=months, roll_before=0).strip(market)
    np.testing.assert_array_equal(put.strike, call.strike)
    years = (put.expiry - market.dates.astype(int)) / 365.0
    growth = np.exp(-market["rate"] * years)
    np.testing.assert_allclose(
        call.open - put.open, growth * (future.open - put.strike), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(call.vega - put.vega, 100.0 * growth, rtol=1e-12)
    assert (put.vega < 0.0).all()  # it gains as its future falls


def test_a_put_held_to_settlement_pays_what_the_final_value_is_below_its_strike(market):
    strip = VixPut().strip(market)
    rolls = np.flatnonzero(strip.roll)
    paid = np.maximum(strip.strike[rolls - 1] - market["vx_final"][rolls], 0.0)
    np.testing.assert_allclose(strip.mark[rolls], paid, rtol=1e-12, atol=1e-12)
    assert (paid > 0.0).any()
    sold = VixPut(side="short", size=Contracts(40)).strip(market)
    np.testing.assert_array_equal(sold.gain, -strip.gain)


@pytest.mark.parametrize("chosen", [VixPut(0.9, strike_step=1.0), VixPut(delta=0.25)])
def test_puts_are_chosen_below_the_future_by_quantlib(market, chosen):
    strip = chosen.strip(market, lag=0)
    future = VixFuture(roll_before=0).strip(market, lag=0)
    for t in [0, *np.flatnonzero(strip.roll)]:
        if chosen.delta is None:
            assert strip.strike[t] == np.floor(0.9 * future.open[t])
        else:
            growth = float(
                np.exp(-market["rate"][t] * (strip.expiry[t] - market.dates[t].astype(int)) / 365.0)
            )
            # QuantLib's call and parity: the put's delta is the call's less the discount
            found = black(market, strip, future, t).deltaForward() - growth
            assert found == pytest.approx(-0.25, abs=1e-9)


def test_carry_is_what_the_call_loses_in_a_day_if_the_curve_stands_still(market):
    strip = VixCall().strip(market)
    future = VixFuture(roll_before=0).strip(market)
    # the decay with the future held fixed, by a small step of QuantLib's price
    for t in range(0, 480, 23):
        years = (strip.expiry[t] - market.dates[t].astype(int)) / 365.0
        if years < 5 / 365:
            continue
        vol = VolOfVol().vol(np.log(strip.strike[t] / future.open[t]), market["vvix"][t], years)
        payoff = ql.PlainVanillaPayoff(ql.Option.Call, strip.strike[t])

        def worth(tau, payoff=payoff, vol=float(vol), t=t):
            growth = float(np.exp(-market["rate"][t] * tau))
            return ql.BlackCalculator(payoff, future.open[t], vol * np.sqrt(tau), growth).value()

        step = 1e-5
        decay = (worth(years + step) - worth(years - step)) / (2.0 * step) / 365.0
        slope = future.carry[t] / 1_000.0
        assert strip.carry[t] / 100.0 == pytest.approx(
            decay + strip.vega[t] / 100.0 * slope, rel=1e-5, abs=1e-8
        )


def test_what_is_modelled_is_said(market):
    told = VixCall().strip(market)
    assert told.modelled.all()
    assert told.notes["modelled_vvix_share"] == told.notes["modelled_futures_share"] == 0.0
    plain = make_market(200)
    bare = VixCall().strip(plain)
    assert bare.notes["modelled_vvix_share"] == bare.notes["modelled_futures_share"] == 1.0


def test_a_hole_in_vvix_is_bridged_from_the_past_and_counted(market):
    vvix = market["vvix"].copy()
    vvix[200:203] = np.nan
    holed, whole = (VixCall().strip(each) for each in (market.with_columns({"vvix": vvix}), market))
    assert holed.notes["modelled_vvix_share"] == pytest.approx(3 / 500)
    np.testing.assert_allclose(holed.open[200:203], whole.open[200:203], rtol=0.2)
    np.testing.assert_array_equal(holed.open[:200], whole.open[:200])


def test_one_percent_of_nav_buys_that_much_premium(market):
    strip = VixCall(delta=0.30).strip(market)
    _, per_nav = Premium(0.01).columns(strip)
    spent = per_nav * (strip.next_price * 100.0 + strip.next_cost)  # at the ask, with the fee
    enough = strip.next_price >= 2e-4 * strip.next_notional / 100.0
    np.testing.assert_allclose(spent[enough], 0.01, rtol=1e-12)
    assert enough.mean() > 0.8


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("vix_call:months=0", "months"),
        ("vix_call:roll_before=26", "roll_before"),
        ("vix_call:delta=2", "delta"),
        ("vix_call:side=short", "size"),
        ("vix_call_spread:lower_delta=0.1,upper_delta=0.3", "lower_delta"),
    ],
)
def test_mistakes_name_their_field(text, where):
    with pytest.raises(SleeveError) as caught:
        parse_sleeve(text)
    assert caught.value.where.endswith(where)


def test_a_sold_call_has_no_size_by_vega():
    with pytest.raises(SleeveError, match="size by notional or contracts"):
        VixCall(side="short", size=VegaShare(0.001))


@pytest.mark.parametrize("size", [Vega(1_000), VegaShare(0.0001)])
def test_a_bought_put_has_no_size_by_vega_for_its_own_is_negative(market, size):
    strip = VixPut().strip(market)
    assert (strip.next_vega < 0.0).any()  # what a size in USD of vega would divide by
    with pytest.raises(SleeveError, match=r"size: a put on VIX loses as volatility rises"):
        VixPut(size=size)


@pytest.mark.realdata
def test_real_futures_and_vvix_are_used_where_published(real_data):
    from hedgerow.data import load

    market = load(real_data).market.between("2013-01-02", "2020-12-31")
    strip = VixCall(delta=0.30).strip(market)
    assert strip.notes["modelled_vvix_share"] < 0.01
    assert 0.0 < strip.notes["modelled_futures_share"] < 0.1
    assert "2018-02-14" in strip.notes["modelled_contracts"]
    # 16 March 2020: a call bought in February is deep in the money
    t = market.index_of("2020-03-16")
    assert strip.open[t] > 5.0 * strip.open[market.index_of("2020-02-19")]
