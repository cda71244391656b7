"""A run killed at random moments (SIGKILL) continues to the very ledger of an unbroken run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import trading
from engine.ledger import toy
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.trade import trade
from synthetic import market


def survive(place, bars: int, kills: int) -> None:
    whole = MemoryLedger(toy.RUN)
    toy.play(whole, bars)
    *begun, _, last = said(toy.__file__, str(place), bars, kills).splitlines()
    seen = {int(count) for count in begun} - {-1}
    assert len(begun) == kills
    assert len(seen) >= kills // 3, "the kills must fall at different places"
    assert last == f"done {whole.head.count} {whole.head.hash}"
    with open_ledger(place) as ledger:
        assert ledger.torn == ""
        assert [r.hash for r in ledger.read()] == [r.hash for r in whole.read()]
        assert replay(ledger).decisions == bars


def said(program: str, place: str, bars: int, kills: int) -> str:
    """Let a program fork runs of its own and kill each; return what it says."""
    tests = str(Path(trading.__file__).parents[1])
    path = os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, program, place, str(bars), str(kills)],
        capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "bars", "kills"), [("run.jsonl", 600, 2), ("run.db", 300, 2)])
def test_a_kill_or_two(tmp_path, name, bars, kills) -> None:
    survive(tmp_path / name, bars, kills)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kills"), [("run.jsonl", 20), ("run.db", 50)])
def test_many_kills(tmp_path, name, kills) -> None:
    survive(tmp_path / name, 60 * kills, kills)


@pytest.mark.slow
def test_fifteen_kills_with_postgresql(database) -> None:
    survive(database, 1_200, 15)


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
    counts = [int(count) for count in said(trading.__file__, place, sessions, kills).split()]
    assert sorted(counts) == counts
    assert len(set(counts)) > kills // 2, "the kills must fall at different places"
    assert counts[-1] < whole.head.count
    with open_ledger(place, trading.RUN, writing=True) as ledger:
        trade(trading.small(), data, ledger=ledger)
        assert [r.hash for r in ledger.read()] == [r.hash for r in whole.read()]
