"""The gate for runs that are no plain backtest: sweeps, searches, walks and stresses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
import planted
from hedgerow.research.gate.item import Outcome
from hedgerow.research.gate.kinds import stressed, walked
from hedgerow.research.gate.thresholds import KEYS, Thresholds

PASS, FAIL, UNKNOWN, NOT_ASKED = Outcome
RULE = hr.Policy([hr.Linear("vix", low=12, high=22), hr.Bounds()], [hr.Level("vix")], name="linear")


def keys(items) -> set[str]:
    return {item.key for item in items}


@pytest.fixture(scope="module", autouse=True)
def _own_register(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGEROW_TRIALS", str(tmp_path_factory.mktemp("register") / "trials.jsonl"))
        yield


@pytest.fixture(scope="module")
def few():
    return hr.load("builtin", start="2016-01-04", end="2020-12-31")


@pytest.fixture(scope="module")
def edge():
    """A walk that can choose how soon to follow a planted edge."""
    return walk_on_an_edge("2010-01-04", "5y", "3y")


def walk_on_an_edge(start: str, train: str, test: str):
    return hr.walk(
        planted.honest(), planted.market(True, start=start), hr.VixFuture(),
        {"trigger.move": [2, 4, 6, 15]}, train=train, test=test, groups=0, carriage="numpy",
    )  # fmt: skip


@pytest.fixture(scope="module")
def noise():
    """Market, policy and axes of which nothing can be learnt."""
    policy = hr.Policy(
        [planted.Wave(), hr.Bounds(0.0, 2.0), hr.AtRoll()], [hr.Level("vix")], name="tuned",
        raw=True,
    )  # fmt: skip
    market = planted.market(False, start="2006-01-02", end="2015-12-31")
    axes = {"wave.pitch": np.linspace(0.8, 1.2, 5), "wave.phase": np.linspace(0.0, 6.28, 40)}
    return policy, market, hr.VixFuture(), axes


@pytest.mark.slow
def test_a_walk_on_a_planted_edge_passes(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    made = walk_on_an_edge("1990-01-02", "8y", "4y").judge()
    assert made.outcome == "pass"
    assert not made.stops(strict=True)
    assert made["degradation"].outcome is PASS
    assert made["lookahead"].outcome is made["costs"].outcome is PASS
    assert made["saving_interval"].outcome is made["spa_divest"].outcome is PASS


def test_a_walk_is_judged_by_the_very_track_that_it_walked(edge) -> None:
    found = edge._backtest()
    judged = edge.found.judged
    np.testing.assert_array_equal(found.tracks["dynamic"]["nav"], judged.tracks["walked"]["nav"])
    test, walked_ = found.strategies["test"]["dynamic"], judged.strategies["walked"]
    assert test == walked_
    assert "train" not in found.strategies
    assert found.her["dynamic_her"] == judged.her["walked"]
    assert found.divest["dynamic"] == judged.divest["walked"]


def test_a_walk_on_noise_is_not_believed(noise) -> None:
    policy, market, hedge, axes = noise
    made = hr.walk(
        policy, market, hedge, axes, train="4y", test="1y", groups=0, carriage="numpy"
    ).judge(resamples=0)
    assert made.outcome == "fail"
    assert "deflated_sharpe" in keys(made.failures)
    assert made["pbo"].decides is False
    assert made["lookahead"].outcome is made["fills"].outcome is PASS


def test_the_lead_of_a_walk_is_kept_half_lost_or_gone(edge) -> None:
    found = edge.found
    fixed, promised = found.whole["static"], found.promised
    seen = []
    for part in (1.0, 0.4, 0.0):
        whole = {**found.whole, "walked": fixed + part * promised}
        first, _ = walked(replace(found, whole=whole), Thresholds())
        seen.append(first.outcome)
    assert seen == [PASS, UNKNOWN, FAIL]
    none = [replace(c, inside=c.fixed_inside - 0.1) for c in found.choices]
    first, _ = walked(replace(found, choices=tuple(none)), Thresholds())
    assert first.outcome is NOT_ASKED


@pytest.mark.parametrize(
    ("ranks", "pbo", "outcome"),
    [((1.0, 0.9), 0.0, PASS), ((0.1, 0.4), 1.0, FAIL), ((0.5, 0.5), 0.5, FAIL),
     ((0.9, 0.9, 0.9, 0.2), 0.25, UNKNOWN), ((float("nan"),), None, UNKNOWN)],
)  # fmt: skip
def test_a_choice_by_lot_is_a_warning_of_a_walk(edge, ranks, pbo, outcome) -> None:
    choices = tuple(replace(edge.found.choices[0], rank=rank) for rank in ranks)
    _, item = walked(replace(edge.found, choices=choices), Thresholds())
    assert (item.number, item.outcome, item.decides) == (pbo, outcome, False)


def test_a_sweep_is_judged_as_the_backtest_of_its_best_lane(few, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    found = hr.shortlist(RULE, few, hr.Put(), {"linear.low": [10, 14]}, carriage="numpy")
    made = found.judge(resamples=0)
    alone = hr.backtest(found.policy(), few, hr.Put()).judge(resamples=0)
    assert made.to_dict() == alone.to_dict()  # the same trial: none is counted twice
    assert made["pbo"].outcome is NOT_ASKED
    pbo = found.overfit(blocks=4).pbo
    assert found.judge(resamples=0)["pbo"].number == pbo
    assert "Verdict: " in str(found)


def test_an_overfitted_sweep_is_failed_for_its_choice(noise) -> None:
    policy, market, hedge, axes = noise
    found = hr.shortlist(policy, market, hedge, axes, carriage="numpy")
    found.overfit(blocks=10)
    made = found.judge(resamples=0)
    assert {"pbo", "deflated_sharpe"} <= keys(made.failures)
    assert made["pbo"].number > 0.4


def test_a_search_is_judged_with_its_trials_and_cannot_tell_pbo(few) -> None:
    found = hr.search(RULE, few, hr.Put(), {"linear.low": (8, 18)}, trials=4, carriage="numpy")
    made = found.judge(resamples=0)
    assert made["pbo"].outcome is UNKNOWN
    assert "4 trials of a search" in made["pbo"].sentence
    assert f"{found.luck.count.trials:,} trials" in made["deflated_sharpe"].sentence
    test = found._backtest()
    alone = hr.backtest(found.policy, few, hr.Put()).found
    for period in ("train", "test"):
        assert test.strategies[period]["dynamic"] == alone.strategies[period]["dynamic"]
    assert "Verdict: " in str(found)


def test_a_stress_is_judged_by_the_backtest_on_its_data(few, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    found = hr.stress(RULE, few, hr.Put(), model="flash", paths=20, sessions=40, moments=False)
    made = found.judge(resamples=0)
    assert [item.key for item in made.items][-1] == KEYS[-1] == "stress"
    alone = hr.backtest(RULE, few, hr.Put()).judge(resamples=0)
    assert made.items[:-1] == alone.items
    assert "Verdict: " in str(found)
    assert "on the policy's own backtest" in str(found)


def test_few_data_have_no_training_part_and_are_judged_all_the_same(few) -> None:
    short = few.between("2020-10-01", None)
    found = hr.stress(RULE, short, hr.Put(), model="flash", paths=4, sessions=30, moments=False)
    made = found.judge(resamples=0)
    assert made["degradation"].outcome is NOT_ASKED
    assert made["out_of_sample"].outcome is UNKNOWN


@pytest.mark.parametrize(
    ("lead", "outcome", "word"),
    [(-0.05, FAIL, "worse than the fixed hedge"), (0.05, NOT_ASKED, "better than the fixed hedge"),
     (0.0, NOT_ASKED, "neither better nor worse than the fixed hedge")],
)  # fmt: skip
def test_simulated_paths_warn_and_prove_nothing(few, lead, outcome, word) -> None:
    found = hr.stress(RULE, few, hr.Put(), model="flash", paths=20, sessions=40, moments=False)
    columns = dict(found.found.columns)
    for other in ("static", "divested"):
        for name in ("return", "max_drawdown"):
            columns[f"{other}.{name}"] = columns[f"dynamic.{name}"] - lead
    (item,) = stressed(replace(found.found, columns=columns), Thresholds(warn=()))
    assert (item.outcome, item.decides) == (outcome, False)
    assert word in item.sentence
