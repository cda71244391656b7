"""Log scores of hazards out of sample (spec A9): the arithmetic, and what the real data say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hedgerow import api
from hedgerow.errors import RangeError
from hedgerow.instruments.options import Put
from hedgerow.policies.crash import CrashHazard
from hedgerow.policies.fitting.logistic import outcomes
from hedgerow.research.hazards import chances, log_score, scores
from synthetic import market

FITTED = Path(__file__).resolve().parents[2] / "docs" / "fitted.md"


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
    row = re.compile(
        r"^\| (\d+) % \| (\d+) \| (fall|day) \| (\w+)" + 5 * r" \| (−?[\d.]+)" + r" \|$", re.M
    )
    rows = row.findall(FITTED.read_text(encoding="utf-8"))
    assert len(rows) == 7
    better = 0
    for drop, days, event, model, *told in rows:
        found = scores(
            real, int(drop) / 100, int(days), event, start="2005-01-01", end="2025-12-31"
        )
        assert found.sessions == 5283
        constant, mine = found.models[0], {m.model: m for m in found.models}[model]
        assert constant.gain == constant.low == constant.high == 0.0
        measured = (constant.mean, mine.mean, mine.gain, mine.low, mine.high)
        want = [float(number.replace("−", "-")) for number in told]
        np.testing.assert_allclose(measured, want, atol=0.0006)
        better += mine.low > 0.0
    assert better == 4  # the others are told as no better than a constant


@pytest.mark.slow
@pytest.mark.parametrize("example", ["crash_intensity", "regime"])
def test_a9_a12_the_examples_earned_no_more_than_a_fixed_hedge_of_their_cost(
    example: str, builtin
) -> None:
    # as docs/fitted.md says
    policy = api.load_policy(FITTED.parents[1] / "examples" / f"{example}.toml")
    made = api.backtest(policy, builtin, Put()).to_dict()
    fixed = made["matched"]["strategies"]
    dynamic = {part: both["dynamic"] for part, both in made["strategies"].items()}
    assert fixed["all"]["hedge_cost"] == pytest.approx(dynamic["all"]["hedge_cost"], rel=0.03)
    for part in ("all", "test"):
        assert fixed[part]["hedge_pnl"] > dynamic[part]["hedge_pnl"]
    assert all(verdict["passed"] for verdict in made["lookahead"])
