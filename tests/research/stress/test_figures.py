"""Figures of a distribution: by hand, by SciPy and by resampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from hedgerow.research.stress import figures
from hedgerow.research.stress.figures import Estimate

RNG = np.random.default_rng(11)


def test_a_mean_and_its_error_by_hand() -> None:
    # 1, 2, 6: mean 3, sample variance (4 + 1 + 9) / 2 = 7
    found = figures.mean(np.array([1.0, 2.0, 6.0, np.nan]))
    assert found.value == 3.0
    assert found.error == pytest.approx(math.sqrt(7.0 / 3.0))


def test_one_path_has_no_error_and_tells_nothing() -> None:
    found = figures.mean(np.array([0.2]))
    assert found.value == 0.2
    assert math.isnan(found.error)
    assert not found.told


def test_a_shortfall_by_hand() -> None:
    values = np.array([3.0, -10.0, 1.0, -2.0, 5.0, 0.0, 4.0, -4.0, 2.0, 6.0])
    assert figures.shortfall(values, 0.1) == -10.0
    assert figures.shortfall(values, 0.2) == -7.0
    # the worst 2.5 of ten: both whole and half of −2
    assert figures.shortfall(values, 0.25) == pytest.approx((-10.0 - 4.0 - 0.5 * 2.0) / 2.5)
    assert figures.shortfall(values, 0.05) == -10.0  # less than a path is that path


@pytest.mark.parametrize("part", [0.01, 0.05, 0.137])
def test_rockafellar_uryasev_2000_a_shortfall_minimises_their_function(part: float) -> None:
    values = RNG.standard_t(3, 400)

    def loss(border: float) -> float:
        return float(border + np.maximum(-values - border, 0.0).mean() / part)

    # piecewise linear and convex: the least lies at a path, SciPy's search beside it
    least = min(loss(float(border)) for border in -values)
    assert -figures.shortfall(values, part) == pytest.approx(least, rel=1e-12)
    assert minimize_scalar(loss, bounds=(-10, 30), method="bounded").fun >= least - 1e-9


def test_the_error_of_a_shortfall_is_that_of_many_samples() -> None:
    draws = RNG.normal(size=(600, 2_000))
    spread = np.std([figures.shortfall(row, 0.05) for row in draws], ddof=1)
    errors = [figures.tail(row, 0.05).error for row in draws[:50]]
    assert np.mean(errors) == pytest.approx(spread, rel=0.1)


def test_a_tail_of_under_five_paths_tells_no_difference() -> None:
    values = RNG.normal(size=499)
    for other in (None, values - 0.5):
        found = figures.tail(values, 0.01, other)
        assert math.isnan(found.error)
        assert not found.told
    assert figures.tail(RNG.normal(size=500), 0.01).error > 0.0


def test_the_error_of_a_difference_of_shortfalls_is_that_of_many_samples() -> None:
    first = RNG.normal(size=(600, 2_000))
    second = 0.9 * first + 0.1 * RNG.normal(size=first.shape)
    gaps = [
        figures.shortfall(a, 0.05) - figures.shortfall(b, 0.05)
        for a, b in zip(first, second, strict=True)
    ]
    errors = [figures.tail(a, 0.05, b).error for a, b in zip(first[:50], second[:50], strict=True)]
    assert np.mean(errors) == pytest.approx(np.std(gaps, ddof=1), rel=0.1)
    apart = np.hypot(figures.tail(first[0], 0.05).error, figures.tail(second[0], 0.05).error)
    assert errors[0] < 0.4 * apart  # what both have in common falls out


def test_the_pooled_ratio_by_hand_and_its_error_by_many_samples() -> None:
    gain, loss = np.array([10.0, 30.0, 99.0]), np.array([100.0, 100.0, -20.0])
    found, moved = figures.pooled(gain, loss)
    assert found.value == pytest.approx(0.2)  # (10 + 30) / 200; who did not lose does not count
    assert moved[2] == 0.0
    losses = RNG.exponential(size=(500, 1_000))
    gains = 0.3 * losses + 0.1 * RNG.normal(size=losses.shape)
    ratios = [figures.pooled(g, x)[0] for g, x in zip(gains, losses, strict=True)]
    spread = np.std([ratio.value for ratio in ratios], ddof=1)
    assert np.mean([ratio.error for ratio in ratios]) == pytest.approx(spread, rel=0.1)


def test_nobody_lost_no_ratio() -> None:
    assert math.isnan(figures.pooled(np.array([1.0]), np.array([-1.0]))[0].value)


def test_who_is_ahead_and_ties_count_half() -> None:
    found = figures.better(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 9.0, 9.0]))
    assert found.value == 0.375


def test_told_from_zero_and_how_many_paths_it_takes() -> None:
    gap = Estimate(0.01, 0.01)
    assert not gap.told
    assert Estimate(0.02, 0.01).told
    # four times the paths halve the error
    assert gap.needed(400) == pytest.approx(400 * 1.96**2)
    assert Estimate(0.0, 0.01).needed(400) == math.inf


def test_quantiles_are_those_of_numpy() -> None:
    values = RNG.normal(size=500)
    assert figures.quantiles(values) == np.percentile(values, [1, 5, 25, 50, 75, 95, 99]).tolist()
    assert all(math.isnan(each) for each in figures.quantiles(np.array([np.nan])))


def test_a_tail_of_few_paths_has_no_error_and_tells_nothing() -> None:
    values = np.arange(60.0)
    assert figures.tail(values, 0.01) == (0.0, pytest.approx(np.nan, nan_ok=True))
    assert not figures.tail(values + 5.0, 0.01, values).told
    assert figures.tail(np.arange(500.0), 0.01).error > 0.0
