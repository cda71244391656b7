"""Log scores of hazards out of sample (spec A9): the arithmetic, and what the real data say."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow import api
from hedgerow.errors import RangeError
from hedgerow.policies.crash import CrashHazard
from hedgerow.policies.fitting.logistic import outcomes
from hedgerow.research.hazards import chances, log_score, scores
from synthetic import market


def test_a9_the_log_score_is_greatest_for_the_true_probability() -> None:
    grid = np.linspace(0.01, 0.99, 99)
    for p in (0.1, 0.37, 0.8):
        ones, zeros = log_score(grid, np.ones(99)), log_score(grid, np.zeros(99))
        assert grid[np.argmax(p * ones + (1.0 - p) * zeros)] == pytest.approx(p, abs=0.006)


def test_a9_the_constant_hazard_is_the_share_of_the_past_alone() -> None:
    data, hazard = market(), CrashHazard(least=250)
    made = chances(hazard, data)
    assert set(made) == {"constant", "logistic"}
    happened = outcomes(data["spx"], 0.05, 10)
    for fit in hazard.fits(data):
        share = happened[20 : fit.row - 10 + 1].mean()
        assert made["constant"][fit.row] == pytest.approx(share, rel=1e-9)
    assert set(chances(CrashHazard(0.01, 5, event="day", least=250), data)) == {
        "constant", "logistic", "hawkes",
    }  # fmt: skip


def test_a9_too_short_a_stretch_is_refused() -> None:
    with pytest.raises(RangeError, match="only 0 sessions can be foretold"):
        scores(market())


@pytest.fixture(scope="module")
def real(real_data):
    return api.load(str(real_data))


@pytest.mark.realdata
def test_a9_out_of_sample_scores_2005_to_2025_are_those_of_the_documents(real) -> None:
    # docs/fitted.md tells these; what was not better than a constant is told as such
    for drop, days, event, told in (
        (0.05, 10, "fall", {"logistic": (0.029, True)}),
        (0.05, 21, "fall", {"logistic": (0.025, False)}),
        (0.02, 10, "day", {"logistic": (0.134, True), "hawkes": (0.109, True)}),
        (0.03, 10, "day", {"logistic": (0.082, True), "hawkes": (0.081, True)}),
    ):
        found = scores(real, drop, days, event, start="2005-01-01", end="2025-12-31")
        assert found.sessions == 5283
        made = {model.model: model for model in found.models}
        assert made["constant"].gain == made["constant"].low == made["constant"].high == 0.0
        for name, (gain, better) in told.items():
            assert made[name].gain == pytest.approx(gain, abs=0.0006)
            assert made[name].low < made[name].gain < made[name].high
            assert (made[name].low > 0.0) == better
