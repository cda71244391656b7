"""Walk-forward: what was planted is found, noise is not, and nothing is known before its time."""

from __future__ import annotations

import numpy as np
import pytest

import planted_levels as planted
import synthetic
from hedgerow import api
from hedgerow.api.walking import WalkResult, walk
from hedgerow.core.lanes import floats
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError, PolicyError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.policies.catalog import starter
from hedgerow.policies.overlays import Bounds, Budget, Persist
from hedgerow.policies.rules import Constant, Linear
from hedgerow.policies.signals import Average, Level
from hedgerow.policies.tables import Ladder
from hedgerow.policies.trigger import AtRoll, Trigger
from hedgerow.report import walking
from hedgerow.research import performance
from hedgerow.research.comparison import cash_returns
from hedgerow.research.overfit import register
from hedgerow.research.tuning.judging import sharpe_lead
from hedgerow.research.tuning.lanes import (
    AROUND,
    fixed_tallies,
    lanes_of,
    main_numbers,
    nearby,
    numbers_of,
    tallies,
)
from hedgerow.research.tuning.objective import Objective

FULL = Policy([Linear(), Bounds(), Persist(), Budget(), Trigger()], [Level("vix")], name="linear")
AXES = {"linear.low": [10.0, 12.0, 15.0], "bounds.cap": [1.0, 2.0]}
MEAN = Average("vix", days=10)
TERMS = {"train": 260, "test": 120, "carriage": "numpy", "groups": 0}


@pytest.fixture(scope="module")
def data():
    return synthetic.market(sessions=760)


@pytest.fixture(scope="module")
def walked(data) -> WalkResult:
    return walk(FULL, data, Put(), AXES, **TERMS)


def planted_walk(market, **more) -> WalkResult:
    terms = {"train": 250, "test": 125, "carriage": "numpy", "costs": Costs.none()} | more
    return walk(planted.RULE, market, planted.SHORT, planted.EDGES, **terms)


def test_what_was_planted_is_found_and_holds() -> None:
    made = planted_walk(planted.market(900))
    assert set(made.frame()["tiers.first"]) == {planted.TRUE}
    assert made.efficiency > 0.8
    assert made.found.numbers == {"tiers.first": planted.TRUE}
    assert made.found.rank == 1.0
    assert made.found.whole["walked"] > made.found.whole["given"] > made.found.whole["static"]
    assert made.found.paths.beat == 1.0
    assert set(made.found.paths.lanes) == {planted.EDGES["tiers.first"].index(planted.TRUE)}


def test_a_lane_that_was_lost_is_beaten_by_the_chosen_one() -> None:
    policy = Policy([Constant(1.0)], [], name="held", raw=True)
    terms = {"train": 200, "test": 100, "groups": 0, "carriage": "numpy"}
    lanes = {"constant.level": [0.5, 90.0]}
    found = walk(policy, planted.market(700), planted.SHORT, lanes, **terms).found
    assert {choice.lane for choice in found.choices} == {0}
    assert found.rank == 1.0


def test_of_pure_noise_nothing_is_left() -> None:
    # 13 years out of sample in all: a worthless choice has a Sharpe of 0 ± 0.28 there
    every = [
        planted_walk(planted.market(900, edge=0.0, seed=k), train=60, test=60, groups=0).found
        for k in range(4)
    ]
    inside = np.mean([found.inside for found in every])
    outside = np.mean([found.whole["walked"] for found in every])
    assert inside > 1.0  # the best of seven lanes always looks like something
    assert abs(outside / inside) < 0.35
    assert abs(np.mean([found.rank for found in every]) - 0.5) < 0.1


@pytest.mark.parametrize("anchored", [False, True])
def test_one_lane_walked_is_its_backtest(data, anchored: bool) -> None:
    made = walk(FULL, data, Put(), {"linear.low": [12.0]}, anchored=anchored, **TERMS).found
    first = made.choices[0].test[0]
    alone = api.backtest(FULL, data, Put(), start=first).found.tracks["dynamic"]
    ours = made.judged.tracks["walked"]
    for name in alone.columns:
        assert np.array_equal(ours[name], alone[name]), name
    assert made.whole["given"] == made.whole["walked"]


def test_choices_are_the_best_backtests_of_their_windows(data, walked) -> None:
    for choice in walked.found.choices:
        made = {}
        for lane in range(len(walked.found.spread)):
            one = run.prepare(data, Put(), Equity(), start=choice.train[0], end=choice.train[1])
            track = run.play("lane", walked.found.spread.lane(lane), one)
            made[lane] = performance.statistics(track, cash_returns(one))["sharpe_excess"]
        best = max(made, key=lambda lane: made[lane])
        assert made[choice.lane] == pytest.approx(made[best], abs=2e-3)
        assert choice.inside == pytest.approx(made[choice.lane], abs=5e-3)


@pytest.mark.parametrize("anchored", [False, True])
def test_the_numbers_to_go_on_with_are_those_of_the_window_that_ends_with_the_data(
    data, anchored: bool
) -> None:
    made = walk(FULL, data, Put(), AXES, anchored=anchored, **TERMS)
    start = 0 if anchored else len(data) - TERMS["train"]
    ground = run.prepare(data, Put(), Equity())
    spread, rows = made.found.spread, slice(start, len(data))
    (tally,), (fixed,) = tallies(spread, ground, [rows], "numpy"), fixed_tallies(ground, [rows])
    best = Objective().best(tally, fixed, 0.0)
    assert made.policy == spread.lane(best)
    assert made.to_dict()["latest"] == {k: float(v[best]) for k, v in spread.values.items()}


def test_numbers_change_and_the_book_goes_on(data, walked) -> None:
    found = walked.found
    later, begin = found.judged.ground, found.choices[0].fold.test.start
    ours = found.judged.tracks["walked"]
    # the law of one book: every bar follows from the one before, by the numbers then in force
    bars = later.tape(FULL)
    turns = {c.fold.test.start - begin: found.spread.lane(c.lane) for c in found.choices}
    journey, _ = floats.play(FULL, bars, turns=turns)
    assert np.array_equal(journey.book.nav, ours["nav"])
    alone = run.play("first", found.spread.lane(found.choices[0].lane), later)
    upto = found.choices[1].fold.test.start - begin
    assert np.array_equal(alone["nav"][: upto + 1], ours["nav"][: upto + 1])
    assert (ours["spent"][1:] >= 0.0).all()
    assert np.array_equal(
        ours["peak"], np.maximum.accumulate(np.r_[later.values[later.first], ours["nav"]])[1:]
    )


def test_a_change_of_numbers_trades_only_when_the_trigger_says_so() -> None:
    market = synthetic.market(sessions=300)
    ground = run.prepare(market, Put(), Equity())
    low, high = (Policy([Constant(level), AtRoll()], name="held") for level in (0.5, 2.0))
    track = run.play("turned", low, ground, turns={100: high})
    alone = run.play("alone", low, ground)
    rolls = np.flatnonzero(ground.strip.roll)
    next_roll = int(rolls[rolls > 101][0])
    assert np.array_equal(track["held"][:next_roll], alone["held"][:next_roll])
    assert track["held"][next_roll] > 3.0 * alone["held"][next_roll]


def test_the_window_after_a_change_decides_by_the_new_numbers() -> None:
    market = planted.market(400)
    ground = run.prepare(market, planted.SHORT, Equity(), costs=Costs.none())
    other = Policy([planted.RULE.steps[0].__class__("fear", first=25.0, second=90.0)],
                   planted.RULE.signals, name="fear", raw=True)  # fmt: skip
    track = run.play("turned", planted.RULE, ground, turns={200: other})
    fear, x = market["fear"], track["x"]
    assert np.array_equal(x[:200], (fear[:200] > 18.0).astype(float))
    assert np.array_equal(x[200:], (fear[200:] > 25.0).astype(float))


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("cut", [560, 641])
def test_no_look_ahead_the_future_changes_no_earlier_fold(data, anchored: bool, cut: int) -> None:
    whole = walk(FULL, data, Put(), AXES, anchored=anchored, **TERMS).found
    part = walk(FULL, data.until(cut), Put(), AXES, anchored=anchored, **TERMS).found
    kept = [c for c in whole.choices if c.fold.test.stop <= cut]
    assert kept
    for ours, theirs in zip(kept, part.choices, strict=False):
        assert ours.lane == theirs.lane
        assert ours.fold.train == theirs.fold.train
        assert ours.inside == theirs.inside
    mine, its = whole.judged.tracks["walked"], part.judged.tracks["walked"]
    for name in ("nav", "held", "x", "wanted"):
        assert np.array_equal(mine[name][: len(its)], its[name]), name


@pytest.mark.slow
def test_compiled_lanes_walk_the_same_way(data, walked) -> None:
    made = walk(FULL, data, Put(), AXES, **{**TERMS, "carriage": "compiled"})
    assert made.frame().equals(walked.frame())
    assert made.track().equals(walked.track())


def test_purge_is_reach_and_life_and_the_embargo_comes_on_top(data) -> None:
    policy = Policy([Linear("vix_ma10"), Trigger("vix_ma10")], [MEAN], name="mean")
    made = walk(policy, data, Put(roll="21b"), {"linear.low": [12.0]}, embargo=7, **TERMS).found
    assert made.purge == 10 + 21
    first = made.choices[0].fold
    assert first.test.start - first.train.stop == 10 + 21 + 7


def test_the_register_counts_every_lane_once_and_the_walk(data, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    first = walk(FULL, data, Put(), AXES, **TERMS)
    assert first.luck.count.trials == 6 + 1
    assert walk(FULL, data, Put(), AXES, **TERMS).luck.count.trials == 7  # the same walk again
    other = walk(FULL, data, Put(), AXES, **{**TERMS, "test": 100})
    assert other.luck.count.trials == 7 + 1  # other windows from the same day: the same lanes
    kept = register.read(tmp_path / "trials.jsonl").trials
    assert [(run.kind, run.lanes) for run in kept] == [("walk", 6), ("walk", 1), ("walk", 1)]


def test_another_choice_on_the_same_days_is_another_walk(data, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    walks = [walk(FULL, data, Put(), AXES, objective=aim, **TERMS) for aim in ("sharpe", "saving")]
    chosen = [[choice.lane for choice in each.found.choices] for each in walks]
    assert chosen[0] != chosen[1]
    assert walks[1].luck.count.trials == 6 + 1 + 1


def test_main_numbers_are_the_rules_and_refused_ones_are_left_out() -> None:
    policy = starter("linear")
    assert main_numbers(policy) == ["linear.low", "linear.high"]
    lanes = lanes_of(policy, None)
    assert len(lanes) == 24  # of 25, low 15.6 and high 15.4 are refused
    assert (lanes.values["linear.low"] < lanes.values["linear.high"]).all()
    assert numbers_of(policy)["persist.days"] == 2.0
    counted = Policy([Constant(), Persist(days=5)], name="held")
    assert nearby(counted, "persist.days", [5.0 * f for f in AROUND]) == [4.0, 5.0, 6.0]


def test_a_policy_without_numbers_is_told() -> None:
    bare = Policy([Ladder("vix")], [Level("vix")], name="bare", raw=True)
    with pytest.raises(PolicyError, match="no number that could be varied"):
        lanes_of(bare, None)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"train": "9y"}, "to test on"),
        ({"train": 5}, "too short"),
        ({"test": 3}, "too short"),
        ({"test": "soon"}, "no length of time"),
        ({"embargo": -1}, "cannot be left out"),
        ({"groups": 2}, "2 groups cannot be held out"),
        ({"embargo": 1.5}, "cannot be left out"),
        ({"groups": "8"}, "'8' groups cannot be held out"),
        ({"held_out": "2"}, "'2' groups cannot be held out"),
        ({"held_out": 0}, "0 groups cannot be held out"),
        ({"groups": -3}, "-3 groups cannot be held out"),
        ({"objective": "luck"}, "no objective"),
        ({"carriage": "cart"}, "not a carriage"),
        ({"axes": {"linear.lwo": [1.0]}}, "no number called"),
        ({"axes": {"linear.low": [30.0]}}, "high must be greater"),
        ({"axes": [1.0]}, "no axes"),
        ({"start": "2017-13-01"}, "date"),
    ],
)
def test_mistakes_are_told(data, more, said: str) -> None:
    terms = {"axes": AXES, **TERMS, **more}
    with pytest.raises(HedgerowError, match=said):
        walk(FULL, data, Put(), **terms)


def test_every_objective_walks(data) -> None:
    why = {"saving": "", "her": "no lane has a value", "cost": "pieces"}
    for name, said in why.items():
        made = walk(FULL, data, Put(), AXES, objective=name, protect=0.3, **{**TERMS, "groups": 4})
        assert len(made.found.choices) == 4
        assert (made.found.paths is None) == bool(said)
        assert said in made.found.remark


def test_too_short_a_run_has_no_paths_and_says_why(data) -> None:
    made = walk(FULL, data.until(430), Put(), AXES, **{**TERMS, "groups": 8, "embargo": 90})
    assert made.found.paths is None
    assert "too few" in str(made)


def test_a_run_must_leave_something(data) -> None:
    with pytest.raises(RangeError, match="to test on"):
        walk(FULL, data.until(280), Put(), AXES, **TERMS)


def test_the_error_of_a_lead_is_that_of_simulated_pairs_memmel_2003() -> None:
    rng = np.random.default_rng(11)
    days, rho = 500, 0.9
    first = rng.normal(0.001, 0.01, (4_000, days))
    second = rho * (first - 0.001) + np.sqrt(1 - rho**2) * rng.normal(0.0, 0.01, first.shape) + 5e-4
    made = [sharpe_lead(a, b) for a, b in zip(first[:200], second[:200], strict=True)]
    ratios = [each.mean(axis=1) / each.std(axis=1, ddof=1) * 252**0.5 for each in (first, second)]
    assert made[0].value == pytest.approx(ratios[0][0] - ratios[1][0])
    assert np.mean([lead.error for lead in made]) == pytest.approx(
        np.std(ratios[0] - ratios[1]), rel=0.04
    )


def test_tuning_pays_only_beyond_noise() -> None:
    assert walking.headline(planted_walk(planted.market(900)).found).endswith("tuning paid.")
    found = planted_walk(planted.market(900, edge=0.0, seed=3), groups=0).found
    judged = found.judged
    assert not walking.headline(found).endswith("tuning paid.")
    lead = judged.lead("walked", "given")
    assert lead.value == pytest.approx(found.whole["walked"] - found.whole["given"])
    assert judged.lead("given", "given") == (0.0, pytest.approx(0.0, abs=1e-6))


def test_frames_and_plain_values_say_the_same(walked) -> None:
    frame, plain = walked.frame(), walked.to_dict()
    assert [fold["numbers"]["linear.low"] for fold in plain["folds"]] == list(frame["linear.low"])
    assert plain["rank"] == pytest.approx(walked.found.rank)
    days = walked.track()
    assert list(days["walked"]) == list(walked.found.judged.tracks["walked"]["nav"])
    assert plain["period"]["sessions"] == len(days)
    assert "Not investment advice" in str(walked)
    assert repr(walked).startswith("<Walk of linear with put")
