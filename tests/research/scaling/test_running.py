"""Blocks by one process, by many, with some lost on the way: always the same parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hedgerow.errors import HedgerowError, PolicyError, RangeError
from hedgerow.research.scaling import workers as module
from hedgerow.research.scaling.crews import crew_of
from hedgerow.research.scaling.running import run
from hedgerow.research.scaling.workers import Workers
from research.scaling.jobs import Draws, Odd, Wrong, same


class Spy(subprocess.Popen):
    """Keeps the processes that were started."""

    made: list[Spy]

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        type(self).made.append(self)


@pytest.fixture
def started(monkeypatch) -> list[Spy]:
    Spy.made = []
    monkeypatch.setattr(module.subprocess, "Popen", Spy)
    return Spy.made


def test_here_parts_are_in_order_and_progress_is_that_of_the_blocks() -> None:
    told: list[int] = []
    parts = run(Draws(), progress=told.append)
    assert [part["x"][0] for part in parts] == [
        np.random.default_rng(block).normal() for block in range(7)
    ]
    assert told == [1, 2] * 7


def test_workers_give_what_one_process_gives(started) -> None:
    told: list[int] = []
    parts = run(Draws(), Workers(2), progress=told.append)
    same(parts, run(Draws()))
    assert sum(told) == 21
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)  # none is left behind


def test_each_worker_has_its_share_of_threads() -> None:
    assert run(Draws(2), Workers(1, threads=3))[0]["threads"].tolist() == [3, 3, 3]
    even = max(1, module.processors() // 2)
    assert run(Draws(4), Workers(2))[1]["threads"].tolist() == [even] * 3


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_costs_its_block_only(started, tmp_path) -> None:
    job = Draws(12, str(tmp_path), pause=0.2)
    seen = 0

    def kill(items: int) -> None:
        nonlocal seen
        seen += items
        if seen == 9:
            started[0].kill()

    same(run(job, Workers(2), progress=kill), run(Draws(12)))
    assert len(started) == 3  # another took its place
    again = job.done()
    assert set(again) == set(range(12))
    assert len(again) <= 13


@dataclass(frozen=True)
class Brief(Draws):
    """Whoever is not at home does one block, and is gone at the second."""

    home: int = 0

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        ours = f"-{os.getpid()}-"
        if os.getpid() != self.home and any(ours in path.name for path in Path(self.log).iterdir()):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().play(block, progress)


@pytest.mark.slow
def test_when_all_workers_are_lost_this_process_goes_on(started, tmp_path) -> None:
    job = Brief(8, str(tmp_path), home=os.getpid())
    same(run(job, Workers(2)), run(Draws(8)))
    assert len(started) == 4  # two, and two in their place
    ours = [path for path in tmp_path.iterdir() if f"-{os.getpid()}-" in path.name]
    assert len(ours) == 4


@dataclass(frozen=True)
class Deadly(Draws):
    """One block ends whoever does it."""

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        if block == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().play(block, progress)


@pytest.mark.slow
def test_a_block_that_ends_its_workers_is_told() -> None:
    with pytest.raises(HedgerowError, match="block 3 took 3 workers with it") as told:
        run(Deadly(), Workers(3))
    assert told.value.mend == "use fewer workers"


def test_an_error_of_a_block_comes_home_whole(started) -> None:
    with pytest.raises(RangeError, match="here: too far") as told:
        run(Wrong(), Workers(2))
    assert (told.value.where, told.value.mend) == ("here", "go back")
    assert "in play" in told.value.__notes__[0]  # where it was raised
    assert all(process.poll() is not None for process in started)


def test_an_error_that_does_not_survive_the_way_home_is_told_in_words(started) -> None:
    with pytest.raises(RuntimeError, match="BadOptionUsage: lower than low"):
        run(Odd(), Workers(1))
    assert all(process.poll() is not None for process in started)


@dataclass(frozen=True)
class Holding(Draws):
    """A job that holds what cannot travel."""

    lock: object = None


def test_what_cannot_travel_is_refused(tmp_path) -> None:
    with pytest.raises(PolicyError, match="draws: this cannot be sent to another process"):
        run(Holding(lock=threading.Lock()), Workers(2))


def test_classes_of_a_script_travel(tmp_path) -> None:
    script = tmp_path / "own.py"
    script.write_text(
        "import numpy as np\n"
        "from dataclasses import dataclass\n"
        "from helper import doubled\n"
        "from hedgerow.research.scaling.running import run\n"
        "from hedgerow.research.scaling.workers import Workers\n"
        "@dataclass(frozen=True)\n"
        "class Own:\n"
        "    title: str = 'own'\n"
        "    def digest(self): return 'own'\n"
        "    def sizes(self): return [1, 1]\n"
        "    def play(self, block, progress=None): return {'x': np.array([doubled(block)])}\n"
        "print([int(part['x'][0]) for part in run(Own(), Workers(2))])\n"  # no __main__ guard
    )
    (tmp_path / "helper.py").write_text("def doubled(x):\n    return 2 * x\n")
    made = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (made.stdout, made.stderr) == ("[0, 2]\n", "")


@pytest.mark.parametrize(
    ("workers", "cluster", "said"),
    [
        (0, None, "workers: 0 is not a number of workers. Mend: give 1 or more"),
        (5_000, None, "workers: 5,000 processes are more than the 1,024 of one machine"),
        (2, "tcp://a:1", "workers, cluster: there are workers and a cluster"),
        (None, "10.0.0.5:8786", "cluster: '10.0.0.5:8786' is no address of a Dask scheduler"),
    ],
)
def test_crews_that_cannot_be_meant_are_refused(workers, cluster, said) -> None:
    with pytest.raises(RangeError) as told:
        crew_of(workers, cluster)
    assert str(told.value).startswith(said)
