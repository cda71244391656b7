"""The smile and the surface from VIX-family indices: consistency and no arbitrage."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.pricing.black import black76
from hedgerow.pricing.replication import variance_of_smile, variance_of_strip
from hedgerow.pricing.smile import GENTLEST, STEEPEST, Smile
from hedgerow.pricing.surface import KNOT_DAYS, SPX_SMILE, Reversion, Steepness, Surface

MONTH = 30 / 365


def replicated(surface, years):
    # out to e^28 of the forward: the left wing is fat
    deviation = surface.vol(0.0, years)[0] * years**0.5
    return variance_of_smile(
        lambda k: surface.vol(k[None, :], years)[0], years, width=28 / deviation, points=40_001
    )


@pytest.mark.parametrize("vix", [9, 10, 12, 15, 20, 30, 45, 60, 85])
@pytest.mark.parametrize("skew", [105, 118, 145, 165])
def test_replicating_thirty_days_returns_vix(vix, skew):
    surface = Surface.from_indices([float(vix)], skew=[float(skew)])
    assert 100 * replicated(surface, MONTH) ** 0.5 == pytest.approx(vix, abs=0.05)


@pytest.mark.parametrize("vix", [9.0, 20.0, 85.0])
def test_a_discrete_strip_priced_on_the_surface_returns_vix(vix):
    # an independent road: thousands of Black-76 prices through Demeterfi et al.
    surface = Surface.from_indices([vix])
    low = np.exp(-np.geomspace(28.0, 1e-4, 6001))
    low[-1] = 1.0
    high = np.exp(np.geomspace(1e-4, 5.0, 6001))
    high[0] = 1.0

    def price(strikes, call):
        vol = surface.vol(np.log(strikes)[None, :], MONTH)[0]
        return black76(1.0, strikes, MONTH, vol, 0.03, call=call).price

    strip = variance_of_strip(1.0, MONTH, 0.03, (low, price(low, False)), (high, price(high, True)))
    assert 100 * strip**0.5 == pytest.approx(vix, abs=0.05)


def test_other_knots_are_returned_where_they_are_given():
    surface = Surface.from_indices([20.0], [22.0], [21.0], [22.5])
    for days, expected in zip(KNOT_DAYS, (22.0, 20.0, 21.0, 22.5), strict=True):
        assert 100 * surface.fair_vol(days / 365)[0] == pytest.approx(expected, rel=1e-12)
        assert 100 * replicated(surface, days / 365) ** 0.5 == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("vix", [9.0, 12.82, 27.75, 60.0])
@pytest.mark.parametrize("skew", [112.0, 121.6, 144.3, 160.0])
def test_the_thirty_day_skewness_is_the_one_that_skew_publishes(vix, skew):
    surface = Surface.from_indices([vix], skew=[skew])
    theta = surface.smile.theta_of_fair(surface.fair_total(MONTH), surface.near)
    assert surface.smile.skew(theta, surface.near)[0] == pytest.approx(skew, abs=0.5)


vix_level = st.floats(8.0, 90.0)
maybe = st.one_of(st.just(float("nan")), st.floats(8.0, 120.0))


@pytest.mark.slow
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


@settings(max_examples=60, deadline=None)
@given(
    vix=st.floats(9.0, 85.0),
    skew=st.floats(100.0, 175.0),
    nine=st.one_of(st.just(float("nan")), st.floats(0.7, 1.5)),
    three=st.one_of(st.just(float("nan")), st.floats(0.5, 1.6)),
    six=st.one_of(st.just(float("nan")), st.floats(0.4, 2.0)),
)
@example(vix=85.0, skew=100.0, nine=1.3, three=1.4, six=1.7)
@example(vix=85.0, skew=175.0, nine=1.3, three=0.6, six=0.5)
@example(vix=9.0, skew=175.0, nine=float("nan"), three=1.5, six=2.0)
def test_no_bar_allows_a_butterfly_or_a_calendar(vix, skew, nine, three, six):
    terms = ([vix * ratio] for ratio in (nine, three, six))
    surface = Surface.from_indices([vix], *terms, [skew])
    k = np.concatenate([-np.geomspace(20.0, 1e-3, 160), [0.0], np.geomspace(1e-3, 8.0, 120)])
    years = np.concatenate([np.linspace(0.004, 0.6, 60), np.linspace(0.65, 3.0, 25)])
    total = np.array([surface.vol(k[None, :], year)[0] ** 2 * year for year in years])
    assert (np.diff(total, axis=0) >= -1e-9 * total[1:]).all()
    fair = np.array([surface.fair_total(year)[0] for year in years])
    steep = surface.steepness.at(surface.near, fair / surface.knots[0, 1])
    theta = surface.smile.theta_of_fair(fair, steep)
    density = surface.smile.density(k, theta[:, None], steep[:, None])
    assert (density >= 0.0).all()


@pytest.mark.parametrize("theta", [1e-5, 1e-4, 1e-3, 0.01, 0.05])
@pytest.mark.parametrize("steep", [GENTLEST, 0.64, STEEPEST])
def test_no_butterfly_arbitrage_density_is_not_negative(theta, steep):
    k = np.linspace(-3.0, 3.0, 6001)
    assert (SPX_SMILE.density(k, theta, steep) >= 0.0).all()


def test_the_density_integrates_to_one_and_prices_are_convex():
    theta, steep = 0.02, 0.6
    k = np.linspace(-9.0, 4.0, 400_001)
    w = SPX_SMILE.total_variance(k, theta, steep)
    d2 = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
    density = SPX_SMILE.density(k, theta, steep) * np.exp(-0.5 * d2**2) / np.sqrt(2 * np.pi * w)
    assert np.trapezoid(density, k) == pytest.approx(1.0, abs=1e-5)
    # a second derivative of put prices, by another road
    strikes = np.linspace(0.4, 1.6, 1201)
    vol = np.sqrt(SPX_SMILE.total_variance(np.log(strikes), theta, steep))
    puts = black76(1.0, strikes, 1.0, vol).price
    assert (np.diff(puts, 2) >= -1e-13).all()


def test_skew_is_a_hundred_less_ten_times_the_skewness_of_the_density():
    # no wing and little steepness: nothing of weight lies beyond the last tick
    smile, theta, steep = Smile(rho=-0.8), 0.01, 0.5
    k = np.linspace(-3.0, 1.5, 300_001)
    w = smile.total_variance(k, theta, steep)
    d2 = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
    density = smile.density(k, theta, steep) * np.exp(-0.5 * d2**2) / np.sqrt(2 * np.pi * w)
    mean = np.trapezoid(k * density, k)
    moments = [np.trapezoid((k - mean) ** n * density, k) for n in (2, 3)]
    expected = 100 - 10 * moments[1] / moments[0] ** 1.5
    assert expected > 105
    assert smile.skew(theta, steep) == pytest.approx(expected, abs=0.3)


@settings(max_examples=80, deadline=None)
@given(
    rho=st.floats(-0.95, 0.5),
    load=st.floats(0.05, 1.0),
    theta=st.floats(1e-4, 1.0),
)
def test_without_a_wing_it_is_the_ssvi_of_gatheral_jacquier_2014_equation_4_5(rho, load, theta):
    steep = load * 1.999999 / (1 + abs(rho))
    smile, k = Smile(rho), np.linspace(-4, 4, 1601)
    assert (smile.density(k, theta, steep) >= -1e-9).all()
    phi = steep / (theta**0.5 * (1 + theta) ** 0.5)
    root = ((phi * k + rho) ** 2 + 1 - rho**2) ** 0.5
    expected = theta / 2 * (1 + rho * phi * k + root)
    np.testing.assert_allclose(smile.total_variance(k, theta, steep), expected, rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(fair=st.floats(2e-5, 1.5), steep=st.floats(GENTLEST, STEEPEST))
def test_theta_of_fair_inverts_fair(fair, steep):
    theta = SPX_SMILE.theta_of_fair(fair, steep)
    assert SPX_SMILE.fair(theta, steep) == pytest.approx(fair, rel=3e-3)
    assert theta < fair  # the wings cost something


@pytest.mark.parametrize(
    "bad", [{"rho": -1.0}, {"rho": 1.0}, {"wing": -0.1}, {"reach": 0.0}, {"wing": float("nan")}]
)
def test_parameters_out_of_range_are_refused(bad):
    with pytest.raises(RangeError, match=next(iter(bad))):
        Smile(**{"rho": -0.4, **bad})


def test_a_steeper_smile_follows_a_higher_skew_and_fades_with_variance():
    surface = Surface.from_indices([20.0, 20.0, 20.0], skew=[110.0, 130.0, 150.0])
    put, call = surface.vol(-0.15, 0.1), surface.vol(0.05, 0.1)
    assert (np.diff(put) > 0).all()
    assert (np.diff(call) < 0).all()
    late = surface.vol(-0.5, 3.0)
    assert np.ptp(late) < 1e-4 < np.ptp(put)
    fixed = Surface.from_indices([20.0, 20.0], skew=[110.0, 150.0], steepness=Steepness(near=0.5))
    assert np.ptp(fixed.vol(-0.15, 0.1)) == 0.0


def test_a_gap_of_skew_is_bridged_by_its_last_value_then_falls_back():
    skew = np.full(40, 140.0)
    skew[15:] = np.nan
    near = Surface.from_indices(np.full(40, 20.0), skew=skew).near
    plain = Surface.from_indices(np.full(40, 20.0)).near
    assert (near[:25] == near[0]).all()
    np.testing.assert_array_equal(near[25:], plain[25:])
    assert near[0] > plain[0]
    for t in (0, 14, 15, 24, 25):
        early = Surface.from_indices(np.full(t + 1, 20.0), skew=skew[: t + 1]).near
        np.testing.assert_array_equal(early, near[: t + 1])


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
    with pytest.raises(RangeError, match="skew"):
        Surface.from_indices([20.0, 21.0], skew=[120.0])
