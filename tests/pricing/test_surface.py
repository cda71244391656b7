"""SSVI and the surface from VIX-family indices: consistency and no arbitrage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.pricing.black import black76
from hedgerow.pricing.replication import variance_of_smile, variance_of_strip
from hedgerow.pricing.smile import Ssvi
from hedgerow.pricing.surface import KNOT_DAYS, SPX_SMILE, Reversion, Surface

MONTH = 30 / 365


@pytest.mark.parametrize("vix", [9, 10, 12, 15, 20, 30, 45, 60, 85])
def test_replicating_thirty_days_returns_vix(vix):
    surface = Surface.from_indices([float(vix)])
    smile = variance_of_smile(lambda k: surface.vol(k[None, :], MONTH)[0], MONTH)
    assert 100 * smile**0.5 == pytest.approx(vix, abs=0.05)


@pytest.mark.parametrize("vix", [9.0, 20.0, 85.0])
def test_a_discrete_strip_priced_on_the_surface_returns_vix(vix):
    # an independent road: thousands of Black-76 prices through Demeterfi et al.
    surface = Surface.from_indices([vix])
    reach = 25 * vix / 100 * MONTH**0.5
    low = np.exp(np.linspace(-reach, 0.0, 6001))
    high = np.exp(np.linspace(0.0, reach, 6001))

    def price(strikes, call):
        vol = surface.vol(np.log(strikes)[None, :], MONTH)[0]
        return black76(1.0, strikes, MONTH, vol, 0.03, call=call).price

    strip = variance_of_strip(1.0, MONTH, 0.03, (low, price(low, False)), (high, price(high, True)))
    assert 100 * strip**0.5 == pytest.approx(vix, abs=0.05)


def test_other_knots_are_returned_where_they_are_given():
    surface = Surface.from_indices([20.0], [22.0], [21.0], [22.5])
    for days, expected in zip(KNOT_DAYS, (22.0, 20.0, 21.0, 22.5), strict=True):
        assert 100 * surface.fair_vol(days / 365)[0] == pytest.approx(expected, rel=1e-12)
        tau = days / 365
        smile = variance_of_smile(lambda k, tau=tau: surface.vol(k[None, :], tau)[0], tau)
        assert 100 * smile**0.5 == pytest.approx(expected, abs=0.05)


vix_level = st.floats(8.0, 90.0)
maybe = st.one_of(st.just(float("nan")), st.floats(8.0, 120.0))


@settings(max_examples=150, deadline=None)
@given(vix=vix_level, nine=maybe, three=maybe, six=maybe)
def test_total_variance_never_falls_with_maturity(vix, nine, three, six):
    surface = Surface.from_indices([vix], [nine], [three], [six])
    years = np.linspace(0.0, 3.0, 400)
    total = np.array([surface.fair_total(year)[0] for year in years])
    assert np.isfinite(total).all()
    assert (np.diff(total) >= -1e-14).all()
    # VIX itself always holds exactly
    assert 100 * surface.fair_vol(MONTH)[0] == pytest.approx(vix, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(vix=vix_level)
def test_no_calendar_arbitrage_at_any_strike(vix):
    surface = Surface.from_indices([vix])
    k = np.linspace(-1.5, 0.8, 47)
    last = np.zeros(len(k))
    for year in np.linspace(0.01, 2.0, 60):
        total = surface.vol(k[None, :], year)[0] ** 2 * year
        assert (total >= last - 1e-13).all()
        last = total


@pytest.mark.parametrize("theta", [1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 1.0])
def test_no_butterfly_arbitrage_density_is_not_negative(theta):
    k = np.linspace(-3.0, 3.0, 6001)
    assert (SPX_SMILE.density(k, theta) >= 0.0).all()


def test_the_density_integrates_to_one_and_prices_are_convex():
    theta = 0.02
    k = np.linspace(-4.0, 3.0, 200_001)
    w = SPX_SMILE.total_variance(k, theta)
    d2 = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
    density = SPX_SMILE.density(k, theta) * np.exp(-0.5 * d2**2) / np.sqrt(2 * np.pi * w)
    assert np.trapezoid(density, k) == pytest.approx(1.0, abs=1e-5)
    # a second derivative of put prices, by another road
    strikes = np.linspace(0.4, 1.6, 1201)
    vol = np.sqrt(SPX_SMILE.total_variance(np.log(strikes), theta))
    puts = black76(1.0, strikes, 1.0, vol).price
    assert (np.diff(puts, 2) >= -1e-13).all()


@settings(max_examples=80, deadline=None)
@given(
    rho=st.floats(-0.95, 0.5),
    gamma=st.floats(0.05, 0.5),
    load=st.floats(0.05, 1.0),
    theta=st.floats(1e-4, 1.0),
)
def test_every_admissible_ssvi_is_free_of_butterflies(rho, gamma, load, theta):
    smile = Ssvi(rho, load * 1.999999 / (1 + abs(rho)), gamma)
    assert (smile.density(np.linspace(-4, 4, 1601), theta) >= -1e-9).all()
    assert smile.total_variance(0.0, theta) == pytest.approx(theta, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(fair=st.floats(1e-5, 3.0))
def test_theta_of_fair_inverts_fair(fair):
    theta = SPX_SMILE.theta_of_fair(fair)
    assert SPX_SMILE.fair(theta) == pytest.approx(fair, rel=1e-9)
    assert theta < fair  # the wings cost something


@pytest.mark.parametrize(
    "bad", [{"rho": -1.0}, {"eta": 3.0}, {"eta": 0.0}, {"gamma": 0.6}, {"gamma": 0.0}]
)
def test_parameters_that_admit_arbitrage_are_refused(bad):
    good = {"rho": -0.4, "eta": 1.2, "gamma": 0.5}
    with pytest.raises(RangeError, match=next(iter(bad))):
        Ssvi(**{**good, **bad})


def test_a_missing_print_of_vix3m_does_not_move_the_surface():
    vix = np.full(30, 20.0)
    three = np.full(30, 24.0)
    holes = three.copy()
    holes[10:15] = np.nan
    whole, bridged = (Surface.from_indices(vix, None, column) for column in (three, holes))
    np.testing.assert_allclose(bridged.knots, whole.knots, rtol=1e-12)
    assert bridged.termed.all()


def test_a_long_hole_falls_back_to_the_curve_and_rows_know_only_their_past():
    vix = np.full(40, 20.0)
    three = np.where(np.arange(40) < 10, 24.0, np.nan)
    surface = Surface.from_indices(vix, None, three)
    assert surface.termed.tolist() == [True] * 20 + [False] * 20
    for t in (0, 9, 10, 19, 20, 39):
        early = Surface.from_indices(vix[: t + 1], None, three[: t + 1])
        np.testing.assert_array_equal(early.knots, surface.knots[: t + 1])


def test_the_curve_reverts_up_from_calm_and_down_from_panic():
    calm, panic = Surface.from_indices([12.0, 60.0]).fair_vol(0.5)
    assert 0.12 < calm < 0.337 < panic < 0.60
    curve = Reversion()
    there = curve.carry(np.array([0.2]), 0.1, 0.4)
    stops = curve.carry(curve.carry(np.array([0.2]), 0.1, 0.25), 0.25, 0.4)
    np.testing.assert_allclose(there, stops, rtol=1e-13)


def test_skew_lies_where_it_belongs_and_nan_stays_nan():
    surface = Surface.from_indices([20.0, np.nan])
    low, middle, high = surface.vol(np.array([[-0.1, 0.0, 0.1]]), 0.25)[0]
    assert low > middle > high
    assert np.isnan(surface.vol(-0.1, 0.25)[1])
    with pytest.raises(RangeError, match="VIX of 0"):
        Surface.from_indices([0.0])
    with pytest.raises(RangeError, match="vix3m"):
        Surface.from_indices([20.0, 21.0], None, [20.0])
