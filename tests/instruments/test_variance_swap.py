"""Variance swaps: struck fair, accrued, paid."""

import numpy as np
import pytest

from hedgerow.core.market import Market
from hedgerow.instruments.sizes import Vega
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.pricing.surface import Surface
from instruments.synthetic_markets import make_market, sessions


@pytest.fixture(scope="module")
def market():
    return make_market(500)


@pytest.fixture(scope="module")
def surface(market):
    return Surface.from_indices(market["vix"])


def test_at_expiry_it_pays_exactly_realised_against_strike(market, surface):
    strip = VarianceSwap(tenor="90d").strip(market)
    days = market.dates.astype(np.int64)
    returns = np.diff(np.log(market["spx"]), prepend=np.nan)
    begun = 0
    checked = 0
    for bar in np.flatnonzero(strip.roll):
        life = strip.expiry[begun] - days[begun]
        if days[bar] >= strip.expiry[begun]:
            strike = 100 * surface.fair_vol(life / 365)[begun]
            realised = 1e4 * 365 / life * np.sum(returns[begun + 1 : bar + 1] ** 2)
            assert strip.mark[bar] == pytest.approx(
                (realised - strike**2) / (2 * strike), rel=1e-10
            )
            assert strip.half_spread_mark[bar] == 0.0
            checked += 1
        begun = bar
    assert checked >= 4


def test_it_is_struck_at_nothing_with_one_dollar_of_vega(market):
    strip = VarianceSwap().strip(market)
    days = market.dates.astype(np.int64)
    for bar in [0, *np.flatnonzero(strip.roll)]:
        assert strip.open[bar] == pytest.approx(0.0, abs=1e-12)
        discount = np.exp(-market["rate"][bar] * (strip.expiry[bar] - days[bar]) / 365)
        assert strip.vega[bar] == pytest.approx(discount, rel=1e-12)
    # the vega of one point, by moving VIX
    plain = VarianceSwap().strip(market)
    vix = market["vix"].copy()
    vix[1] += 0.01
    bumped = VarianceSwap().strip(market.with_columns({"vix": vix}))
    days_left = (plain.expiry[1] - days[1]) / 365
    fair = [
        100 * Surface.from_indices(level).fair_vol(days_left)[1] for level in (market["vix"], vix)
    ]
    slope = (bumped.open[1] - plain.open[1]) / (fair[1] - fair[0])
    assert slope == pytest.approx(plain.vega[1], rel=1e-3)


def test_with_no_movement_it_decays_by_its_carry():
    count = 40
    market = Market(
        sessions(count).astype("datetime64[ns]"),
        {"spx": np.full(count, 1000.0), "vix": np.full(count, 20.0), "rate": np.zeros(count)},
    )
    strip = VarianceSwap().strip(market)
    days = np.diff(market.dates.astype(int))
    still = ~strip.roll[1:]
    # theta is of the next day; the curve is piecewise linear in variance between knots
    np.testing.assert_allclose(
        strip.gain[1:][still], (-strip.carry[:-1] * days)[still], rtol=0.25, atol=1e-9
    )
    assert (strip.carry > 0).all()


def test_gamma_earns_the_realised_variance(market):
    strip = VarianceSwap().strip(market)
    moved = np.diff(market["spx"])
    total = np.diff(np.log(market["spx"])) ** 2 * market["spx"][:-1] ** 2
    # half gamma dS² is the accrual to first order
    np.testing.assert_allclose(
        0.5 * strip.gamma[:-1] * moved**2, 0.5 * strip.gamma[:-1] * total, rtol=0.2
    )
    assert (strip.gamma > 0).all()


def test_a_size_by_vega_buys_as_many_on_any_day_of_its_life(market):
    sleeve = VarianceSwap(size=Vega(1_000.0))
    strip = sleeve.strip(market)
    fixed, _ = sleeve.size.columns(strip)
    assert strip.vega.min() < 0.2  # what is left melts away
    assert strip.vega.max() > 0.9
    np.testing.assert_array_equal(fixed, 1_000.0)


def test_what_sizing_sees_before_a_fill_is_a_fresh_swap(market, surface):
    strip = VarianceSwap(roll="30d").strip(market)
    for bar in np.flatnonzero(strip.roll):
        assert strip.next_price[bar - 1] == 0.0
        assert strip.next_vega[bar - 1] == 1.0
        life = (strip.expiry[bar] - market.dates.astype(int)[bar - 1]) / 365
        assert strip.next_notional[bar - 1] == pytest.approx(
            100 * surface.fair_vol(life)[bar - 1], rel=1e-9
        )
