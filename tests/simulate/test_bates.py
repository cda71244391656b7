"""Bates against closed forms and QuantLib."""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib as ql

from hedgerow.errors import DataError, RangeError
from hedgerow.pricing.replication import variance_of_strip
from hedgerow.simulate.bates import Bates
from hedgerow.simulate.paths import Start
from simulate.models import history

PRICED = Bates().priced()
START = Start("2020-01-02", 100.0, float(PRICED.vix(0.04)), rate=0.03, dividend_yield=0.01)
QUARTER = 63


def quantlib(model: Bates, strike: float, months: int, variance: float) -> float:
    """A put on 100 by QuantLib's characteristic function, at rates of `START`."""
    count, today = ql.Thirty360(ql.Thirty360.BondBasis), ql.Date(2, 1, 2020)
    ql.Settings.instance().evaluationDate = today
    rate, dividend = (
        ql.YieldTermStructureHandle(ql.FlatForward(today, level, count)) for level in (0.03, 0.01)
    )
    process = ql.BatesProcess(
        rate, dividend, ql.QuoteHandle(ql.SimpleQuote(100.0)), variance, model.kappa, model.theta,
        model.xi, model.rho, model.jump_rate, model.jump_mean, model.jump_sd,
    )  # fmt: skip
    option = ql.VanillaOption(
        ql.PlainVanillaPayoff(ql.Option.Put, strike),
        ql.EuropeanExercise(today + ql.Period(months, ql.Months)),
    )
    option.setPricingEngine(ql.BatesEngine(ql.BatesModel(process), 160))
    return float(option.NPV())


@pytest.fixture(scope="module")
def quarter() -> np.ndarray:
    paths = PRICED.paths(40_000, QUARTER, seed=5, start=START)
    return np.concatenate([block.columns["spx"][:, -1] for block in paths.blocks(4_096)])


@pytest.mark.slow
@pytest.mark.parametrize("strike", [80.0, 90.0, 100.0, 110.0])
def test_puts_by_monte_carlo_are_those_of_quantlib(quarter: np.ndarray, strike: float) -> None:
    worth = np.exp(-0.03 * 0.25) * np.maximum(strike - quarter, 0.0)
    error = worth.std() / len(worth) ** 0.5
    assert worth.mean() == pytest.approx(quantlib(PRICED, strike, 3, 0.04), abs=3.5 * error)


@pytest.mark.slow
def test_the_discounted_index_is_a_martingale(quarter: np.ndarray) -> None:
    error = quarter.std() / len(quarter) ** 0.5
    assert quarter.mean() == pytest.approx(100.0 * np.exp(0.02 * 0.25), abs=3.5 * error)


@pytest.mark.slow
def test_the_log_contract_by_monte_carlo_is_vix_squared(quarter: np.ndarray) -> None:
    # −2/τ·E[ln(S/F)] at 63 sessions, a quarter of 365 days
    forward = 100.0 * np.exp(0.02 * 0.25)
    worth = -8.0 * np.log(quarter / forward)
    error = worth.std() / len(worth) ** 0.5
    fair = (float(PRICED.vix(0.04, 365.0 / 4.0)) / 100.0) ** 2
    assert worth.mean() == pytest.approx(fair, abs=3.5 * error)


def test_vix_is_what_a_strip_of_quantlib_prices_replicates() -> None:
    low, high = np.arange(20.0, 101.0, 1.0), np.arange(100.0, 180.0, 1.0)
    forward, discount = 100.0 * np.exp(0.02 / 12), np.exp(-0.03 / 12)

    def call(strike: float) -> float:
        return quantlib(PRICED, strike, 1, 0.04) + discount * (forward - strike)

    puts = [max(quantlib(PRICED, strike, 1, 0.04), 0.0) for strike in low]
    calls = [max(call(strike), 0.0) for strike in high]
    fair = variance_of_strip(forward, 1 / 12, 0.03, (low, puts), (high, calls))
    # strikes a point apart replicate from above
    assert 100.0 * fair**0.5 == pytest.approx(float(PRICED.vix(0.04, 365 / 12)), abs=0.08)


def test_skewness_is_that_of_quadrature_over_the_density() -> None:
    # an independent road: the density by inversion of the characteristic function
    u = np.linspace(-500.0, 500.0, 20_001)
    level, slope = PRICED.cumulant_function(u, 30.0 / 365.0)
    transform = np.exp(level + 0.04 * slope)
    x = np.linspace(-1.2, 0.8, 2_001)
    step = u[1] - u[0]
    density = np.array([(np.exp(-1j * u * at) * transform).sum().real for at in x])
    density *= step / (2.0 * np.pi)
    mean = np.trapezoid(x * density, x)
    second, third = (np.trapezoid((x - mean) ** n * density, x) for n in (2, 3))
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=1e-6)
    assert float(PRICED.skew(0.04)) == pytest.approx(100.0 - 10.0 * third / second**1.5, abs=0.01)


def test_variance_has_the_moments_of_cox_ingersoll_and_ross() -> None:
    model = Bates(jump_rate=0.0)
    kappa = model.kappa + model.variance_premium
    level = model.kappa * model.theta / kappa
    start = Start(vix=float(model.vix(0.06)))
    v = model.paths(8_000, 126, seed=7, start=start)["variance"][:, -1]
    fade = np.exp(-kappa / 2)
    mean = level + (0.06 - level) * fade
    variance = 0.06 * model.xi**2 / kappa * (fade - fade**2)
    variance += level * model.xi**2 / (2.0 * kappa) * (1.0 - fade) ** 2
    assert v.mean() == pytest.approx(mean, abs=4 * (variance / len(v)) ** 0.5)
    assert v.var() == pytest.approx(variance, rel=0.08)


def test_the_real_world_has_its_premium_and_fewer_jumps() -> None:
    model = Bates(xi=0.05, theta=0.01, jump_rate=20.0, jump_mean=-0.05, jump_sd=0.01, premium=0.04)
    start = Start(vix=float(model.vix(0.01)), rate=0.03, dividend_yield=0.02)
    spx = model.paths(4_000, 252, seed=1, start=start)["spx"]
    grown = spx[:, -1] / 4_000.0
    assert grown.mean() == pytest.approx(np.exp(0.05), abs=4 * grown.std() / len(grown) ** 0.5)
    jumps = (np.diff(np.log(spx)) < -0.025).sum(axis=1)
    assert jumps.mean() == pytest.approx(10.0, rel=0.05)  # 20 are priced


def test_the_index_falls_when_variance_rises() -> None:
    block = Bates().paths(200, 252, seed=2).block(0, 200).columns
    move, answer = np.diff(np.log(block["spx"])), np.diff(block["variance"])
    quiet = np.abs(move) < 0.03
    assert np.corrcoef(move[quiet], answer[quiet])[0, 1] == pytest.approx(-0.7, abs=0.12)


@pytest.mark.slow
def test_the_fit_finds_what_made_the_data() -> None:
    true = Bates(kappa=4.0, theta=0.05, xi=0.45, jump_mean=-0.08, jump_sd=0.02, jump_rate=2.0)
    market = true.paths(1, 20_000, seed=3).market(0)
    found = Bates.fit(market)
    assert found.kappa == pytest.approx(4.0, rel=0.02)
    assert found.xi == pytest.approx(0.45, rel=0.15)
    assert found.rho == pytest.approx(-0.7, abs=0.12)
    assert found.jump_mean == pytest.approx(-0.08, abs=0.02)
    assert found.jump_rate / found.jump_premium == pytest.approx(1.0, rel=0.35)
    # theta and the jumps' share are told apart poorly; their sum is not
    assert found.theta + found._jump_share == pytest.approx(true.theta + true._jump_share, rel=0.01)


def test_mistakes_are_named() -> None:
    with pytest.raises(RangeError, match=r"bates\.rho"):
        Bates(rho=-1.0)
    with pytest.raises(RangeError, match="did you mean 'kappa'"):
        Bates.from_dict({"kapa": 2.0})
    with pytest.raises(RangeError, match="VIX 5 is below the least of these parameters"):
        Bates().paths(1, 5, seed=0, start=Start(vix=5.0)).market(0)
    with pytest.raises(DataError, match="a fit needs 252"):
        Bates.fit(history(100))
