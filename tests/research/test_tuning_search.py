"""Search and surface: the planted number is found, every trial counts, neighbours are backtests."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

import planted_levels as planted
import synthetic
from hedgerow import api
from hedgerow.api.searching import SurfaceResult, search, surface
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.policies.catalog import starter
from hedgerow.research import performance
from hedgerow.research.comparison import cash_returns
from hedgerow.research.overfit import register
from hedgerow.research.tuning import searching
from hedgerow.research.tuning.sensitivity import Shifted

SPACE = {"tiers.first": (11.0, 29.0)}


@pytest.fixture(scope="module")
def data():
    return synthetic.market(sessions=500)


def find(trials: int = 40, **more):
    terms = {"carriage": "numpy", "costs": Costs.none()} | more
    return search(planted.RULE, planted.market(600), planted.SHORT, SPACE, trials=trials, **terms)


@pytest.fixture(scope="module")
def around(data) -> SurfaceResult:
    axes = {"linear.low": [10.0, 14.0], "linear.high": [12.0, 20.0, 26.0]}
    return surface(starter("linear"), data, Put(), axes, carriage="numpy")


def test_the_planted_number_is_found_and_holds() -> None:
    made = find()
    assert made.best["tiers.first"] == pytest.approx(planted.TRUE, abs=1.0)
    assert made.policy.steps[0].first == made.best["tiers.first"]
    assert made.found.outside["found"] > made.found.outside["given"]
    assert made.found.efficiency > 0.7
    assert made.found.importance == {"tiers.first": 1.0}
    assert len(made.frame()) == 40


def test_the_same_seed_finds_the_same_and_another_does_not() -> None:
    first, again, other = find(12), find(12), find(12, seed=1)
    assert first.to_dict() == again.to_dict()
    assert first.frame()["tiers.first"].tolist() != other.frame()["tiers.first"].tolist()


def test_a_trial_is_the_backtest_of_the_training_part() -> None:
    made = find(5).found
    market = planted.market(600)
    dates = market.dates
    for each in made.history:
        policy = replace(
            planted.RULE, steps=[replace(planted.RULE.steps[0], first=each.numbers["tiers.first"])]
        )
        alone = run.prepare(
            market, planted.SHORT, Equity(), costs=Costs.none(),
            end=str(dates[made.split.train.stop - 1]),
        )  # fmt: skip
        nav = run.play("trial", policy, alone)["nav"]
        assert each.value == pytest.approx(performance.sharpe(performance.returns(nav)), rel=1e-9)


def test_the_search_never_sees_the_test_part() -> None:
    market = planted.market(600)
    columns = {name: np.array(column) for name, column in market.columns.items()}
    columns["spx"][300:] = columns["spx"][300:][::-1]
    from hedgerow.core.market import Market

    other = search(
        planted.RULE, Market(market.times, columns), planted.SHORT, SPACE, trials=12,
        carriage="numpy", costs=Costs.none(),
    )  # fmt: skip
    assert other.frame().equals(find(12).frame())
    assert other.found.outside != find(12).found.outside


def test_refused_numbers_are_told_and_not_counted(data, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    space = {"linear.low": (10, 30), "linear.high": (12, 32), "persist.days": (1, 5)}
    made = search(starter("linear"), data, Put(), space, trials=24, carriage="numpy")
    refused = [each for each in made.found.history if each.refused]
    assert refused
    assert all(each.numbers["linear.low"] >= each.numbers["linear.high"] for each in refused)
    assert all(float(each.numbers["persist.days"]).is_integer() for each in made.found.history)
    assert made.luck.count.trials == 24 - len(refused)
    (kept,) = register.read(tmp_path / "trials.jsonl").trials
    assert (kept.kind, kept.lanes) == ("search", 24 - len(refused))


def test_numbers_that_are_tried_twice_are_one_trial(data, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    made = search(starter("linear"), data, Put(), {"persist.days": (1, 3)}, trials=12,
                  carriage="numpy")  # fmt: skip
    assert len(made.found.history) == 12
    assert made.luck.count.trials == made.frame()["persist.days"].nunique() <= 3


def test_ctrl_c_keeps_what_is_done() -> None:
    done = []

    def interrupt(count: int) -> None:
        done.append(count)
        if len(done) == 2:
            raise KeyboardInterrupt

    made = find(40, progress=interrupt)
    assert len(made.found.history) == 16
    assert made.found.stopped == "it was interrupted"
    assert "16 trials of 40, since it was interrupted" in " ".join(str(made).split())


def test_ctrl_c_before_anything_is_done_is_not_swallowed(monkeypatch) -> None:
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(searching, "_refusal", interrupt)
    with pytest.raises(KeyboardInterrupt):
        find(4)


def test_a_budget_of_time_ends_it() -> None:
    made = find(40, seconds=0.0)
    assert len(made.found.history) == searching.BATCH
    assert "seconds were over" in str(made)


def test_without_optuna_the_mend_is_told(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(HedgerowError, match=r"pip install 'hedgerow\[search\]'"):
        find(4)


@pytest.mark.parametrize(
    ("space", "more", "said"),
    [
        ({}, {}, "nothing to search"),
        ({"tiers.fist": (1, 2)}, {}, "no number called"),
        ({"tiers.first": (2, 1)}, {}, "is no range"),
        ({"tiers.first": (1,)}, {}, "is no range"),
        ({"tiers.first": (1, 2, 0)}, {}, "is no range"),
        ({"tiers.first": ("1", "2")}, {}, "is no range"),
        ({"tiers.first": (1, math.inf)}, {}, "is no range"),
        ({"tiers.first": 5}, {}, "is no range"),
        ({"tiers.first": (-1e308, 1e308)}, {}, "is no range"),
        ({"tiers.first": (1, 2, "x")}, {}, "is no range"),
        ({"tiers.first": (11, 29, 1e-300)}, {}, "do not part 11 to 29"),
        ({"tiers.first": (11, 29, 20)}, {}, "do not part 11 to 29"),
        ({"tiers.first": (100, 200)}, {}, "refuses all of 4 trials, such as .*first"),
        (SPACE, {"seed": 2**32}, "no seed"),
        (SPACE, {"seconds": "5"}, "'5' is no time"),
        (SPACE, {"seconds": math.nan}, "nan is no time"),
        (SPACE, {"split": 5}, "5 is not a split"),
        (SPACE, {"protect": "x"}, "'x' is no part"),
        (SPACE, {"trials": 0}, "number of trials"),
        (SPACE, {"objective": "hope"}, "no objective"),
        (SPACE, {"split": "soon"}, "not a split"),
        (SPACE, {"carriage": "cart"}, "not a carriage"),
    ],
)
def test_mistakes_are_told(space, more, said: str) -> None:
    terms = {"trials": 4, "carriage": "numpy"} | more
    with pytest.raises(HedgerowError, match=said):
        search(planted.RULE, planted.market(200), planted.SHORT, space, **terms)


def test_a_range_ends_at_the_last_value_that_its_steps_reach() -> None:
    space = {"persist.days": (1.5, 9, 3), "linear.low": (8, 18, 3), "bounds.cap": (1, 2)}
    assert searching.checked_space(starter("linear"), space) == {
        "persist.days": (2.0, 8.0, 3.0),
        "linear.low": (8.0, 17.0, 3.0),
        "bounds.cap": (1.0, 2.0, None),
    }
    for given in ((2.2, 2.8), (1, 9, 0.5)):
        with pytest.raises(HedgerowError, match="whole"):
            searching.checked_space(starter("linear"), {"persist.days": given})


def test_the_surface_is_made_of_backtests(data, around) -> None:
    found = around.found
    assert {key: list(values) for key, values in found.axes.items()} == {
        "linear.low": [10.0, 12.0, 14.0],
        "linear.high": [12.0, 20.0, 22.0, 26.0],
    }  # the policy's own 12 and 22 among them
    dates = found.ground.market.dates[found.ground.first :]
    for rows, values in ((found.split.train, found.train), (found.split.test, found.test)):
        alone = run.prepare(
            data, Put(), Equity(), start=str(dates[rows.start]), end=str(dates[rows.stop - 1])
        )
        for (i, j), value in np.ndenumerate(values):
            low, high = (list(axis)[k] for axis, k in zip(found.axes.values(), (i, j), strict=True))
            if low >= high:
                assert math.isnan(value)
                continue
            policy = starter("linear")
            policy = replace(
                policy, steps=[replace(policy.steps[0], low=low, high=high), *policy.steps[1:]]
            )
            track = run.play("lane", policy, alone)
            told = performance.statistics(track, cash_returns(alone))["sharpe_excess"]
            assert value == pytest.approx(told, abs=2e-2, rel=2e-3)
    assert found.own == (found.train[1, 2], found.test[1, 2])


def test_each_number_is_changed_alone(data, around) -> None:
    found = around.found
    mine = {(each.key, each.change): each for each in found.shifted}
    assert mine["linear.high", 0.1].number == 24.2
    assert mine["bounds.floor", -0.2].number == pytest.approx(0.16)
    assert mine["persist.days", 0.1].number == 3.0
    assert mine["persist.days", 0.1].whole
    assert not mine["linear.high", 0.1].whole
    assert ("persist.days", -0.2) not in mine  # no day at all is refused
    own = surface(
        replace(starter("linear"), steps=[replace(starter("linear").steps[0], high=24.2),
                                          *starter("linear").steps[1:]]),
        data, Put(), {"linear.low": [12.0]}, carriage="numpy",
    )  # fmt: skip
    assert mine["linear.high", 0.1].train == own.found.own[0]
    assert mine["linear.high", 0.1].test == own.found.own[1]


def shifted(change: float, kept: float, *, whole: bool = False) -> Shifted:
    return Shifted("linear.low", change, 1.0, kept, kept, kept, kept, whole=whole)


@pytest.mark.parametrize(
    ("near", "far", "shape"),
    [
        ((0.95, 0.9), (0.7, 0.6), "plateau"),
        ((0.95, 0.9), (0.7, 0.4), "slope"),
        ((0.7, 0.9), (0.7, 0.6), "slope"),
        ((0.3, 1.2), (0.7, 0.6), "spike"),
        ((math.nan, math.nan), (math.nan, math.nan), "no lead"),
    ],
)
def test_shapes(around, near, far, shape: str) -> None:
    parts = (
        shifted(-0.1, near[0]), shifted(0.1, near[1]), shifted(-0.2, far[0]), shifted(0.2, far[1]),
        shifted(0.1, -5.0, whole=True),
    )  # fmt: skip
    made = SurfaceResult(replace(around.found, shifted=parts))
    assert made.shape == shape
    assert (shape if shape != "no lead" else "no lead in training") in str(made)
    if shape != "no lead":
        assert made.survives(0.1) == min(near)
        assert made.survives(0.2) == min(far)


def test_a_change_that_puts_the_lane_out_leaves_nothing_of_the_lead(data) -> None:
    axes = {"linear.low": [12.0]}
    made = surface(
        starter("linear"), data, Put(), axes, objective="cost", protect=0.7, carriage="numpy"
    )
    out = [each for each in made.found.shifted if math.isnan(each.train)]
    assert {each.kept_train for each in out} == {0.0}
    assert {each.change for each in out if not each.whole} >= {-0.2, 0.1}  # of some number each
    assert made.survives(0.1) == made.survives(0.2) == 0.0
    assert made.shape == "spike"


def test_a_planted_peak_falls_off_on_both_sides() -> None:
    rule = replace(planted.RULE, steps=[replace(planted.RULE.steps[0], first=planted.TRUE)])
    made = surface(
        rule, planted.market(800, edge=0.006), planted.SHORT, carriage="numpy", costs=Costs.none()
    )
    kept = {
        each.change: each.kept_train for each in made.found.shifted if each.key == "tiers.first"
    }
    assert kept[-0.2] < kept[-0.1] < 1.0
    assert kept[0.2] < kept[0.1] < 1.0
    assert made.survives(0.1) == min(kept[-0.1], kept[0.1])
    assert made.survives(0.2) == min(kept[-0.2], kept[0.2])
    assert made.found.best()["tiers.first"] == planted.TRUE


def test_the_register_counts_every_lane_of_a_surface(data, around, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    made = surface(starter("linear"), data, Put(), around.found.axes, carriage="numpy")
    assert made.luck.count.trials == len(made.found.lanes) == len(around.found.lanes)
    lanes = np.column_stack(list(made.found.lanes.values.values()))
    assert len(np.unique(lanes, axis=0)) == len(lanes)  # none is run, or counted, twice
    assert api.backtest(starter("linear"), data, Put()).luck.count.trials > len(made.found.lanes)


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"linear.low": [1], "linear.high": [2], "bounds.cap": [3]}, "3 axes have no picture"),
        ({"linear.lo": [1]}, "no number called"),
        ({"linear.low": ["a"]}, "not a number"),
        ({"linear.low": []}, "empty"),
        ([1], "no axes"),
        ({"linear.low": range(-50, 10), "linear.high": range(20, 80)}, "points are more"),
    ],
)
def test_mistaken_axes_are_told(data, axes, said: str) -> None:
    with pytest.raises(HedgerowError, match=said):
        surface(starter("linear"), data, Put(), axes, carriage="numpy")


def test_one_axis_and_other_objectives(data) -> None:
    for name in ("saving", "her", "cost"):
        made = surface(
            starter("linear"), data, Put(), {"linear.low": [11.0]}, objective=name, protect=0.3,
            carriage="numpy",
        )  # fmt: skip
        assert made.found.train.shape == (2,)
        assert made.found.fixed == (0.0, 0.0)
        assert list(made.frame().columns) == ["linear.low", "train", "test"]
        assert made.to_dict()["shape"] in ("plateau", "slope", "spike", "no lead")
