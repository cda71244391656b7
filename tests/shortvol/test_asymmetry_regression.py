"""Slopes to both sides: statsmodels' numbers, planted slopes, bands that cover."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from hedgerow.shortvol.asymmetry.regression import LEAST, enough, regress, slope


def made(seed: int, size: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Wild moves, changes with slopes −1.5 and −0.9, noise as wide as the move and correlated."""
    rng = np.random.default_rng(seed)
    x = rng.standard_t(6, size) * 0.9
    noise = rng.normal(0.0, 0.4, size) * (0.5 + np.abs(x))
    noise[1:] -= 0.2 * noise[:-1]
    return np.where(x < 0.0, -1.5, -0.9) * x - 0.1 + noise, x


def test_slopes_and_errors_are_those_of_statsmodels_hac() -> None:
    y, x = made(1)
    fit = regress(y, x)
    design = np.column_stack([np.ones(len(x)), np.where(x < 0, x, 0), np.where(x > 0, x, 0)])
    lags = int(4 * (len(x) / 100) ** (2 / 9))
    want = sm.OLS(y, design).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    assert fit.lags == lags
    for place, found in enumerate((fit.constant, fit.fall, fit.rise)):
        assert found.value == pytest.approx(want.params[place], rel=1e-12)
        assert found.error == pytest.approx(want.bse[place], rel=1e-12)
    assert fit.r2 == pytest.approx(want.rsquared)


def test_newey_west_errors_by_the_formula_of_1987() -> None:
    y, x = made(2, 300)
    fit = regress(y, x)
    design = np.column_stack([np.ones(len(x)), np.minimum(x, 0), np.maximum(x, 0)])
    inverse = np.linalg.inv(design.T @ design)
    scores = design * (y - design @ (inverse @ design.T @ y))[:, None]
    middle = scores.T @ scores
    for lag in range(1, fit.lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (fit.lags + 1)) * (cross + cross.T)
    cover = inverse @ middle @ inverse * len(x) / (len(x) - 3)
    assert fit.fall.error == pytest.approx(np.sqrt(cover[1, 1]), rel=1e-10)
    difference = fit.fall.value - fit.rise.value
    error = np.sqrt(cover[1, 1] + cover[2, 2] - 2 * cover[1, 2])
    from scipy.stats import t

    assert fit.equal == pytest.approx(2 * t.sf(abs(difference / error), len(x) - 3), rel=1e-6)


def test_planted_slopes_lie_in_their_bands_95_times_in_100() -> None:
    fits = [regress(*made(seed)) for seed in range(300)]
    for part, planted in (("fall", -1.5), ("rise", -0.9)):
        found = [getattr(fit, part) for fit in fits]
        inside = np.mean([each.low <= planted <= each.high for each in found])
        assert 0.90 <= inside <= 0.98
        assert np.mean([each.value for each in found]) == pytest.approx(planted, abs=0.02)
    assert np.mean([fit.equal < 0.05 for fit in fits]) > 0.95


def test_the_wald_test_refuses_true_equality_5_times_in_100() -> None:
    wrong = 0
    for seed in range(300):
        y, x = made(seed)
        wrong += regress(y + np.where(x < 0.0, 0.6, 0.0) * x, x).equal < 0.05
    assert 0.02 <= wrong / 300 <= 0.10


def test_a_knee_parts_near_from_far_exactly() -> None:
    x = np.linspace(-12.0, 12.0, 401)
    y = -1.0 * np.clip(x, -5, 0) - 2.0 * np.minimum(x + 5, 0) - 0.5 * np.clip(x, 0, 5)
    y = y - 0.25 * np.maximum(x - 5, 0)
    fit = regress(y, x, knee=5.0)
    found = [each.value for each in (fit.fall, fit.fall_far, fit.rise, fit.rise_far)]
    assert found == pytest.approx([-1.0, -2.0, -0.5, -0.25])


def test_pairs_with_holes_are_left_out_and_few_are_too_few() -> None:
    y, x = made(3)
    holes = y.copy()
    holes[::7] = np.nan
    kept = np.isfinite(holes)
    assert regress(holes, x).fall == regress(y[kept], x[kept]).fall
    assert regress(holes, x).n == kept.sum()
    still = np.where(np.arange(len(x)) < 7, 0.0, x)  # no move either way, and used all the same
    assert regress(y, still).n == len(x)
    assert not enough(np.r_[-np.ones(LEAST), np.ones(LEAST - 1), np.full(50, np.nan)])
    assert enough(np.r_[-np.ones(LEAST), np.ones(LEAST)])


def test_a_beta_is_one_slope_to_both_sides() -> None:
    y, x = made(4)
    want = sm.OLS(y, sm.add_constant(x)).fit()
    assert slope(y, x).value == pytest.approx(want.params[1])


def test_overlapping_changes_get_lags_for_their_overlap() -> None:
    y, x = made(5)
    assert regress(y, x, horizon=10).lags == 18
    assert regress(y, x, horizon=1).lags == 7
