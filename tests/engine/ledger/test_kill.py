"""A run killed at random moments (SIGKILL) continues to the very ledger of an unbroken run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import trading
from engine.ledger import toy
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.trade import trade
from synthetic import market


def start(place, bars: int) -> subprocess.Popen[str]:
    command = [sys.executable, toy.__file__, str(place), str(bars)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed(place, bars: int, dice: random.Random) -> int:
    """Start the run, kill it at a random moment, and return how many records it had begun with.

    Every fifth time the moment lies in the start, when the ledger is opened and read.
    """
    with start(place, bars) as child:
        if dice.random() < 0.2:
            time.sleep(dice.uniform(0.05, 0.6))
            begun = -1
        else:
            begun = int(child.stdout.readline().split()[1])
            time.sleep(dice.uniform(0.0, 0.03))
        child.send_signal(signal.SIGKILL)
        child.stdout.read()
    assert child.returncode == -signal.SIGKILL, "the run was over before it was killed"
    return begun


def survive(place, bars: int, kills: int) -> None:
    whole = MemoryLedger(toy.RUN)
    toy.play(whole, bars)
    dice = random.Random(kills)
    begun = [killed(place, bars, dice) for _ in range(kills)]
    seen = [count for count in begun if count >= 0]
    assert len(set(seen)) >= kills // 3, "the kills must fall at different places"
    with start(place, bars) as child:
        last = child.stdout.read().split("\n")[-2]
    assert last == f"done {whole.head.count} {whole.head.hash}"
    with open_ledger(place) as ledger:
        assert ledger.torn == ""
        assert [r.hash for r in ledger.read()] == [r.hash for r in whole.read()]
        assert replay(ledger).decisions == bars


@pytest.mark.parametrize(("name", "bars", "kills"), [("run.jsonl", 600, 2), ("run.db", 300, 2)])
def test_a_kill_or_two(tmp_path, name, bars, kills) -> None:
    survive(tmp_path / name, bars, kills)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["run.jsonl", "run.db"])
def test_fifty_kills(tmp_path, name) -> None:
    survive(tmp_path / name, 4_000, 50)


@pytest.mark.slow
def test_fifteen_kills_with_postgresql(database) -> None:
    survive(database, 2_000, 15)


@pytest.mark.parametrize(("name", "sessions", "kills"), [("run.db", 40, 3)])
def test_the_engine_survives_some(tmp_path, name, sessions, kills) -> None:
    survive_trading(str(tmp_path / name), sessions, kills)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kills"), [("run.db", 50), ("run.jsonl", 6)])
def test_the_engine_survives_many(tmp_path, name, kills) -> None:
    survive_trading(str(tmp_path / name), 240, kills)


@pytest.mark.slow
def test_the_engine_survives_eight_with_postgresql(database) -> None:
    survive_trading(database, 160, 8)


def survive_trading(place: str, sessions: int, kills: int) -> None:
    data, whole = trading.scheduled(market(sessions)), MemoryLedger(trading.RUN)
    trade(trading.small(), data, ledger=whole)
    tests = str(Path(trading.__file__).parents[1])
    path = os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, trading.__file__, place, str(sessions), str(kills)],
        capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counts = [int(count) for count in done.stdout.split()]
    assert sorted(counts) == counts
    assert len(set(counts)) > kills // 2, "the kills must fall at different places"
    assert counts[-1] < whole.head.count
    with open_ledger(place, trading.RUN, writing=True) as ledger:
        trade(trading.small(), data, ledger=ledger)
        assert [r.hash for r in ledger.read()] == [r.hash for r in whole.read()]
