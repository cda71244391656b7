"""Paths of a stress are backtests: bar by bar, in blocks of any size, and again."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.engine import run
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.research.stress.replaying import replay
from hedgerow.research.stress.scenario import Scenario, state_of
from research.stress.scenes import AVERAGED, MODEL, POLICY, VIX, history, job

SLEEVES = [hr.Put(), hr.PutSpread(), hr.VixFuture(), hr.VarianceSwap()]


def together(made: object) -> dict[str, np.ndarray]:
    parts = [made.play(block) for block in range(len(made.sizes()))]  # type: ignore[attr-defined]  # a job
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


@pytest.mark.parametrize("sleeve", SLEEVES, ids=lambda sleeve: sleeve.kind)
@pytest.mark.parametrize("policy", [POLICY, AVERAGED], ids=["level", "average"])
def test_a_path_is_the_backtest_of_its_market(policy: hr.Policy, sleeve: object) -> None:
    made = job(policy, sleeve=sleeve)
    one = replay(made, 66)
    ground = run.prepare(
        one.market, sleeve, hr.Equity(), lookback=policy.lookback, start=str(one.dates[0])
    )
    track = run.play("dynamic", policy, ground)
    assert len(track) == len(one) == 61
    for name in ("nav", "earned", "pnl", "cost", "carry", "held", "traded"):
        theirs = getattr(one.played["dynamic"], name)
        assert theirs.tolist() == track[name].tolist(), name
    assert one.played["dynamic"].x[1:].tolist() == track["x"][:-1].tolist()
    assert one.played["unhedged"].nav.tolist() == run.unhedged(ground)["nav"].tolist()


def test_blocks_of_any_size_give_the_same_bits() -> None:
    whole, small = together(job(size=70)), together(job(size=9))
    assert whole.keys() == small.keys()
    assert all(np.array_equal(whole[name], small[name], equal_nan=True) for name in whole)


def test_more_paths_begin_with_the_fewer_and_longer_ones_with_the_shorter() -> None:
    few, many = together(job(paths=20)), together(job(paths=70))
    for name, column in few.items():
        assert np.array_equal(column, many[name][..., :20], equal_nan=True), name
    short, long = replay(job(sessions=30), 3), replay(job(sessions=60), 3)
    assert short.column("vix").tolist() == long.column("vix")[:31].tolist()


def test_a_path_again_has_the_same_figures_bit_by_bit() -> None:
    made = job()
    columns = together(made)
    again = replay(made, 69)
    assert (
        again.played["dynamic"].nav[-1] / again.played["dynamic"].nav[0] - 1.0
        == (columns["dynamic.return"][69])
    )
    assert float(again.fall.depth[0]) == columns["index_fall"][69]
    assert again.column("vix").max() == columns["vix_peak"][69]
    twice = replay(made, 69)
    assert all(
        a.tolist() == b.tolist()
        for a, b in zip(again.played["dynamic"], twice.played["dynamic"], strict=True)
    )


def test_a_constant_policy_is_the_fixed_hedge() -> None:
    constant = hr.Policy(
        [hr.Constant(1.0), hr.Trigger("vix", move=None, relative=None, every=None, drawdown=None)],
        VIX,
        raw=True,
    )
    columns = together(job(constant))
    for name, column in columns.items():
        if name.startswith("dynamic."):
            theirs = columns[name.replace("dynamic", "static")]
            assert np.array_equal(column, theirs, equal_nan=True), name


def test_common_random_numbers_rivals_of_another_policy_are_the_same() -> None:
    first, second = together(job(POLICY)), together(job(AVERAGED, paths=70))
    assert first["index_fall"].tolist() == second["index_fall"].tolist()
    assert not np.array_equal(first["dynamic.return"], second["dynamic.return"])
    gap = first["dynamic.return"] - first["static.return"]
    assert gap.std() < 0.3 * first["dynamic.return"].std()


def test_a_saved_path_is_loaded_to_the_last_bit(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    one = replay(job(), 12)
    loaded = hr.load(one.save(tmp_path / "path"))
    for name in ("spx", "vix"):
        assert loaded[name].tolist() == one.market[name].tolist()
    assert loaded.dates.tolist() == one.market.dates.tolist()


@pytest.mark.parametrize("number", [-1, 70, 1.5, True])
def test_a_path_that_is_none(number: object) -> None:
    with pytest.raises(RangeError, match=r"numbered 0 … 69"):
        replay(job(), number)  # type: ignore[arg-type]  # a mistake


def test_a_history_too_short_for_the_signals() -> None:
    with pytest.raises(RangeError, match="look back 300"):
        Scenario.of(MODEL, history(), 2, 20, seed=0, lookback=300)


def test_a_signal_that_paths_lack_is_named_with_the_model() -> None:
    policy = hr.Policy([hr.Linear("skew", low=110, high=150)], [hr.Level("skew")])
    with pytest.raises(HedgerowError, match="2 regimes"):
        job(policy).play(0)


def test_the_state_of_a_day_with_another_vix() -> None:
    market = history()
    today = state_of(market, str(market.dates[50]), vix=44.0)
    assert len(today) == 51
    assert today["vix"][-1] == 44.0
    assert today["vix"][:-1].tolist() == market["vix"][:50].tolist()
    with pytest.raises(RangeError, match="not a VIX"):
        state_of(market, vix=-1.0)


def test_digests_tell_what_numbers_depend_on() -> None:
    one = job().digest()
    assert job(size=9).digest() == one
    assert job(seed=6).digest() != one
    assert job(AVERAGED).digest() != one
    assert job(sleeve=hr.Put(moneyness=0.95)).digest() != one
