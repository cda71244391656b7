"""A real Dask cluster on this machine: a scheduler and two worker processes, some killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.research.scaling import cluster as module
from hedgerow.research.scaling.cluster import Cluster
from hedgerow.research.scaling.keeping import Kept
from hedgerow.research.scaling.running import run
from hedgerow.research.scaling.workers import Workers
from research.scaling.jobs import Draws, Wrong, same
from synthetic import market

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow
PATIENCE = 120.0
SWEEP = (
    hr.Policy([hr.Linear(), hr.Trigger()], signals=[hr.Level("vix")]),
    market(),
    hr.Put(),
    {"linear.low": np.linspace(8.0, 15.0, 64), "linear.high": np.linspace(16.0, 30.0, 64)},
)


class Site:
    """A scheduler and its workers, each a process started by Dask's own command line."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, list[subprocess.Popen[bytes]]()
        self.file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0")
        wait(self.file.exists)
        self.address = json.loads(self.file.read_text())["address"]

    def _start(self, what: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}"]
        fixed = ["--scheduler-file", str(self.file), "--host", "127.0.0.1", "--no-dashboard"]
        with (self.folder / f"{what}-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen(
                [*command, *fixed, *more], stdout=log, stderr=log, cwd=self.folder
            )

    def hire(self, threads: int = 1) -> subprocess.Popen[bytes]:
        made = self._start(
            "worker", "--no-nanny", "--nthreads", str(threads),
            "--local-directory", str(self.folder),
        )  # fmt: skip
        self.workers.append(made)
        return made

    def dismiss(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def wait(ready: Callable[[], bool], seconds: float = PATIENCE) -> None:
    ends = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    made = Site(tmp_path)
    try:
        made.hire()
        made.hire()
        yield made
    finally:
        made.dismiss()


@pytest.fixture
def log(tmp_path) -> Path:
    folder = tmp_path / "done"
    folder.mkdir()
    return folder


def who(log: Path) -> set[int]:
    return {int(path.name.split("-")[1]) for path in log.iterdir()}


def both_at_work(site: Site, log: Path) -> None:
    """Run until both workers have done something: a slow machine may start one much later."""
    wait(lambda: run_once(site, log) >= {worker.pid for worker in site.workers})


def run_once(site: Site, log: Path) -> set[int]:
    run(Draws(8, str(log), pause=0.05), Cluster(site.address, PATIENCE))
    return who(log)


def test_a_cluster_gives_what_one_process_gives_with_one_worker_killed(site, log) -> None:
    both_at_work(site, log)
    told: list[int] = []

    def kill(items: int) -> None:
        told.append(items)
        if len(told) == 5:
            site.workers[0].kill()

    parts = run(Draws(24, pause=0.1), Cluster(site.address, PATIENCE), progress=kill)
    same(parts, run(Draws(24)))
    same(parts, run(Draws(24), Workers(2)))
    assert told == [3] * 24
    assert parts[0]["threads"].tolist() == [1, 1, 1]  # each thread of a worker does a block


def test_a_sweep_on_a_cluster_is_that_of_one_process_with_one_worker_killed(site, log) -> None:
    both_at_work(site, log)
    told: list[int] = []

    def kill(items: int) -> None:
        told.append(items)
        if len(told) == 3:
            site.workers[1].kill()

    ours = dict(zip(("policy", "market", "hedge", "axes"), SWEEP, strict=True))
    whole = hr.sweep(**ours, carriage="numpy")
    swept = hr.sweep(**ours, carriage="numpy", cluster=site.address, progress=kill)
    assert len(told) == 32
    for name, column in whole.results.items():
        assert np.array_equal(swept.results[name], column), name
    assert swept.overfit(4).to_dict() == whole.overfit(4).to_dict()


def test_when_all_workers_are_lost_a_new_one_goes_on(site, log) -> None:
    both_at_work(site, log)
    told: list[int] = []

    def kill(items: int) -> None:
        told.append(items)
        if len(told) == 4:
            for worker in site.workers:
                worker.kill()
            site.hire(threads=2)

    job = Draws(12, pause=0.1)
    same(run(job, Cluster(site.address, PATIENCE), progress=kill), run(Draws(12)))


def test_a_cluster_that_is_gone_keeps_what_was_done(site, log, tmp_path) -> None:
    both_at_work(site, log)
    told: list[int] = []

    def kill(items: int) -> None:
        told.append(items)
        if len(told) == 3:
            site.dismiss()

    kept = Kept(tmp_path / "kept")
    with pytest.raises(HedgerowError, match=r"the scheduler is gone|has no workers"):
        run(Draws(12, pause=0.1), Cluster(site.address, 3.0), kept=kept, progress=kill)
    assert 3 <= kept.count() < 12
    told.clear()
    same(run(Draws(12), kept=kept, progress=told.append), run(Draws(12)))
    assert told[0] == 3 * (12 - len(told[1:]) // 2)  # what was kept is told at once


def test_ctrl_c_lets_go_of_what_is_left(site, log, tmp_path) -> None:
    both_at_work(site, log)
    before = len(list(log.iterdir()))

    def stop(items: int) -> None:
        raise KeyboardInterrupt

    kept = Kept(tmp_path / "kept")
    job = Draws(40, str(log), pause=0.1)
    with pytest.raises(KeyboardInterrupt):
        run(job, Cluster(site.address, PATIENCE), kept=kept, progress=stop)
    done = kept.count()
    assert done >= 1
    time.sleep(2.0)
    assert len(list(log.iterdir())) - before < 20  # the other blocks were never begun
    same(run(job, Cluster(site.address, PATIENCE), kept=kept), run(Draws(40)))


def test_an_error_of_a_block_comes_home_from_a_cluster(site) -> None:
    with pytest.raises(RangeError, match="here: too far") as told:
        run(Wrong(), Cluster(site.address, PATIENCE))
    assert told.value.mend == "go back"


@dataclass(frozen=True)
class Reading(Draws):
    """A job that reads a file, which is not there."""

    def play(self, block: int, progress=None):
        raise FileNotFoundError(2, "no such file", "prices.csv")


def test_a_file_that_a_block_lacks_is_no_lost_cluster(site) -> None:
    with pytest.raises(FileNotFoundError, match=r"prices\.csv"):
        run(Reading(), Cluster(site.address, PATIENCE))


def test_a_cluster_of_other_versions_is_refused(site, monkeypatch) -> None:
    theirs = module.versions()
    monkeypatch.setattr(module, "versions", lambda: theirs | {"numba": "0.1"})
    with pytest.raises(HedgerowError, match=r"has numba [\d.]+ \(here 0\.1\), so that its numbers"):
        run(Draws(), Cluster(site.address, PATIENCE))


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    with pytest.raises(HedgerowError, match="no Dask scheduler answers") as told:
        run(Draws(), Cluster("tcp://127.0.0.1:9", 1.0))
    assert told.value.where == "tcp://127.0.0.1:9"
    assert told.value.mend.startswith("start one: dask scheduler")


def test_a_scheduler_without_workers_is_told(tmp_path) -> None:
    site = Site(tmp_path)
    try:
        with pytest.raises(HedgerowError, match="the cluster has no workers") as told:
            run(Draws(), Cluster(site.address, 1.0))
        assert told.value.mend == f"start some: dask worker {site.address}"
    finally:
        site.dismiss()
