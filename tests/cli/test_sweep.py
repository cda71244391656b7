"""``sweep``: the table, the files beside it, its options, mistakes, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from cli.console import LINEAR, SHORT, as_json, bad, good

AXES = ["--axis", "linear.low=10:12", "--axis", "linear.high=20,24"]
ONE = ["sweep", LINEAR, *AXES, *SHORT]


def test_the_best_lanes_stand_beside_their_test_part() -> None:
    made = as_json(*ONE, "--best", "3", "--no-overfit")
    assert made["lanes"] == 6
    assert made["axes"] == {"linear.low": [10, 11, 12], "linear.high": [20, 24]}
    assert len(made["best"]) == 3
    ratios = [lane["train"]["sharpe_excess"] for lane in made["best"]]
    assert ratios == sorted(ratios, reverse=True)
    assert made["periods"]["train"]["to"] < made["periods"]["test"]["from"]
    best = made["best"][0]
    Path("best.toml").write_text(best["toml"])
    again = as_json("backtest", "best.toml", "--sleeve", "put", *SHORT)["results"][0]
    for part in ("train", "test"):  # the very numbers of the backtest of that lane
        for name in ("sharpe_excess", "hedge_cost_per_year", "max_drawdown"):
            assert best[part][name] == again["strategies"][part]["dynamic"][name]
            assert made["beside"]["static"][part][name] == again["strategies"][part]["static"][name]
    assert again["periods"]["test"] == made["periods"]["test"]


def test_the_text_tells_the_luck_and_warns() -> None:
    text = good(*ONE)
    for word in ("Train:", "Test:", "Fixed hedge", "No hedge", "PBO", "deflated Sharpe",
                 "hedgerow walk", "Not investment advice."):  # fmt: skip
        assert word in text


def test_every_rank_ranks_by_what_it_says() -> None:
    def train(rank: str, name: str) -> list[float]:
        made = as_json(*ONE, "--rank", rank, "--no-overfit", "--best", "6")
        assert made["rank"] == rank
        return [lane["train"][name] for lane in made["best"]]

    costs = train("cost", "hedge_cost")
    assert costs == sorted(costs)
    for rank, name in (("drawdown", "max_drawdown"), ("return", "nav_end")):
        made = train(rank, name)
        assert made == sorted(made, reverse=True)


@pytest.mark.parametrize("name", ["lanes.csv", "deep/lanes.parquet"])
def test_every_lane_and_the_best_policy_are_written(name: str) -> None:
    text = good(*ONE, "--no-overfit", "--out", name, "--save", "best.toml")
    assert f"Table: {name}" in text
    assert "Saved: best.toml" in text
    frame = pd.read_csv(name, index_col="lane") if ".csv" in name else pd.read_parquet(name)
    assert frame.index.name == "lane"
    assert frame["linear.low"].tolist() == [10.0, 10.0, 11.0, 11.0, 12.0, 12.0]
    policy = hr.load_policy("best.toml")
    assert policy.steps[0].low in {10.0, 11.0, 12.0}
    assert frame["max_drawdown"].max() <= 0.0


def test_trials_are_counted_with_the_best_over_the_whole_run(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    made = as_json(*ONE, "--best", "2")
    assert made["trials"] == 6
    assert made["overfitting"]["luck"]["trials"] == 6
    counted = as_json("trials", "count")["sources"]
    assert counted[0]["trials"] == 8
    as_json(*ONE, "--best", "2", "--no-overfit")  # the same again is no new trial
    assert as_json("trials", "count")["sources"][0]["trials"] == 8


def test_only_the_best_are_the_best_of_all(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    for rank in ("sharpe", "cost"):
        more = [*ONE, "--rank", rank, "--best", "3"]
        whole, few = as_json(*more, "--no-overfit"), as_json(*more, "--only-best")
        for name in ("lanes", "axes", "best", "beside", "periods"):
            assert few[name] == whole[name], name
    assert few["overfitting"] is None
    table = as_json(*ONE, "--no-overfit", "--out", "all.csv") and pd.read_csv("all.csv")
    made = few["sharpes"]
    assert (made["rated"], sum(made["counts"])) == (6, 6)
    ratios = [lane["train"]["sharpe_excess"] for lane in as_json(*ONE, "--no-overfit")["best"]]
    assert len(table) == len(ratios) == 6
    assert made["mean"] == pytest.approx(np.mean(ratios), rel=1e-3)
    assert made["deviation"] == pytest.approx(np.std(ratios, ddof=1), rel=1e-2)
    assert made["greatest"] == pytest.approx(max(ratios), rel=1e-3)
    assert "by luck alone" in good(*ONE, "--only-best")


@pytest.mark.slow
def test_workers_and_a_folder_change_no_number() -> None:
    one = as_json(*ONE)
    assert as_json(*ONE, "--workers", "2", "--resume", "kept") == one
    assert as_json(*ONE, "--resume", "kept") == one
    assert Path("kept/manifest.json").exists()
    said = bad("sweep", LINEAR, "--axis", "linear.low=9:11", *SHORT, "--resume", "kept")
    assert "kept: the folder keeps other work: another set of axes" in said


MISTAKES = {
    "no axis": ([], "--axis: no axis is given"),
    "a number that is not there": (["--axis", "linear.hihg=1:2"], "has no number called 'hihg'"),
    "a value out of range": (["--axis", "linear.low=10,40"], "sweep.linear"),
    "a table of no kind": ([*AXES, "--out", "lanes.xls"], "lanes.xls: a table is written as"),
    "a table of what is not kept": ([*AXES, "--only-best", "--out", "a.csv"], "--out: only the"),
    "both": ([*AXES, "--workers", "2", "--cluster", "tcp://a:1"], "there are workers and a"),
    "no workers": ([*AXES, "--workers", "0"], "workers: 0 is not a number of workers"),
    "no address": ([*AXES, "--cluster", "a:1"], "'a:1' is no address of a Dask scheduler"),
    "a policy that is there": ([*AXES, "--save", "there.toml"], "there.toml"),
    "a folder of files": ([*AXES, "--resume", "."], "the folder holds other files"),
    "a split": ([*AXES, "--split", "half"], "--split: 'half' is not a split"),
}


@pytest.mark.parametrize(("more", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_one_sentence_and_exit_code_2(more, sentence) -> None:
    Path("there.toml").touch()
    assert sentence in bad("sweep", LINEAR, *more, *SHORT)


LONG = [
    "sweep", LINEAR, "--no-overfit", "--best", "1", "--from", "2014-01-02", "--to", "2020-12-31",
    "--axis", "linear.low=lin:8:15:800", "--axis", "linear.high=lin:16:30:800",
]  # fmt: skip
"""Long enough to be broken off among its 32 blocks."""


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> pd.DataFrame:
    place = tmp_path_factory.mktemp("unbroken") / "whole.parquet"
    good(*LONG, "--out", place)
    return pd.read_parquet(place)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("crew", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_after_ctrl_c_the_same_command_goes_on(tmp_path, unbroken, crew) -> None:
    kept = tmp_path / "kept"
    running = subprocess.Popen(
        [sys.executable, "-m", "hedgerow", *LONG, "--resume", "kept", *crew],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path, start_new_session=True,
        # a shell that runs the tests in its background has them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509  # no threads are at work yet
            signal.SIGINT, signal.default_int_handler
        ),
    )  # fmt: skip
    ends = time.monotonic() + 240.0
    while not list(kept.glob("*.npz")):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < ends
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all that run there
    said, told = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "")
    done = len(list(kept.glob("*.npz")))
    assert 1 <= done < 32
    assert f"stopped; {done} block{'s' * (done > 1)} are kept in kept: the same command" in told
    assert "Traceback" not in told
    good(*LONG, "--resume", "kept", "--out", "on.parquet")
    on = pd.read_parquet("on.parquet")
    assert len(on) == 640_000
    for name in unbroken:
        assert np.array_equal(on[name], unbroken[name], equal_nan=True), name
