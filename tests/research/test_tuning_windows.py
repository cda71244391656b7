"""Windows, purge and embargo against folds by hand; lanes against backtests of the windows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skfolio.model_selection import CombinatorialPurgedCV

import planted_levels as planted
import synthetic
from hedgerow.core.lanes.spread import Spread, grid
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.policies.overlays import Bounds, Budget, Persist
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from hedgerow.research import crises, performance
from hedgerow.research.comparison import cash_returns, fixed_policy
from hedgerow.research.overfit.blocks import lane_returns
from hedgerow.research.tuning.combining import combine, splits_of
from hedgerow.research.tuning.lanes import alone_deepest, falls_in, fixed_tallies, tallies
from hedgerow.research.tuning.objective import Objective, Tally, tally_of
from hedgerow.research.tuning.windows import LEAST, begun, folds, sessions, tape_of

POLICY = Policy([Linear(), Bounds(), Persist(), Budget(), Trigger()], [Level("vix")], name="linear")
WINDOWS = [slice(0, 260), slice(120, 500), slice(120, 640), slice(400, 700)]


@pytest.fixture(scope="module")
def market():
    return synthetic.market(sessions=760)


@pytest.fixture(scope="module")
def ground(market):
    return run.prepare(market, Put(), Equity(), lookback=POLICY.lookback)


def spans(found) -> list[tuple[int, int, int, int]]:
    return [(f.train.start, f.train.stop, f.test.start, f.test.stop) for f in found]


def test_rolling_folds_by_hand() -> None:
    made = spans(folds(300, 100, 50, gap=10))
    assert made == [
        (0, 100, 110, 160),
        (50, 150, 160, 210),
        (100, 200, 210, 260),
        (150, 250, 260, 300),
    ]


def test_anchored_folds_by_hand() -> None:
    made = spans(folds(300, 100, 60, anchored=True, gap=10))
    assert made == [(0, 100, 110, 170), (0, 160, 170, 230), (0, 220, 230, 300)]


@given(
    st.integers(60, 900), st.integers(LEAST, 300), st.integers(LEAST, 200), st.booleans(),
    st.integers(0, 80),
)  # fmt: skip
def test_folds_never_overlap_what_they_are_judged_on(
    count: int, train: int, test: int, anchored: bool, gap: int
) -> None:
    if count - train - gap < LEAST:
        with pytest.raises(RangeError, match="to test on"):
            folds(count, train, test, anchored=anchored, gap=gap)
        return
    made = folds(count, train, test, anchored=anchored, gap=gap)
    assert made[0].train == slice(0, train)
    assert made[-1].test.stop == count
    for before, after in itertools.pairwise(made):
        assert after.test.start == before.test.stop == before.test.start + test
    for fold in made:
        assert fold.train.stop + gap == fold.test.start
        assert fold.train.start == (0 if anchored else fold.train.stop - train)
        assert fold.test.stop - fold.test.start >= LEAST


@pytest.mark.parametrize(
    ("length", "many"),
    [("5y", 1260), ("18m", 378), ("26w", 130), ("60d", 60), (77, 77), ("0.5y", 126)],
)
def test_lengths(length, many) -> None:
    assert sessions(length, "train") == many


@pytest.mark.parametrize("length", ["", "five", "5q", "-1y", 0, True, "0y", None])
def test_no_lengths(length) -> None:
    with pytest.raises(RangeError, match="no length of time"):
        sessions(length, "train")


def test_held_out_groups_by_hand() -> None:
    made = splits_of(150, 3, 2, purge=5, embargo=3)
    # held out: groups 0, 1 / 0, 2 / 1, 2 of 0-49, 50-99, 100-149
    assert [rows.tolist() for rows in made.train] == [
        list(range(108, 150)),
        list(range(58, 95)),
        list(range(45)),
    ]
    assert [[(g[0], g[-1]) for g in test] for test in made.test] == [
        [(0, 49), (50, 99)],
        [(0, 49), (100, 149)],
        [(50, 99), (100, 149)],
    ]


@pytest.mark.parametrize(("groups", "held_out"), [(6, 2), (5, 3), (8, 2)])
def test_paths_of_cpcv_cover_the_run_once_each(groups: int, held_out: int) -> None:
    made = splits_of(600, groups, held_out, purge=7, embargo=4)
    many = math.comb(groups, held_out) * held_out // groups  # López de Prado (2018), 12.4.1
    assert made.path.max() + 1 == many
    for path in range(many):
        rows = [
            group
            for split, test in enumerate(made.test)
            for k, group in enumerate(test)
            if made.path[split, k] == path
        ]
        assert np.sort(np.concatenate(rows)).tolist() == list(range(600))
    for train, test in zip(made.train, made.test, strict=True):
        for group in test:
            before, after = group[0] - train[train < group[0]], train[train > group[-1]] - group[-1]
            assert before.min(initial=99) > 7
            assert after.min(initial=99) > 7 + 4


@pytest.mark.parametrize(
    ("groups", "held_out", "said"),
    [(3, 1, "held out"), (4, 4, "held out"), (40, 20, "held out"), (10, 2, "too short")],
)
def test_groups_that_cannot_be(groups: int, held_out: int, said: str) -> None:
    with pytest.raises(RangeError, match=said):
        splits_of(300, groups, held_out, purge=10, embargo=0)


def test_the_tape_of_a_window_is_that_of_its_backtest(market, ground) -> None:
    dates = ground.market.dates[ground.first :]
    for rows in WINDOWS:
        alone = run.prepare(
            market, Put(), Equity(), lookback=POLICY.lookback,
            start=str(dates[rows.start]), end=str(dates[rows.stop - 1]),
        ).tape(POLICY)  # fmt: skip
        ours = tape_of(ground, POLICY, rows)
        assert np.array_equal(ours.times, alone.times)
        assert ours.nav == alone.nav
        for mine, theirs in zip(
            (*ours.bars, *ours.signals), (*alone.bars, *alone.signals), strict=True
        ):
            assert np.array_equal(mine, theirs)


def test_every_lane_of_every_window_is_its_backtest(market, ground) -> None:
    spread = Spread(POLICY, grid({"linear.low": [10.0, 14.0], "bounds.cap": [1.0, 2.0]}))
    made, fixed = tallies(spread, ground, WINDOWS, "numpy"), fixed_tallies(ground, WINDOWS)
    dates = ground.market.dates[ground.first :]
    for rows, tally, plain in zip(WINDOWS, made, fixed, strict=True):
        alone = run.prepare(
            market, Put(), Equity(), lookback=POLICY.lookback,
            start=str(dates[rows.start]), end=str(dates[rows.stop - 1]),
        )  # fmt: skip
        cash = cash_returns(alone)
        static = performance.statistics(run.play("static", fixed_policy(alone), alone), cash)
        assert alone_deepest(ground, rows) == pytest.approx(
            performance.drawdowns(run.unhedged(alone)["nav"]).min(), rel=1e-12
        )
        for k in range(len(spread)):
            track = run.play("lane", spread.lane(k), alone)
            told = performance.statistics(track, cash)
            # bills count by their mean over the window: see Sums.over
            assert tally.sharpe()[k] == pytest.approx(told["sharpe_excess"], rel=1e-3, abs=1e-3)
            assert tally.paid[k] == pytest.approx(told["hedge_cost"], rel=1e-12)
            assert tally.deepest[k] == pytest.approx(told["max_drawdown"], rel=1e-12)
            saved = Objective("saving").measure(tally, plain)[k]
            assert saved == pytest.approx(performance.saving(told, static)["saving"], rel=1e-9)
            falls = [
                slice(f.start - rows.start, f.stop - rows.start) for f in falls_in(ground, rows)
            ]
            each = [crises.effectiveness(track, fall) for fall in falls]
            her = crises.pooled((e["hedge_gain"], e["portfolio_loss"]) for e in each)
            assert falls
            assert tally.her()[k] == pytest.approx(her, rel=1e-9)
            one = tally_of(track, cash, slice(0, len(track)), falls)
            assert one.her()[0] == pytest.approx(her, rel=1e-12)
            assert one.sharpe()[0] == pytest.approx(told["sharpe_excess"], rel=1e-9)


def test_cost_takes_the_cheapest_that_protects_enough(ground) -> None:
    spread = Spread(
        POLICY, grid({"linear.low": [8.0, 12.0, 16.0], "linear.high": [17.0, 30.0, 60.0]})
    )
    rows = slice(0, 700)
    (tally,), (fixed,) = tallies(spread, ground, [rows], "numpy"), fixed_tallies(ground, [rows])
    alone = alone_deepest(ground, rows)
    points = (tally.deepest - alone) / (fixed.deepest[0] - alone)
    for part in np.quantile(points, [0.3, 0.7]):
        enough = points >= part
        assert enough.any()
        assert not enough.all()
        best = Objective("cost", float(part)).best(tally, fixed, alone)
        assert tally.paid[best] == tally.paid[enough].min()
    most = Objective("cost", 2.0).best(tally, fixed, alone)
    assert not (points >= 2.0).any()
    assert tally.deepest[most] == tally.deepest.max()


@pytest.mark.parametrize("name", ["sharpe", "saving", "her"])
def test_a_lost_lane_is_never_best_even_where_its_deepest_fall_is_unknown(name: str) -> None:
    # once NAV is lost nothing more is paid, which looks like a saving
    lanes = Tally(99.0, np.array([0.1, np.nan]), np.array([0.1, 0.1]), *np.array(
        [[5.0, 0.0], [1.0, 9.0], [10.0, 10.0], [np.nan, np.nan]]))  # fmt: skip
    fixed = Tally(99.0, *np.array([[0.1], [0.1], [10.0], [1.0], [10.0], [-0.1]]))
    assert Objective(name).best(lanes, fixed, 0.0) == 0


def test_cpcv_against_daily_returns_and_skfolio() -> None:
    ground = run.prepare(planted.market(700), planted.SHORT, Equity(), costs=Costs.none())
    spread = Spread(planted.RULE, grid(planted.EDGES))
    made = combine(spread, ground, Objective(), groups=6, purge=6, embargo=3, carriage="numpy")
    bars = len(ground.market) - ground.first
    each = lane_returns(
        spread, tape_of(ground, planted.RULE, slice(0, bars)), np.arange(len(spread))
    )
    cutter = CombinatorialPurgedCV(n_folds=6, n_test_folds=2, purged_size=6, embargo_size=3)
    ids, paths, chosen = cutter.get_path_ids(), [{} for _ in range(5)], []
    for split, (train, tests) in enumerate(cutter.split(each)):
        inside = each[train]
        best = int(np.argmax(inside.mean(axis=0) / inside.std(axis=0, ddof=1)))
        chosen.append(best)
        for k, rows in enumerate(tests):
            paths[ids[split, k]][rows[0]] = each[rows, best]
    ratios = [performance.sharpe(np.concatenate(list(path.values()))) for path in paths]
    assert made.lanes.tolist() == chosen
    assert made.sharpe == pytest.approx(ratios, rel=1e-9)
    assert made.hindsight_sharpe == pytest.approx(
        max(performance.sharpe(column) for column in each.T), rel=1e-9
    )
    fixed = run.play("static", fixed_policy(ground), ground)
    assert made.fixed_sharpe == pytest.approx(performance.sharpe(performance.returns(fixed["nav"])))


def test_cpcv_saves_what_the_chosen_lanes_saved(ground) -> None:
    spread = Spread(POLICY, {"linear.low": np.array([12.0])})
    made = combine(spread, ground, Objective("saving"), groups=4, purge=10, carriage="numpy")
    track = run.play("lane", spread.lane(0), ground)
    static = run.play("static", fixed_policy(ground), ground)
    cash = cash_returns(ground)
    told = [performance.statistics(each, cash) for each in (track, static)]
    assert made.saving == pytest.approx(performance.saving(*told)["saving"], rel=1e-9)


def test_cpcv_has_no_deepest_fall(ground) -> None:
    spread = Spread(POLICY, {"linear.low": np.array([10.0, 12.0])})
    with pytest.raises(RangeError, match="pieces"):
        combine(spread, ground, Objective("cost"), carriage="numpy")


def test_a_window_without_a_crisis_has_its_own_fall(ground) -> None:
    rows = slice(30, 90)  # early 2017: no dated crisis
    (fall,) = falls_in(ground, rows)
    values = begun(ground, 0).values[ground.first :]
    peak, trough, _ = performance.worst_fall(values[rows])
    assert fall == slice(30 + peak, 30 + trough + 1)


@pytest.mark.parametrize(
    ("name", "protect", "where"),
    [("sortino", 1.0, "objective"), ("cost", 0.0, "protect"), ("cost", True, "protect")],
)
def test_no_objectives(name, protect, where) -> None:
    with pytest.raises(RangeError) as raised:
        Objective(name, protect)
    assert raised.value.where == where
