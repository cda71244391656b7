"""A5, H9: realised and implied correlation, and the rule that scales with it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.policies.correlation import Correlation, CorrelationRatio, ImpliedCorrelation

NO_BAR = Bar(*[0.0] * len(Bar._fields))


def world(columns: dict[str, np.ndarray]) -> Market:
    count = len(next(iter(columns.values())))
    days = np.datetime64("2015-01-01", "ns") + np.arange(count) * np.timedelta64(1, "D")
    return Market(days, columns)


def drawn(count: int, sessions: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    common = rng.normal(0.0, 0.01, (sessions, 1))
    moves = rng.uniform(-0.5, 1.5, count) * common + rng.standard_t(4, (sessions, count)) * 0.008
    return {f"c{i}": 50.0 * np.exp(np.cumsum(moves[:, i])) for i in range(count)}


def pandas_average(columns: dict[str, np.ndarray], days: int) -> np.ndarray:
    moves = np.log(pd.DataFrame(columns)).diff()
    pairs = [moves[a].rolling(days).corr(moves[b]) for a, b in combinations(columns, 2)]
    return pd.concat(pairs, axis=1).mean(axis=1).to_numpy()


def x_of(rule: CorrelationRatio, level: float) -> float:
    return rule.kernel(0.0, View((level,), opening(1e7), NO_BAR), rule.start(), rule.params())[0]


def test_a5_sixty_over_forty_per_cent_is_one_and_a_half() -> None:
    assert x_of(CorrelationRatio(), 0.60) == pytest.approx(1.5, rel=1e-15)
    assert x_of(CorrelationRatio(), 0.40) == 1.0
    assert x_of(CorrelationRatio(), -0.20) == 0.0
    assert CorrelationRatio(**CorrelationRatio.presets["implied"]).inputs == ("implied_cor1m",)


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(3, 90), st.integers(0, 10_000))
def test_a5_is_the_mean_of_pandas_pairs(count: int, days: int, seed: int) -> None:
    columns = drawn(count, 400, seed)
    got = Correlation(tuple(columns), days)(world(columns))
    expected = pandas_average(columns, days)
    assert np.isnan(got[:days]).all()
    assert np.isfinite(got[days:]).all()
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=1e-9)


def test_a5_one_pair_is_numpys_coefficient() -> None:
    columns = drawn(2, 61, seed=1)
    moves = [np.diff(np.log(values)) for values in columns.values()]
    got = Correlation(tuple(columns), 60)(world(columns))[-1]
    assert got == pytest.approx(np.corrcoef(*moves)[0, 1], rel=1e-12)


def test_a5_a_late_column_counts_once_its_window_is_full() -> None:
    columns, days = drawn(3, 200, seed=3), 20
    whole = dict(columns)
    columns["c2"] = np.where(np.arange(200) < 100, np.nan, columns["c2"])
    got = Correlation(tuple(columns), days)(world(columns))
    two = pandas_average({name: whole[name] for name in ("c0", "c1")}, days)
    three = pandas_average(whole, days)
    np.testing.assert_allclose(got[days : 100 + days], two[days : 100 + days], atol=1e-12)
    np.testing.assert_allclose(got[100 + days :], three[100 + days :], atol=1e-12)


def test_a5_fewer_than_two_columns_that_move_have_none() -> None:
    columns = drawn(2, 100, seed=4)
    columns["c1"] = np.where(np.arange(100) >= 50, 80.0, columns["c1"])  # stands still from then on
    got = Correlation(tuple(columns), 10)(world(columns))
    assert np.isfinite(got[10:50]).all()
    assert np.isnan(got[60:]).all()


@settings(max_examples=25)
@given(st.integers(2, 8), st.integers(2, 50), st.integers(0, 10_000))
def test_a5_stays_where_correlations_can_be(count: int, days: int, seed: int) -> None:
    got = Correlation(tuple(f"c{i}" for i in range(count)), days)(world(drawn(count, 120, seed)))
    known = got[np.isfinite(got)]
    assert len(known)
    # the average of n correlations cannot be less than -1 / (n - 1)
    assert (known >= -1.0 / (count - 1.0) - 1e-9).all()
    assert (known <= 1.0).all()


def test_h9_implied_correlation_from_volatilities_is_the_double_sum() -> None:
    rng = np.random.default_rng(5)
    vols, weights = rng.uniform(15.0, 45.0, (30, 4)), (0.4, 0.3, 0.2, 0.1)
    columns = {f"v{i}": vols[:, i] for i in range(4)} | {"vix": rng.uniform(12.0, 25.0, 30)}
    got = ImpliedCorrelation("vix", ("v0", "v1", "v2", "v3"), weights)(world(columns))
    w = np.array(weights)
    own = (w**2 * vols**2).sum(axis=1)
    pairs = sum(2.0 * w[i] * w[j] * vols[:, i] * vols[:, j] for i, j in combinations(range(4), 2))
    np.testing.assert_allclose(got, (columns["vix"] ** 2 - own) / pairs, rtol=1e-12)


def test_a5_the_published_index_is_in_points() -> None:
    market = world({"cor1m": np.array([40.0, 60.0, np.nan])})
    signal = ImpliedCorrelation()
    assert signal.name == "implied_cor1m"
    np.testing.assert_array_equal(signal(market), [0.4, 0.6, np.nan])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Correlation(("spx",)), "at least 2"),
        (lambda: Correlation(("spx", "spx")), "one stands twice"),
        (lambda: ImpliedCorrelation("vix", ("a", "b"), (1.0,)), "2 members have 1 weights"),
        (lambda: ImpliedCorrelation("vix", ("a",), (1.0,)), "one has no correlation"),
        (lambda: ImpliedCorrelation("vix", ("a", "b"), (1.0, 0.0)), "more than 0"),
        (lambda: CorrelationRatio(normal=1.5), "at most 1"),
    ],
)
def test_a5_mistakes_are_told(make, said: str) -> None:
    with pytest.raises(hr.PolicyError, match=said):
        make()


def test_a5_lists_of_columns_come_back_from_files() -> None:
    policy = hr.Policy(
        signals=[Correlation(("a", "b"), 20), ImpliedCorrelation("vix", ("a", "b"), (1.0, 2.0))],
        steps=[CorrelationRatio("a_b_corr20")],
    )
    assert hr.Policy.from_toml(policy.to_toml()) == policy


@pytest.mark.realdata
def test_a5_of_the_sectors_since_1999(real_data) -> None:
    market = hr.load(str(real_data))
    got = Correlation()(market)
    names = ("xlb", "xle", "xlf", "xli", "xlk", "xlp", "xlu", "xlv", "xly")
    rows = slice(market.index_of("2008-06-30"), market.index_of("2008-12-31"))
    alone = pandas_average({name: market[name] for name in names}, 60)  # the others came later
    np.testing.assert_allclose(got[rows], alone[rows], atol=1e-9)
    assert np.isnan(got[market.index_of("1998-12-31")])
    assert got[market.index_of("2008-12-01")] > got[market.index_of("2000-06-30")]
