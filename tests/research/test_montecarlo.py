"""Paths as lanes: what every path gives alone, bit by bit, in blocks of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.lanes import floats
from hedgerow.core.market import Market
from hedgerow.core.measure import STANDARD
from hedgerow.errors import RangeError
from hedgerow.instruments.plain_put import PlainPut
from hedgerow.research.comparison import fixed_policy
from hedgerow.research.montecarlo import UNHEDGED, MonteCarlo, play_paths
from hedgerow.simulate.falls import FlashCrash
from hedgerow.simulate.paths import Start
from hedgerow.simulate.regime import RegimeLaw, RegimeModel
from hedgerow.simulate.two_regimes import TwoRegimes

CALM = RegimeLaw(0.06, 0.7, 0.13, 0.06, 0.05, 0.06, 0.04, 0.04, 0.01, 2.4, 0.3)
WILD = RegimeLaw(0.0, 0.8, 0.18, 0.06, 0.04, 0.06, 0.05, 0.06, 0.03, 3.2, 0.3)
MODEL = RegimeModel((CALM, WILD), ((0.99, 0.01), (0.02, 0.98)))

POLICY = hr.Policy(
    [hr.Linear(low=12, high=22), hr.Bounds(floor=0.25, cap=2.0), hr.Trigger("vix", move=2.0)],
    [hr.Level("vix")],
)
AVERAGED = hr.Policy([hr.Linear("vix_ma10", low=12, high=22)], [hr.Average("vix", days=10)])


def past(sessions: int = 40) -> Market:
    rng = np.random.default_rng(3)
    days = np.busday_offset("2019-11-01", np.arange(sessions), roll="forward")
    made = {
        "spx": 3000.0 * np.exp(np.cumsum(rng.normal(0, 0.01, sessions))),
        "vix": 15.0 * np.exp(np.cumsum(rng.normal(0, 0.04, sessions))),
    }
    return Market(days.astype("datetime64[ns]"), made)


def job(count: int = 6, sessions: int = 70, **given: Any) -> MonteCarlo:
    policy = given.pop("policy", POLICY)
    sleeve = given.pop("sleeve", hr.Put(roll="30d"))
    start = Start() if given.get("history") is None else Start.of(given["history"])
    paths = MODEL.paths(count, sessions, seed=given.pop("seed", 7), start=start)
    return MonteCarlo(policy, sleeve, hr.Equity(1e7), paths, **{"carriage": "numpy", **given})


def alone(run: MonteCarlo, i: int) -> dict[str, float]:
    """Play path i bar by bar as a backtest does."""
    ground = run.ground(run.market(i))
    strategies = {"dynamic": run.policy, "static": fixed_policy(ground), "unhedged": UNHEDGED}
    return {
        f"{name}.{measure}": float(value)
        for name, policy in strategies.items()
        for measure, value in floats.play(policy, ground.tape(policy), STANDARD)[1].items()
    }


SLEEVES = [hr.Put(roll="30d"), hr.Put(drift=0.05), hr.Collar(), hr.VixFuture()]


@pytest.mark.parametrize("sleeve", SLEEVES, ids=lambda sleeve: sleeve.name)
@pytest.mark.parametrize("policy", [POLICY, AVERAGED], ids=["level", "average"])
def test_every_path_gives_what_its_own_backtest_gives_to_the_last_bit(
    policy: hr.Policy, sleeve: Any
) -> None:
    run = job(policy=policy, sleeve=sleeve, history=past())
    made = run.play(0)
    for i in range(len(run.paths)):
        assert {name: values[i] for name, values in made.items()} == alone(run, i)


def test_a_path_does_not_depend_on_its_block() -> None:
    run = job(count=70)
    whole = run.play(0)
    parts = [replace(run, block=32).play(b) for b in range(3)]
    for name, values in whole.items():
        np.testing.assert_array_equal(values, np.concatenate([part[name] for part in parts]))
    some = play_paths(POLICY, run.sleeve, run.portfolio, run.paths, 60, 67, carriage="numpy")
    for name, values in some.items():
        np.testing.assert_array_equal(values, whole[name][60:67])


@pytest.mark.slow
def test_plain_puts_in_blocks_give_what_each_path_gives_alone() -> None:
    paths = TwoRegimes().paths(300, 90, seed=5)
    run = MonteCarlo(POLICY, PlainPut(), hr.Equity(1e7), paths, threads=1)
    made = run.play(0)
    assert run.strategies == ("dynamic", "static", "unhedged")
    for i in (0, 130, 299):
        for name, value in alone(run, i).items():
            assert made[name][i] == pytest.approx(value, rel=1e-10, abs=1e-6), name
    by_columns = replace(run, carriage="numpy").play(0)
    for name, values in made.items():
        np.testing.assert_array_equal(values, by_columns[name], name)
    some = run.between(100, 291)
    for name, values in some.items():
        np.testing.assert_array_equal(values, made[name][100:291], name)


@pytest.mark.slow
def test_however_many_threads_the_numbers_are_the_same() -> None:
    plain = MonteCarlo(POLICY, PlainPut(), hr.Equity(1e7), TwoRegimes().paths(5_000, 60, seed=5))
    for run in (plain, job(count=700, carriage="compiled")):
        one, three = (replace(run, threads=count).play(0) for count in (1, 3))
        for name, values in one.items():
            np.testing.assert_array_equal(three[name], values, name)


@pytest.mark.slow
def test_both_carriages_agree_to_the_last_bit() -> None:
    run = job(count=140)
    by_numba = replace(run, carriage="compiled").play(0)
    for name, values in run.play(0).items():
        np.testing.assert_array_equal(by_numba[name], values, name)


def test_one_path_alone_and_paths_that_are_all_alike() -> None:
    whole = job().play(0)
    for name, values in job().between(3, 4).items():
        np.testing.assert_array_equal(values, whole[name][3:4])
    paths = FlashCrash(spread=0).paths(3, 60, seed=1)
    run = MonteCarlo(POLICY, hr.Put(), hr.Equity(1e7), paths, carriage="numpy")
    for name, values in run.play(0).items():
        assert values.tolist() == [alone(run, 0)[name]] * 3


def test_a_percentile_sees_all_that_it_looks_at_before_the_start() -> None:
    seen = hr.Quantile("vix", 80, days=90, least=20)
    policy = hr.Policy([hr.Linear("vix", low=12, high=22)], [hr.Level("vix"), seen])
    run = job(policy=policy, history=past(200))
    market = run.market(2)
    whole = seen(run.paths.after(past(200), 2))[-71:]
    assert seen(market)[-71:].tolist() == whole.tolist()
    assert {name: values[2] for name, values in run.play(0).items()} == alone(run, 2)


def test_another_seed_gives_other_paths() -> None:
    one, other = (job(seed=seed).play(0)["dynamic.final_nav"] for seed in (7, 8))
    assert not np.isin(one, other).any()


def test_the_digest_changes_with_all_that_numbers_depend_on() -> None:
    runs = [
        job(),
        job(seed=8),
        job(count=7),
        job(policy=AVERAGED, history=past()),
        job(history=past(41)),
        job(sleeve=hr.Put(0.95)),
        job(costs=hr.Costs.none()),
        job(block=3),
        job(measures=STANDARD[:2]),
    ]
    assert len({run.digest() for run in runs}) == len(runs)
    assert job().digest() == job().digest()


def test_mistakes_are_named() -> None:
    with pytest.raises(RangeError, match="look 9 sessions back, and 0 are known"):
        job(policy=AVERAGED)
    with pytest.raises(RangeError, match="not a carriage"):
        job(carriage="abacus")
    with pytest.raises(RangeError, match="blocks of 0"):
        job(block=0)
    run = job()
    with pytest.raises(RangeError, match="no paths 4 … 6"):
        play_paths(POLICY, run.sleeve, run.portfolio, run.paths, 4, 7)
