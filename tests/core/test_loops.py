"""The compile cache: private, checked before it is trusted, done without where it must be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import find

from drawing import tapes
from hedgerow.core.book import Bar
from hedgerow.core.lanes import columns, compiled, loops, writer
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.measure import Hedge
from hedgerow.core.policy import Policy
from hedgerow.policies.percentiles import AdaptiveBands, AdaptiveTiers
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level

pytestmark = pytest.mark.slow  # each test compiles, some in a process of their own

SPREAD = Spread(Policy([Linear()], signals=[Level("vix")]), {"linear.low": np.linspace(1, 9, 5)})


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HEDGEROW_CACHE", str(tmp_path))
    monkeypatch.setattr(loops, "_loops", {})
    monkeypatch.setattr(loops, "_shapes", {})
    return tmp_path / "hedgerow" / "lanes"


def played() -> bool:
    tape = find(tapes(), lambda tape: True)
    a = compiled.play(SPREAD, tape, (Hedge(),))["hedge_pnl"]
    return bool(np.array_equal(a, columns.play(SPREAD, tape, (Hedge(),))["hedge_pnl"]))


def again(monkeypatch) -> None:
    monkeypatch.setattr(loops, "_loops", {})
    monkeypatch.setattr(loops, "_shapes", {})


def test_a_loop_is_kept_for_its_owner_alone(cache: Path) -> None:
    assert played()
    assert len(list(cache.glob("lanes_*.py"))) == 1
    assert not list(cache.glob("*.draft"))
    assert cache.stat().st_mode & 0o077 == 0


def test_steps_of_one_module_with_the_same_fields_have_loops_of_their_own(cache: Path) -> None:
    signals = [Level("vix"), Level("low"), Level("high")]
    for kind in (AdaptiveBands, AdaptiveTiers):
        names = (
            ("calm", "normal", "stress") if kind is AdaptiveBands else ("below", "between", "above")
        )
        rule = kind("vix", "low", "high", **dict.fromkeys(names, 1.0))
        levels = {f"{rule.kind}.{name}": np.array([0.5 * i]) for i, name in enumerate(names)}
        spread = Spread(Policy([rule], signals=signals), levels)
        one = find(tapes(), lambda tape: True)
        tape = replace(one, signals=(one.signals[0],) * 3)  # on an edge the two differ
        a, b = (carriage.play(spread, tape, (Hedge(),)) for carriage in (compiled, columns))
        assert np.array_equal(a["hedge_pnl"], b["hedge_pnl"]), rule.kind
    assert len(list(cache.glob("lanes_*.py"))) == 2


@pytest.mark.parametrize("damage", ["truncated", "appended"])
def test_a_file_that_was_tampered_with_is_written_again(cache, monkeypatch, damage) -> None:
    assert played()
    (file,) = cache.glob("lanes_*.py")
    text = file.read_text()
    file.write_text(
        text[:100] if damage == "truncated" else text + "\nraise SystemExit('got in')\n"
    )
    again(monkeypatch)
    assert played()
    assert file.read_text() == text


def test_a_folder_that_others_may_write_to_is_not_used(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert played()
    assert not list(cache.iterdir())


def test_without_a_home_nothing_is_kept_and_all_works(monkeypatch, cache) -> None:
    monkeypatch.delenv("HEDGEROW_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert loops._folder() is None
    assert played()


def test_another_process_finds_the_loop_and_makes_none(cache: Path) -> None:
    assert played()
    before = {file.name: file.stat().st_mtime_ns for file in cache.rglob("*.nb*")}
    script = """
import numpy as np
from drawing import tapes
from hypothesis import find
from hedgerow.core.lanes import compiled
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.measure import Hedge
from hedgerow.core.policy import Policy
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
policy = Policy([Linear()], signals=[Level("vix")])
spread = Spread(policy, {"linear.low": np.linspace(1, 9, 5)})
compiled.play(spread, find(tapes(), lambda tape: True), (Hedge(),))
"""
    folder = Path(__file__).resolve().parents[1]
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        timeout=120,
    )
    assert {file.name: file.stat().st_mtime_ns for file in cache.rglob("*.nb*")} == before


def test_terms_of_a_bar_that_no_kernel_reads_cost_no_instruction(cache, monkeypatch) -> None:
    """Handed zeros in their place, the compiler makes the same machine code."""
    unread = ("neutral", "delta", "hedged", "band", "carry", "days_left", "year_ends")
    handed = [f"bars[t + {{}}, {Bar._fields.index(name)}]" for name in unread]

    def without(loop, rows, signals, inputs, count):
        lines = written(loop, rows, signals, inputs, count)
        for k in range(count):
            for cell in handed:
                lines = [re.sub(re.escape(cell.format(k)), "0.0", line) for line in lines]
        return lines

    made = []
    written = writer._pass
    for how in (written, without):
        again(monkeypatch)
        monkeypatch.setattr(writer, "_pass", how)
        assert played()
        ((_, run),) = loops._shapes.values()
        (code,) = run.inspect_asm().values()
        orders = (line.split() for line in code.splitlines() if line.startswith("\t"))
        made.append([words[0] for words in orders if not words[0].startswith(".")])
    assert len(made[0]) > 100
    assert made[0] == made[1]
