"""Option sleeves: strikes by delta, sold options, the monthly cycle, what sizes mean."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import QuantLib as ql

from hedgerow.core.expiry import third_friday
from hedgerow.errors import SleeveError
from hedgerow.instruments.catalog import parse_sleeve
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import (
    Call,
    CallSpread,
    Collar,
    Condor,
    Put,
    PutSpread,
    Straddle,
    Strangle,
)
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Contracts, MaxLoss, Notional, Premium, Vega, VegaShare
from hedgerow.instruments.vix_options import VixCall
from instruments.synthetic_markets import make_market

MONTHLIES = third_friday(np.arange("2002-12", "2007-01", dtype="M8[M]"))


@pytest.fixture(scope="module")
def market():
    return make_market(700, term=True)


def sold(kind, **fields):
    return kind(side="short", size=Notional(1.0), **fields)


@pytest.mark.parametrize(("kind", "sign"), [(Put, -1.0), (Call, 1.0)])
@pytest.mark.parametrize("delta", [0.05, 0.20, 0.30, 0.50, 0.90])
def test_the_strike_has_the_delta_asked_for_by_quantlib(market, kind, sign, delta):
    strip = kind(delta=delta).strip(market, lag=0)
    scene, days = Scene.of(market), market.dates.astype(np.int64)
    for t in [0, *np.flatnonzero(strip.roll)]:
        years = (strip.expiry[t] - days[t]) / 365.0
        growth = np.exp(-scene.rate[t] * years), np.exp(-scene.dividend[t] * years)
        forward = scene.spot[t] * growth[1] / growth[0]
        vol = scene.surface.vol(np.log(strip.strike[t : t + 1] / forward), years, slice(t, t + 1))
        payoff = ql.PlainVanillaPayoff(
            ql.Option.Call if sign > 0 else ql.Option.Put, strip.strike[t]
        )
        found = ql.BlackCalculator(payoff, forward, vol[0] * np.sqrt(years), growth[0])
        assert found.delta(scene.spot[t]) == pytest.approx(sign * delta, abs=1e-9)


def test_put_write_index_rolls_on_third_fridays_and_settles_at_the_payoff(market):
    sleeve = sold(Put, moneyness=1.0, tenor="monthly", roll="expiry", strike_step=5)
    dates, spot = market.dates, market["spx"]
    for lag in (0, 1):
        strip = sleeve.strip(market, lag=lag)
        rolls = np.flatnonzero(strip.roll)
        first, last = np.searchsorted(MONTHLIES, dates[[0, -1]], side="right")
        expected = MONTHLIES[first:last]
        np.testing.assert_array_equal(dates[rolls], expected)
        nexts = MONTHLIES[np.searchsorted(MONTHLIES, expected, side="right")]
        np.testing.assert_array_equal(strip.expiry[rolls].astype("M8[D]"), nexts)
        # the expiring put is bought back at its payoff at that day's close, without a spread
        paid = np.maximum(strip.strike[rolls - 1] - spot[rolls], 0.0)
        np.testing.assert_allclose(strip.mark[rolls], -paid, atol=1e-9)
        assert not strip.half_spread_mark[rolls].any()
        # the strike just below the index of the day that chose it
        chosen = spot[rolls - lag]
        np.testing.assert_allclose(strip.strike[rolls], np.floor(chosen / 5.0) * 5.0)


def test_buy_write_index_sells_the_call_just_above_the_index(market):
    strip = sold(Call, moneyness=1.0, tenor="monthly", roll="expiry", strike_step=5).strip(market)
    rolls = np.flatnonzero(strip.roll)
    chosen = market["spx"][rolls - 1]
    np.testing.assert_allclose(strip.strike[rolls], np.ceil(chosen / 5.0) * 5.0)


def test_the_quarterly_cycle_holds_march_june_september_december(market):
    strip = Put(0.95, tenor="quarterly", roll="expiry").strip(market)
    months = strip.expiry.astype("M8[D]").astype("M8[M]").astype(int) % 12 + 1
    assert set(months) == {3, 6, 9, 12}
    assert (strip.expiry - market.dates.astype(int)).max() <= 7 * 14


def test_what_is_sold_is_the_mirror_of_what_is_held_and_costs_the_same(market):
    for kind in (Put, Call, Straddle, Strangle, PutSpread, CallSpread, Collar):
        held, gone = kind(size=Notional(1.0)).strip(market), sold(kind).strip(market)
        for name in ("gain", "open", "mark", "delta", "vega", "carry", "next_price", "financing"):
            np.testing.assert_array_equal(getattr(gone, name), -getattr(held, name), name)
        for name in ("open_cost", "close_cost", "next_notional", "strike", "roll"):
            np.testing.assert_array_equal(getattr(gone, name), getattr(held, name), name)
        assert gone.notes["margin"] == "not modelled"


def test_put_call_parity_holds_at_every_bar(market):
    call, put = (kind(moneyness=1.0).strip(market) for kind in (Call, Put))
    scene = Scene.of(market)
    years = (put.expiry - market.dates.astype(int)) / 365.0
    worth = np.exp(-scene.rate * years) * (scene.forward(years) - put.strike)
    np.testing.assert_allclose(call.open - put.open, worth, atol=1e-8)
    straddle = Straddle().strip(market)
    np.testing.assert_allclose(straddle.open, call.open + put.open, rtol=1e-12)


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (PutSpread(0.95, 0.80), [(1, Put(0.95)), (-1, Put(0.80))]),
        (CallSpread(1.15, 1.02), [(1, Call(1.02)), (-1, Call(1.15))]),
        (Strangle(1.05, 0.92), [(1, Put(0.92)), (1, Call(1.05))]),
        (Collar(1.08, 0.92), [(1, Put(0.92)), (-1, Call(1.08))]),
        (
            Condor(tenor="90d", roll="30d"),
            [
                (-1, Put(delta=0.20)),
                (-1, Call(delta=0.20)),
                (1, Put(delta=0.05)),
                (1, Call(delta=0.05)),
            ],
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_combination_is_the_sum_of_its_options(market, whole, parts):
    strip = whole.strip(market)
    laid = [(weight, part.strip(market)) for weight, part in parts]
    for name in ("open", "mark", "gain", "delta", "gamma", "vega", "theta"):
        total = sum(weight * getattr(part, name) for weight, part in laid)
        np.testing.assert_allclose(getattr(strip, name), total, rtol=1e-9, atol=1e-7, err_msg=name)
    spread = sum(part.half_spread_open for _, part in laid)
    np.testing.assert_allclose(strip.half_spread_open, spread, rtol=1e-12)
    assert strip.fee == sum(part.fee for _, part in laid)


def test_a_condor_loses_no_more_than_its_wings_are_wide(market):
    # held to expiry, at which one side at most is in the money
    strip = Condor().strip(market, costs=Costs.none())
    near, wing = (Put(delta=d, tenor="monthly", roll="expiry").strip(market) for d in (0.20, 0.05))
    rise = [Call(delta=d, tenor="monthly", roll="expiry").strip(market) for d in (0.20, 0.05)]
    width = np.maximum(near.strike - wing.strike, rise[1].strike - rise[0].strike)
    rolls = np.flatnonzero(strip.roll)
    assert (-strip.mark[rolls] <= width[rolls - 1] + 1e-9).all()
    assert (strip.mark[rolls] <= 1e-9).all()


def lost(sleeve, market):
    """What one contract of the next order can lose, USD, by the size that asks for it."""
    _, per_nav = sleeve.size.columns(sleeve.strip(market, costs=Costs.none()))
    return sleeve.size.fraction / per_nav


def test_the_greatest_loss_of_what_is_bought_is_its_price(market):
    for kind in (Put, Call, Straddle, PutSpread):
        strip = kind().strip(market, costs=Costs.none())
        paid = np.maximum(strip.next_price, 2e-4 * market["spx"]) * 100.0
        np.testing.assert_allclose(lost(kind(size=MaxLoss(0.02)), market), paid, rtol=1e-12)


def test_the_greatest_loss_of_a_put_sold_is_its_strike_less_its_price(market):
    put = Put(tenor="monthly", roll="expiry", side="short", size=MaxLoss(1.0))
    strip = put.strip(market, lag=0, costs=Costs.none())
    expected = 100.0 * (strip.strike + strip.open)  # what is sold has a negative price
    np.testing.assert_allclose(1.0 / put.size.columns(strip)[1], expected, rtol=1e-12)


def test_the_greatest_loss_of_a_spread_sold_is_its_width_less_its_credit(market):
    sold = PutSpread(0.97, 0.90, side="short", listed=False, size=MaxLoss(0.1))
    strip = sold.strip(market, costs=Costs.none())
    width = strip.strike * (1.0 - 0.90 / 0.97)
    stays = np.r_[strip.roll[1:] == 0, False]
    got = lost(sold, market)[stays]
    np.testing.assert_allclose(got, 100.0 * (width + strip.open)[stays], rtol=1e-12)


def test_the_greatest_loss_of_a_covered_call_is_what_it_cost(market):
    package = Call(1.0, side="short", covered=True, size=MaxLoss(1.0))
    premium = Call(1.0, side="short", covered=True, size=Premium(1.0))
    costs = Costs.none()
    np.testing.assert_allclose(
        package.size.columns(package.strip(market, costs=costs))[1],
        premium.size.columns(premium.strip(market, costs=costs))[1],
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda: Put(side="short", size=Vega(1_000)),
        lambda: Call(side="short", size=Premium(0.01)),
        lambda: Collar(size=VegaShare(0.0001)),
        lambda: Condor(size=Premium(0.01)),
        lambda: Condor(side="long", size=Vega(1_000)),
        lambda: Call(side="short", size=MaxLoss(0.1)),
        lambda: Straddle(side="short", size=MaxLoss(0.1)),
        lambda: VixCall(side="short", size=MaxLoss(0.1)),
        lambda: VixFuture(size=MaxLoss(0.1)),
    ],
)
def test_sizes_without_meaning_are_refused(build):
    with pytest.raises(SleeveError, match=r"size by (vega, )?notional or contracts"):
        build()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("put:side=sold", "side"),
        ("put:delta=1.2", "delta"),
        ("call:delta=-0.3", "delta"),
        ("put:strike_step=0", "strike_step"),
        ("put:tenor=monthly,listed=false", "listed"),
        ("put:tenor=monthly,roll=dte:30", "roll"),
        ("put_spread:upper_delta=0.3", "lower_delta"),
        ("put_spread:upper_delta=0.1,lower_delta=0.3", "upper_delta"),
        ("call_spread:lower_delta=0.1,upper_delta=0.3", "lower_delta"),
        ("strangle:upper=0.9,lower=1.0", "lower"),
        ("condor:short_delta=0.05,wing_delta=0.2", "wing_delta"),
    ],
)
def test_mistakes_name_their_field(text, where):
    with pytest.raises(SleeveError) as caught:
        parse_sleeve(text)
    assert caught.value.where.endswith(where)
    assert caught.value.mend


def test_sold_puts_of_e4_are_said_on_the_command_line():
    sleeve = parse_sleeve("put:delta=0.16,side=short,tenor=monthly,roll=expiry,size=contracts:2")
    assert sleeve == Put(
        delta=0.16, side="short", tenor="monthly", roll="expiry", size=Contracts(2)
    )
    assert sleeve.name == "put-monthly-16delta-short"


def test_every_short_form_in_the_docs_can_be_read():
    text = (Path(__file__).parents[2] / "docs" / "sleeves.md").read_text(encoding="utf-8")
    forms = re.findall(r"`([a-z_]+:[a-z]+=[^`]+)`", text)
    assert len(forms) >= 5
    for form in forms:
        assert parse_sleeve(form).kind == form.partition(":")[0]
