"""The Hawkes process, against its definition, its own simulation and the theory of both."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from hedgerow.policies.fitting.hawkes import (
    Hawkes,
    hawkes,
    intensity,
    log_likelihood,
    residuals,
    simulated,
    within,
)

TRUE = Hawkes(mu=0.05, alpha=0.09, beta=0.15)
HORIZON = 6000.0
PATHS = 10


@pytest.fixture(scope="module")
def paths() -> list[np.ndarray]:
    return [simulated(TRUE, HORIZON, np.random.default_rng(seed)) for seed in range(PATHS)]


def rate(times: np.ndarray, at: float, made: Hawkes) -> float:
    """λ just before ``at``, by its definition."""
    ago = at - times[times < at]
    return made.mu + made.alpha * float(np.exp(-made.beta * ago).sum())


def test_a9_the_likelihood_is_that_of_the_definition(paths) -> None:
    times = paths[0][:60]
    horizon = float(times[-1]) + 3.0
    edges = [0.0, *times, horizon]
    paid = sum(
        quad(lambda t: rate(times, t, TRUE), a, b, epsabs=1e-12)[0] for a, b in pairwise(edges)
    )
    want = sum(np.log(rate(times, t, TRUE)) for t in times) - paid
    assert log_likelihood(times, horizon, TRUE) == pytest.approx(want, rel=1e-9)


def test_a9_residuals_are_integrals_of_the_rate(paths) -> None:
    times = paths[1][:40]
    found = residuals(times, TRUE)
    for i, (a, b) in enumerate(zip([0.0, *times[:-1]], times, strict=True)):
        want = quad(lambda t: rate(times, t, TRUE), a, b, epsabs=1e-12)[0]
        assert found[i] == pytest.approx(want, rel=1e-8)


def test_a9_without_excitement_it_is_a_poisson_process() -> None:
    times = np.array([1.0, 4.0, 4.5, 9.0])
    made = Hawkes(0.4, 0.0, 1.0)
    assert log_likelihood(times, 10.0, made) == pytest.approx(4 * np.log(0.4) - 4.0, rel=1e-12)


def test_a9_simulated_paths_have_as_many_events_as_the_theory_says(paths) -> None:
    # mean rate mu / (1 - n), variance of a count in the long run rate / (1 - n)^2, n = alpha / beta
    offspring = TRUE.alpha / TRUE.beta
    mean = TRUE.mu / (1.0 - offspring) * HORIZON
    error = np.sqrt(mean) / (1.0 - offspring) / np.sqrt(PATHS)
    assert abs(np.mean([len(times) for times in paths]) - mean) < 3.0 * error


def errors(times: np.ndarray, made: Hawkes) -> np.ndarray:
    """Standard errors of the logarithms of the parameters, by the observed information."""
    at, step = np.log(made), 1e-4

    def value(shift: np.ndarray) -> float:
        return log_likelihood(times, HORIZON, Hawkes(*np.exp(at + shift)))

    units = np.eye(3) * step
    bend = [
        [value(a + b) - value(a - b) - value(b - a) + value(-a - b) for b in units] for a in units
    ]
    return np.sqrt(np.diag(np.linalg.inv(-np.array(bend) / (4.0 * step**2))))


def test_a9_the_fit_finds_the_parameters_within_their_standard_errors(paths) -> None:
    scores = []
    for times in paths:
        made = hawkes(times, HORIZON)
        assert log_likelihood(times, HORIZON, made) >= log_likelihood(times, HORIZON, TRUE)
        scores.append((np.log(made) - np.log(TRUE)) / errors(times, made))
    found = np.array(scores)
    assert np.abs(found).max() < 4.0
    assert 0.5 < np.sqrt(np.mean(found**2)) < 1.5
    assert np.abs(found.mean(axis=0)).max() < 3.0 / np.sqrt(PATHS)


def test_a9_time_changed_by_the_true_rate_events_are_exponential(paths) -> None:
    found = np.concatenate([residuals(times, TRUE) for times in paths])
    assert kstest(found, "expon").pvalue > 0.01
    assert kstest(residuals(paths[0], hawkes(paths[0], HORIZON)), "expon").pvalue > 0.01


def test_a9_time_changed_by_a_constant_rate_they_are_not(paths) -> None:
    constant = Hawkes(len(paths[0]) / HORIZON, 0.0, 1.0)
    assert kstest(residuals(paths[0], constant), "expon").pvalue < 1e-6


def test_a9_the_intensity_after_each_session_is_that_of_the_definition() -> None:
    events = np.zeros(300)
    times = np.array([5, 6, 7, 40, 200, 201])
    events[times] = 1.0
    found = intensity(events, TRUE)
    for t in range(300):
        want = rate(times.astype(float), t + 1e-12, TRUE)
        assert found[t] == pytest.approx(want, rel=1e-9)


def test_a9_the_probability_of_an_event_ahead_is_that_of_the_compensator() -> None:
    for now in (0.05, 0.4, 2.0):
        paid = quad(lambda t, now=now: 0.05 + (now - 0.05) * np.exp(-0.15 * t), 0.0, 10.0)[0]
        chance = within(np.array([now]), TRUE, 10.0)[0]
        assert chance == pytest.approx(1.0 - np.exp(-paid), rel=1e-10)


def test_a9_foretold_and_simulated_events_agree(paths) -> None:
    # once in fifty units of time, so that one answer tells nothing of the next
    foretold, came = [], []
    for times in paths:
        at = np.arange(50.0, HORIZON - 10.0, 50.0)
        now = np.array([rate(times, t, TRUE) for t in at])
        foretold.append(within(now, TRUE, 10.0))
        came.append(np.searchsorted(times, at + 10.0) > np.searchsorted(times, at))
    chance, happened = np.concatenate(foretold), np.concatenate(came)
    error = np.sqrt(np.sum(chance * (1.0 - chance)))
    assert abs(happened.sum() - chance.sum()) < 3.0 * error
    high = chance > np.median(chance)
    assert happened[high].mean() > happened[~high].mean() + 0.2


def test_a9_a_single_event_and_events_on_every_session_can_be_fitted() -> None:
    for times in (np.array([30.0]), np.arange(1.0, 101.0)):
        made = hawkes(times, 100.0)
        assert all(np.isfinite(made))
        assert 0.0 <= made.alpha < made.beta
