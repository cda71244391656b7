"""Crossings of a level, by hand and on the VIX of 1990 to 2025 (validation.md)."""

from __future__ import annotations

import csv
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow import api
from hedgerow.policies.fitting.counting import crossings
from hedgerow.policies.fitting.switching import Switching, simulated

VIX = st.lists(st.sampled_from([10.0, 25.0, 25.01, 40.0, float("nan")]), min_size=1, max_size=40)


@settings(max_examples=200)
@given(VIX)
def test_c6_crossings_are_those_one_counts(values) -> None:
    found = crossings(np.array(values), 25.0)
    pairs = [(a, b) for a, b in pairwise(values) if not np.isnan(a + b)]
    assert found.low == sum(a <= 25.0 for a, _ in pairs)
    assert found.high == sum(a > 25.0 for a, _ in pairs)
    assert found.up == sum(a <= 25.0 < b for a, b in pairs)
    assert found.down == sum(b <= 25.0 < a for a, b in pairs)


def test_c6_a_state_that_was_never_seen_has_no_probability() -> None:
    found = crossings(np.array([10.0, 11.0, 12.0]), 25.0)
    assert found.p_lh == 0.0
    assert np.isnan(found.p_hl)


def test_c6_crossings_of_a_chain_are_its_probabilities() -> None:
    true = Switching(0.0, 1.0, 1.0, 1.0, 0.02, 0.10)
    _, high = simulated(true, 200_000, np.random.default_rng(6))
    found = crossings(high, 0.5)
    for counted, count, p in ((found.p_lh, found.low, 0.02), (found.p_hl, found.high, 0.10)):
        assert abs(counted - p) < 3.0 * np.sqrt(p * (1.0 - p) / count)


@pytest.fixture(scope="module")
def vix(real_data) -> np.ndarray:
    """Every close that Cboe published, 24 of them on days without a session of the S&P 500."""
    with (real_data / "vix" / "VIX_History.csv").open(encoding="utf-8") as file:
        rows = [(row["DATE"][-4:], float(row["CLOSE"])) for row in csv.DictReader(file)]
    return np.array([close for year, close in rows if "1990" <= year <= "2025"])


@pytest.mark.realdata
def test_c6_vix_1990_to_2025_crosses_25_as_often_as_validation_says(vix) -> None:
    found = crossings(vix, 25.0)
    assert round(found.p_lh, 4) == 0.0217
    assert round(found.p_hl, 4) == 0.1027


@pytest.mark.realdata
def test_c6_on_sessions_of_the_index_alone_the_crossings_are_nearly_the_same(real_data) -> None:
    market = api.load(str(real_data), start="1990-01-02", end="2025-12-31")
    found = crossings(market["vix"], 25.0)
    assert found.p_lh == pytest.approx(0.0217, abs=2e-4)
    assert found.p_hl == pytest.approx(0.1027, abs=4e-4)


@pytest.mark.realdata
def test_c6_vix_1990_to_2025_has_the_mean_shares_and_memory_that_validation_says(vix) -> None:
    assert round(vix.mean(), 2) == 19.45
    assert round(float(np.mean(vix < 15.0)), 3) == 0.325
    assert round(float(np.mean(vix > 25.0)), 3) == 0.175
    assert round(float(np.corrcoef(vix[:-1], vix[1:])[0, 1]), 3) == 0.977
