"""When contracts change (B9)."""

import numpy as np
import pytest

from hedgerow.core.market import Market
from hedgerow.errors import SleeveError
from hedgerow.instruments.options import Put, PutSpread
from hedgerow.instruments.rolls import parse_roll, parse_tenor, schedule
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.pricing.black import bsm
from instruments.synthetic_markets import make_market, sessions


def days_of(market):
    return market.dates.astype(np.int64)


def test_b9_schedule_rolls_every_thirty_days_since_1970():
    market = make_market(400)
    days = days_of(market)
    for lag in (0, 1):
        rolls = np.flatnonzero(Put(roll="30d").strip(market, lag=lag).roll)
        # the first session on or after each multiple of thirty days, no earlier and no later
        grid = np.arange(days[0] // 30 + 1, days[-1 - lag] // 30 + 1) * 30
        assert (rolls - lag).tolist() == np.searchsorted(days, grid).tolist()


def test_b9_roll_dates_do_not_depend_on_where_the_data_begin():
    market = make_market(400)
    late = Market(market.times[137:], {k: v[137:] for k, v in market.columns.items()})
    whole, part = Put(roll="30d").strip(market), Put(roll="30d").strip(late)
    first = int(np.flatnonzero(part.roll)[0])
    assert np.array_equal(whole.open[137 + first :], part.open[first:])


def test_b9_rolls_on_days_to_expiry():
    market = make_market(400)
    days = days_of(market)
    strip = Put(roll="dte:60", tenor="120d").strip(market)
    for bar in np.flatnonzero(strip.roll):
        old = strip.expiry[bar - 1]
        assert old - days[bar - 1] <= 60
        assert old - days[bar - 2] > 60 or strip.roll[bar - 1]


@pytest.mark.parametrize("factor", [1.08, 0.92])
def test_b9_rolls_on_moneyness_drift_either_way(factor):
    count = 60
    spot = np.full(count, 1000.0)
    spot[20:] = 1000.0 * factor
    market = Market(
        sessions(count).astype("datetime64[ns]"), {"spx": spot, "vix": np.full(count, 20.0)}
    )
    rolls = np.flatnonzero(Put(roll="dte:30", drift=0.05).strip(market).roll)
    # seen at 20, filled at 21; the strike follows the index of the decision
    assert rolls[0] == 21
    strip = Put(roll="dte:30", drift=0.05).strip(market)
    assert strip.strike[20] == pytest.approx(900.0)
    assert strip.strike[21] == pytest.approx(900.0 * factor)
    assert 21 not in np.flatnonzero(Put(roll="60d", drift=0.10).strip(market).roll)


def test_b9_short_tenors_are_allowed_and_flagged():
    market = make_market(60)
    assert Put(tenor="30d", roll="21b").strip(market).notes["short_dated"] is True
    assert Put().strip(market).notes["short_dated"] is False
    assert VarianceSwap(tenor="30d").strip(market).notes["short_dated"] is True


def test_the_contract_filled_at_t_was_chosen_with_data_up_to_the_bar_before():
    market = make_market(300)
    strip = Put(moneyness=0.9).strip(market)
    assert strip.strike[0] == pytest.approx(0.9 * market["spx"][0])
    for bar in np.flatnonzero(strip.roll):
        assert strip.strike[bar] == pytest.approx(0.9 * market["spx"][bar - 1])
    same = Put(moneyness=0.9).strip(market, lag=0)
    for bar in np.flatnonzero(same.roll):
        assert same.strike[bar] == pytest.approx(0.9 * market["spx"][bar])


def test_listed_expiries_are_third_fridays_and_exact_ones_are_not_snapped():
    market = make_market(200)
    listed = Put().strip(market).expiry.astype("datetime64[D]")
    assert set(((listed.astype(int) + 3) % 7).tolist()) <= {3, 4}  # Good Friday: the Thursday
    exact = Put(listed=False).strip(market)
    assert exact.expiry[0] - days_of(market)[0] == 90


def test_a_put_held_to_expiry_settles_at_its_payoff_without_a_spread():
    market = make_market(500)
    strip = Put(roll="expiry", tenor="30d").strip(market)
    settled = 0
    for bar in np.flatnonzero(strip.roll):
        if strip.expiry[bar - 1] > days_of(market)[bar]:
            continue
        payoff = max(strip.strike[bar - 1] - market["spx"][bar], 0.0)
        assert strip.mark[bar] == pytest.approx(payoff, abs=1e-12)
        assert strip.half_spread_mark[bar] == 0.0
        assert strip.half_spread_open[bar] > 0.0
        settled += 1
    assert settled > 10


@pytest.mark.parametrize("roll", ["90d", "dte:1", "200b", "2y"])
@pytest.mark.parametrize("listed", [True, False])
def test_other_rolls_never_hold_through_expiry_and_always_pay_a_spread(roll, listed):
    market = make_market(900)
    for lag in (0, 1):
        strip = Put(roll=roll, tenor="30d", listed=listed).strip(market, lag=lag)
        rolls = np.flatnonzero(strip.roll)
        assert len(rolls) > 10
        assert (strip.expiry[rolls - 1] > days_of(market)[rolls]).all()
        assert (strip.half_spread_mark > 0).all()


def test_an_unscheduled_closure_over_expiry_settles_on_the_next_session():
    days = sessions(80, "2001-07-02")
    market = make_market(80, first="2001-07-02")
    base = Put(roll="expiry", tenor="30d", listed=False).strip(market)
    expiry = base.expiry[0]
    # the exchange stays shut from the day before expiry for a week
    shut = (days.astype(int) >= expiry - 1) & (days.astype(int) < expiry + 6)
    open_ = Market(
        market.times[~shut], {name: market[name][~shut] for name in ("spx", "vix", "rate")}
    )
    strip = Put(roll="expiry", tenor="30d", listed=False).strip(open_)
    bar = int(np.searchsorted(days_of(open_), expiry))
    assert strip.roll[bar]
    payoff = max(strip.strike[bar - 1] - open_["spx"][bar], 0.0)
    assert strip.mark[bar] == pytest.approx(payoff, abs=1e-12)
    assert strip.half_spread_mark[bar] == 0.0
    assert strip.strike[bar] == pytest.approx(0.9 * open_["spx"][bar - 1])
    for t in range(bar - 4, bar + 4):
        early = Put(roll="expiry", tenor="30d", listed=False).strip(open_.until(t))
        np.testing.assert_array_equal(early.next_price, strip.next_price[: t + 1])


def test_prices_are_black_scholes_on_the_surface_and_spreads_are_two_puts():
    market = make_market(120)
    low, high, spread = (
        sleeve.strip(market)
        for sleeve in (Put(moneyness=0.8), Put(moneyness=0.95), PutSpread(upper=0.95, lower=0.8))
    )
    for name in ("open", "mark", "delta", "gamma", "vega", "theta", "next_price", "financing"):
        np.testing.assert_allclose(
            getattr(spread, name), getattr(high, name) - getattr(low, name), rtol=1e-9, atol=1e-9
        )
    np.testing.assert_allclose(
        spread.half_spread_open, high.half_spread_open + low.half_spread_open
    )
    assert spread.fee == high.fee + low.fee
    # units: USD per contract, per vol point, per calendar day
    t = 50
    years = (high.expiry[t] - days_of(market)[t]) / 365
    vols = np.linspace(0.05, 1.0, 200_001)
    fit = np.argmin(
        np.abs(
            bsm(market["spx"][t], high.strike[t], years, vols, market["rate"][t], 0.018).price
            - high.open[t]
        )
    )
    greeks = bsm(market["spx"][t], high.strike[t], years, vols[fit], market["rate"][t], 0.018)
    assert high.vega[t] == pytest.approx(greeks.vega / 100 * 100, rel=1e-3)
    assert high.theta[t] == pytest.approx(greeks.theta / 365 * 100, rel=1e-3)
    assert high.theta[t] < 0 < high.carry[t]
    assert high.delta[t] == pytest.approx(greeks.delta * 100, rel=1e-3)


def test_schedules_never_chain_to_the_same_bar():
    days = days_of(make_market(300))
    plan = schedule(days, np.ones(300), parse_roll("1b"), lambda day: day + 30, lag=1)
    assert (np.diff(plan.held) <= 1).all()
    assert (plan.pending - plan.held <= 1).all()


@pytest.mark.parametrize("text", ["", "90", "d90", "3x", "-5d", "1d", 90, None])
def test_unreadable_tenors(text):
    with pytest.raises(SleeveError, match="tenor"):
        parse_tenor(text)


@pytest.mark.parametrize("text", ["", "monthly", "0d", "0b", "dte:", "dte30", 30, None])
def test_unreadable_rolls(text):
    with pytest.raises(SleeveError, match="roll"):
        parse_roll(text)


@pytest.mark.parametrize("drift", [0.0, -0.1, float("nan"), True, "10%"])
def test_unreadable_drifts(drift):
    with pytest.raises(SleeveError, match="drift"):
        parse_roll("30d", drift)


@pytest.mark.parametrize(
    "fields",
    [
        {"moneyness": 0.0},
        {"moneyness": "0.9"},
        {"moneyness": float("nan")},
        {"roll": "dte:90"},
        {"listed": "yes"},
        {"size": 1000},
    ],
)
def test_puts_out_of_range_name_the_field(fields):
    with pytest.raises(SleeveError) as caught:
        Put(**fields)
    assert caught.value.where == next(iter(fields))
    assert caught.value.mend


def test_a_spread_needs_its_strikes_in_order():
    with pytest.raises(SleeveError, match="swap"):
        PutSpread(upper=0.8, lower=0.95)
