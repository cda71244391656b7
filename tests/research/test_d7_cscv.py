"""D7: probability of backtest overfitting, against the paper's steps taken one by one."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hedgerow.core.lanes import columns, compiled
from hedgerow.core.lanes.spread import Spread, grid
from hedgerow.core.measure import Returns, Wealth
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import prepare
from hedgerow.errors import RangeError
from hedgerow.instruments.options import Put
from hedgerow.policies.overlays import Bounds, Budget
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from hedgerow.research.overfit import cscv
from hedgerow.research.overfit.blocks import edges_of, lane_returns, play_blocks, sums_of
from hedgerow.research.overfit.cscv import probability_of_overfitting
from hedgerow.research.overfit.study import study
from synthetic import market


def noise(seed: int, periods: int = 320, trials: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (periods, trials))


def by_hand(returns: np.ndarray, blocks: int) -> dict[str, np.ndarray]:
    """The paper's algorithm in its own words: submatrices, halves, ranks, logits."""
    edges = edges_of(len(returns), blocks)
    parts = [returns[a:b] for a, b in pairwise(edges)]
    made: dict[str, list[float]] = {"logits": [], "chosen": [], "judged": []}

    def ratio(matrix: np.ndarray) -> np.ndarray:
        spread = matrix.std(axis=0, ddof=1)
        flat = spread < 1e-15
        return np.where(flat, 0.0, matrix.mean(axis=0) / np.where(flat, 1.0, spread))

    for half in combinations(range(blocks), blocks // 2):
        inside = ratio(np.concatenate([parts[k] for k in half]))
        outside = ratio(np.concatenate([parts[k] for k in range(blocks) if k not in half]))
        best = int(np.argmax(inside))
        relative = stats.rankdata(outside)[best] / (returns.shape[1] + 1)
        made["logits"].append(np.log(relative / (1.0 - relative)))
        made["chosen"].append(inside[best])
        made["judged"].append(outside[best])
    return {name: np.array(column) for name, column in made.items()}


@pytest.mark.parametrize(
    "compiled_from", [cscv.COMPILED, pytest.param(0, marks=pytest.mark.slow)], ids=["few", "many"]
)
@pytest.mark.parametrize(("blocks", "periods", "trials"), [(4, 40, 2), (6, 101, 7), (8, 163, 30)])
def test_d7_cscv_is_the_papers_algorithm_step_by_step(
    blocks, periods, trials, compiled_from, monkeypatch
) -> None:
    monkeypatch.setattr(cscv, "COMPILED", compiled_from)
    returns = noise(blocks, periods, trials) + 0.001
    returns[:, 0] = 0.0  # never traded
    found, expected = probability_of_overfitting(returns, blocks), by_hand(returns, blocks)
    for name, column in expected.items():
        got = np.sort(getattr(found, name))
        assert got == pytest.approx(np.sort(column), rel=1e-9, abs=1e-12)
    assert found.pbo == np.mean(expected["logits"] <= 0.0)
    assert found.loss == np.mean(expected["judged"] < 0.0)
    line = stats.linregress(expected["chosen"], expected["judged"])
    assert found.slope == pytest.approx(line.slope, rel=1e-8)
    assert found.intercept == pytest.approx(line.intercept, rel=1e-8)


@pytest.mark.slow
@given(
    st.integers(0, 10_000),
    st.sampled_from([4, 6, 10]),
    st.integers(2, 200),
    st.lists(st.sampled_from(["level", "flat", "lost", "twice", "still"]), max_size=8),
)
def test_d7_many_trials_are_ranked_as_few_are(seed, blocks, trials, oddities) -> None:
    """Compiled and NumPy halves agree exactly, level, flat and lost trials included."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0, 0.01, (4 * blocks, trials)).round(3)
    for oddity in oddities:
        one, other = rng.integers(trials, size=2)
        if oddity == "level":
            returns[:, one] = returns[:, other]
        elif oddity == "twice":
            returns[:, one] = 2.0 * returns[:, other]
        elif oddity == "flat":
            returns[:, one] = 0.0
        elif oddity == "still":
            returns[2 * blocks :, one] = 0.001
    sums = sums_of(returns, blocks)
    lost = rng.random(trials) < 0.1 * oddities.count("lost")
    sums.total[:, lost] = sums.squares[:, lost] = np.nan
    found, done = [], []
    for compiled_from in (1 << 40, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cscv, "COMPILED", compiled_from)
            done.clear()
            found.append(cscv.cross_validate(sums, done.append))
            assert sum(done) == 2 * trials
    by_numpy, by_numba = found
    for name in ("logits", "chosen", "judged"):
        assert np.array_equal(getattr(by_numpy, name), getattr(by_numba, name))


@pytest.mark.slow
def test_d7_many_trials_are_ranked_alike_by_any_number_of_threads(monkeypatch) -> None:
    monkeypatch.setattr(cscv, "COMPILED", 0)
    sums = sums_of(noise(4, 64, 40_000).round(3), 4)
    found = []
    for processors in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda many=processors: many)
        found.append(cscv.cross_validate(sums).logits)
    monkeypatch.setattr(cscv, "COMPILED", 1 << 40)
    found.append(cscv.cross_validate(sums).logits)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_d7_pbo_of_pure_noise_is_near_one_half() -> None:
    found = [probability_of_overfitting(noise(seed), 8).pbo for seed in range(120)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) < 3.0 * error
    assert error < 0.025


def test_d7_pbo_of_a_planted_edge_is_near_nothing() -> None:
    found = []
    for seed in range(20):
        returns = noise(seed)
        returns[:, seed] += 0.003  # Sharpe of 4.8 a year
        found.append(probability_of_overfitting(returns, 8))
    assert np.mean([one.pbo for one in found]) < 0.02
    assert np.mean([one.loss for one in found]) < 0.02


def test_d7_pbo_of_rules_that_only_fit_the_past_is_high() -> None:
    """Each trial earns in one block of sixteen what it loses in the others: choosing is poison."""
    returns = noise(3, 640, 16)
    for trial in range(16):
        edges = edges_of(640, 16)
        returns[:, trial] -= 0.001
        returns[edges[trial] : edges[trial + 1], trial] += 0.016
    found = probability_of_overfitting(returns, 16)
    assert found.pbo > 0.9
    assert found.slope < 0.0


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_d7_the_order_of_trials_does_not_matter(seed: int, trials: int) -> None:
    returns = noise(seed, 64, trials)
    shuffled = returns[:, np.random.default_rng(seed).permutation(trials)]
    a, b = (probability_of_overfitting(r, 4) for r in (returns, shuffled))
    assert a.pbo == b.pbo
    assert np.allclose(a.logits, b.logits)


@pytest.mark.parametrize("blocks", [0, 2, 5, 22, True, 8.0])
def test_d7_blocks_that_have_no_halves_are_refused(blocks) -> None:
    with pytest.raises(RangeError, match="blocks"):
        probability_of_overfitting(noise(1), blocks)


def test_d7_one_trial_and_what_is_no_number_are_refused() -> None:
    with pytest.raises(RangeError, match="one trial"):
        probability_of_overfitting(noise(1, trials=1), 8)
    holes = noise(1)
    holes[3, 2] = np.nan
    with pytest.raises(RangeError, match="finite"):
        probability_of_overfitting(holes, 8)


# ---- the lanes of a sweep -----------------------------------------------------------------------

POLICY = Policy([Linear(), Bounds(), Budget(per_year=0.01), Trigger()], signals=[Level("vix")])
AXES = {"linear.low": [8.0, 10.0, 12.0], "budget.per_year": [0.002, 0.02]}


@pytest.fixture(scope="module")
def swept():
    ground = prepare(market(400), Put(), Equity(1e7), lookback=POLICY.lookback)
    return Spread(POLICY, grid(AXES)), ground.tape(POLICY)


def test_d7_lanes_read_on_the_way_are_those_of_a_tape_that_ends_there(swept) -> None:
    spread, tape = swept
    stops = np.array([1, 2, 77, 250, len(tape)])
    read = columns.play(spread, tape, (Returns(), Wealth()), stops=stops)
    last = columns.play(spread, tape, (Returns(), Wealth()))
    for name, column in read.items():
        assert column.shape == (5, len(spread))
        assert np.array_equal(column[-1], last[name])
    short = prepare(market(400).until(76), Put(), Equity(1e7), lookback=POLICY.lookback)
    alone = columns.play(spread, short.tape(POLICY), (Wealth(),))["final_nav"]
    assert np.array_equal(read["final_nav"][2], alone)


@pytest.mark.slow
def test_d7_compiled_lanes_are_read_on_the_way_to_the_last_bit(swept) -> None:
    spread, tape = swept
    stops = np.array([1, 2, 77, 250, len(tape)])
    by_numpy = columns.play(spread, tape, (Returns(),), stops=stops)
    by_numba = compiled.play(spread, tape, (Returns(),), stops=stops)
    assert all(np.array_equal(by_numpy[name], by_numba[name]) for name in by_numpy)


def test_d7_sums_of_lanes_are_sums_of_their_returns(swept) -> None:
    spread, tape = swept
    returns = lane_returns(spread, tape, np.arange(len(spread)))
    expected = sums_of(returns, 8)
    got = play_blocks(spread, tape, 8, carriage="numpy")
    for ours, theirs in zip(got, expected, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_d7_sums_over_bills_are_those_of_excess_returns(swept) -> None:
    spread, tape = swept
    rng = np.random.default_rng(6)
    cash = np.r_[0.0, 0.0001 + 0.00001 * rng.random(len(tape) - 1)]
    returns = lane_returns(spread, tape, np.arange(len(spread)))
    expected = sums_of(returns - cash[1:, None], 8)
    got = play_blocks(spread, tape, 8, cash=cash, carriage="numpy")
    assert got.total == pytest.approx(expected.total, rel=1e-9, abs=1e-12)
    assert got.sharpe() == pytest.approx(expected.sharpe(), rel=2e-3)


def test_d7_a_study_reports_each_lane_thrice(swept) -> None:
    spread, tape = swept
    done: list[int] = []
    study(spread, tape, cash=np.zeros(len(tape)), blocks=4, carriage="numpy", progress=done.append)
    assert sum(done) == 3 * len(spread)
