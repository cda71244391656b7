"""H2: the calm index over diverging breadth, z-scores, changes and levels; H9's number."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import zscore as scipys

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.divergence import Divergence, dispersion
from hedgerow.policies.standing import Change, Over, ZScore, zscore
from synthetic import informed, market


def world(columns: dict[str, object]) -> Market:
    count = len(next(iter(columns.values())))
    days = np.datetime64("2015-01-01", "ns") + np.arange(count) * np.timedelta64(1, "D")
    return Market(days, columns)


def test_h2_false_binary_by_hand() -> None:
    """SPX flat or up, breadth up and then down; a fall of 5 % below the mean is no calm."""
    spx = [100.0, 100.0, 100.0, 101.0, 101.0, 96.0]
    breadth = [0.0, 300.0, 600.0, 500.0, 200.0, -100.0]
    got = Divergence(days=2, calm=0.02, mean=3)(world({"spx": spx, "breadth": breadth}))
    # row 3: 500 is over 300; row 4: 200 < 600 and under its mean; row 5: SPX fell 5 %
    np.testing.assert_array_equal(got, [np.nan, np.nan, 0.0, 0.0, 1.0, 0.0])


def test_h2_an_index_over_its_mean_is_calm_whatever_it_moved() -> None:
    spx = [100.0, 102.0, 104.0, 120.0]
    data = world({"spx": spx, "breadth": [9.0, 8.0, 7.0, 5.0]})
    assert Divergence(days=2, calm=0.01, mean=2)(data)[-1] == 1.0
    assert Divergence(days=2, calm=0.01, mean=2)(data.with_columns({"breadth": spx}))[-1] == 0.0


def test_h2_by_sectors_is_pandas() -> None:
    data = informed()
    funds = pd.DataFrame({name: data[name] for name in ("xlb", "xle", "xlf", "xlk")})
    spx = pd.Series(data["spx"])
    apart = funds.pct_change(5).std(axis=1, ddof=1)
    diverges = apart > 1.2 * apart.rolling(30).mean()
    calm = (spx.pct_change(5).abs() <= 0.01) | (spx > spx.rolling(30).mean())
    want = (calm & diverges).to_numpy(float)[34:]
    got = Divergence("sectors", days=5, calm=0.01, mean=30, rise=1.2)(data)
    np.testing.assert_array_equal(got[34:], want)
    assert 0.02 < want.mean() < 0.9


def test_h2_a_fund_that_began_later_counts_from_then() -> None:
    prices = np.exp(np.random.default_rng(2).normal(0.0, 0.02, (5, 40)).cumsum(axis=1))
    prices[3, :20] = np.nan
    got = dispersion(prices, 4)
    alone = dispersion(prices[[0, 1, 2, 4]], 4)
    np.testing.assert_allclose(got[:24], alone[:24], rtol=1e-12)
    assert not np.allclose(got[24:], alone[24:])
    assert np.isnan(dispersion(prices[:2], 4)).all(), "two are too few"


def test_h2_a_hole_in_the_breadth_poisons_no_more_than_its_windows() -> None:
    data = informed(200)
    line = data["breadth"].copy()
    line[80] = np.nan
    got = Divergence(days=10, mean=20)(data.with_columns({"breadth": line}))
    whole = Divergence(days=10, mean=20)(data)
    assert np.isnan(got[80:100]).all()
    np.testing.assert_array_equal(got[100:], whole[100:])
    np.testing.assert_array_equal(got[:80], whole[:80])


def test_h2_no_breadth_column_is_named() -> None:
    with pytest.raises(hr.DataError, match="no advance-decline line") as error:
        Divergence()(market(60))
    assert error.value.where == "market.breadth"
    assert "advances,declines" in error.value.mend


def test_h2_too_few_funds_are_named() -> None:
    with pytest.raises(hr.DataError, match="needs 3 funds of sectors, the data have 0") as error:
        Divergence("sectors")(market(60))
    assert error.value.where == "market.xlb"


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=40), st.integers(2, 30))
def test_h2_zscore_is_scipys(values: list[float], days: int) -> None:
    column = np.round(np.array(values), 3)
    got = zscore(column, days)
    assert np.isnan(got[: days - 1]).all()
    for row in range(days - 1, len(column)):
        window = column[row - days + 1 : row + 1]
        want = scipys(window, ddof=1)[-1] if np.ptp(window) else 0.0
        assert got[row] == pytest.approx(want, rel=1e-6, abs=1e-9)


def test_h2_zscore_with_holes_is_pandas() -> None:
    rng = np.random.default_rng(4)
    column = pd.Series(np.where(rng.random(300) < 0.3, np.nan, rng.normal(0.04, 0.01, 300)))
    rolled = column.rolling(30, min_periods=15)
    want = ((column - rolled.mean()) / rolled.std()).to_numpy(copy=True)
    want[:29] = np.nan
    np.testing.assert_allclose(zscore(column.to_numpy(), 30), want, rtol=1e-8, atol=1e-10)
    assert np.isfinite(want).sum() > 150


def test_h2_changes_and_levels() -> None:
    data = world({"quick_ratio": [1.5, np.nan, 1.0, 1.25], "sector_shift": [2.0, 2.1, np.nan, 0.0]})
    np.testing.assert_array_equal(Change(days=2)(data), [np.nan, np.nan, -0.5, np.nan])
    np.testing.assert_array_equal(Over()(data), [0.0, 1.0, np.nan, 0.0])
    assert np.isnan(Change(days=9)(data)).all()


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (Divergence(), "divergence"),
        (Divergence("sectors"), "divergence_sectors"),
        (ZScore(), "hy_spread_z252"),
        (ZScore("reer", 60), "reer_z60"),
        (Change(), "quick_ratio_change63"),
        (Over(), "sector_shift_over2"),
        (Over("pe_dispersion", 0.55), "pe_dispersion_over0.55"),
    ],
)
def test_h2_names(signal, name: str) -> None:
    assert signal.name == name
    assert signal_named(name) == signal


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Divergence("momentum"), "breadth"),
        (lambda: Divergence(calm=0.0), "more than 0"),
        (lambda: Divergence(rise=0.9), "at least 1"),
        (lambda: ZScore(days=1), "at least 2"),
        (lambda: Change(days=0), "at least 1"),
        (lambda: Over(level=float("nan")), "finite"),
    ],
)
def test_h2_mistakes_are_told(make, said: str) -> None:
    with pytest.raises(hr.PolicyError, match=said):
        make()


@pytest.mark.parametrize("name", ["reer_z252", "wacc_z252", "pe_dispersion_change20"])
def test_h2_a_missing_column_is_named(name: str) -> None:
    with pytest.raises(hr.DataError, match=f"no column '{name.rpartition('_')[0]}'"):
        signal_named(name)(market(300))


def test_h9_the_specs_number_by_the_signal_and_by_its_formula() -> None:
    """50 equal weights, volatilities 30 %, index 20 %: 0.4331066 (validation.md)."""
    names = tuple(f"v{i}" for i in range(50))
    data = world({"vix": [20.0], **{name: [30.0] for name in names}})
    got = float(hr.ImpliedCorrelation("vix", names, (1.0,) * 50)(data)[0])
    pairs = 2.0 * sum((0.3 / 50.0) ** 2 for _ in combinations(range(50), 2))
    assert got == pytest.approx((0.2**2 - 50.0 * (0.3 / 50.0) ** 2) / pairs, rel=1e-12)
    assert got == pytest.approx(0.4331066, abs=5e-8)


@pytest.mark.realdata
def test_h2_sectors_diverged_before_february_2018_and_march_2020_or_not(real_data) -> None:
    """On real funds the signal is on now and then, and never before its windows are full."""
    data = hr.load(str(real_data))
    got = Divergence("sectors")(data)
    first = int(np.flatnonzero(np.isfinite(got))[0])
    assert data.index_of("1998-12-22") + 60 < first < data.index_of("1999-06-30")
    last = int(np.flatnonzero(np.isfinite(got))[-1])
    assert 0.02 < got[first : last + 1][np.isfinite(got[first : last + 1])].mean() < 0.4


@pytest.mark.realdata
def test_h2_the_credit_spread_of_march_2020_is_pandas(real_data) -> None:
    data = hr.load(str(real_data))
    spread = pd.Series(data["hy_spread"])
    rolled = spread.rolling(252, min_periods=126)
    want = ((spread - rolled.mean()) / rolled.std()).to_numpy()
    got = ZScore()(data)
    both = np.isfinite(got)
    np.testing.assert_allclose(got[both], want[both], rtol=1e-7, atol=1e-9)
    assert got[data.index_of("2020-03-16")] > 5.0
